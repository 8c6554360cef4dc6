-- galua fit --template [--catalogue], --dry-run: scripts that run as they are; what would be done, without sampling.
local test = require "galua.test"
local program = require("galua.core").realpath("/proc/self/exe")

local function run(command)
  local p = io.popen(("%s --threads 1 %s 2>&1; echo status $?"):format(program, command))
  local text = p:read("*a")
  p:close()
  return text, tonumber(text:match("status (%d+)%s*$"))
end
local base = os.tmpname()
os.remove(base)
local function write(name, text)
  local f = assert(io.open(base .. name, "w"))
  f:write(text)
  f:close()
  return base .. name
end
local function exists(path)
  local f = io.open(path)
  if f then f:close() end
  return f ~= nil
end

test.describe("a template", function()
  test.it("runs as it is, and names every parameter with its prior", function()
    local text, status = run("fit --template")
    test.eq(status, 0)
    text = text:gsub("status %d+%s*$", "")
    for _, p in ipairs(galaxy{ ssp = ssp.synthetic(), sfh = sfh.delayed{ mass = 1e10 }, ism = ism.two_phase{} }:params()) do
      test.ok(text:find(('["%s"] = prior.'):format(p.name), 1, true), p.name)
    end
    local file = write(".lua", text)
    local said
    said, status = run(("fit %s --dry-run"):format(file))
    test.eq(status, 0)
    test.ok(said:find("64 points spread over the priors are possible models", 1, true), said)
    test.ok(said:find("us per model with 1 thread; at most 20000 steps of 64 walkers, 3.5 models each, take about", 1, true), said)
    test.ok(said:find(("would write %s.h5"):format(base), 1, true), said)
    test.ok(not exists(base .. ".h5"))
    local short, n = text:gsub("\n  sampler = sampler.ensemble%b{},", "\n  sampler = sampler.ensemble{ walkers = 24, steps = 12 },", 1)
    test.eq(n, 1)
    write(".lua", short)
    said, status = run(("fit %s"):format(file))
    test.eq(status, 0)
    test.ok(exists(base .. ".h5") and exists(base .. ".html") and exists(base .. "_sed.pdf"), said)
    said, status = run(("fit %s --dry-run"):format(file))
    test.ok(said:find("without --resume or --fresh the fit would be refused", 1, true), said)
    said, status = run(("fit %s --dry-run --resume"):format(file))
    test.ok(status == 0 and said:find("would go on with", 1, true) and said:find("restored after 12", 1, true), said)
    write(".lua", (short:gsub("seed = 42", "seed = 43")))
    said, status = run(("fit %s --dry-run --resume"):format(file))
    test.ok(status == 1 and said:find("seed: 42 there, 43 here", 1, true), said)
  end)

  -- no two of the free parameters may be one, and what a prior allows the model must
  test.it("frees eight parameters or more, for any history that has them, within what the model allows", function()
    for _, kind in ipairs { "delayed", "insitu", "dpl", "burst", "continuity" } do
      local text = run("fit --template --sfh " .. kind):gsub("status %d+%s*$", "")
      text = text:gsub("plan = %b{}", "plan = false") -- not needed to look at the parameters
      local f = assert(loadstring(text, "=template"))()
      local free = {}
      for _, p in ipairs(f:params()) do
        if p.prior then free[p.name] = true end
      end
      test.ok(f.target.ndim >= ((kind == "burst" or kind == "insitu") and 6 or 8), ("%s frees %d"):format(kind, f.target.ndim))
      test.ok(free["sfh.mass"] and free.age and free["ism.Rdust"] and (free["ism.tau_esc"] or kind == "burst"), kind)
      test.ok(not (free["ism.N_MC"] and free["ism.R_MC"]), kind)
      test.ok(not free["ism.f_MC"], kind)
    end
  end)

  test.it("of a catalogue runs as it is", function()
    local text, status = run("fit --template --catalogue --dustless")
    test.eq(status, 0)
    text = text:gsub("status %d+%s*$", "")
    local file = write("_c.lua", text)
    local said
    said, status = run(("catalogue %s --dry-run"):format(file))
    test.ok(status == 0 and said:find("GALEX.FUV", 1, true), said)
    local short, n = text:gsub("escalate = {.-},   %-%-", "escalate = { sampler.optimum{ starts = 2, draws = 100 } }, --", 1)
    test.eq(n, 1)
    write("_c.lua", short)
    said, status = run(("catalogue %s"):format(file))
    test.ok(status == 0 and exists(base .. "_c.h5") and exists(base .. "_c.fits"), said)
  end)

  test.it("takes the name of the data", function()
    local text = run("fit --template --data my/source.ecsv")
    test.ok(text:find('observation.read("my/source.ecsv")', 1, true))
    text = run("fit --template --catalogue --data my/sources.fits")
    test.ok(text:find('observation.catalogue("my/sources.fits")', 1, true))
    local _, status = run("fit --template --data")
    test.eq(status, 2)
  end)
  os.execute(("rm -rf %s*"):format(base))
end)
