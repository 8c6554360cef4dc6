-- The figure of docs/populations.md: what Hearin et al. 2023 (MNRAS 521, 1741) show of gradients in their figures 1 to 9, with smooth histories, dust
-- and gas of this program: how colours and equivalent widths change with the depth of quenching, metallicity (of young and of old stars), log U, the slope of
-- the dust curve, and dust by age. Short lines are exact gradients.
-- usage: galua scripts/dev/figures_populations.lua [FOLDER]      (docs/figures)
-- With FOLDER "data" it returns the curves instead: a list of { panel =, label =, x =, y =, dy = }, which tests/lua/test_population_figures.lua checks.
local galua = require "galua"
local folder = arg and arg[1] or "docs/figures"
local bands = galua.filters("LSST.g", "LSST.r", "LSST.i", "LSST.z")
local vec, linspace = galua.vec, galua.linspace
local N = 41
local curves = {}
local function add(panel, label, x, y, dy) curves[#curves + 1] = { panel = panel, label = label, x = x, y = y, dy = dy } end

-- colour band a - band b of galaxies that differ in one parameter, and its derivative by it
local function colour(panel, label, name, lo, hi, a, b, z, options)
  local x = linspace(lo, hi, N)
  local o = { logm0 = 12.3, lgmet = -2, lg_qt = 0.9 }
  for k, v in pairs(options or {}) do o[k] = v end
  local dusty = o.dust and (o.dust[name] or name == "delta")
  if dusty then
    local d = {}
    for k, v in pairs(o.dust) do d[k] = v end
    d[name], o.dust = x, d
  else
    o[name] = x
  end
  local p = galua.population(o)
  local m, g = p:photometry(bands, z), {}
  for k = 1, #bands do
    g[k] = {}
    for i = 1, N do g[k][i] = k == a and 1 or k == b and -1 or 0 end
  end
  local by = p:gradient(bands, z, g)
  add(panel, label, x, m:row(a) - m:row(b), by[name])
end

-- 1, 2, 3: depth of quenching: histories, rest-frame colours through time, their derivative
local times = linspace(5, 13.6, N)
for _, drop in ipairs{ -0.5, -1, -2 } do
  local s = galua.diffstar{ mah = galua.diffmah{ logm0 = 12.3 }, lg_qt = 0.9, lg_drop = drop }
  local t = linspace(1, 13.8, 200)
  add(1, ("lg drop = %g"):format(drop), t, s:sfr(t), nil)
end
do
  local series = { {}, {}, {}, {} }
  local p = galua.population{ logm0 = 12.3, lgmet = -2, lg_qt = 0.9, lg_drop = vec{ -1, -0.999, -1.001 } }
  local fd = { {}, {} }
  for i = 1, N do
    local m = p:photometry(bands, 0, { t_obs = times[i] })
    for k = 1, 2 do
      local g = {}
      for b = 1, #bands do g[b] = { b == k and 1 or b == k + 1 and -1 or 0, 0, 0 } end
      series[k][i] = m:row(k)[1] - m:row(k + 1)[1]
      series[2 + k][i] = p:gradient(bands, 0, g, { t_obs = times[i] }).lg_drop[1]
      fd[k][i] = (m:row(k)[2] - m:row(k + 1)[2] - m:row(k)[3] + m:row(k + 1)[3]) / 2e-3
    end
  end
  for k, name in ipairs{ "g − r", "r − i" } do
    add(2, name, times, vec(series[k]), nil)
    curves[#curves + 1] = { panel = 3, label = name, x = times, y = vec(series[2 + k]), fd = fd[k] }
  end
end
-- 4, 5, 6: metallicity of all stars, of young, of old ones
for k, name in ipairs{ "g − r", "r − i" } do
  colour(4, name, "lgmet", -3, -1.5, k, k + 1, 0)
  colour(5, name, "lgmet_young", -3, -1.5, k, k + 1, 0, { lg_drop = -0.4 })
  colour(6, name, "lgmet", -3, -1.5, k, k + 1, 0, { lg_drop = -0.4, lgmet_young = -2 })
end
-- 7: equivalent width of [OIII] by log U
do
  local gas = galua.ssp.synthesise{ nebular = true, logu = { -3.5, -3, -2.5, -2, -1.5 }, z = { 0.002, 0.008, 0.02 }, nage = 60 }
  local x, ones, line = linspace(-3.5, -1.5, N), {}, { { wave = 5008.24 } }
  for i = 1, N do ones[i] = 1 end
  for _, soft in ipairs{ 0, 0.2 } do
    local p = galua.population{ logm0 = 12, lgmet = -2.3, ssp = gas, logu = x, logu_scatter = soft }
    add(7, soft == 0 and "linear" or "distribution 0.2 dex wide", x, p:ew(line, 0):row(1), p:ew_gradient(line, 0, { ones }).logu)
  end
end
-- 8: observed colour by the slope of the dust curve; 9: by dust of young and old stars
for _, z in ipairs{ 0.1, 0.5, 1 } do
  colour(8, ("i − z at z = %g"):format(z), "delta", -0.7, 0.4, 3, 4, z, { dust = { av = 0.8, bump = 0, delta = 0 } })
end
local aged = { av = 0.4, av_young = 0.8, delta = -0.1, delta_young = -0.3, bump = 0 }
for _, q in ipairs{ { "av", 0, 1.5, "A_{V}, old" }, { "av_young", 0, 1.5, "A_{V}, young" }, { "delta", -0.7, 0.4, "δ, old" }, { "delta_young", -0.7, 0.4, "δ, young" } } do
  colour(9, q[4], q[1], q[2], q[3], 1, 2, 0.1, { lg_drop = -0.4, dust = aged })
end
if folder == "data" then return curves end

local plot = require "galua.plot"
local fig = plot.figure{ rows = 3, cols = 3, width = 9.2, height = 7.8 }
local color = { "#0072B2", "#D55E00", "#009E73", "#5A5A5A" }
local titles = { "histories by depth of quenching", "colours through time", "∂ colour / ∂ lg drop", "metallicity", "metallicity of young stars", "metallicity of old stars",
  "EW [OIII] 5007", "slope of the dust curve", "g − r, z = 0.1, dust by age" }
local xlabel = { "Time [Gyr]", "Time [Gyr]", "Time [Gyr]", "lg Z", "lg Z, young", "lg Z, old", "log U", "δ", "A_{V} or δ" }
local ylabel = { "SFR [M_⊙ yr^{-1}]", "colour", "mag/dex", "colour", "colour", "colour", "EW [Å]", "i − z", "g − r" }
local ylim = { [5] = { 0.16, 0.34 }, [8] = { 0.15, 0.95 }, [9] = { 0.38, 0.9 } }
local seen = {}
for _, c in ipairs(curves) do
  local ax = fig:axes(math.ceil(c.panel / 3), (c.panel - 1) % 3 + 1)
  seen[c.panel] = (seen[c.panel] or 0) + 1
  local shade = color[seen[c.panel]]
  ax:line(c.x, c.y, { color = shade, width = 1.1, label = c.label })
  local span = c.x[#c.x] - c.x[1]
  for i = 5, c.dy and #c.x - 4 or 0, 8 do
    local h = 0.07 * span
    ax:line({ c.x[i] - h, c.x[i] + h }, { c.y[i] - h * c.dy[i], c.y[i] + h * c.dy[i] }, { color = "#000000", width = 0.8 })
  end
  if c.fd then
    local px, py = {}, {}
    for i = 1, #c.x, 4 do px[#px + 1], py[#py + 1] = c.x[i], c.fd[i] end
    ax:points(px, py, { color = shade, marker = "o", size = 3 })
  end
end
for k = 1, 9 do
  fig:axes(math.ceil(k / 3), (k - 1) % 3 + 1):set{ title = titles[k], xlabel = xlabel[k], ylabel = ylabel[k], ylim = ylim[k], legend = ylim[k] and "upper right" or true }
end
local path = folder .. "/populations_gradients.png"
fig:save(path, { dpi = 110 })
print(path)
