-- What the initial mass function does to indices in the populations of Maraston (2005): makes tests/ref/maraston_indices.csv, which
-- tests/validate/emiles.lua compares with.
-- usage: galua scripts/validation/maraston_imf.lua sed.ssz001.rhb sed.krz001.rhb > tests/ref/maraston_indices.csv
-- The two files are Salpeter's and Kroupa's of Z = 0.01, red horizontal branch, as the author publishes them (the first file of his archive of SSPs of
-- either IMF): age [Gyr], [Z/H], wavelength [A], luminosity. Rows outside 3810-6490 A are not needed.
local L = dofile "tests/validate/lib/lick.lua"
local ages = { 1, 3, 6, 10, 13 }

local function read(path)
  local of = {}
  for line in io.lines(path) do
    local age, _, wave, flux = line:match("(%S+)%s+(%S+)%s+(%S+)%s+(%S+)")
    age, wave = tonumber(age), tonumber(wave)
    if wave >= 3810 and wave <= 6490 then
      local s = of[age] or { {}, {} }
      of[age] = s
      table.insert(s[1], wave)
      table.insert(s[2], tonumber(flux))
    end
  end
  return of
end

local salpeter, kroupa = read(arg[1]), read(arg[2])
io.write [[
# Salpeter minus Kroupa: what the initial mass function does to indices of the populations of Maraston (2005, MNRAS 362, 799; Z = 0.01, red horizontal
# branch, both from 0.1 to 100 Msun), measured on his spectra in bins of 20 A by scripts/validation/maraston_imf.lua. Mg_1, Mg_2, TiO_2 and the break
# Dn4000 in magnitudes, the others in A. Figures only; no spectrum is redistributed.
]]
print("age_gyr," .. table.concat(L.imf_names, ","))
for _, age in ipairs(ages) do
  local s, k = salpeter[age], kroupa[age]
  local a, b, out = L.of_bins(vec(s[1]), vec(s[2])), L.of_bins(vec(k[1]), vec(k[2])), { ("%g"):format(age) }
  for _, name in ipairs(L.imf_names) do out[#out + 1] = ("%.5f"):format(a[name] - b[name]) end
  print(table.concat(out, ","))
end
