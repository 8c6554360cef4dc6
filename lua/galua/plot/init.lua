-- Figures: plot(x, y), plot.sed, plot.corner, plot.sfh, plot.trace, ... A figure shows itself in the terminal (`fig:show()`, or at
-- the prompt) and is saved by suffix: fig:save("x.pdf"), "x.png", "x.svg". Works in plain LuaJIT as well.
local galua = require "galua"
local Figure = require "galua.plot.figure"
local Axes = require "galua.plot.axes"
local stats = require "galua.plot.stats"
local corner = require "galua.plot.corner"
local text = require "galua.plot.text"

local plot = {
  sed = require "galua.plot.sed",
  corner = corner.corner,
  sfh = require "galua.plot.sfh",
  trace = require "galua.plot.trace",
  figure = Figure.new,
  quantiles = stats.quantiles,
  palette = require("galua.plot.colormap").palette,
  escape = text.escape,
  is = Figure.is,
}

local figure_keys = { width = true, height = true, size = true }
local style_keys = { color = true, dash = true, label = true, marker = true, alpha = true, xerr = true, yerr = true, limit = true,
  line = true, linewidth = true, markersize = true, fill = true, bins = true, weights = true, range = true, density = true }

-- Options of one call, sorted: figure, axes, style.
local function split(opts)
  local f, a, s = {}, {}, {}
  if opts ~= nil and type(opts) ~= "table" then galua.fail("plot: the options must be a table, got %s", type(opts)) end
  for k, v in pairs(opts or {}) do
    if type(k) == "string" then
      if figure_keys[k] then
        f[k] = v
      elseif Axes.settings[k] then
        a[k] = v
      elseif style_keys[k] then
        s[k] = v
      else
        local all = {}
        for _, t in ipairs { figure_keys, Axes.settings, style_keys } do for n in pairs(t) do all[n] = true end end
        galua.fail("plot has no option '%s' (did you mean '%s'?)", k, Axes.nearest(k, all))
      end
    end
  end
  return f, a, s
end

