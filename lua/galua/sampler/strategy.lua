-- sampler.strategy(f): a Lua function over the parts of the samplers decides what is run.
--
-- A stage is one run of one part, a sampler of the library. While f works, the run methods of the parts go
-- through run_stage below, which passes progress and checkpoints on, and keeps a snapshot of the part at the end of each stage. To go
-- on after an interrupt or from a file, f is called again from its beginning: everything it does depends on the target, the seed and
-- the states of its parts alone, so that finished stages only set their part to its snapshot, and the unfinished one goes on.
local galua = require "galua"
local core = require "galua.core"
local json = require "galua.json"
local ship = require "galua.ship"
local part = require "galua.part"
local registry = require "galua.registry"
local doc = require "galua.doc"
local define = require "galua.define"
local def = { name = "strategy", late = true, distrust = "too few effective draws" }

local INTERRUPTED = {} -- raised to leave the function

def.options = { shipped = ":string", key = ":string", source = ":string", where = ":string", called = ":string" }
local functions = setmetatable({}, { __mode = "k" }) -- options -> function

local function packed(f, strip) return ship.pack(f, "sampler.strategy", nil, strip, "a strategy") end

-- sampler.strategy(f), and sampler.strategy(data) from store()
function def.convert(given)
  if type(given) == "table" and type(given.shipped) == "string" then
    return given -- unpacked when it is run
  end
  if type(given) ~= "function" then
    galua.fail("sampler.strategy: expected a function(target) that returns a sampler at work or its result, got %s", type(given))
  end
  local info = debug.getinfo(given, "S")
  return { shipped = packed(given), key = packed(given, true), source = ship.source(given),
    where = ("%s:%d"):format(info.short_src, info.linedefined) }, given
end

function def.made(s, f) functions[s] = f end
function def.text(s) return s.options.called or ("sampler.strategy (%s)"):format(s.options.where) end

-- sampler.define{ name =, options =, run =, doc = }
function def.define(samplers, given)
  local o = define.options("sampler", given, { name = ":string", options = {}, run = ":function", doc = "" }, { run = "function" }, "quick")
  local defaults, help, names = define.settings("sampler.define", o.options, { number = true, string = true, boolean = true })
  local fn = "sampler." .. o.name
  local info = debug.getinfo(o.run, "S")
  local function make(values)
    local p = galua.options(fn, values, defaults)
    local f = define.bound(o.run, "target", p)
    return samplers.strategy { shipped = packed(f), key = packed(f, true), source = ship.source(o.run), called = define.text(fn, p, defaults, names),
      where = ("%s:%d"):format(info.short_src, info.linedefined) }
  end
  samplers[o.name] = make
  doc.text(fn, make, ("%s{ ... } -> sampler\n%s%s"):format(fn, o.doc, help))
  return make
end
function def.settings(_, stored) return { ["function"] = core.hash(stored.key):sub(1, 12) } end

-- ---------------------------------------------------------------- stages
local function journal_of(fit)
  galua.expect("sampler.strategy", "how.fit", fit, "table")
  local j = rawget(fit, "_strategy")
  if not j then
    j = { done = {} }
    rawset(fit, "_strategy", j)
  end
  return j
end

-- what `more` and `until` of a part count, so far
local function count(engine, kind)
  local counts = part.classes()[kind].counts
  return counts and engine[counts] or 0
end

-- "2 ensemble"
local function stage_name(k, kind, number) return ("stage %d, run of %s %d"):format(k, kind, number) end

