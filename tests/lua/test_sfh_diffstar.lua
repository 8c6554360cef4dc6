-- Histories of Diffstar and the mass-metallicity relation inside galaxy{}: rates, masses and metallicity against diffstar{} and DSPS's golden values,
-- light against population{} of the same stars, derivatives against differences.
local galua = require "galua"
local test = galua.test
local sfh = galua.sfh

local function close(a, b, rel, what)
  test.ok(math.abs(a - b) <= rel * math.abs(b), ("%s: %.12g, want %.12g"):format(what or "value", a, b))
end

test.describe("sfh.diffstar", function()
  test.it("forms stars as diffstar{} does", function()
    local s = galua.diffstar{ mah = galua.diffmah{ logm0 = 12.4, t_peak = 9 }, lg_qt = 0.9 }
    for _, age in ipairs{ 3e9, 8e9, 1.2e10 } do
      local g = galua.galaxy{ sfh = sfh.diffstar{ logm0 = 12.4, t_peak = 9, lg_qt = 0.9 }, ism = false, age = age }
      close(g:derived().SFR, s:sfr(age / 1e9), 1e-12, "SFR")
      local t = galua.linspace(0.001001, age / 1e9, 20001)
      local formed = s:formed(t)
      close(g:derived().Mformed, formed[20001], 1e-5, "mass") -- the trapezoid of 20000 steps, and the ramp before them
    end
  end)
  test.it("forms the mass it is given", function()
    local g = galua.galaxy{ sfh = sfh.diffstar{ mass = 3e10, logm0 = 12.4 }, ism = false, age = 1e10 }
    close(g:derived().Mformed, 3e10, 1e-12)
    local h = galua.galaxy{ sfh = sfh.diffstar{ logm0 = 12.4 }, ism = false, age = 1e10 }
    close(g:derived().SFR / 3e10, h:derived().SFR / h:derived().Mformed, 1e-12)
  end)
  test.it("shines as a population of one", function()
    local bands, z = galua.filters("LSST"), 0.1
    local p = galua.population{ t = galua.linspace(0.01, 13.8, 400), logm0 = 12.4, lgmet = math.log10(galua.ssp.default().z[4]), scatter = 1e-3 }
    local m, mass = p:photometry(bands, z, { t_obs = 12 })
    local g = galua.galaxy{ sfh = sfh.diffstar{ logm0 = 12.4, Z = galua.ssp.default().z[4] }, ism = false, age = 1.2e10, redshift = z }
    close(g:derived().Mformed, mass[1], 1e-3)
    for b, flux in ipairs(g:band_flux(bands):totable()) do
      local mag = -2.5 * math.log10(flux * 1e-3 / 3630.7805)
      test.ok(math.abs(m:row(b)[1] - mag) < 0.03, ("%s: %.4f beside %.4f"):format(bands[b].name, m:row(b)[1], mag)) -- ages shared out differently
    end
  end)
  test.it("has exact derivatives, with those of the relation", function()
    local bands = galua.filters("SDSS.ugriz")
    local names = { "sfh.logm0", "sfh.lgmcrit", "sfh.lgy_at_mcrit", "sfh.indx_lo", "sfh.lg_qt", "sfh.qlglgdt", "sfh.lg_drop", "sfh.t_peak", "sfh.mzr_y0", "age" }
    local function make() return galua.galaxy{ sfh = sfh.diffstar{ logm0 = 11.6, t_peak = 7, lg_qt = 0.85, metallicity = "mzr" }, ism = false, age = 1e10, redshift = 0.1 } end
    local g = make()
    local J = g:jacobian(bands, names)
    for k, name in ipairs(names) do
      local x = g:get(name)
      local h = name == "age" and 1e4 or 1e-5
      local function at(v)
        local o = make()
        o:set(name, v)
        return o:band_flux(bands):totable()
      end
      local a, b = at(x + h), at(x - h)
      for i = 1, 5 do
        local d = (a[i] - b[i]) / (2 * h)
        test.ok(math.abs(J:row(i)[k] - d) < 2e-5 * (math.abs(d) + 1e-3 * a[i] * (name == "age" and 1e-10 or 1)), ("%s: %.10g, differences %.10g"):format(name, J:row(i)[k], d))
      end
    end
  end)
  test.it("has the metallicity of its mass", function()
    local g = galua.galaxy{ sfh = sfh.constant{ mass = 1e10, metallicity = "mzr" }, ism = false, age = 1e10 }
    close(math.log10(g:derived().Zgas), -2.0599812071, 1e-9, "log10 Z") -- golden value of the relation at 1e10 Msun and 10 Gyr
  end)
end)
