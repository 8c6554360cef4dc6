-- Where a small change of a parameter makes a large one of a flux, and where it must not (docs/model.md).
local test = require "galua.test"

test.describe("steps of fluxes", function()
  test.it("in f_esc: light below the Lyman limit is proportional to it, free-free emission to 1 - f_esc, all else continuous", function()
    local g = galaxy{ age = 4e9, redshift = 0.05, ssp = ssp.synthetic(), components = { nebular.hii{} } }
    local function sed(f)
      g.nebular.f_esc = f
      local s = g:sed()
      return s.flux:totable(), s.wave:totable()
    end
    -- linear at both ends: second differences vanish, whatever the relative change is
    local most = 0
    for _, at in ipairs{ 0, 1 } do
      local step = at == 0 and 1e-7 or -1e-7
      local a, wave = sed(at)
      local b, c = sed(at + step), sed(at + 2 * step)
      for k, w in ipairs(wave) do
        test.ok(math.abs(a[k] - 2 * b[k] + c[k]) <= 1e-9 * (a[k] + b[k] + c[k]), w)
        if a[k] == 0 and b[k] > 0 then most = most + 1 end -- any factor
      end
    end
    test.ok(most > 0)
  end)

  test.it("at tau_quench: gas and dust of the in-situ history are gone, half of them at the moment, and stay so", function()
    local g = galaxy{ age = 1e9, redshift = 0.05, ssp = ssp.synthetic(), sfh = sfh.insitu{} }
    local function at(tq)
      g.sfh.tau_quench = tq
      return g:derived_values()
    end
    local before, moment, after = at(1e9 * (1 + 1e-9)), at(1e9), at(1e9 * (1 - 1e-9))
    test.ok(before.Mdust > 0 and before.Mgas > 0 and before.SFR > 0)
    for _, name in ipairs{ "Mdust", "Mgas", "SFR" } do
      test.close(moment[name], before[name] / 2, 1e-6)
      test.eq(after[name], 0)
    end
    test.close(after.Mstar, before.Mstar, 1e-6) -- what has formed does not step
  end)

  test.it("in a fraction of sfh.dirichlet: no more than the change", function()
    local h = galaxy{ age = 4e9, redshift = 0.05, ssp = ssp.synthetic(), sfh = sfh.dirichlet{ n = 7 } }
    local bands = filters("SDSS", "2MASS")
    for _, z in ipairs{ 0, 0.3, 0.5, 1 - 1e-6 } do
      h.sfh.z5 = z
      local a = h:band_flux(bands):totable()
      h.sfh.z5 = z + 1e-9
      for k, b in ipairs(h:band_flux(bands):totable()) do test.close(b, a[k], 1e-8) end
    end
  end)
end)
