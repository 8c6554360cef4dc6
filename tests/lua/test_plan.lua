-- fit{ plan = true }: the same posterior from a few wavelengths; what is stored; what happens when a plan cannot be or was wrong.
local test = require "galua.test"
local json = require "galua.json"
local galua = require "galua"

local table_of = ssp.synthetic()
local bands = filters("SDSS.griz", "2MASS", "Herschel.PACS")

local function model(more)
  local o = { ssp = table_of, sfh = sfh.delayed{ norm = 20, tau = 1e9, Mdust = 3e7 }, age = 4e9, redshift = 0.1 }
  for k, v in pairs(more or {}) do o[k] = v end
  return galaxy(o)
end

local function make(options)
  local o = { data = observation.new{ name = "mock", redshift = 0.1 }, model = model(), seed = 3,
    sampler = sampler.nested{ live = 60, dlogz = 1 },
    free = { age = prior.loguniform(1e9, 1.2e10), ["sfh.norm"] = prior.normal(20, 5), ["ism.tau_esc"] = prior.loguniform(1e6, 1e8),
      ["ism.Rdust"] = prior.loguniform(3e2, 1e4) } }
  for k, v in pairs(options or {}) do o[k] = v end
  local flux = model():band_flux(bands)
  for i = 1, #bands do o.data:add(bands[i], flux[i], 0.05 * flux[i]) end
  return fit(o)
end

local function points(f, n)
  local x, state = {}, 1
  for i = 1, n do
    x[i] = {}
    for k = 1, #f.free do
      state = (state * 16807) % 2147483647
      x[i][k] = state / 2147483647
    end
  end
  return f.target:prior_transform(mat(x))
end

