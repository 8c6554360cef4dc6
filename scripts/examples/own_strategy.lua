-- A sampler of your own, with a name, options and help: a quick look first, then the sampler that it calls for. Stopped and started again it
-- goes on where it was; its code goes into the results file, which is read back without the definition.
--
-- usage: galua scripts/examples/own_strategy.lua [OUTPUT_FOLDER]
local folder = arg[1] or "."
local obs = observation.read(data.path("photometry/ngc3898.ecsv"))

sampler.define{ name = "quick", doc = "Pathfinder where its weights allow it, else SMC.",
  options = { paths = { 4, doc = "of the first look" }, khat = { 0.5, doc = "Pareto k up to which it is enough" } },
  run = function(target, o)
    local p = pathfinder(target, { paths = o.paths })
    p:run{}
    if p.khat < o.khat then return p:result() end
    local s = smc(target, { particles = 128 })
    s:run{}
    return s:result()
  end }
help("sampler.quick")

local f = fit{ data = obs, model = galaxy{ sfh = sfh.delayed{}, redshift = obs.redshift }, noise = noise.calibration{ floor = 0.1 }, seed = 1,
  free = { ["sfh.norm"] = prior.loguniform(1, 1e3), age = prior.loguniform(1e9, 1.3e10), ["sfh.tau"] = prior.loguniform(1e8, 1e10) },
  sampler = sampler.quick{ paths = 2 } }
f:run{ out = folder .. "/own_strategy.h5", progress = false }
local again = load_fit(folder .. "/own_strategy.h5")
print(again.sampler)
print(again:summary())
