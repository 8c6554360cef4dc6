-- The assignments of a Python file whose right sides are literals: numbers, strings, None, True, False, lists, tuples, dictionaries, numpy.array of
-- them, signs and + - * / ** of numbers. Nothing is run: anything else is left out and told.
--   literals(text) -> { name = value }, { "line N: ..." }
-- None is literals.none; lists and tuples are arrays with field n; a dictionary keeps the order of its keys in field keys, values in field map.
local M = {}
M.none = setmetatable({}, { __tostring = function() return "None" end })

local function fail(s, what) error({ at = s.at, what = what }, 0) end

local function space(s, lines)
  while true do
    local _, last = s.text:find(lines and "^[ \t\r\n\\]+" or "^[ \t\r\\]+", s.at)
    if last then s.at = last + 1 end
    local comment = s.text:match("^#[^\n]*", s.at)
    if comment then s.at = s.at + #comment end
    if not last and not comment then return end
    if comment and not lines then return end
  end
end

local expression

local escapes = { n = "\n", t = "\t", ["\\"] = "\\", ["'"] = "'", ['"'] = '"' }
local function string_of(s)
  local quote = s.text:match('^"""', s.at) or s.text:match("^'''", s.at) or s.text:match("^[\"']", s.at)
  s.at = s.at + #quote
  local out = {}
  while true do
    if s.at > #s.text then fail(s, "a string without an end") end
    if s.text:sub(s.at, s.at + #quote - 1) == quote then break end
    local c = s.text:sub(s.at, s.at)
    if c == "\\" then
      c = escapes[s.text:sub(s.at + 1, s.at + 1)] or "\\" .. s.text:sub(s.at + 1, s.at + 1)
      s.at = s.at + 1
    elseif c == "\n" and #quote == 1 then
      fail(s, "a string without an end")
    end
    out[#out + 1] = c
    s.at = s.at + 1
  end
  s.at = s.at + #quote
  return table.concat(out)
end

local function items(s, close, tuple)
  local list = { n = 0 }
  s.at = s.at + 1
  local comma = false
  while true do
    space(s, true)
    if s.text:sub(s.at, s.at) == close then break end
    list.n = list.n + 1
    list[list.n] = expression(s, true)
    space(s, true)
    local c = s.text:sub(s.at, s.at)
    if c == "," then
      s.at, comma = s.at + 1, true
    elseif c ~= close then
      fail(s, ("expected ',' or '%s'"):format(close))
    end
  end
  s.at = s.at + 1
  if tuple and list.n == 1 and not comma then return list[1] end -- a value in parentheses
  return list
end

local function dictionary(s)
  local d = { keys = {}, map = {} }
  s.at = s.at + 1
  while true do
    space(s, true)
    local c = s.text:sub(s.at, s.at)
    if c == "}" then break end
    local key = expression(s, true)
    if type(key) ~= "string" and type(key) ~= "number" then fail(s, "a key that is no text") end
    space(s, true)
    if s.text:sub(s.at, s.at) ~= ":" then fail(s, "expected ':'") end
    s.at = s.at + 1
    space(s, true)
    if d.map[key] == nil then d.keys[#d.keys + 1] = key end
    d.map[key] = expression(s, true)
    space(s, true)
    c = s.text:sub(s.at, s.at)
    if c == "," then s.at = s.at + 1 elseif c ~= "}" then fail(s, "expected ',' or '}'") end
  end
  s.at = s.at + 1
  return d
end

local words = { True = true, False = false, None = M.none }

local function primary(s, lines)
  s.depth = (s.depth or 0) + 1
  if s.depth > 200 then fail(s, "nested too deeply") end
  space(s, lines)
  local c, out = s.text:sub(s.at, s.at), nil
  if c == '"' or c == "'" then
    out = string_of(s)
    space(s, lines)
    while lines and s.text:find("^[\"']", s.at) do -- neighbours are one string
      out = out .. string_of(s)
      space(s, lines)
    end
  elseif c == "[" then out = items(s, "]")
  elseif c == "(" then out = items(s, ")", true)
  elseif c == "{" then out = dictionary(s)
  elseif c == "-" or c == "+" then
    s.at = s.at + 1
    out = primary(s, lines)
    if type(out) ~= "number" then fail(s, "a sign before what is no number") end
    if c == "-" then out = -out end
  else
    local number = s.text:match("^%d[%d_]*%.?%d*[eE][%+%-]?%d+", s.at) or s.text:match("^%.%d+[eE][%+%-]?%d+", s.at) or
      s.text:match("^%d[%d_]*%.?%d*", s.at) or s.text:match("^%.%d+", s.at)
    local word = not number and s.text:match("^[%a_][%w_%.]*", s.at)
    if number then
      s.at = s.at + #number
      out = tonumber((number:gsub("_", "")))
    elseif word and words[word] ~= nil then
      s.at = s.at + #word
      out = words[word]
    elseif word and word:find("^n[%a]*p?[%a]*%.a[%a]*rray$") and s.text:sub(s.at + #word, s.at + #word) == "(" then
      s.at = s.at + #word
      out = items(s, ")", true)
    else
      fail(s, ("'%s' is no literal"):format(word or s.text:sub(s.at, s.at + 10):match("^[^\n]*")))
    end
  end
  s.depth = s.depth - 1
  return out
end

local function power(s, lines)
  local a = primary(s, lines)
  space(s, lines)
  if type(a) == "number" and s.text:find("^%*%*", s.at) then
    s.at = s.at + 2
    local b = power(s, lines)
    if type(b) ~= "number" then fail(s, "arithmetic of what is no number") end
    return a ^ b
  end
  return a
end

local function level(next_level, operators)
  return function(s, lines)
    local a = next_level(s, lines)
    while true do
      space(s, lines)
      local op = s.text:sub(s.at, s.at)
      if type(a) ~= "number" or not operators[op] or s.text:find("^%*%*", s.at) then return a end
      s.at = s.at + 1
      local b = next_level(s, lines)
      if type(b) ~= "number" then fail(s, "arithmetic of what is no number") end
      a = operators[op](a, b)
    end
  end
end
local product = level(power, { ["*"] = function(a, b) return a * b end, ["/"] = function(a, b) return a / b end })
expression = level(product, { ["+"] = function(a, b) return a + b end, ["-"] = function(a, b) return a - b end })

function M.read(text)
  local values, remarks, at, line = {}, {}, 1, 1
  text = text:gsub("\r\n", "\n") .. "\n"
  while at <= #text do
    local stop = text:find("\n", at, true)
    local name, from = text:match("^([%a_][%w_]*)[ \t]*=()[^=]", at)
    if name then
      local s = { text = text, at = from }
      local ok, value = pcall(function()
        local v = expression(s, false)
        space(s, false)
        if s.text:sub(s.at, s.at) == "," then -- a tuple without parentheses
          v = { v, n = 1 }
          while s.text:sub(s.at, s.at) == "," do
            s.at = s.at + 1
            space(s, false)
            if s.text:sub(s.at, s.at) == "\n" then break end
            v.n = v.n + 1
            v[v.n] = expression(s, false)
            space(s, false)
          end
        end
        if s.text:sub(s.at, s.at) ~= "\n" and s.text:sub(s.at, s.at) ~= ";" then fail(s, "something after the value") end
        return v
      end)
      if ok then
        values[name], stop = value, text:find("\n", s.at, true) or #text
      else
        if type(value) ~= "table" then error(value, 0) end
        remarks[#remarks + 1] = ("line %d: %s is left out: %s"):format(line, name, value.what)
      end
    elseif text:find("^[%a_@]", at) and not text:find("^import[ \t]", at) and not text:find("^from[ \t]", at) then
      remarks[#remarks + 1] = ("line %d: not read: %s"):format(line, text:sub(at, stop - 1):sub(1, 60))
    end
    line = line + select(2, text:sub(at, stop):gsub("\n", ""))
    at = stop + 1
  end
  return values, remarks
end

return M
