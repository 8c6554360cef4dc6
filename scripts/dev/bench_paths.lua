-- The hot paths that `make bench-check` counts instructions of: galua scripts/dev/bench_paths.lua PATH N repeats one of them N times.
jit.off()
local path, n = arg[1], tonumber(arg[2])
local table_of = ssp.synthetic()
local model = galaxy { ssp = table_of, sfh = sfh.delayed { norm = 20, tau = 1e9 }, age = 4e9, redshift = 0.1 }

local function target()
  local bands, o = filters "SDSS.ugriz", observation.new { name = "mock", redshift = 0.1 }
  local flux = model:band_flux(bands)
  for i = 1, #bands do o:add(bands[i], flux[i], 0.05 * flux[i]) end
  return fit { data = o, model = model, free = { age = prior.loguniform(1e9, 1.2e10), ["sfh.norm"] = prior.loguniform(1, 300) } }.target
end

local paths = {
  sed = function() -- one spectrum, the age changed at every call
    for i = 1, n do
      model.age = 4e9 + 1e6 * i
      model:lum()
    end
  end,
  prompt = function() -- bands of a model that has not changed: what g:photometry and g:band_flux, one after the other, take beside the model
    local bands = filters "SDSS.ugriz"
    for _ = 1, n do
      model.age = 4e9
      model:photometry(bands)
      model:band_flux(bands)
    end
  end,
  likelihood = function() -- points spread over the priors, 16 at a time
    local t = target()
    local u = {}
    for i = 1, 16 do u[i] = { (i * 0.7548776662) % 1, (i * 0.5698402910) % 1 } end
    local x = t:prior_transform(mat(u))
    for _ = 1, n do t:lnprob(x) end
  end,
  ensemble = function() ensemble(benchmark.problem("correlated", 10), { walkers = 64, seed = 1 }):run { steps = 20 * n } end,
  nested = function() nested(benchmark.problem("gauss", 5), { live = 100, seed = 1, sample = "rslice" }):run { max_iterations = 20 * n } end,
}
paths[path]()
