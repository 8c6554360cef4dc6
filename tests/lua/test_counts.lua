-- What is counted as an evaluation is one that was made: what a prior excludes costs nothing and counts nothing, in any sampler.
local test = require "galua.test"

local calls
local function make()
  calls = 0
  return target{ names = { "a", "b" }, priors = { prior.uniform(-1, 1), prior.normal(0, 2) }, lnlike = function(x)
    calls = calls + 1
    if math.abs(x[1]) > 1 then error("outside of the prior") end
    return -0.5 * ((x[1] - 1) ^ 2 + x[2] ^ 2) -- most steps from the best place lead out of the box
  end }
end

test.describe("evaluations", function()
  test.it("of an ensemble are those made, with any move", function()
    for _, name in ipairs{ "stretch", "walk", "de", "snooker", "kde", "gaussian", "slice" } do
      local e = ensemble(make(), { seed = 3, walkers = 20, moves = { move[name]{} } })
      e:start()
      e:run{ steps = 60 }
      test.eq(e.evaluations, calls, name)
      if name ~= "slice" then test.ok(calls < 20 * 60, name .. ": none was outside") end
    end
  end)
  test.it("of every other sampler are those made", function()
    for name, kind in pairs{ smc = smc, pathfinder = pathfinder, optimum = optimum, nuts = nuts, nested = nested, importance = importance } do
      local s = kind(make(), { seed = 3 })
      if name == "nuts" then
        s:start()
        s:run{ more = 20 }
      else
        s:run{}
      end
      test.ok(calls > 0, name)
      test.eq(s.evaluations, calls, name)
    end
  end)
  test.it("go on counting in a run that is gone on with", function()
    local e = ensemble(make(), { seed = 3, walkers = 20 })
    e:start()
    e:run{ steps = 20 }
    local first = e.evaluations
    e:run{ more = 20 }
    test.ok(e.evaluations > first)
    test.eq(e.evaluations, calls)
  end)
end)
