-- Hostile input of every kind: files that crash, hang or swell the libraries, arguments that would reach memory, text that would reach a
-- terminal, places that would choose the program's code.
local test = require "galua.test"
local core = require "galua.core"
local program = core.realpath("/proc/self/exe")

local message = test.message
local says = test.says
local write = core.write_file
local function output(command)
  local pipe = io.popen(command)
  local text = pipe:read("*a")
  pipe:close()
  return text
end
local folder = os.tmpname()
os.remove(folder)
core.mkdirs(folder)
local function at(name) return folder .. "/" .. name end

test.describe("a handle that another one uses", function()
  test.it("can be closed: it is freed when nobody uses it, and refuses to be used", function()
    local t = target{ names = { "x" }, priors = { prior.uniform(-8, 8) }, lnlike = function(v) return -0.5 * v[1] ^ 2 end }
    local a, b = ensemble(t, { walkers = 16, seed = 1 }), ensemble(t, { walkers = 16, seed = 1 })
    a:run{ steps = 40 }
    b:run{ steps = 20 }
    t:close()
    t:close()
    local other = {} -- what was freed would be written over
    for i = 1, 200 do other[i] = target{ names = { "y" }, priors = { prior.uniform(0, 1) }, lnlike = function() return 0 end } end
    b:run{ steps = 20 }
    test.eq(b:positions()[16][1], a:positions()[16][1])
    test.throws(function() return t.ndim end, "~has been closed")
    local o = observation.new{ name = "mock", redshift = 0.1 }
    for i, band in ipairs(filters "SDSS") do o:add(band, i, 0.1 * i) end
    local f = fit{ data = o, model = galaxy{ ssp = ssp.synthetic(), sfh = sfh.delayed{}, redshift = 0.1 }, seed = 1,
      free = { age = prior.loguniform(1e8, 1e10) }, sampler = sampler.ensemble{ walkers = 8, steps = 20, thin = 1 } }
    local x = mat{ { 9 } }
    local _, before = f.target:lnprob(x)
    o:close()
    f.model:close()
    collectgarbage()
    local _, after = f.target:lnprob(x)
    test.eq(after[1], before[1])
  end)
end)

