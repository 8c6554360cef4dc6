-- Priors as data, for results files.
local galua = require "galua"
local doc = require "galua.doc"
local prior = {}

-- { kind =, args = {...} }; tables as their nodes
function prior:describe()
  if self.kind == "table" then
    local x, lnp = self:nodes()
    return { kind = "table", x = x:totable(), lnp = lnp:totable(), log = self.log }
  end
  return { kind = self.kind, args = self:arguments():totable() }
end

rawset(galua.prior, "from", function(d)
  if d.kind == "table" then
    local lnp = {}
    for i, v in ipairs(d.lnp) do lnp[i] = v == "-inf" and -math.huge or v end
    return galua.prior.table(d.x, lnp, d.log and "log10" or "linear")
  end
  local args = {}
  for i, v in ipairs(d.args) do args[i] = v == "inf" and math.huge or v == "-inf" and -math.huge or v end
  return galua.prior[d.kind](unpack(args))
end)

doc.text("prior:describe", prior.describe, "describe() -> table\nThe prior as data: kind and arguments, or the nodes of a table.")
doc.text("prior.from", galua.prior.from, "from(description) -> prior\nThe prior that prior:describe() described.")

return prior
