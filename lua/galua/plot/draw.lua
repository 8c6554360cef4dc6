-- Draws a figure on a vector canvas: lays the panels out around what their labels need, then frames, ticks, data, legend.
local galua = require "galua"
local Axes = require "galua.plot.axes"
local artists = require "galua.plot.artists"
local canvas = require "galua.plot.canvas"
local text = require "galua.plot.text"
local max, min, abs, floor = math.max, math.min, math.abs, math.floor

local LINE, MAJOR, MINOR, PAD = 0.8, 4.2, 2.2, 3.2    -- widths and lengths in points

-- Tick labels of a panel need this many points each way: their number follows from the length.
local function tick_count(axis, length, size)
  if axis == "y" then return max(2, min(8, floor(length / (size * 3.2)))) end
  return max(2, min(9, floor(length / (size * 4.6))))
end

-- Limits and ticks of every panel; which of them show labels; the room the labels take on the four sides.
local function measure(fig, cells, size)
  for _, p in ipairs(cells) do
    local ax = p.ax
    p.xlo, p.xhi = Axes.limits(fig:group("x", p.r, p.c), "x")
    p.ylo, p.yhi = Axes.limits(fig:group("y", p.r, p.c), "y")
    p.xt = ax:ticks("x", p.xlo, p.xhi, tick_count("x", p.w or 100, size))
    p.yt = ax:ticks("y", p.ylo, p.yhi, tick_count("y", p.h or 100, size))
    local below, left = fig.grid[p.r + 1] and fig.grid[p.r + 1][p.c], p.c > 1 and fig.grid[p.r][p.c - 1]
    p.xlabels = ax.xlabels ~= false and not (fig.sharex and below and not below.hidden)
    p.ylabels = ax.ylabels ~= false and not (fig.sharey and left and not left.hidden)
    local ts = size * 0.89
    p.tick_size = ts
    local wide = 0
    for _, l in ipairs(p.yt.labels) do wide = max(wide, text.width(l, ts)) end
    p.ywide = p.ylabels and wide or 0
    p.left = p.ylabels and wide + PAD + (ax.ylabel and size * 1.45 or 0) or 0
    local last = p.xt.labels[#p.xt.labels]
    p.right = (p.xlabels and last) and text.width(last, ts) * 0.5 or 0
    if p.xlabels and last and not p.ylabels then p.left = text.width(p.xt.labels[1], ts) * 0.5 end
    local deep = ts
    if ax.tick_angle and ax.tick_angle ~= 0 then
      deep = 0
      for _, l in ipairs(p.xt.labels) do deep = max(deep, text.width(l, ts) * math.sin(math.rad(ax.tick_angle)) + ts * 0.7) end
      p.right = 0
    end
    p.xdeep = deep
    p.bottom = p.xlabels and deep + PAD + 1 + (ax.xlabel and size * 1.45 or 0) or 0
    if p.xt.exponent and p.xlabels and not ax.xlabel then p.bottom = p.bottom + size * 1.2 end
    p.top = ax.title and not ax.title_over and (ax.title_size or size) * 1.5 or 0
    if p.yt.exponent and p.ylabels then p.top = max(p.top, size * 1.35) end
  end
end

-- Positions of the panels. Columns and rows share what is left after the labels by their ratios; the labels of a column are
-- aligned.
local function layout(fig, cells, W, H, size)
  local left, right, top, bottom = {}, {}, {}, {}
  for _, p in ipairs(cells) do
    left[p.c], right[p.c] = max(left[p.c] or 0, p.left), max(right[p.c] or 0, p.right)
    top[p.r], bottom[p.r] = max(top[p.r] or 0, p.top), max(bottom[p.r] or 0, p.bottom)
  end
  local edge = 5
  local function span(n, before, after, total, gap, ratios, lead)
    local used, sum = 2 * edge + lead, 0
    for i = 1, n do
      used = used + (before[i] or 0) + (after[i] or 0)
      sum = sum + (ratios and ratios[i] or 1)
    end
    used = used + gap * (n - 1)
    local pos, len, at = {}, {}, edge + lead
    for i = 1, n do
      pos[i] = at + (before[i] or 0)
      len[i] = max(10, (total - used) * (ratios and ratios[i] or 1) / sum)
      at = pos[i] + len[i] + (after[i] or 0) + gap
    end
    return pos, len
  end
  local wgap = fig.wspace or (fig.sharey and 7 or 9)
  local hgap = fig.hspace or (fig.sharex and 5 or 9)
  local xs, ws = span(fig.cols, left, right, W, wgap, fig.width_ratios, 0)
  local ys, hs = span(fig.rows, top, bottom, H, hgap, fig.height_ratios, fig.title and size * 1.8 or 0)
  for _, p in ipairs(cells) do
    p.x, p.y, p.w, p.h = xs[p.c], ys[p.r], ws[p.c], hs[p.r]
    p.column_left = left[p.c]
    for _, q in ipairs(cells) do
      if q.r == p.r then p.xdeep = max(p.xdeep, q.xdeep) end
    end
  end
end

local function draw_frame(c, p, size)
  local ax = p.ax
  local x, y, w, h = p.x, p.y, p.w, p.h
  local fx, fy = p.f.x, p.f.y
  local majors, minors = {}, {}
  for _, v in ipairs(p.xt.major) do
    local q = fx(v)
    majors[#majors + 1] = { q, y + h, q, y + h - MAJOR }
    majors[#majors + 1] = { q, y, q, y + MAJOR }
  end
  for _, v in ipairs(p.yt.major) do
    local q = fy(v)
    majors[#majors + 1] = { x, q, x + MAJOR, q }
    majors[#majors + 1] = { x + w, q, x + w - MAJOR, q }
  end
  for _, v in ipairs(p.xt.minor) do
    local q = fx(v)
    minors[#minors + 1] = { q, y + h, q, y + h - MINOR }
    minors[#minors + 1] = { q, y, q, y + MINOR }
  end
  for _, v in ipairs(p.yt.minor) do
    local q = fy(v)
    minors[#minors + 1] = { x, q, x + MINOR, q }
    minors[#minors + 1] = { x + w, q, x + w - MINOR, q }
  end
  if ax.frame ~= false then
    if #minors > 0 then c:path(minors, { stroke = "black", width = LINE * 0.75 }) end
    if #majors > 0 then c:path(majors, { stroke = "black", width = LINE }) end
    c:path({ { x, y, x + w, y, x + w, y + h, x, y + h } }, { stroke = "black", width = LINE, close = true, miter = true })
  end
  local ts = p.tick_size
  if p.xlabels then
    for i, v in ipairs(p.xt.major) do
      if p.xt.labels[i] then
        if ax.tick_angle and ax.tick_angle ~= 0 then
          canvas.text(c, fx(v) + ts * 0.3, y + h + PAD + ts * 0.55, p.xt.labels[i], { size = ts, anchor = "end", angle = ax.tick_angle })
        else
          canvas.text(c, fx(v), y + h + PAD + ts * 0.8, p.xt.labels[i], { size = ts, anchor = "middle" })
        end
      end
    end
    if p.xt.exponent then
      canvas.text(c, x + w, y + h + PAD + p.xdeep + 1 + size * 1.05, "×10^{" .. p.xt.exponent .. "}", { size = ts, anchor = "end" })
    end
    if ax.xlabel then
      canvas.text(c, x + w / 2, y + h + PAD + p.xdeep + 1 + size * 1.05, ax.xlabel, { size = size, anchor = "middle" })
    end
  end
  if p.ylabels then
    for i, v in ipairs(p.yt.major) do
      if p.yt.labels[i] then
        canvas.text(c, x - PAD, fy(v) + ts * 0.36, p.yt.labels[i], { size = ts, anchor = "end" })
      end
    end
    if p.yt.exponent then canvas.text(c, x, y - ts * 0.45, "×10^{" .. p.yt.exponent .. "}", { size = ts }) end
    if ax.ylabel then
      canvas.text(c, x - p.column_left + size * 0.85, y + h / 2, ax.ylabel, { size = size, anchor = "middle", angle = 90 })
    end
  end
  if ax.title then
    canvas.text(c, x + w / 2, y - size * 0.45, ax.title, { size = ax.title_size or size, anchor = "middle" })
  end
end

-- Points on the canvas that a legend should keep away from.
local function obstacles(p)
  local pts, f = {}, p.f
  for _, a in ipairs(p.ax.artists) do
    local xs, ys = a.x, a.y
    if a.kind == "steps" then xs = a.edges end
    if type(xs) == "table" then
      local step = max(1, floor(#xs / 400))
      local px, py
      for i = 1, #xs, step do
        local x = f.x(xs[i])
        for _, v in ipairs { type(ys) == "table" and ys[i] or false, a.lo and a.lo[i] or false, a.hi and a.hi[i] or false } do
          local y = v and f.y(v)
          if y and x == x and y == y then
            pts[#pts + 1], pts[#pts + 2] = x, y
            if a.kind == "line" and px and abs(px - x) < p.w then    -- the line between, too
              for k = 1, 3 do pts[#pts + 1], pts[#pts + 2] = px + (x - px) * k / 4, py + (y - py) * k / 4 end
            end
            px, py = x, y
          end
        end
      end
    end
  end
  return pts
end

local places = { ["upper left"] = { 0, 0 }, ["upper right"] = { 1, 0 }, ["lower left"] = { 0, 1 }, ["lower right"] = { 1, 1 },
  ["upper center"] = { 0.5, 0 }, ["lower center"] = { 0.5, 1 } }
local order = { "upper right", "upper left", "lower left", "lower right", "upper center", "lower center" }

local function draw_legend(c, p, size)
  local ax = p.ax
  if ax.legend == false then return end
  local entries, wide, rank = {}, 0, {}
  local ls = size * 0.84
  for _, a in ipairs(ax.artists) do
    if a.label then
      entries[#entries + 1] = a
      rank[a] = #entries
      wide = max(wide, text.width(a.label, ls))
    end
  end
  if #entries == 0 then return end
  table.sort(entries, function(a, b)                  -- data first, then in the order of drawing
    local pa, pb = a.kind == "points", b.kind == "points"
    if pa ~= pb then return pa end
    return rank[a] < rank[b]
  end)
  local swatch, row, margin = 20, ls * 1.42, 5
  local cols = type(ax.legend) == "table" and ax.legend.cols or (#entries > 6 and 2 or 1)
  local rows = math.ceil(#entries / cols)
  local cw = swatch + 5 + wide + 10
  local w, h = cw * cols - 10 + 8, rows * row + 6
  local place = type(ax.legend) == "string" and ax.legend or type(ax.legend) == "table" and ax.legend.place
  local function origin(name)
    local q = places[name]
    return p.x + margin + q[1] * (p.w - w - 2 * margin), p.y + margin + q[2] * (p.h - h - 2 * margin)
  end
  if place and not places[place] then
    galua.fail("plot: the legend cannot be at '%s': use upper or lower, left, center or right", tostring(place))
  end
  if not place then
    local pts, best = obstacles(p), nil
    for _, name in ipairs(order) do
      local x, y = origin(name)
      local n = 0
      for i = 1, #pts, 2 do
        if pts[i] > x - 4 and pts[i] < x + w + 4 and pts[i + 1] > y - 4 and pts[i + 1] < y + h + 4 then n = n + 1 end
      end
      if not best or n < best then best, place = n, name end
    end
  end
  local x, y = origin(place)
  c:path({ { x, y, x + w, y, x + w, y + h, x, y + h } }, { fill = "white", alpha = 0.8, close = true })
  for i, a in ipairs(entries) do
    local ex, ey = x + 4 + floor((i - 1) / rows) * cw, y + 3 + ((i - 1) % rows + 0.5) * row
    artists[a.kind].swatch(a, c, ex, ey, swatch)
    canvas.text(c, ex + swatch + 5, ey + ls * 0.36, a.label, { size = ls })
  end
end

return function(fig, c)
  local W, H, size = fig.width * 72, fig.height * 72, fig.size
  local cells = {}
  for r = 1, fig.rows do
    for q = 1, fig.cols do
      if not fig.grid[r][q].hidden then cells[#cells + 1] = { ax = fig.grid[r][q], r = r, c = q } end
    end
  end
  for _ = 1, 2 do                                     -- the number of ticks depends on the size, the size on the tick labels
    measure(fig, cells, size)
    layout(fig, cells, W, H, size)
  end
  measure(fig, cells, size)
  layout(fig, cells, W, H, size)
  for _, p in ipairs(cells) do
    if p.ax.aspect == "equal" then
      local k = min(p.w / abs(p.xhi - p.xlo), p.h / abs(p.yhi - p.ylo))
      local w, h = k * abs(p.xhi - p.xlo), k * abs(p.yhi - p.ylo)
      p.x, p.y, p.w, p.h = p.x + (p.w - w) / 2, p.y + (p.h - h) / 2, w, h
    end
    local x, y, w, h = p.x, p.y, p.w, p.h
    p.f = { x = Axes.mapping(p.ax.xscale, p.xlo, p.xhi, x, x + w), y = Axes.mapping(p.ax.yscale, p.ylo, p.yhi, y + h, y),
      box = { x, y, x + w, y + h } }
    c:clip(x, y, w, h)
    for _, a in ipairs(p.ax.artists) do
      if a.kind ~= "text" then
        local label = c.group and a.label
        if label then c:group(label) end
        artists[a.kind].draw(a, p.f, c)
        if label then c:group() end
      end
    end
    c:unclip()
    for _, a in ipairs(p.ax.artists) do
      if a.kind == "text" then artists.text.draw(a, p.f, c) end
    end
    draw_frame(c, p, size)
    draw_legend(c, p, size)
  end
  if fig.title then
    canvas.text(c, W / 2, size * 1.6, fig.title, { size = size * 1.1, anchor = "middle" })
  end
end
