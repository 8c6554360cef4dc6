-- Functions as data: what a function is made of, its code and the values it took from around it, as text that another Lua state
-- (a worker's) or another session (a results file) turns back into the same function. See lua/galua/worker.lua.
local galua = require "galua"
local core = require "galua.core"
local M = {}

local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end

-- standard functions and libraries, by identity
local libraries
local function library(value)
  if not libraries then
    libraries = {}
    for _, name in ipairs{ "math", "string", "table", "bit", "ffi", "os", "jit" } do
      local lib = name == "ffi" and require "ffi" or name == "bit" and require "bit" or _G[name]
      libraries[lib] = name
      for key, f in pairs(lib) do
        if type(f) == "function" then libraries[f] = name .. "." .. key end
      end
    end
    for _, name in ipairs{ "print", "type", "tonumber", "tostring", "ipairs", "pairs", "select", "unpack", "error", "assert", "pcall" } do
      libraries[_G[name]] = name
    end
  end
  return libraries[value]
end

local function number(v)
  if v ~= v then return "0/0" end
  if v == math.huge then return "math.huge" end
  if v == -math.huge then return "-math.huge" end
  return ("%.17g"):format(v)
end

local function plain(v, where, depth)
  local t = type(v)
  if t == "number" then return number(v) end
  if t == "boolean" or t == "nil" then return tostring(v) end
  if t == "string" then return ("%q"):format(v):gsub("\\\n", "\\n") end
  local n = core.vec_is and core.vec_is(v) and #v
  if t == "table" and not getmetatable(v) or n then
    if depth > 20 then galua.fail("%s: tables nested too deeply, or in a circle", where) end
    local out = {}
    if n then
      for i = 1, n do out[i] = number(v[i]) end
    else
      for k, x in pairs(v) do
        if type(k) ~= "number" and type(k) ~= "string" then galua.fail("%s: a table key must be a number or a name, got %s", where, type(k)) end
        out[#out + 1] = ("[%s]=%s"):format(type(k) == "number" and number(k) or ("%q"):format(k), plain(x, where, depth + 1))
      end
    end
    return "{" .. table.concat(out, ",") .. "}"
  end
  galua.fail("%s is a %s: a function that runs in workers can take along numbers, strings, booleans, vectors, plain tables of them, and Lua functions",
    where, t == "userdata" and "handle" or t)
end

-- the text of a function; "" when its file cannot be read
function M.source(f)
  local info = debug.getinfo(f, "S")
  local text = info.source:sub(1, 1) ~= "@" and info.source or nil
  if not text then
    local file = io.open(info.source:sub(2))
    if not file then return "" end
    text = file:read("*a")
    file:close()
  end
  local lines, i = {}, 0
  for line in (text .. "\n"):gmatch("(.-)\n") do
    i = i + 1
    if i >= info.linedefined and i <= info.lastlinedefined then lines[#lines + 1] = line end
  end
  return table.concat(lines, "\n")
end

-- f as text; extra: further plain fields of the result; what: the function's name in messages. strip: without the names of files,
-- lines and variables that make good messages: text that is the same wherever the function was written.
function M.pack(f, what, extra, strip)
  if type(f) ~= "function" then galua.fail("%s: expected a function, got %s", what, type(f)) end
  local index, list, out = {}, {}, {}
  local function add(g, name)
    if index[g] then return index[g] end
    local ok, code = pcall(string.dump, g, strip or false)
    if not ok then galua.fail("%s: '%s' is not a Lua function: it cannot run in workers", what, name) end
    list[#list + 1] = g
    local i = #list
    index[g] = i
    local up = {}
    for k = 1, 250 do
      local n, v = debug.getupvalue(g, k)
      if not n then break end
      local lib = v ~= nil and library(v)
      if lib then up[k] = ("{lib=%q}"):format(lib)
      elseif type(v) == "function" then up[k] = ("{f=%d}"):format(add(v, n))
      else up[k] = ("{v=%s}"):format(plain(v, ("%s: '%s', used by the function,"):format(what, n), 1)) end
    end
    out[i] = ("{code=%q,up={%s}}"):format(hex(code), table.concat(up, ","))
    return i
  end
  add(f, what)
  local fields = {}
  for k, v in pairs(extra or {}) do fields[#fields + 1] = ("%s=%s"):format(k, plain(v, what, 1)) end
  table.sort(fields)
  return ("return{functions={%s},source=%s%s%s}"):format(table.concat(out, ","), strip and '""' or plain(M.source(f), what, 1),
    #fields > 0 and "," or "", table.concat(fields, ","))
end

-- The function and the table of fields that M.pack made text of, in this state: globals are those of the script.
function M.unpack(text) return require("galua.worker").unpack(text) end

return M
