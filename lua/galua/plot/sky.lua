-- Maps of the sky as figures: the image and its colour bar, meridians and parallels, lines of polarisation; power spectra.
local ffi = require "ffi"
local galua = require "galua"
local Figure = require "galua.plot.figure"
local Axes = require "galua.plot.axes"
local colors = require "galua.plot.colormap"
local ticks = require "galua.plot.ticks"
local M = {}
local floor, max, min, abs, log10, huge = math.floor, math.max, math.min, math.abs, math.log10, math.huge

local known = { component = true, projection = true, centre = true, extent = true, coord = true, range = true, scale = true, colors = true,
  graticule = true, polarisation = true, title = true, unit = true, width = true, nx = true }
local LEVELS = 254                                    -- colours of the ramp; index 0 is transparent, 1 the colour of bad pixels
local BAD = "#9A9A9A"

local stokes = { I = 1, Q = 2, U = 3 }

-- Number of the component, or "P"; its name.
local function which(m, c)
  if c == nil then return 1, m.iqu and "I" or nil end
  if type(c) == "number" then return c, m.iqu and ({ "I", "Q", "U" })[c] or m.ncomp > 1 and tostring(c) or nil end
  if not m.iqu then galua.fail("skymap:plot: component '%s': the map has no I, Q, U, say a number", tostring(c)) end
  if c == "P" then return "P", "P" end
  return stokes[c] or galua.fail("skymap:plot: component '%s': expected I, Q, U, P or a number", tostring(c)), c
end

local function project(m, o, comp)
  local p = o.polarisation
  if p == true then p = {} end
  if p ~= nil and p ~= false and type(p) ~= "table" then galua.fail("skymap:plot: polarisation must be true or a table, got %s", type(p)) end
  if p then Axes.check("skymap:plot: polarisation", p, { lines = true, full = true, field = true, color = true }) end
  if p and not m.iqu then galua.fail("skymap:plot: lines of polarisation need a map of I, Q, U") end
  local whole = o.projection == nil or o.projection == "mollweide" or o.projection == "orthographic" or (o.projection == "cartesian" and not o.extent)
  local step = o.graticule
  if step == nil then step = whole and 30 or 0 end
  local full = p and p.full
  if p and not full then                              -- the longest line: 1.5 times the rms amplitude
    local q, u = m:stats(2), m:stats(3)
    full = 1.5 * math.sqrt(q.rms ^ 2 + q.mean ^ 2 + u.rms ^ 2 + u.mean ^ 2)
    if not (full > 0) then full = 1 end
  end
  local view = m:project{ components = comp == "P" and { 2, 3 } or { comp }, projection = o.projection, centre = o.centre, extent = o.extent,
    coord = o.coord, nx = o.nx, graticule = step or 0, lines = p and (p.lines or 40) or 0, full = full or 0, field = p and p.field or false }
  return view, p
end

-- The values under the pixels of the image: one vector; good ones counted.
local function values_of(view, comp)
  local a = view.images[1]
  local n, UNSEEN = view.nx * view.ny, -1.6375e30
  local x = ffi.new("double[?]", n)
  if comp == "P" then
    local b = view.images[2]
    for i = 0, n - 1 do
      local q, u = a[i + 1], b[i + 1]
      x[i] = (q < 0.999 * UNSEEN or u < 0.999 * UNSEEN) and UNSEEN or math.sqrt(q * q + u * u)
    end
  else
    for i = 0, n - 1 do x[i] = a[i + 1] end
  end
  return x, n
end

