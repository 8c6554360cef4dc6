-- Emission lines of CO: templates of each line, polarised by a fraction along the angle of dust, high-latitude clouds added.
local galua = require "galua"
local core = galua.sky_core
local templates = require "galua.sky.templates"
return function(s, row, add)
  local psi, g
  if row.fraction then
    psi, g = templates.field(s, row, row.angle), templates.field(s, row, row.depolarisation)
  end
  for k, nu in ipairs(row.lines) do
    local r = { available = row.available, up = row.up, unit = "K_CMB" }
    local I = templates.field(s, r, row.template, k, "uK_CMB")
    if row.clouds then I = core.formula("sum", { I, templates.field(s, r, row.clouds, k, "uK_CMB") }) end
    local fields = { I = I }
    if row.fraction then
      fields.Q = core.formula("cos_2psi", { I, g, psi }, { row.fraction })
      fields.U = core.formula("sin_2psi", { I, g, psi }, { row.fraction })
    end
    add{ law = row.law, fields = fields, opt = { nu = nu } }
  end
end
