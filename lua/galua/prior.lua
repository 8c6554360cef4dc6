-- Priors of the user's own: a kind with a name, arguments and help, beside the built-in ones; priors from their descriptions.
local galua = require "galua"
local core = require "galua.core"
local doc = require "galua.doc"
local define = require "galua.define"
local M = {}

local NODES = 2001

-- prior.define{ name =, args =, range =, lnp =, log =, doc = }
function M.define(given)
  local o = define.options("prior", given, { name = ":string", args = ":table", range = ":function", lnp = ":function", log = false, doc = "" },
    { args = "table", range = "function", lnp = "function" }, "halfcauchy")
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

local kinds = {} -- those that are built in
for name in next, galua.prior do if type(name) == "string" then kinds[#kinds + 1] = name end end
table.sort(kinds)

-- a list of numbers, "inf" and "-inf" being two of them
local function numbers(v, what)
  if type(v) ~= "table" then galua.fail("prior.from: %s must be a list of numbers, got %s", what, type(v)) end
  local out = {}
  for i = 1, #v do
    local x = v[i] == "inf" and math.huge or v[i] == "-inf" and -math.huge or v[i]
    if type(x) ~= "number" then galua.fail("prior.from: %s holds a %s", what, type(x)) end
    out[i] = x
  end
  if #out > 100000 then galua.fail("prior.from: %s holds %d numbers", what, #out) end
  return out
end

-- what prior:describe() gave
function M.from(d)
  if type(d) ~= "table" then galua.fail("prior.from: expected what prior:describe() gives, got %s", type(d)) end
  if d.kind == "table" then return galua.prior.table(numbers(d.x, "x"), numbers(d.lnp, "lnp"), d.log and "log10" or "linear") end
  local known = false
  for _, name in ipairs(kinds) do known = known or name == d.kind end
  if not known then galua.fail("prior.from: no prior '%s'%s", tostring(d.kind), core.did_you_mean(tostring(d.kind), kinds)) end
  local args = numbers(d.args, "args")
  if #args > 200 then galua.fail("prior.from: %d arguments of %s", #args, d.kind) end
  return galua.prior[d.kind](unpack(args))
end

doc.text("prior.from", M.from, "from(description) -> prior\nThe prior that prior:describe() described.")
return M
