-- The spectral energy distribution: S_nu or another quantity against wavelength, with data, envelopes, components and residuals.
local galua = require "galua"
local Figure = require "galua.plot.figure"
local Axes = require "galua.plot.axes"
local quantity = require "galua.plot.quantity"
local stats = require "galua.plot.stats"
local max, min, huge = math.max, math.min, math.huge

local microns = { A = 1e-4, angstrom = 1e-4, nm = 1e-3, um = 1, micron = 1, mm = 1e3, cm = 1e4, m = 1e6 }
local known = { wave = 1, flux = 1, wave_unit = ":string", components = ":table", data = ":table", band = ":table", band2 = ":table",
  spectrum = ":table", quantity = ":string", frame = ":string", redshift = ":number", distance = ":number",
  model_phot = 1, residuals = 1, xlim = ":table", ylim = ":table", title = ":string", label = ":string", width = ":number",
  height = ":number", xlabel = ":string", ylabel = ":string", decades = ":number", legend = 1, scatter = 1 }

local component_style = {
  { "#56B4E9", "dashed" }, { "#E69F00", "dashdot" }, { "#009E73", "dotted" }, { "#CC79A7", "longdash" }, { "#8C6D1F", "dashdotdot" },
  { "#0072B2", "dashed" }, { "#D55E00", "dotted" }, { "#7F7F7F", "dashdot" },
}

-- Value of y at x0 by linear interpolation in log-log; nil outside.
local function at(x, y, x0)
  local n = #x
  if n < 2 or not (x0 >= x[1] and x0 <= x[n]) then return nil end
  local a, b = 1, n
  while b - a > 1 do
    local m = math.floor((a + b) / 2)
    if x[m] <= x0 then a = m else b = m end
  end
  local f = (x0 - x[a]) / (x[b] - x[a])
  if y[a] > 0 and y[b] > 0 then return y[a] * (y[b] / y[a]) ^ (math.log(x0 / x[a]) / math.log(x[b] / x[a])) end
  return y[a] + f * (y[b] - y[a])
end

local function flagged(limit, i)
  local v = limit and limit[i]
  return v and v ~= 0 and v ~= "detection"
end

-- ---- what is drawn, in the units and the frame of the figure

local function flags(list, n) -- an array of booleans from flags of any kind; nil: none
  if not list then return {} end
  local out = {}
  for i = 1, n do
    local v = list[i]
    out[i] = v and v ~= 0 and v ~= "detection" or false
  end
  return out
end

-- How wavelengths and fluxes are shown: wave(x) [micron, frame], y(x given, flux) in the quantity.
local function display(opts)
  local k = microns[opts.wave_unit or "A"]
  if not k then galua.fail("plot.sed: wave_unit '%s' is unknown; use A, nm, um, mm, cm or m", tostring(opts.wave_unit)) end
  local q = quantity.get(opts.quantity, opts.distance)
  local shift = 1
  if opts.frame == "rest" then
    if type(opts.redshift) ~= "number" then galua.fail("plot.sed: frame = \"rest\" needs redshift") end
    shift = 1 + opts.redshift
  elseif opts.frame ~= nil and opts.frame ~= "observed" then
    galua.fail("plot.sed: frame is '%s'; it can be observed or rest", tostring(opts.frame))
  end
  local show = { quantity = q, frame = opts.frame or "observed" }
  function show.wave(list, what)
    local x = stats.array(list, what)
    for i = 1, #x do x[i] = x[i] * k / shift end
    return x
  end
  function show.y(x, list, what)                      -- x as show.wave gave it
    local y = type(list) == "table" and list or stats.array(list, what)
    local out = {}
    if #y > #x then galua.fail("%s: %d values for %d wavelengths", what or "plot.sed", #y, #x) end
    for i = 1, #y do out[i] = y[i] * q.factor(x[i] * shift) end
    return out
  end
  return show
end

