-- Samplers as fit{} takes them: a name, options, and methods that make and drive the sampler at work (the engine).
--
-- lua/galua/sampler/NAME.lua returns the definition of sampler.NAME{}; every such file is found by itself:
--   name, doc      "ensemble"; help text of sampler.NAME
--   options        options and their defaults, as for galua.options
--   write          { option = f(value) } text of a value that is no plain data; optional
--   check(o)       complete and check the options; optional
--   words(s)       what it does, in words: behind the call of the one line that it prints; optional
--   text(s)        instead: that line
--   convert(given) -> options, value     what sampler.NAME() takes that is no table of options; made(s, value) gets the value; optional
--   store(s)       plain data to make the same sampler again from; optional: all options that are plain
--   import(s, fit, path) -> engine started from a file of another program; optional
--   late           true: start gives nothing yet, run makes the engine; optional
--   start(s, fit)  -> engine, ready to run: a handle with fields state, state_text, seconds, evaluations
--   takes_start    true: start takes positions that somebody chose, fit._start; optional
--   counts_steps   true: run takes how["until"], steps in all; optional
--   run(s, engine, how) -> state[, engine]     how = { fit =, more =, until =, progress = f(fraction, text), checkpoint = f(),
--                                    checkpoint_every = [s] }; goes on where the engine stands; `more` nil: until the goal of the options
--   save(s, fit) -> texts, snapshots           what else goes into a results file; optional
--   restore(s, fit, path) -> engine            instead of target:restore; optional
--   goals          names of options that a stored run may go on with changed: its length; all others must be the same; optional
--   settings(s, stored) -> table     what must be the same, from the data of store(); optional: all options but the goals
--   check_engine(s, engine, fit)     instead: raise when an engine restored from a file has other settings; optional
--   ready(s, engine) -> boolean      are there draws?
--   draws(s, engine, fit) -> x, lnprior, lnlike, blobs     equally weighted; sampled coordinates
--   summary(s, engine, fit) -> rows, rows             parameters, derived quantities (gal_lua_push_summary)
--   distrust       what the summary says of a row that is not trusted
--   notes(s, engine, fit) -> list of lines below the summary; optional
--   cost(s, target) -> evaluations or nil, words      for --dry-run
--   evidence(s, engine) -> ln Z, error                 optional
--   approximate    true: its results do not show whether they are right: never the last of a catalogue's `escalate`; optional
--   acceptable(s, engine) -> boolean, why not         may a catalogue take this result, or shall the next sampler try? optional
--   also           further constructors of the same sampler: { NAME = { options =, convert = f(options) -> options of NAME, doc = } }
-- s.options holds the options; s.walkers is short for s.options.walkers unless a method has that name.
-- What a file leaves out is as common.lua makes it of the class of that name in the library; a class without a file is a sampler, too.
local galua = require "galua"
local doc = require "galua.doc"
local core = require "galua.core"
local call = require "galua.call"
local M = {}
local definitions = {}

-- What the methods of a definition take behind the sampler itself, `how` of run among them; what a method of these is called with by hand is
-- looked at before it works. The rest of a definition is no part of a sampler.
local takes = { start = { "fit" }, import = { "fit", "string" }, run = { "engine", "table" }, ready = { "engine" }, draws = { "engine" },
  summary = { "engine" }, notes = { "engine" }, evidence = { "engine" }, acceptable = { "engine" }, save = { "fit" }, cost = { "target" },
  restore = { "fit", "string" }, check_engine = { "engine", "fit" }, text = {}, store = {}, settings = { "table" } }
local is = {
  fit = function(x) return type(x) == "table" and getmetatable(x) == galua.fit.class end,
  engine = function(x)
    local class = core.class_name(x)
    return class ~= nil and definitions[class] ~= nil or type(x) == "table" and rawget(x, "state_text") ~= nil
  end,
  target = function(x) return core.class_name(x) == "target" end,
  string = function(x) return type(x) == "string" end,
  table = function(x) return type(x) == "table" end,
}
local words = { engine = "sampler at work", ["string"] = "path" }

