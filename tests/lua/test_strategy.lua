-- sampler.strategy: Lua functions that run the samplers' parts; stages, results files, resume, refusals. Kills: test_kills.lua.
local test = require "galua.test"
local disc = dofile("tests/lua/disc.lua")("SDSS.griz", "2MASS")
local bands, truth, data = disc.bands, disc.truth, disc.data()

local function make(s, options)
  local o = { data = data, sampler = s }
  for k, v in pairs(options or {}) do o[k] = v end
  return disc.fit(o)
end
local function tmp() return os.tmpname() .. ".h5" end
local message = test.message
local function sum(f) return ("%.17g %.17g"):format(f:samples().lnlike:sum(), f:samples().x:col(1):sum()) end

test.describe("a strategy", function()
  test.it("of an ensemble: burn in with one move, draw with others", function()
    local f = make(sampler.strategy(function(target)
      local e = ensemble(target, 24)
      e:run{ move = move.de(), until_tau = 20, dtau = 0.1 }
      e:run{ move = mix{ move.stretch(), 0.2, move.snooker(), 0.8 }, steps = 300 }
      return e:result()
    end)):run{ progress = false }
    local s = f:summary()
    test.eq(f:samples().n, 300 * 24) -- the first stage is burn-in
    local o = make(sampler.pathfinder{ paths = 3 }):run{ progress = false }:summary()
    for _, name in ipairs { "age", "sfh.norm", "Mstar" } do
      local a, b = s:get(name), o:get(name)
      test.ok(math.abs(a.median - b.median) < 0.25 * (b.q84 - b.q16), ("%s: %g, %g"):format(name, a.median, b.median))
    end
    local text = tostring(s)
    test.ok(text:find("stage 1: ensemble 1: converged: ", 1, true) and text:find("stage 2: ensemble 1: done: ", 1, true), text)
    test.ok(tostring(f):find("sampler.strategy (tests/lua/test_strategy.lua:", 1, true))
    test.eq(f:run{ progress = false }.engine.steps, f.engine.steps) -- it has come to its end
    local steps = f.engine.steps
    test.eq(f:run{ more = 10, progress = false }.engine.steps, steps + 10)
  end)

  test.it("decides by what it sees, starts one sampler where another ended", function()
    local function run(limit)
      local f = make(sampler.strategy(function(target)
        local p = pathfinder(target, { paths = 4 })
        p:run{}
        if p.khat < limit then return p:result() end
        local n = nuts(target, { chains = 2, warmup = 20 })
        n:start(p)
        n:run{ more = 20 }
        return n
      end)):run{ progress = false }
      return require("galua.core").class_name(f.engine), f
    end
    test.eq((run(0.7)), "pathfinder")
    local kind, f = run(-10)
    test.eq(kind, "nuts")
    test.eq(f:samples().n, 40)
    test.ok(f.sampler:acceptable(f.engine) ~= nil)
    local lnz = make(sampler.strategy(function(target)
      local s = smc(target, { particles = 128 })
      s:run{}
      return s:result()
    end)):run{ progress = false }
    test.ok(lnz.sampler:evidence(lnz.engine) == lnz.engine.lnz)
  end)

  test.it("uses the fit's seed: the same bits again and with other threads", function()
    local function once(n)
      threads(n)
      return sum(make(sampler.strategy(function(target)
        local e = ensemble(target, 24)
        e:run{ steps = 40 }
        return e
      end)):run{ progress = false })
    end
    local before = threads()
    local a, b = once(1), once(2)
    threads(before)
    test.eq(a, b)
    -- how long a strategy is nobody knows, so that it has a plan
    test.eq(a, sum(make(sampler.ensemble{ walkers = 24, steps = 40, moves = "stretch" }, { plan = true }):run{ progress = false }))
  end)

  test.it("is kept in its results file with its stages; stopped in a stage it goes on to the same bits, also without the script", function()
    local path, stop = tmp(), 0
    local calls = 0
    local function strategy(target)
      local e = ensemble(target, 24)
      e:run{ move = move.stretch(), steps = 30 }
      rawset(_G, "strategy_stages", (rawget(_G, "strategy_stages") or 0) + 1)
      if rawget(_G, "strategy_fails") then error("stop here") end
      e:run{ move = mix{ move.de(), 0.9, move.snooker(), 0.1 }, steps = 50 }
      return e:result{ discard = 40 }
    end
    local whole = make(sampler.strategy(strategy)):run{ progress = false }
    test.eq(whole:samples().n, 40 * 24)
    rawset(_G, "strategy_fails", true)
    test.ok(message(function() make(sampler.strategy(strategy)):run{ out = path, progress = false } end):find("stop here", 1, true))
    rawset(_G, "strategy_fails", nil)
    local texts = galua.result_texts(path)
    test.ok(texts.strategy_source:find("e:run{ move = move.stretch(), steps = 30 }", 1, true))
    local f = make(sampler.strategy(strategy)):restore(path)
    test.eq(f.engine.steps, 30)
    test.ok(tostring(f:summary()):find("the strategy has not come to its end", 1, true))
    local evaluations = f.engine.evaluations
    f:run{ out = path, progress = false }
    test.eq(sum(f), sum(whole))
    test.eq(f.engine.evaluations, whole.engine.evaluations)
    test.ok(evaluations <= 31 * 24 and evaluations > 25 * 24, evaluations) -- restored, not run again; points without a model do not count
    test.eq(sum(load_fit(path, { ssp = disc.table, trust = true })), sum(whole))
    test.ok(not galua.result_texts(path).strategy:find('"finished":false', 1, true))
    -- another function is refused; so is another sampler
    local text = message(function()
      make(sampler.strategy(function(target) return ensemble(target, 24) end)):run{ out = path, resume = true, progress = false }
    end)
    test.ok(text:find("other settings of sampler.strategy (function: ", 1, true), text)
    text = message(function() make(sampler.ensemble{ walkers = 24 }):run{ out = path, resume = true, progress = false } end)
    test.ok(text:find("holds a run of sampler.strategy, this fit has sampler.ensemble", 1, true), text)
    make(sampler.ensemble{ walkers = 24, steps = 10 }):run{ out = path, progress = false }
    text = message(function() make(sampler.strategy(strategy)):run{ out = path, resume = true, progress = false } end)
    test.ok(text:find("holds a run of sampler.ensemble, this fit has sampler.strategy", 1, true), text)
    rawset(_G, "strategy_stages", nil)
    os.remove(path)
  end)

  test.it("with a name has options, help, and is read from a file without its definition", function()
    sampler.define{ name = "walkers_only", doc = "Walkers alone.", options = { walkers = { 24, doc = "of the ensemble" }, name = "de" },
      run = function(target, o)
        local e = ensemble(target, o.walkers)
        e:run{ move = move[o.name](), steps = 40 }
        return e:result()
      end }
    local help = galua.doc.of_name "sampler.walkers_only"
    test.ok(help:find("Walkers alone.\n@param name (de) \n@param walkers (24) of the ensemble", 1, true), help)
    local path = tmp()
    local f = make(sampler.walkers_only{ walkers = 26 }):run{ out = path, progress = false }
    test.eq(tostring(f.sampler), "sampler.walkers_only{ walkers = 26 }")
    test.eq(sum(f), sum(make(sampler.strategy(function(target)
      local e = ensemble(target, 26)
      e:run{ move = move.de(), steps = 40 }
      return e:result()
    end)):run{ progress = false }))
    local text = message(function() make(sampler.walkers_only{}):run{ out = path, resume = true, progress = false } end)
    test.ok(text:find("other settings of sampler.strategy (function: ", 1, true), text)
    sampler.walkers_only = nil
    local again = load_fit(path, { ssp = disc.table, trust = true })
    test.eq(tostring(again.sampler), "sampler.walkers_only{ walkers = 26 }")
    test.eq(sum(again), sum(f))
    os.remove(path)
    test.eq(message(sampler.define, { name = "nuts", run = function() end }), "sampler.define: there is a sampler.nuts already")
  end)

  test.it("writes checkpoints by the clock, not one at each stage: n stages cost n", function()
    local function saves(every)
      local f, n = make(sampler.strategy(function(target)
        local e = ensemble(target, 24)
        for _ = 1, 12 do e:run{ steps = 2 } end
        return e:result()
      end)), 0
      rawset(f, "save", function() n = n + 1 end)
      f:run{ out = "unused.h5", progress = false, checkpoint_every = every }
      return n
    end
    test.eq(saves(1000), 1) -- at the end
    test.ok(saves(0) >= 13) -- each stage, and the end
  end)

  test.it("says what is wrong in one line", function()
    local handle = filters("2MASS")[1]
    test.eq(message(sampler.strategy, function() return handle end), "sampler.strategy: 'handle', used by the function, is a handle: a strategy can "
      .. "take along numbers, strings, booleans, vectors, plain tables of them, and Lua functions")
    test.eq(message(sampler.strategy, 3), "sampler.strategy: expected a function(target) that returns a sampler at work or its result, got number")
    local function run(f) return message(function() make(sampler.strategy(f)):run{ progress = false } end) end
    test.eq(run(function() end), "sampler.strategy: the function must return a sampler at work or its result(), got nil")
    test.eq(run(function(t) return ensemble(t, 24) end), "sampler.strategy: the function returned ensemble that it did not run")
    test.ok(run(function(t) ensemble(t, 24):run{ step = 3 } end):find("ensemble:run: unknown option 'step', did you mean 'steps'?", 1, true))
    test.ok(message(function() return ensemble(make(sampler.ensemble{}).target, 24):result() end):find("no draws yet", 1, true))
    test.ok(message(function()
      make(sampler.strategy(function(t)
        local e = ensemble(t, 24)
        e:run{ steps = 20 }
        return e:result{ discards = 3 }
      end)):run{ progress = false }
    end):find("unknown option 'discards', did you mean 'discard'?", 1, true))
    -- the methods are as before
    local e = ensemble(make(sampler.ensemble{}).target, 24)
    e:run{ steps = 10 }
    test.eq(e.steps, 10)
    test.eq(help and galua.seed(), galua.seed())
  end)
end)

