-- Many sources: the same bits however many processes, machines or restarts; nothing finished is lost.
local galua = require "galua"
local core = require "galua.core"
local test = galua.test
local exe = core.realpath("/proc/self/exe")

local dir = os.tmpname()
os.remove(dir)
os.execute("mkdir -p " .. dir)

local function write(name, text)
  local f = assert(io.open(dir .. "/" .. name, "w"))
  f:write(text)
  f:close()
  return dir .. "/" .. name
end

local script = [[
local T = ssp.synthetic()
local truth = galaxy{ ssp = T, sfh = sfh.delayed{ norm = 10, tau = 1e9 }, attenuation = attenuation.calzetti{ A_V = 0.6 }, age = 4e9 }
local bands = filters("GALEX", "SDSS", "2MASS")
local list = {}
for i = 1, N do
  truth.redshift = 0.02 + 0.01 * i
  truth.sfh.norm = 10 ^ (0.1 * i)
  local o = observation.new{ name = "mock" .. i, redshift = truth.redshift }
  for k, p in ipairs(truth:photometry(bands)) do
    if (i + k) % 5 ~= 0 then o:add(p.band, p.flux * (1 + 0.03 * math.sin(7 * i + p.pivot)), 0.05 * p.flux) end
  end
  list[i] = o
end
return catalogue{ data = list, model = galaxy{ ssp = T, sfh = sfh.delayed{ tau = 1e9 }, attenuation = attenuation.calzetti{} },
  free = { age = prior.loguniform(1e9, 1e10), ["sfh.norm"] = prior.loguniform(0.1, 1e4), ["attenuation.A_V"] = prior.uniform(0, 3) },
  sampler = sampler.ensemble{ steps = STEPS, walkers = 16 }, seed = 3, keep = 20 MORE }
]]
local function make_script(name, n, steps, more)
  return write(name, (script:gsub("N do", n .. " do", 1):gsub("STEPS", tostring(steps)):gsub("MORE", more or "")))
end

local function run(args, env)
  return os.execute(("%s %s %s > %s/log 2>&1"):format(env or "", exe, args, dir)) == 0
end
local function log_text()
  local f = assert(io.open(dir .. "/log"))
  local text = f:read("*a")
  f:close()
  return text
end

-- every column of the table but the times, as one text
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
  return table.concat(out, "\n"), t
end

