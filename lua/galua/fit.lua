-- fit{ data =, model =, free =, ... }: model + data + priors, sampled, summarised, drawn, stored.
local galua = require "galua"
local doc = require "galua.doc"
local core = require "galua.core"
local ship = require "galua.ship"
local ties = require "galua.fit.ties"
local counts = require "galua.fit.counts"
local plans = require "galua.fit.plan"
local later = require "galua.fit.later"
local differences = require "galua.fit.differences"

local fit = {}
fit.__index = function(self, key)
  local v = rawget(fit, key)
  if v ~= nil or type(key) ~= "string" then return v end
  if key:sub(1, 1) == "_" or key == "engine" or key == "amplitude" or key == "likelihood" or key == "spec" or key == "plan" or key == "tie" then return nil end
  local engine = rawget(self, "engine") -- by its own name too: f.ensemble
  if engine and core.class_name(engine) == key then return engine end
  if galua.sampler.known(key) then return nil end
  local names = { "data", "model", "target", "sampler", "engine", "seed", "noise", "amplitude", "likelihood" }
  for k in pairs(fit) do if k:sub(1, 1) ~= "_" then names[#names + 1] = k end end
  galua.fail("a fit has no field or method '%s'%s", key, core.did_you_mean(key, names))
end

-- ---------------------------------------------------------------- building
-- A Lua function of the sampled coordinate becomes a table over the parameter's usual range.
local function tabulate(name, f, par)
  local log = par.log and par.plo > 0
  local lo, hi = par.plo, par.phi
  if log then lo, hi = math.log10(lo), math.log10(hi) end
  local x, lnp = {}, {}
  local n = 1001
  for i = 1, n do
    x[i] = lo + (hi - lo) * (i - 1) / (n - 1)
    local v = f(x[i])
    if type(v) ~= "number" or v ~= v or v == math.huge then
      galua.fail("fit: prior function of '%s' gives %s at %g: it must return ln p, a number or -inf", name, tostring(v), x[i])
    end
    lnp[i] = v
  end
  return galua.prior.table(x, lnp, log and "log10" or "linear")
end

-- the value of option `name` must be a handle of class `class`
local function need(value, name, class, example)
  if core.class_name(value) ~= class then
    galua.fail("fit: %s must be %s %s, such as %s, got %s", name, class:match("^[aeio]") and "an" or "a", class, example,
      core.class_name(value) or type(value))
  end
end

-- parameters of the galaxy, then those of the noise, then, for data with a spectrum or indices, theirs
local function parameters(model, spectral, data)
  local list = model:params()
  for _, p in ipairs(galua.noise_params()) do list[#list + 1] = p end
  if spectral then
    for _, p in ipairs(galua.spectrum.params()) do list[#list + 1] = p end
    for _, s in ipairs(data:spectra()) do -- and those of each where they have names
      for _, p in ipairs(s.name ~= "" and galua.spectrum.params() or {}) do
        p.name = ("spec.%s.%s"):format(s.name, p.name:match("[^.]+$"))
        list[#list + 1] = p
      end
    end
  end
  return list
end

-- {name = prior or function} -> list in the order of the parameters
local function ordered(model, free, data)
  local pars, order, names = {}, {}, {}
  for i, p in ipairs(parameters(model, true, data)) do
    pars[p.name], order[p.name], names[#names + 1] = p, i, p.name
  end
  local list = {}
  for name, pr in pairs(free) do
    if type(name) ~= "string" then galua.fail("fit: free holds name = prior pairs, found a value without a name") end
    local par = pars[name]
    if not par and (name == "age" or name == "age_fraction" or name == "z_onset") then
      galua.fail("fit: free: '%s' is not a parameter of this galaxy, its age is given by '%s': make it with galaxy{ %s = ... }", name,
        model:params()[1].name, name)
    elseif not par then
      galua.fail("fit: free: this galaxy has no parameter '%s'%s", name, core.did_you_mean(name, names))
    end
    if type(pr) == "function" then
      pr = tabulate(name, pr, par)
    elseif core.class_name(pr) ~= "prior" then
      galua.fail("fit: free.%s must be a prior (prior.uniform(lo, hi), ...) or a function, got %s", name, type(pr))
    end
    list[#list + 1] = { name, pr }
  end
  table.sort(list, function(a, b) return (order[a[1]] or 1e9) < (order[b[1]] or 1e9) end)
  return list
end

-- quiet: what should make one doubt is not said here (catalogues put it into their table); one_of: a fit of many (catalogues), { some = derived
-- quantities are those of so many of the draws, made when these are there; n = how many share a plan, bands =, redshift = { lo, hi } of all }
local function create(given, quiet, one_of)
  local o = galua.options("fit", given, { data = ":any", model = ":any", free = ":table", noise = ":any",
    limits = "censored", sampler = ":any", seed = ":number", name = ":string", amplitude = ":any", likelihood = ":any", spec = ":table", plan = ":any", tie = ":any" })
  if not o.data then galua.fail("fit: 'data' is missing: an observation, such as observation.read(file)") end
  if not o.model then galua.fail("fit: 'model' is missing: a galaxy, such as galaxy{}") end
  if not o.free or next(o.free) == nil then
    galua.fail("fit: 'free' is missing: a table of parameter = prior, such as { age = prior.loguniform(1e8, 1.3e10) }")
  end
  need(o.data, "data", "observation", "observation.read(file)")
  need(o.model, "model", "galaxy", "galaxy{}")
  if o.noise ~= nil and not galua.noise.is(o.noise) then
    galua.fail("fit: noise must be a noise model, such as noise.calibration{ floor = 0.05 }, got a %s", type(o.noise))
  end
  if o.sampler ~= nil and not galua.sampler.is(o.sampler) then
    galua.fail("fit: sampler must be a sampler, such as sampler.nested{}, got a %s", type(o.sampler))
  end
  if o.seed and not (o.seed >= 0 and o.seed <= 2 ^ 53 and o.seed == math.floor(o.seed)) then
    galua.fail("fit: seed must be a whole number in 0 .. 2^53, got %.10g", o.seed)
  end
  local free = {}
  for k, v in pairs(o.free) do free[k] = v end
  if o.amplitude ~= nil then need(o.amplitude, "amplitude", "prior", "prior.loguniform(1e-3, 1e3)") end
  if o.likelihood ~= nil and not galua.likelihood.is(o.likelihood) then
    galua.fail("fit: likelihood must be likelihood.custom(function(model_flux, obs) ... end), got a %s", type(o.likelihood))
  end
  local noise = o.noise or galua.noise.from{}
  local options, fitted, fixed = galua.noise.resolve(noise, o.data)
  for _, name in ipairs(fixed) do
    if free[name] then galua.fail("fit: parameter '%s' is a number in noise and free: leave one of the two out", name) end
  end
  for name, pr in pairs(fitted) do
    if free[name] then galua.fail("fit: parameter '%s' is given twice, in noise and in free", name) end
    free[name] = pr
  end
  local self = { data = o.data, model = o.model:copy(), seed = o.seed or galua.seed(), sampler = o.sampler or require("galua.usual_samplers").fit(),
    limits = o.limits, noise = noise, name = o.name or o.data.name, amplitude = o.amplitude, likelihood = o.likelihood }
  if o.spec then
    local more
    more, self.spec = require("galua.spectrum.fit").resolve(o.spec, free, o.data)
    for k, v in pairs(more) do options[k] = v end
  end
  self.free = ordered(self.model, free, o.data)
  options.data, options.model, options.free, options.limits = o.data, self.model, self.free, o.limits
  options.amplitude = o.amplitude
  if o.likelihood then options.likelihood, options.likelihood_key = o.likelihood:shipped(o.data), o.likelihood.key end
  self.tie = require("galua.fit.tie").resolve(o.tie, self.model)
  if self.tie then options.tie, options.tie_key, options.tie_names = self.tie.text, self.tie.key, self.tie.names end
  self.plan = plans.option(o.plan, plans.span(self.free, one_of))
  self._plan_asked = self.plan
  if one_of then
    self._some, self._family = one_of.some, one_of.bands and one_of
    options.derive_later, options.plan_bands, options.plan_redshift = one_of.some ~= nil, one_of.bands, one_of.bands and one_of.redshift
  end
  self._options = plans.set(options, self.plan)
  self.target = galua.target(options)
  local z, fitted_z = o.data.redshift, free.redshift ~= nil or o.tie and o.tie.redshift ~= nil
  if not quiet and not fitted_z and z and z > 0 and self.model.redshift > 0 and math.abs(self.model.redshift - z) > 0.005 * (1 + z) then
    io.stderr:write(("warning: fit%s: the model is at redshift %g, the data say %g: galaxy{ redshift = obs.redshift }\n"):format(
      self.name ~= "" and " '" .. self.name .. "'" or "", self.model.redshift, z))
  end
  if not quiet and self.target.note ~= "" then
    io.stderr:write(("warning: fit%s: %s\n"):format(self.name ~= "" and " '" .. self.name .. "'" or "", self.target.note))
  end
  return setmetatable(self, fit)
end

-- ---------------------------------------------------------------- description
function fit:describe()
  local pixels, more = 0, #self.data:indices() + #self.data:lines() + #self.data:measures()
  for _, s in ipairs(self.data:spectra()) do pixels = pixels + s.nused end
  local lines = { ("fit   %s   %d bands%s%s   %d free parameters   limits %s   seed %.0f"):format(self.name ~= "" and self.name or "?", self.target.nbands,
    pixels > 0 and ("   %d pixels"):format(pixels) or "", more > 0 and ("   %d measured"):format(more) or "", self.target.ndim, self.limits, self.seed) }
  lines[#lines + 1] = "  " .. tostring(self.sampler)
  if next(self.noise) then lines[#lines + 1] = "  " .. tostring(self.noise) end
  local spec = rawget(self, "spec")
  if spec and spec.gp then lines[#lines + 1] = "  noise correlated over the pixels, kernel " .. spec.gp end
  for _, s in ipairs(spec and self.data:spectra() or {}) do
    local own = s.name ~= "" and spec[s.name]
    if own and own.gp then lines[#lines + 1] = ("  noise correlated over the pixels of %s, kernel %s"):format(s.name, own.gp) end
  end
  if self.amplitude then lines[#lines + 1] = "  amplitude marginalised, " .. tostring(self.amplitude) end
  if self.likelihood then lines[#lines + 1] = "  " .. tostring(self.likelihood) end
  for _, name in ipairs(self.tie and self.tie.names or {}) do
    local rule = self.tie.rules[name]
    lines[#lines + 1] = ("  %s follows from %s"):format(name, type(rule) == "string" and rule or "a function")
  end
  lines[#lines + 1] = plans.line(self)
  if self.target.note ~= "" then lines[#lines + 1] = "  warning: " .. self.target.note end
  for _, line in ipairs(ties.warnings(ties.of(self))) do lines[#lines + 1] = "  warning: " .. line end
  lines[#lines + 1] = ("  %-18s %-9s %s"):format("parameter", "unit", "prior")
  for i, p in ipairs(self.free) do
    lines[#lines + 1] = ("  %-18s %-9s %s"):format(p[1], self.target.units[i], tostring(p[2]))
  end
  local engine = rawget(self, "engine")
  if engine and engine.state_text and engine.state_text ~= "" then lines[#lines + 1] = "  run: " .. engine.state_text end
  return table.concat(lines, "\n")
end

-- Every parameter of model and noise: name, unit, value, lo, hi, doc, and the prior of those that are free.
function fit:params()
  local list = parameters(self.model, #self.data:spectra() > 0 or #self.data:indices() > 0 or #self.data:lines() + #self.data:measures() > 0, self.data)
  local prior = {}
  for _, p in ipairs(self.free) do prior[p[1]] = p[2] end
  for _, p in ipairs(list) do
    local name = p.name:match("^noise%.(.*)$")
    if name and type(self.noise[name]) == "number" then p.value = self.noise[name] end
    local spec, of, what = rawget(self, "spec") or {}, p.name:match("^spec%.(.*)%.(.-)$")
    local fixed = spec[p.name:match("^spec%.(.*)$") or ""]
    if of and type(spec[of]) == "table" and spec[of][what] ~= nil then fixed = spec[of][what] elseif of then fixed = spec[what] end
    if type(fixed) == "number" then p.value = fixed end
    p.prior = prior[p.name]
  end
  return list
end
fit.__tostring = fit.describe
fit.__galua_show = fit.describe

-- ---------------------------------------------------------------- running: galua.fit.run
function fit:need_samples()
  if not self.engine then galua.fail("this fit has no samples yet: call fit:run{}") end
  if self.sampler:ready(self.engine) then return end
  local state, text = self.engine.state, tostring(self.engine.state_text or "")
  if state == "new" or state == "ready" or text == "" then galua.fail("this fit has no samples yet: call fit:run{}") end
  galua.fail("this fit has no samples: %s (%s)", self.sampler.kind, text)
end

-- ---------------------------------------------------------------- samples and summary
-- { n =, x = matrix of sampled coordinates, values = {name = vec}, lnp =, lnlike =, derived = {name = vec} }
function fit:samples()
  self:need_samples()
  if rawget(self, "_samples") then return self._samples end
  local x, lp, ll, blobs = self.sampler:draws(self.engine, self)
  local out = { n = #lp, x = x, lnprior = lp, lnlike = ll, values = {}, derived = {} }
  for i, p in ipairs(self.free) do
    local v = x:col(i):copy()
    out.values[p[1]] = p[2].log and v:map(function(c) return 10 ^ c end) or v
  end
  if rawget(self, "_some") then
    later.derive(self, out)
  else
    out.blobs = blobs
    for i, name in ipairs(self.target.blob_names) do out.derived[name] = blobs:col(i):copy() end
  end
  self._samples = out
  return out
end

local summary = {}
summary.__index = summary

local function short(v)
  if v ~= v then return "-" end
  if v == 0 then return "0" end
  local a = math.abs(v)
  if a >= 1e5 or a < 1e-3 then return ("%.4g"):format(v) end
  return ("%.5g"):format(v)
end

local key_derived = { age = 0.1, age_fraction = 0.2, z_onset = 0.3, Mstar = 1, SFR = 2, SFR100 = 3, sSFR = 4, Mdust = 5, T_dust = 6, A_V = 7, A_FUV = 8, LIR = 9, Lbol = 10,
  age_mw = 11, t50 = 12, Zstar = 13, L_AGN = 14, L_Halpha = 15, L_X = 16, L_1400MHz = 17 }

function summary:__tostring()
  local lines = { ("%-16s %12s %12s %12s  %-8s %7s  %s"):format("quantity", "median", "-1 sigma", "+1 sigma", "unit", "ESS", "") }
  local function put(r)
    local flag = r.edge ~= "" and ("at the " .. r.edge .. " edge of its prior") or ""
    local ess = ("%.0f"):format(r.ess)
    if (r.nonfinite or 0) > 0 then -- no effective size: nothing to distrust it by
      flag, ess = flag .. (flag ~= "" and "; " or "") .. ("not finite in %d draws"):format(r.nonfinite), "-"
    elseif not r.trusted then
      flag = flag .. (flag ~= "" and "; " or "") .. self.distrust
    end
    lines[#lines + 1] = ("%-16s %12s %12s %12s  %-8s %7s  %s"):format(r.name, short(r.median), short(r.minus), short(r.plus), r.unit, ess, flag)
  end
  for _, r in ipairs(self.parameters) do put(r) end
  lines[#lines + 1] = ("-"):rep(84)
  local list = {}
  for _, r in ipairs(self.derived) do if key_derived[r.name] then list[#list + 1] = r end end
  table.sort(list, function(a, b) return key_derived[a.name] < key_derived[b.name] end)
  for _, r in ipairs(list) do put(r) end
  lines[#lines + 1] = ("best ln L %.2f; %s%d samples; %s"):format(self.best_lnlike, counts.text(self.data), self.n, self.state)
  for _, line in ipairs(self.notes) do lines[#lines + 1] = line end
  return table.concat(lines, "\n")
end
summary.__galua_show = summary.__tostring

function summary:get(name)
  for _, list in ipairs { self.parameters, self.derived, self.fixed } do
    for _, r in ipairs(list) do if r.name == name then return r end end
  end
  for _, other in ipairs(self.untied) do
    if name == other then galua.fail("the summary has no '%s': no datum depends on it", name) end
  end
  galua.fail("the summary has no '%s'", tostring(name))
end
require "galua.own_methods"("summary", summary)

-- Marks parameters whose draws cannot be told from the prior (Kolmogorov's test at 5 %, or a difference of 0.02): the data say nothing of them.
-- Quantiles of each prior come from the transform, the others at two places: where it mixes parameters the two differ, and nothing is said.
local function mark_priors(self, rows, x)
  local levels, d, n, names = 19, self.target.ndim, x.rows, {}
  if n < 100 or #rows ~= d then return nil end
  local u = galua.mat(2 * levels, d)
  for k, r in ipairs(rows) do
    for i = 1, levels do
      for j = 1, d do u[i][j], u[levels + i][j] = 0.37, 0.61 end
      u[i][k], u[levels + i][k] = i / (levels + 1), i / (levels + 1)
    end
    local ok, at = pcall(self.target.prior_transform, self.target, u)
    if not ok then return nil end
    local v, worst, j, mixed, ess = x:col(k):sort(), 0, 1, false, math.min(r.ess == r.ess and r.ess or 0, n)
    for i = 1, levels do
      mixed = mixed or at[i][k] ~= at[levels + i][k]
      while j <= n and v[j] < at[i][k] do j = j + 1 end
      worst = math.max(worst, math.abs((j - 1) / n - i / (levels + 1)))
    end
    r.as_prior = not mixed and ess >= 100 and worst < math.max(0.02, 1.36 / math.sqrt(ess))
    if r.as_prior then names[#names + 1] = r.name end
  end
  return #names > 0 and "posterior as the prior, the data say nothing: " .. table.concat(names, ", ") or nil
end

function fit:summary()
  self:need_samples()
  if rawget(self, "_summary") then return self._summary end
  local parameters, derived = self.sampler:summary(self.engine, self)
  if rawget(self, "_some") then derived = later.rows(self) end
  for _, list in ipairs { parameters, derived } do
    for _, r in ipairs(list) do r.minus, r.plus = r.median - r.q16, r.q84 - r.median end
  end
  local s = self:samples()
  local data = counts.of(self, self:residuals())
  local t = ties.of(self)
  local results, line, untied = ties.split(t, derived)
  local fixed = {} -- by no free parameter: no results, but there to be asked for
  for _, r in ipairs(derived) do if t.derived[r.name] == "fixed" then fixed[#fixed + 1] = r end end
  self._summary = setmetatable({ parameters = parameters, derived = results, all = derived, fixed = fixed, untied = untied, n = s.n, best_lnlike = s.lnlike:max(), chi2 = data.chi2,
    nbands = data.bands, data = data, state = self.engine.state_text, distrust = self.sampler.distrust,
    notes = self.sampler.notes and self.sampler:notes(self.engine, self) or {} }, summary)
  if self.target.note ~= "" then table.insert(self._summary.notes, 1, self.target.note) end
  if line then table.insert(self._summary.notes, line) end
  local same = mark_priors(self, parameters, s.x)
  if same then table.insert(self._summary.notes, same) end
  for _, w in ipairs(ties.warnings(t)) do table.insert(self._summary.notes, w) end
  return self._summary
end

-- The model at the sample of highest posterior. A marginalised amplitude was drawn for each sample: its likelihood and prior count
-- then, so that the best sample's amplitude is a good one.
function fit:best()
  local s = self:samples()
  local g = self.model:copy()
  local i = rawget(s, "best")
  if not i and self.amplitude then
    local term, lnp = self.target:pointwise(s.x, s.blobs), s.lnprior:copy()
    for k = 1, s.n do
      local sum = self.amplitude:logpdf(s.derived.amplitude[k])
      for _, t in ipairs(term:row(k):totable()) do if t == t then sum = sum + t end end
      lnp[k] = lnp[k] + sum
    end
    i = lnp:argmax()
  end
  i = i or (s.lnprior + s.lnlike):argmax()
  s.best = i
  self.target:values(s.x:row(i), g)
  return g, i
end

-- ---------------------------------------------------------------- results file
local json = require "galua.json"

-- the fixed numbers and the kernel of option `spec`; priors are in the list of free parameters
function fit:fixed_spec()
  local out
  local function put(from, name)
    for k, v in pairs(from) do
      if type(v) == "number" or type(v) == "string" then
        out = out or {}
        if name then
          out[name] = out[name] or {}
          out[name][k] = v
        else
          out[k] = v
        end
      end
    end
  end
  local spec = rawget(self, "spec") or {}
  put(spec)
  for _, s in ipairs(self.data:spectra()) do if s.name ~= "" and type(spec[s.name]) == "table" then put(spec[s.name], s.name) end end
  return out
end

-- Everything needed to build the same fit again, as data.
function fit:description()
  local m = self.model
  local theta, priors = {}, {}
  for _, p in ipairs(m:params()) do theta[p.name] = p.value end
  for i, p in ipairs(self.free) do priors[i] = { name = p[1], prior = p[2]:describe() } end
  return {
    format = 1, galua = galua.version, name = self.name, seed = self.seed, limits = self.limits,
    noise = galua.noise.describe(self.noise), amplitude = self.amplitude and self.amplitude:describe(),
    likelihood = self.likelihood and self.likelihood:store(),
    model = m:describe(), theta = theta, free = priors,
    sampler = self.sampler:store(),
    data = { name = self.data.name, redshift = self.data.redshift, distance = self.data.distance, citation = self.data.citation,
      spectral = require("galua.spectrum.observation").store(self.data) },
    spec = self:fixed_spec(), plan = type(self.plan) == "table" and { tolerance = self.plan.tolerance } or self.plan,
    tie = self.tie and require("galua.fit.tie").store(self.tie),
  }
end

-- text of the script that made this fit; "" at the prompt
function fit:script()
  local stored = rawget(self, "_script")
  if stored then return stored end
  local source = rawget(_G, "arg")
  local file = source and type(source[0]) == "string" and io.open(source[0], "r")
  if not file then return "" end
  local text = file:read("*a")
  file:close()
  return text
end

function fit:save(path, given)
  if type(path) ~= "string" then galua.fail("fit:save: argument 1 must be a file name, such as \"ngc3898.h5\", got %s", type(path)) end
  local o = galua.options("fit:save", given, { pixels = false })
  self:need_engine()
  local description = self:description()
  description.derived_at = rawget(self, "_some") -- draws with derived quantities, where not all have them
  description.family = plans.store_family(self)
  local texts = { model = json.encode(description), script = self:script(), ssp_provenance = self.model.ssp.provenance,
    numerics = tostring(core.versions().numerics), summary = self.sampler:ready(self.engine) and tostring(self:summary()) or "" }
  local plan = plans.record(self)
  if plan then texts.plan = json.encode(plan) end
  local more, snapshots
  if self.sampler.save then more, snapshots = self.sampler:save(self) end
  for name, text in pairs(more or {}) do texts[name] = text end
  self.target:save(self.engine, path, texts, snapshots, o.pixels)
  return self
end

function fit:need_engine()
  if not self.engine then galua.fail("this fit has not been run: call fit:run{}") end
end

-- Likelihoods of another number of the numerics are not those that would be computed here: a run does not go on over that, reading says it.
local function check_numerics(path, texts, resume)
  local there, here = tonumber(texts.numerics or 1), core.versions().numerics
  if there == here then return end
  if resume then
    galua.fail("%s: made with numerics %d of the model, here they are %d: its likelihoods would differ from those stored; start afresh", path,
      there, here)
  end
  io.stderr:write(("%s: made with numerics %d of the model, here they are %d: likelihoods computed now differ from those stored\n"):format(path,
    there, here))
end

-- resume: to go on, not only to read
function fit:restore(path, resume)
  local known, held, observation = pcall(galua.result_texts, path)
  local model = known and held.model and json.decode(held.model)
  differences.priors(self, path, model)
  if known then plans.restore(self, held) end
  local engine = differences.told(self, model, known and observation, function()
    return self.sampler.restore and self.sampler:restore(self, path) or self.target:restore(path, self.sampler.kind)
  end)
  local texts, _, sealed = galua.result_texts(path)
  check_numerics(path, texts, resume)
  local stored = texts.model and json.decode(texts.model)
  if stored and stored.seed ~= self.seed then
    galua.fail("%s: the stored run has another seed (seed: %.0f there, %.0f here); choose another file, or start afresh", path, stored.seed,
      self.seed)
  end
  if self.sampler.check_engine then
    self.sampler:check_engine(engine, self)
  elseif stored then
    galua.sampler.check_same(self.sampler, stored.sampler, path)
  end
  self.engine = engine
  self._samples, self._summary = nil, nil
  if not sealed then
    io.stderr:write(path .. ": has no checksum (written by an earlier version, or changed by another program): damage would not be seen\n")
  end
  return self
end

local function load_fit(path, options)
  if type(path) ~= "string" then galua.fail("load_fit: argument 1 must be a file name, got %s", type(path)) end
  local o = galua.options("load_fit", options, { ssp = ":any", likelihood = ":any", trust = false })
  local texts, data = galua.result_texts(path)
  if not texts.model then galua.fail("%s: holds no model description: not a file of fit:save", path) end
  local d = json.decode(texts.model)
  if type(d) ~= "table" or d.format ~= 1 then
    galua.fail("%s: written by a newer version (format %s)", path, tostring(type(d) == "table" and d.format))
  end
  require("galua.describe").check_description(d, path)
  local some = d.derived_at
  if some ~= nil and not (type(some) == "number" and some >= 1 and some <= 1e6) then
    galua.fail("%s: derived quantities at %s draws: not a file of fit:save", path, tostring(some))
  end
  if o.likelihood and type(d.likelihood) == "table" then d.likelihood = {} end
  ship.admit(d.sampler, path, o.trust, function(line) io.stderr:write(core.printable(line), "\n") end)
  ship.admit({ model = d.model, likelihood = d.likelihood, noise = d.noise, amplitude = d.amplitude, free = d.free, spec = d.spec, data = d.data,
    tie = d.tie },
    path, o.trust)
  local obs = galua.observation.new{ name = d.data.name, redshift = d.data.redshift, distance = d.data.distance,
    citation = d.data.citation }
  for _, r in ipairs(data:rows()) do obs:add(r.filter, r.flux, r.err, r.kind, r.note) end
  if d.data.spectral then require("galua.spectrum.observation").restore(obs, d.data.spectral) end
  local model = galua.galaxy_from(d.model, o.ssp)
  for _, p in ipairs(model:params()) do -- parameters are added so that their lowest value is as if they were not there
    if d.theta[p.name] == nil then model:set(p.name, p.lo) end
  end
  model:set(d.theta)
  local likelihood = o.likelihood
  if d.likelihood and not likelihood then
    if type(d.likelihood) == "string" then
      galua.fail("%s: fitted with a likelihood of its own, by a version that kept its source only: give it again, load_fit(file, { "
        .. "likelihood = likelihood.custom(f) }); the source was: %s", path, d.likelihood:gsub("%s+", " "))
    end
    likelihood = galua.likelihood.from(d.likelihood)
  end
  local one_of = some and { some = some } -- one of a catalogue's fits
  if d.family then
    one_of = plans.family_from(d.family, obs, path)
    one_of.some = some
  end
  local free = {}
  for _, p in ipairs(d.free) do free[p.name] = galua.prior.from(p.prior) end
  local f = create({ data = obs, model = model, free = free, limits = d.limits, seed = d.seed, name = d.name,
    noise = galua.noise.from(d.noise), amplitude = d.amplitude and galua.prior.from(d.amplitude), likelihood = likelihood,
    spec = d.spec, plan = d.plan or false, tie = d.tie and require("galua.fit.tie").from(d.tie), sampler = galua.sampler.from(d.sampler) },
    false, one_of)
  rawset(f, "_script", texts.script)
  return f:restore(path)
end

doc.text("load_fit", load_fit, [[load_fit(path[, { ssp = table or file, likelihood =, trust = }]) -> fit
The fit of a results file, with its model, data, samples and state: f:summary(), f:best(), f:run{ more = 1000 }. The SSP table must
have the hash that the fit used; name its file when it is not the built-in one. A checksum over the whole file is verified; a file of
an earlier version has none: it opens, and that is said.
@param trust (false) run the Lua functions that the file holds: custom histories, components, likelihoods, moves, strategies, compiled
again from their text. They can do what you can do: say true only for a file whose writer you trust. Without it such a file is refused
in one line; nothing of it is run]])

doc.text("fit", create, [[fit{ data =, model =, free =, ... } -> fit
Posterior of a model galaxy given the photometry of a source. f:run{ out = "x.h5" }, print(f:summary()), f:plot_sed(), f:corner(),
f:plot_sfh(), f:best(), f:samples(), f:residuals(), f:predictive(), f:loo(), f:verdict(), f:latex(), f:export(root), f:report("page.html"), f:save(file); load_fit(file) brings it
back.
@param data observation
@param model galaxy: its values are those of the parameters that are not free
@param free table of parameter = prior; a function of the sampled coordinate returning ln p is a prior too
@param noise of bands: noise.calibration{}, noise.errors{}, noise.outliers{}, noise.gp{}, or a sum of them
@param spec of spectra, and under its name of one ({ sigma_v = 150, red = { shift = prior.normal(0, 50) } }): table of parameter = number or prior, and its noise, as of bands: { sigma_v = 150, noise = noise.gp{} + noise.errors{ ln_scale = 0.1 } }
@param limits (censored) how upper limits enter: measured, censored, onesided, cut
@param amplitude prior of a factor on the whole model, marginalised: masses and rates of the samples include it
@param tie parameters that follow from others: table of parameter = name, or function(p) returning the value, with p["ism.N_MC"] the value
       of a parameter; it runs in every thread (see likelihood.custom)
@param plan ("auto") band fluxes from the few wavelengths that matter, many times faster, with an error below 1e-6 (1e-4 where the redshift is
       free) of the flux or of 1e-3 of the flux without dust. "auto": where the sampler takes so many models that making a plan pays; true: always; false: never;
       { tolerance = 1e-6, cache = true }: with that error, kept on disk for the next fit like it. It is made when the fit first runs, or by
       f:compile(); f.target.plan tells what was measured. Every stored sample is compared with the whole grid, and the run starts
       again without a plan should one differ by more than that, or by more than a hundredth of the error of a datum
       (of its distance from the model, where that is more)
@param likelihood likelihood.custom(f) instead of the built-in one
@param sampler (sampler.importance{}, and sampler.nested{} where that cannot be trusted: sampler.ladder{}) how to sample
@param seed (session) seed of the random numbers: same seed, same bits
@param name label (default: the source's name)
@example f = fit{ data = o, model = g, free = { age = prior.loguniform(1e9, 1.3e10) } }:run{}]])

doc.text("fit:params", fit.params, [[fit:params() -> list
Every parameter, those of the noise and of a spectrum too: name, unit, value, lo, hi, doc, and prior when it is free.]])
doc.text("fit:samples", fit.samples, [[fit:samples() -> table
The posterior, equally weighted: n, values (name = vec, in the units of the parameters), derived (name = vec: masses, rates,
luminosities ..., then model fluxes [mJy] of the bands), lnprior, lnlike, x (sampled coordinates, a row a sample).
@example f:samples().derived.Mstar:mean()]])
doc.text("fit:summary", fit.summary, [[fit:summary() -> summary
Prints median, 16-84 % interval and effective size of every parameter and derived quantity, with what should make one doubt. Fields:
parameters, derived (lists of name, unit, median, minus = median - q16, plus = q84 - median, q16, q84, q025, q975, mean, sd, ess, tau, rhat,
mcse, edge, trusted, nonfinite = draws that are infinite or no number), n, best_lnlike, chi2, nbands, data (bands, pixels, measures and chi2 of
each kind), state, notes; :get(name).
@example f:summary():get("Mstar").plus]])
doc.text("fit:best", fit.best, [[fit:best() -> galaxy, index
The model at the sample of highest posterior, and which of samples() it is.]])
doc.text("fit:save", fit.save, [[fit:save(path[, { pixels = true }]) -> fit
Writes the results file (HDF5; ArviZ, xarray and h5py open it), as run{ out = } does; load_fit(path) reads it.
@param pixels (false) also log_likelihood/spectrum, ln p(pixel | the other pixels), for ArviZ: one model a sample; at most 4e6 numbers]])
function fit:cite() return require("galua.cite").of_fit(self) end
doc.text("fit:cite", fit.cite, [[fit:cite() -> text
BibTeX of all that was used: table of stars, components, cosmology, bands, sampler, and where the data come from.]])
galua.load_fit = load_fit
require "galua.fit.run"(fit)
require "galua.fit.gradient"(fit)
require "galua.fit.data"(fit)
require "galua.fit.figures"(fit)
require("galua.fit.rest").of_fit(fit)
require("galua.spectrum.fit").extend(fit)
require "galua.fit.export"(fit)
require "galua.fit.verdict"(fit)
require "galua.fit.latex"(fit)
require "galua.fit.report"(fit)
require "galua.own_methods"("fit", fit)
return setmetatable({ class = fit }, { __call = function(_, ...) return create(...) end })
