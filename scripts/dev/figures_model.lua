-- The figures of docs/model.md: components, attenuation laws, dust emission, redshifts, nuclei.
-- usage: galua scripts/dev/figures_model.lua [FOLDER]      (docs/figures)
local folder = (arg and arg[1] or "docs/figures") .. "/"
local plot = require "galua.plot"
local library = "../shared/data/dust" -- Draine & Li 2007, THEMIS: drawn when there
local color = { "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F3C8D", "#5A5A5A", "#8C6D1F" }
local dash = { "solid", "dashed", "dashdot", "longdash", "dotted", "dashdotdot", "solid", "dashed", "dashdot" }

local function there(path)
  local f = io.open(path)
  if f then f:close() end
  return f ~= nil
end

local function save(fig, name)
  local path = folder .. name .. ".png"
  fig:save(path, { dpi = 110 })
  print(path)
end

-- nu L_nu / Lsun of a spectrum, at micron
local function nulnu(g, name) return g:wave() * g:lum(name) end
local function micron(g) return g:wave() * 1e-4 end
local style = { width = 7.2, height = 4.4 }

-- a star-forming galaxy with everything on
local function whole(o)
  local all = { sfh = sfh.delayed{ tau = 3e9, norm = 8, Mdust = 4e7, Z = 0.015 }, age = 9e9, redshift = 0.02,
    ism = ism.two_phase{ f_MC = 0.4, N_MC = 3e4, R_MC = 15, Rdust = 4e3, f_PAH = 0.25 }, nebular = nebular.hii{}, synchrotron = true,
    xrb = true, agn = agn.torus{ fAGN = 0.12, inclination = 30 }, igm = true }
  for k, v in pairs(o or {}) do all[k] = v end
  return galaxy(all)
end

-- ---------------------------------------------------------------- every component in one spectrum
do
  local g = whole()
  save(g:plot_components{ width = 7.6, height = 4.6, xlim = { 1e-4, 1e6 }, ylim = { 1e-8, 1e4 }, title = "A galaxy of every component, z = 0.02" },
    "model_components")
end

-- ---------------------------------------------------------------- each component, one panel each
do
  local g = whole()
  local panels = {
    { "stars, before and after dust", { "stellar", "extinct" }, { 0.02, 30 }, 4 }, { "ionised gas, nebular.hii", { "nebular" }, { 0.08, 3e5 }, 6 },
    { "two phases of dust", { "MC", "DD", "warm" }, { 1, 3e3 }, 4 }, { "supernova remnants, synchrotron", { "synchrotron" }, { 1e2, 1e6 }, 2 },
    { "X-ray binaries", { "XRB" }, { 1e-4, 1e-2 }, 1.5 }, { "active nucleus, agn.torus", { "AGN" }, { 1e-4, 3e3 }, 5 },
  }
  local fig = plot.figure{ rows = 3, cols = 2, width = 7.6, height = 7.6 }
  for i, p in ipairs(panels) do
    local ax, top = fig:axes(math.floor((i - 1) / 2) + 1, (i - 1) % 2 + 1), 0
    for k, name in ipairs(p[2]) do
      local y, x = nulnu(g, name), micron(g)
      for j = 1, #x do if x[j] > p[3][1] and x[j] < p[3][2] then top = math.max(top, y[j]) end end
      ax:line(x, y, { color = color[k], dash = dash[k], width = 1.3, label = #p[2] > 1 and
        ({ stellar = "before", extinct = "after", MC = "clouds", DD = "diffuse, with PAH", warm = "warm, in clouds" })[name] or nil })
    end
    ax:set{ xscale = "log", yscale = "log", xlim = p[3], ylim = { top * 10 ^ -p[4], top * 3 }, title = p[1], xformat = "plain",
      xlabel = i > 4 and "Rest wavelength [μm]" or nil, ylabel = i % 2 == 1 and "ν L_{ν} [L_{⊙}]" or nil }
  end
  save(fig, "model_each_component")
end

