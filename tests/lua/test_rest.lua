-- Rest-frame magnitudes and colours, of galaxies, posteriors and catalogues; what figures draw of filters, libraries, priors and truths.
local test = require "galua.test"
local t = ssp.synthetic()
local function make(o)
  o.ssp = t
  return galaxy(o)
end

test.describe("rest-frame magnitudes", function()
  local g = make{ sfh = sfh.constant{ psi = 3 }, redshift = 0.7, age = 2e9 }
  test.it("are those of the same galaxy at 10 pc, whatever its redshift and distance", function()
    local near = g:copy()
    near.redshift, near.distance = 0, 1e-5
    local bands = filters("Bessell.UBV", "2MASS.J")
    for i, r in ipairs(g:rest_magnitudes(bands)) do
      test.eq(r.band, bands[i].name)
      test.close(r.mag, near:photometry(bands)[i].mag, 1e-9)
    end
    local far = g:copy()
    far.redshift, far.distance = 3, 0
    far.age = 1e9
    g.age = 1e9
    test.close(far:colour("SDSS.g", "SDSS.r"), g:colour("SDSS.g", "SDSS.r"), 1e-12)
    g.age = 2e9
  end)
  test.it("of a flat spectrum S_nu are equal in all bands", function()
    local flat = component.custom{ name = "flat", params = { L = { 1e10 } }, function(lambda, p) return p.L / lambda ^ 2 end }
    local h = make{ sfh = sfh.constant{ psi = 1e-12 }, ism = false, components = { flat }, redshift = 0.1, age = 1e9 }
    test.close(h:colour("Bessell.U", "2MASS.J"), 0, 0, 2e-3) -- the grid is linear in L between nodes, the power law is not
    test.close(h:rest_magnitudes("SDSS.r")[1].mag, h:rest_magnitudes("SDSS.i")[1].mag, 0, 2e-3)
  end)
  test.it("of young and old galaxies lie on their sides of the UVJ diagram", function()
    local young = galaxy{ sfh = sfh.constant{ psi = 10 }, attenuation = attenuation.calzetti{ A_V = 0.3 }, redshift = 0.5, age = 1e9 }:uvj()
    local dusty = galaxy{ sfh = sfh.constant{ psi = 10 }, attenuation = attenuation.calzetti{ A_V = 2 }, redshift = 0.5, age = 1e9 }:uvj()
    local old = galaxy{ sfh = sfh.burst{ mass = 1e11 }, ism = false, redshift = 0.5, age = 5e9 }:uvj()
    test.ok(old.quiescent and not young.quiescent and not dusty.quiescent)
    test.ok(old.U_V > 1.5 and old.U_V < 2.6 and young.U_V < 1, old.U_V)
    test.ok(dusty.V_J > old.V_J) -- dust reddens V - J more than age does
  end)
  test.it("say what they want", function()
    test.throws(function() g:rest_magnitudes(3) end, "~^galaxy:rest_magnitudes: expected filters")
    test.throws(function() g:colour("SDSS", "SDSS.r") end, "~^galaxy:colour: expected two bands")
    test.throws(function() g.uvj() end, "~call it with a colon")
  end)
end)