local function draw_series(ax, x, y, s)
  local with_points = s.marker or s.yerr or s.xerr or s.limit
  local color = s.color
  if s.line or not with_points then
    ax:line(x, y, { color = color, dash = s.dash, width = s.linewidth, alpha = s.alpha, label = s.label })
    color = ax.artists[#ax.artists].color
  end
  if with_points then
    ax:points(x, y, { color = color, marker = s.marker, xerr = s.xerr, yerr = s.yerr, limit = s.limit, size = s.markersize, fill = s.fill,
      alpha = s.alpha, label = not s.line and s.label or nil })
  end
end

local function field(x, k)
  local ok, v = pcall(function() return x[k] end)
  return ok and v or nil
end

local function count(n)
  local t = {}
  for i = 1, n do t[i] = i end
  return t
end

-- plot(x, y, opts), plot(y, opts), plot(spectrum, opts). A spectrum has `wave` [A] and `flux` [mJy]; any other object can define
-- a metamethod `__plot(object, opts)` that returns a figure.
local function call(_, x, y, opts)
  if Figure.is(x) then return x end
  local mt = type(x) ~= "cdata" and getmetatable(x)
  if type(mt) == "table" and mt.__plot then return mt.__plot(x, y) end
  local own = type(x) == "userdata" and field(x, "plot")                          -- a handle with a method `plot`
  if own then return own(x, y) end
  if x == nil then galua.fail("plot: nothing to draw; plot(x, y), plot(y) or plot(spectrum)") end
  if (type(x) == "table" or type(x) == "userdata" or type(x) == "cdata") and field(x, "wave") and field(x, "flux") then
    local o = { wave = x.wave, flux = x.flux }
    return plot.sed(require("galua.core").over("plot", o, y))
  end
  if y == nil or (type(y) == "table" and #y == 0 and opts == nil) then
    x, y, opts = nil, x, y
    y = stats.array(y, "plot: y")
    x = count(#y)
  end
  local f, a, s = split(opts)
  local fig = Figure.new(f)
  local ax = fig:axes()
  ax:set(a)
  draw_series(ax, x, y, s)
  return fig
end

-- plot.lines{ { x, y, label=, color=, dash=, marker=, yerr= ... }, ..., xlabel=, xscale=, ... }: several series on one axes.
function plot.lines(opts)
  galua.expect("plot.lines", 1, opts, "table")
  local f, a = split(opts)
  local fig = Figure.new(f)
  local ax = fig:axes()
  ax:set(a)
  for i, series in ipairs(opts) do
    galua.expect("plot.lines", i, series, "table")
    local x, y = series.x or series[1], series.y or series[2]
    if not (x and y) then galua.fail("plot.lines: series %d needs x and y", i) end
    local s = {}
    for k, v in pairs(series) do
      if type(k) == "string" and k ~= "x" and k ~= "y" then s[k] = v end
    end
    local _, _, style = split(s)
    draw_series(ax, x, y, style)
  end
  return fig
end

-- plot.hist(values, { bins=, range=, weights=, density=, xlabel=, ... })
function plot.hist(values, opts)
  local f, a, s = split(opts)
  local fig = Figure.new(f)
  local ax = fig:axes()
  if not a.ylabel then a.ylabel = s.density and "Density" or "Number" end
  ax:set(a)
  ax:hist(values, { bins = s.bins, range = s.range, weights = s.weights, density = s.density, color = s.color, fill = true, fill_alpha = 0.3,
    label = s.label })
  return fig
end

-- plot.residuals{ x, data, model, err, xlabel=, ylabel=, xscale=, yscale= }: data and model above, (data - model)/err below.
function plot.residuals(opts)
  galua.expect("plot.residuals", 1, opts, "table")
  local x, data = stats.array(opts.x or opts[1], "plot.residuals: x"), stats.array(opts.data or opts[2], "plot.residuals: data")
  local model, err = stats.array(opts.model or opts[3], "plot.residuals: model"), opts.err or opts[4]
  if not err then galua.fail("plot.residuals: err (the errors of the data) is missing") end
  if type(err) == "number" then
    local v = err
    err = {}
    for i = 1, #x do err[i] = v end
  end
  err = stats.array(err, "plot.residuals: err")
  if #data ~= #x or #model ~= #x or #err ~= #x then
    galua.fail("plot.residuals: %d x, %d data, %d model values, %d errors: they must be as many", #x, #data, #model, #err)
  end
  local fig = Figure.new { width = opts.width or 5.4, height = opts.height or 4.2, rows = 2, height_ratios = { 2.6, 1 }, sharex = true,
    hspace = 5 }
  local ax, rx = fig:axes(1), fig:axes(2)
  ax:set { ylabel = opts.ylabel, xlabel = opts.xlabel, xscale = opts.xscale, yscale = opts.yscale, title = opts.title, xlim = opts.xlim }
  rx:set { ylabel = "Residual [σ]", xlabel = opts.xlabel, xscale = opts.xscale, xlim = opts.xlim, yticknumber = 4 }
  local order = count(#x)
  table.sort(order, function(a, b) return x[a] < x[b] end)
  local mx, my, r, one, top = {}, {}, {}, {}, 3
  for i, k in ipairs(order) do
    mx[i], my[i] = x[k], model[k]
  end
  for i = 1, #x do
    r[i], one[i] = (data[i] - model[i]) / err[i], 1
    if r[i] == r[i] and math.abs(r[i]) < math.huge then top = math.max(top, math.abs(r[i]) + 1.2) end
  end
  ax:line(mx, my, { label = "model" })
  ax:points(x, data, { yerr = err, label = "data", color = "#C8102E", size = 4.4 })
  rx:set { ylim = { -top, top } }
  rx:hspan(-1, 1, { color = "#56B4E9", alpha = 0.22 })
  rx:hline(0, { color = "#0072B2" })
  rx:points(x, r, { yerr = one, color = "#C8102E", size = 4, cap = 0 })
  return fig
end

setmetatable(plot, { __call = call })
if package.loaded["galua.core"] then require("galua.plot.manual")(plot) end
return plot
