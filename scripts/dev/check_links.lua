-- check_links.lua BUILD_FOLDER: what the compiled files take from one another (nm), which no include can hide. Run from the top folder after a build.
--   an arrow that points up: a file of a room (scripts/dev/check_layers.lua) uses a symbol of a room on the same or a higher floor: an error
--   dead code: a function or variable that no other file uses, that is not in a public header and that no test asks for: an error
-- Not counted: lists that the build makes (gal_luaopen_*), a text that the assembler takes in (gal_ffi_text), what the program puts in place of the
-- C library's (src/repl/pow.c).
-- With `list` behind the folder: public functions that the library and its Lua do not use themselves.
local build, list = arg[1] or "build", arg[2] == "list"
local rooms = dofile("scripts/dev/rooms.lua")

local function lines_of(command)
  local p, out = io.popen(command), {}
  for line in p:lines() do out[#out + 1] = line end
  p:close()
  return out
end

local function exists(path)
  local f = io.open(path)
  if f then f:close() end
  return f ~= nil
end

-- compiled files of sources that are there; the instruction sets of a kernel are one file
local function source_of(object)
  local stem = object:gsub("%.o$", ""):gsub("_kern%.%w+$", "_kern")
  return exists(stem .. ".c") and stem .. ".c" or nil
end

local home, uses = {}, {}
for _, line in ipairs(lines_of(("cd %s/obj && find src -name '*.o' | sort | xargs nm -A -g"):format(build))) do
  local object, kind, symbol = line:match("^([^:]+):%s*%x*%s+(%a)%s+(%S+)$")
  local path = object and source_of(object)
  if path and symbol:match("^[%a_]") and not symbol:match("^gal_luaopen_") and not symbol:match("^__") and path ~= "src/repl/pow.c" then
    if kind == "U" then uses[#uses + 1] = { path, symbol } else home[symbol] = path end
  end
end

local bad, count, used = 0, 0, {}
local function complain(...)
  bad = bad + 1
  io.stderr:write((...):format(select(2, ...)), "\n")
end
for _, u in ipairs(uses) do
  local path, symbol = u[1], u[2]
  local from = home[symbol]
  if from and from ~= path then
    used[symbol], count = true, count + 1
    local why = rooms.refuse(path:gsub("^src/", ""), from:gsub("^src/", ""))
    if why then complain("%s uses %s of %s: %s", path, symbol, from, why) end
  end
end

local function text_of(command) return table.concat(lines_of(command), "\n") end
local function words(text)
  local set = {}
  for word in text:gmatch("[%a_][%w_]*") do set[word] = true end
  return set
end
local api, lua = words(text_of("cat include/galua/*.h")), words(text_of("find lua -name '*.lua' | sort | xargs cat"))
local tests = words(text_of("cat tests/c/*.[ch] tests/extend/*.c tests/fuzz/*.[ch] scripts/*/*.[ch]"))
local symbols = {}
for symbol in pairs(home) do symbols[#symbols + 1] = symbol end
table.sort(symbols)
for _, symbol in ipairs(symbols) do
  if not used[symbol] and not lua[symbol] and symbol ~= "luaopen_galua" and symbol ~= "gal_ffi_text" and not home[symbol]:match("^src/repl/") then
    if not api[symbol] and not tests[symbol] then
      complain("%s: %s is used nowhere else: make it static, or take it out", home[symbol], symbol)
    elseif list then
      print(("%-8s %-36s %s"):format(api[symbol] and (tests[symbol] and "api" or "api only") or "tests", symbol, home[symbol]))
    end
  end
end
if bad > 0 then os.exit(1) end
if #symbols == 0 then
  io.stderr:write(("no compiled files in %s/obj\n"):format(build))
  os.exit(1)
end
print(("links: %d symbols, %d uses, every arrow points down, nothing dead"):format(#symbols, count))
