-- Star formation histories in Lua: every model in a galaxy, usual priors, descriptions, histories of the user's own.
local galua = require "galua"
local test = require "galua.test"
local table_of = ssp.synthetic()

local binned = { "continuity", "flexible", "psb", "dirichlet", "stochastic" }
local options = {
  insitu = {}, constant = {}, delayed = { burst = "delta" }, lognormal = { metallicity = "linear" }, dpl = { metallicity = "step" },
  exponential = { rising = true }, periodic = { shape = "delayed", burst = "rectangle" },
  continuity = { edges = { 1e7, 1e8, 1e9 }, burst = "exponential" }, flexible = { n = 5 }, psb = { n = 7, n_old = 2, tflex = 1e9 },
  dirichlet = { alpha = 0.5, of = "rate" }, stochastic = { n = 10, sigma_reg = 0.5, sigma_dyn = 0, tau_in = 1e8 },
}
local function make(o)
  o.ssp, o.redshift, o.age = table_of, 0.1, o.age or 5e9
  return galaxy(o)
end
local message = test.message

-- Bursts of 1e5 yr long ago: rates of 1e-320 Msun/yr, whose inverse is infinite
test.describe("rates next to nothing", function()
  test.it("form what they form", function()
    local g = galaxy{ ssp = ssp.synthetic(), sfh = sfh.periodic{ norm = 0.73881605338847578, period = 116094856.46537663, tau = 117172.55936704121, Z = 0.02 },
      age = 3761894045.2569861, ism = false }
    local n = 33 -- bursts that have begun, each of norm tau
    test.eq(n, math.floor(3761894045.2569861 / 116094856.46537663) + 1)
    test.close(g:derived().Mformed, n * 0.73881605338847578 * 117172.55936704121, 1e-9)
    test.ok(g:lum("stellar"):sum() > 0)
  end)
end)

test.describe("histories", function()
  test.it("of every kind make a galaxy, and the same one from its description", function()
    for kind, o in pairs(options) do
      local g = make{ sfh = sfh[kind](o), clamp = true }
      local values = {}
      for i, p in ipairs(g:params()) do
        if p.name:match("^sfh") and p.free then
          values[p.name] = p.log and p.plo * (p.phi / p.plo) ^ (0.3 + 0.03 * i) or p.plo + (p.phi - p.plo) * (0.3 + 0.03 * i)
        end
      end
      g:set(values)
      local h = galua.galaxy_from(g:describe(), table_of)
      for _, p in ipairs(g:params()) do h:set(p.name, p.value) end
      test.eq(h.sfh.kind, kind)
      local a, b = g:lum(), h:lum()
      for k = 1, #a, 97 do test.eq(b[k], a[k], kind) end
      test.ok(a:max() > 0)
    end
  end)

  test.it("in bins form the mass that is asked for", function()
    for _, kind in ipairs(binned) do
      local g = make{ sfh = sfh[kind]{ mass = 3e9 } }
      test.close(g:derived().Mformed, 3e9, 1e-12)
      g.sfh.mass = 4e9
      test.close(g:derived().Mformed, 4e9, 1e-12)
    end
    local g = make{ sfh = sfh.continuity{ edges = { 1e8 }, r1 = 1, mass = 1e10 } } -- the last 100 Myr ten times the rate
    test.close(g:derived().SFR100, 10 * 1e10 / (10 * 1e8 + 4.9e9), 1e-12)
    test.close(g:sfr({ 1e9 })[1], 1e10 / (10 * 1e8 + 4.9e9), 1e-12)
  end)

  test.it("have ages up to the age of the Universe at the lowest redshift, where that is free", function()
    local g = make{ sfh = sfh.delayed{} }
    g.redshift = 5
    local free = g:priors{ redshift = prior.uniform(1, 6), ["sfh.tau"] = prior.loguniform(1e8, 1e9) }
    test.close(free.age.hi, cosmology "Planck18":age(1), 1e-12)
    test.close(g:priors().age.hi, cosmology "Planck18":age(5), 1e-12)
    test.eq(tostring(free.redshift), "prior.uniform(1, 6)")
    test.eq(tostring(free["sfh.tau"]), "prior.loguniform(1e8, 1e9)")
    test.eq(g.redshift, 5)
    test.eq(g:priors{ redshift = prior.normal(1, 1) }.age.hi, 1.3e10) -- the usual range ends there
    test.throws(function() g:priors{ redshift = 3 } end, "galaxy:priors: redshift must be a prior, got number")
    test.throws(function() g:priors{ ["sfh.tua"] = prior.uniform(0, 1) } end, "galaxy:priors: this galaxy has no parameter 'sfh.tua'")
  end)
  test.it("know their usual priors", function()
    local p = make{ sfh = sfh.continuity{ n = 4 } }:priors("sfh")
    test.eq(tostring(p["sfh.r1"]), "prior.student(0, 0.3, 2, -10, 10)")
    test.eq(tostring(p["sfh.mass"]), "prior.loguniform(1e7, 1e13)")
    test.eq(p["sfh.r4"], nil)
    test.eq(p["ism.f_MC"], nil)
    test.eq(tostring(make{ sfh = sfh.dirichlet{ n = 3, alpha = 2 } }:priors("sfh")["sfh.z1"]), "prior.beta(2, 4, 0, 1)")
    test.eq(tostring(make{ sfh = sfh.stochastic{} }:priors()["sfh.x6"]), "prior.normal(0, 1)")
    test.ok(make{}:priors()["ism.f_MC"])
    test.eq(message(function() make{}:priors("sffh") end), "galaxy:priors: this galaxy has no parameters 'sffh.*'")
  end)

  test.it("drawn from the Dirichlet prior share the mass evenly on average", function()
    local g = make{ sfh = sfh.dirichlet{ edges = { 1e8, 5e8, 2e9 } }, ism = false }
    local p = g:priors("sfh")
    local n, share = 400, { 0, 0, 0, 0 }
    for i = 1, n do
      for k = 1, 3 do g:set("sfh.z" .. k, p["sfh.z" .. k]:quantile((i * ({ 0.7548776662, 0.5698402910, 0.3247179572 })[k]) % 1)) end
      local t = { 5e9 - 2e9, 5e9 - 5e8, 5e9 - 1e8, 5e9 }
      local from = 0
      for k = 1, 4 do -- constant rates: mass = rate in the middle x width
        share[k] = share[k] + g:sfr({ 0.5 * (from + t[k]) })[1] * (t[k] - from) / 1e10 / n
        from = t[k]
      end
    end
    for k = 1, 4 do test.close(share[k], 0.25, 0, 0.02) end
  end)
end)

