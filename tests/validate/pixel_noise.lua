-- T-16: noise of pixels, simulation-based calibration (Talts et al. 2018). Parameters are drawn from the prior, pixels from the model with noise of
-- those parameters and a polynomial of random coefficients; where the truth lies in its posterior, as the share of draws below it, must
-- be uniform over the mocks. Then leave-one-out PITs of the pixels must be.
--   1  correlated noise (matern32), scale of the errors, polynomial marginalised
--   2  outliers and f_cal
-- usage: galua tests/validate/pixel_noise.lua [MOCKS]     prints measured and allowed; status 1 when a line is not met
local mocks = tonumber((...) or "") or 40
local failed = 0
local function line(what, value, allowed)
  local ok = value <= allowed
  if not ok then failed = failed + 1 end
  print(("T-16 %-66s %9.3g %9.3g  %s"):format(what, value, allowed, ok and "ok" or "FAIL"))
end

local n, sd, order = 150, 0.05, 3
galua.threads(1) -- batches of six points of 0.1 ms
local g = galaxy{ sfh = sfh.constant{ psi = 5 }, age = 2e9, redshift = 0.1, ism = false }
local s = g:spectrum{ wave = linspace(4500, 7500, n), R = 400, library = -1 }
local function observed(flux, calibration)
  return observation{ name = "mock", redshift = 0.1, spectrum = { wave = s.wave, flux = flux, err = s.flux * 0.02, R = 400, library = -1,
    calibration = calibration } }
end

-- sqrt(mocks) times the largest distance of the values to a uniform distribution: above 1.95 with p = 0.001 (Kolmogorov)
local function distance(u)
  table.sort(u)
  local d = 0
  for i = 1, #u do d = math.max(d, i / #u - u[i], u[i] - (i - 1) / #u) end
  return d * (math.sqrt(#u) + 0.12 + 0.11 / math.sqrt(#u))
end

local function calibrate(name, priors, spec, polynomial)
  local list, names = {}, {}
  for k in pairs(priors) do names[#names + 1] = k end
  table.sort(names)
  for _, k in ipairs(names) do list[k] = {} end
  local pits, inside = {}, 0
  local calibration = polynomial and { order = order, sd = sd } or nil
  for mock = 1, mocks do
    local rng = random.stream(16, mock, #names)
    local dummy = fit{ data = observed(s.flux), model = g, free = priors, spec = spec }
    local u = {}
    for i = 1, #dummy.free do u[i] = rng:uniform() end
    local x = dummy.target:prior_transform(mat{ u })
    local rows = spectrum.of_fit(dummy.target, x, mock)
    local y, m = rows.y:row(1), rows.model:row(1)
    for k = 1, polynomial and order or 0 do
      local c = sd * rng:normal()
      for i = 1, n do y[i] = y[i] + m[i] * c * math.cos(k * math.acos(-1 + 2 * (i - 1) / (n - 1))) end
    end
    local f = fit{ data = observed(y, calibration), model = g, free = priors, spec = spec, seed = mock,
      sampler = sampler.ensemble{ walkers = 12, steps = 800 } }
    f:run{ progress = false }
    local draws = f:samples().x
    for i, p in ipairs(f.free) do
      local below, col = 0, draws:col(i)
      for j = 1, draws.rows do below = below + (col[j] < x:row(1)[i] and 1 or 0) end
      list[p[1]][mock] = below / draws.rows
      local z = below / draws.rows
      inside = inside + (z > 0.16 and z < 0.84 and 1 or 0)
    end
    local pit = f:loo{ draws = 200 }.spectrum.pit
    for i = 1 + mock % 10, n, 10 do pits[#pits + 1] = pit[i] end -- pixels some lengths apart
  end
  for _, k in ipairs(names) do line(("%s: %s, Kolmogorov's statistic"):format(name, k), distance(list[k]), 1.95) end
  local share, total = inside / (mocks * #names), mocks * #names
  line(("%s: 68 %% intervals hold %.3f of the truths, in sigma"):format(name, share), math.abs(share - 0.68) / math.sqrt(0.68 * 0.32 / total), 3.3)
  line(("%s: PIT of %d pixels left out, Kolmogorov's statistic"):format(name, #pits), distance(pits), 1.95)
end

calibrate("correlated noise", { ["sfh.psi"] = prior.loguniform(3, 8), ["spec.gp_amplitude"] = prior.loguniform(0.01, 0.1),
  ["spec.gp_length"] = prior.loguniform(3e-3, 0.05), ["spec.ln_scale"] = prior.uniform(-0.5, 0.5) }, { gp = "matern32" }, true)
calibrate("outliers", { ["sfh.psi"] = prior.loguniform(3, 8), ["spec.f_out"] = prior.uniform(0, 0.3),
  ["spec.f_cal"] = prior.loguniform(0.01, 0.1) }, { n_out = 10 }, false)
os.exit(failed == 0 and 0 or 1)
