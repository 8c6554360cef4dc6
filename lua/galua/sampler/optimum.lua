-- sampler.optimum{}: the modes of the posterior, Gaussians there, weighted draws: seconds, with a verdict on their trust.
local def = { name = "optimum", approximate = true }

function def.words(s) return ("%d starts, %d draws"):format(s.starts, s.options.draws) end

-- a finished run stands; anything else begins anew, always the same
function def.run(_, engine, how)
  if engine.state == "approximate" or engine.state == "converged" or engine.state == "limit" then return engine.state end
  return engine:run{ progress = how.progress }
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
  local exact = target.exact and not s.numerical
  return s.starts * 60 * (exact and 5 or 2 * target.ndim + 1) + s.options.draws,
    ("%d starts of about 60 %s gradients, %d draws"):format(s.starts, exact and "exact" or "numerical", s.options.draws)
end

def.intro = [[sampler.optimum{ starts = } -> sampler
The highest points of the posterior by L-BFGS from many draws of the prior, with all distinct modes kept; Gaussians there (Laplace's
method); draws from their mixture, weighted by importance and Pareto-smoothed. f.engine:modes() lists the modes. A quick look: above a
Pareto k of 0.7 the draws cannot be trusted, below it they are approximate.]]
return def