test.describe("sfh.custom", function()
  local width = 4e8 -- taken along by the function
  local function bell(t, p) return p.top * math.exp(-0.5 * ((t - p.t0) / width) ^ 2) end
  local function component() return sfh.custom{ params = { top = { 10, unit = "Msun/yr", lo = 0 }, t0 = { 2e9, unit = "yr", lo = 0,
    hi = 1e10, plo = 1e8, phi = 4e9 } }, bell } end

  test.it("runs a function of time and parameters", function()
    local g = make{ sfh = component() }
    test.close(g:derived().Mformed, 10 * width * math.sqrt(2 * math.pi), 1e-3)
    g.sfh.top = 20
    test.close(g:derived().Mformed, 20 * width * math.sqrt(2 * math.pi), 1e-3)
    test.close(g:sfr({ 2e9 })[1], 20, 1e-2)
    test.eq(g.sfh.kind, "custom")
    test.eq(g:priors("sfh")["sfh.top"], nil) -- no usual range was given
    test.eq(tostring(g:priors("sfh")["sfh.t0"]), "prior.uniform(1e8, 4e9)")
  end)
  test.it("agrees with the same history built in", function()
    local a = make{ sfh = sfh.custom{ params = { tau = { 1e9 } }, function(t, p) return 3 * t / p.tau * math.exp(-t / p.tau) end,
      burst = "exponential", Z = 0.02 } }
    local b = make{ sfh = sfh.delayed{ norm = 3, tau = 1e9, burst = "exponential", Z = 0.02 } }
    for _, name in ipairs{ "Mformed", "SFR", "Lbol", "LIR", "Q_H" } do
      test.close(a:derived()[name], b:derived()[name], 1e-3)
    end
  end)
  test.it("is the same from its description, and told apart by its code", function()
    local g = make{ sfh = component() }
    local d = g:describe()
    local h = galua.galaxy_from(d, table_of)
    test.eq(h:lum()[500], make{ sfh = component(), age = 1e9 }:lum()[500]) -- descriptions hold choices, not values
    test.eq(h:describe().sfh.custom.key, d.sfh.custom.key)
    local other = make{ sfh = sfh.custom{ function() return 1 end } }
    test.ok(other:describe().sfh.custom.key ~= d.sfh.custom.key)
  end)
  test.it("gives the same bits in any number of threads, and fits", function()
    local obs = observation.new{ name = "mock", redshift = 0.1 }
    for i, f in ipairs(filters("SDSS")) do obs:add(f, i, 0.1 * i) end
    local t = fit{ data = obs, model = make{ sfh = component() }, seed = 1, free = { ["sfh.top"] = prior.loguniform(1, 100),
      ["sfh.t0"] = prior.uniform(1e8, 4e9) } }.target
    local u = {}
    for i = 1, 64 do u[i] = { (i * 0.7548776662) % 1, (i * 0.5698402910) % 1 } end
    local x, before = t:prior_transform(mat(u)), threads()
    threads(1)
    local _, one = t:lnprob(x)
    threads(2)
    local _, two = t:lnprob(x)
    threads(before)
    for i = 1, 64 do test.eq(two[i], one[i]) end
    test.ok(one[1] ~= one[2])
  end)
  test.it("comes back from a results file with the same likelihoods, as the other new ones do", function()
    local obs = observation.new{ name = "mock", redshift = 0.1 }
    for i, f in ipairs(filters("SDSS")) do obs:add(f, i, 0.1 * i) end
    for _, h in ipairs{ component(), sfh.stochastic{ n = 4, tau_eq = 1e9 }, sfh.dirichlet{ n = 4 }, sfh.delayed{ burst = "rectangle" } } do
      local free, out = make{ sfh = h }:priors("sfh"), os.tmpname() .. ".h5"
      local f = fit{ data = obs, model = make{ sfh = h }, seed = 5, free = free,
        sampler = sampler.ensemble{ walkers = 24, steps = 10 } }:run{ out = out, progress = false }
      local s, again = f:samples(), load_fit(out, { trust = true })
      local _, like = again.target:lnprob(mat{ s.x:row(3):totable() })
      test.eq(like[1], s.lnlike[3])
      test.eq(again.model.sfh.kind, h.kind)
      os.remove(out)
    end
  end)
  test.it("says what is wrong in one line", function()
    test.ok(message(function() make{ sfh = sfh.custom{ function(t) return t - 1e9 end } }:lum() end):find(
      "sfh.custom: the rate at t = 0 yr (age 5e+09 yr) is -1e+09: it must be finite and >= 0", 1, true))
    test.ok(message(function() make{ sfh = sfh.custom{ function() return undefined_thing end } }:lum() end):find(
      "global 'undefined_thing' does not exist", 1, true))
    test.ok(message(function() make{ sfh = sfh.custom{ params = { a = { 1 } }, function(_, p) return p.b end } }:lum() end):find(
      "no parameter 'b' (known: a)", 1, true))
    test.ok(message(function() sfh.custom{ os.time } end):find("is not a Lua function", 1, true))
    test.ok(message(function() sfh.custom{} end):find("sfh.custom: expected a function", 1, true))
  end)
end)

