-- Populations from posteriors (hierarchy{...}) against known answers. Sources have a log mass and a log sSFR that is linear in it, with scatter; each is
-- observed with Gaussian errors, its posterior under a flat prior is known and drawn from. Then
--   seeds      5 hyperparameters from 500 sources of 200 draws, 20 seeds: truths inside central 95 %, widths against the Fisher forecast
--   selection  the same where sources below a limit in observed mass are never seen
--   sbc        100 small populations whose hyperparameters are drawn from their priors: ranks of the truths are uniform
--   noise      10 populations with fewer and fewer draws per source: what the quoted noise of ln L says about the medians
-- usage: galua scripts/validation/hierarchy.lua [PART...]
io.stdout:setvbuf("line")
local wanted = {}
for i = 1, arg and #arg or 0 do wanted[arg[i]] = true end
local function is_wanted(part) return next(wanted) == nil or wanted[part] end
local failed, passed = 0, 0
local function verdict(what, ok, measured)
  if ok then passed = passed + 1 else failed = failed + 1 end
  print(("%-70s %-30s %s"):format(what, measured, ok and "ok" or "FAILED"))
end

local names = { "a", "b", "mu", "s", "tau" }
local law = { M = { mean = "mu", sd = "tau" }, y = { mean = "a", sd = "s", slope = { M = "b" }, pivot = { M = 10 } } }
local free = { mu = prior.uniform(8, 12), tau = prior.loguniform(0.1, 2), a = prior.uniform(-12, -8), b = prior.uniform(-1.5, 1.5), s = prior.loguniform(0.05, 2) }
local err_m, err_y = 0.15, 0.25

