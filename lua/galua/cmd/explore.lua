-- galua explore FILE: a page of this machine on which sliders move the galaxy or the fit of a file.
local galua = require "galua"
local core = require "galua.core"
local cmd = require "galua.cmd"

local usage = [[
usage: galua explore FILE [options]     FILE.lua ends with `return galaxy{ ... }` or `return fit{ ... }`; FILE.h5 holds a fit
  --data FILE     observation to compare a galaxy with
  --bands NAMES   bands to show where there are no data: "SDSS,2MASS" (default: 16 from GALEX to Herschel)
  --port N        port of 127.0.0.1 (default: any that is free)
It prints the address of the page, which this machine alone can open, and stays until Ctrl-C or Done in the page.]]

local function load(file)
  if file:match("%.h5$") then return galua.load_fit(file) end
  return cmd.load("explore", file, function(x) return core.class_name(x) == "galaxy" or galua.fit.class == getmetatable(x) end)
end

return {
  summary = "sliders for a galaxy or a fit, in the browser: galua explore FILE.lua",
  main = function(args)
    local o, status = cmd.parse("explore", args, { file = "FILE", help = usage, kinds = { data = "text", bands = "text",
      port = function(text) local n = tonumber(text) return n and n >= 0 and n <= 65535 and n == math.floor(n) and n or nil end },
      needs = { port = "a whole number in 0 .. 65535" } })
    if not o then return status end
    local options = { port = o.port, wait = true, data = o.data and galua.observation.read(o.data) or nil }
    if o.bands then
      local names = {}
      for name in o.bands:gmatch("[^,%s]+") do names[#names + 1] = name end
      options.bands = galua.filters(unpack(names))
    end
    galua.explore(load(o.file), options)
    return 0
  end,
}
