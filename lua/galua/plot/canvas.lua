-- What every back end offers, and what is built on it once for all.
--
-- A canvas has its origin at the top left, y downwards, lengths in points (1/72 inch). A back end provides
--   canvas:path(subpaths, style)     subpaths = { {x1, y1, x2, y2, ...}, ... }
--   canvas:circle(x, y, r, style)
--   canvas:runs(x, y, runs, size, anchor, angle, colour)     a laid-out text (galua.plot.text); y is the base line
--   canvas:clip(x, y, w, h)  canvas:unclip()  canvas:finish(path)
-- style = { stroke = colour, width =, dash = {on, off...}, fill = colour, alpha =, close = true, cap = "round" }; no stroke, no line.
local galua = require "galua"
local text = require "galua.plot.text"
local M = {}
local sqrt, abs, min, max, huge = math.sqrt, math.abs, math.min, math.max, math.huge

M.dashes = {
  solid = nil, dashed = { 4.2, 2.2 }, dotted = { 1, 1.8 }, dashdot = { 5, 1.8, 1, 1.8 }, longdash = { 8, 2.5 },
  dashdotdot = { 5, 1.6, 1, 1.6, 1, 1.6 },
}

-- The dash lengths of a style name or array, for a line of this width.
function M.dash(d, width)
  if not d or d == "solid" then return nil end
  local t = type(d) == "table" and d or M.dashes[d]
  if not t then
    galua.fail("dash '%s' is unknown: solid, dashed, dotted, dashdot, dashdotdot, longdash or an array of lengths", tostring(d))
  end
  local out, k = {}, max(0.7, width or 1)
  for i, v in ipairs(t) do out[i] = v * k end
  return out
end

-- Markup at (x, y). opts: size, anchor "start"|"middle"|"end", valign "base"|"middle"|"top", angle in degrees (counter-clockwise),
-- colour, bold.
function M.text(c, x, y, s, opts)
  local runs = text.layout(s, opts.bold)
  local size, angle = opts.size or 9, opts.angle or 0
  local drop = opts.valign == "middle" and 0.36 * size or opts.valign == "top" and 0.76 * size or 0
  if drop ~= 0 then
    local a = math.rad(angle)
    x, y = x + drop * math.sin(a), y + drop * math.cos(a)
  end
  c:runs(x, y, runs, size, opts.anchor or "start", angle, opts.color or "black")
end

local polygons = {
  s = { -0.89, -0.89, 0.89, -0.89, 0.89, 0.89, -0.89, 0.89 },
  d = { 0, -1.25, 1.1, 0, 0, 1.25, -1.1, 0 },
  ["^"] = { 0, -1.15, 1.1, 0.8, -1.1, 0.8 },
  v = { 0, 1.15, 1.1, -0.8, -1.1, -0.8 },
}
M.markers = { o = true, s = true, d = true, ["^"] = true, v = true, x = true, ["+"] = true, ["."] = true, none = true }

-- A data marker of the given size (diameter). fill "none" leaves it open (white inside).
function M.marker(c, kind, x, y, size, style)
  if c.marker then return c:marker(kind, x, y, size, style) end
  local r = size / 2
  if kind == "none" then return end
  if kind == "." then
    c:circle(x, y, r * 0.5, { fill = style.color, alpha = style.alpha })
  elseif kind == "o" then
    c:circle(x, y, r, { fill = style.fill or style.color, stroke = style.color, width = style.width or 0.8, alpha = style.alpha })
  elseif kind == "x" or kind == "+" then
    local k = kind == "x" and r * 0.8 or r
    local p = kind == "x" and { { x - k, y - k, x + k, y + k }, { x - k, y + k, x + k, y - k } }
      or { { x - k, y, x + k, y }, { x, y - k, x, y + k } }
    c:path(p, { stroke = style.color, width = max(style.width or 0, 1.1), alpha = style.alpha })
  else
    local p = {}
    local shape = polygons[kind]
    if not shape then
      galua.fail("marker '%s' is unknown: o (circle), s (square), d (diamond), ^, v, x, +, . (dot) or none", tostring(kind))
    end
    for i, v in ipairs(shape) do p[i] = (i % 2 == 1 and x or y) + v * r end
    c:path({ p }, { fill = style.fill or style.color, stroke = style.color, width = style.width or 0.8, alpha = style.alpha, close = true })
  end
