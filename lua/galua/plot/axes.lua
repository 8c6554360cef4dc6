-- Axes: data, scales, limits, labels; no drawing until a back end asks for it (galua.plot.draw, galua.plot.term).
local galua = require "galua"
local stats = require "galua.plot.stats"
local artists = require "galua.plot.artists"
local canvas = require "galua.plot.canvas"
local colors = require "galua.plot.colormap"
local tick = require "galua.plot.ticks"

local Axes = {}
Axes.__index = Axes
local huge, log10, min, max, abs = math.huge, math.log10, math.min, math.max, math.abs

-- Fields that `ax:set{...}` and the constructors take, with what they are for.
local settings = {
  xscale = "linear or log", yscale = "linear or log", xlim = "{lo, hi}", ylim = "{lo, hi}", xlabel = "markup", ylabel = "markup",
  title = "markup", legend = "false, true or a place", xticks = "array of numbers or false", yticks = "array of numbers or false",
  xticktext = "array of the texts at xticks", yticktext = "array of the texts at yticks",
  xformat = "plain or power", yformat = "plain or power", xticknumber = "about how many", yticknumber = "about how many",
  frame = "false hides the frame", decades = "at most so many decades below the top of a logarithmic y axis",
  xlabels = "false hides tick labels", ylabels = "false hides tick labels", title_size = "points",
  title_over = "true: the title takes no room of its own", tick_angle = "degrees, x tick labels",
  aspect = "equal: one unit is as long on x as on y",
  hidden = "true draws nothing here", xreverse = "true: falls to the right",
}
Axes.settings = settings

