-- What a fit says about parameters and quantities that no data determine, and what is free by default.
local test = require "galua.test"
local program = require("galua.core").realpath("/proc/self/exe")

local table_ = ssp.synthetic()
local function make(o)
  o.ssp, o.redshift = table_, o.redshift or 0.05
  return galaxy(o)
end
local function data(bands)
  local g, list = make{ sfh = sfh.delayed{ Mdust = 1e7 }, age = 5e9 }, {}
  for i, f in ipairs(filters(unpack(bands))) do
    local y = g:band_flux{ f }[1]
    list[i] = { f.name, y, 0.05 * y }
  end
  return observation{ redshift = 0.05, photometry = list }
end
local wide = data{ "GALEX", "SDSS", "WISE", "Herschel.SPIRE" }
local function text(f) return f:describe() end

test.describe("products of parameters", function()
  test.it("are told in one line: two of the model's, and of a component made by the user", function()
    local g = make{ sfh = sfh.delayed{} }
    local free = g:priors()
    test.ok(free["ism.N_MC"] == nil and free["ism.R_MC"] ~= nil)
    test.ok(not text(fit{ data = wide, model = g, free = free }):find("enter only as"), "no product is free by default")
    free["ism.N_MC"] = prior.loguniform(10, 1e5)
    local said = text(fit{ data = wide, model = g, free = free })
    test.ok(said:find("ism.N_MC and ism.R_MC enter only as ism.N_MC * ism.R_MC^2", 1, true), said)
    -- N (times) and f of one light; sampled linearly and in logarithms
    local glow = component.custom{ name = "glow", params = { a = { 1, lo = 0, hi = 1e3 }, b = { 1, lo = 0, hi = 1e3 } },
      function(l, p) return math.exp(-(math.log(l / 5000)) ^ 2) * 1e5 * p.a * p.b ^ 3 end }
    local m = make{ sfh = sfh.delayed{}, ism = false, components = { glow } }
    said = text(fit{ data = wide, model = m, free = { age = prior.loguniform(1e9, 1e10), ["glow.a"] = prior.uniform(0.1, 10),
      ["glow.b"] = prior.loguniform(0.1, 10) } })
    test.ok(said:find("glow.a and glow.b enter only as glow.a * glow.b^3", 1, true), said)
  end)
  test.it("include brightness and distance of a galaxy of stars", function()
    local g = make{ sfh = sfh.delayed{}, ism = false, redshift = 0 }
    local said = text(fit{ data = wide, model = g, free = { ["sfh.norm"] = prior.loguniform(0.1, 100), distance = prior.loguniform(10, 1000),
      ["sfh.tau"] = prior.loguniform(1e8, 1e10) } })
    test.ok(said:find("distance and sfh.norm enter only as sfh.norm * distance^-2", 1, true)
      or said:find("enter only as distance * sfh.norm^-0.5", 1, true), said)
    test.ok(not said:find("sfh.tau and", 1, true) and not said:find("and sfh.tau", 1, true), said)
  end)
end)

