-- sampler.pathfinder{}: Gaussians along climbing paths, weighted draws of their mixture.
local galua = require "galua"
local check = require "galua.check_options"
local def = { name = "pathfinder", distrust = "fewer than 100 effective draws" }

def.options = { paths = 8, draws = 1000, elbo_draws = 25, history = 6, max_iterations = 1000, laplace = true, numerical = false }

function def.check(o)
  check.whole("sampler.pathfinder", o, { paths = 1, draws = 10, elbo_draws = 2, history = 1, max_iterations = 1 })
end
function def.text(s) return ("sampler.pathfinder{ %d paths, %d draws }"):format(s.paths, s.options.draws) end

function def.start(s, fit)
  return galua.pathfinder(fit.target, { paths = s.paths, draws = s.options.draws, elbo_draws = s.elbo_draws, history = s.history,
    max_iterations = s.max_iterations, laplace = s.laplace, numerical = s.numerical, seed = fit.seed })
end

-- a finished run stands; anything else begins anew, always the same
function def.run(_, engine, how)
  if engine.state == "approximate" or engine.state == "limit" then return engine.state end
  return engine:run{ progress = how.progress }
end

function def.ready(_, engine) return engine.stored >= 8 end
function def.draws(_, engine) return engine:samples() end
function def.summary(_, engine) return engine:summary() end

function def.evidence(_, engine) return engine.lnz, engine.lnz_err end

function def.acceptable(_, engine)
  if engine.state ~= "approximate" then return false, engine.state_text end
  if not (engine.khat <= 0.7) then return false, ("Pareto k %.2f"):format(engine.khat) end
  if engine.ess < 100 then return false, ("%.0f effective draws"):format(engine.ess) end
  return true
end

function def.notes(_, engine)
  return { ("ln Z %.2f +- %.2f, Pareto k %.2f, %.0f effective draws; %s"):format(engine.lnz, engine.lnz_err, engine.khat, engine.ess,
    engine.space) }
end

function def.cost(s, target)
  return s.paths * (60 * (2 * target.ndim + 1) + 40 * s.elbo_draws) + s.options.draws,
    ("%d paths of about 60 numerical gradients and 40 Gaussians, %d draws"):format(s.paths, s.options.draws)
end

def.doc = [[sampler.pathfinder{ paths = } -> sampler
Pathfinder (Zhang et al. 2022): L-BFGS paths from draws of the prior, the Gaussian of highest evidence bound along each, draws from their
mixture weighted by importance and Pareto-smoothed. Above a Pareto k of 0.7 the draws cannot be trusted; below it
the result is approximate: the weights cannot show what the Gaussians miss, and ln Z was low by up to 2 where k was 0.5 to 0.7.
@param paths (8)
@param draws (1000) of the mixture
@param elbo_draws (25) per iterate, to judge its Gaussian
@param history (6) steps that make a Gaussian
@param max_iterations (1000) per path
@param laplace (true) the Gaussian of the Hessian at the end of a path competes
@param numerical (false) central differences even where the model has gradients]]
return def
