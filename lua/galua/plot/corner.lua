-- Corner figure: marginal histograms on the diagonal, joint densities below it. Contours enclose 39.3 % and 86.5 % of the samples,
-- which are 1 and 2 sigma of a Gaussian in two dimensions.
local galua = require "galua"
local Figure = require "galua.plot.figure"
local Axes = require "galua.plot.axes"
local stats = require "galua.plot.stats"
local tick = require "galua.plot.ticks"
local text = require "galua.plot.text"
local colors = require "galua.plot.colormap"
local max, min, floor, abs, log10 = math.max, math.min, math.floor, math.abs, math.log10

local M = {}
local known = { samples = ":table", names = ":table", units = ":table", truths = ":table|vec|boolean", weights = 1, log = ":table|boolean",
  color = ":string", bins = ":number", title = ":string", size = ":number", labels = ":table", smooth = ":number", priors = ":table" }

-- "median ^{+up}_{-down}" with two significant digits of the smaller error.
function M.summary(med, up, down)
  local small = min(up > 0 and up or down, down > 0 and down or up)
  if not (small > 0) then return tick.plain(med) end
  local top = max(abs(med), up, down)
  local e = floor(log10(top) + 1e-9)
  if e < 5 and e > -4 then e = 0 end
  local s = 10 ^ e
  local digits = max(0, 1 - floor(log10(small / s) + 1e-9))
  local body = ("%s^{+%s}_{−%s}"):format(tick.fixed(med / s, digits), tick.fixed(up / s, digits), tick.fixed(down / s, digits))
  if e ~= 0 then body = body .. "×10^{" .. tick.fixed(e, 0) .. "}" end
  return body
end

function M.power(e) return "10^{" .. tick.fixed(e, 0) .. "}" end

-- Draws of a prior, on the scale that its parameter is drawn on; nil for none
function M.prior_of(column, name, islog, e)
  if not column then return nil end
  local x = stats.array(column, "plot.corner: prior of " .. name)
  for k = 1, #x do
    local v = islog and (x[k] > 0 and log10(x[k]) or 0 / 0) or x[k]
    x[k] = e ~= 0 and v / 10 ^ e or v
  end
  return x
end

-- The prior's histogram in the bins of a diagonal, with the area of as many samples as the posterior has
local function draw_prior(ax, p, edges, hb, total)
  local h, inside = stats.hist1(p.prior, p.lo, p.hi, hb), {}
  stats.smooth(h, hb, 0.7, 1)
  for i = 1, hb do inside[i] = h[i - 1] * total / #p.prior end
  ax:steps(edges, inside, { color = "#7F7F7F", width = 0.9, dash = "dashed" })
end

