-- What populations shine with beside stars and dust: bursts, a mass-metallicity relation, log U and slopes of the initial mass function as axes of
-- the table, emission lines, equivalent widths, the medium, emission of dust: against the parts they are made of, and gradients against differences.
local galua = require "galua"
local test = galua.test
local vec, linspace = galua.vec, galua.linspace
local bands = galua.filters("LSST.g", "LSST.r", "LSST.i")
local mass = vec{ 11.4, 12.1, 12.8 }
local weights = { { 1, -2, 0.5 }, { 0, 1, 0.7 }, { -1, 0.3, 2 } }

local function near(a, b, tol, what) test.ok(math.abs(a - b) <= tol, ("%s: %.12g, want %.12g"):format(what or "value", a, b)) end
local function fails(word, f, ...) test.says(test.message(f, ...), word) end
local function slope(f, h) return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h) end
local function sum(v)
  local s = 0
  for i = 1, #v do s = s + v[i] end
  return s
end
local function weighted(m, w)
  local s = 0
  for k = 1, m.rows do
    for i = 1, 3 do s = s + (w or weights)[k][i] * m:row(k)[i] end
  end
  return s
end
local function with(more)
  local o = { logm0 = mass, lg_qt = vec{ 0.9, 1.1, 1 } }
  for k, v in pairs(more or {}) do o[k] = v end
  return galua.population(o)
end

test.describe("bursts and metallicity by mass", function()
  test.it("change the light as they must", function()
    local bare, mb = with():photometry(bands, 0)
    local none = with{ lgfburst = -12 }:photometry(bands, 0)
    local burst, m = with{ lgfburst = -2, lgyr_peak = 6, lgyr_max = 7.2 }:photometry(bands, 0)
    for b = 1, 3 do
      for i = 1, 3 do
        near(none:row(b)[i], bare:row(b)[i], 1e-8)
        test.ok(burst:row(b)[i] < bare:row(b)[i] - 0.1)
      end
    end
    test.ok(burst:row(1)[3] - burst:row(2)[3] < bare:row(1)[3] - bare:row(2)[3]) -- bluer
    near(m[2], mb[2], 1e-6 * mb[2]) -- of the same mass
  end)
  test.it("follow the relation of the mass formed", function()
    local p = with{ metallicity = "mzr" }
    local m, formed = p:photometry(bands, 0, { t_obs = 10 })
    -- the golden relation: log10 Z of 1e10 and 1e11 Msun at 10 Gyr (DSPS 0.4.8)
    local lo, hi = -2.0599812071, -1.7714970531
    for i = 1, 3 do
      local x = math.log10(formed[i])
      if x > 10 and x < 11 then test.ok(p.lgmet[i] > lo and p.lgmet[i] < hi) end
    end
    local q = with{ lgmet = p.lgmet }:photometry(bands, 0, { t_obs = 10 })
    for b = 1, 3 do
      for i = 1, 3 do near(q:row(b)[i], m:row(b)[i], 1e-11) end
    end
  end)
  test.it("have gradients", function()
    local o = { metallicity = "umzr", relation = { y0 = 0.02 }, lgfburst = vec{ -1.5, -2, -3 }, lgyr_peak = 6.3, lgyr_max = 7.6 }
    local p = with(o)
    local g = p:gradient(bands, 0.2, weights)
    local function at(name, d)
      local v = with(o)
      if name == "y0" or name == "c1_y" then
        v:set{ relation = { [name] = (name == "y0" and 0.02 or 0.13) + d } }
      else
        v:set{ [name] = name == "lgfburst" and o.lgfburst + d * vec{ 1, 1, 1 } or (o[name] or -10) + d }
      end
      return weighted((v:photometry(bands, 0.2)))
    end
    for _, name in ipairs{ "lgfburst", "lgyr_peak", "lgyr_max", "lgy_at_mcrit" } do -- lgy moves the mass, with it the metallicity
      local d = slope(function(h) return at(name, h) end, 1e-4)
      near(sum(g[name]), d, 1e-6 * (1 + math.abs(d)), name)
    end
    for _, name in ipairs{ "y0", "c1_y" } do
      local d = slope(function(h) return at(name, h) end, 1e-4)
      near(g.relation[name], d, 1e-6 * (1 + math.abs(d)), name)
    end
    local young = { lgmet = -2.4, lgmet_young = vec{ -1.9, -2.1, -2.6 }, dust = { av = vec{ 0.2, 0.3, 0.4 } } }
    g = with(young):gradient(bands, 0.2, weights)
    for name, x in pairs{ lgmet = -2.4, lgmet_young = young.lgmet_young } do
      local d = slope(function(h) return weighted((with(young):set{ [name] = x + h * (name == "lgmet" and 1 or vec{ 1, 1, 1 }) }:photometry(bands, 0.2))) end, 1e-4)
      near(sum(g[name]), d, 1e-6 * (1 + math.abs(d)), name)
    end
    test.ok(g.lgmet_young[1] ~= g.lgmet[1])
    -- a loss of the masses: d ln M/d lgy = ln 10
    local _, formed = with():photometry(bands, 0.2)
    local by = with():gradient(bands, 0.2, { { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 0 } }, { mass = vec{ 1 / formed[1], 2 / formed[2], 0 } })
    near(by.lgy_at_mcrit[1], math.log(10), 1e-9)
    near(by.lgy_at_mcrit[2], 2 * math.log(10), 1e-9)
    near(by.lgy_at_mcrit[3], 0, 1e-9)
  end)
end)

