-- Several spectra in one observation: each with its instrument, calibration and noise, what all share, files, checks, messages.
local test = require "galua.test"
local ok, close = test.ok, test.close
local function fails(f, what)
  local done, e = pcall(f)
  test.ok(not done, "no error: " .. what)
  if not tostring(e):find(what, 1, true) then error(("'%s' does not say '%s'"):format(tostring(e), what), 2) end
end

local path = os.tmpname() .. ".h5"
local g = galaxy{ ssp = ssp.synthetic(), sfh = sfh.delayed{ tau = 1e9, norm = 20 }, age = 4e9, redshift = 0.1, nebular = nebular.hii{} }
local function arm(lo, hi, n, R, factor, more)
  local s = g:spectrum{ wave = linspace(lo, hi, n), R = R, library = -1 }
  local o = { wave = s.wave, flux = s.flux * factor, err = s.flux * 0.05, R = R, library = -1 }
  for k, v in pairs(more or {}) do o[k] = v end
  return o
end
local blue = arm(4000, 5500, 60, 400, 1.05, { calibration = { order = 2, sd = 0.1 } })
local red = arm(5600, 7500, 80, 700, 0.9, { lines = { wave = { 6302.1 }, sd = 1e-15 } })
local free = { age = prior.loguniform(1e9, 1.2e10), ["sfh.norm"] = prior.loguniform(1, 100) }
local function with(more)
  local f = {}
  for k, v in pairs(free) do f[k] = v end
  for k, v in pairs(more or {}) do f[k] = v end
  return f
end
local function both(more) return observation{ name = "arms", redshift = 0.1, spectra = { blue = blue, red = red }, photometry = more } end
local function lnl(f, x) local _, l = f.target:lnprob(mat{ x }) return l[1] end
local x = { math.log10(4.3e9), math.log10(22) }

test.it("ln L is the sum over the spectra, each as it is alone", function()
  local function alone(s, spec) return fit{ data = observation{ redshift = 0.1, spectrum = s }, model = g, free = free, spec = spec } end
  local f = fit{ data = both(), model = g, free = free, spec = { sigma_v = 120, blue = { ln_scale = 0.3, f_cal = 0.02 }, red = { shift = 40, gp = "matern32",
    gp_amplitude = 0.05, gp_length = 0.01 } } }
  local a = alone(blue, { sigma_v = 120, ln_scale = 0.3, f_cal = 0.02 })
  local b = alone(red, { sigma_v = 120, shift = 40, gp = "matern32", gp_amplitude = 0.05, gp_length = 0.01 })
  close(lnl(f, x), lnl(a, x) + lnl(b, x), 1e-10)
  ok(math.abs(lnl(f, x) - lnl(fit{ data = both(), model = g, free = free }, x)) > 1)
end)

test.it("parameters of all spectra, and of one", function()
  local shared = fit{ data = both(), model = g, free = with{ ["spec.shift"] = prior.uniform(-100, 100) } }
  local own = fit{ data = both(), model = g, free = with{ ["spec.blue.shift"] = prior.uniform(-100, 100), ["spec.red.shift"] = prior.uniform(-100, 100) } }
  local mixed = fit{ data = both(), model = g, free = with{ ["spec.shift"] = prior.uniform(-100, 100) }, spec = { red = { shift = 0 } } }
  close(lnl(shared, { x[1], x[2], 30 }), lnl(own, { x[1], x[2], 30, 30 }), 1e-10)
  close(lnl(mixed, { x[1], x[2], 30 }), lnl(own, { x[1], x[2], 30, 0 }), 1e-10)
  ok(math.abs(lnl(mixed, { x[1], x[2], 30 }) - lnl(shared, { x[1], x[2], 30 })) > 1e-3)
  test.eq(own.target.names[4], "spec.red.shift")
  local gp = fit{ data = both(), model = g, free = free, spec = { gp = "matern32", blue = { gp = "none" } } }
  test.eq(gp.target.names[3], "spec.gp_amplitude")
  local one = fit{ data = both(), model = g, free = free, spec = { red = { gp = "matern32" } } }
  test.eq(one.target.names[3], "spec.red.gp_amplitude")
  close(lnl(gp, { x[1], x[2], -2, -2 }), lnl(one, { x[1], x[2], -2, -2 }), 1e-10)
end)

test.it("gradients", function()
  local f = fit{ data = both(), model = g, free = with{ ["spec.blue.ln_scale"] = prior.uniform(-1, 1), ["spec.ln_scale"] = prior.uniform(-1, 1),
    ["spec.red.f_cal"] = prior.loguniform(1e-3, 0.3), ["spec.sigma_v"] = prior.uniform(50, 300) } }
  ok(f:gradient_check().error < 2e-6, tostring(f:gradient_check().error))
end)

