-- The optimum from 8 starts on NGC 3898 as scripts/examples/ngc3898.lua fits it, in one thread, by a plan where there can be one (its
-- making is not counted):
-- processor time, starts that arrive within 0.01 in ln p of the best, and what one ln L and one gradient cost there.
-- usage: galua scripts/validation/optimum.lua [SEEDS]
local galua = require "galua"
threads(1)
local obs = observation.read(data.path("photometry/ngc3898.ecsv"))
local model = galaxy{ sfh = sfh.delayed{}, attenuation = attenuation.calzetti{}, dust = dust.themis{}, nebular = nebular.cloudy{}, age = 1.2e10,
  redshift = obs.redshift, distance = obs.distance }
local f = fit{ data = obs, model = model, plan = true, seed = 1, sampler = sampler.optimum{ starts = 8, draws = 10 }, noise = noise.calibration{ floor = 0.05 },
  free = { ["sfh.norm"] = prior.loguniform(1, 1e3), ["sfh.tau"] = prior.loguniform(1e8, 1e10), ["sfh.Z"] = prior.loguniform(1e-3, 0.05),
    ["attenuation.A_V"] = prior.uniform(0, 2), ["dust.q_hac"] = prior.uniform(0.91, 18.18), ["dust.U_min"] = prior.loguniform(0.1, 50),
    ["dust.gamma"] = prior.loguniform(1e-5, 0.3) } }
f:compile()
if not f.target.plan.used then print("no plan: " .. f.target.plan.why) end

local u = {}
for i = 1, 200 do
  u[i] = {}
  for k = 1, #f.free do u[i][k] = (i * (0.5 + 0.1 * k) * 0.618) % 1 end
end
local x = f.target:prior_transform(mat(u))
local function cost(run)
  local t = os.clock()
  run()
  return (os.clock() - t) / 200 * 1e6
end
f.target:lnprob(x)
print(("ln L %.0f us, gradient %.0f us"):format(cost(function() f.target:lnprob(x) end), cost(function() f.target:gradient(x) end)))

for seed = 1, tonumber(arg and arg[1] or "3") do
  local engine = galua.optimum(f.target, { starts = 8, draws = 10, seed = seed })
  local t = os.clock()
  engine:run()
  local time = (os.clock() - t) * 1e3
  for i, m in ipairs(engine:modes()) do
    print(("seed %d, mode %d: ln L %.3f, ln p %.3f, reached by %d of 8 starts"):format(seed, i, m.lnlike, m.lnp, m.starts))
  end
  print(("seed %d: %.0f ms of processor time, %d evaluations"):format(seed, time, engine.evaluations))
end
