-- Point sources of an HDF5 catalogue: theta, phi [rad]; logpolycoefflux, logpolycoefpolflux [Jy], highest power of ln(nu/GHz) first.
local galua = require "galua"
local core = galua.sky_core
local templates = require "galua.sky.templates"

-- A catalogue that is nobody's: number counts n(>S) ~ S^-1.2 above 1 mJy at 100 GHz, spectral indices about -0.5
local function made_up(s)
  s.made_up = true
  local x = core.synthetic_catalogue(20000, s.seed)
  return x.theta, x.phi, x.flux, x.polflux
end

return function(s, row, add)
  local theta, phi, flux, polflux
  if row.theta then
    theta, phi, flux, polflux = row.theta, row.phi, row.flux, row.polflux
  else
    local path = templates.find(s, row.file)
    if path then
      theta, phi = core.h5(path, "theta")[1], core.h5(path, "phi")[1]
      flux, polflux = core.h5(path, "logpolycoefflux"), core.h5(path, "logpolycoefpolflux")
    else
      theta, phi, flux, polflux = made_up(s)
    end
  end
  add{ part = core.sources{ name = row.name, nside = s.nside, theta = theta, phi = phi, flux = flux, polflux = polflux, angle = row.angle,
    fwhm = row.fwhm and row.fwhm / 60 * math.pi / 180, compat = s.compat ~= nil } }
end