test.describe("of a posterior", function()
  local model = make{ sfh = sfh.delayed{ mass = 1e10 }, attenuation = attenuation.calzetti{ A_V = 0.5 }, redshift = 0.3, age = 3e9 }
  local bands = filters("SDSS.ugriz")
  local rows = {}
  for i, r in ipairs(model:photometry(bands)) do rows[i] = { r.band, r.flux, 0.03 * r.flux } end
  local o = observation{ name = "mock", redshift = 0.3, photometry = rows }
  local free = { ["sfh.mass"] = prior.loguniform(1e9, 1e11), ["attenuation.A_V"] = prior.uniform(0, 2) }
  local f = fit{ data = o, model = model, free = free, seed = 2, sampler = sampler.smc{ particles = 128 } }:run{ progress = false }
  test.it("they hold the truth, and follow the samples one by one", function()
    local list = f:rest_magnitudes{ bands = filters("SDSS.r"), colours = { "Bessell.U-Bessell.V" }, draws = 60 }
    test.eq(list[1].name, "M(SDSS.r)")
    test.close(list[1].median, model:rest_magnitudes("SDSS.r")[1].mag, 0, 0.1)
    test.close(list[2].median, model:colour("Bessell.U", "Bessell.V"), 0, 0.1)
    test.ok(list[1].q16 < list[1].median and list[1].median < list[1].q84)
    local s, g = f:samples(), model:copy()
    local i = require("galua.pick")(s.n, 60)[13]
    g:set{ ["sfh.mass"] = s.values["sfh.mass"][i], ["attenuation.A_V"] = s.values["attenuation.A_V"][i] }
    test.close(list[1].values[13], g:rest_magnitudes("SDSS.r")[1].mag, 1e-9)
    test.eq(f:uvj{ draws = 40 }.quiescent, 0)
    test.ok(f:plot_uvj{ draws = 40 }:svg():find("0 % quiescent", 1, true))
    test.throws(function() f:rest_magnitudes{ colours = { "SDSS.g" } } end, "~^fit:rest_magnitudes: colours%[1%] must be two bands")
  end)
  test.it("a corner figure shows truths and the prior", function()
    local plain, more = f:corner():svg(), f:corner{ truths = { ["attenuation.A_V"] = 0.5, Mstar = 5e9 }, prior = true, derived = { "Mstar" } }:svg()
    test.ok(not plain:find("#d55e00", 1, true) and not plain:find("#D55E00", 1, true))
    test.ok(more:lower():find("#d55e00", 1, true) and more:lower():find("#7f7f7f", 1, true))
    test.throws(function() f:corner{ truths = { age = 1e9 } } end, "fit:corner: truths: 'age' is not among what is drawn (params, derived)")
  end)
  test.it("a catalogue keeps them", function()
    local base = os.tmpname()
    local c = catalogue{ data = { o }, model = model, free = free, seed = 1, sampler = sampler.smc{ particles = 64 }, keep = 50,
      derived = { "Mstar", "SDSS.g-SDSS.r", "M(2MASS.J)" } }
    c:run{ out = base .. ".h5", progress = false }
    local row = data.read_table(base .. ".fits")
    test.close(row["SDSS_g-SDSS_r_q50"][1], model:colour("SDSS.g", "SDSS.r"), 0, 0.1)
    test.close(row["M(2MASS_J)_q50"][1], model:rest_magnitudes("2MASS.J")[1].mag, 0, 0.1)
    test.ok(row["SDSS_g-SDSS_r_q16"][1] < row["SDSS_g-SDSS_r_q84"][1])
    os.execute("rm -rf " .. base .. "*")
  end)
end)

test.describe("a summary", function()
  test.it("counts pixels and measured quantities as data, with their chi^2", function()
    local model = make{ sfh = sfh.constant{ mass = 1e10 }, redshift = 0.1, age = 2e9 }
    local wave = linspace(4500, 6500, 101)
    local s = model:spectrum{ wave = wave, R = 300 }
    local e = random.normal(101, 3)
    local flux, err, mask = {}, {}, {}
    for i = 1, 101 do err[i], mask[i] = 0.05 * s.flux[i], i == 50 end
    for i = 1, 101 do flux[i] = s.flux[i] + err[i] * e[i] end
    local r = model:photometry("SDSS.r")[1]
    local o = observation{ redshift = 0.1, photometry = { { "SDSS.r", r.flux, 0.05 * r.flux } }, spectrum = { wave = wave, flux = flux, err = err, mask = mask, R = 300 },
      indices = { Dn4000 = { model:index("Dn4000"), 0.05 } } }
    local f = fit({ data = o, model = model, free = { ["sfh.mass"] = prior.loguniform(1e9, 1e11) }, seed = 1, sampler = sampler.smc{ particles = 64 } }, true):run{ progress = false }
    test.ok(tostring(f):find("1 bands   100 pixels   1 measured", 1, true), tostring(f))
    local d = f:summary().data
    test.eq(d.pixels, 100)
    test.eq(d.measures, 1)
    local chi2 = 0
    for i = 1, 101 do if i ~= 50 then chi2 = chi2 + e[i] ^ 2 end end
    test.close(d.chi2_pixels, chi2, 0.05) -- one parameter was fitted, and the best sample is not quite the best point
    test.ok(tostring(f:summary()):find("per pixel [%d%.]+ %(100%), per measured quantity"), tostring(f:summary()))
  end)
end)

test.describe("plot", function()
  test.it("draws a filter, a set, a library", function()
    local svg = plot(filters("SDSS.ugriz")):svg()
    for _, name in ipairs{ "SDSS.u", "SDSS.z", "Photon response / maximum" } do test.ok(svg:find(name, 1, true), name) end
    test.ok(plot(filters("SDSS.r")[1]):svg():find("SDSS.r", 1, true))
    svg = plot(t, { ages = { 1e7, 1e9 }, title = "two" }):svg()
    test.ok(svg:find("10 Myr", 1, true) and svg:find("1 Gyr", 1, true) and svg:find("two", 1, true))
    test.throws(function() t:plot{ age = 3 } end, "~^ssp:plot: unknown option 'age', did you mean 'ages'")
  end)
end)
