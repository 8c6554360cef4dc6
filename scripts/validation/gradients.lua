-- What exact gradients are worth: smallest bulk effective size over the parameters per second of processor time of one thread, warm-up included,
-- of NGC 3898 as scripts/examples/ngc3898.lua fits it: NUTS with gradients of the model, NUTS with differences, the ensemble; on the whole grid
-- and by a plan made before (its making is not counted).
-- usage: galua scripts/validation/gradients.lua [SEEDS] [plan|whole] [nuts|differences|ensemble]
local galua = require "galua"
local seeds, grid, only = tonumber(arg and arg[1] or "3"), arg and arg[2], arg and arg[3]
threads(1)

local obs = observation.read(data.path("photometry/ngc3898.ecsv"))
local function make(s, seed, plan)
  local model = galaxy{ sfh = sfh.delayed{}, attenuation = attenuation.calzetti{}, dust = dust.themis{}, nebular = nebular.cloudy{}, age = 1.2e10,
    redshift = obs.redshift, distance = obs.distance }
  return fit{ data = obs, model = model, plan = plan, seed = seed, sampler = s, noise = noise.calibration{ floor = 0.05 },
    free = { ["sfh.norm"] = prior.loguniform(1, 1e3), ["sfh.tau"] = prior.loguniform(1e8, 1e10), ["sfh.Z"] = prior.loguniform(1e-3, 0.05),
      ["attenuation.A_V"] = prior.uniform(0, 2), ["dust.q_hac"] = prior.uniform(0.91, 18.18), ["dust.U_min"] = prior.loguniform(0.1, 50),
      ["dust.gamma"] = prior.loguniform(1e-5, 0.3) } }
end

local samplers = {
  { "nuts", function() return sampler.nuts{} end },
  { "differences", function() return sampler.nuts{ numerical = true } end },
  { "ensemble", function() return sampler.ensemble{} end },
}
print(("%-12s %-6s %4s %9s %10s %8s %8s %8s %6s  %s"):format("sampler", "grid", "seed", "seconds", "calls", "min ESS", "ESS/s", "R-hat", "diverg", "state"))
for _, row in ipairs(samplers) do
  for _, plan in ipairs{ false, true } do
    for seed = 1, seeds do
      if (not only or only == row[1]) and (not grid or grid == (plan and "plan" or "whole")) then
        local f = make(row[2](), seed, plan)
        local start = os.clock()
        f:run{ progress = false }
        local seconds, s = os.clock() - start, f:summary()
        local ess, rhat = math.huge, 0
        for _, p in ipairs(s.parameters) do ess, rhat = math.min(ess, p.ess), math.max(rhat, p.rhat or 0) end
        local report = row[1] ~= "ensemble" and f.engine:report() or {}
        print(("%-12s %-6s %4d %9.2f %10d %8.0f %8.1f %8.4f %6s  %s"):format(row[1], plan and "plan" or "whole", seed, seconds, f.engine.evaluations, ess,
          ess / seconds, rhat, report.divergent or "-", s.state))
        io.stdout:flush()
      end
    end
  end
end