-- ---------------------------------------------------------------- attenuation laws
do
  local list = {
    { "Calzetti+00", attenuation.calzetti{ A_V = 1 } }, { "Salim+18, δ = −0.4, E_{b} = 2", attenuation.salim18{ A_V = 1, delta = -0.4, E_b = 2 } },
    { "Charlot & Fall 00, n = −0.7", attenuation.power_law{ A_V = 1 } }, { "Cardelli+89, R_{V} = 3.1", attenuation.cardelli{ A_V = 1 } },
    { "LMC", attenuation.lmc{ A_V = 1 } }, { "SMC", attenuation.smc{ A_V = 1 } }, { "Gordon+16, f_{A} = 0.5", attenuation.gordon16{ A_V = 1 } },
  }
  local fig = plot.figure{ width = style.width, height = style.height }
  local ax = fig:axes()
  for i, l in ipairs(list) do
    local g = galaxy{ sfh = sfh.constant{}, attenuation = l[2], redshift = 0.02 }
    ax:line(micron(g), g:attenuation_curve(), { color = color[i], dash = dash[i], width = 1.4, label = l[1] })
  end
  local g = galaxy{ sfh = sfh.delayed{ norm = 10, tau = 3e9, Mdust = 2e7 }, age = 9e9, ism = ism.two_phase{ Rdust = 8e2, f_MC = 0.1, N_MC = 1e5 }, redshift = 0.02 }
  ax:line(micron(g), g:attenuation_curve() / g:derived().A_V, { color = "black", width = 1.6, label = plot.escape("two_phase") .. " (one case)" })
  ax:set{ xscale = "log", xlim = { 0.0912, 3 }, ylim = { 0, 7 }, xformat = "plain", xlabel = "Rest wavelength [μm]", ylabel = "A(λ) / A_{V}",
    title = "Attenuation laws" }
  save(fig, "model_attenuation")
end

-- ---------------------------------------------------------------- dust emission
do
  local list = {
    { "casey12", dust.casey12{} }, { "greybody, 35 K", dust.greybody{} },
  }
  if there(library .. "/DL07_MW3.1_00.dat") then
    list[#list + 1] = { "Draine & Li 07, q_{PAH} = 2.5, U_{min} = 2", dust.dl07{ path = library, q_PAH = 2.5, U_min = 2, gamma = 0.02 } }
    list[#list + 1] = { "THEMIS, U_{min} = 2", dust.themis{ path = library, U_min = 2, gamma = 0.02 } }
  end
  local fig = plot.figure{ width = style.width, height = style.height }
  local ax = fig:axes()
  for i, d in ipairs(list) do
    local g = galaxy{ sfh = sfh.constant{ psi = 10 }, attenuation = attenuation.calzetti{ A_V = 1 }, dust = d[2], redshift = 0.02 }
    local y = nulnu(g, "dust") / g:derived().Ldust
    ax:line(micron(g), y, { color = color[i], dash = dash[i], width = 1.4, label = d[1] })
  end
  local g = galaxy{ sfh = sfh.constant{ psi = 10, Mdust = 1e8 }, redshift = 0.02, ism = ism.two_phase{ Rdust = 3e3, N_MC = 1e4, f_MC = 0.3 } }
  ax:line(micron(g), (nulnu(g, "MC") + nulnu(g, "DD") + nulnu(g, "warm")) / g:derived().Ldust, { color = "black", width = 1.6, label = plot.escape("two_phase") .. " (one case)" })
  ax:set{ xscale = "log", yscale = "log", xlim = { 1, 2000 }, ylim = { 1e-4, 3 }, xformat = "plain", xlabel = "Rest wavelength [μm]",
    ylabel = "ν L_{ν} / L_{dust}", title = "Dust emission, the same power" }
  save(fig, "model_dust")
end

-- ---------------------------------------------------------------- redshifts
do
  local fig = plot.figure{ width = style.width, height = style.height }
  local ax = fig:axes()
  for i, z in ipairs{ 0.1, 0.5, 1, 2, 4, 6, 8 } do
    local g = whole{ redshift = z, age = math.min(9e9, 0.8 * cosmology("Planck18"):age(z)), agn = false }
    local s = g:sed()
    ax:line(s.wave * 1e-4, s.flux, { color = color[i], width = 1.2, label = ("z = %g"):format(z) })
  end
  ax:set{ xscale = "log", yscale = "log", xlim = { 0.05, 1e6 }, ylim = { 1e-9, 1e3 }, xformat = "plain", xlabel = "Observed wavelength [μm]",
    ylabel = "S_{ν} [mJy]", title = "The same galaxy at seven redshifts, intergalactic medium included" }
  save(fig, "model_redshift")
end

-- ---------------------------------------------------------------- the nucleus by inclination
do
  local fig = plot.figure{ width = style.width, height = style.height }
  local ax = fig:axes()
  local g = whole{ agn = agn.torus{ fAGN = 0.5, delta = 40, tau_97 = 3 } }
  for i, angle in ipairs{ 0, 30, 49, 51, 70, 90 } do
    g.agn.inclination = angle
    ax:line(micron(g), nulnu(g, "AGN"), { color = color[i], dash = dash[i], width = 1.3, label = ("%d°"):format(angle) })
  end
  ax:set{ xscale = "log", yscale = "log", xlim = { 1e-4, 1e3 }, ylim = { 1e6, 1e11 }, xformat = "plain", xlabel = "Rest wavelength [μm]",
    ylabel = "ν L_{ν} [L_{⊙}]", title = "agn.torus by inclination, half-angle 40°, τ_{9.7} = 3" }
  save(fig, "model_agn")
end
