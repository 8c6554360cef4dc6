-- mock{}: sources drawn from priors, with noise and a selection; a table that a catalogue reads; galua mock.
local test = require "galua.test"
local core = require "galua.core"
local exe = core.realpath("/proc/self/exe")
local base = os.tmpname()
local t = ssp.synthetic()
local bands = filters("SDSS.gri")

local function make(o)
  o.model = o.model or galaxy{ ssp = t, sfh = sfh.constant{ mass = 1e10 }, ism = false, redshift = 0.3, age = 1e9 }
  o.free = o.free or { ["sfh.mass"] = prior.loguniform(1e9, 1e11), redshift = prior.uniform(0.2, 0.6) }
  o.bands, o.seed = bands, o.seed or 5
  return mock(o)
end

test.describe("a mock", function()
  test.it("is a draw of the priors with noise of the size that is said", function()
    local m = make{ n = 400, sigma = { ["SDSS.g"] = 2e-4, default = 1e-4 }, errors = { ["SDSS.i"] = 0.1 }, derived = { "Mstar" } }
    local z, mass, pull = {}, {}, { {}, {}, {} }
    for i = 1, m.n do
      local s = m:source(i)
      z[i], mass[i] = s.redshift, math.log10(s.truth["sfh.mass"])
      test.close(s.truth.redshift, s.redshift, 1e-12)
      test.ok(s.truth.Mstar > 0.3 * s.truth["sfh.mass"] and s.truth.Mstar < s.truth["sfh.mass"])
      test.close(s.err["SDSS.g"], 2e-4, 1e-12)
      test.close(s.err["SDSS.i"], math.sqrt(1e-8 + (0.1 * s.true_flux["SDSS.i"]) ^ 2), 1e-12)
      for k, f in ipairs(bands) do pull[k][i] = (s.flux[f.name] - s.true_flux[f.name]) / s.err[f.name] end
    end
    -- 400 draws: means to 4 standard errors
    test.close(vec(z):mean(), 0.4, 0, 4 * 0.4 / math.sqrt(12 * 400))
    test.close(vec(mass):mean(), 10, 0, 4 * 2 / math.sqrt(12 * 400))
    for k = 1, 3 do
      test.close(vec(pull[k]):mean(), 0, 0, 4 / 20)
      test.close(vec(pull[k]):std(), 1, 0, 4 / math.sqrt(800))
    end
    -- its fluxes are those of the galaxy that the truth describes
    local s, g = m:source(7), m.model:copy()
    g:set(s.truth.redshift and { redshift = s.truth.redshift, ["sfh.mass"] = s.truth["sfh.mass"] })
    for k, row in ipairs(g:photometry(bands)) do test.close(row.flux, s.true_flux[bands[k].name], 1e-12) end
  end)
  test.it("depends on the seed and its number alone", function()
    local a, b, c = make{ n = 3, sigma = 1e-4 }, make{ n = 50, sigma = 1e-4 }, make{ n = 3, sigma = 1e-4, seed = 6 }
    b:source(40)
    test.eq(a:source(3).flux["SDSS.g"], b:source(3).flux["SDSS.g"])
    test.ok(a:source(3).flux["SDSS.g"] ~= c:source(3).flux["SDSS.g"])
  end)
  test.it("of a depth has that magnitude at five sigma", function()
    local s = make{ n = 1, depth = { SDSS = 23 } }:source(1)
    test.close(-2.5 * math.log10(5 * s.err["SDSS.r"] / 3.6307805477010137e6), 23, 1e-12)
  end)
  test.it("is selected by what is measured, and says how many draws it took", function()
    local m = make{ n = 30, sigma = 1e-4, select = function(s) return s.mag["SDSS.r"] < 18.5 end }
    m:run{ out = base .. ".csv" }
    test.ok(m.drawn > 40, m.drawn)
    for i = 1, 30 do test.ok(m:source(i).mag["SDSS.r"] < 21.5) end
    test.ok(tostring(m):find("30 of " .. m.drawn .. " draws", 1, true))
  end)
  test.it("follows ties", function()
    local m = make{ n = 5, sigma = 1e-4, free = { ["sfh.mass"] = prior.loguniform(1e9, 1e11) },
      tie = { age = function(p) return 1e9 * (p["sfh.mass"] / 1e10) ^ 0.1 end } }
    for i = 1, 5 do test.ok(m:source(i).true_flux["SDSS.g"] > 0) end
  end)
  test.it("is written with its truth, and read back as sources", function()
    local m = make{ n = 12, sigma = 0.1, limits = 2 }
    for _, ending in ipairs{ ".fits", ".ecsv", ".csv" } do
      m:run{ out = base .. ending }
      local rows = data.read_table(base .. ending)
      test.eq(#rows.id, 12)
      local list = observation.catalogue(base .. ending, ending == ".csv" and { unit = "mJy" } or {})
      test.eq(#list, 12)
      local limits = 0
      for i = 1, 12 do
        local s, o = m:source(i), list[i]
        test.eq(o.name, s.id)
        test.close(o.redshift, s.redshift, 1e-9)
        test.close(rows["true_sfh.mass"][i], s.truth["sfh.mass"], 1e-9)
        test.close(rows["true_flux_SDSS.r"][i], s.true_flux["SDSS.r"], 1e-9)
        test.eq(#o:rows(), 3)
        for _, r in ipairs(o:rows()) do
          if s.limit[r.band] then
            limits = limits + 1
            test.eq(r.kind, "limit")
            test.close(r.flux, 2 * s.err[r.band], 1e-9)
          else
            test.close(r.flux, s.flux[r.band], 1e-9)
          end
        end
      end
      test.ok(limits > 0 and limits < 36, limits)
    end
    local o, truth = m:observation(4)
    test.eq(o.name, "mock4")
    test.close(truth.Mstar, m:source(4).truth.Mstar, 1e-12)
  end)
  test.it("says what is wrong in one line", function()
    test.throws(function() make{ n = 0, sigma = 1 } end, "mock: n must be a whole number in 1 .. 1e7, got 0")
    test.throws(function() make{} end, "~^mock: SDSS.g has no noise: give its depth")
    test.throws(function() make{ depth = { SDS = 25 } } end, "mock: depth: no band belongs to 'SDS', did you mean 'SDSS'?")
    test.throws(function() make{ depth = 25, sigma = 1 } end, "mock: SDSS.g has both depth and sigma: give one")
    test.throws(function() make{ sigma = 1, derived = { "Mstr" } } end, "mock: no derived quantity 'Mstr', did you mean 'Mstar'?")
    test.throws(function() make{ sigma = 1, select = function() return false end }:source(1) end, "~^mock: source 1: 10000 draws in a row")
    test.throws(function() mock{ free = {} } end, "mock: 'model' is missing: a galaxy, such as galaxy{ redshift = 0.5 }")
  end)
end)

test.describe("galua mock", function()
  test.it("writes the table of a file, refuses to replace one, and is fitted", function()
    core.write_file(base .. ".lua", [[return mock{ model = galaxy{ sfh = sfh.constant{ mass = 1e10 }, ism = false, age = 1e9 }, n = 2, seed = 3, depth = 24,
      free = { redshift = prior.uniform(0.2, 0.4), ["sfh.mass"] = prior.loguniform(1e10, 1e11) }, bands = filters("SDSS.gri") }]])
    local function run(args)
      local p = io.popen(("%q %s 2>&1; echo status $?"):format(exe, args))
      local text = p:read("*a")
      p:close()
      return text
    end
    os.remove(base .. ".fits")
    local said = run("mock " .. base .. ".lua --n 3")
    test.ok(said:find("3 sources", 1, true) and said:find("status 0", 1, true), said)
    test.eq(#data.read_table(base .. ".fits").id, 3)
    said = run("mock " .. base .. ".lua")
    test.ok(said:find("exists: --fresh replaces it", 1, true) and said:find("status 1", 1, true), said)
    test.ok(run("mock " .. base .. ".lua --fresh"):find("status 0", 1, true))
    test.ok(run("mock"):find("status 2", 1, true))
  end)
end)
os.execute("rm -f " .. base .. "*")
