-- PNG of an image with a palette (RFC 2083), for SVG files: compressed by zlib where the program has it, else stored.
local ffi = require "ffi"
local bit = require "bit"
local colors = require "galua.plot.colormap"
local M = {}

ffi.cdef [[
unsigned long compressBound(unsigned long n);
int compress2(unsigned char *out, unsigned long *nout, const unsigned char *in, unsigned long nin, int level);
]]

local crc_table = ffi.new("uint32_t[256]")
for n = 0, 255 do
  local c = n
  for _ = 1, 8 do c = bit.band(c, 1) ~= 0 and bit.bxor(0xEDB88320, bit.rshift(c, 1)) or bit.rshift(c, 1) end
  crc_table[n] = c
end

local function big_endian(n) return string.char(bit.band(bit.rshift(n, 24), 255), bit.band(bit.rshift(n, 16), 255), bit.band(bit.rshift(n, 8), 255), bit.band(n, 255)) end

local function chunk(name, data)
  local body = name .. data
  local c, p = -1, ffi.cast("const unsigned char *", body)
  for i = 0, #body - 1 do c = bit.bxor(bit.tobit(crc_table[bit.band(bit.bxor(c, p[i]), 255)]), bit.rshift(c, 8)) end
  return big_endian(#data) .. body .. big_endian(bit.bnot(c))
end

local function stored(raw)
  local out, a, b, at = { "\120\1" }, 1, 0, 1
  for i = 1, #raw do
    a = (a + raw:byte(i)) % 65521
    b = (b + a) % 65521
  end
  repeat
    local part = raw:sub(at, at + 65534)
    at = at + 65535
    local n = #part
    out[#out + 1] = string.char(at > #raw and 1 or 0, n % 256, math.floor(n / 256), 255 - n % 256, 255 - math.floor(n / 256)) .. part
  until at > #raw
  out[#out + 1] = string.char(math.floor(b / 256), b % 256, math.floor(a / 256), a % 256)
  return table.concat(out)
end

local function deflate(raw)
  local ok, out = pcall(function()
    local n = ffi.new("unsigned long[1]", ffi.C.compressBound(#raw))
    local buffer = ffi.new("unsigned char[?]", n[0])
    if ffi.C.compress2(buffer, n, ffi.cast("const unsigned char *", raw), #raw, 9) ~= 0 then error("zlib") end
    return ffi.string(buffer, n[0])
  end)
  return ok and out or stored(raw)
end

-- The bytes of a PNG of a.nx x a.ny indices into a.palette; index 0 is transparent.
function M.encode(a)
  local rows, plte = {}, { "\255\255\255" }
  for j = 0, a.ny - 1 do rows[j + 1] = "\0" .. ffi.string(a.index + j * a.nx, a.nx) end
  for i, c in ipairs(a.palette) do
    local r, g, b = colors.rgb(c)
    plte[i + 1] = string.char(math.floor(r * 255 + 0.5), math.floor(g * 255 + 0.5), math.floor(b * 255 + 0.5))
  end
  return "\137PNG\r\n\26\n" .. chunk("IHDR", big_endian(a.nx) .. big_endian(a.ny) .. "\8\3\0\0\0") .. chunk("PLTE", table.concat(plte))
    .. chunk("tRNS", "\0") .. chunk("IDAT", deflate(table.concat(rows))) .. chunk("IEND", "")
end

local digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

function M.base64(a)
  local s, out = M.encode(a), {}
  for i = 1, #s, 3 do
    local x, y, z = s:byte(i, i + 2)
    local n = x * 65536 + (y or 0) * 256 + (z or 0)
    local function d(k) return digits:sub(k + 1, k + 1) end
    out[#out + 1] = d(math.floor(n / 262144)) .. d(math.floor(n / 4096) % 64) .. (y and d(math.floor(n / 64) % 64) or "=") .. (z and d(n % 64) or "=")
  end
  return table.concat(out)
end

return M
