-- The program on a machine: what its files are hardened by, and what its numbers owe to the instruction set.
local test = require "galua.test"
local core = require "galua.core"
local program = core.realpath("/proc/self/exe")
local folder = program:match("^(.*)/[^/]*$")

local function output(command)
  local p = io.popen(command .. " 2>&1")
  local text = p:read("*a")
  p:close()
  return text
end
local read = core.read_file

test.describe("the program and its library", function()
  local files = { program, folder .. "/libgalua.so" }
  for name in output(("ls '%s' | grep '^galua-.*[.]so$'"):format(folder)):gmatch("[^\n]+") do files[#files + 1] = folder .. "/" .. name end

  test.it("are linked so that tables of addresses cannot be written and the stack is not run", function()
    if output("readelf --version"):find("not found", 1, true) then return test.skip("no readelf") end
    for _, path in ipairs(files) do
      local text = output(("readelf -hdlW '%s'"):format(path))
      test.ok(text:find("GNU_RELRO", 1, true), path .. ": no RELRO")
      test.ok(text:find("BIND_NOW", 1, true) or text:find("Flags: NOW", 1, true), path .. ": addresses are found late")
      test.ok(text:find("GNU_STACK%s+0x%x+ 0x%x+ 0x%x+ 0x%x+ 0x%x+ RW "), path .. ": a stack that is run")
      test.ok(text:find("Type:%s+DYN"), path .. ": not position-independent")
    end
  end)

  test.it("guard their stacks and their copies", function()
    if folder:match("[^/]+$") ~= "build" then return test.skip("a build with sanitizers has guards of its own") end
    for i, path in ipairs(files) do
      if i <= 2 then test.ok(read(path):find("__stack_chk_fail", 1, true), path .. ": no stack protector") end
    end
    local text = read(files[2])
    for _, name in ipairs{ "__memcpy_chk", "__snprintf_chk", "__vsnprintf_chk" } do
      test.ok(text:find(name, 1, true), files[2] .. ": no " .. name)
    end
  end)
end)

test.describe("numbers", function()
  local code = [[
    local t, bands = ssp.synthetic(), filters("GALEX", "SDSS.ugriz", "2MASS", "WISE", "Herschel.PACS", "Herschel.SPIRE")
    for _, g in ipairs{ galaxy{ ssp = t, sfh = sfh.delayed{}, age = 3e9, redshift = 0.1 },
      galaxy{ ssp = t, sfh = sfh.insitu{}, age = 1e9, redshift = 0.5, nebular = true, igm = true },
      galaxy{ ssp = t, sfh = sfh.continuity{}, age = 5e9, redshift = 0.02, attenuation = attenuation.calzetti{ A_V = 1 }, dust = dust.casey12{} } } do
      local f = g:band_flux(bands)
      for i = 1, #f do print(("%.17g"):format(f[i])) end
      f = g:flux()
      for i = 1, #f, 7 do print(("%.17g"):format(f[i])) end
    end]]
  local function run(isa, threads)
    local out = {}
    for x in output(("GALUA_ISA=%s '%s' --batch --threads %d -e '%s'"):format(isa, program, threads, code)):gmatch("[^\n]+") do
      out[#out + 1] = assert(tonumber(x), x)
    end
    test.ok(#out > 500)
    return out
  end
  local function differ(a, b)
    test.eq(#a, #b)
    local most = 0
    for i = 1, #a do
      if a[i] ~= b[i] then most = math.max(most, math.abs(a[i] / b[i] - 1)) end
    end
    return most
  end
  local base = run("base", 1)

  test.it("are the same bits on one instruction set, whatever the threads", function()
    test.eq(differ(run("base", 1), base), 0)
    test.eq(differ(run("base", 3), base), 0)
  end)
  test.it("of other instruction sets differ in the last digits alone, as docs/performance.md says", function()
    -- the largest of 137 580 fluxes there is 1.1e-11: where dust takes nearly all, digits are lost
    test.ok(differ(run("v3", 1), base) < 1e-10)
    test.ok(differ(run("v4", 1), base) < 1e-10)
  end)
  test.it("of a name that is no instruction set are those of the best, and that is said", function()
    local text = output(("GAL_LOG=warn GALUA_ISA=v5 '%s' --batch -e 'print(galaxy{ ssp = ssp.synthetic(), redshift = 0.1 }:lum():max())'"):format(program))
    test.ok(text:find("GALUA_ISA='v5' is none of base, v3, v4: ignored", 1, true), text)
  end)
end)
