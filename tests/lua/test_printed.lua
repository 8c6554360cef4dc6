-- What objects print can be pasted back and makes the same object, whatever argument is not as by default: every component, history, metallicity,
-- burst, prior, noise model, move, sampler, cosmology of the registry.
local test = require "galua.test"
local core = require "galua.core"
local call = require "galua.call"

-- the text is compiled and run: the object that it makes prints the same, and is the same by `same`
local function back(x, same)
  local text = tostring(x)
  local f, why = loadstring("return " .. text)
  test.ok(f, ("%s | %s"):format(text, tostring(why)))
  local ok, y = pcall(f)
  test.ok(ok, ("%s | %s"):format(text, tostring(y)))
  test.eq(tostring(y), text)
  if same then same(x, y, text) end
  return text
end

-- a value of an option that is not its default; nil where there is none to try
local other = {
  number = function(o)
    if o.name == "n" or o.name == "n_old" then return o.default == 0 and 6 or o.default + 1 end
    return o.default ~= 0 and 1.1 * o.default or 0.25
  end,
  boolean = function(o) return o.default == 0 end,
  choice = function(o) return #o > 1 and o[o.default == 0 and 2 or 1] or nil end,
}
-- arguments that only go together, and what needs some
local needs = {
  ["sfh.table"] = { t = { 0, 1e9, 3e9 }, psi = { 1, 2.5, 0.1 } },
}
local together = {
  ["ism.two_phase"] = { pah_wave = { 3e4, 7e4, 1e5 }, pah = { 1, 2, 0.5 } },
  ["sfh.continuity"] = { edges = { 3e7, 1e8, 1e9 } }, ["sfh.dirichlet"] = { edges = { 3e7, 1e8, 1e9 } }, ["sfh.stochastic"] = { edges = { 3e7, 1e8, 1e9 } },
}

local function values(c, x)
  local out = {}
  for _, p in ipairs(c.params) do out[p.name] = x[p.name] end
  for _, o in ipairs(c.options) do out[o.name] = x[o.name] end
  return call.literal(out)
end

