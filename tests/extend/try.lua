-- After scripts/dev/extend.sh: a prior, a move, a sampler, a term of noise, a measured number and a set of data of tests/extend, built in by one line each, have help, run in fits and come back from results files.
local function text(name)
  local group, kind = name:match "(%w+)%.(%w+)"
  assert(galua[group][kind], name)
  return assert(galua.doc.of_name(name), name .. " has no help")
end
assert(text("prior.halfcauchy"):find("Half of a Cauchy density", 1, true))
assert(text("move.reflect"):find("@param sigma (0.3)", 1, true))
assert(text("sampler.metropolis"):find("@param width (1) of the step", 1, true))
local g = galaxy{ ssp = ssp.synthetic(), sfh = sfh.delayed{ norm = 20, tau = 1e9 }, age = 4e9, redshift = 0.1 }
local o, bands = observation.new{ name = "mock", redshift = 0.1 }, filters "SDSS.griz"
local flux = g:band_flux(bands)
for i = 1, #bands do o:add(bands[i], flux[i], 0.1 * flux[i], "detection") end
local path, again = os.tmpname() .. ".h5", nil
for _, s in ipairs{ sampler.metropolis{ walks = 6, width = 0.05 }, sampler.ensemble{ walkers = 12, steps = 60, moves = mix{ move.reflect(), 0.5, move.de(), 0.5 } } } do
  local f = fit{ data = o, model = g, seed = 1, sampler = s, free = { age = prior.loguniform(1e9, 1.2e10), ["sfh.norm"] = prior.halfcauchy(20) } }
  f:run{ more = s.kind == "metropolis" and 60 or nil, out = path, progress = false, fresh = true }
  again = load_fit(path, { ssp = ssp.synthetic() })
  assert(tostring(again.sampler) == tostring(s) and again.target.priors[2].text == "halfcauchy(20)")
  again:run{ more = 20, progress = false }
  print(again:summary())
end
-- the term of noise: ln L of bands and of pixels by hand, exact derivatives, a run and its file
assert(text("noise.photon"):find("@param photon [mJy] (prior.loguniform(1e-6, 100))", 1, true))
local function gaussian(y, m, err, photon)
  local sum = 0
  for i = 1, #y do
    local v = err[i] ^ 2 + photon * m[i]
    sum = sum - 0.5 * (y[i] - m[i]) ^ 2 / v - 0.5 * math.log(2 * math.pi * v)
  end
  return sum
end
local function close(a, b, tol) assert(math.abs(a - b) <= tol * math.max(1, math.abs(b)), ("%.12g is not %.12g"):format(a, b)) end
local x = mat{ { math.log10(4.1e9), math.log10(0.3) } }
local f = fit{ data = o, model = g, seed = 1, noise = noise.photon{}, free = { age = prior.loguniform(1e9, 1.2e10) }, sampler = sampler.ensemble{ walkers = 12, steps = 40 } }
assert(f.target.names[2] == "noise.photon" and tostring(f.noise) == "noise.photon{ photon = prior.loguniform(1e-6, 100) }")
local _, ll = f.target:lnprob(x)
g.age = 4.1e9
local err = vec(#bands)
for i, r in ipairs(o:rows()) do err[i] = r.err end
close(ll[1], gaussian(flux, g:band_flux(bands), err, 0.3), 1e-11)
assert(f:gradient_check().error < 1e-6 and #f:gradient_check().differences == 0)
f:run{ out = path, progress = false, fresh = true }
assert(load_fit(path, { ssp = ssp.synthetic() }).target.names[2] == "noise.photon")
local s = g:spectrum{ wave = linspace(4300, 7500, 50), R = 400, library = -1 }
local data = observation{ name = "pixels", redshift = 0.1, spectrum = { wave = s.wave, flux = s.flux * 1.1, err = s.flux * 0.05, R = 400, library = -1 } }
f = fit{ data = data, model = g, spec = { noise = noise.photon{} }, free = { age = prior.loguniform(1e9, 1.2e10) } }
assert(f.target.names[2] == "spec.photon")
_, ll = f.target:lnprob(x)
close(ll[1], gaussian(s.flux * 1.1, s.flux, s.flux * 0.05, 0.3), 1e-11)
assert(f:gradient_check().error < 1e-6)
-- a term linear in its parameter: the derivative at exactly 0 is there
f = fit{ data = o, model = g, noise = noise.photon{ photon = prior.uniform(0, 1) }, free = { age = prior.loguniform(1e9, 1.2e10) } }
local edge, h = mat{ { math.log10(4.1e9), 0 } }, 1e-6
local _, l0 = f.target:lnprob(edge)
local _, l1 = f.target:lnprob(mat{ { math.log10(4.1e9), h } })
local _, l2 = f.target:lnprob(mat{ { math.log10(4.1e9), 2 * h } })
local _, grad = f.target:gradient(edge)
close(grad:row(1)[2], (4 * l1[1] - l2[1] - 3 * l0[1]) / (2 * h), 1e-5)
-- the measured number
assert(galua.doc.of_name("observation.measure"):find("ratio []: The ratio of two fluxes of lines.", 1, true))
local hot = galaxy{ ssp = ssp.synthetic(), sfh = sfh.constant{ psi = 5 }, age = 1e9, redshift = 0.1, nebular = nebular.hii{} }
o:measure("ratio", { over = "Halpha", under = "Hbeta", value = 4, err = 0.5 })
f = fit{ data = o, model = hot, seed = 1, free = { ["sfh.psi"] = prior.uniform(4, 6) }, sampler = sampler.ensemble{ walkers = 8, steps = 20 } }
f:run{ out = path, progress = false, fresh = true }
local want, got = hot:line_flux("Halpha") / hot:line_flux("Hbeta"), load_fit(path, { ssp = ssp.synthetic() }):measures()[1]
close(got.model, want, 1e-9)
close(got.pull, (4 - want) / 0.5, 1e-9)
assert(got.name == "ratio Halpha Hbeta")
-- the set of data: photons in lines, ln L by hand, its file
assert(galua.doc.of_name("observation.data"):find("counts: Photons counted in emission lines, Poisson.", 1, true))
local exposure = 12 / hot:line_flux("Halpha")
local few = observation.new{ name = "photons", redshift = 0.1 }
few:data("counts", { lines = "Halpha,Hbeta", counts = { 15, 3 }, exposure = exposure, background = 0.5 })
f = fit{ data = few, model = hot, seed = 1, free = { ["sfh.psi"] = prior.uniform(4, 6) }, sampler = sampler.ensemble{ walkers = 8, steps = 20 } }
local function poisson(n, mu)
  local l = n * math.log(mu) - mu
  for k = 2, n do l = l - math.log(k) end
  return l
end
local _, lp = f.target:lnprob(mat{ { 5 } })
close(lp[1], poisson(15, 12.5) + poisson(3, exposure * hot:line_flux("Hbeta") + 0.5), 1e-10)
f:run{ out = path, progress = false, fresh = true }
again = load_fit(path, { ssp = ssp.synthetic() })
assert(again.data:hash() == few:hash() and again.data:data()[1].name == "counts")
local done, why = pcall(few.data, few, "counts", { lines = "Halpha", counts = { 1.5 }, name = "more" })
assert(not done and tostring(why):find("1.5 is no number of photons", 1, true))
os.remove(path)
print "a prior, a move, a sampler, a term of noise, a measured number and a set of data: one file and one line each"
