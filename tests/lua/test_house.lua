-- The house of docs/developer.md: arrows between rooms point down, files and functions are short; the checks see what breaks it.
local test = require "galua.test"

local function run(command)
  local p = io.popen(command .. " 2>&1; echo status $?")
  local text = p:read "*a"
  p:close()
  return tonumber(text:match "status (%d+)%s*$"), text
end

-- a small tree of files { path = text }, checked
local function check(script, files)
  local top = os.tmpname()
  os.remove(top)
  for path, text in pairs(files) do
    os.execute(("mkdir -p %s/%s"):format(top, path:match "^(.*)/"))
    local f = assert(io.open(top .. "/" .. path, "w"))
    f:write(text)
    f:close()
  end
  os.execute(("mkdir -p %s/src %s/include %s/lua %s/tests %s/scripts"):format(top, top, top, top, top))
  local status, text = run(("luajit scripts/dev/%s %s"):format(script, top))
  os.execute("rm -rf " .. top)
  return status, text
end

test.describe("house", function()
  test.it("has no arrow that points up, and no room or header without a place", function()
    local status, text = run "luajit scripts/dev/check_layers.lua"
    if status ~= 0 then error(text) end
  end)

  test.it("the check of the layers sees what is wrong", function()
    local base = { ["src/base/a.c"] = '#include "galua/base.h"\n', ["include/galua/base.h"] = "\n" }
    local function with(path, text, other, more)
      local files = { [path] = text }
      if other then files[other] = more end
      for k, v in pairs(base) do files[k] = files[k] or v end
      return check("check_layers.lua", files)
    end
    test.eq((check("check_layers.lua", base)), 0)
    for _, case in ipairs { { "src/num/b.c", '#include "galua/galaxy.h"\n', "galua/galaxy.h: room num %(floor %d+%) uses room model" },
      { "src/infer/sampler/b.c", '#include "galua/cosmo.h"\n', "galua/cosmo.h: room infer/sampler may not use room astro" },
      { "src/infer/prior/b.c", '#include "galua/result.h"\n', "arrows point down" },
      { "src/ssp/b.c", '#include "sfh/x.h"\n', "arrows point down" }, { "src/base/b.c", "#include <lua.h>\n", "Lua is for" },
      { "src/num/b.c", '#include "galua/nowhere.h"\n', "galua/nowhere.h belongs to no room" },
      { "include/galua/nowhere.h", "\n", "belongs to no room" }, { "src/cellar/b.c", "\n", "is no room" }, { "src/num/b.c", '#include "../fit/fit_int.h"\n', "name headers from src/ on" },
      { "src/num/b.c", '#include "fit_int.h"\n', "is no file of this folder" },
      { "include/galua/base.h", '#include "galua/fit.h"\n', "arrows point down" },
      { "src/num/b.c", '    printf("x");\n', "prints nothing" }, { "src/lua/kit/b.c", '#include "lua/bind/x.h"\n', "arrows point down" },
      { "lua/galua/plot/b.lua", 'require "galua.fit"\n', "room plot requires galua.fit" },
      { "lua/galua/b.lua", 'require("galua.cmd.fit")\n', "commands stand on the library" }, { "src/num/b_internal.h", "\n", "are called NAME_int.h" },
      { "lua/galua/fit/b.lua", 'function f()\n  require "galua.c"\nend\n', "b.lua:2: modules of Lua in a circle: galua.c %-> galua.fit.b %-> galua.c", "lua/galua/c.lua", 'local b = require("galua.fit.b")\n' },
      { "lua/galua/fit/b.lua", 'pcall(require, "galua.c")\n', "rooms of Lua in a circle: c %-> fit %-> c", "lua/galua/c.lua", 'local b = require "galua.fit.d"\n' } } do
      local status, text = with(case[1], case[2], case[4], case[5])
      test.eq(status, 1)
      if not text:find(case[3]) then error(case[1] .. ": " .. text) end
    end
  end)

  test.it("has nothing dead, and no compiled file uses what stands above it", function()
    local build = require("galua.core").realpath("/proc/self/exe"):match "^(.*)/"
    local status, text = run("luajit scripts/dev/check_links.lua " .. build)
    if status ~= 0 then error(text) end
  end)

  test.it("has no component, history, sampler or move named where code is generic, and the check sees one", function()
    local status, text = run "luajit scripts/dev/check_names.lua"
    if status ~= 0 then error(text) end
    local classes = { ["src/infer/sampler/hops.c"] = 'const gal_sampler_class gal_hops_class = {.name = "hops", .title = "x"};\n',
      ["src/component/agn.c"] = 'const gal_component_class gal_agn_dim = {.group = "agn", .kind = "dim"};\nint f(void) { return strcmp(x, "dim"); }\n' }
    local function with(path, code)
      local files = { [path] = code }
      for k, v in pairs(classes) do files[k] = v end
      return check("check_names.lua", files)
    end
    test.eq((check("check_names.lua", classes)), 0)
    test.eq((with("src/model/b.c", '/* strcmp(name, "dim") */\n')), 0)
    test.eq((with("lua/galua/sampler/hops.lua", 'if kind == "hops" then end\n')), 0)
    for _, case in ipairs { { "src/model/b.c", 'int f(void)\n{\n    return strcmp(name, "dim");\n}\n', "b.c:3: names 'dim'" },
      { "src/model/b.c", 'x = gal_galaxy_group(g, "agn");\n', "names 'agn'" }, { "src/model/b.c", 'gal_component_find(&c, "agn", "dim");\n', "names 'dim'" },
      { "lua/galua/b.lua", 'if s.kind ~= "hops" then end\n', "names 'hops'" }, { "src/component/b.c", 'strcmp(a, "hops");\n', "names 'hops'" },
      { "lua/galua/b.lua", 'local s = o.sampler or galua.sampler.hops{}\n', "names 'hops'" } } do
      status, text = with(case[1], case[2])
      test.eq(status, 1)
      if not text:find(case[3], 1, true) then error(case[1] .. ": " .. text) end
    end
  end)

  test.it("has short files and functions, and the check of sizes sees long ones", function()
    local status, text = run "luajit scripts/dev/check_sizes.lua"
    if status ~= 0 then error(text) end
    status, text = check("check_sizes.lua", { ["src/base/a.c"] = ("int x;\n"):rep(601), ["tests/c/t.c"] = ("int x;\n"):rep(601), ["src/base/b.c"] = "int f(void)\n{\n" .. ("    ;\n"):rep(101) .. "}\n",
      ["lua/c.lua"] = "local function f()\n" .. ("  g()\n"):rep(101) .. "end\n" })
    test.eq(status, 1)
    for _, what in ipairs { "src/base/a.c: 601 lines", "tests/c/t.c: 601 lines", "src/base/b.c:2: a function", "lua/c.lua:1: a function" } do
      if not text:find(what, 1, true) then error(what .. " not in " .. text) end
    end
  end)
end)
