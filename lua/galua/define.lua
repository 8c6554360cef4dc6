-- What prior.define, sfh.define, move.define and sampler.define have in common: a name that is new, and values with defaults.
local galua = require "galua"
local core = require "galua.core"
local M = {}

-- Options of one of them, `fn`, which adds to the table galua.<group>: spec as galua.options takes it, needs: name -> type of what must be
-- there; example: a good name.
function M.options(group, given, spec, needs, example)
  galua.expect("define.options", 1, group, "string")
  galua.expect("define.options", 3, spec, "table")
  galua.expect("define.options", 4, needs, "table")
  if type(rawget(galua, group)) ~= "table" then galua.fail("define.options: there is no galua.%s", group) end
  local fn = group .. ".define"
  local o = galua.options(fn, given, spec)
  needs.name = "string"
  for name, kind in pairs(needs) do
    if type(o[name]) ~= kind then galua.fail("%s: %s must be a %s, got %s", fn, name, kind, core.class_name(o[name]) or type(o[name])) end
  end
  if not o.name:match("^[%a_][%w_]*$") then galua.fail("%s: '%s' is no name such as %s", fn, o.name, example) end
  if rawget(galua[group], o.name) ~= nil then galua.fail("%s: there is a %s.%s already", fn, group, o.name) end
  return o
end

-- Settings { NAME = default or { default, doc = text } } -> defaults for galua.options, help of them, their names in order
function M.settings(fn, params, kinds)
  galua.expect("define.settings", 1, fn, "string")
  galua.expect(fn, "params", params, "table")
  galua.expect("define.settings", 3, kinds, "table")
  local defaults, lines, names = {}, {}, {}
  for name, p in pairs(params) do
    local value = type(p) == "table" and p[1] or p
    if type(name) ~= "string" or not name:match("^[%a_][%w_]*$") then galua.fail("%s: %s is no name of a setting", fn, tostring(name)) end
    if not kinds[type(value)] then
      galua.fail("%s: the setting '%s' must have a default: %s = 1, or %s = { 1, doc = \"...\" }", fn, name, name, name)
    end
    defaults[name], names[#names + 1] = value, name
  end
  table.sort(names)
  for i, name in ipairs(names) do
    local p = params[name]
    lines[i] = ("\n@param %s (%s) %s"):format(name, tostring(defaults[name]), type(p) == "table" and p.doc or "")
  end
  return defaults, table.concat(lines), names
end

-- "move.jump{ scale = 2 }": what differs from the defaults
function M.text(called, o, defaults, names)
  for i, v in ipairs{ o or false, defaults or false, names or false } do galua.expect("define.text", i + 1, v, "table") end
  galua.expect("define.text", 1, called, "string")
  local words = {}
  for _, name in ipairs(names) do
    if o[name] ~= defaults[name] then words[#words + 1] = ("%s = %s"):format(name, tostring(o[name])) end
  end
  return ("%s{%s}"):format(called, #words > 0 and " " .. table.concat(words, ", ") .. " " or "")
end

-- f with a table of values behind its arguments `args` ("x, y"): a function with a text of its own, which results files keep.
function M.bound(f, args, values)
  galua.expect("define.bound", 1, f, "function")
  galua.expect("define.bound", 2, args, "string")
  if not args:match("^[%a_][%w_, ]*$") then galua.fail("define.bound: '%s' is no list of arguments such as \"x, y\"", args) end
  return assert(loadstring(("local f, p = ...\nreturn function(%s) return f(%s, p) end"):format(args, args)))(f, values)
end

local doc = require "galua.doc"
doc.text("define.options", M.options, "define.options(group, given, spec, needs, example) -> table\nInternal: the options of group.define{}, checked.")
doc.text("define.settings", M.settings, "define.settings(fn, params, kinds) -> table, string, list\nInternal: defaults, help and names of settings.")
doc.text("define.text", M.text, "define.text(called, o, defaults, names) -> string\nInternal: what differs from the defaults, as it would be typed.")
doc.text("define.bound", M.bound, "define.bound(f, args, values) -> function\nInternal: f with a table of values behind its arguments.")

return M
