-- sampler.ensemble{}: walkers that move in two halves, until their chain is long enough.
local galua = require "galua"
local check = require "galua.check_options"
local core = require "galua.core"
local json = require "galua.json"
local warm = require "galua.warm_start"
local def = { name = "ensemble", counts_steps = true, takes_start = true, distrust = "chain shorter than 50 tau" }

def.options = { walkers = 0, moves = ":any", steps = 0, until_tau = 0, dtau = 0.05, max = 0, thin = 0, discard = 0, force = false, warm = 0 }

local move_names = { "mix" }
for i, move in ipairs(galua.engines.moves()) do move_names[i + 1] = move.name end

function def.check(o)
  o.moves = o.moves or "mix"
  check.whole("sampler.ensemble", o, { walkers = 0, steps = 0, max = 0, thin = 0, discard = 0, warm = 0 })
  if not (o.until_tau >= 0 and o.until_tau < math.huge) then
    galua.fail("sampler.ensemble: until_tau must be a number of autocorrelation times, 0 or more, got %g", o.until_tau)
  end
  if type(o.moves) == "string" then
    local known = false
    for _, name in ipairs(move_names) do known = known or name == o.moves end
    if not known then
      galua.fail("sampler.ensemble: unknown moves '%s'%s (known: %s)", o.moves, core.did_you_mean(o.moves, move_names),
        table.concat(move_names, ", "))
    end
  elseif type(o.moves) == "table" and type(o.moves[1]) == "table" and o.moves[1].kind then
    o.moves = galua.move.from(o.moves) -- of a results file
  elseif type(o.moves) ~= "table" or next(o.moves) == nil then
    galua.fail("sampler.ensemble: moves must be a name or a list of moves, got %s", type(o.moves) == "table" and "an empty table" or
      type(o.moves))
  end
  if o.steps == 0 and o.until_tau == 0 then o.until_tau = 50 end
  if o.max == 0 then o.max = 20000 end
end

function def.words(s)
  return ("%s moves, %s"):format(galua.move.text(s.moves),
    s.until_tau > 0 and ("until %g autocorrelation times, at most %d steps%s"):format(s.until_tau, s.max,
      (s.warm or 0) > 0 and (", %d of them to find a start"):format(s.warm) or "") or s.steps .. " steps")
end
def.write = { moves = function(moves) return galua.move.call(moves) end }

function def.store(s)
  return { kind = s.kind, walkers = s.walkers, steps = s.steps, until_tau = s.until_tau, dtau = s.dtau, max = s.max, thin = s.thin,
    discard = s.discard, warm = (s.warm or 0) > 0 and s.warm or nil, moves = galua.move.store(s.moves) }
end

