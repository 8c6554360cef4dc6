-- sampler.ladder{ first, second, ... }: the first sampler of a list whose result can be trusted, and the last where none can. What fit{} does
-- when it is not told how to sample. One rung is at work at a time: its draws, summary and file are those of the fit; what the others before it said
-- is kept as a line each. A run that goes on, also from a file, goes on with the rung that it stopped in.
local galua = require "galua"
local core = require "galua.core"
local json = require "galua.json"
local part = require "galua.part"
local usual = require "galua.usual_samplers"
local def = { name = "ladder", late = true, distrust = "not enough effective draws" }

def.options = { rungs = ":table" }

-- sampler.ladder{ sampler, ... }, and what store() gave
function def.convert(given)
  if type(given) ~= "table" then galua.fail("sampler.ladder: expected a list of samplers, such as { %s }, got a %s", usual.text ", ", type(given)) end
  local list, rungs = given.rungs or given, {}
  for i, s in ipairs(type(list) == "table" and list or {}) do
    if type(s) == "table" and not galua.sampler.is(s) and type(s.kind) == "string" then s = galua.sampler.from(s) end
    if not galua.sampler.is(s) then galua.fail("sampler.ladder: rung %d must be a sampler, got a %s", i, core.class_name(s) or type(s)) end
    if s.late then galua.fail("sampler.ladder: rung %d cannot be sampler.%s", i, s.kind) end
    rungs[i] = s
  end
  if #rungs == 0 then galua.fail("sampler.ladder: the list is empty: give { %s }", usual.text ", ") end
  if #rungs > 1 and rungs[#rungs].approximate then
    galua.fail("sampler.ladder: it ends with sampler.%s, whose results are approximate; put %s last", rungs[#rungs].kind, usual.text " or ")
  end
  return { rungs = rungs }
end

function def.text(s)
  local words, notes = {}, {}
  for i, r in ipairs(s.rungs) do -- each prints as its call, and what it means behind "--"
    local call, note = tostring(r):match("^(.-)%s+%-%-%s+(.*)$")
    words[i], notes[i] = call or tostring(r), note or r.kind
  end
  return ("sampler.ladder{ %s }   -- %s"):format(table.concat(words, ", "), table.concat(notes, ", then "))
end

function def.store(s)
  local list = {}
  for i, r in ipairs(s.rungs) do list[i] = r:store() end
  return { kind = s.kind, rungs = list }
end

function def.settings(_, stored)
  local out = {}
  for i, data in ipairs(stored.rungs) do
    local r = galua.sampler.from(data)
    out["rung " .. i] = r.kind
    for k, v in pairs(r:settings(data)) do out[("rung %d, %s"):format(i, k)] = v end
  end
  return out
end

-- the rung at work, and what those before it said
local function journal_of(fit)
  local j = rawget(fit, "_ladder")
  if not j then
    j = { rung = 1, passed = {} }
    rawset(fit, "_ladder", j)
  end
  return j
end

-- the rung whose draws these are
local function reader(s, engine)
  local kind = part.kind(engine)
  for _, r in ipairs(s.rungs) do
    if r.kind == kind then return r end
  end
  return part.reader(kind)
end

function def.start() end

-- state, and why the result is not to be trusted; nil: it is
local function try(s, rung, engine, how)
  local r = s.rungs[rung]
  local ok, state = pcall(r.run, r, engine, how)
  if not ok then
    local plan = how.fit.target.plan
    if rung == #s.rungs or core.interrupted() or plan and plan.failed then error(state, 0) end
    return "failed", tostring(state)
  end
  local good, why = true
  if r.acceptable then good, why = r:acceptable(engine) end
  return state, not good and (why or "refused") or nil
end

function def.run(s, engine, how)
  local fit, plans = how.fit, require "galua.fit.plan"
  local j = journal_of(fit)
  while true do
    if not engine then
      engine = s.rungs[j.rung]:start(fit)
      fit.engine = engine -- checkpoints write it
    end
    local state, why = try(s, j.rung, engine, how)
    if not why or state == "interrupted" or how.more or j.rung == #s.rungs then return state, engine end
    j.passed[#j.passed + 1] = { kind = s.rungs[j.rung].kind, why = why, evaluations = engine.evaluations }
    j.rung = j.rung + 1
    if not fit._quiet then io.stderr:write(("%s: %s; goes on with %s\n"):format(s.rungs[j.rung - 1].kind, why, tostring(s.rungs[j.rung]))) end
    engine, fit.engine, fit._samples, fit._summary = nil, nil, nil, nil
    collectgarbage() -- of its draws now: the next run would keep them for as long as it takes
    plans.again(fit, rawget(fit, "_plan_asked"))
    plans.compile(fit, fit._quiet)
  end
end

-- ---------------------------------------------------------------- results files
function def.save(s, fit)
  local r = reader(s, fit.engine)
  local texts, snapshots
  if r.save then texts, snapshots = r:save(fit) end
  texts = texts or {}
  texts.ladder = json.encode(journal_of(fit))
  return texts, snapshots
end

function def.restore(s, fit, path)
  local texts = galua.result_texts(path)
  if not texts.ladder then
    galua.fail("%s holds a run of sampler.%s, this fit has %s; choose another file, or start afresh", path, tostring(texts.sampler), tostring(s))
  end
  local j = json.decode(texts.ladder)
  if type(j) ~= "table" or not s.rungs[j.rung] or type(j.passed) ~= "table" then
    galua.fail("%s: the ladder of samplers in it has other rungs, or is damaged; choose another file, or start afresh", path)
  end
  rawset(fit, "_ladder", j)
  return fit.target:restore(path, s.rungs[j.rung].kind)
end

-- ---------------------------------------------------------------- reading: as the rung at work
function def.ready(s, engine) return engine ~= nil and reader(s, engine):ready(engine) end
function def.draws(s, engine) return reader(s, engine):draws(engine) end
function def.summary(s, engine) return reader(s, engine):summary(engine) end
function def.evidence(s, engine)
  local r = reader(s, engine)
  if r.evidence then return r:evidence(engine) end
end
function def.acceptable(s, engine)
  local r = reader(s, engine)
  if r.acceptable then return r:acceptable(engine) end
  return true
end
function def.notes(s, engine, fit)
  local r = reader(s, engine)
  local lines = r.notes and r:notes(engine, fit) or {}
  for _, p in ipairs(fit and journal_of(fit).passed or {}) do
    lines[#lines + 1] = ("%s was tried before, %.0f evaluations: %s"):format(tostring(p.kind), tonumber(p.evaluations) or 0, tostring(p.why))
  end
  return lines
end
function def.cost(s, target)
  local n, words = s.rungs[1]:cost(target)
  return n, #s.rungs > 1 and ("%s (%s, if it can be trusted)"):format(words, s.rungs[1].kind) or words
end

def.doc = [[sampler.ladder{ first, second, ... } -> sampler
Runs the first sampler; where its result cannot be trusted, the next; and so on: the last one's result stands in any case, with what it says of
itself. fit{} without a sampler is sampler.ladder{ sampler.importance{}, sampler.nested{} }. The summary tells what was tried before. Catalogues have
`escalate` for the same.
@example fit{ data = o, model = g, free = { age = prior.loguniform(1e9, 1e10) },
@example   sampler = sampler.ladder{ sampler.importance{ ess = 5000 }, sampler.nested{ live = 1000 } } }]]
return def
