-- A galaxy through an instrument: g:spectrum{}, g:index(), g:indices(), g:ew(), g:line_fluxes().
local galua = require "galua"
local doc = require "galua.doc"
local core = require "galua.core"
local C = galua.spectrum
local c_light = 2.99792458e18 -- A/s

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

return function(galaxy)
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
