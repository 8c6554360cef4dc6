-- What a transmission curve draws.
local core = require "galua.core"
local doc = require "galua.doc"
local filter = {}

function filter:plot(options) return require "galua.plot.filters"({ self }, options) end

doc.text("filter.plot", filter.plot, [[plot([options]) -> figure
The response over wavelength, the largest 1, a triangle at the pivot; options of axes (xlim, title ...), width, height. A set draws itself too.
@example plot(filters("SDSS.ugriz"))]])
return require "galua.own_methods"("filter", filter, function(x) return core.class_name(x) == "filter" end)