test.describe("files", function()
  test.it("of text come to an end: white space of any kind, headers of any length, sizes of any size", function()
    local line = "1 " .. ("1.0 "):rep(51)
    for _, blank in ipairs{ "\f", "\v", "\f\v \r", "" } do
      write(at("spectra.z020.dat"), line .. "\n2 " .. ("1.0 "):rep(51) .. blank .. "\n" .. line:gsub("1", "3", 1) .. "\n")
      local t = ssp.read(at("spectra.z020.dat"))
      test.eq(#t.age, 51)
      test.eq(#t.wave, 3)
    end
    write(at("extra.z020.dat"), line .. "\f7\n" .. line .. "\n")
    says(message(ssp.read, at("extra.z020.dat")), "extra.z020.dat: ")
    -- each line looks like the beginning of the wavelengths
    local header = {}
    for i = 1, 30000 do header[i] = "9999999 " .. i end
    write(at("m62.ised_ASCII"), "2 1e6 1e7\n" .. table.concat(header, "\n") .. "\n")
    local start = os.clock()
    says(message(ssp.read, at("m62.ised_ASCII")), "no list of wavelengths")
    test.ok(os.clock() - start < 20) -- quadratic: minutes
    write(at("m62.ised_ASCII"), "9000000 1e6 1e7\n")
    says(message(ssp.read, at("m62.ised_ASCII")), "more than the rest of the file holds")
  end)

  test.it("that crash, swell or hang the HDF5 or FITS library do so in another process, and give one line", function()
    local function results(name) return message(load_fit, name) end
    says(results("tests/fuzz/seeds/results_h5/null.h5"), "null.h5: ")
    local before = core.rss()
    says(results("tests/ref/hdf5_blowup.h5"), "blowup.h5: ")
    test.ok(core.rss() - before < 200e6)
    write(at("x.fits"), ("SIMPLE  =                    T"):rep(100))
    says(message(observation.catalogue, at("x.fits")), "x.fits: ")
    -- any byte of a small results file
    local out = at("small.h5")
    tables.write_arrays(out, { vars = { { group = "g", name = "v", dims = { "a" }, values = vec{ 1, 2, 3 } } } })
    local file = io.open(out, "rb")
    local text = file:read("*a"):sub(1, -33) -- without its checksum
    file:close()
    for i = 1, 40 do
      local k = math.floor(#text * (i - 0.5) / 40)
      write(out, text:sub(1, k - 1) .. string.char(255 - text:byte(k)) .. text:sub(k + 1))
      message(load_fit, out) -- it is no fit in any case
    end
  end)

  test.it("are refused in one line when there is another reason than that they are not there", function()
    write(at("plain"), "x")
    write(at("f.lua"), [[local o = observation.new{ name = "m", redshift = 0.1 }
      for i, f in ipairs(filters "SDSS") do o:add(f, i, 0.1 * i) end
      return fit{ data = o, model = galaxy{ ssp = ssp.synthetic(), sfh = sfh.delayed{}, age = 4e9, redshift = 0.1 }, seed = 1,
        free = { age = prior.loguniform(1e8, 1e10) } }]])
    local text = output(("cd %s && %s fit f.lua --out plain/x.h5 --resume 2>&1"):format(folder, program))
    test.ok(not text:find("no such file", 1, true) and text:find("Not a directory", 1, true), text)
  end)
end)

test.describe("arguments", function()
  test.it("cannot change what a vector or matrix is", function()
    local v, m = vec(3), mat(2, 2)
    for _, field in ipairs{ "n", "stride", "flags", "data", "buf" } do
      test.ok(not pcall(function() v[field] = 5 end), field)
    end
    for _, field in ipairs{ "rows", "cols", "ld", "flags" } do
      test.ok(not pcall(function() m[field] = 5 end), field)
    end
    test.eq(#v, 3)
    says(message(function() return v[5] end), "index 5 outside 1 .. 3")
    test.eq(#vec{ 1, 2, 3, 4 }:slice(2, 3), 2) -- views are still made
    test.eq(m[2][1], 0)
  end)

  test.it("of moves are whole numbers, targets do not call themselves for ever", function()
    local o = observation.new{ name = "mock", redshift = 0.1 }
    for i, f in ipairs(filters "SDSS") do o:add(f, i, 0.1 * i) end
    local g = galaxy{ ssp = ssp.synthetic(), sfh = sfh.delayed{}, age = 4e9, redshift = 0.1 }
    for _, f in ipairs{ function(x) return { x[1.5] } end, function(_, others) return { others[1.5][1] } end,
      function(x, others) return { x[0 / 0] + #others } end } do
      local it = fit{ data = o, model = g, seed = 1, free = { age = prior.loguniform(1e8, 1e10) },
        sampler = sampler.ensemble{ walkers = 8, steps = 5, moves = move.custom(f) } }
      says(message(it.run, it, { progress = false }), "is not in 1 ..")
    end
    local t
    t = target{ names = { "x" }, priors = { prior.uniform(0, 1) }, lnlike = function() return select(2, t:lnprob{ 0.5 })[1] end }
    says(message(t.lnprob, t, { 0.5 }), "calls its own target")
  end)

  test.it("of names do not reach a terminal as control codes", function()
    local name = "a\27[2J\194\155b\127"
    local o = observation.new{ name = name, redshift = 0.1 }
    test.eq(o.name, name) -- kept as it is
    local text = output(([[%s -e 'local o = observation.new{ name = "a\27[2J\194\1552b\127", redshift = 0.1 } print(o) print(o.name) pp(o.name)' 2>&1]]):format(program))
    test.ok(not text:find("[\27\127]") and not text:find("\194\155", 1, true), text)
    says(text, "a?[2J??2b?")
    says(message(error, { }) or "", "") -- errors that are no text do not end the program
    says(message(filters, name), "a?[2J??b?")
  end)
end)

test.describe("an installed program", function()
  test.it("takes its Lua code from its own folders, not from what lies above it", function()
    core.mkdirs(at("evil/lua/galua"))
    core.mkdirs(at("evil/include/galua"))
    core.mkdirs(at("evil/usr/bin"))
    write(at("evil/lua/galua/init.lua"), "print('EVIL') os.exit(9)")
    write(at("evil/include/galua/base.h"), "")
    os.execute(("cp %s %s && cp $(dirname %s)/libgalua.so* %s"):format(program, at("evil/usr/bin/galua"), program, at("evil/usr/bin/")))
    local text = output(("%s -e 'print(1 + 1)' 2>&1"):format(at("evil/usr/bin/galua")))
    test.eq(text, "2\n")
  end)
end)

test.describe("a name with a zero byte", function()
  test.it("is refused, not cut there", function()
    local cut = at("cut.csv")
    write(cut, "band,flux,err\nGALEX.FUV,1,0.1\n")
    local name = cut .. "\0.bak"
    for _, f in ipairs{ tables.read, observation.read, observation.catalogue, filter.read, ssp.read, load_fit, core.hash_file, core.check_writable } do
      says(message(f, name), "holds a zero byte after '" .. cut:sub(1, 80))
    end
    says(message(core.write_file, name, "gone"), "argument 1 holds a zero byte")
    says(message(galaxy, { ssp = name }), "galaxy: ssp holds a zero byte after")
    test.eq(output("cat " .. cut):sub(1, 4), "band")
    core.write_file(cut, "a\0b") -- what is written may have them
    test.eq(output("wc -c < " .. cut), "3\n")
    says(message(core.fail, "GAL_EINVAL", "of 'a\0b' there is none"), "of 'a?b' there is none")
  end)
end)
os.execute(("rm -rf '%s'"):format(folder))
