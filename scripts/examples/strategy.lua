-- A sampling strategy of one's own: a Gaussian along a climbing path first; where it can be trusted, short chains of NUTS start from it.
-- Where it cannot (here age and dust disc run into the edges of their priors), or where the chains do not mix, particles are brought from
-- the prior to the posterior (SMC) and an ensemble finishes.
-- usage: galua scripts/examples/strategy.lua [OUTPUT_FOLDER]      stopped with Ctrl-C or killed, the same command goes on
local folder = arg and arg[1] or "."
local obs = observation.read(data.path("photometry/ngc3898.ecsv"))

local quick = sampler.strategy(function(target)
  local path = pathfinder(target, { paths = 8 })
  path:run{}
  if path.khat < 0.7 then
    local chains = nuts(target, { chains = 4, warmup = 200 })
    chains:start(path)
    chains:run{ until_ess = 400, max = 400 }
    if chains.state == "converged" and chains:report().divergent == 0 then return chains:result() end
  end
  local particles = smc(target, { particles = 256 })
  particles:run{}
  local x, start = particles:result().x, {}
  for i = 1, 64 do start[i] = x:row(1 + math.floor((i - 1) * x.rows / 64)):totable() end
  local walkers = ensemble(target, 64)
  walkers:start(galua.mat(start))
  walkers:run{ move = mix{ move.de(), 0.8, move.snooker(), 0.2 }, until_tau = 50, max = 10000 }
  return walkers:result()
end)

local f = fit{
  data = obs,
  model = galaxy{ sfh = sfh.delayed{}, ism = ism.two_phase{}, redshift = obs.redshift, distance = obs.distance },
  free = {
    age = prior.loguniform(1e9, 1.35e10),
    ["sfh.norm"] = prior.loguniform(1e-2, 1e3),
    ["sfh.tau"] = prior.loguniform(1e8, 1e10),
    ["sfh.Mdust"] = prior.loguniform(1e5, 1e9),
    ["ism.Rdust"] = prior.loguniform(1e3, 1e5),
  },
  noise = noise.calibration{ floor = 0.05 },
  sampler = quick,
  seed = 3898,
}
local out = folder .. "/strategy.h5"
local there = io.open(out)
if there then there:close() end
f:run{ out = out, resume = there ~= nil }
print(f:summary())
