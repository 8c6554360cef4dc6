-- time(f): how long one call of f takes.
local galua = require "galua"
local core = require "galua.core"
local doc = require "galua.doc"
local M = {}

-- seconds per call: repeats doubled until a round takes 20 ms, then the median of 9 rounds
local function measure(f, ...)
  local clock = core.galua.clock
  f(...) -- compile, fill caches
  local n, t = 1, 0
  while true do
    local t0 = clock()
    for _ = 1, n do f(...) end
    t = clock() - t0
    if t > 0.02 or n >= 1e8 then break end
    n = t > 1e-4 and math.ceil(n * 0.025 / t) or n * 10
  end
  local rounds = { t / n }
  for i = 2, t > 0.5 and 3 or 9 do
    local t0 = clock()
    for _ = 1, n do f(...) end
    rounds[i] = (clock() - t0) / n
  end
  table.sort(rounds)
  return rounds[math.ceil(#rounds / 2)], n * #rounds
end

local function human(s)
  galua.expect("time.human", 1, s, "number")
  if s < 1e-6 then return ("%.3g ns"):format(s * 1e9) end
  if s < 1e-3 then return ("%.3g us"):format(s * 1e6) end
  if s < 1 then return ("%.3g ms"):format(s * 1e3) end
  return ("%.3g s"):format(s)
end
M.human = doc { "time.human", human, [[time.human(seconds) -> string
A duration with the unit that suits it.]] }

local function callable(f, fn)
  if type(f) ~= "function" then core.fail("GAL_EINVAL", fn .. ": argument 1 must be a function, got " .. type(f)) end
end

M.timeit = doc { "timeit", function(f, ...)
  callable(f, "timeit")
  return (measure(f, ...))
end, [[timeit(f, ...) -> number
Seconds per call of f(...): repeats until the clock can tell, median of 9 rounds.]] }

doc.text("time", M, [[time(f, ...)
Prints how long one call of f(...) takes: time(function() return g:sed() end). timeit(f) returns seconds.]])

return setmetatable(M, { __call = function(_, f, ...)
  callable(f, "time")
  local s, calls = measure(f, ...)
  local threads = core.galua.threads()
  print(("%s per call, %d thread%s (%d calls)"):format(human(s), threads, threads == 1 and "" or "s", calls))
end })
