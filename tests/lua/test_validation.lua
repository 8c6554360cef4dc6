-- Mocks from the prior: a right model passes, a wrong one does not.
local galua = require "galua"
local test = galua.test
local v = galua.validation
local table_of = galua.ssp.synthetic()

local dir = os.tmpname()
os.remove(dir)
os.execute("mkdir -p " .. dir)

-- two parameters and a short chain: quick, and near enough to convergence for 60 mocks
local function recipe(o)
  o = o or {}
  return v{ name = "test", model = galua.galaxy{ ssp = table_of, sfh = galua.sfh.constant{}, attenuation = galua.attenuation.calzetti{}, dust = false,
      redshift = 0.1 }, free = { ["sfh.psi"] = galua.prior.loguniform(1, 100), ["attenuation.A_V"] = galua.prior.uniform(0, 2) },
    bands = galua.filters("SDSS"), sampler = galua.sampler.ensemble{ steps = o.steps or 90, walkers = 12 }, seed = 5, mocks = o.mocks or 40, derived = { "Mstar" },
    snr = o.snr or 10, noise = o.noise, limits_below = o.limits_below, spectrum = o.spectrum }
end

test.describe("statistics of a validation", function()
  test.it("know the chi^2 distribution", function()
    test.close(v.chi2_tail(19, 19), 0.4568361256, 1e-9)
    test.close(v.chi2_tail(30.1435272, 19), 0.05, 1e-7)
    test.close(v.chi2_tail(43.8201960, 19), 0.001, 1e-7)
    test.close(v.chi2_tail(2, 2), math.exp(-1), 1e-12)
    test.close(v.chi2_tail(0.5, 1), 0.4795001222, 1e-9)
  end)
  test.it("know the binomial distribution", function()
    test.close(v.binomial_p(5, 10, 0.5), 1, 1e-12)
    test.close(v.binomial_p(0, 10, 0.5), 2 / 1024, 1e-12)
    test.close(v.binomial_p(1, 10, 0.5), 22 / 1024, 1e-12)
  end)
  -- truths N(0, 1), fits that know it, fits half a sigma too high, fits with intervals twice too wide, skewed but right ones
  test.it("tell right, biased, timid and skewed posteriors apart", function()
    local r, n = random.stream(3), 2000
    local function judge(offset, width, skewed)
      local truth, draws = {}, {}
      for i = 1, n do
        local centre = r:normal()
        local function f(x) return skewed and math.exp(2 * x) or x end
        truth[i], draws[i] = f(centre + 0.5 * r:normal()), {}
        for k = 1, 99 do draws[i][k] = f(centre + 0.5 * (offset + width * r:normal())) end
      end
      return v.judge("x", truth, draws)
    end
    local right, high, timid, skewed = judge(0, 1), judge(0.5, 1), judge(0, 2), judge(0, 1, true)
    test.ok(right.p > 1e-3 and skewed.p > 1e-3 and high.p < 1e-6 and timid.p < 1e-6)
    for _, q in ipairs{ right, skewed } do
      test.close(q.score_median, 0, 0, 0.1) -- sd 0.028
      test.close(q.score_nmad, 1, 0, 0.1) -- sd 0.026
    end
    test.close(high.score_median, -0.5, 0, 0.1)
    test.close(high.pull_median, 0.5, 0, 0.1)
    test.close(timid.score_nmad, 0.5, 0, 0.05)
    test.close(right.pull_nmad, 1, 0, 0.1)
    test.ok(skewed.pull_nmad < 0.9) -- which is why verdicts are on scores
  end)
end)

