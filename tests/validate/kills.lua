-- T-41: every sampler killed (kill -9) at 50 random moments: the results file can always be read, a resumed run ends with the bits of
-- one that was never stopped, with other numbers of threads too.
-- usage: galua tests/validate/kills.lua [MOMENTS [KIND]]     prints measured and allowed; status 1 when a line is not met
local kills = dofile("tests/kills/init.lua")
local moments = tonumber(arg[1]) or 50
io.stdout:setvbuf("line")
local failed = 0
local r = random.stream(os.time())
local function draw() return r:uniform() end
local function threads(u) return u() < 0.8 and 1 or 2 end
for _, kind in ipairs(arg[2] and { arg[2] } or kills.kinds()) do
  local s = kills.series(kind, moments, draw, threads)
  local bad = s.unreadable + s.different + s.lost
  if bad > 0 then failed = failed + 1 end
  print(("T-41 %-12s %3d kills, %3d runs finished: files unreadable or lost, other bits %5d %5d  %s"):format(kind, s.kills, s.finished, bad, 0,
    bad == 0 and "ok" or "FAIL"))
  if bad > 0 then print("     " .. s.messages[1]) end
end
os.exit(failed > 0 and 1 or 0)