local function nearest(name, list)
  local best, score
  for k in pairs(list) do
    local same = 0
    for i = 1, min(#k, #name) do if k:sub(i, i) == name:sub(i, i) then same = same + 1 end end
    local s = same - abs(#k - #name)
    if not score or s > score or (s == score and k < best) then best, score = k, s end
  end
  return best
end
Axes.nearest = nearest

-- Refuses options that `known` does not list, naming the nearest that it does, and those that are not of the kinds it names as in ":table|vec".
function Axes.check(what, opts, known)
  if type(opts) ~= "table" then galua.fail("%s needs a table of options, got %s", what, type(opts)) end
  for k in pairs(opts) do
    if not known[k] then galua.fail("%s has no option '%s' (did you mean '%s'?)", what, tostring(k), nearest(tostring(k), known)) end
    local kinds = type(known[k]) == "string" and known[k]:match("^:(.*)")
    if kinds then galua.expect(what, k, opts[k], kinds) end
  end
end

function Axes.new(figure, opts)
  local ax = setmetatable({ figure = figure, artists = {}, xscale = "linear", yscale = "linear", colors_used = 0 }, Axes)
  if opts then ax:set(opts) end
  return ax
end

-- Sets labels, scales, limits: see `settings`.
function Axes:set(opts)
  Axes.check("plot: axes", opts, settings)
  for k, v in pairs(opts) do
    if (k == "xscale" or k == "yscale") and v ~= "linear" and v ~= "log" then
      galua.fail("plot: %s is '%s'; it can be linear or log", k, tostring(v))
    end
    if (k == "xlim" or k == "ylim") and v then
      if type(v) ~= "table" then galua.expect("plot: axes", k, v, "table|vec") end
      local a, b = tonumber(v[1]), tonumber(v[2])
      if (v[1] and not a) or (v[2] and not b) or (a and b and a == b) or (a and a ~= a) or (b and b ~= b) then
        galua.fail("plot: %s = {%s, %s} is not a range", k, tostring(v[1]), tostring(v[2]))
      end
    end
    self[k] = v
  end
  return self
end

local function add(ax, kind, a)
  a.kind = kind
  ax.artists[#ax.artists + 1] = a
  return ax
end

local function next_color(ax, c)
  if c then
    colors.rgb(c)
    return c
  end
  ax.colors_used = ax.colors_used + 1
  return colors.palette[(ax.colors_used - 1) % #colors.palette + 1]
end

local function same_length(what, x, y)
  if #x ~= #y then galua.fail("plot: %s has %d x but %d y values", what, #x, #y) end
end

-- Line through (x, y). opts: color, width, dash, alpha, label.
function Axes:line(x, y, opts)
  local o = opts or {}
  x, y = stats.array(x, "line: x"), stats.array(y, "line: y")
  same_length("a line", x, y)
  canvas.dash(o.dash)
  return add(self, "line", { x = x, y = y, color = next_color(self, o.color), width = o.width, dash = o.dash, alpha = o.alpha,
    label = o.label, faint = o.faint })              -- faint: not drawn in a terminal
end

-- An error given as a number, an array, or { lo = array, hi = array }.
local function errors(e, n, what)
  if not e then return nil end
  local function one(v)
    if type(v) == "number" then
      local t = {}
      for i = 1, n do t[i] = v end
      return t
    end
    local t = stats.array(v, what)
    if #t ~= n then galua.fail("plot: %s has %d values for %d points", what, #t, n) end
    return t
  end
  if type(e) == "table" and (e.lo or e.hi) then return { lo = one(e.lo or 0), hi = one(e.hi or 0) } end
  local t = one(e)
  return { lo = t, hi = t }
end

local limit_of = { upper = 1, lower = -1, [1] = 1, [-1] = -1, [0] = 0, [true] = 1, [false] = 0, ["<"] = 1, [">"] = -1, detection = 0 }

-- Points. opts: xerr, yerr (number, array or {lo=, hi=}), limit (array of "upper", "lower" or false), marker, size, fill, color, label.
function Axes:points(x, y, opts)
  local o = opts or {}
  x, y = stats.array(x, "points: x"), stats.array(y, "points: y")
  same_length("a set of points", x, y)
  if o.marker and not canvas.markers[o.marker] then
    galua.fail("plot: marker '%s' is unknown: o (circle), s (square), d (diamond), ^, v, x, +, . (dot) or none", tostring(o.marker))
  end
  local limit
  if o.limit then
    limit = {}
    for i = 1, #x do
      local v = o.limit[i]
      if v == nil then v = 0 end
      limit[i] = limit_of[v]
      if not limit[i] then galua.fail("plot: limit[%d] is '%s'; it can be \"upper\", \"lower\" or false", i, tostring(v)) end
    end
  end
  return add(self, "points", { x = x, y = y, xerr = errors(o.xerr, #x, "xerr"), yerr = errors(o.yerr, #x, "yerr"), limit = limit,
    marker = o.marker, size = o.size, fill = o.fill, color = next_color(self, o.color), ecolor = o.ecolor, ewidth = o.ewidth, cap = o.cap,
    alpha = o.alpha, label = o.label, tips = o.tips })
end

-- Shaded band between lo and hi.
function Axes:band(x, lo, hi, opts)
  local o = opts or {}
  x, lo, hi = stats.array(x, "band: x"), stats.array(lo, "band: lo"), stats.array(hi, "band: hi")
  same_length("a band (lower edge)", x, lo)
  same_length("a band (upper edge)", x, hi)
  return add(self, "band", { x = x, lo = lo, hi = hi, color = next_color(self, o.color), alpha = o.alpha, label = o.label })
end

-- Steps: values y over edges (one more edge than values). opts: fill, fill_alpha, base, open, color, width, dash, label.
function Axes:steps(edges, y, opts)
  local o = opts or {}
  edges, y = stats.array(edges, "steps: edges"), stats.array(y, "steps: y")
  if #edges ~= #y + 1 then galua.fail("plot: steps need one more edge than values, got %d and %d", #edges, #y) end
  local color = next_color(self, o.color)
  return add(self, "steps", { edges = edges, y = y, color = color, fill = o.fill == true and color or o.fill, fill_alpha = o.fill_alpha,
    width = o.width, dash = o.dash, base = o.base, open = o.open, alpha = o.alpha, label = o.label })
end

-- Histogram of values. opts: bins (number or edges), range, weights, density, and those of steps.
function Axes:hist(values, opts)
  local o = opts or {}
  local x = stats.array(values, "hist: values")
  local w = o.weights and stats.array(o.weights, "hist: weights")
  local lo, hi = huge, -huge
  for i = 1, #x do
    if x[i] > -huge and x[i] < huge then lo, hi = min(lo, x[i]), max(hi, x[i]) end
  end
  if o.range then lo, hi = o.range[1], o.range[2] end
  if lo > hi then galua.fail("plot: the histogram has no finite value") end
  if lo == hi then lo, hi = lo - 0.5, hi + 0.5 end
  local edges, y = {}, {}
  if type(o.bins) == "table" then
    edges = stats.array(o.bins, "hist: bins")
    for i = 1, #edges - 1 do y[i] = 0 end
    for i = 1, #x do
      local v = x[i]
      for b = 1, #y do
        if v >= edges[b] and (v < edges[b + 1] or (b == #y and v == edges[b + 1])) then y[b] = y[b] + (w and w[i] or 1) break end
      end
    end
  else
    local bins = o.bins or max(8, min(60, math.ceil(2 * (#x) ^ (1 / 3))))
    local h = stats.hist1(x, lo, hi, bins, w)
    for i = 0, bins do edges[i + 1] = lo + (hi - lo) * i / bins end
    for i = 1, bins do y[i] = h[i - 1] end
  end
  if o.density then
    local total = 0
    for i = 1, #y do total = total + y[i] end
    for i = 1, #y do y[i] = y[i] / (total * (edges[i + 1] - edges[i])) end
  end
  return self:steps(edges, y, { fill = o.fill, fill_alpha = o.fill_alpha, color = o.color, width = o.width, dash = o.dash, label = o.label })
end

-- Closed contour loops (galua.plot.stats.contour). opts: fill, alpha, color, width.
function Axes:contour(loops, opts)
  local o = opts or {}
  return add(self, "contour", { loops = loops, fill = o.fill, alpha = o.alpha, color = o.color, width = o.width, label = o.label })
end

-- An image over x1 .. x2 by y1 .. y2: { x = {x1, x2}, y = {y1, y2}, nx =, ny =, index = bytes from the upper left, palette = { colours } };
-- index 0 is transparent, k the k-th colour of the palette.
function Axes:image(opts)
  return add(self, "image", { x = opts.x, y = opts.y, nx = opts.nx, ny = opts.ny, index = opts.index, palette = opts.palette })
end

-- Separate lines { { x1, y1, x2, y2 }, ... }. opts: color, width, alpha, label.
function Axes:segments(list, opts)
  local o = opts or {}
  return add(self, "segments", { list = list, color = o.color or "black", width = o.width, alpha = o.alpha, label = o.label })
end

-- Lines across the axes at x (vline) or y (hline); view = true keeps them in sight.
function Axes:vline(x, opts)
  local o = opts or {}
  return add(self, "rule", { axis = "x", at = x, color = o.color or "grey", width = o.width or 0.8, dash = o.dash, label = o.label, view = o.view,
    alpha = o.alpha })
end

function Axes:hline(y, opts)
  local o = opts or {}
  return add(self, "rule", { axis = "y", at = y, color = o.color or "grey", width = o.width or 0.8, dash = o.dash, label = o.label, view = o.view,
    alpha = o.alpha })
end

-- Shaded spans from a to b.
function Axes:vspan(a, b, opts)
  local o = opts or {}
  return add(self, "span", { axis = "x", from = a, to = b, color = o.color or "grey", alpha = o.alpha, label = o.label })
end

function Axes:hspan(a, b, opts)
  local o = opts or {}
  return add(self, "span", { axis = "y", from = a, to = b, color = o.color or "grey", alpha = o.alpha, label = o.label })
end

-- Text at data coordinates. opts: coords = "axes" for fractions of the axes, anchor, valign, size, angle, color, dx, dy (points).
function Axes:text(x, y, s, opts)
  local o = opts or {}
  return add(self, "text", { x = x, y = y, s = s, coords = o.coords, anchor = o.anchor, valign = o.valign, size = o.size, angle = o.angle,
    color = o.color, bold = o.bold, dx = o.dx, dy = o.dy })
end

-- Data limits along one axis, before sharing: lo, hi or nil. Only what lies within the other axis' fixed limits counts.
function Axes:extent(axis)
  local lo, hi = huge, -huge
  local islog = self[axis .. "scale"] == "log"
  local other = axis == "x" and "y" or "x"
  local ol = self[other .. "lim"]
  local olo, ohi = ol and ol[1] or -huge, ol and ol[2] or huge
  if olo > ohi then olo, ohi = ohi, olo end
  local function push(x, y)
    local v, o = x, y
    if axis == "y" then v, o = y, x end
    if not v or v ~= v or v == huge or v == -huge or (islog and v <= 0) then return end
    if o and (o < olo or o > ohi) then return end
    if v < lo then lo = v end
    if v > hi then hi = v end
  end
  for _, a in ipairs(self.artists) do
    if not a.outside then artists[a.kind].extent(a, push) end
  end
  if lo > hi then return nil end
  return lo, hi
end

-- Final limits of one axis over the axes that share it.
function Axes.limits(group, axis)
  local lo, hi, flush = huge, -huge, true
  local islog, fixed, decades = false, nil, nil
  for _, ax in ipairs(group) do
    islog = islog or ax[axis .. "scale"] == "log"
    fixed = fixed or ax[axis .. "lim"]
    decades = decades or (axis == "y" and ax.decades)
    local a, b = ax:extent(axis)
    if a then lo, hi = min(lo, a), max(hi, b) end
    if axis == "x" then
      for _, ar in ipairs(ax.artists) do
        if ar.kind == "points" or ar.kind == "contour" then flush = false end
      end
    end
  end
  if lo > hi then lo, hi = islog and 1 or 0, islog and 10 or 1 end
  if islog then
    if decades and hi / lo > 10 ^ decades then lo = hi / 10 ^ decades end
    if lo == hi then lo, hi = lo / 2, hi * 2 end
    local k = (axis == "x" and flush) and 1 or (hi / lo) ^ 0.05
    lo, hi = max(lo / k, 1e-307), min(hi * k, 1e307)
  else
    if lo == hi then
      local d = lo == 0 and 1 or abs(lo) * 0.1
      lo, hi = lo - d, hi + d
    end
    local d = (axis == "x" and flush) and 0 or (hi - lo) * 0.05
    local zero = axis == "y" and lo == 0              -- histograms and rates stand on the axis
    lo, hi = zero and 0 or lo - d, hi + d
  end
  if fixed then
    lo, hi = fixed[1] or lo, fixed[2] or hi
    if islog and (lo <= 0 or hi <= 0) then
      galua.fail("plot: the %s limits {%g, %g} are not positive, but the axis is logarithmic", axis, lo, hi)
    end
  end
  for _, ax in ipairs(group) do
    if axis == "x" and ax.xreverse and lo < hi then lo, hi = hi, lo end
  end
  return lo, hi
end

-- Ticks of an axis for a length that has room for about n labels; { major, labels, minor, exponent }.
function Axes:ticks(axis, lo, hi, n)
  local given = self[axis .. "ticks"]
  if given == false then return { major = {}, labels = {}, minor = {} } end
  local a, b = min(lo, hi), max(lo, hi)
  if given then
    local t = { major = {}, labels = {}, minor = {} }
    for i, v in ipairs(given) do
      if v >= a and v <= b then
        t.major[#t.major + 1] = v
        local texts = self[axis .. "ticktext"]
        t.labels[#t.labels + 1] = texts and texts[i] or tick.plain(v)
      end
    end
    return t
  end
  n = self[axis .. "ticknumber"] or n
  if self[axis .. "scale"] == "log" then return tick.log(a, b, n, self[axis .. "format"]) end
  return tick.linear(a, b, n)
end

-- The map from data to [p, q] along an axis.
function Axes.mapping(scale, lo, hi, p, q)
  if scale == "log" then
    local a, b = log10(lo), log10(hi)
    local k = (q - p) / (b - a)
    return function(v) return v > 0 and p + (log10(v) - a) * k or 0 / 0 end
  end
  local k = (q - p) / (hi - lo)
  return function(v) return p + (v - lo) * k end
end

return Axes
