-- Samplers as fit{} takes them: descriptions, run by the fit.
local galua = require "galua"
local doc = require "galua.doc"
local M = {}

local known = { walkers = 0, moves = "mix", steps = 0, until_tau = 0, dtau = 0.05, max = 0, thin = 0, discard = 0, force = false }

local mt = { __tostring = function(s)
  return ("sampler.%s{ %s moves, %s }"):format(s.kind, type(s.moves) == "string" and s.moves or "own",
    s.until_tau > 0 and ("until %g autocorrelation times, at most %d steps"):format(s.until_tau, s.max) or s.steps .. " steps")
end }

function M.ensemble(given)
  local spec = {}
  for k, v in pairs(known) do spec[k] = v end
  spec.moves = ":any"
  local o = galua.options("sampler.ensemble", given, spec)
  o.moves = o.moves or "mix"
  if o.steps == 0 and o.until_tau == 0 then o.until_tau = 50 end
  if o.max == 0 then o.max = 20000 end
  o.kind = "ensemble"
  return setmetatable(o, mt)
end

doc.text("sampler", M, [[Samplers for fit{ sampler = ... }: sampler.ensemble{}.]])
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