test.describe("a fit with a plan", function()
  test.it("has the likelihood of the whole grid, keeps what was measured, and comes back from its file", function()
    local f, whole = make{ plan = { tolerance = 1e-6 } }, make{ plan = false }
    test.eq(whole.target.plan, nil)
    local p = f.target.plan
    test.eq(p.pending, true) -- fit{} is instant
    test.eq(p.used, nil)
    if not tostring(f):find("bands from a plan, made when it first runs") then error(tostring(f)) end
    f:compile()
    p = f.target.plan
    test.eq(p.used, true)
    test.eq(p.pending, false)
    if not (p.error <= 1e-6 and p.checked >= 1000 and p.nodes < #model():wave() / 2) then error(json.encode(p)) end
    local x = points(f, 200)
    local _, a = f.target:lnprob(x)
    local _, b = whole.target:lnprob(x)
    for i = 1, 200 do -- d ln L = sum (y - m)/s^2 dm: the pulls of far points are large
      if a[i] ~= b[i] and math.abs(a[i] - b[i]) > 1e-5 * (1 + math.abs(b[i])) then error(("ln L %.12g, whole %.12g"):format(a[i], b[i])) end
    end
    local models, worst = f.target:compare(x)
    local finite = 0
    for i = 1, 200 do if a[i] > -math.huge then finite = finite + 1 end end
    test.eq(models, finite)
    test.eq(f.target.plan.checks, finite)
    if not (worst > 0 and worst <= 1e-6) then error(worst) end
    local path = os.tmpname() .. ".h5"
    f:run{ progress = false, out = path }
    p = f.target.plan
    if not (p.checks >= #f:samples().lnlike / 2 and p.worst > 0 and p.worst <= 1e-6 and not p.failed) then error(json.encode(p)) end
    local stored = json.decode(galua.result_texts(path).plan)
    test.eq(stored.checks, p.checks)
    test.eq(stored.worst, p.worst)
    local again = load_fit(path, { ssp = table_of })
    test.eq(again.target.plan.tolerance, 1e-6)
    local s = f:samples()
    local _, l = again.target:lnprob(s.x)
    for i = 1, s.n do test.eq(l[i], s.lnlike[i]) end
    os.remove(path)
    whole:run{ progress = false }
    for _, name in ipairs { "age", "sfh.norm" } do -- two runs of few live points: their means differ by sampling alone
      local u, v = f:summary():get(name), whole:summary():get(name)
      if math.abs(u.mean - v.mean) > v.sd then error(("%s: %g, whole %g +- %g"):format(name, u.mean, v.mean, v.sd)) end
    end
    if not tostring(f):find("bands from a plan of %d+ wavelengths") then error(tostring(f)) end
  end)

  test.it("gives an ensemble the derived quantities of the samples it keeps, and goes on from a file as if it had not stopped", function()
    local path = os.tmpname() .. ".h5"
    local function ensemble() return make{ plan = true, sampler = sampler.ensemble{ walkers = 16, steps = 40, thin = 4 } } end
    local f = ensemble():run{ progress = false }
    local s = f:samples()
    local g = f.model:copy()
    for _, i in ipairs{ 1, 37, s.n } do
      f.target:values(s.x:row(i), g)
      local d = g:derived()
      for _, name in ipairs{ "Mstar", "LIR", "T_DD", "SFR" } do -- kept to 24 bits
        if math.abs(s.derived[name][i] - d[name]) > 1e-7 * math.abs(d[name]) then error(("%s: %g, expected %g"):format(name, s.derived[name][i], d[name])) end
      end
    end
    -- those of a proposal are not made: fewer comparisons with the whole grid than likelihoods
    if not (f.target.plan.checks <= s.n and f.target.plan.checks > s.n / 5) then error("checks " .. f.target.plan.checks) end
    local first = ensemble():run{ progress = false, out = path, ["until"] = 20 }
    local second = ensemble():run{ progress = false, out = path, resume = true, ["until"] = 40 }:samples()
    os.remove(path)
    for i = 1, s.n do
      test.eq(second.lnlike[i], s.lnlike[i])
      test.eq(second.derived.Mstar[i], s.derived.Mstar[i])
    end
  end)

  test.it("is the same for any number of threads", function()
    local before = threads()
    local f = make{ plan = true }
    local x = points(f, 64)
    threads(1)
    local _, a = f.target:lnprob(x)
    threads(2)
    local _, b = f.target:lnprob(x)
    threads(before)
    for i = 1, 64 do test.eq(a[i], b[i]) end
  end)

  test.it("says why there is none, and takes the whole grid", function()
    local free = { age = prior.uniform(3e9, 5e9) }
    local f = make{ plan = true, model = model{ nebular = nebular.freefree{} }, free = free }:compile()
    test.eq(f.target.plan.used, false)
    if not f.target.plan.why:find("nebular.freefree") then error(f.target.plan.why) end
    local whole = make{ plan = false, model = model{ nebular = nebular.freefree{} }, free = free }
    local _, a = f.target:lnprob(vec{ 4.2e9 })
    local _, b = whole.target:lnprob(vec{ 4.2e9 })
    test.eq(a[1], b[1])
    for _, bad in ipairs { { tolerance = 1 }, { tolerance = -1 } } do
      local ok, why = pcall(make, { plan = bad })
      test.eq(ok, false)
      if not tostring(why):find("plan") then error(tostring(why)) end
    end
    local ok, why = pcall(make, { plan = { tolerence = 1e-6 } })
    test.eq(ok, false)
    if not tostring(why):find("did you mean 'tolerance'") then error(tostring(why)) end
  end)

  test.it("is made for a range of redshifts too, with an error of 1e-4", function()
    local free = { redshift = prior.uniform(0.08, 0.13), age = prior.uniform(2e9, 8e9), ["ism.Rdust"] = prior.loguniform(3e2, 1e4) }
    local f, whole = make{ plan = { cache = false }, free = free }:compile(), make{ plan = false, free = free }
    local p = f.target.plan
    test.eq(p.used, true)
    test.eq(p.tolerance, 1e-4)
    test.eq(p.panels, 2)
    test.eq(p.left_out, 0)
    local x = points(f, 200)
    local _, a = f.target:lnprob(x)
    local _, b = whole.target:lnprob(x)
    for i = 1, 200 do
      if a[i] ~= b[i] and math.abs(a[i] - b[i]) > 2e-4 * (1 + math.abs(b[i])) then error(("ln L %.12g, whole %.12g"):format(a[i], b[i])) end
    end
    local models, worst = f.target:compare(x)
    if not (models > 100 and worst > 0 and worst <= 1e-4) then error(worst) end
    test.eq(make{ plan = { tolerance = 1e-4 }, free = free }.target.plan.tolerance, 1e-4)
  end)

  test.it("starts again on the whole grid when a sample shows that the plan errs", function()
    local f = make{ plan = true }
    local real, start = f.target, f.sampler.start
    -- a target whose plan is found wrong at the first evaluation
    f.target = { plan = { failed = true, worst = 2e-6, tolerance = 1e-6, used = true, nodes = 1 } }
    local tries, said = 0, nil
    f.sampler.start = function(self, fit_)
      tries = tries + 1
      if tries == 1 then error("fit: plan: error at a sample", 0) end
      return start(self, fit_)
    end
    local stderr = io.stderr
    io.stderr = { write = function(_, text) said = text end }
    local ok, why = pcall(f.run, f, { progress = false })
    io.stderr = stderr
    if not ok then error(why) end
    test.eq(tries, 2)
    test.eq(f.target.plan, nil)
    test.eq(f.target ~= real, true)
    if not said:find("starts again on the whole grid") then error(tostring(said)) end
    local whole = make{ plan = false }:run{ progress = false }
    test.eq(f.engine.lnz, whole.engine.lnz)
  end)

  test.it("errs where its error is small in the flux but not beside the error of a datum, if the model is near the datum", function()
    local function compared(share, age)
      local data, flux = observation.new{ name = "mock", redshift = 0.1 }, model():band_flux(bands)
      for i = 1, #bands do data:add(bands[i], flux[i], share * flux[i]) end
      local f = fit{ data = data, model = model(), seed = 3, plan = true, free = { age = prior.loguniform(1e9, 1.2e10), ["sfh.norm"] = prior.normal(20, 5) } }
      f:compile()
      return f.target:compare(mat{ { math.log10(age), 20 } })
    end
    local _, usual = compared(0.05, 4e9)
    local _, far = compared(1e-9, 9e9)
    test.ok(usual > 0 and usual <= 1e-6 and far <= 1e-6, ("%g %g"):format(usual, far))
    test.ok(test.message(compared, 1e-9, 4e9):find("^fit: plan: error %S+ at a sample, 1e%-06 was promised"))
  end)

  test.it("takes upper limits, outliers and terms of noise as the whole grid does", function()
    for _, limits in ipairs{ "censored", "measured", "onesided" } do
      local flux, ll = model():band_flux(bands), {}
      for k, plan in ipairs{ true, false } do
        local o = observation.new{ name = "mock", redshift = 0.1 }
        for i = 1, #bands do o:add(bands[i], flux[i] * (i % 3 == 0 and 0.8 or 1), 0.1 * flux[i], i % 3 == 0 and "limit" or "detection") end
        local f = fit{ data = o, model = model(), seed = 3, plan = plan, limits = limits, sampler = sampler.nested{ live = 60 },
          noise = noise.outliers{ f_out = 0.05 } + noise.calibration{ f_cal = 0.1 },
          free = { age = prior.loguniform(1e9, 1.2e10), ["sfh.norm"] = prior.normal(20, 5), ["ism.Rdust"] = prior.loguniform(3e2, 1e4) } }:compile()
        if plan then test.eq(f.target.plan.used, true) end
        local _
        _, ll[k] = f.target:lnprob(points(f, 100))
      end
      local finite = 0
      for i = 1, 100 do
        test.eq(ll[1][i] > -math.huge, ll[2][i] > -math.huge)
        if ll[1][i] > -math.huge then
          finite = finite + 1
          if math.abs(ll[1][i] - ll[2][i]) > 1e-5 * (1 + math.abs(ll[2][i])) then error(("%s: ln L %.12g, whole %.12g"):format(limits, ll[1][i], ll[2][i])) end
        end
      end
      if finite < 50 then error(finite) end
    end
  end)

  -- a history, a curve of attenuation, a source and a screen of the user's: what they give is seen at the nodes of the training points
  test.it("takes parts written in Lua", function()
    local function own()
      return model{ sfh = sfh.custom{ params = { w = { 2e9, unit = "yr", lo = 1e8, hi = 1e10, plo = 5e8, phi = 5e9 } },
          function(t, p) return 20 * math.exp(-0.5 * (t / p.w) ^ 2) end },
        attenuation = attenuation.custom{ params = { n = { -0.7, lo = -2, hi = 0, plo = -1.5, phi = -0.2 } }, A_V = 1, A_V_birth = 0.5,
          function(l, p) return (l / 5500) ^ p.n end },
        components = { component.custom{ name = "hot", params = { L = { 1e10, unit = "Lsun", lo = 0, hi = 1e13, plo = 1e8, phi = 1e11, log = true } },
            function(l, p) return p.L * 1e-5 * math.exp(-((math.log(l / 2e5)) ^ 2)) end },
          component.custom{ name = "veil", stage = "transmit", params = { d = { 0.2, lo = 0, hi = 1 } },
            function(l, p) return 1 - p.d * math.exp(-l / 5000) end } } }
    end
    local free = { age = prior.uniform(2e9, 1e10), ["sfh.w"] = prior.uniform(5e8, 5e9), ["attenuation.n"] = prior.uniform(-1.5, -0.2),
      ["attenuation.A_V"] = prior.uniform(0, 2), ["hot.L"] = prior.loguniform(1e8, 1e11), ["veil.d"] = prior.uniform(0, 1) }
    local f, whole = make{ plan = { cache = false }, model = own(), free = free }:compile(), make{ plan = false, model = own(), free = free }
    if not f.target.plan.used then error(f.target.plan.why) end
    local x = points(f, 100)
    local _, a = f.target:lnprob(x)
    local _, b = whole.target:lnprob(x)
    for i = 1, 100 do
      if a[i] ~= b[i] and math.abs(a[i] - b[i]) > 1e-5 * (1 + math.abs(b[i])) then error(("ln L %.12g, whole %.12g"):format(a[i], b[i])) end
    end
    local models, worst = f.target:compare(x)
    if not (models == 100 and worst > 0 and worst <= 1e-6) then error(("%d, %g"):format(models, worst)) end
  end)

  test.it("starts again on the whole grid from its seed where a run that goes on from a file finds that the plan errs", function()
    local path = os.tmpname() .. ".h5"
    local function ensemble(plan) return make{ plan = plan, sampler = sampler.ensemble{ walkers = 16, steps = 40, thin = 4, moves = "stretch" } } end
    ensemble(true):run{ progress = false, out = path, ["until"] = 20 }
    test.eq(json.decode(galua.result_texts(path).plan).used, true)
    local f = ensemble(true)
    local run, tries, said = f.sampler.run, 0, nil
    f.sampler.run = function(self, engine, how)
      tries = tries + 1
      if tries == 1 then
        f.target = { plan = { failed = true, worst = 2e-6, tolerance = 1e-6, used = true, nodes = 1 } }
        error("fit: plan: error at a sample", 0)
      end
      return run(self, engine, how)
    end
    local stderr = io.stderr
    io.stderr = { write = function(_, text) said = text end }
    local ok, why = pcall(f.run, f, { progress = false, out = path, resume = true, ["until"] = 40 })
    io.stderr = stderr
    if not ok then error(why) end
    test.eq(tries, 2)
    if not said:find("starts again on the whole grid") then error(tostring(said)) end
    local whole = ensemble(false):run{ progress = false, ["until"] = 40 }
    local function equal(g)
      local a, b = g:samples(), whole:samples()
      test.eq(a.n, b.n)
      for i = 1, a.n do
        test.eq(a.lnlike[i], b.lnlike[i])
        test.eq(a.derived.Mstar[i], b.derived.Mstar[i])
      end
    end
    equal(f)
    local stored = json.decode(galua.result_texts(path).plan)
    test.eq(stored.used, false)
    if not stored.why:find("erred by 2.0e-06", 1, true) then error(stored.why) end
    equal(load_fit(path, { ssp = table_of })) -- nothing of the first likelihood is in the file
    os.remove(path)
  end)

  -- cost: 16 walkers x 2000 steps of one model pay; a plan is decided by that, whatever part of it is run
  local long = function() return sampler.ensemble{ walkers = 16, steps = 2000, thin = 4, moves = "stretch" } end
  local short = function() return sampler.ensemble{ walkers = 16, steps = 40, thin = 4, moves = "stretch" } end
  local function same(f, g)
    local a, b = f:samples(), g:samples()
    test.eq(a.n, b.n)
    for i = 1, a.n do
      test.eq(a.lnlike[i], b.lnlike[i])
      test.eq(a.derived.Mstar[i], b.derived.Mstar[i])
    end
  end

  test.it("is used where it pays, is decided by the sampler alone, and is made when the fit first runs", function()
    local f = make{ sampler = long() }
    test.eq(f.plan, "auto")
    test.eq(f.target.plan, nil)
    f:run{ progress = false, ["until"] = 40 }
    test.eq(f.target.plan.used, true)
    local explicit = make{ sampler = long(), plan = true }:run{ progress = false, ["until"] = 40 }
    same(f, explicit)
    local g = make{ sampler = short() }:run{ progress = false }
    test.eq(g.target.plan, nil)
    if not tostring(g):find("bands from the whole grid: about 640 evaluations, a plan pays from 20000 on", 1, true) then error(tostring(g)) end
    same(g, make{ sampler = short(), plan = false }:run{ progress = false })
    -- where there can be none the reason is in the record
    local path = os.tmpname() .. ".h5"
    local z = make{ sampler = long(), model = model{ nebular = nebular.freefree{} } }:run{ progress = false, out = path, ["until"] = 20 }
    test.eq(z.target.plan.used, false)
    local said = json.decode(galua.result_texts(path).plan)
    test.eq(said.used, false)
    if not said.why:find("nebular.freefree") then error(said.why) end
    os.remove(path)
  end)

  test.it("goes on as it began, whatever a new sampler would choose", function()
    local path, whole = os.tmpname() .. ".h5", os.tmpname() .. ".h5"
    local straight = make{ sampler = long() }:run{ progress = false, ["until"] = 40 }
    make{ sampler = long() }:run{ progress = false, out = path, ["until"] = 20 }
    local stored = json.decode(galua.result_texts(path).plan)
    test.eq(stored.used, true)
    local f = make{ sampler = long() }:run{ progress = false, out = path, resume = true, ["until"] = 40 }
    same(f, straight)
    if not (json.decode(galua.result_texts(path).plan).checks > stored.checks) then error("checks of both parts are kept") end
    -- a file that was read and not run has no plan made
    local read = load_fit(path, { ssp = table_of })
    test.eq(read.target.plan.pending, true)
    same(read, straight)
    local _, l = read.target:lnprob(read:samples().x)
    for i = 1, #l do test.eq(l[i], read:samples().lnlike[i]) end
    -- the length may change: a long run that goes on from a short one stays on the whole grid, a short one from a long one with its plan
    make{ sampler = short() }:run{ progress = false, out = whole }
    local g = make{ sampler = long() }:run{ progress = false, out = whole, resume = true, ["until"] = 80 }
    test.eq(g.target.plan, nil)
    same(g, make{ sampler = long(), plan = false }:run{ progress = false, ["until"] = 80 })
    local h = make{ sampler = short() }:run{ progress = false, out = path, resume = true, ["until"] = 80 }
    test.eq(h.target.plan.used, true)
    -- asked for in words, another likelihood is another fit
    local ok, why = pcall(function() make{ sampler = long(), plan = true }:run{ progress = false, out = whole, resume = true, ["until"] = 90 } end)
    test.eq(ok, false)
    if not tostring(why):find("belongs to another fit") then error(tostring(why)) end
    os.remove(path)
    os.remove(whole)
  end)

  test.it("has the same bits with and without a cache on disk", function()
    local ffi = require "ffi"
    ffi.cdef "int setenv(const char *, const char *, int);"
    local before, dir = os.getenv("GALUA_CACHE") or "", os.tmpname()
    os.remove(dir)
    ffi.C.setenv("GALUA_CACHE", dir, 1)
    local made = make{ sampler = long() }:run{ progress = false, ["until"] = 40 }
    test.eq(made.target.plan.cached, false)
    local read = make{ sampler = long() }:run{ progress = false, ["until"] = 40 }
    test.eq(read.target.plan.cached, true)
    same(made, read)
    local none = make{ sampler = long(), plan = { cache = false } }:run{ progress = false, ["until"] = 40 }
    test.eq(none.target.plan.cached, false)
    same(made, none)
    ffi.C.setenv("GALUA_CACHE", "off", 1)
    local off = make{ sampler = long() }:run{ progress = false, ["until"] = 40 }
    test.eq(off.target.plan.cached, false)
    same(made, off)
    ffi.C.setenv("GALUA_CACHE", before, 1)
    os.execute("rm -r '" .. dir .. "'")
  end)
end)
