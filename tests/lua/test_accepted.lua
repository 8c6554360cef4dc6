-- What is said of a run that did not end well is the same in its summary, in a catalogue's table and in a validation; of one that did, nothing.
local test = require "galua.test"
local table_of = ssp.synthetic()
local dir = os.tmpname()
os.remove(dir)
os.execute("mkdir -p " .. dir)

local o = observation{ name = "m", redshift = 0.1, photometry = { { "SDSS.g", 1, 0.1 }, { "SDSS.r", 2, 0.1 }, { "SDSS.i", 3, 0.2 } } }
local function model() return galaxy{ ssp = table_of, sfh = sfh.delayed{}, ism = false, redshift = 0.1 } end
local function free() return { age = prior.loguniform(1e9, 1e10), ["sfh.norm"] = prior.loguniform(1, 300) } end
local function run(s) return fit{ data = o, model = model(), free = free(), plan = false, seed = 1, sampler = s }:run{ progress = false } end
local function line_of(text, name) return text:match("\n(" .. name:gsub("%.", "%%.") .. " [^\n]*)") end

test.describe("a run", function()
  test.it("that converged has no parameter of which its summary says that the chain is too short", function()
    local f = run(sampler.ensemble{})
    test.eq(f.engine.state, "converged")
    local s = f:summary()
    for _, r in ipairs(s.parameters) do
      test.eq(r.trusted, true, r.name)
      test.ok(not line_of(tostring(s), r.name):find("shorter", 1, true), tostring(s))
    end
    test.ok(tonumber(f.engine.state_text:match("steps are (%d+) autocorrelation times")) >= 50, f.engine.state_text)
  end)
  test.it("that is too short says so of each parameter, and is not called converged", function()
    for _, kind in ipairs{ sampler.ensemble{ steps = 30 }, sampler.ensemble{ until_tau = 50, steps = 40 } } do
      local f = run(kind)
      test.ok(f.engine.state ~= "converged", f.engine.state_text)
      local s = f:summary()
      for _, r in ipairs(s.parameters) do
        test.eq(r.trusted, false, r.name)
        test.ok(line_of(tostring(s), r.name):find("chain shorter than 50 tau", 1, true), tostring(s))
      end
    end
  end)
end)

test.describe("a validation", function()
  -- what does not end well: a short chain, nested sampling that may not go on, one path to a posterior that is no Gaussian
  for name, kind in pairs{ ensemble = sampler.ensemble{ steps = 20, walkers = 16 }, nested = sampler.nested{ live = 30, max_calls = 60 },
    pathfinder = sampler.pathfinder{ paths = 1 } } do
    test.it("counts what the table shows: " .. name, function()
      local v = validation{ model = model(), bands = filters "SDSS.ugriz", free = free(), snr = 20, mocks = 19, seed = 2, sampler = kind }
      v:run{ out = dir .. "/" .. name, threads = 1, progress = false }
      local t = observation.catalogue(dir .. "/" .. name .. ".fits")
      local state, flags = t:column("state"), t:column("flags")
      local refused, flagged = 0, 0
      for i = 1, #state do
        if flags[i] ~= "" then flagged = flagged + 1 end
        if state[i] == "not accepted" then
          refused = refused + 1
          test.ok(flags[i]:find("not accepted: %w"), flags[i]) -- with the reason
        end
      end
      test.ok(refused > 0, name .. ": all were accepted")
      test.eq(v.result.flagged, flagged)
      test.eq(v.result.accepted, 19 - refused - #v.result.failed)
      v:report(dir .. "/" .. name)
      local text = io.open(dir .. "/" .. name .. ".md"):read("*a")
      test.ok(text:find(("%d of 19 fits accepted by their sampler, %d failed; %d carry flags"):format(v.result.accepted, #v.result.failed, flagged), 1, true), text)
    end)
  end
  os.execute("rm -rf " .. dir)
end)

test.describe("what a catalogue asks of a result besides its sampler's word", function()
  local function fitted(more)
    local path = os.tmpname()
    local o = { data = { o, o }, model = model(), free = free(), seed = 3, plan = false, keep = 10 }
    for k, v in pairs(more) do o[k] = v end
    catalogue(o):run{ out = path .. ".h5", threads = 1, progress = false }
    local t = observation.catalogue(path .. ".fits")
    os.execute(("rm -rf %s %s.*"):format(path, path))
    return t:column("state")[1], t:column("sampler")[1], t:column("flags")[1], t:column("lnz_err")[1], t:column("ess")[1]
  end
  test.it("is ln Z to 0.1 and 300 draws where nobody named a sampler", function()
    local state, _, _, err, ess = fitted{}
    test.eq(state, "converged")
    test.ok(err <= 0.1 and ess >= 300)
  end)
  test.it("sends a result that has less up the ladder, and says it of the last", function()
    local state, kind, flags, err = fitted{ escalate = { sampler.importance{ ess = 200 }, sampler.nested{ live = 40 } }, accept = { lnz_err = 1e-4 } }
    test.eq(state, "not accepted")
    test.eq(kind, "nested")
    test.ok(flags:find(("not accepted: ln Z to %.2g, 0.0001 is asked for"):format(err), 1, true), flags)
    state, kind = fitted{ escalate = { sampler.importance{ ess = 200 }, sampler.importance{ ess = 900 } }, accept = { ess = 600 } }
    test.eq(state .. kind, "convergedimportance")
    state, _, flags = fitted{ sampler = sampler.importance{ ess = 100 }, accept = { ess = 1e6 } }
    test.ok(state == "not accepted" and flags:find("effective draws, 1e+06 are asked for", 1, true), flags)
  end)
  test.it("is nothing where somebody did", function()
    local state, _, _, err = fitted{ sampler = sampler.nested{ live = 40 } }
    test.ok(state == "converged" and err > 0.1)
    test.throws(function() catalogue{ data = { o }, model = model(), free = free(), accept = { ess = -1 } } end,
      "catalogue: accept.ess must be above 0, got -1")
    test.throws(function() catalogue{ data = { o }, model = model(), free = free(), accept = { es = 1 } } end, "~unknown option 'es'")
  end)
end)

test.describe("a quantity that a catalogue is asked for", function()
  local function make(derived, m)
    return catalogue{ data = { o }, model = m or model(), free = free(), derived = derived }
  end
  test.it("and no model has is refused before it starts, with the nearest name", function()
    test.throws(function() make{ "Mstar", "Mstr" } end, "catalogue: derived: no quantity 'Mstr' of this model, did you mean 'Mstar'?")
    test.throws(function() make{ "SDSS.g-NOPE.r" } end, "~NOPE")
    test.throws(function() make{ 3 } end, "~holds a number")
    test.throws(function() validation{ model = model(), bands = filters "SDSS.ugriz", free = free(), mocks = 19, derived = { "LIRR" } }
      :run{ out = os.tmpname(), progress = false } end, "~LIRR")
  end)
  test.it("may be a band, a rest-frame colour, or what a model made for each row may have", function()
    make{ "flux.SDSS.r", "SDSS.g-SDSS.r", "M(SDSS.r)", "t50" }
    make({ "mine" }, function() return model() end)
  end)
end)
