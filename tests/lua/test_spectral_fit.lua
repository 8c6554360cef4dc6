-- Spectrum, bands, indices, equivalent widths and line fluxes in one fit; what the results say of them; files.
local test = require "galua.test"

local message = test.message
local function has(text, what) if not text:find(what, 1, true) then error(("'%s' does not say '%s'"):format(text, what), 2) end end
local function make(o)
  local p = { sfh = sfh.constant{ psi = 5 }, age = 1e9, redshift = 0.1, nebular = nebular.hii{} }
  for k, v in pairs(o or {}) do p[k] = v end
  return galaxy(p)
end

-- ---------------------------------------------------------------- lines of a galaxy
test.it("a window holds the lines inside it, however coarse the grid and however wide the lines lie on it", function()
  local bare = make{ nebular = false, ism = false }
  local narrow, wide = make{ ism = false, nebular = nebular.hii{ sigma = 20 } }, make{ ism = false, nebular = nebular.hii{ sigma = 400 } }
  local window = { kind = "excess", line = { 4990, 5026 }, blue = { 4970, 4985 }, red = { 5030, 5060 } }
  local want
  for _, l in ipairs(narrow:lines()) do if l.name == "[OIII]5007" then want = l.luminosity end end
  local function line(g, o) return g:index(window, o) end
  -- the continuum of the gas has no features there: the stars of the same galaxy are what is left
  local stars = bare:index(window)
  test.close(line(narrow) - stars, want, 2e-3)
  test.close(line(wide, { sigma_gas = 20 }), line(narrow), 1e-9) -- the width on the grid plays no part
  test.close(line(narrow, { sigma_gas = 60 }), line(narrow), 1e-6) -- nor does the width, while the window is wide enough
  test.ok(line(narrow, { sigma_gas = 3000 }) < 0.7 * want)
  -- Hbeta in emission fills the Lick index in
  test.ok(narrow:index("Hbeta", { component = "stellar" }) > 1)
  test.ok(narrow:index("Hbeta") < -5)
  -- equivalent width: the same with the other sign as a width
  local w = { line = { 4990, 5026 }, blue = { 4970, 4985 }, red = { 5030, 5060 } }
  local ew, lum = narrow:ew(w)
  w.kind = "width"
  test.close(ew, -narrow:index(w), 1e-12)
  test.close(lum, line(narrow), 1e-12)
  has(message(narrow.index, narrow, { line = { 1, 2 }, blue = { 3, 2 }, red = { 4, 5 } }), "blue = {3, 2}")
  has(message(narrow.index, narrow, { line = { 1, 2 } }), "needs blue")
end)

test.it("line fluxes at the observer, blends, names", function()
  local g = make()
  local d, D = g:derived(), nil
  D = d.D_L * 3.0856775814913673e24
  test.close(g:line_flux("Halpha"), d.L_Halpha * 3.828e33 / (4 * math.pi * D * D), 1e-9)
  test.close(g:line_flux("Halpha+[NII]"), g:line_flux("Halpha") + g:line_flux("[NII]6548") + g:line_flux("[NII]6584"), 1e-12)
  test.close(g:line_flux("[OII]3727"), g:line_flux("[OII]3726") + g:line_flux("[OII]3729"), 1e-12)
  for _, l in ipairs(g:line_fluxes()) do if l.name == "Hbeta" then test.close(l.flux, g:line_flux("Hbeta"), 1e-15) end end
  has(message(g.line_flux, g, "Halfa"), "did you mean 'Halpha'")
  has(message(g.line_flux, make{ nebular = false }, "Halpha"), "nebular")
  -- the IGM takes its share of Ly-alpha
  local far, clear = make{ redshift = 5, igm = igm.inoue14{} }, make{ redshift = 5 }
  test.ok(far:line_flux("Lyalpha") < 0.9 * clear:line_flux("Lyalpha"))
  test.close(far:line_flux("Halpha"), clear:line_flux("Halpha"), 1e-12)
end)

