-- sampler.smc{}: evidence and posterior of a fit, threads, resume, errors.
local test = require "galua.test"

local disc = dofile("tests/lua/disc.lua")("SDSS.griz", "2MASS")
local bands, truth, data = disc.bands, disc.truth, disc.data()

local function make(s, seed) return disc.fit{ data = data, seed = seed, sampler = s } end

local function tmp() return os.tmpname() .. ".h5" end
local message = test.message

test.describe("smc", function()
  test.it("agrees with importance sampling on ln Z, medians and widths", function()
    local f = make(sampler.smc{ particles = 192 }):run{ progress = false }
    local o = make(sampler.pathfinder{ draws = 4000 }):run{ progress = false }
    test.eq(f.engine.state, "converged")
    test.eq(f.engine.beta, 1)
    local err = math.sqrt(f.engine.lnz_err ^ 2 + o.engine.lnz_err ^ 2)
    test.ok(math.abs(f.engine.lnz - o.engine.lnz) < 4 * err, ("ln Z %.3f, %.3f +- %.3f"):format(f.engine.lnz, o.engine.lnz, err))
    for _, name in ipairs { "age", "sfh.norm", "Mstar" } do
      local a, b = f:summary():get(name), o:summary():get(name)
      test.ok(math.abs(a.median - b.median) < 0.25 * b.sd, ("%s: %g, %g"):format(name, a.median, b.median))
      test.ok(math.abs(a.sd / b.sd - 1) < 0.2, ("%s: sd %g, %g"):format(name, a.sd, b.sd))
    end
    local levels, beta = f.engine:levels(), -1
    test.eq(levels[1].beta, 0)
    for _, l in ipairs(levels) do
      test.ok(l.beta >= beta)
      beta = l.beta
    end
    test.ok(tostring(f:summary()):find("ln Z ", 1, true))
  end)

  test.it("gives the same bits with 1, 2 and 4 threads, and after a resume from a file", function()
    local before, sums = threads(), {}
    local function sum(f) return ("%.17g %.17g %.17g"):format(f.engine.lnz, f:samples().lnlike:sum(), f.engine.evaluations) end
    for i, n in ipairs { 1, 2, 4 } do
      threads(n)
      sums[i] = sum(make(sampler.smc{ particles = 64 }):run{ progress = false })
    end
    threads(before)
    test.eq(sums[1], sums[2])
    test.eq(sums[1], sums[3])
    local path = tmp()
    local f = make(sampler.smc{ particles = 64, max_evaluations = 1500 }):run{ progress = false, out = path }
    test.eq(f.engine.state, "limit")
    test.ok(tostring(f:summary()):find("warning: beta = ", 1, true))
    local g = load_fit(path, { ssp = disc.table })
    test.eq(g.engine.evaluations, f.engine.evaluations)
    for _ = 1, 40 do
      if g:run{ progress = false }.engine.state == "converged" then break end
    end
    test.eq(sum(g), sums[1])
    os.remove(path)
  end)

  test.it("makes more draws of a finished posterior", function()
    local f = make(sampler.smc{ particles = 64 }):run{ progress = false }
    local n = f.engine.ess
    f:run{ progress = false, more = 150 }
    test.ok(f.engine.ess >= n + 150)
  end)

  test.it("refuses bad options in one line", function()
    test.ok(message(function() sampler.smc{ particles = 8 } end):find("particles must be a whole number, 32 or more", 1, true))
    test.ok(message(function() sampler.smc{ ess = -1 } end):find("ess must be a number, 0 or more", 1, true))
    test.ok(message(function() sampler.smc{ partikles = 64 } end):find("did you mean 'particles'", 1, true))
  end)
end)
