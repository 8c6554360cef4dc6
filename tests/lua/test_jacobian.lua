-- g:jacobian(filters, names): derivatives of band fluxes against differences of the galaxy itself.
local galua = require "galua"
local test = require "galua.test"
local table_of = ssp.synthetic()

local bands = {}
for _, f in ipairs(filters("GALEX", "SDSS", "2MASS")) do bands[#bands + 1] = f end

local function check(g, names, tolerance)
  local j = g:jacobian(bands, names)
  test.eq(j.rows .. "x" .. j.cols, #bands .. "x" .. #names)
  for k, name in ipairs(names) do
    local v = g:get(name)
    local h = 1e-5 * math.abs(v)
    g:set(name, v + h)
    local up = g:band_flux(bands):totable()
    g:set(name, v - h)
    local down = g:band_flux(bands):totable()
    g:set(name, v)
    local flux = g:band_flux(bands):totable()
    for b = 1, #bands do
      local want = (up[b] - down[b]) / (2 * h)
      local got, size = j:row(b)[k], math.abs(flux[b] / v) + math.abs(want)
      if not (math.abs(got - want) <= tolerance * size) then
        error(("%s, %s: %.12g, differences %.12g"):format(name, tostring(bands[b]), got, want))
      end
    end
  end
end

test.describe("the Jacobian of a galaxy", function()
  test.it("is that of its band fluxes, with a sum of histories, dust, redshift and distance", function()
    local g = galaxy{ ssp = table_of, age = 4e9, redshift = 0.21, sfh = sfh.sum{ old = sfh.delayed{ mass = 3e10, tau = 8e8, Z = 0.007 },
      young = sfh.constant{ psi = 3, Z = 0.012 }, ["young.age"] = 3e8 } }
    check(g, { "age", "sfh.old.mass", "sfh.old.tau", "sfh.old.Z", "sfh.young.psi", "sfh.young.age", "sfh.Mdust", "ism.f_MC", "ism.tau_esc",
      "ism.R_MC", "ism.Rdust", "ism.f_PAH", "redshift" }, 1e-6)
    g = galaxy{ ssp = table_of, redshift = 0.02, distance = 80, sfh = sfh.insitu{}, attenuation = attenuation.salim18{ E_b = 1 } }
    check(g, { "age", "sfh.psi_max", "sfh.tau_star", "attenuation.A_V", "attenuation.E_b", "distance", "redshift" }, 1e-6)
  end)

  test.it("has the parameters of the cosmology when they are asked for", function()
    local curved = cosmology{ H0 = 70, Om0 = 0.3, OL0 = 0.6 }
    for _, onset in ipairs{ { age = 3e9 }, { age_fraction = 0.4 }, { z_onset = 3 } } do
      local o = { ssp = table_of, redshift = 0.5, cosmology_free = true, cosmology = curved }
      for k, v in pairs(onset) do o[k] = v end
      local g = galaxy(o)
      check(g, { next(onset), "redshift", "sfh.tau_star", "cosmo.H0", "cosmo.Om0", "cosmo.OL0" }, 1e-6)
      o.cosmology_free = nil
      local fixed = galaxy(o)
      local a, b = g:band_flux(bands), fixed:band_flux(bands)
      for i = 1, #bands do test.close(a[i], b[i], 1e-11) end
      for _, name in ipairs{ "T_universe", "distance", "z_onset", "age_fraction" } do
        local x, y = g:derived_values()[name], fixed:derived_values()[name]
        if y then test.close(x, y, 1e-10) end
      end
      g.cosmo.H0, g.cosmo.Om0 = 65, 0.33
      o.cosmology = cosmology{ H0 = 65, Om0 = 0.33, OL0 = 0.6 }
      local other = galaxy(o):band_flux(bands)
      a = g:band_flux(bands)
      for i = 1, #bands do test.close(a[i], other[i], 1e-11) end
    end
    local g = galaxy{ ssp = table_of, redshift = 0.5, age = 3e9, cosmology_free = true }
    check(g, { "cosmo.H0", "cosmo.Om0" }, 1e-6)
    test.eq(pcall(g.get, g, "cosmo.OL0"), false) -- flat: it follows
    g.age, g.cosmo.H0 = 8e9, 90
    local ok, e = pcall(g.band_flux, g, bands)
    test.ok(not ok and tostring(e):find("age of the Universe"))
    ok, e = pcall(galaxy, { ssp = table_of, cosmology_free = true, compat = "galapy" })
    test.ok(not ok and tostring(e):find("cosmology"))
    test.eq(pcall(function() return galaxy{ ssp = table_of }.cosmo end), false)
  end)

  test.it("takes functions of the user's, by differences that it names", function()
    local g = galaxy{ ssp = table_of, age = 3e9, redshift = 0.1, nebular = nebular.hii{ f_esc = 0.1 },
      sfh = sfh.custom{ params = { t0 = { 1.3e9 } }, function(t, p) return math.exp(-t / p.t0) end, mass = 1e10 },
      components = { component.custom{ name = "hot", params = { L = { 1e9 } }, function(l, p) return p.L / 2e4 * math.exp(-l / 2e4) end } } }
    check(g, { "sfh.t0", "sfh.mass", "hot.L", "sfh.Z", "nebular.f_esc" }, 1e-6)
    local named = {}
    for _, name in ipairs(g:differences()) do named[name] = true end
    test.ok(named["hot.custom"] and named["sfh.custom"])
  end)

  test.it("summed with weights is the gradient, of all parameters at once", function()
    local young = { n = 4, mass = 2e10 }
    for _, g in ipairs{ galaxy{ ssp = table_of, age = 4e9, redshift = 0.21, sfh = sfh.continuity(young) },
      galaxy{ ssp = table_of, age = 4e9, redshift = 0.21, sfh = sfh.delayed{}, attenuation = attenuation.calzetti{}, igm = true } } do
      local weight, names = {}, {}
      for b = 1, #bands do weight[b] = (b * 0.618) % 1 - 0.3 end
      for _, p in ipairs(g:params()) do if p.name ~= "distance" then names[#names + 1] = p.name end end
      local grad, j = g:gradient(bands, weight), g:jacobian(bands, names)
      local flux, light = g:band_flux(bands), 0
      for b = 1, #bands do light = light + math.abs(weight[b] * flux[b]) end
      for k, name in ipairs(names) do
        local sum, size = 0, 0
        for b = 1, #bands do
          sum = sum + weight[b] * j:row(b)[k]
          size = size + math.abs(weight[b] * j:row(b)[k])
        end
        -- the escape from clouds that have no dust moves points of the quadrature alone: rounding of the light
        if not (math.abs(grad[name] - sum) <= 1e-7 * size + 1e-13 * light / math.abs(g:get(name))) then error(("%s: %.12g, by the Jacobian %.12g"):format(name, grad[name], sum)) end
      end
    end
    local ok, e = pcall(function() return galaxy{ ssp = table_of, redshift = 0.1 }:gradient(bands, { 1 }) end)
    test.eq(ok, false)
    test.ok(tostring(e):find("filters, but 1 weights", 1, true))
  end)

  test.it("says what is wrong in one line", function()
    local g = galaxy{ ssp = table_of, redshift = 0.1 }
    local function message(...)
      local ok, e = pcall(g.jacobian, g, ...)
      test.eq(ok, false)
      return tostring(e)
    end
    test.eq(message(bands, { "sfh.tua_star" }), "this galaxy has no parameter 'sfh.tua_star', did you mean 'sfh.tau_star'?")
    test.ok(message(bands, "age"):find("list of names"))
    test.ok(message("SDSS.r", { "age" }):find("list of filters"))
    local old = galaxy{ ssp = table_of, redshift = 0.1, compat = "galapy" }
    local ok, e = pcall(old.jacobian, old, bands, { "age" })
    test.eq(ok, false)
    test.ok(tostring(e):find("parity mode"))
  end)
end)
