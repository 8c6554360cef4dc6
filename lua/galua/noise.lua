-- Noise models for fit{ noise = ... }; they add with +.
--
-- A model is a table of what it adds: floor, offset (a number or { INSTRUMENT = number }), kernel, and any of the parameters of
-- noise_params() (a number: fixed; a prior: fitted).
local galua = require "galua"
local doc = require "galua.doc"
local core = require "galua.core"
local M = {}

local mt = {}
-- whether x is a noise model
function M.is(x) return type(x) == "table" and getmetatable(x) == mt end

function mt.__add(a, b)
  local out = {}
  for _, n in ipairs { a, b } do
    if not M.is(n) then galua.fail("noise: only noise models add to one another, got a %s", type(n)) end
  end
  for _, n in ipairs { a, b } do
    for k, v in pairs(n) do
      if out[k] ~= nil then galua.fail("noise: '%s' is given twice", k) end
      out[k] = v
    end
  end
  return setmetatable(out, mt)
end

-- constructor -> { { option, field } ... } in the order they are printed
local parts = {
  { "calibration", { "floor", "floor" }, { "offset", "offset" }, { "f_cal", "f_cal" } },
  { "errors", { "ln_scale", "ln_scale" }, { "jitter", "jitter" } },
  { "outliers", { "f_out", "f_out" }, { "n_out", "n_out" } },
  { "gp", { "kernel", "kernel" }, { "amplitude", "gp_amplitude" }, { "length", "gp_length" } },
}

