-- sfh.sum{ old =, young = }: histories that add up, each with its own onset, parameters and metallicity.
local galua = require "galua"
local test = require "galua.test"
local table_of = ssp.synthetic()

local function make(h, o)
  o = o or {}
  o.ssp, o.sfh, o.age, o.redshift = table_of, h, o.age or 6e9, 0.1
  return galaxy(o)
end
local function near(a, b, tolerance, what)
  if not (math.abs(a - b) <= tolerance * math.abs(b)) then error(("%s: %.15g, expected %.15g"):format(what or "value", a, b), 2) end
end
local message = test.message
local function old() return sfh.delayed{ norm = 4, tau = 1.3e9, Z = 0.006, Z_start = 0.0005 } end
local function young() return sfh.exponential{ norm = 20, tau = 2e8, Z = 0.03, burst = "rectangle", tau_quench = 7e8 } end

test.describe("a sum of histories", function()
  test.it("is the sum of two galaxies, spectra and the energy that dust takes", function()
    local dust = function() return attenuation.calzetti{ A_V = 0.7 } end
    for _, age in ipairs{ 9e8, 2.5e9, 9e9 } do -- of the galaxy: the younger part is older than the first of these
      local both = make(sfh.sum{ old = old(), young = young(), ["young.age"] = 1e9 }, { attenuation = dust(), age = age })
      local a = make(old(), { attenuation = dust(), age = age })
      local b = make(young(), { attenuation = dust(), age = math.min(age, 1e9) })
      for _, name in ipairs{ "stellar", "extinct" } do
        local l, la, lb = both:lum(name):totable(), a:lum(name):totable(), b:lum(name):totable()
        local top = 0
        for k = 1, #l do top = math.max(top, l[k]) end
        for k = 1, #l do -- where something shines
          if l[k] > 1e-12 * top then near(l[k], la[k] + lb[k], 1e-12, name .. " " .. k) end
        end
      end
      local d, da, db = both:derived(), a:derived(), b:derived()
      for _, name in ipairs{ "Mformed", "Mstar", "SFR", "SFR10", "SFR100", "Lstar", "Ldust", "Q_H", "R_CCSN" } do
        if da[name] + db[name] > 0 then near(d[name], da[name] + db[name], 1e-11, name) end
      end
      near(d.Zstar, (da.Mformed * da.Zstar + db.Mformed * db.Zstar) / d.Mformed, 1e-12, "Zstar")
      near(d.age_mw, (da.Mformed * da.age_mw + db.Mformed * db.age_mw) / d.Mformed, 1e-12, "age_mw")
      near(d.Lbol, d.Lstar, 1e-6, "energy") -- what dust takes it gives
    end
  end)

  test.it("has its half-mass time where half of the mass has formed", function()
    local g = make(sfh.sum{ first = sfh.burst{ mass = 3e9 }, second = sfh.burst{ mass = 1e9 }, ["first.age"] = 4e9, ["second.age"] = 1.1e8 })
    near(g:derived().t50, 4e9, 1e-9)
    near(g:derived().t90, 1.1e8, 1e-6)
    near(g:derived().Mformed, 4e9, 1e-13)
    near(g:derived().SFR100, 0, 0)
    g.sfh.second.age = 9e7
    near(g:derived().SFR100, 1e9 / 1e8, 1e-12)
  end)

  test.it("of bursts is the sum of simple stellar populations", function()
    local age = { table_of.age[70], table_of.age[90] }
    local g = make(sfh.sum{ a = sfh.burst{ mass = 2e9, Z = table_of.z[2] }, b = sfh.burst{ mass = 5e8, Z = table_of.z[4] }, ["a.age"] = age[2],
      ["b.age"] = age[1] }, { ism = false })
    local sa, sb, w = table_of:spectrum(age[2], table_of.z[2]), table_of:spectrum(age[1], table_of.z[4]), table_of.wave
    local wave, lum, at, seen = g:wave():totable(), g:lum("stellar"):totable(), {}, 0
    for k = 1, #wave do at[wave[k]] = lum[k] end
    for k = 1, #w do
      local want = 2e9 * sa[k] + 5e8 * sb[k]
      if at[w[k]] and want > 0 and w[k] < 2.4e4 then
        near(at[w[k]], want, 1e-10, "L at " .. w[k])
        seen = seen + 1
      end
    end
    test.ok(seen > 100)
  end)

  test.it("keeps the gas and dust of a part that makes its own", function()
    local g, a = make(sfh.sum{ main = sfh.insitu{}, late = sfh.constant{ psi = 1 }, ["late.age"] = 1e8 }), make(sfh.insitu{})
    near(g:derived().Mdust, a:derived().Mdust, 1e-14)
    near(g:derived().Mgas, a:derived().Mgas, 1e-14)
    near(g:derived().Zgas, a:derived().Zgas, 1e-14)
    test.eq(pcall(function() return g.sfh.Mdust end), false)
    g = make(sfh.sum{ main = sfh.constant{ psi = 3, Z = 0.01 }, late = sfh.constant{ psi = 1, Z = 0.03 }, Mdust = 2e7 })
    near(g:derived().Zgas, (3 * 0.01 + 0.03) / 4, 1e-14) -- of the stars that form
    near(g:derived().Mdust, 2e7, 0)
  end)

  test.it("has parameters by name, usual priors, and comes back from its description", function()
    local h = sfh.sum{ bins = sfh.continuity{ n = 4 }, late = sfh.burst{ mass = 3e8 }, ["late.Z"] = 0.02 }
    test.eq(h["late.mass"], 3e8)
    test.eq(h["late.Z"], 0.02)
    local g = make(h, { clamp = true })
    g.sfh.bins.r2, g.sfh.late.age = 0.4, 3e7
    test.eq(g:get("sfh.bins.r2"), 0.4)
    test.eq(g.sfh.kind .. " " .. g.sfh.bins.kind .. " " .. g.sfh.late.kind, "sum continuity burst")
    local p = g:priors("sfh")
    test.eq(tostring(p["sfh.bins.r1"]), "prior.student(0, 0.3, 2, -10, 10)")
    test.eq(tostring(p["sfh.late.age"]), "prior.loguniform(1e7, 1.3e10)")
    test.eq(p["sfh.bins.age"], nil)
    local again = galua.galaxy_from(g:describe(), table_of)
    for _, q in ipairs(g:params()) do again:set(q.name, q.value) end
    local a, b = g:lum(), again:lum()
    for k = 1, #a, 97 do test.eq(b[k], a[k]) end
  end)

  test.it("is fitted, with ties among its parts, and read back with the same likelihoods", function()
    local obs = observation.new{ name = "mock", redshift = 0.1 }
    for i, f in ipairs(filters("SDSS")) do obs:add(f, i, 0.1 * i) end
    local g = make(sfh.sum{ old = old(), own = sfh.custom{ params = { t0 = { 1e9, plo = 1e8, phi = 4e9 } }, mass = 1e9,
      function(t, p) return math.exp(-t / p.t0) end }, ["own.age"] = 1e9 })
    local out = os.tmpname() .. ".h5"
    local f = fit{ data = obs, model = g, seed = 5, tie = { ["sfh.own.Z"] = function(p) return 2 * p["sfh.old.Z"] end },
      free = { ["sfh.old.tau"] = prior.loguniform(1e8, 1e10), ["sfh.own.age"] = prior.loguniform(1e7, 1e9),
        ["sfh.own.t0"] = prior.uniform(1e8, 4e9), ["sfh.old.Z"] = prior.loguniform(1e-3, 0.02) },
      sampler = sampler.ensemble{ walkers = 16, steps = 8 } }:run{ out = out, progress = false }
    local s, again = f:samples(), load_fit(out, { trust = true })
    local _, like = again.target:lnprob(mat{ s.x:row(3):totable() })
    test.eq(like[1], s.lnlike[3])
    test.eq(again.model.sfh.own.kind, "custom")
    again.target:values(s.x:row(3), again.model)
    near(again.model.sfh.own.Z, 2 * again.model.sfh.old.Z, 1e-15)
    os.remove(out)
  end)

  test.it("says what is wrong in one line", function()
    test.eq(message(function() sfh.sum{} end), "sfh.sum: 0 histories, 1 .. 8 are possible")
    test.eq(message(function() sfh.sum{ old() } end), "sfh.sum: a history has no name: old = sfh.delayed{...}")
    test.eq(message(function() sfh.sum{ a = ism.two_phase{} } end), "sfh.sum: a is no history but ism.two_phase")
    test.eq(message(function() sfh.sum{ a = sfh.sum{ b = old() } } end), "sfh.sum: 'a' is a sum itself: name its histories here")
    test.eq(message(function() sfh.sum{ ["a.b"] = old() } end),
      "sfh.sum: the name of a part must be letters, digits and _, at most 12, got 'a.b'")
    test.ok(message(function() sfh.sum{ a = old(), ["a.tua"] = 1 } end):find("unknown option 'a.tua', did you mean 'a.tau'?", 1, true))
    test.ok(message(function() sfh.sum{ a = sfh.continuity{ n = 32 }, b = sfh.continuity{ n = 32 }, c = sfh.continuity{ n = 32 } } end):find(
      "sfh.sum: more than 96 parameters", 1, true))
    local g = make(sfh.sum{ a = old() })
    g.sfh.a.Z = 0.1
    test.ok(message(function() g:lum() end):find("sfh.a.Z = 0.1 is outside SSP table", 1, true))
    test.ok(message(function() return g.sfh.b end):find("b"))
  end)
end)
