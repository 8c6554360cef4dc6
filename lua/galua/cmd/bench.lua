-- galua bench [NAME...] [--json] [--threads N]: the figures of docs/performance.md.
local galua = require "galua"
local core = require "galua.core"
local json = require "galua.json"

local function median(t)
  table.sort(t)
  return t[math.ceil(#t / 2)]
end

local rows
local many = 2 -- threads of the parallel measurements

local function put(name, value, unit, more)
  local machine, processors = galua.benchmark.machine()
  local row = { name = name, value = value, unit = unit, machine = machine, processors = processors, threads = 1 }
  for k, v in pairs(more or {}) do row[k] = v end
  rows[#rows + 1] = row
end

local bench = {}

-- Time of one spectrum against the plain loop and the limits of the machine; several threads against one.
local function spectra(name, table)
  local one = galua.benchmark.sed{ ssp = table, threads = 1 }
  local size = ("%d wavelengths x %d ages x %d metallicities"):format(one.wavelengths, one.ages, one.metallicities)
  put(name, one.seconds * 1e6, "us", { baseline = "plain loop over wavelengths and ages, same table, same run (us)",
    baseline_value = one.plain_seconds * 1e6, ratio = one.plain_seconds / one.seconds, per_second = one.rate,
    bytes = one.bytes, fraction_of_read_limit = one.read_seconds / one.seconds, fraction_of_fma_limit = one.fma_seconds / one.seconds,
    size = size })
  put(name .. ".all", one.all_seconds * 1e6, "us", { baseline = "stars plus dust, runs in turn (us)", baseline_value = one.seconds * 1e6,
    ratio = one.all_ratio, limit = 1.6, size = "and nebular.hii, synchrotron, xrb, agn.torus, igm" })
  if many == 1 then return end
  local all = galua.benchmark.sed{ ssp = table, threads = many }
  put(("%s.%dthreads"):format(name, many), all.rate, "1/s", { baseline = "1 thread (1/s)", baseline_value = one.rate,
    ratio = all.rate / one.rate, threads = many, size = size })
end

-- A made-up table of 2050 wavelengths x 121 ages x 6 metallicities, evaluated on its own wavelengths.
function bench.sed() spectra("sed") end

-- The default table as galaxy{} uses it, wavelengths of the dust emission included.
function bench.default() spectra("default", galua.ssp.default()) end

-- Sixteen bands from the ultraviolet to 500 micron, all parameters that are free by default over their usual priors: processor time of a
-- finite ln L over distinct points, none skipped, by a plan made beforehand and by the whole grid. Runs take turns. z: a range, where the redshift is free.
-- Stages are told apart by what has to be made again when only some parameters change.
local function likelihoods(name, model, size, z)
  local names, obs = { "GALEX", "SDSS.ugriz", "2MASS", "Herschel.PACS", "Herschel.SPIRE" }, galua.observation.new{ name = "bench", redshift = 0.05 }
  local flux = model():band_flux(galua.filters(unpack(names)))
  for i, b in ipairs(galua.filters(unpack(names))) do obs:add(b, flux[i], 0.1 * flux[i]) end
  local function make(plan)
    local free = model():priors()
    free.redshift = z and galua.prior.uniform(z[1], z[2]) or nil
    return galua.fit{ data = obs, model = model(), free = free, plan = plan, seed = 1 }
  end
  local fast, whole = make{ cache = false }, make(false)
  fast:compile{}
  local state, n = 1, 100000
  local function points(m)
    local u = {}
    for i = 1, m do
      u[i] = {}
      for k = 1, #fast.free do
        state = (state * 16807) % 2147483647
        u[i][k] = state / 2147483647
      end
    end
    return fast.target:prior_transform(galua.mat(u))
  end
  local function time(f, x)
    local start = os.clock()
    local _, l = f.target:lnprob(x)
    local seconds, finite = os.clock() - start, 0
    for i = 1, #l do if l[i] > -math.huge then finite = finite + 1 end end
    return seconds / finite * 1e6, finite
  end
  local a, b, finite = {}, {}, 0
  for i = 1, 10 do
    local m
    a[i], m = time(fast, points(n / 10))
    b[i] = time(whole, points(n / 100))
    finite = finite + m
  end
  local p, ratio = fast.target.plan, {}
  -- points that differ from a finite one in the parameters that vary(name)
  local function stage(vary)
    local x, base, least = points(4000), nil, math.huge
    local _, l = fast.target:lnprob(x)
    for i = 1, #l do
      if l[i] > -math.huge then base = base or x[i] end
    end
    for i = 1, 4000 do
      for k, q in ipairs(fast.free) do
        if not vary(q[1]) then x[i][k] = base[k] end
      end
    end
    for _ = 1, 15 do least = math.min(least, (time(fast, x))) end
    return least
  end
  local dust = stage(function(q) return q ~= "age" and q ~= "redshift" and not q:find "^sfh" and not q:find "tau_esc$" end)
  local rest, all = stage(function(q) return q:find "f_PAH$" end), stage(function() return true end)
  for i = 1, 10 do ratio[i] = b[i] / a[i] end
  put(name, median(a), "us", { baseline = "whole grid, runs in turn (us)", baseline_value = median(b), ratio = median(ratio),
    size = ("%d bands, %d parameters, %d points, ln L included"):format(fast.target.nbands, #fast.free, finite) .. size, plan_used = p.used or false, plan_nodes = p.nodes,
    share_history_and_table = 1 - dust / all, share_attenuation = (dust - rest) / all, share_emission_bands_likelihood = rest / all, plan_panels = p.panels,
    plan_error = p.error, plan_seconds = p.seconds, plan_bytes = p.bytes })
end

function bench.photometry()
  local before = galua.threads()
  galua.threads(1)
  likelihoods("photometry", function() return galua.galaxy{ redshift = 0.05 } end, "; two-phase dust, in-situ history")
  likelihoods("photometry.all", function()
    return galua.galaxy{ redshift = 0.05, nebular = galua.nebular.hii{}, synchrotron = galua.synchrotron.supernova{},
      xrb = galua.xrb.fragos13{}, agn = galua.agn.torus{}, igm = galua.igm.inoue14{} }
  end, "; every component")
  likelihoods("photometry.z", function() return galua.galaxy{ redshift = 0.5, igm = galua.igm.inoue14{} } end, "; redshift free in 0.01 .. 1, intergalactic medium",
    { 0.01, 1 })
  galua.threads(before)
end

-- The photometry of NGC 3898 with 10 free parameters, default table.
local function ngc3898(sampler, plan)
  local obs = galua.observation.read(galua.data.path("photometry/ngc3898.ecsv"))
  return galua.fit{ data = obs, model = galua.galaxy{ sfh = galua.sfh.delayed{}, redshift = obs.redshift }, seed = 1, plan = plan,
    noise = galua.noise.calibration{ floor = 0.05 }, sampler = sampler,
    free = { age = galua.prior.loguniform(1e9, 1.3e10), ["sfh.norm"] = galua.prior.loguniform(1e-2, 1e3),
      ["sfh.tau"] = galua.prior.loguniform(1e8, 1e10), ["sfh.Z"] = galua.prior.loguniform(1e-3, 0.04),
      ["sfh.Mdust"] = galua.prior.loguniform(1e5, 1e9), ["ism.f_MC"] = galua.prior.uniform(0, 1),
      ["ism.N_MC"] = galua.prior.loguniform(1, 1e6), ["ism.tau_esc"] = galua.prior.loguniform(1e6, 1e8),
      ["ism.Rdust"] = galua.prior.loguniform(1e2, 1e5), ["ism.f_PAH"] = galua.prior.uniform(0, 0.6) } }
end

-- Bands in a loop at the prompt, the age changed at every call, beside the fit's own path: processor time of one thread. Blocks of 40 calls in
-- turn, each on a galaxy of its own, and the median of the differences from the fit: a machine that others use moves both. `noise` is
-- one sigma of that median, from how the fit differs from itself; `fit_by_points` is how much more the fit takes when Lua asks for each point.
function bench.prompt()
  local f = ngc3898(nil, false)
  local before, n, rounds = galua.threads(), 40, 120
  galua.threads(1)
  local set, x, ages, point, single = {}, galua.mat(n, f.target.ndim), {}, {}, {}
  for _, r in ipairs(f.data:rows()) do
    if r.kind ~= "ignored" then set[#set + 1] = r.filter end -- as the fit
  end
  for i = 1, n do
    ages[i], point[i] = 2e9 * (1 + i / n), galua.mat(1, f.target.ndim)
    for k, p in ipairs(f.free) do
      local v = p[1] == "age" and ages[i] or f.model:get(p[1])
      x[i][k] = p[2].log and math.log10(v) or v
      point[i][1][k] = x[i][k]
    end
  end
  local function time(work)
    local start = os.clock()
    work()
    return (os.clock() - start) / n * 1e6
  end
  for _, name in ipairs{ "band_flux", "photometry" } do -- one after the other: each pays for collecting its own results
    local g, more, own, noise, single = f.model:copy(), {}, {}, {}, {}
    collectgarbage()
    for r = 1, rounds do -- each block comes after one of another galaxy: caches are as cold for all
      local first = time(function() f.target:lnprob(x) end)
      local asked = time(function()
        for k = 1, n do
          g.age = ages[k]
          g[name](g, set)
        end
      end)
      local second = time(function() f.target:lnprob(x) end)
      own[r], noise[r] = (first + second) / 2, math.abs(first - second)
      more[r] = asked - own[r]
      single[r] = time(function() for k = 1, n do f.target:lnprob(point[k]) end end) - own[r]
    end
    local base, sigma = median(own), 1.6 * median(noise) / math.sqrt(rounds)
    put("lua." .. name, base + median(more), "us", { baseline = "the fit's own evaluation (us)", baseline_value = base, ratio = base / (base + median(more)),
      more = median(more), limit = 3, noise = sigma, fit_by_points = median(single), size = ("%d bands, age changed at every call, processor time"):format(#set) })
  end
  galua.threads(before)
end

-- Nested sampling of it, and what the samplers cost themselves: ten parameters, a Gaussian of 0.02 us; processor time of one thread.
local function samplers()
  local f = ngc3898(galua.sampler.nested{ live = 500 }, { cache = false }):compile{}
  local start = os.clock()
  f:run{ progress = false }
  local plan, planned = os.clock() - start, f.target.plan
  put("fit.nested.plan", plan, "s", { baseline = "limit (s)", baseline_value = 7, ratio = 7 / plan, lnz = f.engine.lnz,
    models = f.engine.evaluations, plan_seconds = planned.seconds, plan_error = planned.error, samples_checked = planned.checks,
    largest_error = planned.worst, size = "10 free parameters, 500 live points, plan made before, 1 thread, processor time" })
  f = ngc3898(galua.sampler.nested{ live = 500 }, false)
  start = os.clock()
  f:run{ progress = false }
  local seconds, e = os.clock() - start, f.engine
  put("fit.nested", seconds, "s", { baseline = "limit (s)", baseline_value = 60, ratio = 60 / seconds, lnz = e.lnz, lnz_err = e.lnz_err,
    models = e.evaluations, ess = e.ess, size = "21 bands, 10 free parameters, 500 live points, 1 thread, processor time" })
  local free = galua.benchmark.problem("gauss", 10)
  for _, name in ipairs{ "nested", "ensemble" } do
    local s = name == "nested" and galua.nested(free, { seed = 1 }) or galua.ensemble(free, { walkers = 128, seed = 1, thin = 10 }):start()
    start = os.clock()
    s:run(name == "ensemble" and { steps = 10000 } or {})
    local us = (os.clock() - start) / s.evaluations * 1e6
    put("fit.overhead." .. name, us, "us", { baseline = "limit (us)", baseline_value = 5, ratio = 5 / us, models = s.evaluations,
      size = "per likelihood, 10 free parameters" })
  end
end

-- Likelihood of the NGC 3898 photometry with 10 free parameters, one thread and several.
function bench.fit()
  local before, rate = galua.threads(), {}
  for _, n in ipairs(many > 1 and { 1, many } or { 1 }) do
    galua.threads(n)
    local f = ngc3898(galua.sampler.ensemble{ walkers = 128, steps = 300, thin = 10 }, false)
    f:run{ progress = false }
    rate[n] = f.engine.evaluations / f.engine.seconds
  end
  galua.threads(1)
  samplers()
  galua.threads(before)
  put("fit.models_per_second", rate[1], "1/s", { size = "21 bands, 10 free parameters, 1 thread" })
  if many == 1 then return end
  put(("fit.%dthreads"):format(many), rate[many], "1/s", { baseline = "1 thread (1/s)", baseline_value = rate[1],
    ratio = rate[many] / rate[1], threads = many })
end

-- The gradient of ln posterior in units of ln L, at distinct points of the priors that have a model: processor time of one thread, runs in turn.
local function gradient(name, f, size, limit, near)
  local state, ratio, value, slope, numerical = 1, {}, {}, {}, nil
  local function points(m)
    local u = {}
    for i = 1, m do
      u[i] = {}
      for k = 1, #f.free do
        state = (state * 16807) % 2147483647
        u[i][k] = near and 0.5 + 0.2 * (state / 2147483647 - 0.5) or state / 2147483647
      end
    end
    return f.target:prior_transform(galua.mat(u))
  end
  local function time(run, m)
    local x = points(m)
    local lp, ll = f.target:lnprob(x)
    local finite = {}
    for i = 1, m do if lp[i] + ll[i] > -math.huge then finite[#finite + 1] = x:row(i):totable() end end
    x = galua.mat(finite)
    local start = os.clock()
    run(x)
    return (os.clock() - start) / #finite * 1e6
  end
  local many = f.target.plan and f.target.plan.used and 400 or 100
  for i = 1, 15 do
    value[i] = time(function(x) f.target:lnprob(x) end, 2 * many)
    slope[i] = time(function(x) f.target:gradient(x) end, many)
    ratio[i] = slope[i] / value[i]
  end
  numerical = time(function(x) f.target:gradient(x, { numerical = true }) end, many / 5)
  put(name, median(slope), "us", { baseline = "ln L, runs in turn (us)", baseline_value = median(value), ratio = median(ratio), limit = limit,
    numerical = numerical, exact = f.target.exact, size = ("%d parameters, %s"):format(#f.free, size) })
end

function bench.gradient()
  local before, p = galua.threads(), galua.prior
  galua.threads(1)
  local obs = galua.observation.new{ name = "bench", redshift = 0.05 }
  local names = { "GALEX", "SDSS.ugriz", "2MASS", "Herschel.PACS", "Herschel.SPIRE" }
  local flux = galua.galaxy{ redshift = 0.05 }:band_flux(galua.filters(unpack(names)))
  for i, b in ipairs(galua.filters(unpack(names))) do obs:add(b, flux[i], 0.1 * flux[i]) end
  local ten = { age = p.loguniform(1e9, 1.2e10), ["sfh.norm"] = p.loguniform(1, 1e3), ["sfh.tau"] = p.loguniform(3e8, 1e10), ["sfh.Z"] = p.loguniform(1e-3, 0.04),
    ["sfh.Mdust"] = p.loguniform(1e6, 1e8), ["ism.f_MC"] = p.uniform(0.1, 0.9), ["ism.N_MC"] = p.loguniform(1e2, 1e5),
    ["ism.tau_esc"] = p.loguniform(1e6, 1e8), ["ism.Rdust"] = p.loguniform(1e3, 1e5), ["ism.f_PAH"] = p.uniform(0, 0.6) }
  local function delayed() return galua.galaxy{ sfh = galua.sfh.delayed{}, redshift = 0.05 } end
  for _, plan in ipairs{ true, false } do
    gradient(plan and "gradient.10" or "gradient.10.whole", galua.fit{ data = obs, model = delayed(), free = ten, plan = plan },
      ("16 bands, %s"):format(plan and "compiled" or "the whole grid"), 3)
  end
  local wide = galua.galaxy{ sfh = galua.sfh.continuity{ n = 14, mass = 1e10 }, age = 1e10, redshift = 0.05 }
  local thirty = {}
  for i = 1, 13 do thirty["sfh.r" .. i] = p.normal(0, 0.3) end
  for _, row in ipairs{ { "sfh.mass", p.loguniform(1e9, 1e11) }, { "sfh.Z", p.loguniform(1e-3, 0.04) }, { "sfh.Mdust", p.loguniform(1e6, 1e8) },
    { "ism.f_MC", p.uniform(0.1, 0.9) }, { "ism.norm_MC", p.loguniform(10, 1e3) }, { "ism.N_MC", p.loguniform(1e2, 1e5) }, { "ism.R_MC", p.loguniform(5, 20) },
    { "ism.tau_esc", p.loguniform(1e6, 1e8) }, { "ism.dMClow", p.uniform(1, 1.6) }, { "ism.dMCupp", p.uniform(1.4, 2) }, { "ism.norm_DD", p.loguniform(0.5, 2) },
    { "ism.Rdust", p.loguniform(1e3, 1e5) }, { "ism.dDDlow", p.uniform(0.5, 1) }, { "ism.dDDupp", p.uniform(1.6, 2.2) }, { "ism.f_PAH", p.uniform(0, 0.6) },
    { "age", p.uniform(8e9, 1.2e10) }, { "noise.ln_scale", p.uniform(-0.5, 0.5) } } do thirty[row[1]] = row[2] end
  for _, plan in ipairs{ true, false } do
    gradient(plan and "gradient.30" or "gradient.30.whole", galua.fit{ data = obs, model = wide, free = thirty, plan = plan },
      ("16 bands, %s"):format(plan and "compiled" or "the whole grid"), 4, true)
  end
  local g = galua.galaxy{ sfh = galua.sfh.delayed{}, age = 3e9, redshift = 0.1, nebular = galua.nebular.cloudy{} }
  local s = g:spectrum{ wave = galua.linspace(4000, 7000, 1000), R = 2000, sigma_v = 150, library = -1 }
  local data = galua.observation{ name = "bench", redshift = 0.1, spectrum = { wave = s.wave, flux = s.flux, err = s.flux * 0.02, R = 2000, library = -1,
    calibration = { order = 10, sd = 0.1 } } }
  gradient("gradient.spectrum", galua.fit{ data = data, model = g, free = { age = p.uniform(1e9, 1e10), ["sfh.norm"] = p.loguniform(1, 1e3),
    ["sfh.tau"] = p.loguniform(3e8, 1e10), ["sfh.Z"] = p.loguniform(1e-3, 0.04), ["ism.f_MC"] = p.uniform(0.1, 0.9), ["ism.tau_esc"] = p.loguniform(1e6, 1e8),
    ["ism.Rdust"] = p.loguniform(1e3, 1e5), ["nebular.logU"] = p.uniform(-3.5, -2), ["spec.sigma_v"] = p.uniform(50, 400), ["spec.ln_scale"] = p.uniform(-0.5, 0.5) } },
    "1000 pixels, polynomial of order 10", 4)
  galua.threads(before)
end

-- The usual way to observe a spectrum, compiled by LuaJIT: onto a grid of ln(wavelength), five steps per standard deviation, one
-- Gaussian kernel of 6 standard deviations summed at each step, means over the pixels by the midpoint rule on that grid.
local function direct_convolution(wave, lum, opz, lo, hi, sigma)
  local n, step, first = #lo, sigma / 5, math.log(lo[1] / opz) - 7 * sigma
  local total = math.ceil((math.log(hi[n] / opz) + 7 * sigma - first) / step)
  local reach, kernel, norm = 30, {}, 0
  for k = -reach, reach do
    kernel[k + reach + 1] = math.exp(-0.5 * (k / 5) ^ 2)
    norm = norm + kernel[k + reach + 1]
  end
  local fine, smooth, out, at = {}, {}, {}, 1
  for i = 1, total do
    local x = math.exp(first + (i - 1) * step)
    while wave[at + 1] < x do at = at + 1 end
    fine[i] = lum[at] + (lum[at + 1] - lum[at]) * (x - wave[at]) / (wave[at + 1] - wave[at])
  end
  for i = 1, total do smooth[i] = 0 end
  for i = reach + 1, total - reach do
    local sum = 0
    for k = 1, 61 do sum = sum + kernel[k] * fine[i + k - reach - 1] end
    smooth[i] = sum / norm
  end
  for p = 1, n do
    local a, b = (math.log(lo[p] / opz) - first) / step + 1, (math.log(hi[p] / opz) - first) / step + 1
    local sum, m = 0, math.max(3, math.ceil(b - a))
    for k = 1, m do
      local x = a + (b - a) * (k - 0.5) / m
      local i = math.floor(x)
      sum = sum + smooth[i] + (smooth[i + 1] - smooth[i]) * (x - i)
    end
    out[p] = sum / m
  end
  return out
end

-- A spectrum of 1000 pixels at R = 2000 in the likelihood, sigma_v changing each time: through the instrument alone, with a polynomial
-- of order 10, with the galaxy; against the same galaxy with one band, and against the usual convolution.
function bench.spectrum()
  local before = galua.threads()
  galua.threads(1)
  local g = galua.galaxy{ sfh = galua.sfh.delayed{}, age = 3e9, redshift = 0.1, nebular = galua.nebular.hii{} }
  local s = g:spectrum{ wave = galua.linspace(4000, 7000, 1000), R = 2000, sigma_v = 150, library = -1 }
  local function repeated(count, f)
    local t = {}
    for i = 1, 11 do
      local start = galua.clock()
      for j = 1, count do f((i * count + j) / 300) end
      t[i] = (galua.clock() - start) / count * 1e6
    end
    return median(t)
  end
  local function time(data, free, at, spec)
    data.name, data.redshift = "bench", 0.1
    local f = galua.fit{ data = galua.observation(data), model = g, free = free, spec = spec }
    return repeated(20, function(u) f.target:lnprob(at(u)) end)
  end
  local function pixels(calibration)
    return { spectrum = { wave = s.wave, flux = s.flux, err = s.flux * 0.02, R = 2000, library = -1, calibration = calibration } }
  end
  local sigma, age = galua.prior.uniform(50, 400), galua.prior.uniform(1e9, 1e10)
  local function only_sigma(u) return { 100 + 200 * u } end
  local wave, lum, lo, hi, error = g:wave():totable(), g:lum("stellar"):totable(), s.lo:totable(), s.hi:totable(), 0
  local width = math.sqrt((1 / 2000 / 2.3548200450309493) ^ 2 + (150 / 299792.458) ^ 2)
  local plain = repeated(3, function() direct_convolution(wave, lum, 1.1, lo, hi, width) end)
  local ours = g:spectrum{ wave = s.wave, R = 2000, sigma_v = 150, library = -1, component = "stellar" }:flambda()
  local theirs = direct_convolution(wave, lum, 1.1, lo, hi, width)
  local scale = ours[500] / theirs[500]
  for i = 1, #theirs do error = math.max(error, math.abs(ours[i] / (theirs[i] * scale) - 1)) end
  local size = "1000 pixels, R = 2000"
  local observed = time(pixels(nil), { ["spec.sigma_v"] = sigma }, only_sigma)
  put("spectrum", observed, "us", {
    baseline = "direct convolution on a grid of ln(wavelength), LuaJIT, same run (us)", baseline_value = plain, ratio = plain / observed, difference = error, size = size .. ", likelihood included" })
  put("spectrum.polynomial", time(pixels{ order = 10 }, { ["spec.sigma_v"] = sigma }, only_sigma), "us", {
    baseline = "without polynomial, same run (us)", baseline_value = observed, size = size .. ", order 10 marginalised" })
  put("spectrum.gp", time(pixels{ order = 10 }, { ["spec.sigma_v"] = sigma }, only_sigma,
    { gp = "matern32", gp_amplitude = 0.02, gp_length = 0.02 }), "us", { baseline = "without either, same run (us)",
    baseline_value = observed, size = size .. ", order 10 marginalised, correlated noise (matern32)" })
  local alone = time({ photometry = { { "SDSS.r", 1, 0.1 } } }, { age = age }, function(u) return { 3e9 + 2e9 * u } end)
  local whole = time(pixels{ order = 10 }, { age = age, ["spec.sigma_v"] = sigma }, function(u) return { 3e9 + 2e9 * u, 100 + 200 * u } end)
  put("spectrum.galaxy", whole, "us", { baseline = "the same galaxy with one band, same run (us)", baseline_value = alone, limit = 1000,
    size = size .. ", order 10, age changed too" })
  galua.threads(before)
end

-- Reading the default table; synthesising it for another initial mass function, from nothing, from the star spectra.
function bench.ssp()
  local path = galua.data.path("ssp/bc03.h5")
  local t = {}
  for i = 1, 5 do
    local start = galua.clock()
    galua.ssp.read(path)
    t[i] = (galua.clock() - start) * 1e3
  end
  put("ssp.read", median(t), "ms")
  galua.ssp.synthesise{}
  for i = 1, 3 do
    local start = galua.clock()
    galua.ssp.synthesise{ imf = function(m) return m ^ -2.1 end }
    t[i] = galua.clock() - start
  end
  put("ssp.other_imf", median({ t[1], t[2], t[3] }), "s", { size = "8 Z x 107 ages, star spectra at hand" })
  -- the default library in a process of its own, processor time of one thread: from coefficients, then from the star spectra it kept
  local program, cache = core.realpath("/proc/self/exe"), os.tmpname()
  os.remove(cache)
  for _, m in ipairs { { "ssp.from_coefficients", 60 }, { "ssp.from_star_spectra", 2 } } do
    local pipe = io.popen(([['%s' --batch -e 'galua.threads(1) ssp.synthesise{ cache = "%s" } print(os.clock())']]):format(program, cache))
    local seconds = tonumber(pipe:read("*l") or "")
    pipe:close()
    put(m[1], seconds, "s", { baseline = "limit (s)", baseline_value = m[2], ratio = m[2] / seconds, size = "8 Z x 107 ages, 1 thread" })
  end
  os.remove(cache)
end

-- Start of the program to its end, doing nothing; memory with the default table.
function bench.start()
  local program = core.realpath("/proc/self/exe")
  local t = {}
  for i = 1, 11 do
    local start = galua.clock()
    os.execute(("'%s' --batch -e '' >/dev/null 2>&1"):format(program))
    t[i] = (galua.clock() - start) * 1e3
  end
  put("start", median(t), "ms", { baseline = "limit (ms)", baseline_value = 60, ratio = 60 / median(t) })
  local pipe = io.popen(([['%s' --batch -e 'galaxy{ redshift = 1 }:sed() print((require("galua.core").rss()))']]):format(program))
  local memory = tonumber(pipe:read("*l") or "")
  pipe:close()
  put("memory.prompt", memory, "MB", { baseline = "limit (MB)", baseline_value = 60 })
end

-- The microwave sky, alone and against PySM 3
local sky = {}
function bench.sky() require("galua.sky.bench")(put, many, sky) end

-- The same and more beside DSPS, Diffstar and Diffmah, one process, one thread each, runs in turn (scripts/peers/bench_population.py says what
-- each variant is): ratios to its public functions and to its weights with one matrix product
local function beside_dsps()
  local script, library = "scripts/peers/bench_population.py", core.realpath("/proc/self/exe"):gsub("[^/]+$", "libgalua.so")
  local r = require "galua.peer"(sky.peer, script, { library, sky.galaxies or 20000, "--json" }, "bench population", "dsps, diffstar and diffmah")
  local size = ("%d galaxies; dsps %s, diffstar %s, diffmah %s, float64, at its best batch"):format(r.galaxies, r.versions.dsps, r.versions.diffstar, r.versions.diffmah)
  for _, row in ipairs(r.rows) do
    local more = { baseline = "DSPS, same run (us)", size = size, gradient_over_value = row.gradient_over_value, difference = row.difference }
    if row.api then more.baseline_value, more.ratio, more.batch = row.api.us, row.api.ratio, row.api.batch end
    if row[" lean"] then more.lean_us, more.lean_ratio, more.lean_batch = row[" lean"].us, row[" lean"].ratio, row[" lean"].batch end
    put(("population.%s.float%d"):format(row.name:gsub(" ", "_"), row.float), row.us, "us", more)
  end
end

-- A population model from its parameters to counts in bins of magnitude and colour, and the gradient by all 88 of DiffstarPop and dust
local function population_model()
  local before = galua.threads()
  galua.threads(1)
  local n = 10000
  local halos, av = { seed = 1, logm0 = galua.vec(n), t_peak = galua.vec(n) }, galua.vec(2 * n)
  for i = 1, n do halos.logm0[i], halos.t_peak[i], av[i], av[n + i] = 11 + 3 * (i * 0.618 % 1), 5 + 9 * (i * 0.414 % 1), 0.3, 0.3 end
  local model, bands = galua.diffstarpop{}, galua.filters("LSST")
  local options = model:draw(halos)
  options.dust = { av = av, delta = -0.2 }
  local pop = galua.population(options)
  local spec = { { band = 3, edges = galua.linspace(14, 26, 25), width = 0.3 }, { band = 2, minus = 3, edges = galua.linspace(-0.2, 1.4, 9), width = 0.06 } }
  local function value(gradient)
    local o, w = model:draw(halos)
    spec.weights = w
    pop:set(o)
    if not gradient then return pop:counts(bands, 0.1, spec) end
    return model:draw_gradient(halos, pop:counts_gradient(bands, 0.1, spec, gradient))
  end
  local function least(f)
    local best = math.huge
    for _ = 1, 4 do
      local start = os.clock()
      f()
      best = math.min(best, os.clock() - start)
    end
    return best / (2 * n) * 1e9
  end
  local c = value()
  local v, g = least(function() value() end), least(function() value(c) end)
  put("population.model", v, "ns", { size = "20000 galaxies of 10000 halos of DiffstarPop, dust of each, counts in 24 x 8 bins; draws included" })
  put("population.model.gradient", g, "ns", { baseline = "its value, same run (ns)", baseline_value = v, ratio = g / v, limit = 3,
    size = "by 88 parameters of DiffstarPop and dust, draws included" })
  galua.threads(before)
end

-- Six magnitudes of many galaxies and the gradient of a loss of them, processor time a galaxy of one thread, against one function a galaxy
function bench.population()
  local r = galua.benchmark.population{ threads = many }
  for _, precision in ipairs{ "64", "32" } do
    for _, from in ipairs{ "tables", "parameters" } do
      local value, gradient = r[from .. precision], r[from .. precision .. "_gradient"]
      local name = ("population.%s.float%s"):format(from, precision)
      put(name, value * 1e9, "ns", { baseline = "plain functions from rates, float64, one galaxy at a time, same run (ns)", baseline_value = r.plain * 1e9,
        ratio = r.plain / value, size = "100000 galaxies, 6 bands, 12 Z x 107 ages, 100 times" })
      put(name .. ".gradient", gradient * 1e9, "ns", { baseline = "fluxes alone, same run (ns)", baseline_value = value * 1e9, ratio = gradient / value,
        size = from == "tables" and "by 100 rates, metallicity and scatter, fluxes included" or "by 13 parameters, metallicity and scatter, fluxes included" })
    end
  end
  if many > 1 then
    put(("population.%dthreads"):format(many), r.threads_ratio, "", { baseline = "1 thread, wall clock", baseline_value = 1, ratio = r.threads_ratio, threads = many })
  end
  -- cost and memory by the number of galaxies
  local first
  for _, n in ipairs{ 1e4, 1e5, 1e6 } do
    local x = galua.benchmark.population{ galaxies = n, tables = false }
    first = first or x.parameters64_gradient
    put(("population.gradient.1e%d"):format(math.log10(n) + 0.5), x.parameters64_gradient * 1e9, "ns", { baseline = "1e4 galaxies, same run (ns)", baseline_value = first * 1e9,
      ratio = first / x.parameters64_gradient, memory = x.memory, size = ("%d galaxies, 13 parameters; memory: MB besides the arrays, plan included"):format(n) })
  end
  population_model()
  if sky.peer then beside_dsps() end
end

-- Many sources as a survey has them: only when it is asked for by name, for it takes minutes.
function bench.catalogue() require "galua.catalogue.bench"(put, sky.mocks or 40) end

local order = { "sed", "default", "photometry", "prompt", "fit", "gradient", "spectrum", "ssp", "start", "population", "sky" }
local usage = [[usage: galua bench [sed] [default] [photometry] [prompt] [fit] [gradient] [spectrum] [ssp] [start] [population] [sky] [catalogue] [--threads N] [--json]
                  measures; no name: all of them but catalogue
  --mocks N       of catalogue (40)
  --nside N       of sky (512)
  --galaxies N    of population beside the peer (20000)
  --peer PYTHON   sky: a Python that has pysm3, for scripts/peers/sky_bench.py in the same run; population: one that has dsps, diffstar and
                  diffmah, for scripts/peers/bench_population.py]]

return {
  summary = "measure speed and memory: sed, default, photometry, prompt, fit, gradient, spectrum, ssp, start, sky; --json",
  main = function(args)
    local names, as_json = {}, false
    many = 2
    local i = 0
    while i < #args do
      i = i + 1
      local a = args[i]
      if a == "--json" then as_json = true
      elseif a == "--threads" then
        i = i + 1
        local n = tonumber(args[i] or "")
        if not n or n < 1 or n > 1024 or n % 1 ~= 0 then
          io.stderr:write(("galua bench: --threads needs a whole number in 1 .. 1024, got '%s'\n"):format(args[i] or ""))
          return 2
        end
        many = n
      elseif a == "--nside" or a == "--galaxies" or a == "--mocks" or a == "--peer" then
        i = i + 1
        local v = a == "--peer" and args[i] or tonumber(args[i] or "")
        if not v then
          io.stderr:write(("galua bench: %s needs a value\n"):format(a))
          return 2
        end
        sky[a:sub(3)] = v
      elseif a == "--help" then print(usage) return 0
      elseif bench[a] then names[#names + 1] = a
      else
        io.stderr:write(("galua bench: unknown benchmark '%s'%s\n%s\n"):format(a, core.did_you_mean(a, order), usage))
        return 2
      end
    end
    if sky.peer and os.execute(("command -v '%s' >/dev/null 2>&1"):format((sky.peer:gsub("'", "'\\''")))) ~= 0 then
      io.stderr:write(("galua bench: --peer: there is no program '%s'; a Python that has the peers is needed\n"):format(sky.peer))
      return 2
    end
    rows = {}
    for _, name in ipairs(#names > 0 and names or order) do bench[name]() end
    if not as_json then print(("%-24s %12s %-6s %10s  %s"):format("benchmark", "value", "unit", "ratio", "against")) end
    for _, r in ipairs(rows) do
      if as_json then
        print(json.encode(r))
      else
        print(("%-24s %12.5g %-6s %10s  %s"):format(r.name, r.value, r.unit, r.ratio and ("%.2f"):format(r.ratio) or "",
          r.baseline and ("%s: %.5g"):format(r.baseline, r.baseline_value) or ""))
        for _, line in ipairs(r.lines or {}) do print(("%-24s %s"):format("", line)) end
        if r.bytes then
          print(("%-24s %.3g MB of the table read per spectrum; %.0f %% of the memory limit, %.0f %% of the multiply-add limit"):format("",
            r.bytes / 1e6, 100 * r.fraction_of_read_limit, 100 * r.fraction_of_fma_limit))
        end
      end
    end
    if not as_json then print((galua.benchmark.machine())) end
    return 0
  end,
}
