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
