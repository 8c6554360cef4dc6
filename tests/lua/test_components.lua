-- Components of a galaxy: dust screens and emissions, their energy balance, what is recomputed when, descriptions, refusals.
local galua = require "galua"
local test = galua.test

local table_of = galua.ssp.synthetic()
local find = dofile "tests/validate/lib/reference.lua"
local function folder(file) return find("dust/" .. file):match("^(.*)/") end
local dl07, themis = folder("DL07_MW3.1_00.dat"), find("dust/THEMIS_MW3.1_00.dat") and folder("THEMIS_MW3.1_00.dat")

local function trapz(x, y)
  local s = 0
  for i = 1, #x - 1 do s = s + 0.5 * (y[i] + y[i + 1]) * (x[i + 1] - x[i]) end
  return s
end
local function make(o)
  o.ssp, o.redshift = table_of, o.redshift or 0.1
  return galua.galaxy(o)
end
local function near(got, want, abs) test.close(got, want, 0, abs) end
local laws = { "power_law", "calzetti", "salim18", "cardelli", "smc", "lmc", "gordon16" }

test.describe("attenuation laws", function()
  test.it("re-emit what they absorb, whatever emits it", function()
    local emission = { "casey12", "greybody", "dl07", themis and "themis" }
    for _, law in ipairs(laws) do
      for _, kind in ipairs(emission) do
        local g = make{ sfh = galua.sfh.delayed{}, attenuation = galua.attenuation[law]{ A_V = 1.3, A_V_birth = 0.7 },
          dust = galua.dust[kind]{ path = kind == "dl07" and dl07 or kind == "themis" and themis or nil } }
        local w = g:wave()
        local absorbed = trapz(w, g:lum("stellar")) - trapz(w, g:lum("extinct"))
        near(trapz(w, g:lum("dust")), absorbed, 1e-9 * absorbed)
        near(g:derived().Ldust, absorbed, 1e-9 * absorbed)
      end
    end
  end)
  test.it("reach A_V at 5500 A when all stars see the same dust", function()
    for _, law in ipairs(laws) do
      local g = make{ attenuation = galua.attenuation[law]{ A_V = 0.8 } }
      near(g:derived().A_V, 0.8, 2e-4) -- linear between nodes of the curve
    end
  end)
  test.it("let young stars see more: by the share of the light inside clouds", function()
    local g = make{ attenuation = galua.attenuation.calzetti{ A_V = 0, A_V_birth = 50 } }
    local young = make{ attenuation = galua.attenuation.calzetti{ A_V = 0, A_V_birth = 50, tau_esc = 1e10 } }
    local w, s, e, all = g:wave(), g:lum("stellar"), g:lum("extinct"), young:lum("extinct")
    for k = 1, #w do
      test.ok(e[k] <= s[k] * (1 + 1e-9) and all[k] <= e[k] * (1 + 1e-9))
    end
    local uv = 1
    while w[uv] < 2000 do uv = uv + 1 end
    test.ok(e[uv] < 0.9 * s[uv] and e[uv] > 0.01 * s[uv])
  end)
  test.it("salim18 without slope and bump is calzetti; the bump is at 2175 A", function()
    local a = make{ attenuation = galua.attenuation.calzetti{ A_V = 1 } }:lum("extinct")
    local b = make{ attenuation = galua.attenuation.salim18{ A_V = 1 } }:lum("extinct")
    for k = 1, #a do test.ok(math.abs(a[k] - b[k]) <= 1e-13 * a[k]) end
    local g = make{ attenuation = galua.attenuation.salim18{ A_V = 1, E_b = 3 } }
    local w, c, deepest, at = g:wave(), g:lum("extinct"), 1, 0
    for k = 1, #w do
      if w[k] > 1500 and w[k] < 3500 and c[k] / a[k] < deepest then deepest, at = c[k] / a[k], w[k] end
    end
    near(at, 2175, 60)
  end)
end)

