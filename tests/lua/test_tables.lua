-- Tables as observations and catalogues: masks, missing values, identifiers, units, columns that nobody needs.
local test = require "galua.test"
local galua = require "galua"

local function file(suffix, text)
  local name = os.tmpname()
  os.remove(name)
  local f = assert(io.open(name .. suffix, "w"))
  f:write(text)
  f:close()
  return name .. suffix
end

local function with(suffix, text, check)
  local path = file(suffix, text)
  local ok, err = pcall(check, path)
  os.remove(path)
  if not ok then error(err, 0) end
end

test.describe("tables", function()
  test.it("do not take the value under a mask for a measurement", function()
    local head = "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: band, datatype: string}\n# - {name: flux, unit: mJy, datatype: float64}\n" ..
      "# - {name: flux.mask, datatype: bool}\n# - {name: err, unit: mJy, datatype: float64}\n# schema: astropy-2.0\nband flux flux.mask err\nSDSS.g 0.5 False 0.02\n"
    with(".ecsv", head .. "SDSS.r 999.0 True 1.0\n", function(path)
      local ok, obs = pcall(galua.observation.read, path)
      if ok then -- left out, or ignored
        for _, r in ipairs(obs:rows()) do test.ok(r.band ~= "SDSS.r" or r.kind == "ignored") end
      else
        test.ok(tostring(obs):find("SDSS.r", 1, true), tostring(obs))
      end
    end)
    with(".csv", "id,z,SDSS.g[mJy],SDSS.g_err[mJy],SDSS.r[mJy],SDSS.r_err[mJy],SDSS.r.mask\na,0.1,1,0.1,999,0.1,True\nb,0.1,1,0.1,2,0.1,False\n", function(path)
      local c = galua.observation.catalogue(path)
      test.eq(#c[1]:rows(), 1)
      test.eq(#c[2]:rows(), 2)
    end)
  end)

  test.it("keep identifiers as written, in results too", function()
    local text = "id,redshift,SDSS.g[mJy],SDSS.g_err[mJy]\n1237648720693755918,0.1,1,0.1\n1237648720693755919,0.2,2,0.1\n"
    with(".csv", text, function(path)
      local c = galua.observation.catalogue(path)
      test.eq(c[1].name, "1237648720693755918")
      test.eq(c[2].name, "1237648720693755919")
      test.eq(c:column("id")[2], "1237648720693755919")
      for _, suffix in ipairs{ ".fits", ".ecsv", ".csv" } do
        local out = file(suffix, "")
        galua.tables.write(out, { { name = "id", values = { c[1].name, c[2].name } }, { name = "redshift", values = c:column("redshift") } })
        local again = galua.observation.catalogue(out)
        test.eq(again:column("id")[1], "1237648720693755918")
        test.eq(again:column("redshift")[2], 0.2)
        os.remove(out)
      end
    end)
    with(".csv", (text:gsub("1237648720693755918", "00123"):gsub("1237648720693755919", "0123")), function(path)
      local c = galua.observation.catalogue(path)
      test.eq(c[1].name, "00123")
      test.eq(c[2].name, "0123")
    end)
    with(".csv", "ID,zBEST,g,gERR\n1,0.5,1.0,0.1\n", function(path)
      local o = galua.observation.catalogue(path, { unit = "uJy", id = "ID", redshift = "zbest", err = "ERR", names = { g = "SDSS.g" } })[1]
      test.eq(o.name, "1")
      test.eq(o.redshift, 0.5)
    end)
  end)

  test.it("take the missing values of a survey", function()
    local text = "# id z SDSS.g SDSS.g_err SDSS.r SDSS.r_err WISE.W1 WISE.W1_err\n1 0.3 12.0 0.5 20.0 0.6 -99.0 -99.0\n3 0.5 -99 1.0 20.0 0.6 -9999 2.0\n"
    with(".cat", text, function(path)
      local c = galua.observation.catalogue(path, { unit = "uJy", missing = { -99, -9999 } })
      test.eq(#c[1]:rows(), 2)
      test.eq(#c[2]:rows(), 1)
      test.eq(c[2]:rows()[1].band, "SDSS.r")
      test.throws(function() galua.observation.catalogue(path, { missing = "none" }) end, "~missing")
    end)
    with(".cat", "# missing: -99 -9999\n" .. text, function(path)
      test.eq(#galua.observation.catalogue(path, { unit = "uJy" })[2]:rows(), 1)
    end)
  end)

  test.it("of one source are read in any of the units' spellings", function()
    -- the flux of 1 in mJy: erg/s/cm2/Hz is 1e26 mJy; a maggy 3630.7805 Jy
    local want = { ["erg.s-1.cm-2.Hz-1"] = 1e26, ["1e-6 Jy"] = 1e-3, ["10nJy"] = 1e-5, nanomaggy = 3630.7805477010137e-6, maggies = 3630.7805477010137e3,
      ["ergs/s/cm2/Hz"] = 1e26, ["erg*s**-1*cm**-2*Hz**-1"] = 1e26 }
    for unit, flux in pairs(want) do
      with(".csv", "# flux_unit: " .. unit .. "\n# redshift: 0.1\nband,flux,err\nSDSS.g,1,0.1\n", function(path)
        test.close(galua.observation.read(path):rows()[1].flux / flux, 1, 1e-13)
      end)
    end
  end)

  test.it("are read beside columns that nobody needs", function()
    local text = "id,z,SDSS.g[mJy],SDSS.g_err[mJy],note,note\na,0.1,1,0.1,x,y\n"
    with(".csv", text, function(path)
      local c = galua.observation.catalogue(path)
      test.eq(#c[1]:rows(), 1)
      test.eq(c:skipped()[1].name, "note")
      test.eq(c:skipped()[1].why, "appears twice (5 and 6)")
      test.throws(function() c:column("note") end, path .. ": column 'note' appears twice (5 and 6)")
    end)
    local ipac = "|id      |redshift|SDSS.g  |SDSS.g_err|\n|long    |double  |double  |double    |\n|        |        |mJy     |mJy       |\n" ..
      " 7        0.25     1.5      0.1       \n"
    with(".tbl", ipac, function(path)
      local o = galua.observation.catalogue(path)[1]
      test.eq(o.name, "7")
      test.eq(o.redshift, 0.25)
      test.close(o:rows()[1].flux, 1.5)
    end)
  end)
end)
