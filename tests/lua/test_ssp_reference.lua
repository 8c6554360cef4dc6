-- The built-in stellar populations: the fast part of the acceptance lines A1-A9 (all of them: make validate), random points of the
-- whole plane of ages and metallicities, options of the synthesis. Prints measured and allowed.
local test = require "galua.test"
local R = dofile "tests/validate/lib/ssp.lua"
local cache = "build/test_synth.cache" -- the star spectra of tests/c/test_synth.c
local report = R.report()
local L = dofile "tests/validate/lib/ssp_lines.lua" (R, report, cache)
local F = dofile "tests/validate/lib/ssp_fuzz.lua" (R, report, cache)
local S = dofile "tests/validate/lib/ssp_smooth.lua" (R, report, cache)
local G = dofile "tests/validate/lib/ssp_gas.lua" (report, cache)
local E = dofile "tests/validate/lib/emiles_lines.lua" (report, dofile "tests/validate/lib/lick.lua", cache)

-- Runs f; every line it reports must be met or be one that is known not to be.
local function lines(f, ...)
  local before = #report.lines
  f(...)
  test.ok(#report.lines > before, "lines")
  for i = before + 1, #report.lines do
    local l = report.lines[i]
    if not (l.met or l.known) then error(("%s %s: measured %.4g, allowed %.4g"):format(l.id, l.what, l.measured, l.allowed)) end
  end
end

local function reference(f)
  return function() lines(f) end
end

local function integral(x, y)
  local s = 0
  for i = 2, #x do s = s + 0.5 * (y[i] + y[i - 1]) * (x[i] - x[i - 1]) end
  return s
end

test.describe("stellar populations against published ones", function()
  test.it("A1: surviving mass and bolometric luminosity", reference(L.masses))
  test.it("A2-A5, A7: colours, V, ionising photons", reference(function() L.colours(ssp.synthesise{}) end))
  test.it("A6: stars", reference(function() L.stars(1) end))
  test.it("A8: empirical spectra", reference(function() L.miuscat(ssp.synthesise{}) end))
  test.it("A9: nebular emission", reference(L.nebular))
end)

test.describe("lines of metals", function()
  test.it("indices of E-MILES, which were not fitted", function() lines(E.indices) end)
  test.it("the Sun and a K giant", function() lines(E.stars) end)
  test.it("NaD of K and M dwarfs", function() lines(E.dwarfs) end)
  test.it("what the initial mass function does to indices", function() lines(E.imf) end)
  test.it("the table says what it resolves", function()
    local t = ssp.synthesise{}
    local finest, fwhm = t:resolution(5500)
    test.close(finest, 11, 1e-3) -- R = 500
    test.eq(fwhm, 2.5)
    test.ok(t:resolution(8000) > 20 and t:resolution(2500) > 10) -- bins of the line law
    local _, none = ssp.synthetic():resolution(5500)
    test.eq(none, nil)
    test.throws(function() t:resolution(10) end, "~outside the table")
    for _, suffix in ipairs { ".h5", ".fits" } do -- the columns travel with the table
      local path = os.tmpname() .. suffix
      t:write(path)
      test.eq(ssp.read(path).hash, t.hash)
      test.eq(select(2, ssp.read(path):resolution(5500)), 2.5)
      os.remove(path)
    end
  end)
end)

test.describe("stellar populations everywhere", function()
  test.it("are smooth in metallicity", function() lines(S.measure, 40, { 1.26e8, 1.6e9, 1.26e10 }) end)
  test.it("1e5 random points of the default table", function() lines(F.interpolate, ssp.synthesise{}, 100000) end)
  test.it("random populations are continuous", function() lines(F.synthesise, 6, 12) end)
end)

test.describe("synthesis", function()
  test.it("an axis of ionisation parameters holds what single tables hold", function()
    local o = { z = { 0.004, 0.02 }, age = { 1e6, 3e6, 1e8 }, nebular = true, fesc = 0.1, fdust = 0.2, cache = cache }
    local function make(logu)
      o.logu = logu
      return ssp.synthesise(o)
    end
    local axis, low, high = make { -3.5, -2 }, make(-3.5), make(-2)
    test.eq(#axis.logu, 2)
    test.eq(low.logu, nil)
    for _, age in ipairs { 1e6, 2e6 } do
      local a, b, c = axis:spectrum(age, 0.01, -3.5), low:spectrum(age, 0.01), axis:spectrum(age, 0.01, -2)
      for i = 1, #a, 61 do test.close(a[i], b[i], 1e-12) end
      b = high:spectrum(age, 0.01)
      for i = 1, #c, 61 do test.close(c[i], b[i], 1e-12) end
      local mid = axis:spectrum(age, 0.01, -2.75)
      for i = 1, #c, 61 do test.close(mid[i], 0.5 * (a[i] + c[i]), 1e-12) end
    end
    local function line(t, name, ...)
      for _, l in ipairs(t:lines(1e6, 0.02, ...)) do
        if l.name == name then return l.lum end
      end
    end
    test.close(line(axis, "[O III] 5007", -2), line(high, "[O III] 5007"), 1e-12)
    test.ok(line(high, "[O III] 5007") > 3 * line(low, "[O III] 5007"))       -- higher ionisation
    test.close(line(high, "H beta"), line(low, "H beta"), 0.05)               -- the same photons
    local path = os.tmpname()
    for _, suffix in ipairs { ".h5", ".fits" } do
      axis:write(path .. suffix)
      test.eq(ssp.read(path .. suffix).hash, axis.hash)
      test.eq(ssp.read(path .. suffix).provenance, axis.provenance)
      os.remove(path .. suffix)
    end
    os.remove(path)
  end)

  test.it("gas emits half to all of the ionising energy that it absorbs", function()
    lines(G.measure, { z = { 1e-4, 0.004, 0.02, 0.05 }, age = { 1e6, 5e6, 1e7, 2e7, 5.6e7, 1e8 } })
  end)

  test.it("has few photons beyond the edge of ionised helium at solar metallicity", function()
    local t = ssp.synthesise { z = { 0.02 }, age = { 1e6, 5e6, 6.3e6 }, cache = cache }
    for _, age in ipairs { 5e6, 6.3e6 } do
      local f, hard, all = t:spectrum(age, 0.02), 0, 0
      for i = 2, #t.wave do
        local n = (f[i] * t.wave[i] + f[i - 1] * t.wave[i - 1]) * (t.wave[i] - t.wave[i - 1])
        if t.wave[i] < 227.84 then hard = hard + n end
        if t.wave[i] < 911.75 then all = all + n end
      end
      test.ok(hard < 1e-3 * all, ("%g yr: %g"):format(age, hard / all)) -- Smith, Norris & Crowther 2002
    end
  end)

  test.it("writing the defaults changes nothing", function()
    local z, age = { 0.02 }, { 1e7, 1e9 }
    local a = ssp.synthesise { age = age, cache = cache }
    test.eq(ssp.synthesise { age = age, nz = 8, zmin = 1e-4, zmax = 0.05, cache = cache }.hash, a.hash)
    local b = ssp.synthesise { z = z, cache = cache }
    test.eq(ssp.synthesise { z = z, nage = 107, mlo = 0.1, mhi = 100, imf = "kroupa", nebular = false, postagb = false, cache = cache }.hash, b.hash)
  end)

  test.it("refuses what the tracks do not reach, with the reason", function()
    test.throws(function() ssp.synthesise { mhi = 300 } end, "~mhi = 300.*end at 100 Msun")
    test.throws(function() ssp.synthesise { z = { 1e-5 } } end, "~1e%-05.*tracks end")
    test.throws(function() ssp.star { z = 1e-5 } end, "~z")
  end)

  test.it("has optional tables: masses, photons, supernovae", function()
    local t = ssp.synthesise{}
    test.close(t:value("mass", 1e5, 0.02), 1, 1e-3)
    test.ok(t:value("qh", 1e6, 0.02) > 46.4 and t:value("qh", 1e8, 0.02) < 43)
    test.ok(t:value("qhei", 1e6, 0.02) < t:value("qh", 1e6, 0.02))
    local function total(name, from, to) -- of a rate, in steps of 2 % in age
      local n, age = 0, from
      while age < to do
        n = n + t:value(name, age * 1.01, 0.02) * age * 0.02
        age = age * 1.02
      end
      return n
    end
    test.close(total("rate_cc", 1e6, 1e8), 0.0113, 0.1)           -- Kroupa: 0.011 stars above 8 Msun per Msun formed
    test.close(total("rate_ia", 4e7, 1.37e10), 1.3e-3, 0.05)      -- Maoz & Graur 2017
    test.eq(ssp.synthetic():value("mass", 1e8, 0.01), nil)
  end)

  test.it("adds the light of stars that ssp.star gives", function()
    local wave, lum = ssp.star { teff = 9600, logg = 4, z = 0.02, cache = cache }
    test.close(integral(wave, lum), 1, 1e-3)
    test.ok(wave[1] < 92 and wave[#wave] > 9.9e6)
    local blue = wave:interp(vec { 3600 }, lum)[1] / wave:interp(vec { 3900 }, lum)[1]
    test.ok(blue < 0.6, "Balmer jump of an A star")
  end)

  test.it("takes any function of mass, and says so", function()
    local salpeter = ssp.synthesise { imf = "salpeter", z = { 0.02 }, age = { 1e7, 1e9 }, cache = cache }
    local mine = ssp.synthesise { imf = function(m) return 7 * m ^ -2.35 end, z = { 0.02 }, age = { 1e7, 1e9 }, cache = cache }
    local a, b = salpeter:spectrum(1e8, 0.02), mine:spectrum(1e8, 0.02)
    for i = 200, #a, 61 do test.close(a[i], b[i], 1e-6) end
    test.eq(mine.imf, "user function")
    test.ok(mine.provenance:find("IMF: user function, 0.1 to 100 Msun", 1, true))
  end)
end)
print(("%d lines met, %d not met, %d known not to be met"):format(report.passed, report.failed, report.known))
