-- Does the template converge? The fit that `galua fit --template` writes, unchanged but for the data file and the seed, on the two galaxies that
-- come along, three seeds each, against nested sampling of the same posterior: measured and allowed, as the tables of docs/validation.md.
-- usage: galua scripts/validation/template.lua [FOLDER [GALAXY [SEED]]]   FOLDER (build/template) keeps fits and results: what is there is not
-- run again, and one that was ended (SIGTERM, Ctrl-C) goes on. With GALAXY and SEED (0: nested) only that one is run, so that several can run beside one another. Status 1 when a limit is not met.
local program = require("galua.core").realpath "/proc/self/exe"
local folder, only, seed = arg and arg[1] or "build/template", arg and arg[2], arg and tonumber(arg[3])
local GALAXIES, SEEDS, TAUS, STEPS, SIGMA = { "ngc3898", "ngc4351" }, { 1, 2, 3 }, 50, 20000, 0.2

local function read(f)
  local text = assert(f):read "*a"
  f:close()
  return text
end
local function exists(path)
  local f = io.open(path)
  if f then f:close() end
  return f ~= nil
end
local function replace(text, what, by)
  local out, n = text:gsub(what, by)
  assert(n == 1, ("the template has %s %d times"):format(what, n))
  return out
end

local template = read(io.popen(("%q fit --template"):format(program)))
os.execute(("mkdir -p %q"):format(folder))

-- the fit of one galaxy; number 0 is nested sampling, its error of a median a fortieth of sigma (ESS above 2500)
local function result(galaxy, number)
  local base = ("%s/%s_%s"):format(folder, galaxy, number == 0 and "nested" or number)
  if not exists(base .. ".h5") then
    local text = replace(template, "photometry/ngc3898%.ecsv", ("photometry/%s.ecsv"):format(galaxy))
    text = replace(text, "seed = 42", ("seed = %d"):format(number + 1))
    if number == 0 then text = replace(text, "\n  sampler = sampler.ensemble%b{},", "\n  sampler = sampler.nested{ live = 500 },") end
    local f = assert(loadstring(text, "=template"))()
    local start = os.clock()
    f:run{ out = base .. ".part", progress = false, checkpoint_every = 1e6, resume = exists(base .. ".part") }
    print(("%s, %d: %s; %.0f s of processor time"):format(galaxy, number, tostring(f.engine.state_text), os.clock() - start))
    assert(os.rename(base .. ".part", base .. ".h5"))
  end
  return load_fit(base .. ".h5")
end

local function row(...) print("| " .. table.concat({ ... }, " | ") .. " |") end
if seed then return result(only, seed) end
local met = true
for _, galaxy in ipairs(only and { only } or GALAXIES) do
  local fit0 = result(galaxy, 0)
  local nested = fit0:summary().parameters
  print(("\n%s: %d bands, %d free parameters\n"):format(galaxy, fit0.target.nbands, #nested))
  row("seed", "ended", "steps", ("chain / longest tau (%d)"):format(TAUS), "models", ("largest difference of medians (%.1f sigma)"):format(SIGMA), "of")
  row("---", "---", "---", "---", "---", "---", "---")
  for _, s in ipairs(SEEDS) do
    local f = result(galaxy, s)
    local e, worst, at = f.engine, 0, ""
    for i, r in ipairs(f:summary().parameters) do
      local n = nested[i]
      assert(n.name == r.name, "the fits have other parameters than the nested one")
      local diff = math.abs(r.median - n.median) / (r.median > n.median and n.plus or n.minus) -- sigma of that side
      if diff > worst then worst, at = diff, r.name end
    end
    local length = 0.75 * e.steps / e:tau():max()
    met = met and e.state == "converged" and e.steps <= STEPS and length > TAUS and worst < SIGMA
    row(tostring(s), e.state, tostring(e.steps), ("%.1f"):format(length), ("%.2g million"):format(e.evaluations / 1e6), ("%.2f"):format(worst), at)
  end
end
print(met and "\nall within the limits" or "\nNOT all within the limits")
os.exit(met and 0 or 1)
