-- Windows of equivalent widths, vacuum A, rest frame: line, continuum blue and red of it.
local galua = require "galua"
local core = require "galua.core"

local windows = {
  ["[OII]3727"] = { { 3717, 3740 }, { 3690, 3710 }, { 3750, 3770 } },
  Hdelta = { { 4086, 4120 }, { 4030, 4080 }, { 4125, 4170 } },
  Hgamma = { { 4325, 4358 }, { 4280, 4320 }, { 4372, 4420 } },
  Hbeta = { { 4845, 4880 }, { 4800, 4840 }, { 4885, 4930 } },
  ["[OIII]5007"] = { { 4995, 5022 }, { 4970, 4990 }, { 5030, 5060 } },
  Halpha = { { 6557, 6573 }, { 6480, 6540 }, { 6610, 6660 } },
  ["Halpha+[NII]"] = { { 6535, 6598 }, { 6480, 6530 }, { 6605, 6660 } },
  ["[SII]6725"] = { { 6707, 6744 }, { 6640, 6700 }, { 6752, 6800 } },
}

-- options of an index of kind ew: of a line by name, or { line =, blue =, red = }
return function(fn, what)
  if type(what) == "table" then
    local w = galua.options(fn, what, { name = ":string", line = ":table", blue = ":table", red = ":table" })
    if not (w.line and w.blue and w.red) then galua.fail("%s: needs line = {lo, hi}, blue = {lo, hi}, red = {lo, hi} in vacuum A", fn) end
    return { name = "EW " .. (w.name or "of one's own"), kind = "ew", line = w.line, blue = w.blue, red = w.red }
  end
  local w = windows[what]
  if w then return { name = "EW " .. what, kind = "ew", line = w[1], blue = w[2], red = w[3] } end
  local names = {}
  for k in pairs(windows) do names[#names + 1] = k end
  table.sort(names)
  galua.fail("%s: no line '%s'%s (known: %s)", fn, tostring(what), core.did_you_mean(tostring(what), names), table.concat(names, ", "))
end
