-- Plans (include/galua/plan.h) against the whole grid, beyond the points that made them: random points of the widest priors from a seed that no plan
-- uses, corners of the box and points next to them. Every built-in filter at redshift 0.05, two-phase dust and every attenuation law, and all
-- components together. Then posteriors of compiled fits, NGC 3898 and mocks of it: what their draws are worth, weighed by the whole grid's likelihood.
-- Some 0.5 ms of one core a point, 20 s a plan, 30 s NGC 3898 and 8 s a mock; the output of a run is plans.out beside this file.
-- usage: galua scripts/validation/plans.lua [POINTS [MODEL...]]      POINTS (100000) of each model; MODEL: names below, ngc3898, mocks (or mocks=50)
local points = tonumber(arg and arg[1] or "") or 100000
local wanted = {}
for i = 2, arg and #arg or 0 do
  local name, n = arg[i]:match "^(%w+)=(%d+)$"
  wanted[name or arg[i]] = tonumber(n) or true
end
local function is_wanted(name) return next(wanted) == nil or wanted[name] end

local failed = 0
local function verdict(what, measured, allowed)
  local ok = measured <= allowed
  if not ok then failed = failed + 1 end
  print(("%-58s %10.2e  allowed %.0e  %s"):format(what, measured, allowed, ok and "ok" or "FAILED"))
  io.flush()
end

-- ------------------------------------------------------------------ every filter, every law
local function with(law, more)
  return function()
    local o = { redshift = 0.05, attenuation = attenuation[law]{} }
    return galaxy(o), more or {}
  end
end
local models = {
  { "two_phase", function() return galaxy{ redshift = 0.05 }, {} end },
  { "power_law", with("power_law", { ["attenuation.n"] = prior.uniform(-2, 0) }) },
  { "calzetti", with("calzetti") },
  { "salim18", with("salim18", { ["attenuation.E_b"] = prior.uniform(0, 6) }) }, -- the 2175 A feature
  { "cardelli", with("cardelli", { ["attenuation.R_V"] = prior.uniform(2, 6) }) },
  { "smc", with("smc") },
  { "lmc", with("lmc") },
  { "gordon16", with("gordon16", { ["attenuation.R_V"] = prior.uniform(2, 6) }) },
  { "all", function()
    return galaxy{ redshift = 0.05, nebular = nebular.hii{}, synchrotron = synchrotron.supernova{}, xrb = xrb.fragos13{}, agn = agn.torus{},
      igm = igm.inoue14{} }, {}
  end },
}

local function make(model, more)
  local obs, known = observation.new{ name = "every filter", redshift = 0.05 }, filter.names()
  local free = model:priors()
  for name, p in pairs(more) do free[name] = p end
  local flux = model:band_flux(filters(unpack(known)))
  for i, b in ipairs(filters(unpack(known))) do if flux[i] > 0 then obs:add(b, flux[i], 0.1 * flux[i]) end end
  return fit{ data = obs, model = model, free = free, plan = { cache = false }, seed = 1 }:compile{}
end

