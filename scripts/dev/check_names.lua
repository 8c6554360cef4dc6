-- check_names.lua: generic code names no component, history, metallicity, sampler, move or law of the sky: it asks their class. Run from the top
-- folder with luajit or galua, or name another one; prints the offending lines and fails.
--
-- Names are read from the classes that the sources define. Code of a class may name it: the file that defines it, files called after it, and
-- what tells people or machines what there is to choose (`content` below). What is looked for elsewhere are comparisons with a name and
-- look-ups of one.
local top = arg and arg[1] and arg[1] .. "/" or ""

-- Files that choose among what there is: templates, benchmarks, presets, importers of other programs, and where a class in Lua is made of others.
local content = { "src/model/bench%.c", "lua/galua/cmd/bench%.lua", "lua/galua/cmd/fit%.lua", "lua/galua/sky/presets%.lua", "lua/galua/import/",
  "lua/galua/usual_samplers%.lua" }
-- Words that are names of classes and mean other things as well, and "custom", which stands for all that is made at run time.
local common = { table = true, line = true, node = true, sum = true, step = true, linear = true, constant = true, custom = true, mixture = true }

-- a sampler's own choices that are called so: how nested sampling draws, what NUTS starts from
local choices = { ["lua/galua/sampler/nested.lua"] = "slice", ["lua/galua/sampler/nuts.lua"] = "pathfinder", ["src/lua/bind/l_nuts.c"] = "pathfinder" }

local function files(command)
  local list, p = {}, io.popen(("cd %s && %s"):format(top == "" and "." or top, command))
  for path in p:lines() do list[#list + 1] = path end
  p:close()
  return list
end

local function read(path)
  local f = assert(io.open(top .. path))
  local text = f:read("*a")
  f:close()
  return text
end

-- code without comments, line numbers kept
local function code_of(path, text)
  if path:match("%.lua$") then return (text:gsub("%-%-[^\n]*", "")) end
  return (text:gsub("/%*.-%*/", function(s) return (s:gsub("[^\n]", "")) end):gsub("//[^\n]*", ""))
end

local kinds = { component = true, sfh = true, metals = true, sampler = true, move = true }
local named, defined, groups = {}, {}, {}
local sources = files("find src lua -name '*.[ch]' -o -name '*.lua' | sort")
for _, path in ipairs(sources) do
  if path:match("%.c$") then
    for kind, body in code_of(path, read(path)):gmatch("const gal_(%w+)_class [%w_]+ = (%b{})") do
      local name = body:match('%.kind = "([%w_]+)"') or kinds[kind] and body:match('%.name = "([%w_]+)"')
      local group = body:match('%.group = "([%w_]+)"')
      if kinds[kind] and name and not common[name] then
        named[name] = true
        defined[path .. ":" .. name] = true
      end
      if group then
        groups[group] = true
        defined[path .. ":" .. group] = true
      end
    end
  end
end

-- may this file name it? its own code, by definition or by what the file is called
local function own(path, name)
  if defined[path .. ":" .. name] or choices[path] == name then return true end
  for _, pattern in ipairs(content) do if path:match(pattern) then return true end end
  local base = path:match("([^/]+)%.%w+$")
  return base:find(name, 1, true) ~= nil or path:find("/" .. name .. "/", 1, true) ~= nil
end

-- a quoted name where it decides: compared, or looked up
local decides = {
  '[=~]=%s*"([%w_]+)"', '"([%w_]+)"%s*[=~]=', 'strcmp%([^"\n]*"([%w_]+)"', '_named%([^"\n]*"([%w_]+)"', '_group%([^"\n]*"([%w_]+)"',
  '_find%([^"\n]*"([%w_]+)"', '_find%([^"\n]*"[%w_]+",%s*"([%w_]+)"', 'test_sampler%([^"\n]*"([%w_]+)"', '%f[%w_]galua%.sampler%.([%w_]+)%s*[{(]', -- ... or made
}

local bad, count = 0, 0
for _, path in ipairs(sources) do
  local n = 0
  count = count + 1
  for line in (code_of(path, read(path)) .. "\n"):gmatch("(.-)\n") do
    n = n + 1
    local told = {}
    for _, pattern in ipairs(decides) do
      for name in line:gmatch(pattern) do
        local is = named[name] or groups[name]
        if is and not told[name] and not own(path, name) and not line:find("type%(") then
          told[name], bad = true, bad + 1
          io.stderr:write(("%s:%d: names '%s': ask its class\n"):format(path, n, name))
        end
      end
    end
  end
end
local total = 0
for _ in pairs(named) do total = total + 1 end
if bad > 0 or total == 0 then
  io.stderr:write(total == 0 and "no class found: wrong folder?\n" or ("%d names in generic code\n"):format(bad))
  os.exit(1)
end
print(("names: %d files, none decides by one of %d names"):format(count, total))
