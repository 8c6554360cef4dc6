-- Where data files are: data.path("photometry/ngc3898.ecsv"), data.dirs(); tables of any kind as Lua tables.
local core = require "galua.core"
local doc = require "galua.doc"
local M = {}

function M.path(name)
  local path, why = core.data_path(name)
  if not path then core.fail("GAL_ENOTFOUND", why) end
  return path
end

function M.dirs() return core.data_dirs() end

-- ---- tables: columns are fields; what the table itself knows lies in its metatable
local function text_of(t)
  local mt = getmetatable(t)
  local rows = {}
  for i = 1, math.min(mt.n, 8) do
    rows[i] = {}
    for _, name in ipairs(mt.names) do rows[i][name] = rawget(t, name)[i] end
  end
  local lines = { ("table   %s   %d rows   %d columns"):format(mt.path, mt.n, #mt.names) }
  if #rows > 0 then lines[2] = require("galua.pp").columns(rows, mt.names) end
  if mt.n > #rows then lines[#lines + 1] = ("  ... %d rows more"):format(mt.n - #rows) end
  return table.concat(lines, "\n")
end

function M.read_table(path, options)
  local file = require("galua").tables.read(path, options)
  local names = file:columns()
  local out = {}
  for _, name in ipairs(names) do out[name] = file:column(name) end
  return setmetatable(out, { names = names, n = #file, path = path, __tostring = text_of, __galua_show = text_of, __index = function(_, key)
    core.fail("GAL_ENOTFOUND", ("%s has no column '%s'%s"):format(path, tostring(key), core.did_you_mean(tostring(key), names)))
  end })
end

doc.text("data", M, [[Data files: the places searched, in order, are $GALUA_DATA, the user's folder, the build tree, the installed share/galua/data.]])
doc.text("data.path", M.path, [[data.path(name) -> path
The data file of that name, or an error that lists the places searched.]])
doc.text("data.dirs", M.dirs, [[data.dirs() -> list
The places searched for data files, in order.]])
doc.text("data.read_table", M.read_table, [[data.read_table(path[, { extension =, missing = }]) -> table
Any table (FITS, ECSV, CSV, VOTable, IPAC, machine-readable, ASCII; .gz): t.NAME is a vec of numbers (nan where it is empty) or a list of texts.
@param extension (first table) of a FITS file: number or EXTNAME
@param missing a number, or a list of numbers, that means no value: -99, { -99, -9999 }
@example t = data.read_table("sources.fits");  t.redshift:median()]])
return M