local gas = galua.ssp.synthesise{ nebular = true, logu = { -3.5, -2.5, -1.5 }, z = { 0.002, 0.008, 0.02 }, nage = 50 }
local features = { { wave = 5008.24 }, { wave = 6564.6, half = 20 } }
test.describe("log U", function()
  local function nebular(u, more)
    local o = { ssp = gas, logu = u, lgmet = -2.2 }
    for k, v in pairs(more or {}) do o[k] = v end
    return with(o)
  end
  test.it("is an axis of the table, between whose nodes light is linear", function()
    local a, b, c = nebular(-3.5):lines({ "[O III] 5007", "H alpha" }, 0), nebular(-2.5):lines({ "[O III] 5007", "H alpha" }, 0),
      nebular(-3):lines({ "[O III] 5007", "H alpha" }, 0)
    for k = 1, 2 do
      for i = 1, 3 do near(c:row(k)[i], (a:row(k)[i] + b:row(k)[i]) / 2, 1e-12 * c:row(k)[i]) end
    end
    test.ok(b:row(1)[2] > 1.2 * a:row(1)[2]) -- oxygen is excited by it, hydrogen counts photons
    near(b:row(2)[2] / a:row(2)[2], 1, 0.05)
  end)
  test.it("gives the equivalent width of the spectrum, and its gradient", function()
    local u, p = vec{ -3.3, -2.7, -1.9 }, nebular(vec{ -3.3, -2.7, -1.9 })
    local ew = p:ew(features, 0.1)
    for i = 1, 3 do test.ok(ew:row(1)[i] > 0.1 and ew:row(2)[i] > 0.1) end
    local w = { { 1, 0.5, -1 }, { 0.2, 1, 0 } }
    for _, name in ipairs{ "logu", "lgmet", "lg_drop", "scatter" } do
      local g = p:ew_gradient(features, 0.1, w)[name]
      local d = slope(function(h)
        local q = nebular(u)
        q:set{ [name] = name == "logu" and u + h * vec{ 1, 1, 1 } or ({ lgmet = -2.2, lg_drop = -1.01773, scatter = 0.2 })[name] + h }
        return weighted(q:ew(features, 0.1), w)
      end, 1e-4)
      near(sum(g), d, 1e-6 * (1 + math.abs(d)), name)
    end
  end)
  test.it("by a triweight distribution is that of DSPS", function()
    -- a width that leaves all in the middle cell, and one that shares it with a neighbour: edges half a cell from the nodes
    local mid = nebular(-2.5):photometry(bands, 0.1)
    local narrow = nebular(-2.4, { logu_scatter = 0.05 }):photometry(bands, 0.1)
    for b = 1, 3 do near(narrow:row(b)[2], mid:row(b)[2], 1e-12) end
    local half = nebular(-3, { logu_scatter = 0.2 }):lines({ "H beta" }, 0.1)
    local lo, hi = nebular(-3.5):lines({ "H beta" }, 0.1), nebular(-2.5):lines({ "H beta" }, 0.1)
    near(half:row(1)[1], (lo:row(1)[1] + hi:row(1)[1]) / 2, 1e-12 * hi:row(1)[1])
  end)
  test.it("has lines behind the dust of each galaxy", function()
    local av = vec{ 0, 0.5, 1 }
    local bare, dusty = nebular(-2.5):lines({ "H alpha", "H beta" }, 0.1), nebular(-2.5, { dust = { av = av, curve = "calzetti00", bump = 0 } })
    local m = dusty:lines({ "H alpha", "H beta" }, 0.1)
    for i = 1, 3 do -- Calzetti at the rest wavelengths
      for k, x in ipairs{ 0.65646, 0.48627 } do
        local y = 1 / x
        local c = 2.659 * (x < 0.63 and -2.156 + 1.509 * y - 0.198 * y ^ 2 + 0.011 * y ^ 3 or -1.857 + 1.04 * y) + 4.05
        near(-2.5 * math.log10(m:row(k)[i] / bare:row(k)[i]), av[i] * c / 4.05, 2e-4)
      end
    end
    local g = dusty:lines_gradient({ "H beta" }, 0.1, { { 1, 1, 1 } })
    local d = slope(function(h) return sum(dusty:set{ av = av + h * vec{ 1, 1, 1 } + vec{ 1e-3, 0, 0 } }:lines({ "H beta" }, 0.1):row(1)) end, 1e-4)
    near(sum(g.av) / d, 1, 2e-3)
  end)
  test.it("refuses what is wrong", function()
    fails("did you mean 'H alpha'", function() return nebular(-2.5):lines({ "Halpha" }, 0) end)
    fails("lies outside an axis", function() return nebular(-1):photometry(bands, 0) end)
    fails("no emission lines", function() return with():lines({ "H alpha" }, 0) end)
    fails("unknown option 'logu'", with, { logu = -2 })
    fails("must ascend", function() return nebular(-2):ew({ { wave = 5000, near = 100, far = 50 } }, 0) end)
    fails("2 rows x 3 galaxies", function() return nebular(-2):ew_gradient(features, 0, { { 1, 1, 1 } }) end)
    fails("leave one of them out", with, { metallicity = "mzr", lgmet = -2 })
  end)
end)

