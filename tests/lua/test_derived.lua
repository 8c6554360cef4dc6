-- Derived quantities against closed forms.
local galua = require "galua"
local test = galua.test
local table_of = galua.ssp.synthetic()

local function make(o)
  o.ssp, o.redshift = table_of, o.redshift or 0.1
  return galua.galaxy(o)
end
local function trapz(x, y, lo, hi)
  local s = 0
  for i = 1, #x - 1 do
    if x[i] >= (lo or 0) and x[i + 1] <= (hi or math.huge) then s = s + 0.5 * (y[i] + y[i + 1]) * (x[i + 1] - x[i]) end
  end
  return s
end

test.describe("formation times", function()
  test.it("of a constant rate: half the age, a tenth of it", function()
    local g = make{ sfh = galua.sfh.constant{ psi = 3 }, age = 4e9 }
    local d = g:derived()
    test.close(d.t50, 2e9, 1e-9)
    test.close(d.t90, 4e8, 1e-9)
    test.close(d.age_mw, 2e9, 1e-9)
    test.close(d.Mformed, 1.2e10, 1e-12)
    test.close(d.SFR10, 3, 1e-12)
    test.close(d.sSFR10, 3 / d.Mstar, 1e-12)
    test.close(d.sSFR, 3 / d.Mstar, 1e-12)
    g.sfh.tau_quench = 3e9 -- forms for 3 Gyr, then rests for one
    d = g:derived()
    test.close(d.t50, 2.5e9, 1e-9)
    test.close(d.t90, 1.3e9, 1e-9)
    test.ok(d.SFR10 == 0 and d.sSFR == 0)
  end)
  test.it("of exponentials: M(t50) is half of M(age)", function()
    local g = make{ sfh = galua.sfh.delayed{ tau = 7e8 }, age = 5e9 }
    local function mass(x) return 1 - (1 + x) * math.exp(-x) end
    local all, d = mass(5e9 / 7e8), g:derived()
    test.close(mass((5e9 - d.t50) / 7e8) / all, 0.5, 1e-6)
    test.close(mass((5e9 - d.t90) / 7e8) / all, 0.9, 1e-6)
    g.sfh.tau = 1e11 -- rises linearly: M ~ t^2
    d = g:derived()
    test.close(d.t50, 5e9 * (1 - math.sqrt(0.5)), 0.02)
  end)
  test.it("are the same by bisection of the cumulative mass (parity mode)", function()
    local a = make{ sfh = galua.sfh.lognormal{ tau = 2e9, sigma = 0.6 }, age = 6e9 }:derived()
    local b = make{ sfh = galua.sfh.lognormal{ tau = 2e9, sigma = 0.6 }, age = 6e9, compat = { csp_steps = true } }:derived()
    test.close(a.t50, b.t50, 1e-6)
    test.close(a.t90, b.t90, 1e-6)
  end)
  test.it("a short burst has one age, by mass and by light, and one metallicity", function()
    local g = make{ age = 5e9, sfh = galua.sfh.table{ t = { 3.99e9, 4e9, 4.01e9, 4.02e9 }, psi = { 0, 10, 10, 0 }, Z = 0.008 } }
    local d = g:derived()
    test.close(d.t50, 0.995e9, 1e-4)
    test.close(d.age_mw, 0.995e9, 1e-3)
    test.close(d.age_lw, 0.995e9, 5e-3)
    test.close(d.Zstar_lw, 0.008, 1e-5)
    local young = make{ age = 5e9, sfh = galua.sfh.constant{} }:derived()
    test.ok(young.age_lw < 0.7 * young.age_mw) -- light is younger than mass
  end)
end)

