-- PDF and PNG back end through libcairo, loaded at run time. Only plain calls into cairo, no callbacks.
local galua = require "galua"
local ffi = require "ffi"
local colors = require "galua.plot.colormap"
local M = {}
local Canvas = {}
Canvas.__index = Canvas

ffi.cdef [[
typedef struct _cairo cairo_t;
typedef struct _cairo_surface cairo_surface_t;
typedef struct _cairo_font_options cairo_font_options_t;
const char *cairo_version_string(void);
cairo_surface_t *cairo_image_surface_create(int format, int width, int height);
cairo_surface_t *cairo_pdf_surface_create(const char *path, double width, double height);
int cairo_surface_write_to_png(cairo_surface_t *surface, const char *path);
int cairo_surface_status(cairo_surface_t *surface);
void cairo_surface_finish(cairo_surface_t *surface);
void cairo_surface_destroy(cairo_surface_t *surface);
const char *cairo_status_to_string(int status);
cairo_t *cairo_create(cairo_surface_t *target);
int cairo_status(cairo_t *cr);
void cairo_destroy(cairo_t *cr);
void cairo_save(cairo_t *cr);
void cairo_restore(cairo_t *cr);
void cairo_scale(cairo_t *cr, double sx, double sy);
void cairo_translate(cairo_t *cr, double x, double y);
void cairo_rotate(cairo_t *cr, double angle);
void cairo_new_path(cairo_t *cr);
void cairo_move_to(cairo_t *cr, double x, double y);
void cairo_line_to(cairo_t *cr, double x, double y);
void cairo_close_path(cairo_t *cr);
void cairo_arc(cairo_t *cr, double x, double y, double r, double a1, double a2);
void cairo_rectangle(cairo_t *cr, double x, double y, double w, double h);
void cairo_clip(cairo_t *cr);
void cairo_set_source_rgba(cairo_t *cr, double r, double g, double b, double a);
void cairo_set_line_width(cairo_t *cr, double w);
void cairo_set_line_join(cairo_t *cr, int join);
void cairo_set_line_cap(cairo_t *cr, int cap);
void cairo_set_dash(cairo_t *cr, const double *dashes, int n, double offset);
void cairo_set_fill_rule(cairo_t *cr, int rule);
void cairo_fill(cairo_t *cr);
void cairo_fill_preserve(cairo_t *cr);
void cairo_stroke(cairo_t *cr);
void cairo_paint(cairo_t *cr);
void cairo_select_font_face(cairo_t *cr, const char *family, int slant, int weight);
void cairo_set_font_size(cairo_t *cr, double size);
void cairo_show_text(cairo_t *cr, const char *text);
cairo_font_options_t *cairo_font_options_create(void);
void cairo_font_options_destroy(cairo_font_options_t *o);
void cairo_font_options_set_hint_metrics(cairo_font_options_t *o, int v);
void cairo_font_options_set_hint_style(cairo_font_options_t *o, int v);
void cairo_font_options_set_antialias(cairo_font_options_t *o, int v);
void cairo_set_font_options(cairo_t *cr, cairo_font_options_t *o);
cairo_surface_t *cairo_image_surface_create_for_data(unsigned char *data, int format, int width, int height, int stride);
typedef struct _cairo_pattern cairo_pattern_t;
void cairo_set_source_surface(cairo_t *cr, cairo_surface_t *surface, double x, double y);
cairo_pattern_t *cairo_get_source(cairo_t *cr);
void cairo_pattern_set_filter(cairo_pattern_t *pattern, int filter);
void cairo_pdf_surface_set_metadata(cairo_surface_t *surface, int key, const char *value);
]]

local lib, tried
-- The library, or nil.
function M.library()
  if tried then return lib end
  tried = true
  for _, name in ipairs { "cairo.so.2", "libcairo.so.2", "cairo", "libcairo.2.dylib" } do
    local ok, l = pcall(ffi.load, name)
    if ok then
      lib = l
      -- fontconfig, which cairo uses, keeps its configuration until the process ends: the library must not be unloaded before
      pcall(function()
        ffi.cdef "void *dlopen(const char *file, int flags);"
        ffi.C.dlopen(jit.os == "Linux" and "libcairo.so.2" or name, jit.os == "Linux" and 0x1001 or 1) -- RTLD_LAZY | RTLD_NODELETE
      end)
      break
    end
  end
  return lib
end

local function need(path)
  local l = M.library()
  if not l then
    galua.fail("cannot write %s: PDF and PNG need libcairo (Debian package libcairo2); install it, or save as .svg", path)
  end
  return l
end

local function check(C, status, path)
  if status ~= 0 then
    galua.fail("cannot write the figure %s: %s", path, ffi.string(C.cairo_status_to_string(status)))
  end
end

-- A canvas of width x height points that will be written to path: format "pdf" or "png" (at opts.dpi, 150 if not given).
function M.new(width, height, format, path, opts)
  local C = need(path)
  opts = opts or {}
  local c = setmetatable({ pt = 1, C = C, format = format, width = width, height = height }, Canvas)
  if format == "pdf" then
    c.tmp = os.tmpname() -- cairo writes by name, as it draws
    c.surface = C.cairo_pdf_surface_create(c.tmp, width, height)
    check(C, C.cairo_surface_status(c.surface), path)
    local ok, set = pcall(function() return C.cairo_pdf_surface_set_metadata end)   -- cairo 1.16 and newer
    if ok then
      if opts.title then set(c.surface, 0, opts.title) end
      set(c.surface, 4, "Galua")
    end
  else
    local k = (opts.dpi or 150) / 72
    c.surface = C.cairo_image_surface_create(1, math.floor(width * k + 0.5), math.floor(height * k + 0.5))
    check(C, C.cairo_surface_status(c.surface), path)
    c.scale = k
  end
  c.cr = C.cairo_create(c.surface)
  if c.scale then C.cairo_scale(c.cr, c.scale, c.scale) end
  local fo = C.cairo_font_options_create()
  C.cairo_font_options_set_hint_metrics(fo, 1)
  C.cairo_font_options_set_hint_style(fo, 1)
  C.cairo_font_options_set_antialias(fo, 2)
  C.cairo_set_font_options(c.cr, fo)
  C.cairo_font_options_destroy(fo)
  C.cairo_set_source_rgba(c.cr, 1, 1, 1, 1)
  C.cairo_paint(c.cr)
  return c
