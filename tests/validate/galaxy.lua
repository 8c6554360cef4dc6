-- The galaxy's physics on many random draws: energy balance of every combination of dust, gas and nucleus over the usual ranges of all
-- parameters; every component, alone and together, over the widest allowed ranges: no NaN, nothing negative. About six minutes.
-- usage: galua tests/validate/galaxy.lua [closure draws (10000)] [finite draws (100000)]     status 1 when a line is not met
local P = dofile "tests/validate/lib/galaxy.lua"
local nclosure, nfinite = tonumber(arg and arg[1] or 10000), tonumber(arg and arg[2] or 100000)
local passed, failed = 0, 0

local function line(name, measured, allowed, text)
  local ok = measured <= allowed
  if ok then passed = passed + 1 else failed = failed + 1 end
  print(("%-32s %11.2g %9.2g  %-8s %s"):format(name, measured, allowed, ok and "met" or "NOT MET", text))
  io.flush()
end

if not P.have_templates then print("no ../shared/data/dust: template libraries are left out") end
if not P.have_fritz then print("no ../shared/data/galapy_database: agn.fritz is left out") end
print(("%-32s %11s %9s"):format("energy balance", "worst", "allowed"))
for i, case in ipairs(P.cases()) do
  local ok, worst, count, refused = pcall(P.closure, case, nclosure, i)
  line(case.name, ok and worst or math.huge, 1e-6, ok and ("%d draws, %d refused (no dust temperature)"):format(count, refused) or tostring(worst))
end
print(("%-32s %11s %9s"):format("finite and not negative", "bad draws", "allowed"))
for i, case in ipairs(P.alone()) do
  local ok, count, refused = pcall(P.finite, case, nfinite, 1000 + i)
  line(case.name, ok and 0 or 1, 0, ok and ("%d draws, %d refused (no dust temperature)"):format(count, refused) or tostring(count))
end
print(("%d passed, %d failed"):format(passed, failed))
if failed > 0 then os.exit(1, true) end
