-- Objects as the calls that make them: what they print can be pasted back. Numbers have as few digits as read back to the same bits; what is as by
-- default is left out. A function cannot be printed: the word stands for it. (Components and histories: src/lua/bind/component_text.c.)
local galua = require "galua"
local core = require "galua.core"
local M = {}

local words = {}
for w in ("and break do else elseif end false for function goto if in local nil not or repeat return then true until while"):gmatch "%a+" do words[w] = true end

local function key(k) return k:match "^[%a_][%w_]*$" and not words[k] and k or ("[%q]"):format(k) end

local function number(v)
  if v ~= v then return "0/0" end
  if v == math.huge or v == -math.huge then return v > 0 and "math.huge" or "-math.huge" end
  return core.number_text(v)
end

-- text of a value: plain data as it is written, objects as they print
function M.literal(v, depth)
  local kind = type(v)
  depth = depth or 0
  if kind == "number" then return number(v) end
  if kind == "string" then return (("%q"):format(v):gsub("\\\n", "\\n")) end
  if kind == "function" or kind == "boolean" or kind == "nil" then return kind == "function" and kind or tostring(v) end
  local list, n = {}, core.vec_is and core.vec_is(v) and #v
  if not n and (kind ~= "table" or getmetatable(v) and getmetatable(v).__tostring) then return tostring(v) end
  if depth > 6 then return "{...}" end
  for i = 1, n or #v do list[i] = M.literal(v[i], depth + 1) end
  local keys = {}
  for k in pairs(n and {} or v) do if type(k) == "string" then keys[#keys + 1] = k end end
  table.sort(keys)
  for _, k in ipairs(keys) do list[#list + 1] = key(k) .. " = " .. M.literal(v[k], depth + 1) end
  return #list > 0 and "{ " .. table.concat(list, ", ") .. " }" or "{}"
end

-- name{ a = 1, b = "x" }: the fields of o, in alphabetical order; write[field](value) is the text of one that literal() does not know
function M.text(name, o, write)
  local keys, list = {}, {}
  for k in pairs(o) do keys[#keys + 1] = k end
  table.sort(keys)
  for i, k in ipairs(keys) do list[i] = ("%s = %s"):format(key(k), write and write[k] and write[k](o[k]) or M.literal(o[k])) end
  return #list > 0 and ("%s{ %s }"):format(name, table.concat(list, ", ")) or name .. "{}"
end

local function same(a, b) return a == b or type(a) == "table" and type(b) == "table" and M.literal(a) == M.literal(b) end

-- The call of make(o), a table of options, that gives an object with these options: of those that differ from the defaults as declared, what
-- changes nothing is left out again.
function M.shortest(name, options, declared, make, write)
  local o, keys = {}, {}
  for k, v in pairs(options) do
    if not same(v, declared[k]) then
      o[k] = v
      keys[#keys + 1] = k
    end
  end
  table.sort(keys)
  for _, k in ipairs(keys) do
    local v = o[k]
    o[k] = nil
    local copy = {}
    for a, b in pairs(o) do copy[a] = b end
    local ok, made = pcall(make, copy)
    local equal = ok
    for a, b in pairs(ok and options or {}) do equal = equal and same(b, made[a]) end
    if not equal then o[k] = v end
  end
  return M.text(name, o, write)
end

return M