test.describe("components and histories", function()
  local seen, options, unmade = 0, 0, {}
  for _, c in ipairs(custom_component.classes()) do
    local name = c.group .. "." .. c.kind
    local made, base = nil, needs[name] or {}
    if c.kind ~= "custom" and c.kind ~= "sum" then
      local ok
      ok, made = pcall(galua[c.group][c.kind], base)
      if not ok then
        unmade[#unmade + 1] = name
        made = nil
      end
    end
    if made then
      seen = seen + 1
      test.it(name, function()
        local function one(o, what)
          local given = {}
          for k, v in pairs(base) do given[k] = v end
          for k, v in pairs(o) do given[k] = v end
          local ok, x = pcall(galua[c.group][c.kind], given)
          if not ok then return false end
          local text = back(x, function(a, b, t) test.eq(values(c, a), values(c, b), t) end)
          if what then
            test.ok(text:find(what .. " = ", 1, true), ("%s is not in %s"):format(what, text))
            test.ok(text ~= tostring(galua[c.group][c.kind](base)))
          end
          return true
        end
        one{}
        for _, p in ipairs(c.params) do -- a value of many digits
          local v = p.value ~= 0 and p.value * (1 - 1 / 3e5) or math.min(p.hi, 1) / 3
          if v >= p.lo and v <= p.hi then one({ [p.name] = v }, p.name) end
        end
        for _, o in ipairs(c.options) do
          local v = other[o.type] and other[o.type](o)
          if v ~= nil and one({ [o.name] = v }, o.name) then options = options + 1 end
        end
        if together[name] then
          test.ok(one(together[name], next(together[name])), name)
          options = options + 1
        end
      end)
    end
  end
  test.it("are all tried, and most options of theirs", function()
    table.sort(unmade)
    test.ok(seen >= 36, ("%d of them"):format(seen))
    test.eq(table.concat(unmade, " "), "agn.fritz dust.dale14") -- they need a file
    test.ok(options >= 25, ("%d options"):format(options))
  end)
  test.it("print the kind that was named: sharp clouds", function()
    test.ok(tostring(ism.two_phase{ cut = "sharp" }):find('cut = "sharp"', 1, true))
    test.ok(not tostring(ism.two_phase{ cut = "ramp" }):find("cut", 1, true))
  end)
  test.it("with any metallicity, burst, mass", function()
    local tried = 0
    for _, kind in ipairs(custom_component.histories()) do
      for _, more in ipairs{ { metallicity = "linear" }, { metallicity = "closed_box" }, { metallicity = "step", t_step = 1e9 }, { metallicity = "evolving", Z = 0.02 },
        { burst = "delta" }, { burst = "exponential", tau_burst = 4e7 }, { mass = 12345678901 }, { mass = 1e9, burst = "rectangle", metallicity = "linear" } } do
        local ok, x = pcall(sfh[kind], more)
        if ok then
          local text = back(x)
          if more.burst then test.ok(text:find(('burst = "%s"'):format(more.burst), 1, true), text) end
          if more.metallicity then test.ok(text:find(('metallicity = "%s"'):format(more.metallicity), 1, true), text) end
          if more.mass and kind ~= "insitu" then test.eq(x.mass, loadstring("return " .. text)().mass) end
          tried = tried + 1
        end
      end
    end
    test.ok(tried > 60, tried)
  end)
  test.it("as sums, with what their parts were made with", function()
    local x = sfh.sum{ old = sfh.delayed{ mass = 1e10, metallicity = "linear", burst = "delta" }, young = sfh.burst{ mass = 1e8 }, ["young.age"] = 5e7,
      flat = sfh.continuity{} }
    local text = back(x)
    for _, part in ipairs{ 'metallicity = "linear"', 'burst = "delta"', '["young.age"] = 5e7', "young = sfh.burst{ mass = 1e8" } do test.ok(text:find(part, 1, true), text) end
  end)
  test.it("in a galaxy: its parts, its table, its line", function()
    local g = galaxy{ ssp = ssp.synthetic(), redshift = 0.1, compat = "galapy", distance = 12.5, clamp = true, logU = -2, ism = ism.two_phase{ cut = "sharp", f_MC = 0.3 },
      sfh = sfh.delayed{ metallicity = "linear" }, nebular = nebular.hii{} }
    local h = galaxy{ ssp = ssp.synthetic(), redshift = 0.1, ism = loadstring("return " .. tostring(g.ism))(), sfh = loadstring("return " .. tostring(g.sfh))() }
    test.eq(tostring(h.ism), tostring(g.ism))
    test.eq(tostring(h.sfh), tostring(g.sfh))
    test.ok(tostring(g.ism):find('cut = "sharp", f_MC = 0.3', 1, true), tostring(g.ism))
    for _, text in ipairs{ tostring(g), pp.format(g) } do
      for _, part in ipairs{ "compat galapy", "distance 12.5 Mpc", "clamp", "logU -2" } do test.ok(text:find(part, 1, true), text) end
    end
    test.ok(pp.format(g):find('cut +"sharp"') and pp.format(g):find('metallicity +"linear"'), pp.format(g))
    test.ok(tostring(galaxy{ ssp = ssp.synthetic(), compat = { band_rule = true } }):find("compat band_rule", 1, true))
    test.ok(not tostring(galaxy{ ssp = ssp.synthetic() }):find("compat", 1, true))
    local s = galaxy{ ssp = ssp.synthetic(), sfh = sfh.sum{ old = sfh.delayed{ burst = "delta" }, young = sfh.burst{ mass = 1e8 } } }
    test.ok(tostring(s.sfh.old):find('burst = "delta"', 1, true), tostring(s.sfh.old))
    test.eq(tostring(galaxy{ ssp = ssp.synthetic(), sfh = loadstring("return " .. tostring(s.sfh))() }.sfh), tostring(s.sfh))
  end)
end)

test.describe("an observation", function()
  test.it("names all that it holds in its line", function()
    local wave, mask = linspace(4000, 4090, 10), {}
    for i = 1, 10 do mask[i] = i < 3 end
    local o = observation{ name = "s", redshift = 0.1, photometry = { { "SDSS.g", 1, 0.1 } }, indices = { Dn4000 = { 1.5, 0.1 }, Hdelta_A = { 1, 0.2 } },
      lines = { Halpha = { 1e-15, 1e-16 } }, spectrum = { wave = wave, flux = vec(10, 1), err = vec(10, 0.1), mask = mask } }
    test.ok(tostring(o):find("1 bands (1 detections, 0 limits, 0 ignored)   10 pixels (8 used)   2 indices   1 line", 1, true), tostring(o))
    test.eq(tostring(observation{ name = "s", redshift = 0.1, photometry = { { "SDSS.g", 1, 0.1 } } }), "observation s   1 bands (1 detections, 0 limits, 0 ignored)")
  end)
end)

test.describe("other parts of a fit", function()
  test.it("priors of every kind, limits of theirs and infinities included", function()
    for _, text in ipairs{ "uniform(0, 1)", "loguniform(1e8, 1.3e10)", "normal(0, 0.3)", "truncnormal(0.1, 2, -1, math.huge)", "student(0, 0.3, 2, -10, 10)",
      "student(0, 0.3, 2, -math.huge, 5)", "lognormal(1, 0.5)", "gamma(2, 3)", "beta(2, 3)", "uniform(-0.333333333333333, 1e-300)", "dirichlet(1, 1, 0.7)" } do
      local ok, p = pcall(loadstring("return prior." .. text))
      test.ok(ok, ("%s: %s"):format(text, tostring(p)))
      local printed = back(p)
      test.ok(printed:find("prior." .. text:match("^(.-)%)$"), 1, true) == 1, printed)
    end
    for _, n in ipairs{ 1 / 3, 0.1, 1e22, 123456789, 2 ^ 60, 5e-324, 1.7976931348623157e308 } do test.eq(tonumber(core.number_text(n)), n) end
  end)
  test.it("noise models", function()
    for _, n in ipairs{ noise.calibration{ floor = 1 / 3 }, noise.calibration{ floor = { SDSS = 0.1, ["Herschel.PACS"] = 0.07, default = 0.02 }, f_cal = prior.loguniform(1e-3, 0.3) },
      noise.errors{ ln_scale = prior.normal(0, 0.1), jitter = 0.01 } + noise.outliers{} + noise.gp{ kernel = "sqexp", length = prior.uniform(0.1, 1) },
      noise.calibration{ offset = { SDSS = 0.05 } } } do back(n) end
  end)
  test.it("moves, and samplers with every option", function()
    local tried = 0
    local values = { number = { 7, 64, 0.3, 120, 1000 }, boolean = { true, false } }
    local words = { sample = "rslice", metric = "diag", start = "prior", moves = mix{ move.de{ weight = 2 }, 0.7, move.slice{ mu = 2 }, 0.3 } }
    for _, name in ipairs{ "ensemble", "nested", "nuts", "smc", "optimum", "pathfinder", "importance" } do
      back(sampler[name]{})
      local options = sampler[name]{}.options
      for option, now in pairs(options) do
        for _, v in ipairs(words[option] and { words[option] } or values[type(now)] or {}) do
          local ok, s = pcall(sampler[name], { [option] = v })
          if ok then
            local same = call.literal(s.options) == call.literal(sampler[name]{}.options)
            local text = back(s, function(a, b) test.eq(call.literal(a.options), call.literal(b.options)) end)
            test.ok(same or text:find(option .. " = ", 1, true), ("%s: %s"):format(option, text))
            tried = tried + 1
          end
        end
      end
    end
    test.ok(tried > 80, tried)
    back(sampler.nested{ live = 50, periodic = { 1, 3 } }, function(a, b) test.eq(a.options.periodic[2], b.options.periodic[2]) end)
    back(sampler.ensemble{ steps = 100, until_tau = 50 }, function(a, b) test.eq(b.options.until_tau, 50) end)
    back(sampler.slice{ directions = "gaussian", mu = 3 })
    test.ok(tostring(sampler.ensemble{ moves = move.custom(function(x) return x end, { weight = 0.2 }) }):find("move.custom(function, { weight = 0.2 })", 1, true))
  end)
  test.it("cosmologies; a name of the literature is not for another one", function()
    for _, name in ipairs{ "Planck18", "WMAP9" } do test.ok(back(cosmology(name)):find(('cosmology("%s")'):format(name), 1, true)) end
    for _, o in ipairs{ { H0 = 70, Om0 = 0.3 }, { H0 = 67.1234567, Om0 = 1 / 3, OL0 = 0.6, Tcmb = 0, Neff = 3, m_nu = 0.1, name = "mine" } } do
      back(cosmology(o), function(a, b) for _, z in ipairs{ 0.1, 2, 7 } do test.eq(a:luminosity_distance(z), b:luminosity_distance(z)) end end)
    end
    test.throws(function() cosmology{ H0 = 50, Om0 = 1, name = "Planck18" } end, "~'Planck18' is one of those known by name")
  end)
  test.it("halos and their galaxies", function()
    back(diffmah{ logm0 = 12.5, t0 = 13.7 }, function(a, b) test.eq(a:logm(5), b:logm(5)) end)
    for _, o in ipairs{ {}, { lagged = true, tau_dep = 3 }, { fb = 0.17, mah = diffmah{ t0 = 13.2, logm0 = 11.1 } } } do
      back(diffstar(o), function(a, b) test.eq(a:sfr(5), b:sfr(5)) end)
    end
    back(diffstarpop{ frac_quench_cen_k = 2.5 }, function(a, b) test.eq(a.frac_quench_cen_k, b.frac_quench_cen_k) end)
  end)
end)
