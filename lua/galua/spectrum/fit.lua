-- The spectral part of a fit: option spec = {}, fit:spectrum(), fit:plot_spectrum().
local galua = require "galua"
local doc = require "galua.doc"
local core = require "galua.core"
local C = galua.spectrum

local M = {}

-- fit{ spec = { sigma_v = 150, shift = prior } }: fixed values as target{} wants them; priors into `free`
function M.resolve(spec, free)
  local list, fixed, names = C.params(), {}, {}
  for i, p in ipairs(list) do
    local name = p.name:match("[^.]+$")
    fixed[i], names[#names + 1] = 0 / 0, name
    local v = spec[name]
    if type(v) == "number" then
      fixed[i] = v
    elseif v ~= nil then
      if free[p.name] then galua.fail("fit: parameter '%s' is given twice, in spec and in free", p.name) end
      free[p.name] = v
    end
  end
  for k in pairs(spec) do
    local known = false
    for _, n in ipairs(names) do known = known or n == k end
    if not known then galua.fail("fit: spec has no '%s'%s", tostring(k), core.did_you_mean(tostring(k), names)) end
  end
  return galua.vec(fixed)
end

local function fit_spectrum(self)
  local d = C.data(self.data)
  if not d then galua.fail("fit:spectrum: the observation has no spectrum") end
  local s = self:samples()
  local _, i = self:best()
  local out = C.of_fit(self.target, s.x:row(i))
  out.wave, out.flux, out.err, out.mask, out.lo, out.hi = d.wave, d.flux, d.err, d.mask, d.lo, d.hi
  out.pull = (d.flux - out.fitted) / d.err
  return out
end

local function plot_spectrum(self, given)
  local o = galua.options("fit:plot_spectrum", given, { title = ":string", width = 7, height = 4.4 })
  local plot = require "galua.plot"
  local s = fit_spectrum(self)
  local x, y, e, m = {}, {}, {}, {}
  for i = 1, #s.wave do
    if s.mask[i] == 0 then
      local k = #x + 1
      x[k], y[k], e[k], m[k] = s.wave[i], s.flux[i], s.err[i], s.fitted[i]
    end
  end
  local f = plot.figure { rows = 2, cols = 1, width = o.width, height = o.height, height_ratios = { 3, 1 }, sharex = true, hspace = 5 }
  local top, low = f:axes(1), f:axes(2)
  top:set { ylabel = "S_{ν} [mJy]", title = o.title or (self.name ~= "" and plot.escape(self.name) or nil) }
  local lo, hi = {}, {}
  for i = 1, #x do lo[i], hi[i] = y[i] - e[i], y[i] + e[i] end
  top:band(x, lo, hi, { color = "#BBBBBB", label = "data" })
  top:line(x, m, { color = "#C8102E", width = 1, label = "model" })
  local r = {}
  for i = 1, #x do r[i] = (y[i] - m[i]) / e[i] end
  low:set { xlabel = "Observed wavelength [Å]", ylabel = "Residual [σ]", ylim = { -5, 5 } }
  low:hspan(-1, 1, { color = "#56B4E9", alpha = 0.22 })
  low:line(x, r, { color = "#1F3A5F", width = 0.7 })
  return f
end

function M.extend(fit)
  fit.spectrum, fit.plot_spectrum = fit_spectrum, plot_spectrum
  doc.text("fit:spectrum", fit_spectrum, [[fit:spectrum() -> table
The spectrum at the sample of highest posterior: wave, flux, err, mask of the data, model [mJy], fitted (model with calibration
polynomial and free lines), pull, coef (of the polynomial, from order 0), amp (line fluxes [erg/s/cm2]).]])
  doc.text("fit:plot_spectrum", plot_spectrum, [[fit:plot_spectrum() -> figure
The spectrum, the model of highest posterior, and the residuals.]])
end

return M
