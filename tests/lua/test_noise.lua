-- Noise terms of a fit: what they do to the likelihood, to the list of parameters, and in a stored file.
local test = require "galua.test"

local disc = dofile("tests/lua/disc.lua")("SDSS.griz", "2MASS", "WISE.W3", "Herschel.PACS")
local bands, truth, mock = disc.bands, disc.truth, disc.data

local free = { age = prior.loguniform(1e9, 1.2e10), ["sfh.norm"] = prior.loguniform(1, 300) }
local function make(options)
  local o = { data = mock(), model = truth(), seed = 5, sampler = sampler.ensemble{ walkers = 24, steps = 300 }, free = free }
  for k, v in pairs(options or {}) do o[k] = v end
  return fit(o)
end
local at = { math.log10(4.2e9), math.log10(21) }
local function lnlike(f, x)
  local _, ll = f.target:lnprob(x or at)
  return ll[1]
end
local message = test.message

-- Gaussian ln L with errors s(row)
local function gaussian(data, g, s)
  local m, sum = g:band_flux(bands), 0
  for i, r in ipairs(data:rows()) do
    local e = s(r, m[i])
    sum = sum - 0.5 * ((r.flux - m[i]) / e) ^ 2 - 0.5 * math.log(2 * math.pi * e * e)
  end
  return sum
end

