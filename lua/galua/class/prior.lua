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

doc.text("prior:describe", prior.describe, "describe() -> table\nThe prior as data: kind and arguments, or the nodes of a table.")

return require "galua.own_methods"("prior", prior, function(x) return require("galua.core").class_name(x) == "prior" end)
