-- Documentation beside the code. The registry that C rows fill (src/lua/kit/util.c) is filled from Lua here:
--
--   M.linspace = doc{ "linspace", function(a, b, n) ... end, [[linspace(a, b, n) -> vec
--   n values from a to b, both exact.]] }
--   doc{ "priors", [[text of a topic]] }
--
-- The first line is the signature. Lines "@param name [unit] (default) text" describe named options: help() prints them as a
-- table and completion offers the names.
local registry = require "galua.registry"
local core = require "galua.core"
registry.docs = registry.docs or {}
registry.names = registry.names or setmetatable({}, { __mode = "k" })
local docs, names = registry.docs, registry.names

local M = {}

function M.text(name, value, text)
  docs[name] = text
  if type(value) == "function" or type(value) == "table" then names[value] = name end
  return value
end

-- Text of a name, or nil
function M.of_name(name) return docs[name] end

-- Name of a documented function, namespace or handle, or nil
function M.name_of(value)
  local kind = type(value)
  if kind == "function" or kind == "table" then return rawget(names, value) end
  if kind == "userdata" then
    local mt = getmetatable(value)
    local class = type(mt) == "table" and rawget(mt, "__galua")
    return class and class.name
  end
end

-- The parts of a text: body, options and examples, arrays of lines. A line that follows an option goes on with it, up to the next
-- line that begins with @ or is empty.
function M.parts(text)
  local body, options, examples = {}, {}, {}
  local open = false
  for line in ((text or "") .. "\n"):gmatch("(.-)\n") do
    local example = line:match("^@example%s+(.*)$")
    if example then
      examples[#examples + 1], open = example, false
    elseif line:match("^@param") then
      options[#options + 1], open = line, true
    elseif line:match("^@return") then
      body[#body + 1], open = "returns " .. line:match("^@return%s+(.*)$"), false
    elseif open and line ~= "" then
      options[#options] = options[#options] .. " " .. line:match("^%s*(.*)$")
    else
      body[#body + 1], open = line, false
    end
  end
  while body[#body] == "" do body[#body] = nil end
  return body, options, examples
end

-- Options described in a text: { {name =, unit =, default =, text =}, ... } in order
function M.params(text)
  local list = {}
  for _, line in ipairs((select(2, M.parts(text)))) do
    local name, rest = line:match("^@param%s+([%w_%.]+)%s*(.*)$")
    if name then
      local unit, after = rest:match("^%[(.-)%]%s*(.*)$")
      if unit then rest = after end
      local default, tail = rest:match("^(%b())%s*(.*)$")
      if default then rest, default = tail, default:sub(2, -2) end
      list[#list + 1] = { name = name, unit = unit, default = default, text = rest }
    end
  end
  return list
end

M.text("doc", M, [[doc{ name, function, text } -> function      doc{ topic, text }
Attach documentation to a function, or write a help topic. First line: the signature. Lines
"@param name [unit] (default) text" describe named options.]])

return setmetatable(M, { __call = function(_, t)
  if type(t) ~= "table" then core.fail("GAL_EINVAL", "doc: argument 1 must be a table { name, value, text }, got " .. type(t)) end
  local name, value, text = t[1], t[2], t[3]
  if text == nil then value, text = nil, value end
  if type(name) ~= "string" or type(text) ~= "string" then
    core.fail("GAL_EINVAL", "doc: expected doc{ name, function, text } or doc{ topic, text }")
  end
  return M.text(name, value, text)
end })
