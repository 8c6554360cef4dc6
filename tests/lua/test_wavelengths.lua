-- The model's wavelengths: how fine they are where dust and PAH shine, and what the stellar table does not cover. Reference: a table of
-- the same stars that brings a node every 0.0004 dex beyond 2.3 micron of its own.
local test = require "galua.test"
local ffi = require "ffi"

-- A table of black bodies in GalaPy's layout: sizes and values of wavelengths, ages, metallicities, then L[Z][wave][age]
local function black_bodies(lo, hi, fine)
  local wave, age, z = {}, { 1e5, 1e6, 1e7, 1e8, 1e9, 1.4e10 }, { 0.001, 0.02, 0.05 }
  local l = lo
  while l < hi do
    wave[#wave + 1] = l
    l = l * 10 ^ (l < 2.3e4 and 0.01 or fine)
  end
  wave[#wave + 1] = hi
  local lum, n = ffi.new("double[?]", #wave * #age * #z), 0
  for _ = 1, #z do
    for _, w in ipairs(wave) do
      for _, a in ipairs(age) do
        local t, bol = 4e4 * (a / 1e5) ^ -0.2, 1e3 * (1 + a / 3e6) ^ -0.8
        lum[n], n = 6.598e31 * bol * w ^ -5 / t ^ 4 / (math.exp(math.min(1.43877e8 / (w * t), 700)) - 1), n + 1
      end
    end
  end
  local path = os.tmpname() .. ".galapy"
  local file = assert(io.open(path, "wb"))
  local function block(data, count) file:write(ffi.string(ffi.new("uint64_t[1]", count), 8), ffi.string(data, 8 * count)) end
  for _, axis in ipairs { wave, age, z } do block(ffi.new("double[?]", #axis, axis), #axis) end
  block(lum, n)
  file:close()
  local s = ssp.read(path)
  os.remove(path)
  return s
end

local coarse, fine = black_bodies(91, 2e5, 0.01), black_bodies(91, 2e8, 0.0004)
local kinds = {
  two_phase = function() return {} end,
  greybody = function() return { attenuation = attenuation.calzetti{}, dust = dust.greybody{} } end,
  casey12 = function() return { attenuation = attenuation.calzetti{}, dust = dust.casey12{} } end,
}
local function make(table_, kind, more)
  local o = kinds[kind]()
  o.ssp, o.age, o.redshift, o.sfh = table_, 5e8, 0.001, sfh.constant{ psi = 10, Z = 0.02, Mdust = 1e8 }
  for k, v in pairs(more or {}) do o[k] = v end
  return galaxy(o)
end

test.describe("the grid", function()
  test.it("is fine enough for every band from 2 micron to 3 mm at z = 0", function()
    local bands = filters("2MASS.Ks", "WISE", "Spitzer", "Herschel", "ALMA.B10", "ALMA.B9", "ALMA.B8", "ALMA.B7", "ALMA.B6", "ALMA.B5",
      "ALMA.B4", "ALMA.B3")
    for kind in pairs(kinds) do
      local a, b = make(coarse, kind):band_flux(bands), make(fine, kind):band_flux(bands)
      for i = 1, #bands do
        local off = math.abs(a[i] / b[i] - 1)
        test.ok(off < 0.004, ("%s %s: off by %.2g"):format(kind, bands[i].name, off))
      end
    end
  end)
  test.it("holds a narrow band between two of its nodes", function()
    for _, at in ipairs { 2.1e6, 1.9e7, 2.5e7, 9e7 } do
      local g = make(coarse, "two_phase")
      local w, f, i = g:wave(), g:flux(), 1
      while w[i] < at do i = i + 1 end
      -- 0.1 % redder than the middle: at z = 0.001 the middle of the nodes; beyond 1 mm light falls by lambda^-4 in S_nu
      local x = math.sqrt(w[i] * w[i + 1]) * 1.001
      local off = math.abs(g:band_flux{ filter.tophat("x", x * 0.999, x * 1.001) }[1] / math.sqrt(f[i] * f[i + 1]) - 1)
      test.ok(off < (at < 1e7 and 0.006 or 1e-3), ("%g A, step %.4g: %.2g"):format(at, w[i + 1] / w[i], off))
    end
  end)
end)

test.describe("what the table does not cover", function()
  local uv, optical = black_bodies(1680, 5e4, 0.01), black_bodies(91, 9000, 0.01)
  local function refused(f, ...)
    local ok, message = pcall(f)
    test.ok(not ok, "not refused")
    for _, part in ipairs { ... } do test.ok(tostring(message):find(part, 1, true), tostring(message)) end
  end
  test.it("is an error that names the table's range: bands below and beyond it", function()
    local g = make(uv, "two_phase")
    refused(function() return g:band_flux(filters("GALEX.FUV")) end, "band 'GALEX.FUV'", "1680 .. 50000 A")
    test.ok(g:band_flux(filters("SDSS.u"))[1] > 0)
    g.redshift = 2 -- u is now at 1200 A
    refused(function() return g:band_flux(filters("SDSS.u")) end, "band 'SDSS.u'", "1680 .. 50000 A")
    refused(function() return make(optical, "two_phase"):band_flux(filters("2MASS.J")) end, "band '2MASS.J'", "91 .. 9000 A")
    test.ok(make(optical, "two_phase"):band_flux(filters("WISE.W4"))[1] > 0) -- dust; stars as lambda^-4
  end)
  test.it("is no error where something else shines", function()
    local x = filter.tophat("x", 2, 6)
    test.ok(make(coarse, "two_phase", { xrb = true }):band_flux{ x }[1] > 0)
    refused(function() return make(coarse, "two_phase"):band_flux{ x } end, "91 .. 200000 A")
    refused(function() return make(uv, "two_phase", { xrb = true }):band_flux(filters("GALEX.FUV")) end, "1680 .. 50000 A")
  end)
  test.it("is an error for gas that needs ionising light, and for spectra and indices", function()
    for _, gas in ipairs { nebular.hii{}, nebular.freefree{} } do
      refused(function() return make(uv, "two_phase", { nebular = gas }) end, "ionising", "1680 .. 50000 A")
    end
    test.ok(make(coarse, "two_phase", { nebular = true }):derived().L_Halpha > 0)
    local w = {}
    for i = 1, 50 do w[i] = 1500 + 2 * i end
    refused(function() return make(uv, "two_phase"):spectrum{ wave = w, R = 300 } end, "spectrum", "1680 .. 50000 A")
    refused(function() return make(black_bodies(91, 3900, 0.01), "two_phase"):index("Dn4000") end, "index 'Dn4000'", "91 .. 3900 A")
  end)
  test.it("is not known: no quantity of it is a number", function()
    local g = make(uv, "two_phase")
    local d, whole = g:derived(), make(coarse, "two_phase"):derived()
    for name in pairs(whole) do
      local unknown = name == "Q_H" or name == "xi_ion" or name == "A_FUV" or name:find("^beta_UV")
      test.ok((d[name] ~= d[name]) == (unknown ~= nil and unknown ~= false), ("%s = %g"):format(name, d[name]))
      test.ok(whole[name] == whole[name], name)
    end
    test.ok(tostring(d):find("Q_H                      - 1/s      not known: the SSP table does not have the wavelengths it needs", 1, true), tostring(d))
    local bare = galaxy{ ssp = uv, age = 5e8, redshift = 0.001, sfh = sfh.constant{}, ism = false }:derived_values() -- without dust nothing is attenuated, whatever the table has
    test.eq(bare.A_FUV, 0)
    local far = make(optical, "two_phase"):derived_values()
    test.ok(far.Q_H > 0 and far.A_V == far.A_V)
  end)
  test.it("makes such draws of a fit impossible, and such a band at a fixed redshift an error", function()
    local o = observation{ photometry = { { "SDSS.u", 1, 0.1 }, { "SDSS.r", 2, 0.1 } } }
    local f = fit{ data = o, model = make(uv, "two_phase"), free = { redshift = prior.uniform(0.01, 3), age = prior.loguniform(1e8, 1e9) } }
    local _, lnl = f.target:lnprob(galua.mat{ { 0.5, 8.5 }, { 2.5, 8.5 } })
    local order = f.target.names[1] == "redshift"
    if not order then _, lnl = f.target:lnprob(galua.mat{ { 8.5, 0.5 }, { 8.5, 2.5 } }) end
    test.ok(lnl[1] > -math.huge and lnl[2] == -math.huge, ("%g %g"):format(lnl[1], lnl[2]))
    local n = f.target.uncovered:match "^band 'SDSS%.u' reached beyond the SSP table at (%d+) points: no model there, likelihood 0$"
    test.ok(tonumber(n) >= 1, f.target.uncovered) -- once for each such point, by name
    f.target:lnprob(order and galua.mat{ { 2.5, 8.5 }, { 0.5, 8.5 } } or galua.mat{ { 8.5, 2.5 }, { 8.5, 0.5 } })
    test.eq(tonumber(f.target.uncovered:match "at (%d+) points"), n + 1)
    local said, stderr = {}, io.stderr
    io.stderr = { write = function(_, ...) said[#said + 1] = table.concat { ... } end }
    local ok, err = pcall(f.run, f, { progress = false, more = 2 })
    io.stderr = stderr
    test.ok(ok, err)
    local times = 0
    for _, line in ipairs(said) do times = times + (line:find("reached beyond the SSP table", 1, true) and 1 or 0) end
    test.eq(times, 1)
    refused(function()
      return fit{ data = o, model = make(uv, "two_phase", { redshift = 2 }), free = { age = prior.loguniform(1e8, 1e9) } }
    end, "band 'SDSS.u'", "1680 .. 50000 A", "ignored")
  end)
end)

test.describe("X-rays of the parity mode", function()
  test.it("are finite on a table that begins beyond 2 keV", function()
    for _, more in ipairs { { xrb = true }, { agn = agn.torus{} }, { agn = agn.embedded{} } } do
      more.compat = "galapy"
      local g = make(coarse, "two_phase", more)
      local d = g:derived_values()
      for name, v in pairs(d) do test.ok(v == v, name) end
      test.ok(g:band_flux(filters("SDSS.r"))[1] > 0)
    end
    test.ok(make(coarse, "two_phase", { xrb = true, compat = "galapy" }):derived_values().L_HMXB > 0)
  end)
end)

test.describe("stars in birth clouds", function()
  test.it("leave all at tau_esc with cut = 'sharp', like a ramp from two thirds of it", function()
    for _, screen in ipairs { "ism", "attenuation" } do
      local function light(tau, cut)
        local o = { sfh = sfh.constant{ psi = 1, Z = 0.02, Mdust = 1e6 }, age = 1e9, redshift = 0.1 }
        if screen == "ism" then o.ism = ism.two_phase{ tau_esc = tau, cut = cut, f_MC = 1, norm_MC = 1e6, N_MC = 1 }
        else o.attenuation = attenuation.calzetti{ A_V = 0, A_V_birth = 1000, tau_esc = tau, cut = cut } end
        local g = galaxy(o)
        -- opaque clouds: what is left are the stars older than tau (a constant rate: their mass is known)
        return g:derived_values().L_MC / g:derived_values().Lstar, g
      end
      local sharp, g = light(1e7, "sharp")
      local same, ramp = light(1e7 / 1.5, "ramp"), light(1e7, "ramp")
      -- the same stars by hand: light of a history of 1e7 yr, beside that of 1e9 yr
      local young = galaxy{ sfh = sfh.constant{ psi = 1, Z = 0.02, Mdust = 1e6 }, age = 1e7, redshift = 0.1, ism = false }
      test.close(sharp, young:derived_values().Lstar / g:derived_values().Lstar, 2e-3)
      test.close(same, sharp, 0.03)
      test.ok(ramp > 1.05 * sharp, ("%g %g"):format(ramp, sharp))
      test.eq(g:describe().components[1].options.cut, "sharp")
    end
  end)
end)

test.describe("the attenuation law salim18", function()
  test.it("has the feature of Salim et al. 2018: E_b over R_V,mod of the slope", function()
    -- R_V,mod = 4.05/(5.05 0.8^delta - 4.05): 4.05 without a slope, 3.00 at -0.3, 2.35 at -0.6, 5.20 at 0.2
    for _, row in ipairs { { 0, 4.05 }, { -0.3, 3.0009 }, { -0.6, 2.3499 }, { 0.2, 5.1951 } } do
      local function curve(e_b)
        local g = galaxy{ sfh = sfh.constant{}, redshift = 0.1, attenuation = attenuation.salim18{ A_V = 1, delta = row[1], E_b = e_b } }
        return g:wave():interp({ 2175 }, g:attenuation_curve())[1]
      end
      local at_v = (5500 * 350) ^ 2 / ((5500 ^ 2 - 2175 ^ 2) ^ 2 + (5500 * 350) ^ 2) -- of the feature: all is divided by the curve at V
      test.close(curve(3), (curve(0) + 3 / row[2]) / (1 + 3 / row[2] * at_v), 1e-3)
    end
    -- from 0.99 on a slope so flat has no R_V: no feature
    local a, b = attenuation.salim18{ A_V = 1, delta = 1.2, E_b = 3 }, attenuation.salim18{ A_V = 1, delta = 1.2 }
    test.close(galaxy{ redshift = 0.1, attenuation = a }:derived().A_NUV, galaxy{ redshift = 0.1, attenuation = b }:derived().A_NUV, 1e-12)
  end)
end)

test.describe("free-free light", function()
  test.it("has the strength of the gas that makes the lines", function()
    -- 5 .. 30 GHz of nebular.hii (case B, free-free with its own Gaunt factors) beside free-free alone
    local function radio(gas)
      local g = galaxy{ sfh = sfh.constant{ psi = 1, Z = 0.019 }, age = 1e8, redshift = 0.01, ism = false, nebular = gas }
      return g:wave():interp({ 1e8, 3e8 }, g:lum("nebular"))
    end
    local a, b, old = radio(nebular.freefree{}), radio(nebular.hii{}), galaxy{ sfh = sfh.constant{ psi = 1, Z = 0.019 }, age = 1e8,
      redshift = 0.01, ism = false, nebular = nebular.freefree{}, compat = { freefree_norm = true } }
    for i = 1, 2 do test.close(a[i], b[i], 0.06) end
    test.close(old:wave():interp({ 1e8 }, old:lum("nebular"))[1], a[1] * 1.8 / 2.64, 1e-9)
    -- Draine 2011, emission coefficient over case B recombination: 4 pi 5.444e-41/2.59e-13 at 1e4 K
    test.close(4 * math.pi * 5.444e-41 / 2.59e-13, 2.64e-27, 2e-3)
  end)
end)

test.describe("numbers in a comparison", function()
  local function said(f)
    local ok, message = pcall(f)
    test.ok(not ok)
    return tostring(message)
  end
  test.it("have the digits that tell them apart", function()
    local universe = cosmology("Planck18"):age(2)
    local text = said(function() return galaxy{ ssp = ssp.synthetic(), redshift = 2, age = universe * (1 + 1e-9) }:sed() end)
    local a, b = text:match("age = ([%d.e+]+) yr is above the age of the Universe, ([%d.e+]+) yr")
    test.ok(a and tonumber(a) > tonumber(b), text)
    text = said(function() return galaxy{ ssp = ssp.synthetic(), redshift = 30.0000001 } end)
    test.ok(text:find("redshift = 30.0000001 is not in 0 .. 30", 1, true) or text:find("30.0000001", 1, true), text)
    text = said(function() return ism.two_phase{ f_MC = 1 + 1e-9 } end)
    test.ok(text:find("1.000000001 is not in 0 .. 1", 1, true), text)
    text = said(function() return cosmology{ H0 = 70, Om0 = 1e9 } end)
    test.ok(text:find("is not in", 1, true), text)
  end)
end)
