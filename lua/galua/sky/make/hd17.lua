-- Grains of Hensley & Draine: a radiation field that is a number, or drawn from maps of temperature and index with their errors.
local galua = require "galua"
local core = galua.sky_core
local templates = require "galua.sky.templates"

local function grains(s)
  s.grains = s.grains or {}
  local path = galua.data.path("sky/hd17.h5")
  for _, name in ipairs{ "silicate", "carbonaceous", "silicate_iron" } do s.grains[name] = s.grains[name] or galua.tables.read_array(path, name) end
  return s.grains
end

return function(s, row, add)
  local u = row.u
  if not u then
    local name, maps = "pysm_2/COM_CompMap_dust-commander_0256_R2.00.fits", {}
    local path = templates.find(s, name)
    if type(row.nside_u) ~= "number" or type(row.seed) ~= "number" then
      galua.fail("sky: hd17: give u, the radiation field, or nside_u and seed of the maps that it is drawn from")
    end
    local side = path and row.nside_u or math.ceil(row.nside_u / s.nside) * s.nside -- synthetic maps have any: one that this sky's divides
    for i, column in ipairs{ 4, 6, 7, 9 } do -- mean and deviation of T, of beta
      if path then
        maps[i] = core.column(path, column, side)
      else
        maps[i] = core.double((templates.synthetic_map(s, name, column, side)))
      end
    end
    u = core.radiation_field(row.seed, s.nside, maps[1], maps[2], maps[3], maps[4])
  end
  add{ law = row.law, I = row.I, Q = row.Q, U = row.U, unit = row.unit, par = { u = u }, opt = row.opt, tables = grains(s) }
end
