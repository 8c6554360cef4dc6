-- Errors of a spectrum from variances and inverse variances: their units are their own.
local test = require "galua.test"
local path = os.tmpname() .. ".csv"

local function err(flux_unit, column, value)
  local lines = { ("wave[A],flux[%s],%s"):format(flux_unit, column) }
  for i = 1, 20 do lines[#lines + 1] = ("%d,1,%.17g"):format(4000 + i, value) end
  local f = assert(io.open(path, "w"))
  f:write(table.concat(lines, "\n") .. "\n")
  f:close()
  return observation.read(path):spectrum().err[1]
end

test.describe("the error of a pixel", function()
  test.it("is the root of a variance, in the variance's unit", function()
    for _, c in ipairs{ { "var", 100 }, { "var[mJy2]", 100 }, { "var[Jy2]", 1e-4 }, { "variance[uJy**2]", 1e8 }, { "flux_var[uJy^2]", 1e8 } } do
      test.close(err("mJy", c[1], c[2]), 10, 1e-12)
    end
  end)
  test.it("is the root of one over an inverse variance, in its unit", function()
    for _, c in ipairs{ { "ivar", 0.01 }, { "ivar[1/mJy2]", 0.01 }, { "ivar[1/Jy2]", 1e4 }, { "ivar[Jy-2]", 1e4 }, { "flux_ivar[Jy**-2]", 1e4 } } do
      test.close(err("mJy", c[1], c[2]), 10, 1e-12)
    end
    test.close(err("mJy", "ivar[1/nanomaggy2]", 1), 3.63078054770101e-3, 1e-12) -- 3631 Jy / 1e9
  end)
  test.it("may be per wavelength, with factors as surveys write them", function()
    local one = err("erg/s/cm2/A", "err[erg/s/cm2/A]", 1e-17)
    for _, c in ipairs{ { "ivar[1e34 s2 cm4 A2 erg-2]", 1 }, { "ivar[1e+34 cm4 s2 Angstrom2 / erg2]", 1 }, { "ivar", 1 }, { "var[erg2 s-2 cm-4 A-2]", 1e-34 },
      { "var[W2/m4/um2]", 1e-32 } } do
      test.close(err("1e-17 erg/s/cm2/A", c[1], c[2]), one, 1e-9)
    end
  end)
  test.it("of a unit that cannot be read is in that of the fluxes, which is said; a width beside R, too", function()
    local program = require("galua.core").realpath("/proc/self/exe")
    local function said()
      local p = io.popen(("GAL_LOG=warn '%s' --batch -e 'observation.read(%q)' 2>&1"):format(program, path))
      local text = p:read("*a")
      p:close()
      return text
    end
    test.close(err("mJy", "ivar[bogus]", 0.01), 10, 1e-12)
    test.ok(said():find("column 'ivar': unit 'bogus' is taken as that of the fluxes, to the power -2", 1, true), said())
    local f = assert(io.open(path, "w"))
    f:write("wave[A],flux[mJy],err[mJy],R,fwhm[A]\n")
    for i = 1, 20 do f:write(("%d,1,0.1,1000,2\n"):format(4000 + i)) end
    f:close()
    test.ok(said():find("column 'R' gives the resolution; 'fwhm' is not used", 1, true), said())
  end)
end)

test.describe("the resolution of a header", function()
  local function read(head)
    local f = assert(io.open(path, "w"))
    f:write(head .. "wave[A],flux[mJy],err[mJy]\n")
    for i = 1, 20 do f:write(("%d,1,0.1\n"):format(4000 + i)) end
    f:close()
    return observation.read(path):spectrum().fwhm[1]
  end
  test.it("is one: given twice, differently, it is refused", function()
    test.close(read("# R: 2000\n"), 4001 / 2000, 1e-12)
    test.close(read("# R: 2000\n# SPECRES: 2000\n"), 4001 / 2000, 1e-12)
    test.throws(function() read("# R: 2000\n# R: 3000\n") end, "~the resolution is given twice, R 2000 and R 3000")
    test.throws(function() read("# R: 2000\n# SPECRES: 1000\n") end, "~the resolution is given twice, R 2000 and SPECRES 1000")
    test.throws(function() read("# R: x\n") end, "~R 'x' is not a number above 0")
  end)
end)
os.remove(path)
