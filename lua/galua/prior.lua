-- Priors of the user's own: a kind with a name, arguments and help, beside the built-in ones.
local galua = require "galua"
local doc = require "galua.doc"
local M = {}

local NODES = 2001

local function need(o, name, kind)
  if type(o[name]) ~= kind then galua.fail("prior.define: %s must be a %s, got %s", name, kind, type(o[name])) end
end

-- prior.define{ name =, args =, range =, lnp =, log =, doc = }
function M.define(given)
  local o = galua.options("prior.define", given, { name = ":string", args = ":table", range = ":function", lnp = ":function", log = false,
    doc = "" })
  for name, kind in pairs { name = "string", args = "table", range = "function", lnp = "function" } do need(o, name, kind) end
  if not o.name:match("^[%a_][%w_]*$") then galua.fail("prior.define: '%s' is no name such as halfcauchy", o.name) end
  if rawget(galua.prior, o.name) ~= nil then galua.fail("prior.define: there is a prior.%s already", o.name) end
  local function make(...)
    local n = select("#", ...)
    if n ~= #o.args then galua.fail("prior.%s: %d arguments given, expected %s(%s)", o.name, n, o.name, table.concat(o.args, ", ")) end
    for i = 1, n do
      local v = select(i, ...)
      if type(v) ~= "number" then galua.fail("prior.%s: %s must be a number, got %s", o.name, o.args[i], type(v)) end
    end
    local lo, hi = o.range(...)
    if not (type(lo) == "number" and type(hi) == "number" and lo < hi and hi < math.huge and lo > -math.huge and (lo > 0 or not o.log)) then
      galua.fail("prior.%s: its range must be two finite numbers, the lower first%s, got %s, %s", o.name, o.log and ", above 0" or "",
        tostring(lo), tostring(hi))
    end
    if o.log then lo, hi = math.log10(lo), math.log10(hi) end
    local x, lnp = {}, {}
    for i = 1, NODES do
      x[i] = lo + (hi - lo) * (i - 1) / (NODES - 1)
      local v = o.lnp(o.log and 10 ^ x[i] or x[i], ...)
      if type(v) ~= "number" or v ~= v or v == math.huge then
        galua.fail("prior.%s: ln p is %s at %g: it must be a number or -inf", o.name, tostring(v), o.log and 10 ^ x[i] or x[i])
      end
      lnp[i] = v
    end
    return galua.prior.table(x, lnp, o.log and "log10" or "linear")
  end
  rawset(galua.prior, o.name, make)
  doc.text("prior." .. o.name, make, ("prior.%s(%s) -> prior\n%s"):format(o.name, table.concat(o.args, ", "), o.doc))
  return make
end

doc.text("prior.define", M.define, [[prior.define{ name =, args =, range =, lnp = } -> function
A kind of prior of your own: prior.NAME(arguments), with help, in fits and their results files, which hold its values: to read them the
definition is not needed. ln p is evaluated at 2001 places of the range and is linear between them.
@param name what it is called: prior.halfcauchy
@param args names of its arguments: { "scale" }
@param range function(arguments) -> lower, upper: outside the density is 0
@param lnp function(x, arguments) -> ln density at the value x, up to a constant; -math.huge where it is 0
@param log (false) sampled in log10 of the value; lnp is then the density of log10 x
@param doc help text
@example prior.define{ name = "halfcauchy", args = { "scale" }, range = function(s) return 0, 100 * s end,
@example   lnp = function(x, s) return -math.log(1 + (x / s) ^ 2) end }]])
return M
