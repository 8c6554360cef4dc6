-- Nested sampling from Lua: densities of one's own, fits, results files, resume after kill -9.
local test = require "galua.test"
local core = require "galua.core"

local message = test.message
local function tmp() return os.tmpname() .. ".h5" end

local disc = dofile("tests/lua/disc.lua")("SDSS.griz", "2MASS", "WISE.W3", "Herschel.PACS")
local bands, truth, mock = disc.bands, disc.truth, disc.data

local function make(options, other)
  local o = { dust = true, sampler = sampler.nested(options or { live = 24 }) }
  for k, v in pairs(other or {}) do o[k] = v end
  return disc.fit(o)
end

test.describe("nested sampling of a density", function()
  test.it("finds the evidence and the posterior of a Lua function", function()
    local calls = 0
    local t = target{ names = { "a", "b" }, priors = { prior.uniform(-5, 5), prior.loguniform(1e-2, 1e2) },
      lnlike = function(v)
        calls = calls + 1
        return -0.5 * ((v[1] - 1) ^ 2 + ((math.log10(v[2]) - 0.5) / 0.2) ^ 2)
      end }
    local n = nested(t, { seed = 4 })
    test.eq(n:run(), "converged")
    local want = math.log(math.sqrt(2 * math.pi) / 10) + math.log(0.2 * math.sqrt(2 * math.pi) / 4)
    test.ok(math.abs(n.lnz - want) < 3.5 * n.lnz_err, ("ln Z %g +- %g, want %g"):format(n.lnz, n.lnz_err, want))
    test.eq(calls, n.evaluations)
    local rows = n:summary()
    test.ok(math.abs(rows[1].mean - 1) < 4 * rows[1].mcse)
    test.close(rows[1].sd, 1, 0.1)
    test.close(math.log10(rows[2].median), 0.5, 0.05) -- values, not coordinates
  end)

  test.it("gives weights, births and draws that agree with each other", function()
    local p = benchmark.problem("gauss", 2)
    local n = nested(p, { live = 100, seed = 2 })
    n:run()
    local all = n:points()
    local sum, best = 0, -math.huge
    for i = 1, all.n do
      sum = sum + math.exp(all.lnweight[i])
      test.ok(all.birth[i] < all.lnlike[i] and all.lnlike[i] >= best and all.live[i] >= 1)
      best = all.lnlike[i]
    end
    test.close(sum, 1, 1e-9)
    local x, lp, ll = n:samples{ n = 500 }
    test.eq(#lp, 500)
    local _, again = p:lnprob(x:row(7))
    test.eq(again[1], ll[7])
    -- 300 realisations: 4 % of scatter, and the bootstrap's own
    for _, by in ipairs { "jitter", "bootstrap" } do test.close(n:errors{ n = 300, by = by }:std(), n.lnz_err, 0.25) end
  end)

  test.it("merges runs: live points add up", function()
    local p = benchmark.problem("gauss", 2)
    local runs = {}
    for i = 1, 3 do
      runs[i] = nested(p, { live = 100, seed = i })
      runs[i]:run()
    end
    local all = runs[1]:merge(runs[2], runs[3])
    test.eq(all.n, runs[1].stored + runs[2].stored + runs[3].stored)
    test.close(all.lnz_err, runs[1].lnz_err / math.sqrt(3), 0.1)
    test.ok(math.abs(all.lnz - p.lnz) < 3.5 * all.lnz_err)
    test.eq(all.live[1], 300)
  end)

  -- likelihoods far below and above 1: the points that replace forbidden ones are not held to any other threshold
  test.it("leaves forbidden regions out of the volume, wherever ln L lies", function()
    for _, level in ipairs { -50, 0, 50 } do
      local t = target{ names = { "a", "b" }, priors = { prior.uniform(0, 1), prior.uniform(0, 1) },
        lnlike = function(v) return v[1] < 0.5 and level - 8 * (v[1] - 0.25) ^ 2 - 8 * (v[2] - 0.5) ^ 2 or -math.huge end }
      local n = nested(t, { live = 300, seed = 7 })
      test.eq(n:run(), "converged")
      local function side(w) return math.sqrt(math.pi / 8) * w end
      local want = level + math.log(side(0.6826894921) * side(0.9544997361)) -- erf(sqrt(8)/4), erf(sqrt(8)/2)
      test.ok(math.abs(n.lnz - want) < 0.25, ("ln Z %g, want %g"):format(n.lnz, want))
      test.ok(n.plateau)
    end
  end)

  test.it("draws from the whole prior in a dynamic run without a bound", function()
    local p = benchmark.problem("gauss", 2)
    local n = nested(p, { live = 50, seed = 3, bound = "none", sample = "unif", dynamic = true, posterior = 1, ess = 300 })
    test.eq(n:run(), "converged")
    test.ok(n.batches > 0 and math.abs(n.lnz - p.lnz) < 4 * n.lnz_err)
  end)

  test.it("finds a spike far inside a slab when dlogz is small enough to go on", function()
    local p = benchmark.problem("spike", 20)
    local n = nested(p, { live = 50, seed = 3, dlogz = 1e-14 })
    n:run()
    test.ok(n.lnz > 2, ("ln Z %g; the slab alone has 0, both 4.6"):format(n.lnz))
  end)

  -- z = (ln Z - true)/error over 20 seeds; the whole table is in tests/validate/nested.lua
  test.it("has unbiased evidences with errors of the right size", function()
    for _, c in ipairs { { "gauss", 2, {} }, { "gauss", 8, {} }, { "shells", 2, {} }, { "half", 2, {} }, { "cake", 2, {} },
      { "vonmises", 2, { sample = "rslice", periodic = { "x1", "x2" } } }, { "vonmises", 2, { sample = "rwalk", reflective = { "x1", "x2" } } } } do
      local p, sum, sum2 = benchmark.problem(c[1], c[2]), 0, 0
      for seed = 1, 20 do
        local o = { live = 100, seed = seed }
        for k, v in pairs(c[3]) do o[k] = v end
        local n = nested(p, o)
        n:run()
        local z = (n.lnz - p.lnz) / n.lnz_err
        sum, sum2 = sum + z, sum2 + z * z
      end
      local mean = sum / 20
      local sd = math.sqrt((sum2 - 20 * mean * mean) / 19)
      test.ok(math.abs(mean) < 3 / math.sqrt(20) and sd > 0.55 and sd < 1.52, ("%s: mean z %.2f, sd %.2f"):format(c[1], mean, sd))
    end
  end)

  test.it("notices chains that are too short", function()
    local p = benchmark.problem("gauss", 20)
    local short, usual = nested(p, { live = 100, seed = 1, sample = "rwalk", walks = 2 }), nested(p, { live = 100, seed = 1 })
    short:run()
    usual:run()
    test.ok(short.memory > 0.6, short.memory)
    test.ok(usual.memory < 0.2, usual.memory)
    test.ok(usual.method:find("rslice of 60 slices along axes of the bound, differences of live points and axes of the cube", 1, true), usual.method)
  end)

  test.it("leaves uniform draws when the bound misses something, and says why", function()
    local p = benchmark.problem("funnel", 5)
    local n = nested(p, { seed = 1, bootstrap = 2 })
    n:run()
    test.ok(n.method:find("the insertion order told that the bound missed something", 1, true), n.method)
    test.eq(n.settings.sample, "rslice")
  end)

  test.it("stops where it is told, and goes on", function()
    local p = benchmark.problem("gauss", 2)
    local n, whole = nested(p, { live = 100, seed = 2 }), nested(p, { live = 100, seed = 2 })
    test.eq(n:run{ max_calls = 400 }, "limit")
    test.ok(n.state_text:find("far from converged", 1, true), n.state_text)
    test.ok(n.lnz < whole.lnz or whole.stored == 0)
    test.eq(n:run(), "converged")
    whole:run()
    test.eq(n.lnz, whole.lnz)
    test.eq(n.evaluations, whole.evaluations)
  end)

  test.it("says what is wrong in one line", function()
    local p = benchmark.problem("gauss", 2)
    for _, c in ipairs {
      { function() nested(p, { live = 4 }) end, "nested: 4 live points are too few for 2 parameters, use at least 8, better 50" },
      { function() nested(p, { periodic = { "x9" } }) end, "nested: periodic: no free parameter 'x9', did you mean 'x1'?" },
      { function() nested(p, { enlarge = 2, bootstrap = 5 }) end, "nested: give enlarge (2) or bootstrap (5), not both" },
      { function() benchmark.problem("gaus", 2) end, "no problem 'gaus', did you mean 'gauss'?" },
      { function() target{ names = { "a" }, priors = {}, lnlike = print } end, "target: 1 names but 0 priors" },
      { function()
        nested(target{ names = { "a" }, priors = { prior.uniform(0, 1) }, lnlike = function() return 0 / 0 end }, { seed = 1 }):run()
      end, "ln likelihood is NaN at a = " },
      { function()
        nested(target{ names = { "a" }, priors = { prior.uniform(0, 1) }, lnlike = function() return -math.huge end },
          { live = 10 }):run()
      end, "nested: 0 of 10000 draws of the prior have a finite likelihood, 2 are needed" },
      { function() sampler.nested{ lives = 4 } end, "sampler.nested: unknown option 'lives', did you mean 'live'?" },
      { function() sampler.nested{ live = -1 } end, "sampler.nested: live must be a whole number, 0 or more, got -1" },
    } do
      local text = message(c[1])
      test.ok(text:sub(1, #c[2]) == c[2], text .. " | wanted " .. c[2])
      test.ok(not text:find("\n"), "one line")
    end
  end)
end)

test.describe("nested sampling in a fit", function()
  test.it("recovers the parameters and says ln Z", function()
    local f = make{ live = 60 }:run{ progress = false }
    local s = f:summary()
    for name, want in pairs { age = 4e9, ["sfh.norm"] = 20, Mstar = truth():derived().Mstar } do
      local r = s:get(name)
      -- exact data: the posterior median may differ from the truth by prior volume, well under two sigma
      test.ok(math.abs(r.median - want) < (r.q84 - r.q16), ("%s: %g, want %g"):format(name, r.median, want))
      test.ok(r.ess > 100 and r.trusted)
    end
    local text = tostring(s)
    test.ok(text:find("ln Z = ", 1, true) and text:find("insertion order: z = ", 1, true), text)
    test.eq(f.nested, f.engine)
    test.eq(f.engine.state, "converged")
  end)

  test.it("gives the same bits with 1, 2 and 4 threads", function()
    local before, sums = threads(), {}
    for i, n in ipairs { 1, 2, 4 } do
      threads(n)
      local e = make{ live = 16, sample = "rslice", slices = 2 }:run{ progress = false }.engine
      sums[i] = ("%.17g %.17g %d"):format(e.lnz, e:points().x:col(1):sum(), e.evaluations)
    end
    threads(before)
    test.eq(sums[1], sums[2])
    test.eq(sums[1], sums[3])
  end)

  test.it("stores a file that rebuilds the fit and its likelihoods", function()
    local path = tmp()
    local f = make():run{ out = path, progress = false }
    local g = load_fit(path, { ssp = disc.table })
    test.eq(g.sampler.kind, "nested")
    test.eq(f.engine.lnz, g.engine.lnz)
    test.eq(f.engine.insertion_z, g.engine.insertion_z)
    test.eq(f:summary():get("Mstar").median, g:summary():get("Mstar").median)
    local a = g:samples()
    for i = 1, a.n, 97 do
      local lp, ll = g.target:lnprob(a.x:row(i))
      test.eq(ll[1], a.lnlike[i])
      test.eq(lp[1], a.lnprior[i])
    end
    os.remove(path)
  end)

  test.it("resumes to the same bits as a run that never stopped", function()
    local path = tmp()
    local whole = make{ live = 24, dynamic = true, ess = 115 }:run{ progress = false }.engine
    test.ok(whole.batches > 0)
    for _, stop in ipairs { 20, 300 } do
      make{ live = 24, dynamic = true, ess = 115, max_calls = stop }:run{ out = path, progress = false }
      local e = make{ live = 24, dynamic = true, ess = 115 }:run{ out = path, resume = true, progress = false }.engine
      test.eq(e.lnz, whole.lnz)
      test.eq(e.evaluations, whole.evaluations)
      test.eq(e:points().u:col(2):sum(), whole:points().u:col(2):sum())
    end
    os.remove(path)
  end)

  test.it("refuses a file of another fit, another sampler or other settings", function()
    local path = tmp()
    make():run{ out = path, progress = false }
    local text = message(function()
      make(nil, { free = { age = prior.uniform(1e9, 1.2e10), ["sfh.norm"] = prior.loguniform(1, 300),
        ["sfh.Mdust"] = prior.loguniform(1e6, 1e9) } }):run{ out = path, resume = true, progress = false }
    end)
    test.ok(text:find("belongs to another fit", 1, true) and text:find("priors", 1, true), text)
    text = message(function() make(nil, { sampler = sampler.ensemble{ steps = 10 } }):run{ out = path, resume = true, progress = false } end)
    test.ok(text:find("holds a run of sampler.nested, this fit has sampler.ensemble", 1, true), text)
    text = message(function() make{ live = 70 }:run{ out = path, resume = true, progress = false } end)
    test.ok(text:find("live: 24 there, 70 here", 1, true), text)
    os.remove(path)
  end)
end)
