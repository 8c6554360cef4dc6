-- Spectra from the prompt: flux conservation, lines, indices, files, and fits of a spectrum beside photometry.
local test = require "galua.test"

local table_of = ssp.default()
local function make(o)
  local p = { ssp = table_of, sfh = sfh.delayed{ tau = 1e9, norm = 10 }, age = 3e9, redshift = 0.1 }
  for k, v in pairs(o or {}) do p[k] = v end
  return galaxy(p)
end
local message = test.message
local function has(text, what) if not text:find(what, 1, true) then error(("'%s' does not say '%s'"):format(text, what), 2) end end
local function sum(s) -- erg/s/cm2 over the pixels
  local f, total = s:flambda(), 0
  for i = 1, #f do total = total + f[i] * (s.hi[i] - s.lo[i]) end
  return total
end

test.it("flux is conserved through resolution, dispersion and pixels", function()
  local g = make()
  local wide = { edges = linspace(4000, 8000, 2) }
  local one = sum(g:spectrum(wide))
  test.close(sum(g:spectrum{ edges = linspace(4000, 8000, 3001) }), one, 1e-12)
  -- a broadened line of the gas: the blurred spectrum less that without gas
  local h = make{ nebular = nebular.hii{ f_dust = 0 } }
  local lines, total = h:lines(), 0
  local e = linspace(6420 * 1.1, 6790 * 1.1, 801)
  local a, b = h:spectrum{ edges = e, R = 2000, sigma_gas = 200, component = "nebular" }, h:line_fluxes()
  local c = h:spectrum{ edges = e, component = "nebular", sigma_gas = 1 }
  test.close(sum(a), sum(c), 1e-6) -- lines and continuum, whatever the widths
  for _, l in ipairs(b) do if l.wave > 6400 and l.wave < 6750 then total = total + l.flux end end
  test.ok(total > 0 and sum(a) > total * (1 - 1e-5))
end)

