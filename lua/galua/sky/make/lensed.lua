-- The microwave background made on the fly from spectra of anisotropies and of the lensing potential.
local galua = require "galua"
local core = galua.sky_core
local templates = require "galua.sky.templates"

local function spectra(s, row)
  local two_pi, cl = 2 * math.pi, { tt = {}, ee = {}, bb = {}, te = {}, pp = {}, pt = {}, pe = {} }
  local delens = {}
  if row.apply_delens then
    for _, r in ipairs(templates.numbers(templates.find(s, row.delens, true) or galua.fail("sky: %s is needed", row.delens))) do delens[r[1]] = r[2] end
  end
  for name in pairs(cl) do cl[name][1], cl[name][2] = 0, 0 end
  for _, r in ipairs(templates.numbers(templates.find(s, row.spectra, true))) do
    local l = r[1]
    if l >= 2 then
      local a, f = two_pi / (l * (l + 1)), row.apply_delens and (delens[l] or 0) or 1
      if #cl.tt ~= l then galua.fail("sky: %s: l = %d follows l = %d", row.spectra, l, #cl.tt - 1) end
      cl.tt[l + 1], cl.ee[l + 1], cl.bb[l + 1], cl.te[l + 1] = a * r[2], a * r[3], a * r[4], a * r[5]
      cl.pp[l + 1] = two_pi * r[6] / (l * (l + 1)) ^ 2 * f
      cl.pt[l + 1], cl.pe[l + 1] = two_pi * r[7] / (l * (l + 1)) ^ 1.5 * math.sqrt(f), two_pi * r[8] / (l * (l + 1)) ^ 1.5 * math.sqrt(f)
    end
  end
  return cl
end

return function(s, row, add)
  local cl = spectra(s, row)
  cl.nside, cl.seed, cl.rotate = s.nside, row.seed, row.rotate
  s.made_up = true
  add{ law = row.law, IQU = core.lensed(cl) }
end