test.describe("sfh.define", function()
  test.it("makes a kind of history with a name, help, and the numbers of its function", function()
    sfh.define{ name = "test_bell", doc = "A Gaussian in time.", params = { t0 = { 2e9, unit = "yr", lo = 0, hi = 1e10, doc = "time of the peak" } },
      rate = function(t, p) return math.exp(-0.5 * ((t - p.t0) / 3e8) ^ 2) end }
    local g = make{ sfh = sfh.test_bell{ t0 = 1e9, mass = 3e9, Z = 0.02, burst = "delta" } }
    test.close(g:derived().Mformed, 3e9, 1e-12)
    test.eq(g.sfh.t0, 1e9)
    test.eq(g.sfh.Z, 0.02)
    test.close(g:sfr({ 1.3e9 })[1] / g:sfr({ 1e9 })[1], math.exp(-0.5), 1e-2) -- between nodes
    local again = galua.galaxy_from(g:describe(), table_of)
    again.sfh.t0, again.sfh.mass, again.sfh.Z, again.age = 1e9, 3e9, 0.02, g.age
    test.eq(again:lum()[500], g:lum()[500])
    test.ok(require("galua.doc").of_name("sfh.test_bell"):find("@param t0 [yr] (2e+09) time of the peak", 1, true))
    test.eq(message(function() sfh.define{ name = "test_bell", rate = print } end), "sfh.define: there is a sfh.test_bell already")
    test.ok(message(function() sfh.test_bell{ t1 = 3 } end):find("sfh.test_bell: unknown option 't1' (known: t0 mass", 1, true))
    test.eq(message(function() sfh.define{ name = "x y", rate = print } end), "sfh.define: 'x y' is no name such as bell")
    test.eq(message(function() sfh.define{ name = "xy", rate = print, params = { Z = 1 } } end), "sfh.define: the parameter 'Z' is there already")
  end)
end)
