-- The age as a fraction of the age of the Universe at the redshift, and the redshift of the onset, as parameters: the galaxy is that of the
-- age in years, derivatives are those of the transform, and what prior, fit, mocks and files do with them.
local test = require "galua.test"
local table_of = ssp.synthetic()
local bands = filters("SDSS.ugriz", "2MASS.J")
local planck = cosmology("Planck18")

local function model(options)
  local o = { ssp = table_of, sfh = sfh.delayed{ norm = 20, tau = 1.3e9 }, redshift = 0.7, igm = true }
  for k, v in pairs(options) do o[k] = v end
  return galaxy(o)
end

local message = test.message

-- five-point differences of the galaxy's band fluxes
local function slope(g, name, h)
  local v, f = g:get(name), {}
  for i, k in ipairs{ -2, -1, 1, 2 } do
    g:set(name, v + k * h)
    f[i] = g:band_flux(bands):copy()
  end
  g:set(name, v)
  return (f[1] - f[2] * 8 + f[3] * 8 - f[4]) / (12 * h)
end

test.describe("the onset of star formation", function()
  test.it("is one of three numbers, and the galaxy that of its age", function()
    local old = planck:age(0.7)
    local g, by_share, by_z = model{ age = 0.6 * old }, model{ age_fraction = 0.6 }, model{ z_onset = 3 }
    test.close(by_share.age, 0.6 * old, 1e-14)
    test.close(by_z.age, old - planck:age(3), 1e-14)
    local a, b = g:band_flux(bands), by_share:band_flux(bands)
    for i = 1, #bands do test.close(b[i], a[i], 1e-12) end
    a, b = by_z:band_flux(bands), model{ age = by_z.age }:band_flux(bands)
    for i = 1, #bands do test.close(b[i], a[i], 1e-12) end
    -- each can be read and set on any of them
    test.close(g.age_fraction, 0.6, 1e-14)
    test.close(by_z.age_fraction, by_z.age / old, 1e-14)
    g.z_onset = 3
    test.close(g.age, by_z.age, 1e-12)
    test.close(planck:age(g.z_onset), old - g.age, 1e-12)
    by_share:set{ age = 2e9, redshift = 0.2 } -- the age at the redshift that is set with it
    test.close(by_share.age, 2e9, 1e-12)
    test.close(by_share:get "age_fraction", 2e9 / planck:age(0.2), 1e-12)
    test.eq(by_share:copy().age, by_share.age)
    test.eq(by_share:params()[1].name, "age_fraction")
    test.eq(by_z:params()[1].name, "z_onset")
  end)

  test.it("moves with the redshift", function()
    local g, h = model{ age_fraction = 0.5 }, model{ z_onset = 4 }
    for _, z in ipairs{ 0.1, 1, 3 } do
      g.redshift, h.redshift = z, z
      test.close(g.age, 0.5 * planck:age(z), 1e-14)
      test.close(h.age, planck:age(z) - planck:age(4), 1e-13)
      local d = g:derived()
      test.close(d.age, g.age, 1e-14)
      test.close(planck:age(d.z_onset), 0.5 * planck:age(z), 1e-12)
      test.close(h:derived().age_fraction, h.age / planck:age(z), 1e-13)
      local same = model{ age = h.age, redshift = z } -- nothing of the last evaluation is left
      for i, flux in ipairs(h:band_flux(bands):totable()) do test.close(flux, same:band_flux(bands)[i], 1e-11) end
    end
    test.eq(model{ age = 1e9 }:derived_values().z_onset, nil) -- a galaxy of an age in years has the quantities that it had
  end)

  test.it("has exact derivatives, with the redshift's share in them", function()
    for _, g in ipairs{ model{ age_fraction = 0.43 }, model{ z_onset = 2.6 },
      model{ age_fraction = 0.43, sfh = sfh.custom{ params = { t0 = { 1.3e9 } }, function(t, p) return 20 * math.exp(-t / p.t0) end } } } do
      local own = g:params()[1].name
      local j, weight = g:jacobian(bands, { own, "redshift" }), {}
      for i = 1, #bands do weight[i] = 1 / g:band_flux(bands)[i] end
      local back = g:gradient(bands, weight)
      for k, name in ipairs{ own, "redshift" } do
        local want, sum = slope(g, name, 1e-4 * g:get(name)), 0
        for i = 1, #bands do
          local flux = g:band_flux(bands)[i]
          test.close(j[i][k], want[i], 2e-6 * math.abs(flux / g:get(name)) / math.abs(want[i]) + 1e-6)
          sum = sum + weight[i] * j[i][k]
        end
        test.close(back[name], sum, 1e-6)
      end
    end
  end)

  test.it("that cannot be is told", function()
    test.ok(message(model, { age = 1e9, z_onset = 3 }):find("two ways to give the age", 1, true))
    test.ok(message(function() model{ z_onset = 0.5 }:sed() end):find("begins after redshift 0.7", 1, true))
    test.ok(message(model, { age_fraction = 1.2 }):find("age_fraction = 1.2 is not in", 1, true))
    test.ok(message(function() model{ age_fraction = 0.5 }.age = 1.2e10 end):find("the Universe is", 1, true))
    test.ok(message(function() model{ age = 1e9 }.z_onset = 0.3 end):find("z_onset", 1, true))
    test.ok(message(function() model{ age = 1e9 }.age_fraction = "half" end):find("must be a number", 1, true))
    local g = model{ age_fraction = 1 }
    test.ok(g:sed().flux:max() > 0)
    test.eq(g.z_onset, 1000)
    local o = observation.new{ name = "one", redshift = 0.7 }
    o:add(bands[1], 1, 0.1)
    test.ok(message(fit, { data = o, model = model{ age = 1e9 }, free = { z_onset = prior.uniform(1, 9) } }):find("galaxy{ z_onset = ... }", 1, true))
    test.ok(message(g.jacobian, g, bands, { "age" }):find("its age is given by 'age_fraction'", 1, true))
  end)
end)

