-- Physics of the whole galaxy: a part of tests/validate/galaxy.lua, and limits.
local galua = require "galua"
local test = galua.test
local P = dofile "tests/validate/lib/galaxy.lua"

local function all(o)
  o = o or {}
  for k, v in pairs{ nebular = galua.nebular.hii{}, synchrotron = true, xrb = true, agn = galua.agn.torus{}, igm = true } do
    if o[k] == nil then o[k] = v end
  end
  return galua.galaxy(o)
end

test.describe("random draws", function()
  test.it("re-emit what they absorb: every combination of dust, gas and nucleus", function()
    for i, case in ipairs(P.cases()) do
      local worst, count, refused = P.closure(case, 65, i)
      test.ok(worst < 1e-6 and refused < 0.1 * count, ("%s: worst %g, %d of %d refused"):format(case.name, worst, refused, count))
    end
  end)
  test.it("of the widest ranges are finite and not negative: every component alone, and all", function()
    for i, case in ipairs(P.alone()) do
      local count, refused = P.finite(case, 130, i)
      test.ok(refused < 0.1 * count, ("%s: %d of %d refused"):format(case.name, refused, count))
    end
  end)
end)

test.describe("limits", function()
  local table_of = galua.ssp.synthetic()
  local function make(o)
    o.ssp, o.redshift = table_of, o.redshift or 0.1
    return galua.galaxy(o)
  end
  test.it("without dust there are stars only", function()
    local bare, w = make{ ism = false }, nil
    for _, o in ipairs{ { ism = galua.ism.two_phase{ norm_MC = 0, norm_DD = 0 } }, { attenuation = galua.attenuation.calzetti{ A_V = 0 } } } do
      local g = make(o)
      w = w or g:wave()
      local a, b = g:lum(), bare:lum()
      for k = 1, #w do test.ok(math.abs(a[k] - b[k]) <= 1e-12 * b[k]) end
      test.ok(g:derived().Ldust == 0 and g:derived().A_V == 0)
    end
  end)
  test.it("stars that never leave their clouds are all behind them", function()
    local g = make{ attenuation = galua.attenuation.power_law{ A_V = 0.7, n = -0.7, A_V_birth = 1.1, n_birth = -1.3, tau_esc = 1e10 } }
    local w, s, e = g:wave(), g:lum("stellar"), g:lum("extinct")
    for k = 1, #w, 7 do
      local a = 0.7 * (w[k] / 5500) ^ -0.7 + 1.1 * (w[k] / 5500) ^ -1.3
      local left = 10 ^ (-0.4 * a)
      test.ok(math.abs(e[k] - s[k] * left) <= 1e-9 * s[k] * left + 1e-15 * s[k])
    end
  end)
  test.it("flux times distance squared does not depend on a small redshift", function()
    local g, c = all{ igm = false, compat = { no_background = true } }, galua.cosmology("Planck18") -- dust is seen against it at z > 0
    local function scaled(z)
      g.redshift = z
      local d = c:luminosity_distance(z)
      return g:flux() * (d * d / (1 + z))
    end
    local a = scaled(1e-2)
    for _, z in ipairs{ 1e-3, 1e-4, 1e-6 } do
      local b = scaled(z)
      for k = 1, #a, 11 do test.ok(math.abs(a[k] - b[k]) <= 1e-12 * a[k]) end
    end
    g.redshift, g.distance = 0, 10
    local near = g:flux()
    g.distance = 1000
    local far = g:flux()
    for k = 1, #near, 11 do test.ok(math.abs(near[k] - 1e4 * far[k]) <= 1e-12 * near[k]) end
    g.distance = 0
    test.throws(function() g:flux() end, "~redshift = 0 has no distance")
  end)
  test.it("gas gives back .5 to 1 of the ionising energy it takes: bursts and constant histories, any metallicity, any state", function()
    local least, most, cells = 9, 0, 0
    for _, history in ipairs{ galua.sfh.constant{}, galua.sfh.exponential{ tau = 1e6 } } do
      local g = make{ sfh = history, ism = false, nebular = galua.nebular.hii{} }
      local weights = P.weights(g)
      for _, state in ipairs{ { -2.5, 0 }, { -1, -3 }, { -4, 3 } } do -- log U, metallicity of the gas relative to that of the stars [dex]
        g.nebular.logU, g.nebular.dlogZ = unpack(state)
        for _, z in ipairs{ 1e-4, 4e-3, 0.02, 0.04 } do
          g.sfh.Z = z
          for _, age in ipairs{ 1e6, 5e6, 1e7, 3e7, 5e7, 1e8, 3e8, 1e9, 1e10 } do
            g.age = age
            local taken = weights:dot(g:lum("stellar")) - weights:dot(g:lum("extinct"))
            local share = weights:dot(g:lum("nebular")) / taken
            least, most, cells = math.min(least, share), math.max(most, share), cells + 1
          end
        end
      end
    end
    -- rounding of the difference of two bolometric luminosities, of which an old burst has 1e-4 in the Lyman continuum
    test.ok(least >= 0.5 and most <= 1 + 1e-9 and cells == 216, ("gas gives %g to %g of what it takes"):format(least, most))
  end)
end)

test.describe("parameters out of range", function()
  local g = all{ redshift = 0.5, sfh = galua.sfh.delayed{} }
  test.it("are refused with name, value and range; clamp takes the nearest", function()
    local soft = all{ redshift = 0.5, sfh = galua.sfh.delayed{}, clamp = true }
    local seen = 0
    for _, p in ipairs(g:params()) do
      for _, v in ipairs{ p.hi + math.max(1, math.abs(p.hi)), p.lo - math.max(1, math.abs(p.lo)) } do
        local ok, message = pcall(function() g:set(p.name, v) end)
        test.ok(not ok, p.name .. " took " .. v)
        message = tostring(message)
        for _, part in ipairs{ p.name, ("%g"):format(v), ("%g"):format(p.lo), ("%g"):format(p.hi) } do
          test.ok(message:find(part, 1, true), ("'%s' is not in: %s"):format(part, message))
        end
        soft:set(p.name, v)
        test.eq(soft:get(p.name), v > p.hi and p.hi or p.lo)
        soft:set(p.name, p.value)
        seen = seen + 1
      end
    end
    test.ok(seen > 60)
    test.throws(function() soft:set("age", 0 / 0) end, "~age = %-?nan")
  end)
end)
