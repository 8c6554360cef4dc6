-- Moves of ensembles: those of one's own in Lua, mixes, moves changed between runs, what results files keep of them.
local test = require "galua.test"

local disc = dofile("tests/lua/disc.lua")("SDSS.griz", "2MASS")
local bands, truth, data = disc.bands, disc.truth, disc.data()

local function make(moves, steps, seed)
  return disc.fit{ data = data, seed = seed, sampler = sampler.ensemble{ walkers = 24, steps = steps or 60, moves = moves } }
end

local function tmp() return os.tmpname() .. ".h5" end
local message = test.message

-- x ~ N(0, 1) truncated far out, y | x ~ N(x, 0.1)
local function gaussian()
  return target{ names = { "x", "y" }, priors = { prior.uniform(-8, 8), prior.uniform(-8, 8) },
    lnlike = function(v) return -0.5 * (v[1] ^ 2 + (v[2] - v[1]) ^ 2 / 0.01) end }
end

local scale = 1.2
local function difference(a, b, k) return a[k] - b[k] end
local slide = move.custom(function(x, others, rng)
  local a, b, g, y = others[rng:integer(#others)], others[rng:integer(#others)], scale * rng:normal(), {}
  for k = 1, #x do y[k] = x[k] + g * difference(a, b, k) end
  return y
end)

-- mean and variance of both coordinates within 5 standard errors of the truth: 0, 0, 1, 1.01
local function right(e, what)
  local x = e:samples{ discard = 200 }
  local tau = e:tau()
  for k = 1, 2 do
    local v = x:col(k):copy()
    local mean, var = v:mean(), (v * v):mean()
    local n = #v / tau[k]
    test.ok(math.abs(mean) < 5 / math.sqrt(n), ("%s: mean %g, %g effective draws"):format(what, mean, n))
    test.ok(math.abs(var / (k == 1 and 1 or 1.01) - 1) < 5 * math.sqrt(2 / n), ("%s: variance %g, %g effective draws"):format(what, var, n))
  end
end

test.describe("moves in Lua", function()
  test.it("are run with functions, or none, to tell of progress", function()
    local e = ensemble(gaussian(), { walkers = 32, seed = 5 })
    e:run{ steps = 5, progress = false, checkpoint = false }
    test.eq(e.steps, 5)
    test.ok(message(e.run, e, { steps = 5, progress = "x" }):find("run: progress must be a function or false, got string", 1, true))
    test.ok(message(e.run, e, { steps = 5, checkpoint = 1 }):find("run: checkpoint must be a function or false, got number", 1, true))
  end)
  test.it("draw from the target, symmetric ones and ones with a factor", function()
    local e = ensemble(gaussian(), { walkers = 32, seed = 5 })
    right(e:run{ move = slide, steps = 3000 } and e, "slide")
    -- towards or away from another walker: y = a + z (x - a), density of z symmetric in ln z: the factor is ndim ln z
    local stretch = move.custom(function(x, others, rng)
      local a, z, y = others[rng:integer(#others)], math.exp(1.4 * (rng:uniform() - 0.5)), {}
      for k = 1, #x do y[k] = a[k] + z * (x[k] - a[k]) end
      return y, #x * math.log(z)
    end)
    e = ensemble(gaussian(), 32)
    right(e:run{ move = mix{ stretch, 0.7, move.de(), 0.3 }, steps = 3000 } and e, "stretch")
    local forbidden = move.custom(function(x) return { x[1], x[2] + 1 }, -math.huge end)
    e = ensemble(gaussian(), 32)
    e:run{ move = forbidden, steps = 5 }
    test.eq(e.acceptance:max(), 0)
  end)

  test.it("give the same bits with 1, 2 and 4 threads", function()
    local before, sums = threads(), {}
    for i, n in ipairs { 1, 2, 4 } do
      threads(n)
      local s = make(mix{ slide, 0.7, move.stretch(), 0.3 }):run{ progress = false }:samples()
      sums[i] = ("%.17g %.17g"):format(s.lnlike:sum(), s.x:col(1):sum())
    end
    threads(before)
    test.eq(sums[1], sums[2])
    test.eq(sums[1], sums[3])
  end)

  test.it("are kept in results files: resumed to the same bits, also without the script", function()
    local path = tmp()
    local moves = mix{ slide, 0.7, move.gaussian{ cov = { 0.01, 0.02 } }, 0.3 }
    local whole = make(moves, 60):run{ progress = false }:samples().lnlike:sum()
    make(moves, 25):run{ out = path, progress = false }
    test.eq(make(moves, 60):run{ out = path, resume = true, progress = false }:samples().lnlike:sum(), whole)
    make(moves, 25):run{ out = path, progress = false }
    local f = load_fit(path, { ssp = disc.table, trust = true })
    f:run{ ["until"] = 60, progress = false }
    test.eq(f:samples().lnlike:sum(), whole)
    test.ok(tostring(f.sampler):find("0.7 custom (tests/lua/test_moves.lua:", 1, true), tostring(f.sampler))
    local stored = f.sampler:store().moves
    test.ok(stored[1].source:find("rng:integer(#others)", 1, true))
    test.eq(stored[2].cov[2], 0.02)
    os.remove(path)
  end)

  test.it("with a name have settings, help, and go on from a file without their definition", function()
    move.define{ name = "leap", doc = "A long jump.", params = { scale = { 1.2, doc = "of it" } }, propose = function(x, others, rng, _, p)
      local a, b, g, y = others[rng:integer(#others)], others[rng:integer(#others)], p.scale * rng:normal(), {}
      for k = 1, #x do y[k] = x[k] + g * (a[k] - b[k]) end
      return y
    end }
    local help = galua.doc.of_name "move.leap"
    test.ok(help:find("A long jump.\n@param scale (1.2) of it", 1, true), help)
    local path = tmp()
    local whole = make(mix{ move.leap(), 0.7, move.de(), 0.3 }, 60):run{ progress = false }
    local same = make(mix{ slide, 0.7, move.de(), 0.3 }, 60):run{ progress = false } -- the same proposals, scale 1.2
    local function sums(f) return ("%.17g"):format(f:samples().lnlike:sum()) end
    test.eq(sums(whole), sums(same))
    local f = make(mix{ move.leap(), 0.7, move.de(), 0.3 }, 20):run{ out = path, progress = false }
    test.ok(tostring(f.sampler):find("0.7 custom (move.leap{})", 1, true), tostring(f.sampler))
    local text = message(function() make(mix{ move.leap{ scale = 1.3 }, 0.7, move.de(), 0.3 }, 60):run{ out = path, resume = true, progress = false } end)
    test.ok(text:find("moves: custom { key = ", 1, true), text)
    rawset(move, "leap", nil)
    local again = load_fit(path, { ssp = disc.table, trust = true })
    again:run{ more = 40, progress = false }
    test.eq(sums(again), sums(whole))
    os.remove(path)
    test.eq(message(move.define, { name = "de", propose = function() end }), "move.define: there is a move.de already")
    test.eq(message(move.define, { name = "a b", propose = function() end }), "move.define: 'a b' is no name such as jump")
    test.eq(message(move.define, { name = "hop" }), "move.define: propose must be a function, got nil")
    test.eq(message(move.define, { name = "hop", params = { s = "x" }, propose = function() end }),
      'move.define: the setting \'s\' must have a default: s = 1, or s = { 1, doc = "..." }')
  end)

  test.it("that differ from those of the file are refused, and a changed number that a function uses too", function()
    local path = tmp()
    make(slide, 10):run{ out = path, progress = false }
    local text = message(function() make("de", 20):run{ out = path, resume = true, progress = false } end)
    test.ok(text:find("the stored run has other settings of sampler.ensemble (moves: custom { key = ", 1, true), text)
    local a = 1
    local function shift() return move.custom(function(x) return { x[1] + a, x[2] } end) end
    make(shift(), 10):run{ out = path, progress = false }
    test.eq(make(shift(), 12):run{ out = path, resume = true, progress = false }.engine.steps, 12)
    a = 2
    text = message(function() make(shift(), 20):run{ out = path, resume = true, progress = false } end)
    test.ok(text:find("moves: custom { key = ", 1, true), text)
    text = message(function() make("mix", 20, 12):run{ out = path, resume = true, progress = false } end)
    test.ok(text:find("seed: 11 there, 12 here", 1, true), text)
    os.remove(path)
  end)

  test.it("changed between runs: samples of other moves are burn-in, the same moves go on", function()
    local e = ensemble(gaussian(), { walkers = 32, seed = 5 })
    e:run{ move = move.de(), steps = 20 }
    test.eq(e.changed, 0)
    e:run{ move = slide, steps = 10 }
    test.eq(e.changed, 20)
    e:run{ move = slide, steps = 10 }
    e:run{ steps = 10 }
    test.eq(e.changed, 20)
    test.eq(e.steps, 50)
    local x, lp, ll = e:positions()
    test.eq(x.rows, 32)
    local a, b = gaussian():lnprob(x)
    test.eq((a - lp):abs():max() + (b - ll):abs():max(), 0)
  end)

  test.it("say what is wrong in one line, and the walkers stay", function()
    local t = gaussian()
    local e = ensemble(t, 32)
    e:run{ steps = 3 }
    local function run(f) return message(e.run, e, { move = move.custom(f), steps = 2 }) end
    test.eq(message(move.custom, function(x) return t, x end), "move.custom: 't', used by the function, is a handle: a function that runs in "
      .. "workers can take along numbers, strings, booleans, vectors, plain tables of them, and Lua functions")
    test.ok(run(function() return nowhere end):find("global 'nowhere' does not exist where shipped functions run", 1, true))
    test.eq(run(function() return { 1 } end), "move.custom: the function must return a list of 2 coordinates, got 1 of them")
    test.eq(run(function() return { 1, "a" } end), "move.custom: coordinate 2 that the function returned is a string")
    test.eq(run(function() return { 1, 0 / 0 } end), "custom move: it proposes nan for y: proposals must be finite")
    test.eq(run(function() return { 1, 2 }, math.huge end), "custom move: ln of its factor is inf: it must be finite or -inf")
    test.ok(run(function(x) return { x[3], 0 } end):find("index 3 is not in 1 .. 2", 1, true))
    test.ok(run(function(x, o) return o[17] end):find("index 17 is not in 1 .. 16", 1, true))
    test.eq(e.steps, 3)
    test.ok(message(e.run, e, { move = { "custom" }, steps = 2 }):find("moves of your own are made by move.custom(function", 1, true))
    test.eq(message(mix, { 3 }), "mix: expected moves, each with its weight after it: mix{ move.de(), 0.8, move.snooker(), 0.2 }")
    test.eq(message(move.de, { gama = 1 }), "move.de: unknown option 'gama', did you mean 'gamma'?")
    e:run{ move = "de", steps = 1 }
    test.eq(e.steps, 4)
  end)
end)

test.describe("a target's gradient", function()
  test.it("is the derivative of ln prior + ln likelihood", function()
    local t = make("mix").target
    local x = t:prior_transform(galua.mat{ { 0.4, 0.6 }, { 0.55, 0.5 } })
    local lnp, g = t:gradient(x)
    local a, b = t:lnprob(x)
    for i = 1, 2 do
      test.close(lnp[i], a[i] + b[i], 1e-12)
      for k = 1, 2 do
        local h, y = 1e-5, { x:row(i):totable(), x:row(i):totable() }
        y[1][k], y[2][k] = y[1][k] + h, y[2][k] - h
        local p, l = t:lnprob(galua.mat(y))
        local want = (p[1] + l[1] - p[2] - l[2]) / (2 * h)
        test.ok(math.abs(g:row(i)[k] / want - 1) < 1e-4, ("gradient %g, difference %g"):format(g:row(i)[k], want))
      end
    end
  end)
end)
