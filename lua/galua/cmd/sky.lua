-- galua sky FILE.lua: a list of channels, described by a Lua file that returns sky.channels{...}.
local galua = require "galua"
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

return {
  summary = "maps of many channels: galua sky FILE.lua, --dry-run, --fresh, --template",
  main = function(args)
    for _, a in ipairs(args) do
      if a == "--template" then io.write(template) return 0 end
    end
    local o, status = cmd.parse("sky", args, { file = "FILE.lua", help = usage, kinds = { out = "text", fresh = "flag", ["dry-run"] = "flag", quiet = "flag",
      template = "flag" } })
    if not o then return status end
    local c = cmd.load("sky", o.file, require("galua.sky.channels").is)
    c.out = o.out or c.out or galua.fail("%s: out, a folder, is required", o.file)
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
