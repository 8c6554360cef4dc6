-- The library from outside: the example of docs/c_library.md compiled against the headers, and require "galua" in the system's LuaJIT.
local test = require "galua.test"
local core = require "galua.core"
local build = core.realpath("/proc/self/exe"):match("^(.*)/")
local top = core.realpath(".")
local folder = os.tmpname()
os.remove(folder)
core.mkdirs(folder .. "/lib/lua/5.1")
core.mkdirs(folder .. "/share/galua")

local function run(command)
  local p = io.popen("{ " .. command .. "; } 2>&1; echo status $?")
  local text = p:read("*a")
  p:close()
  return text:gsub("status %d+\n$", ""), tonumber(text:match("status (%d+)\n$"))
end
local sanitized = not build:find("/build$") -- what a foreign program loads must not need a sanitizer's runtime

test.describe("the library", function()
  test.it("is used from C as its page says, and gives the numbers of Lua", function()
    if sanitized then test.skip("a foreign program cannot load a library with a sanitizer") end
    local f = io.open("docs/c_library.md")
    local page = f:read("*a")
    f:close()
    local code = page:match("```c\n(.-)```")
    f = io.open("scripts/examples/sed.c")
    test.eq(code, f:read("*a"), "the page holds the example")
    f:close()
    core.write_file(folder .. "/sed.c", code)
    local said, status = run(("cd %q && cc -std=c11 -Wall -Wextra -Werror sed.c -I%q/include -L%q -Wl,-rpath,%q -lgalua -o sed && GALUA_DATA=%q/data ./sed"):format(folder, top, build,
      build, top))
    test.eq(status, 0, said)
    local g = galaxy{ sfh = sfh.delayed{ tau = 2e9 }, age = 5e9, redshift = 0.1 }
    local want = {}
    for i, r in ipairs(g:photometry("SDSS.ugriz")) do want[i] = ("%-8s %.6g mJy\n"):format(r.band, r.flux) end
    test.eq(said, table.concat(want) .. ("Mstar    %.6g Msun\n"):format(g:derived().Mstar))
  end)
  test.it("is the module galua of the system's LuaJIT", function()
    if sanitized then test.skip("a foreign program cannot load a library with a sanitizer") end
    if select(2, run("command -v luajit")) ~= 0 then test.skip("luajit is not installed") end
    -- as make install lays it out
    os.execute(("cp -L %q/libgalua.so %q/lib/libgalua.so && ln -s ../../libgalua.so %q/lib/lua/5.1/galua.so && ln -s %q/lua %q/share/galua/lua && ln -s %q/data %q/share/galua/data"):format(
      build, folder, folder, top, folder, top, folder))
    core.write_file(folder .. "/t.lua", ([[
      package.cpath = %q .. "/lib/lua/5.1/?.so;" .. package.cpath
      local galua = require "galua"
      local g = galua.galaxy{ sfh = galua.sfh.delayed{ tau = 2e9 }, age = 5e9, redshift = 0.1 }
      print(("%%.12g"):format(g:derived().Mstar))
      for _, r in ipairs(g:photometry(galua.filters("SDSS.ugriz"))) do print(("%%.12g"):format(r.flux)) end
      print(galua.vec{ 1, 2, 3 }:sum(), rawget(_G, "galaxy"))
      print(pcall(function() return galua.galxy end))
      local h = galua.sfh.custom{ function(t, p) return 1 end }        -- a function that runs in states of the library's own
      print(galua.galaxy{ sfh = h, age = 1e9, redshift = 0.1 }:derived().SFR)]]):format(folder))
    local said, status = run(("cd / && env -u GALUA_LUA -u GALUA_DATA luajit %q/t.lua"):format(folder))
    test.eq(status, 0, said)
    local g = galaxy{ sfh = sfh.delayed{ tau = 2e9 }, age = 5e9, redshift = 0.1 }
    local want = { ("%.12g"):format(g:derived().Mstar) }
    for _, r in ipairs(g:photometry("SDSS.ugriz")) do want[#want + 1] = ("%.12g"):format(r.flux) end
    want[#want + 1] = "6\tnil"
    want[#want + 1] = "false\tgalua has no 'galxy', did you mean 'galaxy'?"
    want[#want + 1] = "1"
    test.eq(said, table.concat(want, "\n") .. "\n")
  end)
end)
os.execute("rm -rf " .. folder)
