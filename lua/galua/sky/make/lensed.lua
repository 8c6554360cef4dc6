-- The microwave background made on the fly from spectra of anisotropies and of the lensing potential.
local galua = require "galua"
local templates = require "galua.sky.templates"
return function(s, row, add)
  add{ law = row.law, IQU = templates.lensed(s, row, row.seed) }
end
