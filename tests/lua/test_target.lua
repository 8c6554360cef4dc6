-- Targets of one's own: every sampler takes them. Likelihood exp(-(a^2 + b^2)/2), a uniform on +-5, b from N(0, 2):
-- a is N(0, 1) (5 sigma inside its bounds), b is N(0, 4/5), Z = sqrt(2 pi)/10 / sqrt(5).
local test = require "galua.test"
local lnz = 0.5 * math.log(2 * math.pi / 5) - math.log(10)
local function make()
  return target{ names = { "a", "b" }, priors = { prior.uniform(-5, 5), prior.normal(0, 2) },
    lnlike = function(x) return -0.5 * (x[1] * x[1] + x[2] * x[2]) end }
end
-- means and standard deviations within four errors of n effective draws
local function check(s, n, what)
  local rows = s:summary()
  test.eq(rows[1].name, "a")
  for i, sd in ipairs { 1, math.sqrt(0.8) } do
    test.ok(math.abs(rows[i].mean) < 4 * sd / math.sqrt(n), what .. ": mean of " .. rows[i].name)
    test.ok(math.abs(rows[i].sd - sd) < 4 * sd / math.sqrt(2 * n), what .. ": sd of " .. rows[i].name)
  end
end

test.describe("a target of one's own", function()
  test.it("is sampled by SMC, Pathfinder and Laplace's method, with its evidence", function()
    for name, make_sampler in pairs { smc = smc, pathfinder = pathfinder, optimum = optimum } do
      local s = make_sampler(make(), { seed = 3 })
      test.eq(s:run{}, name == "smc" and "converged" or "approximate", name)
      test.ok(math.abs(s.lnz - lnz) < 4 * s.lnz_err + 0.01, name .. ": ln Z")
      check(s, math.min(s.ess, 1000), name)
    end
  end)
  test.it("is sampled by NUTS and an ensemble", function()
    local n = nuts(make(), { seed = 3, warmup = 300 })
    n:start()
    n:run{ more = 1000 }
    test.eq(n:report().divergent, 0)
    check(n, 1000, "nuts")
    local e = ensemble(make(), { seed = 3, walkers = 20 })
    e:start()
    e:run{ more = 2000 }
    check(e, 1000, "ensemble")
  end)
  test.it("says in one line what no sampler takes", function()
    for name, f in pairs { smc = smc, nuts = nuts, optimum = optimum, pathfinder = pathfinder } do
      local ok, e = pcall(f, 3)
      test.ok(not ok)
      test.eq(tostring(e), name .. ": argument 1 must be a target, got number")
    end
  end)
end)
