-- `galua bench catalogue`: a survey's mocks through `galua catalogue`, as a user runs it: start of the program, plans, writing of the results
-- included. Stars, dust that absorbs and shines, a free redshift: eight parameters, twelve bands, the default ladder of samplers.
local galua = require "galua"
local core = require "galua.core"

local recipe = [[
local model = galaxy{ sfh = sfh.delayed{}, attenuation = attenuation.calzetti{}, dust = dust.greybody{}, redshift = 0.5 }
local free = { redshift = prior.uniform(0.05, 1.5), age = prior.loguniform(3e8, 1.2e10), ["sfh.norm"] = prior.loguniform(1, 1e3),
  ["sfh.tau"] = prior.loguniform(1e8, 1e10), ["sfh.Z"] = prior.loguniform(2e-3, 0.04), ["attenuation.A_V"] = prior.uniform(0, 2),
  ["dust.T"] = prior.uniform(20, 60), ["dust.beta"] = prior.uniform(1.2, 2.4) }
]]
local bands = [[filters("SDSS.ugriz", "2MASS", "WISE")]]

local function text_of(path)
  local f = io.open(path)
  local text = f and f:read("*a") or ""
  if f then f:close() end
  return text
end

-- Processor time of the children of this process that have ended [s], their children included.
local function children()
  local words = {}
  for word in text_of("/proc/self/stat"):match("^.*%) (.*)$"):gmatch("%S+") do words[#words + 1] = word end
  return (tonumber(words[14]) + tonumber(words[15])) / 100 -- cutime, cstime, in units that Linux fixed
end

-- `command` -> wall-clock seconds, processor seconds, most memory that a worker, a child of the process which all share their tables with, had
-- to itself: pages that it wrote to [MB]. Should this process end before the command, the command is ended, too: it is when a pipe closes.
local function run(dir, command)
  local start, before, most, looked = galua.clock(), children(), 0, 0
  local log, rc = dir .. "/log", dir .. "/rc"
  os.remove(rc)
  os.remove(dir .. "/pid")
  local pipe = io.popen(("exec 3<&0; %s > %s 2>&1 < /dev/null & p=$!; echo $p > %s/pid; { cat > /dev/null; kill $p 2> /dev/null; } <&3 & wait $p; echo $? > %s"):format(
    command, log, dir, rc), "w")
  while not text_of(rc):find("\n") do
    core.sleep(0.05)
    if galua.clock() - looked > 0.5 then
      looked = galua.clock()
      local list = io.popen(("pgrep -P %s 2> /dev/null"):format((text_of(dir .. "/pid"):match("%d+") or "0")))
      for worker in list:lines() do
        local kb = text_of(("/proc/%s/smaps_rollup"):format(worker)):match("Private_Dirty:%s+(%d+)")
        most = math.max(most, (tonumber(kb) or 0) / 1024)
      end
      list:close()
    end
  end
  pipe:close()
  if not text_of(rc):find("^0") and not text_of(log):find("fits accepted", 1, true) then galua.fail("bench catalogue: %s\n%s", command, text_of(log)) end
  return galua.clock() - start, children() - before, most
end

local function quantile(v, q)
  table.sort(v)
  return #v > 0 and v[math.max(1, math.ceil(q * #v))] or 0 / 0
end

-- What is good of the table: effective draws and errors of ln Z of the accepted, how many of these miss 300 or 0.1
local function judge(t)
  local state, ess, err = t:column("state"), t:column("ess"), t:column("lnz_err")
  local out = { accepted = 0, ess = {}, err = {}, short = 0 }
  for i = 1, #state do
    if state[i] ~= "failed" and state[i] ~= "not accepted" then
      out.accepted, out.ess[#out.ess + 1], out.err[#out.err + 1] = out.accepted + 1, ess[i], err[i]
      if not (ess[i] >= 300 and err[i] <= 0.1) then out.short = out.short + 1 end
    end
  end
  return out
end

local function same_results(a, b)
  for _, name in ipairs(a:columns()) do
    local x, y = a:column(name), b:column(name)
    for i = 1, name == "seconds" and 0 or #x do
      if not (x[i] == y[i] or x[i] ~= x[i] and y[i] ~= y[i]) then return false end
    end
  end
  return true
end

-- put(name, value, unit, more) takes a row; n mocks with one worker, then with two, then, where there is mpirun, with two ranks.
return function(put, n)
  local dir = os.tmpname()
  os.remove(dir)
  core.mkdirs(dir)
  assert(loadstring(recipe .. ("mock{ model = model, free = free, bands = %s, errors = 0.05, sigma = 1e-4, n = %d, seed = 7 }:run{ out = %q }"):format(bands,
    n, dir .. "/mocks.fits")))()
  local file = assert(io.open(dir .. "/cat.lua", "w"))
  file:write(recipe, ([[
return catalogue{ data = observation.catalogue(%q, { bands = { "SDSS.*", "2MASS.*", "WISE.*" } }), model = model, free = free, plan = true, seed = 7, keep = 200 }]]):format(
    dir .. "/mocks.fits"))
  file:close()
  local exe = core.realpath("/proc/self/exe")
  local function command(threads, out) return ("%s --threads %d catalogue %s/cat.lua --out %s/%s.h5"):format(exe, threads, dir, dir, out) end
  local _, plan = run(dir, ("%s --threads 1 --batch -e 'f = dofile(\"%s/cat.lua\"):fit(1) f:compile()'"):format(exe, dir))
  local one, one_cpu = run(dir, command(1, "one"))
  local text, t = text_of(dir .. "/log"), galua.observation.catalogue(dir .. "/one.fits")
  local rungs = {}
  for kind, tried, accepted in text:gmatch("\n  ([%w_, ]+): (%d+) tried, (%d+) accepted") do
    rungs[#rungs + 1] = { sampler = kind, tried = tonumber(tried), accepted = tonumber(accepted) }
  end
  local sampling, derived, summary = text:match("sampling (%d+) %%, derived quantities (%d+) %%, summary (%d+) %%")
  local j = judge(t)
  local fitting = t:column("seconds"):sum()
  local size = ("%d mocks, 8 parameters, 12 bands, free redshift, dust emission; start and writing included"):format(n)
  local row = { baseline = "sources a second and core that are asked for", baseline_value = 10, ratio = n / one_cpu / 10, size = size,
    wall = n / one, plan_seconds = plan, accepted = j.accepted / n, rungs = rungs, below_limits = j.short, ess_least = quantile(j.ess, 0), ess_median = quantile(j.ess, 0.5),
    lnz_err_median = quantile(j.err, 0.5), lnz_err_largest = quantile(j.err, 1), evaluations = quantile(t:column("evaluations"):totable(), 0.5),
    evaluations_mean = t:column("evaluations"):mean(), shares = { sampling = tonumber(sampling), derived = tonumber(derived), summary = tonumber(summary) },
    outside = one_cpu - fitting }
  row.lines = { ("%d mocks: %d accepted; evaluations a source %.0f (median), %.0f (mean)"):format(n, j.accepted, row.evaluations, row.evaluations_mean),
    ("of the accepted: ESS %.0f (least), %.0f (median); ln Z error %.3f (median), %.3f (largest); %d with less than 300 or more than 0.1"):format(row.ess_least,
      row.ess_median, row.lnz_err_median, row.lnz_err_largest, j.short),
    ("sampling %s %%, derived quantities %s %%, summary %s %%; start, table and files %.1f s in all; the plan %.1f s before"):format(tostring(sampling),
      tostring(derived), tostring(summary), row.outside, plan) }
  for _, r in ipairs(rungs) do
    row.lines[#row.lines + 1] = ("%s: %d tried, %d accepted (%.0f %%)"):format(r.sampler, r.tried, r.accepted, 100 * r.accepted / math.max(1, r.tried))
  end
  put("catalogue", n / one_cpu, "1/s", row)
  local two, two_cpu, most = run(dir, command(2, "two"))
  put("catalogue.2workers", one / two, "", { baseline = "1 worker, wall clock", baseline_value = 1, ratio = one / two, threads = 2,
    processor_time = two_cpu / one_cpu, same_results = same_results(t, galua.observation.catalogue(dir .. "/two.fits")), size = size })
  put("catalogue.memory", most, "MB", { baseline = "limit (MB)", baseline_value = 40, size = "a worker's own, beyond what all share" })
  if os.execute("command -v mpirun > /dev/null 2>&1") == 0 then
    local ranks = run(dir, "env OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 mpirun --oversubscribe -n 2 " .. command(1, "ranks"))
    put("catalogue.2ranks", one / ranks, "", { baseline = "1 worker, wall clock", baseline_value = 1, ratio = one / ranks, threads = 2,
      same_results = same_results(t, galua.observation.catalogue(dir .. "/ranks.fits")), size = size })
  end
  os.execute("rm -rf " .. dir)
end