test.describe("quantities that no data determine", function()
  local function run(model, free, o)
    local f = fit{ data = o or wide, model = model, free = free, sampler = sampler.ensemble{ walkers = 32, steps = 12 }, seed = 1 }
    return f:run{ progress = false }, f:summary()
  end
  local function has(s, name)
    for _, r in ipairs(s.derived) do if r.name == name then return true end end
    return false
  end
  test.it("are no results: masses of dust that no attenuation knows, free or fixed", function()
    local g = make{ sfh = sfh.delayed{}, attenuation = attenuation.calzetti{} }
    test.ok(g:priors()["sfh.Mdust"] == nil, "not free by default")
    local free = { age = prior.loguniform(1e9, 1e10), ["attenuation.A_V"] = prior.uniform(0, 2), ["sfh.norm"] = prior.loguniform(0.1, 100) }
    local _, s = run(g, free)
    for _, name in ipairs { "Mdust", "Mgas" } do test.ok(not has(s, name), name) end
    for _, name in ipairs { "Mstar", "LIR", "A_V", "SFR100" } do test.ok(has(s, name), name) end
    free["sfh.Mdust"] = prior.loguniform(1e5, 1e9)
    local f
    f, s = run(g, free)
    for _, name in ipairs { "Mdust", "Mgas" } do test.ok(not has(s, name), name) end
    test.ok(tostring(s):find("no results, as no datum depends on them: .*Mdust"), tostring(s))
    test.ok(tostring(s):find("no datum depends on sfh.Mdust: the posterior is the prior", 1, true), tostring(s))
    local ok, message = pcall(function() return s:get("Mdust") end)
    test.ok(not ok and tostring(message):find("no datum depends on it", 1, true), tostring(message))
    test.ok(text(f):find("no datum depends on sfh.Mdust", 1, true))
  end)
  test.it("are no results: what no free parameter changes", function()
    local g = make{ sfh = sfh.delayed{}, attenuation = attenuation.calzetti{}, dust = dust.greybody{} }
    local _, s = run(g, { age = prior.loguniform(1e9, 1e10), ["attenuation.A_V"] = prior.uniform(0, 2) })
    for _, name in ipairs { "T_dust", "Zstar", "Zgas", "t_universe", "D_L", "A_V_MC" } do
      test.ok(not has(s, name), name)
      test.ok(s:get(name) ~= nil)
    end
    test.ok(not tostring(s):find("T_dust", 1, true) and not tostring(s):find("Zstar", 1, true))
  end)
  test.it("stay results where data hold them: two-phase dust, and gas that follows from star formation", function()
    local g = make{ sfh = sfh.delayed{} }
    local _, s = run(g, g:priors())
    for _, name in ipairs { "Mdust", "Mgas", "T_dust", "Zstar" } do test.ok(has(s, name), name) end
    g = make{ sfh = sfh.insitu{}, attenuation = attenuation.calzetti{} }
    _, s = run(g, g:priors())
    test.ok(has(s, "Mgas"))
  end)
  test.it("are parameters too: features in bands that are not there", function()
    local g = make{ sfh = sfh.delayed{ Mdust = 1e7 } }
    local f = fit{ data = data{ "GALEX", "SDSS" }, model = g, free = { age = prior.loguniform(1e9, 1e10), ["ism.f_PAH"] = prior.uniform(0, 1) } }
    test.ok(text(f):find("no datum depends on ism.f_PAH", 1, true), text(f))
    f = fit{ data = wide, model = g, free = { age = prior.loguniform(1e9, 1e10), ["ism.f_PAH"] = prior.uniform(0, 1) } }
    test.ok(not text(f):find("no datum depends on ism.f_PAH", 1, true), text(f))
  end)
end)

test.describe("what is free by default", function()
  test.it("has ages that the Universe allows at the galaxy's redshift", function()
    local cosmo = cosmology("Planck18")
    for _, z in ipairs { 0.5, 2, 6 } do
      local g = make{ sfh = sfh.delayed{}, redshift = z }
      local p = g:priors().age
      test.ok(p.hi <= cosmo:age(z) * (1 + 1e-9) and p.hi > 0.99 * math.min(cosmo:age(z), 1.3e10), ("z = %g: %s"):format(z, tostring(p)))
    end
    test.ok(math.abs(make{ redshift = 0.001 }:priors().age.hi / 1.3e10 - 1) < 1e-9)
  end)
  test.it("of the template without dust has nothing of dust", function()
    local p = io.popen(program .. " fit --template --dustless 2>&1")
    local out = p:read("*a")
    p:close()
    for line in out:gmatch("[^\n]+") do
      local name = line:match('^%s+%["(.-)"%] =')
      test.ok(not name or (name ~= "sfh.Mdust" and not name:match("^ism") and not name:match("^dust")), line)
    end
    test.ok(out:find('\n    ["sfh.Z"] = ', 1, true) and out:find('\n    -- ["sfh.Mdust"] = ', 1, true), out)
  end)
end)
