-- Rest-frame magnitudes and colours: of a galaxy, of every sample of a fit, and the UVJ diagram. The galaxy's light is put at redshift 0 and 10 pc,
-- without the intergalactic medium's redshift: M_AB = -2.5 log10(<S_nu>/3631 Jy).
local galua = require "galua"
local core = require "galua.core"
local doc = require "galua.doc"
local pick = require "galua.pick"
local M = {}

local AB, TEN_PC = 3.6307805477010137e6, 25 -- mJy of magnitude 0; distance modulus of 1 Mpc

-- absolute AB magnitudes in the bands; inf where there is no light
local function magnitudes(g, bands, scale)
  local flux, out = g:band_flux(bands), {}
  for i = 1, #bands do
    local y = flux[i] * (scale or 1)
    out[i] = y > 0 and -2.5 * math.log10(y / AB) - TEN_PC or math.huge
  end
  return out
end

local function at_rest(g)
  local h = g:copy()
  h.redshift, h.distance = 0, 1
  return h
end

local function bands_of(x, who)
  local set = type(x) == "string" and galua.filters(x) or x
  if type(set) ~= "table" or set[1] == nil then galua.fail("%s: expected filters, such as filters(\"Bessell.UV\"), or a band's name, got %s", who, type(x)) end
  return set
end

-- "Bessell.U-Bessell.V" is a colour, "M(SDSS.r)" an absolute magnitude, "flux(SDSS.r)" the flux of the model as it is observed:
-- { name =, unit =, bands, observed = } or nil
function M.parse(name)
  galua.expect("rest.parse", 1, name, "string")
  local seen = name:match("^flux%((.+)%)$")
  local one = seen or name:match("^M%((.+)%)$")
  local a, b = name:match("^(.+)%-(.+)$")
  if not (one or a) then return nil end
  local ok, set = pcall(galua.filters, unpack(one and { one } or { a, b }))
  if not ok or #set ~= (one and 1 or 2) then return nil end
  return { name = name, unit = seen and "mJy" or "mag", bands = set, observed = seen ~= nil }
end

