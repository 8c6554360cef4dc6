-- What figures say: names and units set as papers set them, whole titles, ranges where there is light; what help and quantities say of themselves.
local test = require "galua.test"
local symbols = require "galua.names.symbols"
local table_of = ssp.synthetic()

test.describe("names and units in figures", function()
  test.it("are set as papers set them", function()
    for name, want in pairs{ ["sfh.tau_star"] = "\\tau_{*}", ["ism.f_MC"] = "f_{MC}", ["sfh.Mdust"] = "M_{dust}", ["ism.Rdust"] = "R_{dust}", ["sfh.r1"] = "r_{1}",
      ["attenuation.A_V_birth"] = "A_{V,birth}", SFR100 = "SFR_{100}", age_mw = "age_{mw}", L_NII6584 = "L_{NII 6584}", Mstar = "M_{*}", ["ism.dMClow"] = "dMClow", ["mine.my_own_word"] = "my\\_own\\_word" } do
      test.eq(symbols.name(name), want)
    end
    for unit, want in pairs{ ["Msun/yr"] = "M_{\\odot} yr^{−1}", ["1/yr"] = "yr^{−1}", ["erg/s/cm^2"] = "erg s^{−1} cm^{−2}", A = "\\AA", ["1e-3 x_y"] = "1e-3 x\\_y" } do
      test.eq(symbols.unit(unit), want)
    end
    test.eq(symbols.unit(""), nil)
    test.eq(table.concat(symbols.names{ "sfh.old.tau", "sfh.young.tau", "sfh.young.psi" }, " "), "sfh.old \\tau sfh.young \\tau \\psi")
  end)

  -- every unit of every parameter and quantity has a form: no plain "Msun" is left
  test.it("leave no unit of the model as a program writes it", function()
    local g = galaxy{ ssp = table_of, sfh = sfh.insitu{}, nebular = true, synchrotron = true, xrb = true, agn = true, igm = true, redshift = 0.1 }
    local n = 0
    for _, list in ipairs{ g:params(), g:derived_info() } do
      for _, p in ipairs(list) do
        local u = symbols.unit(p.unit)
        if u then
          n = n + 1
          test.ok(not u:find("sun", 1, true) and not u:find("/", 1, true), p.name .. " [" .. p.unit .. "]: " .. u)
        end
      end
    end
    test.ok(n > 40, n)
  end)
end)

local function small_fit()
  local g = galaxy{ ssp = table_of, sfh = sfh.delayed{ norm = 20, Mdust = 3e7 }, age = 4e9, redshift = 0.1, nebular = nebular.hii{} }
  local o = observation.new{ name = "mock", redshift = 0.1 }
  local list = filters("SDSS.ugriz", "Herschel.PACS")
  for i, flux in ipairs(g:band_flux(list):totable()) do o:add(list[i], flux, 0.05 * flux) end
  return fit{ data = o, model = g, seed = 2, sampler = sampler.ensemble{ walkers = 16, steps = 60 },
    free = { ["sfh.Mdust"] = prior.loguniform(1e6, 1e9), ["ism.Rdust"] = prior.loguniform(1e2, 1e5), ["sfh.norm"] = prior.loguniform(1, 1e3) } }:run{ progress = false }
end

