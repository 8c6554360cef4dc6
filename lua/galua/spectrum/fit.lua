-- The spectral part of a fit: option spec = {}, fit:spectrum(), fit:plot_spectrum().
local galua = require "galua"
local doc = require "galua.doc"
local core = require "galua.core"
local C = galua.spectrum
local pick = require "galua.pick"

local M = {}

-- The prior that parameter p of spectrum.params() has when none is given.
local function default_prior(p) return p.log and galua.prior.loguniform(p.plo, p.phi) or galua.prior.uniform(p.plo, p.phi) end

-- spec with the noise model in it as entries of its own
local function spread(spec)
  local out = {}
  for k, v in pairs(spec) do out[k] = v end
  if spec.noise == nil then return out end
  if not galua.noise.is(spec.noise) then
    galua.fail("fit: spec.noise must be a noise model, such as noise.errors{ ln_scale = 0.1 }, got a %s", type(spec.noise))
  end
  out.noise = nil
  for k, v in pairs(galua.noise.of_pixels(spec.noise)) do
    if out[k] ~= nil then galua.fail("fit: spec.%s is given twice, in spec and in its noise", k) end
    out[k] = v
  end
  return out
end

-- fit{ spec = { sigma_v = 150, shift = prior, gp = "matern32" } }: options of target{} (fixed values, settings and columns of the noise), and
-- spec as it is kept; priors into `free`
function M.resolve(given, free)
  local spec, options, fixed, columns, names, usual = spread(given), {}, {}, {}, { "noise" }, {}
  for _, part in ipairs(galua.noise.terms()) do
    for _, c in ipairs(part.columns) do
      columns[#columns + 1] = 0
      local v = c.doc and spec[c.name]
      if v and type(v) ~= "number" then galua.fail("fit: spec.%s must be a number, got a %s", c.name, type(v)) end
      columns[#columns] = v or 0
      if c.doc then names[#names + 1] = c.name end
    end
    local v = spec[part.name]
    if part.setting then
      names[#names + 1] = part.name
      local known = v == nil
      for _, c in ipairs(part.choices) do known = known or c == v end
      if not known then
        if type(v) ~= "string" then
          galua.fail("fit: spec.%s is the name of a %s, %s, got a %s", part.name, part.setting, table.concat(part.choices, " or "), type(v))
        end
        galua.fail("fit: spec.%s: unknown %s '%s'%s (known: %s)", part.name, part.setting, v, core.did_you_mean(v, part.choices),
          table.concat(part.choices, ", "))
      end
      options["spectral_" .. part.setting] = v
      for _, p in ipairs(part.params) do usual[p.name] = v and p.open end
    end
  end
  for i, p in ipairs(C.params()) do
    local name = p.name:match("[^.]+$")
    fixed[i], names[#names + 1] = 0 / 0, name
    local v = spec[name]
    if v == "usual" then
      v = default_prior(p)
      spec[name] = v
    end
    if type(v) == "number" then
      if v ~= v then galua.fail("fit: spec.%s is not a number", name) end
      if free[p.name] then galua.fail("fit: parameter '%s' is a number in spec and free: leave one of the two out", p.name) end
      fixed[i] = v
    elseif v ~= nil then
      if free[p.name] then galua.fail("fit: parameter '%s' is given twice, in spec and in free", p.name) end
      free[p.name] = v
    elseif usual[name] and not free[p.name] then
      free[p.name] = default_prior(p)
    end
  end
  for k in pairs(spec) do
    local known = false
    for _, n in ipairs(names) do known = known or n == k end
    if not known then galua.fail("fit: spec has no '%s'%s", tostring(k), core.did_you_mean(tostring(k), names)) end
  end
  options.spectral, options.spectral_columns = galua.vec(fixed), galua.vec(columns)
  return options, spec
end

-- the spectral part at the sample of highest posterior, its rows as vectors
local function at_best(self)
  local s = self:samples()
  local _, i = self:best()
  local rows = C.of_fit(self.target, galua.mat { s.x:row(i):totable() })
  local out = {}
  for k, m in pairs(rows) do out[k] = m:row(1) end
  return out
end

local function fit_spectrum(self)
  local d = C.data(self.data)
  if not d then galua.fail("fit:spectrum: the observation has no spectrum") end
  local out = at_best(self)
  out.measure, out.line = nil, nil
  out.wave, out.flux, out.err, out.mask, out.lo, out.hi = d.wave, d.flux, d.err, d.mask, d.lo, d.hi
  out.pull = (d.flux - out.fitted - (out.gp or 0)) / out.sigma
  return out
end

-- indices, then lines
local function data_of(self)
  local list = C.index_data(self.data)
  for _, l in ipairs(C.line_data(self.data)) do list[#list + 1] = l end
  for _, m in ipairs(C.measure_data(self.data)) do list[#list + 1] = m end
  return list
end

local measures = {}
function measures:__tostring()
  local out = { ("%-24s %12s %12s %12s %8s"):format("measured", "value", "err", "model", "pull") }
  for _, r in ipairs(self) do
    out[#out + 1] = ("%-24s %12.5g %12.4g %12.5g %8.2f%s"):format(r.name, r.value, r.err, r.model, r.pull, r.limit and "  limit" or "")
  end
  return table.concat(out, "\n")
end
measures.__galua_show = measures.__tostring

local function fit_measures(self)
  local list = data_of(self)
  if #list == 0 then galua.fail("fit:measures: the observation has no indices, equivalent widths or line fluxes") end
  local v = at_best(self).measure
  for i, r in ipairs(list) do r.model, r.pull = v[i], (r.value - v[i]) / r.err end
  return setmetatable(list, measures)
end

-- ---------------------------------------------------------------- posterior of what the spectral part says
local function quantiles(v)
  local s = v:copy():sort()
  local function at(q) return s[math.max(1, math.min(#s, math.floor(q * #s + 0.5)))] end
  return { median = at(0.5), q16 = at(0.16), q84 = at(0.84), q025 = at(0.025), q975 = at(0.975) }
end

local function some(self, draws)
  local s = self:samples()
  local x, list = {}, pick(s.n, draws)
  for j, i in ipairs(list) do x[j] = s.x:row(i):totable() end
  return galua.mat(x), list, s
end

local line_list = {}
function line_list:__tostring()
  local out = { ("%-18s %11s %12s %12s %12s %12s"):format("line", "wave [A]", "flux", "-1 sigma", "+1 sigma", "L [Lsun]") }
  for _, l in ipairs(self) do
    out[#out + 1] = ("%-18s %11.2f %12.4g %12.3g %12.3g %12.4g"):format(l.name, l.wave, l.median, l.median - l.q16, l.q84 - l.median,
      l.luminosity.median)
  end
  return table.concat(out, "\n")
end
line_list.__galua_show = line_list.__tostring

local sun = 3.828e33

local function fit_lines(self, given)
  local o = galua.options("fit:lines", given, { draws = 1000, seed = ":number" })
  local x, list, s = some(self, o.draws)
  local rows = C.of_fit(self.target, x, o.seed or self.seed)
  local d, out = C.data(self.data), {}
  local area = {} -- 4 pi D_L^2 [cm2]
  for j, i in ipairs(list) do area[j] = 4 * math.pi * (s.derived.D_L[i] * 3.0856775814913673e24) ^ 2 end
  area = galua.vec(area)
  local function put(name, wave, flux, free)
    local r = quantiles(flux)
    local lum = flux * area / sun
    r.name, r.wave, r.flux, r.free, r.luminosity = name, wave, flux, free, quantiles(lum)
    r.luminosity.value = lum
    out[#out + 1] = r
  end
  for i, l in ipairs(self.model:lines()) do put(l.name, l.wave, rows.line:col(i):copy(), false) end
  for i = 1, d and #d.line_wave or 0 do put(("free %.6g"):format(d.line_wave[i]), d.line_wave[i], rows.amp:col(i):copy(), true) end
  if #out == 0 then
    galua.fail("fit:lines: neither the model nor the spectrum has emission lines: give the galaxy nebular = nebular.hii{}, or the "
      .. "spectrum lines = { wave = {...} }")
  end
  out.n = #list
  return setmetatable(out, line_list)
end

-- The spectral part of fit:predictive(): pixels and measures of data sets replicated from the samples.
function M.predictive(self, draws, seed)
  local d, list, out = C.data(self.data), data_of(self), {}
  if not d and #list == 0 then return nil end
  local x = some(self, draws)
  local rows = C.of_fit(self.target, x, seed)
  local m = x.rows
  if d then
    local p = { wave = d.wave, flux = d.flux, mask = d.mask, q16 = {}, median = {}, q84 = {}, pit = {}, coef = rows.coef, y = rows.y,
      fitted = rows.fitted }
    local larger, largest = 0, 0
    for j = 1, m do
      local y, fit, sd = rows.y:row(j), rows.fitted:row(j), rows.sigma:row(j)
      local a, b, c, e = 0, 0, 0, 0
      for i = 1, #d.wave do
        if d.mask[i] == 0 then
          local u, v = (y[i] - fit[i]) / sd[i], (d.flux[i] - fit[i]) / sd[i]
          a, b, c, e = a + u * u, b + v * v, math.max(c, math.abs(u)), math.max(e, math.abs(v))
        end
      end
      larger, largest = larger + (a >= b and 1 or 0), largest + (c >= e and 1 or 0)
    end
    for i = 1, #d.wave do
      if d.mask[i] == 0 then
        local v, below = rows.y:col(i):copy(), 0
        for j = 1, m do below = below + (v[j] < d.flux[i] and 1 or v[j] == d.flux[i] and 0.5 or 0) end
        local q = quantiles(v)
        p.pit[i], p.q16[i], p.median[i], p.q84[i] = below / m, q.q16, q.median, q.q84
      else
        p.pit[i], p.q16[i], p.median[i], p.q84[i] = 0 / 0, 0 / 0, 0 / 0, 0 / 0
      end
    end
    for _, k in ipairs { "pit", "q16", "median", "q84" } do p[k] = galua.vec(p[k]) end
    p.chi2 = { p = larger / m, about = "chi^2 of the spectrum" }
    p.largest = { p = largest / m, about = "largest residual of the spectrum" }
    out.spectrum = p
  end
  if #list > 0 then
    out.measures = list
    for i, r in ipairs(list) do
      local v, below = rows.measured:col(i):copy(), 0
      for j = 1, m do below = below + (v[j] < r.value and 1 or v[j] == r.value and 0.5 or 0) end
      for k, q in pairs(quantiles(v)) do r[k] = q end
      r.pit = not r.limit and below / m or nil
    end
  end
  return out
end

-- ---------------------------------------------------------------- leave one pixel out
-- The pixels' part of fit:loo(): table with vectors, or nil and why not.
function M.loo(self, draws, ess)
  local d = C.data(self.data)
  if not d then return nil end
  local x, list = some(self, math.max(100, math.min(draws, 1000, math.floor(1e7 / #d.wave))))
  local reff = math.max(1e-3, math.min(1, ess / #list))
  local elpd, khat, pit = C.loo(self.target, x, reff)
  if not elpd then
    return nil, "pixels are left out: a profiled polynomial is an estimate, no density of the data; use mode = 'marginalised'"
  end
  local out = { wave = d.wave, elpd = elpd, khat = khat, pit = pit, n = 0, sum = 0, sum2 = 0, worst = 0, draws = #list, odd = {} }
  for i = 1, #elpd do
    local e = elpd[i]
    if e == e then
      out.n, out.sum, out.sum2, out.worst = out.n + 1, out.sum + e, out.sum2 + e * e, math.max(out.worst, khat[i])
      local edge = math.min(pit[i], 1 - pit[i])
      if khat[i] > 0.7 or edge < 1e-4 then out.odd[#out.odd + 1] = { i = i, wave = d.wave[i], elpd = e, khat = khat[i], pit = pit[i] } end
    end
  end
  table.sort(out.odd, function(a, b) return a.elpd < b.elpd end)
  return out
end

local function plot_spectrum(self, given)
  local o = galua.options("fit:plot_spectrum", given, { title = ":string", width = 7, height = 4.4 })
  local plot = require "galua.plot"
  local s = fit_spectrum(self)
  -- pixels that are not used are NaN: no line crosses them; they are drawn pale
  local nan, x, y, lo, hi, m, r, g, out, reach = 0 / 0, {}, {}, {}, {}, {}, {}, {}, {}, 5
  local any = false
  for i = 1, #s.wave do
    local used = s.mask[i] == 0
    local beside = s.mask[math.max(1, i - 1)] ~= 0 or s.mask[math.min(#s.wave, i + 1)] ~= 0 -- where the pale line meets the other
    x[i], y[i], m[i] = s.wave[i], used and s.flux[i] or nan, used and s.fitted[i] or nan
    out[i] = (not used or beside) and s.flux[i] or nan
    any = any or not used
    lo[i], hi[i] = used and s.flux[i] - s.err[i] or nan, used and s.flux[i] + s.err[i] or nan
    r[i] = used and (s.flux[i] - s.fitted[i]) / s.err[i] or nan
    g[i] = used and s.gp and s.gp[i] / s.err[i] or nan
    if g[i] == g[i] then reach = math.max(reach, 1.2 * math.abs(g[i])) end
  end
  local f = plot.figure { rows = 2, cols = 1, width = o.width, height = o.height, height_ratios = { 3, 1 }, sharex = true, hspace = 5 }
  local top, low = f:axes(1), f:axes(2)
  top:set { ylabel = "S_{ν} [mJy]", title = o.title or (self.name ~= "" and plot.escape(self.name) or nil) }
  local sorted = {}                                   -- what is masked does not rule the axis
  for i = 1, #x do if y[i] == y[i] then sorted[#sorted + 1] = y[i] end end
  table.sort(sorted)
  if #sorted > 0 then
    local span = sorted[#sorted] - sorted[1]
    top:set { ylim = { math.min(sorted[1], sorted[math.ceil(0.01 * #sorted)]) - 0.08 * span, sorted[#sorted] + 0.12 * span } }
  end
  top:band(x, lo, hi, { color = "#DDDDDD", label = "±1σ" })
  if any then top:line(x, out, { color = "#C9B38C", width = 0.7, label = "masked" }) end
  top:line(x, y, { color = "#555555", width = 0.8, label = "data" })
  top:line(x, m, { color = "#C8102E", width = 1, label = "model" })
  low:set { xlabel = "Observed wavelength [Å]", ylabel = "Residual [σ]", ylim = { -reach, reach } }
  low:hspan(-1, 1, { color = "#56B4E9", alpha = 0.22 })
  low:line(x, r, { color = "#1F3A5F", width = 0.7 })
  if s.gp then low:line(x, g, { color = "#C8102E", width = 1 }) end
  return f
end

function M.extend(fit)
  fit.spectrum, fit.plot_spectrum, fit.measures, fit.lines = fit_spectrum, plot_spectrum, fit_measures, fit_lines
  doc.text("fit:measures", fit_measures, [[fit:measures() -> list
Indices, equivalent widths and line fluxes of the data at the sample of highest posterior: name, value, err, model, pull.]])
  doc.text("fit:lines", fit_lines, [[fit:lines{ draws =, seed = } -> list
Emission lines over the posterior: those of the model's gas, after dust, and the free ones of the spectrum, drawn from what the data
leave of them given each sample. Per line: name, wave [A, rest], median, q16, q84, q025, q975 and flux, a value per sample
[erg/s/cm2], free; luminosity, the same in Lsun (4 pi D_L^2 flux; its values in luminosity.value).
@param draws (1000) samples to use
@param seed (the fit's) seed of the draws of free lines]])
  doc.text("fit:spectrum", fit_spectrum, [[fit:spectrum() -> table
The spectrum at the sample of highest posterior: wave, flux, err, mask of the data, model [mJy], fitted (model with calibration
polynomial and free lines), sigma (independent errors), coef (of the polynomial, from order 0), amp (line fluxes [erg/s/cm2]); with such
noise gp, the mean of the correlated noise given the data, and p_out, the probability of each pixel to be an outlier.
pull = (flux - fitted - gp)/sigma.]])
  doc.text("fit:plot_spectrum", plot_spectrum, [[fit:plot_spectrum() -> figure
The spectrum, the model of highest posterior, and the residuals in units of the quoted errors, with the mean of the correlated noise where the
fit has it.]])
end

return M
