-- galua validate FILE.lua: mocks from the prior, fitted and judged; the file returns validation{...}.
local galua = require "galua"
local core = require "galua.core"
local cmd = require "galua.cmd"

local usage = [[
usage: galua validate RECIPE.lua [options]     RECIPE.lua ends with `return validation{ ... }`
  --out PREFIX    PREFIX.md, .json, figures and results (default: RECIPE)
  --mocks N       another number of mocks
  --fresh         start again instead of going on
galua --threads N sets the worker processes. Exit status 0 when passed, 1 when not.]]

return {
  summary = "mocks from the prior, fitted and judged: galua validate RECIPE.lua",
  main = function(args)
    local o, status = cmd.parse("validate", args, { file = "RECIPE.lua", help = usage, kinds = { out = "text", fresh = "flag",
      mocks = function(text) return tonumber(text) and tonumber(text) >= 19 and tonumber(text) or nil end },
      needs = { mocks = "a whole number of at least 19" } })
    if not o then return status end
    local v = cmd.load("validate", o.file, galua.validation.is)
    if o.mocks then v.n = o.mocks end
    local out = o.out or o.file:gsub("%.lua$", "")
    v:run{ out = out, fresh = o.fresh or false }
    if v.state ~= "done" then return 1 end
    v:report(out)
    print(v)
    print(("report: %s.md, verdict: %s.json"):format(out, out))
    return v.result.pass and 0 or 1
  end,
}
