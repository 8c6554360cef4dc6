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

-- One table of spec, of all spectra or (`of` its name) of one, whose settings and columns are those of `all` where it has none: options of target{}
-- (fixed values, settings, columns of the noise), priors into `free`; `usual` false: parameters that a setting needs get no prior here
local function take(spec, of, all, free, usual, names)
  local where, open = of and ("spec.%s."):format(of) or "spec.", {}
  local options, fixed, columns = {}, {}, {}
  for _, part in ipairs(galua.noise.terms()) do
    for _, c in ipairs(part.columns) do
      local v = c.doc and spec[c.name]
      if v and type(v) ~= "number" then galua.fail("fit: %s%s must be a number, got a %s", where, c.name, type(v)) end
      columns[#columns + 1] = v or c.doc and all[c.name] or 0
      if c.doc then names[#names + 1] = c.name end
    end
    local v = spec[part.name]
    if part.setting then
      names[#names + 1] = part.name
      local known = v == nil or of and v == "none"
      for _, c in ipairs(part.choices) do known = known or c == v end
      if not known then
        if type(v) ~= "string" then
          galua.fail("fit: %s%s is the name of a %s, %s, got a %s", where, part.name, part.setting, table.concat(part.choices, " or "), type(v))
        end
        galua.fail("fit: %s%s: unknown %s '%s'%s (known: %s)", where, part.name, part.setting, v, core.did_you_mean(v, part.choices),
          table.concat(part.choices, ", "))
      end
      options["spectral_" .. part.setting] = v or all[part.name]
      for _, p in ipairs(part.params) do open[p.name] = usual and v and v ~= "none" and p.open end
    end
  end
  for i, p in ipairs(C.params()) do
    local name = p.name:match("[^.]+$")
    local key = where .. name
    fixed[i], names[#names + 1] = 0 / 0, name
    local v = spec[name]
    if v == "usual" then
      v = default_prior(p)
      spec[name] = v
    end
    if type(v) == "number" then
      if v ~= v then galua.fail("fit: %s is not a number", key) end
      if free[key] then galua.fail("fit: parameter '%s' is a number in spec and free: leave one of the two out", key) end
      fixed[i] = v
    elseif v ~= nil then
      if free[key] then galua.fail("fit: parameter '%s' is given twice, in spec and in free", key) end
      free[key] = v
    elseif open[name] and not free[key] and not (of and (all[name] ~= nil or free[p.name])) then
      free[key] = default_prior(p)
    end
  end
  options.spectral, options.spectral_columns = galua.vec(fixed), galua.vec(columns)
  return options
end

-- fit{ spec = { sigma_v = 150, shift = prior, gp = "matern32", red = { shift = 0 } } }: options of target{}, and spec as it is kept; priors into `free`
function M.resolve(given, free, data)
  local spec, own, names, spectra, alone = spread(given), {}, { "noise" }, data:spectra(), 0
  for i, s in ipairs(spectra) do
    local t = s.name ~= "" and spec[s.name]
    if t and type(t) ~= "table" then galua.fail("fit: spec.%s must be a table: parameters of that spectrum, got a %s", s.name, type(t)) end
    own[i], spec[s.name] = spread(t or {}), nil
    for _, part in ipairs(galua.noise.terms()) do if part.setting and own[i][part.name] then alone = alone + 1 end end
  end
  local options = take(spec, nil, spec, free, #spectra == 0 or alone < #spectra, names)
  options.spectra = #spectra > 0 and {} or nil
  for i, s in ipairs(spectra) do
    for _, n in ipairs(names) do
      if n == s.name then galua.fail("fit: a spectrum cannot be called '%s': a parameter is; give it another name", n) end
    end
    local known, named = {}, s.name ~= ""
    options.spectra[i] = take(own[i], named and s.name or nil, spec, named and free or {}, true, known)
    for k in pairs(own[i]) do
      local found = false
      for _, n in ipairs(known) do found = found or n == k end
      if not found then galua.fail("fit: spec.%s has no '%s'%s", s.name, tostring(k), core.did_you_mean(tostring(k), known)) end
    end
  end
  local known = { unpack(names) }
  for _, s in ipairs(spectra) do known[#known + 1] = s.name ~= "" and s.name or nil end
  for k in pairs(spec) do
    local found = false
    for _, n in ipairs(known) do found = found or n == k end
    if not found then galua.fail("fit: spec has no '%s'%s", tostring(k), core.did_you_mean(tostring(k), known)) end
  end
  for i, s in ipairs(spectra) do if s.name ~= "" and next(own[i]) then spec[s.name] = own[i] end end
  return options, spec
end

-- the spectral part at the sample of highest posterior, its rows as vectors
local function at_best(self, which)
  local s = self:samples()
  local _, i = self:best()
  local rows = C.of_fit(self.target, galua.mat { s.x:row(i):totable() }, nil, which)
  local out = {}
  for k, m in pairs(rows) do out[k] = m:row(1) end
  return out
end

-- number of the spectrum that is called `name`; the first
local function number_of(self, who, name)
  local all, names = self.data:spectra(), {}
  if #all == 0 then galua.fail("%s: the observation has no spectrum", who) end
  if name == nil then return 1, all[1] end
  for i, d in ipairs(all) do
    if d.name == name then return i, d end
    names[i] = d.name
  end
  galua.fail("%s: there is no spectrum '%s'%s", who, tostring(name), core.did_you_mean(tostring(name), names))
end

local function fit_spectrum(self, name)
  local which, d = number_of(self, "fit:spectrum", name)
  local out = at_best(self, which)
  out.measure, out.line = nil, nil
  out.name, out.wave, out.flux, out.err, out.mask, out.lo, out.hi = d.name, d.wave, d.flux, d.err, d.mask, d.lo, d.hi
  out.pull = (d.flux - out.fitted - (out.gp or 0)) / out.sigma
  return out
end

local function fit_spectra(self)
  local out = {}
  for i, d in ipairs(self.data:spectra()) do
    out[i] = fit_spectrum(self, d.name)
    if d.name ~= "" then out[d.name] = out[i] end
  end
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
  local out = {}
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
  for k, d in ipairs(self.data:spectra()) do
    local amp = k == 1 and rows.amp or #d.line_wave > 0 and C.of_fit(self.target, x, o.seed or self.seed, k).amp
    for i = 1, #d.line_wave do
      put(("%s%sfree %.6g"):format(d.name, d.name ~= "" and " " or "", d.line_wave[i]), d.line_wave[i], amp:col(i):copy(), true)
    end
  end
  if #out == 0 then
    galua.fail("fit:lines: neither the model nor the spectrum has emission lines: give the galaxy nebular = nebular.hii{}, or the "
      .. "spectrum lines = { wave = {...} }")
  end
  out.n = #list
  return setmetatable(out, line_list)
end

-- Pixels of spectrum d replicated: rows of C.of_fit
local function replicated(d, rows, m)
  local p = { name = d.name, wave = d.wave, flux = d.flux, mask = d.mask, q16 = {}, median = {}, q84 = {}, pit = {}, coef = rows.coef, y = rows.y,
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
  local of = d.name ~= "" and "spectrum " .. d.name or "the spectrum"
  p.chi2 = { p = larger / m, about = "chi^2 of " .. of }
  p.largest = { p = largest / m, about = "largest residual of " .. of }
  return p
end

-- The spectral part of fit:predictive(): pixels and measures of data sets replicated from the samples.
function M.predictive(self, draws, seed)
  local spectra, list, out = self.data:spectra(), data_of(self), { spectra = {} }
  if #spectra + #list == 0 then return nil end
  local x = some(self, draws)
  local rows = C.of_fit(self.target, x, seed)
  local m = x.rows
  for k, d in ipairs(spectra) do
    out.spectra[k] = replicated(d, k == 1 and rows or C.of_fit(self.target, x, seed, k), m)
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
local function loo_of(self, which, d, draws, ess)
  local x, list = some(self, math.max(100, math.min(draws, 1000, math.floor(1e7 / #d.wave))))
  local reff = math.max(1e-3, math.min(1, ess / #list))
  local elpd, khat, pit = C.loo(self.target, x, reff, which)
  if not elpd then return nil end -- a profiled polynomial
  local out = { name = d.name, wave = d.wave, elpd = elpd, khat = khat, pit = pit, n = 0, sum = 0, sum2 = 0, worst = 0, draws = #list, odd = {} }
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

-- The pixels' part of fit:loo(): list of tables with vectors, one a spectrum, or nil and why not.
function M.loo(self, draws, ess)
  local out, without = {}, {}
  for which, d in ipairs(self.data:spectra()) do
    local p = loo_of(self, which, d, draws, ess)
    if p then out[#out + 1] = p else without[#without + 1] = d.name end
  end
  local note = #without > 0 and ("pixels%s are left out: a profiled polynomial is an estimate, no density of the data; use mode = 'marginalised'"):format(
    without[1] ~= "" and " of " .. table.concat(without, ", ") or "") or nil
  return #out > 0 and out or nil, note
end


local function plot_spectrum(self, given)
  if type(given) == "string" then given = { name = given } end
  local o = galua.options("fit:plot_spectrum", given, { name = ":string", title = ":string", width = 7, height = 4.4 })
  local plot = require "galua.plot"
  local s = fit_spectrum(self, o.name)
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
  top:set { ylabel = "S_{ν} [mJy]", title = o.title or (self.name .. s.name ~= "" and plot.escape((self.name .. "  " .. s.name):match("^%s*(.-)%s*$")) or nil) }
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
  fit.spectrum, fit.spectra, fit.plot_spectrum, fit.measures, fit.lines = fit_spectrum, fit_spectra, plot_spectrum, fit_measures, fit_lines
  doc.text("fit:measures", fit_measures, [[fit:measures() -> list
Indices, equivalent widths and line fluxes of the data at the sample of highest posterior: name, value, err, model, pull.]])
  doc.text("fit:lines", fit_lines, [[fit:lines{ draws =, seed = } -> list
Emission lines over the posterior: those of the model's gas, after dust, and the free ones of the spectrum, drawn from what the data
leave of them given each sample. Per line: name, wave [A, rest], median, q16, q84, q025, q975 and flux, a value per sample
[erg/s/cm2], free; luminosity, the same in Lsun (4 pi D_L^2 flux; its values in luminosity.value).
@param draws (1000) samples to use
@param seed (the fit's) seed of the draws of free lines]])
  doc.text("fit:spectrum", fit_spectrum, [[fit:spectrum([name]) -> table
The spectrum (of several the first, or the one of that name) at the sample of highest posterior: wave, flux, err, mask of the data, model [mJy], fitted (model with calibration
polynomial and free lines), sigma (independent errors), coef (of the polynomial, from order 0), amp (line fluxes [erg/s/cm2]); with such
noise gp, the mean of the correlated noise given the data, and p_out, the probability of each pixel to be an outlier.
pull = (flux - fitted - gp)/sigma.]])
  doc.text("fit:spectra", fit_spectra, [[fit:spectra() -> list
What fit:spectrum() gives, of every spectrum of the data; by name too.]])
  doc.text("fit:plot_spectrum", plot_spectrum, [[fit:plot_spectrum([name]) -> figure
The spectrum, the model of highest posterior, and the residuals in units of the quoted errors, with the mean of the correlated noise where the
fit has it.]])
end

return M
