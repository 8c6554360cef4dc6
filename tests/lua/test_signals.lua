-- Signals: a fit that is asked to end (SIGTERM, SIGHUP) writes a last checkpoint, and a limit on the size of files is an error line.
local test = require "galua.test"
local core = require "galua.core"
local program = core.realpath("/proc/self/exe")

local function read(path)
  local f = io.open(path)
  local text = f and f:read("*a") or ""
  if f then f:close() end
  return text
end
local function write(path, text)
  local f = assert(io.open(path, "w"))
  f:write(text)
  f:close()
end

local script = [[
local o = observation.new{ name = "mock", redshift = 0.1 }
for i, f in ipairs(filters "SDSS") do o:add(f, i, 0.1 * i) end
local f = fit{ plan = false, data = o, model = galaxy{ ssp = ssp.synthetic(), sfh = sfh.delayed{}, age = 4e9, redshift = 0.1 }, seed = 3,
  free = { age = prior.loguniform(1e8, 1e10) }, sampler = sampler.ensemble{ walkers = 8, steps = 100000000, thin = 100 } }
f:run{ out = OUT, progress = false, checkpoint_every = 1e6, fresh = true }
print("behind the fit")
]]

test.describe("signals", function()
  test.it("SIGTERM and SIGHUP end a fit in order, with a checkpoint that can be read and continued", function()
    for _, signal in ipairs{ "TERM", "HUP" } do
      local out, file, log, done = os.tmpname() .. ".h5", os.tmpname() .. ".lua", os.tmpname(), os.tmpname()
      write(file, (script:gsub("OUT", ("%q"):format(out))))
      -- it is asked once the run is at work: its processor time tells
      local code = os.execute(([[
        %s %s > %s 2>&1 & p=$!
        i=0; while [ $i -lt 600 ]; do t=$(cut -d' ' -f14 /proc/$p/stat 2>/dev/null); [ "${t:-0}" -gt 60 ] && break; sleep 0.05; i=$((i+1)); done
        kill -%s $p; wait $p; echo $? > %s]]):format(program, file, log, signal, done))
      test.eq(code, 0)
      local text = read(log)
      test.ok(text:find("interrupted", 1, true), text)
      test.ok(not text:find("behind the fit", 1, true), text) -- the program ends
      test.eq(read(done), "1\n")
      local g = load_fit(out, { ssp = ssp.synthetic() })
      test.eq(g.engine.state, "interrupted")
      test.ok(g.engine.steps > 0)
      for _, name in ipairs{ out, file, log, done } do os.remove(name) end
    end
  end)

  -- Runs `command`, sends TERM (or `signal`) to its process alone once `ready` (a shell test on $p) says so, and gives its exit status, its text, and the seconds it took to end.
  local function ended(command, ready, signal)
    local log, done = os.tmpname(), os.tmpname()
    os.execute(([[
      %s > %s 2>&1 & p=$!
      i=0; while [ $i -lt 1200 ]; do %s && break; kill -0 $p 2>/dev/null || break; sleep 0.05; i=$((i+1)); done
      kill -%s $p; a=$(date +%%s%%N); i=0
      while kill -0 $p 2>/dev/null && [ $i -lt 400 ]; do sleep 0.05; i=$((i+1)); done
      b=$(date +%%s%%N); kill -KILL $p 2>/dev/null; wait $p; echo $? $(((b-a)/1000000)) > %s]]):format(command, log, (ready:gsub("LOG", log)), signal or "TERM", done))
    local code, ms = read(done):match("(%d+) (%d+)")
    local text = read(log)
    os.remove(log)
    os.remove(done)
    return tonumber(code), text, tonumber(ms) / 1000
  end
  local function busy(ticks) return ([=[{ t=$(cut -d' ' -f14 /proc/$p/stat 2>/dev/null); [ "${t:-0}" -gt %d ]; }]=]):format(ticks) end
  local problem = "local o = observation.new{ name = 'mock', redshift = 0.1 }\nfor i, f in ipairs(filters 'SDSS') do o:add(f, i, 0.1 * i) end\n"
    .. "local model = galaxy{ ssp = ssp.synthetic(), sfh = sfh.delayed{}, age = 4e9, redshift = 0.1 }\n"
    .. "local free = { age = prior.loguniform(1e8, 1e10), ['sfh.norm'] = prior.loguniform(1, 1e3) }\n"

  test.it("SIGTERM ends every long command, whatever goes on with what a stopped run left, in seconds and with one line", function()
    local tmp = os.tmpname()
    os.remove(tmp)
    core.mkdirs(tmp)
    local long = "sampler.nested{ live = 400, max_iterations = 100000000, dlogz = 1e-12 }"
    local chain = "sampler.ensemble{ walkers = 8, steps = 100000000, thin = 100 }"
    local workers = [=[{ for w in $(cat /proc/$p/task/$p/children 2>/dev/null); do t=$(cut -d' ' -f14 /proc/$w/stat 2>/dev/null); [ "${t:-0}" -gt 30 ] && break; done; [ "${t:-0}" -gt 30 ]; }]=]
    local cases = {
      -- runs in a loop that keeps errors and goes on to the next: the first run took the signal, and the program had gone on
      engines = { "", "for i = 1, 1000 do pcall(function() ensemble(benchmark.problem('gauss', 3), { walkers = 8, seed = i, thin = 1000 }):run{ steps = 100000000 } end) end" },
      fits = { "", problem .. "for i = 1, 1000 do pcall(function() fit{ plan = false, data = o, model = model, free = free, seed = i, sampler = " .. chain
        .. " }:run{ progress = false } end) end" },
      bench = { "bench fit", nil },
      validate = { "validate", "return validation{ name = 'v', model = galaxy{ ssp = ssp.synthetic(), sfh = sfh.delayed{}, redshift = 0.1 }, free = { age = prior.loguniform(1e8, 1e10) },"
        .. " bands = filters 'SDSS', snr = 10, mocks = 40, plan = false, sampler = " .. long .. " }", "--out " .. tmp .. "/v", workers },
      catalogue = { "catalogue", problem .. "local list = {}\nfor i = 1, 40 do list[i] = o end\nreturn catalogue{ data = list, model = model, free = free, plan = false, sampler = "
        .. chain .. " }", "--out " .. tmp .. "/c.h5", workers },
      explore = { "explore", "return galaxy{ ssp = ssp.synthetic(), redshift = 0.1 }", "", "grep -q 127.0.0.1 LOG" },
    }
    for name, case in pairs(cases) do
      local file = tmp .. "/" .. name .. ".lua"
      if case[2] then write(file, case[2]) end
      local command = ("%s --threads 2 %s %s %s"):format(program, case[1], case[2] and file or "", case[3] or "")
      local code, text, seconds = ended(command, case[4] or busy(60))
      test.ok(seconds < 10, ("%s: %g s after SIGTERM it runs on: %s"):format(name, seconds, text))
      test.eq(code, 1, name .. ": " .. text)
      test.ok(text:find("ended by SIGTERM", 1, true) or text:find("the same command goes on", 1, true), name .. ": " .. text)
      if case[4] == workers then -- SIGINT to the main process alone, as no terminal sends it
        code, text, seconds = ended(command .. " --fresh", workers, "INT")
        test.ok(seconds < 10, ("%s: %g s after SIGINT it runs on: %s"):format(name, seconds, text))
        test.ok(code ~= 0, name .. ": " .. text)
      end
    end
    os.execute("rm -rf " .. tmp)
  end)

  test.it("SIGTERM ends what the shell was asked to do, too", function()
    local code, text, seconds = ended(program .. " -e 'galua.queue.shell(\"sleep 61.5; sleep 61.5\") print(3)'", "sleep 1")
    test.ok(code == 1 and seconds < 5 and not text:find "3", text)
    test.ok(text:find("ended by SIGTERM", 1, true), text)
    test.eq(os.execute("pgrep -x -f 'sleep 61.5' > /dev/null"), 256)
    test.eq(galua.queue.shell("exit 7"), 7)
  end)

  test.it("a limit on the size of files is an error in one line, and leaves no file", function()
    local out, log = os.tmpname() .. ".csv", os.tmpname()
    local code = ([[local v = {} for i = 1, 20000 do v[i] = i end tables.write(%q, {{ name = "a", values = v }})]]):format(out)
    local rc = os.execute(("(ulimit -f 8; %s -e '%s') > %s 2>&1"):format(program, code, log))
    local text = read(log)
    test.ok(rc ~= 0)
    test.ok(text:find("cannot write: File too large", 1, true), text)
    test.eq(select(2, text:gsub("\n", "")), 1)
    test.ok(not io.open(out))
    os.remove(log)
  end)
end)
