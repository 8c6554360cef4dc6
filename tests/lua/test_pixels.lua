-- Figures as files show them: what must be seen of data is looked for among the pixels of the PNG, not in the list of what is drawn.
local t = require "galua.test"
local galua = require "galua"
local plot = require "galua.plot"
local ffi = require "ffi"
local cairo = require("galua.plot.cairo").library()
if not cairo then
  print "skipped: PNG needs libcairo, which is not here"
  return
end
ffi.cdef [[
cairo_surface_t *cairo_image_surface_create_from_png(const char *path);
unsigned char *cairo_image_surface_get_data(cairo_surface_t *surface);
int cairo_image_surface_get_width(cairo_surface_t *surface);
int cairo_image_surface_get_height(cairo_surface_t *surface);
int cairo_image_surface_get_stride(cairo_surface_t *surface);
]]

-- The figure as it is on disk: width, height, at(x, y) -> red, green, blue; x, y from 0 at the upper left
local function pixels(fig)
  local path = os.tmpname() .. ".png"
  fig:save(path)
  local s = cairo.cairo_image_surface_create_from_png(path)
  os.remove(path)
  local data, stride = cairo.cairo_image_surface_get_data(s), cairo.cairo_image_surface_get_stride(s)
  local img = { w = cairo.cairo_image_surface_get_width(s), h = cairo.cairo_image_surface_get_height(s), surface = s }
  function img.at(x, y)
    local p = data + y * stride + 4 * x
    return p[2], p[1], p[0]
  end
  return img
end

-- Whether a pixel is of colour "#RRGGBB", blended with white by less than half
local function like(hex)
  local r, g, b = tonumber(hex:sub(2, 3), 16), tonumber(hex:sub(4, 5), 16), tonumber(hex:sub(6, 7), 16)
  return function(R, G, B)
    for k = 5, 10 do
      local f = k / 10
      local d = math.abs(R - (255 - f * (255 - r))) + math.abs(G - (255 - f * (255 - g))) + math.abs(B - (255 - f * (255 - b)))
      if d < 18 then return true end
    end
    return false
  end
end
local function count(img, is, x0, x1, y0, y1)
  local n = 0
  for y = math.floor(y0), math.ceil(y1) do
    for x = math.floor(x0), math.ceil(x1) do if is(img.at(x, y)) then n = n + 1 end end
  end
  return n
end

