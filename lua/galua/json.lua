-- JSON for the descriptions kept in results files: data only, nothing in it is ever run.
local galua = require "galua"
local M = {}

local escapes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r" }

local function encode(v, out, depth)
  local kind = type(v)
  depth = (depth or 0) + 1
  if depth > 100 then galua.fail("json.encode: tables nested too deeply, or in a circle") end
  if kind == "table" then
    if #v > 0 or next(v) == nil and v.array then
      out[#out + 1] = "["
      for i = 1, #v do
        if i > 1 then out[#out + 1] = "," end
        encode(v[i], out, depth)
      end
      out[#out + 1] = "]"
    else
      local keys = {}
      for k in pairs(v) do keys[#keys + 1] = k end
      table.sort(keys)
      out[#out + 1] = "{"
      for i, k in ipairs(keys) do
        if i > 1 then out[#out + 1] = "," end
        encode(tostring(k), out)
        out[#out + 1] = ":"
        encode(v[k], out, depth)
      end
      out[#out + 1] = "}"
    end
  elseif kind == "string" then
    out[#out + 1] = '"' .. v:gsub('[%c"\\]', function(c) return escapes[c] or ("\\u%04x"):format(c:byte()) end) .. '"'
  elseif kind == "number" then
    if v ~= v then out[#out + 1] = '"nan"'
    elseif v == math.huge then out[#out + 1] = '"inf"'
    elseif v == -math.huge then out[#out + 1] = '"-inf"'
    else out[#out + 1] = ("%.17g"):format(v) end
  elseif kind == "boolean" or kind == "nil" then
    out[#out + 1] = kind == "nil" and "null" or tostring(v)
  else
    galua.fail("json: cannot write a %s", kind)
  end
end

function M.encode(v)
  local out = {}
  encode(v, out)
  return table.concat(out)
end

local decode

local function skip(s, i) return s:find("[^ \t\r\n]", i) or #s + 1 end

local function bad(i, what) galua.fail("json: %s expected at character %d", what, i) end

local function string_at(s, i)
  local out, j = {}, i + 1
  while true do
    local k = s:find('["\\]', j)
    if not k then bad(#s, "end of a string") end
    out[#out + 1] = s:sub(j, k - 1)
    if s:sub(k, k) == '"' then return table.concat(out), k + 1 end
    local c = s:sub(k + 1, k + 1)
    if c == "u" then
      local code = tonumber(s:sub(k + 2, k + 5), 16)
      if not code then bad(k, "four hexadecimal digits") end
      out[#out + 1] = code < 128 and string.char(code) or "?"
      j = k + 6
    else
      out[#out + 1] = ({ n = "\n", t = "\t", r = "\r" })[c] or c
      j = k + 2
    end
  end
end

decode = function(s, i, depth)
  if depth > 64 then bad(i, "less nesting") end
  i = skip(s, i)
  local c = s:sub(i, i)
  if c == "{" or c == "[" then
    local close, out = c == "{" and "}" or "]", {}
    i = skip(s, i + 1)
    while s:sub(i, i) ~= close do
      local key, value
      if c == "{" then
        if s:sub(i, i) ~= '"' then bad(i, "a name") end
        key, i = string_at(s, i)
        i = skip(s, i)
        if s:sub(i, i) ~= ":" then bad(i, "':'") end
        i = i + 1
      end
      value, i = decode(s, i, depth + 1)
      if c == "{" then out[key] = value else out[#out + 1] = value end
      i = skip(s, i)
      local sep = s:sub(i, i)
      if sep == "," then i = skip(s, i + 1) elseif sep ~= close then bad(i, "',' or '" .. close .. "'") end
    end
    return out, i + 1
  elseif c == '"' then
    return string_at(s, i)
  end
  local word = s:match("^[%w%.%+%-]+", i)
  if not word then bad(i, "a value") end
  if word == "true" or word == "false" then return word == "true", i + #word end
  if word == "null" then return nil, i + #word end
  local v = tonumber(word)
  if not v then bad(i, "a value") end
  return v, i + #word
end

function M.decode(s)
  if type(s) ~= "string" then galua.fail("json.decode: argument 1 must be a string, got %s", type(s)) end
  local v, i = decode(s, 1, 0)
  if skip(s, i) <= #s then bad(i, "the end") end
  return v
end

local doc = require "galua.doc"
doc.text("json.encode", M.encode, "json.encode(value) -> string\nJSON text of numbers, strings, booleans and tables.")
doc.text("json.decode", M.decode, "json.decode(text) -> value\nThe value that a JSON text describes; an error names the character.")
doc.text("json", M, "JSON: encode(value), decode(text).")
return M
