-- Completion at the prompt: names, fields, methods, option names inside f{ ..., names and file paths inside quotes.
--
-- Values are looked at without calling __index of user objects: tables by rawget, handles through their class (peek, list),
-- namespaces of Galua (which load their Lua part). Other modules add words offered inside quotes:
--   galua.complete_hooks["filters"] = function(prefix) -> list      -- filters("SD<Tab>
--   galua.complete_hooks["galaxy.ssp"] = ...                        -- galaxy{ ssp = "<Tab>
--   galua.complete_hooks[":"] = function() -> list                  -- commands of the prompt, its own
local core = require "galua.core"
local registry = require "galua.registry"
local doc = require "galua.doc"
local galua = core.galua
local M = {}

local keywords = { "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local", "nil", "not",
  "or", "repeat", "return", "then", "true", "until", "while" }

local function class_of(value)
  local mt = type(value) == "userdata" and getmetatable(value)
  return type(mt) == "table" and rawget(mt, "__galua") or nil
end

-- Load what lua/galua/<name>.lua or lua/galua/class/<name>.lua adds
local function extend(value)
  if type(value) == "userdata" or doc.name_of(value) then pcall(function() return value["\0"] end) end
end

local function methods_of(value)
  if core.vec_is and core.vec_is(value) then return galua.vec.methods end
  if core.mat_is and core.mat_is(value) then return galua.mat.methods end
end

local function index_of(value)
  local mt = getmetatable(value)
  local index = type(mt) == "table" and rawget(mt, "__index")
  return type(index) == "table" and index or nil
end

-- Field of a value for completion; never runs user code
local function field(value, key)
  local kind = type(value)
  if kind == "table" then
    local v = rawget(value, key)
    if v == nil and doc.name_of(value) then
      extend(value)
      v = rawget(value, key)
    end
    local index = v == nil and index_of(value)
    return index and rawget(index, key) or v
  elseif kind == "userdata" then
    local class = class_of(value)
    if not class then return nil end
    if class.methods[key] == nil then extend(value) end
    if class.methods[key] ~= nil then return class.methods[key] end
    local ok, v = pcall(class.peek, value, key)
    return ok and v or nil
  elseif kind == "string" then
    return string[key]
  end
  local methods = methods_of(value)
  return methods and methods[key]
end

-- Value of "a.b:c" and whether the path could be followed
function M.resolve(path)
  local value, first = nil, true
  for key in path:gmatch("[^%.:]+") do
    if not key:match("^[%a_][%w_]*$") then return nil, false end
    if first then
      value = rawget(_G, key)
      if value == nil then
        local ok, v = pcall(core.find, key)
        value = ok and v or nil
      end
      first = false
    else
      value = field(value, key)
    end
    if value == nil then return nil, false end
  end
  return value, not first
end

-- Names one can write after "." or ":"
local function members(value, separator)
  local names = {}
  local function add(name, v)
    if type(name) == "string" and name:match("^[%a][%w_]*$") and (separator == "." or type(v) == "function") then
      names[name] = true
    end
  end
  local kind = type(value)
  if kind == "table" then
    extend(value)
    for k, v in next, value do add(k, v) end
    for k, v in next, index_of(value) or {} do add(k, v) end
  elseif kind == "userdata" then
    local class = class_of(value)
    if not class then return names end
    extend(value)
    for k, v in pairs(class.methods) do add(k, v) end
    if separator == "." then
      for k in pairs(class.fields) do add(k) end
      local ok, list = pcall(class.list, value)
      for _, k in ipairs(ok and list or {}) do add(k) end
    end
  elseif kind == "string" then
    for k, v in pairs(string) do add(k, v) end
  else
    for k, v in pairs(methods_of(value) or {}) do add(k, v) end
  end
  return names
end

-- What surrounds the cursor: the quote it is in and where that starts, the innermost open brackets with the callee before each
local function context(text)
  local stack, depth, quote, from, i = {}, 0, nil, 0, 1
  while i <= #text do
    local c = text:sub(i, i)
    if quote then
      if c == "\\" then
        i = i + 1
      elseif c == quote then
        quote = nil
      end
    elseif c == '"' or c == "'" then
      quote, from = c, i + 1
    elseif c == "-" and text:sub(i, i + 1) == "--" then
      local nl = text:find("\n", i, true)
      if not nl then return { comment = true } end
      i = nl
    elseif c == "(" or c == "{" or c == "[" then
      depth = depth + 1
      stack[depth] = { bracket = c, at = i, callee = text:sub(1, i - 1):match("([%a_][%w_%.:]*)%s*$") }
    elseif c == ")" or c == "}" or c == "]" then
      if depth > 0 then depth = depth - 1 end
    end
    i = i + 1
  end
  return { quote = quote, from = from, top = stack[depth], outer = stack[depth - 1] }
end

local function starting(names, prefix, head, tail)
  local list, lower = {}, prefix:lower()
  for name in pairs(names) do
    if name:sub(1, #prefix) == prefix then list[#list + 1] = (head or "") .. name .. (tail or "") end
  end
  if #list == 0 and prefix ~= "" then -- nothing in this spelling: forgive the case
    for name in pairs(names) do
      if name:sub(1, #prefix):lower() == lower then list[#list + 1] = (head or "") .. name .. (tail or "") end
    end
  end
  table.sort(list)
  return list
end

local function paths(prefix)
  local folder, rest = prefix:match("^(.*/)([^/]*)$")
  folder, rest = folder or "", rest or prefix
  local where = folder == "" and "." or folder
  if where:sub(1, 2) == "~/" then where = (os.getenv("HOME") or "~") .. where:sub(2) end
  local list = {}
  for _, entry in ipairs(core.listdir(where) or {}) do
    if entry.name:sub(1, #rest) == rest then list[#list + 1] = folder .. entry.name .. (entry.dir and "/" or "") end
  end
  return list
end

-- Documented name of the function that a bracket belongs to, and its text
local function callee_doc(callee)
  if not callee then return nil end
  local value = M.resolve(callee)
  local name = value ~= nil and doc.name_of(value) or callee
  return name, registry.docs[name]
end

-- Bands and sets of bands: "SDSS.g", and "SDSS" for all of them
local function filter_names()
  local set, list = {}, {}
  for _, name in ipairs(galua.filter.names()) do
    set[name] = true
    local group = name:match("^(.*)%.[^%.]+$")
    if group then set[group] = true end
  end
  for name in pairs(set) do list[#list + 1] = name end
  return list
end
for _, name in ipairs { "filters", "filter.find", "filter" } do
  galua.complete_hooks[name] = galua.complete_hooks[name] or filter_names
end

local function in_quotes(text, ctx)
  local prefix = text:sub(ctx.from)
  local before = text:sub(1, ctx.from - 2)
  local option = before:match("([%a_][%w_]*)%s*=%s*$")
  local callee = before:match("([%a_][%w_%.:]*)%s*$") -- filters"SDSS"
  if not callee or option then
    callee = ctx.top and ctx.top.callee
  end
  local name = callee_doc(callee)
  local hooks = galua.complete_hooks
  local hook = name and (option and hooks[name .. "." .. option] or hooks[name]) or option and hooks["." .. option]
  if hook then
    local ok, words = pcall(hook, prefix)
    if ok and words and #words > 0 then
      local set = {}
      for _, word in ipairs(words) do set[word] = true end
      local list = starting(set, prefix)
      if #list > 0 then return list end
    end
  end
  return paths(prefix)
end

-- Names of the options of the constructor whose brace is open, less those already given
local function option_names(text, ctx, word)
  local top = ctx.top
  if not top or top.bracket ~= "{" then return nil end
  local before = text:sub(top.at + 1, #text - #word)
  if not (before:match("^%s*$") or before:match("[,;]%s*$")) then return nil end
  local callee = top.callee
  if not callee then
    local outer = ctx.outer -- f({
    if outer and outer.bracket == "(" and text:sub(outer.at + 1, top.at - 1):match("^%s*$") then callee = outer.callee end
  end
  local _, description = callee_doc(callee)
  local names, any = {}, false
  for _, p in ipairs(doc.params(description)) do
    if not before:find("%f[%w_]" .. p.name:gsub("%.", "%%.") .. "%s*=") then
      names[p.name] = true
      any = true
    end
  end
  return any and names or nil
end

-- Candidates for `word`, the end of `text` (everything typed so far in this entry)
function M.complete(text, word)
  local ctx = context(text)
  if ctx.comment then return {} end
  if ctx.quote then return in_quotes(text, ctx) end
  local base, separator, prefix = word:match("^(.*)([%.:])([%w_]*)$")
  if base then
    local value, known = M.resolve(base)
    if not known then return {} end
    return starting(members(value, separator), prefix, base .. separator)
  end
  if text:match("^:%a*$") then
    local names = {}
    local commands = galua.complete_hooks[":"]
    for _, name in ipairs(commands and commands() or {}) do names[":" .. name] = true end
    return starting(names, ":" .. word:gsub("^:", ""))
  end
  local options = option_names(text, ctx, word)
  if options then
    local list = starting(options, word, "", " = ")
    if #list > 0 then return list end
  end
  if word == "" then return {} end
  local names = {}
  for _, name in ipairs(core.all_names()) do names[name] = true end
  for name in next, _G do
    if type(name) == "string" then names[name] = true end
  end
  for _, name in ipairs(keywords) do names[name] = true end
  return starting(names, word)
end

doc.text("complete.complete", M.complete, [[complete.complete(text, word) -> table
Candidates for the word at the end of the text, as the Tab key offers them.]])
doc.text("complete.resolve", M.resolve, [[complete.resolve(path) -> value, boolean
Value of a path like g.ism.f_MC without running user code, and whether it could be followed.]])
return M
