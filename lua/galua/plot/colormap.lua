-- Colours: the colour-blind-safe palette of Okabe & Ito (2008, https://jfly.uni-koeln.de/color/), names, mixing, and colour maps
-- (viridis, cividis: anchor colours, interpolated linearly).
local galua = require "galua"
local M = {}
local floor, min, max = math.floor, math.min, math.max

M.palette = { "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C6D1F" }

M.names = {
  black = "#000000", white = "#FFFFFF", grey = "#7F7F7F", gray = "#7F7F7F", lightgrey = "#D0D0D0", darkgrey = "#404040",
  blue = "#0072B2", vermillion = "#D55E00", red = "#D55E00", green = "#009E73", purple = "#CC79A7", pink = "#CC79A7",
  orange = "#E69F00", sky = "#56B4E9", yellow = "#F0E442", brown = "#8C6D1F",
}

-- Red, green and blue in 0..1 of a name, "#RRGGBB", a palette number or {r, g, b}.
function M.rgb(c)
  if type(c) == "table" then return c[1], c[2], c[3] end
  if type(c) == "number" then c = M.palette[(c - 1) % #M.palette + 1] end
  local hex = M.names[c] or c
  local r, g, b = tostring(hex):match("^#(%x%x)(%x%x)(%x%x)$")
  if not r then
    local names = {}
    for k in pairs(M.names) do names[#names + 1] = k end
    table.sort(names)
    galua.fail("colour '%s' is neither #RRGGBB nor one of %s", tostring(c), table.concat(names, ", "))
  end
  return tonumber(r, 16) / 255, tonumber(g, 16) / 255, tonumber(b, 16) / 255
end

function M.hex(c)
  local r, g, b = M.rgb(c)
  return ("#%02X%02X%02X"):format(floor(r * 255 + 0.5), floor(g * 255 + 0.5), floor(b * 255 + 0.5))
end

-- The colour a fraction f of the way from a to b.
function M.mix(a, b, f)
  local r1, g1, b1 = M.rgb(a)
  local r2, g2, b2 = M.rgb(b)
  return M.hex { r1 + (r2 - r1) * f, g1 + (g2 - g1) * f, b1 + (b2 - b1) * f }
end

M.maps = {
  viridis = { "#440154", "#472D7B", "#3B528B", "#2C728E", "#21918C", "#28AE80", "#5EC962", "#ADDC30", "#FDE725" },
  cividis = { "#00224E", "#123570", "#3B496C", "#575D6D", "#707173", "#8A8678", "#A59C74", "#C3B369", "#E1CC55", "#FEE838" },
  grey = { "#FFFFFF", "#000000" },
  gray = { "#000000", "#FFFFFF" },
  inferno = { "#000004", "#1B0C41", "#4A0C6B", "#781C6D", "#A52C60", "#CF4446", "#ED6925", "#FB9B06", "#F7D13D", "#FCFFA4" },
  -- blue to red through white, the same lightness on both sides: for what has a sign
  polar = { "#0B3A82", "#2166AC", "#4393C3", "#92C5DE", "#D1E5F0", "#F7F7F7", "#FDDBC7", "#F4A582", "#D6604D", "#B2182B", "#7A0A22" },
}

-- Colour of x in [0, 1] on a map.
function M.at(name, x)
  local map = M.maps[name or "viridis"]
  if not map then
    local names = {}
    for k in pairs(M.maps) do names[#names + 1] = k end
    table.sort(names)
    galua.fail("colour map '%s' is unknown: %s", tostring(name), table.concat(names, ", "))
  end
  local p = max(0, min(1, x)) * (#map - 1)
  local i = min(floor(p), #map - 2)
  return M.mix(map[i + 1], map[i + 2], p - i)
end

return M