-- Raises where an error is above what was promised; the other points are compared all the same. The error is the largest until now.
local function compare(f, n, draw)
  local models, done = 0, 0
  while done < n do
    local m = math.min(1000, n - done)
    local ok, k = pcall(f.target.compare, f.target, f.target:prior_transform(draw(m, #f.free)))
    if not ok and not tostring(k):find("error", 1, true) then error(k, 0) end
    models, done = models + (ok and k or 0), done + m
  end
  return models, f.target.plan.worst
end

for _, m in ipairs(models) do
  if is_wanted(m[1]) then
    local f = make(m[2]())
    local p = f.target.plan
    if not p.used then error(m[1] .. ": " .. p.why) end
    print(("%s: %d filters, %d wavelengths, %.1f MB, made in %.1f s; %.2g at its own %d check points"):format(m[1], f.target.nbands, p.nodes,
      p.bytes / 1e6, p.seconds, p.error, p.checked))
    local r = random.stream(90210) -- plans draw from streams of their own
    local n, e = compare(f, points, function(rows, d)
      local u = mat(rows, d)
      for i = 1, rows do for k = 1, d do u[i][k] = r:uniform() end end
      return u
    end)
    verdict(("  %d random points"):format(n), e, 1e-6)
    n, e = compare(f, 1000, function(rows, d)
      local u = mat(rows, d)
      for i = 1, rows do for k = 1, d do u[i][k] = r:uniform() < 0.5 and 0 or 1 end end
      return u
    end)
    verdict(("  and %d corners"):format(n), e, 1e-6)
    n, e = compare(f, 3000, function(rows, d) -- next to corners: within 1e-10 .. 1 of the ends
      local u = mat(rows, d)
      for i = 1, rows do
        for k = 1, d do
          local near = 10 ^ (-10 * r:uniform())
          u[i][k] = r:uniform() < 0.5 and near or 1 - near
        end
      end
      return u
    end)
    verdict(("  and %d points next to corners"):format(n), e, 1e-6)
  end
end

-- ------------------------------------------------------------------ posteriors
local obs = observation.read(data.path("photometry/ngc3898.ecsv"))
local function ngc(of, plan, how)
  return fit{ data = of, model = galaxy{ sfh = sfh.delayed{}, redshift = obs.redshift, distance = obs.distance }, seed = 1, plan = plan,
    noise = noise.calibration{ floor = 0.05 }, sampler = how,
    free = { age = prior.loguniform(1e9, 1.3e10), ["sfh.norm"] = prior.loguniform(1e-2, 1e3), ["sfh.tau"] = prior.loguniform(1e8, 1e10),
      ["sfh.Z"] = prior.loguniform(1e-3, 0.04), ["sfh.Mdust"] = prior.loguniform(1e5, 1e9), ["ism.f_MC"] = prior.uniform(0, 1),
      ["ism.N_MC"] = prior.loguniform(1, 1e6), ["ism.tau_esc"] = prior.loguniform(1e6, 1e8), ["ism.Rdust"] = prior.loguniform(1e2, 1e5),
      ["ism.f_PAH"] = prior.uniform(0, 0.6) } }
end

-- Samples of equal weight, weighed by the ratio of the exact and the plan's likelihood: the largest shift of a mean in standard deviations, that of
-- ln Z, samples.
local function reweighed(f, of)
  local s = f:samples()
  if s.n < 5000 then error(("only %d samples"):format(s.n)) end
  local _, exact = ngc(of, false, f.sampler).target:lnprob(s.x)
  local total, shift, ratio = 0, 0, {}
  for i = 1, s.n do
    ratio[i] = math.exp(exact[i] - s.lnlike[i])
    total = total + ratio[i]
  end
  for k = 1, #f.free do
    local a, b, v = 0, 0, 0
    for i = 1, s.n do a, b = a + s.x[i][k] / s.n, b + ratio[i] / total * s.x[i][k] end
    for i = 1, s.n do v = v + (s.x[i][k] - a) ^ 2 / s.n end
    shift = math.max(shift, math.abs(a - b) / math.sqrt(v))
  end
  return shift, math.abs(math.log(total / s.n)), s.n
end

if is_wanted("ngc3898") then
  local f = ngc(obs, true, sampler.nested{ live = 1000 })
  local start = os.clock()
  f:run{ progress = false }
  local shift, lnz, n = reweighed(f, obs)
  print(("ngc3898: %.1f s of processor time, %d samples, ln Z = %.3f, plan made in %.1f s"):format(os.clock() - start, n, f.engine.lnz,
    f.target.plan.seconds))
  verdict("  largest error at the samples", f.target.plan.worst, 1e-6)
  verdict("  largest shift of a mean, in standard deviations", shift, 0.02)
  verdict("  shift of ln Z", lnz, 0.02)
end

-- Galaxies of the prior in the bands of NGC 3898, with errors of 10, 3 and 30 %.
if is_wanted("mocks") then
  local count, r = type(wanted.mocks) == "number" and wanted.mocks or 50, random.stream(3898)
  local first = ngc(obs, false, sampler.ensemble{})
  local worst, shift, lnz, least, again = 0, 0, 0, math.huge, 0
  local start = os.clock()
  for i = 1, count do
    local g, mock = first.model:copy(), observation.new{ name = "mock " .. i, redshift = obs.redshift, distance = obs.distance }
    local u = mat(1, #first.free)
    local flux, list = nil, {}
    for _, row in ipairs(obs:rows()) do list[#list + 1] = row.filter end
    repeat
      for k = 1, #first.free do u[1][k] = r:uniform() end
      first.target:values(first.target:prior_transform(u):row(1), g)
      local ok, seen = pcall(g.band_flux, g, list)
      flux = ok and seen or nil
    until flux
    local share = ({ 0.1, 0.03, 0.3 })[i % 3 + 1]
    for k, band in ipairs(list) do
      local err = share * flux[k]
      mock:add(band, flux[k] + err * r:normal(), err)
    end
    local f = ngc(mock, true, sampler.ensemble{ walkers = 64, steps = 1440, thin = 12 })
    f:run{ progress = false }
    if not f.target.plan then -- the run left the plan, as it said: its likelihoods are exact
      again = again + 1
      print(("  mock %2d: errors of %2.0f %%: began again on the whole grid"):format(i, 100 * share))
    else
      local a, b, n = reweighed(f, mock)
      worst, shift, lnz, least = math.max(worst, f.target.plan.worst), math.max(shift, a), math.max(lnz, b), math.min(least, n)
      print(("  mock %2d: errors of %2.0f %%, %d samples, ln L %.1f at best: error %.1e, mean %.1e sd, ln Z %.1e"):format(i, 100 * share, n,
        f:samples().lnlike:max(), f.target.plan.worst, a, b))
    end
    io.flush()
  end
  print(("mocks: %d, %d began again on the whole grid, %.0f s of processor time, at least %d samples of each"):format(count, again, os.clock() - start, least))
  verdict("  largest error at the samples", worst, 1e-6)
  verdict("  largest shift of a mean, in standard deviations", shift, 0.02)
  verdict("  shift of ln Z", lnz, 0.02)
end
if failed > 0 then
  print(("%d of these failed"):format(failed))
  os.exit(1)
end
