-- Indices of about `n` of `total` samples, one from each of n equal stretches, ascending. Which one of its stretch follows the golden ratio:
-- chains are stored walker by walker within a step, and a constant stride in step with their number would see a single walker.
return function(total, n)
  local list = {}
  n = math.min(n, total)
  for j = 1, n do list[j] = 1 + math.floor((j - 1 + ((j - 1) * 0.6180339887498949) % 1) * total / n) end
  return list
end