local function pair(show, o, what)
  local x = show.wave(o.wave, "plot.sed: " .. what .. "wave")
  local y = stats.array(o.flux, "plot.sed: " .. what .. "flux")
  if #x ~= #y then
    galua.fail(what == "" and "plot.sed: wave has %d values, flux has %d" or "plot.sed: " .. what:sub(1, -2) .. " has %d wavelengths but %d fluxes", #x, #y)
  end
  return x, show.y(x, y)
end

local function errors_of(show, x, e, what)
  if e == nil then return nil end
  if type(e) == "number" then
    local v = {}
    for i = 1, #x do v[i] = e end
    e = v
  end
  local two = type(e) == "table" and (e.lo or e.hi)
  local lo = stats.array(two and (e.lo or e.hi) or e, "plot.sed: " .. what .. "err" .. (two and ".lo" or ""))
  local hi = two and stats.array(e.hi or e.lo, "plot.sed: " .. what .. "err.hi") or lo
  if #lo ~= #x or #hi ~= #x then galua.fail("plot.sed: %s has %d wavelengths but %d errors", what:sub(1, -2), #x, #lo) end
  return { lo = show.y(x, lo), hi = show.y(x, hi) }
end

local function data_of(show, o, opts, model)
  if not (o.wave and o.flux) then galua.fail("plot.sed: data needs wave and flux") end
  local d = { label = o.label or "data" }
  d.x, d.y = pair(show, o, "data.")
  d.err = errors_of(show, d.x, o.err, "data.")
  d.xerr = o.xerr and show.wave(o.xerr, "plot.sed: data.xerr")
  d.limit, d.ignored, d.side, d.tips = flags(o.limit, #d.x), flags(o.ignored, #d.x), o.limit or {}, o.tips or o.names
  if opts.model_phot then
    local m = stats.array(opts.model_phot, "plot.sed: model_phot")
    if #m ~= #d.x then galua.fail("plot.sed: model_phot has %d values for %d data points", #m, #d.x) end
    d.model, d.bands = show.y(d.x, m), true
  elseif model then
    d.model = {}
    for i = 1, #d.x do d.model[i] = at(model.x, model.y, d.x[i]) or 0 / 0 end
  end
  return d
end

local function spectrum_of(show, o)
  if not (o.wave and o.flux) then galua.fail("plot.sed: spectrum needs wave and flux") end
  local s = { label = o.label or "spectrum" }
  s.x, s.y = pair(show, o, "spectrum.")
  s.err = errors_of(show, s.x, o.err, "spectrum.")
  s.model = o.model and show.y(s.x, o.model, "plot.sed: spectrum.model")
  s.used = o.used and flags(o.used, #s.x)
  return s
end

-- ---- limits: the data with room around them; without data, the model's top decades
local function limits(opts, model, d, sp)
  local xlo, xhi, ylo, yhi = huge, 0, huge, 0
  local function see(x, y)
    if x and x > 0 and x < huge then xlo, xhi = min(xlo, x), max(xhi, x) end
    if y and y > 0 and y < huge then ylo, yhi = min(ylo, y), max(yhi, y) end
  end
  if d then
    for i = 1, #d.x do
      see(d.x[i], d.y[i])
      if d.err and not d.limit[i] then see(d.x[i], d.y[i] > 0 and d.y[i] + d.err.hi[i] or d.y[i] + 2 * d.err.hi[i]) end
    end
  end
  if sp then
    local q = {}
    for i = 1, #sp.x do
      see(sp.x[i])
      if sp.y[i] > 0 and (not sp.used or sp.used[i]) then q[#q + 1] = sp.y[i] end
    end
    table.sort(q)
    if #q > 0 then                                    -- noisy pixels do not rule the axis
      see(nil, q[max(1, math.floor(0.01 * #q))])
      see(nil, q[#q])
    end
  end
  local given = xhi > 0
  if given then xlo, xhi = xlo / (d and 1.8 or 1.05), xhi * (d and 1.8 or 1.05) end
  if yhi > 0 then ylo, yhi = ylo / (d and 5 or 2), yhi * (d and 2.5 or 1.5) end
  if model then
    if not given then -- where it is within so many decades of its top
      local top = 0
      for i = 1, #model.x do if model.y[i] < huge then top = max(top, model.y[i]) end end
      for i = 1, #model.x do if model.y[i] > top / 10 ^ (opts.decades or 6) then see(model.x[i]) end end
    end
    local lowest = huge
    for i = 1, #model.x do
      if model.x[i] >= xlo and model.x[i] <= xhi and model.y[i] < huge then
        yhi = max(yhi, model.y[i] * 1.6)
        if model.y[i] > 0 then lowest = min(lowest, model.y[i]) end
      end
    end
    if not given then ylo = max(yhi / 10 ^ (opts.decades or 6), lowest / 1.6) end
  end
  if yhi > 0 and ylo < yhi / 10 ^ (opts.decades or 6) then ylo = yhi / 10 ^ (opts.decades or 6) end
  return xhi > xlo and { xlo, xhi } or nil, yhi > ylo and { ylo, yhi } or nil
end

-- ---- drawing
local dark, red = "#1F3A5F", "#C8102E"

-- Turns mJy into what the axis holds: itself, or magnitudes.
local function scaled(q, y)
  if not q.magnitude then return y end
  local out = {}
  for i = 1, #y do out[i] = quantity.magnitude(y[i]) end
  return out
end

-- base: the wavelengths of the model, shared by what has none of its own; model: its curve, or nil
local function draw_model(ax, opts, show, base, model)
  local q = show.quantity
  local function envelope(b, color, label)
    if not b then return end
    local x = b.wave and show.wave(b.wave, "plot.sed: band.wave") or base
    if not x then galua.fail("plot.sed: an envelope needs wave") end
    local lo, hi = scaled(q, show.y(x, b.lo or b[1], "plot.sed: band.lo")), scaled(q, show.y(x, b.hi or b[2], "plot.sed: band.hi"))
    ax:band(x, lo, hi, { color = color, alpha = 1, label = label })
  end
  envelope(opts.band2, "#DCEFFA", opts.band2 and "95%")
  envelope(opts.band, "#A9D3EC", opts.band and "68%")
  for i, c in ipairs(opts.components or {}) do
    galua.expect("plot.sed", ("components[%d]"):format(i), c, "table")
    local st = component_style[(i - 1) % #component_style + 1]
    local x = c.wave and show.wave(c.wave, "plot.sed: component wave") or base
    if not x then galua.fail("plot.sed: component %d needs wave", i) end
    ax:line(x, scaled(q, show.y(x, c.flux, "plot.sed: component flux")),
      { color = c.color or st[1], dash = c.dash or st[2], width = 1.1, label = c.name or c.label or ("component " .. i) })
  end
  if model then ax:line(model.x, scaled(q, model.y), { color = dark, width = 1.25, label = opts.label or "model" }) end
end

-- Runs of pixels that are used or not, as lines of their own: none crosses a gap.
local function draw_spectrum(ax, q, sp)
  local used, other, last = { {}, {} }, { {}, {} }, nil
  local y = scaled(q, sp.y)
  for i = 1, #sp.x do
    local yes = not sp.used or sp.used[i] or false
    local to, from = yes and used or other, yes and other or used
    if last ~= nil and last ~= yes then               -- the pale line ends where the other begins
      from[1][#from[1] + 1], from[2][#from[2] + 1] = sp.x[i], 0 / 0
    end
    to[1][#to[1] + 1], to[2][#to[2] + 1] = sp.x[i], y[i]
    last = yes
  end
  if #other[1] > 0 then ax:line(other[1], other[2], { color = "#C9C9C9", width = 0.7, label = "masked" }) end
  ax:line(used[1], used[2], { color = "#6B6B6B", width = 0.7, label = sp.label })
  if sp.model then ax:line(sp.x, scaled(q, sp.model), { color = red, width = 0.9, label = "model of the pixels" }) end
end

-- Detections, limits, data that are not used (hollow), fluxes below zero (a triangle at 2 sigma, pointing down).
local function draw_data(ax, q, d)
  if d.bands then
    ax:points(d.x, scaled(q, d.model), { marker = "s", size = 5.4, fill = "none", color = dark, ewidth = 0.9, label = "model in bands", tips = d.tips })
  end
  local function set(choose) return { x = {}, y = {}, lo = {}, hi = {}, xerr = d.xerr and {}, limit = {}, tips = d.tips and {}, choose = choose } end
  local sets = {
    set(function(i) return not d.ignored[i] and (d.y[i] > 0 or d.limit[i]) end),
    set(function(i) return d.ignored[i] and d.y[i] > 0 end),
    set(function(i) return not d.limit[i] and not (d.y[i] > 0) end),
  }
  for i = 1, #d.x do
    for n, s in ipairs(sets) do
      if s.choose(i) then
        local k = #s.x + 1
        local e = d.err and { d.err.lo[i], d.err.hi[i] } or { 0, 0 }
        local y = n == 3 and d.y[i] + 2 * e[2] or d.y[i]
        local v = scaled(q, { y, y - e[1], y + e[2] })
        s.x[k], s.y[k], s.limit[k] = d.x[i], v[1], d.limit[i] and d.side[i] or false
        if q.magnitude then s.lo[k], s.hi[k] = v[1] - v[3], v[2] == v[2] and v[2] - v[1] or 0 else s.lo[k], s.hi[k] = e[1], e[2] end
        if d.xerr then s.xerr[k] = d.xerr[i] end
        if d.tips then s.tips[k] = d.tips[i] end
      end
    end
  end
  local used, other, below = sets[1], sets[2], sets[3]
  local function bars(s) return d.err and { lo = s.lo, hi = s.hi } or nil end
  if #used.x > 0 then
    ax:points(used.x, used.y, { yerr = bars(used), xerr = used.xerr, limit = not q.magnitude and used.limit or nil, color = red, size = 4.4, label = d.label, tips = used.tips })
  end
  if #other.x > 0 then
    ax:points(other.x, other.y, { yerr = bars(other), xerr = other.xerr, color = "#8C8C8C", fill = "white", size = 4.4, label = "not used", tips = other.tips })
  end
  if #below.x > 0 then
    ax:points(below.x, below.y, { xerr = below.xerr, marker = "v", color = red, fill = "white", size = 5, label = "below zero (at 2σ)", tips = below.tips })
  end
end

local function draw_residuals(rx, d, sp, xlim, xlabel)
  local x, r, one, tips, top = {}, {}, {}, d and d.tips and {}, 3
  local function see(v) if v > -huge and v < huge then top = max(top, math.abs(v) * 1.25) end end
  for i = 1, d and d.err and d.model and #d.x or 0 do
    if not d.limit[i] and not d.ignored[i] then
      local dev = d.y[i] - d.model[i]
      local v = dev / (dev > 0 and d.err.lo[i] or d.err.hi[i])
      if v == v then
        x[#x + 1], r[#r + 1], one[#one + 1] = d.x[i], v, 1
        if tips then tips[#x] = d.tips[i] end
        see(v)
      end
    end
  end
  local px, pr = {}, {}
  for i = 1, sp and sp.err and sp.model and #sp.x or 0 do
    px[i], pr[i] = sp.x[i], (not sp.used or sp.used[i]) and (sp.y[i] - sp.model[i]) / sp.err.lo[i] or 0 / 0
    see(pr[i])
  end
  top = min(top, 12)
  rx:set { xscale = "log", ylim = { -top, top }, xlim = xlim, xlabel = xlabel, xformat = "plain", ylabel = "Residual [σ]", yticknumber = 4 }
  rx:hspan(-1, 1, { color = "#56B4E9", alpha = 0.22 })
  rx:hline(0, { color = dark, width = 0.9 })
  if #px > 0 then rx:line(px, pr, { color = "#6B6B6B", width = 0.6 }) end
  local off = { ["^"] = { {}, {}, {} }, v = { {}, {}, {} } }  -- beyond the panel: triangles at its edge, without an error bar
  for i = #r, 1, -1 do
    if math.abs(r[i]) > top then
      local o = off[r[i] > 0 and "^" or "v"]
      o[1][#o[1] + 1], o[2][#o[2] + 1] = x[i], r[i] > 0 and top * 0.86 or -top * 0.86
      table.remove(x, i)
      table.remove(r, i)
      table.remove(one)
      if tips then o[3][#o[1]] = table.remove(tips, i) end
    end
  end
  for m, o in pairs(off) do rx:points(o[1], o[2], { marker = m, color = red, size = 5, tips = o[3] }) end
  if #x > 0 then rx:points(x, r, { yerr = one, color = red, size = 4, cap = 0, tips = tips }) end
end

-- opts:
--   wave, flux       the model spectrum [wave_unit, mJy]; wave_unit "A" (default), "nm", "um", "mm", "cm" holds for all wavelengths
--   components       { {name=, wave= (default: the model's), flux=, color=, dash=}, ... }
--   band, band2      { lo, hi } envelopes (1 and 2 sigma) on `wave`, or { wave=, lo=, hi= }
--   data             { wave=, flux=, err= (number, array, {lo=, hi=}), limit= (array), ignored= (array of flags), xerr=, label=, names=, tips= (texts
--                    that an SVG shows of a point under the pointer; names is what it shows otherwise) }: data that are not used are hollow and
--                    have no residual; a flux that a logarithmic axis cannot show is a triangle at 2 sigma
--   spectrum         { wave=, flux=, err=, used= (array of flags), model= }: an observed spectrum; pixels that are not used are pale
--   quantity         S_nu (default), nuF_nu, F_lambda, nuL_nu (needs distance [Mpc]) or mag; all that is given is mJy
--   frame            observed (default), or rest: wavelengths over 1 + redshift
--   model_phot       model fluxes in the bands of the data (else the spectrum is interpolated at their wavelengths)
--   residuals        false hides the lower panel (shown when there are data and a model)
--   xlim, ylim, title, label, decades (dynamic range of the y axis below its top, 6), width, height
return function(opts)
  Axes.check("plot.sed", opts, known)
  local show = display(opts)
  local base, curve = opts.wave and show.wave(opts.wave, "plot.sed: wave"), nil
  if base and opts.flux then
    curve = {}
    curve.x, curve.y = pair(show, opts, "")
  end
  local d = opts.data and data_of(show, opts.data, opts, curve)
  local sp = opts.spectrum and spectrum_of(show, opts.spectrum)
  local res = opts.residuals ~= false and (d and d.err and d.model or sp and sp.err and sp.model) and true or false
  local fig = Figure.new { width = opts.width or 6.2, height = opts.height or (res and 4.6 or 3.9), rows = res and 2 or 1, cols = 1,
    height_ratios = res and { 3.4, 1 } or nil, sharex = true, hspace = 5 }
  local ax = fig:axes(1)
  local q = show.quantity
  local xlim, ylim = limits(opts, curve, d, sp)
  if q.magnitude and ylim then ylim = { quantity.magnitude(ylim[1]), quantity.magnitude(ylim[2]) } end
  xlim, ylim = opts.xlim or xlim, opts.ylim or ylim
  local xlabel = opts.xlabel or (show.frame == "rest" and "Rest-frame wavelength [μm]" or "Observed wavelength [μm]")
  ax:set { xscale = "log", yscale = q.magnitude and "linear" or "log", xlim = xlim, ylim = ylim, xlabel = xlabel, xformat = "plain",
    title = opts.title, ylabel = opts.ylabel or q.label, legend = opts.legend }
  if sp then draw_spectrum(ax, q, sp) end
  draw_model(ax, opts, show, base, curve)
  if d then draw_data(ax, q, d) end
  if res then draw_residuals(fig:axes(2), d, sp, xlim, xlabel) end
  return fig
end
