-- The things that can be put on axes: how far each reaches, how it is drawn, how it looks in the legend.
--
-- Each kind has
--   extent(a, push)      calls push(x, y) for what should be in view (either may be nil)
--   draw(a, f, c)        draws on canvas c; f.x(v), f.y(v) map data to the canvas (NaN where a logarithm does not exist), f.box clips
--   swatch(a, c, x, y, w) the legend entry, w wide, centred on the height y
local canvas = require "galua.plot.canvas"
local colors = require "galua.plot.colormap"
local M = {}
local huge, max, min, abs, ceil = math.huge, math.max, math.min, math.abs, math.ceil

local function finite(v) return v and v > -huge and v < huge end

local function map(v, f)
  local out = {}
  for i = 1, #v do out[i] = f(v[i]) end
  return out
end

local function grown(box, by) return { box[1] - by, box[2] - by, box[3] + by, box[4] + by } end

local function line_style(a, c)
  local w = (a.width or 1.2) * c.pt
  return { stroke = a.color, width = w, dash = canvas.dash(a.dash, w), alpha = a.alpha, cap = a.dash == "dotted" and "round" or nil,
    z = a.z }
end

-- ---- line: x, y; gaps where either is not finite (or not positive on a logarithmic axis)
M.line = {
  extent = function(a, push)
    for i = 1, #a.x do push(a.x[i], a.y[i]) end
  end,
  draw = function(a, f, c)
    local xs, ys = canvas.thin(map(a.x, f.x), map(a.y, f.y), 0.3)
    c:path(canvas.clip_line(xs, ys, grown(f.box, 20)), line_style(a, c))
  end,
  swatch = function(a, c, x, y, w) c:path({ { x, y, x + w, y } }, line_style(a, c)) end,
}

