-- A galaxy through an instrument: g:spectrum{}, g:index(), g:indices(), g:ew(), g:line_fluxes().
local galua = require "galua"
local core = require "galua.core"
local doc = require "galua.doc"
local windows = require "galua.spectrum.windows"
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
  core.over("spectrum:plot", o, options)
  return plot.lines { { self.wave, self.flux, label = o.label }, xlabel = o.xlabel, ylabel = o.ylabel, title = o.title,
    width = o.width or 6.2, height = o.height or 3.2, xlim = o.xlim, ylim = o.ylim }
end

require "galua.own_methods"("spectrum", pixels)

-- ---------------------------------------------------------------- galaxies
local function galaxy_spectrum(self, given)
  if type(given) ~= "table" then galua.fail("galaxy:spectrum: expected options, such as { wave = linspace(4000, 7000, 1500), R = 2000 }") end
  local s = C.observe(self, given)
  s.redshift, s.component = self.redshift, given.component or "total"
  return setmetatable(s, pixels)
end

local function galaxy_index(self, index, given)
  if type(index) ~= "string" and type(index) ~= "table" then
    galua.fail("galaxy:index: argument 1 must be the name of an index, such as \"Hdelta_A\", or { line =, blue =, red = }")
  end
  return C.galaxy_index(self, index, given or {})
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

-- equivalent width and line luminosity against a straight continuum through the means of two windows
local function galaxy_ew(self, what, given)
  local o = galua.options("galaxy:ew", given, { frame = "rest", component = "total", sigma_v = 0, sigma_gas = ":number" })
  if o.frame ~= "rest" and o.frame ~= "observed" then galua.fail("galaxy:ew: frame must be 'rest' or 'observed', got '%s'", o.frame) end
  local index = windows("galaxy:ew", what)
  local how = { component = o.component, sigma_v = o.sigma_v, sigma_gas = o.sigma_gas }
  local ew = C.galaxy_index(self, index, how)
  index.kind = "excess"
  return o.frame == "observed" and ew * (1 + self.redshift) or ew, C.galaxy_index(self, index, how)
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
  local out = self:lines()
  for _, l in ipairs(out) do l.flux = C.line_flux(self, l.name) end
  return setmetatable(out, line_flux)
end

local function galaxy_line_flux(self, name) return C.line_flux(self, name) end

return function(galaxy)
  galaxy.spectrum, galaxy.index, galaxy.indices, galaxy.ew = galaxy_spectrum, galaxy_index, galaxy_indices, galaxy_ew
  galaxy.line_fluxes, galaxy.line_flux = galaxy_line_fluxes, galaxy_line_flux
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
  doc.text("galaxy.index", galaxy_index, [[index(name or bands[, { sigma_v =, lick = }]) -> number
A spectral index of the light that leaves the galaxy: the 25 Lick indices, D4000, Dn4000, beta (spectrum.indices()), or one of your
own, { kind = "width", line = {lo, hi}, blue = {lo, hi}, red = {lo, hi} } [A]; kinds width and mag (positive in absorption), ew (-width),
excess (flux of the line [Lsun]), break (red over blue; no line).
@param sigma_v [km/s] (0) velocity dispersion of the stars
@param sigma_gas [km/s] dispersion of the emission lines; the nebular component's when left out
@param lick (false) at the resolution of the Lick system
@param component (total) one of spectra()]])
  doc.text("galaxy.indices", galaxy_indices, "indices([{ sigma_v =, lick = }]) -> table\nAll spectral indices by name; options as for index().")
  doc.text("galaxy.ew", galaxy_ew, [[ew(line[, { frame = }]) -> number, number
Equivalent width [A], positive in emission, and line luminosity [Lsun] above a straight continuum, absorption under it included.
line: a name ("Halpha", "Hbeta", "[OIII]5007", "[OII]3727" ...) or { line = {lo, hi}, blue = {lo, hi}, red = {lo, hi} } in vacuum A.
@param frame (rest) rest or observed
@param component (total) one of spectra()
@param sigma_v [km/s] (0) velocity dispersion of the stars
@param sigma_gas [km/s] dispersion of the emission lines; the nebular component's when left out]])
  doc.text("galaxy.line_flux", galaxy_line_flux, [[line_flux(name) -> number [erg/s/cm2]
Flux at the observer of an emission line, or a blend of them ("Halpha+[NII]6584", "[OII]3727"), after dust and the IGM.]])
  doc.text("galaxy.line_fluxes", galaxy_line_fluxes, [[line_fluxes() -> list
Emission lines of the ionised gas after dust: name, wave [A], luminosity [Lsun], flux [erg/s/cm2].]])
end
