-- What a fit says of itself: derived quantities that are not finite, optima without a curvature, light that nothing absorbs, fields of the
-- summary, rates of young galaxies.
local test = require "galua.test"
local path = os.tmpname()

local function young(age) return galaxy{ sfh = sfh.constant{ psi = 1 }, age = age, redshift = 0.1 } end

test.describe("rates over a time", function()
  test.it("are the mass formed in that time over the time, for galaxies younger than it too", function()
    for _, age in ipairs { 1e6, 1e7, 5e7, 1e8, 3e9 } do
      local d = young(age):derived_values()
      test.close(d.SFR10, math.min(age, 1e7) / 1e7, 1e-12)
      test.close(d.SFR100, math.min(age, 1e8) / 1e8, 1e-12)
      test.ok(d.sSFR <= 1e-8 * d.Mformed / d.Mstar * (1 + 1e-12)) -- the ceiling of the definition
      test.close(d.SFR, 1, 1e-12)
    end
  end)
  test.it("of a galaxy that stopped count what was formed in the span before now", function()
    local g = galaxy{ sfh = sfh.constant{ psi = 2, tau_quench = 3e7 }, age = 6e7, redshift = 0.1 }
    test.close(g:derived_values().SFR100, 2 * 3e7 / 1e8, 1e-12) -- all of it
    test.close(g:derived_values().SFR10, 0, 1e-12)
  end)
end)

test.describe("attenuation without an end", function()
  test.it("is finite where no light is left: the cap of the documents", function()
    local d = galaxy{ sfh = sfh.constant{ psi = 10 }, age = 1e7, redshift = 0.1 }:derived_values() -- all stars in clouds
    test.ok(d.A_V_MC > 1000)
    for _, name in ipairs { "A_V", "A_NUV", "A_FUV" } do test.eq(d[name], 700) end
    for _, q in pairs(d) do test.ok(q == q and math.abs(q) < math.huge) end
  end)
  test.it("grows with the dust up to there", function()
    local last = 0
    for _, a in ipairs { 0.1, 1, 10, 100, 690 } do
      local d = galaxy{ sfh = sfh.constant{}, age = 1e8, redshift = 0.1, attenuation = attenuation.calzetti{ A_V = math.min(a, 100) } }
      d.attenuation.A_V_birth = a > 100 and a - 100 or 0
      d.attenuation.tau_esc = 1e10
      local v = d:derived_values().A_V
      test.close(v, a, 5e-5) -- every star behind both screens; linear between the nodes around 5500 A
      test.ok(v > last)
      last = v
    end
  end)
  test.it("does not lose an ensemble fit of a young dusty galaxy", function()
    local o = observation{ name = "young", redshift = 0.1, photometry = { { "SDSS.r", 1, 0.5 }, { "Herschel.PACS.green", 100, 50 } } }
    local f = fit{ data = o, model = young(6e6), free = { ["sfh.psi"] = prior.loguniform(0.1, 100), age = prior.loguniform(5e6, 2e7) },
      sampler = sampler.ensemble{ steps = 40 }, seed = 1 }:run{ progress = false }
    f:save(path)
    test.eq(load_fit(path):summary():get("A_V").median, f:summary():get("A_V").median)
    test.ok(f:samples().derived.A_V:max() == 700)
    os.remove(path)
  end)
end)

test.describe("an optimum", function()
  local g = galaxy{ sfh = sfh.constant{ psi = 10 }, age = 1e9, redshift = 0.1 }
  local b = g:band_flux(filters("SDSS.g", "SDSS.r"))
  local o = observation{ name = "mock", redshift = 0.1, photometry = { { "SDSS.g", b[1], b[1] / 50 }, { "SDSS.r", b[2], b[2] / 50 } } }
  local function run(like)
    return fit{ data = o, model = g, free = { ["sfh.psi"] = prior.loguniform(0.1, 1000), age = prior.loguniform(1e8, 1e10) },
      likelihood = likelihood.custom(like), sampler = sampler.optimum{ starts = 4 }, seed = 1 }:run{ progress = false }
  end
  local function without(f)
    test.ok(f.engine.state ~= "converged")
    test.ok(f.engine.state_text:find("no mode has a curvature", 1, true), f.engine.state_text)
    local ok, e = pcall(f.summary, f)
    test.ok(not ok and tostring(e):find("this fit has no samples: optimum (not converged", 1, true), tostring(e))
    test.ok(not tostring(e):find("call fit:run", 1, true))
    test.ok(not f.sampler:acceptable(f.engine))
  end
  test.it("on a plateau with an end has no draws, and says so", function()
    without(run(function(m, obs) if m[1] > obs.flux[1] then return -math.huge end return 0 end))
  end)
  test.it("at a cliff neither", function()
    without(run(function(m, obs) if m[1] < obs.flux[1] then return -math.huge end return -m[1] end))
  end)
  test.it("is not called one where ln p still rises: slopes at a cliff are those of its upper side", function()
    local f = fit({ data = o, model = g, free = { ["sfh.psi"] = prior.loguniform(0.1, 1000), age = prior.loguniform(1e8, 1e10) },
      likelihood = likelihood.custom(function(m, obs) if m[1] < obs.flux[1] then return -math.huge end return -m[1] end), seed = 1 }, true)
    local above = fit({ data = o, model = g, free = { ["sfh.psi"] = prior.loguniform(0.1, 1000), age = prior.loguniform(1e8, 1e10) },
      likelihood = likelihood.custom(function(m) return -m[1] end), seed = 1 }, true)
    local x = vec{ 1 + 1e-7, 9 } -- log10 of sfh.psi and of the age: on the cliff, up to a part in ten million
    for i, name in ipairs(f.target.names) do if name == "age" then x[i] = 9 else x[i] = 1 + 1e-7 end end
    local _, a = f.target:gradient(mat{ { x[1], x[2] } })
    local _, b = above.target:gradient(mat{ { x[1], x[2] } })
    for k = 1, 2 do
      test.ok(b[1][k] ~= 0)
      test.close(a[1][k], b[1][k], 1e-6)
    end
  end)
  test.it("before the run is told from one after it", function()
    local f = fit{ data = o, model = g, free = { age = prior.loguniform(1e8, 1e10) }, seed = 1 }
    local ok, e = pcall(f.summary, f)
    test.ok(not ok and tostring(e):find("this fit has no samples yet: call fit:run{}", 1, true))
  end)
end)

