-- Spectra of galaxies, observations and fits: g:spectrum{}, g:index(), g:ew(); observation{}, o:spectrum{}; fit:plot_spectrum().
local galua = require "galua"
local doc = require "galua.doc"
local core = require "galua.core"
local C = galua.spectrum
local c_light = 2.99792458e18 -- A/s

local M = {}

-- ---------------------------------------------------------------- an observed-frame spectrum in pixels
local pixels = {}
pixels.__index = pixels

-- flux density per wavelength [erg/s/cm2/A] of the pixels
function pixels:flambda() return self.flux * (1e-26 * c_light) / (self.lo * self.hi) end

function pixels:__tostring()
  local note = self.coarse > 0 and ("   model coarser than R in %.0f %% of the pixels"):format(100 * self.coarse) or ""
  return ("spectrum   %s   %d pixels   %.6g .. %.6g A%s"):format(self.component, #self.wave, self.wave[1], self.wave[#self.wave], note)
end
pixels.__galua_show = pixels.__tostring

function pixels:__plot(options)
  local plot = require "galua.plot"
  local o = { xlabel = "Observed wavelength [Å]", ylabel = "S_{ν} [mJy]" }
  for k, v in pairs(options or {}) do o[k] = v end
  return plot.lines { { self.wave, self.flux, label = o.label }, xlabel = o.xlabel, ylabel = o.ylabel, title = o.title,
    width = o.width or 6.2, height = o.height or 3.2, xlim = o.xlim, ylim = o.ylim }
end

-- ---------------------------------------------------------------- galaxies
-- windows in vacuum A: line, continuum blue and red of it
local lines = {
  ["[OII]3727"] = { { 3717, 3740 }, { 3690, 3710 }, { 3750, 3770 } },
  Hdelta = { { 4086, 4120 }, { 4030, 4080 }, { 4125, 4170 } },
  Hgamma = { { 4325, 4358 }, { 4280, 4320 }, { 4372, 4420 } },
  Hbeta = { { 4845, 4880 }, { 4800, 4840 }, { 4885, 4930 } },
  ["[OIII]5007"] = { { 4995, 5022 }, { 4970, 4990 }, { 5030, 5060 } },
  Halpha = { { 6553, 6576 }, { 6480, 6540 }, { 6610, 6660 } },
  ["Halpha+[NII]"] = { { 6535, 6598 }, { 6480, 6530 }, { 6605, 6660 } },
  ["[SII]6725"] = { { 6707, 6744 }, { 6640, 6700 }, { 6752, 6800 } },
}

local function window(fn, name)
  local w = lines[name]
  if w then return { line = w[1], blue = w[2], red = w[3] } end
  local names = {}
  for k in pairs(lines) do names[#names + 1] = k end
  table.sort(names)
  galua.fail("%s: no line '%s'%s (known: %s)", fn, tostring(name), core.did_you_mean(tostring(name), names), table.concat(names, ", "))
end

local function galaxy_spectrum(self, given)
  if type(given) ~= "table" then galua.fail("galaxy:spectrum: expected options, such as { wave = linspace(4000, 7000, 1500), R = 2000 }") end
  local s = C.observe(self, given)
  s.redshift, s.component = self.redshift, given.component or "total"
  return setmetatable(s, pixels)
end

local function galaxy_index(self, name, given)
  local o = galua.options("galaxy:index", given, { sigma_v = 0, lick = false })
  if type(name) ~= "string" then galua.fail("galaxy:index: argument 1 must be the name of an index, such as \"Hdelta_A\"") end
  return C.galaxy_index(self, name, o.sigma_v, o.lick)
end

local index_list = {}
function index_list:__tostring()
  local out = { ("%-10s %10s %-4s %s"):format("index", "value", "unit", "") }
  for _, i in ipairs(C.indices()) do
    local v = rawget(self, i.name)
    if v then out[#out + 1] = ("%-10s %10.4f %-4s %s"):format(i.name, v, i.unit, i.doc) end
  end
  return table.concat(out, "\n")
end
index_list.__galua_show = index_list.__tostring

local function galaxy_indices(self, given)
  local out = {}
  for _, i in ipairs(C.indices()) do out[i.name] = galaxy_index(self, i.name, given) end
  return setmetatable(out, index_list)
end

-- line flux and equivalent width against a straight continuum through the means of two windows
local function galaxy_ew(self, what, given)
  local o = galua.options("galaxy:ew", given, { frame = "rest", component = ":string" })
  if o.frame ~= "rest" and o.frame ~= "observed" then galua.fail("galaxy:ew: frame must be 'rest' or 'observed', got '%s'", o.frame) end
  local w = type(what) == "table" and galua.options("galaxy:ew", what, { line = ":table", blue = ":table", red = ":table" })
    or window("galaxy:ew", what)
  if not (w.line and w.blue and w.red) then galua.fail("galaxy:ew: needs line = {lo, hi}, blue = {lo, hi}, red = {lo, hi} in vacuum A") end
  local wave, lum = self:wave(), self:lum(o.component)
  local function mean(b) return C.integral(b, wave, lum) / (b[2] - b[1]), (b[1] + b[2]) / 2 end
  local fb, xb = mean(w.blue)
  local fr, xr = mean(w.red)
  -- pixels fine enough that F/C is smooth over them
  local n, lo, hi = 200, w.line[1], w.line[2]
  local ew, flux = 0, 0
  for i = 1, n do
    local a, b = lo + (hi - lo) * (i - 1) / n, lo + (hi - lo) * i / n
    local c = fb + (fr - fb) * ((a + b) / 2 - xb) / (xr - xb)
    local d = C.integral({ a, b }, wave, lum) - c * (b - a)
    flux, ew = flux + d, ew + d / c
  end
  if o.frame == "observed" then ew = ew * (1 + self.redshift) end
  return ew, flux
end

-- flux at the observer [erg/s/cm2] of every emission line of the ionised gas
local line_flux = {}
function line_flux:__tostring()
  local out = { ("%-16s %10s %14s %14s"):format("line", "wave [A]", "L [Lsun]", "flux [erg/s/cm2]") }
  for _, l in ipairs(self) do out[#out + 1] = ("%-16s %10.2f %14.5g %14.5g"):format(l.name, l.wave, l.luminosity, l.flux) end
  return table.concat(out, "\n")
end
line_flux.__galua_show = line_flux.__tostring

local function galaxy_line_fluxes(self)
  local wave, z = self:wave(), self.redshift
  local total, lum = self:flux(), self:lum()
  local k = 1
  while not (lum[k] > 0 and total[k] > 0 and wave[k] > 1e4) do k = k + 1 end -- beyond the reach of the IGM
  local per_lum = total[k] / (lum[k] * wave[k] ^ 2) * c_light * 1e-26 / (1 + z)
  local out = self:lines()
  for _, l in ipairs(out) do l.flux = l.luminosity * per_lum end
  return setmetatable(out, line_flux)
end

function M.extend_galaxy(galaxy)
  galaxy.spectrum, galaxy.index, galaxy.indices, galaxy.ew, galaxy.line_fluxes = galaxy_spectrum, galaxy_index, galaxy_indices, galaxy_ew,
    galaxy_line_fluxes
  doc.text("galaxy.spectrum", galaxy_spectrum, [[spectrum{ wave =, R =, sigma_v =, ... } -> spectrum
The spectrum as an instrument sees it: mean flux [mJy] of each pixel (fields wave, flux, lo, hi; :flambda() [erg/s/cm2/A]; plot(s)).
@param wave [A] pixel centres, or
@param edges [A] pixel edges, one more than pixels
@param R resolving power lambda/FWHM: a number, or one per pixel
@param fwhm [A] instead of R, one per pixel
@param air (false) wavelengths are air: true, 'ciddor' or 'morton'
@param sigma_v [km/s] (0) velocity dispersion of the stars
@param sigma_gas [km/s] dispersion of the emission lines; the nebular component's when left out
@param shift [km/s] (0) velocity on top of the redshift
@param component (total) one of spectra()
@param library (0) resolving power of the SSP spectra; 0: from their spacing; -1: perfect
@example s = g:spectrum{ wave = linspace(4000, 7000, 3000), R = 2000, sigma_v = 150 }]])
  doc.text("galaxy.index", galaxy_index, [[index(name[, { sigma_v =, lick = }]) -> number
A spectral index of the light that leaves the galaxy: the 25 Lick indices, D4000, Dn4000, beta (spectrum.indices()).
@param sigma_v [km/s] (0) velocity dispersion
@param lick (false) at the resolution of the Lick system]])
  doc.text("galaxy.indices", galaxy_indices, "indices([{ sigma_v =, lick = }]) -> table\nAll spectral indices by name.")
  doc.text("galaxy.ew", galaxy_ew, [[ew(line[, { frame = }]) -> number, number
Equivalent width [A], positive in emission, and line luminosity [Lsun] above a straight continuum, absorption under it included.
line: a name ("Halpha", "Hbeta", "[OIII]5007", "[OII]3727" ...) or { line = {lo, hi}, blue = {lo, hi}, red = {lo, hi} } in vacuum A.
@param frame (rest) rest or observed
@param component (total) one of spectra()]])
  doc.text("galaxy.line_fluxes", galaxy_line_fluxes, [[line_fluxes() -> list
Emission lines of the ionised gas after dust: name, wave [A], luminosity [Lsun], flux [erg/s/cm2].]])
end

-- ---------------------------------------------------------------- observations
-- options of a spectrum -> options of spectrum.attach: lines = { wave = {...}, sd = } flattened
local function attach(obs, given)
  local o = {}
  if type(given) == "string" then given = { file = given } end
  for k, v in pairs(given) do o[k] = v end
  local l = rawget(o, "lines")
  if l ~= nil then
    o.lines = nil
    l = galua.options("spectrum: lines", l, { wave = ":any", sd = ":any" })
    if not l.wave then galua.fail("spectrum: lines needs wave, the rest wavelengths [A, vacuum]") end
    local n, sd = #l.wave, {}
    for i = 1, n do
      sd[i] = math.huge
      if type(l.sd) == "number" then sd[i] = l.sd elseif l.sd ~= nil then sd[i] = l.sd[i] end
    end
    o.line_wave, o.line_sd = l.wave, sd
  end
  return C.attach(obs, o)
end

local function obs_spectrum(self, given)
  if given == nil then return C.data(self) end
  if type(given) ~= "table" and type(given) ~= "string" then
    galua.fail("observation:spectrum: expected a table of options or a file name, got a %s", type(given))
  end
  return attach(self, given)
end

local function obs_indices(self, given, how)
  if given == nil then return C.index_data(self) end
  local o = galua.options("observation:indices", how, { lick = true })
  local names = {}
  for name in pairs(given) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local v = given[name]
    if type(v) ~= "table" or not v[2] then galua.fail("observation:indices: %s must be { value, err }", tostring(name)) end
    C.add_index(self, name, v[1], v[2], o.lick)
  end
  return self
end

function M.extend_observation(class)
  class.spectrum, class.indices = obs_spectrum, obs_indices
  doc.text("observation.spectrum", obs_spectrum, [[spectrum{ wave =, flux =, err =, ... } -> observation      spectrum(file)      spectrum() -> table or nil
Gives the observation a spectrum, or returns the one it has (fields wave, lo, hi, flux, err [mJy], mask, fwhm, calibration).
@param wave [A] pixel centres, or
@param edges [A] pixel edges
@param file a table with columns wave, flux, err (or ivar), mask, R or fwhm, instead of the arrays
@param flux mean flux density of the pixels
@param err errors, or
@param ivar inverse variances; 0 masks
@param unit (mJy) of flux and err: F_nu or F_lambda, "1e-17 erg/s/cm2/A"
@param mask 1 where a pixel is not used
@param R resolving power, a number or one per pixel
@param fwhm [A] instead of R, one per pixel
@param air (false) wavelengths are air
@param calibration { mode = 'marginalised' | 'profiled' | 'sampled', order = 3, first = 1, kind = 'chebyshev' | 'legendre', sd = 0.1 }
@param lines { wave = {...} [A, vacuum, rest], sd = [erg/s/cm2] }: lines of free flux N(0, sd), marginalised; no sd: flat
@param library (0) resolving power of the SSP spectra; 0: from their spacing; -1: perfect]])
  doc.text("observation.indices", obs_indices, [[indices{ Hdelta_A = {5.1, 0.3}, ... }[, { lick = true }] -> observation      indices() -> list
Measured spectral indices, fitted beside the bands.]])
end

function M.observation(given)
  local o = galua.options("observation", given, { name = "", redshift = ":number", distance = ":number", citation = "", spectrum = ":any",
    photometry = ":any", indices = ":table", lick = true })
  local obs
  if type(o.photometry) == "string" then
    obs = galua.observation.read(o.photometry)
    if o.redshift or o.distance or o.name ~= "" then
      local from = obs
      obs = galua.observation.new{ name = o.name ~= "" and o.name or from.name, redshift = o.redshift or from.redshift,
        distance = o.distance or from.distance, citation = from.citation }
      for _, r in ipairs(from:rows()) do obs:add(r.filter, r.flux, r.err, r.kind, r.note) end
    end
  else
    obs = galua.observation.new{ name = o.name, redshift = o.redshift, distance = o.distance, citation = o.citation }
    for i, r in ipairs(o.photometry or {}) do
      if type(r) ~= "table" or #r < 3 then galua.fail("observation: photometry[%d] must be { band, flux [mJy], err }", i) end
      obs:add(r[1], r[2], r[3], r[4], r[5])
    end
  end
  if o.spectrum then obs_spectrum(obs, o.spectrum) end
  if o.indices then obs_indices(obs, o.indices, { lick = o.lick }) end
  return obs
end

-- what a results file keeps, and back
function M.store(obs)
  local d, out = C.data(obs), {}
  if d then
    out.spectrum = { calibration = d.calibration, library = d.library, raw_R = d.raw_R }
    d.calibration.sd = d.calibration.sd:totable()
    if d.calibration.mode ~= "marginalised" then d.calibration.sd = nil end
    for _, k in ipairs { "raw", "flux", "err", "mask", "line_wave", "line_sd" } do
      out.spectrum[k] = {}
      for i, v in ipairs(d[k]:totable()) do
        out.spectrum[k][i] = v ~= v and "nan" or v == math.huge and "inf" or v == -math.huge and "-inf" or v
      end
    end
  end
  if #C.index_data(obs) > 0 then out.indices = C.index_data(obs) end
  return next(out) and out or nil
end

function M.restore(obs, d)
  if d.spectrum then
    local o = {}
    for k, v in pairs(d.spectrum) do o[k] = v end
    for _, k in ipairs { "raw", "flux", "err", "mask", "line_wave", "line_sd" } do
      o[k] = {}
      for i, v in ipairs(d.spectrum[k]) do o[k][i] = v == "nan" and 0 / 0 or v == "inf" and math.huge or v == "-inf" and -math.huge or v end
    end
    if #o.line_wave == 0 then o.line_wave, o.line_sd = nil, nil end
    C.attach(obs, o)
  end
  for _, i in ipairs(d.indices or {}) do C.add_index(obs, i.name, i.value, i.err, i.lick) end
end

-- ---------------------------------------------------------------- fits
-- fit{ spec = { sigma_v = 150, shift = prior } }: fixed values as target{} wants them; priors into `free`
function M.resolve(spec, free)
  local list, fixed, names = C.params(), {}, {}
  for i, p in ipairs(list) do
    local name = p.name:match("[^.]+$")
    fixed[i], names[#names + 1] = 0 / 0, name
    local v = spec[name]
    if type(v) == "number" then
      fixed[i] = v
    elseif v ~= nil then
      if free[p.name] then galua.fail("fit: parameter '%s' is given twice, in spec and in free", p.name) end
      free[p.name] = v
    end
  end
  for k in pairs(spec) do
    local known = false
    for _, n in ipairs(names) do known = known or n == k end
    if not known then galua.fail("fit: spec has no '%s'%s", tostring(k), core.did_you_mean(tostring(k), names)) end
  end
  return galua.vec(fixed)
end

local function fit_spectrum(self)
  local d = C.data(self.data)
  if not d then galua.fail("fit:spectrum: the observation has no spectrum") end
  local s = self:samples()
  local _, i = self:best()
  local out = C.of_fit(self.target, s.x:row(i))
  out.wave, out.flux, out.err, out.mask, out.lo, out.hi = d.wave, d.flux, d.err, d.mask, d.lo, d.hi
  out.pull = (d.flux - out.fitted) / d.err
  return out
end

local function plot_spectrum(self, given)
  local o = galua.options("fit:plot_spectrum", given, { title = ":string", width = 7, height = 4.4 })
  local plot = require "galua.plot"
  local s = fit_spectrum(self)
  local x, y, e, m = {}, {}, {}, {}
  for i = 1, #s.wave do
    if s.mask[i] == 0 then
      local k = #x + 1
      x[k], y[k], e[k], m[k] = s.wave[i], s.flux[i], s.err[i], s.fitted[i]
    end
  end
  local f = plot.figure { rows = 2, cols = 1, width = o.width, height = o.height, height_ratios = { 3, 1 }, sharex = true, hspace = 5 }
  local top, low = f:axes(1), f:axes(2)
  top:set { ylabel = "S_{ν} [mJy]", title = o.title or (self.name ~= "" and plot.escape(self.name) or nil) }
  local lo, hi = {}, {}
  for i = 1, #x do lo[i], hi[i] = y[i] - e[i], y[i] + e[i] end
  top:band(x, lo, hi, { color = "#BBBBBB", label = "data" })
  top:line(x, m, { color = "#C8102E", width = 1, label = "model" })
  local r = {}
  for i = 1, #x do r[i] = (y[i] - m[i]) / e[i] end
  low:set { xlabel = "Observed wavelength [Å]", ylabel = "Residual [σ]", ylim = { -5, 5 } }
  low:hspan(-1, 1, { color = "#56B4E9", alpha = 0.22 })
  low:line(x, r, { color = "#1F3A5F", width = 0.7 })
  return f
end

function M.extend_fit(fit)
  fit.spectrum, fit.plot_spectrum = fit_spectrum, plot_spectrum
  doc.text("fit:spectrum", fit_spectrum, [[fit:spectrum() -> table
The spectrum at the sample of highest posterior: wave, flux, err, mask of the data, model [mJy], fitted (model with calibration
polynomial and free lines), pull, coef (of the polynomial, from order 0), amp (line fluxes [erg/s/cm2]).]])
  doc.text("fit:plot_spectrum", plot_spectrum, [[fit:plot_spectrum() -> figure
The spectrum, the model of highest posterior, and the residuals.]])
end

for k, v in pairs(M) do rawset(C, k, v) end
return C