-- a function is told by what it does, not by where it was written
function def.settings(_, stored)
  local moves = stored.moves
  if type(moves) == "table" then
    local words = {}
    for i, m in ipairs(moves) do
      local list = {}
      for k, v in pairs(m) do
        if k ~= "kind" and k ~= "shipped" and k ~= "source" and k ~= "where" then list[#list + 1] = { k, v } end
      end
      table.sort(list, function(a, b) return a[1] < b[1] end)
      for j, kv in ipairs(list) do
        local v = kv[1] == "key" and core.hash(kv[2]):sub(1, 12) or type(kv[2]) == "table" and json.encode(kv[2]) or tostring(kv[2])
        list[j] = ("%s = %s"):format(kv[1], v)
      end
      words[i] = m.kind .. (#list > 0 and (" { %s }"):format(table.concat(list, ", ")) or "")
    end
    moves = table.concat(words, " + ")
  end
  return { walkers = stored.walkers, thin = stored.thin, moves = moves, warm = stored.warm }
end

local function options(s, fit)
  local thin = s.thin > 0 and s.thin or math.max(1, math.floor((s.steps > 0 and s.steps or s.max) / 1000))
  return { walkers = s.walkers, moves = s.moves, seed = fit.seed, thin = thin, force = s.force }
end

function def.start(s, fit)
  local o = options(s, fit)
  local given = rawget(fit, "_start") -- positions that somebody chose: the explorer's sliders
  if given then return galua.ensemble(fit.target, o):start(given) end
  if (s.warm or 0) == 0 then return galua.ensemble(fit.target, o):start() end
  local x = warm.start(fit.target, o, s.warm)
  return galua.ensemble(fit.target, o):start(x)
end
function def.import(s, fit, path) return galua.ensemble(fit.target, options(s, fit)):start(path) end

function def.run(s, engine, how)
  local goal = { progress = how.progress, checkpoint = how.checkpoint, checkpoint_every = how.checkpoint_every }
  if how.more then goal.more = how.more
  elseif how["until"] then goal["until"] = how["until"]
  elseif s.steps > 0 then goal["until"] = s.steps
  else goal.until_tau, goal.dtau, goal.max = s.until_tau, s.dtau, math.max(s.max - (s.warm or 0), 1) end
  if type(s.moves) == "table" then goal.move = s.moves end -- a restored engine has no functions
  return engine:run(goal)
end

function def.ready(_, engine) return engine.stored >= 8 end

-- so many steps as were asked for say nothing by themselves: what counts is what a run until 50 tau would have said
function def.acceptable(s, engine)
  if engine.state == "converged" then return true end
  if engine.state ~= "done" then return false, engine.state_text end
  for _, r in ipairs((s:summary(engine))) do
    if not r.trusted then return false, ("the chain is shorter than 50 autocorrelation times of %s"):format(r.name) end
  end
  return true
end

-- stored samples left out as burn-in
local function burn(s, engine)
  if s.discard > 0 then return math.min(math.floor(s.discard / engine.thin), engine.stored - 4) end
  local ok, tau = pcall(engine.tau, engine)
  local longest = ok and tau:max() or 0
  local n = math.max(engine.stored / 4, 3 * longest / engine.thin)
  if engine.tuned then n = math.max(n, engine.tuned / engine.thin) end -- no draws before the slices were tuned
  n = math.min(n, engine.stored / 2)
  return math.floor(math.min(math.max(n, engine.changed), engine.stored - 4)) -- what other moves drew is burn-in
end

function def.notes(_, engine)
  return engine.tuned == false and { "the slices are not tuned yet: run on, these are no draws of the posterior" } or {}
end

-- The file keeps the whole chain, to go on from; who reads it elsewhere is told where the posterior begins.
function def.save(s, fit) return def.ready(s, fit.engine) and { burn_in = ("%d"):format(burn(s, fit.engine)) } or nil end

function def.draws(s, engine) return engine:samples{ discard = burn(s, engine) } end
function def.summary(s, engine)
  local parameters, derived = engine:summary{ discard = burn(s, engine) }
  -- the run's criterion, over the whole chain, was met for every parameter: what is left of it may be a little shorter
  for _, r in ipairs(engine.state == "converged" and parameters or {}) do r.trusted = true end
  return parameters, derived
end

-- models that an update takes on average: a slice steps out and shrinks
local function models(moves)
  if type(moves) == "string" then return moves:find("^slice") and 6 or 1 end
  local sum, weights = 0, 0
  for _, m in ipairs(moves) do
    local kind, weight = type(m) == "table" and (m.kind or m[1]) or m, type(m) == "table" and m.weight or 1
    sum, weights = sum + weight * (type(kind) == "string" and kind:find("^slice") and 6 or 1), weights + weight
  end
  return weights > 0 and sum / weights or 1
end

function def.cost(s, target)
  local walkers = s.walkers > 0 and s.walkers or math.max(32, 4 * target.ndim)
  local steps = s.steps > 0 and s.steps or s.max
  local each = models(s.moves)
  return steps * walkers * each, ("%s%d steps of %d walkers%s"):format(s.steps > 0 and "" or "at most ", steps, walkers,
    each > 1 and (", %.2g models each,"):format(each) or "")
end

def.doc = [[sampler.ensemble{ walkers =, moves =, steps = } -> sampler
Affine-invariant ensemble (Goodman & Weare 2010). By default it runs until 50 autocorrelation times.
@param walkers (4 ndim, at least 32) number of walkers
@param moves (mix) 'mix' = 0.8 DE + 0.2 snooker, 'stretch', 'de', 'snooker', 'walk', 'kde', 'gaussian', 'slice', or a list as in ensemble()
@param steps run this many steps
@param until_tau (50) run until the chain is this many autocorrelation times long
@param dtau (0.05) and its autocorrelation times change by less than this fraction while it grows by a tenth
@param max (20000) with until_tau: at most so many steps
@param thin (about 1000 samples a walker) keep every so many steps
@param discard (a quarter, at least 3 tau) steps left out as burn-in
@param force (false) accept few walkers or poor start positions
@param warm (0) before the first step move draws of the prior so many steps, and bring walkers left behind on lesser modes to the others
  (Hou et al. 2012); they count in `max`, are no part of the chain, and the chain starts where they end]]
-- sampler.slice{}: the same engine, another move
def.also = { slice = {
  options = { walkers = 0, directions = "differential", mu = 1, steps = 0, until_tau = 0, dtau = 0.05, max = 0, thin = 0, discard = 0,
    force = false },
  convert = function(o)
    local kinds = { differential = "slice", gaussian = "slice_gaussian" }
    local kind = kinds[o.directions]
    if not kind then
      galua.fail("sampler.slice: unknown directions '%s'%s (known: differential, gaussian)", o.directions,
        core.did_you_mean(o.directions, { "differential", "gaussian" }))
    end
    if not (o.mu > 0 and o.mu < math.huge) then galua.fail("sampler.slice: mu must be positive, got %g", o.mu) end
    o.moves = o.mu == 1 and kind or { { kind, mu = o.mu } }
    o.directions, o.mu = nil, nil
    return o
  end,
  doc = [[sampler.slice{ walkers =, directions =, steps = } -> sampler
Ensemble slice sampling (Karamanis & Beutler 2021): each walker moves along a line spanned by others to a point of its slice; no
proposal is rejected, an update costs about five evaluations. The width is tuned first; those steps are left out. It is
sampler.ensemble{ moves = "slice" }.
@param walkers (4 ndim, at least 32) number of walkers
@param directions (differential) differences of two walkers, or gaussian: N(0, covariance of the other half)
@param mu (1) width to start the tuning from
@param steps run this many steps
@param until_tau (50) run until the chain is this many autocorrelation times long
@param dtau (0.05) and its autocorrelation times change by less than this fraction while it grows by a tenth
@param max (20000) with until_tau: at most so many steps
@param thin (about 1000 samples a walker) keep every so many steps
@param discard (a quarter, at least 3 tau and the tuning) steps left out as burn-in
@param force (false) accept few walkers or poor start positions]],
} }
return def
