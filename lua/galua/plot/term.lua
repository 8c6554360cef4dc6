-- Terminal back end: panels of characters, the data in braille dots (2 x 4 per character), colours when the terminal has them.
local ffi = require "ffi"
local bit = require "bit"
local Axes = require "galua.plot.axes"
local artists = require "galua.plot.artists"
local colors = require "galua.plot.colormap"
local text = require "galua.plot.text"
local floor, max, min, abs = math.floor, math.max, math.min, math.abs
local M = {}

pcall(ffi.cdef, "int isatty(int fd);")
pcall(ffi.cdef, "int ioctl(int fd, unsigned long request, ...);")

-- Columns and rows of the terminal: COLUMNS and LINES, the terminal itself, or 80 x 24.
function M.size()
  local w, h = tonumber(os.getenv("COLUMNS")), tonumber(os.getenv("LINES"))
  if not (w and h) and ffi.os == "Linux" then
    local ws = ffi.new("unsigned short[4]")
    local ok, rc = pcall(function() return ffi.C.ioctl(1, 0x5413, ws) end)
    if ok and rc == 0 and ws[1] > 0 then w, h = w or ws[1], h or ws[0] end
  end
  return max(30, w or 80), max(10, h or 24)
end

-- Whether to colour: standard output is a terminal and NO_COLOR is not set.
function M.has_color()
  if os.getenv("NO_COLOR") or os.getenv("TERM") == "dumb" then return false end
  local ok, tty = pcall(function() return ffi.C.isatty(1) end)
  return ok and tty == 1
end

-- The escape sequence of a colour; layer 38 is the letter, 48 the cell behind it.
local function exact_code(layer, color)
  local r, g, b = colors.rgb(color)
  local depth = os.getenv("COLORTERM")
  if depth == "truecolor" or depth == "24bit" then return ("\27[%d;2;%d;%d;%dm"):format(layer, r * 255, g * 255, b * 255) end
  local function six(v) return floor(v * 5 + 0.5) end
  return ("\27[%d;5;%dm"):format(layer, 16 + 36 * six(r) + 6 * six(g) + six(b))
end

local function escape_code(color)
  local r, g, b = colors.rgb(color)
  local depth = os.getenv("COLORTERM")
  if min(r, g, b) > 0.6 then r, g, b = r * 0.72, g * 0.78, b * 0.82 end   -- pale fills must show on a white screen, too
  if r + g + b < 0.75 and max(r, g, b) < 0.5 then                -- dark on a dark screen: the default colour
    return ""
  elseif depth == "truecolor" or depth == "24bit" then
    return ("\27[38;2;%d;%d;%dm"):format(r * 255, g * 255, b * 255)
  end
  local function six(v) return floor(v * 5 + 0.5) end
  return ("\27[38;5;%dm"):format(16 + 36 * six(r) + 6 * six(g) + six(b))
end

local function painter(on)
  return function(s, color)
    if not on or not color or s == " " then return s end
    local e = escape_code(color)
    return e == "" and s or e .. s .. "\27[0m"
  end
end

-- ---- the canvas: one unit is one braille dot; `pt` makes lengths given in points sensible there
local Canvas = {}
Canvas.__index = Canvas

local function new_canvas(cols, rows)
  local c = setmetatable({ cols = cols, rows = rows, w = cols * 2, h = rows * 4, pt = 0.45 }, Canvas)
  c.dots, c.ink, c.char, c.shade, c.shade_ink, c.half = {}, {}, {}, {}, {}, {}
  c.x1, c.y1, c.x2, c.y2 = 0, 0, c.w, c.h
  return c
end

local bits = { [0] = { [0] = 0x01, 0x02, 0x04, 0x40 }, { [0] = 0x08, 0x10, 0x20, 0x80 } }

function Canvas:dot(x, y, color, soft)
  x, y = floor(x), floor(y)
  if x < self.x1 or y < self.y1 or x >= self.x2 or y >= self.y2 then return end
  local cell = floor(y / 4) * self.cols + floor(x / 2)
  local mask = bits[x % 2][y % 4]
  if soft then
    self.shade[cell] = bit.bor(self.shade[cell] or 0, mask)
    self.shade_ink[cell] = color
  else
    self.dots[cell] = bit.bor(self.dots[cell] or 0, mask)
    self.ink[cell] = color
  end
end

