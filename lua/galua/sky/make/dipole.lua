-- The dipole of the microwave background: all orders at once, or first order and the kinematic quadrupole apart.
local galua = require "galua"
return function(s, row, add)
  local core = galua.sky_core
  local function field(kind)
    return core.dipole{ nside = s.nside, kind = kind, amplitude = row.amplitude, T = row.T, lon = row.lon, lat = row.lat }
  end
  if not row.quadrupole then return add{ law = "cmb", fields = { I = field "full" } } end
  add{ law = "cmb", fields = { I = field "first" } }
  add{ law = "quadrupole", fields = { I = field "quadratic" }, opt = { T = row.T } }
end
