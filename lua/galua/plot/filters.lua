-- Transmission curves: a list of { name =, wave = [A], trans =, pivot = }, each with its largest value 1, triangles at the pivots.
local core = require "galua.core"

return function(list, options)
  local plot = require "galua.plot"
  local o = core.over("filters:plot", {}, options)
  local fig = plot.figure{ width = o.width or 6.2, height = o.height or 3.2 }
  o.width, o.height = nil, nil
  local few = #list <= 12
  local ax, set = fig:axes(1), { xscale = "log", xformat = "plain", xlabel = "Wavelength [μm]", ylabel = "Photon response / maximum", ylim = { 0, 1.15 },
    legend = few and "upper right" or nil }
  for i, f in ipairs(list) do
    ax:line(f.wave / 1e4, f.trans / f.trans:max(), { color = i, width = 1, label = few and plot.escape(f.name) or nil })
    ax:points({ f.pivot / 1e4 }, { 1.05 }, { color = i, marker = "v", size = 3.5 })
  end
  for k, v in pairs(o) do set[k] = v end
  ax:set(set)
  return fig
end
