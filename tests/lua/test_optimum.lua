-- sampler.optimum{} and sampler.pathfinder{}: modes, Laplace's method, weighted draws of a fit; psis.
local test = require "galua.test"

local disc = dofile("tests/lua/disc.lua")("SDSS.griz", "2MASS", "WISE.W3", "Herschel.PACS")
local bands, truth = disc.bands, disc.truth
local data = disc.data()
local function make(s, seed) return disc.fit{ data = data, dust = true, seed = seed, sampler = s } end

local function tmp() return os.tmpname() .. ".h5" end
local message = test.message

test.describe("optimum", function()
  test.it("finds the truth of exact data and the width of the posterior", function()
    local f = make(sampler.optimum{}):run{ progress = false }
    test.eq(f.engine.state, "approximate")
    local modes = f.engine:modes()
    test.eq(#modes, 1)
    test.eq(modes[1].starts, 16)
    local v = f.target:values(modes[1].x)
    local sd = f:summary()
    for i, p in ipairs(f.free) do
      local want = ({ age = 4e9, ["sfh.norm"] = 20, ["sfh.Mdust"] = 3e7 })[p[1]]
      local r = sd:get(p[1])
      -- the density of z is the likelihood times N(z; 0, I): the prior moves the optimum by a small part of the width
      test.ok(math.abs(v[i] - want) < 0.3 * r.sd, ("%s: %g, want %g within 0.3 x %g"):format(p[1], v[i], want, r.sd))
    end
    test.close(modes[1].lnz, f.engine.lnz_laplace, 1e-12)
    test.ok(math.abs(f.engine.lnz - f.engine.lnz_laplace) < 0.1, "importance sampling and Laplace's method agree on ln Z")
    test.ok(f.engine.khat < 0.7 and f.engine.ess > 500)
    test.ok(tostring(sd):find("mode 1: ln L", 1, true) and tostring(sd):find("analytic gradients", 1, true))
  end)

  test.it("goes by Fisher scoring where errors are Gaussian: the same optimum as by differences, from every start, in fewer evaluations", function()
    local a, b = make(sampler.optimum{ starts = 8 }):run{ progress = false }, make(sampler.optimum{ starts = 8, numerical = true }):run{ progress = false }
    local m, n = a.engine:modes()[1], b.engine:modes()[1]
    test.eq(m.starts, 8)
    test.close(m.lnp, n.lnp, 1e-6)
    for i = 1, #a.free do test.ok(math.abs(m.z[i] - n.z[i]) < 1e-3 * math.sqrt(n.cov[i][i]), "coordinate " .. i) end
    -- some ten steps of a gradient and three differences a start, then the draws
    test.ok(a.engine.evaluations < 8 * 50 + 1000, a.engine.evaluations .. " evaluations")
  end)

  test.it("agrees with the pathfinder and an ensemble on medians, widths and ln Z", function()
    local a = make(sampler.optimum{}):run{ progress = false }
    local b = make(sampler.pathfinder{}):run{ progress = false }
    local c = make(sampler.ensemble{ walkers = 24, steps = 600, thin = 2 }):run{ progress = false }
    test.ok(math.abs(a.engine.lnz - b.engine.lnz) < 4 * math.sqrt(a.engine.lnz_err ^ 2 + b.engine.lnz_err ^ 2) + 1e-3)
    for _, name in ipairs { "age", "sfh.norm", "sfh.Mdust", "Mstar", "LIR" } do
      local p, q, r = a:summary():get(name), b:summary():get(name), c:summary():get(name)
      for _, s in ipairs { p, q } do
        test.ok(math.abs(s.median - r.median) < 0.25 * r.sd, ("%s: median %g, ensemble %g"):format(name, s.median, r.median))
        test.ok(math.abs(s.sd / r.sd - 1) < 0.2, ("%s: sd %g, ensemble %g"):format(name, s.sd, r.sd))
      end
    end
  end)

  test.it("gives the same bits with 1, 2 and 4 threads", function()
    local before, sums = threads(), {}
    for _, s in ipairs { sampler.optimum{ starts = 4, draws = 200 }, sampler.pathfinder{ paths = 3, draws = 200 } } do
      for i, n in ipairs { 1, 2, 4 } do
        threads(n)
        local f = make(s):run{ progress = false }
        sums[i] = ("%.17g %.17g %.17g"):format(f.engine.lnz, f:samples().lnlike:sum(), f.engine.evaluations)
      end
      threads(before)
      test.eq(sums[1], sums[2])
      test.eq(sums[1], sums[3])
    end
  end)

  test.it("is stored and comes back, with its draws, modes and verdict", function()
    for _, s in ipairs { sampler.optimum{ starts = 4 }, sampler.pathfinder{ paths = 4 } } do
      local path = tmp()
      local f = make(s):run{ progress = false, out = path }
      local g = load_fit(path, { ssp = disc.table })
      test.eq(g.engine.lnz, f.engine.lnz)
      test.eq(g.engine.khat, f.engine.khat)
      test.eq(g:samples().x:col(1):sum(), f:samples().x:col(1):sum())
      test.eq(tostring(g:summary()), tostring(f:summary()))
      test.eq(tostring(g.sampler), tostring(f.sampler))
      test.eq(g:run{ progress = false }.engine.evaluations, f.engine.evaluations)
      os.remove(path)
    end
  end)

  test.it("starts where it is told", function()
    local t = make().target
    local o = galua.optimum(t, { starts = 1, from = galua.mat{ { 9.6, 1.3, 7.5 } }, draws = 50 })
    test.eq(o:run{}, "approximate")
    test.eq(o.nmodes, 1)
    test.close(o:modes()[1].x[1], math.log10(4e9), 2e-3)
    test.ok(message(function() galua.optimum(t, { from = galua.mat{ { 1, 2 } } }) end):find("from has 2 columns, expected 3 parameters", 1, true))
    test.ok(message(function() galua.optimum(t, { from = galua.mat{ { 12, 1.3, 7.5 } } }):run{} end):find("age = 12 is outside its prior", 1, true))
  end)

  test.it("refuses bad options in one line", function()
    test.ok(message(function() sampler.optimum{ starts = 0 } end):find("starts must be a whole number, 1 or more, got 0", 1, true))
    test.ok(message(function() sampler.optimum{ start = 3 } end):find("did you mean 'starts'", 1, true))
    test.ok(message(function() sampler.pathfinder{ paths = 1.5 } end):find("paths must be a whole number", 1, true))
  end)
end)

test.describe("psis", function()
  test.it("smooths the largest weights and judges their tail", function()
    local lnw = vec(1000)
    for i = 1, 1000 do lnw[i] = -0.3 * math.log((i - 0.5) / 1000) end
    local out, k = psis(lnw)
    local sum = 0
    for i = 1, 1000 do sum = sum + math.exp(out[i]) end
    test.close(sum, 1, 1e-12)
    test.ok(k > 0.25 and k < 0.4, ("k = %.3f of a Pareto tail of 0.3"):format(k))
    test.ok(message(function() psis(vec{ 0 / 0, 1 }) end):find("ln weight 1 is NaN", 1, true))
    test.ok(message(function() psis(vec(0)) end):find("no weights", 1, true))
  end)
end)
