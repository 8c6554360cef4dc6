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

  local function text_of(path)
    local f = assert(io.open(path, "rb"))
    local s = f:read("*a")
    f:close()
    return s
  end
  local function exists(path)
    local f = io.open(path)
    if f then f:close() end
    return f ~= nil
  end
  local columns = { { name = "id", values = { "a", "long name", "", "d", "e" } }, { name = "flux", unit = "mJy", values = { 1, -2.5, 0 / 0, 1e300, 1 / 3 } } }
  local function block(first, last)
    local out = {}
    for k, c in ipairs(columns) do
      out[k] = { name = c.name, values = {} }
      for i = first, last do out[k].values[i - first + 1] = c.values[i] end
    end
    return out
  end
  local head = { { name = "id", width = 9 }, { name = "flux", unit = "mJy" } }

  test.it("are the same written as a whole and one block after another", function()
    for _, suffix in ipairs{ ".fits", ".ecsv", ".csv" } do
      local whole, parts = file(suffix, ""), file(suffix, "")
      galua.tables.write(whole, columns, { WHO = "me" })
      local w = galua.tables.writer(parts, head, 5, { WHO = "me" })
      w:rows(block(1, 3))
      w:rows(block(4, 5))
      w:close()
      test.eq(text_of(parts), text_of(whole))
      local back = galua.observation.catalogue(parts)
      test.eq(back:column("id")[2], "long name")
      test.eq(back:column("flux")[5], 1 / 3)
      test.eq(back:unit("flux"), "mJy")
      os.remove(whole)
      os.remove(parts)
    end
  end)

  test.it("that lack rows, have more or other columns are refused, and no file is made", function()
    local path = os.tmpname()
    os.remove(path)
    for _, suffix in ipairs{ ".fits", ".csv" } do
      local w = galua.tables.writer(path .. suffix, head, 5)
      w:rows(block(1, 2))
      test.throws(function() w:close() end, path .. suffix .. ": 2 rows of 5 were written")
      test.throws(function() w:rows(block(1, 2)) end, "tables.writer: the table is closed")
      w = galua.tables.writer(path .. suffix, head, 1)
      test.throws(function() w:rows(block(1, 2)) end, path .. suffix .. ": more rows than the 1 that were announced")
      test.throws(function() w:rows{ { name = "flux", values = { 1 } } } end, path .. suffix .. ": the columns of these rows are not those of the table")
      test.throws(function() w:rows{ { name = "id", values = { "x" } }, { name = "flux", values = { 1, 2 } } } end, "rows: column 'flux' has 2 rows, the first has 1")
      w = nil
      collectgarbage()
      collectgarbage()
      test.ok(not exists(path .. suffix))
    end
    test.throws(function() galua.tables.writer(path .. ".txt", head, 1) end, path .. ".txt: a table is written as .fits, .ecsv or .csv")
  end)

  test.it("of arrays take matrices row by row", function()
    local path = file(".h5", "")
    local w = galua.tables.array_writer(path, { vars = { { group = "fits", name = "chi2", dims = { "source" }, values = galua.vec{ 1, 2, 3 } } },
      coords = { source = { "a", "b", "c" } }, rows = 3,
      later = { { group = "draws", name = "age", dims = { "source", "draw" }, width = 2, unit = "yr" }, { group = "draws", name = "tau", dims = { "source", "draw" }, width = 2 } } })
    w:rows(1, galua.mat{ { 1, 2 }, { 3, 4 } })
    w:rows(2, galua.mat{ { 10, 20 }, { 30, 40 }, { 50, 60 } })
    test.throws(function() w:rows(1, galua.mat{ { 1, 2, 3 } }) end, "rows: matrix 1 has rows of 2, got 3")
    w:rows(1, galua.mat{ { 5, 6 } })
    w:close()
    local age, tau = galua.tables.read_array(path, "draws/age"), galua.tables.read_array(path, "draws/tau")
    for i = 1, 3 do
      for d = 1, 2 do
        test.eq(age[i][d], 2 * (i - 1) + d)
        test.eq(tau[i][d], 10 * age[i][d])
      end
    end
    test.eq(galua.tables.read_array(path, "fits/chi2")[1][3], 3)
    os.remove(path)
    w = galua.tables.array_writer(path, { vars = {}, coords = { source = { "a" } }, rows = 1, later = { { group = "draws", name = "age", dims = { "source", "draw" }, width = 2 } } })
    test.throws(function() w:close() end, path .. ": draws/age has 0 rows of 1")
    test.ok(not exists(path))
  end)

  test.it("tell by a hash whether they are the same sources", function()
    local function hash(text, options)
      local h
      with(".csv", text, function(path) h = galua.observation.catalogue(path, options):hash() end)
      return h
    end
    local text = "id,z,SDSS.g[mJy],SDSS.g_err[mJy]\na,0.1,1,0.1\n"
    test.eq(hash(text), hash(text))
    for _, other in ipairs{ (text:gsub("0.1,1,", "0.1,1.0000001,")), (text:gsub("a,", "b,")), (text:gsub("mJy", "uJy")), text .. "b,0.2,1,0.1\n" } do
      test.ok(hash(other) ~= hash(text), other)
    end
    test.ok(hash(text, { missing = -99 }) == hash(text)) -- nothing is missing
    test.ok(hash(text, { limit_sigma = 5 }) ~= hash(text))
    test.ok(hash(text, { flags = { n = "limit" } }) ~= hash(text))
    test.ok(hash(text, { flags = { n = "ignored" } }) ~= hash(text, { flags = { n = "limit" } }))
  end)
end)
