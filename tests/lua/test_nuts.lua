-- sampler.nuts{}: chains of a fit, reports, threads, resume, errors.
local test = require "galua.test"

local disc = dofile("tests/lua/disc.lua")("SDSS.griz", "2MASS")
local bands, truth, data = disc.bands, disc.truth, disc.data()

local function make(s, seed) return disc.fit{ data = data, seed = seed, sampler = s } end

local function tmp() return os.tmpname() .. ".h5" end
local message = test.message

test.describe("nuts", function()
  test.it("agrees with weighted draws on medians and widths, and says how well it mixed", function()
    local f = make(sampler.nuts{ warmup = 40, until_ess = 250, chains = 2 }):run{ progress = false }
    local o = make(sampler.pathfinder{ draws = 2000 }):run{ progress = false }
    test.eq(f.engine.state, "converged")
    for _, name in ipairs { "age", "sfh.norm", "Mstar" } do
      local a, b = f:summary():get(name), o:summary():get(name)
      test.ok(math.abs(a.median - b.median) < 5 * a.sd / math.sqrt(a.ess), ("%s: %g, %g"):format(name, a.median, b.median))
      test.ok(math.abs(a.sd / b.sd - 1) < 5 / math.sqrt(2 * a.ess) + 0.05, ("%s: sd %g, %g"):format(name, a.sd, b.sd))
      test.ok(a.ess > 200 and a.rhat < 1.02)
    end
    local r = f.engine:report()
    test.eq(r.divergent, 0)
    test.ok(r.accept > 0.7 and r.accept < 0.98 and r.ebfmi > 0.5)
    local st = f.engine:stats()
    test.eq(#st.energy, 2 * f.engine.stored)
    test.ok(r.ess_bulk >= 250 and r.ess_tail >= 250 and r.rhat < 1.01)
    test.eq(st.diverging:sum(), 0)
    -- energy = kinetic energy - ln p: kinetic is a chi^2/2 of 2 degrees of freedom, mean 1
    local kin = (st.energy + st.lp):mean()
    test.ok(math.abs(kin - 1) < 0.3, ("mean kinetic energy %.3f"):format(kin))
    test.ok(tostring(f:summary()):find("NUTS: R-hat", 1, true))
  end)

  test.it("gives the same bits with 1, 2 and 4 threads, and after a resume from a file", function()
    local before, sums = threads(), {}
    local function sum(f) return ("%.17g %.17g"):format(f:samples().lnlike:sum(), f:samples().x:col(1):sum()) end
    for i, n in ipairs { 1, 2, 4 } do
      threads(n)
      sums[i] = sum(make(sampler.nuts{ warmup = 6, draws = 10, chains = 2 }):run{ progress = false })
    end
    threads(before)
    test.eq(sums[1], sums[2])
    test.eq(sums[1], sums[3])
    local path = tmp()
    make(sampler.nuts{ warmup = 6, draws = 4, chains = 2 }):run{ progress = false, out = path }
    local g = load_fit(path, { ssp = disc.table })
    test.eq(g.engine.stored, 4)
    test.eq(sum(g:run{ progress = false, more = 6 }), sums[1])
    g:save(path)
    local h = load_fit(path, { ssp = disc.table })
    test.eq(h.engine.stored, 10)
    test.eq(sum(h), sums[1])
    test.eq(h.engine:report().leapfrogs, g.engine:report().leapfrogs)
    os.remove(path)
  end)

  test.it("stops when asked to and goes on", function()
    local f = make(sampler.nuts{ warmup = 5, draws = 10, chains = 1 })
    f.engine = f.sampler:start(f)
    f.engine:run{ ["until"] = 3 }
    test.eq(f.engine.stored, 3)
    f:run{ progress = false }
    test.eq(f.engine.stored, 10)
    test.eq(f.engine.iterations, 15)
  end)

  test.it("refuses bad options in one line", function()
    test.ok(message(function() sampler.nuts{ metric = "dens" } end):find("unknown metric 'dens', did you mean 'dense'", 1, true))
    test.ok(message(function() sampler.nuts{ chains = 0 } end):find("chains must be a whole number, 1 or more", 1, true))
    test.ok(message(function() sampler.nuts{ start = "middle" } end):find("known: prior, pathfinder", 1, true))
    local t = make().target
    test.ok(message(function() galua.nuts(t, { target = 1.5 }) end):find("target acceptance is 1.5", 1, true))
    test.ok(message(function() galua.nuts(t, {}):run{ more = 1 } end):find("no start positions", 1, true))
    test.ok(message(function() galua.nuts(t, {}):start(galua.mat{ { 1, 2 } }) end):find("expected 4 chains x 2", 1, true))
  end)
end)
