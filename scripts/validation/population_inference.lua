-- Does a population come back? Mock counts n(r, g - r) of galaxies of DiffstarPop with random parameters, Poisson noise, fitted with gradients.
-- usage: galua scripts/validation/population_inference.lua [first] [last] [nuts]
-- "nuts" as third argument: NUTS; else Pathfinder, both by gradients. For each mock and parameter: the truth's quantile in the posterior and the posterior's width over that of a Fisher forecast at the truth. The
-- halos and the normals of the scatter are those of the mock: what is tested is the inference, with an exactly specified likelihood.
local first, last, method = tonumber(arg and arg[1]) or 1, tonumber(arg and arg[2]) or 20, arg and arg[3] or "pathfinder"
threads(1)
local n, scale = 250, 40 -- halos, and how many of each the survey holds
local bands = filters("LSST.g", "LSST.r")
local names = { "mean_ulgy_mseq_ytp", "mean_ulgm_mseq_ytp", "mean_uqt_ytp", "lgmet", "av" }
local lo, hi = { -10.8, 12.2, 1.0, -2.5, 0.05 }, { -10.2, 12.8, 1.4, -1.9, 0.8 }
local priors, ndim = {}, #names
for k = 1, ndim do priors[k] = prior.uniform(lo[k], hi[k]) end
local rng = math.random
math.randomseed(17)
local function normal() return math.sqrt(-2 * math.log(1 - rng())) * math.cos(2 * math.pi * rng()) end
local halos = { seed = 3 }
for _, q in ipairs{ { "logm0", 11, 14 }, { "logtc", -0.2, 0.5 }, { "early_index", 1.8, 3.2 }, { "late_index", 0.1, 0.4 }, { "t_peak", 4, 14 } } do
  local v = {}
  for i = 1, n do v[i] = q[1] == "logm0" and math.min(11 - math.log10(1 - rng()) / 0.9, 14) or q[2] + (q[3] - q[2]) * rng() end
  halos[q[1]] = vec(v)
end
local pop
local spec = { { band = 2, edges = linspace(12, 24, 17), width = 0.3 }, { band = 1, minus = 2, edges = linspace(-0.2, 1.4, 9), width = 0.06 } }
local bins = 16 * 8
local ones = vec(2 * n)
for i = 1, 2 * n do ones[i] = 1 end

-- expected counts, and what a gradient needs
local function expect(theta)
  local o = {}
  for k = 1, 3 do o[names[k]] = theta[k] end
  local dp = diffstarpop(o)
  local options, w = dp:draw(halos)
  options.lgmet = theta[4]
  if pop then
    options.av = theta[5]
    pop:set(options)
  else
    options.dust, options.precision = { av = ones * theta[5], delta = -0.2 }, "float64"
    pop = population(options)
  end
  spec.weights = w * scale
  return pop:counts(bands, 0.1, spec), dp
end
-- derivatives by theta of a loss with derivatives g by the counts
local function back(dp, g)
  local by = pop:counts_gradient(bands, 0.1, spec, g)
  by.weights = by.weights * scale
  local d, out = dp:draw_gradient(halos, by), {}
  for k = 1, 3 do out[k] = d[names[k]] end
  out[4], out[5] = by.lgmet:sum(), by.av:sum()
  return out
end
local function poisson(mean)
  if mean > 50 then return math.max(0, math.floor(mean + math.sqrt(mean) * normal() + 0.5)) end
  local l, k, p = math.exp(-mean), 0, rng()
  while p > l do k, p = k + 1, p * rng() end
  return k
end
local function invert(F) -- of a small symmetric matrix, Gauss-Jordan
  local m = {}
  for a = 1, ndim do
    m[a] = {}
    for b = 1, 2 * ndim do m[a][b] = b <= ndim and F[a][b] or (b - ndim == a and 1 or 0) end
  end
  for a = 1, ndim do
    local p = m[a][a]
    for b = 1, 2 * ndim do m[a][b] = m[a][b] / p end
    for c = 1, ndim do
      local f = c ~= a and m[c][a] or 0
      for b = 1, 2 * ndim do m[c][b] = m[c][b] - f * m[a][b] end
    end
  end
  local out = {}
  for a = 1, ndim do out[a] = math.sqrt(m[a][ndim + a]) end
  return out
end

local results = {}
for mock = 1, last do
  local truth = {}
  for k = 1, ndim do truth[k] = lo[k] + (hi[k] - lo[k]) * (0.2 + 0.6 * rng()) end
  local c, dp = expect(truth)
  local data, flat = {}, {}
  for i = 1, 16 do
    data[i] = {}
    for j = 1, 8 do data[i][j] = poisson(c:row(i)[j]) end
  end
  if mock >= first then
    -- Fisher: sum over bins of dc/da dc/db/c
    local F = {}
    for a = 1, ndim do F[a] = {} for b = 1, ndim do F[a][b] = 0 end end
    local g = {}
    for i = 1, 16 do g[i] = {} for j = 1, 8 do g[i][j] = 0 end end
    for i = 1, 16 do
      for j = 1, 8 do
        local mean = c:row(i)[j]
        if mean > 1e-2 then
          g[i][j] = 1
          local d = back(dp, g)
          g[i][j] = 0
          for a = 1, ndim do for b = 1, ndim do F[a][b] = F[a][b] + d[a] * d[b] / mean end end
        end
      end
    end
    local fisher, calls, start = invert(F), 0, os.clock()
    local function like(theta)
      calls = calls + 1
      local m, dpop = expect(theta)
      local sum, gr = 0, {}
      for i = 1, 16 do
        gr[i] = {}
        local row = m:row(i)
        for j = 1, 8 do
          local mean = row[j] + 1e-3
          sum = sum + data[i][j] * math.log(mean) - mean
          gr[i][j] = data[i][j] / mean - 1
        end
      end
      return sum, gr, dpop
    end
    local t = target{ names = names, priors = priors, lnlike = function(v) return (like(v)) end,
      gradient = function(v)
        local sum, gr, dpop = like(v)
        return sum, back(dpop, gr)
      end }
    local p = pathfinder(t, method == "nuts" and { seed = mock } or { seed = mock, paths = 2, draws = 400 })
    p:run{}
    local s = p
    if method == "nuts" then
      s = nuts(t, { chains = 2, seed = mock, warmup = 40, metric = "dense" })
      s:start(p)
      s:run{ more = 250 }
    end
    local x = s:samples()
    for k = 1, ndim do
      local col = {}
      for i = 1, x.rows do col[i] = x:row(i)[k] end
      table.sort(col)
      local below, m, m2 = 0, 0, 0
      for i = 1, #col do
        below = below + (col[i] < truth[k] and 1 or 0)
        m = m + col[i] / #col
      end
      for i = 1, #col do m2 = m2 + (col[i] - m) ^ 2 / (#col - 1) end
      results[#results + 1] = { mock, names[k], truth[k], m, math.sqrt(m2), below / #col, math.sqrt(m2) / fisher[k] }
      print(("%d %s truth %.5f mean %.5f sd %.5f quantile %.4f width/Fisher %.3f"):format(unpack(results[#results])))
    end
    print(("# mock %d: %d gradients in %.0f s, acceptance and notes: %s"):format(mock, calls, os.clock() - start, tostring(s):gsub("\n", " ")))
    io.stdout:flush()
  end
end
