-- Samplers as fit{} takes them: descriptions, run by the fit.
local galua = require "galua"
local doc = require "galua.doc"
local core = require "galua.core"
local M = {}

local known = { walkers = 0, moves = "mix", steps = 0, until_tau = 0, dtau = 0.05, max = 0, thin = 0, discard = 0, force = false }

local mt = { __tostring = function(s)
  return ("sampler.%s{ %s moves, %s }"):format(s.kind, type(s.moves) == "string" and s.moves or "own",
    s.until_tau > 0 and ("until %g autocorrelation times, at most %d steps"):format(s.until_tau, s.max) or s.steps .. " steps")
end }

-- whether x is a sampler
function M.is(x) return type(x) == "table" and getmetatable(x) == mt end

local move_names = { "mix", "stretch", "de", "snooker", "walk" }

local function check(o)
  for _, name in ipairs { "walkers", "steps", "max", "thin", "discard" } do
    local v = o[name]
    if not (v >= 0 and v <= 2 ^ 31 and v == math.floor(v)) then
      galua.fail("sampler.ensemble: %s must be a whole number, 0 or more, got %.10g", name, v)
    end
  end
  if not (o.until_tau >= 0 and o.until_tau < math.huge) then
    galua.fail("sampler.ensemble: until_tau must be a number of autocorrelation times, 0 or more, got %g", o.until_tau)
  end
  if type(o.moves) == "string" then
    for _, name in ipairs(move_names) do if name == o.moves then return end end
    galua.fail("sampler.ensemble: unknown moves '%s'%s (known: %s)", o.moves, core.did_you_mean(o.moves, move_names),
      table.concat(move_names, ", "))
  elseif type(o.moves) ~= "table" or next(o.moves) == nil then
    galua.fail("sampler.ensemble: moves must be a name or a list of moves, got %s", type(o.moves) == "table" and "an empty table" or
      type(o.moves))
  end
end

function M.ensemble(given)
  local spec = {}
  for k, v in pairs(known) do spec[k] = v end
  spec.moves = ":any"
  local o = galua.options("sampler.ensemble", given, spec)
  o.moves = o.moves or "mix"
  check(o)
  if o.steps == 0 and o.until_tau == 0 then o.until_tau = 50 end
  if o.max == 0 then o.max = 20000 end
  o.kind = "ensemble"
  return setmetatable(o, mt)
end

doc.text("sampler", M, [[Samplers for fit{ sampler = ... }: sampler.ensemble{}.]])
doc.text("sampler.is", M.is, "sampler.is(x) -> boolean\nWhether x is a sampler.")
doc.text("sampler.ensemble", M.ensemble, [[sampler.ensemble{ walkers =, moves =, steps = } -> sampler
Affine-invariant ensemble (Goodman & Weare 2010). By default it runs until 50 autocorrelation times.
@param walkers (4 ndim, at least 32) number of walkers
@param moves (mix) 'mix' = 0.8 DE + 0.2 snooker, 'stretch', 'de', 'snooker', 'walk', or a list for ensemble()
@param steps run this many steps
@param until_tau (50) run until the chain is this many autocorrelation times long
@param dtau (0.05) and its autocorrelation times change by less than this fraction while it grows by a tenth
@param max (20000) with until_tau: at most so many steps
@param thin (about 1000 samples a walker) keep every so many steps
@param discard (a quarter, at least 3 tau) steps left out as burn-in]])
return M
