-- check_layers.lua: every arrow between rooms points down (docs/developer.md, "The house"). Run from the top folder with luajit or galua,
-- or name another one; prints the offending lines and fails. A folder or header that the tables below do not know is an error, too: give it its place.
--
-- Rooms from the ground up, one floor a line. A room may include itself and what lies on lower floors, never a neighbour.
local top = arg and arg[1] and arg[1] .. "/" or ""
local floors = {
  { "base" },
  { "num", "serve" },
  { "io" },
  { "astro", "ssp", "sfh" },
  { "stars" },
  { "csp", "component", "spec", "sky", "pop" },
  { "dust" },
  { "model", "infer/prior", "infer/diag", "infer/target" },
  { "infer/result" },
  { "infer/sampler" },
  { "fit" },
  { "run" },
  { "lua/kit" },
  { "lua/bind" },
  { "repl" },
}
-- Rooms that may use less than all below: the inference engine knows no galaxy.
local only = {
  ["serve"] = { "base" },
  ["infer/prior"] = { "base", "num" }, ["infer/diag"] = { "base", "num" }, ["infer/target"] = { "base", "num" },
  ["infer/result"] = { "base", "num", "io", "infer/diag", "infer/target" },
  ["infer/sampler"] = { "base", "num", "io", "infer/prior", "infer/diag", "infer/target", "infer/result" },
}
-- Public headers (include/galua) by the room that implements them.
local headers = {
  base = "base rng param option",
  num = "num gp const soft",
  io = "table",
  serve = "serve",
  astro = "filter cosmo",
  ssp = "ssp",
  sfh = "sfh diffmah diffstar mzr",
  stars = "stars",
  component = "component compat",
  spec = "spec",
  pop = "diffstarpop historyfit dsps population",
  sky = "healpix skymap alm band sky skysim skyproject",
  model = "galaxy bench plan tangent",
  ["infer/prior"] = "prior",
  ["infer/target"] = "target transform problem hierarchy",
  ["infer/diag"] = "diag draws",
  ["infer/result"] = "result",
  ["infer/sampler"] = "sampler ensemble importance nested nuts smc optimum pathfinder export",
  fit = "obs like fit spectrum",
  run = "queue ranks",
  ["lua/kit"] = "ffi",
}

local floor, room_of, may = {}, {}, {}
for i, row in ipairs(floors) do
  for _, room in ipairs(row) do floor[room] = i end
end
for room, names in pairs(headers) do
  for name in names:gmatch("%S+") do room_of[name] = room end
end
for room, list in pairs(only) do
  may[room] = {}
  for _, name in ipairs(list) do may[room][name] = true end
end

local bad = 0
local function complain(path, line, ...)
  bad = bad + 1
  io.stderr:write(("%s:%d: %s\n"):format(path, line, (...):format(select(2, ...))))
end

-- the room of a file of src/: the longest known folder that it lies in; and the rest of its path
local function room_of_path(path)
  local at, room, rest = 0, nil, nil
  while true do
    at = path:find("/", at + 1, true)
    if not at then return room, rest end
    local folder = path:sub(1, at - 1)
    if floor[folder] then room, rest = folder, path:sub(at + 1) end
  end
end

-- file `path` of room `mine` includes `inc`
local function check_include(path, line, mine, inc)
  local public = inc:match("^galua/([%w_]+)%.h$")
  local theirs
  if public then
    theirs = room_of[public]
    if not theirs then return complain(path, line, "galua/%s.h belongs to no room: add it to scripts/dev/check_layers.lua", public) end
  elseif inc:match("^lua%.h$") or inc:match("^luajit%.h$") or inc:match("^lauxlib%.h$") or inc:match("^lualib%.h$") then
    if floor[mine] < floor["lua/kit"] then complain(path, line, "room %s includes %s: Lua is for src/lua and src/repl", mine, inc) end
    return
  else
    theirs = room_of_path(inc)
    if not theirs then return end -- of the same folder, made by the build, or of the system
  end
  if theirs == mine then return end
  if floor[theirs] >= floor[mine] then
    complain(path, line, "room %s (floor %d) includes %s of room %s (floor %d): arrows point down", mine, floor[mine], inc, theirs, floor[theirs])
  elseif may[mine] and not may[mine][theirs] then
    complain(path, line, "room %s may not use %s of room %s", mine, inc, theirs)
  end
end

local function check_file(path, mine)
  local n = 0
  for text in io.lines(top .. path) do
    n = n + 1
    local inc = text:match('^%s*#%s*include%s*["<]([^">]+)[">]')
    if inc then check_include(path, n, mine, inc) end
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
for _, path in ipairs(files(("cd %s"):format(top == "" and "." or top) .. " && find src -name '*.c' -o -name '*.h' | sort")) do
  local mine = room_of_path(path:match("^src/(.*)$"))
  if mine then
    check_file(path, mine)
    count = count + 1
  else
    complain(path, 1, "its folder is no room: give it a floor in scripts/dev/check_layers.lua")
  end
end
for _, path in ipairs(files(("cd %s"):format(top == "" and "." or top) .. " && find include -name '*.h' | sort")) do
  local name = path:match("^include/galua/([%w_]+)%.h$")
  if room_of[name or ""] then
    check_file(path, room_of[name])
    count = count + 1
  else
    complain(path, 1, "belongs to no room: add it to scripts/dev/check_layers.lua")
  end
end

-- Rooms of the Lua library: plot draws numbers and knows nothing of galaxies; nothing stands on the commands, which the program alone calls.
local drawing = { ["galua"] = true, ["galua.core"] = true, ["galua.doc"] = true, ["galua.own_methods"] = true, ["bit"] = true, ["ffi"] = true }
for _, path in ipairs(files(("cd %s"):format(top == "" and "." or top) .. " && find lua -name '*.lua' 2>/dev/null | sort")) do
  local n, mine = 0, path:match("^lua/galua/(%a+)/")
  for text in io.lines(top .. path) do
    n = n + 1
    for name in text:gmatch("require%s*%(?%s*[\"']([%w_.]+)[\"']") do
      if mine == "plot" and not drawing[name] and name ~= "galua.plot" and not name:match("^galua%.plot%.") then
        complain(path, n, "room plot requires %s: it draws numbers, and knows nothing else", name)
      elseif mine ~= "cmd" and (name == "galua.cmd" or name:match("^galua%.cmd%.")) then
        complain(path, n, "requires %s: commands stand on the library, not it on them", name)
      end
    end
  end
  count = count + 1
end
if bad > 0 then
  io.stderr:write(("%d violations of the layers\n"):format(bad))
  os.exit(1)
end
print(("layers: %d files, every arrow points down"):format(count))
