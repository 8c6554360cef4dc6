-- Models of a sky as rows: what fields they have and of which kind; checked before anything is made of them.
local galua = require "galua"
local core = require "galua.core"
require "galua.vec" -- core.vec_is
local M = {}

-- Fields of every row. "field": a number, file, { file, column }, map or vec, checked where it is read.
local fields = { law = "string", make = "string", I = "field", Q = "field", U = "field", IQU = "field", unit = "string", unit_at = "number", factor = "number",
  par = "table", opt = "table", tables = "table", available = "table", up = "boolean", max = "number", far = "boolean", name = "string",
  beam = { "number", "table" } }

-- Makers (lua/galua/sky/make/NAME.lua): fields they take besides those; ! marks what must be there. A new maker is a file and a line here.
local makers = {
  along = { ["!along"] = "table", ["!fraction"] = "number" },
  catalogue = { file = "string", theta = "field", phi = "field", flux = "field", polflux = "field", angle = "field", fwhm = "number" },
  co = { ["!lines"] = "table", ["!template"] = "string", angle = "field", depolarisation = "field", clouds = { "string", "boolean" }, fraction = "number" },
  dipole = { ["!amplitude"] = "number", ["!T"] = "number", ["!lon"] = "number", ["!lat"] = "number", quadrupole = "boolean" },
  hd17 = { u = "field", seed = "number", nside_u = "number" },
  lensed = { ["!spectra"] = "string", delens = "string", apply_delens = "boolean", ["!seed"] = "number", rotate = "boolean" },
  nodes = { nu = "table", maps = "table", folder = "string", template = "string", spt = "boolean", columns = "number" },
  realisation = { ["!large"] = "string", ["!small"] = "string", ["!seeds"] = "table", instead = "string", synalm_lmax = "number", modulation_T = "string",
    modulation_P = "string", galplane = "string", galplane_par = "string", cut_templates = "number" },
}
local always = { along = true, fraction = true, share = true, nu_at = true, cut_templates = true } -- of presets that share a function

local function names(t)
  local list = {}
  for k in pairs(t) do list[#list + 1] = (k:gsub("^!", "")) end
  table.sort(list)
  return list
end

local function check_kind(where, k, v, kind)
  if kind == "field" then return end
  local t = type(v)
  local ok = kind == t
  if type(kind) == "table" then
    for _, x in ipairs(kind) do ok = ok or x == t end
    kind = table.concat(kind, " or ")
  end
  if not ok or t == "number" and v ~= v or t == "table" and core.vec_is(v) and kind ~= "table" then
    galua.fail("sky: %s: field '%s' must be a %s, got %s", where, k, kind, t == "number" and tostring(v) or t)
  end
end

local function check_numbers(where, k, t)
  for i = 1, #t do
    if type(t[i]) ~= "number" or not (t[i] > 0 and t[i] < 1e300) or i > 1 and t[i] <= t[i - 1] then
      galua.fail("sky: %s: field '%s' must be a list of ascending positive numbers", where, k)
    end
  end
  if #t == 0 then galua.fail("sky: %s: field '%s' is empty", where, k) end
end

local function check_names(where, k, t)
  for name in pairs(t) do
    if type(name) ~= "string" then galua.fail("sky: %s: field '%s' must be a table { name = value }", where, k) end
  end
end

-- row: { law =, I =, ... } or a list of those; where: its name, for messages
function M.check(row, where, depth)
  depth = depth or 0
  where = ("%s"):format(type(where) == "string" and where or type(where)):sub(1, 40) -- a name may be anything
  if type(row) ~= "table" or core.vec_is(row) then galua.fail("sky: %s: a row { law =, I =, par =, opt = } is expected, got %s", where, type(row)) end
  if depth > 4 then galua.fail("sky: %s: lists of rows lie too deep in each other", where) end
  if row[1] ~= nil then
    for _, r in ipairs(row) do M.check(r, where, depth + 1) end
    return
  end
  local own = {}
  if row.make ~= nil then
    own = type(row.make) == "string" and makers[row.make] or
      galua.fail("sky: %s: nothing makes '%s'%s (known: %s)", where, tostring(row.make), core.did_you_mean(tostring(row.make), names(makers)), table.concat(names(makers), ", "))
  elseif row.law == nil then
    galua.fail("sky: %s: a row needs a law (sky.laws()) or make", where)
  end
  for k, v in pairs(row) do
    local kind = fields[k] or own[k] or type(k) == "string" and own["!" .. k]
    if kind then
      check_kind(where, k, v, kind)
    elseif not always[k] then
      local list = names(fields)
      for _, n in ipairs(names(own)) do list[#list + 1] = n end
      galua.fail("sky: %s: a row has no field '%s'%s", where, tostring(k), core.did_you_mean(tostring(k), list))
    end
  end
  for k in pairs(own) do
    local name = k:match("^!(.*)")
    if name and row[name] == nil then galua.fail("sky: %s: make = '%s' needs '%s'", where, row.make, name) end
  end
  if row.seed and not (row.seed >= 0 and row.seed < 2 ^ 32 and row.seed == math.floor(row.seed)) then
    galua.fail("sky: %s: seed must be a whole number in 0 .. 2^32 - 1, got %g", where, row.seed)
  end
  for _, k in ipairs{ "nu", "lines", "available" } do
    if row[k] then check_numbers(where, k, row[k]) end
  end
  for _, k in ipairs{ "par", "opt", "tables" } do
    if row[k] then check_names(where, k, row[k]) end
  end
  for k, v in pairs(row.opt or {}) do
    if type(v) ~= "number" or v ~= v then galua.fail("sky: %s: option '%s' must be a number, got %s", where, k, type(v) == "number" and "nan" or type(v)) end
  end
end

return M