-- n sources that are found (observed mass above `limit`), `draws` of each; how many there were
local function observe(r, p, n, draws, limit)
  local list, all = {}, 0
  while #list < n do
    local m = p.mu + p.tau * r:normal()
    local y = p.a + p.b * (m - 10) + p.s * r:normal()
    local om, oy = m + err_m * r:normal(), y + err_y * r:normal()
    all = all + 1
    if om > limit then
      local d = { M = {}, y = {} }
      for s = 1, draws do d.M[s], d.y[s] = om + err_m * r:normal(), oy + err_y * r:normal() end
      list[#list + 1] = d
    end
  end
  return list, all
end

-- Standard deviations from the Fisher matrix of n observed pairs: Gaussian with mean and covariance of population plus errors
local function forecast(p, n)
  local function moments(q)
    return { q.mu, q.a + q.b * (q.mu - 10) }, { q.tau ^ 2 + err_m ^ 2, q.b * q.tau ^ 2, q.b ^ 2 * q.tau ^ 2 + q.s ^ 2 + err_y ^ 2 }
  end
  local _, c = moments(p)
  local det = c[1] * c[3] - c[2] ^ 2
  local i = { c[3] / det, -c[2] / det, c[1] / det } -- inverse
  local dm, dc = {}, {}
  for k, name in ipairs(names) do
    local q, h = {}, 1e-5
    for key, v in pairs(p) do q[key] = v end
    q[name] = p[name] + h
    local mp, cp = moments(q)
    q[name] = p[name] - h
    local mm, cm = moments(q)
    dm[k] = { (mp[1] - mm[1]) / (2 * h), (mp[2] - mm[2]) / (2 * h) }
    local d = {}
    for j = 1, 3 do d[j] = (cp[j] - cm[j]) / (2 * h) end
    -- C^-1 dC
    dc[k] = { i[1] * d[1] + i[2] * d[2], i[1] * d[2] + i[2] * d[3], i[2] * d[1] + i[3] * d[2], i[2] * d[2] + i[3] * d[3] }
  end
  local f = {}
  for k = 1, 5 do
    f[k] = {}
    for l = 1, 5 do
      local a, b, x, y = dm[k], dm[l], dc[k], dc[l]
      f[k][l] = n * (a[1] * (i[1] * b[1] + i[2] * b[2]) + a[2] * (i[2] * b[1] + i[3] * b[2]) +
        0.5 * (x[1] * y[1] + x[2] * y[3] + x[3] * y[2] + x[4] * y[4]))
    end
  end
  -- inverse by Gauss-Jordan
  local g = {}
  for k = 1, 5 do
    g[k] = {}
    for l = 1, 5 do g[k][l] = k == l and 1 or 0 end
  end
  for k = 1, 5 do
    local t = f[k][k]
    for l = 1, 5 do f[k][l], g[k][l] = f[k][l] / t, g[k][l] / t end
    for m = 1, 5 do
      if m ~= k then
        local u = f[m][k]
        for l = 1, 5 do f[m][l], g[m][l] = f[m][l] - u * f[k][l], g[m][l] - u * g[k][l] end
      end
    end
  end
  local sd = {}
  for k, name in ipairs(names) do sd[name] = math.sqrt(g[k][k]) end
  return sd
end

local function inside(h, p)
  local yes = {}
  for _, row in ipairs(h.rows) do yes[row.name] = p[row.name] >= row.q025 and p[row.name] <= row.q975 end
  return yes
end

local truth = { mu = 10.3, tau = 0.5, a = -10, b = -0.3, s = 0.25 }

if is_wanted("seeds") then
  local hit, width, trusted, noise = {}, {}, 0, 0
  local sd = forecast(truth, 500)
  for seed = 1, 20 do
    local h = hierarchy{ data = observe(random.stream(100 + seed), truth, 500, 200, -math.huge), quantities = { "M", "y" }, law = law, free = free, seed = seed }
    h:run{}
    trusted, noise = trusted + (h.trusted and 1 or 0), math.max(noise, h.noise)
    for name, yes in pairs(inside(h, truth)) do hit[name] = (hit[name] or 0) + (yes and 1 or 0) end
    for _, row in ipairs(h.rows) do width[row.name] = (width[row.name] or 0) + row.sd / sd[row.name] / 20 end
  end
  for _, name in ipairs(names) do
    verdict(("seeds: %s inside its central 95 %% in at least 17 of 20"):format(name), hit[name] >= 17, ("%d"):format(hit[name]))
    verdict(("seeds: width of %s at most 1.3 of the Fisher forecast"):format(name), width[name] <= 1.3, ("%.3f"):format(width[name]))
  end
  verdict("seeds: trusted in at least 19 of 20", trusted >= 19, ("%d, noise at most %.3f"):format(trusted, noise))
end

if is_wanted("selection") then
  local limit, hit, blind = 10.2, {}, 0
  for seed = 1, 20 do
    local r = random.stream(300 + seed)
    local list = observe(r, truth, 300, 200, limit)
    -- mocks of a wide population, found or not by the same survey
    local mocks, lnq, drawn = { M = {}, y = {} }, {}, 0
    while #lnq < 10000 do
      local m, y = 10.2 + 0.8 * r:normal(), -10 + 0.8 * r:normal()
      drawn = drawn + 1
      if m + err_m * r:normal() > limit then
        lnq[#lnq + 1] = -0.5 * (((m - 10.2) / 0.8) ^ 2 + ((y + 10) / 0.8) ^ 2) - 2 * math.log(0.8) - math.log(2 * math.pi)
        mocks.M[#lnq], mocks.y[#lnq] = m, y
      end
    end
    local given = { data = list, quantities = { "M", "y" }, law = law, free = free, seed = seed, selection = { mocks = mocks, lnq = lnq, drawn = drawn } }
    local h = hierarchy(given)
    h:run{}
    for name, yes in pairs(inside(h, truth)) do hit[name] = (hit[name] or 0) + (yes and 1 or 0) end
    given.selection = nil
    local g = hierarchy(given)
    g:run{}
    blind = blind + (inside(g, truth).mu and 1 or 0)
  end
  for _, name in ipairs(names) do verdict(("selection: %s inside its central 95 %% in at least 17 of 20"):format(name), hit[name] >= 17, ("%d"):format(hit[name])) end
  verdict("selection: without it the mean mass is wrong", blind == 0, ("right in %d of 20"):format(blind))
end

if is_wanted("sbc") then
  local n, ranks = 100, {}
  for _, name in ipairs(names) do ranks[name] = {} end
  for k = 1, n do
    local r, p = random.stream(1000 + k), {}
    for _, name in ipairs(names) do p[name] = free[name]:quantile(r:uniform()) end
    local h = hierarchy{ data = observe(r, p, 60, 300, -math.huge), quantities = { "M", "y" }, law = law, free = free, seed = k }
    h:run{ ess = 1000 }
    local x = h.engine:result().x
    for i, name in ipairs(h.names) do
      local below, value = 0, free[name].log and math.log10(p[name]) or p[name]
      for s = 1, #x do below = below + (x[s][i] < value and 1 or 0) end
      ranks[name][k] = (below + 0.5) / (#x + 1)
    end
  end
  for _, name in ipairs(names) do
    local u, d = vec(ranks[name]):sort(), 0
    for k = 1, n do d = math.max(d, k / n - u[k], u[k] - (k - 1) / n) end
    -- Kolmogorov-Smirnov: exceeded in 1 % of right samplers, five of them: 1.73/sqrt(n) keeps the whole at 1 %
    verdict(("sbc: ranks of %s among %d populations are uniform"):format(name, n), d < 1.73 / math.sqrt(n), ("D = %.3f, allowed %.3f"):format(d, 1.73 / math.sqrt(n)))
  end
end

if is_wanted("noise") then
  local tries, worst = { 200, 50, 15, 6 }, 0
  local shift, noise = {}, {}
  for seed = 1, 10 do
    local many = observe(random.stream(2000 + seed), truth, 150, 800, -math.huge)
    local function fit(draws)
      local list = {}
      for i, d in ipairs(many) do
        list[i] = { M = {}, y = {} }
        for s = 1, draws do list[i].M[s], list[i].y[s] = d.M[s], d.y[s] end
      end
      return hierarchy{ data = list, quantities = { "M", "y" }, law = law, free = free, seed = seed }:run{}
    end
    local a = fit(800)
    for k, draws in ipairs(tries) do
      local b = fit(draws)
      for i, row in ipairs(a.rows) do shift[k] = (shift[k] or 0) + ((b.rows[i].median - row.median) / row.sd) ^ 2 / 50 end
      noise[k] = (noise[k] or 0) + b.noise / 10
    end
  end
  for k, draws in ipairs(tries) do
    print(("noise: %4d draws a source: noise %.3f, medians move by %.2f of their errors (rms)"):format(draws, noise[k], math.sqrt(shift[k])))
    if noise[k] <= 0.1 then worst = math.max(worst, math.sqrt(shift[k])) end
  end
  verdict("noise: where it is at most 0.1 medians move by less than 0.5 of their errors", worst < 0.5, ("%.2f"):format(worst))
end
print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0)
