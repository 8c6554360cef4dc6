-- sampler.smc{}: from the prior to the posterior by tempering: evidence and several modes.
local galua = require "galua"
local check = require "galua.check_options"
local def = { name = "smc", goals = { "ess", "max_evaluations" } }

function def.check(o)
  check.whole("sampler.smc", o, { particles = 0, active = 0, max_steps = 0 })
  if o.particles > 0 and o.particles < 32 then galua.fail("sampler.smc: particles must be a whole number, 32 or more, got %g", o.particles) end
  check.real("sampler.smc", o, { ess = 0 }, check.DRAWS)
  check.real("sampler.smc", o, { accept = 0, max_evaluations = 0 }, math.huge)
end

-- 0: as many as the number of parameters asks for (src/infer/sampler/smc.c)
local function particles(s, ndim) return s.particles > 0 and s.particles or ndim > 10 and 2048 or 1024 end

function def.words(s)
  local many = s.particles > 0 and tostring(s.particles) or "1024 (2048 above ten parameters)"
  return ("%s particles, until %s effective draws"):format(many, s.ess > 0 and s.ess or s.particles > 0 and 4 * s.particles or "four times as many")
end

-- `more`: so many more effective draws
function def.run(s, engine, how)
  local want = s.ess > 0 and s.ess or 4 * engine.particles
  if how.more then want = math.max(engine.ess, 0) + how.more end
  return engine:run{ ess = want, progress = how.progress, checkpoint = how.checkpoint, checkpoint_every = how.checkpoint_every }
end

function def.acceptable(_, engine)
  if engine.state ~= "converged" then return false, engine.state_text end
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

def.intro = [[sampler.smc{ particles = } -> sampler
Sequential Monte Carlo: particles move from the prior to the posterior through temperatures chosen by effective sample size, with
t-preconditioned Crank-Nicolson moves; all levels are used together (persistent sampling). Gives ln Z with its error, keeps several
modes. Long curved valleys need more moves: raise accept.]]
return def
