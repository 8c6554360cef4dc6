-- Traces of Markov chains: every chain against its step, and the marginal histograms beside them.
local galua = require "galua"
local Figure = require "galua.plot.figure"
local Axes = require "galua.plot.axes"
local stats = require "galua.plot.stats"
local colors = require "galua.plot.colormap"
local known = { chains = ":table", names = ":table", burn = ":number", title = ":string", width = ":number", height = ":number",
  truths = ":table|vec" }

-- opts: chains = { chain, ... }, chain = { column, ... } (one column per parameter); names; burn (steps to shade); truths.
return function(opts)
  Axes.check("plot.trace", opts, known)
  local chains = opts.chains
  if type(chains) ~= "table" or #chains == 0 then galua.fail("plot.trace: chains must be an array of chains") end
  for i, c in ipairs(chains) do galua.expect("plot.trace", ("chains[%d]"):format(i), c, "table") end
  local np = #chains[1]
  if np == 0 or type(chains[1][1]) == "number" then
    galua.fail("plot.trace: each chain must be an array of columns, one per parameter")
  end
  local fig = Figure.new { width = opts.width or 6.6, height = opts.height or math.min(10.5, 0.8 + 1.05 * np), rows = np, cols = 2,
    width_ratios = { 4, 1 }, sharey = true, title = opts.title, hspace = 4 }
  for p = 1, np do
    local ax, hx = fig:axes(p, 1), fig:axes(p, 2)
    local last = p == np
    ax:set { ylabel = opts.names and opts.names[p] or ("p_{" .. p .. "}"), xlabel = last and "Step" or nil, yticknumber = 3, xlabels = last }
    hx:set { xticks = false, xlabels = last, xlabel = last and "Density" or nil, yticknumber = 3, xlim = { 0, nil } }
    for c, chain in ipairs(chains) do
      if #chain ~= np then galua.fail("plot.trace: chain %d has %d parameters, the first has %d", c, #chain, np) end
      local y = stats.array(chain[p], "plot.trace: chains")
      local x = {}
      for i = 1, #y do x[i] = i end
      local color = colors.palette[(c - 1) % #colors.palette + 1]
      ax:line(x, y, { color = color, width = 0.5, alpha = 0.8 })
      local first = (opts.burn or 0) + 1
      local kept, lo, hi = {}, math.huge, -math.huge
      for i = first, #y do
        local v = y[i]
        if v > -math.huge and v < math.huge then
          kept[#kept + 1] = v
          lo, hi = math.min(lo, v), math.max(hi, v)
        end
      end
      if #kept > 1 and hi > lo then
        local bins = 40
        local h = stats.smooth(stats.hist1(kept, lo, hi, bins), bins, 1.2, 1)
        local hxv, hyv = { 0 }, { lo }
        for b = 0, bins - 1 do hxv[#hxv + 1], hyv[#hyv + 1] = h[b] * bins / (#kept * (hi - lo)), lo + (b + 0.5) * (hi - lo) / bins end
        hxv[#hxv + 1], hyv[#hyv + 1] = 0, hi
        hx:line(hxv, hyv, { color = color, width = 1 })
      end
    end
    if opts.burn and opts.burn > 0 then ax:vspan(1, opts.burn, { color = "grey", alpha = 0.2 }) end
    if opts.truths and opts.truths[p] then
      ax:hline(opts.truths[p], { color = "black", dash = "dashed" })
      hx:hline(opts.truths[p], { color = "black", dash = "dashed" })
    end
  end
  return fig
end
