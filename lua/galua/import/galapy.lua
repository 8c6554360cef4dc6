-- A parameter file of GalaPy (galapy-genparams, versions 0.5 and 0.6) as a fit file. What the variables mean is taken from its documentation; the file itself
-- is read as text by literals.lua.
--   galapy(path, { data = FILE }) -> text of a fit file, list of remarks
local galua = require "galua"
local core = require "galua.core"
local literals = require "galua.import.literals"
local none = literals.none

-- GalaPy's history -> ours, and the names of its parameters
local histories = {
  insitu = { kind = "insitu", psi_max = "psi_max", tau_star = "tau_star", tau_quench = "tau_quench" },
  constant = { kind = "constant", psi = "psi", Mdust = "Mdust", Zgxy = "Z", tau_quench = "tau_quench" },
  delayedexp = { kind = "delayed", psi_norm = "norm", k_shape = "k", tau_star = "tau", Mdust = "Mdust", Zgxy = "Z", tau_quench = "tau_quench" },
  lognormal = { kind = "lognormal", psi_norm = "norm", sigma_star = "sigma", tau_star = "tau", Mdust = "Mdust", Zgxy = "Z", tau_quench = "tau_quench" },
}
local others = { age = "age", redshift = "redshift", ["syn.alpha_syn"] = "synchrotron.alpha", ["syn.nu_self_syn"] = "synchrotron.nu_self", ["nff.Zi"] = "nebular.Zi",
  ["agn.fAGN"] = "agn.fAGN" }
for name in pairs{ f_MC = 1, norm_MC = 1, N_MC = 1, R_MC = 1, tau_esc = 1, dMClow = 1, dMCupp = 1, norm_DD = 1, Rdust = 1, f_PAH = 1, dDDlow = 1, dDDupp = 1 } do
  others["ism." .. name] = "ism." .. name
end
local limits = { chi2 = "onesided", simple = "cut", S12 = "censored" }
local samplers = { dynesty = "sampler.nested{}", nautilus = "sampler.nested{}", emcee = "sampler.ensemble{ walkers = %d }" }

local function number(v) return (("%.10g"):format(v):gsub("e%+?(-?)0*(%d)", "e%1%2")) end
local function list(v) return type(v) == "table" and v.n and v or nil end
local function text(v) return type(v) == "string" and v ~= "" and v or nil end

-- ([lo, hi], log) of a free parameter, or its fixed value
local function state(v)
  local l = list(v)
  if not l then return type(v) == "number" and { value = v } or nil end
  local range = list(l[1])
  if not range or type(range[1]) ~= "number" or type(range[2]) ~= "number" then return nil end
  if l[2] == true then return { lo = 10 ^ range[1], hi = 10 ^ range[2], log = true } end
  return { lo = range[1], hi = range[2] }
end

local function prior_of(p)
  return ("prior.%s(%s, %s)"):format(p.log and "loguniform" or "uniform", number(p.lo), number(p.hi))
end

-- psi_norm t^k there, norm (t/tau)^k here: the range of norm that holds all of psi_norm's
local function delayed_norm(p, pars, remark)
  local k, tau = state(pars["sfh.k_shape"]) or { value = 0.2 }, state(pars["sfh.tau_star"]) or { value = 1e8 }
  local function both(x) return x.value and { x.value } or { x.lo, x.hi } end
  local least, most = math.huge, 0
  for _, a in ipairs(both(k)) do
    for _, t in ipairs(both(tau)) do
      least, most = math.min(least, t ^ a), math.max(most, t ^ a)
    end
  end
  if least < most then
    remark("sfh.psi_norm: psi_norm t^k there is norm (t/tau)^k here; k or tau is free, so that the prior of norm is as wide as both together")
  end
  if p.value then return least == most and { value = p.value * least } or { value = p.value * math.sqrt(least * most) } end
  return { lo = p.lo * least, hi = p.hi * most, log = p.log }
end

-- A free range is cut to what the model allows
local function within(name, p, info, remark)
  local i = info[name]
  if not i then return p end
  local function one(v, what)
    local w = math.min(math.max(v, i.lo), i.hi)
    if w ~= v then remark(("%s: %s %s is outside of %s .. %s: cut"):format(name, what, number(v), number(i.lo), number(i.hi))) end
    return w
  end
  if p.value then return { value = one(p.value, "the value") } end
  return { lo = one(p.lo, "the lower end"), hi = one(p.hi, "the upper end"), log = p.log }
end

local function photometry(v, o, put, remark)
  if o.data then return put("local obs = observation.read(%q)", o.data) end
  local bands, flux, err, up = list(v.bands), list(v.fluxes), list(v.errors), list(v.uplims)
  if not (bands and flux and err) then
    put('local obs = observation.read("SOURCE.ecsv")   -- the file has no bands, fluxes and errors')
    return remark("no photometry (bands, fluxes, errors): give --data FILE")
  end
  if list(flux[1]) then
    put('local obs = observation.read("SOURCE.ecsv")   -- the file is a catalogue')
    return remark("fluxes of several sources: write a table with a row per source, and `galua fit --template --catalogue`")
  end
  if flux.n ~= bands.n or err.n ~= bands.n then galua.fail("import galapy: %d bands, %d fluxes, %d errors", bands.n, flux.n, err.n) end
  local known = {}
  for _, name in ipairs(galua.filter.names()) do known[name] = true end
  put("local obs = observation{ name = %q, photometry = {                     -- mJy", text(v.run_id) or "source")
  for i = 1, bands.n do
    if type(bands[i]) ~= "string" or type(flux[i]) ~= "number" or type(err[i]) ~= "number" then
      galua.fail("import galapy: band %d: expected a name, a flux and an error", i)
    end
    local u = up and (up[i] == true or up[i] == 1)
    put("  %s{ %q, %s, %s%s },", known[bands[i]] and "" or "-- ", bands[i], number(flux[i]), number(err[i]), u and ', "limit"' or "")
    if not known[bands[i]] then remark(("band '%s' is not among the built-in filters: a comment (filter files are filters too)"):format(bands[i])) end
  end
  put("} }")
