-- The table `galua`. Its fields are globals at the prompt and in scripts.
--
-- A field is, in this order: what the C bindings registered; the module lua/galua/<name>.lua, loaded on first use; a name
-- that another module brings along (brings.lua). Anything else is an error that names the nearest field.
local core = require "galua.core"
local registry = require "galua.registry"
local galua = core.galua

package.loaded["galua"] = galua
rawset(_G, "galua", galua)
galua.version = core.versions().galua

local brings = require "galua.brings"

local internal = { core = true, registry = true, brings = true, init = true, strict = true, repl = true, complete = true, cmd = true,
  describe = true, ship = true, call = true, band_fluxes = true, worker = true, part = true, own_methods = true, session = true, pick = true, usual_samplers = true }

local function names_of(t, list)
  for k in pairs(t) do if type(k) == "string" then list[#list + 1] = k end end
  return list
end

-- Every public name of galua, loaded or not: completion, help and error messages use it.
local function all_names()
  local seen, list = {}, {}
  local function add(name)
    if not seen[name] and not internal[name] then seen[name] = true; list[#list + 1] = name end
  end
  for name in pairs(galua) do add(name) end
  for name in pairs(brings) do add(name) end
  for _, module in ipairs(core.modules()) do
    local name = module:match("^galua%.([%w_]+)$")
    if name then add(name) end
  end
  table.sort(list)
  return list
end

-- A wrong field of a loaded module says so instead of giving nil.
local function guard(module, t)
  local mt = getmetatable(t) or {}
  if type(mt) == "table" and rawget(mt, "__index") == nil then
    mt.__index = function(_, key)
      if type(key) ~= "string" then return nil end
      core.fail("GAL_ENOTFOUND", ("%s has no '%s'%s"):format(module, key, core.did_you_mean(key, names_of(t, {}))))
    end
    setmetatable(t, mt)
  end
  return t
end

-- The value of galua.<name>, or nil: never raises for an unknown name.
local function find(name)
  local value = rawget(galua, name)
  if value ~= nil or type(name) ~= "string" or internal[name] then return value end
  local module = brings[name]
  if module then
    local home = require("galua." .. module)
    value = rawget(galua, name)
    if value == nil and type(home) == "table" then value = rawget(home, name) end
  elseif name:match("^[%a_][%w_]*$") and core.has_module("galua." .. name) then
    value = require("galua." .. name)
    local own = rawget(galua, name)
    if own ~= nil then return own end -- the module put it there itself
    if type(value) == "table" then guard(name, value) end
  end
  if value ~= nil then rawset(galua, name, value) end
  return value
end

setmetatable(galua, { __index = function(_, name)
  local value = find(name)
  if value ~= nil or type(name) ~= "string" then return value end
  core.fail("GAL_ENOTFOUND", ("galua has no '%s'%s"):format(name, core.did_you_mean(name, all_names())))
end })

core.find, core.all_names, core.docs = find, all_names, registry.docs

-- What the arguments of a public function must be: galua.expect("plot.residuals", 1, opts, "table"); kinds separated by "|": Lua types, vec, mat,
-- and names of classes. The error names the function, the argument and what is there.
function galua.expect(fn, index, value, kinds)
  if type(kinds) ~= "string" then galua.expect("expect", 4, kinds, "string") end
  local kind = type(value)
  local name = core.class_name(value) or core.vec_is and core.vec_is(value) and "vec" or core.mat_is and core.mat_is(value) and "mat" or kind
  for want in kinds:gmatch("[^|]+") do
    if want == kind or want == name then return value end
  end
  local words = kinds:gsub("[^|]+", function(k) return k == "nil" and k or (k:find("^[aeiou]") and "an " or "a ") .. k end):gsub("|", " or ")
  core.fail("GAL_EINVAL", ("%s: argument %s must be %s, got %s"):format(tostring(fn), tostring(index), words, name))
end

-- The table o with the user's options laid over it; nil is none.
function core.over(fn, o, options)
  if options ~= nil then galua.expect(fn, "of options", options, "table") end
  for k, v in pairs(options or {}) do o[k] = v end
  return o
end

-- Raise an error object: galua.fail("observation '%s': row %d ...", name, row)
function galua.fail(format, ...)
  if type(format) ~= "string" then galua.expect("fail", 1, format, "string") end
  local text = format
  if select("#", ...) > 0 then
    local ok, made = pcall(string.format, format, ...)
    if not ok then made = ("fail: the format %q does not fit its values (%s)"):format(format, (made:gsub("^.-: ", ""))) end
    text = made
  end
  core.fail("GAL_EINVAL", text)
end

-- Read named options in Lua: options("plot.sed", t, { title = "", xlim = "table", n = 10 }). A string starting with ":" in
-- the specification is the type of an option without default (":table", ":number", ":string", ":function", ":any"), any
-- other value is the default and fixes the type. Unknown names and wrong types raise. Returns a new table.
function galua.options(fn, given, spec)
  local out, names = {}, {}
  if type(spec) ~= "table" then galua.expect("options", 3, spec, "table") end
  if type(fn) ~= "string" then galua.expect("options", 1, fn, "string") end
  if given ~= nil and type(given) ~= "table" then
    galua.fail("%s: expected a table of options {name = value}, got %s", fn, type(given))
  end
  for name, default in pairs(spec) do
    if type(name) == "string" then
      names[#names + 1] = name
      if not (type(default) == "string" and default:sub(1, 1) == ":") then out[name] = default end
    end
  end
  for name, value in pairs(given or {}) do
    local default = spec[name]
    if default == nil then
      if type(name) == "string" then
        table.sort(names)
        local hint = core.did_you_mean(name, names)
        if hint == "" and #names > 0 then hint = (" (known: %s)"):format(table.concat(names, ", ")) end
        galua.fail("%s: unknown option '%s'%s", fn, name, hint)
      elseif not spec.positional then
        galua.fail("%s: options are given by name, found a value without one at position %s", fn, tostring(name))
      end
    else
      local want = type(default) == "string" and default:match("^:(.*)") or type(default)
      if want ~= "any" and type(value) ~= want then
        galua.fail("%s: %s must be a %s, got %s", fn, name, want, type(value))
      end
    end
    out[name] = value
  end
  return out
end

local doc = require("galua.doc")
doc.text("expect", galua.expect, [[expect(fn, index, value, kinds) -> value
Raises unless the argument is of one of the kinds, separated by "|": Lua types, vec, mat, names of classes.
@example galua.expect("mine", 1, x, "number|vec")]])
doc.text("fail", galua.fail, [[fail(format, ...)
Raise an error object with a formatted one-line message: what, where, what to do.]])
doc.text("options", galua.options, [[options(fn, given, spec) -> table
Read named options: unknown names and wrong types raise in the name of `fn`. A value of `spec` is the default (its type
is then required), or ":number", ":table", ":any" ... for an option without default.]])

galua.complete_hooks = {} -- [function name] = function(prefix) -> list of words offered inside quotes; see complete.lua

return galua
