-- The figure of docs/model.md: every kind of star formation history over 10 Gyr, forming 1e10 Msun each; where the model is one of
-- random bins, three draws from its usual prior.
-- usage: galua scripts/dev/figure_histories.lua FILE.png|.svg|.pdf
local plot = require "galua.plot"
local stars = ssp.synthetic()
local age, mass = 1e10, 1e10
math.randomseed(3)

local function curves(list) return function() return list end end

-- draws of the usual prior
local function draws(kind, options)
  return function()
    local out = {}
    for i = 1, 3 do
      local h = sfh[kind](options)
      local priors = galaxy{ ssp = stars, ism = false, sfh = h, age = age, clamp = true }:priors("sfh")
      for k = 1, 31 do -- in order: pairs() has none
        local name = (({ dirichlet = "z", stochastic = "x" })[kind] or "r") .. k
        local p = priors["sfh." .. name]
        if p then h[name] = p:quantile(math.random()) end
      end
      out[i] = { h }
    end
    return out
  end
end

local panels = {
  { "insitu", curves{ { sfh.insitu{ tau_star = 3e8 }, "0.3" }, { sfh.insitu{ tau_star = 1e9 }, "1" },
    { sfh.insitu{ tau_star = 3e9 }, "3 Gyr" } } },
  { "delayed", curves{ { sfh.delayed{ tau = 5e8 }, "0.5" }, { sfh.delayed{ tau = 1.5e9 }, "1.5" }, { sfh.delayed{ tau = 5e9 }, "5 Gyr" } } },
  { "lognormal", curves{ { sfh.lognormal{ tau = 2e9, sigma = 0.4 }, "0.4" }, { sfh.lognormal{ tau = 2e9, sigma = 1 }, "1" },
    { sfh.lognormal{ tau = 2e9, sigma = 2 }, "2" } } },
  { "dpl", curves{ { sfh.dpl{ alpha = 2, beta = 2 }, "2, 2" }, { sfh.dpl{ alpha = 10, beta = 1 }, "10, 1" },
    { sfh.dpl{ alpha = 1, beta = 8 }, "1, 8" } } },
  { "exponential", curves{ { sfh.exponential{ tau = 3e9 }, "falling" }, { sfh.exponential{ tau = 3e9, rising = true }, "rising" } } },
  { "periodic", curves{ { sfh.periodic{ period = 2e9, tau = 4e8 }, "exponential" },
    { sfh.periodic{ period = 2e9, tau = 4e8, shape = "rectangle" }, "rectangle" } } },
  { "with a burst", curves{
    { sfh.delayed{ tau = 1.5e9, burst = "exponential", age_burst = 2e9, tau_burst = 4e8, f_burst = 0.15 }, "exponential" },
    { sfh.delayed{ tau = 1.5e9, burst = "rectangle", age_burst = 3.5e9, tau_burst = 6e8, f_burst = 0.15 }, "rectangle" } } },
  { "continuity", draws("continuity", { n = 10 }) },
  { "flexible", draws("flexible", { n = 10 }) },
  { "psb", draws("psb", { n = 10, tlast = 5e8, tflex = 4e9 }) },
  { "dirichlet", draws("dirichlet", { n = 10, of = "rate" }) },
  { "stochastic", draws("stochastic", { edges = { 1e9, 2e9, 3e9, 4e9, 5e9, 6e9, 7e9, 8e9, 9e9 }, tau_eq = 1.5e9 }) },
}

local t = linspace(age / 1200, age * (1 - 1e-9), 1200)
local fig = plot.figure{ rows = 4, cols = 3, width = 7.4, height = 7.2 }
for i, p in ipairs(panels) do
  local ax = fig:axes(math.floor((i - 1) / 3) + 1, (i - 1) % 3 + 1)
  ax:set{ title = p[1], xlim = { 0, 10 }, xlabel = i > 9 and "t [Gyr]" or nil, ylabel = i % 3 == 1 and "SFR [\\Msun/yr]" or nil,
    legend = i <= 7, ylim = p[1] == "periodic" and { 0, 8 } or nil,
    yscale = i >= 8 and i <= 10 and "log" or nil, decades = 3 }
  for _, c in ipairs(p[2]()) do
    local g = galaxy{ ssp = stars, ism = false, sfh = c[1], age = age, clamp = true, redshift = 0 }
    local psi = g:sfr(t)
    ax:line(t / 1e9, psi * (mass / g:derived().Mformed), { label = c[2] })
  end
end
fig:save(arg[1])