test.describe("dust emission", function()
  test.it("of casey12 is a grey body at long and a power law at short wavelengths", function()
    local g = make{ attenuation = galua.attenuation.calzetti{ A_V = 1 },
      dust = galua.dust.casey12{ T = 30, beta = 1.5, alpha = 2, lambda_0 = 0, f_PAH = 0 } }
    local w, l = g:wave(), g:lum("dust")
    local function slope(a, b) return math.log(w:interp({ b }, l)[1] / w:interp({ a }, l)[1]) / math.log(b / a) end
    -- L_lambda ~ lambda^-(4 + beta) in the Rayleigh-Jeans limit; lambda^(alpha - 2) well below lambda_c = 63 micron (T = 30, alpha = 2)
    near(slope(1e8, 3e8), -5.5, 0.02)
    near(slope(8e4, 1.2e5), 0, 0.06)
    -- hotter dust peaks at shorter wavelengths
    local function peak(t)
      g.dust.T = t
      local x, best, at = g:lum("dust"), 0, 0
      for k = 1, #w do if x[k] > best then best, at = x[k], w[k] end end
      return at
    end
    test.ok(peak(20) > peak(40) and peak(40) > peak(80))
  end)
  test.it("replaces that of the two phases, with its parameter", function()
    local g = make{ ism = galua.ism.two_phase{ f_MC = 0.3 }, dust = galua.dust.greybody{} }
    local names = table.concat(g:spectra(), " ")
    test.eq(names, "stellar extinct total dust")
    test.throws(function() return g.ism.f_PAH end, "~f_PAH")
    local w = g:wave()
    local absorbed = trapz(w, g:lum("stellar")) - trapz(w, g:lum("extinct"))
    near(trapz(w, g:lum("dust")), absorbed, 1e-9 * absorbed)
  end)
  test.it("of Draine & Li 2007 follows the file at its nodes", function()
    local g = make{ attenuation = galua.attenuation.calzetti{ A_V = 1 },
      dust = galua.dust.dl07{ path = dl07, q_PAH = 1.12, U_min = 1, gamma = 0 }, compat = { no_background = true } }
    -- L_nu of the file DL07_MW3.1_10.dat, U_min = 1 alone (17th of the 44 columns): ratios between nodes
    local rows = {}
    for line in io.lines(dl07 .. "/DL07_MW3.1_10.dat") do
      if not line:find("^#") then
        local x = {}
        for number in line:gmatch("%S+") do x[#x + 1] = tonumber(number) end
        if #x == 45 then rows[#rows + 1] = { x[1] * 1e4, x[18] } end
      end
    end
    test.eq(#rows, 51) -- every 20th
    local w, l = g:wave(), g:lum("dust")
    local function at(row) return w:interp({ row[1] }, l)[1] * row[1] ^ 2 / row[2] end -- constant up to interpolation
    local first = at(rows[36])
    for _, i in ipairs{ 26, 31, 33, 38, 41, 46 } do near(at(rows[i]) / first, 1, 0.03) end
  end)
  test.it("is refused without its files, in one line", function()
    test.throws(function() galua.dust.dl07{ path = "/nowhere" } end, "~/nowhere/DL07_MW3.1_00.dat")
    test.throws(function() galua.dust.dale14{ path = "README.md" } end, "~README.md")
  end)
end)

test.describe("a set of components", function()
  test.it("describes itself and is built again", function()
    for _, o in ipairs{ { attenuation = galua.attenuation.calzetti{} }, { attenuation = galua.attenuation.smc{}, dust = false },
        { ism = galua.ism.two_phase{}, dust = galua.dust.casey12{} }, { ism = false } } do
      local g = make(o)
      local h = galua.galaxy_from(g:describe(), table_of)
      test.eq(#h:params(), #g:params())
      for i, p in ipairs(g:params()) do h:set(p.name, p.value) end
      local a, b = g:flux(), h:flux()
      for k = 1, #a do test.ok(a[k] == b[k]) end
    end
  end)
  test.it("is refused when it contradicts itself", function()
    test.throws(function() make{ ism = galua.ism.two_phase{}, attenuation = galua.attenuation.smc{} } end,
      "galaxy: 'ism' and 'attenuation' both attenuate: give one of them")
    test.throws(function() make{ attenuation = galua.dust.casey12{} } end,
      "galaxy: attenuation must be a component such as attenuation.power_law{}, or false, got component")
    test.throws(function() make{ components = { galua.dust.casey12{}, galua.dust.greybody{} } } end,
      "galaxy: two components of the group 'dust' (casey12 and greybody)")
    test.throws(function() galua.attenuation.calzeti{} end, "~did you mean 'calzetti'")
    test.throws(function() galua.attenuation.calzetti{ A_V = -1 } end, "attenuation.calzetti: A_V = -1 is not in 0 .. 100 mag")
    test.throws(function() galua.attenuation.calzetti{ Av = 1 } end, "~Av")
  end)
end)

test.describe("components of the user's own", function()
  local scale = 2e4
  local function exponential(x) return math.exp(-x) end
  local function hot()
    return galua.component.custom{ name = "hot", params = { L = { 1e11, unit = "Lsun", lo = 0 } },
      function(lambda, p) return p.L / scale * exponential(lambda / scale) end }
  end
  test.it("are functions with parameters; what they use goes along", function()
    local g = make{ components = { hot() } }
    local w = g:wave()
    test.close(trapz(w, g:lum("hot")), 1e11, 2e-3) -- trapezoids on the model's nodes
    g.hot.L = 3e11
    test.close(trapz(w, g:lum("hot")), 3e11, 2e-3)
    local plain = make{}
    local total, stars = g:lum(), plain:lum()
    local l = g:lum("hot")
    for k = 1, #w, 50 do test.close(total[k], stars[k] + l[k], 1e-12) end
  end)
  test.it("survive a description", function()
    local g = make{ components = { hot() } }
    local json = require "galua.json"
    local h = galua.galaxy_from(json.decode(json.encode(g:describe())), table_of)
    local a, b = g:lum("hot"), h:lum("hot")
    for k = 1, #a do test.ok(a[k] == b[k]) end
  end)
  test.it("as light behind the diffuse dust heat it", function()
    local g = make{ attenuation = galua.attenuation.calzetti{ A_V = 1 }, components = {
      galua.component.custom{ name = "uv", stage = "source", params = { L = { 1e11, lo = 0 } },
        function(l, p) return l > 1200 and l < 3000 and p.L or 0 end } } }
    local w = g:wave()
    local before = g:derived().Ldust
    g.uv.L = 2e11
    local c, k = galua.attenuation.calzetti{ A_V = 1 }, g:lum("uv")
    local lost = g:derived().Ldust - before
    local unseen = make{ attenuation = galua.attenuation.calzetti{ A_V = 0 }, components = {
      galua.component.custom{ name = "uv", stage = "source", params = { L = { 1e11, lo = 0 } },
        function(l, p) return l > 1200 and l < 3000 and p.L or 0 end } } }
    unseen.uv.L = 2e11
    test.close(lost, 0.5 * (trapz(w, unseen:lum("uv")) - trapz(w, k)), 1e-9)
    test.close(trapz(w, g:lum("dust")), g:derived().Ldust, 1e-9)
  end)
  test.it("as attenuation are the built-in law of the same formula", function()
    local a = make{ attenuation = galua.attenuation.custom{ params = { n = { -0.7 } }, A_V = 1, A_V_birth = 0.5,
      function(lambda, p) return (lambda / 5500) ^ p.n end } }
    local b = make{ attenuation = galua.attenuation.power_law{ n = -0.7, A_V = 1, A_V_birth = 0.5 } }
    a.attenuation.n, b.attenuation.n = -0.9, -0.9
    local x, y = a:lum(), b:lum()
    for k = 1, #x do test.ok(math.abs(x[k] - y[k]) <= 1e-10 * y[k]) end
  end)
  test.it("as a screen to the observer change fluxes alone", function()
    local g = make{ components = { galua.component.custom{ name = "veil", stage = "transmit", function(l) return l < 5000 and 0.25 or 1 end } } }
    local plain = make{}
    local f, h, w = g:flux(), plain:flux(), g:wave()
    for k = 1, #w, 20 do test.close(f[k], h[k] * (w[k] < 5000 and 0.25 or 1), 1e-14) end
    test.close(g:lum(), plain:lum(), 1e-15)
  end)
  test.it("are refused with the reason", function()
    local function bad(f, message, params)
      test.throws(function() make{ components = { galua.component.custom{ name = "x", params = params, f } } }:sed() end, message)
    end
    bad(function(l, p) return p.q end, "~no parameter 'q' %(known: a%)", { a = 1 })
    bad(function() return undefined_name end, "~global 'undefined_name' does not exist where shipped functions run")
    bad(function() return -1 end, "x.custom: the function returned -1 at 1 A; it must be finite and not negative")
    bad(function() return 0 / 0 end, "~x.custom: the function returned %-?nan at 1 A")
    bad(function() return "red" end, "~x.custom: ")
    local handle = make{}
    bad(function() return handle.age end, "~component.custom: 'handle', used by the function, is a handle")
    bad(3, "component.custom: expected a function, got number")
    test.throws(function() galua.component.custom{ name = "two words" } end, "component.custom: name must be a name such as 'hot_dust', got 'two words'")
    test.throws(function() galua.component.custom{ name = "a", params = { T = {} } } end, "component.custom: parameter 'T' needs a value: { 1.5, unit = \"K\" }")
    test.throws(function() galua.component.custom{ name = "sfh", function() end } end, "component.custom: the name 'sfh' is taken")
  end)
end)

test.describe("gas, X-rays, radio, nucleus, intergalactic medium", function()
  local function lyman(g, spectrum)
    local w, l, s = g:wave(), g:lum(spectrum), 0
    for k = 1, #w - 1 do
      if w[k + 1] <= 912 then s = s + 0.5 * (l[k] + l[k + 1]) * (w[k + 1] - w[k]) end
    end
    return s
  end
  test.it("gas takes the Lyman continuum: part escapes, part heats the dust, part shines", function()
    local g = make{ sfh = galua.sfh.constant{}, attenuation = galua.attenuation.calzetti{ A_V = 0 },
      nebular = galua.nebular.hii{ f_esc = 0.1, f_dust = 0.3 } }
    local stars = lyman(g, "stellar")
    test.close(lyman(g, "extinct"), 0.1 * stars, 1e-9)
    test.close(g:derived().Ldust, 0.3 * stars, 0.06) -- half an interval of 2.3 % at the limit
    test.close(trapz(g:wave(), g:lum("dust")), g:derived().Ldust, 1e-9)
    local bright = trapz(g:wave(), g:lum("nebular"))
    g.nebular.f_dust = 0
    test.close(trapz(g:wave(), g:lum("nebular")), bright / 0.6 * 0.9, 1e-9)
    for k = 1, #g:wave() do
      if g:wave()[k] > 912 then test.ok(g:lum("extinct")[k] == g:lum("stellar")[k]) break end
    end
  end)
  test.it("the dust's energy balance holds with gas and an embedded nucleus", function()
    local g = make{ sfh = galua.sfh.delayed{}, attenuation = galua.attenuation.salim18{ A_V = 1.5, A_V_birth = 1, delta = -0.3, E_b = 2 },
      nebular = galua.nebular.hii{ f_esc = 0.05, f_dust = 0.2, dust_ratio = 2.27 }, agn = galua.agn.embedded{ L = 3e9 } }
    local bare = make{ sfh = galua.sfh.delayed{}, attenuation = galua.attenuation.salim18{ A_V = 0, A_V_birth = 0, delta = -0.3, E_b = 2 },
      nebular = galua.nebular.hii{ f_esc = 0.05, f_dust = 0.2, dust_ratio = 2.27 }, agn = galua.agn.embedded{ L = 3e9 } }
    local w, lost = g:wave(), 0
    for _, name in ipairs{ "extinct", "nebular", "AGN" } do lost = lost + trapz(w, bare:lum(name)) - trapz(w, g:lum(name)) end
    local emitted = trapz(w, g:lum("dust"))
    test.close(emitted, lost + bare:derived().Ldust, 1e-9)
    test.close(g:derived().Ldust, emitted, 1e-9)
  end)
  test.it("lines: what leaves is what starts, dimmed; Balmer decrement reddened by the law", function()
    local g = make{ attenuation = galua.attenuation.calzetti{ A_V = 1 }, nebular = true }
    local seen = {}
    for _, l in ipairs(g:lines()) do
      test.ok(l.luminosity <= l.intrinsic and l.luminosity > 0)
      seen[l.name] = l
    end
    test.close(g:derived().L_Halpha, seen.Halpha.luminosity, 1e-14)
    -- Calzetti: k(Hbeta) - k(Halpha) = 4.60 - 3.33
    local excess = 2.5 * math.log10(seen.Halpha.luminosity / seen.Hbeta.luminosity * seen.Hbeta.intrinsic / seen.Halpha.intrinsic)
    test.close(excess, (4.5986 - 3.3258) / 4.05, 0.01)
    g.nebular.dust_ratio = 2
    for _, l in ipairs(g:lines()) do seen[l.name].twice = l.luminosity / l.intrinsic end
    test.close(seen.Hbeta.twice, (seen.Hbeta.luminosity / seen.Hbeta.intrinsic) ^ 2, 1e-9)
  end)
  test.it("all together are the sum of their parts, dimmed by the intergalactic medium", function()
    local g = make{ redshift = 3, nebular = galua.nebular.freefree{}, synchrotron = true, xrb = true, agn = true, igm = true }
    local sum
    for _, name in ipairs(g:spectra()) do
      if name ~= "stellar" and name ~= "total" then sum = sum and sum + g:lum(name) or g:lum(name) end
    end
    test.close(g:lum(), sum, 1e-14)
    local plain = make{ redshift = 3, nebular = galua.nebular.freefree{}, synchrotron = true, xrb = true, agn = true }
    test.close(g:flux(), plain:flux() * g:transmission(), 1e-14)
    local band = galua.filters("SDSS.u")
    test.ok(g:photometry(band)[1].flux < 0.7 * plain:photometry(band)[1].flux)
    test.close(g:photometry(galua.filters("Herschel.PACS.red"))[1].flux, plain:photometry(galua.filters("Herschel.PACS.red"))[1].flux, 1e-14)
  end)
  test.it("radio and infrared light of dusty galaxies keep their ratio", function()
    -- q_TIR = log10(L_IR [W] / 3.75e12 Hz / L_1.4GHz [W/Hz]): 2.64 +- 0.26 (Bell 2003)
    for _, psi in ipairs{ 1, 100 } do
      local g = galua.galaxy{ ssp = galua.ssp.default(), redshift = 0.1, age = 3e9, sfh = galua.sfh.constant{ psi = psi },
        attenuation = galua.attenuation.calzetti{ A_V = 3 }, nebular = true, synchrotron = true }
      local l = 2.99792458e18 / 1.4e9
      local function at(name) return g:wave():interp({ l }, g:lum(name))[1] * l * l / 2.99792458e18 * 3.828e26 end
      near(math.log10(g:derived().LIR * 3.828e26 / 3.75e12 / (at("synchrotron") + at("nebular"))), 2.64, 0.26)
    end
  end)
  test.it("the default galaxy shines at 24 micron as star-forming galaxies do, by warm dust in its clouds", function()
    for _, psi in ipairs{ 1, 10 } do
      local g = galua.galaxy{ ssp = galua.ssp.default(), redshift = 0.01, age = 3e9, sfh = galua.sfh.constant{ psi = psi }, synchrotron = true, xrb = true }
      local function at(micron) return g:wave():interp({ micron * 1e4 }, g:lum())[1] * micron * 1e4 * 3.828e33 end
      local d = g:derived()
      -- 4.9e42 erg/s per Msun/yr: log SFR = log nu L_nu - 42.69 (Rieke et al. 2009; Kennicutt & Evans 2012, table 1)
      local ratio = at(24) / d.SFR / 4.9e42
      test.ok(ratio > 0.5 and ratio < 2, ratio)
      -- the power is the same, of another shape: all else stands
      g.ism.f_warm = 0
      local cold = g:derived()
      near(d.LIR / cold.LIR, 1, 0.01)
      test.close(d.L_X, cold.L_X, 1e-12)
      test.close(d.L_1400MHz, cold.L_1400MHz, 1e-6) -- dust at 21 cm
      test.ok(at(24) < 0.3 * ratio * d.SFR * 4.9e42)
    end
  end)
  test.it("X-rays of an embedded nucleus pass the dust, and are there once", function()
    local function nucleus() return make{ attenuation = galua.attenuation.calzetti{ A_V = 2 }, agn = galua.agn.embedded{ L = 1e12 } } end
    local g = nucleus()
    local w, clear = g:wave(), make{ attenuation = galua.attenuation.calzetti{ A_V = 0 }, agn = galua.agn.embedded{ L = 1e12 } }
    local a, b = g:lum("AGN"), clear:lum("AGN")
    local x, uv = 1, 1
    while w[x] < 3 do x = x + 1 end
    while w[uv] < 1500 do uv = uv + 1 end
    test.ok(a[x] == b[x] and a[x] > 0 and a[uv] < 0.02 * b[uv])
    -- whatever changes, the result is that of a new galaxy
    for _, change in ipairs{ function(o) o.age = 3e9 end, function(o) o.attenuation.A_V = 1 end, function(o) o.agn.L = 3e12 end,
      function(o) o.agn.tau_97 = 1 end, function(o) o.redshift = 2 end, function(o) o.agn.T_min = 200 end } do
      change(g)
      local fresh = nucleus()
      for _, p in ipairs(g:params()) do fresh:set(p.name, p.value) end
      local u, v = g:lum(), fresh:lum()
      for k = 1, #u do test.ok(u[k] == v[k]) end
      local p, q = g:lum("AGN"), fresh:lum("AGN")
      for k = 1, #p do test.ok(p[k] == q[k]) end
    end
  end)
  test.it("the intergalactic medium: three models agree where they were measured", function()
    local function mean(kind, z)
      local g = make{ redshift = z, age = 5e8, igm = galua.igm[kind]{} }
      local w, t, s, n = g:wave(), g:transmission(), 0, 0
      for k = 1, #w do
        if w[k] > 1070 and w[k] < 1170 then s, n = s + t[k], n + 1 end
      end
      return s / n
    end
    -- between Lyman alpha and beta, at 1120 A on average, tau = 0.0018 (1 + z_abs)^3.92 (Faucher-Giguere et al. 2008)
    for _, kind in ipairs{ "inoue14", "madau95", "meiksin06" } do
      for _, z in ipairs{ 3.2, 4.3 } do
        near(mean(kind, z), math.exp(-0.0018 * ((1 + z) * 1120 / 1215.67) ^ 3.92), 0.1) -- the models differ by this much
      end
      test.ok(mean(kind, 6) < 0.15)
    end
  end)
  test.it("supernovae stop when stars do not form: the radio follows the rate, not the age", function()
    local g = make{ sfh = galua.sfh.constant{ psi = 3 }, age = 1e9, synchrotron = true }
    local early = g:derived().R_CCSN
    g.age = 5e9
    test.close(g:derived().R_CCSN, early, 1e-3)
    g.sfh.tau_quench = 4.5e9
    test.ok(g:derived().R_CCSN < 1e-6 * early)
    local parity = make{ sfh = galua.sfh.constant{ psi = 3 }, age = 5e9, synchrotron = true, compat = { sn_no_cut = true } }
    test.ok(parity:derived().R_CCSN > 3 * early) -- D2
  end)
end)
