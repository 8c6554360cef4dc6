-- Sources per hour of a catalogue of N mocks with two workers; scaling over worker processes and ranks with the first M of them; memory of a
-- worker beyond what all share. For a quiet machine.
-- usage: galua scripts/dev/bench_catalogue.lua [N = 1000] [M = 100] [SAMPLER = pathfinder{ paths = 4, draws = 500 }]
local n, some, kind = tonumber(arg[1] or "1000"), tonumber(arg[2] or "100"), arg[3] or "pathfinder{ paths = 4, draws = 500 }"
io.stdout:setvbuf("line")
local core = require "galua.core"
local exe = core.realpath("/proc/self/exe")
local dir = os.tmpname()
os.remove(dir)
os.execute("mkdir " .. dir)

local recipe = [[
local model = galaxy{ sfh = sfh.delayed{}, attenuation = attenuation.calzetti{}, redshift = 0.1 }
local free = { age = prior.loguniform(1e9, 1e10), ["sfh.norm"] = prior.loguniform(1, 1000), ["sfh.tau"] = prior.loguniform(3e8, 1e10),
  ["attenuation.A_V"] = prior.uniform(0, 2), ["dust.T"] = prior.uniform(20, 50) }
]]
local m = assert(loadstring(recipe .. [[
return validation{ model = model, free = free, bands = filters("GALEX", "SDSS", "2MASS", "WISE", "Herschel.PACS", "Herschel.SPIRE"),
  noise = noise.calibration{ f_cal = 0.03 }, mocks = 1000, seed = 7 }]]))()

-- a table as users have it
local columns = { { name = "id", values = {} }, { name = "redshift", values = {} } }
for _, f in ipairs(m.bands) do
  columns[#columns + 1] = { name = f.name, unit = "mJy", values = {} }
  columns[#columns + 1] = { name = f.name .. "_err", unit = "mJy", values = {} }
end
for i = 1, n do
  local o = m:mock(i).observation
  columns[1].values[i], columns[2].values[i] = "mock" .. i, 0.1
  local by = {}
  for _, r in ipairs(o:rows()) do by[r.band] = r end
  for k, f in ipairs(m.bands) do columns[1 + 2 * k].values[i], columns[2 + 2 * k].values[i] = by[f.name].flux, by[f.name].err end
end
tables.write(dir .. "/mocks_all.fits", columns)
for _, c in ipairs(columns) do for i = n, some + 1, -1 do c.values[i] = nil end end
tables.write(dir .. "/mocks_some.fits", columns)

for _, name in ipairs{ "all", "some" } do
  local file = assert(io.open(("%s/%s.lua"):format(dir, name), "w"))
  file:write(recipe, ([[
return catalogue{ data = observation.catalogue("%s/mocks_%s.fits"), model = model, free = free, noise = noise.calibration{ f_cal = 0.03 },
  sampler = sampler.%s, seed = 7 }]]):format(dir, name, kind))
  file:close()
end

local function seconds(command)
  local start = galua.clock()
  os.execute(command .. (" > %s/log 2>&1"):format(dir))
  return galua.clock() - start
end

-- most memory that a worker has to itself while the catalogue runs [MB]
local function private_memory(command)
  os.execute(("(%s > %s/log 2>&1) & echo $! > %s/pid"):format(command, dir, dir))
  local most = 0
  for _ = 1, 40 do
    core.sleep(0.25)
    local pipe = io.popen(("pgrep -f '%s/all.lua' 2>/dev/null"):format(dir))
    for pid in pipe:lines() do
      local f = io.open(("/proc/%s/smaps_rollup"):format(pid))
      local stat = io.open(("/proc/%s/cmdline"):format(pid))
      local mine = stat and stat:read("*a"):find(exe, 1, true)
      if stat then stat:close() end
      if f then
        local text = f:read("*a") or ""
        f:close()
        if mine then most = math.max(most, (tonumber(text:match("Private_Dirty:%s+(%d+)")) or 0) / 1024) end
      end
    end
    pipe:close()
  end
  os.execute(("pkill -f '%s/all.lua'"):format(dir))
  return most
end

local run = ("%s --threads %%d catalogue %s/%%s.lua --out %s/%%s.h5"):format(exe, dir, dir)
print(("sampler.%s, 21 bands, 5 free parameters   %s"):format(kind, (galua.benchmark.machine())))
-- rounds: the machine's own speed drifts by more than what is measured; ratios are those of runs next to each other
local function scaling(what, command)
  local ratio, best = {}, { math.huge, math.huge }
  for round = 1, 3 do
    local t = {}
    for n = 1, 2 do
      t[n] = seconds(command(n, ("%s%d%d"):format(what, round, n)))
      best[n] = math.min(best[n], t[n])
    end
    ratio[round] = t[1] / t[2]
  end
  table.sort(ratio)
  for n = 1, 2 do
    print(("%d %-8s %5d mocks %8.1f s   %8.0f sources/hour"):format(n, what .. (n > 1 and "s" or ""), some, best[n], 3600 * some / best[n]))
  end
  print(("1 to 2 %ss  %.2f x (three rounds: %.2f ... %.2f)"):format(what, ratio[2], ratio[1], ratio[3]))
end
scaling("worker", function(n, out) return run:format(n, "some", out) end)
if os.execute("command -v mpirun > /dev/null 2>&1") == 0 then
  local mpi = "OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 mpirun --oversubscribe -n %d "
  scaling("rank", function(n, out) return mpi:format(n) .. run:format(1, "some", out) end)
else
  print("ranks      not measured: no mpirun")
end
local whole = seconds(run:format(2, "all", "all"))
print(("2 workers  %5d mocks %8.1f s   %8.0f sources/hour"):format(n, whole, 3600 * n / whole))
print(("memory of a worker beyond what all share: %.1f MB"):format(private_memory(run:format(2, "all", "memory"))))
os.execute("rm -rf " .. dir)
