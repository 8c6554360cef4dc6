-- hierarchy{...}: populations from posteriors.
local test = require "galua.test"

local law = { M = { mean = "mu", sd = "tau" }, y = { mean = "a", sd = "s", slope = { M = "b" }, pivot = { M = 10 } } }
local free = { mu = prior.uniform(8, 12), tau = prior.loguniform(0.1, 2), a = prior.uniform(-12, -8), b = prior.uniform(-1.5, 1.5), s = prior.loguniform(0.05, 2) }

local function ln_normal(x, m, s) return -0.5 * ((x - m) / s) ^ 2 - math.log(s) - 0.5 * math.log(2 * math.pi) end

local function few(n, draws)
  local r, list = random.stream(4), {}
  for i = 1, n do
    list[i] = { M = {}, y = {}, lnprior = {} }
    for s = 1, draws + i do
      list[i].M[s], list[i].y[s], list[i].lnprior[s] = 10 + 0.4 * r:normal(), -10 + 0.4 * r:normal(), 0.3 * r:normal()
    end
  end
  return list
end

test.describe("hierarchy", function()
  test.it("is the sum over draws, term by term", function()
    local list = few(7, 40)
    local mocks, lnq = { M = {}, y = {} }, {}
    for m = 1, 50 do mocks.M[m], mocks.y[m], lnq[m] = 9.5 + 0.02 * m, -10.4 + 0.013 * m, -1 - 0.01 * m end
    local h = hierarchy{ data = list, quantities = { "M", "y" }, law = law, free = free, selection = { mocks = mocks, lnq = lnq, drawn = 80 } }
    local p = { mu = 10.1, tau = 0.4, a = -10.1, b = 0.3, s = 0.35 }
    local function ln(m, y) return ln_normal(m, p.mu, p.tau) + ln_normal(y, p.a + p.b * (m - 10), p.s) end
    local want, variance, least, which = 0, 0, math.huge, 0
    for i, d in ipairs(list) do
      local a, b, n = 0, 0, #d.M
      for s = 1, n do
        local w = math.exp(ln(d.M[s], d.y[s]) - d.lnprior[s])
        a, b = a + w, b + w * w
      end
      want, variance = want + math.log(a / n), variance + b / a ^ 2 - 1 / n
      if a ^ 2 / b < least then least, which = a ^ 2 / b, i end
    end
    local a, b = 0, 0
    for m = 1, 50 do
      local w = math.exp(ln(mocks.M[m], mocks.y[m]) - lnq[m])
      a, b = a + w, b + w * w
    end
    local lnl, var, ess, source, alpha = h:lnlike(p)
    test.close(lnl, want - 7 * math.log(a / 80), 1e-11)
    test.close(var, variance + 49 * (b / a ^ 2 - 1 / 80), 1e-11)
    test.close(ess, least, 1e-10)
    test.eq(source, which)
    test.close(alpha, a / 80, 1e-12)
  end)

  test.it("gives a law written in Lua the same value", function()
    local list = few(5, 30)
    local p = { mu = 10.1, tau = 0.4, a = -10.1, b = 0.3, s = 0.35 }
    local g = hierarchy{ data = list, quantities = { "M", "y" }, law = law, free = free }
    local h = hierarchy{ data = list, quantities = { "M", "y" }, free = free, law = function(q, y)
      local out = vec(#y.M)
      for i = 1, #out do out[i] = ln_normal(y.M[i], q.mu, q.tau) + ln_normal(y.y[i], q.a + q.b * (y.M[i] - 10), q.s) end
      return out
    end }
    test.close((h:lnlike(p)), (g:lnlike(p)), 1e-11)
  end)

  test.it("counts a draw that no population has, and excludes what it must", function()
    local inf = math.huge
    local function lnl(x) return (hierarchy{ data = { { x = x } }, quantities = { "x" }, law = { x = { mean = "m", sd = 1 } }, free = { m = prior.uniform(-5, 5) } }:lnlike{ m = 0 }) end
    test.close(lnl{ 0.3, -inf }, lnl{ 0.3 } - math.log(2), 1e-13)
    test.eq(lnl{ -inf, -inf }, -inf)
  end)

  -- One Gaussian, sources with errors e: the posterior of the mean with known scatter is N(mean of the observations, (s^2 + e^2)/n)
  test.it("finds the mean that is known in closed form", function()
    local r, list, n, e, s, sum = random.stream(8), {}, 100, 0.3, 0.5, 0
    for i = 1, n do
      local seen = 2 + math.sqrt(s ^ 2 + e ^ 2) * r:normal()
      sum = sum + seen / n
      list[i] = { x = {} }
      for k = 1, 300 do list[i].x[k] = seen + e * r:normal() end
    end
    local h = hierarchy{ data = list, quantities = { "x" }, law = { x = { mean = "m", sd = s } }, free = { m = prior.uniform(0, 4) }, seed = 3 }:run{}
    local row, sd = h.rows[1], math.sqrt((s ^ 2 + e ^ 2) / n)
    test.eq(h.trusted, true)
    test.ok(math.abs(row.median - sum) < 0.3 * sd, "median") -- 300 draws a source: noise of ln L below 0.02
    test.ok(math.abs(row.sd / sd - 1) < 0.1, "width")
    test.ok(tostring(h):find("noise of ln L", 1, true))
  end)

  test.it("says when too few draws make it noise", function()
    local r, list = random.stream(9), {}
    for i = 1, 200 do -- errors ten times the scatter, four draws
      list[i] = { x = {} }
      local seen = 2 * r:normal()
      for k = 1, 4 do list[i].x[k] = seen + 2 * r:normal() end
    end
    local h = hierarchy{ data = list, quantities = { "x" }, law = { x = { mean = "m", sd = "s" } }, free = { m = prior.uniform(-4, 4), s = prior.loguniform(0.1, 3) }, seed = 3 }:run{}
    test.eq(h.trusted, false)
    test.ok(tostring(h):find("NOT TO BE TRUSTED", 1, true))
  end)

  test.it("does not take a source that rests on one draw for certain", function()
    local r, list = random.stream(10), {}
    for i = 1, 40 do
      list[i] = { x = {} }
      for k = 1, i == 7 and 1 or 200 do list[i].x[k] = 2 + 0.5 * r:normal() end
    end
    local h = hierarchy{ data = list, quantities = { "x" }, law = { x = { mean = "m", sd = 1 } }, free = { m = prior.uniform(0, 4) }, seed = 3 }:run{}
    test.eq(h.state, "converged")
    test.eq(h.trusted, false)
    test.eq(h.least_source, 7)
    list[7] = { x = list[1].x }
    test.eq(hierarchy{ data = list, quantities = { "x" }, law = { x = { mean = "m", sd = 1 } }, free = { m = prior.uniform(0, 4) }, seed = 3 }:run{}.trusted, true)
  end)

  test.it("takes the prior of a catalogue out of its file of draws", function()
    local folder = os.tmpname()
    os.remove(folder)
    os.execute("mkdir -p '" .. folder .. "'")
    local g = galaxy{ sfh = sfh.constant{}, redshift = 0.1 }
    local bands, list = filters("SDSS.g", "SDSS.r", "SDSS.i", "SDSS.z"), {}
    local r = random.stream(2)
    for i = 1, 6 do
      local o = observation.new{ name = "s" .. i, redshift = 0.1 }
      g.sfh.psi = 10 ^ (1 + 0.3 * r:normal())
      local flux = g:band_flux(bands)
      for k, b in ipairs(bands) do o:add(b, flux[k] * (1 + 0.05 * r:normal()), 0.05 * flux[k]) end
      list[i] = o
    end
    local c = catalogue{ data = list, model = g, free = { ["sfh.psi"] = prior.lognormal(5, 0.8) }, sampler = sampler.importance{ ess = 300 }, seed = 4, keep = 150,
      derived = { "Mstar", "M(SDSS.r)", "flux(SDSS.g)" } }
    c:run{ out = folder .. "/c.h5", progress = false, threads = 1 }
    local free = { m = prior.uniform(0, 2), s = prior.loguniform(0.05, 2) }
    local h = hierarchy{ data = folder .. "/c.h5", catalogue = c, quantities = { "log10(sfh.psi)" }, law = { ["log10(sfh.psi)"] = { mean = "m", sd = "s" } }, free = free, seed = 1 }
    -- by hand: the prior of log10 is N(log10 5, 0.8)
    local draws, want, p = tables.read_array(folder .. "/c.h5", "draws/sfh.psi"), 0, { m = 0.9, s = 0.4 }
    for i = 1, 6 do
      local sum = 0
      for s = 1, 150 do
        local y = math.log10(draws[i][s])
        sum = sum + math.exp(ln_normal(y, p.m, p.s) - ln_normal(y, math.log10(5), 0.8))
      end
      want = want + math.log(sum / 150)
    end
    test.close((h:lnlike(p)), want, 1e-9)
    -- the flux of the model goes with sfh.psi; beside a magnitude in the rest frame it is that at the source's redshift
    local flux, zp = tables.read_array(folder .. "/c.h5", "draws/flux(SDSS.g)"), 0.03
    g.sfh.psi = draws[2][9]
    test.close(flux[2][9], g:band_flux(filters("SDSS.g"))[1], 1e-6)
    local tilted = 0
    for i = 1, 6 do
      local sum, d = 0, list[i]:rows()[1]
      for s = 1, 150 do
        local y, q = math.log10(draws[i][s]), 10 ^ (-0.4 * zp)
        sum = sum + math.exp(ln_normal(y, p.m, p.s) - ln_normal(y, math.log10(5), 0.8) + 0.5 * ((d.flux - flux[i][s]) / d.err) ^ 2 - 0.5 * ((d.flux - q * flux[i][s]) / d.err) ^ 2)
      end
      tilted = tilted + math.log(sum / 150)
    end
    local zero = { data = folder .. "/c.h5", catalogue = c, quantities = { "log10(sfh.psi)" }, law = { ["log10(sfh.psi)"] = { mean = "m", sd = "s" } },
      free = { m = free.m, s = free.s, zg = prior.normal(0, 0.1) }, zero_points = { ["SDSS.g"] = "zg" }, seed = 1 }
    test.close((hierarchy(zero):lnlike{ m = p.m, s = p.s, zg = zp }), tilted, 1e-9)
    zero.zero_points = { ["SDSS.r"] = "zg" }
    test.throws(function() hierarchy(zero) end, ("hierarchy: %s/c.h5 has no fluxes of the model in SDSS.r: catalogue{ derived = { \"flux(SDSS.r)\", ... } } keeps them"):format(folder))
    -- draws without one quantity's value in different places do not become pairs: the source is left out; padding behind the last draw is none
    local nan, file = 0 / 0, folder .. "/n.h5"
    local a, b = mat(2, 3), mat(2, 3)
    for k, x in ipairs{ 1, 2, nan } do a[1][k], b[1][k] = x, 10 * x end
    for k = 1, 3 do a[2][k], b[2][k] = k == 1 and nan or k, k == 2 and nan or k end
    tables.write_arrays(file, { vars = { { group = "draws", name = "a", dims = { "source", "draw" }, values = a }, { group = "draws", name = "b", dims = { "source", "draw" }, values = b },
      { group = "fits", name = "accepted", dims = { "source" }, values = { 1, 1 } } }, coords = { source = { "s1", "s2" } } })
    local pair = hierarchy{ data = file, interim = function(y) return vec(#y[1]) end, quantities = { "a", "b" }, law = { a = { mean = "m", sd = 1 }, b = { mean = 0, sd = 10 } },
      free = { m = prior.uniform(0, 3) } }
    test.eq(pair.n, 1)
    test.eq(pair.ndraw, 2)
    test.eq(pair.failed, 1)
    -- a derived quantity: the density of its prior is a mixture. Here Mstar is proportional to sfh.psi, so both must agree to the mixture's error
    local shift = math.log10(g:derived().Mstar / g.sfh.psi)
    local d = hierarchy{ data = folder .. "/c.h5", catalogue = c, quantities = { "log10(Mstar)" }, law = { ["log10(Mstar)"] = { mean = "m", sd = "s" } },
      free = { m = prior.uniform(shift, shift + 2), s = free.s }, prior_draws = 2000, seed = 1 }
    test.ok(math.abs((d:lnlike{ m = p.m + shift, s = p.s }) - want) < 0.15)
    os.execute("rm -rf '" .. folder .. "'")
  end)

  test.it("finds the zero point of a band that all sources share", function()
    -- the luminosity of each source through three bands of known colour, band c 0.08 mag too faint in the data; posteriors of 10^y by the exact
    -- Gaussian of the flux scale under a flat prior of it
    local r, colour, err, zp, mu, tau = random.stream(11), { a = 1, b = 0.6, c = 1.7 }, 0.06, 0.08, 3, 0.5
    local function mocks(n, draws)
      local sources = {}
      for i = 1, n do
        local x, bands, top, bottom = mu + tau * r:normal(), {}, 0, 0
        for _, b in ipairs{ "a", "b", "c" } do
          local F = x * colour[b]
          local e = err * 3 * colour[b]
          local d = F * (b == "c" and 10 ^ (-0.4 * zp) or 1) + e * r:normal()
          bands[b] = { flux = d, err = e }
          top, bottom = top + d * colour[b] / e ^ 2, bottom + (colour[b] / e) ^ 2
        end
        local X = vec(draws)
        for s = 1, draws do X[s] = top / bottom + r:normal() / bottom ^ 0.5 end
        for b, t in pairs(bands) do t.model = X * colour[b] end
        sources[i] = { x = X, bands = bands }
      end
      return sources
    end
    local data = mocks(100, 200)
    local function made(points, free)
      free.mu, free.tau = prior.uniform(1, 5), prior.loguniform(0.1, 2)
      return hierarchy{ data = data, quantities = { "x" }, law = { x = { mean = "mu", sd = "tau" } }, zero_points = points, free = free, seed = 3 }
    end
    local h = made({ c = "zc" }, { zc = prior.normal(0, 0.3) })
    h:run{ ess = 500 }
    local by = {}
    for _, q in ipairs(h.rows) do by[q.name] = q end
    -- one source tells zc by err 3/x sqrt(1 + 1/2) 1.086 mag, x about 3
    local fisher = 1.086 * err * 1.5 ^ 0.5 / 100 ^ 0.5
    test.ok(math.abs(by.zc.median - zp) < 3.5 * fisher, ("zero point %g, expected %g +- %g"):format(by.zc.median, zp, fisher))
    test.ok(by.zc.sd > 0.75 * fisher and by.zc.sd < 1.35 * fisher, ("error %g, expected %g"):format(by.zc.sd, fisher))
    test.ok(math.abs(by.mu.median - mu) < 3.5 * tau / 100 ^ 0.5)
    test.ok(h.trusted)
    -- the estimate by hand at one point, and a fixed zero point is the free one at that value
    local want, q = 0, 10 ^ (-0.4 * 0.05)
    for i, s in ipairs(data) do
      local sum = 0
      for k = 1, #s.x do
        local c = s.bands.c
        local move = -0.5 * ((c.flux - q * c.model[k]) ^ 2 - (c.flux - c.model[k]) ^ 2) / c.err ^ 2
        sum = sum + math.exp(move - 0.5 * ((s.x[k] - 3.1) / 0.4) ^ 2) / (0.4 * (2 * math.pi) ^ 0.5)
      end
      want = want + math.log(sum / #s.x)
    end
    test.close((h:lnlike{ mu = 3.1, tau = 0.4, zc = 0.05 }), want, 1e-10)
    test.close((made({ c = 0.05 }, {}):lnlike{ mu = 3.1, tau = 0.4 }), want, 1e-10)
    test.throws(function() made({ c = "zz" }, { zc = prior.normal(0, 1) }) end, "hierarchy: zero_points['c'] is 'zz', which is not in free, did you mean 'zc'?")
    data[2].bands.c.err = 0
    test.throws(function() made({ c = 0.05 }, {}) end, "hierarchy: data[2].bands['c'] must be { flux =, err = (positive), model = 200 draws of the model's flux }")
  end)

  test.it("refuses bad options in one line", function()
    local function message(o)
      local base = { data = { { x = { 1 } } }, quantities = { "x" }, law = { x = { mean = "m", sd = 1 } }, free = { m = prior.uniform(0, 1) } }
      for k, v in pairs(o) do base[k] = v end
      local ok, e = pcall(hierarchy, base)
      test.eq(ok, false)
      return tostring(e)
    end
    test.ok(message{ data = {} }:find("data is an empty list", 1, true))
    test.ok(message{ data = { { x = {} } } }:find("data[1] has no draws", 1, true))
    test.ok(message{ prior_draws = -5 }:find("prior_draws must be", 1, true))
    test.ok(message{ data = { { y = { 1 } } } }:find("data[1] has no 'x'", 1, true))
    test.ok(message{ data = { { x = { 0 / 0 } } } }:find("not a number", 1, true))
    test.ok(message{ data = { { x = { 1 }, lnprior = { -math.huge } } } }:find("drawn from is -inf", 1, true))
    test.ok(message{ data = { { x = { 1 }, lnprior = { 1, 2 } } } }:find("1 draws and 2 values of lnprior", 1, true))
    test.ok(message{ law = { x = { mean = "mm", sd = 1 } } }:find("which is not in free", 1, true))
    test.ok(message{ law = { z = { mean = "m", sd = 1 } } }:find("'z' is not among the quantities", 1, true))
    test.ok(message{ law = { x = { mean = 1, sd = 1 } } }:find("'m' is free and not in the law", 1, true))
    test.ok(message{ data = "no.h5" }:find("what prior the draws", 1, true))
    test.ok(message{ free = { m = 3 } }:find("must be a prior", 1, true))
    test.ok(message{ selection = { mocks = { x = {} }, lnq = {}, drawn = 5 } }:find("none of the mocks was found", 1, true))
  end)
end)
