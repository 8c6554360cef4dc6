-- galua sky FILE.lua: a list of channels, described by a Lua file that returns sky.channels{...}.
local galua = require "galua"
local core = require "galua.core"
local cmd = require "galua.cmd"

local usage = [[
usage: galua sky FILE.lua [options]      FILE.lua ends with `return sky.channels{ ... }`
  --out FOLDER    instead of the file's
  --fresh         make channels again that are there
  --dry-run       say what would be done
  --quiet         no progress
Stopped or killed, the same command goes on: a channel that is finished is never made twice.
  galua sky --template     prints a file to start from]]

local template = [[
-- Channels like those of LiteBIRD (frequencies and beams after Hazumi et al. 2020), on the synthetic sky.
local s = sky{ nside = 128, models = { "d1", "s1", "f1", "a1", "c1" } }        -- templates = "folder" reads the public ones

local list = {}
for _, c in ipairs{ { 40, 70.5 }, { 60, 51.1 }, { 78, 43.8 }, { 100, 37.8 }, { 140, 30.8 }, { 195, 28.6 }, { 280, 22.5 }, { 402, 17.9 } } do
  local nu, fwhm = c[1], c[2]
  list[#list + 1] = { name = ("L%03d"):format(nu), band = band.tophat(0.85 * nu, 1.15 * nu), fwhm = fwhm }
end

return sky.channels{ sky = s, channels = list, out = "litebird", unit = "uK_CMB" }
]]

local function load_file(file)
  local f = io.open(file, "r")
  if not f then galua.fail("sky: %s: no such file", file) end
  f:close()
  local chunk, err = loadfile(file)
  if not chunk then galua.fail("%s", err) end
  if rawget(_G, "arg") then arg[0] = file end
  local c = chunk()
  if not require("galua.sky.channels").is(c) then galua.fail("%s: must end with `return sky.channels{...}`", file) end
  return c
end

return {
  summary = "maps of many channels: galua sky FILE.lua, --dry-run, --fresh, --template",
  main = function(args)
    local file, o, i = nil, {}, 1
    while i <= #args do
      local a = args[i]
      if a == "--help" then print(usage) return 0
      elseif a == "--template" then io.write(template) return 0
      elseif a == "--out" then
        i = i + 1
        if not args[i] then return cmd.usage("sky: --out needs a folder") end
        o.out = args[i]
      elseif a == "--fresh" or a == "--dry-run" or a == "--quiet" then o[a:sub(3)] = true
      elseif a:sub(1, 2) == "--" then
        return cmd.usage("sky: unknown option '%s'%s (galua sky --help)", a, core.did_you_mean(a, { "--out", "--fresh", "--dry-run", "--quiet", "--template", "--help" }))
      elseif file then return cmd.usage("sky: one file at a time, got '%s' and '%s'", file, a)
      else file = a end
      i = i + 1
    end
    if not file then return cmd.usage("sky: no FILE.lua given (galua sky --help)") end
    local c = load_file(file)
    c.out = o.out or c.out or galua.fail("%s: out, a folder, is required", file)
    print(c)
    if o["dry-run"] then
      for _, ch in ipairs(c.channels) do
        local ok, done = pcall(c.state, c, ch)
        print(("  %-12s %7.1f GHz, width %6.2f   beam %-7s %s"):format(ch.name, ch.band.center, ch.band.width, ch.fwhm and ch.fwhm .. "'" or "-",
          not ok and "of something else" or done and "there" or "to make"))
      end
      return 0
    end
    local count = c:run{ fresh = o.fresh or false, progress = not o.quiet }
    print(("%d channels made, %d were there"):format(count.made, count.done))
    return 0
  end,
}
