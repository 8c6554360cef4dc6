-- A results file is not gone on with by another fit: the refusal names what differs, and both values.
local test = require "galua.test"

local table_of = ssp.synthetic()
local bands = { { "SDSS.g", 1, 0.1 }, { "SDSS.r", 2, 0.1 }, { "SDSS.i", 3, 0.2 } }
local function data(change)
  local list = {}
  for i, b in ipairs(bands) do list[i] = { b[1], b[2], b[3] } end
  if change then change(list) end
  return observation{ name = "m", redshift = 0.1, photometry = list }
end
local function model(o, more)
  local g = { sfh = sfh.delayed(o), ism = false, redshift = 0.1, ssp = table_of }
  for k, v in pairs(more or {}) do g[k] = v end
  return galaxy(g)
end
local function double(p) return 2 * p.age end
local function triple(p) return 3 * p.age end
local function make(t)
  return fit{ data = t.data or data(), model = t.model or model(), plan = false, noise = t.noise, tie = t.tie or { ["sfh.tau"] = double }, limits = t.limits,
    free = t.free or { age = prior.loguniform(1e9, 4e9), ["sfh.norm"] = prior.loguniform(1, 300) }, seed = 1,
    sampler = sampler.ensemble{ walkers = 24, steps = 4 } }
end

test.describe("a results file of another fit", function()
  local path = os.tmpname() .. ".h5"
  local function refused(t, ...)
    local ok, e = pcall(function() make(t):run{ out = path, resume = true, progress = false } end)
    local text = tostring(e)
    test.ok(not ok and text:find("belongs to another fit (", 1, true), text)
    test.ok(not text:find("\n", 1, true), text)
    for _, word in ipairs{ ... } do test.ok(text:find(word, 1, true), text) end
  end
  make{}:run{ out = path, progress = false }

  test.it("is refused by the prior that differs, and where it stands", function()
    refused({ free = { age = prior.uniform(1e9, 4e9), ["sfh.norm"] = prior.loguniform(1, 300) } },
      "(priors: age has prior.loguniform(1e9, 4e9) there, prior.uniform(1e9, 4e9) here)")
    refused({ free = { age = prior.loguniform(1e9, 4e9), ["sfh.norm"] = prior.loguniform(1, 301) } }, "prior.loguniform(1, 300) there, prior.loguniform(1, 301) here")
    refused({ free = { age = prior.loguniform(1e9, 4e9) } }, "(priors: sfh.norm is free there only)")
  end)

  test.it("is refused by the value that differs", function()
    refused({ model = model{ Z = 0.02 } }, "(fixed values: sfh.Z is 0.01 there, 0.02 here)")
    refused({ model = model{ k = 2 } }, "(fixed values: sfh.k is 1 there, 2 here)")
  end)

  test.it("is refused by the noise, the treatment of limits, a tie", function()
    refused({ noise = noise.calibration{ floor = 0.05 } }, "(likelihood: noise.floor is nothing there, 0.05 here)")
    refused({ limits = "cut" }, "(likelihood: limits is \"censored\" there, \"cut\" here)")
    refused({ tie = { ["sfh.tau"] = triple } }, "(likelihood: tie.sfh.tau is another function)")
    refused({ tie = { ["sfh.tau"] = double, ["sfh.Z"] = function() return 0.01 end } }, "likelihood: tie.sfh.Z is nothing there, a function here")
  end)

  test.it("is refused by the datum that differs", function()
    refused({ data = data(function(list) list[3][2] = 3.1 end) }, "(data: flux of SDSS.i is 3 there, 3.1 here)")
    refused({ data = data(function(list) list[1][3] = 0.2 end) }, "(data: err of SDSS.g is 0.1 there, 0.2 here)")
    refused({ data = data(function(list) table.remove(list, 2) end) }, "data: row 2 is SDSS.r there, SDSS.i here, row 3 is SDSS.i there, nothing here")
  end)

  test.it("is refused by the part of the model that differs", function()
    refused({ model = model(nil, { igm = true }) }, "model: components[1] is nothing there", "inoue14")
  end)

  test.it("that is the same one goes on", function()
    test.eq(make{}:run{ out = path, resume = true, progress = false }.engine.steps, 4)
  end)
  os.remove(path)
end)
