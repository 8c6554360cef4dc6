-- A fit with mock data: a limit, a band that is not used, a flux below zero.
local function truth()
  return galaxy{ sfh = sfh.delayed{ tau = 2e9, norm = 10 }, ism = ism.two_phase{}, age = 5e9, redshift = 0.1 }
end
local o, bands, rng = observation.new{ name = "mock of the tests", redshift = 0.1 }, filters("GALEX", "SDSS", "2MASS", "WISE", "Herschel.PACS.green", "Herschel.PACS.red"), random.stream(4)
local flux = truth():band_flux(bands)
for i, f in ipairs(bands) do
  local err = 0.07 * flux[i]
  if i == 16 then o:add(f, 2 * flux[i], 0.5 * flux[i], "limit")
  elseif i == 9 then o:add(f, 3 * flux[i], err, "ignored", "blended")
  elseif i == 1 then o:add(f, -0.2 * flux[i], 0.7 * flux[i], "detection")
  else o:add(f, flux[i] + err * rng:normal(), err, "detection") end
end
return fit{ data = o, model = truth(), seed = 5, sampler = sampler.ensemble{ walkers = 32, steps = 400 },
  free = { age = prior.loguniform(1e9, 1.2e10), ["sfh.norm"] = prior.loguniform(1e-1, 1e3), ["sfh.tau"] = prior.loguniform(1e8, 2e10),
    ["sfh.Mdust"] = prior.loguniform(1e5, 1e9), ["ism.Rdust"] = prior.loguniform(1e2, 1e5) } }
