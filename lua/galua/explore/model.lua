-- What an explorer shows of a galaxy or a fit, as plain data: parameters with the ranges of their sliders, bands, and at any set of values the
-- spectra, band fluxes, history, derived quantities, chi^2 and ln p. Nothing here knows of pages or sockets.
local galua = require "galua"
local ffi = require "ffi"
local ties = require "galua.fit.ties"
local labels = require "galua.names.parts"

local M = {}
M.__index = M

local function finite(v) return v == v and v > -math.huge and v < math.huge end

-- Range of a slider: of the prior of a free parameter, else the usual one, widened to hold the value; nil where there is none.
local function range_of(p, prior)
  local lo, hi, log = p.plo, p.phi, p.log
  if prior then
    log = prior.log
    lo, hi = prior.lo, prior.hi
    if not (finite(lo) and finite(hi)) or log and not (lo > 0) then lo, hi = prior:quantile(0.001), prior:quantile(0.999) end
  else
    if not (lo and hi and lo < hi) then lo, hi = p.lo, p.hi end
    local below, above = math.min(lo, p.value), math.max(hi, p.value) -- a value far outside stands for "never": the knob is at the end
    if not (log and lo > 0) and above - below < 3 * (hi - lo) or log and below > 0 and above / below < (hi / lo) ^ 1.5 then lo, hi = below, above end
  end
  if not (finite(lo) and finite(hi) and lo < hi) then return nil end
  return lo, hi, log and lo > 0 or false
end

-- rows for the page: name, group, unit, doc, value, lo, hi of the slider, log, free, prior, least and most that the model takes
local function parameters(self)
  local list, follows = {}, {}
  for _, name in ipairs(self.fit and self.fit.tie and self.fit.tie.names or {}) do follows[name] = true end
  for _, p in ipairs(self.fit and self.fit:params() or self.galaxy:params()) do
    local prior = p.prior and type(p.prior) ~= "string" and p.prior or nil
    local in_galaxy = self.is_galaxy[p.name] and not follows[p.name]
    if in_galaxy then p.value = self.galaxy:get(p.name) end
    local lo, hi, log = range_of(p, prior)
    if lo and (in_galaxy or prior) then
      local value = p.value
      if not in_galaxy and prior and not (value >= lo and value <= hi) then value = prior:quantile(0.5) end
      list[#list + 1] = { name = p.name, group = p.name:match("^(.*)%.") or "", unit = p.unit, doc = p.doc, value = value, lo = lo, hi = hi, log = log,
        free = prior ~= nil, prior = prior and tostring(prior) or nil, least = finite(p.lo) and p.lo or nil, most = finite(p.hi) and p.hi or nil }
    end
  end
  return list
end

