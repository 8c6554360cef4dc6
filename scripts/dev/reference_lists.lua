-- galua scripts/dev/reference_lists.lua FOLDER: the short lists of tests/ref/ssp_reference and the cut templates of tests/ref/dust, from the
-- whole tables in FOLDER (ssp_reference/, dust/). Of the tables of populations and stars only the figures that the tests compare with are
-- listed; the whole tables stay where they are.
local from = arg[1] or "../shared/data"
local R = dofile "tests/validate/lib/ssp.lua"
R.full = from

local function write(name, about, head, rows)
  local f = assert(io.open("tests/ref/ssp_reference/" .. name, "w"))
  for line in about:gmatch("[^\n]+") do f:write("# ", line, "\n") end
  f:write(table.concat(head, ","), "\n")
  for _, r in ipairs(rows) do
    local cells = {}
    for i, k in ipairs(head) do
      local v = r[k]
      cells[i] = v == nil and "" or type(v) == "number" and ("%.6g"):format(v) or v
    end
    f:write(table.concat(cells, ","), "\n")
  end
  f:close()
end
local function set(...)
  local s = {}
  for _, k in ipairs { ... } do s[k] = true end
  return s
end

-- colours of populations: mean of four published sets, every second age
local head = { "Z", "age_Myr", "u-g", "g-r", "r-i", "V_B90-Ks", "i-z", "z-J", "J-Ks", "NUV-u", "V_B90", "logQ_HI" }
local rows = {}
for _, Z in ipairs { 0.001, 0.02, 0.04 } do
  local ref = R.reference(Z)
  for k = 1, #R.ages, 2 do
    if Z == 0.02 or R.ages[k] > 29 then
      local row = { Z = Z, age_Myr = R.ages[k] }
      for i = 3, Z == 0.02 and #head or 6 do
        local a, b = head[i]:match("^([^-]+)-?(.*)$")
        row[head[i]] = ref(R.ages[k], a, b ~= "" and b or nil)
      end
      rows[#rows + 1] = row
    end
  end
end
write("colours.csv", [[Colours and V of populations (AB, absolute, 1 Msun formed) and log10 of ionising photons per second: mean of Maraston 2005 (MNRAS 362, 799;
Kroupa, red horizontal branch) and of the isochrones Padova 2007 (Marigo et al. 2008, A&A 482, 883), BaSTI (Pietrinferni et al. 2004,
ApJ 612, 168) and PARSEC (Bressan et al. 2012, MNRAS 427, 127) with the spectra of Castelli & Kurucz 2004. Figures for comparison alone.
Written by scripts/dev/reference_lists.lua.]], head, rows)

-- stars
rows = {}
local teff = set(3500, 3750, 4000, 4250, 4500, 5000, 5500, 6000, 6500, 7000, 8000, 9000, 10000, 12000, 15000, 20000, 25000, 30000, 35000,
  40000, 45000)
local logg = { ckp00 = set(1.5, 2.5, 3.5, 4.5), ckm05 = set(2.5, 4.5), ckm15 = set(2.5, 4.5) }
for _, r in ipairs(R.csv("ck04_star_mags.csv")) do
  if logg[r.grid] and logg[r.grid][r.logg] and teff[r.Teff] then rows[#rows + 1] = r end
end
write("ck04_star_mags.csv", [[AB magnitudes of stars of 1 Lsun and log10 of ionising photons per s and cm2 of surface, from the spectra of Castelli & Kurucz 2004
(IAU Symp. 210, A20; astro-ph/0405087), grids [M/H] = 0, -0.5, -1.5: the stars that the tests compare with.
Written by scripts/dev/reference_lists.lua.]],
  { "grid", "Teff", "logg", "log_qH_photons_s_cm2", "FUV", "NUV", "u", "g", "r", "i", "z", "V_B90", "J", "Ks" }, rows)

-- bolometric luminosities
rows = {}
for i, r in ipairs(R.csv("fsps_solar_kroupa_mass_lbol.csv")) do
  if r.log10_age_yr >= 6.47 and r.log10_age_yr <= 10.12 and i % 6 == 0 then rows[#rows + 1] = r end
end
write("fsps_solar_kroupa_mass_lbol.csv", [[Bolometric luminosity of a population by FSPS (Conroy, Gunn & White 2009, ApJ 699, 486; MIT licence): Padova isochrones, solar, Kroupa.
Every sixth age; written by scripts/dev/reference_lists.lua.]], { "log10_age_yr", "log10_mass_surviving", "log10_Lbol_Lsun" }, rows)

-- empirical spectra
rows = {}
for _, r in ipairs(R.csv("miuscat_basti_kroupa_mags.csv")) do
  if math.abs(r.MH - 0.06) < 1e-6 then rows[#rows + 1] = r end
end
write("miuscat_basti_kroupa_mags.csv", [[AB magnitudes of populations from empirical spectra, MIUSCAT (Vazdekis et al. 2012, MNRAS 424, 157), BaSTI isochrones, Kroupa.
Written by scripts/dev/reference_lists.lua.]], { "age_Myr", "MH", "g", "r", "i" }, rows)

-- a young population with nebular emission
local mags = R.fsps_nebular()
rows = {}
for _, band in ipairs { "FUV", "NUV", "u", "g", "r", "i", "z", "J", "H", "Ks" } do rows[#rows + 1] = { band = band, mag = mags[band] } end
write("fsps_nebular_mags.csv", [[AB magnitudes of a population of 0.56 Myr, Z = 0.019, with nebular emission of log U = -2 (Byler et al. 2017, ApJ 840, 44) by FSPS (MIT
licence): integrals of its spectrum through the curves of tests/validate/lib/ssp.lua. Written by scripts/dev/reference_lists.lua.]], { "band", "mag" }, rows)

-- nebular lines, in the columns of the whole table
rows = {}
for line in io.lines(from .. "/ssp_reference/byler17_lines_subset.csv") do
  local z, age, u = line:match("^([^,]+),([^,]+),([^,]+),")
  if age == "1" and set("-1.98", "-0.98", "-0.39", "0.00", "0.20")[z] and set("-4.0", "-2.5", "-1.0")[u] or z == "logZ_Zsol" then
    rows[#rows + 1] = line
  end
end
local f = assert(io.open("tests/ref/ssp_reference/byler17_lines_subset.csv", "w"))
f:write([[
# Luminosity of 22 lines [Lsun per ionising photon per second] of the CLOUDY grid of Byler et al. 2017 (ApJ 840, 44) as FSPS carries it (MIT
# licence), no dust in the gas, age 1 Myr: the models that the tests compare with. Written by scripts/dev/reference_lists.lua.
]], table.concat(rows, "\n"), "\n")
f:close()

-- dust: every 20th wavelength, 4 digits
for _, q in ipairs { "00", "10", "20", "30", "40", "50", "60" } do
  local name = "DL07_MW3.1_" .. q .. ".dat"
  local out, n = assert(io.open("tests/ref/dust/" .. name, "w")), 0
  out:write("# Draine & Li 2007 (ApJ 657, 810) in the layout of FSPS (https://github.com/cconroy20/fsps, MIT licence, see LICENSE): every 20th wavelength,\n",
    "# four digits. lambda [um], then L_nu at U_min and at U_min with a power law of intensities, for each of 22 U_min\n")
  for line in io.lines(from .. "/dust/" .. name) do
    local cells = {}
    for x in line:gmatch("%S+") do cells[#cells + 1] = tonumber(x) end
    if not line:find("^#") and #cells == 45 then
      if n % 20 == 0 then
        for i = 2, #cells do cells[i] = ("%.3E"):format(cells[i]) end
        cells[1] = ("%.6g"):format(cells[1])
        out:write(table.concat(cells, " "), "\n")
      end
      n = n + 1
    end
  end
  out:close()
end
