-- What g:photometry(filters) gives: fluxes in C memory, and the filters they belong to. A loop over models makes one small object a call; a row,
-- { flux, filter } with its name, pivot and magnitude, is made when it is looked at. #p, p[i], ipairs(p) and pairs(p) are as those of a list.
local ffi = require "ffi"
local core = require "galua.core"
require "galua.vec" -- declares gal_buf

-- as band_fluxes of src/lua/bind/galaxy_bands.c; constants, as a script that wrote _n would read beyond the memory
ffi.cdef [[typedef struct { gal_buf *const _block; const int32_t _n, _pad; const double _flux[?]; } galua_band_fluxes;
  void gal_lua_band_fluxes_release(void *p);]]
local C, type, floor = ffi.C, type, math.floor
local filter_of = core.band_filter -- believes its arguments: nobody else may call it
core.band_filter = nil
local M, type_of = {}, nil

function M.is(p) return ffi.istype(type_of, p) end

local function abmag(mjy) return mjy > 0 and -2.5 * math.log10(mjy / 3.6307805477010137e6) or 0 / 0 end

-- a row: fields are found when they are looked at
local row = {}
function row.__index(r, key)
  if key == "flux" then return r[1]
  elseif key == "band" then return r[2].name
  elseif key == "pivot" then return r[2].pivot
  elseif key == "mag" then return abmag(r[1])
  elseif key == "filter" then return r[2] end
end
function row.__tostring(r) return ("%s   %.6g A   %.6g mJy   %.3f mag"):format(r.band, r.pivot, r.flux, r.mag) end
row.__galua_show = row.__tostring

local mt = {}
function mt.__index(p, i)
  if type(i) ~= "number" or not (i >= 1 and i <= p._n) or i ~= floor(i) then return nil end
  return setmetatable({ p._flux[i - 1], filter_of(p, i - 1) }, row)
end
function mt.__newindex() core.fail("GAL_EINVAL", "photometry: its rows cannot be set") end
function mt.__len(p) return p._n end
local function step(p, i)
  if i < p._n then return i + 1, p[i + 1] end
end
function mt.__ipairs(p) return step, p, 0 end
function mt.__pairs(p) return step, p, 0 end
mt.__gc = C.gal_lua_band_fluxes_release

function M.text(p)
  local lines = { ("%-26s %14s %14s %9s"):format("band", "pivot [A]", "flux [mJy]", "AB mag") }
  for i = 1, #p do
    local r = p[i]
    lines[#lines + 1] = ("%-26s %14.6g %14.6g %9.3f"):format(r.band, r.pivot, r.flux, r.mag)
  end
  return table.concat(lines, "\n")
end
mt.__tostring = M.text

-- What photometry() was given that is no list: the filters of that name, or an error
function core.band_list(x)
  local galua = require "galua"
  if type(x) == "string" then return galua.filters(x) end
  galua.fail("galaxy:photometry: expected filters, such as filters(\"SDSS\"), or a band's name, got %s",
    type(x) == "table" and "an empty table" or type(x))
end

type_of = ffi.metatype("galua_band_fluxes", mt)
core.band_fluxes = type_of
return M
