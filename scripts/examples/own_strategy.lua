-- A strategy of your own: a quick look first, then the sampler that it calls for. Stopped and started again it goes on where it was;
-- its code goes into the results file.
--
-- usage: galua scripts/examples/own_strategy.lua [OUTPUT_FOLDER]
local folder = arg[1] or "."
local obs = observation.read(data.path("photometry/ngc3898.ecsv"))

local f = fit{ data = obs, model = galaxy{ sfh = sfh.delayed{}, redshift = obs.redshift }, noise = noise.calibration{ floor = 0.1 }, seed = 1,
  free = { ["sfh.norm"] = prior.loguniform(1, 1e3), age = prior.loguniform(1e9, 1.3e10), ["sfh.tau"] = prior.loguniform(1e8, 1e10) },
  sampler = sampler.strategy(function(target)
    local p = pathfinder(target, { paths = 4 })
    p:run{}
    if p.khat < 0.5 then return p:result() end
    local s = smc(target, { particles = 128 })
    s:run{}
    return s:result()
  end) }
f:run{ out = folder .. "/own_strategy.h5", progress = false }
print(f:summary())
