-- A catalogue whose log was damaged: what is lost is said, done again, and the table ends with every source, to the same bits.
local galua = require "galua"
local core = require "galua.core"
local test = galua.test
local exe = core.realpath("/proc/self/exe")
local dir = os.tmpname()
os.remove(dir)
os.execute("mkdir -p " .. dir)

local read = core.read_file
local write = core.write_file
write(dir .. "/c.lua", [[
local T, bands, list = ssp.synthetic(), filters("SDSS"), {}
local truth = galaxy{ ssp = T, sfh = sfh.delayed{ norm = 10, tau = 1e9 }, ism = false, age = 4e9 }
for i = 1, 6 do
  truth.redshift = 0.02 + 0.01 * i
  local o = observation.new{ name = "mock" .. i, redshift = truth.redshift }
  for _, p in ipairs(truth:photometry(bands)) do o:add(p.band, p.flux, 0.05 * p.flux) end
  list[i] = o
end
return catalogue{ data = list, model = galaxy{ ssp = T, sfh = sfh.delayed{ tau = 1e9 }, ism = false }, keep = 20, seed = 3,
  free = { age = prior.loguniform(1e9, 1e10), ["sfh.norm"] = prior.loguniform(0.1, 1e4) }, sampler = sampler.ensemble{ steps = 20, walkers = 16 } }
]])
local function run()
  local status = os.execute(("GAL_LOG=warn '%s' --threads 1 catalogue %s/c.lua --out %s/c.h5 > %s/log 2>&1"):format(exe, dir, dir, dir))
  return status == 0, read(dir .. "/log")
end
local function content()
  local t, out = observation.catalogue(dir .. "/c.fits"), {}
  for _, name in ipairs(t:columns()) do
    if name ~= "seconds" then
      local row, c = { name }, t:column(name)
      for i = 1, #c do row[#row + 1] = type(c[i]) == "number" and ("%.17g"):format(c[i]) or c[i] end
      out[#out + 1] = table.concat(row, " ")
    end
  end
  return table.concat(out, "\n"), #t
end

test.describe("the log of a catalogue", function()
  local ok, said = run()
  test.ok(ok, said)
  local reference = content()
  local p = io.popen(("ls -S %s/c.queue/*.log"):format(dir))
  local path = p:read("*l")
  p:close()
  local whole = read(path)
  os.execute(("cp -r %s/c.queue %s/good"):format(dir, dir))
  local damage = {
    { "with a flipped byte", function(text) return text:sub(1, 99) .. string.char((text:byte(100) + 1) % 256) .. text:sub(101) end, "1 " },
    { "cut in the middle", function(text) return text:sub(1, math.floor(#text / 2)) end },
    { "with a hole of zeros", function(text) return text:sub(1, 400) .. ("\0"):rep(300) .. text:sub(701) end },
    { "with a byte too many", function(text) return text:sub(1, 200) .. "x" .. text:sub(201) end },
    { "emptied", function() return "" end, "6 " },
    { "deleted", function() return nil end, "6 " },
  }
  for _, case in ipairs(damage) do
    test.it(case[1] .. " loses no source, and that it lost records is said", function()
      os.execute(("rm -rf %s/c.queue && cp -r %s/good %s/c.queue"):format(dir, dir, dir))
      local now = case[2](whole)
      if now then write(path, now) else os.remove(path) end
      for _, name in ipairs{ "c.h5", "c.fits" } do os.remove(dir .. "/" .. name) end
      local fine, text = run()
      test.ok(fine, text)
      test.ok(text:find((case[3] or "%d ") .. "[^\n]*lost"), text)
      test.eq((content()), reference)
    end)
  end
  os.execute("rm -rf " .. dir)
end)
