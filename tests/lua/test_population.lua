-- diffmah{}, diffstar{} and population{} at the prompt: golden values, gradients against differences, a galaxy{} beside them, messages, and
-- the program of docs/populations.md.
local galua = require "galua"
local test = galua.test
local bands = galua.filters("LSST")
local names = { "logm0", "logtc", "early_index", "late_index", "t_peak", "lgmcrit", "lgy_at_mcrit", "indx_lo", "indx_hi", "lg_qt", "qlglgdt",
  "lg_drop", "lg_rejuv", "lgmet", "scatter" }

local function close(a, b, rel, what)
  test.ok(math.abs(a - b) <= rel * math.abs(b), ("%s: %.12g, want %.12g"):format(what or "value", a, b))
end
local function fails(word, f, ...) test.says(test.message(f, ...), word) end

test.describe("diffmah and diffstar", function()
  test.it("give the golden values", function()
    local h = galua.diffmah{}
    close(h:logm(5), 11.841494645166872, 1e-12)
    close(h:rate{ 2 }[1], 226.5483938289245, 1e-11)
    close(galua.diffmah{ t_peak = 4 }:logm(8), 11.762537711933314, 1e-12)
    test.eq(galua.diffmah{ t_peak = 4 }:rate(8), 0)
    local s = galua.diffstar{ mah = h }
    close(s:sfr(10), 1.3854154068007334, 1e-11)
    close(galua.diffstar{ lagged = true }:sfr(5), 1.4691477839964608, 1e-11)
    local m = s:formed(galua.linspace(0.1, 13.8, 100))
    close(m[100], 67963919333.82644, 1e-12)
    test.eq(s.logm0, 12)
    test.eq(s.lg_qt, 1)
  end)
  test.it("have derivatives", function()
    local s, h = galua.diffstar{}, 1e-5
    local g = s:sfr_gradient{ 3, 9 }
    for i, t in ipairs{ 3, 9 } do
      local d = (galua.diffstar{ lg_qt = 1 + h }:sfr(t) - galua.diffstar{ lg_qt = 1 - h }:sfr(t)) / (2 * h)
      test.ok(math.abs(g:row(i)[10] - d) < 1e-7 * (1 + math.abs(d)))
      close(g:row(i)[7], math.log(10) * s:sfr(t), 1e-12)
    end
    local mah = galua.diffmah{}
    close(mah:logm_gradient(3):row(1)[2], (galua.diffmah{ logtc = 0.05 + h }:logm(3) - galua.diffmah{ logtc = 0.05 - h }:logm(3)) / (2 * h), 1e-7)
  end)
  test.it("refuse what is wrong", function()
    fails("did you mean 'logm0'", galua.diffmah, { logm = 12 })
    fails("early_index", galua.diffmah, { early_index = 0.1 })
    fails("lg_rejuv", galua.diffstar, { lg_rejuv = -2 })
    fails("tau_dep", galua.diffstar, { lagged = true, tau_dep = 30 })
    fails("time -1", function() return galua.diffmah{}:logm(-1) end)
    fails("at least 3", function() return galua.diffstar{}:formed{ 1, 2 } end)
  end)
end)

-- three galaxies that differ in everything
local function options(more)
  local o = { logm0 = galua.vec{ 11.5, 12, 12.7 }, logtc = 0.1, t_peak = galua.vec{ 14, 6.2, 9.1 }, lgmcrit = galua.vec{ 12, 11.8, 12.3 },
    lgmet = galua.vec{ -2.2, -1.9, -2.6 }, scatter = galua.vec{ 0.2, 0.25, 0.15 }, lg_qt = galua.vec{ 0.9, 1, 1.1 } }
  for k, v in pairs(more or {}) do o[k] = v end
  return o
end
local weights = { { 1, -2, 0.5 }, { 0, 1, 0 }, { -1, 0.3, 2 }, { 0.1, 0, 0 }, { 0, 0, 1 }, { 1, 1, 1 } }
local function loss(p, z)
  local m, sum = p:photometry(bands, z), 0
  for b = 1, 6 do
    local row = m:row(b)
    for i = 1, 3 do sum = sum + weights[b][i] * row[i] end
  end
  return sum
end

