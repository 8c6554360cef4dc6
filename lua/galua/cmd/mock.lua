-- galua mock FILE.lua: a catalogue of mock sources, described by a Lua file that returns mock{...}.
local galua = require "galua"
local cmd = require "galua.cmd"

local usage = [[
usage: galua mock FILE.lua [options]      FILE.lua ends with `return mock{ ... }` (help("mock") at the prompt)
  --out FILE      the table to write: .fits, .ecsv, .csv (default: FILE.fits); `galua catalogue` fits it
  --n N           another number of sources
  --fresh         replace a table that is there]]

return {
  summary = "a catalogue of mock sources from a model, priors, depths: galua mock FILE.lua",
  main = function(args)
    local o, status = cmd.parse("mock", args, { file = "FILE.lua", help = usage, kinds = { out = "text", fresh = "flag",
      n = function(text) return tonumber(text) and tonumber(text) >= 1 and tonumber(text) % 1 == 0 and tonumber(text) or nil end },
      needs = { n = "a whole number of at least 1" } })
    if not o then return status end
    local m = cmd.load("mock", o.file, galua.mock.is)
    if o.n then m.n = o.n end
    local out = o.out or o.file:gsub("%.lua$", "") .. ".fits"
    local f = io.open(out)
    if f then
      f:close()
      if not o.fresh then galua.fail("%s exists: --fresh replaces it, --out names another", out) end
    end
    print(m:run{ out = out })
    return 0
  end,
}
