-- Samples of a fit against its data: residuals of the best point, posterior predictive checks. Added to the class of fits.
local galua = require "galua"
local doc = require "galua.doc"

local pick = require "galua.pick"
local later = require "galua.fit.later"

-- matrices of the rows `list` of the samples: sampled coordinates, derived quantities
local function rows_of(s, list)
  local x = {}
  for j, i in ipairs(list) do x[j] = s.x:row(i):totable() end
  return galua.mat(x), later.rows_of(s, list)
end

local function short(v)
  if v ~= v then return "-" end
  return ("%.4g"):format(v)
end

-- ---------------------------------------------------------------- residuals
local table_of = {}
function table_of.__tostring(rows)
  local lines = { ("%-22s %12s %11s %11s %12s %8s  %s"):format("band", "data [mJy]", "error", "sigma", "model [mJy]", "pull", "") }
  for _, r in ipairs(rows) do
    lines[#lines + 1] = (("%-22s %12s %11s %11s %12s %8s  %s"):format(r.band, short(r.flux), short(r.err), short(r.sigma), short(r.model), ("%+.2f"):format(r.pull),
      r.kind == "detection" and (r.p_out and r.p_out > 0.5 and "outlier" or "") or r.kind)):match("^(.-)%s*$")
  end
  return table.concat(lines, "\n")
end
table_of.__galua_show = table_of.__tostring

local function residuals(self)
  local g, i = self:best()
  local s = self:samples()
  local x, b = rows_of(s, { i })
  local _, sigma = self.target:replicate(x, b)
  local _, p_out = self.target:pointwise(x, b)
  local out, column = {}, {}
  for k, name in ipairs(self.target.blob_names) do column[name] = k end
  for k, r in ipairs(self.data:rows()) do
    local m = b:get(1, column["flux." .. r.band])
    local e = r.kind == "ignored" and r.err or sigma:row(1)[k]
    local p = p_out:row(1)[k]
    out[#out + 1] = { band = r.band, pivot = r.pivot, flux = r.flux, err = r.err, sigma = e, model = m, kind = r.kind,
      pull = (r.flux - m) / e, p_out = p == p and p or nil, note = r.note }
  end
  out.model = g
  return setmetatable(out, table_of)
end

-- ---------------------------------------------------------------- posterior predictive checks
local predictive = {}
predictive.__index = predictive

