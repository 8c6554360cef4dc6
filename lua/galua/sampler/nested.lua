-- sampler.nested{}: evidence and posterior by nested sampling, static or dynamic.
local galua = require "galua"
local check = require "galua.check_options"
local def = { name = "nested", distrust = "fewer than 100 effective samples" }

-- options handed to galua.nested as they are; 0 and "auto" are its defaults
local given_on = {}
for _, c in ipairs(galua.engines.list()) do
  for _, r in ipairs(c.name == def.name and c.options or {}) do
    if r.name ~= "seed" and r.name ~= "source" then given_on[r.name] = r.default end
  end
end

def.options = { periodic = ":table", reflective = ":table", max_calls = 0, max_iterations = 0 }
for k, v in pairs(given_on) do def.options[k] = v end

function def.check(o)
  check.whole("sampler.nested", o, { live = 0, replace = 0, walks = 0, slices = 0, batch = 0, max_calls = 0, max_iterations = 0 }, 1e15)
  check.real("sampler.nested", o, { ess = 0 }, check.DRAWS)
  if not (o.dlogz >= 0 and o.dlogz < math.huge) then galua.fail("sampler.nested: dlogz must be 0 or more, got %g", o.dlogz) end
end

function def.words(s) return ("%d live points%s"):format(s.live > 0 and s.live or 500, s.dynamic and ", dynamic" or "") end

local function engine_of(s, fit, marginalise)
  local o = { seed = fit.seed, periodic = s.periodic, reflective = s.reflective }
  for k in pairs(given_on) do o[k] = s[k] end
  if marginalise ~= nil then o.marginalise = marginalise end
  return galua.nested(fit.target, o)
end

function def.start(s, fit)
  local engine = engine_of(s, fit)
  if not fit._quiet then io.stderr:write("nested: " .. engine.method .. "\n") end
  return engine
end

-- A stored run goes on only with the settings it was made with; the seed is in the file. One of before, which sampled every parameter, goes on doing so.
function def.check_engine(s, engine, fit)
  local fewer = engine.integrated ~= ""
  local here, there, list = engine_of(s, fit, fewer and s.marginalise), engine.settings, {}
  local chains = engine.method:find("from iteration", 1, true) -- our own change of method during the run
  for k, v in pairs(here.settings) do
    local same = there[k] == v or k == "seed" or k == "marginalise" and not fewer or chains and (k == "sample" or k == "directions")
    if not same then list[#list + 1] = ("%s: %s there, %s here"):format(k, tostring(there[k]), tostring(v)) end
  end
  table.sort(list)
  if #list > 0 then
    galua.fail("the stored run has other settings of sampler.nested (%s); choose another file, or start afresh", table.concat(list, "; "))
  end
end

function def.run(s, engine, how)
  if how.more then galua.fail("fit:run: more = N is for samplers that count steps; nested sampling runs until its dlogz, ess or max_calls") end
  return engine:run{ progress = how.progress, checkpoint = how.checkpoint, checkpoint_every = how.checkpoint_every,
    max_calls = s.max_calls, max_iterations = s.max_iterations }
end

-- for catalogues: |z| > 4 of the insertion order happens once in 16000 good runs
function def.acceptable(_, engine)
  if engine.state ~= "converged" then return false, engine.state_text end
  local z = engine.insertion_z
  if z == z and math.abs(z) > 4 then return false, ("insertion order, z = %.1f"):format(z) end
  if engine.stuck > 0.5 then return false, "most chains never moved" end
  return true
end

function def.notes(_, engine)
  local list = { ("ln Z = %.3f +- %.3f   information %.2f nat   %.0f effective samples of %d points   %.0f likelihoods"):format(engine.lnz,
    engine.lnz_err, engine.information, engine.ess, engine.stored, engine.evaluations) }
  local z = engine.insertion_z
  if z == z then
    list[#list + 1] = ("insertion order: z = %.1f%s"):format(z, math.abs(z) > 3 and
      "  new points are not proper draws of the prior: ln Z may be wrong; more slices or walks, or more live points" or "")
  end
  if engine.memory > 0.6 then -- chains that may grow stay at 0.5 unless four times the usual length is too short
    list[#list + 1] = ("chains keep %.2f of where they began%s: ln Z tends to be too high; more slices or walks"):format(engine.memory,
      engine.lengthened > 1 and (", though they are %.1f times as long as usual"):format(engine.lengthened) or "")
  end
  if engine.stuck > 0.1 then
    list[#list + 1] = ("%.0f %% of the chains never moved: more walks, or sample = 'rslice'"):format(100 * engine.stuck)
  end
  if engine.plateau then list[#list + 1] = "points of equal likelihood, or forbidden by the model, were met and accounted for" end
  return list
end

-- n (H + 3 sqrt(d/2)) points, an information of about 2.5 nats a parameter
function def.cost(s, target)
  local d, n = target.ndim, s.live > 0 and s.live or 500
  local slices = s.slices > 0 and s.slices or (d < 4 and 4 or d < 6 and 2 or 3) * d
  local each = (s.sample == "unif" or s.sample == "auto" and d < 10) and 10
    or s.sample == "rwalk" and (s.walks > 0 and s.walks or d + 20)
    or s.sample == "slice" and 4 * d * (s.slices > 0 and s.slices or 3) or 2 * slices
  local points = n * (2.5 * d + 3 * math.sqrt(d / 2))
  return points * each, ("roughly %d points of %d evaluations each"):format(points, each)
end

def.intro = [[sampler.nested{ live =, dlogz =, sample =, dynamic = } -> sampler
Nested sampling (Skilling 2006): the evidence ln Z with its error, and the posterior. What is left to it is chosen and printed.]]
def.further = [[

@param periodic names of parameters that go round: their ends are the same point
@param reflective names of parameters that fold back at their ends]]
return def
