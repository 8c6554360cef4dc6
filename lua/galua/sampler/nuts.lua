-- sampler.nuts{}: chains of Hamiltonian Monte Carlo, until enough draws.
local galua = require "galua"
local check = require "galua.check_options"
local def = { name = "nuts", counts_steps = true,
  goals = { "draws", "until_ess", "max" } }

def.options = { chains = 4, warmup = ":number", draws = 1000, until_ess = 0, max = 0, metric = "dense", target = 0.8, max_depth = 10,
  start = "pathfinder", numerical = false }

function def.check(o)
  check.whole("sampler.nuts", o, { chains = 1, warmup = 0, draws = 1, max = 0, max_depth = 1 })
  check.choice("sampler.nuts", o, "metric", { "dense", "diag", "unit" })
  check.choice("sampler.nuts", o, "start", { "prior", "pathfinder" })
  check.real("sampler.nuts", o, { until_ess = 0 }, check.DRAWS)
end

function def.words(s)
  return ("%d chains, %s, %s metric, start from %s"):format(s.chains,
    s.until_ess > 0 and ("until %g effective draws"):format(s.until_ess) or ("%d draws each"):format(s.options.draws), s.metric,
    s.options.start == "prior" and "the prior" or "a pathfinder")
end

function def.start(s, fit)
  local warmup, path = s.warmup or 1000, nil
  if s.options.start == "pathfinder" then
    path = galua.pathfinder(fit.target, { seed = fit.seed, numerical = s.numerical })
    path:run{}
    -- a trusted Gaussian is a good metric already
    if path.khat <= 0.7 and not s.warmup then warmup = 200 end
    if not (path.khat <= 0.7) and not fit._quiet then
      -- about 10 gradients a draw, where steps are long enough
      local each = fit.target.exact and not s.numerical and 5 or 2 * fit.target.ndim + 1
      local calls = (warmup + s.options.draws) * s.chains * 10 * each
      io.stderr:write(("nuts: its start failed (Pareto k %.2f: the pathfinder found no Gaussian): warm-up of %d iterations from its best points; some %.2g "
        .. "evaluations, %.0f s at the speed of the pathfinder; sampler.importance{} or nested{} may be quicker\n"):format(path.khat, warmup, calls,
        calls * path.seconds / math.max(1, path.evaluations)))
    end
  end
  return galua.nuts(fit.target, { chains = s.chains, warmup = warmup, metric = s.metric, target = s.target, max_depth = s.max_depth,
    numerical = s.numerical, seed = fit.seed }):start(path)
end

function def.run(s, engine, how)
  local goal = { progress = how.progress, checkpoint = how.checkpoint, checkpoint_every = how.checkpoint_every }
  if how.more then goal.more = how.more
  elseif how["until"] then goal["until"] = how["until"]
  elseif s.until_ess > 0 then goal.until_ess, goal.max = s.until_ess, s.max
  else goal["until"] = s.options.draws end
  return engine:run(goal)
end

function def.acceptable(_, engine)
  if engine.state ~= "converged" then return false, engine.state_text end
  return true
end

function def.notes(_, engine)
  local r = engine:report()
  local line = "NUTS: R-hat %.4f, effective draws %.0f (bulk) %.0f (tail), acceptance %.2f, %.1f steps a draw, E-BFMI %.2f; %s"
  local lines = { line:format(r.rhat, r.ess_bulk, r.ess_tail, r.accept, r.leapfrogs, r.ebfmi, engine.space) }
  if r.warning ~= "" then lines[2] = "warning: " .. r.warning end
  return lines
end

-- leapfrog steps per draw are not known before: about 10 with a good metric
function def.cost(s, target)
  local draws = (s.warmup or 200) + s.options.draws
  local exact = target.exact and not s.numerical
  return draws * s.chains * 10 * (exact and 5 or 2 * target.ndim + 1), ("%d draws of %d chains, warm-up included, about 10 %s gradients each"):format(draws,
    s.chains, exact and "exact" or "numerical")
end

def.doc = [[sampler.nuts{ chains =, draws =, metric = } -> sampler
Hamiltonian Monte Carlo without U-turns in standard normal prior coordinates; gradients of the model where it has them, else central
differences. For one mode; for several use sampler.smc{} or a nested sampler.
@param chains (4) independent chains
@param warmup (200 after a trusted pathfinder, 1000 otherwise) iterations that adapt step and metric
@param draws (1000) kept per chain
@param until_ess draw until bulk and tail effective sizes of every parameter reach this and R-hat < 1.01
@param max (100000) with until_ess: at most so many draws per chain
@param metric (dense) dense, diag or unit
@param target (0.8) acceptance that the step aims at; raise it when trajectories diverge
@param max_depth (10) doublings of a trajectory
@param start (pathfinder) where chains begin: draws of a pathfinder, with its Gaussian as the first metric, or 'prior'
@param numerical (false) central differences even where the model has gradients]]
return def
