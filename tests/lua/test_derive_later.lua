-- Derived quantities of some of the draws, made when these are there (catalogues): the numbers are those of a fit that keeps them with every
-- draw, samplers never ask for them, and a plan that errs is still found out.
local galua = require "galua"
local test = galua.test

local T = galua.ssp.synthetic()
local g = galua.galaxy{ ssp = T, sfh = galua.sfh.delayed{ norm = 10, tau = 1e9 }, attenuation = galua.attenuation.calzetti{ A_V = 0.6 }, age = 4e9,
  redshift = 0.1 }
local obs = galua.observation.new{ name = "later", redshift = 0.1 }
for _, p in ipairs(g:photometry(galua.filters("SDSS.ugriz"))) do obs:add(p.band, p.flux, 0.05 * p.flux) end
local given = { data = obs, model = g, free = { age = galua.prior.loguniform(1e9, 1e10), ["sfh.norm"] = galua.prior.loguniform(1, 100),
  ["attenuation.A_V"] = galua.prior.uniform(0, 2) }, sampler = galua.sampler.importance{}, seed = 5, plan = false }

test.describe("derived quantities made later", function()
  local all, some = galua.fit(given), galua.fit(given, true, { some = 50 })
  all:run{ progress = false }
  some:run{ progress = false }
  local a, b = all:samples(), some:samples()

  test.it("are none of the sampler's", function()
    test.eq(some.target.nblob, 0)
    test.ok(all.target.nblob > 30, "the others' are")
    test.eq(some.engine.evaluations, all.engine.evaluations)
    test.eq(a.n, b.n)
    for i = 1, a.n do test.eq(a.values.age[i], b.values.age[i]) end
  end)

  test.it("are at chosen draws what they are at every one", function()
    test.eq(#b.some, 50)
    local spread, last = 0, 0
    for _, i in ipairs(b.some) do
      spread, last = math.max(spread, i - last), i
      for _, name in ipairs{ "Mstar", "SFR", "LIR", "A_V", "flux.SDSS.r" } do test.eq(b.derived[name][i], a.derived[name][i]) end
    end
    test.ok(spread <= 2 * a.n / 50 + 1, "one of each stretch")
    local known = 0
    for i = 1, b.n do known = known + (b.derived.Mstar[i] == b.derived.Mstar[i] and 1 or 0) end
    test.ok(known == 50 or known == 51, "and the best draw") -- once it is among the fifty
  end)

  test.it("have rows in the summary, and the best point its residuals", function()
    local x, y = all:summary(), some:summary()
    test.eq(#x.derived, #y.derived)
    test.eq(x.chi2, y.chi2)
    test.close(x.best_lnlike, y.best_lnlike, 1e-12) -- the one from the model, the other from the integral over its scale
    local p, q = x:get("Mstar"), y:get("Mstar")
    test.eq(p.unit, q.unit)
    -- the median of 50 draws has an error of 1.25/sqrt(50) = 0.18 standard deviations
    test.ok(math.abs(p.median - q.median) < 4 * 0.18 * p.sd, ("%g beside %g"):format(q.median, p.median))
    test.ok(q.ess == 50 and q.nonfinite == 0)
  end)

  test.it("are made again of a stored fit, which goes on in the same bits", function()
    local path = os.tmpname() .. ".h5"
    local function make(o)
      return galua.fit({ data = obs, model = g, free = { age = given.free.age, ["sfh.norm"] = given.free["sfh.norm"] },
        sampler = galua.sampler.importance(o), seed = 5, plan = false }, true, { some = 50 })
    end
    local whole = make{ ess = 200 }:run{ progress = false }
    local f, runs = make{ ess = 200, max_evaluations = 300 }:run{ progress = false, out = path }, 1
    while f.engine.state ~= "converged" and runs < 20 do
      f, runs = galua.load_fit(path, { ssp = T }), runs + 1
      test.eq(f.target.nblob, 0)
      f:run{ progress = false, out = path }
    end
    f = galua.load_fit(path, { ssp = T })
    local s, w = f:samples(), whole:samples()
    test.ok(runs > 2 and f.engine.state == "converged" and f.engine.evaluations == whole.engine.evaluations)
    test.eq(s.n, w.n)
    test.eq(#s.some, 50)
    for _, i in ipairs(w.some) do test.eq(s.derived.Mstar[i], w.derived.Mstar[i]) end
    test.eq(f:summary():get("Mstar").median, whole:summary():get("Mstar").median)
    os.remove(path)
  end)

  test.it("show where a plan errs", function()
    local f = galua.fit({ data = obs, model = g, free = given.free, sampler = given.sampler, seed = 5, plan = { cache = false } }, true, { some = 50 })
    f:run{ progress = false }
    test.eq(f.target.plan.checks, 0, "nothing is compared while it samples")
    f:samples()
    local n = f.target.plan.checks
    test.ok(f.target.plan.used and (n == 50 or n == 51), "every draw with derived quantities is")
    test.ok(f.target.plan.worst > 0 and f.target.plan.worst <= f.target.plan.tolerance)
  end)
end)
