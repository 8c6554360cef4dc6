-- sampler.ladder{}: the first of several samplers whose result can be trusted; what fit{} does when it is not told how to sample.
local test = require "galua.test"

local disc = dofile("tests/lua/disc.lua")("SDSS.griz")
local bands, truth, data = disc.bands, disc.truth, disc.data()
local function make(s) return disc.fit{ data = data, sampler = s } end
local message = test.message
-- a first rung that cannot end well: too few evaluations
local function hopeless() return sampler.ladder{ sampler.importance{ max_evaluations = 300 }, sampler.nested{ live = 60 } } end

test.describe("ladder", function()
  test.it("is what a fit does by itself, and stops at the first sampler that converged", function()
    local f = make()
    test.eq(f.sampler.kind, "ladder")
    test.eq(tostring(f.sampler), "sampler.ladder{ sampler.importance{}, sampler.nested{} }   -- until 1000 effective draws, then 500 live points")
    f:run{ progress = false }
    local g = make(sampler.importance{}):run{ progress = false }
    test.eq(f.engine.state, "converged")
    test.eq(f.engine.lnz, g.engine.lnz) -- the same bits as that sampler alone
    test.eq(f.importance.evaluations, g.engine.evaluations)
    test.eq(f:summary():get("age").median, g:summary():get("age").median)
    test.ok(f:cite():find("sampler importance", 1, true))
  end)

  test.it("goes on with the next where one cannot be trusted, and says why", function()
    local f = make(hopeless()):run{ progress = false }
    local g = make(sampler.nested{ live = 60 }):run{ progress = false }
    test.eq(f.engine.state, "converged")
    test.eq(f.nested.lnz, g.nested.lnz)
    test.ok(tostring(f:summary()):find("importance was tried before, %d+ evaluations: not converged"), tostring(f:summary()))
    local lnz = f.sampler:evidence(f.engine)
    test.eq(lnz, g.nested.lnz)
  end)

  test.it("comes back from a file, and goes on with the rung that it stopped in", function()
    local path = os.tmpname() .. ".h5"
    local whole = make(hopeless()):run{ progress = false }
    local f = make(hopeless()):run{ out = path, progress = false }
    test.eq(f.engine.state, "converged")
    local g = load_fit(path, { ssp = disc.table })
    test.eq(g.sampler.kind, "ladder")
    test.eq(g.nested.lnz, whole.nested.lnz)
    test.ok(tostring(g:summary()):find("importance was tried before", 1, true))
    -- stopped in the second rung: the same bits as without a stop
    local h = make(sampler.ladder{ sampler.importance{ max_evaluations = 300 }, sampler.nested{ live = 60, max_calls = 400 } })
    h:run{ progress = false, out = path }
    test.eq(h.engine.state, "limit")
    h = make(hopeless())
    h:run{ progress = false, out = path, resume = true }
    test.eq(h.engine.state, "converged")
    test.eq(h.nested.lnz, whole.nested.lnz)
    local other = make(sampler.ladder{ sampler.importance{ max_evaluations = 300 }, sampler.nested{ live = 50 } })
    test.ok(message(function() other:run{ progress = false, out = path, resume = true } end):find("rung 2, live: 60 there, 50 here", 1, true))
    os.remove(path)
    test.ok(message(function() make():run{ progress = false, out = path, resume = true } end):find(path, 1, true))
  end)

  test.it("refuses a list that cannot end well, in one line", function()
    test.ok(message(function() sampler.ladder{} end):find("the list is empty", 1, true))
    test.ok(message(function() sampler.ladder{ sampler.nested{}, sampler.pathfinder{} } end):find("whose results are approximate", 1, true))
    test.ok(message(function() sampler.ladder{ "nested" } end):find("rung 1 must be a sampler, got a string", 1, true))
    test.ok(message(function() sampler.ladder{ hopeless() } end):find("rung 1 cannot be sampler.ladder", 1, true))
    test.ok(message(function() sampler.ladder(3) end):find("expected a list of samplers", 1, true))
    test.ok(message(function() make():run{ progress = false, ["until"] = 5 } end):find("until = N is for samplers that count steps", 1, true))
  end)
end)
