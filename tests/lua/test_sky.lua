-- sky{}: presets, changes, components of the user's own, detectors, channels as files, what is refused.
local test = require "galua.test"
local core = require "galua.core"
local sky_core = galua.sky_core

local function largest(a, b, c)
  local x, y, d, m = a:values(c or 1), b:values(c or 1), 0, 0
  for k = 1, #x do d, m = math.max(d, math.abs(x[k] - y[k])), math.max(m, math.abs(y[k])) end
  return d / m
end

test.describe("sky", function()
  local b = band.tophat(90, 110)

  test.it("makes every preset without data, positive where it must be, the same again with the same seed", function()
    for _, name in ipairs(sky.presets()) do
      local m = sky{ nside = 8, models = { name } }:emission(band.tophat(100, 120), "uK_CMB")
      for c = 1, 3 do test.eq(m:stats(c).bad, 0, name) end
      if name:match("^[dsfa]%d") then test.ok(m:stats(1).min > 0, name) end
      if not name:match("^dip") and not name:match("^tsz") then test.ok(m:stats(1).max > 0, name) end
    end
    local function d1(seed) return sky{ nside = 16, models = { "d1" }, seed = seed }:emission(b, "uK_CMB") end
    test.eq(largest(d1(5), d1(5)), 0)
    test.ok(largest(d1(5), d1(6)) > 0.01)
  end)

  test.it("is the sum of its parts and linear in units", function()
    local function one(models) return sky{ nside = 16, models = models, single = false, exact = true }:emission(b, "uK_CMB") end
    for c = 1, 3 do test.ok(largest(one{ "d1", "s1", "a2" }, one{ "d1" } + one{ "s1" } + one{ "a2" }, c) < 1e-14) end
    local s = sky{ nside = 16, models = { "d1" }, single = false }
    local t, j = s:emission(b, "uK_CMB"), s:emission(b, "MJy/sr")
    test.ok(largest(t * b:factor("uK_CMB", "MJy/sr"), j) < 1e-14)
  end)

  test.it("gives polynomials within what they certify", function()
    local s = sky{ nside = 32, models = { "d1", "s1", "s3", "f1", "a1" }, single = false }
    local bands = { band.tophat(20, 30), b, band.tophat(300, 400) }
    local plan = s:plan(bands, "uK_CMB")
    test.ok(plan.error > 0 and plan.error < 1e-8)
    local p, e = s:emission(bands, "uK_CMB"), s:emission(bands, "uK_CMB", { exact = true })
    for i = 1, 3 do
      for c = 1, 3 do test.ok(largest(p[i], e[i], c) < 1e-8, ("band %d, component %d"):format(i, c)) end
    end
  end)

  test.it("takes presets with changes and rows", function()
    local T = sky_core.synthetic("dust_IQU", 16, 1)
    local row = { law = "mbb", IQU = T, opt = { nu_I = 545, nu_P = 353 }, par = { beta = 1.6, T = 19 } }
    local m = sky{ nside = 16, models = { row } }:emission(b, "uK_CMB")
    local d = sky{ nside = 16, models = { { "d0", par = { beta = 1.6, T = 19 } } } }:emission(b, "uK_CMB")
    for c = 1, 3 do test.ok(largest(m, d, c) < 1e-6) end
  end)

  test.it("runs a law in Lua as the built-in one, polynomials and exact sums", function()
    local T, beta = sky_core.synthetic("synch_IQU", 16, 1), sky_core.synthetic("synch_beta", 16, 1)
    local own = sky.component{ name = "own", IQU = T, params = { beta = { beta, lo = -4, hi = -2 } },
      function(nu, p, polarised) return (nu / (polarised and 23 or 0.408)) ^ p.beta end }
    for _, exact in ipairs{ false, true } do
      local x = sky{ nside = 16, models = { own }, exact = exact, single = false }:emission(b, "uK_CMB")
      local y = sky{ nside = 16, models = { "s1" }, exact = true, single = false }:emission(b, "uK_CMB")
      for c = 1, 3 do test.ok(largest(x, y, c) < (exact and 1e-12 or 2e-8), tostring(exact)) end
    end
    local bad = sky.component{ I = 1, params = { T = 1 }, function(nu, p) return 0 / 0 end }
    test.throws(function() sky{ nside = 4, models = { bad } }:emission(b, "uK_CMB") end, "~returned")
  end)

  test.it("makes a hundred detectors from a few maps", function()
    local list, r = {}, galua.random.stream(4)
    for d = 1, 100 do
      local nu, w = {}, {}
      for i = 1, 12 do nu[i], w[i] = 88 + 2 * i, 1 + 0.1 * r:normal() end
      list[d] = band.table(nu, w)
    end
    local s = sky{ nside = 16, models = { "d1", "s1", "a1", "co2" }, single = false }
    local set = s:detectors(list, "uK_CMB")
    test.ok(set.basis < 10 and set.error < 1e-7, tostring(set))
    for _, i in ipairs{ 1, 50, 100 } do
      local x, y = set:map(i, { single = false }), s:emission(list[i], "uK_CMB", { exact = true })
      for c = 1, 3 do
        local d = (x:component(c) - y:component(c)):stats().rms / y:stats(c).rms
        test.ok(d < 2e-7, ("detector %d: %g"):format(i, d))
      end
    end
  end)

  test.it("reads files in blocks to the same bits as from memory, and says when one was cut short", function()
    local folder = os.tmpname()
    os.remove(folder)
    os.execute(("mkdir -p '%s/pysm_2'"):format(folder))
    local T, files = sky_core.synthetic("dust_IQU", 64, 3), {}
    for i, c in ipairs{ "t", "q", "u" } do files["dust_" .. c .. "_new"] = T:component(i) end
    files.dust_beta, files.dust_temp = sky_core.synthetic("dust_beta", 64, 3), sky_core.synthetic("dust_T", 64, 3)
    for name, m in pairs(files) do m:write(("%s/pysm_2/%s.fits"):format(folder, name)) end
    local function make(stream, nside) return sky{ nside = nside or 64, models = { "d1" }, templates = folder, stream = stream }:emission({ b, 353 }, "uK_CMB") end
    local x, y = make(true), make(false)
    for i = 1, 2 do
      for c = 1, 3 do test.eq(largest(x[i], y[i], c), 0) end
    end
    test.eq(largest(make(true, 32)[1], make(false, 32)[1]), 0) -- degraded: in memory either way
    local path = folder .. "/pysm_2/dust_temp.fits"
    local f = assert(io.open(path, "rb"))
    local bytes = f:read("*a")
    f:close()
    f = assert(io.open(path, "wb"))
    f:write(bytes:sub(1, 100000))
    f:close()
    for _, stream in ipairs{ true, false } do test.throws(function() make(stream) end, "~dust_temp.fits") end
    os.execute(("rm -rf '%s'"):format(folder))
  end)

  test.it("computes the dipole: amplitude, direction, monopole; the quadrupole in dip2", function()
    local m = sky{ nside = 64, models = { "dip1" }, single = false }:emission(100, "uK_CMB")
    test.close(m:stats(1).min, -3362.40650452, 1e-9)
    test.close(m:stats(1).max, 3366.55970755, 1e-9)
    test.close(m:stats(1).mean, -0.692244, 1e-5)
    test.eq(m:stats(2).max, 0)
    local q = sky{ nside = 64, models = { "dip2" }, single = false }:emission(100, "uK_CMB")
    test.close(q:stats(1).min, -3359.305728, 1e-9)
    test.close(q:stats(1).max, 3369.655357, 1e-9)
  end)

  test.it("conserves the flux of point sources, with a beam and without", function()
    local flux = galua.mat{ { 3.7, 2 } }
    for _, fwhm in ipairs{ 0, 300 } do
      local s = sky{ nside = 32, models = { { make = "catalogue", theta = { 1, 2 }, phi = { 3, 0.1 }, flux = flux, fwhm = fwhm > 0 and fwhm or nil } }, single = false }
      local m = s:emission(band.tophat(90, 110), "Jy/sr")
      test.close(m:stats(1).mean * 4 * math.pi, 5.7, 1e-12)
      test.eq(m:stats(1).n, 12288)
    end
  end)

  test.it("says what is wrong in one line", function()
    test.throws(function() sky{ models = { "d1" } } end, "~nside is required")
    test.throws(function() sky{ nside = 16 } end, "~models is required")
    test.throws(function() sky{ nside = 16, models = { "d99" } } end, "~no preset 'd99'")
    test.throws(function() sky{ nside = 16, models = { "d1" }, templates = "/nowhere" }:emission(b, "uK_CMB") end, "~expected /nowhere/pysm_2/dust_t_new.fits")
    test.throws(function() sky{ nside = 16, models = { "d1" } }:emission(b, "uK_CBM") end, "~uK_CMB")
    test.throws(function() sky{ nside = 16, models = { "d1" } }:emission(b) end, "~unit")
    test.throws(function() sky{ nside = 16, models = { { law = "mbb", I = 1, par = { gamma = 2 }, opt = { nu_I = 353 } } } }:emission(b, "K_RJ") end, "~no parameter 'gamma'")
    test.throws(function() sky{ nside = 16, models = { { law = "mbb", I = 1, par = { beta = 2, T = -3 }, opt = { nu_I = 353 }, unit = "uK_RJ" } } }:emission(b, "K_RJ") end, "~T")
    test.throws(function() sky{ nside = 16, models = { "cib1" } }:emission(5, "K_RJ") end, "~outside the maps")
    test.throws(function() band.tophat(110, 90) end, "~lo < hi")
    local function row(r) return function() sky{ nside = 1, models = { r } }:emission(b, "K_RJ") end end
    test.throws(row{ law = "mbb", I = 1, par = 3 }, "~mbb: field 'par' must be a table, got 3")
    test.throws(row{ law = "mbb", I = 1, opt = { nu_I = "x" } }, "~option 'nu_I' must be a number, got string")
    test.throws(row{ law = "mbb", Inu = 1 }, "~a row has no field 'Inu', did you mean")
    test.throws(row{ "d1", pars = {} }, "~d1: a row has no field 'pars', did you mean 'par'")
    test.throws(row{ { law = "mbb" }, 3 }, "~a row { law =, I =, par =, opt = } is expected, got number")
    test.throws(row{ make = "node" }, "~nothing makes 'node', did you mean 'nodes'")
    test.throws(row{ make = "dipole", law = "cmb", T = 2.7 }, "~make = 'dipole' needs '")
    test.throws(row{ make = "nodes", law = "node", nu = { 20, 10 }, maps = { 1, 2 } }, "~'nu' must be a list of ascending positive numbers")
    test.throws(row{ make = "nodes", law = "node", nu = { 10, 20 }, maps = { 1 } }, "~2 frequencies need as many maps, or a template of file names; got 1")
    test.throws(row{ make = "catalogue", theta = { 1 }, phi = { 1, 2 }, flux = galua.mat{ { 1 } } }, "~must be as many")
    test.throws(row{ make = "catalogue" }, "~a catalogue needs a file, or theta, phi and flux")
  end)
end)

