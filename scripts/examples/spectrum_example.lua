-- A spectrum whose flux calibration is off, photometry, a break and a line flux of one source, fitted together: mock data, the fit,
-- what it says. Under a minute on one core.
-- usage: galua scripts/examples/spectrum_example.lua [OUTPUT_FOLDER]      from Lua: local f, truth = dofile("scripts/examples/spectrum_example.lua")
local folder = arg and arg[1]
math.randomseed(20)
local function normal() return math.sqrt(-2 * math.log(1 - math.random())) * math.cos(2 * math.pi * math.random()) end

-- ---------------------------------------------------------------- the source, as nature made it
local function source()
  return galaxy{ sfh = sfh.delayed{ tau = 2e9, norm = 12, Z = 0.015 }, attenuation = attenuation.calzetti{ A_V = 0.6 }, nebular = nebular.hii{},
    age = 5e9, redshift = 0.08 }
end
local g = source()
local truth = { age = 5e9, ["sfh.tau"] = 2e9, ["sfh.norm"] = 12, ["attenuation.A_V"] = 0.6, ["spec.shift"] = 60,
  Mstar = g:derived().Mstar }

-- what the instrument makes of it: R = 400, 3 per cent noise, a response wrong by up to 15 per cent, sky lines
local wave = linspace(4000, 7600, 450)
local seen = g:spectrum{ wave = wave, R = 400, sigma_v = 180, shift = truth["spec.shift"] }
local flux, err, mask = {}, {}, {}
for i = 1, #wave do
  local x = 2 * (i - 1) / (#wave - 1) - 1
  err[i], mask[i] = 0.03 * seen.flux[i], 0
  flux[i] = seen.flux[i] * (1 + 0.10 * x - 0.06 * (2 * x * x - 1)) + err[i] * normal()
  if math.abs(wave[i] - 5577) < 8 or math.abs(wave[i] - 6300) < 8 then -- residuals of sky lines
    flux[i], mask[i] = flux[i] * 1.6, 1
  end
end
local photometry = {}
for i, b in ipairs{ "GALEX.NUV", "SDSS.u", "SDSS.g", "SDSS.r", "SDSS.i", "SDSS.z", "2MASS.J", "2MASS.Ks" } do
  local f = g:photometry(filters(b))[1].flux
  photometry[i] = { b, f * (1 + 0.05 * normal()), 0.05 * f }
end
local halpha = g:line_flux("Halpha")

-- ---------------------------------------------------------------- the fit
local obs = observation{
  name = "mock", redshift = 0.08,
  spectrum = { wave = wave, flux = flux, err = err, mask = mask, R = 400, calibration = { order = 5, sd = 0.1 } },
  photometry = photometry,
  lines = { Halpha = { halpha * (1 + 0.1 * normal()), 0.1 * halpha } },
}
local f = fit{
  data = obs, model = source(), seed = 20,
  spec = { sigma_v = 180, shift = prior.normal(0, 200), ln_scale = prior.uniform(-1, 1) },
  free = {
    age = prior.loguniform(5e8, 1.2e10),
    ["sfh.tau"] = prior.loguniform(2e8, 1e10),
    ["sfh.norm"] = prior.loguniform(0.1, 1e3),
    ["attenuation.A_V"] = prior.uniform(0, 3),
  },
  sampler = sampler.ensemble{ walkers = 32, steps = 1500, thin = 3 },
}
f:run{ progress = false }
if not folder then return f, truth, photometry end

print(f:summary())
print()
print(f:measures())
print(f:predictive{ draws = 300 })
for _, l in ipairs(f:lines{ draws = 300 }) do
  if l.name == "Halpha" or l.name == "[OIII]5007" then
    print(("%-12s %.3g (+%.2g -%.2g) erg/s/cm2, %.3g Lsun"):format(l.name, l.median, l.q84 - l.median, l.median - l.q16, l.luminosity.median))
  end
end
f:save(folder .. "/spectrum_example.h5")
f:plot_spectrum():save(folder .. "/spectrum_example.pdf")
