-- What a table of populations draws.
local galua = require "galua"
local core = require "galua.core"
local doc = require "galua.doc"
local ssp = {}

local function years(a)
  if a >= 1e9 then return ("%g Gyr"):format(a / 1e9) end
  return ("%g Myr"):format(a / 1e6)
end

function ssp:plot(given)
  local o = galua.options("ssp:plot", given, { ages = ":table", Z = ":any", xlim = { 100, 1e5 }, ylim = ":table", title = ":string" })
  local plot = require "galua.plot"
  local ages = o.ages or { 1e6, 1e7, 1e8, 1e9, 1e10 }
  local list = type(o.Z) == "table" and o.Z or { o.Z or 0.02 }
  if o.Z ~= nil and type(o.Z) ~= "table" and type(o.Z) ~= "number" then galua.fail("ssp:plot: Z must be a number or a list of numbers, got %s", type(o.Z)) end
  local fig, top, dashes = plot.figure{ width = 6.2, height = 4 }, 0, { "solid", "dashed", "dotted", "dashdot" }
  local ax = fig:axes(1)
  for i, age in ipairs(ages) do
    for k, z in ipairs(list) do
      local l = self:spectrum(age, z)
      top = math.max(top, l:max())
      ax:line(self.wave, l, { color = i, dash = dashes[(k - 1) % #dashes + 1], width = 0.9, label = years(age) .. (#list > 1 and (", Z = %g"):format(z) or "") })
    end
  end
  ax:set{ xscale = "log", yscale = "log", xlabel = "Wavelength [Å]", ylabel = "L_λ [L_⊙ Å^{-1} M_⊙^{-1}]", xlim = o.xlim, ylim = o.ylim or { top * 1e-8, top * 2 },
    title = o.title or plot.escape(self.name .. (#list == 1 and (", Z = %g"):format(list[1]) or "")), legend = "upper right" }
  return fig
end

doc.text("ssp.plot", ssp.plot, [[plot{ ages =, Z =, xlim =, ylim =, title = } -> figure
Spectra of the table: a line for each age and metallicity.
@param ages [yr] ({ 1e6, 1e7, 1e8, 1e9, 1e10 }) list of ages
@param Z (0.02) a metallicity, or a list of them
@param xlim [A] ({ 100, 1e5 }) wavelengths
@param ylim (eight decades) range of L_lambda per mass formed
@param title (name of the table) above the figure
@example plot(ssp.bc03{})]])
return require "galua.own_methods"("ssp", ssp, function(x) return core.class_name(x) == "ssp" end)
