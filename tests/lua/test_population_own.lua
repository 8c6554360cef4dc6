-- Populations whose galaxies have their own redshift and dust, counts, DiffstarPop and fits of histories, at the prompt: against the populations
-- that they must agree with, and gradients against differences.
local galua = require "galua"
local test = galua.test
local bands = galua.filters("LSST")
local vec, linspace = galua.vec, galua.linspace

local function near(a, b, tol, what)
  test.ok(math.abs(a - b) <= tol, ("%s: %.12g, want %.12g"):format(what or "value", a, b))
end
local function fails(word, f, ...) test.says(test.message(f, ...), word) end
-- central differences of f at 0, the error of the order h^4
local function slope(f, h) return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h) end

local mass, red = vec{ 11.5, 12, 12.7, 12.3 }, vec{ 0.3, 0.28, 0.3, 0.33 }
local function with(more)
  local o = { logm0 = mass, t_peak = vec{ 14, 6.2, 9.1, 10 }, lgmet = -2.2, z = red }
  for k, v in pairs(more or {}) do o[k] = v end
  return galua.population(o)
end
local weights = { { 1, -2, 0.5, 1 }, { 0, 1, 0, 1 }, { -1, 0.3, 2, 0 }, { 0.1, 0, 0, 0 }, { 0, 0, 1, -1 }, { 1, 1, 1, 1 } }
local function loss(p)
  local m, sum = p:photometry(bands), 0
  for b = 1, 6 do
    local row = m:row(b)
    for i = 1, 4 do sum = sum + weights[b][i] * row[i] end
  end
  return sum
end

test.describe("a population with redshifts of its own", function()
  test.it("is what populations at each redshift are", function()
    local p = with()
    local m, formed = p:photometry(bands)
    for i = 1, 4 do
      local one = galua.population{ logm0 = mass[i], t_peak = p.n == 4 and ({ 14, 6.2, 9.1, 10 })[i], lgmet = -2.2 }
      local own, f = one:photometry(bands, red[i])
      near(formed[i] / f[1], 1, 1e-10)
      for b = 1, 6 do near(m:row(b)[i], own:row(b)[1], 5e-3, "band " .. b) end -- flux is linear between redshifts 1 % of 1 + z apart
    end
    test.eq(p.z[2], 0.28)
  end)
  test.it("has dust of each galaxy near the exact screen", function()
    local m = with{ dust = { av = vec{ 0, 0.3, 0.6, 1 }, delta = -0.2 } }:photometry(bands)
    local bare = with():photometry(bands)
    for b = 1, 6 do near(m:row(b)[1], bare:row(b)[1], 1e-12) end
    for i = 2, 4 do
      local av = ({ 0, 0.3, 0.6, 1 })[i]
      local one = galua.population{ logm0 = mass[i], t_peak = ({ 14, 6.2, 9.1, 10 })[i], lgmet = -2.2, dust = { av = av, delta = -0.2 } }
      local own = one:photometry(bands, red[i])
      for b = 1, 6 do near(m:row(b)[i], own:row(b)[1], 0.06 * av + 5e-3, "band " .. b) end -- at one wavelength of the band
    end
    local young = with{ dust = { av = 0.3, av_young = 1.3, delta = -0.2 } }:photometry(bands)
    local old = with{ dust = { av = 0.3, delta = -0.2 } }:photometry(bands)
    test.ok(young:row(1)[1] > old:row(1)[1] + 0.02 and young:row(6)[1] > old:row(6)[1])
  end)
  test.it("has the gradient of its magnitudes by redshift and dust", function()
    local names = { "av", "delta", "bump", "funo", "av_young", "delta_young" }
    local at = { av = 0.4, delta = -0.2, bump = 0.8, funo = 0.05, av_young = 1, delta_young = -0.4 }
    local p
    local function dusty(name, d)
      local o = {}
      for _, k in ipairs(names) do o[k] = vec{ at[k], at[k], at[k], at[k] } + (k == name and d or 0) * vec{ 1, 1, 1, 1 } end
      p = p and p:set(o) or with{ dust = o }
      return p
    end
    local g = dusty():gradient(bands, nil, weights)
    for _, k in ipairs(names) do
      local sum = 0
      for i = 1, 4 do sum = sum + g[k][i] end
      local d = slope(function(h) return loss(dusty(k, h)) end, 1e-4)
      near(sum, d, 1e-7 * (1 + math.abs(d)), k)
    end
    -- the redshift moves cells, dust, time of observation and distance; the ends of the grid stay where they are
    local wide = { logm0 = vec{ 12, 12, 12 }, dust = { av = vec{ 0.3, 0.3, 0.3 } } }
    local function total(z)
      wide.z = vec{ 0.29, z, 0.33 }
      local m = galua.population(wide):photometry(bands)
      local sum = 0
      for b = 1, 6 do sum = sum + b * m:row(b)[2] end
      return sum
    end
    local z0, w = 0.3137, {}
    for b = 1, 6 do w[b] = { 0, b, 0 } end
    wide.z = vec{ 0.29, z0, 0.33 }
    local by = galua.population(wide):gradient(bands, nil, w).z[2]
    local d = slope(function(h) return total(z0 + h) end, 1e-5)
    near(by, d, 1e-5 * math.abs(d), "redshift")
  end)
  test.it("refuses what is wrong", function()
    fails("own redshift", function() return with():photometry(bands, 0.3) end)
    fails("own redshift", function() return with():photometry(bands, nil, { t_obs = 3 }) end)
    fails("galaxy 2: attenuation of -1", function() return with{ dust = { av = vec{ 1, -1, 1, 1 } } }:photometry(bands) end)
    fails("leave x0", with, { dust = { av = 1, x0 = 0.2 } })
    fails("av has 2 values", with, { dust = { av = vec{ 1, 2 } } })
    fails("lgmet has 3 values", function() with():set{ lgmet = vec{ -2, -2, -2 } } end)
    fails("unknown option 'av'", function() with():set{ av = 1 } end)
  end)
end)

