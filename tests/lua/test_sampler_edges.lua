-- Which parameters are at an edge of their priors does not hang on the sampler: one posterior, its edges known, by five of them.
local test = require "galua.test"

test.describe("prior edges", function()
  test.it("are the same for every sampler", function()
    -- a: exponential at the lower end, b: at the upper end, c: a Gaussian in the middle, d: the prior
    local function posterior()
      return target{ names = { "a", "b", "c", "d" }, priors = { prior.uniform(0, 1), prior.uniform(-2, 3), prior.uniform(0, 1), prior.uniform(0, 1) },
        lnlike = function(x) return -x[1] / 0.05 - (3 - x[2]) / 0.2 - 0.5 * ((x[3] - 0.5) / 0.05) ^ 2 end }
    end
    local want = { a = "lower", b = "upper", c = "", d = "" } -- a uniform posterior touches both ends, and is at neither
    local run = {
      importance = function(t) return importance(t, { seed = 1 }), {} end,
      nested = function(t) return nested(t, { seed = 1, live = 200 }), {} end,
      smc = function(t) return smc(t, { seed = 1, particles = 256 }), {} end,
      ensemble = function(t) return ensemble(t, { seed = 1, walkers = 32 }), { more = 3000 } end,
      nuts = function(t) return nuts(t, { seed = 1, chains = 2, warmup = 300 }), { more = 1000 } end,
    }
    for kind, make in pairs(run) do
      local e, goal = make(posterior())
      if kind == "ensemble" or kind == "nuts" then e:start() end
      e:run(goal)
      local rows = e:summary()
      test.eq(#rows, 4)
      for _, r in ipairs(rows) do test.eq(r.edge, want[r.name], ("%s: %s"):format(kind, r.name)) end
    end
  end)
end)

test.describe("more effective draws than a run can keep", function()
  local function message(f, ...)
    local ok, e = pcall(f, ...)
    test.ok(not ok, "was taken")
    return tostring(e)
  end
  test.it("are refused at once", function()
    local t = target{ names = { "a" }, priors = { prior.uniform(0, 1) }, lnlike = function(x) return -8 * x[1] end }
    for name, option in pairs{ smc = "ess", importance = "ess", nested = "ess", nuts = "until_ess" } do
      for _, many in ipairs{ 1e300, 1.1e9 } do
        test.ok(message(sampler[name], { [option] = many }):find(("sampler.%s: %s must be at most 1e+09, got %g"):format(name, option, many), 1, true))
      end
      test.ok(message(sampler[name], { [option] = 0 / 0 }):find(option .. " must be a number, 0 or more, got nan", 1, true))
    end
    for name, make in pairs{ smc = smc, importance = importance } do
      test.ok(message(function() make(t, { ess = 1e300 }) end):find("ess", 1, true))
      test.ok(message(function() make(t, { seed = 1 }):run{ ess = 1e300 } end):find("1e+09", 1, true), name)
    end
  end)
  test.it("of chains are measured by their longest", function()
    local t = target{ names = { "a" }, priors = { prior.uniform(0, 1) }, lnlike = function(x) return -8 * x[1] end }
    local chains = nuts(t, { seed = 1, chains = 2, warmup = 20 })
    chains:start()
    test.ok(message(function() chains:run{ until_ess = 1e300 } end):find("1e+09", 1, true))
    test.ok(message(function() chains:run{ until_ess = 300, max = 50 } end)
      :find("until_ess = 300 is more than 2 chains of max = 50 draws can have (200): raise max", 1, true))
    chains:run{ until_ess = 199, max = 50 }
    test.ok(#chains.state_text > 0)
  end)
end)
