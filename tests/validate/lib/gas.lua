-- Line ratios of nebular.cloudy and what they are held against: shared by tests/validate/gas.lua and tests/lua/test_libraries.lua.
--   local G = dofile "tests/validate/lib/gas.lua"
local G = {}
G.metals = { 0.004, 0.005, 0.006, 0.008, 0.01, 0.012, 0.014, 0.016, 0.018, 0.02 }

local tables, made = {}, {}
-- 100 Myr of constant star formation
function G.model(name, Z, logU, nitrogen)
  tables[name] = tables[name] or (name == "bc03" and ssp.bc03() or ssp.synthesise {})
  local key = name .. (nitrogen or "")
  local g = made[key] or galaxy { ssp = tables[name], sfh = sfh.constant { psi = 1 }, ism = false, nebular = nebular.cloudy { nitrogen = nitrogen }, age = 1e8, redshift = 0.01 }
  made[key] = g
  g.sfh.Z, g.nebular.logU = Z, logU
  return g
end

function G.bpt(name, Z, logU, nitrogen)
  local d = G.model(name, Z, logU, nitrogen):derived()
  return math.log10(d.L_NII6584 / d.L_Halpha), math.log10(d.L_OIII5007 / d.L_Hbeta)
end

-- Kewley et al. 2001, ApJ 556, 121, eq. 5: the most extreme star formation
function G.kewley01(x) return 0.61 / (x - 0.47) + 1.19 end

-- Star-forming galaxies of SDSS: Kewley et al. 2013, ApJ 774, 100, eq. 3 at z = 0
function G.sequence(x) return 1.1 + 0.61 / (x + 0.08) end

-- Observed log U at a metallicity, two ways. Z of the grid is in gas: log O/H = -3.29 at Z = 0.02.
G.relations = { "Orsi et al. 2014", "Kashino & Inoue 2019" }
function G.logU(Z, which)
  if which == "Orsi et al. 2014" then return math.log10(2.8e7 * (Z / 0.012) ^ -1.3 / 2.99792458e10) end -- MNRAS 443, 799, eq. 9: q, U = q/c
  -- MNRAS 486, 1053, table 2 (stacks of SDSS spectra, metallicities from auroral lines), for the mass that has this metallicity in such stacks (Andrews & Martini
  -- 2013, ApJ 765, 140) and its rate on the main sequence (Renzini & Peng 2015, ApJ 801, L29)
  local oh = 8.71 + math.log10(Z / 0.02)
  local mass = 8.901 - math.log10(10 ^ (8.798 - oh) - 1) / 0.640
  local rate = 0.76 * mass - 7.64 - mass
  local ne = 2.066 + 0.310 * (mass - 10) + 0.492 * (rate + 9)
  return -2.316 - 0.360 * (oh - 8) - 0.292 * ne + 0.428 * (rate + 9)
end

function G.distance(x, y)
  local d = math.huge
  for s = -2.5, -0.2, 1e-3 do d = math.min(d, math.sqrt((s - x) ^ 2 + (G.sequence(s) - y) ^ 2)) end
  return d
end
return G
