-- Methods of a galaxy that build on its numbers: spectra, photometry tables, figures, the text the prompt shows.
local galua = require "galua"
local core = require "galua.core"
local own = require "galua.own_methods"
local call = require "galua.call"

local galaxy = {}

-- ---------------------------------------------------------------- spectra
local spectrum = {}
spectrum.__index = function(s, key)
  local method = spectrum[key]
  if method ~= nil then return method end
  galua.fail("a spectrum has no '%s' (fields: wave, flux, rest, redshift, component; methods: lum, at, plot)", tostring(key))
end

function spectrum:lum() return self.luminosity end

function spectrum:plot(options) return require("galua.plot")(self, options) end

-- flux density [mJy] at an observed wavelength [A], or at a vector of them
function spectrum:at(wave)
  if type(wave) == "number" then return self.wave:interp({ wave }, self.flux)[1] end
  return self.wave:interp(wave, self.flux)
end

function spectrum:__tostring()
  return ("spectrum   %s   z = %g   %d wavelengths   %.4g .. %.4g A   peak %.4g mJy"):format(
    self.component, self.redshift, #self.wave, self.wave[1], self.wave[#self.wave], self.flux:max())
end
spectrum.__galua_show = spectrum.__tostring
own("spectrum", spectrum)

function spectrum:__plot(options)
  local plot = require "galua.plot"
  local o = {}
  core.over("spectrum:plot", o, options)
  o.wave, o.flux = self.wave, self.flux
  return plot.sed(o)
end

function galaxy:sed(component)
  if component ~= nil then galua.expect("galaxy:sed", 1, component, "string") end
  local wave = self:wave()
  return setmetatable({
    wave = wave * (1 + self.redshift), rest = wave, flux = self:flux(component), luminosity = self:lum(component),
    redshift = self.redshift, component = component or "total",
  }, spectrum)
end

-- ---------------------------------------------------------------- usual priors
-- Does any light depend on the parameter? Tried with values across its usual range, at the galaxy as it is and with the others in the
-- middle of theirs. An impossible combination tells nothing: then yes.
local function shines(self, name, list)
  local function light(g, v)
    g:set(name, v)
    return g:lum()
  end
  local function differs(g, p)
    local a, b = light(g, p.plo + 0.3 * (p.phi - p.plo)), light(g, p.plo + 0.6 * (p.phi - p.plo))
    return (a - b):abs():max() > 1e-12 * a:max()
  end
  local ok, yes = pcall(function()
    local g, middle, mine = self:copy(), self:copy(), nil
    for _, p in ipairs(list) do
      if p.name == name then mine = p
      elseif p.free and p ~= list[1] and p.plo < p.phi then
        middle:set(p.name, p.log and p.plo > 0 and math.sqrt(p.plo * p.phi) or 0.5 * (p.plo + p.phi))
      end
    end
    return differs(g, mine) or differs(middle, mine)
  end)
  return not ok or yes
end

-- { name = prior } of the parameters that are free in a fit by default, of one group or of all; or of all, and those of a table. Where the
-- redshift has a prior of its own, ages go up to the age of the Universe at the lowest one.
function galaxy:priors(what)
  local own, group, g = {}, what, self
  if type(what) == "table" then own, group = what, nil end
  if own.redshift ~= nil then
    local ok, lowest = pcall(function() return own.redshift.lo end)
    if not ok or type(lowest) ~= "number" then galua.fail("galaxy:priors: redshift must be a prior, got %s", type(own.redshift)) end
    g = self:copy()
    g.redshift = math.max(lowest, 0)
  end
  local out, seen, list = {}, group == nil, g:params()
  for _, p in ipairs(list) do
    local mine = group == nil or p.name:match("^(%a+)%.") == group
    seen = seen or mine
    if mine and p.free and (not (p.plo < p.phi) or shines(self, p.name, list)) then
      if p.prior then
        local kind, args = p.prior:match("^(%a+)%((.*)%)$")
        local list = {}
        for v in args:gmatch("[^, ]+") do list[#list + 1] = tonumber(v) end
        out[p.name] = galua.prior[kind](unpack(list))
      elseif p.plo < p.phi then -- false where a parameter of the user's has no usual range
        out[p.name] = galua.prior[p.log and "loguniform" or "uniform"](p.plo, p.phi)
      end
    end
  end
  if not seen then galua.fail("galaxy:priors: this galaxy has no parameters '%s.*'", tostring(group)) end
  local known = {}
  for _, p in ipairs(list) do known[p.name] = true end
  for name, prior in pairs(own) do
    if known[name] then out[name] = prior
    else galua.fail("galaxy:priors: this galaxy has no parameter '%s'", tostring(name)) end
  end
  return out
end

-- ---------------------------------------------------------------- derived quantities, with units when printed
local function derived_text(values, info)
  local lines = {}
  for _, d in ipairs(info) do
    local v = values[d.name]
    lines[#lines + 1] = v == v and ("%-13s %12.5g %-8s %s"):format(d.name, v, d.unit, d.doc) or
      ("%-13s %12s %-8s not known: the SSP table does not have the wavelengths it needs"):format(d.name, "-", d.unit)
  end
  return table.concat(lines, "\n")
end

function galaxy:derived()
  local info = self:derived_info()
  local function text(values) return derived_text(values, info) end
  return setmetatable(self:derived_values(), { __tostring = text, __galua_show = text })
end

-- ---------------------------------------------------------------- what the prompt shows
local function number(v)
  if v == 0 or (math.abs(v) >= 1e-3 and math.abs(v) < 1e5) then return ("%.6g"):format(v) end
  return (("%.5g"):format(v):gsub("e([+-])0*(%d)", function(s, d) return "e" .. (s == "-" and "-" or "") .. d end))
end

-- rows of the choices of each part that were given: { group = { { name, text }, ... } }
local function choices(self)
  local d, out = self:describe(), {}
  local function add(group, options)
    local names = {}
    for k, v in pairs(options or {}) do
      local own = group == "sfh" and k == "mass" or type(v) == "table" and type(v[1]) ~= "number" -- a parameter; a function's definition
      if not own then names[#names + 1] = k end
    end
    table.sort(names)
    out[group] = out[group] or {}
    for _, k in ipairs(names) do
      local v = options[k]
      table.insert(out[group], { k, type(v) == "table" and #v > 8 and ("%d numbers"):format(#v) or call.literal(v) })
    end
  end
  add("sfh", d.sfh.options)
  for _, c in ipairs(d.components) do if c.kind ~= "custom" then add(c.group, c.options) end end
  return out
end

function galaxy:__galua_show()
  local onset = self:params()[1]
  local lines = {
    ("galaxy   z = %s   age = %s yr%s   ssp %s   %s"):format(number(self.redshift), number(self.age),
      onset.name ~= "age" and ("   %s = %s"):format(onset.name, number(onset.value)) or "", self.ssp.name, self.cosmology.name) .. self:remarks(),
    ("  %-22s %-12s %-12s %-9s %s"):format("component", "parameter", "value", "unit", "range"),
  }
  local last, given = nil, choices(self)
  for _, p in ipairs(self:params()) do
    local group, name = p.name:match("^([%w_]+)%.(.+)$")
    if group then
      local label = group ~= last and group .. "." .. self[group].kind or ""
      for _, c in ipairs(group ~= last and given[group] or {}) do
        lines[#lines + 1] = ("  %-22s %-12s %s"):format(label, c[1], c[2])
        label = ""
      end
      last = group
      lines[#lines + 1] = ("  %-22s %-12s %-12s %-9s %s .. %s"):format(label, name, number(p.value), p.unit, number(p.lo),
        number(p.hi))
    end
  end
  return table.concat(lines, "\n")
end

-- ---------------------------------------------------------------- figures
local labels = require "galua.names.parts"

-- What a galaxy gives plot.sed: its spectrum, redshift and distance, and the data of options.data where that is an observation.
local function sed_options(self, options, who)
  local s = self:sed()
  local o = { wave = s.wave, flux = s.flux, redshift = self.redshift, distance = self:derived_values().D_L }
  core.over(who, o, options)
  if core.class_name(o.data) == "observation" then
    local given = require("galua.plot.data").observation(o.data, self)
    o.data, o.spectrum, o.model_phot = given.data, o.spectrum or given.spectrum, o.model_phot or given.model_phot
  end
  return o
end

function galaxy:plot(options)
  local plot = require "galua.plot"
  return plot.sed(sed_options(self, options, "galaxy:plot"))
end

function galaxy:plot_components(options)
  local plot = require "galua.plot"
  local o = sed_options(self, options, "galaxy:plot_components")
  o.components = o.components or {}
  local list = o.with or self:spectra()
  o.with = nil
  for _, name in ipairs(list) do
    if name ~= "total" then o.components[#o.components + 1] = { name = labels[name] or name, flux = self:flux(name) } end
  end
  return plot.sed(o)
end

function galaxy:plot_sfh(options)
  local plot = require "galua.plot"
  local t = galua.linspace(self.age / 500, self.age, 500)
  local o = { t = t, median = self:sfr(t) }
  core.over("galaxy:plot_sfh", o, options)
  return plot.sfh(o)
end

function galaxy:cite(filters) return require("galua.cite").of_galaxy(self, filters) end

require "galua.spectrum.galaxy"(galaxy)
require("galua.fit.rest").of_galaxy(galaxy)
local doc = require "galua.doc"
doc.text("galaxy.sed", galaxy.sed, [[sed([component]) -> spectrum
The observed spectrum: wave [A, observed], flux [mJy], rest [A], lum() [Lsun/A]. Component: total (default), stellar, extinct, MC, DD, warm.]])
doc.text("galaxy.priors", galaxy.priors, [[priors([group]) -> table
The usual priors, name = prior, of the parameters that are free in a fit by default: of "sfh", "ism", ... or of all. What `free` of
a fit takes; change or remove what you like. Ages reach to the age of the Universe at the galaxy's redshift. A parameter that no light
depends on, such as the dust mass of a galaxy without dust, is not among them. Given a table of priors, all and these: where redshift is
among them, ages reach to the age of the Universe at its lowest value (what is older than it at another redshift is refused in the fit).
@example free = g:priors("sfh");  free.age = prior.loguniform(1e8, 1.3e10)
@example free = g:priors{ redshift = prior.uniform(0, 6) }]])
doc.text("galaxy.derived", galaxy.derived, [[derived() -> table
Mstar [Msun], SFR [Msun/yr], LIR [Lsun], A_V [mag], T_dust [K], t50 [yr], beta_UV ...: prints with units and meaning; fields are
numbers. Components bring more: L_AGN, L_X, L_1400MHz, L_Halpha. In a fit all of them are there for every sample.]])
doc.text("galaxy.plot", galaxy.plot, [[plot([options]) -> figure
The spectrum; options as for plot.sed: quantity = "nuL_nu", frame = "rest", data = an observation ...
@example g:plot{ data = observation.read("data/photometry/ngc3898.ecsv"), quantity = "nuF_nu" }]])
doc.text("galaxy.plot_components", galaxy.plot_components, [[plot_components([options]) -> figure
The spectrum and its components; options as for plot.sed. data may be an observation: its bands and pixels are drawn with those of the model.
@example g:plot_components{ data = observation.read("data/photometry/ngc3898.ecsv") }]])
doc.text("galaxy.cite", galaxy.cite, [[cite([filters]) -> text
BibTeX of what the model is made of: table of stars, components, cosmology, and the filters given.
@example print(g:cite(filters "SDSS.ugriz"))]])
doc.text("galaxy.plot_sfh", galaxy.plot_sfh, [[plot_sfh([options]) -> figure
Star formation rate over galaxy time.]])
return own("galaxy", galaxy, function(x) return core.class_name(x) == "galaxy" end)
