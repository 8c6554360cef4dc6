-- Plans (include/galua/plan.h) against the whole grid, beyond the points that made them: random points of the widest priors from a seed that no plan
-- uses, 1000 corners of the box, and the samples of a run. Every built-in filter at redshift 0.05, two-phase dust and every attenuation law, and all
-- components together. Then NGC 3898: what the posterior of the plan's likelihood is worth, its samples weighed by the whole grid's.
-- usage: galua scripts/validation/plans.lua [POINTS [MODEL...]]      POINTS (100000) of each model; MODEL: names below, ngc3898
local points = tonumber(arg and arg[1] or "") or 100000
local wanted = {}
for i = 2, arg and #arg or 0 do wanted[arg[i]] = true end
local function is_wanted(name) return next(wanted) == nil or wanted[name] end

local failed = 0
local function verdict(what, measured, allowed)
  local ok = measured <= allowed
  if not ok then failed = failed + 1 end
  print(("%-58s %10.2e  allowed %.0e  %s"):format(what, measured, allowed, ok and "ok" or "FAILED"))
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

local function compare(f, n, draw)
  local models, worst, done = 0, 0, 0
  while done < n do
    local m = math.min(1000, n - done)
    local x = f.target:prior_transform(draw(m, #f.free))
    local k, e = f.target:compare(x)
    models, worst, done = models + k, math.max(worst, e), done + m
  end
  return models, worst
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

-- ------------------------------------------------------------------ a posterior
if is_wanted("ngc3898") then
  local obs = observation.read(data.path("photometry/ngc3898.ecsv"))
  local function ngc(plan)
    return fit{ data = obs, model = galaxy{ sfh = sfh.delayed{}, redshift = obs.redshift, distance = obs.distance }, seed = 1, plan = plan,
      noise = noise.calibration{ floor = 0.05 }, sampler = sampler.nested{ live = 1000 },
      free = { age = prior.loguniform(1e9, 1.3e10), ["sfh.norm"] = prior.loguniform(1e-2, 1e3), ["sfh.tau"] = prior.loguniform(1e8, 1e10),
        ["sfh.Z"] = prior.loguniform(1e-3, 0.04), ["sfh.Mdust"] = prior.loguniform(1e5, 1e9), ["ism.f_MC"] = prior.uniform(0, 1),
        ["ism.N_MC"] = prior.loguniform(1, 1e6), ["ism.tau_esc"] = prior.loguniform(1e6, 1e8), ["ism.Rdust"] = prior.loguniform(1e2, 1e5),
        ["ism.f_PAH"] = prior.uniform(0, 0.6) } }
  end
  local f = ngc(true)
  local start = os.clock()
  f:run{ progress = false }
  local s, whole = f:samples(), ngc(false)
  print(("ngc3898: %.1f s of processor time, %d samples, ln Z = %.3f, plan made in %.1f s"):format(os.clock() - start, s.n, f.engine.lnz,
    f.target.plan.seconds))
  local _, exact = whole.target:lnprob(s.x)
  local total, shift, ratio = 0, 0, {} -- samples of equal weight
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
  if s.n < 5000 then error(("only %d samples"):format(s.n)) end
  verdict("  largest error at the samples", f.target.plan.worst, 1e-6)
  verdict("  largest shift of a mean, in standard deviations", shift, 0.02)
  verdict("  shift of ln Z", math.abs(math.log(total / s.n)), 0.02)
end
if failed > 0 then
  print(("%d of these failed"):format(failed))
  os.exit(1)
end
