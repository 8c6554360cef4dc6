-- The figures of docs/spectra.md: one galaxy through three instruments; the fit of scripts/examples/spectrum_example.lua and what each kind of data
-- adds to it.
-- usage: galua scripts/dev/figures_spectra.lua [FOLDER]      (docs/figures)
local folder = (arg and arg[1] or "docs/figures") .. "/"
arg = {} -- the example is to return its fit, not to print it
local plot = require "galua.plot"
local color = { "#0072B2", "#D55E00", "#009E73", "#5A5A5A" }
local function save(fig, name)
  local path = folder .. name .. ".png"
  fig:save(path, { dpi = 110 })
  print(path)
end

-- ---------------------------------------------------------------- three instruments
do
  local g = galaxy{ sfh = sfh.delayed{ tau = 3e9, norm = 8, Z = 0.015 }, age = 7e9, redshift = 0.03, nebular = nebular.hii{},
    attenuation = attenuation.calzetti{ A_V = 0.5 } } -- the default clouds hide the lines of the gas
  local fig = plot.figure{ rows = 1, cols = 2, width = 8.2, height = 3.4 }
  for k, span in ipairs{ { 4830, 5040 }, { 6500, 6780 } } do
    local ax = fig:axes(1, k)
    for i, R in ipairs{ 300, 1000, 4000 } do
      local lo, hi = span[1] * 1.03, span[2] * 1.03
      local s = g:spectrum{ wave = linspace(lo, hi, math.floor((hi - lo) / (lo / R) * 3)), R = R, sigma_gas = 60 }
      ax:line(s.wave, s.flux, { color = color[i], width = 1.2, dash = ({ "solid", "dashed", "solid" })[i], label = "R = " .. R })
    end
    ax:set{ xlabel = "Observed wavelength [Å]", ylabel = k == 1 and "S_{ν} [mJy]" or nil, xlim = { span[1] * 1.03, span[2] * 1.03 },
      title = k == 1 and "Hβ and [OIII]" or "[NII], Hα and [SII]" }
  end
  save(fig, "spectra_instruments")
end

-- ---------------------------------------------------------------- the example: data, model, polynomial, residuals
local f, truth, photometry = dofile("scripts/examples/spectrum_example.lua")
do
  local s = f:spectrum()
  local p = f:predictive{ draws = 300 }.spectrum
  local fig = plot.figure{ rows = 3, cols = 1, width = 7.6, height = 6.4, height_ratios = { 3, 1.3, 1 }, sharex = true, hspace = 5 }
  local top, mid, low = fig:axes(1, 1), fig:axes(2, 1), fig:axes(3, 1)
  local x, lo, hi, r, first = {}, {}, {}, {}, true
  local n = #s.wave
  for i = 1, n do
    x[i] = -1 + 2 * (s.wave[i] - s.wave[1]) / (s.wave[n] - s.wave[1])
    local bad = s.mask[i] == 1
    lo[i], hi[i], r[i] = bad and 0 / 0 or s.flux[i] - s.err[i], bad and 0 / 0 or s.flux[i] + s.err[i], bad and 0 / 0 or s.pull[i]
    if bad then
      top:vspan(s.wave[i] - 4, s.wave[i] + 4, { color = "#B8B8B8", label = first and "masked" or nil })
      first = false
    end
  end
  top:band(s.wave, lo, hi, { color = "#9A9A9A", label = "spectrum ± 1σ" })
  top:line(s.wave, s.fitted, { color = color[2], width = 1.1, label = "model × polynomial" })
  top:line(s.wave, s.model, { color = color[1], width = 1.1, dash = "dashed", label = "model" })
  for _, q in ipairs(photometry) do
    local band = filters(q[1])[1]
    if band.pivot > 3900 and band.pivot < 7700 then
      top:points({ band.pivot }, { q[2] }, { yerr = { q[3] }, color = "#000000", marker = "s", label = q[1] == "SDSS.g" and "photometry" or nil })
    end
  end
  top:set{ ylabel = "S_{ν} [mJy]", ylim = { 0.1, 0.95 } }
  -- the polynomial over the posterior, and what the mock was multiplied by
  local q16, q50, q84, is = {}, {}, {}, {}
  for i = 1, n do
    local v = {}
    for j = 1, p.coef.rows do
      local c, a, b, sum = p.coef:row(j), 1, x[i], 1
      for k = 1, p.coef.cols do
        sum = sum + c[k] * a
        a, b = b, 2 * x[i] * b - a
      end
      v[j] = sum
    end
    table.sort(v)
    q16[i], q50[i], q84[i] = v[math.floor(0.16 * #v)], v[math.floor(0.5 * #v)], v[math.floor(0.84 * #v)]
    is[i] = 1 + 0.10 * x[i] - 0.06 * (2 * x[i] ^ 2 - 1)
  end
  mid:band(s.wave, q16, q84, { color = color[3], alpha = 0.35, label = "posterior, 68 %" })
  mid:line(s.wave, q50, { color = color[3], width = 1.2 })
  mid:line(s.wave, is, { color = "#000000", width = 1.1, dash = "dashed", label = "truth" })
  mid:set{ ylabel = "Calibration" }
  low:hspan(-1, 1, { color = "#56B4E9", alpha = 0.25 })
  low:line(s.wave, r, { color = "#1F3A5F", width = 0.7 })
  low:set{ xlabel = "Observed wavelength [Å]", ylabel = "Residual [σ]", ylim = { -4.5, 4.5 } }
  save(fig, "spectra_fit")
end

-- ---------------------------------------------------------------- what each kind of data adds
do
  local d = f.data:spectrum()
  local function again(o, free)
    o.name, o.redshift = "mock", f.data.redshift
    local priors = {}
    for _, p in ipairs(f.free) do if free or not p[1]:find("^spec") then priors[p[1]] = p[2] end end
    local q = fit{ data = observation(o), model = f.model, seed = 21, free = priors, spec = free and { sigma_v = 180 } or nil,
      sampler = sampler.ensemble{ walkers = 32, steps = 1500, thin = 3 } }
    q:run{ progress = false }
    return q
  end
  local spec = { wave = d.wave, flux = d.flux, err = d.err, mask = d.mask, R = 400, calibration = { order = 5, sd = 0.1 } }
  local runs = { { "photometry", again({ photometry = photometry }, false) }, { "spectrum", again({ spectrum = spec }, true) },
    { "both and Hα", f } }
  local fig = plot.figure{ rows = 1, cols = 3, width = 8.6, height = 3.1 }
  for k, q in ipairs{ { "age", "lg age [yr]", true, { 9, 10.08 } }, { "attenuation.A_V", "A_{V}", false, { 0, 2 } },
    { "Mstar", "lg M_{*} [M_{⊙}]", true, { 9.6, 10.7 } } } do
    local ax = fig:axes(1, k)
    for i, r in ipairs(runs) do
      local s = r[2]:samples()
      local v
      for j, p in ipairs(r[2].free) do if p[1] == q[1] then v = s.x:col(j):copy() end end
      if not v then v = s.derived[q[1]]:log10() end
      ax:hist(v, { bins = 40, range = q[4], density = true, color = color[i], label = k == 1 and r[1] or nil })
    end
    if truth[q[1]] then ax:vline(q[3] and math.log10(truth[q[1]]) or truth[q[1]], { color = "#000000", dash = "dashed" }) end
    ax:set{ xlabel = q[2], xlim = q[4], ylabel = k == 1 and "Probability density" or nil }
  end
  save(fig, "spectra_posterior")
end