test.describe("light below Lyman alpha", function()
  local function note(z, bands, more, free)
    local ph = {}
    for i, name in ipairs(bands) do ph[i] = { name, 1, 0.1 } end
    local options = { sfh = sfh.constant{}, redshift = z, age = 3e8 }
    for k, v in pairs(more or {}) do options[k] = v end
    return fit({ data = observation{ redshift = z, photometry = ph }, model = galaxy(options),
      free = free or { ["sfh.psi"] = prior.loguniform(0.1, 100) }, seed = 1 }, true)
  end
  test.it("that nothing absorbs is told in fit{}, its description and its summary", function()
    local f = note(7.2, { "HST.ACS.WFC.F606W", "HST.ACS.WFC.F814W", "JWST.NIRCam.F150W" })
    local line = "HST.ACS.WFC.F606W, HST.ACS.WFC.F814W: below Lyman alpha at rest at redshift 7.2"
    test.ok(f.target.note:find(line, 1, true), f.target.note)
    test.ok(not f.target.note:find("F150W", 1, true))
    test.ok(tostring(f):find(line, 1, true))
    f.sampler = sampler.ensemble{ steps = 20 }
    test.ok(tostring(f:run{ progress = false }:summary()):find(line, 1, true))
  end)
  test.it("is not told where something absorbs, nothing is lost, or the band is ignored", function()
    for _, medium in ipairs { "inoue14", "madau95", "meiksin06" } do
      test.eq(note(3, { "SDSS.u", "SDSS.r" }, { igm = igm[medium]{} }).target.note, "")
    end
    test.eq(note(1.5, { "SDSS.u", "SDSS.r" }).target.note, "") -- 1 % at z = 1.5
    local o = observation{ redshift = 3, photometry = { { "SDSS.u", 1, 0.1, "ignored" }, { "SDSS.r", 1, 0.1 } } }
    test.eq(fit{ data = o, model = galaxy{ redshift = 3, age = 1e9 }, free = { age = prior.loguniform(1e8, 1e9) }, seed = 1 }.target.note, "")
  end)
  test.it("counts up to the redshift that the prior allows, and in spectra", function()
    local f = note(0.5, { "SDSS.g", "SDSS.r" }, nil, { redshift = prior.uniform(0.01, 6) })
    test.ok(f.target.note:find("SDSS.g, SDSS.r: below Lyman alpha at rest at redshift 6, which the prior allows", 1, true), f.target.note)
    local wave, one, err = linspace(4000, 6000, 101), {}, {}
    for i = 1, 101 do one[i], err[i] = 1, 0.1 end
    local o = observation{ redshift = 3, spectrum = { wave = wave, flux = one, err = err } }
    f = fit({ data = o, model = galaxy{ redshift = 3, age = 1e9, sfh = sfh.constant{} }, free = { age = prior.loguniform(1e8, 1e9) }, seed = 1 }, true)
    test.ok(f.target.note:find("44 pixels of the spectrum: below Lyman alpha", 1, true), f.target.note) -- centres 4000 .. 4860 A, 1216 (1+z) = 4863
  end)
end)

test.describe("a summary", function()
  test.it("has the fields that its help names", function()
    local o = observation{ redshift = 0.1, photometry = { { "SDSS.g", 1, 0.1 } } }
    local f = fit{ data = o, model = galaxy{ redshift = 0.1, sfh = sfh.constant{} }, free = { ["sfh.psi"] = prior.loguniform(0.1, 100) },
      sampler = sampler.nested{ live = 50 }, seed = 1 }:run{ progress = false }
    local s = f:summary()
    for _, list in ipairs { s.parameters, s.derived } do
      for _, r in ipairs(list) do
        for _, key in ipairs { "name", "unit", "median", "minus", "plus", "q16", "q84", "q025", "q975", "mean", "sd", "ess", "edge", "trusted",
          "nonfinite" } do test.ok(r[key] ~= nil, key) end
        test.close(r.minus, r.median - r.q16, 1e-12)
        test.close(r.plus, r.q84 - r.median, 1e-12)
      end
    end
    for _, key in ipairs { "parameters", "derived", "n", "best_lnlike", "chi2", "nbands", "state", "notes" } do test.ok(s[key] ~= nil, key) end
  end)
end)