-- ---- steps: n values over n + 1 edges; `fill` shades down to `base`
local function step_points(a, f)
  local xs, ys, base = {}, {}, f.y(a.base or 0)
  if base ~= base or abs(base) == huge then base = f.box[4] end
  local fall = not a.open
  if fall then xs[1], ys[1] = f.x(a.edges[1]), base end
  for i = 1, #a.y do
    local y = f.y(a.y[i])
    if not finite(y) and fall then y = base end
    xs[#xs + 1], ys[#ys + 1] = f.x(a.edges[i]), y
    xs[#xs + 1], ys[#ys + 1] = f.x(a.edges[i + 1]), y
  end
  if fall then xs[#xs + 1], ys[#ys + 1] = f.x(a.edges[#a.edges]), base end
  return xs, ys
end

M.steps = {
  extent = function(a, push)
    for i = 1, #a.y do
      push(a.edges[i], a.y[i])
      push(a.edges[i + 1], a.y[i])
    end
    if not a.open then push(nil, a.base or 0) end
  end,
  draw = function(a, f, c)
    local xs, ys = step_points(a, f)
    if a.fill then
      local p = {}
      for i = 1, #xs do
        if finite(xs[i]) and finite(ys[i]) then p[#p + 1], p[#p + 2] = xs[i], ys[i] end
      end
      p = canvas.clip_polygon(p, grown(f.box, 20))
      if #p >= 6 then c:path({ p }, { fill = a.fill, alpha = a.fill_alpha or 0.35, close = true }) end
    end
    if a.width ~= 0 then
      local st = line_style(a, c)
      st.miter = true
      c:path(canvas.clip_line(xs, ys, grown(f.box, 20)), st)
    end
  end,
  swatch = function(a, c, x, y, w)
    if a.fill then M.band.swatch({ color = a.fill, alpha = a.fill_alpha or 0.35 }, c, x, y, w) end
    c:path({ { x, y, x + w, y } }, line_style(a, c))
  end,
}

-- ---- image: nx x ny colours from the upper left of the box {x1, x2} x {y1, y2}; index[k] counts in `palette` from 0, where 0 is transparent
M.image = {
  extent = function(a, push)
    push(a.x[1], a.y[1])
    push(a.x[2], a.y[2])
  end,
  draw = function(a, f, c)
    local x1, x2, y1, y2 = f.x(a.x[1]), f.x(a.x[2]), f.y(a.y[2]), f.y(a.y[1])
    c:image(x1, y1, x2 - x1, y2 - y1, a)
  end,
  swatch = function() end,
}

-- ---- segments: x1, y1, x2, y2 of separate lines
M.segments = {
  extent = function(a, push)
    for _, l in ipairs(a.list) do push(l[1], l[2]) end
  end,
  draw = function(a, f, c)
    local p = {}
    for k, l in ipairs(a.list) do p[k] = { f.x(l[1]), f.y(l[2]), f.x(l[3]), f.y(l[4]) } end
    c:path(p, line_style(a, c))
  end,
  swatch = function(a, c, x, y, w) c:path({ { x, y, x + w, y } }, line_style(a, c)) end,
}

-- ---- band between lo and hi
M.band = {
  extent = function(a, push)
    for i = 1, #a.x do
      push(a.x[i], a.lo[i])
      push(a.x[i], a.hi[i])
    end
  end,
  draw = function(a, f, c)
    local n, i = #a.x, 1
    local floor_y = f.box[4] + 20
    while i <= n do
      local up, down = {}, {}
      while i <= n do
        local x, hi, lo = f.x(a.x[i]), f.y(a.hi[i]), f.y(a.lo[i])
        if not (finite(x) and finite(hi)) then break end
        if not finite(lo) and finite(a.lo[i]) then lo = floor_y end     -- a lower edge <= 0 on a logarithmic axis
        if not finite(lo) then break end
        up[#up + 1], up[#up + 2] = x, hi
        down[#down + 1], down[#down + 2] = x, lo
        i = i + 1
      end
      i = i + 1
      if #up >= 4 then
        for k = #down - 1, 1, -2 do up[#up + 1], up[#up + 2] = down[k], down[k + 1] end
        local p = canvas.clip_polygon(up, grown(f.box, 20))
        if #p >= 6 then c:path({ p }, { fill = a.color, alpha = a.alpha or 0.3, close = true }) end
      end
    end
  end,
  swatch = function(a, c, x, y, w)
    local h = 3 * c.pt
    c:path({ { x, y - h, x + w, y - h, x + w, y + h, x, y + h } }, { fill = a.color, alpha = a.alpha or 0.3, close = true })
  end,
}

-- ---- points with error bars and limits. limit[i] = 1 upper limit, -1 lower limit, 0 measurement
local function side(e, i, which)
  if not e then return nil end
  local v = e[which][i]
  return finite(v) and v or nil
end

M.points = {
  extent = function(a, push)
    for i = 1, #a.x do
      local x, y = a.x[i], a.y[i]
      push(x, y)
      if not a.limit or a.limit[i] == 0 then
        if finite(x) and finite(y) then
          local lo, hi = side(a.yerr, i, "lo"), side(a.yerr, i, "hi")
          if hi then push(x, y + hi) end
          if lo and lo < 0.9 * abs(y) then push(x, y - lo) end
          lo, hi = side(a.xerr, i, "lo"), side(a.xerr, i, "hi")
          if hi then push(x + hi, y) end
          if lo and lo < 0.9 * abs(x) then push(x - lo, y) end
        end
      end
    end
  end,
  draw = function(a, f, c)
    local b, pt = f.box, c.pt
    local size = (a.size or 5) * pt
    local bar = { stroke = a.ecolor or a.color, width = (a.ewidth or 0.9) * pt, alpha = a.alpha }
    local cap = (a.cap or 1.6) * pt
    local paths, draws = {}, {}
    local slack = size
    for i = 1, #a.x do
      local vx, vy = a.x[i], a.y[i]
      local x, y = f.x(vx), f.y(vy)
      if finite(x) and finite(y) and x >= b[1] - 0.01 and x <= b[3] + 0.01 then
        local lim = a.limit and a.limit[i] or 0
        if lim ~= 0 then
          if y >= b[2] - slack and y <= b[4] + slack then
            local dir, len, head = lim > 0 and 1 or -1, 13 * pt, 2.6 * pt
            local tip = c.tip and a.tips and a.tips[i]
            if tip then c:tip(tip) end
            if c.arrow then
              c:arrow(x, y, dir, a.color)
            else
              c:path({ { x - size * 0.6, y, x + size * 0.6, y }, { x, y, x, y + dir * len } }, { stroke = a.color, width = 1.1 * pt })
              c:path({ { x - head, y + dir * (len - head * 1.3), x + head, y + dir * (len - head * 1.3), x, y + dir * (len + head * 0.5) } },
                { fill = a.color, close = true })
            end
            if tip then c:tip() end
          end
        else
          local lo, hi = side(a.yerr, i, "lo"), side(a.yerr, i, "hi")
          if lo or hi then
            local y1, y2 = hi and f.y(vy + hi) or y, lo and f.y(vy - lo) or y
            local cut1, cut2 = not finite(y1) or y1 < b[2] - 20, not finite(y2) or y2 > b[4] + 20
            if cut1 then y1 = b[2] - 20 end
            if cut2 then y2 = b[4] + 20 end
            if y2 >= b[2] - 20 and y1 <= b[4] + 20 then
              paths[#paths + 1] = { x, y1, x, y2 }
              if cap > 0 and hi and not cut1 then paths[#paths + 1] = { x - cap, y1, x + cap, y1 } end
              if cap > 0 and lo and not cut2 then paths[#paths + 1] = { x - cap, y2, x + cap, y2 } end
            end
          end
          lo, hi = side(a.xerr, i, "lo"), side(a.xerr, i, "hi")
          if (lo or hi) and y >= b[2] and y <= b[4] then
            local x1, x2 = lo and f.x(vx - lo) or x, hi and f.x(vx + hi) or x
            if not finite(x1) then x1 = b[1] end
            if finite(x2) then paths[#paths + 1] = { max(x1, b[1]), y, min(x2, b[3]), y } end
          end
          if y >= b[2] - slack and y <= b[4] + slack then draws[#draws + 1], draws[#draws + 2], draws[#draws + 3] = x, y, i end
        end
      end
    end
    if #paths > 0 then c:path(paths, bar) end
    local st = { color = a.color, fill = a.fill, width = (a.ewidth or 0.9) * pt, alpha = a.alpha }
    if a.fill == "none" then st.fill = "white" end
    for k = 1, #draws, 3 do
      local tip = c.tip and a.tips and a.tips[draws[k + 2]]
      if tip then c:tip(tip) end
      canvas.marker(c, a.marker or "o", draws[k], draws[k + 1], size, st)
      if tip then c:tip() end
    end
  end,
  swatch = function(a, c, x, y, w)
    local st = { color = a.color, fill = a.fill == "none" and "white" or a.fill, width = (a.ewidth or 0.9) * c.pt, alpha = a.alpha }
    canvas.marker(c, a.marker or "o", x + w / 2, y, (a.size or 5) * c.pt, st)
  end,
}

-- ---- contours: loops of data coordinates, filled and stroked
M.contour = {
  extent = function(a, push)
    for _, l in ipairs(a.loops) do
      for i = 1, #l, 2 do push(l[i], l[i + 1]) end
    end
  end,
  draw = function(a, f, c)
    local ps = {}
    for _, l in ipairs(a.loops) do
      local p = {}
      for i = 1, #l, 2 do p[i], p[i + 1] = f.x(l[i]), f.y(l[i + 1]) end
      ps[#ps + 1] = canvas.clip_polygon(p, grown(f.box, 3))
    end
    if #ps == 0 then return end
    c:path(ps, { fill = a.fill, alpha = a.alpha, stroke = a.color, width = (a.width or 0.9) * c.pt, close = true, evenodd = true })
  end,
  swatch = function(a, c, x, y, w) M.band.swatch({ color = a.fill or a.color, alpha = a.alpha }, c, x, y, w) end,
}

-- ---- straight lines across the axes, and shaded spans
M.rule = {
  extent = function(a, push)
    if a.view then push(a.axis == "x" and a.at or nil, a.axis == "y" and a.at or nil) end
  end,
  draw = function(a, f, c)
    local p = a.axis == "x" and f.x(a.at) or f.y(a.at)
    local b = f.box
    if not finite(p) then return end
    if a.axis == "x" and p >= b[1] and p <= b[3] then
      c:path({ { p, b[2], p, b[4] } }, line_style(a, c))
    elseif a.axis == "y" and p >= b[2] and p <= b[4] then
      c:path({ { b[1], p, b[3], p } }, line_style(a, c))
    end
  end,
  swatch = M.line.swatch,
}

M.span = {
  extent = function() end,
  draw = function(a, f, c)
    local b = { unpack(f.box) }
    local g = a.axis == "x" and f.x or f.y
    local p, q = g(a.from), g(a.to)
    if not finite(p) or not finite(q) then return end
    if p > q then p, q = q, p end
    local i = a.axis == "x" and 1 or 2
    b[i], b[i + 2] = max(b[i], p), min(b[i + 2], q)
    if b[i] < b[i + 2] then
      c:path({ { b[1], b[2], b[3], b[2], b[3], b[4], b[1], b[4] } }, { fill = a.color, alpha = a.alpha or 0.15, close = true })
    end
  end,
  swatch = M.band.swatch,
}

-- ---- text at data coordinates, or with coords = "axes" at fractions of the axes
M.text = {
  extent = function() end,
  draw = function(a, f, c)
    local x, y, b = nil, nil, f.box
    if a.coords == "axes" then
      x, y = b[1] + a.x * (b[3] - b[1]), b[4] - a.y * (b[4] - b[2])
    else
      x, y = f.x(a.x), f.y(a.y)
      if not (finite(x) and finite(y)) or x < b[1] or x > b[3] or y < b[2] or y > b[4] then return end
    end
    canvas.text(c, x + (a.dx or 0) * c.pt, y - (a.dy or 0) * c.pt, a.s,
      { size = (a.size or 8) * c.pt, anchor = a.anchor, valign = a.valign, angle = a.angle, color = a.color, bold = a.bold })
  end,
}

return M
