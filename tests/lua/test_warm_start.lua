-- sampler.ensemble{ warm = }: walkers left behind on a lesser mode come to the others before the chain begins.
local test = require "galua.test"
local warm = require "galua.warm_start"
local D, WALKERS = 2, 60

-- A narrow mode at 2, and a wide one at -3 that is lower by 200 in ln L.
local function modes()
  local names, priors = {}, {}
  for k = 1, D do names[k], priors[k] = "x" .. k, prior.uniform(-8, 8) end
  return target{ names = names, priors = priors, lnlike = function(v)
    local a, b = 0, 0
    for k = 1, 2 do a, b = a + ((v[k] - 2) / 0.08) ^ 2, b + (v[k] + 3) ^ 2 end
    a, b = -0.5 * a, -0.5 * b - 200
    local top = math.max(a, b)
    return top + math.log(math.exp(a - top) + math.exp(b - top))
  end }
end

test.describe("a warm start", function()
  test.it("brings walkers left behind to the others, and leaves those alone", function()
    local t, rows, lnp = modes(), {}, {}
    for i = 1, WALKERS do
      local a, b = math.cos(i) * 0.1, math.sin(i) * 0.1
      rows[i] = i % 3 == 0 and { 2 + a, 2 + b } or { -3 + 10 * a, -3 + 10 * b }
    end
    local function lnprob(at)
      local lp, ll = t:lnprob(mat(at))
      return lp + ll
    end
    local p = lnprob(rows)
    for i = 1, WALKERS do lnp[i] = p[i] end
    local new, moved = warm.gather(t, mat(rows), lnp)
    test.eq(moved, WALKERS * 2 / 3)
    p = lnprob(new)
    local best, seen = -math.huge, {}
    for i = 1, WALKERS do best = math.max(best, lnp[i]) end
    for i = 1, WALKERS do
      test.ok(p[i] >= best - warm.depth(D), ("walker %d has ln p = %g"):format(i, p[i]))
      if i % 3 == 0 then test.eq(new[i][1], rows[i][1]) end
      test.ok(not seen[new[i][1]], "two walkers at one place")
      seen[new[i][1]] = true
    end
    -- chi^2 of 2 degrees of freedom: exp(-depth) is the share beyond
    local share = math.exp(-warm.depth(2))
    test.ok(share > 3e-6 and share < 3e-5, share) -- the approximation is poorest for the fewest
    -- three ahead of the rest span no space: nobody moves
    for i = 1, WALKERS do rows[i] = i <= 3 and { 2 + 0.01 * i, 2 } or { -3 + 0.01 * i, -3 } end
    p = lnprob(rows)
    for i = 1, WALKERS do lnp[i] = p[i] end
    test.eq(select(2, warm.gather(t, mat(rows), lnp)), 0)
  end)

  test.it("is followed by a chain that draws from the target", function()
    local t = modes()
    local e = ensemble(t, { walkers = WALKERS, seed = 3, moves = "mix" }):start(warm.start(t, { walkers = WALKERS, seed = 3 }, 400))
    test.eq(e.steps, 0)
    local x = e:positions()
    for i = 1, WALKERS do test.ok(x[i][1] > 0, "a walker on the lesser mode") end
    e:run{ steps = 2000 }
    local s, tau = e:samples{ discard = 100 }, e:tau()
    for k = 1, D do
      local v = s:col(k):copy()
      local n, mean = #v / tau[k], v:mean()
      test.close(mean, 2, 0, 5 * 0.08 / math.sqrt(n))
      test.close(math.sqrt((v * v):mean() - mean ^ 2), 0.08, 0, 5 * 0.08 / math.sqrt(2 * n))
    end
  end)

  test.it("is the same for the same seed, another for another", function()
    local t = modes()
    local function sum(seed)
      local x, lnp = warm.start(t, { walkers = WALKERS, seed = seed }, 100), 0
      for i = 1, WALKERS do lnp = lnp + i * x[i][1] end
      return lnp
    end
    test.eq(sum(5), sum(5))
    test.ok(sum(5) ~= sum(6))
  end)

  test.it("is an option that the sampler checks, says and keeps", function()
    test.throws(function() sampler.ensemble{ warm = -1 } end, "~warm must be a whole number")
    local s = sampler.ensemble{ warm = 300 }
    test.ok(tostring(s):find("at most 20000 steps, 300 of them to find a start", 1, true), tostring(s))
    test.eq(s:store().warm, 300)
    test.eq(sampler.ensemble{}:store().warm, nil)
  end)
end)
