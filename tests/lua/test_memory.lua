-- Memory: models, components and vectors that are dropped are given back; the prompt stays small.
local test = require "galua.test"

local function status(key)
  local file = io.open("/proc/self/status")
  if not file then return nil end
  local value
  for line in file:lines() do value = value or line:match("^" .. key .. ":%s+(%d+)") end
  file:close()
  return tonumber(value) / 1024
end

-- AddressSanitizer keeps freed blocks for a while and maps terabytes: resident memory means nothing there
local function measurable()
  if not status("VmRSS") then test.skip("no /proc/self/status here") end
  if status("VmSize") > 1e6 then test.skip("built with AddressSanitizer") end
end

test.describe("memory", function()
  test.it("stays flat while 1e5 models are built and dropped", function()
    measurable()
    local t = ssp.synthetic()
    local keep = galaxy{ ssp = t, redshift = 1 }
    for i = 1, 2000 do galaxy{ ssp = t, sfh = sfh.delayed{ tau = 1e9 }, redshift = 0.1 } end
    collectgarbage()
    local before = status("VmRSS")
    for i = 1, 100000 do
      local g = galaxy{ ssp = t, sfh = sfh.delayed{ tau = 1e8 * (1 + i % 7) }, redshift = 0.1 }
      if i % 1000 == 0 then g:derived() end
    end
    collectgarbage()
    local grown = status("VmRSS") - before
    test.ok(grown < 30, ("grew by %.1f MB"):format(grown))
    test.ok(keep.redshift == 1)
  end)

  test.it("gives vectors back", function()
    measurable()
    local before = status("VmRSS")
    for i = 1, 2000 do local v = vec(100000) end -- 1.6 GB in all
    test.ok(status("VmRSS") - before < 700, "dropped vectors pile up")
  end)
end)
