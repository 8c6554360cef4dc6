-- Priors through Lua: normalisation, quantiles, Dirichlet.
local test = require "galua.test"

test.describe("prior", function()
  local list = { prior.uniform(2, 5), prior.loguniform(1e8, 1e10), prior.truncnormal(0, 1, -1, 3), prior.lognormal(1e9, 0.3),
    prior.student(0, 1, 3, -20, 20), prior.beta(2, 3, 0, 4), prior.gamma(2.5, 1e3), prior.normal(5, 2),
    prior.table({ 0, 1, 3 }, { -1, 0, -2 }) }
  test.it("has quantiles that invert its distribution function", function()
    for _, p in ipairs(list) do
      for _, u in ipairs { 0.01, 0.16, 0.5, 0.84, 0.99 } do test.close(p:cdf(p:quantile(u)), u, 1e-8) end
    end
  end)
  test.it("is normalised in the value", function()
    for _, p in ipairs(list) do
      local n, sum = 4000, 0 -- mid-points in probability-spaced cells: int p dv over the central 99.8 %
      local a = p:quantile(0.001)
      for i = 1, n do
        local b = p:quantile(0.001 + 0.998 * i / n)
        sum = sum + math.exp(p:logpdf(0.5 * (a + b))) * (b - a)
        a = b
      end
      test.close(sum, 0.998, 2e-4)
    end
  end)
  test.it("knows the uniform density over fractions", function()
    local d = prior.dirichlet(1, 1, 1) -- constant 2! on the simplex
    test.close(d:logpdf({ 0.2, 0.3, 0.5 }), math.log(2), 1e-12)
    local f = d:quantile({ 0.3, 0.6 })
    test.close(f[1] + f[2] + f[3], 1, 1e-14)
    local back = d:values(d:coordinates({ 0.2, 0.3, 0.5 }))
    test.close(back[2], 0.3, 1e-13)
    test.close(1 - math.sqrt(1 - 0.3), f[1], 1e-10) -- first fraction ~ Beta(1, 2)
  end)
  test.it("says what is wrong", function()
    local function message(f) local ok, e = pcall(f) test.eq(ok, false) return tostring(e) end
    test.eq(message(function() prior.uniform(3, 1) end), "prior uniform(3, 1): the lower bound exceeds the upper one; swap them")
    test.eq(message(function() prior.dirichlet(1) end), message(function() prior.dirichlet(1) end))
    test.ok(message(function() prior.dirichlet(1, -1) end):find("-1", 1, true))
  end)
end)

test.describe("prior.histogram", function()
  test.it("has the mass of each bin", function()
    local p = prior.histogram({ 0, 0.1, 0.3, 0.4 }, { 2, 6, 2 })
    for u, want in pairs { [0.1] = 0.05, [0.2] = 0.1, [0.5] = 0.2, [0.8] = 0.3, [0.95] = 0.375 } do
      test.close(p:quantile(u), want, 1e-6)
    end
    test.close(p:logpdf(0.2), math.log(0.6 / 0.2), 1e-6)
    local hole = prior.histogram({ 0, 1, 2, 3 }, { 1, 0, 1 })
    test.close(hole:quantile(0.75), 2.5, 1e-6)
    test.eq(hole:logpdf(1.5), -math.huge)
    local ok, e = pcall(prior.histogram, { 0, 1 }, { 1, 2 })
    test.eq(tostring(e), "prior.histogram: 2 counts need 3 edges, got 2")
  end)

  test.it("fits a redshift with a photometric density", function()
    local t = ssp.synthetic()
    local g = galaxy{ ssp = t, sfh = sfh.delayed{ norm = 20, tau = 1e9 }, age = 3e9, redshift = 0.3 }
    local bands = filters("SDSS.griz", "2MASS")
    local o, flux = observation.new{ name = "photo-z" }, g:band_flux(bands)
    for i = 1, #bands do o:add(bands[i], flux[i], 0.1 * flux[i]) end
    local f = fit{ data = o, model = g, seed = 3, sampler = sampler.ensemble{ walkers = 32, steps = 800 },
      free = { redshift = prior.histogram({ 0.1, 0.28, 0.32, 0.5 }, { 1, 50, 1 }), ["sfh.norm"] = prior.loguniform(1, 300) } }:run{ progress = false }
    local z = f:summary():get("redshift")
    test.ok(math.abs(z.median - 0.3) < 0.02 and z.q16 > 0.27 and z.q84 < 0.33, z.median)
  end)
end)
