-- Where data files are: data.path("photometry/ngc3898.ecsv"), data.dirs().
local core = require "galua.core"
local doc = require "galua.doc"
local M = {}

function M.path(name)
  local path, why = core.data_path(name)
  if not path then core.fail("GAL_ENOTFOUND", why) end
  return path
end

function M.dirs() return core.data_dirs() end

doc.text("data", M, [[Data files: the places searched, in order, are $GALUA_DATA, the user's folder, the build tree, the installed share/galua/data.]])
doc.text("data.path", M.path, [[data.path(name) -> path
The data file of that name, or an error that lists the places searched.]])
doc.text("data.dirs", M.dirs, [[data.dirs() -> list
The places searched for data files, in order.]])
return M
