-- Figures of a fit: spectrum and data, posterior, history.
local galua = require "galua"
local core = require "galua.core"
local doc = require "galua.doc"
local labels = require "galua.names.parts"
local pick = require "galua.pick"
local symbols = require "galua.names.symbols"

local function quantile_bands(rows, n)
  -- rows[k] = vec over wavelength; returns 16, 50, 84 % at each
  local lo, mid, hi = {}, {}, {}
  local column = galua.vec(#rows)
  local m = #rows
  for k = 1, n do
    for j = 1, m do column[j] = rows[j][k] end
    local s = column:sort()
    lo[k] = s[math.max(1, math.floor(0.16 * m + 0.5))]
    mid[k] = s[math.max(1, math.floor(0.5 * m + 0.5))]
    hi[k] = s[math.min(m, math.floor(0.84 * m + 0.5))]
  end
  return lo, mid, hi
end

-- the marginalised amplitude of sample i; 1 without one
local function amplitude(s, i) return s.derived.amplitude and s.derived.amplitude[i] or 1 end

local function plot_sed(self, given)
  local o = galua.options("fit:plot_sed", given, { draws = 200, components = true, title = ":string", quantity = ":string", frame = ":string" })
  local plot = require "galua.plot"
  local residuals = self:residuals()
  local best = residuals.model
  local s = self:samples()
  local scale = amplitude(s, s.best)
  local g = self.model:copy()
  local rows = {}
  for j, i in ipairs(pick(s.n, o.draws)) do
    self.target:values(s.x:row(i), g)
    rows[j] = g:flux() * amplitude(s, i)
  end
  local sed = best:sed()
  local lo, _, hi = quantile_bands(rows, #sed.wave)
  local seen = require("galua.plot.data").observation(self.data)
  local data, phot = seen.data, {}
  for i, r in ipairs(residuals) do
    data.err[i], phot[i] = r.sigma == r.sigma and r.sigma or data.err[i], r.model
    data.tips = data.tips or {}
    data.tips[i] = ("%s: %.4g ± %.2g mJy, model %.4g mJy%s"):format(r.band, r.flux, data.err[i], r.model,
      r.kind == "detection" and (", pull %.2fσ"):format(r.pull) or ", " .. r.kind)
  end
  local spec = { wave = sed.wave, flux = sed.flux * scale, band = { lo, hi }, data = data, model_phot = data and phot, components = {},
    title = o.title or (self.name ~= "" and plot.escape(self.name) or nil), quantity = o.quantity, frame = o.frame,
    redshift = best.redshift, distance = best:derived_values().D_L }
  if seen.spectrum then
    spec.spectrum = require("galua.plot.data").joined(self:spectra())
  end
  if o.components then
    for _, name in ipairs(best:spectra()) do
      local flux = name ~= "total" and best:flux(name)
      if flux and flux:max() > 0 then spec.components[#spec.components + 1] = { name = labels[name] or name, flux = flux * scale } end
    end
  end
  return plot.sed(spec)
end

-- 4000 draws of the prior of every free parameter, in its unit
local function prior_draws(self)
  local n, d = 4000, self.target.ndim
  local u = galua.mat(n, d)
  local flat = galua.random.uniform(n * d, self.seed, 90210, 1)
  for i = 1, n do
    local row = u[i]
    for k = 1, d do row[k] = flat[(i - 1) * d + k] end
  end
  local x, out = self.target:prior_transform(u), {}
  for k, p in ipairs(self.free) do
    local v = x:col(k):copy()
    out[p[1]] = p[2].log and v:map(function(c) return 10 ^ c end) or v
  end
  return out
end

local function corner(self, given)
  local o = galua.options("fit:corner", given, { params = ":table", derived = ":table", truths = ":table", prior = false })
  local plot = require "galua.plot"
  local s = self:samples()
  local spec = { samples = {}, names = {}, units = {}, log = {}, truths = {}, priors = {} }
  local priors = o.prior and prior_draws(self) or {}
  local used = {}
  local function add(unit, values, log, name)
    local k = #spec.samples + 1
    spec.samples[k], spec.names[k], spec.units[k] = values, name, symbols.unit(unit)
    spec.log[k], spec.truths[k], spec.priors[k] = log, (o.truths or {})[name], priors[name]
    used[name] = true
  end
  local wanted = o.params
  for i, p in ipairs(self.free) do
    local take = wanted == nil
    for _, name in ipairs(wanted or {}) do take = take or name == p[1] end
    if take then add(self.target.units[i], s.values[p[1]], p[2].log, p[1]) end
  end
  for _, name in ipairs(o.derived or {}) do
    local unit, all = nil, {}
    for k, d in ipairs(self.model:derived_info()) do
      all[k] = d.name
      if d.name == name then unit = d.unit end
    end
    if not unit then galua.fail("fit:corner: no derived quantity '%s'%s", name, core.did_you_mean(name, all)) end
    local v = s.derived[name]
    add(unit, v, v:min() > 0 and v:max() / v:min() > 20, name)
  end
  for name in pairs(o.truths or {}) do
    if not used[name] then galua.fail("fit:corner: truths: '%s' is not among what is drawn (params, derived)", tostring(name)) end
  end
  spec.names = symbols.names(spec.names)
  return plot.corner(spec)
end

local function plot_sfh(self, given)
  local o = galua.options("fit:plot_sfh", given, { draws = 200, points = 200 })
  local plot = require "galua.plot"
  local s = self:samples()
  local g = self.model:copy()
  local oldest = 0
  local list = pick(s.n, o.draws)
  for _, i in ipairs(list) do
    self.target:values(s.x:row(i), g)
    oldest = math.max(oldest, g.age)
  end
  local lookback = galua.linspace(0, oldest, o.points)
  local rows = {}
  for j, i in ipairs(list) do
    self.target:values(s.x:row(i), g)
    rows[j] = g:sfr(lookback * -1 + g.age) * amplitude(s, i)
  end
  local lo, mid, hi = quantile_bands(rows, o.points)
  return plot.sfh{ t = lookback, median = mid, lo = lo, hi = hi, direction = "lookback" }
end

return function(fit)
  fit.plot_sed, fit.corner, fit.plot_sfh = plot_sed, corner, plot_sfh
  doc.text("fit:plot_sed", plot_sed, [[fit:plot_sed{ draws =, components =, quantity =, frame = } -> figure
Data, the spectrum at the sample of highest posterior with its components, 16-84 % of the posterior's spectra, residuals.
@param draws (200) samples of the band
@param components (true) show them
@param quantity (S_nu) or nuF_nu, F_lambda, nuL_nu, mag
@param frame (observed) or rest
@param title (name of the source) above the figure]])
  doc.text("fit:corner", corner, [[fit:corner{ params =, derived =, truths =, prior = } -> figure
Posterior of each parameter and of each pair.
@param params (all) list of names
@param derived list of derived quantities to add
@param truths { name = value }: lines, where the answer is known
@param prior (false) draws of the prior on the diagonal, dashed
@example f:corner{ params = { "age" }, derived = { "Mstar", "SFR100" } }]])
  doc.text("fit:plot_sfh", plot_sfh, [[fit:plot_sfh{ draws =, points = } -> figure
Star formation rate against lookback time, median and 16-84 % of the posterior.
@param draws (200) samples
@param points (200) times]])
end
