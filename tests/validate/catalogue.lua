-- A catalogue killed (SIGKILL) at random moments, the whole job or one of its workers, and started again each time,
-- also under mpirun: the results are those of the run that nobody disturbed, bit for bit.
-- usage: galua tests/validate/catalogue.lua [sources (40)] [kills (100)] [seed (17)]     status 1 when a line is not met
-- Sources take some 30 ms of processor time each; kills come anywhere between the start and the writing of the results. At the end: 1, 2 and 5 ranks.
local galua = require "galua"
local core = require "galua.core"
local N, KILLS, SEED = tonumber(arg[1] or "40"), tonumber(arg[2] or "100"), tonumber(arg[3] or "17")
local exe = core.realpath("/proc/self/exe")
local dir = os.tmpname()
os.remove(dir)
os.execute("mkdir " .. dir)

local file = assert(io.open(dir .. "/cat.lua", "w"))
file:write(([[
local T = ssp.synthetic()
local truth = galaxy{ ssp = T, sfh = sfh.delayed{ norm = 10, tau = 1e9 }, attenuation = attenuation.calzetti{ A_V = 0.6 }, age = 4e9 }
local bands = filters("GALEX", "SDSS", "2MASS")
local list = {}
for i = 1, %d do
  truth.redshift = 0.02 + 0.004 * i
  local o = observation.new{ name = "mock" .. i, redshift = truth.redshift }
  for k, p in ipairs(truth:photometry(bands)) do
    if (i + k) %% 5 ~= 0 then o:add(p.band, p.flux * (1 + 0.03 * math.sin(7 * i + p.pivot)), 0.05 * p.flux) end
  end
  list[i] = o
end
return catalogue{ data = list, model = galaxy{ ssp = T, sfh = sfh.delayed{ tau = 1e9 }, attenuation = attenuation.calzetti{} },
  free = { age = prior.loguniform(1e9, 1e10), ["sfh.norm"] = prior.loguniform(0.1, 1e4), ["attenuation.A_V"] = prior.uniform(0, 3) },
  escalate = { sampler.ensemble{ steps = 20, walkers = 8 }, sampler.ensemble{ steps = 40, walkers = 8 } }, seed = 3, keep = 20 }
]]):format(N))
file:close()

local function content(path)
  local t = galua.observation.catalogue(path)
  local out = {}
  for _, name in ipairs(t:columns()) do
    if name ~= "seconds" then
      local c = t:column(name)
      local row = { name }
      for i = 1, #c do row[#row + 1] = type(c[i]) == "number" and ("%.17g"):format(c[i]) or c[i] end
      out[#out + 1] = table.concat(row, " ")
    end
  end
  return table.concat(out, "\n")
end
local function command(threads, name)
  return ("%s --threads %d catalogue %s/cat.lua --out %s/%s.h5"):format(exe, threads, dir, dir, name)
end
local function exists(path)
  local f = io.open(path)
  if f then f:close() end
  return f ~= nil
end

local failures = 0
local function line(what, value, allowed, ok)
  print(("%-72s %8g %8g  %s"):format(what, value, allowed, ok and "ok" or "FAIL"))
  if not ok then failures = failures + 1 end
end

print(("%-72s %8s %8s"):format("", "measured", "allowed"))
local start = galua.clock()
assert(os.execute(command(1, "whole") .. " > " .. dir .. "/log 2>&1") == 0, "the undisturbed run failed")
local seconds = galua.clock() - start
local reference = content(dir .. "/whole.fits")

-- moments from a generator of its own, so that a run can be repeated
local draws = galua.random.uniform(4 * KILLS + 400, SEED)
local at = 0
local function uniform()
  at = at % #draws + 1
  return draws[at]
end
local mpi = os.execute("command -v mpirun > /dev/null 2>&1") == 0
local kills, rounds, same, ranks = 0, 0, 0, 0
local all = { group = 0, worker = 0 }
while kills < KILLS and rounds < KILLS do
  rounds = rounds + 1
  local name = "killed" .. rounds
  local most = math.max(0.3, seconds / 4) -- several kills a catalogue
  while kills < KILLS and not exists(("%s/%s.fits"):format(dir, name)) do
    local how = command(2, name)
    if mpi and kills % 5 == 4 then
      how = "env OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 mpirun --oversubscribe -n 2 " .. command(1, name)
      ranks = ranks + 1
    end
    local one = kills % 2 == 1
    -- one = a process of the job first, and everything a moment later
    local script = ("setsid %s > %s/log 2>&1 & p=$!; sleep %.3f; %s kill -9 -$p 2>/dev/null && echo killed; wait $p 2>/dev/null"):format(
      how, dir, 0.1 + most * uniform(), one and "w=$(pgrep -g $p | tail -1); [ \"$w\" != $p ] && kill -9 $w 2>/dev/null && echo worker; sleep 0.3;" or "")
    local pipe = io.popen(script)
    local said = pipe:read("*a")
    pipe:close()
    if said:find("killed") then
      kills = kills + 1
      all.group = all.group + 1
    end
    if said:find("worker") then all.worker = all.worker + 1 end
  end
  local ok = os.execute(command(2, name) .. " > " .. dir .. "/log 2>&1") == 0
  if not ok then
    local t = galua.observation.catalogue(("%s/%s.fits"):format(dir, name))
    for i, state in ipairs(t:column("state")) do
      if state == "failed" then print(("  source %d: %s"):format(i, t:column("flags")[i])) end
    end
  end
  if ok and content(("%s/%s.fits"):format(dir, name)) == reference then same = same + 1 end
end
line(("%d sources; jobs killed (%d under mpirun), %d times one worker before"):format(N, ranks, all.worker), kills, KILLS, kills >= KILLS)
local ranked = { 1, 2, 5 }
local alike = 0
for _, n in ipairs(mpi and ranked or {}) do
  local name = "ranks" .. n
  if os.execute(("env OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 mpirun --oversubscribe -n %d %s > %s/log 2>&1"):format(n, command(1, name), dir)) == 0
    and content(("%s/%s.fits"):format(dir, name)) == reference then alike = alike + 1 end
end
if mpi then line("runs under 1, 2 and 5 ranks with those bits", alike, #ranked, alike == #ranked) end
line("finished catalogues, and those with the bits of the undisturbed one", same, rounds, same == rounds)
os.execute("rm -rf " .. dir)
os.exit(failures == 0 and 0 or 1)
