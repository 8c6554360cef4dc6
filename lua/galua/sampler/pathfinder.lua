-- sampler.pathfinder{}: Gaussians along climbing paths, weighted draws of their mixture.
local def = { name = "pathfinder", approximate = true }

function def.words(s) return ("%d paths, %d draws"):format(s.paths, s.options.draws) end

-- a finished run stands; anything else begins anew, always the same
function def.run(_, engine, how)
  if engine.state == "approximate" or engine.state == "limit" then return engine.state end
  return engine:run{ progress = how.progress }
end

function def.notes(_, engine)
  return { ("ln Z %.2f +- %.2f, Pareto k %.2f, %.0f effective draws; %s"):format(engine.lnz, engine.lnz_err, engine.khat, engine.ess,
    engine.space) }
end

function def.cost(s, target)
  local exact = target.exact and not s.numerical
  return s.paths * (60 * (exact and 5 or 2 * target.ndim + 1) + 40 * s.elbo_draws) + s.options.draws,
    ("%d paths of about 60 %s gradients and 40 Gaussians, %d draws"):format(s.paths, exact and "exact" or "numerical", s.options.draws)
end

def.intro = [[sampler.pathfinder{ paths = } -> sampler
Pathfinder (Zhang et al. 2022): L-BFGS paths from draws of the prior, the Gaussian of highest evidence bound along each, draws from their
mixture weighted by importance and Pareto-smoothed. Above a Pareto k of 0.7 the draws cannot be trusted; below it
the result is approximate: the weights cannot show what the Gaussians miss, and ln Z was low by up to 2 where k was 0.5 to 0.7.]]
return def
