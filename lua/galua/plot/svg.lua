-- SVG back end: text written in one pass, the same bytes for the same figure.
local colors = require "galua.plot.colormap"
local M = {}
local Canvas = {}
Canvas.__index = Canvas
local floor = math.floor

-- Coordinates with two decimals, without trailing zeros.
local function num(v)
  local r = floor(v * 100 + 0.5) / 100
  return (("%.2f"):format(r == 0 and 0 or r):gsub("%.?0+$", ""))
end
M.num = num

local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }
local function escape(s) return (s:gsub('[&<>"]', entities)) end
M.escape = escape

function M.new(width, height, opts)
  local c = setmetatable({ pt = 1, out = {}, clips = 0, depth = 0, width = width, height = height, opts = opts or {} }, Canvas)
  return c
end

function Canvas:put(s) self.out[#self.out + 1] = s end

local function paint(style)
  local a = {}
  if style.fill then
    a[#a + 1] = ('fill="%s"'):format(colors.hex(style.fill))
    if style.alpha and style.alpha < 1 then a[#a + 1] = ('fill-opacity="%s"'):format(num(style.alpha)) end
    if style.evenodd then a[#a + 1] = 'fill-rule="evenodd"' end
  else
    a[#a + 1] = 'fill="none"'
  end
  if style.stroke then
    a[#a + 1] = ('stroke="%s" stroke-width="%s"'):format(colors.hex(style.stroke), num(style.width or 1))
    if style.alpha and style.alpha < 1 then a[#a + 1] = ('stroke-opacity="%s"'):format(num(style.alpha)) end
    if style.dash then
      local d = {}
      for i, v in ipairs(style.dash) do d[i] = num(v) end
      a[#a + 1] = ('stroke-dasharray="%s"'):format(table.concat(d, " "))
    end
    a[#a + 1] = ('stroke-linejoin="%s"'):format(style.miter and "miter" or "round")
    if style.cap then a[#a + 1] = ('stroke-linecap="%s"'):format(style.cap) end
  end
  return table.concat(a, " ")
end

function Canvas:path(subpaths, style)
  local d = {}
  for _, p in ipairs(subpaths) do
    if #p >= 4 then
      d[#d + 1] = "M" .. num(p[1]) .. " " .. num(p[2])
      for i = 3, #p, 2 do d[#d + 1] = "L" .. num(p[i]) .. " " .. num(p[i + 1]) end
      if style.close then d[#d + 1] = "Z" end
    end
  end
  if #d > 0 then self:put(('<path d="%s" %s/>'):format(table.concat(d), paint(style))) end
end

function Canvas:circle(x, y, r, style)
  self:put(('<circle cx="%s" cy="%s" r="%s" %s/>'):format(num(x), num(y), num(r), paint(style)))
end

function Canvas:runs(x, y, runs, size, anchor, angle, color)
  if #runs == 0 then return end
  local a = { ('x="%s" y="%s" font-size="%s" fill="%s"'):format(num(x), num(y), num(size), colors.hex(color)) }
  if anchor ~= "start" then a[#a + 1] = ('text-anchor="%s"'):format(anchor) end
  if angle ~= 0 then a[#a + 1] = ('transform="rotate(%s %s %s)"'):format(num(-angle), num(x), num(y)) end
  local function font(r)
    return (r.italic and ' font-style="italic"' or "") .. (r.bold and ' font-weight="bold"' or "")
  end
  local body = {}
  if #runs == 1 and runs[1].scale == 1 then
    a[#a + 1] = font(runs[1]):sub(2)
    body[1] = escape(runs[1].s)
  else
    local rise, at = 0, 0
    for _, r in ipairs(runs) do
      local s = {}
      if r.jump then s[#s + 1] = (' dx="%s"'):format(num((r.x - at) * size)) end
      if r.dy ~= rise then s[#s + 1] = (' dy="%s"'):format(num((rise - r.dy) * size)) end
      if r.scale ~= 1 then s[#s + 1] = (' font-size="%s"'):format(num(r.scale * size)) end
      s[#s + 1] = font(r)
      local attr = table.concat(s)
      body[#body + 1] = attr == "" and escape(r.s) or ("<tspan%s>%s</tspan>"):format(attr, escape(r.s))
      rise, at = r.dy, r.x + r.w
    end
  end
  self:put((('<text %s>%s</text>'):format(table.concat(a, " "), table.concat(body)):gsub(" >", ">", 1)))
end

function Canvas:image(x, y, w, h, a)
  self:put(('<image x="%s" y="%s" width="%s" height="%s" preserveAspectRatio="none" image-rendering="optimizeSpeed" href="data:image/png;base64,%s"/>')
    :format(num(x), num(y), num(w), num(h), require "galua.plot.png".base64(a)))
end

function Canvas:clip(x, y, w, h)
  self.clips = self.clips + 1
  self:put(('<clipPath id="c%d"><rect x="%s" y="%s" width="%s" height="%s"/></clipPath><g clip-path="url(#c%d)">')
    :format(self.clips, num(x), num(y), num(w), num(h), self.clips))
end

function Canvas:unclip() self:put("</g>") end

-- What belongs to an entry of the legend, so that a page can hide it; nil ends it.
function Canvas:group(label) self:put(label and ('<g data-label="%s">'):format(escape(label)) or "</g>") end

-- What a pointer over the marks that follow is told, up to tip() without a text.
function Canvas:tip(text) self:put(text and ('<g class="tip" tabindex="0"><title>%s</title>'):format(escape(text)) or "</g>") end

-- The whole document.
function Canvas:tostring()
  local w, h = num(self.width), num(self.height)
  local title = self.opts.title and ("<title>%s</title>\n"):format(escape(self.opts.title)) or ""
  return ('<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="%spt" height="%spt" viewBox="0 0 %s %s" '
    .. 'font-family="\'DejaVu Sans\', Verdana, sans-serif" xml:space="preserve">\n%s<rect width="%s" height="%s" fill="#FFFFFF"/>\n')
    :format(w, h, w, h, title, w, h) .. table.concat(self.out, "\n") .. "\n</svg>\n"
end

function Canvas:finish(path)
  require("galua.core").write_file(path, self:tostring())
end

return M