-- The prepared columns: { x, name, label, lo, hi, med, up, down, sorted }, and weights.
function M.prepare(opts)
  Axes.check("plot.corner", opts, known)
  local samples = opts.samples
  if type(samples) ~= "table" or #samples == 0 then galua.fail("plot.corner: samples must be an array of columns, one per parameter") end
  local cols, n = {}, nil
  if #samples > 40 then
    galua.fail("plot.corner: %d columns; samples must be an array of columns, one per parameter (at most 40)", #samples)
  end
  local w = opts.weights and stats.array(opts.weights, "plot.corner: weights")
  for i = 1, #samples do
    local name = opts.names and opts.names[i] or ("p_{" .. i .. "}")
    local x = stats.array(samples[i], "plot.corner: samples of " .. name)
    if n and #x ~= n then galua.fail("plot.corner: '%s' has %d samples, the first parameter has %d", name, #x, n) end
    n = #x
    local unit = opts.units and opts.units[i]
    if unit == "" then unit = nil end
    local label = opts.labels and opts.labels[i] or name
    local islog = opts.log and (opts.log[i] or opts.log[name])
    local truth = opts.truths and (opts.truths[i] or opts.truths[name]) or nil
    if islog then
      for k = 1, n do x[k] = x[k] > 0 and log10(x[k]) or 0 / 0 end
      label = "log " .. label
      truth = truth and (truth > 0 and log10(truth) or nil)
    end
    local s = stats.sorted(x, w)
    if s.n == 0 then galua.fail("plot.corner: '%s' has no finite sample%s", name, islog and " above zero" or "") end
    local q = function(p) return stats.sorted_quantile(s, p) end
    local lo, med, hi = q(0.1586553), q(0.5), q(0.8413447)
    local a, b = q(0.001), q(0.999)
    local far = max(abs(a), abs(b))                    -- very large or small values: in units of a power of ten
    local e = far > 0 and floor(log10(far) + 1e-9) or 0
    if e < 5 and e > -3 then e = 0 end
    if e ~= 0 then
      local k = 10 ^ e
      for j = 1, n do x[j] = x[j] / k end
      for j = 0, s.n - 1 do s.k[j] = s.k[j] / k end
      a, b, lo, med, hi, truth = a / k, b / k, lo / k, med / k, hi / k, truth and truth / k
      unit = M.power(e) .. (unit and " " .. unit or "")
    end
    local pad = (b - a) * 0.08
    a, b = max(a - pad, s.k[0]), min(b + pad, s.k[s.n - 1])     -- a posterior cut by its prior keeps its edge
    if not (b > a) then
      local d = med == 0 and 1 or abs(med) * 0.05
      a, b = med - d, med + d
    end
    cols[i] = { x = x, name = name, label = label .. (unit and (" [" .. unit .. "]") or ""), short = label, unit = unit, lo = a, hi = b,
      med = med, up = hi - med, down = med - lo, q16 = lo, q84 = hi, truth = truth, e = e }
    cols[i].prior = M.prior_of(opts.priors and (opts.priors[i] or opts.priors[name]), name, islog, e)
  end
  if w and #w ~= n then galua.fail("plot.corner: %d weights for %d samples", #w, n) end
  if #cols > 12 then galua.fail("plot.corner: %d parameters are too many for one figure; choose up to 12", #cols) end
  return cols, w, n
end

-- 2-D contours of two columns: loops for each share.
function M.joint(a, b, n, bins, w, shares, smooth)
  a.bin, b.bin = a.bin or stats.bin(a.x, a.lo, a.hi, bins), b.bin or stats.bin(b.x, b.lo, b.hi, bins)
  local raw = stats.hist2(a.bin, b.bin, n, bins, w)
  local h = require("ffi").new("double[?]", bins * bins)
  for i = 0, bins * bins - 1 do h[i] = raw[i] end
  stats.smooth(h, bins, smooth)
  local levels = stats.levels(h, raw, bins * bins, shares)
  local out = {}
  for i, l in ipairs(levels) do out[i] = stats.contour(h, bins, l, a.lo, a.hi, b.lo, b.hi) end
  return out, levels
end

M.shares = { 1 - math.exp(-0.5), 1 - math.exp(-2) }

local function effective(w, n)
  if not w then return n end
  local s, s2 = 0, 0
  for i = 1, #w do s, s2 = s + w[i], s2 + w[i] * w[i] end
  return s2 > 0 and s * s / s2 or 1
end

-- Grid size and smoothing length (in bins) for so many independent samples.
local function resolution(n)
  local bins = max(18, min(48, floor(4 * n ^ 0.24)))
  return bins, n > 20000 and 1.1 or n > 3000 and 1.4 or 1.8
end
M.resolution = resolution

-- opts: samples = { column, ... } (each an array or vector), names, labels (markup, default the names), units, truths, weights,
-- log = { true, ... } or { name = true } (drawn as log10), priors = { column or nil, ... } or { name = column } (draws, dashed), color, bins, smooth (bins), title, size (inches).
function M.corner(opts)
  local cols, w, n = M.prepare(opts)
  local np = #cols
  local auto, smooth = resolution(effective(w, n))
  local bins = opts.bins or auto
  smooth = opts.smooth or smooth
  local color = opts.color or "#0072B2"
  local side = opts.size or max(3.2, min(11, 1.1 + 1.12 * np))
  local fig = Figure.new { width = side, height = side, rows = np, cols = np, sharex = true, hspace = 3.5, wspace = 3.5, title = opts.title,
    size = np > 6 and 8.5 or 9, terminal = function(size) return M.terminal(cols, w, size, color) end }
  -- Titles in one size: that in which the longest fits; where none does, the name goes into the panel.
  local heads, title_size, room = {}, fig.size * 0.95, (side * 72 - 50) / np * 1.05
  local least = fig.size * 0.72
  for i, p in ipairs(cols) do
    heads[i] = M.summary(p.med, p.up, p.down) .. (p.e ~= 0 and "×" .. M.power(p.e) or "")
    local need = title_size * room / text.width(p.short .. " = " .. heads[i], title_size)
    if need < title_size then title_size = max(least, need) end
  end
  for r = 1, np do
    for c = 1, np do
      local ax = fig:axes(r, c)
      if c > r then
        ax:set { hidden = true }
      elseif c == r then
        local p = cols[r]
        local hb = min(bins, 40)
        local h = stats.hist1(p.x, p.lo, p.hi, hb, w)
        local edges, y, top = {}, {}, 0
        stats.smooth(h, hb, 0.7, 1)
        for i = 0, hb do edges[i + 1] = p.lo + (p.hi - p.lo) * i / hb end
        for i = 1, hb do
          y[i] = h[i - 1]
          top = max(top, y[i])
        end
        ax:steps(edges, y, { color = color, fill = color, fill_alpha = 0.25, width = 1 })
        if p.prior then
          local total = 0
          for i = 1, n do total = total + (w and w[i] or 1) end
          draw_prior(ax, p, edges, hb, total)
        end
        ax:vline(p.med, { color = "black", width = 0.9, dash = "dashed" })
        ax:vline(p.q16, { color = "black", width = 0.8, dash = "dotted" })
        ax:vline(p.q84, { color = "black", width = 0.8, dash = "dotted" })
        local head = heads[r]
        local full = p.short .. " = " .. head
        if text.width(full, title_size) > room then -- the name goes into the panel
          full = head
          ax:text(0.04, 0.95, p.short, { coords = "axes", valign = "top", size = min(title_size, title_size * room * 0.9 / text.width(p.short, title_size)) })
        end
        ax:set { xlim = { p.lo, p.hi }, ylim = { 0, top * 1.12 }, yticks = false, ylabels = false, title = full,
          title_size = title_size, title_over = r > 1,
          xlabel = r == np and p.label or nil, xticknumber = 3, tick_angle = 45 }
      else
        local a, b = cols[c], cols[r]
        local loops = M.joint(a, b, n, bins, w, M.shares, smooth)
        ax:contour(loops[2], { fill = colors.mix("white", color, 0.28), color = color, width = 0.8 })
        ax:contour(loops[1], { fill = colors.mix("white", color, 0.62), color = color, width = 0.8 })
        ax:set { xlim = { a.lo, a.hi }, ylim = { b.lo, b.hi }, xlabel = r == np and a.label or nil, ylabel = c == 1 and b.label or nil,
          ylabels = c == 1, xticknumber = 3, yticknumber = 3, tick_angle = 45 }
        if a.truth then ax:vline(a.truth, { color = "#D55E00", width = 1 }) end
        if b.truth then ax:hline(b.truth, { color = "#D55E00", width = 1 }) end
        if a.truth and b.truth then ax:points({ a.truth }, { b.truth }, { marker = "s", color = "#D55E00", size = 3.4 }) end
      end
      if c == r and cols[r].truth then ax:vline(cols[r].truth, { color = "#D55E00", width = 1 }) end
    end
  end
  return fig
end

-- The terminal has no room for joint densities: one histogram per parameter, with its median and errors.
local eighths = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" }

local function fit(s, n)
  local t, k = {}, 0
  for ch in text.codes(s) do
    if ch ~= "" and k < n then
      t[#t + 1] = ch
      k = k + 1
    end
  end
  return table.concat(t) .. (" "):rep(n - k)
end

-- size = { width, height [characters], paint = function(text, colour) }.
function M.terminal(cols, w, size, color)
  local np, out = #cols, {}
  local per = floor(size.height / np)
  local compact = per < 2
  local rows = compact and 1 or min(4, per - 1)
  local names, values, nw, vw = {}, {}, 0, 0
  for i, p in ipairs(cols) do
    names[i] = text.plain(p.label)
    values[i] = text.plain((M.summary(p.med, p.up, p.down):gsub("%^{(.-)}_{(.-)}", " %1 %2")))
    nw, vw = max(nw, text.len(names[i])), max(vw, text.len(values[i]))
  end
  nw = min(nw, 24)
  local hw = max(10, size.width - nw - vw - 4)
  for i, p in ipairs(cols) do
    local h, top = stats.hist1(p.x, p.lo, p.hi, hw, w), 0
    stats.smooth(h, hw, max(0.5, hw / 45), 1)
    for k = 0, hw - 1 do top = max(top, h[k]) end
    local function col(v) return floor((v - p.lo) / (p.hi - p.lo) * hw) end
    local from, to, mid = col(p.q16), col(p.q84), col(p.med)
    for r = rows, 1, -1 do
      local cells = {}
      for k = 0, hw - 1 do
        local fill = max(0, min(8, floor((h[k] / top * rows - (r - 1)) * 8 + 0.5)))
        local shade = k == mid and "#E69F00" or (k >= from and k <= to) and color or "#7F7F7F"
        cells[#cells + 1] = size.paint(eighths[fill + 1], shade)
      end
      local first = r == 1
      local line = fit(first and names[i] or "", nw) .. "  " .. table.concat(cells) .. "  " .. (first and values[i] or "")
      out[#out + 1] = (line:gsub("%s+$", ""))
    end
    if not compact then
      local function short(v) return ("%.3g"):format(abs(v) < 1e-3 * (p.hi - p.lo) and 0 or v) end
      local a, b = short(p.lo), short(p.hi)
      local mark = (" "):rep(max(1, mid - #a)) .. "▴"
      local gap = hw - #a - #b
      if mid > #a and mid < hw - #b - 1 then
        local rest = max(0, gap - text.len(mark))
        out[#out + 1] = (" "):rep(nw + 2) .. a .. mark .. (" "):rep(rest) .. b
      else
        out[#out + 1] = (" "):rep(nw + 2) .. a .. (" "):rep(max(1, gap)) .. b
      end
    end
  end
  return table.concat(out, "\n")
end

return M
