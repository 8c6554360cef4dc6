-- The PySM 2 reference maps (nside 64; 30, 100, 353 GHz) against each other through our laws: tests/ref/sky/pysm2_cut.h5, made by
-- scripts/peers/sky_cut.py. Tolerances: maps are single precision; constants of PySM 2 differ in the sixth digit where it is said.
local test = require "galua.test"
local core = galua.sky_core
local file = "tests/ref/sky/pysm2_cut.h5"
local nus = { 30, 100, 353 }

local function maps(name)
  local m = {}
  for _, nu in ipairs(nus) do m[nu] = tables.read_array(file, ("%s_%d"):format(name, nu)) end
  return m
end

local one = core.number(1)
local function part(law, opt, par)
  local p = { law = law, I = one, Q = one, U = one, opt = opt, par = {} }
  for k, v in pairs(par) do p.par[k] = core.number(v) end
  return core.part(p)
end
local synch = part("power_law", { nu_I = 0.408, nu_P = 23 }, { beta = -3 })
local curved = part("curved_power_law", { nu_I = 0.408, nu_P = 23, nu_curve = 23 }, { beta = -3, curvature = -0.052 })
local dust = part("mbb", { nu_I = 545, nu_P = 353 }, { beta = 1.5, T = 20 })
local delta = {}
for _, nu in ipairs(nus) do delta[nu] = band.delta(nu) end

-- Largest relative difference of two rows where the second is not small
local function worst(n, f)
  local w = 0
  for k = 1, n do
    local a, b = f(k)
    if b ~= 0 then w = math.max(w, math.abs(a / b - 1)) end
  end
  return w
end

