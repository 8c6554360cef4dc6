-- Where walkers start that are to sample from their first step on: draws of the prior moved for a while, those left behind on lesser modes
-- brought to the others (Hou et al. 2012, ApJ 745, 198). The chain proper starts afterwards, at step 0, from these positions: nothing of
-- this is in it. The same seed gives the same positions.
local galua = require "galua"
local doc = require "galua.doc"
local PIECES, ATTEMPTS = 4, 200

local M = {}

-- A walker this far in ln p below the best one is not on the same mode: on a Gaussian one twice the difference is chi^2 of ndim degrees of
-- freedom at most, and exceeds this in about one of 1e5 (Wilson & Hilferty 1931).
function M.depth(ndim)
  galua.expect("warm_start.depth", 1, ndim, "number")
  local c = 2 / (9 * ndim)
  return 0.5 * ndim * (1 - c + 4.265 * math.sqrt(c)) ^ 3
end

-- x [W][d], lnp[W]: those left behind take a place between two that are not, in a fixed order. -> rows, how many moved
function M.gather(target, x, lnp)
  galua.expect("warm_start.gather", 1, target, "target|density")
  galua.expect("warm_start.gather", 2, x, "table|mat")
  galua.expect("warm_start.gather", 3, lnp, "table|vec")
  for i = 1, #lnp do
    galua.expect("warm_start.gather", ("3[%d]"):format(i), lnp[i], "number")
    galua.expect("warm_start.gather", ("2[%d]"):format(i), i <= #x and x[i] or nil, "table|vec")
    if #x[i] < target.ndim then galua.fail("warm_start.gather: row %d has %d of %d coordinates", i, #x[i], target.ndim) end
  end
  local w, d, best = #lnp, target.ndim, -math.huge
  for i = 1, w do best = math.max(best, lnp[i]) end
  local floor, good, lost, rows = best - M.depth(d), {}, {}, {}
  for i = 1, w do
    rows[i] = {}
    for k = 1, d do rows[i][k] = x[i][k] end
    table.insert(lnp[i] >= floor and good or lost, i)
  end
  if #good < 2 * d then return rows, 0 end -- a few far ahead of the rest: let them all come
  local moved = 0
  for attempt = 1, ATTEMPTS do
    if #lost == 0 then break end
    local try = {}
    for i in ipairs(lost) do
      local n = attempt * 7919 + i * 104729
      local a, b = rows[good[n % #good + 1]], rows[good[(n * 31 + attempt) % #good + 1]]
      local t = (n * 0.6180339887498949) % 1
      try[i] = {}
      for k = 1, d do try[i][k] = a[k] + t * (b[k] - a[k]) end
    end
    local lp, ll = target:lnprob(galua.mat(try))
    local still = {}
    for i, walker in ipairs(lost) do
      if lp[i] + ll[i] >= floor then
        rows[walker], moved = try[i], moved + 1
      else still[#still + 1] = walker end
    end
    lost = still
  end
  return rows, moved
end

-- options: those of galua.ensemble; steps in all. -> positions, a matrix of walkers x ndim
function M.start(target, options, steps)
  galua.expect("warm_start.start", 1, target, "target|density")
  galua.expect("warm_start.start", 2, options, "table")
  galua.expect("warm_start.start", 3, steps, "number")
  local o, x = {}, nil
  for k, v in pairs(options) do o[k] = v end
  o.moves = "mix"
  for piece = 1, PIECES do
    o.source, o.thin = piece, steps
    local e = galua.ensemble(target, o)
    if x then e:start(x) else e:start() end
    e:run{ steps = math.ceil(steps / PIECES) }
    if e.state == "interrupted" then galua.fail("sampler.ensemble: interrupted before its first step") end
    local at, lp, ll = e:positions()
    local lnp = {}
    for i = 1, #lp do lnp[i] = lp[i] + ll[i] end
    x = galua.mat((M.gather(target, at, lnp)))
  end
  return x
end
doc.text("warm_start.depth", M.depth, "warm_start.depth(ndim) -> number\nInternal: how far in ln p below the best a walker of the same mode may be.")
doc.text("warm_start.gather", M.gather, "warm_start.gather(target, x, lnp) -> rows, number\nInternal: walkers that were left behind, moved to the others.")
doc.text("warm_start.start", M.start, "warm_start.start(target, options, steps) -> rows\nInternal: positions of walkers that are to sample from their first step on.")
return M