-- Values of such quantities for the samples of the list: a list of lists
function M.of_samples(f, wanted, list)
  local s, g, h, all, at = f:samples(), f.model:copy(), f.model:copy(), {}, {}
  for k, w in ipairs(wanted) do
    at[k] = #all
    for _, b in ipairs(w.bands) do all[#all + 1] = b end
  end
  local out, observed, rest = {}, false, false
  for k, w in ipairs(wanted) do
    out[k], observed, rest = {}, observed or w.observed, rest or not w.observed
  end
  for j, i in ipairs(list) do
    local scale = s.derived.amplitude and s.derived.amplitude[i] or 1
    local flux, m
    if observed then
      f.target:values(s.x:row(i), g)
      flux = g:band_flux(all)
    end
    if rest then
      f.target:values(s.x:row(i), h)
      h.redshift, h.distance = 0, 1
      m = magnitudes(h, all, scale)
    end
    for k, w in ipairs(wanted) do
      local a = at[k] + 1
      out[k][j] = w.observed and flux[a] * scale or w.bands[2] and m[a] - m[a + 1] or m and m[a]
    end
  end
  return out
end

-- ---------------------------------------------------------------- of a galaxy
local rows = {}
rows.__index = rows
function rows:__tostring()
  local lines = { ("%-26s %14s %10s"):format("band", "pivot [A]", "M_AB [mag]") }
  for _, r in ipairs(self) do lines[#lines + 1] = ("%-26s %14.6g %10.3f"):format(r.band, r.pivot, r.mag) end
  return table.concat(lines, "\n")
end
rows.__galua_show = rows.__tostring

local function rest_magnitudes(g, filters)
  local bands = bands_of(filters, "galaxy:rest_magnitudes")
  local out = setmetatable({}, rows)
  for i, m in ipairs(magnitudes(at_rest(g), bands)) do out[i] = { band = bands[i].name, pivot = bands[i].pivot, mag = m } end
  return out
end

local function colour(g, a, b)
  local set = galua.filters(a, b)
  if #set ~= 2 then galua.fail("galaxy:colour: expected two bands, such as \"Bessell.U\", \"Bessell.V\", got %d", #set) end
  local m = magnitudes(at_rest(g), set)
  return m[1] - m[2]
end

-- Muzzin et al. 2013 (ApJ 777, 18), section 3: quiescent above the line and beyond both edges
local function quiescent(uv, vj, z) return uv > 1.3 and vj < 1.5 and uv > 0.88 * vj + (z < 1 and 0.69 or 0.59) end

local function uvj(g)
  local m = magnitudes(at_rest(g), galua.filters("Bessell.U", "Bessell.V", "2MASS.J"))
  local uv, vj = m[1] - m[2], m[2] - m[3]
  return { U_V = uv, V_J = vj, quiescent = quiescent(uv, vj, g.redshift) }
end

function M.of_galaxy(galaxy)
  galaxy.rest_magnitudes, galaxy.colour, galaxy.uvj = rest_magnitudes, colour, uvj
  doc.text("galaxy.rest_magnitudes", rest_magnitudes, [[rest_magnitudes(filters) -> table
Absolute AB magnitudes in the rest frame: band, pivot [A], mag.
@example g:rest_magnitudes(filters("Bessell.UBV", "2MASS.J"))]])
  doc.text("galaxy.colour", colour, [[colour(band, band) -> number
Rest-frame colour, a difference of AB magnitudes.
@example g:colour("SDSS.g", "SDSS.r")]])
  doc.text("galaxy.uvj", uvj, [[uvj() -> table
U_V and V_J, rest-frame AB colours (Bessell.U, Bessell.V, 2MASS.J), and quiescent: on which side of the lines of Muzzin et al. (2013) they are.]])
end

-- ---------------------------------------------------------------- of a fit
local list_mt = {}
list_mt.__index = list_mt
function list_mt:__tostring()
  local lines = { ("%-32s %10s %10s %10s"):format("rest frame", "median", "-1 sigma", "+1 sigma") }
  for _, r in ipairs(self) do lines[#lines + 1] = ("%-32s %10.3f %10.3f %10.3f"):format(r.name, r.median, r.median - r.q16, r.q84 - r.median) end
  return table.concat(lines, "\n")
end
list_mt.__galua_show = list_mt.__tostring

local function row_of(name, values)
  local v = galua.vec(values)
  local q = v:quantile{ 0.16, 0.5, 0.84 }
  return { name = name, values = v, q16 = q[1], median = q[2], q84 = q[3] }
end

local function fit_rest(self, given)
  local o = galua.options("fit:rest_magnitudes", given, { bands = ":any", colours = ":table", draws = 500 })
  local wanted = {}
  for _, b in ipairs(o.bands and bands_of(o.bands, "fit:rest_magnitudes") or {}) do wanted[#wanted + 1] = { name = ("M(%s)"):format(b.name), bands = { b } } end
  for i, c in ipairs(o.colours or {}) do
    local w = type(c) == "string" and M.parse(c)
    if not w then galua.fail("fit:rest_magnitudes: colours[%d] must be two bands with a '-' between, such as \"Bessell.U-Bessell.V\", got %s", i, tostring(c)) end
    wanted[#wanted + 1] = w
  end
  if #wanted == 0 then galua.fail("fit:rest_magnitudes: give bands = filters(...) or colours = { \"Bessell.U-Bessell.V\" }") end
  local values = M.of_samples(self, wanted, pick(self:samples().n, o.draws))
  local out = setmetatable({}, list_mt)
  for k, w in ipairs(wanted) do out[k] = row_of(w.name, values[k]) end
  return out
end

local function fit_uvj(self, given)
  local o = galua.options("fit:uvj", given, { draws = 500 })
  local list = pick(self:samples().n, o.draws)
  local two = M.of_samples(self, { M.parse("Bessell.U-Bessell.V"), M.parse("Bessell.V-2MASS.J") }, list)
  local z, n = self.samples(self).values.redshift, 0
  for j, i in ipairs(list) do n = n + (quiescent(two[1][j], two[2][j], z and z[i] or self.model.redshift) and 1 or 0) end
  local out = setmetatable({ row_of("U - V", two[1]), row_of("V - J", two[2]) }, list_mt)
  rawset(out, "quiescent", n / #list)
  return out
end

local function plot_uvj(self, given)
  local o = galua.options("fit:plot_uvj", given, { draws = 500 })
  local plot = require "galua.plot"
  local c = self:uvj{ draws = o.draws }
  local fig = plot.figure{ width = 4.4, height = 4 }
  local z = self.model.redshift
  local b = z < 1 and 0.69 or 0.59
  local ax = fig:axes(1)
  ax:set{ xlabel = "V - J [AB, rest frame]", ylabel = "U - V [AB, rest frame]", xlim = { -0.5, 2.5 }, ylim = { 0, 2.5 }, legend = "lower right",
    title = self.name ~= "" and plot.escape(self.name) or nil }
  local left, right = (1.3 - b) / 0.88, 1.5
  ax:line({ -0.5, left, right, right }, { 1.3, 1.3, 0.88 * right + b, 2.5 }, { color = "#444444", width = 1, label = "Muzzin et al. 2013" })
  ax:points(c[2].values, c[1].values, { size = 2.2, color = "#0072B2", label = ("posterior, %.0f %% quiescent"):format(100 * c.quiescent) })
  ax:points({ c[2].median }, { c[1].median }, { size = 6, marker = "d", color = "#C8102E", label = "median",
    xerr = { lo = { c[2].median - c[2].q16 }, hi = { c[2].q84 - c[2].median } }, yerr = { lo = { c[1].median - c[1].q16 }, hi = { c[1].q84 - c[1].median } } })
  return fig
end

function M.of_fit(fit)
  fit.rest_magnitudes, fit.uvj, fit.plot_uvj = fit_rest, fit_uvj, plot_uvj
  doc.text("fit:rest_magnitudes", fit_rest, [[fit:rest_magnitudes{ bands =, colours =, draws = } -> list
Rest-frame absolute magnitudes and colours (AB) over the posterior: name, values, q16, median, q84. The model is evaluated once a sample.
@param bands filters(...)
@param colours list of pairs: { "Bessell.U-Bessell.V", "SDSS.g-SDSS.r" }
@param draws (500) samples
@example f:rest_magnitudes{ bands = filters("SDSS.r"), colours = { "SDSS.g-SDSS.r" } }]])
  doc.text("fit:uvj", fit_uvj, [[fit:uvj{ draws = } -> list
U - V and V - J over the posterior, and quiescent: the share of samples that the lines of Muzzin et al. (2013) call so.
@param draws (500) samples]])
  doc.text("fit:plot_uvj", plot_uvj, [[fit:plot_uvj{ draws = } -> figure
The posterior in the UVJ diagram.
@param draws (500) samples]])
end

return M
