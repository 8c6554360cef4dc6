-- A star formation history of your own: a rise by a power of time and a bell-shaped late episode, with names, units, ranges and help; fitted
-- with the mass formed as its parameter, also as a part of a sum, stored with the fit and read back.
--
-- usage: galua scripts/examples/own_history.lua [OUTPUT_FOLDER]
local folder = arg[1] or "."

sfh.define{ name = "bell", doc = "A Gaussian in time: a short episode.",
  params = { t0 = { 6e9, unit = "yr", lo = 0, hi = 2e10, plo = 1e8, phi = 1.2e10, doc = "time of the peak" },
    width = { 5e8, unit = "yr", lo = 1e7, hi = 1e10, plo = 1e8, phi = 3e9, log = true, doc = "standard deviation" } },
  rate = function(t, p) return math.exp(-0.5 * ((t - p.t0) / p.width) ^ 2) end }
help("sfh.bell")

local obs = observation.read(data.path("photometry/ngc3898.ecsv"))
local model = galaxy{ sfh = sfh.bell{ mass = 5e10, t0 = 3e9 }, redshift = obs.redshift, age = 1.2e10 }
print(model.sfh, model:derived().Mformed)
local f = fit{ data = obs, model = model, seed = 1, sampler = sampler.smc{ particles = 128 }, noise = noise.calibration{ floor = 0.1 },
  free = { ["sfh.mass"] = prior.loguniform(1e9, 1e13), ["sfh.t0"] = prior.uniform(1e8, 1.1e10), ["sfh.width"] = prior.loguniform(1e8, 3e9) } }
f:run{ out = folder .. "/own_history.h5", progress = false }
local again = load_fit(folder .. "/own_history.h5", { trust = true })
print(again:summary())

local both = galaxy{ redshift = obs.redshift, age = 1.2e10, sfh = sfh.sum{ main = sfh.delayed{ mass = 5e10, tau = 2e9 },
  episode = sfh.bell{ mass = 2e9, t0 = 5e8, width = 1e8 }, ["episode.age"] = 1e9, ["episode.Z"] = 0.02 } }
print(both.sfh.episode, both:derived().SFR100)