test.describe("the slope of the initial mass function", function()
  local slopes, tables = { 2.0, 2.35, 2.7 }, {}
  for i, a in ipairs(slopes) do tables[i] = galua.ssp.synthesise{ imf = function(m) return m ^ -a end, z = { 0.004, 0.01, 0.02 }, nage = 50 } end
  test.it("is an axis with a gradient", function()
    local x = vec{ 2.1, 2.5, 2.3 }
    local p = with{ ssp = tables, slopes = slopes, slope = x, lgmet = -2 }
    local m = p:photometry(bands, 0)
    local flat, steep = with{ ssp = tables[1], lgmet = -2 }:photometry(bands, 0), with{ ssp = tables[3], lgmet = -2 }:photometry(bands, 0)
    for i = 1, 3 do test.ok(m:row(1)[i] > flat:row(1)[i] and m:row(1)[i] < steep:row(1)[i]) end -- more dwarfs, less light
    local g = p:gradient(bands, 0, weights).slope
    local d = slope(function(h) return weighted((p:set{ slope = x + h * vec{ 1, 1, 1 } }:photometry(bands, 0))) end, 1e-4)
    near(sum(g), d, 1e-6 * math.abs(d))
    local counted = with{ ssp = tables, slopes = slopes, slope = x, lgmet = -2 }
    local spec = { { band = 2, edges = linspace(-30, -10, 8), width = 1 } }
    local c = {}
    for k = 1, 7 do c[k] = math.cos(k) end
    local by = counted:counts_gradient(bands, 0, spec, c).slope
    d = slope(function(h)
      local n, s = counted:set{ slope = x + h * vec{ 1, 1, 1 } }:counts(bands, 0, spec), 0
      for k = 1, 7 do s = s + c[k] * n[k] end
      return s
    end, 1e-4)
    near(sum(by), d, 1e-6 * (1 + math.abs(d)))
  end)
  test.it("needs tables that belong together", function()
    fails("slopes, a number for each", with, { ssp = tables })
    fails("other metallicities or ages", with, { ssp = { tables[1], gas }, slopes = { 1, 2 } })
  end)
end)

