-- Gradients of ln posterior: from the model, at points drawn from the priors, against differences of it; what is differenced is named.
local test = require "galua.test"

local table_of = ssp.synthetic()
local bands = filters("GALEX", "SDSS.griz", "2MASS", "WISE.W3", "Herschel.PACS")

local function model(more)
  local o = { ssp = table_of, sfh = sfh.delayed{ norm = 20, tau = 1e9, Mdust = 3e7 }, age = 4e9, redshift = 0.1 }
  for k, v in pairs(more or {}) do o[k] = v end
  return galaxy(o)
end

local function free(more)
  local f = { age = prior.loguniform(1e9, 1.2e10), ["sfh.norm"] = prior.normal(20, 5), ["sfh.tau"] = prior.loguniform(3e8, 3e9),
    ["sfh.Z"] = prior.loguniform(2e-3, 0.03) }
  for k, v in pairs(more or {}) do f[k] = v end
  return f
end

-- kinds: name of band -> "limit"
local function make(options, kinds)
  local o = { data = observation.new{ name = "mock", redshift = 0.1 }, model = model(), seed = 3, sampler = sampler.nuts{}, free = free() }
  for k, v in pairs(options or {}) do o[k] = v end
  local flux = model():band_flux(bands)
  for i = 1, #bands do
    local name = bands[i].name
    if kinds and kinds[name] then o.data:add(bands[i], 0.7 * flux[i], 0.3 * flux[i], "limit")
    else o.data:add(bands[i], flux[i] * (1 + 0.3 * math.sin(i)), 0.3 * flux[i]) end
  end
  return fit(o)
end

