-- Makes tests/ref/emiles_indices.csv and mastar_indices.csv: indices at the Lick resolution of the populations that scripts/validation/emiles.py and
-- mastar.py fetched.
-- usage: galua scripts/validation/emiles_indices.lua build/emiles > tests/ref/emiles_indices.csv
--        galua scripts/validation/emiles_indices.lua build/mastar mastar > tests/ref/mastar_indices.csv
local L = dofile "tests/validate/lib/lick.lua"
local name = arg[2] or "emiles"
local list = L[name](arg[1] or "build/emiles")
if not list then error("emiles_indices: no spectra in the folder given: run scripts/validation/" .. name .. ".py first", 0) end
local of = L.measurer(name == "mastar" and 2.8 or 2.5)
if name == "mastar" then
  print("# Indices of MaStar populations (Maraston et al. 2020, MNRAS 496, 2962; v1.0, Salpeter), measured on the spectra of sdss-mangadap 4.5.0 at the Lick")
  print("# resolution (breaks at theirs) by scripts/validation/emiles_indices.lua. Figures only; no spectrum is redistributed.")
else
  print("# Indices of E-MILES populations (Vazdekis et al. 2016, MNRAS 463, 3409; Padova 2000, unimodal IMF of slope 1.3), measured on the spectra of ppxf")
  print("# 8.2.6 at the Lick resolution (breaks at 2.5 A) by scripts/validation/emiles_indices.lua. Figures only; no spectrum is redistributed.")
end
print("mh,age_gyr," .. table.concat(L.names, ","))
table.sort(list, function(a, b) return a.mh < b.mh or a.mh == b.mh and a.age < b.age end)
for _, s in ipairs(list) do
  local m, row = of(s.wave, s.flux), { ("%g"):format(s.mh), ("%g"):format(s.age / 1e9) }
  for _, name in ipairs(L.names) do row[#row + 1] = ("%.4f"):format(m[name]) end
  print(table.concat(row, ","))
end