-- Bands that the model covers at its start; the names of those that it does not.
local function covered(galaxy, list)
  local out, left = {}, {}
  for _, f in ipairs(list) do
    if pcall(galaxy.band_flux, galaxy, { f }) then out[#out + 1] = f else left[#left + 1] = f.name end
  end
  return out, left
end

-- x: galaxy or fit; o: { data = observation, bands = filters }
function M.new(x, o)
  local core = require "galua.core"
  local self = setmetatable({ is_galaxy = {} }, M)
  if core.class_name(x) == "galaxy" then
    self.galaxy, self.target = x:copy(), x
  elseif type(x) == "table" and getmetatable(x) == galua.fit.class then
    self.fit, self.target = x, x.model
    self.galaxy = x.engine and x.sampler:ready(x.engine) and x:best() or x.model:copy()
  else
    galua.fail("explore: argument 1 must be a galaxy or a fit, got %s", core.class_name(x) or type(x))
  end
  for _, p in ipairs(self.galaxy:params()) do self.is_galaxy[p.name] = true end
  self.data = o.data or self.fit and self.fit.data or nil
  if self.data and core.class_name(self.data) ~= "observation" then
    galua.fail("explore: data must be an observation, such as observation.read(file), got %s", core.class_name(self.data) or type(self.data))
  end
  self.rows = self.data and self.data:rows() or {}
  local bands, left = {}, {}
  for i, r in ipairs(self.rows) do bands[i] = r.filter end
  if #bands == 0 then
    bands, left = covered(self.galaxy, o.bands or galua.filters("GALEX", "SDSS", "2MASS", "WISE", "Herschel.PACS.green", "Herschel.PACS.red"))
  end
  self.bands, self.left_out = bands, left
  self.list = parameters(self)
  self.name = self.fit and self.fit.name or self.data and self.data.name or ""
  return self
end

-- What does not change: for the page, once.
function M:describe()
  local g, bands, derived, none = self.galaxy, {}, {}, { none = {}, fixed = {} }
  for i, f in ipairs(self.bands) do
    local r = self.rows[i]
    bands[i] = { name = f.name, pivot = f.pivot, width = f.width, flux = r and r.flux, err = r and r.err, kind = r and r.kind }
  end
  local tied = self.fit and ties.of(self.fit).derived or {}
  for _, d in ipairs(g:derived_info()) do
    local list = tied[d.name] and none[tied[d.name]]
    if list then list[#list + 1] = d.name else derived[#derived + 1] = d end -- what no datum depends on is no result of this fit
  end
  local spectra, names = {}, g:spectra()
  for i, name in ipairs(names) do spectra[i] = { name = name, label = name == "total" and "model" or labels[name] or name } end
  local seen
  local s = self.data and self.data:spectrum()
  if s then
    seen = { wave = {}, flux = {}, err = {}, used = {} }
    for i = 1, #s.wave do seen.wave[i], seen.flux[i], seen.err[i], seen.used[i] = s.wave[i], s.flux[i], s.err[i], s.mask[i] == 0 end
  end
  return { title = self.name ~= "" and self.name or "A galaxy", text = tostring(g), parameters = self.list, bands = bands, spectra = spectra,
    derived = derived, untied = #none.none > 0 and none.none or nil, fixed = #none.fixed > 0 and none.fixed or nil, left_out = #self.left_out > 0 and self.left_out or nil, spectrum = seen,
    fit = self.fit ~= nil, data = self.data ~= nil, sampler = self.fit and tostring(self.fit.sampler) or nil, galua = galua.version }
end

-- The galaxy at `values` (name = number; those that are not given keep where it began).
function M:at(values)
  local set = {}
  for _, p in ipairs(self.list) do
    if self.is_galaxy[p.name] then
      local v = values[p.name]
      if v == nil then v = p.value end
      if type(v) ~= "number" then galua.fail("%s must be a number, got %s", p.name, type(v)) end
      set[p.name] = v
    end
  end
  self.galaxy:set(set)
  if self.fit and self.fit.tie then self.fit.target:values(self:coordinates(values), self.galaxy) end
  return self.galaxy
end

-- Coordinates in which a fit samples, of `values`
function M:coordinates(values)
  local x, start = {}, {}
  for _, p in ipairs(self.list) do start[p.name] = p.value end
  for i, p in ipairs(self.fit.free) do
    local v = values[p[1]] or start[p[1]]
    x[i] = p[2].log and math.log10(v) or v
  end
  return galua.vec(x)
end

local floats = ffi.typeof "float[?]"

-- numbers as float32 in the order of this machine, which is the page's, too
local function binary(v)
  local n = #v
  local f = floats(n)
  for i = 1, n do f[i - 1] = v[i] end
  return ffi.string(f, 4 * n)
end
M.binary = binary

local function history(g)
  local n = 200
  local back = galua.linspace(0, g.age, n)
  return back / 1e9, g:sfr(back * -1 + g.age)
end

-- chi^2 of the detections, pulls of all bands
local function compare(self, flux)
  local chi2, pulls, n = 0, {}, 0
  for i, r in ipairs(self.rows) do
    pulls[i] = (r.flux - flux[i]) / r.err
    if r.kind == "detection" then chi2, n = chi2 + pulls[i] ^ 2, n + 1 end
  end
  return chi2, n, pulls
end

-- Numbers at `values`, and arrays { name, vec } beside them. Raises what the model says of values that it refuses.
function M:evaluate(values)
  local g = self:at(values)
  local flux = g:band_flux(self.bands)
  local out = { redshift = g.redshift, age = g.age, flux = flux:totable(), derived = {}, arrays = {} }
  if #self.rows > 0 then
    out.chi2, out.n, out.pull = compare(self, flux)
    if self.fit and self.fit.amplitude then out.chi2 = nil end -- of the model times a factor that is not here
  end
  local d = g:derived_values()
  out.distance = d.D_L
  for _, info in ipairs(g:derived_info()) do out.derived[info.name] = d[info.name] end
  if self.fit then
    local lnprior, lnlike = self.fit.target:lnprob(self:coordinates(values))
    out.lnprior, out.lnlike = lnprior[1], lnlike[1]
  end
  local list = {}
  for _, name in ipairs(g:spectra()) do list[#list + 1] = { name, g:flux(name) } end
  local back, sfr = history(g)
  list[#list + 1], list[#list + 2] = { "lookback", back }, { "sfr", sfr }
  for i, a in ipairs(list) do out.arrays[i] = { name = a[1], n = #a[2] } end
  return out, list
end

-- ---------------------------------------------------------------- as Lua
local function number(v) return (("%.17g"):format(v)) end

-- the shortest text that reads back as the same number
local function short(v)
  for digits = 1, 17 do
    local text = ("%." .. digits .. "g"):format(v)
    if tonumber(text) == v then return text end
  end
  return number(v)
end

local function literal(v)
  local kind = type(v)
  if kind == "number" then return short(v) end
  if kind == "string" then return ("%q"):format(v) end
  if kind == "boolean" then return tostring(v) end
  if kind ~= "table" then return nil end
  local words = {}
  for i = 1, #v do
    words[i] = literal(v[i])
    if not words[i] then return nil end
  end
  local keys = {}
  for k in pairs(v) do
    if type(k) == "string" then keys[#keys + 1] = k elseif type(k) ~= "number" or k < 1 or k > #v then return nil end
  end
  table.sort(keys)
  for _, k in ipairs(keys) do
    local text = literal(v[k])
    if not text then return nil end
    words[#words + 1] = (k:match("^[%a_][%w_]*$") and k or ("[%q]"):format(k)) .. " = " .. text
  end
  return #words > 0 and "{ " .. table.concat(words, ", ") .. " }" or "{}"
end

-- galaxy{...} as a script would write it, or nil and what stands in the way
local function constructor(g)
  local d = g:describe()
  local lines = {}
  local function history(h)
    if h.custom then return nil, "a history of your own" end
    local options = {}
    for k, v in pairs(h.options) do options[k] = v end
    local text = literal(options)
    if not text then return nil, "the options of sfh." .. h.kind end
    if not h.parts then return ("sfh.%s%s"):format(h.kind, text) end
    local parts = {}
    for name, part in pairs(h.parts) do
      local inner, why = history(part)
      if not inner then return nil, why end
      parts[#parts + 1] = ("%s = %s"):format(name, inner)
    end
    table.sort(parts)
    local mine = text == "{}" and "" or text:sub(3, -3) .. ", "
    return ("sfh.%s{ %s%s }"):format(h.kind, mine, table.concat(parts, ", "))
  end
  local sfh, why = history(d.sfh)
  if not sfh then return nil, why end
  lines[1] = "  sfh = " .. sfh .. ","
  local dust = false
  local first, more = {}, {}
  for _, c in ipairs(d.components) do
    local text = c.kind ~= "custom" and literal(c.options)
    if not text then return nil, c.kind == "custom" and "a component of your own" or ("the options of %s.%s"):format(c.group, c.kind) end
    local line = ("%s.%s%s"):format(c.group, c.kind, text)
    dust = dust or select(2, galua.custom_component.known(c.group, c.kind))
    if first[c.group] then more[#more + 1] = line else first[c.group] = true lines[#lines + 1] = ("  %s = %s,"):format(c.group, line) end
  end
  if not dust then lines[#lines + 1] = "  ism = false," end
  if #more > 0 then lines[#lines + 1] = ("  components = { %s },"):format(table.concat(more, ", ")) end
  if d.onset then lines[#lines + 1] = ("  %s = %s,"):format(d.onset, short(g:get(d.onset))) end
  if d.cosmology.user then return nil, "a cosmology of your own" end
  if d.cosmology.name ~= "Planck18" then lines[#lines + 1] = ("  cosmology = %q,"):format(d.cosmology.name) end
  if d.clamp then lines[#lines + 1] = "  clamp = true," end
  local ok, usual = pcall(galua.ssp.default)
  if not (ok and usual.hash == d.ssp.hash) then
    if d.ssp.name == "synthetic" then lines[#lines + 1] = "  ssp = ssp.synthetic(),"
    else return nil, ("the table of stars '%s'"):format(d.ssp.name) end
  end
  return "galaxy{\n" .. table.concat(lines, "\n") .. "\n}"
end

-- A script that makes what is seen. Where a part of the galaxy is not to be written so, it sets a galaxy that is there.
function M:lua(values)
  local g = self:at(values)
  local text, why = constructor(g)
  local lines = {}
  if text then
    local made = loadstring("return " .. text)
    local ok, like = pcall(made)
    if not ok or galua.json.encode(like:describe()) ~= galua.json.encode(g:describe()) then text, why = nil, "choices that are not the usual ones" end
  end
  if text then lines[1] = "g = " .. text
  else lines[1] = ("-- g = galaxy{ ... } with %s: as your script has it"):format(why) end
  lines[#lines + 1] = "g:set{"
  local all = text ~= nil
  local names = {}
  for _, p in ipairs(self.list) do names[p.name] = p end
  for _, p in ipairs(g:params()) do
    if all or names[p.name] then
      local name = p.name:match("^[%a_][%w_]*$") and p.name or ("[%q]"):format(p.name)
      lines[#lines + 1] = ("  %-22s = %s,%s"):format(name, short(p.value), p.unit ~= "" and "   -- " .. p.unit or "")
    end
  end
  lines[#lines + 1] = "}"
  return table.concat(lines, "\n") .. "\n"
end

-- The galaxy or the model of the fit takes the values.
function M:take(values)
  local set = {}
  for _, p in ipairs(self:at(values):params()) do set[p.name] = p.value end
  self.target:set(set)
end

return M