end

local caps = { butt = 0, round = 1, square = 2 }

local function paint(c, style)
  local C, cr = c.C, c.cr
  local alpha = style.alpha or 1
  if style.fill then
    local r, g, b = colors.rgb(style.fill)
    C.cairo_set_source_rgba(cr, r, g, b, alpha)
    C.cairo_set_fill_rule(cr, style.evenodd and 1 or 0)
    if style.stroke then C.cairo_fill_preserve(cr) else C.cairo_fill(cr) end
  end
  if style.stroke then
    local r, g, b = colors.rgb(style.stroke)
    C.cairo_set_source_rgba(cr, r, g, b, alpha)
    C.cairo_set_line_width(cr, style.width or 1)
    C.cairo_set_line_join(cr, style.miter and 0 or 1)
    C.cairo_set_line_cap(cr, caps[style.cap] or 0)
    local d = style.dash
    if d then
      C.cairo_set_dash(cr, ffi.new("double[?]", #d, d), #d, 0)
    else
      C.cairo_set_dash(cr, nil, 0, 0)
    end
    C.cairo_stroke(cr)
  end
end

function Canvas:path(subpaths, style)
  local C, cr = self.C, self.cr
  C.cairo_new_path(cr)
  local any
  for _, p in ipairs(subpaths) do
    if #p >= 4 then
      any = true
      C.cairo_move_to(cr, p[1], p[2])
      for i = 3, #p, 2 do C.cairo_line_to(cr, p[i], p[i + 1]) end
      if style.close then C.cairo_close_path(cr) end
    end
  end
  if any then paint(self, style) end
end

function Canvas:circle(x, y, r, style)
  self.C.cairo_new_path(self.cr)
  self.C.cairo_arc(self.cr, x, y, r, 0, 2 * math.pi)
  self.C.cairo_close_path(self.cr)
  paint(self, style)
end

function Canvas:runs(x, y, runs, size, anchor, angle, color)
  local C, cr = self.C, self.cr
  local r, g, b = colors.rgb(color)
  C.cairo_save(cr)
  C.cairo_set_source_rgba(cr, r, g, b, 1)
  C.cairo_translate(cr, x, y)
  if angle ~= 0 then C.cairo_rotate(cr, -math.rad(angle)) end
  local left = anchor == "middle" and -runs.width * size / 2 or anchor == "end" and -runs.width * size or 0
  for _, run in ipairs(runs) do
    C.cairo_select_font_face(cr, "DejaVu Sans", run.italic and 1 or 0, run.bold and 1 or 0)
    C.cairo_set_font_size(cr, size * run.scale)
    C.cairo_move_to(cr, left + run.x * size, -run.dy * size)
    C.cairo_show_text(cr, run.s)
  end
  C.cairo_restore(cr)
  C.cairo_new_path(cr)
end

function Canvas:image(x, y, w, h, a)
  local C, cr, n = self.C, self.cr, a.nx * a.ny
  local colour, data = ffi.new("uint32_t[256]"), ffi.new("uint32_t[?]", n)        -- ARGB
  for i, c in ipairs(a.palette) do
    local r, g, b = colors.rgb(c)
    colour[i] = 0xFF000000 + math.floor(r * 255 + 0.5) * 65536 + math.floor(g * 255 + 0.5) * 256 + math.floor(b * 255 + 0.5)
  end
  for i = 0, n - 1 do data[i] = colour[a.index[i]] end
  local image = C.cairo_image_surface_create_for_data(ffi.cast("unsigned char *", data), 0, a.nx, a.ny, 4 * a.nx)
  C.cairo_save(cr)
  C.cairo_translate(cr, x, y)
  C.cairo_scale(cr, w / a.nx, h / a.ny)
  C.cairo_set_source_surface(cr, image, 0, 0)
  C.cairo_pattern_set_filter(C.cairo_get_source(cr), self.format == "png" and 2 or 3)   -- best; nearest, for other programs to scale
  C.cairo_paint(cr)
  C.cairo_restore(cr)
  self.keep = self.keep or {}                         -- a PDF surface reads the pixels when it is finished
  self.keep[#self.keep + 1] = data
  C.cairo_surface_destroy(image)
end

function Canvas:clip(x, y, w, h)
  self.C.cairo_save(self.cr)
  self.C.cairo_rectangle(self.cr, x, y, w, h)
  self.C.cairo_clip(self.cr)
end

function Canvas:unclip() self.C.cairo_restore(self.cr) end

function Canvas:finish(path)
  local C = self.C
  local status = C.cairo_status(self.cr)
  C.cairo_destroy(self.cr)
  local tmp = self.tmp or os.tmpname()
  if status == 0 and self.format == "png" then status = C.cairo_surface_write_to_png(self.surface, tmp) end
  C.cairo_surface_finish(self.surface)
  if status == 0 then status = C.cairo_surface_status(self.surface) end
  C.cairo_surface_destroy(self.surface)
  local file = io.open(tmp, "rb")
  local drawn = file and file:read("*a") or ""
  if file then file:close() end
  os.remove(tmp)
  check(C, status, path)
  require("galua.core").write_file(path, drawn)
end

return M