local axes = { { band = 3, edges = linspace(12, 26, 15), width = 0.4 }, cuts = { { band = 2, minus = 3, at = 0.4, width = 0.2 } } }
test.describe("counts of a population", function()
  test.it("are the soft histogram of its magnitudes", function()
    local p = with()
    local m, c = p:photometry(bands), p:counts(bands, nil, { axes[1] })
    local h = galua.soft_histogram{ x = m:row(3), edges = axes[1].edges, width = 0.4 }
    for k = 1, 14 do near(c[k], h[k], 1e-9) end
    local all = galua.population{ logm0 = mass, lgmet = -2.2 }:counts(bands, 0.2, { axes[1], { band = 2, minus = 4, edges = { -9, 9 }, width = 0.1 } })
    local flat = galua.population{ logm0 = mass, lgmet = -2.2 }:counts(bands, 0.2, { axes[1] })
    for k = 1, 14 do near(all:row(k)[1], flat[k], 1e-9) end
  end)
  test.it("have gradients by everything, weights included", function()
    local g = {}
    for k = 1, 14 do g[k] = math.sin(k) end
    local p = with()
    local function value(d, wd)
      local c = p:set{ lgmet = -2.2 + d }:counts(bands, nil, { axes[1], cuts = axes.cuts, weights = vec{ 1 + (wd or 0), 0.5, 2, 1 } })
      local s = 0
      for k = 1, 14 do s = s + g[k] * c[k] end
      return s
    end
    local by = with():counts_gradient(bands, nil, { axes[1], cuts = axes.cuts, weights = vec{ 1, 0.5, 2, 1 } }, g)
    local sum = 0
    for i = 1, 4 do sum = sum + by.lgmet[i] end
    near(sum, slope(function(h) return value(h) end, 1e-4), 1e-7, "lgmet")
    near(by.weights[1], slope(function(h) return value(0, h) end, 1e-2), 1e-9, "weight")
    test.eq(by.z and #by.z, 4)
  end)
  test.it("refuse what is wrong", function()
    fails("band", function() return with():counts(bands, nil, { { edges = { 1, 2 }, width = 1 } }) end)
    fails("axes", function() return with():counts(bands, nil, {}) end)
    fails("two edges", function() return with():counts(bands, nil, { { band = 1, edges = { 1 }, width = 1 } }) end)
    fails("width 0", function() return with():counts(bands, nil, { { band = 1, edges = { 1, 2 }, width = 0 } }) end)
    fails("3 weights", function() return with():counts(bands, nil, { axes[1], weights = vec{ 1, 2, 3 } }) end)
    fails("each of 14 counts", function() return with():counts_gradient(bands, nil, { axes[1] }, { 1, 2 }) end)
    fails("unknown option", function() return with():counts(bands, nil, { axes[1], cut = {} }) end)
  end)
end)

test.describe("diffstarpop", function()
  local halos = { logm0 = vec{ 11.2, 12, 12.9, 13.5 }, t_peak = vec{ 14, 5, 11, 9 }, seed = 5 }
  test.it("draws galaxies whose counts have gradients by its parameters", function()
    local function value(name, d)
      local base = galua.diffstarpop{}
      local dp = name and galua.diffstarpop{ [name] = base[name] + d } or base
      local options, w = dp:draw(halos)
      local p = galua.population(options)
      local spec = { { band = 4, edges = linspace(12, 30, 10), width = 0.7 }, weights = w }
      local g, c, s = {}, p:counts(bands, 0.2, spec), 0
      for k = 1, 9 do
        g[k] = 2 * c[k] -- of the sum of squares
        s = s + c[k] ^ 2
      end
      return s, dp, p, spec, g
    end
    local _, dp, p, spec, g = value()
    test.eq(p.n, 8)
    near(spec.weights[1] + spec.weights[5], 1, 1e-14)
    local by = dp:draw_gradient(halos, p:counts_gradient(bands, 0.2, spec, g))
    for _, name in ipairs{ "mean_ulgy_mseq_ytp", "mean_uqt_ytp", "std_ulgm_qseq_int", "frac_quench_cen_k", "mean_ulgm_mseq_xtp", "delta_uqt_slope" } do
      local d = slope(function(h) return (value(name, h)) end, 2e-4)
      near(by[name], d, 1e-5 * (1 + math.abs(d)), name)
    end
    test.eq(by.qp_lgmh_crit, 0) -- no satellites
    halos.since, halos.lgmu, halos.logmhost = vec{ -1, 2.5, 3, 1 }, -1, 14
    local _, w = dp:draw(halos)
    halos.since, halos.lgmu, halos.logmhost = nil, nil, nil
    test.ok(w[6] > 0.5) -- quenched in the host
  end)
  test.it("refuses what is wrong", function()
    fails("must lie between 11 and 14", galua.diffstarpop, { mean_ulgm_mseq_xtp = 15 })
    fails("did you mean", galua.diffstarpop, { frac_quench_cen_K = 1 })
    fails("logtc has 2 values", function() return galua.diffstarpop{}:draw{ logm0 = vec{ 12, 12, 12 }, logtc = vec{ 0, 0 } } end)
  end)
end)

test.describe("fits of histories", function()
  test.it("find what made them", function()
    local t = linspace(0.3, 13.8, 60)
    local h = galua.diffmah{ logm0 = 12.8, logtc = 0.2, early_index = 2.2 }
    local got, info = galua.fit_diffmah{ t = t, logm = h:logm(t) }
    near(got.logm0, 12.8, 1e-5)
    near(got.early_index, 2.2, 1e-4)
    test.ok(info.loss < 1e-12 and info.points > 50)
    local s = galua.diffstar{ mah = h, lg_qt = 0.85 }
    local stars, fit = galua.fit_diffstar{ t = t, sfr = s:sfr(t), mah = h }
    test.ok(fit.loss < 0.1)
    near(math.log10(stars:formed(t)[60] / s:formed(t)[60]), 0, 0.02)
    fails("mah, the halo", galua.fit_diffstar, { t = t, sfr = t })
    fails("sfr has 2 values", galua.fit_diffstar, { t = t, sfr = { 1, 2 }, mah = h })
    fails("3 are needed", galua.fit_diffmah, { t = { 1, 2 }, logm = { 10, 11 } })
  end)
end)