local function check(f, points, named, tolerance)
  test.eq(f.target.exact, true)
  local r = f:gradient_check{ points = points }
  test.eq(table.concat(r.differences, "; "), named or "")
  if not (r.error <= (tolerance or 1e-6)) then error(tostring(r)) end
  local kinks = 0
  for _, p in ipairs(r.parameters) do kinks = kinks + p.kinks end
  if not (kinks <= 0.1 * points * #f.free) then error(tostring(r)) end
  return r
end

test.describe("the gradient of a fit", function()
  test.it("is that of ln posterior at a hundred points, dust and clouds included", function()
    local r = check(make{ free = free{ ["ism.tau_esc"] = prior.loguniform(1e6, 1e8), ["ism.Rdust"] = prior.loguniform(3e2, 1e4),
      ["ism.f_MC"] = prior.uniform(0.1, 0.9), ["sfh.Mdust"] = prior.lognormal(3e7, 0.3) } }, 100)
    test.eq(r.points, 100)
    test.ok(tostring(r):find("from the model"))
  end)

  test.it("has every term of the noise", function()
    local limits = { ["2MASS.J"] = true, ["WISE.W3"] = true }
    for _, mode in ipairs{ "censored", "measured", "onesided" } do
      check(make({ limits = mode, noise = noise.outliers{ f_out = prior.uniform(0, 0.4), n_out = prior.loguniform(5, 50) } +
        noise.errors{ ln_scale = prior.uniform(-0.5, 0.5), jitter = 0.01 } + noise.calibration{ f_cal = prior.loguniform(1e-2, 0.3), floor = 0.05 } }, limits), 30)
    end
    check(make{ noise = noise.gp{ kernel = "matern32", amplitude = prior.loguniform(1e-2, 0.3), length = prior.loguniform(0.1, 1) } +
      noise.calibration{ offset = { SDSS = 0.05 }, f_cal = prior.loguniform(1e-2, 0.3) } }, 30)
    check(make({ noise = noise.gp{ kernel = "sqexp", amplitude = prior.loguniform(1e-2, 0.3), length = prior.loguniform(0.1, 1) } +
      noise.outliers{ f_out = 0.1 } }, limits), 30, "correlated noise with outliers or limits, by the fluxes")
  end)

  test.it("follows a marginalised amplitude, ties and likelihoods of the user's", function()
    check(make{ amplitude = prior.loguniform(0.1, 10), noise = noise.errors{ ln_scale = prior.uniform(-0.5, 0.5) } }, 30)
    check(make{ free = free{ ["ism.N_MC"] = prior.loguniform(100, 1e4) }, tie = { ["ism.R_MC"] = function(p) return 10 * (p["ism.N_MC"] / 1e3) ^ -0.3 end,
      ["ism.dDDlow"] = function(p) return 0.7 + 0.1 * math.log10(p.age / 1e9) end } }, 30, "ties")
    local data = make().data
    local want = {}
    for i, r in ipairs(data:rows()) do want[i] = { r.flux, r.err } end
    check(make{ likelihood = likelihood.custom(function(m)
      local sum = 0
      for i = 1, #m do sum = sum - math.log(1 + ((m[i] - want[i][1]) / want[i][2]) ^ 2) end
      return sum
    end) }, 30, "the likelihood, by the fluxes")
  end)

  test.it("is had with every kind of component, and names what has no derivative of its own", function()
    local every = { nebular = nebular.hii{}, synchrotron = synchrotron.supernova{}, xrb = xrb.fragos13{}, agn = agn.torus{}, igm = igm.inoue14{} }
    local r = check(make{ model = model(every), free = free{ ["nebular.f_esc"] = prior.uniform(0.1, 0.6), ["nebular.dust_ratio"] = prior.uniform(1, 3),
      ["agn.fAGN"] = prior.loguniform(1e-2, 0.5), ["agn.tau_97"] = prior.uniform(1, 8), ["igm.factor"] = prior.uniform(0.5, 2) } }, 20)
    test.eq(r.exact, true)
    check(make{ model = model{ nebular = nebular.cloudy{}, dust = dust.themis{}, attenuation = attenuation.calzetti{} }, free = free{
      ["nebular.logU"] = prior.uniform(-3.9, -1.1), ["nebular.f_esc"] = prior.uniform(0.05, 0.5), ["nebular.f_dust"] = prior.uniform(0.05, 0.4),
      ["nebular.f_Lya"] = prior.uniform(0.1, 0.9), ["attenuation.A_V"] = prior.uniform(0.1, 2), ["dust.q_hac"] = prior.uniform(0.91, 18),
      ["dust.U_min"] = prior.loguniform(0.1, 50), ["dust.gamma"] = prior.loguniform(1e-3, 0.3) } }, 30)
    check(make{ model = model{ nebular = nebular.freefree{}, sfh = sfh.custom{ params = { t0 = { 1.3e9 } },
      function(t, p) return math.exp(-t / p.t0) end, mass = 1e10 } }, free = { ["sfh.t0"] = prior.loguniform(5e8, 5e9), ["sfh.mass"] = prior.loguniform(1e9, 1e11), ["nebular.Zi"] = prior.uniform(0.5, 2) } }, 10, "sfh.custom")
  end)

  test.it("moves with the redshift", function()
    check(make{ model = model{ igm = igm.inoue14{} }, free = free{ redshift = prior.uniform(0.06, 0.3) } }, 20)
    check(make{ model = model{ igm = igm.madau95{}, dla = dla.lya{}, damping = damping.neutral{} }, free = free{ redshift = prior.uniform(6, 7),
      age = prior.loguniform(1e8, 7e8), ["dla.logN"] = prior.uniform(19, 22), ["damping.x_HI"] = prior.uniform(0.1, 0.9),
      ["damping.bubble"] = prior.loguniform(100, 3000) } }, 20)
    local universe = { redshift = prior.uniform(0.06, 0.3), ["cosmo.H0"] = prior.normal(70, 3), ["cosmo.Om0"] = prior.uniform(0.2, 0.4) }
    check(make{ model = model{ cosmology_free = true }, free = free(universe) }, 20)
    local f = make{ model = galaxy{ ssp = table_of, sfh = sfh.delayed{ norm = 20, tau = 1e9, Mdust = 3e7 }, age_fraction = 0.3, redshift = 0.1, cosmology_free = true },
      free = { age_fraction = prior.uniform(0.1, 0.9), redshift = universe.redshift, ["cosmo.H0"] = universe["cosmo.H0"], ["cosmo.Om0"] = universe["cosmo.Om0"] } }
    check(f, 20)
    test.ok(f:fisher().parameters[1].alone > 0)
    local path = os.tmpname()
    f.sampler = sampler.ensemble{ walkers = 10, steps = 20, discard = 10 }
    f:run{ progress = false }
    f:save(path)
    test.eq(load_fit(path, { ssp = table_of }).model.cosmo.H0, f.model.cosmo.H0)
    os.remove(path)
  end)

  test.it("is that of a plan's bands where there is one", function()
    for _, more in ipairs{ {}, { agn = agn.torus{} } } do
      local o = { model = model(more), free = free{ ["ism.Rdust"] = prior.loguniform(3e2, 1e4) } }
      if more.agn then
        o.free["agn.fAGN"], o.free["agn.tau_97"], o.free["agn.delta"] = prior.loguniform(1e-2, 0.5), prior.uniform(1, 8), prior.uniform(20, 60)
        o.free["agn.T_min"], o.free["agn.E_BV"] = prior.uniform(100, 300), prior.uniform(0.01, 0.3)
      end
      local whole = make(o)
      o.plan, o.model = true, model(more)
      local f = make(o):compile()
      test.eq(f.target.plan.used, true)
      local x, d = {}, #f.free
      local step = { 0.618, 0.414, 0.732, 0.236, 0.317, 0.149, 0.873, 0.541, 0.291, 0.667 }
      for i = 1, 20 do
        x[i] = {}
        for k = 1, d do x[i][k] = (i * step[k]) % 1 end
      end
      x = f.target:prior_transform(mat(x))
      local _, a = f.target:gradient(x)
      local _, b = whole.target:gradient(x)
      for i = 1, 20 do
        local size = 0
        for k = 1, d do size = math.max(size, math.abs(b:row(i)[k])) end
        for k = 1, d do -- the plan's tolerance, in a difference of large numbers
          if not (math.abs(a:row(i)[k] - b:row(i)[k]) <= 2e-5 * (size + 1)) then error(("%g, whole grid %g of %g"):format(a:row(i)[k], b:row(i)[k], size)) end
        end
      end
    end
  end)

  test.it("is that of pixels, their polynomial, lines and noise", function()
    local g = model{ nebular = nebular.cloudy{} }
    local s = g:spectrum{ wave = linspace(3800, 7300, 200), R = 500, sigma_v = 150, library = -1 }
    local function pixels(o, spec, more, named, tolerance)
      local err = s.flux * 0.05
      local d = observation{ name = "mock", redshift = 0.1, spectrum = { wave = s.wave, flux = s.flux * 1.03, err = err, R = 500, library = -1,
        calibration = o.calibration, lines = o.lines } }
      local flux = g:band_flux(bands)
      for i = 1, #bands do d:add(bands[i], flux[i], 0.3 * flux[i]) end
      return check(fit{ data = d, model = g, free = free(more), spec = spec, seed = 3 }, 15, named, tolerance)
    end
    pixels({ calibration = { order = 3, sd = 0.1 } }, nil, { ["spec.ln_scale"] = prior.uniform(-0.5, 0.5), ["spec.f_cal"] = prior.loguniform(1e-2, 0.2),
      ["nebular.logU"] = prior.uniform(-3.5, -2), ["ism.Rdust"] = prior.loguniform(3e2, 1e4) })
    pixels({ calibration = { mode = "sampled", order = 2 } }, nil, { ["spec.c1"] = prior.uniform(-0.1, 0.1), ["spec.c2"] = prior.uniform(-0.1, 0.1),
      ["spec.f_out"] = prior.uniform(0.01, 0.4), ["spec.n_out"] = prior.loguniform(5, 50) })
    pixels({ calibration = { mode = "profiled", order = 2 }, lines = { wave = { 6564.6 }, sd = 1e-13 } }, nil, { ["spec.sigma_v"] = prior.uniform(100, 300),
      ["spec.sigma_gas"] = prior.uniform(100, 300) }, "spec.sigma_v; spec.sigma_gas")
    pixels({}, nil, { redshift = prior.uniform(0.09, 0.11), ["spec.shift"] = prior.uniform(-100, 100) }, "pixels over the redshift; spec.shift", 1e-5)
  end)

  test.it("gives second derivatives and Fisher's information", function()
    local f = make{ noise = noise.errors{ ln_scale = prior.uniform(-0.5, 0.5) } + noise.calibration{ f_cal = 0.05 } +
      noise.gp{ kernel = "matern32", amplitude = prior.loguniform(1e-2, 0.3), length = 0.4 } }
    local d = #f.free
    local x = f.target:prior_transform(vec{ 0.4, 0.5, 0.6, 0.5, 0.5, 0.5 }):row(1)
    -- H v against differences of gradients over other steps
    local v = vec{ 0.3, 1, -0.2, 0.4, -0.5, 0.6 }
    local hv = f.target:hessian_vector(x, v)
    local function along(h)
      local _, g = f.target:gradient(mat{ (x + v * h):totable(), (x - v * h):totable() })
      return (g:row(1) - g:row(2)) * (0.5 / h)
    end
    local a, b = along(4e-3), along(2e-3)
    local want, size = b + (b - a) * (1 / 3), 0
    for k = 1, d do size = math.max(size, math.abs(want[k])) end
    for k = 1, d do test.close(hv[k], want[k], 0, 1e-5 * size) end
    -- at data that are the model the second derivatives of ln L with the noise fixed are minus the first part of the information
    local h = make{ free = free(), noise = noise.calibration{ floor = 0.1 } }
    local y = h.target:prior_transform(vec{ 0.4, 0.5, 0.6, 0.5 }):row(1)
    local F, m = h.target:fisher(y), model()
    h.target:values(y, m)
    local perfect = observation.new{ name = "perfect", redshift = 0.1 }
    local flux, rows = m:band_flux(bands), h.data:rows()
    for i = 1, #bands do perfect:add(bands[i], flux[i], math.sqrt(rows[i].err ^ 2 + (0.1 * rows[i].flux) ^ 2)) end
    local p = fit{ data = perfect, model = model(), free = free(), seed = 1 }
    for k = 1, 4 do
      local e = vec{ k == 1 and 1 or 0, k == 2 and 1 or 0, k == 3 and 1 or 0, k == 4 and 1 or 0 }
      local column = p.target:hessian_vector(y, e, 1e-3)
      for j = 1, 4 do
        local prior_part = j == k and k == 2 and 1 / 25 or 0 -- of normal(20, 5); flat in their logarithms the others
        local scale = math.sqrt(F:row(j)[j] * F:row(k)[k])
        test.close(F:row(j)[k], -column[j] - prior_part, 0, 1e-5 * scale)
      end
    end
    -- for the user: at the model as it stands, at a point by name, and with what the data do not bind
    local at, named = h:fisher(), h:fisher{ at = { age = 10 ^ y[1], ["sfh.norm"] = y[2], ["sfh.tau"] = 10 ^ y[3], ["sfh.Z"] = 10 ^ y[4] } }
    test.close(at.x[1], math.log10(4e9), 1e-12)
    test.eq(table.concat(named.names, " "), "age sfh.norm sfh.tau sfh.Z")
    for k = 1, 4 do
      local p = named.parameters[k]
      test.close(p.alone, 1 / math.sqrt(F:row(k)[k]), 1e-9)
      test.ok(p.error > p.alone)
      local sum = 0
      for j = 1, 4 do sum = sum + math.abs(named.matrix:row(j)[k] - F:row(j)[k]) / math.sqrt(F:row(j)[j] * F:row(k)[k]) end
      test.ok(sum < 1e-9)
    end
    local two = make{ free = { age = prior.loguniform(1e9, 1.2e10), ["sfh.norm"] = prior.normal(20, 5) }, noise = noise.calibration{ floor = 0.1 } }:fisher()
    local a, b, c = two.matrix:row(1)[1], two.matrix:row(1)[2], two.matrix:row(2)[2]
    test.close(two.parameters[1].error, math.sqrt(c / (a * c - b * b)), 1e-9)
    test.close(two.parameters[2].error, math.sqrt(a / (a * c - b * b)), 1e-9)
    local degenerate = make{ model = model{ dla = dla.lya{} }, free = free{ ["dla.dv"] = prior.uniform(-500, 500) } }:fisher()
    test.ok(degenerate.parameters[1].alone > 0)
    test.ok(tostring(degenerate):find("with others"))
    for _, wrong in ipairs{ { age = 1 }, { agee = 1e9 } } do
      local ok, e = pcall(h.fisher, h, { at = wrong })
      test.ok(not ok and (tostring(e):find("outside its prior") or tostring(e):find("is not free in this fit")))
    end
    local ok, e = pcall(function() return make{ amplitude = prior.loguniform(0.1, 10) }.target:fisher(vec{ 9.5, 20, 9, -2 }) end)
    test.ok(not ok and tostring(e):find("Gaussian errors only"))
  end)

  test.it("is counted as one call, and leads to the same posterior as differences", function()
    local runs = {}
    for i, numerical in ipairs{ false, true } do -- a seed whose warm-up meets no long trajectory: that costs more than the gradients do
      local f = make{ seed = 2, sampler = sampler.nuts{ chains = 2, draws = 300, numerical = numerical }, free = { ["sfh.norm"] = prior.normal(20, 5), ["sfh.tau"] = prior.loguniform(3e8, 3e9) } }
      f:run{ progress = false }
      runs[i] = { calls = f.engine.evaluations, steps = f.engine:report().leapfrogs, median = f:summary():get("sfh.norm").median, space = f.engine.space }
    end
    test.ok(runs[1].space:find("analytic"))
    test.ok(runs[2].space:find("differences"))
    if not (runs[1].calls < 0.3 * runs[2].calls) then error(("%d calls, %d with differences"):format(runs[1].calls, runs[2].calls)) end
    test.close(runs[1].median, runs[2].median, 0.05) -- the noise of some 400 effective draws
  end)
end)