test.describe("PySM 2 maps", function()
  local s1, s2, s3 = maps "c2synch", maps "c7synch", maps "c10synch"
  local n = s1[30].cols

  test.it("s3 is s1 with curvature: 1.5e-7 at all frequencies", function()
    for _, nu in ipairs(nus) do
      for c = 1, 3 do
        local f = curved:scale(delta[nu], { -3, -0.052 }, c > 1) / synch:scale(delta[nu], { -3 }, c > 1)
        local a, b = s1[nu][c], s3[nu][c]
        test.ok(worst(n, function(k) return a[k] * f, b[k] end) < 1.5e-7, ("%d GHz, component %d"):format(nu, c))
      end
    end
  end)

  test.it("s2 is s1 with the index that varies with latitude, read and degraded from nside 256: 3e-7", function()
    local beta = galua.healpix.read("tests/ref/sky/beta_latvar.fits", { precision = 64 }):ud_grade(64):values(1)
    local pixel, b1, err = tables.read_array(file, "pixels")[1], {}, 0
    for k = 1, n do b1[k] = math.log(s1[353][1][k] / s1[30][1][k]) / math.log(353 / 30) end
    for k = 1, n do
      local b2 = math.log(s2[353][1][k] / s2[30][1][k]) / math.log(353 / 30)
      err = math.max(err, math.abs(b2 / beta[pixel[k] + 1] - 1))
    end
    test.ok(err < 6e-8, "index")
    for _, nu in ipairs(nus) do
      for c = 1, 3 do
        local a, b = s1[nu][c], s2[nu][c]
        local w = worst(n, function(k)
          return a[k] * synch:scale(delta[nu], { beta[pixel[k] + 1] }, c > 1) / synch:scale(delta[nu], { b1[k] }, c > 1), b[k]
        end)
        test.ok(w < 4e-7, ("%d GHz, component %d: %g"):format(nu, c, w)) -- the index of s1 is known to the rounding of its maps, times ln(nu/nu0)
      end
    end
  end)

  test.it("free-free has the slope -2.14 and no polarisation", function()
    local f = maps "c4freef"
    test.eq(f[30].rows, 1) -- the cut keeps polarisation where there is any
    test.ok(worst(n, function(k) return math.log(f[353][1][k] / f[30][1][k]) / math.log(353 / 30), -2.14 end) < 5e-8 / 2.14) -- rounding of two maps
  end)

  test.it("the microwave background has its spectrum: constants of PySM 2 differ by 1.4e-7 and 1.4e-6, maps are rounded", function()
    local pixel, cmb = tables.read_array(file, "pixels")[1], maps "c5cmb"
    for _, p in ipairs{ { 100, 0.795471023, 3e-7 }, { 353, 0.0793051524, 1.6e-6 } } do
      local f = band.convert(1, "K_CMB", "K_RJ", p[1]) / band.convert(1, "K_CMB", "K_RJ", 30)
      test.close(f, p[2], 1e-9)
      test.ok(worst(n, function(k) return cmb[30][1][pixel[k] + 1] * f, cmb[p[1]][1][k] end) < p[3])
    end
  end)

  -- Index and temperature of a pixel from its two colours, by Newton's method on logarithms
  local function solve(r1, r2)
    local beta, T = 1.55, 20
    local function colours(b, t)
      local x = { b, t }
      local f30, f100, f353 = dust:scale(delta[30], x), dust:scale(delta[100], x), dust:scale(delta[353], x)
      return math.log(f100 / f30) - math.log(r1), math.log(f353 / f100) - math.log(r2)
    end
    for _ = 1, 30 do
      local a, b = colours(beta, T)
      local ab, bb = colours(beta + 1e-5, T)
      local at, bt = colours(beta, T + 1e-4)
      local j11, j12, j21, j22 = (ab - a) / 1e-5, (at - a) / 1e-4, (bb - b) / 1e-5, (bt - b) / 1e-4
      local det = j11 * j22 - j12 * j21
      local db, dt = (-a * j22 + b * j12) / det, (-b * j11 + a * j21) / det
      beta, T = beta + db, T + math.max(-3, math.min(3, dt))
      if math.abs(db) < 1e-9 and math.abs(dt) < 1e-7 then break end
    end
    return beta, T
  end

  test.it("d1, d2, d3: colours of I and of Q are one pair of index and temperature, which gives both at all frequencies", function()
    for i, name in ipairs{ "c1therm", "c6therm", "c9therm" } do
      local m = maps(name)
      local lo, hi, colour, follow = 1e9, -1e9, 0, 0
      for k = 1, n, 7 do
        local beta, T = solve(m[100][1][k] / m[30][1][k], m[353][1][k] / m[100][1][k])
        lo, hi = math.min(lo, T), math.max(hi, T)
        for c = 2, 3 do
          if math.abs(m[30][c][k]) > 1e-4 then
            for _, p in ipairs{ { 100, 30 }, { 353, 100 } } do
              local want = dust:scale(delta[p[1]], { beta, T }, true) / dust:scale(delta[p[2]], { beta, T }, true)
              follow = math.max(follow, math.abs(m[p[1]][c][k] / m[p[2]][c][k] / want - 1))
              colour = math.max(colour, math.abs(m[p[1]][c][k] / m[p[2]][c][k] / (m[p[1]][1][k] / m[p[2]][1][k]) - 1))
            end
          end
        end
      end
      test.ok(colour < 3e-7 and follow < 3e-7, ("%s: %g %g"):format(name, colour, follow))
      if i == 1 then test.ok(lo > 15 and hi < 29, ("T %g .. %g"):format(lo, hi)) end
    end
  end)

  test.it("a2 is polarised by 2 per cent along the dust: our formula gives its Q and U", function()
    local a2, d1 = maps "c8spinn", maps "c1therm"
    local a, d = a2[30], d1[353]
    local I, Q, U = core.vec(a[1]), core.vec(d[2]), core.vec(d[3])
    local q, u = core.formula("cos_atan", { I, Q, U }, { 0.02 }):values(), core.formula("sin_atan", { I, Q, U }, { 0.02 }):values()
    local w, seen = 0, 0
    for k = 1, n do
      if a[1][k] > 1e-3 then
        seen = seen + 1
        w = math.max(w, math.abs(q[k] - a[2][k]) / (0.02 * a[1][k]), math.abs(u[k] - a[3][k]) / (0.02 * a[1][k]))
      end
    end
    test.ok(seen > 1000 and w < 3e-7, ("%d pixels, %g"):format(seen, w)) -- rounding of four single precision numbers
  end)

  -- single precision of the file: 6e-8
  test.it("synchrotron through a beam of 1 degree: 1e-7 of healpy's, three iterations", function()
    local whole, seen = tables.read_array(file, "c2synch_30_whole"), tables.read_array(file, "c2synch_30_smoothed")
    local function smooth(opt)
      local v = healpix.map{ nside = 64, values = whole[1], unit = "uK_RJ" }:smooth(opt):values(1)
      return worst(#v, function(k) return v[k], seen[1][k] end)
    end
    local e = smooth{ fwhm = 60, lmax = 191, method = "jacobi", iterations = 3 }
    test.ok(e < 1e-7, ("%.2g"):format(e))
    test.ok(smooth{ fwhm = 60, lmax = 191, method = "jacobi", iterations = 0 } > 1e-3) -- it can fail
  end)

  test.it("c1 is made again from spectra and seed: 1.5e-6", function()
    local m = sky{ nside = 64, models = { { "c1", seed = 1234 } }, single = false }:emission(30, "uK_RJ")
    local ref = tables.read_array(file, "c5cmb_30")
    for c, rms in ipairs{ 82.5, 0.69, 0.697 } do
      local x, w = m:values(c), 0
      for k = 1, 49152 do w = math.max(w, math.abs(x[k] - ref[c][k])) end
      test.ok(w < 1.5e-6 * 4 * rms, ("component %d: %g of its largest values"):format(c, w / (4 * rms)))
    end
    local first = { { 60.655637427374, 174.670621787951, -30.122448700382 }, { -0.471262823171, 0.411431571202, -0.242070833099 },
      { -0.2420704148, 0.187544719029, 0.71682328988 } }
    local k = sky{ nside = 64, models = { { "c1", seed = 1234 } }, single = false }:emission(30, "uK_CMB")
    for c = 1, 3 do
      for i = 1, 3 do test.close(k:values(c)[i], first[c][i], 2e-6) end
    end
  end)
end)
