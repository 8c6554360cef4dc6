-- A move of your own, with a name, a setting and help: a jump along the difference of two walkers by a random factor, mixed with a built-in
-- one in a fit, stored with it, and read back without its definition.
--
-- usage: galua scripts/examples/own_move.lua [OUTPUT_FOLDER]
local folder = arg[1] or "."

move.define{ name = "jump", doc = "Along the difference of two walkers.", params = { scale = { 0.7, doc = "of the jump" } },
  propose = function(x, others, rng, step, p)
    local a, b = others[rng:integer(#others)], others[rng:integer(#others)]
    local g, y = p.scale * rng:normal(), {}
    for k = 1, #x do y[k] = x[k] + g * (a[k] - b[k]) end
    return y
  end }
help("move.jump")

local obs = observation.read(data.path("photometry/ngc3898.ecsv"))
local f = fit{ data = obs, model = galaxy{ sfh = sfh.delayed{}, redshift = obs.redshift }, noise = noise.calibration{ floor = 0.1 }, seed = 2,
  free = { ["sfh.norm"] = prior.loguniform(1, 1e3), age = prior.loguniform(1e9, 1.3e10), ["sfh.tau"] = prior.loguniform(1e8, 1e10) },
  sampler = sampler.ensemble{ walkers = 40, steps = 400, moves = mix{ move.de(), 0.5, move.jump{ scale = 0.9 }, 0.5 } } }
f:run{ out = folder .. "/own_move.h5", progress = false }
local again = load_fit(folder .. "/own_move.h5")
print(again.sampler)
print(again:summary())