function predictive:__tostring()
  local lines = { ("%-22s %11s %11s %11s %11s %7s  %s"):format("band", "observed", "predicted", "-1 sigma", "+1 sigma", "PIT", "") }
  for _, r in ipairs(self.bands) do
    local flag = r.kind == "limit" and "limit" or r.kind == "ignored" and "ignored" or ""
    if r.pit and (r.pit < 0.005 or r.pit > 0.995) then flag = "unlikely" end
    lines[#lines + 1] = ("%-22s %11s %11s %11s %11s %7s  %s"):format(r.band, short(r.flux), short(r.median), short(r.median - r.q16),
      short(r.q84 - r.median), r.pit and ("%.3f"):format(r.pit) or "-", flag)
  end
  for _, r in ipairs(self.measures or {}) do
    lines[#lines + 1] = ("%-22s %11s %11s %11s %11s %7s  %s"):format(r.name, short(r.value), short(r.median), short(r.median - r.q16),
      short(r.q84 - r.median), r.pit and ("%.3f"):format(r.pit) or "-", r.limit and "limit" or (r.pit < 0.005 or r.pit > 0.995) and "unlikely" or "")
  end
  local tests = #self.bands > 0 and { self.chi2, self.largest, self.runs } or {}
  for _, p in ipairs(self.spectra or {}) do
    tests[#tests + 1] = p.chi2
    tests[#tests + 1] = p.largest
  end
  for _, t in ipairs(tests) do
    lines[#lines + 1] = ("%-28s p = %.3f%s"):format(t.about, t.p, (t.p < 0.01 or t.p > 0.99) and "   the model and the data disagree" or "")
  end
  return table.concat(lines, "\n")
end
predictive.__galua_show = predictive.__tostring

local function quantile(sorted, q)
  local n = #sorted
  local at = q * n + 0.5 -- the i-th value stands at (i - 1/2)/n
  local i = math.max(1, math.min(n - 1, math.floor(at)))
  local f = math.max(0, math.min(1, at - i))
  return sorted[i] + f * (sorted[math.min(i + 1, n)] - sorted[i])
end

-- chi^2, largest pull and number of runs of one data set around one model
local function statistics(y, model, sigma, use)
  local chi2, largest, runs, last = 0, 0, 0, nil
  for _, k in ipairs(use) do
    local pull = (y[k] - model[k]) / sigma[k]
    chi2 = chi2 + pull * pull
    largest = math.max(largest, math.abs(pull))
    local sign = pull >= 0
    if sign ~= last then runs, last = runs + 1, sign end
  end
  return chi2, largest, runs
end

local function run_predictive(self, given)
  local o = galua.options("fit:predictive", given, { draws = 1000, seed = ":number" })
  if self.likelihood then galua.fail("fit:predictive: a custom likelihood does not say how to draw data") end
  local s = self:samples()
  local data = self.data:rows()
  local list = pick(s.n, o.draws)
  local x, b = rows_of(s, list)
  local y, sigma = self.target:replicate(x, b, o.seed or self.seed)
  local m, nb, observed, use = #list, #data, {}, {}
  for k, r in ipairs(data) do
    observed[k] = r.flux
    if r.kind == "detection" or (r.kind == "limit" and self.limits == "measured") then use[#use + 1] = k end
  end
  local out = setmetatable({ bands = {}, n = m, y = y }, predictive)
  local offset = #self.target.blob_names - nb - (self.amplitude and 1 or 0)
  local count = { 0, 0, 0 }
  for j = 1, m do
    local model, rep, sd, row = {}, y:row(j), sigma:row(j), b:row(j)
    for k = 1, nb do model[k] = row[offset + k] end
    local a1, a2, a3 = statistics(rep, model, sd, use)
    local b1, b2, b3 = statistics(observed, model, sd, use)
    count[1] = count[1] + (a1 >= b1 and 1 or 0)
    count[2] = count[2] + (a2 >= b2 and 1 or 0)
    count[3] = count[3] + (a3 < b3 and 1 or a3 == b3 and 0.5 or 0)
  end
  local spectral = require("galua.spectrum.fit").predictive(self, o.draws, o.seed or self.seed)
  if spectral then out.spectra, out.spectrum, out.measures = spectral.spectra, spectral.spectra[1], spectral.measures end
  out.chi2 = { p = count[1] / m, about = "chi^2" }
  out.largest = { p = count[2] / m, about = "largest residual" }
  out.runs = { p = count[3] / m, about = "runs of signs" }
  for k, r in ipairs(data) do
    local row = { band = r.band, pivot = r.pivot, flux = r.flux, kind = r.kind, median = 0 / 0, q16 = 0 / 0, q84 = 0 / 0, q025 = 0 / 0,
      q975 = 0 / 0 }
    if r.kind ~= "ignored" then
      local v, below = y:col(k):copy(), 0
      if r.kind == "detection" or self.limits == "measured" then
        for j = 1, m do below = below + (v[j] < r.flux and 1 or v[j] == r.flux and 0.5 or 0) end
        row.pit = below / m
      end
      v = v:sort()
      row.q025, row.q16, row.median, row.q84, row.q975 = quantile(v, 0.025), quantile(v, 0.16), quantile(v, 0.5), quantile(v, 0.84),
        quantile(v, 0.975)
    end
    out.bands[k] = row
  end
  return out
end

-- ---------------------------------------------------------------- leave one out
local loo = {}
loo.__index = loo
function loo:__tostring()
  local lines = {}
  local function put(name, r, others)
    lines[#lines + 1] = ("%-22s %10.3f %8.2f %8s  %s"):format(name, r.elpd, r.khat, r.pit and ("%.3f"):format(r.pit) or "-",
      r.khat > 0.7 and "decides the posterior: importance sampling cannot leave it out"
      or r.pit and (r.pit < 0.005 or r.pit > 0.995) and "not what the other " .. others .. " predict" or "")
  end
  lines[1] = ("%-22s %10s %8s %8s"):format(#self.bands > 0 and "band" or "", "elpd", "k", "PIT")
  for _, r in ipairs(self.bands) do if r.elpd then put(r.band, r, "bands") end end
  for _, p in ipairs(self.spectra or {}) do
    local of = p.name ~= "" and p.name .. ": " or ""
    for i = 1, math.min(#p.odd, 10) do put(("%spixel at %.7g A"):format(of, p.odd[i].wave), p.odd[i], "pixels") end
    if #p.odd > 10 then lines[#lines + 1] = ("%sand %d more such pixels"):format(of, #p.odd - 10) end
    lines[#lines + 1] = ("%-22s %10.3f %8.2f %8s"):format(of .. p.n .. " pixels", p.sum, p.worst, "")
  end
  lines[#lines + 1] = ("elpd %.3f +- %.3f"):format(self.elpd, self.se)
  lines[#lines + 1] = self.note
  return table.concat(lines, "\n")
end
loo.__galua_show = loo.__tostring

local function run_loo(self, given)
  local o = galua.options("fit:loo", given, { draws = 4000, seed = ":number" })
  local bands = self.data:rows()
  local s = self:samples()
  local ess = math.huge
  for _, r in ipairs((self.sampler:summary(self.engine, self))) do
    if r.ess == r.ess then ess = math.min(ess, r.ess) end
  end
  local pixels, note = require("galua.spectrum.fit").loo(self, o.draws, ess)
  if #bands == 0 and not pixels then
    galua.fail("fit:loo: %s", note or "leaves out bands and pixels, and the observation has none")
  end
  local list = pick(s.n, o.draws)
  local out = setmetatable({ bands = {}, n = #list, elpd = 0, khat = 0, spectrum = pixels and pixels[1], spectra = pixels, note = note,
    reff = math.max(1e-3, math.min(1, ess / #list)) }, loo)
  local n, sum2 = 0, 0
  if #bands > 0 then
    local x, b = rows_of(s, list)
    local elpd, khat, pit = self.target:loo(x, b, out.reff, o.seed or self.seed)
    for k, r in ipairs(bands) do
      local e, p = elpd[k], pit[k]
      out.bands[k] = { band = r.band, kind = r.kind, elpd = e == e and e or nil, khat = e == e and khat[k] or nil, pit = p == p and p or nil }
      if e == e then
        n, out.elpd, sum2, out.khat = n + 1, out.elpd + e, sum2 + e * e, math.max(out.khat, khat[k])
      end
    end
  end
  for _, p in ipairs(pixels or {}) do
    n, out.elpd, sum2, out.khat = n + p.n, out.elpd + p.sum, sum2 + p.sum2, math.max(out.khat, p.worst)
  end
  out.se = n > 1 and math.sqrt(n * math.max(0, sum2 / n - (out.elpd / n) ^ 2) * n / (n - 1)) or 0 / 0
  return out
end

return function(fit)
  fit.loo = run_loo
  doc.text("fit:loo", run_loo, [[fit:loo{ draws =, seed = } -> table
Leave one out, by Pareto-smoothed importance sampling of the posterior (Vehtari, Gelman & Gabry 2017): per band ln p(band given the
others) (elpd), the Pareto k of its weights (above 0.7 the number cannot be trusted: the band decides the posterior), and the
PIT, the probability that the others give to a smaller flux. The same for every pixel of a spectrum (field spectrum, of several the list
spectra: vectors elpd, khat, pit over wave, their sum; at most 1000 draws, the model evaluated at each), with correlated noise, polynomial and free lines integrated
out given the other pixels (Burkner, Gabry & Vehtari 2021). The sum elpd compares models of the same data.
@param draws (4000) samples to use
@param seed (the fit's) seed of the noise in the bands' PIT]])
  fit.residuals = residuals
  fit.predictive = run_predictive
  doc.text("fit:residuals", residuals, [[fit:residuals() -> list
Per band at the sample of highest posterior: band, pivot [A], flux, err, sigma (all independent errors), model [mJy], kind,
pull = (flux - model)/sigma, p_out (probability to be an outlier), note; field model: that galaxy.]])
  doc.text("fit:predictive", run_predictive, [[fit:predictive{ draws =, seed = } -> table
Data replicated from the posterior, noise included: per band the predicted quantiles and the PIT (share of replicated fluxes below
the observed one: uniform on 0 .. 1 for a model that is right; close to 0 or 1: the band does not fit), and the shares of
replicated data sets with a larger chi^2 (chi2.p), a larger residual (largest.p), fewer runs of signs along the wavelengths (runs.p).
Of a spectrum (field spectrum, of several the list spectra) the same per pixel (vectors q16, median, q84, pit over wave) and chi2.p, largest.p, with calibration polynomial
and free lines drawn from what the data leave of them, and noise of every kind; of indices, equivalent widths and line fluxes (list measures) as for bands.
@param draws (1000) samples to replicate
@param seed (the fit's) seed of the noise]])
end