test.describe("medium and dust", function()
  test.it("let through what galaxy{} says", function()
    local red, two = vec{ 3, 3.2, 3.4 }, galua.filters("LSST.g", "LSST.i") -- the forest, and redward of Lyman alpha
    local bare, seen = with{ z = red }:photometry(two), with{ z = red, igm = galua.igm.inoue14{} }:photometry(two)
    local function galaxy(medium)
      return galua.galaxy{ sfh = galua.sfh.constant{ psi = 1 }, age = 1e9, redshift = 3.2, ism = false, igm = medium }:band_flux(two)
    end
    local a, b = galaxy(galua.igm.inoue14{}), galaxy(false)
    for k = 1, 2 do -- the shape of the spectrum within the band differs
      near(seen:row(k)[2] - bare:row(k)[2], -2.5 * math.log10(a[k] / b[k]), k == 1 and 0.1 or 1e-5)
    end
    test.ok(seen:row(1)[3] - bare:row(1)[3] > seen:row(1)[1] - bare:row(1)[1])
    local function at(z) return with{ z = vec{ 3, z, 3.4 }, igm = galua.igm.madau95{} } end
    local g = at(3.2301):gradient(two, nil, { { 0, 1, 0 }, { 0, 0, 0 } })
    local d = slope(function(h) return at(3.2301 + h):photometry(two):row(1)[2] end, 1e-5)
    near(g.z[2], d, 1e-5 * math.abs(d))
  end)
  test.it("emit what dust absorbs", function()
    local ir = galua.filters("Herschel.SPIRE.PSW")
    local p = with{ dust = { av = 1, delta = -0.2 }, emission = galua.dust.greybody{ T = 30, f_PAH = 0 } }
    local far = p:photometry(galua.filters("LSST.g", "Herschel.SPIRE.PSW"), 0.1)
    local bare = with{ dust = { av = 1, delta = -0.2 } }:photometry(galua.filters("LSST.g"), 0.1)
    for i = 1, 3 do near(far:row(1)[i], bare:row(1)[i], 1e-12) end -- dust does not shine there
    local little = with{ dust = { av = 0.01, delta = -0.2 }, emission = galua.dust.greybody{ T = 30, f_PAH = 0 } }:photometry(ir, 0.1)
    for i = 1, 3 do test.ok(little:row(1)[i] > far:row(2)[i] + 2.5 and little:row(1)[i] < far:row(2)[i] + 5) end
    -- galaxy{} with the same stars and attenuation: the same share of power comes back in the same shape
    local z = galua.ssp.default().z[5]
    local t, ones = linspace(0.01, 13.8, 400), {}
    for k = 1, 400 do ones[k] = 1 end
    local q = galua.population{ t = t, sfr = { ones }, lgmet = math.log10(z), scatter = 1e-3, dust = { av = 1, curve = "calzetti00", bump = 0 },
      emission = galua.dust.greybody{ T = 30, f_PAH = 0 } }
    local m = q:photometry(ir, 0.1, { t_obs = 5 }):row(1)[1]
    local g = galua.galaxy{ sfh = galua.sfh.constant{ psi = 1, Z = z }, age = 5e9, redshift = 0.1, attenuation = galua.attenuation.calzetti{ A_V = 1 },
      dust = galua.dust.greybody{ T = 30, f_PAH = 0 } }
    near(m, -2.5 * math.log10(g:band_flux(ir)[1] * 1e-3 / 3630.7805), 0.05) -- the curves differ in the far ultraviolet
    fails("dust that absorbs", with, { emission = galua.dust.greybody{} })
    fails("does not emit by absorbed power alone", function() return with{ dust = { av = 1 }, emission = galua.igm.inoue14{} }:photometry(ir, 0.1) end)
    fails("no medium", function() return with{ igm = galua.dust.greybody{} }:photometry(bands, 0.1) end)
  end)
end)