-- One call of part:run(o) in the strategy `now` at work.
local function run_stage(now, raw, kind, self, given)
  if now.stopped then error(INTERRUPTED, 0) end
  local journal, fit, how = now.journal, now.fit, now.how
  local number = now.numbers[self]
  if not number then
    now.count[kind] = (now.count[kind] or 0) + 1
    number = now.count[kind]
    now.numbers[self] = number
  end
  now.stage = now.stage + 1
  local k = now.stage
  local entry = journal.done[k] or (journal.open and journal.open.stage == k and journal.open) or nil
  if entry and (entry.kind ~= kind or entry.part ~= number) then
    galua.fail("sampler.strategy: its function does not repeat itself: %s before, %s now; it may depend on the target, the seed and its "
      .. "samplers alone", stage_name(k, entry.kind, entry.part), stage_name(k, kind, number))
  end
  if journal.done[k] then
    if given and given.move then self:set_moves(given.move) end
    galua.engines.give_back(fit.target, self, entry.snapshot)
    now.last = self
    return entry.state
  end
  local o = {}
  core.over(kind .. ":run", o, given)
  if entry then -- unfinished
    if o.move then self:set_moves(o.move) end
    galua.engines.give_back(fit.target, self, entry.snapshot or fit.engine)
    entry.snapshot = nil
  else
    entry = { stage = k, kind = kind, part = number, base = count(self, kind) }
    journal.open = entry
  end
  if o.more or o.steps then -- from where the stage began
    o["until"], o.more, o.steps = entry.base + (o.more or o.steps), nil, nil
  end
  fit.engine, now.last = self, self
  local theirs = { progress = o.progress, checkpoint = o.checkpoint }
  if how.progress or theirs.progress then
    o.progress = function(fraction, text)
      if how.progress then how.progress(fraction, ("stage %d: %s"):format(k, text)) end
      return theirs.progress and theirs.progress(fraction, text)
    end
  end
  if (how.checkpoint or theirs.checkpoint) then
    o.checkpoint = function()
      if how.checkpoint then how.checkpoint() end
      if theirs.checkpoint then theirs.checkpoint() end
    end
    o.checkpoint_every = o.checkpoint_every or how.checkpoint_every
  end
  local state = raw(self, o)
  if state == "interrupted" then
    entry.snapshot = galua.engines.take(fit.target, self)
    now.stopped = true
    error(INTERRUPTED, 0)
  end
  entry.state, entry.text, entry.seconds, entry.evaluations = state, self.state_text, self.seconds, self.evaluations
  entry.snapshot = galua.engines.take(fit.target, self)
  journal.done[k], journal.open = entry, nil
  -- a checkpoint writes all stages: one at each end would make n stages cost n^2
  if how.checkpoint and galua.clock() - now.saved >= (how.checkpoint_every or 20) then
    how.checkpoint()
    now.saved, now.unsaved = galua.clock(), false
  else
    now.unsaved = true
  end
  return state
end

local active

-- run methods of all parts, exchanged while a strategy is at work
local function intercept(now)
  local raw = {}
  for kind in pairs(part.classes()) do
    local methods = registry.classes[kind].methods
    raw[kind] = methods.run
    methods.run = function(self, o)
      if part.kind(self) ~= kind then return raw[kind](self, o) end -- its own message
      return run_stage(now, raw[kind], kind, self, o)
    end
  end
  return function()
    for kind in pairs(raw) do registry.classes[kind].methods.run = raw[kind] end
  end
end

local function perform(s, fit, how)
  local f, journal = functions[s] or ship.unpack(s.options.shipped), journal_of(fit)
  if active then galua.fail("sampler.strategy: a strategy cannot run another fit with a strategy") end
  local now = { fit = fit, how = how, journal = journal, stage = 0, count = {}, numbers = {}, saved = galua.clock() }
  local seed = galua.seed()
  galua.seed(fit.seed)
  active = now
  local restore = intercept(now)
  local ok, out = pcall(f, fit.target)
  restore()
  active = nil
  galua.seed(seed)
  if now.stopped then return "interrupted", fit.engine end
  if not ok then
    if now.unsaved and how.checkpoint then how.checkpoint() end -- finished stages outlive an error of the function
    error(out, 0)
  end
  local result = part.is_result(out) and out.part or out
  if not part.kind(result) then
    galua.fail("sampler.strategy: the function must return a sampler at work or its result(), got %s", core.class_name(out) or type(out))
  end
  if not now.numbers[result] then galua.fail("sampler.strategy: the function returned %s that it did not run", core.class_name(result)) end
  journal.finished, journal.discard = true, part.is_result(out) and rawget(out, "discard") or nil
  for _, entry in ipairs(journal.done) do entry.snapshot = nil end
  return result.state, result
end

