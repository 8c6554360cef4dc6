-- What a table of photometry says of its rows is honoured or, where nobody can know what it means, said not to be.
local test = require "galua.test"
local core = require "galua.core"
local program = core.realpath("/proc/self/exe")
local path = os.tmpname() .. ".csv"

local function write(text)
  local f = assert(io.open(path, "w"))
  f:write(text)
  f:close()
end
local function long(columns, rows, head)
  write("# redshift: 0.1\n" .. (head or "") .. "band,flux[mJy],err[mJy]" .. columns .. "\n" .. rows)
  return observation.read(path)
end
local function kinds(o)
  local out = {}
  for i, r in ipairs(o:rows()) do out[i] = r.kind end
  return table.concat(out, " ")
end
local function fails(f, ...)
  local ok, e = pcall(f)
  local text = tostring(e)
  test.ok(not ok, "no error")
  for _, word in ipairs{ ... } do test.ok(text:find(word, 1, true), text) end
end
-- what a program of its own says while it runs code on the file
local function said(code)
  local p = io.popen(("GAL_LOG=warn '%s' --batch -e '%s' 2>&1"):format(program, code:gsub("PATH", '"' .. path .. '"')))
  local text = p:read("*a")
  p:close()
  return text
end

test.describe("a mask in a table of bands", function()
  test.it("leaves out the bands that it marks, in numbers and words, whichever way it points", function()
    test.eq(kinds(long(",mask", "SDSS.g,1,0.1,1\nSDSS.r,2,0.1,0\n")), "ignored detection")
    test.eq(kinds(long(",MASK", "SDSS.g,1,0.1,False\nSDSS.r,2,0.1,True\n")), "detection ignored")
    test.eq(kinds(long(",bad", "SDSS.g,1,0.1,no\nSDSS.r,2,0.1,yes\n")), "detection ignored")
    test.eq(kinds(long(",good", "SDSS.g,1,0.1,1\nSDSS.r,2,0.1,0\n")), "detection ignored")
    test.eq(kinds(long(",valid", "SDSS.g,1,0.1,F\nSDSS.r,2,0.1,T\n")), "ignored detection")
    test.eq(long(",mask", "SDSS.g,1,0.1,1\nSDSS.r,2,0.1,0\n"):rows()[1].note, "masked in the file")
  end)
  test.it("of other words is an error with line, column and cell", function()
    fails(function() long(",mask", "SDSS.g,1,0.1,maybe\nSDSS.r,2,0.1,0\n") end, "line 3", "column 'mask'", "'maybe'")
  end)
  test.it("that says nothing of a band leaves it", function()
    test.eq(kinds(long(",mask", "SDSS.g,1,0.1,\nSDSS.r,2,0.1,1\n")), "detection ignored")
  end)
  test.it("is one of several names; flags may be many", function()
    test.eq(kinds(long(",flags", "SDSS.g,1,0.1,limit\nSDSS.r,2,0.1,\n")), "limit detection")
  end)
end)

test.describe("columns that nobody can know the sense of", function()
  test.it("are named once: quality, limits as booleans, masks of other names", function()
    for _, name in ipairs{ "quality", "phot_mask", "upper_limit", "is_limit", "FLAG_W1", "uplim" } do
      long("," .. name, "SDSS.g,1,0.1,1\nSDSS.r,2,0.1,0\n")
      local text = said("observation.read(PATH) observation.read(PATH)")
      local _, n = text:gsub(": not used: " .. name .. ": named like masks, flags or limits", "")
      test.eq(n, 1, name .. ": " .. text)
    end
  end)
  test.it("are not named where all are read", function()
    long(",flag,mask,note", "SDSS.g,1,0.1,,1,x\nSDSS.r,2,0.1,limit,0,y\n")
    test.eq(said("observation.read(PATH)"), "")
  end)
  test.it("are named in catalogues, of bands that are read alone", function()
    write("id,redshift,SDSS.g[mJy],SDSS.g_err[mJy],SDSS.g_mask,SDSS.g_flag,GAIA_flag\na,0.1,1,0.1,1,,3\n")
    local text = said("observation.catalogue(PATH)")
    test.ok(text:find("not used: SDSS.g_mask: named like masks, flags or limits", 1, true), text)
  end)
end)

test.describe("a redshift and a distance", function()
  test.it("that are given twice, differently, are refused", function()
    fails(function() long("", "SDSS.g,1,0.1\n", "# redshift: 0.2\n") end, "redshift is given twice, 0.1 and 0.2")
    test.eq(long("", "SDSS.g,1,0.1\n", "# redshift: 0.1\n").redshift, 0.1)
  end)
  test.it("have the unit that the file gives", function()
    test.close(long("", "SDSS.g,1,0.1\n", "# distance: 20 Mpc\n").distance, 20)
    test.close(long("", "SDSS.g,1,0.1\n", "# distance: 780 kpc\n").distance, 0.78, 1e-12)
    test.close(long("", "SDSS.g,1,0.1\n", "# distance_Mpc: 20\n").distance, 20)
    fails(function() long("", "SDSS.g,1,0.1\n", "# distance: 20 mJy\n") end, "distance '20 mJy'", "does not convert to 'Mpc'")
    write("id,redshift,d[kpc],SDSS.g[mJy],SDSS.g_err[mJy]\na,0.001,780,1,0.1\n")
    test.close(observation.catalogue(path, { distance = "d" })[1].distance, 0.78, 1e-12)
    write("id,redshift,d,SDSS.g[mJy],SDSS.g_err[mJy]\na,0.001,20,1,0.1\n")
    test.close(observation.catalogue(path, { distance = "d" })[1].distance, 20)
  end)
  test.it("of a name that is not known are said not to be used", function()
    for _, name in ipairs{ "Z_BEST", "zspec", "photo_z", "lp_zBEST" } do
      write("id," .. name .. ",SDSS.g[mJy],SDSS.g_err[mJy]\na,0.1,1,0.1\n")
      local text = said("observation.catalogue(PATH)")
      test.ok(text:find("no column redshift or z; not used: " .. name .. " (redshift = ", 1, true), text)
      test.eq(said(("observation.catalogue(PATH, { redshift = %q })"):format(name)), "")
    end
    long("", "SDSS.g,1,0.1\n", "# distance: 20\n")
    test.ok(said("observation.read(PATH)"):find("distance '20' is not used, for it has no unit", 1, true))
    write("id,redshift,distance,SDSS.g[mJy],SDSS.g_err[mJy]\na,0.1,20,1,0.1\n")
    test.ok(said("observation.catalogue(PATH)"):find("not used: distance (distance = ", 1, true))
  end)
end)

test.describe("sources of one name", function()
  test.it("are told once, with their rows", function()
    write("id,redshift,SDSS.g[mJy],SDSS.g_err[mJy]\na,0.1,1,0.1\nb,0.1,1,0.1\na,0.2,1,0.1\nb,0.2,1,0.1\n")
    local text = said("observation.catalogue(PATH) observation.catalogue(PATH)")
    local _, n = text:gsub("2 rows have the name of another in column .id.: rows %d and %d are both", "")
    test.eq(n, 1, text)
    write("id,redshift,SDSS.g[mJy],SDSS.g_err[mJy]\n00123,0.1,1,0.1\n0123,0.1,1,0.1\n")
    test.eq(said("observation.catalogue(PATH)"), "")
  end)
end)
os.remove(path)
