-- sampler.importance{}: evidence and posterior of a fit, threads, resume, errors.
local test = require "galua.test"

local disc = dofile("tests/lua/disc.lua")("SDSS.griz", "2MASS")
local bands, truth, data = disc.bands, disc.truth, disc.data()

local function make(s, seed) return disc.fit{ data = data, seed = seed, sampler = s } end

local message = test.message

test.describe("importance", function()
  test.it("agrees with smc on ln Z, medians and widths", function()
    local f = make(sampler.importance{ ess = 2000 }):run{ progress = false }
    local o = make(sampler.smc{ particles = 256 }):run{ progress = false }
    test.eq(f.engine.state, "converged")
    test.eq(f.engine.beta, 1)
    test.ok(f.engine.ess >= 2000 and f.engine.khat < 0.7 and f.engine.lnz_err < 0.05)
    local err = math.sqrt(f.engine.lnz_err ^ 2 + o.engine.lnz_err ^ 2)
    test.ok(math.abs(f.engine.lnz - o.engine.lnz) < 4 * err, ("ln Z %.3f, %.3f +- %.3f"):format(f.engine.lnz, o.engine.lnz, err))
    for _, name in ipairs { "age", "sfh.norm", "Mstar" } do
      local a, b = f:summary():get(name), o:summary():get(name)
      test.ok(math.abs(a.median - b.median) < 0.25 * b.sd, ("%s: %g, %g"):format(name, a.median, b.median))
      test.ok(math.abs(a.sd / b.sd - 1) < 0.2, ("%s: sd %g, %g"):format(name, a.sd, b.sd))
    end
    local stages = f.engine:stages()
    test.eq(stages[1].beta, 0)
    test.eq(stages[1].components, 0)
    test.eq(#stages, f.engine.nstages)
    test.ok(tostring(f:summary()):find("ln Z ", 1, true))
  end)

  test.it("gives the same bits with 1, 2 and 4 threads, and after a resume from a file at any stage", function()
    local before, sums = threads(), {}
    local function sum(f) return ("%.17g %.17g %.17g"):format(f.engine.lnz, f:samples().lnlike:sum(), f.engine.evaluations) end
    for i, n in ipairs { 1, 2, 4 } do
      threads(n)
      sums[i] = sum(make(sampler.importance{ ess = 300 }):run{ progress = false })
    end
    threads(before)
    test.eq(sums[1], sums[2])
    test.eq(sums[1], sums[3])
    local path = os.tmpname() .. ".h5"
    local f = make(sampler.importance{ ess = 300, max_evaluations = 300 }):run{ progress = false, out = path } -- one or two stages each
    test.eq(f.engine.state, "limit")
    local runs = 1
    for _ = 1, 40 do
      local g = load_fit(path, { ssp = disc.table })
      g:run{ progress = false, out = path }
      runs, f = runs + 1, g
      if g.engine.state == "converged" then break end
    end
    test.ok(runs > 3)
    test.eq(sum(f), sums[1])
    os.remove(path)
  end)

  test.it("changes nothing when a converged run is gone on with, from memory or its file; nor do others", function()
    local path = os.tmpname() .. ".h5"
    for _, s in ipairs{ sampler.importance{ ess = 400 }, sampler.smc{ particles = 64 }, sampler.ensemble{ walkers = 24, until_tau = 5, dtau = 1, max = 2000 },
      sampler.nuts{ chains = 2, warmup = 50, until_ess = 40, max = 2000, start = "prior" },
      sampler.nested{ live = 30, dlogz = 0.5 } } do
      local f = make(s):run{ out = path, progress = false, fresh = true }
      test.eq(f.engine.state, "converged")
      local n, sum = f.engine.evaluations, f:samples().lnlike:sum()
      f:run{ progress = false }
      test.eq(f.engine.evaluations, n)
      local again = make(s):run{ out = path, resume = true, progress = false }
      test.eq(again.engine.state, "converged")
      test.eq(again.engine.evaluations, n)
      test.eq(again:samples().lnlike:sum(), sum)
    end
    os.remove(path)
  end)

  test.it("says which parameters are as their priors, and which are not", function()
    local f = fit{ data = data, model = truth(), seed = 5, sampler = sampler.importance{ ess = 1500 },
      free = { ["sfh.norm"] = prior.loguniform(1, 300), ["sfh.Mdust"] = prior.loguniform(1, 10) } }:run{ progress = false } -- dust of no weight
    local s = f:summary()
    test.eq(s:get("sfh.Mdust").as_prior, true)
    test.eq(s:get("sfh.norm").as_prior, false)
    test.ok(tostring(s):find("posterior as the prior, the data say nothing: sfh.Mdust", 1, true))
  end)

  test.it("integrates what all light is proportional to, and draws it as ever; so does nested sampling", function()
    for _, kind in ipairs { "importance", "nested" } do
      local o = kind == "nested" and { live = 400 } or { ess = 3000 }
      local f = make(sampler[kind](o)):run{ progress = false }
      o.marginalise = false
      local g = make(sampler[kind](o)):run{ progress = false }
      test.eq(f.engine.integrated, "sfh.norm")
      test.eq(g.engine.integrated, "")
      local err = math.sqrt(f.engine.lnz_err ^ 2 + g.engine.lnz_err ^ 2)
      test.ok(math.abs(f.engine.lnz - g.engine.lnz) < 4 * err, ("%s: ln Z %.4f, %.4f +- %.4f"):format(kind, f.engine.lnz, g.engine.lnz, err))
      for _, name in ipairs { "age", "sfh.norm", "Mstar" } do -- medians of 3000 draws err by 0.023 sd
        local a, b = f:summary():get(name), g:summary():get(name)
        test.ok(math.abs(a.median - b.median) < 0.15 * b.sd, ("%s: %s: %g, %g +- %g"):format(kind, name, a.median, b.median, b.sd))
        test.ok(math.abs(a.sd / b.sd - 1) < 0.15, ("%s: %s: sd %g, %g"):format(kind, name, a.sd, b.sd))
      end
      -- prior and likelihood beside the draws are those of all parameters
      local s, x = f:samples(), f.target
      for _, i in ipairs { 1, 7, 100 } do
        local lnprior, lnlike = x:lnprob{ s.x:row(i)[1], s.x:row(i)[2] }
        test.close(s.lnlike[i], lnlike[1], 1e-9)
        test.close(s.lnprior[i], lnprior[1], 1e-9)
      end
    end
  end)

  test.it("goes on with a nested run of fewer coordinates to the same bits, and refuses one of all", function()
    local path = os.tmpname() .. ".h5"
    local whole = make(sampler.nested{ live = 60 }):run{ progress = false }
    make(sampler.nested{ live = 60, max_iterations = 40 }):run{ out = path, progress = false, fresh = true }
    local f = make(sampler.nested{ live = 60 }):run{ out = path, resume = true, progress = false }
    test.eq(f.engine.integrated, "sfh.norm")
    test.eq(f.engine.lnz, whole.engine.lnz)
    test.eq(f.engine.evaluations, whole.engine.evaluations)
    test.eq(f:samples().x:col(2):sum(), whole:samples().x:col(2):sum())
    test.eq(f:samples().lnlike:sum(), whole:samples().lnlike:sum())
    test.ok(message(function() make(sampler.nested{ live = 60, marginalise = false }):run{ out = path, resume = true, progress = false } end):find("marginalise", 1, true))
    os.remove(path)
  end)

  test.it("integrates nothing where that would not be exact", function()
    local hot = component.custom{ name = "hot", params = { L = { 1e10 } }, function(l, p) return p.L / 2e4 * math.exp(-l / 2e4) end }
    local with_hot = galaxy{ ssp = disc.table, sfh = sfh.delayed{ norm = 20, tau = 1e9, Mdust = 3e7 }, age = 4e9, redshift = 0.1, components = { hot } }
    local upper = disc.data(function(band, f) return f, band == bands[1].name and "limit" or nil end)
    local function integrated(o)
      local f = fit{ data = o.data or data, model = o.model or truth(), noise = o.noise, likelihood = o.likelihood, limits = o.limits,
        seed = 3, sampler = sampler.importance{ ess = 100 },
        free = { age = prior.loguniform(1e9, 1.2e10), ["sfh.norm"] = o.norm or prior.loguniform(1, 300) } }
      f:run{ progress = false }
      return f.engine.integrated
    end
    test.eq(integrated{}, "sfh.norm")
    test.eq(integrated{ norm = prior.truncnormal(20, 5, 0.1, 1e3) }, "sfh.norm")
    test.eq(integrated{ noise = noise.calibration{ floor = 0.03 } }, "sfh.norm")
    test.eq(integrated{ data = upper, limits = "measured" }, "sfh.norm")
    test.eq(integrated{ data = upper }, "")
    test.eq(integrated{ model = with_hot }, "")
    test.eq(integrated{ noise = noise.calibration{ f_cal = 0.05 } }, "")
    test.eq(integrated{ noise = noise.outliers{ f_out = 0.05 } }, "")
    test.eq(integrated{ noise = noise.calibration{ offset = { SDSS = 0.05 } } }, "")
  end)

  test.it("does not converge on a likelihood that is not deterministic", function()
    local count = 0
    local t = target{ names = { "x" }, priors = { prior.uniform(-5, 5) }, lnlike = function(v)
      count = count + 1
      return -0.5 * v[1] ^ 2 + 0.01 * (count % 7)
    end }
    for _, kind in ipairs { "importance", "nested", "smc" } do
      local e = _G[kind](t, { seed = 1 })
      e:run{}
      test.eq(e.state, "limit")
      test.ok(e.state_text:find("the likelihood is not deterministic: ln L of one point was ", 1, true), e.state_text)
    end
  end)

  test.it("makes more draws of a finished posterior", function()
    local f = make(sampler.importance{ ess = 300 }):run{ progress = false }
    local n = f.engine.ess
    f:run{ progress = false, more = 150 }
    test.ok(f.engine.ess >= n + 150)
  end)

  test.it("refuses bad options in one line", function()
    test.ok(message(function() sampler.importance{ components = 65 } end):find("components must be at most 64", 1, true))
    test.ok(message(function() sampler.importance{ ess = -1 } end):find("ess must be a number, 0 or more", 1, true))
    test.ok(message(function() sampler.importance{ es = 1 } end):find("ess", 1, true))
    test.ok(message(function() make(sampler.importance{ batch = 5, marginalise = false }):run{ progress = false } end):find("use at least 20", 1, true))
  end)
end)
