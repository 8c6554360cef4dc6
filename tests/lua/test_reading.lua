-- Tables of observers as they are: masks in words, units of their own, limits, sentinels, flags, several measurements, magnitudes. What
-- cannot be used is one line with file, row, column and cell; what looks like data and is passed over is said.
local test = require "galua.test"
local core = require "galua.core"
local path = os.tmpname()

local function file(text, suffix)
  core.write_file(path .. (suffix or ".csv"), text)
  return path .. (suffix or ".csv")
end
local function fails(f, ...)
  local ok, e = pcall(f)
  e = tostring(e)
  test.ok(not ok, "nothing was wrong")
  test.ok(not e:find("\n"), "one line")
  for _, part in ipairs { ... } do test.ok(e:find(part, 1, true), e .. " | " .. part) end
end

-- a spectrum of 30 pixels with a column of cells made by f(i)
local function spectrum(head, f, more, options)
  local lines = { head }
  for i = 1, 30 do lines[#lines + 1] = ("%g,%g,0.05,%s"):format(3990 + 10 * i, i > 20 and 5 or 1, f(i)) end
  return observation.read(file((more or "") .. table.concat(lines, "\n") .. "\n"), options):spectrum()
end
local function masked(s)
  local n = 0
  for i = 1, #s.mask do n = n + s.mask[i] end
  return n
end
local function bad(yes, no) return function(i) return i > 20 and yes or no end end
local H = "wave[A],flux[mJy],err[mJy],"

test.describe("the mask of a spectrum", function()
  test.it("may be in words and numbers, whatever it is called", function()
    for _, words in ipairs { { "True", "False" }, { "T", "F" }, { "true", "false" }, { "bad", "good" }, { "BAD", "ok" }, { "1", "0" }, { "yes", "no" },
      { "bad", "" } } do
      local s = spectrum(H .. "mask", bad(words[1], words[2]))
      test.eq(masked(s), 10, words[1])
      test.eq(s.mask[30], 1)
    end
    for _, name in ipairs { "dq", "DQ", "flags", "or_mask", "bad", "quality", "and_mask", "QUAL" } do
      test.eq(masked(spectrum(H .. name, bad(4, 0))), 10, name)
    end
    for _, name in ipairs { "good", "valid", "use" } do
      test.eq(masked(spectrum(H .. name, bad("0", "1"))), 10, name)
      test.eq(masked(spectrum(H .. name, bad("False", "True"))), 10, name)
    end
  end)
  test.it("counts the bits that are asked for", function()
    local cells = function(i) return i > 20 and 5 or i > 10 and 4 or 0 end -- bits 0 and 2, bit 2, none
    test.eq(masked(spectrum(H .. "DQ", cells)), 20)
    test.eq(masked(spectrum(H .. "DQ", cells, nil, { bits = { 0 } })), 10)
    test.eq(masked(spectrum(H .. "DQ", cells, nil, { bits = 2 })), 20)
    test.eq(masked(spectrum(H .. "DQ", cells, nil, { bits = { 1, 30 } })), 0)
    fails(function() spectrum(H .. "DQ", bad("1.5", "0"), nil, { bits = 0 }) end, ".csv, line 22: column 'DQ'", "1.5")
    fails(function() spectrum(H .. "DQ", function() return 4 end) end, "column 'DQ' masks all 30 pixels", "bits = { 0 }")
    test.eq(masked(spectrum(H .. "DQ", function() return 4 end, nil, { bits = 0 })), 0)
  end)
  test.it("is the column that is named", function()
    local s = spectrum(H .. "mask,weird", function(i) return "0," .. (i == 3 and 1 or 0) end)
    test.eq(masked(s), 0)
    s = spectrum(H .. "mask,weird", function(i) return "0," .. (i == 3 and 1 or 0) end, nil, { mask = "weird" })
    test.eq(masked(s), 1)
    fails(function() spectrum(H .. "mask", bad(1, 0), nil, { mask = "wierd" }) end, "no column 'wierd'")
  end)
  test.it("may be booleans in Lua, true where a pixel is not used", function()
    local m = {}
    for i = 1, 30 do m[i] = i > 20 end
    local wave, flux, err = linspace(4000, 4290, 30), {}, {}
    for i = 1, 30 do flux[i], err[i] = 1, 0.1 end
    local o = observation{ redshift = 0.1, spectrum = { wave = wave, flux = flux, err = err, mask = m } }
    test.eq(masked(o:spectrum()), 10)
    test.ok(o:__galua_show():find("30 pixels (20 used, 10 masked)", 1, true))
    fails(function() observation{ spectrum = { wave = wave, flux = flux, err = err, mask = "dq" } } end, "there is no file", "1 or true where it is not used")
  end)
  test.it("of no such words is an error with line, column and cell", function()
    fails(function() spectrum(H .. "mask", bad("perhaps", "0")) end, ".csv, line 22: column 'mask'", "'perhaps'")
    fails(function() spectrum(H .. "good", bad("perhaps", "1")) end, ".csv, line 22: column 'good'", "'perhaps'")
  end)
  test.it("of a flux that the file itself masks, masks the pixel", function()
    local t = { "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: wave, unit: Angstrom, datatype: float64}\n# - {name: flux, unit: mJy, datatype: float64}\n"
      .. "# - {name: flux.mask, datatype: bool}\n# - {name: err, unit: mJy, datatype: float64}\nwave flux flux.mask err" }
    for i = 1, 10 do t[#t + 1] = ("%d 1 %s 0.1"):format(4000 + 10 * i, i < 4 and "True" or "False") end
    test.eq(masked(observation.read(file(table.concat(t, "\n") .. "\n", ".ecsv")):spectrum()), 3)
  end)
end)

test.describe("columns of a spectrum", function()
  test.it("have units of their own", function()
    test.close(spectrum("wave[A],flux[mJy],err[mJy],fwhm[nm]", function() return 1.2 end).fwhm[3], 12, 1e-9)
    test.close(spectrum("wave[A],flux[mJy],err[mJy],fwhm", function() return 12 end).fwhm[3], 12, 1e-9) -- no unit: that of wave
    test.close(spectrum("wave[A],flux[mJy],err[mJy],resolution[A]", function() return 12 end).fwhm[3], 12, 1e-9)
    local s = spectrum("wave[A],flux[mJy],err[mJy],fwhm[km/s]", function() return 600 end)
    test.close(s.fwhm[11], s.wave[11] * 600 / 299792.458, 1e-6)
    s = spectrum("wave[A],flux[mJy],err[mJy],R", function() return 500 end)
    test.close(s.fwhm[11], s.wave[11] / 500, 1e-6)
    local text = { "wave[um],flux[uJy],err[nJy],fwhm[A]" }
    for i = 0, 20 do text[#text + 1] = ("%.4f,1000,50000,12"):format(0.4 + 0.001 * i) end
    s = observation.read(file(table.concat(text, "\n") .. "\n")):spectrum()
    test.close(s.fwhm[5], 12, 1e-9)
    test.close(s.wave[5], 4040, 1e-9)
    test.close(s.flux[5], 1, 1e-12)
    test.close(s.err[5], 0.05, 1e-12)
  end)
  test.it("variances and inverse variances give errors", function()
    local function errors(name, cell, unit)
      local t = { ("wave[A],flux[mJy],%s"):format(name) }
      for i = 1, 9 do t[#t + 1] = ("%d,1,%g"):format(4000 + 10 * i, cell) end
      return observation.read(file(table.concat(t, "\n") .. "\n"), { unit = unit }):spectrum().err[4]
    end
    test.close(errors("var", 0.04), 0.2, 1e-12)
    test.close(errors("ivar", 25), 0.2, 1e-12)
    test.close(errors("flux_error", 0.2), 0.2, 1e-12)
  end)
  test.it("with one bad cell are an error where the cell is, and no other column serves", function()
    fails(function() observation.read(file("wave[A],flux[mJy],err[mJy],sigma\n4000,1,.1,7\n4010,1,***,7\n4020,1,.1,7\n")) end,
      ".csv, line 3: column 'err': '***' is not a number")
    fails(function() observation.read(file("wave[A],flux[mJy],err[mJy]\n4000,1,.1\n4010,0.69-109,.1\n4020,1,.1\n")) end,
      ".csv, line 3: column 'flux': '0.69-109' is not a number")
    fails(function() spectrum(H .. "R", bad("low", "500")) end, ".csv, line 22: column 'R': 'low' is not a number")
    fails(function() spectrum(H .. "fwhm", bad("?", "12")) end, ".csv, line 22: column 'fwhm': '?' is not a number")
    fails(function() observation.read(file("wave[A],flux[mJy],err[mJy]\n4000,1,.1\n,1,.1\n4020,1,.1\n")) end, ".csv, line 3: column 'wave' has no wavelength")
  end)
  test.it("say in their header what the wavelengths and the resolution are", function()
    local w = spectrum(H .. "x", bad(0, 0)).lo[1]
    local air = spectrum(H .. "x", bad(0, 0), nil, { air = true }).lo[1]
    test.ok(air - w > 1) -- 1.1 A at 4000 A
    for _, line in ipairs { "# air: true", "# AIRORVAC: air", "# VACUUM = F", "# CTYPE1 = AWAV", "# medium: air" } do
      test.eq(spectrum(H .. "x", bad(0, 0), line .. "\n").lo[1], air, line)
    end
    for _, line in ipairs { "# air: no", "# AIRORVAC: vac", "# VACUUM = T", "# CTYPE1 = WAVE" } do
      test.eq(spectrum(H .. "x", bad(0, 0), line .. "\n").lo[1], w, line)
    end
    test.eq(spectrum("wave_air[A],flux[mJy],err[mJy],x", bad(0, 0)).lo[1], air)
    test.eq(spectrum("awav[A],flux[mJy],err[mJy],x", bad(0, 0)).lo[1], air)
    fails(function() spectrum(H .. "x", bad(0, 0), "# AIRORVAC: helium\n") end, "AIRORVAC is 'helium', it must be air or vacuum")
    for _, line in ipairs { "# R: 500", "# SPEC_RES = 500" } do
      local s = spectrum(H .. "x", bad(0, 0), line .. "\n")
      test.close(s.fwhm[11], s.wave[11] / 500, 1e-6)
    end
    for name, at in pairs { wave_nm = 400, lambda_um = 0.4, Wavelength_A = 4000, wave_micron = 0.4 } do
      local s = observation.read(file(("%s,flux[mJy],err\n%g,1,1\n%g,1,1\n%g,1,1\n"):format(name, at, at * 1.001, at * 1.002))):spectrum()
      test.close(s.wave[1], 4000, 1e-9)
    end
    test.close(observation.read(file("# BUNIT: 1e-17 erg/s/cm2/A\n# CUNIT1: nm\nwave,flux,err\n400,1,1\n401,1,1\n402,1,1\n")):spectrum().wave[2], 4010, 1e-9)
  end)
  test.it("missing values that are numbers mask their pixels", function()
    local s = spectrum(H .. "x", bad(0, 0), nil, { missing = 5 }) -- the flux of the last ten
    test.eq(masked(s), 10)
    s = spectrum(H .. "x", bad(0, 0), "# missing: 5, -99\n")
    test.eq(masked(s), 10)
  end)
end)

test.describe("bands", function()
  local function read(text, options) return observation.read(file(text), options):rows() end
  test.it("are in F_nu, F_lambda, maggies and magnitudes", function()
    local p = filters("SDSS.g")[1].pivot
    local function one(unit, flux, err, err_unit)
      local r = read(("band,flux[%s],err%s\nSDSS.g,%.17g,%.17g\n"):format(unit, err_unit and "[" .. err_unit .. "]" or "", flux, err))[1]
      return r.flux, r.err
    end
    local function near(a, b, x, y, tolerance)
      test.close(a, x, tolerance or 1e-9)
      test.close(b, y, tolerance or 1e-9)
    end
    local f, e = one("erg/s/cm2/A", 1e-17, 2e-18)
    near(f, e, 1e-17 * p * p / 2.99792458e18 * 1e26, 2e-18 * p * p / 2.99792458e18 * 1e26)
    f, e = one("1e-17 erg/s/cm2/A", 1, 0.2)
    near(f, e, 1e-17 * p * p / 2.99792458e18 * 1e26, 2e-18 * p * p / 2.99792458e18 * 1e26)
    f, e = one("nanomaggy", 100, 2)
    near(f, e, 100 * 3.6307805477e-3, 2 * 3.6307805477e-3)
    f, e = one("maggies", 1e-7, 1e-9)
    near(f, e, 1e-7 * 3.6307805477e6, 1e-9 * 3.6307805477e6)
    f, e = one("ABmag", 20, 0.1)
    near(f, e, 3.6307805477e6 * 10 ^ -8, 0.4 * math.log(10) * 0.1 * 3.6307805477e-2)
    f, e = one("mag(AB)", 20, 0.1, "mag")
    near(f, e, 3.6307805477e-2, 0.4 * math.log(10) * 0.1 * 3.6307805477e-2)
    f, e = one("3.631 uJy", 2, 1)
    near(f, e, 2 * 3.631e-3, 3.631e-3)
    fails(function() one("mag", 20, 0.1) end, "unit 'mag' does not say its zero point")
    fails(function() one("ABmag", 20, 0.1, "mJy") end, "column 'err'")
  end)
  test.it("a limit in magnitudes is one in flux", function()
    local r = read("# limit_sigma: 5\nband,flux[ABmag],err,flag\nSDSS.g,25,,limit\nSDSS.r,20,0.1,\n")
    test.eq(r[1].kind, "limit")
    test.close(r[1].flux, 3.6307805477e6 * 10 ^ -10, 1e-9)
    test.close(r[1].err, r[1].flux / 5, 1e-12)
  end)
  test.it("errors are named in the unit of the file", function()
    fails(function() read("band,flux[Jy],err\nSDSS.g,1,-2\n") end, "line 2: band 'SDSS.g': err -2 Jy must be positive")
    fails(function() read("band,flux[Jy],err,limit[Jy]\nSDSS.g,,,-3\n") end, "limit -3 Jy must be a positive number")
    fails(function() read("band,flux[Jyy],err\nSDSS.g,1,2\n") end, "unknown unit 'Jyy', did you mean 'Jy'?")
    fails(function() read("band,flux[furlong],err\nSDSS.g,1,2\n") end, "unknown unit 'furlong' (known: mJy, Jy, uJy, nanomaggy, erg/s/cm2/Hz")
  end)
  test.it("may be measured more than once, but not by the same numbers or with another curve", function()
    local o = observation{ redshift = 0.1, photometry = { { "SDSS.g", 1, 0.1 }, { "SDSS.g", 1.3, 0.1 }, { "SDSS.r", 2, 0.2 } } }
    local once = observation{ redshift = 0.1, photometry = { { "SDSS.g", 1.15, 0.1 / math.sqrt(2) }, { "SDSS.r", 2, 0.2 } } }
    local function make(data)
      return fit{ data = data, model = galaxy{ redshift = 0.1, sfh = sfh.constant{} }, free = { ["sfh.psi"] = prior.loguniform(0.1, 10) },
        sampler = sampler.nested{ live = 30 }, seed = 1 }
    end
    -- two measurements count as their weighted mean: ln L differs by a constant
    local a, b = make(o), make(once)
    local function lnl(f, x) return select(2, f.target:lnprob(x))[1] end
    test.close(lnl(a, { 0.2 }) - lnl(a, { 0.3 }), lnl(b, { 0.2 }) - lnl(b, { 0.3 }), 1e-9)
    a:run{ progress = false }
    a:save(path .. ".h5")
    local back = load_fit(path .. ".h5")
    test.eq(#back.data:rows(), 3)
    local g, r, twice = a:residuals(), back:residuals(), a:samples().derived
    for i = 1, 3 do test.eq(g[i].pull, r[i].pull) end
    test.eq(twice["flux.SDSS.g#2"][3], twice["flux.SDSS.g"][3])
    os.remove(path .. ".h5")
    fails(function() o:add("SDSS.g", 1, 0.1) end, "band 'SDSS.g' appears twice with the same flux and err")
    fails(function() o:add(filter.tophat("SDSS.g", 4000, 5000), 7, 1) end, "appears twice, with different curves")
  end)
  test.it("flags are numbers and words, and mean what they are said to mean", function()
    local text = "band,flux[mJy],err[mJy],flag\nSDSS.g,1,0.1,0\nSDSS.r,1,0.1,1\nSDSS.i,1,0.1,2\nSDSS.z,1,0.1,\n"
    local r = read(text, { flags = { [1] = "limit", ["2"] = "ignored" } })
    test.eq(r[1].kind .. r[2].kind .. r[3].kind .. r[4].kind, "detectionlimitignoreddetection")
    r = read(text, { flags = { [1] = "detection" }, other_flag = "ignored" })
    test.eq(r[1].kind .. r[2].kind .. r[3].kind, "detectiondetectionignored")
    test.eq(r[3].note, "flag '2' of the catalogue")
    fails(function() read(text) end, "line 3: band 'SDSS.r': flag '1' is none of detection, limit, ignored", "flags = { ['1'] = 'limit' }")
    fails(function() read(text, { flags = { [1] = "maybe" } }) end, "'1' = 'maybe'")
    r = read("band,flux[mJy],err[mJy]\nSDSS.g,1,-0.1\nSDSS.r,1,0.1\n", { negative_err_is_limit = true })
    test.eq(r[1].kind, "limit")
    test.close(r[1].err, 0.1, 1e-12)
  end)
end)

test.describe("a wide catalogue", function()
  local function rows(text, i, options)
    local c = observation.catalogue(file(text), options)
    return c[i]:rows(), c
  end
  test.it("a word in a limit is an error of that source alone", function()
    local text = "id,redshift,SDSS.g[mJy],SDSS.g_err[mJy],SDSS.g_limit[mJy],SDSS.r[mJy],SDSS.r_err[mJy]\ns1,0.1,,,0.5,2,0.1\ns2,0.1,,,<1.0,2,0.1\n"
    local r = rows(text, 1)
    test.eq(#r, 2)
    test.eq(r[1].kind, "limit")
    test.close(r[1].flux, 0.5, 1e-12)
    fails(function() rows(text, 2) end, ".csv, line 3: column 'SDSS.g_limit': '<1.0' is not a number")
    local wrong = text:gsub(",2,0.1\ns2", ",2,0.1x\ns2")
    fails(function() rows(wrong, 1) end, ".csv, line 2: column 'SDSS.r_err': '0.1x' is not a number")
    test.eq(#rows(text:gsub("<1.0", "1.0"), 2), 2)
  end)
  test.it("limits stand for as many sigma as the file says, or the option", function()
    local text = "id,redshift,SDSS.g[mJy],SDSS.g_err[mJy],SDSS.g_limit[mJy],SDSS.r[mJy],SDSS.r_err[mJy]\ns1,0.1,,,1,2,0.1\n"
    test.close(rows(text, 1)[1].err, 1 / 3, 1e-12)
    test.close(rows("# limit_sigma: 5\n" .. text, 1)[1].err, 0.2, 1e-12)
    test.close(rows("# limit_sigma: 5\n" .. text, 1, { limit_sigma = 2 })[1].err, 0.5, 1e-12)
    test.close(observation.read(file("# limit_sigma: 5\nband,flux[mJy],err[mJy],limit[mJy]\nSDSS.g,,,1\n"), { limit_sigma = 4 }):rows()[1].err, 0.25, 1e-12)
    fails(function() rows("# limit_sigma: 0\n" .. text, 1) end, "limit_sigma 0 must be positive")
  end)
  test.it("numbers that mean no value are said to be such, or a hint follows", function()
    local text = "id z SDSS.g SDSS.g_err SDSS.r SDSS.r_err\n1 0.3 12 0.5 -99.0 -99.0\n2 0.4 -0.3 0.5 20 0.6\n3 0.5 12 0.5 20 -99\n"
    local function sources(options)
      options.unit = "uJy"
      return observation.catalogue(file("# " .. text, ".cat"), options)
    end
    local c = sources { missing = { -99, -9999 } }
    test.eq(#c[1]:rows(), 1)
    test.eq(#c[2]:rows(), 2) -- a negative flux is data
    fails(function() return sources({})[1] end, "band 'SDSS.r': flux and err are both -99: if that means no value, say missing = -99")
    fails(function() return sources({})[3] end, "band 'SDSS.r': err -99 is negative: if that means no value, say missing = -99")
    fails(function() return observation.read(file("band,flux[ABmag],err\nSDSS.g,99,0.1\n")) end, "magnitude 99: if that means no value, say missing = 99")
    local long = "band,flux,err,flag\nSDSS.g,-9999,-9999,skip\nSDSS.r,1,0.1,\n"
    local r = observation.read(file(long), { unit = "uJy", missing = -9999 }):rows()
    test.ok(r[1].kind == "ignored" and r[1].flux ~= r[1].flux)
    test.close(r[2].flux, 1e-3, 1e-12)
  end)
  test.it("finds its columns whatever their case, and errors that stand before the name", function()
    local r, c = rows("ID,REDSHIFT,SDSS.g[mJy],e_SDSS.g,SDSS.r[mJy],e_SDSS.r\nA7,0.2,1,0.1,2,0.2\n", 1, { err = "e_*" })
    test.eq(#r, 2)
    test.close(r[2].err, 0.2, 1e-12)
    test.eq(c[1].redshift, 0.2)
    test.eq(c[1].name, "A7")
  end)
  test.it("has flags in numbers", function()
    local r = rows("id,z,SDSS.g[mJy],SDSS.g_err[mJy],SDSS.g_flag,SDSS.r[mJy],SDSS.r_err[mJy],SDSS.r_flag\ns,0.1,1,0.1,1,2,0.1,3\n", 1, { flags = { [1] = "limit" } })
    test.eq(r[1].kind .. r[2].kind, "limitignored")
  end)
  test.it("refuses to fit a source whose redshift is blank with the redshift of the model", function()
    local c = observation.catalogue(file("id,redshift,SDSS.g[mJy],SDSS.g_err[mJy]\ns1,,1,0.1\ns2,0.3,1,0.1\n"))
    test.ok(c[1].blank_redshift and not c[2].blank_redshift)
    local function job(free) return catalogue{ data = c, model = galaxy{ redshift = 0.9, sfh = sfh.constant{}, age = 1e9 }, free = free, seed = 1 } end
    local free = { ["sfh.psi"] = prior.loguniform(0.1, 100) }
    fails(function() job(free):fit(1) end, "row 1, source 's1': no redshift: free it")
    test.eq(job(free):fit(2).model.redshift, 0.3)
    free.redshift = prior.uniform(0.1, 1)
    job(free):fit(1)
  end)
  test.it("keeps a slightly negative redshift of a nearby source that has a distance", function()
    local c = observation.catalogue(file("id,redshift,distance_Mpc,SDSS.g[mJy],SDSS.g_err[mJy]\nM81,-0.00014,3.6,1,0.1\nM98,-0.0005,,1,0.1\n"))
    local k = catalogue{ data = c, model = galaxy{ sfh = sfh.constant{}, age = 1e10 }, free = { ["sfh.psi"] = prior.loguniform(1e-3, 10) }, seed = 1 }
    local f = k:fit(1)
    test.eq(f.model.redshift, -0.00014)
    test.ok(select(2, f.target:lnprob({ -1 }))[1] > -math.huge)
    fails(function() k:fit(2) end, "redshift = -0.0005 has no distance: set 'redshift' > 0 or 'distance' [Mpc]")
    local a, b = galaxy{ redshift = -0.001, distance = 3.6, sfh = sfh.constant{}, age = 1e10 }, galaxy{ redshift = 0, distance = 3.6, sfh = sfh.constant{}, age = 1e10 }
    test.close(a:band_flux(filters("SDSS.r"))[1], b:band_flux(filters("SDSS.r"))[1], 0.01)
    test.eq(a:derived_values().t_universe, b:derived_values().t_universe)
    fails(function() galaxy{ redshift = -0.02 }:sed() end, "redshift = -0.02 is not in -0.01 .. 30")
  end)
end)

test.describe("observation{ photometry = file }", function()
  local text = "band,flux,err\nHSC_g,1.0,0.1\nSDSS.r,-99,0.1\nSDSS.i,3,0.2\n"
  test.it("takes the options of the reader, and what is said goes before what the file says", function()
    local o = observation{ name = "mine", redshift = 0.2,
      photometry = { file = file("# redshift: 0.7\n# citation: them\n" .. text), unit = "uJy", missing = -99, names = { HSC_g = "Subaru.HSC.g" } } }
    local r = o:rows()
    test.eq(r[1].band, "Subaru.HSC.g")
    test.close(r[1].flux, 1e-3, 1e-15)
    test.eq(r[2].kind, "ignored")
    test.eq(r[3].kind, "detection")
    test.eq(o.name, "mine")
    test.eq(o.redshift, 0.2)
    test.eq(o.citation, "them")
    fails(function() observation{ photometry = { file = file(text), units = "uJy" } } end, "observation.read: unknown option 'units', did you mean 'unit'?")
    fails(function() observation{ redshift = 1e9, photometry = { file = file("band,flux[mJy],err\nSDSS.r,1,1\n") } } end, "is not a redshift")
  end)
  test.it("keeps the spectrum of a file whose redshift is given with it", function()
    local o = observation{ redshift = 0.1, photometry = file("wave[A],flux[mJy],err[mJy]\n4000,1,0.1\n4010,2,0.1\n4020,3,0.1\n") }
    test.eq(#o:spectrum().flux, 3)
    test.eq(o.redshift, 0.1)
  end)
  test.it("says what a table is that is none of bands", function()
    fails(function() observation.read(file("wave,err\n4000,1\n")) end, "has wavelengths but no flux (columns: wave, err)", "a spectrum needs wave, flux and err")
    fails(function() observation.read(file("id,SDSS.g,SDSS.g_err\n1,2,3\n")) end, "a row per source is read by observation.catalogue(path)")
    fails(function() observation.read(file("a,b\n1,2\n")) end, "no column 'band'")
  end)
  test.it("reads lines that end in CR alone", function()
    local o = observation.read(file("band,flux[mJy],err[mJy]\r# of an old machine\rGALEX.FUV,1,0.1\rGALEX.NUV,2,0.2\r"))
    test.eq(#o:rows(), 2)
    test.eq(o:rows()[2].band, "GALEX.NUV")
    test.eq(o:rows()[2].err, 0.2)
    local curve = filter.read(file("# wave through\r4000 0\r5000 1\r6000 0\r", ".txt"))
    test.close(curve.pivot, 4983, 0.01)
    fails(function() observation.read(file("band,flux[mJy],err[mJy]\rGALEX.FUV,x,0.1\r")) end, "line 2")
  end)
  test.it("takes the table of any extension, by number or name", function()
    local function table_of(flux, extname)
      tables.write(path .. ".fits", { { name = "name", values = { "s" } }, { name = "SDSS.g", values = vec { flux }, unit = "mJy" },
        { name = "SDSS.g_err", values = vec { 0.1 }, unit = "mJy" } }, { MINE = extname })
      local f = assert(io.open(path .. ".fits", "rb"))
      local bytes = f:read("*a")
      f:close()
      return bytes
    end
    local one, two = table_of(1, "first"), table_of(2, "second")
    local both = one .. two:sub(2881):gsub("EXTNAME =", "OTHER   ="):gsub("MINE    =", "EXTNAME =")
    core.write_file(path .. ".fits", both)
    local function flux(o) return observation.catalogue(path .. ".fits", o)[1]:rows()[1].flux end
    test.eq(flux(), 1)
    test.eq(flux { extension = 1 }, 1)
    test.eq(flux { extension = 2 }, 2)
    test.eq(flux { extension = "SECOND" }, 2)
    fails(function() flux { extension = 3 } end, "no table in an extension '3'; tables are in: 1")
    fails(function() observation.catalogue(file(text), { extension = 2 }) end, "extension = '2' is asked for, but this is no FITS file")
    os.remove(path .. ".fits")
  end)
end)

for _, suffix in ipairs { "", ".csv", ".ecsv", ".cat", ".h5", ".txt" } do os.remove(path .. suffix) end