test.describe("figures of a fit", function()
  local f = small_fit()
  test.it("a corner plot names every panel and sets every unit", function()
    local names = { "norm", "M_{dust}", "R_{dust}", "M_{*}", "L_{H\\alpha}" }
    local fig = f:corner{ derived = { "Mstar", "L_Halpha" } } -- a quantity of a component, too
    for k, name in ipairs(names) do test.ok(fig:axes(k, k).title:find(name, 1, true), fig:axes(k, k).title) end
    test.ok(fig:axes(5, 1).ylabel:find("[10^{", 1, true) or fig:axes(5, 1).ylabel:find("[L_{\\odot}]", 1, true), fig:axes(5, 1).ylabel)
    local svg = fig:svg()
    test.ok(not svg:find("Msun", 1, true) and not svg:find("Lsun", 1, true) and svg:find("☉", 1, true))
    test.throws(function() f:corner{ derived = { "L_Halfa" } } end, "fit:corner: no derived quantity 'L_Halfa', did you mean 'L_Halpha'?")
  end)

  test.it("a name that is too long for its title stands in the panel", function()
    local x, y = random.normal(500, 1), random.normal(500, 2)
    local long = "a name that no title of a small panel can hold beside its numbers"
    local fig = plot.corner{ samples = { x, y, x, y }, names = { long, "b", "c", "d" } }
    test.ok(not fig:axes(1, 1).title:find(long, 1, true))
    local found = false
    for _, a in ipairs(fig:axes(1, 1).artists) do found = found or a.kind == "text" and a.s == long end
    test.ok(found)
  end)

  test.it("the best model lies where the band of the posterior is", function()
    local fig = f:plot_sed{ draws = 100 }
    local s, best = f:samples(), f:best()
    local wave, top = best:sed().wave, best:sed().flux
    local lo, hi = fig:axes(1).xlim[1] * 1e4, fig:axes(1).xlim[2] * 1e4
    local g, all = f.model:copy(), {}
    for k, i in ipairs(require "galua.pick"(s.n, 100)) do
      f.target:values(s.x:row(i), g)
      all[k] = g:flux()
    end
    local n = 0
    for i = 1, #wave, 20 do
      if wave[i] > lo and wave[i] < hi then
        local column = vec(#all)
        for k = 1, #all do column[k] = all[k][i] end
        test.ok(top[i] > column:min() / 2 and top[i] < column:max() * 2, wave[i])
        n = n + 1
      end
    end
    test.ok(n > 20)
  end)
end)

test.describe("figures of a validation", function()
  test.it("have units, and rates with zeros among them are still logarithmic", function()
    local v = validation{ name = "test", model = galaxy{ ssp = table_of, sfh = sfh.constant{}, attenuation = attenuation.calzetti{}, dust = false, redshift = 0.1 },
      free = { ["sfh.psi"] = prior.loguniform(1, 100), ["attenuation.A_V"] = prior.uniform(0, 2) }, bands = filters("SDSS"), seed = 5, mocks = 30,
      derived = { "SFR100" }, snr = 10 }
    local function quantity(name, value)
      local q = { name = name, recovered = {}, ranks = {} }
      for i = 1, 20 do q.ranks[i] = 2 end
      for i = 1, 30 do
        local x = value(i / 30)
        q.recovered[i] = { x, x * 1.1, x, x * 1.2 }
      end
      return q
    end
    v.result = { quantities = { quantity("sfh.psi", function(u) return 100 ^ u end), quantity("attenuation.A_V", function(u) return 0.1 + 2 * u end),
      quantity("SFR100", function(u) return u > 0.95 and 0 or 1e-2 * 1e4 ^ u end) } }
    local fig = v:plot_recovery()
    test.eq(fig:axes(1, 1).title, "\\psi [M_{\\odot} yr^{−1}]")
    test.eq(fig:axes(1, 2).title, "A_{V} [mag]")
    test.eq(fig:axes(1, 3).title, "SFR_{100} [M_{\\odot} yr^{−1}]")
    test.eq(fig:axes(1, 1).xscale .. " " .. fig:axes(1, 2).xscale .. " " .. fig:axes(1, 3).xscale, "log linear log")
    test.eq(v:plot_ranks():axes(1, 3).title, "SFR_{100}")
  end)
end)

test.describe("a spectrum without data", function()
  test.it("is drawn where it shines", function()
    local g = galaxy{ ssp = table_of, sfh = sfh.delayed{}, redshift = 0.1 }
    local s = g:sed()
    local lim = plot(s):axes(1).xlim
    test.ok(lim[1] > 0.02 and lim[2] < 5e4, lim[1] .. " .. " .. lim[2])
    local at = { s:at(lim[1] * 1.01e4), s:at(lim[2] * 0.99e4) }
    for _, flux in ipairs(at) do test.ok(flux > 0.9e-6 * s.flux:max(), flux) end
  end)
end)

test.describe("what names say", function()
  test.it("a radio luminosity says what it is of", function()
    local function text(o)
      o.ssp, o.redshift = table_of, 0.1
      for _, d in ipairs(galaxy(o):derived_info()) do if d.name == "L_1400MHz" then return d.doc end end
    end
    test.ok(text{ nebular = true }:find("this galaxy is without synchrotron", 1, true))
    test.ok(text{ synchrotron = true }:find("this galaxy is without nebular", 1, true))
    test.ok(text{ nebular = true, synchrotron = true }:find("of everything$"))
    test.eq(text{}, nil)
  end)
  test.it("help of histories lists every one, and sets of filters are what was asked for", function()
    local text = require("galua.help").text("sfh")
    for _, kind in ipairs{ "insitu", "constant", "delayed", "exponential", "lognormal", "dpl", "periodic", "burst", "continuity", "flexible", "psb", "dirichlet",
      "stochastic", "diffstar", "table", "custom", "sum" } do test.ok(text:find("sfh." .. kind, 1, true), kind) end
    local n = 0
    for _, name in ipairs(filter.names("ALMA")) do
      test.ok(name:find("^ALMA%."), name)
      n = n + 1
    end
    test.ok(n >= 5 and n < #filter.names())
  end)
end)