test.it("a run, its file, checks of both", function()
  local data = both{ { "SDSS.g", 0.1, 0.01 }, { "SDSS.r", 0.2, 0.02 } }
  local f = fit{ data = data, model = g, seed = 3, sampler = sampler.ensemble{ walkers = 12, steps = 40 },
    free = with{ ["spec.red.ln_scale"] = prior.uniform(-1, 1) }, spec = { sigma_v = 100, blue = { shift = 12, noise = noise.calibration{ f_cal = 0.01 } } } }
  f:run{ out = path, progress = false, fresh = true }
  local again = load_fit(path, { ssp = ssp.synthetic() })
  test.eq(again.data:hash(), data:hash())
  close(lnl(again, { x[1], x[2], 0.1 }), lnl(f, { x[1], x[2], 0.1 }), 1e-13)
  again:run{ more = 10, progress = false }
  test.eq(#again.data:spectra(), 2)
  test.eq(again.data:spectra().red.name, "red")
  local blue_at_best = again:spectrum("blue")
  test.eq(#blue_at_best.fitted, 60)
  test.eq(#again:spectra().red.fitted, 80)
  test.eq(#again:spectrum().fitted, 60)
  local p = again:predictive{ draws = 40 }
  test.eq(#p.spectra, 2)
  ok(tostring(p):find("chi^2 of spectrum red", 1, true), tostring(p))
  local l = again:loo{ draws = 100 }
  ok(l.spectra[1].n == 60 and l.spectra[2].n == 80)
  ok(tostring(again:summary()):find("per pixel", 1, true))
  ok(again:plot_spectrum("red") and again:plot_sed())
  again:save(path, { pixels = true })
  local lines = again:lines{ draws = 20 }
  ok(tostring(lines):find("red free 6302.1", 1, true), tostring(lines))
  local values = {}
  for _, q in ipairs(again:params()) do values[q.name] = q.value end
  test.eq(values["spec.blue.shift"], 12)
  test.eq(values["spec.red.sigma_v"], 100)
  ok(tostring(data):find("blue 60 pixels", 1, true), tostring(data))
end)

test.it("leaving pixels out names every spectrum that cannot be", function()
  local profiled = { calibration = { order = 2, mode = "profiled" } }
  local f = fit{ data = observation{ name = "arms", redshift = 0.1, spectra = { blue = arm(4000, 5500, 60, 400, 1.05, profiled), red = red,
    violet = arm(3800, 3990, 20, 400, 1, profiled) } }, model = g, seed = 3, sampler = sampler.ensemble{ walkers = 12, steps = 20 }, free = free }
  local l = f:run{ progress = false }:loo{ draws = 100 }
  test.eq(#l.spectra, 1)
  test.says(tostring(l), "pixels of blue, violet are left out: a profiled polynomial")
end)

test.it("another epoch changes the fingerprint", function()
  local a = both():hash()
  local other = observation{ name = "arms", redshift = 0.1, spectra = { blue = blue, crimson = red } }
  ok(a ~= other:hash())
  local o = both()
  o:spectrum(arm(5600, 7500, 50, 700, 1, { name = "red" }))
  test.eq(#o:spectra(), 2)
  test.eq(#o:spectra().red.wave, 50)
end)

test.it("messages", function()
  fails(function() observation{ redshift = 0.1, spectra = { blue, red } } end, "each needs a name")
  fails(function() observation{ redshift = 0.1, spectra = { ["a b"] = blue } } end, "letters, digits and _")
  fails(function() observation{ redshift = 0.1, spectrum = blue, spectra = { a = red } } end, "not both")
  fails(function() fit{ data = both(), model = g, free = with{ ["spec.bleu.shift"] = prior.uniform(-1, 1) } } end, "did you mean 'spec.blue.shift'")
  fails(function() fit{ data = both(), model = g, free = free, spec = { bleu = { shift = 1 } } } end, "spec has no 'bleu'")
  fails(function() fit{ data = both(), model = g, free = free, spec = { blue = { shft = 1 } } } end, "spec.blue has no 'shft'")
  fails(function() fit{ data = both(), model = g, free = free, spec = { red = { f_out = 0.1 } } } end, "spec.red.f_out takes pixels one by one")
  fails(function() fit{ data = both(), model = g, free = free, spec = { blue = { c1 = 0.1 } } } end, "spec.blue.c1 is a coefficient")
  fails(function() fit{ data = both(), model = g, free = free, spec = { blue = { sigma_v = 1e5 } } } end, "spec.blue.sigma_v = 100000 must lie")
  fails(function() fit{ data = observation{ redshift = 0.1, spectra = { sigma_v = blue } }, model = g, free = free, spec = { shift = 1 } } end, "cannot be called 'sigma_v'")
end)

test.it("what to do about too many pixels depends on what correlates them", function()
  local many = observation{ redshift = 0.1, spectrum = arm(4000, 7500, 1600, 400, 1) }
  fails(function() fit{ data = many, model = g, free = free, spec = { offset = 0.05 } } end, "at most 1500: leave out offset (calibration = { first = 0, sd = 0.05 }")
  fails(function() fit{ data = many, model = g, free = free, spec = { gp = "sqexp" } } end, "at most 1500: use gp = 'matern32'")
end)

test.it("a noise model without settings prints as it was written", function()
  test.eq(tostring(noise.errors{}), "noise.errors{}")
  test.eq(tostring(noise.calibration{} + noise.errors{}), "noise.calibration{} + noise.errors{}")
end)

os.remove(path)
