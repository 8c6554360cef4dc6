-- validation{ model =, free =, bands =, ... }: mocks drawn from the prior, fitted, judged. If model, noise and sampler are right, the
-- truth is as likely anywhere in the posterior: ranks are uniform (simulation-based calibration, Talts et al. 2018), intervals cover
-- as often as they say, pulls are standard normal on average over the prior.
local galua = require "galua"
local core = require "galua.core"
local symbols = require "galua.names.symbols"
local doc = require "galua.doc"
local json = require "galua.json"

local validation = {}
validation.__index = validation
local M = setmetatable({}, { __call = function(_, ...) return validation.new(...) end })

local unit_normal = galua.prior.normal(0, 1)
local BINS, LEVELS = 20, { 0.5, 0.68, 0.9, 0.95 }

-- ---------------------------------------------------------------- mocks
function validation.new(given)
  local o = galua.options("validation", given, { model = ":any", free = ":table", bands = ":any", snr = 20, noise = ":any", limits = "censored",
    limits_below = 0, sampler = ":any", escalate = ":table", mocks = 100, draws = 99, derived = ":table", seed = ":number", name = "validation", text = "",
    amplitude = ":any", likelihood = ":any", spectrum = ":table", plan = ":any" })
  if core.class_name(o.model) ~= "galaxy" then galua.fail("validation: model must be a galaxy, got a %s", core.class_name(o.model) or type(o.model)) end
  if not o.free then galua.fail("validation: 'free' is missing: a table of parameter = prior") end
  if not o.bands then galua.fail("validation: 'bands' is missing: filters(\"SDSS\", ...)") end
  local bands = type(o.bands) == "string" and galua.filters(o.bands) or o.bands
  for _, name in ipairs{ "mocks", "draws" } do
    if not (o[name] >= 19 and o[name] <= 1e6 and o[name] == math.floor(o[name])) then
      galua.fail("validation: %s must be a whole number of at least 19, got %g", name, o[name])
    end
  end
  if o.escalate and o.sampler then galua.fail("validation: give sampler or escalate, not both") end
  if not (o.snr > 0) then galua.fail("validation: snr must be positive, got %g", o.snr) end
  local self = setmetatable({ model = o.model:copy(), free = o.free, noise = o.noise, limits = o.limits, limits_below = o.limits_below,
    n = o.mocks, draws = o.draws, derived = o.derived or { "Mstar", "SFR100", "LIR", "A_V" }, seed = o.seed or galua.seed(), name = o.name,
    text = o.text, escalate = o.escalate, sampler = o.sampler or o.escalate and galua.sampler.ladder(o.escalate) or require("galua.usual_samplers").validation(), amplitude = o.amplitude, likelihood = o.likelihood,
    plan = o.plan == nil and true or o.plan }, validation) -- one for all mocks
  -- the instrument: errors that do not depend on the truth, from the galaxy in the middle of the prior
  local obs = galua.observation.new{ name = "template" }
  for _, f in ipairs(bands) do obs:add(f, 1, 1) end
  local probe = self:fit(obs)
  local u = {}
  for i = 1, probe.target.ndim do u[i] = 0.5 end
  local middle = self.model:copy()
  probe.target:values(probe.target:prior_transform(galua.vec(u)):row(1), middle)
  self.bands, self.sigma = bands, {}
  local flux = middle:band_flux(bands)
  for i = 1, #bands do
    if not (flux[i] > 0) then galua.fail("validation: the galaxy in the middle of the prior has no light in band '%s'", bands[i].name) end
    self.sigma[bands[i].name] = flux[i] / o.snr
  end
  local template = galua.observation.new{ name = "template" }
  for i, f in ipairs(bands) do template:add(f, flux[i], self.sigma[f.name]) end
  self.template = template
  if o.spectrum then
    local sp = galua.options("validation: spectrum", o.spectrum, { wave = ":any", R = ":any", snr = 20, calibration = ":table" })
    if not sp.wave then galua.fail("validation: spectrum needs wave, the pixels [A]") end
    local wave = galua.vec(sp.wave)
    local flux = middle:spectrum{ wave = wave, R = sp.R }.flux
    -- one error for all pixels: that of the median pixel
    local sorted = flux:copy():sort()
    local sigma = sorted[math.ceil(0.5 * #sorted)] / sp.snr
    if not (sigma > 0) then galua.fail("validation: the galaxy in the middle of the prior has no light in the spectrum") end
    local err = {}
    for i = 1, #wave do err[i] = sigma end
    self.spectrum = { wave = wave, R = sp.R, err = galua.vec(err), sigma = sigma, calibration = sp.calibration }
    self:add_spectrum(template, flux)
  end
  self.probe = self:fit(template)
  return self
end

function validation:add_spectrum(obs, flux)
  local s = self.spectrum
  return obs:spectrum{ wave = s.wave, flux = flux, err = s.err, R = s.R, calibration = s.calibration }
end

-- P_k(x) of the calibration, from the recurrences
local function polynomial(kind, k, x)
  local a, b = 1, x
  for n = 1, k do
    local c = kind == "legendre" and ((2 * n + 1) * x * b - n * a) / (n + 1) or 2 * x * b - a
    a, b = b, c
  end
  return a
end

-- the spectrum of the galaxy at x, with a calibration drawn from its prior, and noise
function validation:mock_spectrum(obs, x, i)
  local s = self.spectrum
  local y = galua.spectrum.of_fit(self.probe.target, x).model:row(1):copy()
  local n = #s.wave
  local e = galua.random.normal(n + 64, self.seed, i, 1e6)
  local c = s.calibration
  if c then
    local first, order, sd = c.first or 1, c.order or 3, c.sd or 0.1
    for j = 1, n do
      local t, gain = n > 1 and -1 + 2 * (s.wave[j] - s.wave[1]) / (s.wave[n] - s.wave[1]) or 0, 1
      for k = first, order do gain = gain + sd * e[n + 1 + k] * polynomial(c.kind or "chebyshev", k, t) end
      y[j] = y[j] * gain
    end
  end
  for j = 1, n do y[j] = y[j] + s.sigma * e[j] end
  self:add_spectrum(obs, y)
end

function validation:fit(obs)
  return galua.fit({ data = obs, model = self.model, free = self.free, noise = self.noise, limits = self.limits, sampler = self.sampler,
    amplitude = self.amplitude, likelihood = self.likelihood, seed = self.seed }, rawget(self, "probe") ~= nil)
end

-- Mock i: { observation =, truth = { name = value } }, from the seed and i alone. Points that the model forbids are drawn again: they have
-- no prior probability.
function validation:mock(i)
  local t = self.probe.target
  local g = self.model:copy()
  for attempt = 0, 10000 do
    local u = galua.random.uniform(t.ndim, self.seed, i, attempt)
    local x = t:prior_transform(u)
    local _, lnl = t:lnprob(x)
    if lnl[1] > -math.huge then
      local truth, blob = {}, {}
      local values = t:values(x:row(1), g)
      local derived, flux = g:derived_values(), g:band_flux(self.bands)
      for k, name in ipairs(t.names) do truth[name] = values[k] end
      for _, name in ipairs(self.derived) do truth[name] = derived[name] end
      local by_band = {}
      for k, f in ipairs(self.bands) do by_band["flux." .. f.name] = flux[k] end
      for k, name in ipairs(t.blob_names) do blob[k] = by_band[name] or derived[name] or 1 end
      local y = t:replicate(x, galua.mat{ blob }, self.seed + 104729 * i)
      local obs = galua.observation.new{ name = "mock" .. i, redshift = g.redshift, distance = g.distance > 0 and g.distance or nil }
      for k, r in ipairs(self.template:rows()) do
        local value, sigma = y:row(1)[k], self.sigma[r.band]
        if self.limits_below > 0 and value < self.limits_below * sigma then
          obs:add(r.filter, self.limits_below * sigma, sigma, "limit")
        else
          obs:add(r.filter, value, sigma)
        end
      end
      if self.spectrum then self:mock_spectrum(obs, x, i) end
      return { observation = obs, truth = truth }
    end
  end
  galua.fail("validation: no allowed galaxy in 10000 draws of the prior: it lies outside what the model covers")
end

-- ---------------------------------------------------------------- statistics
-- P(chi^2_k > x), regularised incomplete gamma function by series or continued fraction
local function chi2_tail(x, k)
  galua.expect("validation.chi2_tail", 1, x, "number")
  galua.expect("validation.chi2_tail", 2, k, "number")
  local a, z = k / 2, x / 2
  if z <= 0 then return 1 end
  local function lgamma(v)
    local c = { 76.18009172947146, -86.50532032941677, 24.01409824083091, -1.231739572450155, 0.1208650973866179e-2, -0.5395239384953e-5 }
    local t, s = v + 5.5, 1.000000000190015
    t = t - (v + 0.5) * math.log(t)
    for j = 1, 6 do s = s + c[j] / (v + j) end
    return -t + math.log(2.5066282746310005 * s / v)
  end
  local front = math.exp(a * math.log(z) - z - lgamma(a))
  if z < a + 1 then
    local sum, term = 1 / a, 1 / a
    for n = 1, 1000 do
      term = term * z / (a + n)
      sum = sum + term
      if term < sum * 1e-15 then break end
    end
    return 1 - front * sum
  end
  local b, c, d = z + 1 - a, 1e300, 1 / (z + 1 - a)
  local h = d
  for n = 1, 1000 do
    local an = -n * (n - a)
    b = b + 2
    d = 1 / (an * d + b)
    c = b + an / c
    h = h * d * c
    if math.abs(d * c - 1) < 1e-15 then break end
  end
  return front * h
end
M.chi2_tail = chi2_tail

-- two-sided probability of k or a less likely count among n with probability p
local function binomial_p(k, n, p)
  for i, v in ipairs{ k or false, n or false, p or false } do galua.expect("validation.binomial_p", i, v, "number") end
  if not (n >= 0 and n <= 1e7 and k >= 0 and k <= n and p > 0 and p < 1) then
    galua.fail("validation.binomial_p: %g of %g with probability %g: expected 0 <= k <= n <= 1e7 and 0 < p < 1", k, n, p)
  end
  local lp, l1p = math.log(p), math.log(1 - p)
  local ln, term = 0, {}
  for j = 0, n do
    term[j] = ln + j * lp + (n - j) * l1p
    ln = ln + math.log((n - j) / (j + 1))
  end
  local sum = 0
  for j = 0, n do if term[j] <= term[k] + 1e-9 then sum = sum + math.exp(term[j]) end end
  return math.min(1, sum)
end
M.binomial_p = binomial_p

local function median(list)
  local s = galua.vec(list):sort()
  local n = #s
  return n % 2 == 1 and s[(n + 1) / 2] or 0.5 * (s[n / 2] + s[n / 2 + 1])
end

-- median and normalised median absolute deviation
local function location(list)
  local mid, dev = median(list), {}
  for i = 1, #list do dev[i] = math.abs(list[i] - mid) end
  return mid, 1.4826 * median(dev)
end

-- Ranks, coverage and pulls of one quantity: truths[i], draws[i] = { ... }
local function judge(name, truths, draws)
  galua.expect("validation.judge", 2, truths, "table")
  galua.expect("validation.judge", 3, draws, "table")
  local n, hist, pit, pulls = #truths, {}, {}, {}
  for b = 1, BINS do hist[b] = 0 end
  local outliers, recovered = 0, {}
  for i = 1, n do
    local d, t, below = draws[i], truths[i], 0
    galua.expect("validation.judge", ("2[%d]"):format(i), t, "number")
    galua.expect("validation.judge", ("3[%d]"):format(i), d, "table|vec")
    local s = galua.vec(d):sort() -- says which element is no number
    for k = 1, #d do if d[k] < t then below = below + 1 end end
    pit[i] = (below + 0.5) / (#d + 1)
    local b = math.floor(below * BINS / (#d + 1)) + 1
    hist[b] = hist[b] + 1
    local m, lo, hi = s[math.ceil(0.5 * #s)], s[math.ceil(0.16 * #s)], s[math.ceil(0.84 * #s)]
    local width = 0.5 * (hi - lo)
    pulls[i] = width > 0 and (m - t) / width or (m == t and 0 or math.huge)
    if math.abs(pulls[i]) > 3 then outliers = outliers + 1 end
    recovered[i] = { t, m, lo, hi }
  end
  local chi2, expect = 0, n / BINS
  for b = 1, BINS do chi2 = chi2 + (hist[b] - expect) ^ 2 / expect end
  local coverage = {}
  for k, level in ipairs(LEVELS) do
    local inside = 0
    for i = 1, n do if math.abs(pit[i] - 0.5) <= level / 2 then inside = inside + 1 end end
    coverage[k] = { level = level, inside = inside, fraction = inside / n, p = binomial_p(inside, n, level) }
  end
  local mid, nmad = location(pulls)
  local score = {} -- the pull on the scale where a posterior of any shape is normal
  for i = 1, n do score[i] = unit_normal:quantile(pit[i]) end
  local score_mid, score_nmad = location(score)
  return { name = name, n = n, ranks = hist, chi2 = chi2, p = chi2_tail(chi2, BINS - 1), coverage = coverage, pit = pit, pull_median = mid,
    pull_nmad = nmad, score_median = score_mid, score_nmad = score_nmad, outliers = outliers, recovered = recovered }
end

M.judge = judge

-- ---------------------------------------------------------------- running
function validation:run(given)
  local o = galua.options("validation:run", given, { out = ":string", threads = ":number", fresh = false, progress = true })
  if not o.out then galua.fail("validation:run: out = PREFIX is missing") end
  local truths, list = {}, {}
  for i = 1, self.n do
    local m = self:mock(i)
    list[i], truths[i] = m.observation, m.truth
  end
  local c = galua.catalogue{ data = list, model = self.model, free = self.free, noise = self.noise, limits = self.limits,
    sampler = not self.escalate and self.sampler or nil, escalate = self.escalate, amplitude = self.amplitude, likelihood = self.likelihood, keep = self.draws, derived = self.derived,
    seed = self.seed, name = self.name, plan = self.plan }
  c:run{ out = o.out .. ".h5", threads = o.threads, fresh = o.fresh, progress = o.progress }
  self.state = c.state
  if c.state ~= "done" then return self end
  self.catalogue, self.truths = c, truths
  self:analyse(c:records(galua.queue.open(o.out .. ".queue", c.n, c:identity())))
  return self
end

function validation:analyse(records)
  local failed, seconds, evaluations, flagged, accepted = {}, 0, 0, 0, 0
  local names = {}
  for _, name in ipairs(self.probe.target.names) do names[#names + 1] = name end
  for _, name in ipairs(self.derived) do names[#names + 1] = name end
  local truth, draws = {}, {}
  for _, name in ipairs(names) do truth[name], draws[name] = {}, {} end
  for _, r in ipairs(records) do
    if r.error then
      failed[#failed + 1] = ("mock %d: %s"):format(r.row, r.error)
    else
      seconds, evaluations = seconds + (r.seconds or 0), evaluations + (r.evaluations or 0)
      if #(r.flags or {}) > 0 then flagged = flagged + 1 end
      if r.accepted ~= false then accepted = accepted + 1 end
      local index = {}
      for k, name in ipairs(r.names) do index[name] = k end
      for _, name in ipairs(names) do
        local d, t = {}, self.truths[r.row][name]
        for k = 1, r.draws do d[k] = r.values[(index[name] - 1) * r.draws + k - 1] end
        -- a quantity that is the same in all draws and the truth (say, no dust at all) has no rank
        table.insert(truth[name], t)
        table.insert(draws[name], d)
      end
    end
  end
  local n = #truth[names[1]]
  local result = { name = self.name, galua = galua.version, mocks = #records, failed = failed, seconds = seconds, evaluations = evaluations,
    flagged = flagged, accepted = accepted, quantities = {}, bins = BINS }
  for _, name in ipairs(names) do
    if #truth[name] > 0 then
      local q = judge(name, truth[name], draws[name])
      q.derived = not q.name:find("[.]") and q.name ~= "age" and q.name ~= "redshift"
      result.quantities[#result.quantities + 1] = q
    end
  end
  -- allowed: p > 1e-3 for every histogram; coverage within 3 sigma, counting the number of comparisons; scores 0 and 1 within 0.1, or
  -- within 3 sigma where the mocks are too few for that (errors of median and MAD of n normal numbers: 1.253, 1.167/sqrt(n))
  result.allowed_p, result.allowed_coverage = 1e-3, 1 - (1 - 0.0027) ^ (1 / math.max(1, #result.quantities))
  local sigmas = -unit_normal:quantile(result.allowed_coverage / 2)
  result.allowed_median, result.allowed_nmad = math.max(0.1, sigmas * 1.253 / math.sqrt(n)), math.max(0.1, sigmas * 1.167 / math.sqrt(n))
  result.pass = #failed == 0
  for _, q in ipairs(result.quantities) do
    q.pass = q.p > result.allowed_p and math.abs(q.score_median) < result.allowed_median and math.abs(q.score_nmad - 1) < result.allowed_nmad
    for _, c in ipairs(q.coverage) do q.pass = q.pass and c.p > result.allowed_coverage end
    result.pass = result.pass and q.pass
  end
  self.result = result
  return result
end

-- ---------------------------------------------------------------- report
function validation:__tostring()
  local r = rawget(self, "result")
  local lines = { ("validation   %s   %d mocks   %d bands   %d free parameters   seed %.0f"):format(self.name, self.n, #self.bands,
    self.probe.target.ndim, self.seed), "  " .. tostring(self.sampler) }
  if r then
    lines[#lines + 1] = ("%-20s %8s  %6s %6s %6s %6s  %7s %6s  %7s %6s %5s"):format("quantity", "rank p", "50 %", "68 %", "90 %", "95 %", "score", "NMAD", "pull", "NMAD", ">3")
    for _, q in ipairs(r.quantities) do
      local c = q.coverage
      lines[#lines + 1] = ("%-20s %8.4f  %6.1f %6.1f %6.1f %6.1f  %7.2f %6.2f  %7.2f %6.2f %5d  %s"):format(q.name, q.p, 100 * c[1].fraction,
        100 * c[2].fraction, 100 * c[3].fraction, 100 * c[4].fraction, q.score_median, q.score_nmad, q.pull_median, q.pull_nmad, q.outliers,
        q.pass and "" or "FAILS")
    end
    lines[#lines + 1] = ("%d of %d accepted, %d failed, %d flagged; %.3g models, %.3g s of one core; %s"):format(r.accepted or 0, r.mocks, #r.failed, r.flagged, r.evaluations, r.seconds,
      r.pass and "passed" or "NOT passed")
  end
  return table.concat(lines, "\n")
end
validation.__galua_show = validation.__tostring

-- The verdict as data: numbers of every quantity, without the single mocks.
function validation:verdict()
  local r = self.result
  local out = {}
  for k, v in pairs(r) do if k ~= "quantities" then out[k] = v end end
  out.quantities = {}
  for i, q in ipairs(r.quantities) do
    out.quantities[i] = { name = q.name, p = q.p, chi2 = q.chi2, ranks = q.ranks, coverage = q.coverage, score_median = q.score_median,
      score_nmad = q.score_nmad, pull_median = q.pull_median, pull_nmad = q.pull_nmad, outliers = q.outliers, pass = q.pass }
  end
  return out
end

-- The panels after the n-th draw nothing.
local function hide_rest(figure, n, rows, cols)
  for i = n + 1, rows * cols do figure:axes(math.floor((i - 1) / cols) + 1, (i - 1) % cols + 1):set{ hidden = true } end
  return figure
end

-- Names of the quantities as figures set them, with units where `units` is true
local function titles(self, units)
  local names, unit = {}, {}
  for i, q in ipairs(self.result.quantities) do names[i] = q.name end
  local out = symbols.names(names)
  if not units then return out end
  for i, name in ipairs(self.probe.target.names) do unit[name] = self.probe.target.units[i] end
  for _, d in ipairs(self.model:derived_info()) do unit[d.name] = unit[d.name] or d.unit end
  for i, name in ipairs(names) do
    local u = symbols.unit(unit[name])
    if u then out[i] = out[i] .. " [" .. u .. "]" end
  end
  return out
end

-- Rank histograms with the band that holds 99 % of uniform ones, all quantities.
function validation:plot_ranks()
  local plot = require "galua.plot"
  local r = self.result
  local n, cols = #r.quantities, 3
  local rows = math.ceil(n / cols)
  local figure = plot.figure{ rows = rows, cols = cols, width = 3.1 * cols, height = 2.1 * rows + 0.4 }
  local edges = galua.linspace(0, 1, BINS + 1)
  local expect = self.n / BINS
  local width, title = 2.576 * math.sqrt(expect * (1 - 1 / BINS)), titles(self)
  for i, q in ipairs(r.quantities) do
    local ax = figure:axes(math.floor((i - 1) / cols) + 1, (i - 1) % cols + 1)
    ax:hspan(math.max(0, expect - width), expect + width, { alpha = 0.25 })
    ax:hline(expect, {})
    ax:steps(edges, galua.vec(q.ranks), {})
    ax:set{ title = title[i], xlabel = i > n - cols and "Rank of the truth" or nil, ylabel = (i - 1) % cols == 0 and "Mocks" or nil }
  end
  return hide_rest(figure, n, rows, cols)
end

-- Recovered against true values, median and 68 %, all quantities.
function validation:plot_recovery()
  local plot = require "galua.plot"
  local r = self.result
  local n, cols, title = #r.quantities, 3, titles(self, true)
  local rows = math.ceil(n / cols)
  local figure = plot.figure{ rows = rows, cols = cols, width = 3.1 * cols, height = 2.6 * rows + 0.3 }
  for i, q in ipairs(r.quantities) do
    local ax = figure:axes(math.floor((i - 1) / cols) + 1, (i - 1) % cols + 1)
    local low, high = math.huge, -math.huge
    local positive = {}
    for _, v in ipairs(q.recovered) do
      low, high = math.min(low, v[1]), math.max(high, v[1])
      if v[1] > 0 then positive[#positive + 1] = v[1] end
    end
    table.sort(positive)
    local given = self.free[q.name] -- as sampled, where it has a prior
    local middle = positive[math.ceil(0.84 * #positive)]
    local log = #positive > 0.9 * #q.recovered and middle / positive[math.ceil(0.16 * #positive)] > 4 -- few that are 0, such as a rate after quenching, are left out
    if core.class_name(given) == "prior" then log = log and low > 0 and given.log end
    if log then low = positive[1] end
    local x, y, lo, hi = {}, {}, {}, {}
    for k, v in ipairs(q.recovered) do
      if not log or (v[1] > 0 and v[3] > 0) then
        x[#x + 1], y[#y + 1], lo[#lo + 1], hi[#hi + 1] = v[1], v[2], v[2] - v[3], v[4] - v[2]
      end
    end
    if #x > 0 then
      ax:points(x, y, { yerr = { lo = lo, hi = hi }, size = 2, cap = 0, alpha = #x > 50 and 0.5 or 1 })
      ax:line({ low, high }, { low, high }, {})
    end
    ax:set{ title = title[i], xscale = log and "log" or "linear", yscale = log and "log" or "linear",
      xlabel = i > n - cols and "True" or nil, ylabel = (i - 1) % cols == 0 and "Recovered" or nil }
  end
  return hide_rest(figure, n, rows, cols)
end

-- PREFIX.md, PREFIX.json and the figures.
function validation:report(prefix)
  local r = self.result
  local base = prefix:match("[^/]+$")
  local out = { "# " .. self.name, "", self.text, "", ("%d mocks drawn from the prior, %d bands, signal to noise of the median galaxy %.3g; %s."):format(
    self.n, #self.bands, self.probe.data:rows()[1].flux / self.probe.data:rows()[1].err, tostring(self.sampler)), "",
    ("**%s.** Allowed: p > %g of every rank histogram (20 bins), coverages within 3 sigma (binomial, %d quantities), medians of scores within %.2f of 0 and their NMAD within %.2f of 1."):format(
      r.pass and "Passed" or "Not passed", r.allowed_p, #r.quantities, r.allowed_median, r.allowed_nmad), "",
    "| quantity | rank p | 50 % | 68 % | 90 % | 95 % | score median | NMAD | pull median | NMAD | pulls > 3 | |",
    "|---|---|---|---|---|---|---|---|---|---|---|---|" }
  for _, q in ipairs(r.quantities) do
    local c = q.coverage
    out[#out + 1] = ("| %s | %.4f | %.0f | %.0f | %.0f | %.0f | %.2f | %.2f | %.2f | %.2f | %d | %s |"):format(q.name, q.p, 100 * c[1].fraction,
      100 * c[2].fraction, 100 * c[3].fraction, 100 * c[4].fraction, q.score_median, q.score_nmad, q.pull_median, q.pull_nmad, q.outliers,
      q.pass and "" or "fails")
  end
  out[#out + 1] = ""
  out[#out + 1] = "Score: the truth's quantile in the posterior as a standard normal deviate. Pull: (median - truth)/half of the 16-84 % interval, "
    .. "standard normal where the posterior is; not where the data say little or the posterior leans."
  out[#out + 1] = ""
  out[#out + 1] = ("%d of %d fits accepted by their sampler, %d failed; %d carry flags (not accepted, prior edges or poor sampling); %.3g models, %.3g s of one core."):format(
    r.accepted, r.mocks, #r.failed, r.flagged, r.evaluations, r.seconds)
  out[#out + 1] = ""
  out[#out + 1] = ("![ranks](%s_ranks.png)"):format(base)
  out[#out + 1] = ""
  out[#out + 1] = ("![recovery](%s_recovery.png)"):format(base)
  local function put(path, text)
    core.write_file(path, text .. "\n")
  end
  put(prefix .. ".md", table.concat(out, "\n"))
  put(prefix .. ".json", json.encode(self:verdict()))
  self:plot_ranks():save(prefix .. "_ranks.png")
  self:plot_recovery():save(prefix .. "_recovery.png")
  return self
end

function M.is(x) return type(x) == "table" and getmetatable(x) == validation end

doc.text("validation", M, [[validation{ model =, free =, bands =, ... } -> validation
Mock galaxies drawn from the prior, observed, fitted and judged: are the ranks of the truth uniform, do intervals cover as they say, are
the pulls standard normal? :run{ out = PREFIX }, then it prints a table; :report(PREFIX) writes text, verdict and figures.
@param model the galaxy; fixed parameters are its own
@param free parameter = prior pairs
@param bands filters(...)
@param snr (20) flux over error of the galaxy in the middle of the prior; the error of a band is the same for all mocks
@param noise as in fit{}; mocks get the same noise
@param limits (censored) as in fit{}
@param limits_below (0) fluxes fainter than this many errors are given as upper limits at that value
@param sampler (sampler.ensemble{}) as in fit{}
@param escalate instead of sampler: a list as in catalogue{}; every mock is ranked by the last one tried, accepted or not
@param mocks (100) how many
@param draws (99) posterior draws that ranks are taken among
@param derived ({ "Mstar", "SFR100", "LIR", "A_V" }) derived quantities to judge besides the free parameters
@param seed (seed()) of mocks and fits
@param name title of the report
@param text a paragraph for the report
@param amplitude as in fit{}
@param likelihood as in fit{}
@param plan (true) as in fit{}: one plan serves all mocks
@param spectrum { wave = [A], R =, snr = 20, calibration = as for observation:spectrum } a spectrum beside the bands; mocks get a
calibration from its prior]])
doc.text("validation.is", M.is, "validation.is(x) -> boolean\nWhether x is a validation.")
doc.text("validation.judge", judge, [[validation.judge(name, truths, draws) -> table
What is said of one quantity: truths[i], draws[i] = posterior draws of mock i, equally many of each (19, 39, 99 ...: a rank in each of 20 bins
is equally likely). Fields: ranks, chi2 and p of their uniformity, coverage, pit, score_median, score_nmad, pull_median, pull_nmad.]])
doc.text("validation.chi2_tail", chi2_tail, "validation.chi2_tail(x, k) -> number\nProbability of a chi^2 above x with k degrees of freedom.")
doc.text("validation.binomial_p", binomial_p, "validation.binomial_p(k, n, p) -> number\nTwo-sided probability of k successes among n.")
require "galua.own_methods"("validation", validation)
return M
