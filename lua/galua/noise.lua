-- Noise models for fit{ noise = ... }; they add with +.
local galua = require "galua"
local doc = require "galua.doc"
local core = require "galua.core"
local M = {}

local mt = {}
-- whether x is a noise model
function M.is(x) return type(x) == "table" and getmetatable(x) == mt end

function mt.__add(a, b)
  local out = {}
  for _, n in ipairs { a, b } do
    if not M.is(n) then galua.fail("noise: only noise models add to one another, got a %s", type(n)) end
  end
  for _, n in ipairs { a, b } do
    for k, v in pairs(n) do
      if out[k] ~= nil then galua.fail("noise: '%s' is given twice", k) end
      out[k] = v
    end
  end
  return setmetatable(out, mt)
end
function mt.__tostring(n)
  local parts = {}
  if n.floor then parts[#parts + 1] = ("floor = %g"):format(n.floor) end
  if n.f_cal then parts[#parts + 1] = "f_cal = " .. tostring(n.f_cal) end
  return "noise.calibration{ " .. table.concat(parts, ", ") .. " }"
end

function M.calibration(given)
  local o = galua.options("noise.calibration", given, { floor = ":number", f_cal = ":any" })
  if o.f_cal ~= nil and type(o.f_cal) ~= "number" and core.class_name(o.f_cal) ~= "prior" then
    galua.fail("noise.calibration: f_cal must be a number or a prior, got %s", type(o.f_cal))
  end
  for name, v in pairs(o) do
    if type(v) == "number" and not (v >= 0 and v <= 10) then
      galua.fail("noise.calibration: %s = %g is a fraction of the flux and must lie in 0 .. 10", name, v)
    end
  end
  return setmetatable(o, mt)
end

doc.text("noise", M, [[Noise models for fit{ noise = ... }: noise.calibration{}.]])
doc.text("noise.is", M.is, "noise.is(x) -> boolean\nWhether x is a noise model.")
doc.text("noise.calibration", M.calibration, [[noise.calibration{ floor =, f_cal = } -> noise
Errors beyond the quoted ones, added in quadrature to every band.
@param floor (0) fraction of the observed flux
@param f_cal (0) fraction of the model flux: a number, or a prior to fit it]])
return M