test.it("a redshifted, broadened line carries its flux through the instrument", function()
  for _, z in ipairs{ 0.02, 0.7, 3 } do
    local g = make{ redshift = z, ism = false }
    local e = linspace(4900 * (1 + z), 5150 * (1 + z), 500)
    local function total(sigma, R)
      local s, sum = g:spectrum{ edges = e, R = R, sigma_gas = sigma, component = "nebular" }, 0
      local f = s:flambda()
      for i = 1, #f do sum = sum + f[i] * (s.hi[i] - s.lo[i]) end
      return sum
    end
    -- 4959 and 5007 with no width at all, against broad ones; the share of the wings outside is below 1e-9
    test.close(total(200, 1500), total(0), 1e-6)
    -- what the two lines add to the continuum of the gas is their flux
    local both = g:line_flux("[OIII]4959") + g:line_flux("[OIII]5007")
    local s = g:spectrum{ edges = e, R = 1500, sigma_gas = 200, component = "nebular" }
    local f, cont = s:flambda(), 0
    local n, a, b = #f, f[2], f[#f - 1]
    for i = 1, n do cont = cont + (a + (b - a) * (i - 2) / (n - 3)) * (s.hi[i] - s.lo[i]) end
    test.close(total(200, 1500) - cont, both, 3e-3) -- [NI], [ClIII] and the curvature of the continuum
  end
end)