test.describe("a validation", function()
  test.it("draws each mock from the seed and its number alone", function()
    local r = recipe()
    local a, b, c = r:mock(3), recipe():mock(3), r:mock(4)
    test.eq(a.truth["sfh.psi"], b.truth["sfh.psi"])
    test.eq(a.observation:rows()[2].flux, b.observation:rows()[2].flux)
    test.ok(a.truth["sfh.psi"] ~= c.truth["sfh.psi"])
    test.ok(a.truth["sfh.psi"] >= 1 and a.truth["sfh.psi"] <= 100)
    -- errors are those of the instrument, not of the mock
    for k, row in ipairs(a.observation:rows()) do test.eq(row.err, c.observation:rows()[k].err) end
  end)
  test.it("scatters fluxes by their errors", function()
    local r, s, n = recipe(), 0, 0
    for i = 1, 60 do
      local m = r:mock(i)
      local g = r.model:copy()
      g.sfh.psi, g.attenuation.A_V = m.truth["sfh.psi"], m.truth["attenuation.A_V"]
      local f = g:band_flux(r.bands)
      for k, row in ipairs(m.observation:rows()) do
        s, n = s + ((row.flux - f[k]) / row.err) ^ 2, n + 1
      end
    end
    test.close(s / n, 1, 0.25) -- 300 numbers: 0.082, three sigma
  end)
  test.it("gives a spectrum noise, and a calibration from its prior", function()
    local wave = galua.linspace(5000, 8000, 61)
    local r = recipe{ spectrum = { wave = wave, R = 120, snr = 1e6, calibration = { order = 2, sd = 0.1 } } }
    local q = recipe{ spectrum = { wave = wave, R = 120, snr = 10 } }
    local n, edge, middle, noise, count = 150, 0, 0, 0, 0
    for i = 1, n do
      local m = r:mock(i)
      local g = r.model:copy()
      g.sfh.psi, g.attenuation.A_V = m.truth["sfh.psi"], m.truth["attenuation.A_V"]
      local f, y = g:spectrum{ wave = wave, R = 120 }.flux, m.observation:spectrum().flux
      -- T_1 + T_2: c_1 + c_2 at the red end, -c_2 in the middle
      edge, middle = edge + (y[61] / f[61] - 1) ^ 2 / n, middle + (y[31] / f[31] - 1) ^ 2 / n
      local z = q:mock(i).observation:spectrum()
      for k = 1, 61 do noise, count = noise + ((z.flux[k] - f[k]) / z.err[k]) ^ 2, count + 1 end
    end
    test.close(noise / count, 1, 0.045) -- 9150 numbers, three sigma
    test.close(edge, 0.02, 0.35) -- of 150: 0.115, three sigma
    test.close(middle, 0.01, 0.35)
  end)
  test.it("passes a right model, in parallel as alone, and writes its report", function()
    local r = recipe():run{ out = dir .. "/good", threads = 2, progress = false }
    test.eq(r.state, "done")
    test.ok(r.result.pass, tostring(r))
    r:report(dir .. "/good")
    local verdict = require("galua.json").decode(io.open(dir .. "/good.json"):read("*a"))
    test.eq(verdict.pass, true)
    test.eq(#verdict.quantities, 3)
    test.ok(io.open(dir .. "/good.md"):read("*a"):find("**Passed.**", 1, true))
    for _, name in ipairs{ "good_ranks.png", "good_recovery.png", "good.fits", "good.h5" } do
      local f = io.open(dir .. "/" .. name)
      test.ok(f, name)
      f:close()
    end
    local again = recipe():run{ out = dir .. "/alone", threads = 1, progress = false }
    for k, q in ipairs(r.result.quantities) do
      for i, p in ipairs(q.pit) do test.eq(again.result.quantities[k].pit[i], p) end
    end
  end)
  test.it("does not pass a likelihood that believes the errors are a third of what they are", function()
    local r = recipe{ steps = 250 } -- chains of 90 steps still remember the prior, and are twice as wide
    local honest = r.mock
    local mocks = {}
    for i = 1, r.n do mocks[i] = honest(r, i) end
    function r.mock(_, i) -- the data keep their scatter, the errors given shrink
      local o = galua.observation.new{ name = "mock" .. i, redshift = 0.1 }
      for _, row in ipairs(mocks[i].observation:rows()) do o:add(row.filter, row.flux, row.err / 3) end
      return { observation = o, truth = mocks[i].truth }
    end
    r:run{ out = dir .. "/bad", threads = 2, progress = false }
    test.ok(not r.result.pass, tostring(r))
    -- 0.26 of a Gaussian; three sigma of 40 mocks above
    for _, q in ipairs(r.result.quantities) do test.ok(q.coverage[2].fraction < 0.47, q.name) end
  end)
  test.it("is checked before it starts", function()
    test.throws(function() v{} end, "validation: model must be a galaxy, got a nil")
    test.throws(function() v{ model = galua.galaxy{} } end, "validation: 'free' is missing: a table of parameter = prior")
    test.throws(function() recipe{ mocks = 3 } end, "validation: mocks must be a whole number of at least 19, got 3")
  end)
  os.execute("rm -rf " .. dir)
end)
