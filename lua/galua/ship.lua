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

-- Functions and namespaces of galua by identity, for functions that run in states of ours: name "galua.move", "galua.move.de"
local function own(value)
  if value == galua then return "galua" end
  for name, v in pairs(galua) do
    if v == value then return "galua." .. name end
  end
  for name, t in pairs(galua) do
    if type(t) == "table" and t ~= galua and not core.vec_is(t) then
      for key, v in pairs(t) do
        if type(v) == "function" and v == value and type(key) == "string" then return ("galua.%s.%s"):format(name, key) end
      end
    end
  end
end

local function number(v)
  if v ~= v then return "0/0" end
  if v == math.huge then return "math.huge" end
  if v == -math.huge then return "-math.huge" end
  return ("%.17g"):format(v)
end

local function plain(v, where, depth, who)
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
      local keys = {} -- in an order that is the same in every process
      for k in pairs(v) do keys[#keys + 1] = k end
      table.sort(keys, function(a, b)
        if type(a) ~= type(b) then return type(a) < type(b) end
        return (type(a) == "number" or type(a) == "string") and a < b
      end)
      for _, k in ipairs(keys) do
        local x = v[k]
        if type(k) ~= "number" and type(k) ~= "string" then galua.fail("%s: a table key must be a number or a name, got %s", where, type(k)) end
        out[#out + 1] = ("[%s]=%s"):format(type(k) == "number" and number(k) or ("%q"):format(k), plain(x, where, depth + 1, who))
      end
    end
    return "{" .. table.concat(out, ",") .. "}"
  end
  galua.fail("%s is a %s: %s can take along numbers, strings, booleans, vectors, plain tables of them, and Lua functions",
    where, t == "userdata" and "handle" or t, who or "a function that runs in workers")
end

-- What a function does, as text that is the same in every process: its instructions and constants. (string.dump writes constant tables in
-- the order of their hashes, which the process draws.) The number of times that each byte occurs in the dump stands for the rest.
local function instructions(f)
  local util = require "jit.util"
  local dump = string.dump(f, true)
  local function walk(g)
    local info, out = util.funcinfo(g), {}
    for pc = 0, info.bytecodes - 1 do out[#out + 1] = ("%d"):format(util.funcbc(g, pc)) end
    for i = 0, info.nconsts - 1 do out[#out + 1] = number(util.funck(g, i)) end
    for i = 1, info.gcconsts do
      local k = util.funck(g, -i)
      local kind = type(k)
      out[#out + 1] = kind == "proto" and "{" .. walk(k) .. "}" or kind == "cdata" and tostring(k) or plain(k, "constant", 1)
    end
    return table.concat(out, " ")
  end
  local count, bytes = {}, {}
  for i = 1, #dump do
    local b = dump:byte(i)
    count[b] = (count[b] or 0) + 1
  end
  for b = 0, 255 do bytes[#bytes + 1] = count[b] or 0 end
  return walk(assert(loadstring(dump))) .. " / " .. table.concat(bytes, " ")
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

-- f as text; extra: further plain fields of the result; what: the function's name in messages. strip: text that cannot be unpacked but is
-- the same for functions that do the same, wherever they were written: for fingerprints. who: "a strategy", of a function
-- that runs in a state with galua in it and may use that.
function M.pack(f, what, extra, strip, who)
  if type(f) ~= "function" then galua.fail("%s: expected a function, got %s", what, type(f)) end
  local index, list, out = {}, {}, {}
  local function add(g, name)
    if index[g] then return index[g] end
    local ok, code = pcall(string.dump, g)
    if not ok then galua.fail("%s: '%s' is not a Lua function: it cannot run in workers", what, name) end
    list[#list + 1] = g
    local i = #list
    index[g] = i
    local up = {}
    for k = 1, 250 do
      local n, v = debug.getupvalue(g, k)
      if not n then break end
      local lib = v ~= nil and library(v)
      if v ~= nil and not lib and who and (type(v) == "function" or type(v) == "table") then lib = own(v) end
      if lib then up[k] = ("{lib=%q}"):format(lib)
      elseif type(v) == "function" then up[k] = ("{f=%d}"):format(add(v, n))
      else up[k] = ("{v=%s}"):format(plain(v, ("%s: '%s', used by the function,"):format(what, n), 1, who)) end
    end
    out[i] = ("{code=%q,up={%s}}"):format(strip and instructions(g) or hex(code), table.concat(up, ","))
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