-- Panels from the top: { left, right, top, bottom } of their frames, lines that are dark along the whole of their length
local function panels(img)
  local function dark(x, y)
    local r, g, b = img.at(x, y)
    return r < 110 and g < 110 and b < 110
  end
  local rows = {}
  for y = 0, img.h - 1 do
    local run, best, from = 0, 0, 0
    for x = 0, img.w - 1 do
      run = dark(x, y) and run + 1 or 0
      if run > best then best, from = run, x - run + 1 end
    end
    if best > 0.5 * img.w and not (rows[#rows] and y - rows[#rows].y < 4) then rows[#rows + 1] = { y = y, from = from, to = from + best - 1 } end
  end
  local out = {}
  for i = 1, #rows - 1, 2 do out[#out + 1] = { left = rows[i].from, right = rows[i].to, top = rows[i].y, bottom = rows[i + 1].y } end
  return out
end
local function column(panel, ax, x) -- of a value on a linear axis
  return panel.left + (x - ax.xlim[1]) / (ax.xlim[2] - ax.xlim[1]) * (panel.right - panel.left)
end

t.describe("pixels of figures", function()
  t.it("a fitted spectrum: data and model over all that is used, what is masked pale, no residual across it", function()
    local g = galua.galaxy{ ssp = galua.ssp.synthetic(), sfh = galua.sfh.constant{ psi = 5 }, age = 1e9, redshift = 0.1 }
    local s = g:spectrum{ wave = galua.linspace(4300, 7500, 300), R = 200 }
    local mask = {}
    for i = 1, 300 do mask[i] = i > 120 and i <= 180 and 1 or 0 end
    local noise = galua.random.normal(300, 3)
    local o = galua.observation{ redshift = 0.1, spectrum = { wave = s.wave, flux = s.flux * (1 + 0.05 * noise), err = s.flux * 0.05, mask = mask, R = 200 } }
    local f = galua.fit{ data = o, model = g, seed = 1, sampler = galua.sampler.ensemble{ walkers = 6, steps = 10 }, free = { age = galua.prior.loguniform(4e8, 2.5e9),
      ["sfh.psi"] = galua.prior.loguniform(2, 12) } }
    f:run{ progress = false }
    local fig = f:plot_spectrum()
    fig:axes(1):set{ xlim = { 4200, 7600 } }
    fig:axes(2):set{ xlim = { 4200, 7600 } }
    local img = pixels(fig)
    local p = panels(img)
    t.eq(#p, 2)
    local data, model, masked, ink = like "#555555", like "#C8102E", like "#C9B38C", function(r, gr, b) return r + gr + b < 640 end
    local function covered(is, panel, from, to) -- share of the columns between two wavelengths with such a pixel
      local ax, n, all = { xlim = { 4200, 7600 } }, 0, 0
      for x = math.ceil(column(panel, ax, from)), math.floor(column(panel, ax, to)) do
        all = all + 1
        if count(img, is, x, x, panel.top + 12, panel.bottom - 12) > 0 then n = n + 1 end
      end
      return n / all
    end
    local a, b = s.wave[120], s.wave[181]
    for _, part in ipairs{ { 4320, a - 20 }, { b + 20, 7480 } } do
      t.ok(covered(data, p[1], part[1], part[2]) > 0.7, "data are seen")
      t.ok(covered(model, p[1], part[1], part[2]) > 0.95, "so is the model")
    end
    t.ok(covered(masked, p[1], a + 40, b - 40) > 0.7, "what is masked is there, pale")
    t.eq(covered(model, p[1], a + 40, b - 40), 0)
    local middle = (p[2].top + p[2].bottom) / 2 -- the line of zero may cross, nothing else
    local gap = { left = p[2].left, right = p[2].right, top = p[2].top, bottom = middle - 6 + 12 }
    t.eq(covered(ink, gap, a + 40, b - 40), 0)
    t.ok(covered(ink, gap, 4320, a - 20) > 0.2)
  end)
  t.it("photometry: a limit, what is not used and a flux below zero are each seen where they belong", function()
    local function draw(data)
      local fig = plot.sed { wave = { 1e3, 1e6 }, flux = { 50, 50 }, data = data, residuals = false, xlim = { 0.1, 100 }, ylim = { 0.1, 10 } } -- micron, mJy; the model is above the frame
      fig[1]:set{ legend = false }
      return pixels(fig)
    end
    local base = draw{ wave = { 3e3 }, flux = { 2 }, err = { 0.2 } }
    local p = panels(base)[1]
    local function x_of(micron) return p.left + (math.log10(micron) + 1) / 3 * (p.right - p.left) end
    local function y_of(flux) return p.bottom - (math.log10(flux) + 1) / 2 * (p.bottom - p.top) end
    -- the pixels in a box around a point that differ from the figure without it; and anywhere else in the panel
    local function differ(img, x, y, rx, up, down)
      local near, far = 0, 0
      for j = p.top + 2, p.bottom - 2 do
        for i = p.left + 2, p.right - 2 do
          local r, g, b = img.at(i, j)
          local R, G, B = base.at(i, j)
          if math.abs(r - R) + math.abs(g - G) + math.abs(b - B) > 60 then
            if math.abs(i - x) <= rx and j >= y - up and j <= y + down then near = near + 1 else far = far + 1 end
          end
        end
      end
      return near, far
    end
    local cases = {
      { "measured", { 5 }, {}, 5, 25, 30 }, { "not used", { 5 }, { ignored = { false, true } }, 5, 25, 30 },
      { "limit", { 5 }, { limit = { false, true } }, 5, 12, 60 }, { "below zero", { -1 }, {}, 1, 14, 60 } }
    local seen = {}
    for _, c in ipairs(cases) do
      local what, flux, more, y, up, down = unpack(c)
      local data = { wave = { 3e3, 1e5 }, flux = { 2, flux[1] }, err = { 0.2, 1 } }
      for k, v in pairs(more) do data[k] = v end
      local near, far = differ(draw(data), x_of(10), y_of(y), 14, up, down)
      t.ok(near >= 20, ("%s: %d pixels"):format(what, near))
      t.ok(far == 0, ("%s: %d pixels elsewhere"):format(what, far))
      seen[what] = near
    end
    t.ok(seen["not used"] < seen.measured, "hollow")
  end)
end)
