-- What scripts/validation/samplers.c measured, against what is allowed: galua scripts/validation/samplers.lua FILE ...
-- The files hold its lines. Prints a table of every row, and each limit with the value measured; status 1 when one is not met.
local rows, by, missed = {}, {}, 0
local names = { "sampler", "target", "runs", "accepted", "right", "calls", "seconds", "ess", "true_ess", "bias", "scatter", "quoted", "z_rms" }
local hard = { rosenbrock6 = true, funnel10 = true, spike20 = true }

for _, path in ipairs(arg) do
  for line in io.lines(path) do
    local r, i = {}, 0
    for word in line:gmatch("[^,]+") do
      i = i + 1
      if names[i] then r[names[i]] = i > 2 and tonumber((word:gsub("^%-?nan$", "nan"))) or word end
    end
    if i == #names and r.runs then
      rows[#rows + 1] = r
      by[r.sampler] = by[r.sampler] or {}
      by[r.sampler][r.target] = r
    end
  end
end
if #rows == 0 then error("samplers.lua: no rows: run scripts/validation/samplers.sh SAMPLER all 200 > FILE first") end

local function number(format, v) return v == v and format:format(v) or "-" end
print("| sampler | target | runs | converged | of these right | evaluations | own seconds | true ESS | evaluations per true ESS | bias of ln Z | scatter | quoted | rms z |")
print("|---|---|---|---|---|---|---|---|---|---|---|---|---|")
for _, r in ipairs(rows) do
  print(("| %s | %s | %d | %d | %d | %.0f | %.3f | %.0f | %s | %s | %s | %s | %s |"):format(r.sampler, r.target, r.runs, r.accepted, r.right, r.calls,
    r.seconds, r.true_ess, number("%.2f", r.calls / r.true_ess), number("%.4f", r.bias), number("%.4f", r.scatter), number("%.4f", r.quoted),
    number("%.2f", r.z_rms)))
end
print()

local function limit(what, value, lo, hi)
  local good = value >= lo and value <= hi
  if not good then missed = missed + 1 end
  print(("%-62s %8.3f   allowed %s%s"):format(what, value, lo > -math.huge and ("%g .. %g"):format(lo, hi) or ("at most %g"):format(hi),
    good and "" or "   NOT MET"))
end

-- importance sampling: cost against the prototype, evidence
for _, r in ipairs(rows) do
  if r.sampler == "importance" then
    local name = "importance, " .. r.target .. ": "
    local t = by.tamis and by.tamis[r.target]
    if hard[r.target] then
      limit(name .. "right or refused", 1 - (r.accepted - r.right) / r.runs, 0.9, 1)
    else
      if t then limit(name .. "evaluations per true ESS, over tamis", r.calls / r.true_ess / (t.calls / t.true_ess), -math.huge, 1.5) end
      limit(name .. "|bias|/quoted", math.abs(r.bias) / r.quoted, -math.huge, 1)
      limit(name .. "rms z", r.z_rms, 0.8, r.target == "banana10" and 1.3 or 1.2)
      limit(name .. "quoted/scatter", r.quoted / r.scatter, -math.huge, 1.3)
    end
  end
end

-- every sampler: what "converged" is worth
local kinds = {}
for kind in pairs(by) do if kind ~= "tamis" and kind ~= "--exact" then kinds[#kinds + 1] = kind end end
table.sort(kinds)
local all = { accepted = 0, right = 0, good = 0, runs = 0 }
for _, kind in ipairs(kinds) do
  local s = { accepted = 0, right = 0, good = 0, runs = 0 }
  for _, r in pairs(by[kind]) do
    s.accepted, s.right = s.accepted + r.accepted, s.right + r.right
    if not hard[r.target] then s.good, s.runs = s.good + r.accepted, s.runs + r.runs end
  end
  for k, v in pairs(s) do all[k] = all[k] + v end
  print(("%-12s called converged %4d, of these right %4d (%.3f); on targets not marked hard %4d of %4d (%.3f)"):format(kind, s.accepted, s.right,
    s.right / s.accepted, s.good, s.runs, s.good / s.runs))
end
if #kinds > 0 then
  limit("all: right, of those called converged", all.right / all.accepted, 0.95, 1)
  limit("all: called converged, of runs on targets not marked hard", all.good / all.runs, 0.8, 1)
end
for _, kind in ipairs(kinds) do
  local worst, where = 0, "-"
  for _, r in pairs(by[kind]) do
    if not hard[r.target] and r.accepted >= 10 and r.quoted / r.scatter > worst then worst, where = r.quoted / r.scatter, r.target end
  end
  if where ~= "-" then limit(("%s: quoted/scatter of ln Z, worst (%s)"):format(kind, where), worst, -math.huge, 1.5) end
end
os.exit(missed > 0 and 1 or 0)