test.describe("population", function()
  test.it("has the gradient of its magnitudes, by every parameter", function()
    for _, z in ipairs{ 0, 0.5 } do
      local p = galua.population(options())
      local g = p:gradient(bands, z, weights)
      local default = { early_index = 2.6137643, late_index = 0.12692805, logtc = 0.1, lgy_at_mcrit = -10, indx_lo = 1, indx_hi = -1,
        qlglgdt = -0.50725, lg_drop = -1.01773, lg_rejuv = -0.212307 }
      for _, name in ipairs(names) do
        local total, h = 0, 1e-4
        for i = 1, 3 do total = total + g[name][i] end
        local function at(d)
          local o = options()
          local v = o[name] or default[name]
          o[name] = type(v) == "number" and v + d or v + galua.vec{ d, d, d }
          return loss(galua.population(o), z)
        end
        local d = (8 * (at(h / 2) - at(-h / 2)) - (at(h) - at(-h))) / (6 * h) * 1
        test.ok(math.abs(total - d) < 1e-6 * (1 + math.abs(d)), ("%s at z = %g: %.10g, differences %.10g"):format(name, z, total, d))
      end
    end
  end)
  test.it("knows what a shift of all rates does", function()
    local g = galua.population{ logm0 = galua.vec{ 11, 12, 13 } }:gradient(bands, 0.2, weights)
    for i = 1, 3 do
      local sum = 0
      for b = 1, 6 do sum = sum + weights[b][i] end
      close(g.lgy_at_mcrit[i], -2.5 * sum, 1e-11)
      close(g.logm0[i] + g.lgmcrit[i], -2.5 * sum, 1e-10)
    end
  end)
  test.it("of tables is that of the parameters they were made from", function()
    local t = galua.linspace(0.05, 13.8, 100)
    local rows = {}
    for i, m in ipairs{ 11.5, 12, 12.5 } do rows[i] = galua.diffstar{ mah = galua.diffmah{ logm0 = m } }:sfr(t) end
    local a = galua.population{ t = t, sfr = rows }
    local b = galua.population{ logm0 = galua.vec{ 11.5, 12, 12.5 } }
    local ma, mb = a:photometry(bands, 0.1), b:photometry(bands, 0.1)
    for k = 1, 6 do
      for i = 1, 3 do test.ok(math.abs(ma:row(k)[i] - mb:row(k)[i]) < 1e-10) end
    end
    test.eq(a:gradient(bands, 0.1, weights).sfr:row(3)[100], 0) -- after t_obs
  end)
  test.it("in float32 agrees with float64", function()
    local a, b = galua.population(options()):photometry(bands, 0.3), galua.population(options{ precision = "float32" }):photometry(bands, 0.3)
    for k = 1, 6 do
      for i = 1, 3 do test.ok(math.abs(a:row(k)[i] - b:row(k)[i]) < 2e-5) end
    end
  end)
  test.it("is as bright as a galaxy of the same stars", function()
    -- 1 Msun/yr for 9 Gyr at one metallicity of the table. DSPS shares the mass out to the nearest ages, galaxy{} interpolates between them:
    -- they differ by 0.02 mag at most
    local s = galua.ssp.default()
    local z = s.z[5]
    local t, ones = galua.linspace(0.01, 13.8, 400), {}
    for k = 1, 400 do ones[k] = 1 end
    local p = galua.population{ t = t, sfr = { ones }, lgmet = math.log10(z), scatter = 1e-3 }
    local m, mass = p:photometry(bands, 0.1, { t_obs = 9 })
    close(mass[1], 9e9, 2e-3) -- the ramp of the first 0.01 Gyr lacks half of it
    local g = galua.galaxy{ sfh = galua.sfh.constant{ psi = 1, Z = z }, ism = false, age = 9e9, redshift = 0.1 }
    for b, flux in ipairs(g:band_flux(bands):totable()) do
      local mag = -2.5 * math.log10(flux * 1e-3 / 3630.7805)
      test.ok(math.abs(m:row(b)[1] - mag) < 0.02, ("%s: %.4f beside %.4f"):format(bands[b].name, m:row(b)[1], mag))
    end
  end)
  test.it("is dimmed and reddened by dust, and its photometry is that of DSPS when asked", function()
    local o = { logm0 = 12 }
    local bare = galua.population(o):photometry(bands, 0)
    o.dust = { av = 0.5, delta = -0.3, funo = 0.05 }
    local dusty = galua.population(o):photometry(bands, 0)
    o.dust, o.rule = nil, "dsps"
    local rule = galua.population(o):photometry(bands, 0)
    local last = math.huge
    for b = 1, 6 do
      local A = dusty:row(b)[1] - bare:row(b)[1]
      test.ok(A > 0.1 and A < last)
      last = A
      test.ok(math.abs(rule:row(b)[1] - bare:row(b)[1]) < 1e-2) -- the trapezoid steps over lines between the nodes of the filter
    end
    close(dusty:row(3)[1] - bare:row(3)[1], 0.397, 0.05) -- 0.5 k(6200 A)/4.05 less what meets no dust
  end)
  test.it("refuses what is wrong", function()
    fails("did you mean 'logm0'", galua.population, { logmo = 3 })
    fails("lgmet has 2 values", galua.population, { logm0 = galua.vec{ 1, 2, 3 }, lgmet = galua.vec{ -2, -2 } })
    fails("Zsun", function() return galua.population{ lgmet = 0.1 }:photometry(bands, 0.1) end)
    fails("galaxy 2: a star formation rate of -1", function()
      return galua.population{ t = { 1, 2, 3 }, sfr = { { 1, 1, 1 }, { 1, -1, 1 } } }:photometry(bands, 0, { t_obs = 2.5 })
    end)
    fails("t_obs = 13.9", function() return galua.population{}:photometry(bands, 0, { t_obs = 13.9 }) end)
    fails("times", function() return galua.population{ t = { 1, 3, 2 }, sfr = { { 1, 1, 1 } } }:photometry(bands, 0, { t_obs = 2 }) end)
    fails("columns", galua.population, { t = { 1, 2, 3 }, sfr = { { 1, 1 } } })
    fails("6 bands x 1 galaxies", function() return galua.population{}:gradient(bands, 0, { { 1 } }) end)
    fails("redshift", function() return galua.population{}:photometry(bands, -1) end)
    fails("dust: unknown option", galua.population, { dust = { Av = 1 } })
  end)
  test.it("is counted softly, and the gradient of counts goes back to every galaxy", function()
    local o = { x = { -21.0, -21.3, -20.2, -22.4 }, edges = { -23, -22, -21, -20 }, width = 0.2, g = { 0, 1, 0 } }
    local c, g = galua.soft_histogram(o)
    close(c[1], 0.9823673982624594, 1e-13)
    close(c[2], 1.447075961112541, 1e-13)
    close(g.x[1], -1.8229166666666665, 1e-13)
    -- a luminosity function: counts of rest-frame r magnitudes of the three galaxies by lgy, the chain against -2.5 per dex
    local p = galua.population(options())
    local r = p:photometry(bands, 0):row(3)
    local h = { x = r, edges = galua.linspace(-25, -15, 11), width = 0.3, g = galua.linspace(1, 3, 10) }
    local _, back = galua.soft_histogram(h)
    local zero, gm = { 0, 0, 0 }, {}
    for b = 1, 6 do gm[b] = b == 3 and back.x:totable() or zero end
    local by = p:gradient(bands, 0, gm).lgy_at_mcrit
    for i = 1, 3 do test.ok(math.abs(by[i] + 2.5 * back.x[i]) < 1e-9) end
    local function value(d)
      h.x = galua.population(options{ lgy_at_mcrit = -10 + d }):photometry(bands, 0):row(3)
      h.g = nil
      local n, s = galua.soft_histogram(h), 0
      for j = 1, 10 do s = s + (1 + 2 * (j - 1) / 9) * n[j] end
      return s
    end
    local d = (value(1e-4) - value(-1e-4)) / 2e-4
    test.ok(math.abs(by[1] + by[2] + by[3] - d) < 1e-5 * (1 + math.abs(d)))
    fails("width 0", galua.soft_histogram, { x = { 1 }, edges = { 0, 1 }, width = 0 })
    fails("edges", galua.soft_histogram, { x = { 1 }, edges = { 1, 0 }, width = 1 })
    fails("2 weights", galua.soft_histogram, { x = { 1 }, edges = { 0, 1 }, width = 1, weights = { 1, 2 } })
  end)
  test.it("is measured", function()
    local r = galua.benchmark.population{ galaxies = 1000, threads = 2 }
    for _, name in ipairs{ "plain", "tables64", "tables32_gradient", "parameters64_gradient", "parameters32", "threads_ratio" } do
      test.ok(r[name] >= 0 and r[name] < math.huge, name)
    end
    fails("galaxies", galua.benchmark.population, { galaxies = 10 })
    -- nothing is kept between galaxies: a rate and a mass at each time of each would be 320 MB; the allocator of a sanitizer holds back some
    test.ok(galua.benchmark.population{ galaxies = 200000, tables = false }.memory < 16)
  end)
  test.it("runs the program of docs/populations.md", function()
    local f = assert(io.open "docs/populations.md")
    local text = f:read "*a"
    f:close()
    local n = 0
    for code in text:gmatch "```lua\n(.-)```" do
      local env = setmetatable({ print = function() n = n + 1 end }, { __index = function(_, k) return galua[k] or _G[k] end })
      setfenv(assert(loadstring(code)), env)()
    end
    test.ok(n > 3)
  end)
end)
