-- The synthesised populations against E-MILES, which was not fitted (its stars are MILES, as those of src/stars/lines.c; its populations are not):
-- indices at the Lick resolution, single stars, the effect of the initial mass function, features, and full-spectrum fits through fit{}.
-- MaStar populations share neither stars nor tracks with either. The indices stand in tests/ref/emiles_indices.csv, mastar_indices.csv; the spectra are fetched by scripts/validation/emiles.py (without them their part is skipped).
-- usage: galua tests/validate/emiles.lua [FOLDER = build/emiles]     prints measured and allowed; status 1 when a line is not met
local R = dofile "tests/validate/lib/ssp.lua"
local L = dofile "tests/validate/lib/lick.lua"
local E = dofile "tests/validate/lib/emiles_lines.lua" (R.report(), L, "build/validate_stargrid.bin")
E.indices()
E.mastar()
E.stars()
E.dwarfs()
E.imf()
local list = L.emiles(arg and arg[1] or "build/emiles")
if list then
  E.features(list)
  E.fits(list)
else
  print("skipped: features and full-spectrum fits; the spectra are fetched by  python3 scripts/validation/emiles.py build/emiles")
end
E.finish()
