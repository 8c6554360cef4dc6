-- Bandpasses from files and lists of them; the rest is src/lua/bind/l_band.c.
local galua = require "galua"
local core = require "galua.core"
local doc = require "galua.doc"
local M = {}

-- band.read(path, { unit = "GHz", weights = "power", name = })
function M.read(path, o)
  galua.expect("band.read", 1, path, "string")
  o = galua.options("band.read", o, { unit = "GHz", weights = "power", name = ":string" })
  local scale = ({ GHz = 1, Hz = 1e-9, MHz = 1e-3, THz = 1e3, ["1/cm"] = 29.9792458 })[o.unit]
  if not scale then galua.fail("band.read: unit '%s' is none of GHz, Hz, MHz, THz, 1/cm", o.unit) end
  local f = io.open(path, "r")
  if not f then galua.fail("band.read: %s: no such file", path) end
  local nu, w, n = {}, {}, 0
  if f:read(0) == nil and f:seek("end") ~= 0 then
    f:close()
    galua.fail("band.read: %s is no file that can be read", path)
  end
  f:seek("set")
  for line in f:lines() do
    n = n + 1
    local text = line:gsub("#.*", ""):gsub("^%s*[\\|].*", "") -- comments; headers of IPAC tables
    if text:match("%S") then
      local a, b = text:match("^%s*([^%s,]+)[%s,]+([^%s,]+)")
      a, b = tonumber(a), tonumber(b)
      if a and b then
        nu[#nu + 1], w[#w + 1] = a * scale, b
      elseif #nu > 0 or tonumber(text:match("^%s*([^%s,]+)")) then -- a header has no number in front
        f:close()
        galua.fail("band.read: %s, line %d: two numbers are expected, a frequency and a response", path, n)
      end
    end
  end
  f:close()
  if #nu == 0 then galua.fail("band.read: %s has no line of two numbers", path) end
  if #nu > 1 and nu[1] > nu[#nu] then -- wavelengths or descending tables: turn them round
    for i = 1, math.floor(#nu / 2) do
      local j = #nu + 1 - i
      nu[i], nu[j], w[i], w[j] = nu[j], nu[i], w[j], w[i]
    end
  end
  local ok, b = pcall(galua.band.table, nu, w, { weights = o.weights, name = o.name or path:match("([^/]+)%.%w+$") or path })
  if not ok then galua.fail("band.read: %s: %s", path, (tostring(b):gsub("^band%.table: ", ""))) end
  return b
end

doc.text("band.read", M.read, [[band.read(path[, { unit = "GHz" }]) -> band
A measured bandpass: two columns, frequency and response; # starts a comment, headers of text and IPAC tables are skipped.
@param unit (GHz) of the first column: GHz, Hz, MHz, THz, 1/cm
@param weights (power) 'power': response to intensity; 'rj': to Rayleigh-Jeans temperature
@param name label (the file's name)]])
return M
