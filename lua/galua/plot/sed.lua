-- The spectral energy distribution: S_nu [mJy] against observed wavelength, with data, envelopes, components and residuals.
local galua = require "galua"
local Figure = require "galua.plot.figure"
local Axes = require "galua.plot.axes"
local stats = require "galua.plot.stats"
local max, min, huge = math.max, math.min, math.huge

local microns = { A = 1e-4, angstrom = 1e-4, nm = 1e-3, um = 1, micron = 1, mm = 1e3, cm = 1e4, m = 1e6 }
local known = { wave = 1, flux = 1, wave_unit = ":string", components = ":table", data = ":table", band = ":table", band2 = ":table",
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

-- opts:
--   wave, flux       the model spectrum [wave_unit, mJy]; wave_unit "A" (default), "nm", "um", "mm", "cm" holds for all wavelengths
--   components       { {name=, wave= (default: the model's), flux=, color=, dash=}, ... }
--   band, band2      { lo, hi } envelopes (1 and 2 sigma) on `wave`, or { wave=, lo=, hi= }
--   data             { wave=, flux=, err= (number, array, {lo=, hi=}), limit= (array), names=, xerr=, label= }
--   model_phot       model fluxes in the bands of the data (else the spectrum is interpolated at their wavelengths)
--   residuals        false hides the lower panel (shown when there are data and a model)
--   xlim, ylim, title, label, decades (dynamic range of the y axis below its top, 6), width, height
return function(opts)
  Axes.check("plot.sed", opts, known)
  local k = microns[opts.wave_unit or "A"]
  if not k then
    galua.fail("plot.sed: wave_unit '%s' is unknown; use A, nm, um, mm, cm or m", tostring(opts.wave_unit))
  end
  local function waves(w, what)
    local x = stats.array(w, what)
    for i = 1, #x do x[i] = x[i] * k end
    return x
  end
  local wave, flux = opts.wave and waves(opts.wave, "plot.sed: wave"), opts.flux and stats.array(opts.flux, "plot.sed: flux")
  if wave and flux and #wave ~= #flux then
    galua.fail("plot.sed: wave has %d values, flux has %d", #wave, #flux)
  end
  local d = opts.data
  local dw, df, err, mp
  if d then
    if not (d.wave and d.flux) then galua.fail("plot.sed: data needs wave and flux") end
    dw, df = waves(d.wave, "plot.sed: data.wave"), stats.array(d.flux, "plot.sed: data.flux")
    if #dw ~= #df then galua.fail("plot.sed: data has %d wavelengths but %d fluxes", #dw, #df) end
    if type(d.err) == "number" then
      err = {}
      for i = 1, #dw do err[i] = d.err end
      err = { lo = err, hi = err }
    elseif d.err then
      local lo = type(d.err) == "table" and d.err.lo and stats.array(d.err.lo, "plot.sed: data.err.lo") or stats.array(d.err, "plot.sed: data.err")
      err = { lo = lo, hi = type(d.err) == "table" and d.err.hi and stats.array(d.err.hi, "plot.sed: data.err.hi") or lo }
      if #err.lo ~= #dw then galua.fail("plot.sed: data has %d wavelengths but %d errors", #dw, #err.lo) end
    end
    if opts.model_phot then
      mp = stats.array(opts.model_phot, "plot.sed: model_phot")
      if #mp ~= #dw then galua.fail("plot.sed: model_phot has %d values for %d data points", #mp, #dw) end
    elseif wave and flux and d then
      mp = {}
      for i = 1, #dw do mp[i] = at(wave, flux, dw[i]) or 0 / 0 end
    end
  end
  local res = opts.residuals ~= false and d and err and mp and true or false
  local fig = Figure.new { width = opts.width or 6.2, height = opts.height or (res and 4.6 or 3.9), rows = res and 2 or 1, cols = 1,
    height_ratios = res and { 3.4, 1 } or nil, sharex = true, hspace = 5 }
  local ax = fig:axes(1)

  -- Limits first: the data with room around them; without data, the model's top decades.
  local xlo, xhi, ylo, yhi = huge, 0, huge, 0
  local function see(x, y)
    if x and x > 0 and x < huge then xlo, xhi = min(xlo, x), max(xhi, x) end
    if y and y > 0 and y < huge then ylo, yhi = min(ylo, y), max(yhi, y) end
  end
  if d then
    for i = 1, #dw do
      if flagged(d.limit, i) then
        see(dw[i], df[i])
      else
        see(dw[i], df[i])
        if err and df[i] > 0 then see(dw[i], df[i] + err.hi[i]) end
      end
    end
    if xhi > 0 then xlo, xhi = xlo / 1.8, xhi * 1.8 end
    if yhi > 0 then ylo, yhi = ylo / 5, yhi * 2.5 end
  end
  if wave and flux then
    if not (xhi > 0) then
      for i = 1, #wave do if flux[i] > 0 then see(wave[i]) end end
    end
    for i = 1, #wave do
      if wave[i] >= xlo and wave[i] <= xhi and flux[i] < huge then yhi = max(yhi, flux[i] * 1.6) end
    end
    if not d then ylo = yhi / 10 ^ (opts.decades or 6) end
    if not d and #wave > 0 then
      local m = huge
      for i = 1, #wave do if wave[i] >= xlo and wave[i] <= xhi and flux[i] > 0 then m = min(m, flux[i]) end end
      ylo = max(ylo, m / 1.6)
    end
  end
  if yhi > 0 and ylo < yhi / 10 ^ (opts.decades or 6) then ylo = yhi / 10 ^ (opts.decades or 6) end
  local xlim = opts.xlim or (xhi > xlo and { xlo, xhi }) or nil
  local ylim = opts.ylim or (yhi > ylo and { ylo, yhi }) or nil
  local xlabel = opts.xlabel or "Observed wavelength [μm]"
  ax:set { xscale = "log", yscale = "log", xlim = xlim, ylim = ylim, xlabel = xlabel, xformat = "plain", title = opts.title,
    ylabel = opts.ylabel or "S_{ν} [mJy]", legend = opts.legend }

  local model = "#1F3A5F"
  local function envelope(b, color, label)
    if not b then return end
    local x = b.wave and waves(b.wave, "plot.sed: band.wave") or wave
    if not x then galua.fail("plot.sed: an envelope needs wave") end
    ax:band(x, b.lo or b[1], b.hi or b[2], { color = color, alpha = 1, label = label })
  end
  envelope(opts.band2, "#DCEFFA", opts.band2 and "95%")
  envelope(opts.band, "#A9D3EC", opts.band and "68%")
  for i, c in ipairs(opts.components or {}) do
    galua.expect("plot.sed", ("components[%d]"):format(i), c, "table")
    local st = component_style[(i - 1) % #component_style + 1]
    ax:line(c.wave and waves(c.wave, "plot.sed: component wave") or wave, c.flux,
      { color = c.color or st[1], dash = c.dash or st[2], width = 1.1, label = c.name or c.label or ("component " .. i) })
  end
  if wave and flux then ax:line(wave, flux, { color = model, width = 1.25, label = opts.label or "model" }) end
  if d then
    if opts.model_phot then
      ax:points(dw, mp, { marker = "s", size = 5.4, fill = "none", color = model, ewidth = 0.9, label = "model in bands" })
    end
    ax:points(dw, df, { yerr = err, xerr = d.xerr and (function()
        local x = stats.array(d.xerr, "plot.sed: data.xerr")
        for i = 1, #x do x[i] = x[i] * k end
        return x
      end)(), limit = d.limit, color = "#C8102E", size = 4.4, label = d.label or "data" })
  end
  if res then
    local rx = fig:axes(2)
    local x, r, one, top = {}, {}, {}, 3
    for i = 1, #dw do
      if not flagged(d.limit, i) then
        local dev = df[i] - mp[i]
        local s = dev > 0 and err.lo[i] or err.hi[i]
        local v = dev / s
        if v == v then
          x[#x + 1], r[#r + 1], one[#one + 1] = dw[i], v, 1
          if v > -huge and v < huge then top = max(top, math.abs(v) * 1.25) end
        end
      end
    end
    top = min(top, 12)
    rx:set { xscale = "log", ylim = { -top, top }, xlim = xlim, xlabel = xlabel, xformat = "plain", ylabel = "Residual [σ]",
      yticknumber = 4 }
    rx:hspan(-1, 1, { color = "#56B4E9", alpha = 0.22 })
    rx:hline(0, { color = model, width = 0.9 })
    local off = { ["^"] = { {}, {} }, v = { {}, {} } }            -- beyond the panel: triangles at its edge, without an error bar
    for i = #r, 1, -1 do
      if math.abs(r[i]) > top then
        local o = off[r[i] > 0 and "^" or "v"]
        o[1][#o[1] + 1], o[2][#o[2] + 1] = x[i], r[i] > 0 and top * 0.86 or -top * 0.86
        table.remove(x, i)
        table.remove(r, i)
        table.remove(one)
      end
    end
    for m, o in pairs(off) do rx:points(o[1], o[2], { marker = m, color = "#C8102E", size = 5 }) end
    rx:points(x, r, { yerr = one, color = "#C8102E", size = 4, cap = 0 })
  end
  return fig
end
