-- Components of the user's own: component.custom, attenuation.custom. A function of wavelength and parameters becomes a part of a
-- galaxy like the built-in ones: its parameters have names, units and ranges, it runs in threads, it is stored in results.
local galua = require "galua"
local ship = require "galua.ship"
local M = {}

local function check_name(name, fn)
  if type(name) ~= "string" or not name:match("^[%a_][%w_]*$") then
    galua.fail("%s: name must be a name such as 'hot_dust', got %s", fn, type(name) == "string" and "'" .. name .. "'" or type(name))
  end
end

-- { T = {1000, unit = "K", lo = 10, hi = 3000, log = false, free = true, doc = ""}, n = -0.7 } -> list by name
local function parameters(params, fn)
  local list = {}
  if type(params) ~= "table" then galua.fail("%s: params must be a table of name = { value, unit =, lo =, hi = }, got %s", fn, type(params)) end
  for name, p in pairs(params) do
    check_name(name, fn .. ": params")
    if type(p) == "number" then p = { p } end
    if type(p) ~= "table" or type(p[1]) ~= "number" then galua.fail("%s: parameter '%s' needs a value: { 1.5, unit = \"K\" }", fn, name) end
    for k in pairs(p) do
      if k ~= 1 and not ({ unit = 1, lo = 1, hi = 1, plo = 1, phi = 1, log = 1, free = 1, doc = 1 })[k] then
        galua.fail("%s: parameter '%s' has an unknown field '%s' (known: unit lo hi plo phi log free doc)", fn, name, tostring(k))
      end
    end
    local q = { name = name, value = p[1], unit = p.unit or "", doc = p.doc or "", lo = p.lo, hi = p.hi, plo = p.plo or p.lo,
      phi = p.phi or p.hi, log = p.log or false, free = p.free ~= false }
    if (q.lo and q.value < q.lo) or (q.hi and q.value > q.hi) then
      galua.fail("%s: parameter '%s' = %g is outside its own range", fn, name, q.value)
    end
    list[#list + 1] = q
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

M._parameters = parameters -- for sfh.custom

local function names_of(list)
  local names = {}
  for i, p in ipairs(list) do names[i] = p.name end
  return names
end

-- `key` tells functions apart, in fingerprints: the code alone, wherever it was written
local function shipped(definition, f, fn, names)
  local extra = { names = names, view = galua.custom_component.view() }
  definition.shipped, definition.key = ship.pack(f, fn, extra), ship.pack(f, fn, extra, true)
  return galua.custom_component.custom(definition)
end

local stages = { emit = "emit", source = "source", transmit = "transmit" }

function M.custom(o)
  local fn = "component.custom"
  if type(o) ~= "table" then galua.fail("%s: expected { name =, params =, function(lambda, p, v) ... end }, got %s", fn, type(o)) end
  for k in pairs(o) do
    if k ~= 1 and k ~= "name" and k ~= "params" and k ~= "stage" and k ~= "doc" then
      galua.fail("%s: unknown option '%s' (known: name params stage doc, and the function)", fn, tostring(k))
    end
  end
  check_name(o.name, fn)
  local stage = stages[o.stage or "emit"]
  if not stage then galua.fail("%s: stage must be 'emit', 'source' or 'transmit', got '%s'", fn, tostring(o.stage)) end
  for _, taken in ipairs{ "sfh", "age", "redshift", "distance", "noise", "stellar", "extinct", "total" } do
    if o.name == taken then galua.fail("%s: the name '%s' is taken", fn, taken) end
  end
  local params = parameters(o.params or {}, fn)
  return shipped({ group = o.name, stage = stage, doc = o.doc or "", nown = #params, params = params }, o[1], fn, names_of(params))
end

-- the galaxy's description has the definition as it is
function M.from(definition) return galua.custom_component.custom(definition) end

function M.attenuation(o)
  local fn = "attenuation.custom"
  if type(o) ~= "table" then galua.fail("%s: expected { params =, function(lambda, p) ... end }, got %s", fn, type(o)) end
  local tail = { A_V = 0.5, A_V_birth = 0, n_birth = -1.3, tau_esc = 1e7 }
  local common = {
    { name = "A_V", unit = "mag", doc = "attenuation by diffuse dust at 5500 A", lo = 0, hi = 100, plo = 0, phi = 4, free = true },
    { name = "A_V_birth", unit = "mag", doc = "further attenuation of stars in birth clouds at 5500 A", lo = 0, hi = 1000, plo = 0, phi = 4 },
    { name = "n_birth", unit = "", doc = "its slope: A ~ lambda^n", lo = -5, hi = 0, plo = -2, phi = 0 },
    { name = "tau_esc", unit = "yr", doc = "time before stars start to leave their birth cloud", lo = 1e3, hi = 1e10, plo = 1e6, phi = 1e8, log = true },
  }
  for k, v in pairs(o) do
    if tail[k] then
      if type(v) ~= "number" then galua.fail("%s: %s must be a number, got %s", fn, k, type(v)) end
      tail[k] = v
    elseif k ~= 1 and k ~= "params" and k ~= "doc" then
      galua.fail("%s: unknown option '%s' (known: params doc A_V A_V_birth n_birth tau_esc, and the function)", fn, tostring(k))
    end
  end
  local params = parameters(o.params or {}, fn)
  local own = names_of(params)
  for _, p in ipairs(params) do
    if tail[p.name] then galua.fail("%s: the parameter '%s' is there already", fn, p.name) end
  end
  for _, p in ipairs(common) do
    p.value, p.log, p.free = tail[p.name], p.log or false, p.free or false
    if p.value < p.lo or p.value > p.hi then galua.fail("%s: %s = %g is not in %g .. %g %s", fn, p.name, p.value, p.lo, p.hi, p.unit) end
    params[#params + 1] = p
  end
  return shipped({ group = "attenuation", stage = "screen", doc = o.doc or "", nown = #own, params = params }, o[1], fn, own)
end

local doc = require "galua.doc"
doc.text("component.custom", M.custom, [[component.custom{ name =, params =, function(lambda, p, v) ... end } -> component
A component of your own: L_lambda [Lsun/A] at rest-frame wavelength lambda [A]. It runs compiled, in every thread, in a Lua state
without your globals: what it uses must be local (numbers, strings, vectors, tables and functions are taken along).
@param name its group: parameters are name.parameter, its spectrum is g:lum(name)
@param params ({}) parameters: T = { 1000, unit = "K", lo = 10, hi = 3000, log = false, doc = "..." }
@param stage (emit) 'emit': added last; 'source': light that passes the diffuse dust and heats it; 'transmit': the function is what the observer still gets, 0 .. 1
@param doc one line for help
The third argument v has the galaxy's age, redshift, sfr, mgas, mdust, zgas, zstar, mstar, bol, qh, absorbed, t_mc, t_dd.
@example hot = component.custom{ name = "hot", params = { L = { 1e9, unit = "Lsun", lo = 0 } }, function(l, p) return p.L / 2e4 * math.exp(-l / 2e4) end }
@example g = galaxy{ components = { hot } };  g.hot.L = 2e9]])
doc.text("component.from", M.from, "from(definition) -> component\nA component of your own from a galaxy's description.")
return M
