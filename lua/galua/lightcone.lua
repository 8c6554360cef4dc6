-- lightcone{ n =, z =, logm =, area =, law = }: halos of a patch of sky, few and weighted: points spread evenly over redshift and log10 mass,
-- each with the number of halos that it stands for. What they are used with, population{} and counts, is linear in the weights.
local galua = require "galua"
local doc = require "galua.doc"
local c, sphere = 299792.458, 4 * math.pi * (180 / math.pi) ^ 2 -- km/s; square degrees

-- the additive sequence of the generalised golden ratio: even in two dimensions at any number of points
local g = 1.324717957244746
local function points(n, seed)
  local x, y = galua.vec(n), galua.vec(n)
  for i = 1, n do x[i], y[i] = (0.5 + (i + seed * 7919) / g) % 1, (0.5 + (i + seed * 7919) / g ^ 2) % 1 end
  return x, y
end

local function pair(o, name, lo, hi)
  local v = o[name]
  if type(v) ~= "table" or type(v[1]) ~= "number" or type(v[2]) ~= "number" or not (v[1] < v[2] and v[1] >= lo and v[2] <= hi) then
    galua.fail("lightcone: %s must be { lowest, highest } within %g .. %g", name, lo, hi)
  end
  return v[1], v[2] - v[1]
end

local M = setmetatable({}, { __call = function(_, given)
  local o = galua.options("lightcone", given, { n = 1000, z = ":table", logm = ":table", area = 1, law = ":function", cosmology = ":any", seed = 0 })
  if not (o.n >= 1 and o.n % 1 == 0 and o.n <= 1e9) then galua.fail("lightcone: n = %g must be a whole number in 1 .. 1e9", o.n) end
  if not o.law then galua.fail("lightcone: law, function(logm, z) -> halos per comoving Mpc^3 and dex, is needed") end
  if not (o.area > 0 and o.area <= sphere) then galua.fail("lightcone: area = %g must lie within 0 .. 41253 square degrees", o.area) end
  local z0, dz = pair(o, "z", 0, 100)
  local m0, dm = pair(o, "logm", 5, 17)
  local cosmo = o.cosmology or galua.cosmology "Planck18"
  local u, v = points(o.n, o.seed)
  local z, logm, weights = u * dz + z0, v * dm + m0, galua.vec(o.n)
  for i = 1, o.n do
    local d = cosmo:comoving_distance(z[i])
    local volume = c / (cosmo.H0 * cosmo:efunc(z[i])) * d * d * 4 * math.pi * o.area / sphere -- dV/dz, a flat Universe
    local phi = o.law(logm[i], z[i])
    if type(phi) ~= "number" or not (phi >= 0 and phi < math.huge) then galua.fail("lightcone: law(%g, %g) gave %s, a number >= 0 is needed", logm[i], z[i], tostring(phi)) end
    weights[i] = phi * volume * dz * dm / o.n
  end
  return { z = z, logm0 = logm, n = o.n }, weights
end })

doc.text("lightcone", M, [[lightcone{ n =, z =, logm =, area =, law = } -> table, vec
Halos of a patch of sky: n points spread evenly over redshift and log10 mass, as options of population{} and diffstarpop{}:draw (z, logm0), and the number
of halos that each stands for, the weights of counts. Their sum is the number in the patch, to the accuracy of n points.
@param n (1000) points
@param z { lowest, highest } redshift
@param logm { lowest, highest } log10 mass at t0 [Msun]
@param area [deg2] (1) of the patch
@param law function(logm, z) -> halos per comoving Mpc^3 and dex of mass
@param cosmology (Planck18) a cosmology, flat
@param seed (0) another whole number: other points
@example halos, weights = lightcone{ z = { 0.1, 0.5 }, logm = { 11, 14 }, law = function(m) return 10 ^ (-2.5 - 0.9 * (m - 12)) end }; print(weights:sum())]])
return M