-- A sampler: kind, options. A method hides an option of its name, which is then read from s.options.
local mt = {}
function mt.__index(s, key)
  local v, option = definitions[rawget(s, "kind")][key], rawget(s, "options")[key]
  if type(v) == "function" and not takes[key] then v = nil end
  if option == nil or type(v) == "function" then return v end
  return option
end

-- f(s, ...) of a definition, with its arguments looked at
local function checked(name, key, f)
  local want = takes[key]
  return function(s, ...)
    local fn = ("sampler.%s{}:%s"):format(name, key)
    if type(s) ~= "table" or getmetatable(s) ~= mt then
      galua.fail("%s: call it with a colon on a sampler, not on %s", fn, core.class_name(s) or type(s))
    end
    for i, kind in ipairs(want) do
      local x = select(i, ...)
      if not is[kind](x) and not (kind == "engine" and x == nil and definitions[name].late) then
        galua.fail("%s: argument %d must be a %s, got %s", fn, i, words[kind] or kind, core.class_name(x) or type(x))
      end
    end
    return f(s, ...)
  end
end
function mt.__tostring(s) return s:text() end

-- whether x is a sampler
function M.is(x) return type(x) == "table" and getmetatable(x) == mt end

-- whether there is a sampler of that name
function M.known(name) return definitions[name] ~= nil end

local function plain(v)
  local kind = type(v)
  if kind == "number" or kind == "string" or kind == "boolean" then return true end
  if kind ~= "table" then return false end
  for i = 1, #v do if not plain(v[i]) or type(v[i]) == "table" then return false end end
  for k in pairs(v) do if type(k) ~= "number" then return false end end
  return true
end

local function store(s)
  local out = { kind = s.kind }
  for k, v in pairs(s.options) do if plain(v) then out[k] = v end end
  return out
end

-- Options of stored data that decide what a run does.
local function settings(s, stored)
  local out = {}
  for k, v in pairs(stored) do out[k] = type(v) == "table" and table.concat(v, " ") or v end
  for _, name in ipairs(s.goals or {}) do out[name] = nil end
  return out
end

