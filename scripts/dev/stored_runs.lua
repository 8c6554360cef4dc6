-- stored_runs.lua: makes the results files of tests/ref/stored_*.h5, a small run of every sampler and of a strategy, and the list of what
-- they hold (stored_runs.txt): run once by the version whose files must stay readable.
--   galua --threads 1 scripts/dev/stored_runs.lua FOLDER
local folder = arg[1]
local table_of = ssp.synthetic()
local model = galaxy { ssp = table_of, sfh = sfh.delayed { norm = 20, tau = 1e9 }, age = 4e9, redshift = 0.1 }
local bands, o = filters "SDSS.griz", observation.new { name = "mock", redshift = 0.1 }
local flux = model:band_flux(bands)
local shift = { 1.02, 0.97, 1.01, 0.99 }
for i = 1, #bands do o:add(bands[i], flux[i] * shift[i], 0.05 * flux[i]) end

local function with(sampler)
  return fit { data = o, model = model, seed = 11, sampler = sampler,
    free = { age = prior.loguniform(1e9, 1.2e10), ["sfh.norm"] = prior.lognormal(20, 0.4), ["sfh.tau"] = prior.truncnormal(1e9, 5e8, 1e8, 5e9) } }
end

local runs = {
  ensemble = { sampler.ensemble { walkers = 8, steps = 12, moves = { { "de", weight = 0.5 }, { "slice", weight = 0.3 }, { "gaussian", cov = 0.01, weight = 0.2 } } }, { more = 12 } },
  nested = { sampler.nested { live = 20, max_iterations = 60, sample = "rslice", dlogz = 0.5 }, false },
  nuts = { sampler.nuts { chains = 2, warmup = 20, draws = 10, start = "prior", metric = "diag" }, { more = 10 } },
  smc = { sampler.smc { particles = 32, active = 16, max_steps = 6, ess = 48, max_evaluations = 150 }, { more = 30 } },
  optimum = { sampler.optimum { starts = 4, draws = 20 }, false },
  pathfinder = { sampler.pathfinder { paths = 2, draws = 20 }, false },
  strategy = { sampler.strategy(function(target)
    local p = pathfinder(target, { paths = 2, draws = 40 })
    p:run {}
    local e = ensemble(target, 8)
    e:run { move = move.de(), steps = 10 }
    return e
  end), false },
}

local function code(f)
  local s, t = f:samples(), {}
  for i = 1, s.n do
    for k = 1, f.target.ndim do t[#t + 1] = ("%.17g"):format(s.x[i][k]) end
    t[#t + 1] = ("%.17g %.17g"):format(s.lnprior[i], s.lnlike[i])
    t[#t + 1] = ("%.17g %.17g"):format(s.derived.Mstar[i], s.derived.SFR[i])
  end
  return require("galua.core").hash(table.concat(t, " "))
end

local out = assert(io.open(folder .. "/stored_runs.txt", "w"))
out:write("# sampler | hash of the draws | their number | state | evaluations | the same after going on (more =): only on the same kind of processor\n")
local names = {}
for name in pairs(runs) do names[#names + 1] = name end
table.sort(names)
for _, name in ipairs(names) do
  local path = ("%s/stored_%s.h5"):format(folder, name)
  local f = with(runs[name][1]):run { out = path, progress = false }
  local line = { name, code(f), f:samples().n, f.engine.state, ("%.0f"):format(f.engine.evaluations) }
  if runs[name][2] then
    local g = load_fit(path, { ssp = table_of })
    g:run { more = runs[name][2].more, progress = false }
    line[#line + 1] = code(g)
    line[#line + 1] = ("%.0f"):format(runs[name][2].more)
  end
  out:write(table.concat(line, " | "), "\n")
end
out:close()
