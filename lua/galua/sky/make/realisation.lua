-- Small scales drawn on the fly, modulated, added to large scales: templates by the logarithm of the polarisation fraction tensor, parameters
-- as scalars. With the preset's seeds and synalm_lmax upstream's fixed maps come out.
local galua = require "galua"
local core = galua.sky_core
local templates = require "galua.sky.templates"

local function file(s, name)
  return templates.find(s, name)
end

local function spectra(path)
  local t = core.spectra(path)
  local out = {}
  for i, name in ipairs{ "tt", "ee", "bb", "te" } do out[name] = t[i] end
  return out
end

-- x mask + what the file has where the mask is 0 (GALMASK is the fourth column of the first file)
local function in_plane(s, x, mask, path, column)
  local m = core.column(mask, 4, s.nside)
  local inside = mask == path and core.map(core.plane(path, column, 4, s.nside), 1)
  if not inside then -- the mask is in another file
    inside = core.formula("product", { core.map(core.column(path, column, s.nside), 1), core.formula("sum", { core.number(1), core.map(m, 1) }, { 1, -1 }) })
  end
  return core.formula("sum", { core.formula("product", { x, core.map(m, 1) }), inside })
end

return function(s, row, add)
  if not s.folders then return add(require("galua.sky.presets")[row.instead]) end -- synthetic: as the fixed maps
  local lmax = row.synalm_lmax or math.floor(math.min(16384, 2.5 * s.nside))
  local cut = math.floor(math.min(lmax, 2.5 * s.nside))
  local seeds = row.seeds
  local function modulation(name) return name and core.alm_map(file(s, name), s.nside) end
  local mT, mP = modulation(row.modulation_T), modulation(row.modulation_P)
  local d = spectra(file(s, row.small))
  d.nside, d.seed, d.lmax, d.cut, d.unit = s.nside, seeds[1], lmax, cut + (row.cut_templates or 0), "uK_RJ"
  d.modulation_T, d.modulation_P, d.large = mT, mP, core.alm(file(s, row.large))
  local map = core.realise(d)
  local fields = {}
  for i, c in ipairs{ "I", "Q", "U" } do
    fields[c] = core.map(map, i)
    if row.galplane then fields[c] = in_plane(s, fields[c], file(s, row.galplane), file(s, row.galplane), i) end
    if row.factor then fields[c] = core.formula("product", { fields[c] }, { row.factor }) end
  end
  local par = {}
  for name, r in pairs(row.par) do
    local q = spectra(file(s, r.small))
    q = { tt = q.tt, nside = s.nside, seed = seeds[r.seed], lmax = lmax, cut = cut, large = core.alm(file(s, r.large)),
      modulation_T = r.modulation and modulation(r.modulation) or mT }
    local field = core.map(core.realise(q), 1)
    if r.galplane then field = in_plane(s, field, file(s, row.galplane), file(s, r.galplane[1]), r.galplane[2]) end
    if r.add then field = core.formula("sum", { field, core.number(r.add) }) end
    par[name] = field
  end
  add{ law = row.law, fields = fields, par = par, opt = row.opt }
end