-- Raise unless the sampler that a file holds, `there` as of its store(), would do the same as s.
function M.check_same(s, there, path)
  if not M.is(s) then galua.fail("sampler.check_same: argument 1 must be a sampler, got %s", core.class_name(s) or type(s)) end
  galua.expect("sampler.check_same", 2, there, "table")
  if there.kind ~= s.kind then
    galua.fail("%s holds a run of sampler.%s, this fit has sampler.%s; choose another file, or start afresh", path, tostring(there.kind), s.kind)
  end
  local a, b, list = s:settings(there), s:settings(s:store()), {}
  for k in pairs(a) do if b[k] == nil then b[k] = "nothing" end end
  for k, here in pairs(b) do
    if a[k] ~= here then list[#list + 1] = ("%s: %s there, %s here"):format(k, tostring(a[k] == nil and "nothing" or a[k]), tostring(here)) end
  end
  table.sort(list)
  if #list > 0 then
    galua.fail("%s: the stored run has other settings of sampler.%s (%s); choose another file, or start afresh", path, s.kind,
      table.concat(list, "; "))
  end
end

-- whether sampler `kind` has an option of that name
function M.takes(kind, option) return definitions[kind] ~= nil and definitions[kind].options[option] ~= nil end

-- Make sampler.NAME{} known.
function M.register(def)
  for _, key in ipairs { "name", "options", "start", "run", "ready", "draws", "summary", "distrust", "cost", "doc" } do
    if def[key] == nil then galua.fail("sampler.register: %s has no '%s'", tostring(def.name), key) end
  end
  def.store = def.store or store
  def.text = def.text or function(s)
    local made = call.shortest("sampler." .. def.name, s.options, def.options, function(o) return M[def.name](o).options end, def.write)
    return def.words and ("%s   -- %s"):format(made, def.words(s)) or made
  end
  def.settings = def.settings or settings
  for key in pairs(takes) do
    if type(def[key]) == "function" then def[key] = checked(def.name, key, def[key]) end
  end
  definitions[def.name] = def
  M[def.name] = function(given)
    local with
    if def.convert then given, with = def.convert(given) end
    local o = galua.options("sampler." .. def.name, given, def.options)
    if def.check then def.check(o) end
    local s = setmetatable({ kind = def.name, options = o }, mt)
    if def.made then def.made(s, with) end
    return s
  end
  doc.text("sampler." .. def.name, M[def.name], def.doc)
  for name, a in pairs(def.also or {}) do
    M[name] = function(given) return M[def.name](a.convert(galua.options("sampler." .. name, given, a.options))) end
    doc.text("sampler." .. name, M[name], a.doc)
  end
end

-- sampler.define{ name =, options =, run =, doc = }: a strategy with a name
function M.define(given) return require("galua.sampler.strategy").define(M, given) end

-- The sampler that s:store() describes; an option that this version does not know is left out.
function M.from(data)
  galua.expect("sampler.from", 1, data, "table")
  local def = definitions[data.kind]
  if not def then
    local names = {}
    for name in pairs(definitions) do names[#names + 1] = name end
    galua.fail("this version has no sampler '%s'%s", tostring(data.kind), core.did_you_mean(tostring(data.kind), names))
  end
  local o = {}
  for k, v in pairs(data) do if def.options[k] ~= nil then o[k] = v end end
  return M[data.kind](o)
end

local common = require "galua.sampler.common"
local names, made = {}, {}
for _, module in ipairs(core.modules()) do
  local name = module:match("^galua%.sampler%.([%w_]+)$")
  if name and name ~= "common" and name ~= "init" then made[name] = require(module) end
end
for _, c in ipairs(galua.engines.list()) do
  local def = made[c.name] or {}
  made[c.name] = def
  local base = common.definition(c)
  if def.intro and not def.doc then def.doc = def.intro .. "\n" .. base.params .. (def.further or "") end
  for k, v in pairs(base) do
    if def[k] == nil then def[k] = v end
  end
end
for name in pairs(made) do names[#names + 1] = name end
table.sort(names)
for i, name in ipairs(names) do
  M.register(made[name])
  names[i] = ("sampler.%s{}"):format(name)
end

doc.text("sampler", M, ("Samplers for fit{ sampler = ... }: %s."):format(table.concat(names, ", ")))
doc.text("sampler.is", M.is, "sampler.is(x) -> boolean\nWhether x is a sampler.")
doc.text("sampler.takes", M.takes, "sampler.takes(kind, option) -> boolean\nWhether sampler.KIND{} has an option of that name.")
doc.text("sampler.known", M.known, "sampler.known(name) -> boolean\nWhether there is a sampler of that name.")
doc.text("sampler.from", M.from, "sampler.from(table) -> sampler\nThe sampler that a results file describes.")
doc.text("sampler.check_same", M.check_same, "sampler.check_same(sampler, table, path)\nRaise unless the results file's sampler would do the same.")
doc.text("sampler.define", M.define, [[sampler.define{ name =, options =, run = } -> function
A kind of sampler of your own: sampler.NAME{ options } with help, in fits, catalogues and results files, which hold its function: to read them the
definition is not needed. It is sampler.strategy with a name and options: see there what the function may use.
@param name what it is called: sampler.quick
@param options ({}) options and their defaults, numbers, texts or booleans: paths = 4, or paths = { 4, doc = "of the first look" }
@param run function(target, o) -> a part of the samplers that it ran, or its result(); o.paths is the value of an option
@param doc help text
@example sampler.define{ name = "quick", options = { paths = 4 }, run = function(target, o)
@example   local p = pathfinder(target, { paths = o.paths })
@example   p:run{}
@example   return p:result()
@example end }]])
doc.text("sampler.register", M.register, [[sampler.register(definition)
Make a new kind of sampler known as sampler.NAME; lua/galua/sampler/init.lua lists what a definition holds.]])
return M
