-- Functions as data: what a function is made of, its code and the values it took from around it, as text that another Lua state
-- (a worker's) or another session (a results file) turns back into the same function. See lua/galua/worker.lua.
--
-- Workers get compiled code: it comes from this process. Results files come from anybody: what they hold is compiled again from its source
-- text, and only where the caller trusts them (M.admit); compiled code of a file is never loaded.
local galua = require "galua"
local core = require "galua.core"
require "galua.vec" -- core.vec_is
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
  local n = core.vec_is(v) and #v
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
local function walk(g)
  local util = require "jit.util"
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

local function instructions(f)
  local dump = string.dump(f, true)
  local count, bytes = {}, {}
  for i = 1, #dump do
    local b = dump:byte(i)
    count[b] = (count[b] or 0) + 1
  end
  for b = 0, 255 do bytes[#bytes + 1] = count[b] or 0 end
  return walk(assert(loadstring(dump))) .. " / " .. table.concat(bytes, " ")
end

local typed = {} -- chunks of the prompt, newest last: their functions say no more than "stdin"

-- Called by the prompt for what it runs.
function M.remember(text)
  if text:find("function", 1, true) then typed[#typed + 1] = text end
end

-- texts that f may have been compiled from
local function chunks(f)
  local source = debug.getinfo(f, "S").source
  if source:sub(1, 1) == "@" then
    local file = io.open(source:sub(2))
    if not file then return {} end
    local text = file:read("*a")
    file:close()
    return { text }
  elseif source:sub(1, 1) ~= "=" then
    return { source }
  end
  local out = {}
  if source == "=stdin" then
    for i = #typed, math.max(1, #typed - 200), -1 do out[#out + 1] = typed[i] end
  end
  return out
end

local function lines_of(text, first, last)
  local lines, i = {}, 0
  for line in (text .. "\n"):gmatch("(.-)\n") do
    i = i + 1
    if i >= first and i <= last then lines[#lines + 1] = line end
  end
  return lines
end

-- the lines of a function; "" when its file cannot be read
function M.source(f)
  local info = debug.getinfo(f, "S")
  local text = chunks(f)[1]
  return text and table.concat(lines_of(text, info.linedefined, info.lastlinedefined), "\n") or ""
end

local function upvalue_names(f)
  local names = {}
  for k = 1, 250 do
    local name = debug.getupvalue(f, k)
    if not name then break end
    if not name:match("^[%a_][%w_]*$") then return nil end -- stripped
    names[k] = name
  end
  return names
end

-- "(a, b) ... end" of "function name(a, b) ... end"
local function without_name(text)
  local name, rest = text:match("^function%s*([%w_.:%s]*)(%(.*)$")
  if not name then return nil end
  if name:find(":", 1, true) then rest = rest:gsub("^%(%s*(%)?)", function(close) return close == ")" and "(self)" or "(self, " end) end
  return rest
end

-- A chunk that returns the same function as f, its upvalues being locals of the chunk: cut out of the file that f came from and kept only
-- when it compiles to the same instructions and constants. nil: there is none.
local function rebuild(f)
  local info, names = debug.getinfo(f, "S"), upvalue_names(f)
  local want, params = walk(f), names and require("jit.util").funcinfo(f).params
  for _, text in ipairs(names and chunks(f) or {}) do
    local lines = lines_of(text, info.linedefined, info.lastlinedefined)
    local body = table.concat(lines, "\n")
    local tail = #body - #(lines[#lines] or "")
    local first = 1
    while lines[1] do
      local from = body:find("%f[%w_]function%f[^%w_]", first)
      if not from or from > #lines[1] then break end
      first = from + 8
      local stop = math.max(from, tail)
      while true do
        local _, last = body:find("%f[%w_]end%f[^%w_]", stop)
        if not last then break end
        stop = last + 1
        local rest = without_name(body:sub(from, last))
        local head = #names > 0 and ("local %s "):format(table.concat(names, ",")) or ""
        local chunk = rest and head .. "return function" .. rest
        local made = chunk and load(chunk, "=shipped", "t")
        local ok, g = pcall(made or error)
        if ok and type(g) == "function" and require("jit.util").funcinfo(g).params == params and walk(g) == want then return chunk end
      end
    end
  end
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
    local chunk = not strip and rebuild(g)
    out[i] = ("{code=%q,%sup={%s}}"):format(strip and instructions(g) or hex(code), chunk and "lua=" .. plain(chunk, what, 1) .. "," or "",
      table.concat(up, ","))
    return i
  end
  add(f, what)
  local fields = {}
  for k, v in pairs(extra or {}) do fields[#fields + 1] = ("%s=%s"):format(k, plain(v, what, 1)) end
  table.sort(fields)
  return ("return{functions={%s},source=%s%s%s}"):format(table.concat(out, ","), strip and '""' or plain(M.source(f), what, 1),
    #fields > 0 and "," or "", table.concat(fields, ","))
end

-- The function and the table of fields that M.pack of this process made text of, in this state: globals are those of the script.
function M.unpack(text) return require("galua.worker").unpack(text) end

-- Text of M.pack that came from a file whose writer is trusted -> the same, compiled here from its source.
function M.compile(text, where)
  local refuse = function(why) galua.fail("%s: %s: give the function again", where, why) end
  local data = text:sub(1, 1) ~= "\27" and load(text, "=shipped", "t", { math = { huge = math.huge } })
  local ok, packed = pcall(data or error)
  if not ok or type(packed) ~= "table" or type(packed.functions) ~= "table" then refuse("its Lua function is not readable text") end
  for _, f in ipairs(packed.functions) do
    local made = type(f) == "table" and type(f.lua) == "string" and f.lua:sub(1, 1) ~= "\27" and load(f.lua, f.lua, "t")
    if not made then refuse("it holds compiled code alone, which is never loaded from a file") end
    local good, g = pcall(made)
    if not good or type(g) ~= "function" then refuse("its Lua function is not readable text") end
    f.code = hex(string.dump(g))
  end
  local out = {}
  for i, f in ipairs(packed.functions) do
    local up = {}
    for k = 1, 250 do
      local u = type(f.up) == "table" and f.up[k]
      if not u then break end
      up[k] = u.lib and ("{lib=%q}"):format(u.lib) or u.f and ("{f=%d}"):format(u.f) or ("{v=%s}"):format(plain(u.v, where, 1))
    end
    out[i] = ("{code=%q,lua=%s,up={%s}}"):format(f.code, plain(f.lua, where, 1), table.concat(up, ","))
  end
  local fields = {}
  for k, v in pairs(packed) do
    if k ~= "functions" then fields[#fields + 1] = ("%s=%s"):format(k, plain(v, where, 1)) end
  end
  table.sort(fields)
  return ("return{functions={%s}%s%s}"):format(table.concat(out, ","), #fields > 0 and "," or "", table.concat(fields, ","))
end

-- The gate of what a file brings: d, decoded data, may hold Lua functions anywhere (fields `shipped`). With trust they are compiled from
-- their source. Without it that is an error of one line; later(line): they are left out, the line says it, and comes again as the error of
-- whoever needs one: a fit is read without the functions of its sampler.
function M.admit(d, path, trust, later)
  local function leave_out(t, why)
    if not later then galua.fail("%s", why) end
    later(why)
    t.shipped = ("error(%q, 0)"):format(why):gsub("\\\n", "\\n")
  end
  local function visit(t, name, depth)
    if depth > 100 then galua.fail("%s: its description is nested too deeply", path) end
    for k, v in pairs(t) do
      if type(v) == "table" then visit(v, type(k) == "string" and k or name, depth + 1) end
    end
    if type(t.shipped) ~= "string" then return end
    local what = type(t.where) == "string" and ("%s, %s"):format(name, t.where) or
      (type(t.group) == "string" and t.group .. ".custom" or name == "custom" and "sfh.custom" or name)
    if not trust then
      return leave_out(t, ("%s: holds Lua code (%s), which is not run unasked: load_fit(file, { trust = true }) if you trust its writer"):format(
        path, what))
    end
    local ok, text = pcall(M.compile, t.shipped, ("%s: %s"):format(path, what))
    if ok then t.shipped = text else leave_out(t, tostring(text)) end
  end
  visit(d, later and "sampler" or "a function", 1)
end
return M
