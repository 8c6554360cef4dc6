-- Wrong data and models out of range (T-43): one line that names the source (file and row, band or table), the field with its value, and the fix
-- or the range.
local test = require "galua.test"
local core = require "galua.core"
local path = os.tmpname()

local function read(text)
  core.write_file(path .. ".csv", text)
  return observation.read(path .. ".csv")
end
local function row(flux, err) return read("band,flux[mJy],err[mJy]\nSDSS.r,1,0.1\nSDSS.g," .. flux .. "," .. err .. "\n") end
local function band(z, lo, hi) -- a fit of one band between lo and hi [A]
  core.write_file(path .. ".dat", ("# wavelength[A] transmission\n%g 1\n%g 1\n"):format(lo, hi))
  local o = observation.new{ name = "ngc1", redshift = z }
  o:add(filters(path .. ".dat")[1], 1, 0.1)
  return fit{ data = o, model = galaxy{ ssp = ssp.synthetic(), redshift = z }, free = { age = prior.uniform(1e8, 1e9) } }
end

local cases = {
  { "NaN flux", function() row("nan", "0.1") end, "line 3: band 'SDSS.g': flux is missing (NaN)", "give a number, a limit, or flag the band 'ignored'" },
  { "error of zero", function() row("1", "0") end, "line 3: band 'SDSS.g': err 0 mJy must be positive", "flag the band 'ignored'" },
  { "negative error", function() row("1", "-2") end, "line 3: band 'SDSS.g': err -2 mJy must be positive", "flag the band 'ignored'" },
  { "band outside the model", function() band(0.1, 0.4, 0.6) end, "is outside the model's wavelengths", "flag it 'ignored'" },
  { "unit of a filter", function()
    core.write_file(path .. ".dat", "# wavelength[parsec] transmission\n1 1\n2 1\n")
    filters(path .. ".dat")
  end, ".dat: wavelength column: unknown unit 'parsec'", "did you mean 'arcsec'?" },
  { "unit of a flux", function() read("band,flux[mJky],err[mJy]\nSDSS.g,1,0.1\n") end, ".csv: column 'flux': unknown unit 'mJky'",
    "did you mean 'mJy'?" },
  { "negative redshift", function() read("# redshift = -3\nband,flux[mJy],err[mJy]\nSDSS.g,1,0.1\n") end,
    ".csv: observation: redshift -3 is not a redshift", "(-0.01 .. 1e4)" },
  { "metallicity out of the grid", function()
    galaxy{ ssp = ssp.synthetic(), redshift = 0.1, sfh = sfh.delayed{ Z = 0.09 } }:sed()
  end, "sfh.Z = 0.09 is outside SSP table 'synthetic', 0.0001 .. 0.04", "clamp = true uses the nearest" },
}

test.describe("data errors", function()
  for _, c in ipairs(cases) do
    test.it("name source, field and fix: " .. c[1], function()
      local ok, e = pcall(c[2])
      e = tostring(e)
      test.ok(not ok)
      test.ok(not e:find("\n"), "one line")
      test.ok(e:find(c[3], 1, true), e)
      test.ok(e:find(c[4], 1, true), e)
      os.remove(path .. ".dat")
      os.remove(path .. ".csv")
      os.remove(path)
    end)
  end
end)
