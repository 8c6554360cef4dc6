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

  -- the bits of a likelihood are those of one kind of processor (docs/performance.md): compared where the likelihood of the file repeats
  test.it("go on as they would have gone on then", function()
    local same = 0
    for _, r in ipairs(lines()) do
      if r[6] and core.versions().numerics <= 2 then -- 2 differs from 1 by rounding
        local f = open(r[1])
        local s = f:samples()
        local _, lnl = f.target:lnprob(s.x)
        local again = true
        for i = 1, s.n do
          local d = math.abs(lnl[i] - s.lnlike[i])
          if d > 1e-9 * (1 + math.abs(s.lnlike[i])) then error(("%s: ln L %.12g, stored %.12g"):format(r[1], lnl[i], s.lnlike[i])) end
          again = again and d == 0
        end
        f:run { more = tonumber(r[7]), progress = false }
        if again then
          if code(f) ~= r[6] then error(("%s goes on to other draws than the version that stored it"):format(r[1])) end
          same = same + 1
        end
      end
    end
    if same == 0 then print "SKIPPED stored results: another kind of processor or another number of the numerics, continuation not compared" end
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
