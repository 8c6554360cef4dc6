-- An unpolarised template polarised by a fraction along the angle of two others (Q, U).
local galua = require "galua"
local templates = require "galua.sky.templates"
return function(s, row, add)
  local I = templates.field(s, row, row.I, 1, "uK_RJ")
  local Q, U = templates.field(s, row, row.along[1], 1), templates.field(s, row, row.along[2], 1)
  local function along(what) return galua.sky_core.formula(what, { I, Q, U }, { row.fraction }) end
  add{ law = row.law, fields = { I = I, Q = along "cos_atan", U = along "sin_atan" }, par = row.par, opt = row.opt, tables = row.tables }
end
