-- Figures: ticks, coordinates, clipping, text, statistics of the corner figure, terminal output, files.
local t = require "galua.test"
local plot = require "galua.plot"
local stats = require "galua.plot.stats"
local tick = require "galua.plot.ticks"
local text = require "galua.plot.text"
local canvas = require "galua.plot.canvas"
local corner = require "galua.plot.corner"
local colors = require "galua.plot.colormap"

-- A small generator of our own: the same samples on every platform.
local function generator(seed)
  local s = seed
  local function u()
    s = (s * 16807) % 2147483647
    return s / 2147483647
  end
  return function() return math.sqrt(-2 * math.log(u())) * math.cos(2 * math.pi * u()) end, u
end

-- f must fail with one line that contains `fragment` (a position may precede it).
local function fails(f, fragment)
  local ok, err = pcall(f)
  t.eq(ok, false)
  if not tostring(err):find(fragment, 1, true) then t.eq(tostring(err), fragment) end
  t.eq(tostring(err):find("\n", 1, true), nil)
end

-- Frame of panel i in SVG text: x, y, width, height of its clip rectangle.
local function frame(svg, i)
  local n = 0
  for x, y, w, h in svg:gmatch('<clipPath id="c%d+"><rect x="([%d.]+)" y="([%d.]+)" width="([%d.]+)" height="([%d.]+)"') do
    n = n + 1
    if n == (i or 1) then return tonumber(x), tonumber(y), tonumber(w), tonumber(h) end
  end
end

local function slurp(path)
  local f = assert(io.open(path, "rb"))
  local s = f:read "*a"
  f:close()
  return s
end

