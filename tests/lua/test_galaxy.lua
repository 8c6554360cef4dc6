-- The galaxy model as a user meets it: parameters, spectra, photometry, derived quantities, commands.
local test = require "galua.test"
local t = ssp.synthetic()

local function make(o)
  local options = { ssp = t, redshift = 0.5 }
  for k, v in pairs(o or {}) do options[k] = v end
  return galaxy(options)
end
local message = test.message
local function integral(x, y)
  local s = 0
  for i = 2, #x do s = s + 0.5 * (y[i] + y[i - 1]) * (x[i] - x[i - 1]) end
  return s
end

test.describe("galaxy", function()
  test.it("has parameters as fields, by dotted names and in lists", function()
    local g = make{ sfh = sfh.delayed{ tau = 2e9 }, age = 3e9 }
    test.eq(g.sfh.tau, 2e9)
    g.sfh.tau = 1e9
    test.eq(g:get("sfh.tau"), 1e9)
    g:set{ age = 2e9, ["ism.f_MC"] = 0.25 }
    test.eq(g.age, 2e9)
    test.eq(g.ism.f_MC, 0.25)
    local c = g:copy()
    c.age = 1e9
    test.eq(g.age, 2e9)
    local seen = {}
    for _, p in ipairs(g:params()) do seen[p.name] = p end
    test.eq(seen["sfh.tau"].unit, "yr")
    test.ok(seen["ism.Rdust"].lo > 0 and seen["ism.Rdust"].log)
  end)

  test.it("adds up: components to the total, absorbed to emitted power", function()
    local g = make()
    local w = g:wave()
    local total = g:lum("extinct") + g:lum("MC") + g:lum("DD") + g:lum("warm")
    for i = 1, #w, 37 do test.close(total[i], g:lum()[i], 1e-14) end
    local d = g:derived()
    local absorbed = integral(w, g:lum("stellar")) - integral(w, g:lum("extinct"))
    test.close(integral(w, g:lum("MC")) + integral(w, g:lum("DD")) + integral(w, g:lum("warm")), absorbed, 1e-6)
    test.close(d.Ldust, absorbed, 1e-6)
    test.close(d.Lstar, integral(w, g:lum("stellar")), 1e-12)
    test.close(d.T_dust, (d.L_MC * d.T_MC + 0.8 * d.L_DD * d.T_DD) / (d.L_MC + 0.8 * d.L_DD), 1e-12)
  end)

  test.it("dims with distance squared and redshifts", function()
    local g = make{ distance = 100 }
    local near = g:flux()
    g.distance = 200
    local far = g:flux()
    test.close(near[500] / far[500], 4, 1e-13)
    g.distance = 0
    local c = cosmology("Planck18")
    local s = g:sed()
    test.close(s.wave[10], s.rest[10] * 1.5, 1e-14)
    -- nu L_nu = 4 pi D^2 nu S_nu at corresponding wavelengths
    local i = 600
    local d = c:luminosity_distance(0.5) * 3.0856775814913673e24
    local l_rest = s:lum()[i] * s.rest[i] * 3.828e33
    local nu = 2.99792458e18 / s.wave[i]
    test.close(4 * math.pi * d ^ 2 * nu * s.flux[i] * 1e-26, l_rest, 1e-12)
  end)

  test.it("gives band fluxes between the extremes of the spectrum, and AB magnitudes", function()
    local g = make()
    for _, bad in ipairs { 1, "x", g, io.stdout } do
      test.ok(message(function() g:band_flux{ filters("SDSS.g")[1], bad } end):find("element 2 of the list must be a filter, got " ..
        (bad == g and "galaxy" or type(bad)), 1, true))
    end
    local p = g:photometry(filters("SDSS", "2MASS"))
    test.eq(#p, 8)
    for _, row in ipairs(p) do
      test.close(row.mag, -2.5 * math.log10(row.flux * 1e-3 / 3630.7805477), 1e-9)
    end
    local top = filter.tophat("mine", 9990, 10010)
    test.close(g:band_flux({ top })[1], g:sed():at(10000), 2e-3)
  end)

  test.it("gives rows that are made when looked at, of the filters that were asked for", function()
    local g = make()
    local list = { filter.tophat("one", 4000, 5000), filter.tophat("two", 6000, 7000), filter.tophat("three", 8000, 9000) }
    local p, v = g:photometry(list), g:band_flux(list)
    list[1], list[2] = nil, nil -- what was given stays as it is
    list = nil
    g:set("age", 2e9)
    g:photometry(filters("SDSS"))
    collectgarbage()
    collectgarbage()
    local n = 0
    for i, r in ipairs(p) do
      n = n + 1
      test.eq(i, n)
      test.eq(r.band, ({ "one", "two", "three" })[i])
      test.eq(r.flux, v[i])
      test.eq(r.filter.pivot, r.pivot)
    end
    for i, r in pairs(p) do
      test.eq(r.flux, p[i].flux)
      n = n - 1
    end
    test.eq(n, 0)
    test.eq(#p, 3)
    for _, i in ipairs{ 0, 4, 1.5, -1, 0 / 0, "one", math.huge } do test.eq(p[i], nil) end
    test.ok(message(function() p[1] = 3 end):find("rows cannot be set", 1, true))
    test.ok(not pcall(function() p._n = 100 end) and #p == 3)
    test.ok(tostring(p):find("\ntwo +64%d%d"), tostring(p))
    test.eq(galua.pp.format(p), tostring(p))
    test.eq(galua.pp.summary(p), "photometry, 3 bands")
  end)

  test.it("does not know a filter that has been closed, or another list of the same length", function()
    local g, a, b = make(), filter.tophat("a", 4000, 5000), filter.tophat("b", 6000, 7000)
    local first = g:band_flux{ a, b }
    local list = { b, a }
    test.eq(g:band_flux(list)[1], first[2])
    list[1] = a
    test.eq(g:band_flux(list)[1], first[1])
    local p = g:photometry{ a, b }
    a:close()
    test.ok(message(function() g:band_flux{ a, b } end):find("has been closed", 1, true))
    test.eq(p[1].band, "a") -- of its own
    test.eq(g:band_flux{ b }[1], first[2])
  end)

  test.it("never mixes up the filters of one call with those of another", function()
    local g = make()
    local sdss, nir = filters("SDSS"), filters("2MASS")
    local a, b = g:band_flux(sdss), g:band_flux(nir)
    for _ = 1, 200 do
      test.eq(g:band_flux(sdss)[2], a[2])
      test.eq(g:band_flux(nir)[2], b[2])
    end
  end)

  test.it("keeps the mass of its history and forgets a quenched one's star formation", function()
    local g = make{ sfh = sfh.constant{ psi = 3 }, age = 2e9 }
    local d = g:derived()
    test.close(d.Mformed, 6e9, 1e-12)
    test.ok(d.Mstar < d.Mformed and d.Mstar > 0.5 * d.Mformed)
    test.close(d.SFR100, 3, 1e-12)
    test.close(d.age_mw, 1e9, 1e-6)
    g.sfh.tau_quench = 1e9
    d = g:derived()
    test.close(d.Mformed, 3e9, 1e-12)
    test.eq(d.SFR, 0)
    test.eq(g:sfr({ 5e8, 1.5e9 })[2], 0)
  end)

  test.it("reads a tabulated history and an evolving metallicity", function()
    local g = make{ sfh = sfh.table{ t = { 0, 1e9, 2e9 }, psi = { 1, 5, 1 } }, age = 2e9 }
    test.close(g:derived().Mformed, 6e9, 1e-12)
    local e = make{ sfh = sfh.constant{ metallicity = "evolving", Z = 0.02, Z_start = 0.001 }, age = 1e9 }
    test.close(e:derived().Zstar, 0.0105, 1e-6)
  end)

  test.it("follows GalaPy's choices one by one", function()
    local exact, coarse = make{ compat = "exact" }, make{ compat = { coarse_temperature = true } }
    local ratio = coarse:derived().T_DD / exact:derived().T_DD
    test.ok(ratio > 1.003 and ratio < 1.02, "D3: about 1 % hotter")
    test.eq(message(function() make{ compat = { coarse_temperatur = true } } end),
      "galaxy: compat has no choice 'coarse_temperatur', did you mean 'coarse_temperature'?")
  end)

  test.it("refuses what it does not cover, and clamps when asked", function()
    local g = make{ sfh = sfh.constant{ Z = 0.1 } }
    test.ok(message(function() g:lum() end):find("sfh.Z = 0.1 is outside SSP table 'synthetic', 0.0001 .. 0.04", 1, true))
    local clamped = make{ sfh = sfh.constant{ Z = 0.1 }, clamp = true }
    local edge = make{ sfh = sfh.constant{ Z = 0.04 } }
    test.close(clamped:lum("stellar")[500], edge:lum("stellar")[500], 1e-12)
    test.eq(message(function() make{ redshift = 0 }:flux() end),
      "redshift = 0 has no distance: set 'redshift' > 0 or 'distance' [Mpc]")
    test.ok(message(function() make{ age = 1.2e10 }:lum() end):find("above the age of the Universe", 1, true))
    test.eq(message(function() make().sfh.psi_max = -1 end), "sfh.psi_max = -1 is not in 0.0001 .. 1e+06 Msun/yr")
    test.eq(message(function() make():lum("stars") end), "this galaxy has no spectrum 'stars' (known: stellar extinct total MC DD warm)")
  end)

  test.it("describes itself so that the same galaxy can be built", function()
    local g = make{ sfh = sfh.dpl{ alpha = 3 }, clamp = true, cosmology = cosmology{ H0 = 70, Om0 = 0.3, name = "flat" } }
    local h = galua.galaxy_from(g:describe(), t)
    local theta = {}
    for _, p in ipairs(g:params()) do theta[p.name] = p.value end
    h:set(theta)
    test.eq(h:flux()[700], g:flux()[700])
  end)
end)

local program = require("galua.core").realpath("/proc/self/exe")
local function run(args)
  local out = os.tmpname()
  local status = os.execute(("'%s' --batch %s >%s 2>&1"):format(program, args, out))
  local file = io.open(out)
  local text = file:read("*a")
  file:close()
  os.remove(out)
  return text, status
end

test.describe("commands", function()
  test.it("galua ssp converts between formats and says what is in a file", function()
    local a, b = os.tmpname() .. ".h5", os.tmpname() .. ".fits"
    ssp.synthetic():write(a)
    local text = run(("ssp convert %s %s"):format(a, b))
    test.ok(text:find("7 Z x 146 ages x 1001 wavelengths", 1, true), text)
    test.eq(ssp.read(b).hash, ssp.synthetic().hash)
    test.ok(run("ssp info " .. a):find("7 Z x 146 ages x 1001 wavelengths", 1, true))
    os.remove(a)
    os.remove(b)
  end)
  test.it("galua ssp refuses in one line", function()
    local text = run("ssp info no-such-file.h5")
    test.eq(text, "galua: no-such-file.h5: no such file\n")
  end)
  test.it("galua fit --template is a fit file with every parameter", function()
    local text = run("fit --template --sfh dpl")
    for _, p in ipairs(make{ sfh = sfh.dpl{ mass = 1e10 } }:params()) do test.ok(text:find(('"%s"'):format(p.name), 1, true), p.name) end
    test.ok(loadstring(text))
  end)
  test.it("galua bench sed --json prints one object a line", function()
    local json = require "galua.json"
    local text = run("bench sed --json")
    local lines = 0
    for line in text:gmatch("[^\n]+") do
      local row = json.decode(line)
      lines = lines + 1
      test.ok(row.name and row.value > 0 and row.unit and row.machine)
    end
    test.eq(lines, 3)
  end)
end)