test.describe("noise", function()
  local g = truth()
  g.age, g.sfh.norm = 4.2e9, 21

  test.it("adds a floor per instrument, default for the rest", function()
    local f = make{ noise = noise.calibration{ floor = { SDSS = 0.1, ["Herschel.PACS.red"] = 0.2, default = 0.03 } } }
    local want = gaussian(mock(), g, function(r)
      local floor = r.band:match("^SDSS") and 0.1 or r.band == "Herschel.PACS.red" and 0.2 or 0.03
      return math.sqrt(r.err ^ 2 + (floor * r.flux) ^ 2)
    end)
    test.close(lnlike(f), want, 1e-9)
    test.eq(message(make, { noise = noise.calibration{ floor = { GALX = 0.1 } } }),
      "noise.calibration: floor: no band of this observation belongs to 'GALX'")
    test.eq(message(make, { noise = noise.calibration{ offset = { SDS = 0.1 } } }),
      "noise.calibration: offset: no band of this observation belongs to 'SDS', did you mean 'SDSS'?")
  end)

  test.it("scales errors and adds jitter, fixed or free", function()
    local f = make{ noise = noise.errors{ ln_scale = 0.5, jitter = 0.01 } + noise.calibration{ floor = 0.02 } }
    local function sigma(r) return math.sqrt((r.err * math.exp(0.5)) ^ 2 + 0.01 ^ 2 + (0.02 * r.flux) ^ 2) end
    test.close(lnlike(f), gaussian(mock(), g, sigma), 1e-9)
    local h = make{ noise = noise.calibration{ floor = 0.02 }, free = { age = free.age, ["sfh.norm"] = free["sfh.norm"],
      ["noise.ln_scale"] = prior.uniform(-1, 1), ["noise.jitter"] = prior.loguniform(1e-4, 1) } }
    test.close(lnlike(h, { at[1], at[2], 0.5, -2 }), gaussian(mock(), g, sigma), 1e-9)
    test.eq(table.concat(h.target.names, " "), "age sfh.norm noise.ln_scale noise.jitter")
    test.eq(h.target.units[4], "mJy")
  end)

  test.it("has the same terms for pixels", function()
    local q = galaxy{ ssp = disc.table, sfh = sfh.constant{ psi = 5 }, age = 1e9, redshift = 0.1, nebular = false, ism = false }
    local s = q:spectrum{ wave = linspace(4300, 7500, 60), R = 400, library = -1 }
    local y = s.flux:copy()
    for i = 1, #y do y[i] = y[i] * (1 + 0.05 * math.sin(3 * i)) end
    local data = observation{ name = "pixels", redshift = 0.1, spectrum = { wave = s.wave, flux = y, err = s.flux * 0.02, R = 400, library = -1 } }
    local function pixels(spec) return fit{ data = data, model = q, spec = spec, free = { ["sfh.psi"] = prior.uniform(1, 10) } } end
    local function ln(spec, more)
      local f = pixels(spec)
      local _, l = f.target:lnprob(mat{ more and { 5, more } or { 5 } })
      return l[1], f
    end
    local function by_hand(factor, jitter, floor)
      local sum = 0
      for i = 1, #y do
        local m, v = factor * s.flux[i], (0.02 * s.flux[i]) ^ 2 + jitter ^ 2 + (floor * y[i]) ^ 2
        sum = sum - 0.5 * (y[i] - m) ^ 2 / v - 0.5 * math.log(2 * math.pi * v)
      end
      return sum
    end
    local j = 0.01 * s.flux[30]
    test.close(ln{ noise = noise.errors{ jitter = j } + noise.calibration{ floor = 0.03 } }, by_hand(1, j, 0.03), 1e-9)
    local free, f = ln({ noise = noise.errors{ jitter = prior.loguniform(1e-6, 10) } }, math.log10(j))
    test.close(free, by_hand(1, j, 0), 1e-9)
    test.eq(f.target.names[2], "spec.jitter")
    test.ok(f:gradient_check().error < 1e-6)
    -- one factor that all pixels share, marginalised: an integral over it (trapezoid, exponentially good for a smooth peak)
    local top, sum, n = by_hand(1, 0, 0), 0, 2000
    for i = -n, n do
      local t = 6 * i / n
      sum = sum + math.exp(by_hand(1 + 0.1 * t, 0, 0) - top - 0.5 * t * t) / math.sqrt(2 * math.pi) * 6 / n
    end
    test.close(ln{ noise = noise.calibration{ offset = 0.1 } }, top + math.log(sum), 1e-9)
    -- priors that nobody gave are those of pixels; the two ways of saying it are one fit
    local a, b = pixels{ noise = noise.gp{} }, pixels{ gp = "matern32" }
    for i, h in ipairs(a.target:fingerprint()) do test.eq(h.hash, b.target:fingerprint()[i].hash) end
    test.eq(tostring(a.target.priors[3]), "prior.loguniform(0.001, 0.3)")
    test.ok(message(pixels, { noise = noise.errors{ jitter = 1 }, jitter = 2 }):find("given twice", 1, true))
    for _, n in ipairs{ { noise.gp{}, "(spec.gp)" }, { noise.calibration{ offset = 0.1 }, "(spec.offset)" } } do
      test.ok(message(pixels, { noise = noise.outliers{} + n[1] }):find("excludes noise correlated over them " .. n[2], 1, true))
    end
    test.ok(message(fit, { data = data, model = q, spec = { ln_scale = 0.1 }, free = { ["spec.ln_scale"] = prior.uniform(-1, 1) } })
      :find("'spec.ln_scale' is a number in spec and free", 1, true))
    test.ok(message(pixels, { ln_scale = 0 / 0 }):find("spec.ln_scale is not a number", 1, true))
    test.ok(message(pixels, { noise = noise.calibration{ floor = { SDSS = 0.1 } } }):find("a spectrum has one, give a number", 1, true))
  end)

  test.it("lists every noise parameter with unit, range, default, prior and help", function()
    local f = make{ noise = noise.outliers{ n_out = 20 } + noise.gp{ amplitude = 0.1 } }
    local seen = {}
    for _, p in ipairs(f:params()) do seen[p.name] = p end
    for _, name in ipairs { "f_cal", "ln_scale", "jitter", "f_out", "n_out", "gp_amplitude", "gp_length" } do
      local p = seen["noise." .. name]
      test.ok(p and p.unit and p.doc ~= "" and p.lo < p.hi and noise.default_prior(name), name)
    end
    test.eq(seen["noise.n_out"].value, 20)
    test.eq(tostring(seen["noise.f_out"].prior), "prior.uniform(0, 0.5)")
    test.eq(seen["noise.gp_amplitude"].value, 0.1)
    test.eq(tostring(f.noise),
      'noise.outliers{ f_out = prior.uniform(0, 0.5), n_out = 20 } + noise.gp{ kernel = "matern32", amplitude = 0.1, length = prior.loguniform(0.02, 2) }')
  end)

  test.it("refuses what cannot be, in one line", function()
    test.ok(message(make, { noise = noise.errors{ ln_scale = 1 }, free = { ["noise.ln_scale"] = prior.uniform(-1, 1) } })
      :find("parameter 'noise.ln_scale' is a number in noise and free", 1, true))
    -- of a results file
    test.eq(tostring(noise.from(noise.describe(noise.gp{ amplitude = 0.1, length = 2 }))), 'noise.gp{ kernel = "matern32", amplitude = 0.1, length = 2 }')
    test.ok(message(noise.from, { floor = 0.1, wavelet = 1 }):find("there is no 'wavelet'", 1, true))
    test.ok(message(noise.from, { floor = -1 }):find("floor = -1 must lie in 0 .. 10", 1, true))
    test.ok(message(noise.from, { gp_amplitude = "x" }):find("amplitude must be a number or a prior", 1, true))
    test.eq(message(make, { free = { age = prior.loguniform(1e3, 1.2e10) } }),
      "fit: the prior of 'age' spans 1000 .. 1.2e+10 but the parameter must lie in 100000 .. 2e+10 yr: narrow the prior")
    test.eq(message(make, { noise = noise.outliers{ f_out = prior.uniform(0, 0.9) } }),
      "fit: the prior of 'noise.f_out' spans 0 .. 0.9 but the parameter must lie in 0 .. 0.5: narrow the prior")
    test.eq(message(make, { free = { age = free.age, ["noise.f_call"] = prior.uniform(0, 1) } }),
      "fit: free: this galaxy has no parameter 'noise.f_call', did you mean 'noise.f_cal'?")
    test.eq(message(make, { free = { age = free.age, ["noise.gp_length"] = prior.uniform(0.1, 1) } }),
      "fit: noise.gp_length is free but there is no kernel: add noise.gp{ kernel = 'matern32' }")
    test.eq(message(make, { noise = noise.outliers{}, amplitude = prior.loguniform(0.1, 10) }),
      "fit: an amplitude is marginalised for Gaussian errors of the data only: leave out noise.f_out, or the amplitude")
    test.eq(message(noise.gp, { kernel = "matern23" }), "noise.gp: unknown kernel 'matern23', did you mean 'matern32'? (known: sqexp, matern32)")
    test.eq(message(noise.outliers, { f_out = 0.7 }), "noise.outliers: f_out = 0.7 must lie in 0 .. 0.5: share of data that are outliers (Hogg et al. 2010)")
    test.eq(message(make, { likelihood = function() end }),
      "fit: likelihood must be likelihood.custom(function(model_flux, obs) ... end), got a function")
    -- a normal prior may reach anywhere: its tail is cut by the range
    make{ free = { age = prior.normal(4e9, 3e9) } }
  end)

  test.it("finds the outlier and keeps the posterior", function()
    local bad = mock(function(name, f) return name == "2MASS.H" and 3 * f or f end)
    local plain = make{ data = bad }:run{ progress = false }
    local f = make{ data = bad, noise = noise.outliers{ f_out = prior.uniform(0, 0.5) } }:run{ progress = false }
    for _, r in ipairs(f:residuals()) do
      test.ok(r.band == "2MASS.H" and r.p_out > 0.99 or r.band ~= "2MASS.H" and r.p_out < 0.1, r.band .. " " .. r.p_out)
    end
    local a, b = f:summary():get("Mstar"), plain:summary():get("Mstar")
    local want = truth():derived().Mstar
    test.ok(math.abs(a.median - want) < 2 * 0.5 * (a.q84 - a.q16))
    test.ok(b.median > b.q84 - b.q16 and math.abs(b.median - want) > 1.5 * math.abs(a.median - want), "the plain fit is pulled")
  end)

  test.it("marginalises the amplitude as sampling it does", function()
    -- without dust the flux is proportional to sfh.norm: the two fits are the same one
    local function starlight() return galaxy{ ssp = disc.table, sfh = sfh.delayed{ norm = 20, tau = 1e9 }, age = 4e9, redshift = 0.1, ism = false } end
    local o = observation.new{ name = "mock", redshift = 0.1 }
    local few = filters("SDSS.griz", "2MASS")
    local flux = starlight():band_flux(few)
    for i = 1, #few do o:add(few[i], flux[i], 0.05 * flux[i]) end
    local long = sampler.ensemble{ walkers = 32, steps = 1500 }
    local sampled = fit{ data = o, model = starlight(), free = free, seed = 1, sampler = long }:run{ progress = false }
    local scaled = starlight()
    scaled.sfh.norm = 1
    local f = fit{ data = o, model = scaled, free = { age = free.age }, amplitude = prior.loguniform(1, 300), seed = 2, sampler = long }
      :run{ progress = false }
    local s, t = sampled:summary(), f:summary()
    for _, name in ipairs { "age", "Mstar", "SFR", "flux.SDSS.r" } do
      local a, b = s:get(name), t:get(name)
      local sd = 0.5 * (a.q84 - a.q16)
      test.ok(math.abs(a.median - b.median) < 0.25 * sd, ("%s %g %g %g"):format(name, a.median, b.median, sd))
      test.close((b.q84 - b.q16) / (a.q84 - a.q16), 1, 0.2)
    end
    local norm = s:get("sfh.norm")
    test.close(t:get("amplitude").median, norm.median, 0.3 * (norm.q84 / norm.median - 1))
    local pull = 0 -- the best sample has a good amplitude too: exact data
    for _, r in ipairs(f:residuals()) do pull = math.max(pull, math.abs(r.pull)) end
    test.ok(pull < 0.1, pull)
    -- int over norm of the sampled likelihood = the marginalised one
    local sum, n = 0, 4000
    for i = 1, n do
      local x = (i - 0.5) / n * math.log10(300)
      sum = sum + math.exp(lnlike(sampled, { at[1], x }) - 20) / n
    end
    test.close(lnlike(f, { at[1] }), math.log(sum) + 20, 1e-5)
  end)

  test.it("takes a likelihood written in Lua, in the same bits for any number of threads", function()
    local like = likelihood.custom(function(m, o)
      local sum = 0
      for i, r in ipairs(o:rows()) do
        sum = sum - 0.5 * ((r.flux - m[i]) / r.err) ^ 2 - 0.5 * math.log(2 * math.pi * r.err ^ 2)
      end
      return sum
    end)
    test.close(lnlike(make{ likelihood = like }), lnlike(make()), 1e-12)
    local before, sums = threads(), {}
    for i, n in ipairs { 1, 3 } do
      threads(n)
      sums[i] = make{ likelihood = like, sampler = sampler.ensemble{ walkers = 24, steps = 40 } }:run{ progress = false }:samples().lnlike:sum()
    end
    threads(before)
    test.eq(sums[1], sums[2])
    test.eq(message(lnlike, make{ likelihood = likelihood.custom(function() return "x" end) }),
      "likelihood: the function must return ln L, a number, got string")
    test.ok(message(lnlike, make{ likelihood = likelihood.custom(function() error("my fault", 0) end) }):find("my fault", 1, true))
    -- what it takes along, and what it cannot see
    local scale, bad = { 2, three = 3 }, galaxy{ ssp = disc.table }
    test.eq(lnlike(make{ likelihood = likelihood.custom(function() return -scale[1] * scale.three end) }), -6)
    test.ok(message(lnlike, make{ likelihood = likelihood.custom(function(m) return some_global * m[1] end) })
      :find("global 'some_global' does not exist where shipped functions run", 1, true))
    test.ok(message(likelihood.custom, function() return bad.age end):find("'bad', used by the function, is a handle", 1, true))
    test.ok(message(lnlike, make{ likelihood = likelihood.custom(function(_, o) return o.fluxes[1] end) })
      :find("an observation has no 'fluxes' in a likelihood", 1, true))
    test.ok(message(lnlike, make{ likelihood = likelihood.custom(function() return 0 / 0 end) }):find("ln likelihood is NaN at age = ", 1, true))
  end)

  test.it("stores noise, amplitude and likelihood, and says what a file needs", function()
    local path = os.tmpname() .. ".h5"
    local short = sampler.ensemble{ walkers = 24, steps = 40 }
    local function round(options)
      options.sampler = short
      local f = make(options):run{ out = path, progress = false }
      local h = load_fit(path, { ssp = disc.table, likelihood = options.likelihood })
      local x = f:samples().x:row(7)
      local _, a = f.target:lnprob(x)
      local _, b = h.target:lnprob(x)
      test.eq(a[1], b[1])
      test.eq(a[1], h:samples().lnlike[7])
      return h
    end
    local h = round{ noise = noise.calibration{ floor = { SDSS = 0.1 }, offset = { Herschel = 0.07 } } + noise.gp{ length = 0.3 } + noise.errors{ ln_scale = 0.1 } }
    test.eq(tostring(h.noise), 'noise.calibration{ floor = { SDSS = 0.1 }, offset = { Herschel = 0.07 } } + noise.errors{ ln_scale = 0.1 } + noise.gp{ kernel = "matern32", length = 0.3 }')
    if os.execute("command -v h5dump >/dev/null 2>&1") == 0 then -- one datum of the group that ArviZ's loo reads
      local pipe = io.popen("h5dump -m %.17g -d /log_likelihood/flux -s 0,0,0 -c 1,1,1 " .. path)
      local value = tonumber(pipe:read("*a"):match("%(0,0,0%):%s*([%-%d%.e]+)"))
      pipe:close()
      local e = h.engine
      local x, _, _, blobs = e:samples{ discard = 0 }
      test.close(value, h.target:pointwise(x:row(1), blobs:row(1)):row(1)[1], 1e-6)
    end
    round{ free = { age = free.age }, amplitude = prior.loguniform(0.1, 10) }
    local like = likelihood.custom(function(m, o) return -0.5 * ((m[1] - o.flux[1]) / o.err[1]) ^ 2 end)
    round{ likelihood = like }
    local again = load_fit(path, { ssp = disc.table, trust = true }) -- the function is in the file
    local _, ll = again.target:lnprob(again:samples().x:row(7))
    test.eq(ll[1], again:samples().lnlike[7])
    test.ok(again.likelihood.source:find("o.flux[1]", 1, true))
    local other = likelihood.custom(function(m, o) return -0.6 * ((m[1] - o.flux[1]) / o.err[1]) ^ 2 end)
    test.ok(message(load_fit, path, { ssp = disc.table, likelihood = other }):find("belongs to another fit", 1, true))
    os.remove(path)
  end)

  test.it("leaves one band out as a fit without it does", function()
    local data = mock(function(name, f) return f * (1 + 0.04 * math.sin(7 * #name)) end)
    local long = sampler.ensemble{ walkers = 32, steps = 500 }
    local l = make{ data = data, sampler = long, noise = noise.gp{ amplitude = 0.05, length = 0.5, kernel = "sqexp" } }:run{ progress = false }:loo()
    test.ok(l.khat < 0.7 and l.reff > 0.05, tostring(l))
    -- the same by fitting the others: average over their posterior of p(band | others, model)
    local drop = 5
    local less = observation.new{ name = "less", redshift = 0.1 }
    for i, r in ipairs(data:rows()) do
      if i ~= drop then less:add(r.filter, r.flux, r.err) else less:add(r.filter, r.flux, r.err, "ignored") end
    end
    local f = make{ data = less, sampler = long, noise = noise.gp{ amplitude = 0.05, length = 0.5, kernel = "sqexp" } }:run{ progress = false }
    local whole = make{ data = data, noise = noise.gp{ amplitude = 0.05, length = 0.5, kernel = "sqexp" } }
    local s, sum, n = f:samples(), 0, 0
    for i = 1, s.n, 11 do
      local term = whole.target:pointwise(s.x:row(i), s.blobs:row(i))
      sum, n = sum + math.exp(term:row(1)[drop]), n + 1
    end
    test.close(l.bands[drop].elpd, math.log(sum / n), 0.03) -- both are averages over about 1000 draws
    test.eq(message(function() make{ likelihood = likelihood.custom(function() return 0 end) }:run{ progress = false }:loo() end),
      "loo: a custom likelihood does not say what each band contributes")
  end)

  test.it("replicates data: the predictive check passes a good fit and flags a bad band", function()
    local rng_data = mock(function(name, f) return f * (1 + 0.04 * math.sin(7 * #name)) end)
    local good = make{ data = rng_data }:run{ progress = false }:predictive{ draws = 400 }
    test.ok(good.chi2.p > 0.02 and good.largest.p > 0.02, tostring(good))
    local bad = make{ data = mock(function(name, f) return name == "2MASS.H" and 2 * f or f end) }:run{ progress = false }:predictive{ draws = 400 }
    test.eq(bad.chi2.p, 0)
    for _, r in ipairs(bad.bands) do if r.band == "2MASS.H" then test.ok(r.pit > 0.995) end end
    test.ok(tostring(bad):find("the model and the data disagree", 1, true))
  end)
end)
