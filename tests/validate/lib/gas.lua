-- Line ratios of nebular.cloudy and what they are held against: shared by tests/validate/gas.lua and tests/lua/test_libraries.lua.
--   local G = dofile "tests/validate/lib/gas.lua"
local G = {}
G.metals = { 0.004, 0.005, 0.006, 0.008, 0.01, 0.012, 0.014, 0.016, 0.018, 0.02 }

local tables, made = {}, {}
-- 100 Myr of constant star formation
function G.model(name, Z, logU)
  tables[name] = tables[name] or (name == "bc03" and ssp.bc03() or ssp.synthesise {})
  local g = made[name] or galaxy { ssp = tables[name], sfh = sfh.constant { psi = 1 }, ism = false, nebular = nebular.cloudy {}, age = 1e8, redshift = 0.01 }
  made[name] = g
  g.sfh.Z, g.nebular.logU = Z, logU
  return g
end

function G.bpt(name, Z, logU)
  local d = G.model(name, Z, logU):derived()
  return math.log10(d.L_NII6584 / d.L_Halpha), math.log10(d.L_OIII5007 / d.L_Hbeta)
end

-- Kewley et al. 2001, ApJ 556, 121, eq. 5: the most extreme star formation
function G.kewley01(x) return 0.61 / (x - 0.47) + 1.19 end

-- Star-forming galaxies of SDSS: Kewley et al. 2013, ApJ 774, 100, eq. 3 at z = 0
function G.sequence(x) return 1.1 + 0.61 / (x + 0.08) end

-- Observed: q = 2.8e7 (Z/0.012)^-1.3 cm/s (Orsi et al. 2014, MNRAS 443, 799, eq. 9), U = q/c
function G.logU(Z) return math.log10(2.8e7 * (Z / 0.012) ^ -1.3 / 2.99792458e10) end

function G.distance(x, y)
  local d = math.huge
  for s = -2.5, -0.2, 1e-3 do d = math.min(d, math.sqrt((s - x) ^ 2 + (G.sequence(s) - y) ^ 2)) end
  return d
end
return G
