-- A kind of prior of your own: a half-Cauchy density, used in a fit, stored with it, and read back without its definition.
--
-- usage: galua scripts/examples/own_prior.lua [OUTPUT_FOLDER]
local folder = arg[1] or "."

prior.define{ name = "halfcauchy", args = { "scale" }, doc = "Half of a Cauchy density, value > 0: a weak prior of a scale.",
  range = function(scale) return 0, 100 * scale end,
  lnp = function(x, scale) return -math.log(1 + (x / scale) ^ 2) end }
help("prior.halfcauchy")

local p = prior.halfcauchy(2)
print(("median %.3f: the scale, but for the 0.6 %% beyond the range"):format(p:quantile(0.5)))

local obs = observation.read(data.path("photometry/ngc3898.ecsv"))
local f = fit{ data = obs, model = galaxy{ sfh = sfh.delayed{}, redshift = obs.redshift }, seed = 1,
  sampler = sampler.smc{ particles = 128 }, noise = noise.calibration{ floor = 0.1 },
  free = { ["sfh.norm"] = prior.halfcauchy(50), age = prior.loguniform(1e9, 1.3e10), ["sfh.tau"] = prior.loguniform(1e8, 1e10) } }
f:run{ out = folder .. "/own_prior.h5", progress = false }
local again = load_fit(folder .. "/own_prior.h5")
print(again:describe())
print(again:summary())
