-- usage: galua tests/kills/child.lua KIND OUT.h5 DIGEST     one run of a sampler, gone on with when OUT.h5 exists; DIGEST gets all its bits
local kind, out, digest = arg[1], arg[2], arg[3]
local table_of = ssp.synthetic()
local bands = filters("SDSS.griz", "2MASS")
local truth = galaxy{ ssp = table_of, sfh = sfh.delayed{ norm = 20, tau = 1e9, Mdust = 3e7 }, age = 4e9, redshift = 0.1 }
local data = observation.new{ name = "mock", redshift = 0.1 }
local flux = truth:band_flux(bands)
for i = 1, #bands do data:add(bands[i], flux[i], 0.05 * flux[i], "detection") end

local slide = move.custom(function(x, others, rng)
  local a, b, g, y = others[rng:integer(#others)], others[rng:integer(#others)], rng:normal(), {}
  for k = 1, #x do y[k] = x[k] + g * (a[k] - b[k]) end
  return y
end)
local samplers = {
  ensemble = function() return sampler.ensemble{ walkers = 24, steps = 150, thin = 3 } end,
  custom = function() return sampler.ensemble{ walkers = 24, steps = 120, thin = 3, moves = mix{ slide, 0.7, move.stretch(), 0.3 } } end,
  slice = function() return sampler.slice{ walkers = 24, steps = 30 } end,
  nested = function() return sampler.nested{ live = 30, dlogz = 0.1, sample = "unif" } end,
  rwalk = function() return sampler.nested{ live = 24, dlogz = 0.1, sample = "rwalk", walks = 10, replace = 4 } end,
  dynamic = function() return sampler.nested{ live = 20, dlogz = 0.1, dynamic = true, ess = 120, sample = "rslice", slices = 2 } end,
  nuts = function() return sampler.nuts{ chains = 2, warmup = 10, draws = 30, start = "prior" } end,
  smc = function() return sampler.smc{ particles = 64 } end,
  pathfinder = function() return sampler.pathfinder{ paths = 6 } end,
  importance = function() return sampler.importance{} end,
  optimum = function() return sampler.optimum{ starts = 10 } end,
  strategy = function()
    return sampler.strategy(function(target)
      local p = pathfinder(target, { paths = 2 })
      p:run{}
      local e = ensemble(target, 24)
      local x, start = p:result().x, {}
      for i = 1, 24 do start[i] = x:row(i):totable() end
      e:start(galua.mat(start))
      e:run{ move = slide, steps = 20 }
      if e.acceptance:mean() > 0.2 then e:run{ move = mix{ move.de(), 0.8, slide, 0.2 }, steps = 30 } end
      local n = nuts(target, { chains = 2, warmup = 4, seed = 3 })
      n:start(p)
      n:run{ more = 8 }
      n:run{ more = 4 }
      return n:result()
    end)
  end,
}
if not kind then -- their names
  local names = {}
  for name in pairs(samplers) do names[#names + 1] = name end
  table.sort(names)
  print(table.concat(names, " "))
  os.exit(0)
end

local there = io.open(out)
if there then there:close() end
local f = fit{ data = data, model = truth, seed = 11, sampler = samplers[kind](),
  free = { age = prior.loguniform(1e9, 1.2e10), ["sfh.norm"] = prior.loguniform(1, 300) } }
f:run{ out = out, resume = there ~= nil, progress = false, checkpoint_every = 0.05 }
local s = f:samples()
local lines = {}
for i = 1, s.n do lines[i] = ("%.17g %.17g %.17g"):format(s.x:row(i)[1], s.x:row(i)[2], s.lnlike[i]) end
lines[#lines + 1] = tostring(f.engine.evaluations)
local file = assert(io.open(digest .. ".part", "w"))
file:write(table.concat(lines, "\n"), "\n")
file:close()
os.rename(digest .. ".part", digest)
