-- What the vertical axis of an SED shows: a factor on S_nu [mJy] at each observed wavelength, and its label.
local galua = require "galua"
local M = {}

local c = 2.99792458e14                               -- micron/s
local mpc = 3.0856775814913673e24                     -- cm
local lsun = 3.828e33                                 -- erg/s
local four_pi = 4 * math.pi

-- factor(wave [micron, observed]) of 1 mJy; needs: what the galaxy must have. nu L_nu is the same in both frames.
local kinds = {
  S_nu = { label = "S_{ν} [mJy]", factor = function() return 1 end },
  nuF_nu = { label = "νF_{ν} [erg s^{−1} cm^{−2}]", factor = function(w) return 1e-26 * c / w end },
  F_lambda = { label = "F_{λ} [erg s^{−1} cm^{−2} Å^{−1}]", factor = function(w) return 1e-26 * c / (w * w) * 1e-4 end },
  nuL_nu = { label = "νL_{ν} [L_{☉}]", distance = true, factor = function(w, d) return 1e-26 * c / w * four_pi * (d * mpc) * (d * mpc) / lsun end },
  mag = { label = "AB magnitude", magnitude = true, factor = function() return 1 end },
}
M.names = "S_nu, nuF_nu, F_lambda, nuL_nu or mag"

-- AB magnitude of mJy; NaN where there is none.
function M.magnitude(mjy) return mjy > 0 and -2.5 * math.log10(mjy / 3.6307805477010137e6) or 0 / 0 end

-- The kind by name; distance [Mpc, luminosity distance] where it needs one.
function M.get(name, distance)
  local k = kinds[name or "S_nu"]
  if not k then galua.fail("plot.sed: quantity '%s' is unknown; use %s", tostring(name), M.names) end
  if k.distance and not (type(distance) == "number" and distance > 0) then
    galua.fail("plot.sed: quantity '%s' needs distance, the luminosity distance in Mpc (a galaxy with a redshift or a distance has it)", name)
  end
  return { label = k.label, magnitude = k.magnitude, factor = function(w) return k.factor(w, distance) end }
end

return M
