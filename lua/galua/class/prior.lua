-- Priors as data, for results files.
local galua = require "galua"
local core = require "galua.core"
local doc = require "galua.doc"
local prior = {}

-- { kind =, args = {...} }; tables as their nodes
function prior:describe()
  if core.class_name(self) ~= "prior" then galua.fail("prior:describe: call it with a colon on a prior, not on %s", type(self)) end
  if self.kind == "table" then
    local x, lnp = self:nodes()
    return { kind = "table", x = x:totable(), lnp = lnp:totable(), log = self.log }
  end
  return { kind = self.kind, args = self:arguments():totable() }
end

local kinds = {}
for name in pairs(galua.prior) do if type(name) == "string" then kinds[#kinds + 1] = name end end
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

rawset(galua.prior, "from", function(d)
  if type(d) ~= "table" then galua.fail("prior.from: expected what prior:describe() gives, got %s", type(d)) end
  if d.kind == "table" then return galua.prior.table(numbers(d.x, "x"), numbers(d.lnp, "lnp"), d.log and "log10" or "linear") end
  local known = false
  for _, name in ipairs(kinds) do known = known or name == d.kind end
  if not known then galua.fail("prior.from: no prior '%s'%s", tostring(d.kind), core.did_you_mean(tostring(d.kind), kinds)) end
  local args = numbers(d.args, "args")
  if #args > 200 then galua.fail("prior.from: %d arguments of %s", #args, d.kind) end
  return galua.prior[d.kind](unpack(args))
end)

doc.text("prior:describe", prior.describe, "describe() -> table\nThe prior as data: kind and arguments, or the nodes of a table.")
doc.text("prior.from", galua.prior.from, "from(description) -> prior\nThe prior that prior:describe() described.")

return require "galua.own_methods"("prior", prior, function(x) return require("galua.core").class_name(x) == "prior" end)