test.describe("galua sky", function()
  local folder = os.tmpname()
  os.remove(folder)
  os.execute("mkdir -p " .. folder)
  local program = core.realpath("/proc/self/exe")
  local config = folder .. "/c.lua"
  -- the third channel takes a second: hundreds of corrections of its analysis
  local function write(fwhm, out)
    local f = assert(io.open(config, "w"))
    f:write(([[local s = sky{ nside = 32, models = { "d1", "s1", "c1" } }
local list = {}
for i, nu in ipairs{ 40, 100, 140, 220 } do
  list[i] = { name = "c" .. nu, band = band.tophat(0.9 * nu, 1.1 * nu), fwhm = %s }
  if nu == 140 then list[i].method, list[i].iterations = "jacobi", 250 end
end
return sky.channels{ sky = s, channels = list, out = "%s/%s", memory = 1e-3, coord = "C", rotate = "galactic" }
]]):format(fwhm, folder, out or "out"))
    f:close()
  end
  local function run(more)
    local p = io.popen(("'%s' sky '%s' %s 2>&1"):format(program, config, more or ""))
    local text = p:read("*a")
    p:close()
    return text
  end
  local function listing(out)
    local p = io.popen(("ls -i %s/%s"):format(folder, out))
    local inode, n = {}, 0
    for number, name in p:read("*a"):gmatch("(%d+) (%S+)") do inode[name], n = number, n + 1 end
    p:close()
    return inode, n
  end

  test.it("loses no finished channel when it is killed, and ends as an undisturbed run", function()
    write(300)
    local p = io.popen(("'%s' sky '%s' 2>&1 & echo pid $!; wait"):format(program, config))
    local pid = p:read("*l"):match("^pid (%d+)$")
    for line in p:lines() do
      if line:find("2 of 4", 1, true) then os.execute("kill -9 " .. pid) end -- in the midst of the third
    end
    p:close()
    local before = listing "out"
    test.ok(before["c40.fits"] and before["c100.fits"], "two channels were finished")
    test.ok(not before["c140.fits"] and not before["c220.fits"], "the run was killed before its end")
    local text = run()
    test.ok(text:find("2 of 4 channels are there already", 1, true) and text:find("2 channels made, 2 were there", 1, true), text)
    local after, n = listing "out"
    test.eq(n, 4)
    for _, name in ipairs{ "c40.fits", "c100.fits" } do test.eq(after[name], before[name]) end
    test.ok(run():find("0 channels made, 4 were there", 1, true))
    write(300, "undisturbed")
    test.ok(run():find("4 channels made, 0 were there", 1, true))
    for _, nu in ipairs{ 40, 100, 140, 220 } do
      local a, b = ("%s/out/c%d.fits"):format(folder, nu), ("%s/undisturbed/c%d.fits"):format(folder, nu)
      test.eq(sky_core.header(a, "GALHASH"), sky_core.header(b, "GALHASH"))
      local d = galua.healpix.read(a) - galua.healpix.read(b)
      for c = 1, 3 do test.eq(d:stats(c).rms + math.abs(d:stats(c).mean), 0) end
    end
    local m = galua.healpix.read(folder .. "/out/c100.fits")
    test.eq(m.nside, 32)
    test.eq(m.unit, "uK_CMB")
    test.eq(m.coord, "equatorial")
    test.eq(sky_core.header(folder .. "/out/c100.fits", "MODELS"), "d1 s1 c1")
    test.ok(sky_core.header(folder .. "/out/c100.fits", "SYNTHET"):match("^yes"))
  end)

  test.it("stops at Ctrl-C with one line and what is finished", function()
    write(300, "stopped")
    local p, last = io.popen(("'%s' sky '%s' 2>&1 & echo pid $!; wait"):format(program, config)), nil
    local pid = p:read("*l"):match("^pid (%d+)$")
    for line in p:lines() do
      if line:find("2 of 4", 1, true) then os.execute("kill -INT " .. pid) end
      last = line
    end
    p:close()
    test.eq(last:match("[^\r]*$"), "galua: interrupted")
    local there = listing "stopped"
    test.ok(there["c40.fits"] and there["c100.fits"] and not there["c220.fits"])
    write(300)
  end)

  test.it("refuses files that were made from something else", function()
    write(200)
    test.ok(run():match("made from something else"))
    test.ok(run("--fresh"):match("4 channels made"))
  end)

  test.it("turns the Galactic parts alone: the background stays where it is", function()
    local function map(models, coord)
      local c = sky.channels{ sky = sky{ nside = 32, models = models, single = false }, out = folder .. "/turn", coord = coord, rotate = "galactic", unit = "uK_CMB",
        channels = { { name = "x", band = 100, fwhm = 300 } } }
      c:run{ progress = false, fresh = true }
      return galua.healpix.read(folder .. "/turn/x.fits")
    end
    local both, dust = map({ "d1", "c1" }, "C"), map({ "d1" }, "C")
    local cmb = sky{ nside = 32, models = { "c1" }, single = false }:emission(100, "uK_CMB"):smooth{ fwhm = 300 }
    local d = (both - dust):component(1) - cmb:component(1)
    test.ok(d:stats().rms < 1e-5 * cmb:stats(1).rms)
  end)
  os.execute("rm -rf " .. folder)
end)
