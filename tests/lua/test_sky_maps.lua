-- Maps from Lua: memory, files, pixels, harmonics, plots.
local test = require "galua.test"
local dir = os.tmpname()
os.remove(dir)
os.execute("mkdir -p '" .. dir .. "'")
local function at(name) return dir .. "/" .. name end

local function near(got, want, tolerance) test.close(got, want, 0, tolerance) end
-- f must fail with one line that contains `fragment`
local function fails(f, fragment)
  local ok, err = pcall(f)
  test.eq(ok, false)
  err = tostring(err)
  if not err:find(fragment, 1, true) then test.eq(err, fragment) end
  test.eq(err:find("\n", 1, true), nil)
end

local function formula(p, c) return math.cos(0.37 * p + c) + 0.5 * math.sin(1e-3 * p * p * (c + 1)) end
local function sky(nside, n)
  local v = {}
  for c = 1, n do
    v[c] = vec(12 * nside * nside)
    for p = 0, 12 * nside * nside - 1 do v[c][p + 1] = formula(p, c - 1) end
  end
  return v
end
-- largest difference of two vectors
local function off(a, b) return (a - b):abs():max() end

test.describe("pixels", function()
  test.it("have directions, numbers and vectors alike", function()
    local theta, phi = healpix.pix2ang(64, 1234)
    test.eq(healpix.ang2pix(64, theta, phi), 1234)
    local all = vec(768)
    for i = 1, 768 do all[i] = i - 1 end
    local t, p = healpix.pix2ang(8, all, "NESTED")
    near(off(healpix.ang2pix(8, t, p, "NESTED"), all), 0, 0)
    local x, y, z = healpix.pix2vec(8, all)
    near(off(healpix.vec2pix(8, x, y, z), all), 0, 0)
    near((x * x + y * y + z * z - 1):abs():max(), 0, 1e-15)
    near(off(healpix.nest2ring(8, healpix.ring2nest(8, all)), all), 0, 0)
    test.eq(healpix.npix(2048), 50331648)
    test.eq(healpix.nside(50331648), 2048)
    near(healpix.resolution(512), math.rad(6.87 / 60), 1e-5)
  end)
  test.it("have neighbours and lie in discs", function()
    test.eq(#healpix.disc(32, { 0, 0, 1 }, 0.2), 112)           -- as healpy
    near(off(healpix.disc(32, { 0, 0 }, 0.2), healpix.disc(32, { 0, 0, 1 }, 0.2)), 0, 0)
    local n = healpix.neighbours(64, 0)
    test.eq(n[1], 4)
    test.eq(#healpix.strip(4, math.pi / 2 - 0.01, math.pi / 2 + 0.01), 16)
  end)
  test.it("refuse what is none", function()
    fails(function() healpix.pix2ang(8, 768) end, "pixel 768: nside 8 has 0 to 767")
    fails(function() healpix.ang2pix(8, 4, 0) end, "theta 4")
    fails(function() healpix.ring2nest(3, 0) end, "power of two")
    fails(function() healpix.nside(13) end, "13 is not 12 nside")
    fails(function() healpix.disc(8, { 1 }, 0.1) end, "the centre is")
    fails(function() healpix.npix(1.5) end, "nside 1.5")
  end)
end)

test.describe("maps", function()
  test.it("come from memory and go to files", function()
    local v = sky(16, 3)
    local m = healpix.map{ nside = 16, values = v, unit = "uK_CMB", coord = "galactic" }
    test.eq(m.ncomp, 3)
    test.eq(m.iqu, true)
    m:write(at("m.fits"), { polcconv = "IAU", history = "made by a test", keys = { FREQ = 143, TELESCOP = "LiteBIRD" } })
    local i = healpix.inspect(at("m.fits"))
    test.eq(i.polcconv, "IAU")
    test.eq(i.nside, 16)
    test.eq(i.units[3], "uK_CMB")
    local r = healpix.read(at("m.fits"))
    for c = 1, 3 do near(off(r:values(c), v[c]), 0, 0) end
    test.eq(r.coord, "galactic")
    test.eq(healpix.read(at("m.fits"), { precision = 32, fields = { 2 } }).precision, 32)
    near(off(healpix.read(at("m.fits"), { fields = { 2 } }):values(), v[2]), 0, 0)
    local p = m:cut(healpix.disc(16, { 0.3, 0.2, 0.5 }, 0.5))
    p:write(at("p.fits"))
    local q = healpix.read(at("p.fits"))
    test.eq(q.partial, true)
    near(off(q:pixels(), p:pixels()), 0, 0)
    near(off(q:values(3), p:values(3)), 0, 0)
    test.eq(q:full():stats(2).bad, 3072 - #p:pixels())
    test.eq(tostring(m):match("nside = 16"), "nside = 16")
  end)
  test.it("say that they are synthetic", function()
    local m = healpix.map{ nside = 4, ncomp = 3, unit = "K" }
    test.eq(m.synthetic, false)
    m.synthetic = true
    local n = ((m + m):smooth{ fwhm = 600 }:ud_grade(2):reorder("NESTED") * 2):copy{ precision = 32 }
    n:write(at("s.fits"))
    test.eq(healpix.read(at("s.fits")).synthetic, true)
    test.eq(plot(n, { nx = 60 }):svg():find("Synthetic sky", 1, true) ~= nil, true)
    test.eq(plot(n, { nx = 60, title = "Dust" }):svg():find("Dust  (synthetic sky)", 1, true) ~= nil, true)
    test.eq(m:plot_cl{ lmax = 4 }:svg():find("Synthetic sky", 1, true) ~= nil, true)
  end)
  test.it("change grid and add up", function()
    local m = healpix.map{ nside = 8, values = sky(8, 1)[1] }
    local n = m:reorder("NESTED"):ud_grade(2):reorder("RING")
    near(off(n:values(), m:ud_grade(2):values()), 0, 1e-15)
    near(n:stats().mean, m:stats().mean, 1e-15)
    near(off((2 * m - m / 1 + 0):values(), m:values()), 0, 1e-15)
    m:set(1, 3)
    test.eq(m:at(1.1, 2.2), 3)
    near(m:ud_grade(16, -2):stats().max, 0.75, 0)
    fails(function() return m + healpix.map{ nside = 4 } end, "not the same pixels")
    fails(function() m:set(1, { 1, 2 }) end, "2 values for 768 pixels")
    fails(function() healpix.map{ nside = 0 } end, "nside 0")
    fails(function() healpix.map{ nside = 8, nsid = 1 } end, "did you mean 'nside'")
    fails(function() healpix.read(at("none.fits")) end, "no such file")
  end)
end)

test.describe("harmonics", function()
  test.it("pass a beam, turn, and come back", function()
    local a = healpix.alm(40, 3)
    for c = 1, 3 do
      for l = 2, 40 do
        for m = 0, l do a:set(l, m, c, math.cos(l + 2 * m + c), m > 0 and math.sin(3 * l - m) or 0) end
      end
    end
    local m = a:map(32, { unit = "K" })
    m.coord = "G"
    local b = m:alm{ lmax = 40 }
    local worst = 0
    for c = 1, 3 do
      for l = 2, 40, 3 do
        for k = 0, l do
          local x, y = a:value(l, k, c)
          local u, v = b:value(l, k, c)
          worst = math.max(worst, math.abs(x - u), math.abs(y - v))
        end
      end
    end
    near(worst, 0, 1e-11)
    -- smoothing is b_l^2 on the spectra, with the factor of spin 2 for E and B
    local s, c, d = m:smooth{ fwhm = 300, lmax = 40, tolerance = 1e-12 }, m:cl{ lmax = 40 }, nil
    d = s:cl{ lmax = 40 }
    local bt, be = healpix.beam(300, 40), healpix.beam(300, 40, 2)
    for l = 2, 40 do
      near(d.TT[l + 1], c.TT[l + 1] * bt[l + 1] ^ 2, 1e-11)
      near(d.EE[l + 1], c.EE[l + 1] * be[l + 1] ^ 2, 1e-11)
      near(d.TE[l + 1], c.TE[l + 1] * bt[l + 1] * be[l + 1], 1e-11)
    end
    -- another frame: the same powers, and back
    local e = m:rotate("C", { lmax = 40, tolerance = 1e-12 })
    test.eq(e.coord, "equatorial")
    test.eq(e.unit, "K")
    local f = e:cl{ lmax = 40 }
    for l = 2, 40 do near(f.BB[l + 1], c.BB[l + 1], 1e-11) end
    near(off(e:rotate("G", { lmax = 40, tolerance = 1e-12 }):values(2), m:values(2)), 0, 1e-10)
    -- tables of beams, one for all or one each
    near(off(m:smooth{ beam = { bt, be }, lmax = 40, tolerance = 1e-12 }:values(3), s:values(3)), 0, 1e-12)
    near(off(a:smooth{ fwhm = 300 }:map(32):values(1), s:values(1)), 0, 1e-10)
    -- by default what is left, through the beam, is 1e-7
    near(off(m:smooth{ fwhm = 300 }:values(1), s:values(1)) / s:stats(1).rms, 0, 1e-6)
    a:write(at("a.fits"))
    test.eq(healpix.read_alm(at("a.fits")).lmax, 40)
    test.eq(m:cl{ lmax = 20, with = m }.TB[5], m:cl{ lmax = 20 }.TB[5])
    fails(function() m:smooth{ fwhm = -1 } end, "fwhm")
    fails(function() healpix.map{ nside = 8 }:rotate("C") end, "the system of the map is not known")
    fails(function() m:rotate("X") end, "coordinates 'X'")
    fails(function() m:smooth{ fwhm = 30, beem = 3 } end, "did you mean 'beam'")
    fails(function() m:smooth{ beam = { bt, "x", 3 } } end, "")
  end)
  test.it("change the grid of what is band-limited exactly, finer and coarser; spectra of two maps are those of their coefficients", function()
    local function random(seed)
      local a, r = healpix.alm(20, 3), galua.random.stream(seed)
      for c = 1, 3 do
        for l = c == 1 and 0 or 2, 20 do
          for m = 0, l do a:set(l, m, c, r:normal(), m > 0 and r:normal() or 0) end
        end
      end
      return a
    end
    local a, b = random(1), random(2)
    local m, n = a:map(16), b:map(16)
    for _, nside in ipairs{ 32, 12, 128 } do
      local want, got = a:map(nside), m:smooth{ nside = nside, lmax = 20, tolerance = 1e-13 }
      test.eq(got.nside, nside)
      for c = 1, 3 do near(off(got:values(c), want:values(c)), 0, 1e-10) end
    end
    local x = m:cl{ with = n, lmax = 20, tolerance = 1e-13 }
    local comp = { T = 1, E = 2, B = 3 }
    for _, p in ipairs{ "TT", "EE", "BB", "TE", "EB", "TB" } do
      for l = 2, 20, 3 do
        local sum = 0
        for k = 0, l do
          local u, v = a:value(l, k, comp[p:sub(1, 1)])
          local s, t = b:value(l, k, comp[p:sub(2)])
          sum = sum + (k > 0 and 2 or 1) * (u * s + v * t)
        end
        near(x[p][l + 1], sum / (2 * l + 1), 1e-10)
      end
    end
  end)
  test.it("are found by ring weights and by corrections, too", function()
    local a = healpix.alm(24, 1)
    for l = 0, 24 do
      for k = 0, l do a:set(l, k, 1, math.cos(l + k), k > 0 and math.sin(2 * l - k) or 0) end
    end
    local m = a:map(16)
    local function rms(o)
      o.lmax = 24
      local b, s, n = m:alm(o), 0, 0
      for l = 0, 24 do
        for k = 0, l do
          local u, v = a:value(l, k)
          local x, y = b:value(l, k)
          s, n = s + (u - x) ^ 2 + (v - y) ^ 2, n + u * u + v * v
        end
      end
      return math.sqrt(s / n)
    end
    -- white coefficients to 1.5 nside: 2.6e-4 by quadrature, some fifteen times less a correction; ring weights gain five times at once and more later
    local plain, three, ring, ring2, cg = rms{ method = "jacobi", iterations = 0 }, rms{ method = "jacobi", iterations = 3 }, rms{ method = "ring" },
      rms{ method = "ring", iterations = 2 }, rms{ method = "cg" }
    test.ok(plain < 5e-3 and three < 1e-4 * plain * 10, ("%g %g"):format(plain, three))
    test.ok(ring < plain / 2 and ring2 < ring / 300, ("%g %g"):format(ring, ring2))
    test.ok(cg < 1e-11, tostring(cg))
  end)
  test.it("know windows and weights", function()
    local t, p = healpix.pixel_window(64)
    test.eq(#t, 257)
    near(t[257], 0.44530535, 5e-9)
    near(p[4], 0.99990899, 5e-9)
    near(healpix.ring_weights(64)[1] - 1, 0.17691826154752083, 1e-11)
  end)
end)

test.describe("plots", function()
  local m = healpix.map{ nside = 16, values = sky(16, 3), unit = "uK_CMB", coord = "G" }
  -- the direction under a pixel of the plane comes back: each projection shows a map of pixel numbers where they belong
  test.it("put every direction in its place", function()
    local number = vec(768)
    for i = 1, 768 do number[i] = i - 1 end
    local n = healpix.map{ nside = 8, values = number, coord = "G" }
    for _, o in ipairs { { projection = "mollweide" }, { projection = "orthographic", centre = { 40, 20 } },
      { projection = "gnomonic", centre = { 100, -30 }, extent = { 30, 20 } }, { projection = "cartesian" } } do
      o.nx = 200
      local v = n:project(o)
      local image = v.images[1]
      test.eq(#image, v.nx * v.ny)
      local c = o.centre or { 0, 0 }                   -- the middle of the image is the centre
      local mid = image[math.floor(v.ny / 2) * v.nx + v.nx / 2 + 1]
      local x, y, z = healpix.pix2vec(8, mid)
      local lon, lat = math.rad(c[1]), math.rad(c[2])
      near(math.acos(math.min(1, x * math.cos(lat) * math.cos(lon) + y * math.cos(lat) * math.sin(lon) + z * math.sin(lat))), 0, 0.12)
      if o.projection ~= "gnomonic" then
        local px, py = v.nx * 0.35, v.ny * 0.5          -- left of the middle: east of it
        local east = image[math.floor(py) * v.nx + math.floor(px) + 1]
        local _, phi = healpix.pix2ang(8, east)
        test.eq((phi - lon) % (2 * math.pi) < math.pi, true)
      end
    end
    local moll = n:project{ nx = 100 }.images[1]
    test.eq(moll[1] ~= moll[1], true)                   -- corners lie outside of the sphere
    local area = 0
    for i = 1, #moll do if moll[i] == moll[i] then area = area + 1 end end
    near(area / #moll, math.pi / 4, 0.005)         -- an ellipse in its box
    -- equal areas: the share of the pixels north of 30 degrees latitude is a quarter
    local inside = vec(12 * 64 * 64)
    for _, i in ipairs(healpix.strip(64, 0, math.rad(60)):totable()) do inside[i + 1] = 1 end
    local cap, north = healpix.map{ nside = 64, values = inside }:project{ nx = 400 }.images[1], 0
    for i = 1, #cap do
      if cap[i] == 1 then north = north + 1 end
    end
    near(north / (#cap * math.pi / 4), 0.25, 0.005)      -- rings lie a degree apart
  end)
  test.it("draw polarisation along its angle", function()
    local q = healpix.map{ nside = 16, values = { vec(3072), vec(3072) + 1, vec(3072) }, coord = "G" }   -- Q = 1: along meridians
    local v = q:project{ projection = "cartesian", lines = 10, full = 1 }
    for k = 1, v.nlines do
      local l = v.lines[k]
      near(l[3] - l[1], 0, 1e-9)
      near(math.abs(l[4] - l[2]), 1.8 * math.pi / 10, 1e-9)
      test.eq(l[5], 1)
    end
    test.eq(v.nlines, 50)
    local u = healpix.map{ nside = 16, values = { vec(3072), vec(3072), vec(3072) + 1 }, coord = "G" }   -- U = 1: north-west to south-east
    local w = u:project{ projection = "gnomonic", lines = 4, full = 1 }
    local l = w.lines[6]
    test.eq((l[3] - l[1]) * (l[4] - l[2]) > 0, true)    -- east is left: down and left, up and right
    local f = u:project{ projection = "gnomonic", lines = 4, full = 1, field = true }.lines[6]
    near((l[3] - l[1]) * (f[3] - f[1]) + (l[4] - l[2]) * (f[4] - f[2]), 0, 1e-9)
  end)
  test.it("become figures of every kind", function()
    for _, o in ipairs { {}, { component = "P", scale = "hist", polarisation = { lines = 12 } }, { component = "Q", projection = "gnomonic" },
      { projection = "orthographic", scale = "asinh", coord = "E", centre = { 10, 80, 30 } },
      { projection = "cartesian", range = { -1, 1 }, colors = "polar", graticule = false, title = "a title" } } do
      o.nx = 120
      local fig = plot(m, o)
      local text = fig:render{ width = 80, height = 24, color = false }
      test.eq(text:find("[░▒▓█]") ~= nil, true)
      local svg = fig:svg()
      test.eq(svg:find("data:image/png;base64,iVBORw0KGgo", 1, true) ~= nil, true)
    end
    local fig = plot(m, { nx = 100 })
    for _, name in ipairs { "m.png", "m.pdf", "m.svg" } do
      fig:save(at(name))
      local f = assert(io.open(at(name), "rb"))
      test.eq(#f:read("*a") > 2000, true)
      f:close()
    end
    test.eq(m:plot_cl{ lmax = 30 }:svg():find("Multipole") ~= nil, true)
    fails(function() plot(m, { projektion = 1 }) end, "did you mean 'projection'")
    fails(function() plot(m, { scale = "log", component = "U", range = { -1, 1 } }) end, "positive values")
    fails(function() plot(m, { component = "V" }) end, "component 'V'")
    fails(function() plot(m, { projection = "gnomonic", extent = { 200, 10 } }) end, "must be below 170")
    fails(function() plot(m:component(1), { polarisation = true }) end, "I, Q, U")
  end)
  test.it("are sound PNGs in SVG files", function()
    local png = require "galua.plot.png"
    local ffi = require "ffi"
    local a = { nx = 3, ny = 2, index = ffi.new("uint8_t[6]", 0, 1, 2, 2, 1, 0), palette = { "#FF0000", "#0000FF" } }
    local s = png.encode(a)
    test.eq(s:sub(1, 8), "\137PNG\r\n\26\n")
    test.eq(s:sub(-12), "\0\0\0\0IEND\174\66\96\130")          -- the published check sum of an empty IEND
  end)
end)
os.execute("rm -rf '" .. dir .. "'")
