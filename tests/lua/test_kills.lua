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
