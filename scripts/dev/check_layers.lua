-- check_layers.lua: every arrow between rooms points down (docs/developer.md, "The house"). Run from the top folder with luajit or galua,
-- or name another one; prints the offending lines and fails. Modules and rooms of the Lua library require one another in no circle. A folder or header that scripts/dev/rooms.lua does not know is an error, too: give it its
-- place. What the compiled files use of one another is looked at by check_links.lua.
local top = arg and arg[1] and arg[1] .. "/" or ""
local rooms = dofile(debug.getinfo(1, "S").source:match("^@(.*)check_layers%.lua$") .. "rooms.lua")
local floor = rooms.floor

local bad = 0
local function complain(path, line, ...)
  bad = bad + 1
  io.stderr:write(("%s:%d: %s\n"):format(path, line, (...):format(select(2, ...))))
end

local function is_file(path)
  local f = io.open(top .. path)
  if f then f:close() end
  return f ~= nil
end

-- What an include of file `path` means: nothing (the system, made by the build), or a room.
local function room_of_include(path, inc, quoted)
  local public = inc:match("^galua/([%w_]+)%.h$")
  if public then return rooms.header[public], "galua/" .. public .. ".h belongs to no room: add it to scripts/dev/rooms.lua" end
  local room = rooms.of(inc)
  if room or not quoted or inc:match("%.inc$") or is_file(path:match("^(.*/)") .. inc) and not inc:find("/", 1, true) then return room end
  return nil, inc .. " is no file of this folder and of no room: name headers from src/ on"
end

-- file `path` of room `mine` includes `inc`
local function check_include(path, line, mine, inc, quoted)
  if inc:match("^lua%.h$") or inc:match("^luajit%.h$") or inc:match("^lauxlib%.h$") or inc:match("^lualib%.h$") then
    if floor[mine] < floor["lua/kit"] then complain(path, line, "room %s includes %s: Lua is for src/lua and src/repl", mine, inc) end
    return
  end
  local theirs, why = room_of_include(path, inc, quoted)
  if theirs then why = rooms.why_not(mine, theirs) and ("%s: %s"):format(inc, rooms.why_not(mine, theirs)) end
  if why then complain(path, line, "%s", why) end
end

local function check_file(path, mine)
  local n = 0
  for text in io.lines(top .. path) do
    n = n + 1
    local mark, inc = text:match('^%s*#%s*include%s*(["<])([^">]+)[">]')
    if inc then check_include(path, n, mine, inc, mark == '"') end
    if floor[mine] < floor["lua/kit"] and (text:match("[^%w_s]printf%s*%(") or text:match("[^%w_]puts%s*%(")) and not text:match("^%s*[/%*]") then
      complain(path, n, "the library prints nothing to stdout")
    end
  end
end

local function files(command)
  local list = {}
  local p = io.popen(command)
  for path in p:lines() do list[#list + 1] = path end
  p:close()
  return list
end

local count = 0
local function check_name(path)
  local word = path:match("_(%a+)%.h$")
  if word == "internal" or word == "private" or word == "priv" or word == "impl" then
    complain(path, 1, "internal headers are called NAME_int.h")
  end
end
for _, path in ipairs(files(("cd %s"):format(top == "" and "." or top) .. " && find src -name '*.c' -o -name '*.h' | sort")) do
  local mine = rooms.of(path:match("^src/(.*)$"))
  check_name(path)
  if mine then
    check_file(path, mine)
    count = count + 1
  else
    complain(path, 1, "its folder is no room: give it a floor in scripts/dev/rooms.lua")
  end
end
for _, path in ipairs(files(("cd %s"):format(top == "" and "." or top) .. " && find include -name '*.h' | sort")) do
  local name = path:match("^include/galua/([%w_]+)%.h$")
  if name and name:match("_int$") then complain(path, 1, "NAME_int.h is for headers beside their .c files") end
  if rooms.header[name or ""] then
    check_file(path, rooms.header[name])
    count = count + 1
  else
    complain(path, 1, "belongs to no room: add it to scripts/dev/rooms.lua")
  end
end

-- Rooms of the Lua library: a folder, or a file beside them with the folder of its name. plot draws numbers and knows nothing of galaxies; nothing
-- stands on the commands, which the program alone calls; no rooms and no modules require one another in a circle, at load or later.
local drawing = { ["galua"] = true, ["galua.core"] = true, ["galua.doc"] = true, ["galua.own_methods"] = true, ["bit"] = true, ["ffi"] = true }
local arrows = { {}, {} } -- of modules and of rooms: arrows[k][from][to]
local function arrow(k, from, to, place)
  if from == to then return end
  arrows[k][from] = arrows[k][from] or {}
  arrows[k][from][to] = arrows[k][from][to] or place
end
local function lua_room(module) return module:match("^galua%.([%w_]+)") or module end
for _, path in ipairs(files(("cd %s"):format(top == "" and "." or top) .. " && find lua -name '*.lua' 2>/dev/null | sort")) do
  local n, module = 0, path:match("^lua/(.*)%.lua$"):gsub("/init$", ""):gsub("/", ".")
  local mine = lua_room(module)
  for text in io.lines(top .. path) do
    n = n + 1
    for name in text:gsub("%-%-.*", ""):gmatch("require%s*[%(,]?%s*[\"']([%w_.]+)[\"']") do
      arrow(1, module, name, { path, n })
      arrow(2, mine, lua_room(name), { path, n })
      if mine == "plot" and not drawing[name] and lua_room(name) ~= "plot" then
        complain(path, n, "room plot requires %s: it draws numbers, and knows nothing else", name)
      elseif mine ~= "cmd" and lua_room(name) == "cmd" then
        complain(path, n, "requires %s: commands stand on the library, not it on them", name)
      end
    end
  end
  count = count + 1
end
-- the first circle that goes on from `at`; done: nodes that lie on none
local function circle(graph, at, trail, done)
  for i, node in ipairs(trail) do
    if node == at then return { unpack(trail, i) } end
  end
  if done[at] then return end
  trail[#trail + 1] = at
  local next_ones = {}
  for to in pairs(graph[at] or {}) do next_ones[#next_ones + 1] = to end
  table.sort(next_ones)
  for _, to in ipairs(next_ones) do
    local found = circle(graph, to, trail, done)
    if found then return found end
  end
  trail[#trail], done[at] = nil, true
end
for k, what in ipairs { "modules", "rooms" } do
  local nodes, done = {}, {}
  for node in pairs(arrows[k]) do nodes[#nodes + 1] = node end
  table.sort(nodes)
  for _, node in ipairs(nodes) do
    local found = circle(arrows[k], node, {}, done)
    if found then
      local place = arrows[k][found[#found]][found[1]]
      complain(place[1], place[2], "%s of Lua in a circle: %s -> %s", what, table.concat(found, " -> "), found[1])
      break
    end
  end
end
if count == 0 then complain(top, 0, "no sources here") end
if bad > 0 then
  io.stderr:write(("%d violations of the layers\n"):format(bad))
  os.exit(1)
end
print(("layers: %d files, every arrow points down"):format(count))
