-- A figure: a grid of axes with their data. It holds no drawing; `save` and `show` hand it to a back end.
local galua = require "galua"
local Axes = require "galua.plot.axes"

local Figure = {}
local methods = {}
local known = { width = ":number", height = ":number", rows = ":number", cols = ":number", width_ratios = ":table", height_ratios = ":table",
  sharex = true, sharey = true, title = ":string", size = ":number", hspace = ":number", wspace = ":number", terminal = true,
  row_lines = ":table" }

-- New figure. opts: width, height [inches], rows, cols, width_ratios, height_ratios, sharex, sharey (true: per column, per row),
-- row_lines (in a terminal: lines of row r, the others share the rest), hspace, wspace (points between panels, on top of what the labels need), title, size (font size, points).
function Figure.new(opts)
  local f = { width = 5.2, height = 3.7, rows = 1, cols = 1, size = 9, grid = {} }
  Axes.check("plot.figure", opts or {}, known)
  for k, v in pairs(opts or {}) do f[k] = v end
  setmetatable(f, Figure)
  for r = 1, f.rows do
    f.grid[r] = {}
    for c = 1, f.cols do f.grid[r][c] = Axes.new(f) end
  end
  return f
end

Figure.__index = function(f, k)
  local m = methods[k]
  if m then return m end
  if type(k) == "number" then                         -- fig[i]: axes in reading order
    local cols = rawget(f, "cols")
    local row = rawget(f, "grid")[math.floor((k - 1) / cols) + 1]
    return row and row[(k - 1) % cols + 1]
  end
end

-- The axes in row r and column c (the first when left out).
function methods:axes(r, c)
  local row = self.grid[r or 1]
  local ax = row and row[c or 1]
  if not ax then galua.fail("plot: the figure has %d x %d panels, no panel (%s, %s)", self.rows, self.cols, tostring(r), tostring(c)) end
  return ax
end

-- Settings of the first axes; returns the figure, for chains such as plot(x, y):set{ xscale = "log" }:save("a.pdf").
function methods:set(opts)
  self:axes():set(opts)
  return self
end

for _, name in ipairs { "line", "points", "band", "steps", "hist", "hline", "vline", "hspan", "vspan", "text", "contour", "image", "segments" } do
  methods[name] = function(self, ...)
    local ax = self:axes()
    ax[name](ax, ...)
    return self
  end
end

-- Axes that share an axis with `ax` at (r, c): the column for x, the row for y.
function methods:group(axis, r, c)
  if axis == "x" and self.sharex then
    local g = {}
    for i = 1, self.rows do if not self.grid[i][c].hidden then g[#g + 1] = self.grid[i][c] end end
    return g
  elseif axis == "y" and self.sharey then
    local g = {}
    for i = 1, self.cols do if not self.grid[r][i].hidden then g[#g + 1] = self.grid[r][i] end end
    return g
  end
  return { self.grid[r][c] }
end

-- Axes that are shared have one scale, one set of ticks, one label: what any of them was given holds for all.
function methods:agree()
  local shared = { "scale", "format", "ticks", "ticktext", "ticknumber", "reverse", "label" }
  local function unite(axis, group)
    for i = 1, axis == "x" and #shared or #shared - 1 do -- the label of y stays over its own panel
      local name = shared[i]
      local key, value = axis .. name, nil
      for _, ax in ipairs(group) do
        local v = rawget(ax, key)
        if v ~= nil and not (name == "scale" and v == "linear") then value = v end
      end
      for _, ax in ipairs(group) do if value ~= nil and (name == "scale" or rawget(ax, key) == nil) then ax[key] = value end end
    end
  end
  for c = 1, self.sharex and self.cols or 0 do unite("x", self:group("x", 1, c)) end
  for r = 1, self.sharey and self.rows or 0 do unite("y", self:group("y", r, 1)) end
end

-- Draws the figure with a vector canvas.
local function draw(self, canvas)
  self:agree()
  require "galua.plot.draw"(self, canvas)
end

-- The figure as SVG text.
function methods:svg()
  local c = require("galua.plot.svg").new(self.width * 72, self.height * 72, { title = self.title })
  draw(self, c)
  return c:tostring()
end

-- Writes the figure to path; the suffix says how: .svg, .pdf or .png. opts: dpi (png, 150).
function methods:save(path, opts)
  if type(path) ~= "string" then galua.fail("plot: save needs a file name ending in .svg, .pdf or .png") end
  local format = (path:match("%.(%w+)$") or ""):lower()
  local c
  if format == "svg" then
    c = require("galua.plot.svg").new(self.width * 72, self.height * 72, { title = self.title })
  elseif format == "pdf" or format == "png" then
    c = require("galua.plot.cairo").new(self.width * 72, self.height * 72, format, path, { title = self.title, dpi = opts and opts.dpi })
  else
    galua.fail("plot: cannot tell the format of '%s' from its name; use .svg, .pdf or .png", path)
  end
  draw(self, c)
  c:finish(path)
  return self
end

-- The figure for a terminal, as text. opts: width, height (characters), color (true or false). Names may come from anybody's file: of control codes it
-- holds its own colours alone.
function methods:render(opts)
  local s, out, at = require("galua.plot.term").render(self, opts), {}, 1
  local clean = require("galua.core").printable
  while true do
    local first, last = s:find("\27%[[%d;]*m", at)
    out[#out + 1] = clean(s:sub(at, (first or 0) - 1))
    if not first then return table.concat(out) end
    out[#out + 1] = s:sub(first, last)
    at = last + 1
  end
end
Figure.__galua_clean = true -- what tostring gives may go to a terminal as it is

-- Draws the figure in the terminal.
function methods:show(opts)
  io.write(self:render(opts), "\n")
  return self
end

require "galua.own_methods"("figure", methods, function(x) return type(x) == "table" and getmetatable(x) == Figure end)

function Figure:__tostring() return self:render() end

function Figure.is(x) return type(x) == "table" and getmetatable(x) == Figure end

return Figure