t.describe("ticks", function()
  t.it("linear: round steps, equal decimals, true minus signs", function()
    local k = tick.linear(-1, 1, 5)
    t.eq(table.concat(k.labels, " "), "−1.0 −0.5 0.0 0.5 1.0")
    t.eq(#k.minor, 16)
    k = tick.linear(0.3, 11.9, 6)
    t.eq(table.concat(k.labels, " "), "2 4 6 8 10")
  end)
  t.it("linear: at least two ticks, however few are asked for", function()
    local k = tick.linear(0.01, 0.99, 3)
    t.eq(table.concat(k.labels, " "), "0.25 0.50 0.75")
    for _, r in ipairs { { 0.1, 1.9 }, { 3.01, 3.99 }, { -7.3, 12.2 }, { 0.0011, 0.0019 }, { 1e8, 9e8 } } do
      for n = 2, 8 do t.eq(#tick.linear(r[1], r[2], n).major >= 2, true) end
    end
  end)
  t.it("linear: large numbers are written times a power of ten", function()
    local k = tick.linear(0, 2e6, 4)
    t.eq(k.exponent, 6)
    t.eq(table.concat(k.labels, " "), "0.0 0.5 1.0 1.5 2.0")
  end)
  t.it("logarithmic: powers of ten, minor ticks 2 to 9", function()
    local k = tick.log(1e-2, 1e3, 8)
    t.eq(table.concat(k.labels, " "), "10^{−2} 10^{−1} 10^{0} 10^{1} 10^{2} 10^{3}")
    t.eq(#k.minor, 40)
    t.eq(table.concat(tick.log(0.1, 1000, 8, "plain").labels, " "), "0.1 1 10 100 1000")
  end)
  t.it("logarithmic: many decades are thinned, few get more labels", function()
    t.eq(#tick.log(1e-20, 1e20, 8).major <= 9, true)
    t.eq(table.concat(tick.log(1, 10, 6).labels, " "), "10^{0} 2×10^{0} 3×10^{0} 5×10^{0} 10^{1}")
    t.eq(#tick.log(2, 4, 5).major >= 2, true)
  end)
end)

t.describe("text", function()
  t.it("plain Unicode for terminals", function()
    t.eq(text.plain "S_{\\nu} [10^{-3} \\Msun yr^{-1}]", "S_ν [10⁻³ M☉ yr⁻¹]")
    t.eq(text.plain "5500 \\AA, f_MC, x^2", "5500 Å, f_MC, x²")
    t.eq(text.plain(text.escape "a_b^c{d}\\e"), "a_b^c{d}\\e")
  end)
  t.it("widths add up and scripts are smaller", function()
    t.close(text.width("AB", 10), (684 + 686) / 100, 1e-12)
    t.close(text.width("A^{B}", 10), (684 + 0.7 * 686) / 100, 1e-12)
    t.close(text.width("A^{BBB}_{B}", 10), text.width("A^{BBB}", 10), 1e-12)      -- stacked, not side by side
  end)
end)

t.describe("svg", function()
  t.it("puts a known point where the linear axes say", function()
    local fig = plot.figure { width = 5, height = 4 }
    fig:axes():set { xlim = { 0, 10 }, ylim = { -1, 1 } }
    fig:points({ 2.5 }, { 0.5 }, { marker = "o" })
    local svg = fig:svg()
    local x, y, w, h = frame(svg)
    local cx, cy = svg:match '<circle cx="([%d.]+)" cy="([%d.]+)"'
    t.close(tonumber(cx), x + 0.25 * w, 2e-4)
    t.close(tonumber(cy), y + 0.25 * h, 2e-4)
  end)
  t.it("puts a known point where the logarithmic axes say", function()
    local fig = plot.figure {}
    fig:axes():set { xscale = "log", yscale = "log", xlim = { 0.1, 1000 }, ylim = { 1e-3, 1 } }
    fig:points({ 10 }, { 1e-2 })
    local svg = fig:svg()
    local x, y, w, h = frame(svg)
    local cx, cy = svg:match '<circle cx="([%d.]+)" cy="([%d.]+)"'
    t.close(tonumber(cx), x + 0.5 * w, 2e-4)
    t.close(tonumber(cy), y + 2 / 3 * h, 2e-4)
  end)
  t.it("writes powers of ten with a superscript and the tick at its place", function()
    local fig = plot({ 1, 10, 100, 1000 }, { 1, 2, 3, 4 }, { xscale = "log", xlim = { 1, 1000 } })
    local svg = fig:svg()
    local x, _, w = frame(svg)
    local at = svg:match '<text x="([%d.]+)"[^>]*>10<tspan dy="[^"]+" font%-size="[^"]+">2</tspan></text>'
    t.close(tonumber(at), x + 2 / 3 * w, 2e-4)
  end)
  t.it("escapes <, > and & and keeps the bytes the same", function()
    local function make() return plot({ 1, 2 }, { 3, 4 }, { xlabel = 'a < b & "c" > d', label = "<&>" }):svg() end
    local svg = make()
    t.eq(svg:find("a &lt; b &amp; &quot;c&quot; &gt; d", 1, true) ~= nil, true)
    t.eq(svg:find("&lt;&amp;&gt;</text>", 1, true) ~= nil, true)
    t.eq(svg, make())
  end)
  t.it("cuts lines at the frame", function()
    local fig = plot.figure {}
    fig:axes():set { xlim = { 0, 1 }, ylim = { 0, 1 } }
    fig:line({ -1e6, 1e6 }, { -1e6, 1e6 }, { color = "#123456" })
    fig:line({ 0, 1 }, { 5, 6 }, { color = "#654321" })                      -- wholly outside
    local svg = fig:svg()
    t.eq(svg:find("#654321", 1, true), nil)
    local x, y, w, h = frame(svg)
    local x1, y1, x2, y2 = svg:match '<path d="M([%d.-]+) ([%d.-]+)L([%d.-]+) ([%d.-]+)" fill="none" stroke="#123456"'
    for _, v in ipairs { x1, x2 } do t.eq(tonumber(v) >= x - 21 and tonumber(v) <= x + w + 21, true) end
    for _, v in ipairs { y1, y2 } do t.eq(tonumber(v) >= y - 21 and tonumber(v) <= y + h + 21, true) end
  end)
  t.it("breaks lines at NaN, infinities and where a logarithm does not exist", function()
    local nan, inf = 0 / 0, 1 / 0
    local fig = plot.figure {}
    fig:axes():set { yscale = "log" }
    fig:line({ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 }, { 1, 2, nan, 3, 4, -5, 6, 7, inf, 8, 9 }, { color = "#123456" })
    local svg = fig:svg()
    local d = svg:match '<path d="([^"]+)" fill="none" stroke="#123456"'
    local _, moves = d:gsub("M", "")
    t.eq(moves, 4)
    t.eq(svg:find("nan", 1, true), nil)
    t.eq(svg:find("inf", 1, true), nil)
  end)
  t.it("shares the x axis of stacked panels and keeps their heights' ratio", function()
    local fig = plot.figure { rows = 2, height_ratios = { 3, 1 }, sharex = true }
    fig[1]:line({ 0, 1 }, { 0, 1 })
    fig[2]:line({ 5, 10 }, { 0, 1 })
    local svg = fig:svg()
    local x1, _, w1, h1 = frame(svg, 1)
    local x2, _, w2, h2 = frame(svg, 2)
    t.eq(x1, x2)
    t.eq(w1, w2)
    t.close(h1 / h2, 3, 1e-3)
    local _, n = svg:gsub(">10</text>", "")
    t.eq(n, 1)
  end)
  t.it("draws upper limits as arrows down, measurements with bars", function()
    local fig = plot.figure {}
    fig:axes():set { xlim = { 0, 3 }, ylim = { 0, 10 } }
    fig:points({ 1, 2 }, { 5, 5 }, { yerr = { lo = { 1, 1 }, hi = { 2, 2 } }, limit = { false, "upper" }, color = "#123456", cap = 0 })
    local svg = fig:svg()
    local _, y, _, h = frame(svg)
    local _, circles = svg:gsub("<circle", "")
    t.eq(circles, 1)
    local y1, y2 = svg:match 'd="M[%d.]+ ([%d.]+)L[%d.]+ ([%d.]+)" fill="none" stroke="#123456"[^>]*/>\n<circle'
    t.close(tonumber(y1), y + 0.3 * h, 2e-4)
    t.close(tonumber(y2), y + 0.6 * h, 2e-4)
    local a, b = svg:match 'L[%d.]+ [%d.]+M[%d.]+ ([%d.]+)L[%d.]+ ([%d.]+)" fill="none" stroke="#123456"'
    t.close(tonumber(a), y + 0.5 * h, 2e-4)
    t.eq(tonumber(b) > tonumber(a), true)
  end)
end)

t.describe("geometry", function()
  t.it("clips polygons and thins long lines without losing peaks", function()
    local p = canvas.clip_polygon({ -1, -1, 2, -1, 2, 2, -1, 2 }, { 0, 0, 1, 1 })
    local area = 0
    for i = 1, #p, 2 do
      local j = i + 2 > #p and 1 or i + 2
      area = area + p[i] * p[j + 1] - p[j] * p[i + 1]
    end
    t.close(math.abs(area) / 2, 1, 1e-12)
    local x, y = {}, {}
    for i = 1, 50000 do x[i], y[i] = i * 0.01, math.sin(i) end
    y[31234] = 77
    local tx, ty = canvas.thin(x, y, 0.5)
    t.eq(#tx < 5000, true)
    t.eq(math.max(unpack(ty)), 77)
  end)
end)

t.describe("statistics", function()
  t.it("quantiles: Hazen's rule, and weights count like repeats", function()
    local q = plot.quantiles({ 5, 1, 4, 2, 3 }, { 0.5, 0.1, 0.9, 0.3 })
    t.close(q[1], 3, 1e-12)
    t.close(q[2], 1, 1e-12)
    t.close(q[3], 5, 1e-12)
    t.close(q[4], 2, 1e-12)
    t.close(plot.quantiles({ 1, 2, 3 }, { 0.5 }, { 1, 0, 1 })[1], 2, 1e-12)
    t.close(plot.quantiles({ 10, 20 }, { 0.5 }, { 3, 1 })[1], 10 + 10 * (0.5 - 0.375) / 0.5, 1e-12)
  end)
  t.it("sorts 20000 numbers with ties and NaN left out", function()
    local g = generator(5)
    local x = {}
    for i = 1, 20000 do x[i] = math.floor(g() * 50) end
    x[77] = 0 / 0
    local s = stats.sorted(x)
    t.eq(s.n, 19999)
    for i = 1, s.n - 1 do assert(s.k[i - 1] <= s.k[i]) end
  end)
  t.it("contours of a two-dimensional Gaussian hold 39.3 and 86.5 per cent", function()
    local g = generator(11)
    local n, x, y = 60000, {}, {}
    for i = 1, n do
      local a, b = g(), g()
      x[i], y[i] = 3 + 2 * a, 0.5 * a + 0.8 * b
    end
    local cols = corner.prepare { samples = { x, y } }
    local bins, smooth = corner.resolution(n)
    local loops = corner.joint(cols[1], cols[2], n, bins, nil, corner.shares, smooth)
    local function inside(ls, px, py)                    -- even-odd rule
      local odd = false
      for _, l in ipairs(ls) do
        local ax, ay = l[#l - 1], l[#l]
        for i = 1, #l, 2 do
          local bx, by = l[i], l[i + 1]
          if (ay > py) ~= (by > py) and px < ax + (py - ay) / (by - ay) * (bx - ax) then odd = not odd end
          ax, ay = bx, by
        end
      end
      return odd
    end
    for k, share in ipairs(corner.shares) do
      local c, m = 0, 0
      for i = 1, n, 3 do
        m = m + 1
        if inside(loops[k], x[i], y[i]) then c = c + 1 end
      end
      t.close(c / m, share, 0.02)
      -- and the outline is the ellipse of that many sigma: chi2 = 1 and 4
      local chi = 0
      for i = 1, #loops[k][1], 2 do
        local a = (loops[k][1][i] - 3) / 2
        local b = (loops[k][1][i + 1] - 0.5 * a) / 0.8
        chi = chi + (a * a + b * b) / (#loops[k][1] / 2)
      end
      t.close(chi, k * k, 0.08)                          -- smoothing rounds the outline by a few per cent
    end
  end)
  t.it("contours: a saddle gives two loops or one ring, never a crossing", function()
    local h = require("ffi").new("double[9]", { 1, 0, 0, 0, 0, 0, 0, 0, 1 })
    t.eq(#stats.contour(h, 3, 0.5, 0, 3, 0, 3), 2)
    local ring = require("ffi").new("double[9]", { 1, 1, 1, 1, 0, 1, 1, 1, 1 })
    t.eq(#stats.contour(ring, 3, 0.5, 0, 3, 0, 3), 2)    -- the outline and the hole
  end)
  t.it("corner titles carry two digits of the error", function()
    t.eq(corner.summary(3.14159, 0.1234, 0.0987), "3.142^{+0.123}_{−0.099}")
    t.eq(corner.summary(-0.7, 0.2, 0.2), "−0.70^{+0.20}_{−0.20}")
    t.eq(corner.summary(3.2e8, 1.4e8, 1e8), "3.2^{+1.4}_{−1.0}×10^{8}")
  end)
end)

local function sed_options()
  local wave, flux, stars = {}, {}, {}
  for i = 1, 300 do
    wave[i] = 10 ^ (3 + 4.2 * (i - 1) / 299)
    stars[i] = 10 * math.exp(-0.5 * (math.log10(wave[i] / 1e4) / 0.4) ^ 2)
    flux[i] = stars[i] + 100 * math.exp(-0.5 * (math.log10(wave[i] / 1e6) / 0.3) ^ 2)
  end
  return { wave = wave, flux = flux, components = { { name = "stars", flux = stars } },
    data = { wave = { 5000, 2e4, 1e6, 5e6 }, flux = { 8, 7, 110, 20 }, err = { 0.5, 0.5, 10, 5 }, limit = { false, false, false, "upper" } } }
end

t.describe("astronomical figures", function()
  t.it("sed: micron axis, residual panel, one arrow for the limit", function()
    local fig = plot.sed(sed_options())
    t.eq(fig.rows, 2)
    local svg = fig:svg()
    t.eq(svg:find("Observed wavelength [μm]", 1, true) ~= nil, true)
    for _, l in ipairs { ">1<", ">10<", ">100<" } do t.eq(svg:find(l, 1, true) ~= nil, true) end
    local r = fig[2].artists[#fig[2].artists]
    t.eq(#r.x, 3)                                        -- the limit has no residual
    local p = sed_options()
    p.model_phot = { 7.5, 7, 90, 1 }
    r = plot.sed(p)[2].artists
    t.close(r[#r].y[1], 1, 1e-12)
    t.close(r[#r].y[3], 2, 1e-12)
    p.residuals = false
    t.eq(plot.sed(p).rows, 1)
  end)
  t.it("sed in other quantities and frames: the numbers of one point", function()
    local o = { wave = { 1e4, 2e4 }, flux = { 1, 1 }, data = { wave = { 1.5e4 }, flux = { 2 }, err = { 0.2 } }, redshift = 0.5, distance = 100 }
    local function point(quantity, frame)
      o.quantity, o.frame = quantity, frame
      local fig = plot.sed(o)
      for _, a in ipairs(fig[1].artists) do if a.kind == "points" then return a.x[1], a.y[1], a.yerr.lo[1], a.yerr.hi[1], fig end end
    end
    local x, y, lo = point("S_nu")
    t.close(x, 1.5, 1e-12)
    t.close(y, 2, 1e-12)
    t.close(lo, 0.2, 1e-12)
    local nu = 2.99792458e14 / 1.5                       -- Hz
    local f = 2e-26 * nu                                 -- 2 mJy in erg/s/cm2/Hz times nu
    t.close(select(2, point("nuF_nu")), f, 1e-12)
    t.close(select(2, point("F_lambda")), f / 1.5e4, 1e-12)
    local l = f * 4 * math.pi * (100 * 3.0856775814913673e24) ^ 2 / 3.828e33
    t.close(select(2, point("nuL_nu")), l, 1e-9)
    local _, m, up, down, fig = point("mag", "rest")
    t.close(m, 8.9 - 2.5 * math.log10(2e-3), 1e-6)       -- AB: 3631 Jy is 0
    t.close(down, 2.5 * math.log10(2 / 1.8), 1e-9)       -- the fainter side is above in magnitudes
    t.close(up, 2.5 * math.log10(2.2 / 2), 1e-9)
    t.close((point("mag", "rest")), 1, 1e-12)
    t.eq(fig[1].ylim[1] > fig[1].ylim[2], true)
    t.eq(fig[1].xlabel, "Rest-frame wavelength [μm]")
    o.distance = nil
    fails(function() point("nuL_nu") end, "needs distance")
    fails(function() point("nuFnu") end, "quantity 'nuFnu' is unknown; use S_nu, nuF_nu, F_lambda, nuL_nu or mag")
    fails(function() point("S_nu", "galaxy") end, "it can be observed or rest")
  end)
  t.it("sed draws what is not used, and fluxes below zero", function()
    local fig = plot.sed { wave = { 1e3, 1e6 }, flux = { 1, 1 }, data = { wave = { 2e3, 4e3, 8e3, 1e4 }, flux = { -1, 2, 3, -2 },
      err = { 0.5, 0.2, 0.3, 0.4 }, ignored = { false, false, true, false } } }
    local by = {}
    for _, a in ipairs(fig[1].artists) do if a.kind == "points" then by[a.label] = a end end
    t.eq(#by.data.x, 1)
    t.close(by["not used"].y[1], 3, 1e-12)
    t.eq(#by["below zero (at 2σ)"].x, 2)
    t.close(by["below zero (at 2σ)"].y[2], -2 + 2 * 0.4, 1e-12)
    local last = fig[2].artists[#fig[2].artists]
    t.eq(#last.x <= 3, true)                             -- no residual of what is not used
  end)
  t.it("an observation draws itself: bands, limits, pixels and their mask", function()
    local galua = require "galua"
    local o = galua.observation.new{ name = "x_1", redshift = 0.1 }
    o:add("SDSS.g", 1, 0.1)
    o:add("SDSS.r", 2, 0.1, "ignored")
    o:add("SDSS.i", 3, 1, "limit")
    local wave, flux, err, mask = {}, {}, {}, {}
    for i = 1, 40 do wave[i], flux[i], err[i], mask[i] = 5000 + 5 * i, 1 + 0.01 * i, 0.1, i > 10 and i <= 20 and 1 or 0 end
    o:spectrum{ wave = wave, flux = flux, err = err, mask = mask, R = 1000 }
    local fig = plot(o)
    local by = {}
    for _, a in ipairs(fig[1].artists) do by[a.label] = a end
    t.eq(#by.data.x, 2)
    t.eq(by.data.limit[2], 1)
    t.eq(#by["not used"].x, 1)
    local function pixels(a)
      local n = 0
      for i = 1, #a.x do if a.y[i] == a.y[i] then n = n + 1 end end
      return n
    end
    t.eq(pixels(by.masked), 10)
    t.eq(pixels(by.spectrum), 30)
    t.eq(fig[1].title, "x\\_1")
    local g = galua.galaxy{ ssp = galua.ssp.synthetic(), sfh = galua.sfh.delayed{}, redshift = 0.1 }
    local c = g:plot_components{ data = o }
    local model
    for _, a in ipairs(c[1].artists) do if a.label == "model in bands" then model = a end end
    t.close(model.y[1], g:photometry("SDSS.g")[1].flux, 1e-12)
  end)
  t.it("sed of a spectrum object", function()
    local o = sed_options()
    local fig = plot { wave = o.wave, flux = o.flux }
    t.eq(fig[1].ylabel, "S_{ν} [mJy]")
  end)
  t.it("corner: panels, titles, truths on the logarithm", function()
    local g = generator(3)
    local a, b = {}, {}
    for i = 1, 4000 do a[i], b[i] = 10 ^ (10 + 0.1 * g()), 2 + g() end
    local fig = plot.corner { samples = { a, b }, names = { "M", "x" }, log = { true }, truths = { 1e10, 2 } }
    t.eq(fig:axes(1, 2).hidden, true)
    t.eq(fig:axes(1, 1).title:match "^log M = 10%.0" ~= nil or fig:axes(1, 1).title:match "^log M = 9%.99" ~= nil, true)
    local svg = fig:svg()
    local _, n = svg:gsub("<clipPath", "")
    t.eq(n, 3)
  end)
  t.it("sfh and trace have their panels", function()
    local s = plot.sfh { t = { 1e9, 2e9, 3e9 }, median = { 1, 2, 1 }, lo = { 0.5, 1, 0.5 }, hi = { 2, 3, 2 } }
    t.eq(s[1].xlabel, "Time since formation [Gyr]")
    t.close(s[1].artists[1].x[3], 3, 1e-12)
    local g = generator(9)
    local chain = { {}, {} }
    for i = 1, 200 do chain[1][i], chain[2][i] = g(), 5 + g() end
    local tr = plot.trace { chains = { chain, chain }, names = { "a", "b" }, burn = 50 }
    t.eq(tr.rows * tr.cols, 4)
    t.eq(#tr:svg() > 1000, true)
  end)
end)

t.describe("terminal", function()
  local function size(s)
    local rows, wide = 0, 0
    for l in (s .. "\n"):gmatch "(.-)\n" do
      rows = rows + 1
      wide = math.max(wide, text.len(l))
    end
    return rows, wide
  end
  t.it("fits the size it is given, without colour codes when told", function()
    for _, wh in ipairs { { 80, 24 }, { 60, 16 }, { 120, 40 } } do
      local s = plot.sed(sed_options()):render { width = wh[1], height = wh[2], color = false }
      local rows, wide = size(s)
      t.eq(rows, wh[2])
      t.eq(wide <= wh[1], true)
      t.eq(s:find("\27", 1, true), nil)
    end
    t.eq(plot({ 1, 2, 3 }):render { width = 60, height = 12, color = true }:find("\27[", 1, true) ~= nil, true)
  end)
  t.it("draws a rising line from the lower left to the upper right", function()
    local fig = plot({ 0, 1 }, { 0, 1 }, { xlim = { 0, 1 }, ylim = { 0, 1 } })
    local lines = {}
    for l in (fig:render { width = 40, height = 12, color = false } .. "\n"):gmatch "(.-)\n" do lines[#lines + 1] = l end
    local function first_dot(l)
      local k = 0
      for ch in text.codes(l) do
        if ch ~= "" then
          k = k + 1
          if ch:byte(1) == 0xE2 and (ch:byte(2) or 0) >= 0xA0 and ch:byte(2) <= 0xA3 then return k end
        end
      end
    end
    local top, low = first_dot(lines[1]), nil
    for i = 1, #lines do low = first_dot(lines[i]) or low end
    t.eq(top > 30, true)
    t.eq(low < 8, true)
  end)
  t.it("corner: a histogram line for each parameter, with its summary", function()
    local g = generator(3)
    local cols = {}
    for k = 1, 12 do
      cols[k] = {}
      for i = 1, 2000 do cols[k][i] = k + 0.1 * g() end
    end
    for np = 1, 12 do
      local c = {}
      for k = 1, np do c[k] = cols[k] end
      local s = plot.corner { samples = c }:render { width = 80, height = 24, color = false }
      local rows, wide = size(s)
      t.eq(rows <= 24 and wide <= 80, true)
      t.eq(s:find("p_" .. np, 1, true) ~= nil or s:find(text.plain("p_{" .. np .. "}"), 1, true) ~= nil, true)
    end
  end)
  t.it("labels an axis that runs backwards", function()
    local s = plot({ 1, 2, 3 }, { 0.1, 0.35, 0.2 }, { xlim = { 3, 0 } }):render { width = 60, height = 12, color = false }
    t.eq(s:match("\n([^\n]*)$"):gsub("%s+", " "), " 3 2 1 0")
  end)
  t.it("writes labels of y whole at every size", function()
    for _, top in ipairs { 2, 2e-3, 1234, 0.99 } do
      for h = 8, 44, 3 do
        local fig = plot({ 1, 2, 3 }, { 0, top, top / 3 })
        local s = fig:render { width = 110, height = h, color = false }
        local texts = {}
        local lo, hi = require("galua.plot.axes").limits({ fig[1] }, "y")
        for n = 2, 20 do for _, l in ipairs(fig[1]:ticks("y", lo, hi, n).labels) do texts[text.plain(l)] = true end end
        for label in s:gmatch("([^\n]-)┤") do t.eq(texts[(label:gsub("^%s+", ""))], true) end
        local seen = {}
        for label in s:gmatch("([^\n]-)┤") do
          local v = (label:gsub("%s", ""))
          t.eq(seen[v], nil)                             -- and no two are the same
          seen[v] = true
        end
      end
    end
  end)
  t.it("shares the scale of a shared axis, whichever panel it was given to", function()
    local fig = plot.figure { rows = 2, sharex = true }
    fig[1]:set { xscale = "log", xlabel = "x", xlim = { 1, 1000 } }
    fig[1]:line({ 1, 10, 1000 }, { 1, 2, 3 })
    fig[2]:line({ 1, 10, 1000 }, { 3, 2, 1 })
    local svg = fig:svg()
    t.eq(fig[2].xscale, "log")
    t.eq(fig[2].xlabel, "x")
    local s = fig:render { width = 60, height = 24, color = false }
    t.eq(s:find("10³", 1, true) ~= nil or s:find("1000", 1, true) ~= nil, true)
    t.eq(#svg > 0, true)
  end)
  t.it("of a size that no terminal has is refused", function()
    local p = plot({ 1, 2 }, { 1, 2 })
    t.throws(function() p:render{ width = 1e9, height = 20 } end, "plot: a terminal of 1e+09 x 20 characters: at most 2000 x 2000")
    t.throws(function() p:render{ width = 80, height = 0 / 0 } end, "~at most 2000 x 2000")
  end)
  t.it("tostring is the terminal form", function()
    t.eq(tostring(plot { 1, 2, 3 }):find("│", 1, true) ~= nil, true)
  end)
end)

t.describe("bad input", function()
  t.it("one line: what, value, the nearest name", function()
    fails(function() plot({ 1, 2 }, { 1, 2, 3 }) end, "plot: a line has 2 x but 3 y values")
    fails(function() plot.sed { wav = {} } end, "plot.sed has no option 'wav' (did you mean 'wave'?)")
    fails(function() plot.corner { samples = { { 1, 2 }, { 1, 2, 3 } } } end,
      "plot.corner: 'p_{2}' has 3 samples, the first parameter has 2")
    fails(function() plot({ 1, 2 }):save "figure.gif" end, "plot: cannot tell the format of 'figure.gif' from its name; use .svg, .pdf or .png")
    fails(function() plot({ 1, 2 }, { 1, 2 }, { color = "blu" }) end, "colour 'blu' is neither #RRGGBB nor one of")
    fails(function() plot({ 1, 2 }, { 1, 2 }, { xscale = "logarithmic" }) end, "plot: xscale is 'logarithmic'; it can be linear or log")
    fails(function() plot({ 1, 2 }):save "/no/such/folder/a.svg" end, "/no/such/folder/a.svg")
  end)
end)

t.describe("odd input is drawn, not refused", function()
  t.it("vectors of C memory, empty, constant and extreme data", function()
    local ffi = require "ffi"
    local vec = ffi.metatype(ffi.typeof "struct { int n; double v[4]; }", {
      __len = function(s) return s.n end,
      __index = function(s, k) return s.v[k - 1] end,
    })
    local v = vec(4, { 1, 2, 4, 8 })
    t.eq(plot(v, v, { xlim = { 0, 9 }, ylim = { 0, 9 } }):svg(), plot({ 1, 2, 4, 8 }, { 1, 2, 4, 8 }, { xlim = { 0, 9 }, ylim = { 0, 9 } }):svg())
    for _, y in ipairs { {}, { 5, 5 }, { 0 / 0, 1 / 0 }, { 1e300, -1e300 }, { -1, 0 } } do
      t.eq(#plot(y):svg() > 1000, true)
      t.eq(#plot(y):render { width = 60, height = 12, color = false } > 60, true)
    end
    t.eq(plot({ 1, 2 }, { 1e-300, 1e300 }, { yscale = "log" }):svg():find("nan", 1, true), nil)
    fails(function() plot({ 1, 2 }, { 1, 2 }):set { xlim = { -1, 2 }, xscale = "log" }:svg() end,
      "plot: the x limits {-1, 2} are not positive, but the axis is logarithmic")
  end)
end)

t.describe("files", function()
  t.it("svg, pdf and png by suffix, of the right size", function()
    local base = os.tmpname()
    local fig = plot({ 1, 2, 3 }, { 1, 4, 9 }, { width = 4, height = 3, xlabel = "\\lambda [\\AA]" })
    fig:save(base .. ".svg")
    t.eq(slurp(base .. ".svg"), fig:svg())
    t.eq(slurp(base .. ".svg"):find('width="288pt" height="216pt"', 1, true) ~= nil, true)
    os.remove(base .. ".svg")
    if not require("galua.plot.cairo").library() then
      print "skipped: PDF and PNG need libcairo, which is not here"
    else
      fig:save(base .. ".png")
      local s = slurp(base .. ".png")
      t.eq(s:sub(1, 8), "\137PNG\r\n\26\n")
      local w = s:byte(19) * 256 + s:byte(20)
      local h = s:byte(23) * 256 + s:byte(24)
      t.eq(w, 600)                                       -- 4 inches at 150 dpi
      t.eq(h, 450)
      fig:save(base .. ".pdf")
      s = slurp(base .. ".pdf")
      t.eq(s:sub(1, 5), "%PDF-")
      local pw, ph = s:match "/MediaBox %[ 0 0 ([%d.]+) ([%d.]+) %]"
      t.close(tonumber(pw), 288, 1e-6)
      t.close(tonumber(ph), 216, 1e-6)
      fails(function() fig:save "/no/such/folder/a.png" end, "/no/such/folder/a.png: cannot write: No such file or directory")
      fails(function() fig:save "/no/such/folder/a.pdf" end, "/no/such/folder/a.pdf: cannot write: No such file or directory")
      os.remove(base .. ".png")
      os.remove(base .. ".pdf")
    end
    os.remove(base)
  end)
  t.it("without libcairo: one line that says what to install", function()
    local cairo = require "galua.plot.cairo"
    local library = cairo.library
    cairo.library = function() end
    fails(function() plot({ 1, 2 }):save "a.png" end, "cannot write a.png: PDF and PNG need libcairo (Debian package libcairo2)")
    cairo.library = library
  end)
  t.it("colours", function()
    t.eq(colors.mix("black", "white", 0.5), "#808080")
    t.eq(colors.at("viridis", 0), "#440154")
    t.eq(colors.at("viridis", 1), "#FDE725")
  end)
end)
