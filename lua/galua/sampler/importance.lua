-- sampler.importance{}: a mixture learns the posterior through temperatures, then weights independent draws.
local galua = require "galua"
local check = require "galua.check_options"
local def = { name = "importance", goals = { "ess", "max_evaluations" } }

function def.check(o)
  check.whole("sampler.importance", o, { batch = 0, components = 0, max_evaluations = 0 })
  if o.components > 64 then galua.fail("sampler.importance: components must be at most 64, got %g", o.components) end
  check.real("sampler.importance", o, { ess = 0 }, check.DRAWS)
end

local function wanted(s) return s.ess > 0 and s.ess or 1000 end

function def.words(s) return ("until %g effective draws"):format(wanted(s)) end

-- `more`: so many more effective draws
function def.run(s, engine, how)
  local want = wanted(s)
  if how.more then want = (engine.ess > 0 and engine.ess or 0) + how.more end
  return engine:run{ ess = want, progress = how.progress, checkpoint = how.checkpoint, checkpoint_every = how.checkpoint_every }
end

function def.acceptable(_, engine)
  if engine.state ~= "converged" then return false, engine.state_text end
  return true
end

function def.notes(_, engine)
  if not (engine.ess > 0) then return { "no draws of the posterior yet: " .. engine.state_text } end
  local out = { ("ln Z %.3f +- %.3f; %.0f effective draws of %d (efficiency %.2f), Pareto k %.2f, %d stages"):format(engine.lnz, engine.lnz_err,
    engine.ess, engine.stored, engine.ess / engine.stored, engine.khat, engine.nstages) }
  if engine.integrated ~= "" then out[2] = ("%s was integrated out, and drawn given the others"):format(engine.integrated) end
  return out
end

-- measured: 500 to 1500 a parameter until beta = 1, an efficiency of a third to a half from there on
function def.cost(s, target)
  local d = target.ndim
  return 100 * d + 20 * 40 * d + 3 * wanted(s), ("about 20 batches of %d draws to learn, 3 draws for each that counts"):format(math.max(40 * d, 200))
end

def.intro = [[sampler.importance{ ess = } -> sampler
Adaptive importance sampling: a mixture of Student t learns the posterior from the prior through temperatures, then weights independent
draws. Evidence and posterior for a twentieth of the evaluations of nested sampling at up to 30 parameters, where a mixture fits; where none
does, it says that it has not converged: use nested then. Judged by Pareto k (at most 0.7), by earlier and later stages, and by short chains from the draws.
A parameter that all light is proportional to, as a rule the norm of the history, is integrated out where that is exact (Gaussian errors of bands alone)
and drawn given the others: its draws are there as ever.]]
return def
