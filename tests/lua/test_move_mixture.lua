-- move.mixture: independent proposals of a mixture learnt before the first step. The chain stays right whatever was learnt, and forgets its place
-- at once where the mixture is good.
local test = require "galua.test"

local function box(d, lo, hi)
  local names, priors = {}, {}
  for k = 1, d do names[k], priors[k] = "x" .. k, prior.uniform(lo, hi) end
  return names, priors
end

-- 8 coordinates, correlation 0.6, standard deviations k/4: x = (u + w_k)/..., by its inverse covariance a I + b 11^T of the scaled ones
local function gauss()
  local d, rho = 8, 0.6
  local names, priors = box(d, -16, 16)
  local a, b = 1 / (1 - rho), -rho / ((1 - rho) * (1 + (d - 1) * rho))
  return target{ names = names, priors = priors, lnlike = function(v)
    local s, q = 0, 0
    for k = 1, 8 do
      local z = 4 * v[k] / k
      s, q = s + z, q + z * z
    end
    return -0.5 * (a * q + b * s * s)
  end }
end
-- x1 ~ N(0, 1), x2 | x1 ~ N(x1^2, 0.3^2)
local function banana()
  return target{ names = { "x1", "x2" }, priors = { prior.uniform(-7, 7), prior.uniform(-3, 40) },
    lnlike = function(v) return -0.5 * (v[1] ^ 2 + ((v[2] - v[1] ^ 2) / 0.3) ^ 2) end }
end
-- x1 ~ N(0, 1), the others ~ N(0, exp x1): Neal's funnel
local function funnel()
  local names, priors = box(4, -60, 60)
  priors[1] = prior.uniform(-7, 7)
  return target{ names = names, priors = priors, lnlike = function(v)
    return -0.5 * (v[1] ^ 2 + (v[2] ^ 2 + v[3] ^ 2 + v[4] ^ 2) * math.exp(-v[1]) + 3 * v[1])
  end }
end
local function both() return mix{ move.stretch(), 0.5, move.mixture{ models = 6000 }, 0.5 } end

local function run(t, seed, moves, steps)
  local e = ensemble(t, { walkers = 32, seed = seed, moves = moves })
  e:run{ steps = steps }
  return e
end

-- means of f(x, row) over the chain within 5 standard errors of what they should be
local function right(e, want)
  local x = e:samples{ discard = 100 }
  local longest = e:tau():max()
  for name, w in pairs(want) do
    local n, sum, square = x.rows, 0, 0
    for i = 1, n do
      local v = w[2](x[i])
      sum, square = sum + v, square + v * v
    end
    local mean = sum / n
    local se = math.sqrt((square / n - mean ^ 2) * longest / n)
    test.ok(math.abs(mean - w[1]) < 5 * se, ("%s: %g +- %g instead of %g, tau %g"):format(name, mean, se, w[1], longest))
  end
end
local function coordinate(k, power) return function(v) return v[k] ^ (power or 1) end end

test.describe("the mixture move", function()
  test.it("draws from Gaussians, bananas and funnels, and never mixes worse than the move beside it", function()
    local cases = {
      gauss = { gauss(), { ["mean 1"] = { 0, coordinate(1) }, ["mean 8"] = { 0, coordinate(8) }, ["variance 1"] = { 1 / 16, coordinate(1, 2) },
        ["variance 8"] = { 4, coordinate(8, 2) }, ["covariance"] = { 0.6 * 7 / 16 * 8, function(v) return v[7] * v[8] end } } },
      banana = { banana(), { ["mean 1"] = { 0, coordinate(1) }, ["variance 1"] = { 1, coordinate(1, 2) }, ["mean 2"] = { 1, coordinate(2) },
        ["fourth"] = { 3.09, coordinate(2, 2) } } },
      funnel = { funnel(), { ["mean 1"] = { 0, coordinate(1) }, ["variance 1"] = { 1, coordinate(1, 2) }, ["mean 2"] = { 0, coordinate(2) },
        ["variance 2"] = { math.exp(0.5), coordinate(2, 2) } } },
    }
    for name, c in pairs(cases) do
      local plain = run(c[1], 4, "stretch", 1500)
      local e = run(c[1], 4, both(), 1500)
      right(e, c[2])
      test.ok(e:tau():max() < plain:tau():max(), ("%s: tau %g, stretch alone %g"):format(name, e:tau():max(), plain:tau():max()))
    end
  end)

  test.it("forgets its place at once where the mixture is the target", function()
    local e = run(gauss(), 2, { { "mixture", models = 12000 } }, 1500)
    test.ok(e.acceptance:mean() > 0.5, e.acceptance:mean())
    test.ok(e:tau():max() < 4, e:tau():max())
  end)

  test.it("jumps between modes that no other move connects", function()
    local t = target{ names = { "x", "y" }, priors = { prior.uniform(-8, 8), prior.uniform(-8, 8) }, lnlike = function(v)
      local a = math.log(0.3) - 0.5 * ((v[1] + 5) ^ 2 + (v[2] + 5) ^ 2) / 0.01
      local b = math.log(0.7) - 0.5 * ((v[1] - 5) ^ 2 + (v[2] - 4) ^ 2) / 0.01
      local top = math.max(a, b)
      return top + math.log(math.exp(a - top) + math.exp(b - top))
    end }
    right(run(t, 6, both(), 1500),
      { ["share of one"] = { 0.3, function(v) return v[1] < 0 and 1 or 0 end } })
  end)

  test.it("gives the same bits at any number of threads and after a resume, with what it learnt", function()
    local base = os.tmpname()
    os.remove(base)
    local before, sums = threads(), {}
    local table_of = ssp.synthetic()
    local data = observation.new{ name = "mock", redshift = 0.1 }
    for i, b in ipairs(filters "SDSS") do data:add(b, 0.1 * i, 0.01 * i, "detection") end
    local function make(steps)
      return fit{ data = data, model = galaxy{ ssp = table_of, sfh = sfh.delayed{}, redshift = 0.1 }, seed = 3,
        sampler = sampler.ensemble{ walkers = 16, steps = steps, thin = 1, moves = mix{ move.de(), 0.5, move.mixture{ models = 2000 }, 0.5 } },
        free = { age = prior.loguniform(1e9, 1e10), ["sfh.norm"] = prior.loguniform(1e-3, 300) } }
    end
    for i, n in ipairs { 1, 2, 4 } do
      threads(n)
      sums[i] = ("%.17g"):format(make(30):run{ progress = false }:samples().lnlike:sum())
    end
    threads(before)
    test.eq(sums[1], sums[2])
    test.eq(sums[1], sums[3])
    make(13):run{ out = base .. ".h5", progress = false }
    local f = make(30):run{ out = base .. ".h5", resume = true, progress = false }
    test.eq(("%.17g"):format(f:samples().lnlike:sum()), sums[1])
    local models = f.engine.evaluations
    test.eq(models, make(30):run{ progress = false }.engine.evaluations) -- not learnt again
    test.ok(models > 1000 and models < 2000 + 16 * 31 + 2000, models)
    os.remove(base .. ".h5")
  end)

  test.it("says what it cannot do", function()
    test.throws(function() ensemble(gauss(), { walkers = 32, moves = { { "mixture", models = 100 } } }) end,
      "~move mixture: models = 100 must be 1e9 at most and 800 at least, 100 for each of 8 parameters")
    test.throws(function() ensemble(gauss(), { walkers = 32, moves = { { "mixture", model = 100 } } }) end, "~unknown option 'model', did you mean 'models'?")
  end)
end)
