-- sampler.smc{}: from the prior to the posterior by tempering: evidence and several modes.
local galua = require "galua"
local check = require "galua.check_options"
local def = { name = "smc", distrust = "fewer than 100 effective draws", goals = { "ess", "max_evaluations" } }

def.options = { particles = 0, active = 0, ess = 0, accept = 6, max_steps = 0, max_evaluations = 0 }

function def.check(o)
  check.whole("sampler.smc", o, { particles = 0, active = 0, max_steps = 0 })
  if o.particles > 0 and o.particles < 32 then galua.fail("sampler.smc: particles must be a whole number, 32 or more, got %g", o.particles) end
  for _, name in ipairs { "ess", "accept", "max_evaluations" } do
    if not (o[name] >= 0 and o[name] < math.huge) then galua.fail("sampler.smc: %s must be a number, 0 or more, got %g", name, o[name]) end
  end
end

-- 0: as many as the number of parameters asks for (src/infer/smc.c)
local function particles(s, ndim) return s.particles > 0 and s.particles or ndim > 10 and 2048 or 1024 end

function def.text(s)
  local many = s.particles > 0 and tostring(s.particles) or "1024 (2048 above ten parameters)"
  return ("sampler.smc{ %s particles, until %s effective draws }"):format(many,
    s.ess > 0 and s.ess or s.particles > 0 and 4 * s.particles or "four times as many")
end

function def.start(s, fit)
  return galua.smc(fit.target, { particles = s.particles, active = s.active, ess = s.ess, accept = s.accept, max_steps = s.max_steps,
    max_evaluations = s.max_evaluations, seed = fit.seed })
end

-- `more`: so many more effective draws
function def.run(s, engine, how)
  local want = s.ess > 0 and s.ess or 4 * engine.particles
  if how.more then want = math.max(engine.ess, 0) + how.more end
  return engine:run{ ess = want, progress = how.progress, checkpoint = how.checkpoint, checkpoint_every = how.checkpoint_every }
end

function def.ready(_, engine) return engine.stored >= 8 end
function def.draws(_, engine) return engine:samples() end
function def.summary(_, engine) return engine:summary() end

function def.evidence(_, engine) return engine.lnz, engine.lnz_err end

function def.acceptable(_, engine)
  if engine.state ~= "converged" then return false, engine.state_text end
  if engine.families < 10 then return false, ("all draws descend from %d of the prior"):format(engine.families) end
  return true
end

function def.notes(_, engine)
  local lines = { ("ln Z %.3f +- %.3f; %d levels, %.0f effective draws from %d families"):format(engine.lnz, engine.lnz_err, engine.nlevels,
    engine.ess, engine.families) }
  if engine.beta < 1 then lines[2] = ("warning: beta = %.3g: the posterior (beta = 1) was not reached"):format(engine.beta) end
  return lines
end

function def.cost(s, target)
  local levels, active = 4 + 2 * target.ndim, particles(s, target.ndim) / 2
  return levels * 20 * active, ("about %d levels of about 20 moves of %d particles"):format(levels, active)
end

def.doc = [[sampler.smc{ particles = } -> sampler
Sequential Monte Carlo: particles move from the prior to the posterior through temperatures chosen by effective sample size, with
t-preconditioned Crank-Nicolson moves; all levels are used together (persistent sampling). Gives ln Z with its error, keeps several
modes. Long curved valleys need more moves: raise accept.
@param particles (1024; above ten parameters 2048) effective size that sets the next temperature
@param active (particles/2) moved per level
@param ess (4 particles) effective number of draws at the end
@param accept (6) moves accepted per particle and level, at least
@param max_steps (100 + 20 ndim) moves per level, at most
@param max_evaluations (none) stop a run there; the next goes on]]
return def
