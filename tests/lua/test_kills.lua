-- T-41, the quick part: runs of every sampler killed (kill -9) at random moments; 50 moments each in tests/validate/kills.lua.
local test = require "galua.test"
local kills = dofile("tests/kills/init.lua")

test.describe("killed at random moments", function()
  local r = random.stream(41)
  for _, kind in ipairs(kills.kinds()) do
    test.it(("%s: the file can be read, the resumed run has the bits of an uninterrupted one"):format(kind), function()
      local s = kills.series(kind, 2, function() return r:uniform() end)
      test.eq(s.kills, 2)
      test.ok(s.finished >= 1)
      test.ok(s.unreadable + s.different + s.lost == 0, s.messages[1])
    end)
  end
end)

test.describe("Ctrl-C", function()
  test.it("stops a fit at the next batch: what there is is written and can be used", function()
    local program = require("galua.core").realpath("/proc/self/exe")
    local base = os.tmpname()
    local file = assert(io.open(base, "w"))
    file:write(([[
      local g = galaxy{ ssp = ssp.synthetic(), sfh = sfh.delayed{}, age = 4e9, redshift = 0.1 }
      local o = observation.new{ name = "mock", redshift = 0.1 }
      for _, b in ipairs{ "SDSS.g", "SDSS.r" } do o:add(b, 1, 0.1, "detection") end
      local f = fit{ plan = false, data = o, model = g, free = { age = prior.loguniform(1e9, 1e10), ["sfh.norm"] = prior.loguniform(1, 300) },
        sampler = sampler.ensemble{ walkers = 24, steps = 100000000, thin = 100000 } }
      os.execute("(sleep 0.5; kill -INT $PPID) &")
      f:run{ out = "%s.h5", progress = false, checkpoint_every = 1000 }
      print(f.engine.state, galua.result_texts("%s.h5").sampler)
    ]]):format(base, base))
    file:close()
    local p = io.popen(("%s --threads 1 %s 2>/dev/null"):format(program, base))
    local text = p:read("*a")
    p:close()
    test.eq(text, "interrupted\tensemble\n")
    os.remove(base)
    os.remove(base .. ".h5")
  end)
end)