test.describe("a catalogue", function()
  local file = make_script("a.lua", 6, 40)
  local reference
  test.it("fits every source and writes draws and a table", function()
    test.ok(run(("--threads 1 catalogue %s --out %s/one.h5"):format(file, dir)), "one worker")
    local t
    reference, t = content(dir .. "/one.fits")
    test.eq(#t, 6)
    test.eq(t:column("id")[6], "mock6")
    local norm, z = t:column("sfh_norm_q50"), t:column("redshift")
    for i = 1, 6 do
      test.close(z[i], 0.02 + 0.01 * i, 1e-12)
      -- 40 steps from the prior are far from converged: the right decade
      test.ok(math.abs(math.log10(norm[i]) - 0.1 * i) < 0.7, ("norm %g"):format(norm[i]))
    end
    test.ok(t:column("nbands")[1] < 10 and t:column("nbands")[1] >= 7)
    local last = log_text()
    test.ok(last:find("ensemble: 6 tried, %d accepted"), last)
    test.ok(run(("--threads 1 catalogue %s --out %s/one.h5 --table %s/one.ecsv"):format(file, dir, dir)), log_text()) -- done: written again
    test.eq((content(dir .. "/one.ecsv")), reference)
    test.ok(not run(("--threads 1 catalogue %s --out %s/one.h5 --table %s/one.xyz"):format(file, dir, dir)))
    test.ok(log_text():find("must end in .fits, .ecsv or .csv", 1, true), log_text())
  end)
  test.it("gives the same bits with three workers, and with two processes of the same queue", function()
    test.ok(run(("--threads 3 catalogue %s --out %s/three.h5"):format(file, dir)))
    test.eq((content(dir .. "/three.fits")), reference)
    local two = ("%s --threads 1 catalogue %s --out %s/two.h5"):format(exe, file, dir)
    os.execute(("(%s & %s & wait) > %s/log 2>&1"):format(two, two, dir))
    test.eq((content(dir .. "/two.fits")), reference)
  end)
  test.it("gives the same bits under mpirun", function()
    if os.execute("command -v mpirun > /dev/null 2>&1") ~= 0 then test.skip("needs mpirun") end
    for ranks = 2, 3 do
      local ok = os.execute(("OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 mpirun --oversubscribe -n %d %s --threads 1 catalogue %s --out %s/mpi%d.h5 > %s/log 2>&1")
        :format(ranks, exe, file, dir, ranks, dir))
      test.ok(ok == 0, log_text())
      test.eq((content(("%s/mpi%d.fits"):format(dir, ranks))), reference)
    end
  end)
  local mpirun = "OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 mpirun --oversubscribe "
  test.it("shares the work of ranks by messages; one that is killed costs no more than its source, where the launcher lets the rest live", function()
    if not core.realpath(exe:gsub("[^/]*$", "") .. "galua-openmpi.so") then test.skip("needs the plugin of OpenMPI (libopenmpi-dev)") end
    -- rank 2 kills itself over its first source (the first call of model is the description's); the others take their time until it has
    local many = write("ranks.lua", ("local calls, flag = 0, '%s/rank2'\n"):format(dir) .. (script:gsub("N do", "12 do", 1):gsub("STEPS", "40"):gsub("MORE", "")
      :gsub("model = (galaxy{.-}),\n", function(g)
      return ([[model = function()
    calls = calls + 1
    local core, rank = require "galua.core", os.getenv("OMPI_COMM_WORLD_RANK")
    if rank == "2" and calls == 2 then
      core.write_file(flag, "")
      local ffi = require "ffi"
      ffi.cdef "int getpid(void); int kill(int, int);"
      ffi.C.kill(ffi.C.getpid(), 9)
    elseif rank and calls > 1 and not core.realpath(flag) then
      core.sleep(1)
    end
    return %s
  end,
]]):format(g)
    end)))
    test.ok(run(("--threads 2 catalogue %s --out %s/undisturbed.h5"):format(many, dir)), log_text())
    os.execute(("GAL_LOG=warn %s --enable-recovery -n 3 %s catalogue %s --out %s/ranks.h5 > %s/log 2>&1"):format(mpirun, exe, many, dir, dir))
    test.ok(core.realpath(dir .. "/rank2"), "rank 2 is killed: " .. log_text())
    test.ok(log_text():find("rank 2 is gone with [1-9]%d* jobs: others do them"), log_text())
    test.ok(not core.realpath(dir .. "/ranks.queue/claims"), "no claims in files")
    test.eq((content(dir .. "/ranks.fits")), (content(dir .. "/undisturbed.fits")))
  end)
  test.it("falls back to the folder when there is no MPI for the launcher, and says so", function()
    if os.execute("command -v mpirun > /dev/null 2>&1") ~= 0 then test.skip("needs mpirun") end
    local ok = os.execute(("GALUA_MPI=/nowhere.so %s -n 2 %s catalogue %s --out %s/folder.h5 > %s/log 2>&1"):format(mpirun, exe, file, dir, dir))
    test.ok(ok == 0, log_text())
    test.ok(log_text():find("there is no MPI plugin (make mpi): the processes share the work through", 1, true), log_text())
    test.eq((content(dir .. "/folder.fits")), reference)
  end)
  test.it("is done in parts by the jobs of an array, which are joined", function()
    test.ok(not run(("catalogue %s --out %s/parts.h5 --merge"):format(file, dir)))
    test.ok(log_text():find("run the parts first", 1, true), log_text())
    test.ok(run(("--threads 2 catalogue %s --out %s/parts.h5 --part 2/2"):format(file, dir)), log_text())
    test.ok(log_text():find("part 2 of 2 is done, 3 of 6 sources", 1, true), log_text())
    test.ok(not run(("catalogue %s --out %s/parts.h5 --merge"):format(file, dir)))
    test.ok(log_text():find("3 of 6 done: start the parts again", 1, true), log_text())
    test.ok(run(("--threads 1 catalogue %s --out %s/parts.h5 --part 1/2"):format(file, dir)), log_text())
    test.ok(run(("catalogue %s --out %s/parts.h5 --merge"):format(file, dir)), log_text())
    test.eq((content(dir .. "/parts.fits")), reference)
    -- a part whose worker ends before its work is not called done
    local ends = write("ends.lua", "local quit = os.getenv('QUIT')\n" .. (script:gsub("N do", "6 do", 1):gsub("STEPS", "40"):gsub("MORE", ""):gsub("model = (galaxy{.-}),\n",
      "model = function(o, row) if quit and row == 3 then os.exit(1) end return %1 end,\n")))
    test.ok(not run(("--threads 1 catalogue %s --out %s/ends.h5 --part 1/2"):format(ends, dir), "QUIT=1"))
    test.ok(log_text():find("the same command goes on with the rest", 1, true) and not log_text():find("is done", 1, true), log_text())
    test.ok(run(("--threads 1 catalogue %s --out %s/ends.h5 --part 1/2"):format(ends, dir)), log_text())
    test.ok(log_text():find("part 1 of 2 is done, 3 of 6 sources", 1, true), log_text())
    for _, bad in ipairs{ "3/2", "0/2", "1", "x/y", "1/0" } do
      test.ok(not run(("catalogue %s --out %s/parts.h5 --part %s"):format(file, dir, bad)))
      test.ok(log_text():find("part must be I/N with 1 <= I <= N", 1, true), log_text())
    end
  end)
  test.it("killed at any moment loses nothing that was finished, and goes on to the same bits", function()
    for i, delay in ipairs{ 0.15, 0.4, 0.7 } do
      local out = ("%s/kill%d"):format(dir, i)
      -- the process and its workers, by their process group
      os.execute(("setsid %s --threads 2 catalogue %s --out %s.h5 > %s/log 2>&1 & p=$!; sleep %g; kill -9 -$p 2>/dev/null; wait $p 2>/dev/null")
        :format(exe, file, out, dir, delay))
      test.ok(run(("--threads 2 catalogue %s --out %s.h5"):format(file, out)), log_text())
      test.eq((content(out .. ".fits")), reference)
    end
  end)
  test.it("goes on by itself and says so; a finished one is finished", function()
    test.ok(run(("catalogue %s --out %s/one.h5"):format(file, dir)))
    test.eq((content(dir .. "/one.fits")), reference)
  end)
  test.it("is refused where another one is, until told to start afresh", function()
    local other = make_script("b.lua", 6, 41)
    test.ok(not run(("catalogue %s --out %s/one.h5"):format(other, dir)))
    test.ok(log_text():find("one.queue belongs to another run: sampler", 1, true), log_text())
    test.ok(log_text():find("steps is 40 there, 41 here; choose another output", 1, true), log_text())
    local function refused(change, by, ...)
      local text, n = io.open(file):read("*a"):gsub(change, by)
      test.eq(n, 1, change)
      test.ok(not run(("catalogue %s --out %s/one.h5"):format(write("d.lua", text), dir)))
      for _, part in ipairs{ ... } do test.ok(log_text():find(part, 1, true), log_text()) end
      test.ok(not log_text():find("another run:[^\n]*sampler"), log_text())
    end
    refused("1e9, 1e10%)", "1e9, 1.1e10)", "one.queue belongs to another run: free.age is ", "loguniform(1e9, 1e10)", "loguniform(1e9, 1.1e10)")
    refused("seed = 3", "seed = 4, noise = noise.calibration{ floor = 0.05 }", "noise.floor is nothing there, 0.05 here, seed is 3 there, 4 here;")
    refused("list%[i%] = o", [[%0 if i == 5 then o:add("WISE.W1", 1, 0.1) end]], "run: data of source 5 (mock5) is ")
    refused("list%[i%] = o", [[%0 if i == 2 then spectrum.add_line(o, "Halpha", 1e-15, 1e-16) end]], "run: data of source 2 (mock2) is ")
    local more = make_script("c.lua", 7, 40)
    test.ok(not run(("catalogue %s --out %s/one.h5"):format(more, dir)))
    test.ok(log_text():find("6 jobs there, 7 here", 1, true), log_text())
    test.ok(run(("catalogue %s --out %s/one.h5 --fresh"):format(other, dir)))
  end)
  test.it("keeps the sources that fail apart, with the reason", function()
    local bad = write("bad.lua", [[
local T = ssp.synthetic()
local list = {}
for i = 1, 3 do
  list[i] = observation.new{ name = "s" .. i, redshift = 0.1 }
  list[i]:add("SDSS.g", 1, 0.1)
  list[i]:add("SDSS.r", 2, 0.1)
end
return catalogue{ data = list, free = { age = prior.loguniform(1e9, 1e10) }, sampler = sampler.ensemble{ steps = 10, walkers = 8 },
  model = function(o, row) if row == 2 then error("no model for this one") end return galaxy{ ssp = T, sfh = sfh.delayed{} } end }]])
    test.ok(not run(("catalogue %s --out %s/bad.h5"):format(bad, dir))) -- status 1: one has failed
    local _, t = content(dir .. "/bad.fits")
    test.eq(table.concat(t:column("state"), " "), "not accepted failed not accepted") -- ten steps are no posterior
    test.ok(t:column("flags")[2]:find("no model for this one", 1, true))
  end)
  test.it("compares variants", function()
    local v = make_script("v.lua", 2, 20, [[, variants = { dusty = {}, clear = { free = { age = prior.loguniform(1e9, 1e10),
      ["sfh.norm"] = prior.loguniform(0.1, 1e4) } } } ]])
    test.ok(run(("catalogue %s --out %s/v.h5"):format(v, dir)), log_text())
    local _, t = content(dir .. "/v.fits")
    test.eq(table.concat(t:column("variant"), " "), "clear dusty clear dusty")
    test.ok(t:column("attenuation_A_V_q50")[1] ~= t:column("attenuation_A_V_q50")[1]) -- not free there
    test.ok(t:column("attenuation_A_V_q50")[2] > 0)
  end)
  test.it("does not overwrite the table it reads", function()
    local path = dir .. "/input.fits"
    galua.tables.write(path, { { name = "id", values = { "a" } }, { name = "SDSS.g", unit = "mJy", values = { 1 } },
      { name = "SDSS.g_err", unit = "mJy", values = { 0.1 } } })
    local c = galua.catalogue{ data = galua.observation.catalogue(path), model = galua.galaxy{}, free = { age = galua.prior.uniform(1e9, 2e9) } }
    test.throws(function() c:run{ out = dir .. "/input.h5" } end,
      ("catalogue:run: out = '%s/input.h5' would overwrite the input %s: choose another name"):format(dir, path))
    test.eq(#galua.observation.catalogue(path), 1)
  end)
  test.it("is checked before it starts", function()
    local c = galua.catalogue
    test.throws(function() c{} end, "catalogue: 'data' is missing: observation.catalogue(file), or a list of observations")
    test.throws(function() c{ data = {} } end, "catalogue: data must be observation.catalogue(file) or a list of observations, got an empty list")
    local o = galua.observation.new{ name = "x" }
    test.throws(function() c{ data = { o } } end, "catalogue: 'model' is missing: a galaxy, or a function(observation, row) that makes one")
    test.throws(function() c{ data = { o }, model = galua.galaxy{}, free = {}, variants = { a = { modl = 1 } } } end,
      "catalogue: variant 'a' has an unknown option 'modl', did you mean 'model'?")
  end)
  os.execute("rm -rf " .. dir)
end)

test.describe("a table of sources", function()
  test.it("takes bands by patterns, names of its own, units", function()
    local path = os.tmpname() .. ".csv"
    local f = assert(io.open(path, "w"))
    f:write("id,z,gmag,gmag_err,SDSS.r,SDSS.r_err,2MASS.J,2MASS.J_err,other,other_err\na,0.1,1,0.1,2,0.2,3,0.3,9,9\nb,0.2,,,4,0.4,5,0.5,9,9\n")
    f:close()
    local t = galua.observation.catalogue(path, { unit = "Jy", names = { gmag = "SDSS.g" }, skip = { "other" } })
    test.eq(#t, 2)
    test.eq(#t[1]:rows(), 3)
    test.eq(#t[2]:rows(), 2) -- an empty flux: not observed
    test.close(t[1]:rows()[1].flux, 1000)
    test.close(t[2].redshift, 0.2)
    local only = galua.observation.catalogue(path, { unit = "mJy", bands = { "SDSS.*" } })
    test.eq(#only[1]:rows(), 1)
    test.throws(function() return galua.observation.catalogue(path, { unit = "mJy", bands = { "SDS.*" } }) end,
      ("observation.catalogue: %s has no band column 'SDS.*'"):format(path))
    test.throws(function() return galua.observation.catalogue(path)[1] end, "~has no unit")
    test.throws(function() return t:column("Z") end, "~no column 'Z'")
    os.remove(path)
  end)
end)

test.describe("a catalogue that is asked to end", function()
  test.it("ends: the source at work is given back, no other is begun", function()
    os.execute("mkdir -p " .. dir)
    local file = write("stop.lua", ([[
local T = ssp.synthetic()
local truth = galaxy{ ssp = T, sfh = sfh.delayed{ norm = 10, tau = 1e9 }, age = 4e9, redshift = 0.1 }
local list = {}
for i = 1, 6 do
  list[i] = observation.new{ name = "m" .. i, redshift = 0.1 }
  for _, p in ipairs(truth:photometry(filters("SDSS"))) do list[i]:add(p.band, p.flux, 0.05 * p.flux) end
end
local asked = false
return catalogue{ data = list, free = { age = prior.loguniform(1e9, 1e10), ["sfh.norm"] = prior.loguniform(0.1, 1e4) }, seed = 3, keep = 20,
  sampler = sampler.ensemble{ steps = 30, walkers = 16 },
  model = function(obs, row)
    local f = io.open("%s/begun", "a")
    f:write(row, " ")
    f:close()
    if row == 3 and not os.getenv("QUIET") then
      os.execute("kill -TERM $PPID") -- in the middle of the third source
    end
    return galaxy{ ssp = T, sfh = sfh.delayed{ tau = 1e9 }, redshift = 0.1 }
  end }]]):format(dir))
    local function begun()
      local f = io.open(dir .. "/begun")
      local text = f:read("*a")
      f:close()
      os.remove(dir .. "/begun")
      return text
    end
    run(("--threads 1 catalogue %s --out %s/stop.h5"):format(file, dir))
    test.ok(log_text():find("2 of 6 done; the same command goes on with the rest", 1, true), log_text())
    local text = begun()
    test.ok(text:find("3 $"), "the third was the last: " .. text)
    test.ok(run(("--threads 1 catalogue %s --out %s/stop.h5"):format(file, dir), "QUIET=1"), log_text())
    test.ok(not begun():find(" 2 "), "what is done is not done again")
    local _, t = content(dir .. "/stop.fits")
    for i = 1, 6 do test.ok(t:column("state")[i] ~= "failed") end
    os.execute("rm -rf " .. dir)
  end)
end)
