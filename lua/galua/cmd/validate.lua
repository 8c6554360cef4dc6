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
    local file, out
    local o = {}
    local i = 1
    while i <= #args do
      local a = args[i]
      if a == "--help" then
        print(usage)
        return 0
      elseif a == "--out" or a == "--mocks" then
        i = i + 1
        if not args[i] then return cmd.usage("validate: %s needs a value", a) end
        if a == "--out" then out = args[i] else o.mocks = tonumber(args[i]) end
        if a == "--mocks" and not (o.mocks and o.mocks >= 19) then
          return cmd.usage("validate: --mocks must be a whole number of at least 19, got '%s'", args[i])
        end
      elseif a == "--fresh" then
        o.fresh = true
      elseif a:sub(1, 2) == "--" then
        return cmd.usage("validate: unknown option '%s'%s (galua validate --help)", a,
          core.did_you_mean(a, { "--out", "--mocks", "--fresh", "--help" }))
      elseif file then
        return cmd.usage("validate: one file at a time, got '%s' and '%s'", file, a)
      else
        file = a
      end
      i = i + 1
    end
    if not file then return cmd.usage("validate: no RECIPE.lua given (galua validate --help)") end
    local f = io.open(file)
    if not f then galua.fail("validate: %s: no such file", file) end
    f:close()
    local chunk, err = loadfile(file)
    if not chunk then galua.fail("%s", err) end
    if rawget(_G, "arg") then arg[0] = file end
    local v = chunk()
    if not galua.validation.is(v) then galua.fail("%s: must end with `return validation{...}`", file) end
    if o.mocks then v.n = o.mocks end
    out = out or file:gsub("%.lua$", "")
    v:run{ out = out, fresh = o.fresh or false }
    if v.state ~= "done" then return 1 end
    v:report(out)
    print(v)
    print(("report: %s.md, verdict: %s.json"):format(out, out))
    return v.result.pass and 0 or 1
  end,
}