end

-- Part of the segment inside the box, by Liang & Barsky; nil when there is none.
function M.clip_segment(x1, y1, x2, y2, bx1, by1, bx2, by2)
  local t0, t1, dx, dy = 0, 1, x2 - x1, y2 - y1
  local function edge(p, q)
    if p == 0 then return q >= 0 end
    local r = q / p
    if p < 0 then
      if r > t1 then return false end
      if r > t0 then t0 = r end
    else
      if r < t0 then return false end
      if r < t1 then t1 = r end
    end
    return true
  end
  if edge(-dx, x1 - bx1) and edge(dx, bx2 - x1) and edge(-dy, y1 - by1) and edge(dy, by2 - y1) then
    return x1 + t0 * dx, y1 + t0 * dy, x1 + t1 * dx, y1 + t1 * dy
  end
end

-- A polyline clipped to the box: an array of subpaths. Points that are not finite break the line.
function M.clip_line(xs, ys, box)
  local out, cur = {}, nil
  local bx1, by1, bx2, by2 = box[1], box[2], box[3], box[4]
  local px, py
  for i = 1, #xs do
    local x, y = xs[i], ys[i]
    if not (x > -huge and x < huge and y > -huge and y < huge) then
      px, cur = nil, nil
    else
      if px then
        local a, b, c, d = M.clip_segment(px, py, x, y, bx1, by1, bx2, by2)
        if not a then
          cur = nil
        else
          if not cur or a ~= px or b ~= py then
            cur = { a, b }
            out[#out + 1] = cur
          end
          cur[#cur + 1], cur[#cur + 2] = c, d
          if c ~= x or d ~= y then cur = nil end
        end
      end
      px, py = x, y
    end
  end
  return out
end

-- A polygon { x1, y1, ... } clipped to the box, by Sutherland & Hodgman.
function M.clip_polygon(p, box)
  for side = 1, 4 do
    local axis, lim = (side - 1) % 2 + 1, box[side]
    local sign = side <= 2 and 1 or -1
    local out, n = {}, #p
    if n == 0 then break end
    local ax, ay = p[n - 1], p[n]
    local ain = sign * ((axis == 1 and ax or ay) - lim) >= 0
    for i = 1, n, 2 do
      local bx, by = p[i], p[i + 1]
      local bin = sign * ((axis == 1 and bx or by) - lim) >= 0
      if ain ~= bin then
        local u, v = axis == 1 and ax or ay, axis == 1 and bx or by
        local f = (lim - u) / (v - u)
        out[#out + 1] = axis == 1 and lim or ax + f * (bx - ax)
        out[#out + 1] = axis == 2 and lim or ay + f * (by - ay)
      end
      if bin then out[#out + 1], out[#out + 2] = bx, by end
      ax, ay, ain = bx, by, bin
    end
    p = out
  end
  return p
end

-- Thins a long polyline that runs left to right: per `step` along x only the first, lowest, highest and last points stay.
function M.thin(xs, ys, step)
  local n = #xs
  if n < 2000 then return xs, ys end
  for i = 2, n do
    if not (xs[i] >= xs[i - 1]) then return xs, ys end
  end
  local ox, oy, i = {}, {}, 1
  while i <= n do
    local j, lo, hi, x0 = i, i, i, xs[i]
    local gap = ys[i] ~= ys[i]
    while j < n and xs[j + 1] - x0 < step do
      j = j + 1
      if ys[j] ~= ys[j] then gap = true end
      if ys[j] < ys[lo] then lo = j end
      if ys[j] > ys[hi] then hi = j end
    end
    if gap then
      for k = i, j do ox[#ox + 1], oy[#oy + 1] = xs[k], ys[k] end
    else
      local a, b = min(lo, hi), max(lo, hi)
      local last = 0
      for _, k in ipairs { i, a, b, j } do
        if k > last then
          ox[#ox + 1], oy[#oy + 1] = xs[k], ys[k]
          last = k
        end
      end
    end
    i = j + 1
  end
  return ox, oy
end

return M