local function observe(g)
  local o = observation.new{ name = "mock", redshift = g.redshift }
  for i, flux in ipairs(g:band_flux(bands):totable()) do o:add(bands[i], flux, 0.05 * flux) end
  return o
end

test.describe("the onset in a fit", function()
  test.it("is sampled with the redshift, reported in every way, and comes back from a file", function()
    local g = model{ age_fraction = 0.5, igm = false }
    local f = fit{ data = observe(g), model = g, seed = 3, sampler = sampler.ensemble{ walkers = 16, steps = 150 },
      free = { age_fraction = prior.uniform(0.05, 1), redshift = prior.uniform(0.5, 0.9), ["sfh.norm"] = prior.loguniform(1, 1e3) } }
    test.ok(f:gradient_check().error < 1e-6, tostring(f:gradient_check()))
    f:run{ progress = false }
    local s = f:samples()
    for i = 1, s.n, 37 do
      local old = planck:age(s.values.redshift[i])
      test.close(s.derived.age[i], s.values.age_fraction[i] * old, 1e-7) -- draws keep derived quantities in single precision
      test.close(planck:age(s.derived.z_onset[i]), old - s.derived.age[i], 1e-6)
    end
    local r = f:summary():get("age_fraction")
    test.ok(r.q025 < 0.5 and 0.5 < r.q975)
    test.eq(f:summary():get("age").unit, "yr")
    local text = tostring(f:summary())
    test.ok(text:find("\nage  +[%d.e+]+") and text:find("\nz_onset  +[%d.]+") and text:find("\nage_fraction  +0%."), text)
    test.ok(f:latex():find("\nz\\_onset & ", 1, true) and f:latex():find("\nage & ", 1, true))
    local path = os.tmpname()
    f:save(path)
    local again = load_fit(path, { ssp = table_of })
    test.eq(again.model:params()[1].name, "age_fraction")
    test.close(again:samples().derived.age[1], s.derived.age[1], 1e-7)
    local _, l = again.target:lnprob(again:samples().x)
    for i = 1, s.n, 100 do test.eq(l[i], s.lnlike[i]) end
    os.remove(path)
  end)

  test.it("has usual priors, a plan, mocks and a script of the explorer", function()
    local p = model{ age_fraction = 0.5 }:priors()
    test.ok(p.age == nil and p.age_fraction.lo == 0.05 and p.age_fraction.hi == 1)
    p = model{ z_onset = 3 }:priors().z_onset
    test.eq(p.lo, 0.77) -- a twentieth of the age of the Universe before, rounded up
    test.ok(planck:age(0.77) < 0.95 * planck:age(0.7) and planck:age(0.76) > 0.95 * planck:age(0.7))
    local g = model{ z_onset = 3, igm = false }
    local f = fit{ data = observe(g), model = g, seed = 1, plan = { tolerance = 1e-5 }, free = { z_onset = prior.uniform(1, 6), ["sfh.tau"] = prior.loguniform(3e8, 1e10) } }
    f:compile()
    test.ok(f.target.plan ~= nil)
    local x = mat(1, 2)
    x[1][1], x[1][2] = 2.2, 9.3
    local n, worst = f.target:compare(x)
    test.ok(n == 1 and worst < 1e-5, worst)
    local m = mock{ model = model{ age_fraction = 0.5, igm = false }, n = 3, seed = 2, bands = bands, errors = 0.05, derived = { "age", "Mstar" },
      free = { redshift = prior.uniform(0.1, 3), age_fraction = prior.uniform(0.1, 1) } }
    for i = 1, 3 do
      local s = m:source(i)
      test.close(s.truth.age, s.truth.age_fraction * planck:age(s.redshift), 1e-12)
    end
    local text = require("galua.explore.model").new(g, {}):lua{ z_onset = 4 }
    local env = setmetatable({}, { __index = _G })
    setfenv(assert(loadstring(text)), env)()
    test.eq(env.g.z_onset, 4)
    test.eq(env.g:params()[1].name, "z_onset")
  end)
end)
