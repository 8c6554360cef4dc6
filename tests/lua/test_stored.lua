-- Results files of commit 0931030 (tests/ref/stored_*.h5, made by scripts/dev/stored_runs.lua there), one a sampler and one of a strategy:
-- they open, their draws and derived quantities are what they were, and runs go on from them.
local test = require "galua.test"
local core = require "galua.core"

local table_of = ssp.synthetic()

local function code(f)
  local s, t = f:samples(), {}
  for i = 1, s.n do
    for k = 1, f.target.ndim do t[#t + 1] = ("%.17g"):format(s.x[i][k]) end
    t[#t + 1] = ("%.17g %.17g"):format(s.lnprior[i], s.lnlike[i])
    t[#t + 1] = ("%.17g %.17g"):format(s.derived.Mstar[i], s.derived.SFR[i])
  end
  return core.hash(table.concat(t, " "))
end

-- sampler, hash of its draws, how many, state, evaluations[, hash after `more`, more]
local function lines()
  local list = {}
  for line in io.lines "tests/ref/stored_runs.txt" do
    if not line:match "^#" then
      local row = {}
      for word in line:gmatch "[^|]+" do row[#row + 1] = word:match "^%s*(.-)%s*$" end
      list[#list + 1] = row
    end
  end
  return list
end

local function open(name) return load_fit("tests/ref/stored_" .. name .. ".h5", { ssp = table_of }) end

test.describe("stored results", function()
  test.it("of every sampler open with the same draws, derived quantities, state", function()
    local n = 0
    for _, r in ipairs(lines()) do
      local f = open(r[1])
      test.eq(f.sampler.kind, r[1])
      test.eq(f:samples().n, tonumber(r[3]))
      if code(f) ~= r[2] then error(("%s: its draws or derived quantities are not those that were stored"):format(r[1])) end
      test.eq(f.engine.state, r[4])
      test.eq(f.engine.evaluations, tonumber(r[5]))
      n = n + 1
    end
    test.eq(n, 7)
  end)

  -- Numerics 2 differs from 1 by rounding, and so do kinds of processors; the gradients that nuts follows were differences then, and are exact now.
  local allowed = { ensemble = 1e-10, smc = 1e-10, nuts = 1e-4 }
  test.it("go on as they went on then, to the same draws", function()
    local runs, now = {}, nil
    for line in io.lines "tests/ref/stored_more.txt" do
      local name, more, n = line:match "^# (%w+) (%d+) (%d+)$"
      if name then
        now = { name = name, more = tonumber(more), n = tonumber(n) }
        runs[#runs + 1] = now
      elseif now then
        local row = {}
        for v in line:gmatch "%S+" do row[#row + 1] = tonumber(v) end
        now[#now + 1] = row
      end
    end
    test.eq(#runs, 3)
    for _, r in ipairs(runs) do
      local f = open(r.name)
      f:run { more = r.more, progress = false }
      local s, worst = f:samples(), 0
      test.eq(s.n, r.n)
      for i = 1, s.n do
        for k = 1, 4 do
          local v, was = k < 4 and s.x[i][k] or s.lnlike[i], r[i][k]
          worst = math.max(worst, math.abs(v - was) / (1 + math.abs(was)))
        end
      end
      if not (worst < allowed[r.name]) then error(("%s goes on to other draws: %.2g apart"):format(r.name, worst)) end
    end
  end)

  test.it("of another number of the numerics are read, with a line, but no run goes on over them", function()
    local versions, path, said = core.versions, os.tmpname(), nil
    os.execute(("cp tests/ref/stored_ensemble.h5 %s"):format(path))
    local stderr = io.stderr
    core.versions = function()
      local v = versions()
      v.numerics = v.numerics + 1
      return v
    end
    io.stderr = { write = function(_, text) if text:find("numerics", 1, true) then said = text end end }
    local ok, f = pcall(load_fit, path, { ssp = table_of })
    io.stderr = stderr
    local went, why = pcall(function() f:run { out = path, resume = true, progress = false } end)
    core.versions = versions
    os.remove(path)
    if not ok then error(f) end
    test.eq(said, path .. ": made with numerics 1 of the model, here they are " .. versions().numerics + 1 .. ": likelihoods computed now differ from those stored\n")
    test.eq(went, false)
    test.eq(tostring(why), path .. ": made with numerics 1 of the model, here they are " .. versions().numerics + 1 .. ": its likelihoods would differ from those stored; start afresh")
  end)
end)
