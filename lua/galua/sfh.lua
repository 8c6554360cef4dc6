-- sfh.custom: a star formation history as a function.
local galua = require "galua"
local ship = require "galua.ship"
local component = require "galua.component"
local doc = require "galua.doc"
local define = require "galua.define"
local M = {}

-- what every history has besides its own parameters
local common = { burst = 1, f_burst = 1, age_burst = 1, tau_burst = 1, tau_quench = 1, Mdust = 1, metallicity = 1 }
for _, name in ipairs(galua.custom_component.metallicity()) do common[name] = 1 end

function M.custom(o)
  local fn = "sfh.custom"
  if type(o) ~= "table" then galua.fail("%s: expected { params =, function(t, p) ... end }, got %s", fn, type(o)) end
  local options = {}
  for k, v in pairs(o) do
    if common[k] or k == "mass" then
      options[k] = v
    elseif k ~= 1 and k ~= "params" then
      galua.fail("%s: unknown option '%s' (known: params mass burst tau_quench Mdust Z metallicity Z_start ..., and the function)", fn,
        tostring(k))
    end
  end
  local params, names = component._parameters(o.params or {}, fn), {}
  for i, p in ipairs(params) do
    if common[p.name] or p.name == "mass" and o.mass ~= nil then galua.fail("%s: the parameter '%s' is there already", fn, p.name) end
    names[i] = p.name
  end
  local extra = { names = names, view = { "age" } }
  return galua.custom_component.history({ params = params, shipped = ship.pack(o[1], fn, extra), key = ship.pack(o[1], fn, extra, true) },
    options)
end

-- sfh.define{ name =, params =, rate =, doc = }
function M.define(given)
  local o = define.options("sfh", given, { name = ":string", params = {}, rate = ":function", doc = "" }, { rate = "function" }, "bell")
  local fn = "sfh." .. o.name
  local params = component._parameters(o.params, "sfh.define")
  local lines, names = {}, {}
  for i, p in ipairs(params) do
    if common[p.name] or p.name == "mass" then galua.fail("sfh.define: the parameter '%s' is there already", p.name) end
    names[i] = p.name .. " ="
    lines[i] = ("@param %s %s(%g) %s"):format(p.name, p.unit ~= "" and "[" .. p.unit .. "] " or "", p.value, p.doc)
  end
  local function make(values)
    local options = { params = {}, o.rate }
    for k, v in pairs(values == nil and {} or type(values) == "table" and values or galua.fail("%s: expected { name = value }, got %s", fn, type(values))) do
      if o.params[k] == nil and not common[k] and k ~= "mass" then
        galua.fail("%s: unknown option '%s' (known: %s mass burst tau_quench Mdust Z metallicity Z_start ...)", fn, tostring(k), table.concat(names, " "):gsub(" =", ""))
      end
      if o.params[k] == nil then options[k] = v end
    end
    for _, p in ipairs(params) do
      local q = {}
      for k, v in pairs(p) do q[k] = v end
      q.name, q[1], q.value = nil, values and values[p.name] or p.value, nil
      options.params[p.name] = q
    end
    return M.custom(options)
  end
  rawset(galua.sfh, o.name, make)
  doc.text(fn, make, ("%s{ %s } -> component\n%s\n%s\n@param mass [Msun] a parameter of its own: the rate is scaled so that this mass forms until the age\n"
    .. "@param burst, tau_quench, Mdust, Z, metallicity as for the other histories (sfh.constant)"):format(fn, table.concat(names, ", "), o.doc,
    table.concat(lines, "\n")))
  return make
end

doc.text("sfh.define", M.define, [[sfh.define{ name =, params =, rate = } -> function
A kind of history of your own: sfh.NAME{ parameters } with help, in sums, in fits and in their results files, which hold its function. It is
sfh.custom with a name: see there what the function may use.
@param name what it is called: sfh.bell
@param params ({}) parameters: t0 = { 1e9, unit = "yr", lo = 1e7, hi = 1e10, log = true, doc = "..." }
@param rate function(t, p) -> psi [Msun/yr] >= 0 at galaxy time t [yr]
@param doc help text
@example sfh.define{ name = "bell", params = { t0 = { 1e9 }, w = { 2e8 } }, rate = function(t, p) return math.exp(-0.5 * ((t - p.t0) / p.w)^2) end }]])
doc.text("sfh.custom", M.custom, [[sfh.custom{ params =, function(t, p) ... end } -> component
A star formation history of your own: psi [Msun/yr] >= 0 at galaxy time t [yr]. At every evaluation it is tabulated on 385 times,
log-spaced from the onset and from now, and taken as linear in between: its mass is that of the table. It runs compiled, in every
thread, in a Lua state without your globals (see component.custom); the third argument has v.age.
@param params ({}) parameters: t0 = { 1e9, unit = "yr", lo = 1e7, hi = 1e10, log = true, doc = "..." }
@param mass [Msun] a parameter of its own: the rate is scaled so that this mass forms until the age
@param burst, tau_quench, Mdust, Z, metallicity as for the other histories (sfh.constant)
@example sfh.custom{ params = { t0 = { 1e9 }, w = { 2e8 } }, function(t, p) return 10 * math.exp(-0.5 * ((t - p.t0) / p.w)^2) end }]])
return M
