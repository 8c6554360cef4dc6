-- filters("SDSS.ugriz", "2MASS", "my/filter.dat") -> a set: an array of filter handles that prints as a table.
local galua = require "galua"
local doc = require "galua.doc"

local set = {}
set.__index = set

function set:__tostring()
  local lines = { ("%-28s %14s %14s  %s"):format("band", "pivot [A]", "width [A]", "source") }
  for _, f in ipairs(self) do
    lines[#lines + 1] = ("%-28s %14.7g %14.7g  %s"):format(f.name, f.pivot, f.width, f.source)
  end
  return table.concat(lines, "\n")
end
set.__galua_show = set.__tostring

-- plot(filters("SDSS.ugriz"))
function set.__plot(s, options) return require "galua.plot.filters"(s, options) end

function set.__concat(a, b)
  local out = {}
  for _, s in ipairs { a, b } do
    for _, f in ipairs(s) do out[#out + 1] = f end
  end
  return setmetatable(out, set)
end

local function filters(...)
  for i = 1, select("#", ...) do
    galua.expect("filters", i, (select(i, ...)), "string|filter")
  end
  return setmetatable(galua.filter.find(...), set)
end

doc.text("filters", filters, [[filters(name, ...) -> set
Built-in bands by name ("SDSS.g"), by set ("SDSS.ugriz", "Herschel.PACS", "2MASS"), by pattern ("GALEX.*"), filter handles, or files. A set is an array of
filters; sets are joined with `..`. filter.names() lists what there is.
@example print(filters("SDSS.ugriz", "2MASS"))]])

return filters