local function rows(path, name) return galua.tables.read_array(path, name):row(1) end
test.describe("a population from file to file", function()
  local input, bands2 = "tests/ref/dsps/mock.h5", galua.filters("LSST.g", "LSST.r")
  local names = { "logm0", "logtc", "early_index", "late_index", "t_peak", "lgmcrit", "lgy_at_mcrit", "indx_lo", "indx_hi", "lg_qt", "qlglgdt", "lg_drop", "lg_rejuv" }
  local function whole(more)
    local o = {}
    for _, k in ipairs(names) do o[k] = rows(input, k) end
    for k, v in pairs(more) do o[k] = v end
    return galua.population(o)
  end
  local function check(p, want, z, options)
    local out = os.tmpname()
    os.remove(out)
    out = out .. ".h5"
    test.eq(p:stream(input, out, bands2, z, options), 30)
    local m, mass = want:photometry(bands2, z)
    for b, f in ipairs(bands2) do
      local got = rows(out, f.name)
      for i = 1, 30 do near(got[i], m:row(b)[i], 1e-10, f.name) end
    end
    local lg = rows(out, "logsm_formed")
    for i = 1, 30 do near(lg[i], math.log10(mass[i]), 1e-12) end
    os.remove(out)
  end
  test.it("is the population of its rows, in chunks of any size", function()
    local z = rows(input, "redshift")
    check(galua.population{ metallicity = "mzr", dust = { av = 0.3 } }, whole{ metallicity = "mzr", dust = { av = 0.3 }, z = z }, nil, { chunk = 7 })
    check(galua.population{ lgmet = -2.1 }, whole{ lgmet = -2.1, z = z }, nil, { chunk = 30 })
    check(galua.population{ lgmet = -2.1, lgfburst = -2 }, whole{ lgfburst = -2, lgmet = -2.1, lg_qt = 1 }, 0.2,
      { chunk = 11, columns = { z = false, lg_qt = false } })
    local sfr = galua.population{ t = linspace(0.1, 13.8, 5), sfr = { { 1, 1, 1, 1, 1 } } }
    fails("no dataset 'sfr'", function() sfr:stream(input, "/tmp/none.h5", bands2) end)
    fails("leave z and t_obs out", function() galua.population{}:stream(input, "/tmp/none.h5", bands2, 0.1) end)
    fails("no dataset 'X' for lgmet", function() galua.population{}:stream(input, "/tmp/none.h5", bands2, nil, { columns = { lgmet = "X" } }) end)
    fails("of one galaxy", function() with():stream(input, "/tmp/none.h5", bands2) end)
    fails("scatter = 0", function() galua.population{}:stream(input, "/tmp/none.h5", bands2, nil, { columns = { scatter = "fit_algo" }, chunk = 4 }) end)
    test.ok(not io.open "/tmp/none.h5")
  end)
end)

test.describe("a lightcone", function()
  local function law(m, z) return 1e-3 * 10 ^ (-0.9 * (m - 12)) * (1 + z) ^ -0.5 end
  test.it("holds as many halos as its law says", function()
    local cosmo = galua.cosmology "Planck18"
    local halos, w = galua.lightcone{ n = 4000, z = { 0.2, 0.6 }, logm = { 11, 13.5 }, area = 2, law = law }
    -- Simpson's rule over redshift, the power law in closed form
    local mass = 1e-3 * (10 ^ 0.9 - 10 ^ (-0.9 * 1.5)) / (0.9 * math.log(10))
    local n, sum = 200, 0
    for i = 0, n do
      local z = 0.2 + 0.4 * i / n
      local d = cosmo:comoving_distance(z)
      sum = sum + (i == 0 and 1 or i == n and 1 or i % 2 == 1 and 4 or 2) * d * d / (cosmo.H0 * cosmo:efunc(z)) * (1 + z) ^ -0.5
    end
    local want = sum * 0.4 / n / 3 * 299792.458 * 2 * (math.pi / 180) ^ 2 * mass
    near(w:sum() / want, 1, 3e-3)
    test.ok(halos.z:min() > 0.2 and halos.z:max() < 0.6 and halos.logm0:min() > 11)
    local few, wf = galua.lightcone{ n = 400, z = { 0.2, 0.6 }, logm = { 11, 13.5 }, area = 2, law = law, seed = 3 }
    near(wf:sum() / want, 1, 2e-2)
    -- a survey of its galaxies: their counts are those of the halos
    local options, weights = galua.diffstarpop{}:draw{ logm0 = few.logm0, seed = 2 }
    local both, all = galua.vec(800), galua.vec(800)
    for i = 1, 400 do both[i], both[400 + i], all[i], all[400 + i] = few.z[i], few.z[i], wf[i] * weights[i], wf[i] * weights[400 + i] end
    options.z = both
    local c = galua.population(options):counts(bands, nil, { { band = 2, edges = { -10, 60 }, width = 0.3 }, weights = all })
    near(c[1] / wf:sum(), 1, 1e-10)
  end)
  test.it("refuses what is wrong", function()
    fails("law", galua.lightcone, { z = { 0, 1 }, logm = { 11, 12 } })
    fails("z must be { lowest, highest }", galua.lightcone, { z = { 1, 0 }, logm = { 11, 12 }, law = law })
    fails("gave nil", galua.lightcone, { z = { 0, 1 }, logm = { 11, 12 }, law = function() end })
    fails("area", galua.lightcone, { z = { 0, 1 }, logm = { 11, 12 }, law = law, area = 5e4 })
  end)
end)