test.it("emission lines have the width asked for", function()
  local h = make{ nebular = nebular.hii{}, redshift = 0.02 }
  local w = linspace(6520 * 1.02, 6610 * 1.02, 1801)
  local function width(options)
    options.wave, options.component = w, "nebular"
    local s = h:spectrum(options)
    local base, peak, k = math.min(s.flux[1], s.flux[#w]), s.flux:max(), s.flux:argmax()
    local a, b = k, k
    while s.flux[a] - base > (peak - base) / 2 do a = a - 1 end
    while s.flux[b] - base > (peak - base) / 2 do b = b + 1 end
    return (w[b] - w[a]), w[k]
  end
  local fwhm, at = width{ R = 3000, sigma_gas = 0 }
  test.close(fwhm, at / 3000, 0.05)
  test.close(at, 6564.6 * 1.02, 5e-5)
  local broad = width{ R = 3000, sigma_gas = 60 }
  test.close(broad, math.sqrt((at / 3000) ^ 2 + (2.3548 * 60 / 299792.458 * at) ^ 2), 0.05)
end)

test.it("a spectrum agrees with the photometry of the same galaxy", function()
  local g = make()
  local f = filters("SDSS.r")[1]
  local band = g:photometry{ f }[1].flux
  local s = g:spectrum{ wave = linspace(5200, 7200, 2001) }
  local up, down, t = 0, 0, nil
  for i = 1, #s.wave do
    t = f.wave:interp({ s.wave[i] }, f.trans)[1]
    up, down = up + s.flux[i] * t / s.wave[i], down + t / s.wave[i]
  end
  test.close(up / down, band, 2e-3)
  has(message(function() g:spectrum{ wave = linspace(4000, 5000, 10), R = -3 } end), "R = -3")
  has(message(function() g:spectrum{ R = 3 } end), "wave")
  has(message(function() g:spectrum{ wave = linspace(4000, 5000, 10), Rr = 3 } end), "Rr")
end)

test.it("air and vacuum", function()
  test.close(spectrum.air_to_vac(5006.843), 5008.240, 3e-7)
  test.close(spectrum.vac_to_air(spectrum.air_to_vac({ 4000, 7000 }, "morton"), "morton")[2], 7000, 1e-12)
  local g = make()
  local a = g:spectrum{ wave = linspace(5000, 5100, 101), air = true }
  test.close(a.lo[50], spectrum.air_to_vac(5048.5), 1e-9)
  has(message(spectrum.air_to_vac, 5000, "mortan"), "did you mean 'morton'")
end)

test.it("breaks and Balmer absorption follow the age", function()
  local last, first = 0, 0
  for _, age in ipairs{ 1e7, 1e8, 5e8, 1e9, 3e9, 1e10 } do
    local g = galaxy{ ssp = table_of, age = age + 1e6, sfh = sfh.table{ t = { 0, 1e6, 1.0001e6, 1.4e10 }, psi = { 1, 1, 0, 0 }, Z = 0.0134 }, ism = false }
    local d = g:index("Dn4000")
    test.ok(d > last, ("Dn4000 at %g yr"):format(age))
    last = d
    if age == 1e7 then first = d end
    -- A stars: strongest Balmer lines near 0.3-1 Gyr (Worthey & Ottaviani 1997; Kauffmann et al. 2003: 8 A and more)
    if age == 5e8 then test.ok(g:index("Hdelta_A") > 6) end
    if age == 1e10 then test.ok(g:index("Hdelta_A") < 2) end
  end
  -- Kauffmann et al. 2003, fig. 2, solar: about 1.0 at 10 Myr, 1.7 and more at 10 Gyr
  test.ok(first < 1.2 and last > 1.5 and last < 2.4, ("Dn4000 %g .. %g"):format(first, last))
  local g = make()
  test.close(g:indices().Hbeta, g:index("Hbeta"), 1e-12)
  has(message(g.index, g, "Hdelta_B"), "did you mean")
end)

test.it("equivalent width of a line", function()
  local g = make{ nebular = nebular.hii{}, age = 1e9, sfh = sfh.constant{ psi = 5 }, ism = false }
  local ew, lum = g:ew("Halpha+[NII]")
  local want = 0
  for _, l in ipairs(g:lines()) do if l.wave > 6540 and l.wave < 6595 then want = want + l.luminosity end end
  test.ok(ew > 20 and ew < 500, ("EW %g"):format(ew))
  test.close(lum, want, 0.15) -- the absorption of the stars is under it
  test.close(g:ew("Halpha+[NII]", { frame = "observed" }), ew * 1.1, 1e-12)
  has(message(g.ew, g, "Halfa"), "Halpha")
end)

-- ---------------------------------------------------------------- files
local function write(name, text)
  local path = os.tmpname() .. name
  local f = assert(io.open(path, "w"))
  f:write(text)
  f:close()
  return path
end

test.it("files: units, masks, inverse variances, resolution", function()
  local rows = { "# name: X", "# redshift: 0.1", "# R: 1500", "wave[nm],flux[1e-17 erg/s/cm2/A],ivar,mask" }
  for i = 0, 9 do rows[#rows + 1] = ("%g,%g,%g,%d"):format(500 + i, 2 + i, i == 3 and 0 or 4, i == 5 and 1 or 0) end
  local path = write(".csv", table.concat(rows, "\n") .. "\n")
  local o = observation.read(path)
  local s = o:spectrum()
  test.close(o.redshift, 0.1, 1e-15)
  test.eq(s.nused, 8)
  test.eq(s.mask[4] + s.mask[6], 2)
  test.close(s.flux[1], 2e-17 * s.lo[1] * s.hi[1] / 2.99792458e18 * 1e26, 1e-12)
  test.close(s.err[1] / s.flux[1], 0.25, 1e-12)
  test.close(s.fwhm[5], 5040 / 1500, 1e-9)
  os.remove(path)
  path = write(".csv", "# flux_unit: uJy\nwave[A],flux,err\n5000,1,0.1\n5001,nan,0.1\n5002,1,0.1\n")
  local e = message(observation.read, path)
  has(e, "pixel 2")
  has(e, "mask")
  os.remove(path)
  path = write(".csv", "wave[A],flux,err\n5000,1,0.1\n5001,1,0.1\n")
  has(message(observation.read, path), "flux_unit")
  os.remove(path)
  has(message(function() observation{ spectrum = { wave = { 1, 2, 3 }, flux = { 1, 2 }, err = { 1, 2, 3 } } } end), "3 pixels")
  has(message(function() observation{ spectrum = { wave = { 1, 2, 3 }, flux = { 1, 2, 3 }, err = { 1, 0, 3 } } } end), "pixel 2")
  has(message(function() observation{ indices = { Hbetta = { 1, 2 } } } end), "did you mean 'Hbeta'")
end)

-- ---------------------------------------------------------------- fits
local function mock(calibration, tilt, more)
  local g = make()
  local w = linspace(4000, 7000, 300)
  local s = g:spectrum{ wave = w, R = 300, sigma_v = 500, shift = 80 }
  local flux, err, seed = {}, {}, 0.5
  for i = 1, #w do -- a fixed sequence of nearly normal deviates
    local n = 0
    for _ = 1, 12 do
      seed = (seed * 16807 * 65537 + 0.1234567) % 1
      n = n + seed
    end
    err[i] = 0.01 * s.flux[i]
    flux[i] = s.flux[i] * (1 + tilt * (-1 + 2 * (i - 1) / (#w - 1))) + err[i] * (n - 6)
  end
  local o = { name = "mock", redshift = 0.1, spectrum = { wave = w, flux = flux, err = err, R = 300, calibration = calibration } }
  for k, v in pairs(more or {}) do o[k] = v end
  return observation(o), g
end

test.it("a spectrum alone gives the parameters back, whatever its tilt", function()
  local o, g = mock({ order = 3, sd = 0.2 }, 0.1)
  local f = fit{ data = o, model = g, seed = 3, sampler = sampler.ensemble{ walkers = 24, steps = 250 }, spec = { sigma_v = 500 },
    free = { ["sfh.norm"] = prior.loguniform(1, 100), age = prior.loguniform(1e9, 1e10), ["spec.shift"] = prior.uniform(-500, 500) } }
  f:run{ progress = false }
  local s = f:summary()
  local function within(name, truth)
    local r = s:get(name)
    test.ok(math.abs(r.median - truth) < 4 * math.max(r.q84 - r.median, r.median - r.q16), ("%s = %g"):format(name, r.median))
  end
  within("sfh.norm", 10)
  within("age", 3e9)
  within("spec.shift", 80)
  test.ok(s:get("spec.shift").q84 - s:get("spec.shift").q16 < 300, "shift " .. s:get("spec.shift").q84 - s:get("spec.shift").q16)
  local spec = f:spectrum()
  test.close(spec.coef[2], 0.1, 0.35) -- the tilt is found by the polynomial
  local chi2 = 0
  for i = 1, #spec.pull do chi2 = chi2 + spec.pull[i] ^ 2 end
  test.ok(chi2 / #spec.pull > 0.7 and chi2 / #spec.pull < 1.4, ("chi2 %g"):format(chi2 / #spec.pull))
  f:plot_spectrum()
  -- stored, loaded: the same likelihood to the bit, the same spectrum
  local path = os.tmpname()
  f:save(path)
  local q = load_fit(path)
  local x = f:samples().x:row(7)
  local _, a = f.target:lnprob(x)
  local _, b = q.target:lnprob(x)
  test.eq(a[1], b[1])
  test.eq(q:spectrum().fitted[150], spec.fitted[150])
  os.remove(path)
end)

test.it("spectrum, bands and indices add up", function()
  local o, g = mock(nil, 0)
  local free = { age = prior.loguniform(1e9, 1e10) }
  local function lnl(data, spec)
    local f = fit{ data = data, model = g, free = free, spec = spec }
    local _, l = f.target:lnprob({ math.log10(2.5e9) })
    return l[1]
  end
  local bands = { { "SDSS.g", 0.02, 0.002 }, { "SDSS.r", 0.05, 0.003 } }
  local phot = observation{ redshift = 0.1, photometry = bands }
  local both = (mock(nil, 0, { photometry = bands, indices = { Dn4000 = { 1.3, 0.05 } }, lick = false }))
  local d = make{ age = 2.5e9 }:index("Dn4000", { sigma_v = 500 })
  local index = -0.5 * ((1.3 - d) / 0.05) ^ 2 - math.log(0.05) - 0.5 * math.log(2 * math.pi)
  local spec = { sigma_v = 500, shift = 80 }
  test.close(lnl(both, spec), lnl(o, spec) + lnl(phot) + index, 1e-12)
  -- errors twice as large, by hand
  local d1 = o:spectrum()
  local s = make{ age = 2.5e9 }:spectrum{ wave = d1.wave, R = 300, sigma_v = 500, shift = 80 }
  local want = 0
  for i = 1, #d1.wave do
    local e = 2 * d1.err[i]
    want = want - 0.5 * ((d1.flux[i] - s.flux[i]) / e) ^ 2 - math.log(e) - 0.5 * math.log(2 * math.pi)
  end
  test.close(lnl(o, { sigma_v = 500, shift = 80, ln_scale = math.log(2) }), want, 1e-10)
end)

test.it("sampled and marginalised polynomials, free lines", function()
  local g = make()
  local o = mock({ mode = "sampled", order = 1 }, 0.1)
  local f = fit{ data = o, model = g, spec = { sigma_v = 500, shift = 80 },
    free = { ["sfh.norm"] = prior.loguniform(1, 100), ["spec.c1"] = prior.normal(0, 0.2) } }
  -- integrate over c1 with its prior: the marginalised value at the same point
  local p = mock({ order = 1, sd = 0.2 }, 0.1)
  local q = fit{ data = p, model = g, spec = { sigma_v = 500, shift = 80 }, free = { ["sfh.norm"] = prior.loguniform(1, 100) } }
  local _, want = q.target:lnprob({ 1 })
  local rows, h = {}, 2e-4
  for k = -400, 400 do rows[#rows + 1] = f.free[1][1] == "sfh.norm" and { 1, 0.1 + k * h } or { 0.1 + k * h, 1 } end
  local lp, ll = f.target:lnprob(mat(rows))
  local lp1 = q.target:lnprob({ 1 })
  local total, top = 0, ll:max()
  for i = 1, #ll do total = total + math.exp(ll[i] - top + lp[i] - lp1[1]) * h end
  test.close(top + math.log(total), want[1], 1e-7)
  has(message(function() fit{ data = p, model = g, free = { ["spec.c1"] = prior.normal(0, 1) } } end), "sampled")
  has(message(function() fit{ data = p, model = g, free = { ["spec.sigma"] = prior.uniform(0, 1) } } end), "spec.sigma")
  -- a line that the model lacks, found by its free amplitude
  local s = g:spectrum{ wave = linspace(5000, 6000, 400), R = 1000 }
  local flux, line = s.flux:copy(), 4862.7 * 1.1
  local F = 3e-15
  for i = 1, #flux do
    local sd = math.sqrt((line / 1000 / 2.35482) ^ 2 + (line * 100 / 299792.458) ^ 2)
    local fl = F * math.exp(-0.5 * ((s.wave[i] - line) / sd) ^ 2) / sd / math.sqrt(2 * math.pi)
    flux[i] = flux[i] + fl * s.wave[i] ^ 2 / 2.99792458e18 * 1e26
  end
  local with = observation{ redshift = 0.1, spectrum = { wave = s.wave, flux = flux, err = s.flux * 0.01, R = 1000,
    lines = { wave = { 4862.7 }, sd = 1e-13 } } }
  local l = fit{ data = with, model = g, free = { ["sfh.norm"] = prior.loguniform(1, 100) } }
  local r = spectrum.of_fit(l.target, { { 1 } })
  test.close(r.amp:row(1)[1], F, 0.02)
  test.close(r.fitted:row(1)[350], flux[350], 1e-3)
end)
