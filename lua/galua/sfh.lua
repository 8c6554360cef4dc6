-- sfh.custom: a star formation history as a function.
local galua = require "galua"
local ship = require "galua.ship"
local component = require "galua.component"
local doc = require "galua.doc"
local M = {}

local common = { burst = 1, f_burst = 1, age_burst = 1, tau_burst = 1, tau_quench = 1, Mdust = 1, Z = 1, metallicity = 1, Z_start = 1,
  t_step = 1 }

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

doc.text("sfh.custom", M.custom, [[sfh.custom{ params =, function(t, p) ... end } -> component
A star formation history of your own: psi [Msun/yr] >= 0 at galaxy time t [yr]. At every evaluation it is tabulated on 385 times,
log-spaced from the onset and from now, and taken as linear in between: its mass is that of the table. It runs compiled, in every
thread, in a Lua state without your globals (see component.custom); the third argument has v.age.
@param params ({}) parameters: t0 = { 1e9, unit = "yr", lo = 1e7, hi = 1e10, log = true, doc = "..." }
@param mass [Msun] a parameter of its own: the rate is scaled so that this mass forms until the age
@param burst, tau_quench, Mdust, Z, metallicity as for the other histories (sfh.constant)
@example sfh.custom{ params = { t0 = { 1e9 }, w = { 2e8 } }, function(t, p) return 10 * math.exp(-0.5 * ((t - p.t0) / p.w)^2) end }]])
return M
