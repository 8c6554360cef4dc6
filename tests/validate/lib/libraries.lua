-- Single populations of a table, as the galaxy model sees them: what tests/validate/libraries.lua and tests/lua/test_libraries.lua share.
--   local L = dofile "tests/validate/lib/libraries.lua"
--   local of = L.measurer(ssp, bands)     of(Z, age, redshift) -> { band = flux [mJy] ..., Lbol =, Q_H =, Dn4000 =, ... }
--   L.read(path), L.line(...)             rows of tests/ref/libraries/bc03_bands.txt
local L = {}

L.indices = { "Dn4000", "D4000", "Hbeta", "Mgb", "Fe5270", "Fe5335", "NaD", "C4668", "G4300", "Mg_2", "Hdelta_A" }

function L.measurer(table_of, bands)
  local g = galaxy { ssp = table_of, sfh = sfh.burst { mass = 1e10 }, ism = false, redshift = 0.01, distance = 10 }
  local names = {}
  for i, f in ipairs(bands) do names[i] = f.name end
  return function(Z, age, z)
    g.redshift, g.age, g.sfh.Z = z, age, Z
    local flux, out = g:band_flux(bands), {}
    for i, name in ipairs(names) do out[name] = flux[i] end
    local d = g:derived()
    out.Lbol, out.Q_H = d.Lbol, d.Q_H
    return out, g
  end
end

-- Bands at rest beyond the Lyman limit of the source: what is short of it never arrives.
function L.usable(f, z) return f.wave[1] / (1 + z) > 912 end

function L.line(Z, age, z, values, names)
  local t = {}
  for _, n in ipairs(names) do t[#t + 1] = ("%s=%.7g"):format(n, values[n]) end
  return ("%g %.10g %g : %s"):format(Z, age, z, table.concat(t, " "))
end

function L.read(path)
  local rows = {}
  for line in io.lines(path) do
    local Z, age, z, list = line:match("^(%S+) (%S+) (%S+) : (.*)$")
    if Z and line:sub(1, 1) ~= "#" then
      local row = { Z = tonumber(Z), age = tonumber(age), redshift = tonumber(z), names = {}, value = {} }
      for name, v in list:gmatch("(%S+)=(%S+)") do
        row.names[#row.names + 1] = name
        row.value[name] = tonumber(v)
      end
      rows[#rows + 1] = row
    end
  end
  return rows
end

return L
