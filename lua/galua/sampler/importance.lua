-- sampler.importance{}: a mixture learns the posterior through temperatures, then weights independent draws.
local galua = require "galua"
local check = require "galua.check_options"
local def = { name = "importance", goals = { "ess", "max_evaluations" } }

function def.check(o)
  check.whole("sampler.importance", o, { batch = 0, components = 0, max_evaluations = 0 })
  if o.components > 64 then galua.fail("sampler.importance: components must be at most 64, got %g", o.components) end
  if not (o.ess >= 0 and o.ess < math.huge) then galua.fail("sampler.importance: ess must be a number, 0 or more, got %g", o.ess) end
end

local function wanted(s) return s.ess > 0 and s.ess or 1000 end

function def.text(s)
  local words = { ("ess = %g"):format(wanted(s)) }
  for _, name in ipairs { "batch", "components", "max_evaluations" } do
    if s[name] > 0 then words[#words + 1] = ("%s = %d"):format(name, s[name]) end
  end
  return ("sampler.importance{ %s }"):format(table.concat(words, ", "))
end

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
  return { ("ln Z %.3f +- %.3f; %.0f effective draws of %d (efficiency %.2f), Pareto k %.2f, %d stages"):format(engine.lnz, engine.lnz_err,
    engine.ess, engine.stored, engine.ess / engine.stored, engine.khat, engine.nstages) }
end

-- measured: 500 to 1500 a parameter until it has learnt, an efficiency of a third to a half
function def.cost(s, target)
  local d = target.ndim
  return 100 * d + 20 * 40 * d + 3 * wanted(s), ("about 20 batches of %d draws to learn, 3 draws for each that counts"):format(math.max(40 * d, 200))
end

def.intro = [[sampler.importance{ ess = } -> sampler
Adaptive importance sampling: a mixture of Student t learns the posterior from the prior through temperatures, then weights independent
draws. Evidence and posterior for a twentieth of the evaluations of nested sampling at up to 30 parameters, where a mixture fits; where none
does, it says that it has not converged: use nested then. Judged by Pareto k (at most 0.5), by two halves of the draws, and by short chains from them.]]
return def
