-- A move of your own in an ensemble: a jump along the difference of two walkers by a random factor, mixed with a built-in one.
--
-- usage: galua scripts/examples/own_move.lua
local jump = move.custom(function(x, others, rng)
  local a, b = others[rng:integer(#others)], others[rng:integer(#others)]
  local g, y = rng:normal(), {}
  for k = 1, #x do y[k] = x[k] + g * (a[k] - b[k]) end
  return y
end)

local target = benchmark.problem("correlated", 5)
local e = ensemble(target, { walkers = 40, moves = mix{ move.de(), 0.5, jump, 0.5 }, seed = 2 })
print(e:run{ until_tau = 50, max = 20000 }, e)
print(e:result())