test.describe("a results file of something else", function()
  local short = {
    ensemble = { sampler.ensemble{ walkers = 24, steps = 10 }, sampler.ensemble{ walkers = 26, steps = 10 }, "walkers: 24 there, 26 here" },
    slice = { sampler.slice{ walkers = 24, steps = 4 }, sampler.slice{ walkers = 24, steps = 4, directions = "gaussian" }, "moves: slice there, slice_gaussian here" },
    nested = { sampler.nested{ live = 24, max_iterations = 3 }, sampler.nested{ live = 30 }, "live: 24 there, 30 here" },
    dynamic = { sampler.nested{ live = 24, dynamic = true, max_iterations = 3 }, sampler.nested{ live = 24 }, "dynamic: true there, false here" },
    nuts = { sampler.nuts{ chains = 2, warmup = 2, draws = 4, start = "prior" }, sampler.nuts{ chains = 2, warmup = 3, draws = 4, start = "prior" }, "warmup: 2 there, 3 here" },
    smc = { sampler.smc{ particles = 32, max_evaluations = 200 }, sampler.smc{ particles = 48 }, "particles: 32 there, 48 here" },
    pathfinder = { sampler.pathfinder{ paths = 2 }, sampler.pathfinder{ paths = 3 }, "paths: 2 there, 3 here" },
    optimum = { sampler.optimum{ starts = 2 }, sampler.optimum{ starts = 3 }, "starts: 2 there, 3 here" },
  }
  test.it("is refused by every sampler with the fields that differ", function()
    for name, s in pairs(short) do
      local path = tmp()
      make(s[1]):run{ out = path, progress = false }
      local function again(sampler, o) return message(function() make(sampler, o):run{ out = path, resume = true, progress = false } end) end
      local text = again(s[2])
      test.ok(text:find(s[3], 1, true), name .. ": " .. text)
      test.ok(text:find(path, 1, true) or name == "nested" or name == "dynamic", name .. ": " .. text)
      text = again(s[1], { limits = "measured", free = { age = prior.uniform(1e9, 1.2e10), ["sfh.norm"] = prior.loguniform(1, 300) } })
      test.ok(text:find("belongs to another fit (", 1, true) and text:find("priors: ", 1, true) and not text:find("data: ", 1, true), name .. ": " .. text)
      text = again(s[1], { seed = 12 })
      test.ok(text:find("seed: 11 there, 12 here", 1, true), name .. ": " .. text)
      os.remove(path)
    end
  end)
end)