test.describe("luminosities", function()
  test.it("LIR is the spectrum from 8 to 1000 micron, Lbol all of it", function()
    local g = make{ sfh = galua.sfh.delayed{ norm = 10 }, attenuation = galua.attenuation.calzetti{ A_V = 1 } }
    local w, d = g:wave(), g:derived()
    test.close(d.Lbol, trapz(w, g:lum()), 1e-12)
    test.close(d.Lstar, trapz(w, g:lum("stellar")), 1e-12)
    test.close(d.Ldust, trapz(w, g:lum("dust")), 1e-9)
    test.close(d.LIR, trapz(w, g:lum(), 8e4, 1e7), 0.01) -- the sum leaves parts of two intervals out
    test.ok(d.LIR < d.Ldust and d.LIR > 0.6 * d.Ldust)
    test.close(d.Lbol, d.Lstar, 1e-9) -- nothing is lost
  end)
  test.it("the ultraviolet slope of a power law is its exponent", function()
    local law = galua.component.custom{ name = "law", params = { slope = { -1.7, lo = -5, hi = 5 } },
      function(l, p) return 1e16 * (l / 2000) ^ p.slope end }
    local g = make{ components = { law } }
    for _, slope in ipairs{ -2.3, 0, 1.5 } do
      g.law.slope = slope
      test.close(g:derived().beta_UV, slope, 0, 2e-3) -- means over windows
    end
    local d = make{ sfh = galua.sfh.constant{}, attenuation = galua.attenuation.calzetti{ A_V = 0 } }:derived()
    test.close(d.beta_UV, d.beta_UV0, 1e-9)
    local red = make{ sfh = galua.sfh.constant{}, attenuation = galua.attenuation.calzetti{ A_V = 1 } }:derived()
    test.ok(red.beta_UV > d.beta_UV + 0.8 and red.beta_UV0 == d.beta_UV0)
  end)
  test.it("attenuation: A_FUV, A_NUV, A_V lie on the curve, which is the law when all stars see the same dust", function()
    local g = make{ attenuation = galua.attenuation.power_law{ A_V = 1, n = -1 } }
    local d, a, w = g:derived(), g:attenuation_curve(), g:wave()
    for key, wave in pairs{ A_V = 5500, A_NUV = 2300, A_FUV = 1500 } do
      test.close(d[key], 5500 / wave, 2e-3)
      test.close(w:interp({ wave }, a)[1], d[key], 2e-3)
    end
    for k = 1, #w, 40 do
      if w[k] > 1e3 and w[k] < 1e5 then test.close(a[k], 5500 / w[k], 1e-9) end
    end
    local bare = make{ ism = false }
    test.ok(bare:attenuation_curve():max() == 0 and bare:derived().A_V == 0)
  end)
  test.it("X-ray and radio totals are those of the parts", function()
    local plain = make{}:derived()
    test.ok(plain.L_X == nil and plain.L_1400MHz == nil)
    local d = make{ xrb = true, agn = galua.agn.torus{ fAGN = 0.2 } }:derived()
    test.close(d.L_X, d.L_HMXB + d.L_LMXB + d.L_AGN_X, 1e-3)
    test.ok(d.L_1400MHz == nil)
    local r = make{ sfh = galua.sfh.constant{ psi = 10 }, synchrotron = true, ism = false }:derived()
    local nu = 1.4
    local tau = (nu / 0.2) ^ -3.25
    local function form(x) return x ^ -0.75 / (1 + math.sqrt(x / 20)) end
    local l = 1.44e30 * r.R_CCSN * form(nu) / form(1.49) * (1 - math.exp(-tau)) / tau
    test.close(r.L_1400MHz, 1e-7 * l, 2e-3)
    test.ok(r.R_CCSN > 0.03 and r.R_CCSN < 0.3) -- about one in a hundred solar masses
  end)
  test.it("the ionising efficiency is Q_H over L_nu(1500 A)", function()
    local g = make{ sfh = galua.sfh.constant{} }
    local d = g:derived()
    local uv = g:wave():interp({ 1500 }, g:lum("stellar"))[1] * 1500 ^ 2 / 2.99792458e18 * 3.828e33
    test.close(d.xi_ion, d.Q_H / uv, 1e-12)
    local c = galua.cosmology("Planck18")
    test.close(d.t_universe, c:age(0.1), 1e-12)
    test.close(d.D_L, c:luminosity_distance(0.1), 1e-12)
    g.distance = 12
    test.eq(g:derived().D_L, 12)
  end)
end)