-- ---------------------------------------------------------------- fits
local truth = { age = 1e9, ["sfh.psi"] = 5 }
local function mock(how)
  local g = make()
  local w = linspace(4300, 7500, 240)
  local s = g:spectrum{ wave = w, R = 400, sigma_v = 150, library = -1 }
  local function noise(i, k) -- nearly normal, fixed
    local n, x = 0, (0.377 * i + 0.119 * k) % 1
    for _ = 1, 12 do
      x = (x * 16807.3 + 0.1234567) % 1
      n = n + x
    end
    return n - 6
  end
  local flux, err, mask = {}, {}, {}
  for i = 1, #w do
    err[i], mask[i] = 0.02 * s.flux[i], (i > 100 and i < 106) and 1 or 0
    flux[i] = mask[i] == 1 and 0 / 0 or s.flux[i] * (1 + 0.08 * (i / #w - 0.5)) + err[i] * noise(i, 1)
  end
  local o = { name = "mock", redshift = 0.1,
    spectrum = { wave = w, flux = flux, err = err, mask = mask, R = 400, library = -1, calibration = { order = 3, sd = 0.1, kind = how.kind },
      lines = how.free and { wave = { 6302.1 }, sd = 1e-14 } or nil },
    photometry = {}, indices = { Dn4000 = { g:index("Dn4000", { lick = true }) + 0.01, 0.02 } },
    ew = { ["Halpha+[NII]"] = { g:ew("Halpha+[NII]") * 1.01, 3 } },
    lines = { Hbeta = { g:line_flux("Hbeta") * 1.02, 0.05 * g:line_flux("Hbeta") },
      ["[NII]5755"] = { 10 * g:line_flux("[NII]5755"), 3 * g:line_flux("[NII]5755"), "limit" } } }
  for i, b in ipairs{ "SDSS.u", "SDSS.r", "2MASS.Ks" } do
    local f = g:photometry(filters(b))[1].flux
    o.photometry[i] = { b, f * (1 + 0.03 * noise(i, 2)), 0.03 * f }
  end
  return observation(o), g
end

local function same_after_loading(f)
  local path = os.tmpname()
  f:save(path)
  local q = load_fit(path)
  os.remove(path)
  local s = f:samples()
  local _, i = f:best()
  for _, k in ipairs{ 1, i, s.n } do
    local _, a = f.target:lnprob(s.x:row(k))
    local _, b = q.target:lnprob(s.x:row(k))
    test.ok(math.abs(a[1] - b[1]) <= 1e-10 * math.abs(a[1]), ("%.17g %.17g"):format(a[1], b[1]))
  end
  return q
end

local function judge(f, o)
  local s = f:summary()
  for name, value in pairs(truth) do
    local r = s:get(name)
    test.ok(math.abs(r.median - value) < 4 * math.max(r.q84 - r.median, r.median - r.q16), ("%s = %g"):format(name, r.median))
  end
  -- residuals and predictive checks of each kind of data
  test.eq(#f:residuals(), 3)
  local m = f:measures()
  test.eq(#m, 4)
  for _, r in ipairs(m) do test.ok(r.limit or math.abs(r.pull) < 3, r.name .. " " .. r.pull) end
  local p = f:predictive{ draws = 120 }
  local pit, n, low = p.spectrum.pit, 0, 0
  for i = 1, #pit do
    if o:spectrum().mask[i] == 0 then
      n = n + 1
      test.ok(pit[i] >= 0 and pit[i] <= 1)
      low = low + (pit[i] < 0.25 and 1 or 0)
    else
      test.ok(pit[i] ~= pit[i])
    end
  end
  test.eq(n, 235)
  test.ok(math.abs(low / n - 0.25) < 0.12, "share of PIT below 1/4: " .. low / n) -- 4 sigma of a binomial
  test.ok(p.spectrum.chi2.p > 0.001 and p.spectrum.chi2.p < 0.999, "chi2 p " .. p.spectrum.chi2.p)
  test.eq(#p.measures, 4)
  for _, r in ipairs(p.measures) do test.ok(r.limit and not r.pit or r.pit > 0.001 and r.pit < 0.999, r.name) end
  has(tostring(p), "chi^2 of the spectrum")
  -- the tilt of 8 per cent is in the polynomial, not in the galaxy
  local spec = f:spectrum()
  test.close(spec.coef[2], 0.04, 0.35)
end

test.it("ensemble: all kinds of data in one fit, stored and loaded", function()
  local o, g = mock{ kind = "chebyshev", free = true }
  has(require("galua.pp").format(o), "line  Hbeta")
  local f = fit{ data = o, model = g, seed = 5, sampler = sampler.ensemble{ walkers = 12, steps = 400 },
    spec = { sigma_v = 150, shift = prior.normal(0, 100), ln_scale = prior.uniform(-1, 1) },
    free = { age = prior.loguniform(4e8, 2.5e9), ["sfh.psi"] = prior.loguniform(2, 12) } }
  f:run{ progress = false }
  judge(f, o)
  local q = same_after_loading(f)
  test.eq(#q.data:indices(), 2)
  test.eq(#q.data:lines(), 2)
  test.eq(tostring(q:measures()), tostring(f:measures()))
  test.eq(q:predictive{ draws = 50 }.spectrum.pit[7], f:predictive{ draws = 50 }.spectrum.pit[7])
  -- lines per posterior sample: those of the model agree with the derived quantity, the free one is scattered by its errors
  local lines = f:lines{ draws = 300 }
  local s, halpha, free = f:samples(), nil, nil
  for _, l in ipairs(lines) do
    if l.name == "Halpha" then halpha = l end
    if l.free then free = l end
  end
  test.eq(#halpha.luminosity.value, lines.n)
  test.close(halpha.luminosity.value[1], s.derived.L_Halpha[1], 1e-6)
  test.close(halpha.median, g:line_flux("Halpha"), 0.2)
  local err = (free.q84 - free.q16) / 2
  test.ok(err > 0 and math.abs(free.median) < 4 * err, ("free line %g +- %g"):format(free.median, err)) -- the model has it all
  has(tostring(lines), "Halpha")
end)

test.it("a results file is loaded by a program that has done nothing else", function()
  local g = make()
  local s = g:spectrum{ wave = linspace(4300, 7500, 60), R = 200 }
  local o = observation{ redshift = 0.1, spectrum = { wave = s.wave, flux = s.flux, err = s.flux * 0.02, R = 200, calibration = { order = 2 } } }
  local f = fit{ data = o, model = g, seed = 1, sampler = sampler.ensemble{ walkers = 6, steps = 10 },
    free = { age = prior.loguniform(4e8, 2.5e9), ["spec.shift"] = prior.normal(0, 100) } }
  f:run{ progress = false }
  local path, out = os.tmpname(), os.tmpname()
  f:save(path)
  local program = require("galua.core").realpath("/proc/self/exe")
  local code = ("local f = load_fit(%q) local s = f:samples() local _, l = f.target:lnprob(s.x:row(3)) print(math.abs(l[1] - s.lnlike[3]))"):format(path)
  os.execute(("'%s' -e '%s' >%s 2>&1"):format(program, code, out))
  local file = io.open(out)
  local text = file:read("*a")
  file:close()
  os.remove(path)
  os.remove(out)
  local difference = tonumber(text:match("(%S+)%s*$"))
  test.ok(difference and difference < 1e-10, text)
  -- a fit without bands has predictive checks, and says what it cannot do
  local p = f:predictive{ draws = 10 }
  test.eq(#p.bands, 0)
  test.eq(#p.spectrum.pit, 60)
  has(tostring(p), "chi^2 of the spectrum")
  test.eq(#f:loo{ draws = 20 }.spectrum.elpd, 60)
  has(message(f.measures, f), "no indices")
end)

test.it("nested: the same, with Legendre polynomials", function()
  local o, g = mock{ kind = "legendre" }
  local f = fit{ data = o, model = g, seed = 6, sampler = sampler.nested{ live = 40, dlogz = 0.5 }, spec = { sigma_v = 150 },
    free = { age = prior.loguniform(4e8, 2.5e9), ["sfh.psi"] = prior.loguniform(2, 12) } }
  f:run{ progress = false }
  judge(f, o)
  same_after_loading(f)
end)

-- ---------------------------------------------------------------- two sources, apart in some bands only
test.it("fits nucleus and host, resolved in two bands and blended in the others", function()
  local g = galaxy{ sfh = sfh.constant{ psi = 5 }, age = 1e9, redshift = 0.1, agn = agn.embedded{ L = 3e11 } }
  local bands = filters("SDSS.griz", "2MASS", "WISE.W1", "WISE.W3")
  local total, index = g:band_flux(bands), {}
  for i, b in ipairs(bands) do index[b.name] = i end
  -- the parts of a band are its flux
  local all = observation.new{ name = "parts", redshift = 0.1 }
  for _, c in ipairs{ "extinct", "MC", "DD", "warm", "AGN" } do all:measure("part", { band = "WISE.W3", component = c, value = 1, err = 1 }) end
  local row = spectrum.of_fit(fit{ data = all, model = g, free = { ["sfh.psi"] = prior.uniform(4, 6) } }.target, mat{ { 5 } }).measure:row(1)
  test.close(row:sum(), total[index["WISE.W3"]], 1e-10)
  test.ok(row[5] > 0.5 * row:sum())
  local o, want = observation.new{ name = "blend", redshift = 0.1 }, 0
  for i, b in ipairs(bands) do
    if i > 2 then
      o:add(b, total[i], 0.1 * total[i])
      want = want - 0.5 * math.log(2 * math.pi * (0.1 * total[i]) ^ 2)
    end
  end
  o:measure("part", { band = "WISE.W3", component = "AGN", value = 1.2 * row[5], err = 0.1 * row[5] })
  o:measure("part", { band = "WISE.W3", component = "extinct", value = row[1], err = 0.1 * row[1] })
  for _, k in ipairs{ 1, 5 } do want = want - 0.5 * math.log(2 * math.pi * (0.1 * row[k]) ^ 2) end
  want = want - 0.5 * 2 ^ 2
  o:measure("part", { band = "SDSS.g", component = "AGN", value = total[1], err = total[1] / 3, limit = true, name = "no blue nucleus" })
  has(tostring(o), "3 other numbers")
  local function fitted(data, limits)
    return fit{ data = data, model = g, seed = 3, limits = limits, free = { ["sfh.psi"] = prior.uniform(4, 6), ["agn.L"] = prior.uniform(1e11, 5e11) },
      sampler = sampler.ensemble{ walkers = 8, steps = 20 } }
  end
  local _, ll = fitted(o, "cut").target:lnprob(mat{ { 5, 3e11 } })
  test.close(ll[1], want, 1e-8)
  local f = fitted(o):run{ progress = false }
  test.eq(#f:measures(), 3)
  test.eq(f:measures()[1].name, "part WISE.W3 AGN")
  test.eq(#f:predictive{ draws = 10 }.measures, 3)
  same_after_loading(f)
  has(message(o.measure, o, "prat", {}), "did you mean 'part'")
  has(message(o.measure, o, "part", { band = "SDSS.g", value = 1, err = 1 }), "give band and component")
  has(message(o.measure, o, "part", { band = "WISE.W3", component = "AGN", value = 1, err = 1 }), "appears twice")
  has(message(o.measure, o, "part", { band = "SDSS.g", component = "AGN", value = 1, err = -1 }), "err above 0")
  o:measure("part", { band = "SDSS.g", component = "agnes", value = 1, err = 1 })
  has(message(fitted, o), "agnes")
end)

-- ---------------------------------------------------------------- noise of pixels
-- data replicated by a fit whose parameters are all fixed but one, at its true value
local function replicated(o, spec, calibration)
  local g = make{ nebular = false, ism = false }
  local s = g:spectrum{ wave = linspace(4300, 7500, o.pixels), R = 400, library = -1 }
  local function data(flux)
    return observation{ name = "noisy", redshift = 0.1, spectrum = { wave = s.wave, flux = flux, err = s.flux * o.err, R = 400, library = -1,
      calibration = calibration, lines = o.lines } }
  end
  local f = fit{ data = data(s.flux), model = g, spec = spec, free = { ["sfh.psi"] = prior.uniform(4, 6) } }
  local y = spectrum.of_fit(f.target, mat{ { 5 } }, o.seed).y:row(1)
  if o.change then o.change(y) end
  return data(y), g
end

test.it("correlated noise of the pixels: amplitude and length recovered, stored and loaded", function()
  local true_amp, true_len = 0.04, 0.008
  local o, g = replicated({ pixels = 300, err = 0.01, seed = 11 }, { gp = "matern32", gp_amplitude = true_amp, gp_length = true_len })
  local function run(spec)
    local f = fit{ data = o, model = g, seed = 4, sampler = sampler.ensemble{ walkers = 12, steps = 200 }, spec = spec,
      free = { ["sfh.psi"] = prior.loguniform(2, 12) } }
    f:run{ progress = false }
    return f
  end
  local f = run{ gp = "matern32", sigma_v = 0 } -- amplitude and length are free with their default priors
  test.eq(f.target.ndim, 3)
  has(tostring(f), "kernel matern32")
  local r = f:summary()
  for name, value in pairs{ ["spec.gp_amplitude"] = true_amp, ["spec.gp_length"] = true_len, ["sfh.psi"] = 5 } do
    local q = r:get(name)
    local err = math.max(q.q84 - q.median, q.median - q.q16)
    test.ok(math.abs(q.median - value) < 3 * err and err < 0.5 * value, ("%s = %g +- %g, not %g"):format(name, q.median, err, value))
  end
  -- without the term the errors are not those of the data: the posterior is too narrow and the data unlikely
  local plain = run{ sigma_v = 0 }
  local q, w = plain:summary():get("sfh.psi"), r:get("sfh.psi")
  test.ok((q.q84 - q.q16) < 0.4 * (w.q84 - w.q16))
  test.eq(plain:predictive{ draws = 100 }.spectrum.chi2.p, 0)
  local p = f:predictive{ draws = 100 }.spectrum
  test.ok(p.chi2.p > 0.01 and p.chi2.p < 0.99, "chi2 p " .. p.chi2.p)
  -- what the noise is, and what it leaves
  local s = f:spectrum()
  local sum = 0
  for i = 1, 300 do sum = sum + s.pull[i] ^ 2 end
  test.ok(sum < 300 and #s.gp == 300 and s.p_out == nil)
  local _, best = f:best()
  test.ok(math.abs(s.pull[7] - (s.flux[7] - s.fitted[7] - s.gp[7]) / s.sigma[7]) < 1e-12 and best)
  -- leave one out: the neighbours know the correlated error; Gaussian PITs
  local l, lp = f:loo{ draws = 300 }, plain:loo{ draws = 300 }
  test.ok(l.elpd > lp.elpd + 100, ("elpd %g against %g"):format(l.elpd, lp.elpd))
  test.eq(l.spectrum.n, 300)
  test.ok(l.spectrum.worst < 0.7 and math.abs(l.elpd - l.spectrum.sum) < 1e-9)
  local low = 0
  for i = 1, 300 do low = low + (l.spectrum.pit[i] < 0.25 and 1 or 0) end
  test.ok(math.abs(low / 300 - 0.25) < 0.1, "share of PIT below 1/4: " .. low / 300) -- 4 sigma of a binomial
  has(tostring(l), "300 pixels")
  -- the file: kernel, amplitude and length come back
  local again = same_after_loading(f)
  has(tostring(again), "kernel matern32")
  test.eq(again:predictive{ draws = 20 }.spectrum.pit[7], f:predictive{ draws = 20 }.spectrum.pit[7])
end)

test.it("leaves a pixel out as a fit without it does", function()
  local o, g = replicated({ pixels = 60, err = 0.02, seed = 12, lines = { wave = { 5300 }, sd = 1e-14 } }, { f_cal = 0.02, gp = "sqexp",
    gp_amplitude = 0.03, gp_length = 0.02 }, { order = 2 })
  local d, drop = o:spectrum(), 31
  local function run(mask)
    local data = observation{ name = "less", redshift = 0.1, spectrum = { wave = d.wave, flux = d.flux, err = d.err, mask = mask, R = 400,
      library = -1, calibration = { order = 2 }, lines = { wave = { 5300 }, sd = 1e-14 } } }
    return fit{ data = data, model = g, seed = 9, sampler = sampler.ensemble{ walkers = 16, steps = 400 },
      spec = { f_cal = 0.02, gp = "sqexp", gp_amplitude = 0.03, gp_length = prior.loguniform(5e-3, 0.1) },
      free = { ["sfh.psi"] = prior.loguniform(2, 12) } }:run{ progress = false }
  end
  local whole, mask = run(), {}
  for i = 1, 60 do mask[i] = i == drop and 1 or 0 end
  local l, less = whole:loo().spectrum, run(mask)
  local s, sum, below = less:samples(), 0, 0
  local term, cdf = spectrum.pixels(whole.target, s.x)
  for i = 1, s.n do
    sum, below = sum + math.exp(term:row(i)[drop]), below + cdf:row(i)[drop]
  end
  test.ok(l.khat[drop] < 0.7)
  test.close(l.elpd[drop], math.log(sum / s.n), 0.03) -- averages over about 1000 draws
  test.ok(math.abs(l.pit[drop] - below / s.n) < 0.02)
  -- the density of every pixel at every sample, on request
  local path = os.tmpname()
  whole:save(path, { pixels = true })
  if os.execute("command -v h5dump >/dev/null 2>&1") == 0 then
    local pipe = io.popen("h5dump -m %.17g -d /log_likelihood/spectrum -s 0,0,30 -c 1,1,1 " .. path)
    local value = pipe:read("*a"):match("%(0,0,30%): (%S+)")
    pipe:close()
    local v = {} -- the sample that the file has there
    for i, p in ipairs(whole.free) do
      pipe = io.popen(("h5dump -m %%.17g -d /posterior/%s -s 0,0 -c 1,1 %s"):format(p[1], path))
      v[i] = math.log10(tonumber(pipe:read("*a"):match("%(0,0%): (%S+)")))
      pipe:close()
    end
    test.close(tonumber(value), (spectrum.pixels(whole.target, mat{ v })):row(1)[31], 1e-6)
  end
  os.remove(path)
  has(message(whole.save, whole, path, { pixel = true }), "did you mean 'pixels'")
end)

test.it("outliers among pixels", function()
  local o, g = replicated({ pixels = 120, err = 0.02, seed = 13, change = function(y) y[40], y[80] = 1.4 * y[40], 0.7 * y[80] end }, {})
  local function make_fit(spec) return fit{ data = o, model = g, seed = 2, sampler = sampler.ensemble{ walkers = 12, steps = 150 }, spec = spec,
    free = { ["sfh.psi"] = prior.loguniform(2, 12) } } end
  local f = make_fit{ f_out = prior.uniform(0, 0.3), n_out = 20 }:run{ progress = false }
  local q, s = f:summary():get("sfh.psi"), f:spectrum()
  test.ok(math.abs(q.median - 5) < 3 * (q.q84 - q.q16) / 2)
  test.ok(s.p_out[40] > 0.99 and s.p_out[80] > 0.99 and s.p_out[60] < 0.1 and s.gp == nil)
  test.ok(f:loo{ draws = 200 }.elpd > make_fit{}:run{ progress = false }:loo{ draws = 200 }.elpd + 20)
  same_after_loading(f)
  -- a catalogue hands them on
  local c = catalogue{ data = { o }, model = g, free = { ["sfh.psi"] = prior.loguniform(2, 12) }, spec = { f_out = 0.1 } }:fit(1)
  local _, a = c.target:lnprob{ math.log10(5) }
  local _, b = make_fit{ f_out = 0.1 }.target:lnprob{ math.log10(5) }
  test.eq(a[1], b[1])
  -- none of them is the Gaussian to the bit
  local x = { math.log10(5.1) }
  local function lnl(spec)
    local _, l = make_fit(spec).target:lnprob(x)
    return l[1]
  end
  test.eq(lnl{ f_out = 0, f_cal = 0 }, lnl{})
  test.eq(lnl{ gp = "matern32", gp_amplitude = 0, gp_length = 1 }, lnl{})
  test.ok(lnl{ f_cal = 0.05 } ~= lnl{})
end)

test.it("noise terms that do not go together are refused with what to change", function()
  local g = make()
  local function try(spec, free, more)
    more = more or {}
    local s = g:spectrum{ wave = linspace(4300, 7500, more.pixels or 30), R = 200 }
    local o = observation{ name = "src", redshift = 0.1, lines = more.none and { Halpha = { 1e-14, 1e-15 } } or nil,
      spectrum = not more.none and { wave = s.wave, flux = s.flux, err = s.flux * 0.02, R = 200, calibration = more.calibration, lines = more.lines } or nil }
    free = free or {}
    free.age = prior.loguniform(4e8, 2.5e9)
    return fit{ data = o, model = g, spec = spec, free = free }
  end
  local f_out = { f_out = prior.uniform(0, 0.3) }
  test.eq(try({ f_out = 0.1 }, nil, { calibration = { mode = "sampled", order = 2 } }).target.ndim, 1)
  has(message(try, f_out, nil, { calibration = { order = 2 } }), "calibration = { mode = 'sampled'")
  has(message(try, f_out, nil, { calibration = { mode = "profiled", order = 2 } }), "profiled")
  has(message(try, f_out, nil, { lines = { wave = { 5300 }, sd = 1e-14 } }), "lines of free flux")
  has(message(try, { f_out = 0.1, gp = "matern32" }), "leave one of the two out")
  has(message(try, { gp_amplitude = 0.1 }), "add spec = { gp = 'matern32' }")
  has(message(try, nil, { ["spec.gp_length"] = prior.loguniform(1e-3, 1) }), "add spec = { gp = 'matern32' }")
  has(message(try, { gp = "matern23" }), "did you mean 'matern32'")
  has(message(try, { gp = 3 }), "name of a kernel")
  has(message(try, { gp_amplitud = 0.1 }), "did you mean 'gp_amplitude'")
  has(message(try, { gp = "sqexp" }, nil, { pixels = 1501 }), "at most 1500: use gp = 'matern32'")
  has(message(try, { f_cal = 0.1 }, nil, { none = true }), "'src' has no spectrum")
  has(message(try, { gp = "matern32", gp_amplitude = 0.1, gp_length = 0.1 }, nil, { none = true }), "no spectrum")
  has(message(try, { f_out = 0.7 }), "0 .. 0.5")
  has(message(try, { n_out = prior.loguniform(5, 50) }), "give spec.f_out too")
  -- leave one out: a profiled polynomial is no density; nothing to leave out
  local f = fit{ data = try(nil, nil, { calibration = { mode = "profiled", order = 2 } }).data, model = g, seed = 1,
    sampler = sampler.ensemble{ walkers = 8, steps = 20 }, free = { age = prior.loguniform(4e8, 2.5e9) } }:run{ progress = false }
  has(message(f.loo, f), "mode = 'marginalised'")
  f = fit{ data = try(nil, nil, { none = true }).data, model = g, seed = 1, sampler = sampler.ensemble{ walkers = 8, steps = 20 },
    free = { age = prior.loguniform(4e8, 2.5e9) } }:run{ progress = false }
  has(message(f.loo, f), "the observation has none")
  has(message(f.save, f, os.tmpname(), { pixels = true }), "has no spectrum")
end)

test.it("line fluxes alone, limits as the fit says", function()
  local g = make()
  local F = g:line_flux("Halpha")
  local function lnl(value, err, kind, limits)
    local o = observation{ redshift = 0.1, lines = { Halpha = { value, err, kind } } }
    local f = fit{ data = o, model = g, limits = limits, free = { ["sfh.psi"] = prior.loguniform(0.5, 50) } }
    local _, l = f.target:lnprob{ math.log10(5) }
    return l[1]
  end
  test.close(lnl(1.1 * F, 0.1 * F), -0.5 - math.log(0.1 * F) - 0.5 * math.log(2 * math.pi), 1e-9)
  test.close(lnl(F, 0.1 * F, "limit"), math.log(0.5), 1e-9)
  test.close(lnl(1.1 * F, 0.1 * F, "limit", "measured"), lnl(1.1 * F, 0.1 * F), 1e-12)
  has(message(lnl, -1, 1, "limit"), "upper limit")
  has(message(function() observation{ lines = { Halpha = 3 } } end), "{ value, err")
  has(message(function() observation{ ew = { Halfa = { 3, 1 } } } end), "did you mean 'Halpha'")
  has(message(function() observation{ indices = { Hbeta = { 3, 1, line = { 1, 2 }, blue = { 1, 2 }, red = { 3, 4 } } } } end), "bands already")
  has(message(function()
    fit{ data = observation{ redshift = 0.1, lines = { Halfa = { 1, 1 } } }, model = g, free = { age = prior.uniform(1e8, 1e9) } }
  end), "did you mean 'Halpha'")
  has(message(function()
    fit{ data = observation{ redshift = 0.1, lines = { Halpha = { 1, 1 } } }, model = make{ nebular = false }, free = { age = prior.uniform(1e8, 1e9) } }
  end), "nebular.hii{}")
end)

test.it("samples picked for figures and checks come from all walkers", function()
  local list, seen, n = require("galua.pick")(9600, 300), {}, 0
  test.eq(#list, 300)
  for j, i in ipairs(list) do
    test.ok(i >= 1 and i <= 9600 and (j == 1 or i > list[j - 1]))
    if not seen[i % 32] then seen[i % 32], n = true, n + 1 end
  end
  test.eq(n, 32)
  test.eq(table.concat(require("galua.pick")(3, 10), " "), "1 2 3")
end)

-- ---------------------------------------------------------------- files
test.it("spectra from FITS, ECSV and CSV tables", function()
  local wave, y, e, log = {}, {}, {}, {}
  for i = 1, 40 do wave[i], y[i], e[i], log[i] = 5000 * 10 ^ (1e-4 * i), 2 + i / 10, 0.1, math.log10(5000) + 1e-4 * i end
  local function back(suffix, columns, meta, options)
    local path = os.tmpname() .. suffix
    tables.write(path, columns, meta)
    local ok, o
    if options then
      options.file = path
      ok, o = pcall(observation, { redshift = 0.1, spectrum = options })
    else
      ok, o = pcall(observation.read, path)
    end
    os.remove(path)
    if not ok then return nil, tostring(o) end
    return o:spectrum(), o
  end
  local unit = "1e-17 erg/s/cm2/A"
  local columns = { { name = "wavelength", unit = "Angstrom", values = wave }, { name = "flux", unit = unit, values = y },
    { name = "error", unit = unit, values = e } }
  local want = 1e-17 * 2.5 * wave[5] ^ 2 / 2.99792458e18 * 1e26
  for _, suffix in ipairs{ ".fits", ".ecsv", ".csv" } do
    local s, o = back(suffix, columns, { REDSHIFT = "0.1" })
    test.ok(s, suffix .. " " .. tostring(o))
    test.close(s.wave[40], wave[40], 1e-12)
    test.close(s.flux[5], want, 1e-6) -- lo hi against the square of the centre
    test.close(s.err[5] / s.flux[5], 0.04, 1e-9)
    test.eq(o.redshift, suffix ~= ".csv" and 0.1 or nil) -- tables.write keeps no metadata in CSV
  end
  -- as SDSS has it: log10 of the wavelength, inverse variance, dispersion in pixels, a mask, the unit elsewhere
  local ivar, wdisp, bad = {}, {}, {}
  for i = 1, 40 do ivar[i], wdisp[i], bad[i] = i == 3 and 0 or 100, 1.2, i == 9 and 4 or 0 end
  local sdss = { { name = "flux", values = y }, { name = "loglam", values = log }, { name = "ivar", values = ivar },
    { name = "and_mask", values = bad }, { name = "wdisp", values = wdisp } }
  local s = back(".fits", sdss, nil, { unit = unit, mask = (function() local m = {}; for i = 1, 40 do m[i] = i == 20 and 1 or 0 end return m end)() })
  test.eq(s.nused, 37)
  test.close(s.flux[5], want, 1e-6)
  test.close(s.err[5] / s.flux[5], 0.04, 1e-9)
  test.close(s.fwhm[20], wave[20] * 1.2 * 2.3548 * 1e-4 * math.log(10), 1e-3)
  local _, e1 = back(".fits", sdss)
  has(e1, "has no unit")
  local _, e2 = back(".fits", sdss, nil, { unit = unit, flux = y })
  has(e2, "leave out")
  columns[2].unit = "K"
  local _, e3 = back(".ecsv", columns)
  has(e3, "unit 'K' (temperature)")
  columns[2].unit, wave[7] = unit, wave[6]
  local _, e4 = back(".ecsv", columns)
  has(e4, "must ascend")
  has(message(observation, { spectrum = "/nowhere/s.fits" }), "/nowhere/s.fits")
end)