function Canvas:put(col, row, s, color)
  for ch in text.codes(s) do
    if ch ~= "" then
      if col >= 0 and col < self.cols and row >= 0 and row < self.rows then
        self.char[row * self.cols + col] = ch
        self.ink[row * self.cols + col] = color
      end
      col = col + 1
    end
  end
end

-- Two colours to a cell, upper and lower half: the mean index of what lies under each (palettes are ramps).
function Canvas:image(x, y, w, h, a)
  for row = 0, self.rows * 2 - 1 do
    local j1, j2 = max(0, floor((row * 2 - y) / h * a.ny)), min(a.ny, floor((row * 2 + 2 - y) / h * a.ny))
    for col = 0, self.cols - 1 do
      local i1, i2 = max(0, floor((col * 2 - x) / w * a.nx)), min(a.nx, floor((col * 2 + 2 - x) / w * a.nx))
      local sum, n, all = 0, 0, 0
      for j = j1, max(j1 + 1, j2) - 1 do
        for i = i1, max(i1 + 1, i2) - 1 do
          local k = j < a.ny and i < a.nx and a.index[j * a.nx + i] or 0
          all = all + 1
          if k > 0 then sum, n = sum + k, n + 1 end
        end
      end
      if n * 2 > all and row * 2 + 1 > y and row * 2 + 1 < y + h and col * 2 + 1 > x and col * 2 + 1 < x + w then
        local k = floor(sum / n + 0.5)
        self.half[row * self.cols + col] = { a.palette[k], k / #a.palette }
      end
    end
  end
end

local ramp = { [0] = "·", "░", "▒", "▓", "█" }
-- A cell of an image: `over` is a letter drawn upon it.
local function image_cell(up, down, over, ink, colored)
  if not colored then return over or ramp[max(0, min(4, floor(((up or down)[2] + (down or up)[2]) * 2.5)))] end
  if over then return exact_code(48, (up or down)[1]) .. (ink and escape_code(ink) or "") .. over .. "\27[0m" end
  if not down then return exact_code(38, up[1]) .. "▀\27[0m" end
  if not up then return exact_code(38, down[1]) .. "▄\27[0m" end
  return exact_code(38, up[1]) .. exact_code(48, down[1]) .. "▀\27[0m"
end

function Canvas:clip(x, y, w, h) self.x1, self.y1, self.x2, self.y2 = x, y, x + w, y + h end
function Canvas:unclip() self.x1, self.y1, self.x2, self.y2 = 0, 0, self.w, self.h end

-- Even-odd scan-line fill with a stipple: every second dot, or every fourth for pale bands.
local function fill(c, subpaths, style)
  local y1, y2 = math.huge, -math.huge
  for _, p in ipairs(subpaths) do
    for i = 2, #p, 2 do y1, y2 = min(y1, p[i]), max(y2, p[i]) end
  end
  local r, g, b = colors.rgb(style.fill)
  if r > 0.97 and g > 0.97 and b > 0.97 then return end
  local pale = (style.alpha or 1) < 0.27 or (r + g + b) > 2.5
  for y = max(c.y1, floor(y1)), min(c.y2 - 1, floor(y2)) do
    local yc, xs = y + 0.5, {}
    for _, p in ipairs(subpaths) do
      local n = #p
      local ax, ay = p[n - 1], p[n]
      for i = 1, n, 2 do
        local bx, by = p[i], p[i + 1]
        if (ay <= yc) ~= (by <= yc) then xs[#xs + 1] = ax + (yc - ay) / (by - ay) * (bx - ax) end
        ax, ay = bx, by
      end
    end
    table.sort(xs)
    for i = 1, #xs - 1, 2 do
      for x = max(c.x1, floor(xs[i] + 0.5)), min(c.x2 - 1, floor(xs[i + 1] - 0.5)) do
        local on
        if pale then on = x % 2 == 0 and y % 4 == (x % 4 == 0 and 0 or 2) else on = (x + y) % 2 == 0 end
        if on then c:dot(x, y, style.fill, true) end
      end
    end
  end
end

function Canvas:path(subpaths, style)
  if style.fill then fill(self, subpaths, style) end
  if not style.stroke then return end
  local period, on = 0, 0
  if style.dash then
    local dotted = style.dash[1] <= 1.2 * (style.width or 1)
    period, on = dotted and 3 or 6, dotted and 1 or 4
  end
  for _, p in ipairs(subpaths) do
    local walk = 0
    local n = #p
    local function seg(ax, ay, bx, by)
      local steps = max(1, math.ceil(max(abs(bx - ax), abs(by - ay))))
      if steps > 20000 then return end
      for s = 0, steps do
        if period == 0 or walk % period < on then self:dot(ax + (bx - ax) * s / steps, ay + (by - ay) * s / steps, style.stroke) end
        if s < steps then walk = walk + 1 end
      end
    end
    for i = 1, n - 3, 2 do seg(p[i], p[i + 1], p[i + 2], p[i + 3]) end
    if style.close and n >= 6 then seg(p[n - 1], p[n], p[1], p[2]) end
  end
end

function Canvas:circle(x, y, _, style) self:put(floor(x / 2), floor(y / 4), "●", style.fill or style.stroke) end

local glyphs = { o = "●", s = "■", d = "◆", ["^"] = "▲", v = "▼", x = "×", ["+"] = "+", ["."] = "·" }
local open = { o = "○", s = "□", d = "◇", ["^"] = "△", v = "▽" }
function Canvas:marker(kind, x, y, _, style)
  if kind == "none" or x < self.x1 or x > self.x2 or y < self.y1 or y > self.y2 then return end
  local g = style.fill == "white" and open[kind] or glyphs[kind] or "●"
  self:put(min(self.cols - 1, floor(x / 2)), min(self.rows - 1, floor(y / 4)), g, style.color)
end

function Canvas:arrow(x, y, dir, color)
  self:put(min(self.cols - 1, floor(x / 2)), min(self.rows - 1, floor(y / 4)), dir > 0 and "↓" or "↑", color)
end

function Canvas:runs(x, y, runs, _, anchor, _, color)
  local s = {}
  for _, r in ipairs(runs) do s[#s + 1] = r.s end
  s = table.concat(s)
  local n = text.len(s)
  local col = floor(x / 2) - (anchor == "middle" and floor(n / 2) or anchor == "end" and n or 0)
  self:put(col, max(0, min(self.rows - 1, floor((y - 1) / 4))), s, color)
end

local function braille(mask) return string.char(0xE2, 0xA0 + floor(mask / 64), 0x80 + mask % 64) end

function Canvas:row(r, paint)
  local out, colored = {}, paint("x", "red") ~= "x"
  for q = 0, self.cols - 1 do
    local i = r * self.cols + q
    local up, down = self.half[2 * r * self.cols + q], self.half[(2 * r + 1) * self.cols + q]
    if up or down then
      local over = self.char[i] or self.dots[i] and braille(self.dots[i])
      out[#out + 1] = image_cell(up, down, over, over and self.ink[i], colored)
    elseif self.char[i] then
      out[#out + 1] = paint(self.char[i], self.ink[i])
    elseif self.dots[i] then
      out[#out + 1] = paint(braille(self.dots[i]), self.ink[i])
    elseif self.shade[i] then
      out[#out + 1] = paint(braille(self.shade[i]), self.shade_ink[i])
    else
      out[#out + 1] = " "
    end
  end
  return out
end

-- ---- panels
local function cut(s, n)
  if text.len(s) <= n then return s end
  local t, k = {}, 0
  for ch in text.codes(s) do
    if ch ~= "" and k < n - 1 then
      t[#t + 1] = ch
      k = k + 1
    end
  end
  return table.concat(t) .. (n > 0 and "…" or "")
end

local sample = { line = "──", band = "▒▒", steps = "▄█", contour = "()", rule = "──", span = "▒▒" }
local dash_sample = { dashed = "╌╌", dotted = "··", dashdot = "─·", longdash = "╌─", dashdotdot = "─··" }

-- Legend entries packed into rows at most w wide: arrays of { text, colour, length }.
local function legend_rows(ax, w)
  local rows, used = {}, 0
  if ax.legend == false then return rows end
  for _, a in ipairs(ax.artists) do
    if a.label then
      local mark = sample[a.kind] or "●"
      if a.dash and type(a.dash) == "string" and dash_sample[a.dash] then mark = dash_sample[a.dash] end
      if a.kind == "points" then mark = a.fill == "none" and open[a.marker or "o"] or glyphs[a.marker or "o"] or "●" end
      local label = cut(text.plain(a.label), w - 5)
      local n = text.len(mark) + 1 + text.len(label)
      if #rows == 0 or used + n + 2 > w then
        rows[#rows + 1], used = {}, 0
      end
      local row = rows[#rows]
      row[#row + 1] = { mark = mark, label = label, color = a.color }
      used = used + n + 2
    end
  end
  return rows
end

-- One panel as `h` lines of `w` cells; each line an array of painted cells.
local function panel(fig, ax, r, c, w, h, left, paint, show_x)
  local lines = {}
  for i = 1, h do
    lines[i] = {}
    for q = 1, w do lines[i][q] = " " end
  end
  local function put(row, col, s, color)
    if not lines[row] then return end
    for ch in text.codes(s) do
      if ch ~= "" then
        if col >= 1 and col <= w then lines[row][col] = paint(ch, color) end
        col = col + 1
      end
    end
    return col
  end
  local top = 1
  local xlo, xhi = Axes.limits(fig:group("x", r, c), "x")
  local ylo, yhi = Axes.limits(fig:group("y", r, c), "y")
  local gw = w - left - 1
  local head = (ax.ylabel and text.plain(ax.ylabel) or "")
  local legend = legend_rows(ax, gw)
  local max_legend = h >= 15 and 2 or h >= 9 and 1 or 0
  local nl = min(#legend, max_legend)
  local bottom = show_x and (ax.xlabel and 3 or 2) or 1
  local headed = head ~= "" or ax.title
  local gh = max(2, h - bottom - (headed and 1 or 0) - nl)
  local yt = ax:ticks("y", ylo, yhi, max(2, floor(gh / 3)))
  local xt = ax:ticks("x", xlo, xhi, max(2, floor(gw / 11)))
  if headed then
    if yt.exponent then head = head .. text.plain(" ×10^{" .. yt.exponent .. "}") end
    local at = put(top, 1, cut(head, w))
    if ax.title then
      local t = cut(text.plain(ax.title), w - at - 1)
      put(top, max(at + 2, floor((w - text.len(t)) / 2)), t)
    end
    top = top + 1
  end
  for i = 1, nl do
    local col = left + 2
    for _, e in ipairs(legend[i]) do
      col = put(top, col, e.mark, e.color)
      col = put(top, col + 1, e.label) + 2
    end
    top = top + 1
  end
  local cv = new_canvas(gw, gh)
  local dx, dy = 0.5, 0.5
  if ax.aspect == "equal" then                        -- a dot is about as high as wide
    local k = min((cv.w - 1) / abs(xhi - xlo), (cv.h - 1) / abs(yhi - ylo))
    dx, dy = (cv.w - k * abs(xhi - xlo)) / 2, (cv.h - k * abs(yhi - ylo)) / 2
  end
  local f = { x = Axes.mapping(ax.xscale, xlo, xhi, dx, cv.w - dx), y = Axes.mapping(ax.yscale, ylo, yhi, cv.h - dy, dy),
    box = { 0, 0, cv.w, cv.h } }
  for _, a in ipairs(ax.artists) do
    if not a.faint then artists[a.kind].draw(a, f, cv) end
  end
  for i = 0, gh - 1 do
    local row = cv:row(i, paint)
    lines[top + i][left + 1] = ax.frame == false and " " or "│"
    for q = 1, gw do lines[top + i][left + 1 + q] = row[q] end
  end
  local base = top + gh
  if lines[base] and ax.frame ~= false then
    for q = 1, gw do lines[base][left + 1 + q] = "─" end
    lines[base][left + 1] = "└"
  end
  local taken = {}
  for i, v in ipairs(yt.major) do
    local row = max(0, min(gh - 1, floor(f.y(v) / 4)))
    local l = text.plain(yt.labels[i] or "")
    if not taken[row] then
      taken[row] = true
      put(top + row, left + 1 - text.len(l), l)
      lines[top + row][left + 1] = "┤"
    end
  end
  local at = {}                                       -- from left to right, whichever way the axis runs
  for i, v in ipairs(xt.major) do at[i] = { max(0, min(gw - 1, floor(f.x(v) / 2))), text.plain(xt.labels[i] or "") } end
  table.sort(at, function(a, b) return a[1] < b[1] end)
  local last = 0
  for _, tick in ipairs(at) do
    local col, l = tick[1], tick[2]
    if lines[base] then lines[base][left + 2 + col] = "┬" end
    local n = text.len(l)
    local from = min(w - n + 1, left + 2 + col - floor((n - 1) / 2))
    if show_x and from > last then
      put(base + 1, from, l)
      last = from + n
    end
  end
  if show_x and ax.xlabel then
    local l = text.plain(ax.xlabel .. (xt.exponent and " ×10^{" .. xt.exponent .. "}" or ""))
    l = cut(l, gw)
    put(base + 2, left + 2 + floor((gw - text.len(l)) / 2), l)
  end
  return lines
end

-- The figure as text, at most opts.width x opts.height characters (default: the terminal's, less one line for the prompt).
function M.render(fig, opts)
  local w, h = M.size()
  w, h = opts and opts.width or w, opts and opts.height or h - 1
  if not (w <= 2000 and h <= 2000) then require("galua.core").fail("GAL_EINVAL", ("plot: a terminal of %g x %g characters: at most 2000 x 2000"):format(w, h)) end
  local on = opts and opts.color
  if on == nil then on = M.has_color() end
  local paint = painter(on)
  if fig.terminal then return fig.terminal { width = w, height = h, paint = paint } end
  fig:agree()
  local out = {}
  if fig.title then
    local t = cut(text.plain(fig.title), w)
    out[1] = (" "):rep(floor((w - text.len(t)) / 2)) .. t
    h = h - 1
  end
  local sum = 0
  for r = 1, fig.rows do sum = sum + (fig.height_ratios and fig.height_ratios[r] or 1) end
  local wsum = 0
  for c = 1, fig.cols do wsum = wsum + (fig.width_ratios and fig.width_ratios[c] or 1) end
  local left, acc = {}, 0
  for c = 1, fig.cols do
    left[c] = 3
    for r = 1, fig.rows do
      local ax = fig.grid[r][c]
      if not ax.hidden then
        local lo, hi = Axes.limits(fig:group("y", r, c), "y")
        for n = 2, max(2, floor(h / 3)) do            -- however high the panel will be
          for _, l in ipairs(ax:ticks("y", lo, hi, n).labels) do left[c] = max(left[c], text.len(text.plain(l))) end
        end
      end
    end
    left[c] = min(left[c], max(3, floor(w / fig.cols / 3)))
  end
  local used, heights = 0, {}
  if fig.row_lines then                               -- some rows have a height of their own: the others share the rest
    local rest, ratios = h, 0
    for r = 1, fig.rows do
      rest = rest - (fig.row_lines[r] or 0)
      ratios = ratios + (fig.row_lines[r] and 0 or fig.height_ratios and fig.height_ratios[r] or 1)
    end
    for r = 1, fig.rows do heights[r] = fig.row_lines[r] or max(3, floor(rest * (fig.height_ratios and fig.height_ratios[r] or 1) / ratios)) end
  end
  for r = 1, fig.rows do
    acc = acc + (fig.height_ratios and fig.height_ratios[r] or 1)
    local lines_to = floor(h * acc / sum + 0.5)
    local minimum = h >= 20 and 8 or 6                                 -- a panel needs that many lines to say anything
    local after = fig.rows - r
    if r < fig.rows then lines_to = min(lines_to, h - after * minimum) end
    lines_to = min(h, max(lines_to, used + min(minimum, floor(h / fig.rows))))
    local ph = lines_to - used
    used = lines_to
    if fig.row_lines then ph = heights[r] end
    local row, wacc, wused = {}, 0, 0
    for c = 1, fig.cols do
      wacc = wacc + (fig.width_ratios and fig.width_ratios[c] or 1)
      local pw = floor(w * wacc / wsum + 0.5) - wused
      wused = wused + pw
      local ax = fig.grid[r][c]
      local below = fig.grid[r + 1] and fig.grid[r + 1][c]
      local show_x = ax.xlabels ~= false and not (fig.sharex and below and not below.hidden)
      local p
      if not ax.hidden and pw > left[c] + 6 and ph >= 3 then p = panel(fig, ax, r, c, pw, ph, left[c], paint, show_x) end
      for i = 1, ph do
        row[i] = row[i] or {}
        for q = 1, pw do row[i][#row[i] + 1] = p and p[i] and p[i][q] or " " end
      end
    end
    for i = 1, ph do out[#out + 1] = (table.concat(row[i]):gsub("%s+$", "")) end
  end
  return table.concat(out, "\n")
end

return M