end

-- The galaxy: kind of history, components; parameters that are fixed, priors of the free ones
local function parameters(v, h, remark)
  local fixed, free = {}, {}
  local pars = v.galaxy_parameters and v.galaxy_parameters.map or {}
  local info = {}
  local on = { synchrotron = v.do_Radio == true, nebular = v.do_Radio == true, xrb = v.do_Xray == true, agn = v.do_AGN == true }
  local probe = galua.galaxy{ sfh = galua.sfh[h.kind]{}, ism = galua.ism.two_phase{}, redshift = 1, synchrotron = on.synchrotron or nil,
    nebular = on.nebular and galua.nebular.freefree{} or nil, xrb = on.xrb or nil, agn = on.agn or nil }
  for _, p in ipairs(probe:params()) do info[p.name] = p end
  for _, name in ipairs(v.galaxy_parameters and v.galaxy_parameters.keys or {}) do
    local own = type(name) == "string" and (others[name] or h[name:match("^sfh%.(.*)$") or ""] and "sfh." .. h[name:match("^sfh%.(.*)$")])
    local p = state(pars[name])
    if not p then
      remark(("%s: neither a number nor ([lo, hi], log): left out"):format(tostring(name)))
    elseif not own then
      remark(("%s = %s has no counterpart: left out"):format(tostring(name), p.value and number(p.value) or prior_of(p)))
    elseif own:match("^(%a+)%.") and on[own:match("^(%a+)%.")] == false then
      if not p.value then remark(("%s is free, but its component is off: left out"):format(name)) end
    else
      if own == "sfh.norm" and h.kind == "delayed" then p = delayed_norm(p, pars, remark) end
      p = within(own, p, info, remark)
      if p.value then fixed[#fixed + 1] = { own, p.value } else free[#free + 1] = { own, p } end
    end
  end
  return fixed, free, on
end

local function write_model(h, v, fixed, on, put)
  put("")
  put("local model = galaxy{")
  put("  sfh = sfh.%s{},", h.kind)
  put("  ism = ism.two_phase{},")
  if on.synchrotron then put("  synchrotron = true, nebular = nebular.freefree{},") end
  if on.xrb then put("  xrb = true,") end
  if on.agn then put("  agn = true,                                  -- agn.fritz{ path = ... } for the templates of GalaPy") end
  if text(v.cosmo) and v.cosmo ~= "Planck18" then put("  cosmology = %q,", v.cosmo) end
  put("  -- compat = \"galapy\",                         -- GalaPy's own numbers (docs/parity.md)")
  put("}")
  for _, p in ipairs(fixed) do put("model:set{ [%q] = %s }", p[1], number(p[2])) end
end

local function write_fit(v, free, put, remark)
  put("")
  put("return fit{")
  put("  data = obs,")
  put("  model = model,")
  put("  free = {")
  for _, p in ipairs(free) do put("    [%q] = %s,", p[1], prior_of(p[2])) end
  put("  },")
  if v.noise_model == "calibration_error" then
    local f = v.noise_parameters and state(v.noise_parameters.map.f_cal)
    put("  noise = noise.calibration{ f_cal = %s },", f and (f.value and number(f.value) or prior_of(f)) or "prior.loguniform(1e-10, 10)")
  elseif text(v.noise_model) then
    remark(("noise_model '%s' has no counterpart: left out"):format(v.noise_model))
  end
  put("  limits = %q,", limits[v.method_uplims or "chi2"] or "censored")
  local s = samplers[v.sampler or "dynesty"]
  if not s then remark(("sampler '%s': nested sampling instead"):format(tostring(v.sampler))) end
  put("  sampler = %s,", (s or samplers.dynesty):format(type(v.nwalkers) == "number" and v.nwalkers or 64))
  put("  seed = 42,")
  put("}")
end

return function(path, o)
  local v, remarks = literals.read(core.read_file(path))
  for name, value in pairs(v) do if value == none then v[name] = nil end end
  local out = {}
  local function put(...) out[#out + 1] = select("#", ...) > 1 and (...):format(select(2, ...)) or (...) end
  local function remark(line) remarks[#remarks + 1] = line end
  local h = histories[v.sfh_model or "insitu"]
  if not h then galua.fail("import galapy: %s: unknown sfh_model '%s'", path, tostring(v.sfh_model)) end
  if not (v.galaxy_parameters and v.galaxy_parameters.map) then galua.fail("import galapy: %s: no galaxy_parameters: not a parameter file of GalaPy", path) end
  put("-- From %s, a parameter file of GalaPy, by `galua import galapy`. Run with: galua fit THIS.lua", (path:match("[^/]+$")))
  photometry(v, o, put, remark)
  local fixed, free, on = parameters(v, h, remark)
  write_model(h, v, fixed, on, put)
  write_fit(v, free, put, remark)
  if text(v.ssp_lib) then remark(("ssp_lib '%s': the built-in table is used (ssp = \"FILE\" takes another)"):format(v.ssp_lib)) end
  local head = { table.remove(out, 1) }
  for _, r in ipairs(remarks) do head[#head + 1] = "-- " .. core.printable(r) end
  return table.concat(head, "\n") .. "\n" .. table.concat(out, "\n") .. "\n", remarks
end
