-- sampler.optimum{}: the modes of the posterior, Gaussians there, weighted draws: seconds, with a verdict on their trust.
local galua = require "galua"
local check = require "galua.check_options"
local def = { name = "optimum", distrust = "fewer than 100 effective draws" }

def.options = { starts = 16, draws = 1000, history = 10, max_iterations = 2000, numerical = false }

function def.check(o) check.whole("sampler.optimum", o, { starts = 1, draws = 10, history = 1, max_iterations = 1 }) end
function def.text(s) return ("sampler.optimum{ %d starts, %d draws }"):format(s.starts, s.options.draws) end

function def.start(s, fit)
  return galua.optimum(fit.target, { starts = s.starts, draws = s.options.draws, history = s.history, max_iterations = s.max_iterations,
    numerical = s.numerical, seed = fit.seed })
end

-- a finished run stands; anything else begins anew, always the same
function def.run(_, engine, how)
  if engine.state == "converged" or engine.state == "limit" then return engine.state end
  return engine:run{ progress = how.progress }
end

function def.ready(_, engine) return engine.stored >= 8 end
function def.draws(_, engine) return engine:samples() end
function def.summary(_, engine) return engine:summary() end

function def.evidence(_, engine) return engine.lnz, engine.lnz_err end

function def.acceptable(_, engine)
  if engine.state ~= "converged" then return false, engine.state_text end
  if not (engine.khat <= 0.7) then return false, ("Pareto k %.2f"):format(engine.khat) end
  if engine.ess < 100 then return false, ("%.0f effective draws"):format(engine.ess) end
  return true
end

function def.notes(_, engine)
  local lines = { ("ln Z %.2f +- %.2f (importance sampling, Pareto k %.2f), %.2f (Laplace); %.0f effective draws; %s"):format(engine.lnz,
    engine.lnz_err, engine.khat, engine.lnz_laplace, engine.ess, engine.space) }
  for i, m in ipairs(engine:modes()) do
    if i <= 5 then
      lines[#lines + 1] = ("mode %d: ln L %.2f, ln Z %.2f, reached by %d starts%s%s"):format(i, m.lnlike, m.lnz, m.starts,
        m.converged and "" or ", not converged", m.repaired > 0 and (", %d directions without curvature"):format(m.repaired) or "")
    end
  end
  return lines
end

function def.cost(s, target)
  return s.starts * 60 * (2 * target.ndim + 1) + s.options.draws,
    ("%d starts of about 60 numerical gradients, %d draws"):format(s.starts, s.options.draws)
end

def.doc = [[sampler.optimum{ starts = } -> sampler
The highest points of the posterior by L-BFGS from many draws of the prior, with all distinct modes kept; Gaussians there (Laplace's
method); draws from their mixture, weighted by importance and Pareto-smoothed. f.engine:modes() lists the modes. A quick look: above a
Pareto k of 0.7 the draws cannot be trusted.
@param starts (16) draws of the prior to start from
@param draws (1000) of the mixture of Gaussians
@param history (10) steps that L-BFGS remembers
@param max_iterations (2000) per start
@param numerical (false) central differences even where the model has gradients]]
return def