function def.start() end

function def.run(s, engine, how)
  local journal = journal_of(how.fit)
  if journal.finished then
    if not how.more then return engine.state, engine end
    return part.reader(part.kind(engine)):run(engine, how), engine
  end
  if how.more then galua.fail("fit:run: more = N is for a strategy that has come to its end") end
  return perform(s, how.fit, how)
end

-- ---------------------------------------------------------------- results files
function def.save(s, fit)
  local journal = journal_of(fit)
  local d = { finished = journal.finished or false, discard = journal.discard, done = {} }
  local snapshots = {}
  for k, e in ipairs(journal.done) do
    d.done[k] = { stage = k, kind = e.kind, part = e.part, base = e.base, state = e.state, text = e.text, seconds = e.seconds,
      evaluations = e.evaluations }
    if not journal.finished then snapshots[k] = e.snapshot end
  end
  local open = journal.open
  if open then d.open = { stage = open.stage, kind = open.kind, part = open.part, base = open.base } end
  return { strategy = json.encode(d), strategy_source = s.options.source }, snapshots
end

function def.restore(_, fit, path)
  local texts = galua.result_texts(path)
  if not texts.strategy then
    galua.fail("%s holds a run of sampler.%s, this fit has sampler.strategy; choose another file, or start afresh", path,
      tostring(texts.sampler))
  end
  local journal = json.decode(texts.strategy)
  if not journal.finished then
    for k, snapshot in ipairs(galua.engines.read(path, #journal.done)) do journal.done[k].snapshot = snapshot end
  end
  rawset(fit, "_strategy", journal)
  return fit.target:restore(path)
end

-- ---------------------------------------------------------------- reading: as the part that the function returned
local function reader(engine, discard)
  local s = part.reader(part.kind(engine), discard)
  return s
end
function def.ready(_, engine) return engine ~= nil and reader(engine):ready(engine) end
function def.draws(_, engine, fit) return reader(engine, fit and journal_of(fit).discard):draws(engine) end
function def.summary(_, engine, fit) return reader(engine, fit and journal_of(fit).discard):summary(engine) end
function def.evidence(_, engine)
  local s = reader(engine)
  if s.evidence then return s:evidence(engine) end
end
function def.acceptable(_, engine)
  local s = reader(engine)
  if s.acceptable then return s:acceptable(engine) end
  return engine.state == "converged" or engine.state == "done", engine.state_text
end
function def.notes(_, engine, fit)
  local s = reader(engine)
  local lines = s.notes and s:notes(engine) or {}
  local journal = fit and journal_of(fit)
  for k, e in ipairs(journal and journal.done or {}) do
    lines[#lines + 1] = ("stage %d: %s %d: %s"):format(k, e.kind, e.part, e.text or e.state)
  end
  if journal and not journal.finished then lines[#lines + 1] = "warning: the strategy has not come to its end" end
  return lines
end
function def.cost() return nil, "what a strategy runs is decided by its function" end

def.doc = [[sampler.strategy(function(target) ... return part:result() end) -> sampler
A strategy of your own: a Lua function that makes, starts, runs and judges the parts of the samplers: ensemble(target), nested(target),
nuts(target), smc(target), optimum(target), pathfinder(target), target:lnprob(x), target:gradient(x), target:prior_transform(u), and
returns one of them, or its result(). Their random numbers are keyed by the fit's seed (give seed = for further independent ones).
Each part:run{} is a stage: progress is shown, Ctrl-C stops it, checkpoints are written. To go on, also from a results file, the
function is called again: finished stages are not run again but set to where they ended, the unfinished one goes on, to the same bits
as without the break. So it may depend on the target, the seed and its parts alone: no clock, no files, no global state. Results files
keep its code with the values it uses (numbers, strings, vectors, tables of them, Lua functions) and a line for each stage.
@example sampler.strategy(function(target)
@example   local e = ensemble(target, 64)
@example   e:run{ move = move.de(), until_tau = 50 }
@example   e:run{ move = mix{ move.stretch(), 0.2, move.snooker(), 0.8 }, steps = 5000 }
@example   return e:result()
@example end)]]
return def
