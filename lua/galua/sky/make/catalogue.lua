-- Point sources of an HDF5 catalogue: theta, phi [rad]; logpolycoefflux, logpolycoefpolflux [Jy], highest power of ln(nu/GHz) first.
local galua = require "galua"
local core = galua.sky_core
local templates = require "galua.sky.templates"

-- A catalogue that is nobody's: number counts n(>S) ~ S^-1.2 above 1 mJy at 100 GHz, spectral indices about -0.5
local function made_up(s)
  s.made_up = true
  return core.synthetic_catalogue(20000, s.seed)
end

return function(s, row, add)
  local x = row
  if not row.theta then
    if not row.file then galua.fail("sky: a catalogue needs a file, or theta, phi and flux") end
    local path = templates.find(s, row.file)
    x = path and core.catalogue(path) or made_up(s)
  end
  add{ part = core.sources{ name = row.name, nside = s.nside, theta = x.theta, phi = x.phi, flux = x.flux, polflux = x.polflux, angle = row.angle,
    fwhm = row.fwhm and row.fwhm / 60 * math.pi / 180, compat = s.compat ~= nil } }
end