local function sorted(x, n)
  local v, step = {}, max(1, floor(n / 40000))
  for i = 0, n - 1, step do
    if x[i] > -1e30 then v[#v + 1] = x[i] end         -- neither NaN nor UNSEEN
  end
  table.sort(v)
  return v
end

-- The scale: f maps a value to 0 .. 1, and the ticks of the colour bar { {position, label}, ... }.
local function scale_of(o, v, name)
  local kind = o.scale or "linear"
  local n, lo, hi = #v, nil, nil
  if n == 0 then lo, hi = 0, 1 else lo, hi = v[max(1, floor(0.01 * n))], v[max(1, math.ceil(0.99 * n))] end
  if (name == "Q" or name == "U") and not o.range then
    local m = max(abs(lo), abs(hi))
    lo, hi = -m, m
  end
  if kind == "log" and lo <= 0 then
    for i = 1, n do
      if v[i] > 0 then lo = max(v[i], hi * 1e-6) break end
    end
  end
  if o.range then
    lo, hi = tonumber(o.range[1]), tonumber(o.range[2])
    if not (lo and hi and lo < hi) then galua.fail("skymap:plot: range must be {lo, hi} with lo < hi") end
  end
  if not (hi > lo) then lo, hi = lo - (abs(lo) * 1e-3 + 1e-30), hi + (abs(hi) * 1e-3 + 1e-30) end
  local f
  if kind == "linear" then
    f = function(x) return (x - lo) / (hi - lo) end
  elseif kind == "log" then
    if not (lo > 0) then galua.fail("skymap:plot: a logarithmic scale needs positive values; try scale = \"asinh\"") end
    local a, b = math.log(lo), math.log(hi)
    f = function(x) return x > 0 and (math.log(x) - a) / (b - a) or -1 end
  elseif kind == "asinh" then
    local w = n > 0 and max(abs(v[max(1, floor(n * 0.75))] - v[max(1, floor(n * 0.25))]), 1e-300) or 1
    local function asinh(t) return t < 0 and -math.log(-t + math.sqrt(t * t + 1)) or math.log(t + math.sqrt(t * t + 1)) end
    local a, b = asinh(lo / w), asinh(hi / w)
    f = function(x) return (asinh(x / w) - a) / (b - a) end
  elseif kind == "hist" then
    f = function(x)                                   -- rank among the sample, linear between its values
      if n < 2 then return 0.5 end
      local i, j = 1, n
      if x <= v[1] then return 0 elseif x >= v[n] then return 1 end
      while j - i > 1 do
        local k = floor((i + j) / 2)
        if v[k] <= x then i = k else j = k end
      end
      return (i - 1 + (v[j] > v[i] and (x - v[i]) / (v[j] - v[i]) or 0)) / (n - 1)
    end
    lo, hi = v[1] or 0, v[n] or 1
  else
    galua.fail("skymap:plot: scale '%s': expected linear, log, asinh or hist", tostring(kind))
  end
  return f, lo, hi, kind
end

local function bar_ticks(f, lo, hi, kind, v)
  local at = {}
  if kind == "linear" then
    at = ticks.linear(lo, hi, 6).major
  elseif kind == "log" then
    for e = math.ceil(log10(lo) - 1e-9), floor(log10(hi) + 1e-9) do at[#at + 1] = 10 ^ e end
    if #at < 2 then at = { lo, math.sqrt(lo * hi), hi } end
  elseif kind == "asinh" then
    at = { lo, hi }
    if lo < 0 and hi > 0 then at[#at + 1] = 0 end
    for e = floor(log10(max(abs(lo), abs(hi)))), -30, -1 do
      for _, s in ipairs { 1, -1 } do
        local x, clear = s * 10 ^ e, true
        for _, t in ipairs(at) do clear = clear and abs(f(x) - f(t)) > 0.13 end
        if x > lo and x < hi and clear then at[#at + 1] = x end
      end
      if #at > 6 then break end
    end
  else
    for k = 0, 4 do at[#at + 1] = v[max(1, floor(1 + k / 4 * (#v - 1)))] end
  end
  table.sort(at)
  return at
end

local function label(x)
  local s = ("%.3g"):format(x):gsub("^%-", "−")
  local m, e = s:match("^(.-)e([+-]%d+)$")
  if not m then return s end
  e = tostring(tonumber(e)):gsub("^%-", "−")
  if m == "1" then return ("10^{%s}"):format(e) end
  return ("%s×10^{%s}"):format(m, e)
end

local function outline(ax, kind, hx, hy)
  if kind ~= "mollweide" and kind ~= "orthographic" then return end
  local x, y = {}, {}
  for i = 0, 360 do
    x[i + 1], y[i + 1] = hx * math.cos(math.rad(i)), hy * math.sin(math.rad(i))
  end
  ax:line(x, y, { color = "black", width = 0.8, faint = true })
end

local function palette_of(name)
  local p = { BAD }
  for i = 1, LEVELS do p[i + 1] = colors.at(name, (i - 1) / (LEVELS - 1)) end
  return p
end

local function colour_bar(ax, palette, f, lo, hi, kind, v, unit)
  local index = ffi.new("uint8_t[?]", LEVELS)
  for i = 0, LEVELS - 1 do index[i] = i + 2 end
  ax:image{ x = { 0, 1 }, y = { 0, 1 }, nx = LEVELS, ny = 1, index = index, palette = palette }
  local pos, text = {}, {}
  for _, t in ipairs(bar_ticks(f, lo, hi, kind, v)) do
    local q = f(t)
    if q > -1e-9 and q < 1 + 1e-9 and (#pos == 0 or q - pos[#pos] > 0.08) then
      pos[#pos + 1] = max(0, min(1, q))
      text[#text + 1] = label(t)
    end
  end
  ax:set{ xlim = { 0, 1 }, ylim = { 0, 1 }, yticks = false, xticks = pos, xticktext = text, ylabels = false,
    xlabel = unit and unit ~= "" and unit or nil }
end

-- A map as a figure. Options: help("skymap:plot").
function M.map(m, o)
  o = o or {}
  Axes.check("skymap:plot", o, known)
  local comp, name = which(m, o.component)
  local view, pol = project(m, o, comp)
  local x, n = values_of(view, comp)
  local v = sorted(x, n)
  local f, lo, hi, kind = scale_of(o, v, name)
  local palette = palette_of(o.colors or ((name == "Q" or name == "U") and "polar" or "viridis"))
  local index = ffi.new("uint8_t[?]", n)
  for i = 0, n - 1 do
    local t = x[i]
    if t ~= t then
      index[i] = 0
    elseif t < -1e30 then
      index[i] = 1
    else
      index[i] = 2 + floor(max(0, min(1, f(t))) * (LEVELS - 1) + 0.5)
    end
  end
  local title = o.title
  if m.synthetic then title = title and title .. "  (synthetic sky)" or "Synthetic sky" end
  local hx, hy, projection = view.half_x, view.half_y, o.projection or "mollweide"
  local framed = projection == "gnomonic" or projection == "cartesian"
  local width = o.width or 7
  local fig = Figure.new{ width = width, height = (width - 0.3) * hy / hx + (framed and 1.1 or 0.85) + (title and 0.3 or 0), rows = 2,
    height_ratios = { (width - 0.3) * hy / hx, 0.17 }, title = title, row_lines = { [2] = 4 } }
  local ax, bar = fig:axes(1), fig:axes(2)
  ax:set{ xlim = { -hx, hx }, ylim = { -hy, hy }, aspect = "equal", frame = framed, xticks = false, yticks = false, xlabels = false, ylabels = false }
  ax:image{ x = { -hx, hx }, y = { -hy, hy }, nx = view.nx, ny = view.ny, index = index, palette = palette }
  if view.graticule_x then ax:line(view.graticule_x, view.graticule_y, { color = "#808080", width = 0.5, alpha = 0.6, faint = true }) end
  if pol then
    local list = {}
    for k = 1, view.nlines do
      local l = view.lines[k]
      list[k] = { l[1], l[2], l[3], l[4] }
    end
    ax:segments(list, { color = pol.color or "black", width = 0.7 })
  end
  outline(ax, projection, hx, hy)
  if framed then
    local c, e = o.centre or {}, o.extent or (projection == "gnomonic" and { 10, 10 } or { 360, 180 })
    local frame = o.coord and ({ G = "galactic", E = "ecliptic", C = "equatorial" })[o.coord] or o.coord or m.coord
    ax:set{ xlabels = true, xlabel = ("centre (%g°, %g°)%s,  %g° × %g°"):format(c[1] or 0, c[2] or 0, frame ~= "" and " " .. frame or "", e[1], e[2]) }
  end
  local unit = (o.unit or m.unit):gsub("^u", "µ")
  colour_bar(bar, palette, f, lo, hi, kind, v, (name and unit ~= "" and name .. "  [" .. unit .. "]") or (unit ~= "" and "[" .. unit .. "]") or name)
  return fig
end

-- Power spectra of a map. Options: help("skymap:plot_cl").
function M.spectra(m, o)
  o = o or {}
  Axes.check("skymap:plot_cl", o, { lmax = true, binned = true })
  local c = m:cl{ lmax = o.lmax }
  local fig = Figure.new{ title = m.synthetic and "Synthetic sky" or nil }
  local ax = fig:axes()
  local unit = m.unit ~= "" and (" [(" .. m.unit:gsub("^u", "µ") .. ")^2]") or ""
  ax:set{ xscale = "log", yscale = "log", xlabel = "Multipole ℓ", ylabel = "ℓ(ℓ+1) C_{ℓ} / 2π" .. unit, decades = 9 }
  for i, k in ipairs(m.iqu and { "TT", "EE", "BB" } or { "TT" }) do
    local x, y, cl = {}, {}, c[k]
    local l, lmax = 2, #cl - 1
    while l <= lmax do
      local to = o.binned == false and l or min(lmax, floor(l * 1.06))
      local sum, w, centre = 0, 0, 0
      for q = l, to do sum, w, centre = sum + (2 * q + 1) * q * (q + 1) / (2 * math.pi) * cl[q + 1], w + 2 * q + 1, centre + (2 * q + 1) * q end
      if sum > 0 then x[#x + 1], y[#y + 1] = centre / w, sum / w end
      l = to + 1
    end
    if #x > 0 then ax:line(x, y, { label = m.iqu and k or nil, color = i }) end
  end
  return fig
end

return M
