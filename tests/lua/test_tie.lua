-- fit{ tie = }: parameters that follow from others.
local test = require "galua.test"
local table_of = ssp.synthetic()
local bands = filters("SDSS.griz", "Herschel.PACS")

local function model() return galaxy{ ssp = table_of, sfh = sfh.delayed{ norm = 20, Mdust = 3e7 }, age = 4e9, redshift = 0.1 } end

local function make(options)
  local o = { data = observation.new{ name = "mock", redshift = 0.1 }, model = model(), seed = 5,
    sampler = sampler.ensemble{ walkers = 16, steps = 60 }, free = { age = prior.loguniform(1e9, 1.2e10), ["ism.N_MC"] = prior.loguniform(10, 1e4) } }
  for k, v in pairs(options or {}) do o[k] = v end
  local flux = model():band_flux(bands)
  for i = 1, #bands do o.data:add(bands[i], flux[i], 0.1 * flux[i]) end
  return fit(o)
end

local message = test.message

test.describe("tied parameters", function()
  test.it("are the functions of the others, in the likelihood, in samples and in the best model", function()
    local scale = 10
    local f = make{ tie = { ["ism.R_MC"] = function(p) return scale * (p["ism.N_MC"] / 1e3) ^ -0.5 end, ["ism.dDDupp"] = "ism.dMCupp",
      ["sfh.tau"] = function(p) return 0.1 * p.age + p["ism.R_MC"] end } } -- a tied one among them
    local x = vec{ 9.5, 2.5 }
    local _, l = f.target:lnprob(x)
    local g = model()
    f.target:values(x, g)
    test.eq(g.ism.R_MC, 10 * (10 ^ 2.5 / 1e3) ^ -0.5)
    test.eq(g.ism.dDDupp, g.ism.dMCupp)
    test.eq(g.sfh.tau, 0.1 * g.age + g.ism.R_MC)
    -- the same point with the values given
    local direct = make{ model = g:copy() }
    local _, m = direct.target:lnprob(x)
    test.eq(l[1], m[1])
    f:run{ progress = false }
    local best = f:best()
    test.eq(best.ism.R_MC, 10 * (best.ism.N_MC / 1e3) ^ -0.5)
    local s = f:samples()
    local _, again = f.target:lnprob(s.x)
    for i = 1, s.n do test.eq(again[i], s.lnlike[i]) end
  end)

  test.it("make the fit with the parameter replaced, to the bit and on any number of threads", function()
    local before, runs = threads(), {}
    for _, n in ipairs{ 1, 2 } do
      threads(n)
      runs[n] = make{ free = { ["ism.dDDlow"] = prior.uniform(0.5, 1.5), age = prior.loguniform(1e9, 1e10) }, tie = { ["ism.dMClow"] = "ism.dDDlow" } }
        :run{ progress = false }:samples()
    end
    threads(before)
    for i = 1, runs[1].n do test.eq(runs[1].lnlike[i], runs[2].lnlike[i]) end
    local same = make{ free = { ["ism.dDDlow"] = prior.uniform(0.5, 1.5), age = prior.loguniform(1e9, 1e10) },
      tie = { ["ism.dMClow"] = function(p) return p["ism.dDDlow"] end } }:run{ progress = false }:samples()
    for i = 1, same.n do test.eq(runs[1].lnlike[i], same.lnlike[i]) end
    -- a tie to a number, and the model that has the number
    local tied, fixed = make{ tie = { ["ism.R_MC"] = function() return 7.5 end } }:run{ progress = false }, model()
    fixed.ism.R_MC = 7.5
    local a, b = tied:samples(), make{ model = fixed }:run{ progress = false }:samples()
    test.eq(a.n, b.n)
    for i = 1, a.n do
      test.eq(a.lnlike[i], b.lnlike[i])
      test.eq(a.x[i][1], b.x[i][1])
    end
  end)

  test.it("come back from the results file, are part of the fingerprint, and take part in a plan", function()
    local path = os.tmpname() .. ".h5"
    local function tied(k) return { ["ism.R_MC"] = function(p) return k * (p["ism.N_MC"] / 1e3) ^ -0.5 end, ["ism.dDDupp"] = "ism.dMCupp" } end
    local f = make{ tie = tied(10) }:run{ progress = false, out = path }
    if not message(function() load_fit(path, { ssp = table_of }) end):find("trust") then error("Lua code ran unasked") end
    local g = load_fit(path, { ssp = table_of, trust = true })
    local _, a = f.target:lnprob(vec{ 9.4, 2 })
    local _, b = g.target:lnprob(vec{ 9.4, 2 })
    test.eq(a[1], b[1])
    if not message(function() make{ tie = tied(11) }:run{ out = path, resume = true, progress = false } end):find("likelihood") then error("resumed") end
    os.remove(path)
    local p = make{ tie = tied(10), plan = true }:compile()
    test.eq(p.target.plan.used, true)
    local _, c = p.target:lnprob(vec{ 9.4, 2 })
    if not (math.abs(c[1] - a[1]) < 1e-4 * math.abs(a[1])) then error(("ln L %.10g, whole grid %.10g"):format(c[1], a[1])) end
  end)

  test.it("are refused with one line when they cannot be", function()
    for _, case in ipairs{
      { { ["ism.R_Mc"] = "ism.dMCupp" }, "no parameter 'ism.R_Mc', did you mean 'ism.R_MC'" },
      { { ["ism.R_MC"] = "ism.foo" }, "no such parameter" },
      { { ["ism.R_MC"] = 3 }, "must be a function" },
      { { ["ism.N_MC"] = "ism.dMCupp" }, "both free and tied" },
      { { ["ism.R_MC"] = function(p) return p["sfh.nom"] end }, "no parameter 'sfh.nom'" },
      { { ["ism.R_MC"] = function() return "x" end }, "must return a number" },
      { { ["ism.R_MC"] = "ism.dMCupp", ["ism.dMCupp"] = "ism.R_MC" }, "follows from itself" } } do
      local why = message(function() make{ tie = case[1] } end)
      if not why:find(case[2], 1, true) then error(why) end
    end
    -- a value out of range is a point that cannot be
    local f = make{ tie = { ["ism.R_MC"] = function(p) return p["ism.N_MC"] > 100 and -1 or 10 end } }
    local _, l = f.target:lnprob(mat{ { 9.5, 1.5 }, { 9.5, 2.5 } })
    test.eq(l[2], -math.huge)
    if not (l[1] > -1e300) then error("ln L " .. l[1]) end
  end)
end)
