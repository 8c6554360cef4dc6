-- fit{}: from photometry to an audited posterior. Mock photometry of a known galaxy, few free parameters, short chains.
local test = require "galua.test"
local core = require "galua.core"

local disc = dofile("tests/lua/disc.lua")("SDSS.griz", "2MASS", "WISE.W3", "Herschel.PACS")
local bands, truth = disc.bands, disc.truth

local function mock(kind)
  return disc.data(function(band, flux)
    if kind == "limit" and band == bands[#bands].name then return 1.5 * flux, "limit" end
    return flux
  end)
end

local function make(options)
  local o = { dust = true, sampler = sampler.ensemble{ walkers = 24, steps = 400, thin = 2 } }
  for k, v in pairs(options or {}) do o[k] = v end
  return disc.fit(o)
end

local function tmp() return os.tmpname() .. ".h5" end
local message = test.message

-- dimensions of an array in a file, as another program sees it
local ffi = require "ffi"
ffi.cdef [[
typedef struct gal_h5 gal_h5;
typedef struct fit_test_info { int type, rank; size_t dims[8]; bool extendible; } fit_test_info;
int gal_h5_open(gal_h5 **, const char *);
int gal_h5_close(gal_h5 *);
int gal_h5_describe(gal_h5 *, const char *, fit_test_info *);
]]
local function shape(path, name)
  local h, info, out = ffi.new("gal_h5 *[1]"), ffi.new("fit_test_info"), {}
  assert(ffi.C.gal_h5_open(h, path) == 0)
  assert(ffi.C.gal_h5_describe(h[0], name, info) == 0, name)
  for i = 1, info.rank do out[i] = tonumber(info.dims[i - 1]) end
  ffi.C.gal_h5_close(h[0])
  return out
end

test.describe("fit", function()
  test.it("recovers the parameters of a mock galaxy and their derived quantities", function()
    local f = make{ sampler = sampler.ensemble{ walkers = 32, steps = 1500 } }:run{ progress = false }
    local s = f:summary()
    for name, want in pairs { age = 4e9, ["sfh.norm"] = 20, ["sfh.Mdust"] = 3e7, Mstar = truth():derived().Mstar,
      LIR = truth():derived().LIR } do
      local r = s:get(name)
      local sigma = 0.5 * (r.q84 - r.q16)
      -- exact data: the posterior median may differ from the truth by prior volume, well under two sigma
      test.ok(math.abs(r.median - want) < 2 * sigma, ("%s: %g, want %g within %g"):format(name, r.median, want, 2 * sigma))
    end
    test.ok(s.chi2 / s.nbands < 0.2, "exact data fit better than their errors")
    local best = f:best()
    test.close(best:band_flux(bands)[3], truth():band_flux(bands)[3], 0.05)
  end)

  test.it("gives the same bits with 1, 2 and 4 threads", function()
    local before, sums = threads(), {}
    for i, n in ipairs { 1, 2, 4 } do
      threads(n)
      local s = make{ sampler = sampler.ensemble{ walkers = 24, steps = 60 } }:run{ progress = false }:samples()
      sums[i] = ("%.17g %.17g"):format(s.lnlike:sum(), s.x:col(1):sum())
    end
    threads(before)
    test.eq(sums[1], sums[2])
    test.eq(sums[1], sums[3])
  end)

  test.it("stores a file that rebuilds the model, its likelihoods and the state", function()
    local path = tmp()
    local f = make():run{ out = path, progress = false }
    local g = load_fit(path, { ssp = disc.table })
    local a, b = f:samples(), g:samples()
    test.eq(a.n, b.n)
    -- what other programs should leave out of the stored chain is what the samples leave out
    test.eq(a.n, f.engine.walkers * (f.engine.stored - tonumber(galua.result_texts(path).burn_in)))
    test.eq(table.concat(shape(path, "posterior/age"), " "), ("%d %d"):format(f.engine.walkers, a.n / f.engine.walkers))
    test.eq(table.concat(shape(path, "warmup_posterior/age"), " "), ("%d %s"):format(f.engine.walkers, galua.result_texts(path).burn_in))
    test.eq(shape(path, "log_likelihood/flux")[2], a.n / f.engine.walkers)
    for i = 1, a.n, 97 do
      local lp, ll = g.target:lnprob(b.x:row(i))
      test.eq(ll[1], a.lnlike[i])
      test.eq(lp[1], a.lnprior[i])
    end
    for _, name in ipairs { "age", "sfh.Mdust", "Mstar", "T_dust" } do
      test.eq(f:summary():get(name).median, g:summary():get(name).median)
      test.eq(f:summary():get(name).tau, g:summary():get(name).tau)
    end
    f:run{ more = 50, progress = false }
    g:run{ more = 50, progress = false }
    test.eq(f:samples().lnlike:sum(), g:samples().lnlike:sum())
    os.remove(path)
  end)

  test.it("resumes to the same bits as a run that never stopped", function()
    local path = tmp()
    make{ sampler = sampler.ensemble{ walkers = 24, steps = 150, thin = 2 } }:run{ out = path, progress = false }
    local resumed = make():run{ out = path, resume = true, progress = false }
    local whole = make():run{ progress = false }
    test.eq(resumed.ensemble.steps, 400)
    test.eq(resumed:samples().lnlike:sum(), whole:samples().lnlike:sum())
    os.remove(path)
  end)

  test.it("runs until a number of steps, or for more of them", function()
    local f = make{ sampler = sampler.ensemble{ walkers = 24, steps = 30 } }:run{ progress = false }
    test.eq(f.engine.steps, 30)
    f:run{ more = 10, progress = false }
    test.eq(f.engine.steps, 40)
    f:run{ ["until"] = 45, progress = false }
    test.eq(f.engine.steps, 45)
    f:run{ ["until"] = 45, progress = false }:run{ progress = false }
    test.eq(f.engine.steps, 45)
    test.eq(message(function() f:run{ more = 1, ["until"] = 50 } end), "fit:run: give either more (steps from here) or until (steps in all)")
    test.eq(message(function() f:run{ more = 0.5 } end), "fit:run: more must be a whole number of steps, 1 or more, got 0.5")
  end)

  test.it("slices: tuned, no draws before that, the same posterior", function()
    local a = make{ sampler = sampler.slice{ walkers = 24, steps = 150 } }:run{ progress = false }
    test.ok(a.engine.tuned > 5 and a.engine.tuned < 60, a.engine.tuned)
    test.ok(a.engine.acceptance:min() == 1)
    local s, t = a:summary(), make{ sampler = sampler.ensemble{ walkers = 32, steps = 1500 } }:run{ progress = false }:summary()
    for _, name in ipairs { "age", "sfh.norm", "sfh.Mdust", "LIR" } do
      local x, y = s:get(name), t:get(name)
      test.ok(math.abs(x.median - y.median) < 0.25 * (y.q84 - y.q16), name)
    end
    local short = make{ sampler = sampler.slice{ walkers = 24, steps = 8 } }:run{ progress = false }
    test.eq(short.engine.tuned, false)
    test.ok(tostring(short:summary()):find("not tuned yet", 1, true))
  end)

  test.it("refuses a file of another fit and says what differs", function()
    local path = tmp()
    make{ sampler = sampler.ensemble{ walkers = 24, steps = 20 } }:run{ out = path, progress = false }
    local text = message(function()
      make{ free = { age = prior.uniform(1e9, 1.2e10), ["sfh.norm"] = prior.loguniform(1, 300), ["sfh.Mdust"] = prior.loguniform(1e6, 1e9) } }
        :run{ out = path, resume = true, progress = false }
    end)
    test.ok(text:find("belongs to another fit", 1, true), text)
    test.ok(text:find("priors", 1, true), text)
    test.ok(not text:find("data", 1, true), text)
    os.remove(path)
  end)

  test.it("takes a Lua function of the sampled coordinate as a prior", function()
    local f = make{ free = { age = function(x) return -0.5 * ((x - 9.5) / 5e-4) ^ 2 end, ["sfh.norm"] = prior.loguniform(1, 300) } }
    f:run{ progress = false }
    test.close(math.log10(f:summary():get("age").median), 9.5, 2e-4) -- the prior is narrower than the data
    test.ok(message(function() make{ free = { age = function() return "x" end } } end):find("prior function of 'age' gives x", 1, true))
  end)

  test.it("treats limits as asked", function()
    local x = { 9.6, 1.3, 7.5 }
    local values = {}
    for _, mode in ipairs { "measured", "censored", "onesided", "cut" } do
      local f = make{ data = mock("limit"), limits = mode }
      local _, ll = f.target:lnprob(x)
      values[mode] = ll[1]
    end
    -- the limit lies 10 sigma above the model: censored, one-sided and cut agree that it costs nothing
    test.close(values.onesided, values.cut, 1e-12)
    test.close(values.censored, values.cut, 1e-9)
    test.ok(values.measured < values.cut - 20)
  end)

  test.it("fits the fractional error of the model", function()
    local f = make{ noise = noise.calibration{ f_cal = prior.loguniform(1e-3, 0.3) } }
    test.eq(f.target.names[#f.target.names], "noise.f_cal")
    f:run{ progress = false }
    test.ok(f:summary():get("noise.f_cal").median < 0.1)
  end)

  test.it("draws figures and lists residuals", function()
    local f = make{ sampler = sampler.ensemble{ walkers = 24, steps = 100 } }:run{ progress = false }
    for _, figure in ipairs { f:plot_sed{ draws = 20 }, f:corner(), f:plot_sfh{ draws = 20, points = 50 } } do
      local svg = figure:svg()
      test.ok(svg:find("<svg", 1, true) and #svg > 5000)
    end
    test.eq(#f:residuals(), #bands)
  end)
end)

test.describe("fit: what is wrong is said", function()
  local cases = {
    { "no data", function() fit{ model = truth(), free = { age = prior.uniform(1, 2) } } end,
      "fit: 'data' is missing: an observation, such as observation.read(file)" },
    { "no model", function() fit{ data = mock(), free = { age = prior.uniform(1, 2) } } end,
      "fit: 'model' is missing: a galaxy, such as galaxy{}" },
    { "nothing free", function() fit{ data = mock(), model = truth(), free = {} } end,
      "fit: 'free' is missing: a table of parameter = prior, such as { age = prior.loguniform(1e8, 1.3e10) }" },
    { "unknown parameter", function() make{ free = { ["sfh.tua"] = prior.uniform(0, 1) } } end,
      "fit: free: this galaxy has no parameter 'sfh.tua', did you mean 'sfh.tau'?" },
    { "not a prior", function() make{ free = { age = 3 } } end,
      "fit: free.age must be a prior (prior.uniform(lo, hi), ...) or a function, got number" },
    { "unknown option", function() make{ nose = {} } end, "fit: unknown option 'nose', did you mean 'noise'?" },
    { "limits", function() make{ limits = "censord" } end,
      message(function() make{ limits = "censord" } end) },
    { "not run", function() make():summary() end, "this fit has no samples yet: call fit:run{}" },
    { "no such method", function() return make().sumary end, "a fit has no field or method 'sumary', did you mean 'summary'?" },
    { "not a results file", function() load_fit("Makefile") end, message(function() load_fit("Makefile") end) },
    { "noise", function() noise.calibration{ flor = 0.1 } end, "noise.calibration: unknown option 'flor', did you mean 'floor'?" },
  }
  for _, c in ipairs(cases) do
    test.it(c[1], function()
      local text = message(c[2])
      test.eq(text, c[3])
      test.ok(not text:find("\n"), "one line")
    end)
  end
end)