local function text(v)
  if type(v) == "number" then return ("%g"):format(v) end
  if type(v) == "string" then return ("%q"):format(v) end
  if type(v) ~= "table" then return tostring(v) end
  local list = {}
  for k, x in pairs(v) do list[#list + 1] = ("%s = %g"):format(k:match("^[%a_][%w_]*$") and k or ("[%q]"):format(k), x) end
  table.sort(list)
  return "{ " .. table.concat(list, ", ") .. " }"
end

function mt.__tostring(n)
  local terms = {}
  for _, part in ipairs(parts) do
    local list = {}
    for i = 2, #part do
      local v = n[part[i][2]]
      if v ~= nil then list[#list + 1] = ("%s = %s"):format(part[i][1], text(v)) end
    end
    if #list > 0 then terms[#terms + 1] = ("noise.%s{ %s }"):format(part[1], table.concat(list, ", ")) end
  end
  return #terms > 0 and table.concat(terms, " + ") or "noise.calibration{}"
end

local function info(name)
  galua.expect("noise.default_prior", 1, name, "string")
  for _, p in ipairs(galua.noise_params()) do if p.name == "noise." .. name then return p end end
end

-- The prior that noise parameter `name` has when none is given.
function M.default_prior(name)
  local p = info(name)
  if not p then
    local names = {}
    for _, q in ipairs(galua.noise_params()) do names[#names + 1] = q.name:match("[^.]+$") end
    galua.fail("noise.default_prior: no parameter '%s'%s", tostring(name), core.did_you_mean(tostring(name), names))
  end
  return p.log and galua.prior.loguniform(p.plo, p.phi) or galua.prior.uniform(p.plo, p.phi)
end

-- an option that is a number in the parameter's range, or a prior
local function parameter(where, option, name, v)
  if core.class_name(v) == "prior" then return v end
  if type(v) ~= "number" then
    galua.fail("noise.%s: %s must be a number or a prior, got %s", where, option, type(v))
  end
  local p = info(name)
  if not (v >= p.lo and v <= p.hi) then
    galua.fail("noise.%s: %s = %g must lie in %g .. %g", where, option, v, p.lo, p.hi)
  end
  return v
end

-- a fraction, or a table of instrument = fraction
local function fractions(name, v)
  local function check(label, x)
    if type(x) ~= "number" then
      galua.fail("noise.calibration: %s must be a number or a table of instrument = number, got %s", label, type(x))
    end
    if not (x >= 0 and x <= 10) then
      galua.fail("noise.calibration: %s = %g is a fraction of the flux and must lie in 0 .. 10", label, x)
    end
  end
  if type(v) ~= "table" then
    check(name, v)
    return v
  end
  local copy = {}
  for k, x in pairs(v) do
    if type(k) ~= "string" then
      galua.fail("noise.calibration: %s is a table of instrument = number, such as { GALEX = 0.1, default = 0.05 }", name)
    end
    check(name .. "." .. k, x)
    copy[k] = x
  end
  return copy
end

function M.calibration(given)
  local o = galua.options("noise.calibration", given, { floor = ":any", offset = ":any", f_cal = ":any" })
  if o.floor ~= nil then o.floor = fractions("floor", o.floor) end
  if o.offset ~= nil then o.offset = fractions("offset", o.offset) end
  if o.f_cal ~= nil then
    if type(o.f_cal) == "number" and not (o.f_cal >= 0 and o.f_cal <= 10) then
      galua.fail("noise.calibration: f_cal = %g is a fraction of the flux and must lie in 0 .. 10", o.f_cal)
    end
    o.f_cal = parameter("calibration", "f_cal", "f_cal", o.f_cal)
  end
  return setmetatable(o, mt)
end

function M.errors(given)
  local o = galua.options("noise.errors", given, { ln_scale = ":any", jitter = ":any" })
  for name, v in pairs(o) do o[name] = parameter("errors", name, name, v) end
  return setmetatable(o, mt)
end

function M.outliers(given)
  local o = galua.options("noise.outliers", given, { f_out = ":any", n_out = ":any" })
  for name, v in pairs(o) do o[name] = parameter("outliers", name, name, v) end
  o.f_out = o.f_out or M.default_prior("f_out")
  return setmetatable(o, mt)
end

local kernels = { "sqexp", "matern32" }
function M.gp(given)
  local o = galua.options("noise.gp", given, { kernel = "matern32", amplitude = ":any", length = ":any" })
  if o.kernel ~= "sqexp" and o.kernel ~= "matern32" then
    galua.fail("noise.gp: unknown kernel '%s'%s (known: sqexp, matern32)", o.kernel, core.did_you_mean(o.kernel, kernels))
  end
  local out = { kernel = o.kernel }
  for _, name in ipairs { "amplitude", "length" } do
    local par = "gp_" .. name
    out[par] = o[name] == nil and M.default_prior(par) or parameter("gp", name, par, o[name])
  end
  return setmetatable(out, mt)
end

-- One number per band for a table of instrument = number. A key is a band's name or what stands before one of its dots; the longest
-- match counts; `default` is for the rest. group[i]: number of the key that matched.
local function by_instrument(what, v, bands)
  local value, group, used, keys, number = {}, {}, {}, {}, {}
  if type(v) ~= "table" then v = { default = v } end
  for k in pairs(v) do keys[#keys + 1] = k end
  table.sort(keys)
  for i, k in ipairs(keys) do number[k] = i - 1 end
  local known = {}
  for i, band in ipairs(bands) do
    local name = band
    value[i], group[i] = v.default or 0, -1
    repeat
      known[#known + 1] = name
      if v[name] then
        value[i], group[i], used[name] = v[name], number[name], true
        break
      end
      name = name:match("^(.*)%.[^.]*$")
    until not name
    if group[i] < 0 and v.default then -- the instrument is what precedes the first dot
      group[i] = "default:" .. (band:match("^[^.]+"))
    end
  end
  local extra, count = {}, #keys
  for i, g in ipairs(group) do
    if type(g) == "string" then
      if not extra[g] then
        extra[g] = count
        count = count + 1
      end
      group[i] = extra[g]
    end
  end
  for _, k in ipairs(keys) do
    if k ~= "default" and not used[k] then
      galua.fail("noise.calibration: %s: no band of this observation belongs to '%s'%s", what, k, core.did_you_mean(k, known))
    end
  end
  return galua.vec(value), galua.vec(group)
end

-- What target{} and the list of free parameters need: options for target{}, and { ["noise.x"] = prior }.
function M.resolve(n, data)
  galua.expect("noise.resolve", 1, n, "table")
  galua.expect("noise.resolve", 2, data, "observation")
  local bands = {}
  for i, r in ipairs(data:rows()) do bands[i] = r.band end
  local options, free = { noise = {} }, {}
  if n.floor ~= nil then options.floor = by_instrument("floor", n.floor, bands) end
  if n.offset ~= nil then options.offset, options.group = by_instrument("offset", n.offset, bands) end
  options.kernel = n.kernel
  for _, p in ipairs(galua.noise_params()) do
    local name = p.name:match("[^.]+$")
    local v = n[name]
    if type(v) == "number" then options.noise[name] = v
    elseif v ~= nil then free[p.name] = v end
  end
  return options, free
end

-- The fixed part as plain data for results files, and back. What is fitted is in the list of free parameters.
function M.describe(n)
  galua.expect("noise.describe", 1, n, "table")
  local out = {}
  for k, v in pairs(n) do if type(v) ~= "userdata" then out[k] = v end end
  return out
end
function M.from(d)
  galua.expect("noise.from", 1, d, "table")
  local out = {}
  for k, v in pairs(d) do out[k] = v end
  return setmetatable(out, mt)
end

doc.text("noise", M, [[Noise models for fit{ noise = ... }; they add up:
noise.calibration{ floor = 0.05 } + noise.outliers{} + noise.gp{ kernel = "matern32" }
A number fixes a parameter, a prior makes it free; all of them: noise_params(). Each is also named in fit's table `free`:
free = { ["noise.ln_scale"] = prior.uniform(-1, 1) }.]])
doc.text("noise.is", M.is, "noise.is(x) -> boolean\nWhether x is a noise model.")
doc.text("noise.calibration", M.calibration, [[noise.calibration{ floor =, offset =, f_cal = } -> noise
Errors of calibration. A table of instrument = number names bands by the start of their names (GALEX, Herschel.PACS, or one
band); `default` is for the others.
@param floor (0) fraction of the observed flux, added in quadrature to each band's error: a number or a table
@param offset (0) error of a calibration factor that all bands of an instrument share, marginalised: a number or a table
@param f_cal (0) fraction of the model flux, independent in each band: a number, or a prior to fit it
@example noise.calibration{ floor = { GALEX = 0.1, default = 0.05 }, offset = { ["Herschel.PACS"] = 0.07 } }]])
doc.text("noise.errors", M.errors, [[noise.errors{ ln_scale =, jitter = } -> noise
Quoted errors that are too small or too large: s^2 = (err e^ln_scale)^2 + jitter^2.
@param ln_scale (0) ln of the factor: a number or a prior
@param jitter [mJy] (0) a number or a prior]])
doc.text("noise.outliers", M.outliers, [[noise.outliers{ f_out =, n_out = } -> noise
Some data may be wrong: each is an outlier with probability f_out, its error then n_out times larger (Hogg, Bovy & Lang 2010).
fit:residuals() gives each band's probability to be one. With few bands this weakens every constraint.
@param f_out (prior.uniform(0, 0.5)) share of outliers: a number or a prior; 0 is the plain Gaussian
@param n_out (50) a number or a prior]])
doc.text("noise.gp", M.gp, [[noise.gp{ kernel =, amplitude =, length = } -> noise
Noise correlated over ln(wavelength), a fraction of the model flux: amplitude^2 m_i m_j k(|ln l_i/l_j|/length).
@param kernel (matern32) matern32: (1 + sqrt(3) d) exp(-sqrt(3) d); sqexp: exp(-d^2/2)
@param amplitude (prior.loguniform(1e-3, 0.3)) a number or a prior
@param length (prior.loguniform(0.02, 2)) in ln(wavelength): a number or a prior]])
doc.text("noise.default_prior", M.default_prior, [[noise.default_prior(name) -> prior
The prior of a noise parameter (f_cal, ln_scale, jitter, f_out, n_out, gp_amplitude, gp_length) when none is given.]])
doc.text("noise.resolve", M.resolve, [[noise.resolve(noise, observation) -> table, table
Options for target{} and the parameters to fit.]])
doc.text("noise.describe", M.describe, "noise.describe(noise) -> table\nThe fixed part as plain data.")
doc.text("noise.from", M.from, "noise.from(table) -> noise\nThe noise that noise.describe() described.")
return M
