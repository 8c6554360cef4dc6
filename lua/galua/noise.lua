-- Noise models for fit{ noise = ... }; they add with +.
--
-- A model is a table of what it adds: columns such as floor (a number or { INSTRUMENT = number }), settings such as kernel, and any of the
-- parameters of noise_params() (a number: fixed; a prior: fitted). What there is comes from the terms' classes (galua/noise.h).
local galua = require "galua"
local doc = require "galua.doc"
local core = require "galua.core"
local call = require "galua.call"
local M = {}

local mt = {}
-- whether x is a noise model
function M.is(x) return type(x) == "table" and getmetatable(x) == mt end

local made = setmetatable({}, { __mode = "k" }) -- the terms a model was made with: one without settings prints as it was written
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
  local names = {}
  for _, n in ipairs { a, b } do for _, name in ipairs(made[n] or {}) do names[#names + 1] = name end end
  made[out] = names
  return setmetatable(out, mt)
end

-- The terms as C has them, and the options of noise.NAME{} in the order they are printed: { option, field of the model, column or parameter }
local parts = galua.noise_terms()
for _, part in ipairs(parts) do
  part.options, part.known = {}, {}
  local function option(name, field, more)
    more.option, more.field = name, field
    part.options[#part.options + 1], part.known[name] = more, ":any"
  end
  for i, c in ipairs(part.columns) do
    if c.doc then option(c.name, c.name, { column = c, group = c.shared and part.columns[i + 1].name }) end
  end
  if part.setting then option(part.setting, part.setting, { choices = part.choices, doc = part.setting_doc }) end
  for _, p in ipairs(part.params) do option(p.name:gsub("^" .. part.name .. "_", ""), p.name, { param = p }) end
end

function mt.__tostring(n)
  local terms = {}
  for _, part in ipairs(parts) do
    local list = {}
    for _, o in ipairs(part.options) do
      if n[o.field] ~= nil then list[#list + 1] = ("%s = %s"):format(o.option, call.literal(n[o.field])) end
    end
    if #list > 0 then terms[#terms + 1] = ("noise.%s{ %s }"):format(part.name, table.concat(list, ", ")) end
  end
  for _, name in ipairs(#terms == 0 and made[n] or {}) do terms[#terms + 1] = ("noise.%s{}"):format(name) end
  return #terms > 0 and table.concat(terms, " + ") or "noise.calibration{}"
end

local function info(name)
  galua.expect("noise.default_prior", 1, name, "string")
  for _, p in ipairs(galua.noise_params()) do if p.name == "noise." .. name then return p end end
end

local default = setmetatable({}, { __mode = "k" }) -- priors that nobody gave: pixels have their own instead
-- The prior that noise parameter `name` has when none is given.
function M.default_prior(name)
  local p = info(name)
  if not p then
    local names = {}
    for _, q in ipairs(galua.noise_params()) do names[#names + 1] = q.name:match("[^.]+$") end
    galua.fail("noise.default_prior: no parameter '%s'%s", tostring(name), core.did_you_mean(tostring(name), names))
  end
  local pr = p.log and galua.prior.loguniform(p.plo, p.phi) or galua.prior.uniform(p.plo, p.phi)
  default[pr] = true
  return pr
end

-- an option that is a number in the parameter's range, or a prior
local function parameter(where, option, name, v)
  if core.class_name(v) == "prior" then return v end
  if type(v) ~= "number" then
    galua.fail("noise.%s: %s must be a number or a prior, got %s", where, option, type(v))
  end
  local p = info(name)
  if not (v >= p.lo and v <= p.hi) then
    galua.fail("noise.%s: %s = %g must lie in %g .. %g: %s", where, option, v, p.lo, p.hi, p.doc)
  end
  return v
end

-- a number, or a table of instrument = number
local function numbers(where, name, column, v)
  local function check(label, x)
    if type(x) ~= "number" then
      galua.fail("noise.%s: %s must be a number or a table of instrument = number, got %s", where, label, type(x))
    end
    if not (x >= 0 and x <= column.hi) then
      galua.fail("noise.%s: %s = %g must lie in 0 .. %g: %s", where, label, x, column.hi, column.doc)
    end
  end
  if type(v) ~= "table" then
    check(name, v)
    return v
  end
  local copy = {}
  for k, x in pairs(v) do
    if type(k) ~= "string" then
      galua.fail("noise.%s: %s is a table of instrument = number, such as { GALEX = 0.1, default = 0.05 }", where, name)
    end
    check(name .. "." .. k, x)
    copy[k] = x
  end
  return copy
end

-- what option x of a term takes, checked
local function value(part, x, v)
  local name = part.name
  if x.column then return numbers(name, x.option, x.column, v) end
  if not x.choices then return parameter(name, x.option, x.field, v) end
  for _, c in ipairs(x.choices) do
    if c == v then return v end
  end
  galua.fail("noise.%s: unknown %s '%s'%s (known: %s)", name, x.option, tostring(v), core.did_you_mean(tostring(v), x.choices),
    table.concat(x.choices, ", "))
end

for _, part in ipairs(parts) do
  local name = part.name
  M[name] = function(given)
    local o, out = galua.options("noise." .. name, given, part.known), {}
    for _, x in ipairs(part.options) do
      local v = o[x.option]
      if v == nil and x.choices then v = x.choices[#x.choices] end
      if v ~= nil then v = value(part, x, v)
      elseif x.param and x.param.open then
        v = M.default_prior(x.field)
      end
      out[x.field] = v
    end
    made[out] = { name }
    return setmetatable(out, mt)
  end
end

-- One number per band for a table of instrument = number. A key is a band's name or what stands before one of its dots; the longest
-- match counts; `default` is for the rest. group[i]: number of the key that matched.
local function by_instrument(where, what, v, bands)
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
      galua.fail("noise.%s: %s: no band of this observation belongs to '%s'%s", where, what, k, core.did_you_mean(k, known))
    end
  end
  return galua.vec(value), galua.vec(group)
end

-- What target{} and the list of free parameters need: options for target{}, { ["noise.x"] = prior }, and the names that have numbers.
function M.resolve(n, data)
  galua.expect("noise.resolve", 1, n, "table")
  galua.expect("noise.resolve", 2, data, "observation")
  local bands = {}
  for i, r in ipairs(data:rows()) do bands[i] = r.band end
  local options, free, fixed = { noise = {} }, {}, {}
  for _, part in ipairs(parts) do
    for _, x in ipairs(part.options) do
      local v = n[x.field]
      if v ~= nil and x.choices then
        options[x.field] = v
      elseif v ~= nil and x.column then
        local value, group = by_instrument(part.name, x.option, v, bands)
        options[x.field] = value
        if x.group then options[x.group] = group end
      end
    end
  end
  for _, p in ipairs(galua.noise_params()) do
    local name = p.name:match("[^.]+$")
    local v = n[name]
    if type(v) == "number" then options.noise[name], fixed[#fixed + 1] = v, p.name
    elseif v ~= nil then free[p.name] = v end
  end
  return options, free, fixed
end

-- A noise model as entries of fit{ spec = {} }: parameters and columns by name, a choice by the term's name; "usual" is the prior that
-- a parameter of pixels has when none is given.
function M.of_pixels(n)
  galua.expect("noise.of_pixels", 1, n, "table")
  local out = {}
  for _, part in ipairs(parts) do
    for _, x in ipairs(part.options) do
      local v = n[x.field]
      if v ~= nil and x.column and type(v) == "table" then
        galua.fail("fit: spec.noise: %s is a table of instruments: a spectrum has one, give a number", x.option)
      end
      if v ~= nil and default[v] then v = "usual" end
      if v ~= nil then out[x.choices and part.name or x.field] = v end
    end
  end
  return out
end
-- The terms: name, options, each with field, and column, choices or param
function M.terms() return parts end

-- The fixed part as plain data for results files, and back. What is fitted is in the list of free parameters.
function M.describe(n)
  galua.expect("noise.describe", 1, n, "table")
  local out = {}
  for k, v in pairs(n) do if type(v) ~= "userdata" then out[k] = v end end
  return out
end
function M.from(d)
  galua.expect("noise.from", 1, d, "table")
  local out = setmetatable({}, mt)
  for _, part in ipairs(parts) do
    for _, x in ipairs(part.options) do
      local v = d[x.field]
      if v ~= nil then out[x.field] = value(part, x, v) end
    end
  end
  for k in pairs(d) do
    if out[k] == nil then galua.fail("noise.from: there is no '%s' in any noise of this version", tostring(k)) end
  end
  return out
end

doc.text("noise", M, [[Noise models for fit{ noise = ... }; they add up:
noise.calibration{ floor = 0.05 } + noise.outliers{} + noise.gp{ kernel = "matern32" }
A number fixes a parameter, a prior makes it free; all of them: noise_params(). Each is also named in fit's table `free`:
free = { ["noise.ln_scale"] = prior.uniform(-1, 1) }.]])
doc.text("noise.is", M.is, "noise.is(x) -> boolean\nWhether x is a noise model.")
local example = {
  calibration = '\n@example noise.calibration{ floor = { GALEX = 0.1, default = 0.05 }, offset = { ["Herschel.PACS"] = 0.07 } }',
}
for _, part in ipairs(parts) do
  local args, lines, tables = {}, {}, false
  for _, x in ipairs(part.options) do
    args[#args + 1] = x.option .. " ="
    local p = x.param and info(x.field)
    if x.choices then
      lines[#lines + 1] = ("@param %s (%s) %s"):format(x.option, x.choices[#x.choices], x.doc)
    elseif x.column then
      tables = true
      lines[#lines + 1] = ("@param %s (0) %s: a number or a table"):format(x.option, x.column.doc)
    else
      lines[#lines + 1] = ("@param %s%s (%s) %s: a number, or a prior to fit it"):format(x.option, p.unit ~= "" and " [" .. p.unit .. "]" or "",
        x.param.open and call.literal(M.default_prior(x.field)) or ("%g"):format(p.value), p.doc)
    end
  end
  doc.text("noise." .. part.name, M[part.name], ("noise.%s{ %s } -> noise\n%s%s\n%s%s"):format(part.name, table.concat(args, ", "), part.doc,
    tables and " A table of instrument = number names bands by the start of their names (GALEX, Herschel.PACS, or one band);\n`default` is for the others." or "",
    table.concat(lines, "\n"), example[part.name] or ""))
end
doc.text("noise.default_prior", M.default_prior, [[noise.default_prior(name) -> prior
The prior of a noise parameter (f_cal, ln_scale, jitter, f_out, n_out, gp_amplitude, gp_length) when none is given.]])
doc.text("noise.resolve", M.resolve, [[noise.resolve(noise, observation) -> table, table, list
Options for target{}, the parameters to fit, and the names of those that are fixed.]])
doc.text("noise.of_pixels", M.of_pixels, "noise.of_pixels(noise) -> table\nA noise model as entries of fit{ spec = ... }: fit{ spec = { noise = ... } } takes it as it is.")
doc.text("noise.terms", M.terms, "noise.terms() -> list\nThe terms of noise: name, doc, options.")
doc.text("noise.describe", M.describe, "noise.describe(noise) -> table\nThe fixed part as plain data.")
doc.text("noise.from", M.from, "noise.from(table) -> noise\nThe noise that noise.describe() described.")
return M
