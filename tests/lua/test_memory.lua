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

  test.it("of a catalogue's worker does not grow with its sources", function()
    measurable()
    local function private()
      local file = io.open("/proc/self/smaps_rollup")
      if not file then test.skip("no /proc/self/smaps_rollup here") end
      local kb = file:read("*a"):match("Private_Dirty:%s+(%d+)")
      file:close()
      return tonumber(kb) / 1024
    end
    private()
    local g = galaxy{ ssp = ssp.synthetic(), sfh = sfh.delayed{ norm = 10, tau = 1e9 }, age = 3e9, redshift = 0.1 }
    local list = {}
    for i = 1, 30 do
      list[i] = observation.new{ name = "s" .. i, redshift = 0.1 }
      for k, p in ipairs(g:photometry(filters("SDSS.ugriz"))) do list[i]:add(p.band, p.flux * (1 + 0.05 * math.sin(7 * i + k)), 0.05 * p.flux) end
    end
    local c = catalogue{ data = list, model = g, seed = 2, sampler = sampler.importance{ ess = 200 },
      free = { age = prior.loguniform(1e9, 1e10), ["sfh.norm"] = prior.loguniform(1, 100) } }
    local path, work = os.tmpname(), c.work
    function c:work(j, beat) -- each leaves 20 MB behind in small pieces, as samplers do
      local file = io.open(path, "a")
      file:write(private(), "\n")
      file:close()
      local record, pieces = work(self, j, beat), {}
      for i = 1, 400 do pieces[i] = vec(6400) end
      return record
    end
    c:run{ out = path .. ".h5", threads = 1, progress = false }
    test.eq(c.state, "done")
    local mb = {}
    for line in io.lines(path) do mb[#mb + 1] = tonumber(line) end
    test.eq(#mb, 30)
    local grown = mb[30] - mb[3]
    test.ok(grown < 4, ("grew by %.1f MB from the third source to the thirtieth"):format(grown))
    test.ok(mb[30] < mb[1] + 12, ("%.1f MB of its own, %.1f at first"):format(mb[30], mb[1]))
    os.execute(("rm -rf %s %s.*"):format(path, path))
  end)
end)
