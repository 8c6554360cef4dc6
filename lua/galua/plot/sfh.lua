-- Star formation history: rate against time, with its envelope.
local galua = require "galua"
local Figure = require "galua.plot.figure"
local Axes = require "galua.plot.axes"
local stats = require "galua.plot.stats"
local known = { t = 1, median = 1, lo = 1, hi = 1, lo2 = 1, hi2 = 1, unit = ":string", xscale = 1, yscale = 1, xlabel = ":string",
  ylabel = ":string", title = ":string", truth = 1, steps = 1, xlim = ":table", ylim = ":table", label = ":string", direction = ":string",
  width = ":number", height = ":number" }

-- opts: t [yr], median, lo, hi [Msun/yr] (lo2, hi2: the wider envelope); truth = { t=, sfr= } or an array on t; direction "time"
-- (since formation, default) or "lookback" (falls to the right); xscale, yscale; unit "Gyr" or "Myr" (chosen by the range).
return function(opts)
  Axes.check("plot.sfh", opts, known)
  if not opts.t then galua.fail("plot.sfh: t (times in yr) is missing") end
  if not opts.median then galua.fail("plot.sfh: median (star formation rate in Msun/yr) is missing") end
  local t = stats.array(opts.t, "plot.sfh: t")
  local top = 0
  for i = 1, #t do if t[i] < math.huge then top = math.max(top, t[i]) end end
  local unit = opts.unit or (top >= 1.5e9 and "Gyr" or "Myr")
  local k = unit == "Gyr" and 1e-9 or unit == "Myr" and 1e-6 or unit == "yr" and 1
  if not k then galua.fail("plot.sfh: unit '%s' is unknown; use Gyr, Myr or yr", tostring(unit)) end
  for i = 1, #t do t[i] = t[i] * k end
  local back = opts.direction == "lookback"
  local fig = Figure.new { width = opts.width or 5, height = opts.height or 3.3 }
  local ax = fig:axes()
  ax:set { xscale = opts.xscale, yscale = opts.yscale, xlim = opts.xlim, ylim = opts.ylim or (opts.yscale ~= "log" and { 0 }) or nil,
    title = opts.title, xreverse = back,
    xlabel = opts.xlabel or ((back and "Lookback time [" or "Time since formation [") .. unit .. "]"),
    ylabel = opts.ylabel or "SFR [\\Msun yr^{−1}]", xformat = "plain" }
  if opts.lo2 and opts.hi2 then ax:band(t, opts.lo2, opts.hi2, { color = "#DCEFFA", alpha = 1, label = "95%" }) end
  if opts.lo and opts.hi then ax:band(t, opts.lo, opts.hi, { color = "#A9D3EC", alpha = 1, label = "68%" }) end
  local median = stats.array(opts.median, "plot.sfh: median")
  if #median ~= #t then galua.fail("plot.sfh: %d times but %d rates", #t, #median) end
  ax:line(t, median, { color = "#0072B2", width = 1.5, label = opts.label or ((opts.lo and opts.hi) and "median" or nil) })
  if opts.truth then
    local tt, ts = t, opts.truth
    if type(ts) == "table" and ts.t then
      tt = stats.array(ts.t, "plot.sfh: truth.t")
      for i = 1, #tt do tt[i] = tt[i] * k end
      ts = ts.sfr
    end
    ax:line(tt, ts, { color = "#D55E00", dash = "dashed", label = "truth" })
  end
  return fig
end
