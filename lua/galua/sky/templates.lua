-- Templates of a sky: files of a folder by upstream's names, or the synthetic sky's when there is no folder.
local galua = require "galua"
local core = require "galua.core"
local M = {}
require "galua.vec" -- core.vec_is
local sky_core = galua.sky_core

-- Which synthetic template stands for a file: pattern -> recipe of src/sky/synthetic.c, component of it
local stand_in = {
  { "dust2comp_([IQU])%d", "dust2_IQU" }, { "dust2comp_beta", "dust2_beta" }, { "dust2comp_temp", "dust2_T" },
  { "pysm_2/dust_([tqu])_new", "dust_IQU" }, { "pysm_2/dust_beta", "dust_beta" }, { "pysm_2/dust_temp", "dust_T" },
  { "pysm_2/beta_mean1p59", "dust_beta_wide" }, { "gnilc_dust_template", "dust353_IQU" }, { "gnilc_dust_beta", "dust_beta" },
  { "gnilc_dust_Td", "dust_T" }, { "thermaldust_ampl", "dust353_IQU" }, { "thermaldust_specind", "dust_beta" }, { "thermaldust_temp", "dust_T" },
  { "COM_CompMap_dust%-commander", { [4] = "dust_T", [6] = "dust_T_error", [7] = "dust_beta", [9] = "dust_beta_error" } },
  { "pysm_2/synch_([tqu])_new", "synch_IQU" }, { "pysm_2/synch_beta", "synch_beta" }, { "pysm_2/beta_latvar", "synch_beta_shift" },
  { "synch/synch_template", "synch23_IQU" }, { "synch/synch_beta", "synch_beta_shift" }, { "synch/synch_curvature", "synch_curvature" },
  { "pysm_2/ff_t_new", "freefree_I" }, { "pysm_2/ame_t_new", "ame_I" }, { "pysm_2/ame2_t_new", "ame2_I" }, { "pysm_2/ame_nu_peak", "ame_peak" },
  { "co/HFI_CompMap_CO", { "co10_I", "co21_I", "co32_I" } }, { "co/mcmoleCO", { "co_clouds_I", "co_clouds_I", "co_clouds_I" } },
  { "pysm_2/lensed_cmb", "cmb_IQU" }, { "cmb/map_([IQU])_", "cmb_IQU" }, { "co/psimap", "angle" }, { "co/gmap", "depolarisation" }, { "websky/0.4/cib/", "cib_I" }, { "websky/0.4/radio/", "radio_I" },
  { "radio_catalog/background", "radio_background_IQU" }, { "[tyuv]?tsz", "compton_y" }, { "y_b16_halo", "compton_y" }, { "[Kk][sS][zZ]", "ksz_I" },
}
local letter = { t = 1, q = 2, u = 3, I = 1, Q = 2, U = 3 }

local function exists(path)
  local f = io.open(path, "rb")
  if f then f:close() end
  return f ~= nil
end

-- The folders to look in: those given, else $PYSM_LOCAL_DATA; nil: synthetic
function M.folders(given)
  if type(given) == "string" then given = { given } end
  if given ~= nil then galua.expect("sky", "templates", given, "table") end
  for i, folder in ipairs(given or {}) do galua.expect("sky", ("templates[%d]"):format(i), folder, "string") end
  if given then return given end
  local env = os.getenv("PYSM_LOCAL_DATA")
  return env and env ~= "" and { env } or nil
end

-- Nearest of the sides that files exist at; `up`: the smallest that is not below, else the largest
local function side(row, nside)
  local best
  for _, n in ipairs(row.available or {}) do
    if row.up then
      best = best or (n >= nside and n or nil)
    elseif not best or math.abs(n - nside) < math.abs(best - nside) then
      best = n
    end
  end
  return best or row.available and row.available[#row.available]
end

function M.name(row, name, nside)
  return (name:gsub("{nside}", function() return tostring(side(row, nside) or nside) end))
end

-- Beam [arcmin] that the maps of a row hold already: a number, or one for each side that files exist at; sources may be painted with one
function M.beam(s, row)
  local b = row.beam or row.make == "catalogue" and row.fwhm or 0
  if type(b) == "table" then b = s.folders and b[side(row, s.nside)] or 0 end
  if type(b) ~= "number" or not (b >= 0) then galua.fail("sky: beam of a row must be a number of arcmin, got %s", tostring(b)) end
  return b
end

-- Path of a file, or nil: synthetic
function M.find(s, name, boxed)
  if name:sub(1, 1) == "/" or name:sub(1, 2) == "./" then
    if not exists(name) then galua.fail("sky: template %s: no such file", name) end
    return name
  end
  for _, folder in ipairs(s.folders or {}) do
    local path = folder .. "/" .. name
    if exists(path) then return path end
  end
  if boxed and core.data_path("sky/" .. name:match("[^/]*$")) then return core.data_path("sky/" .. name:match("[^/]*$")) end
  if s.folders then
    galua.fail("sky: template %s is not there; expected %s/%s", name, s.folders[1], name)
  end
end

local function synthetic(s, name, column)
  for _, row in ipairs(stand_in) do
    local c = name:match(row[1])
    if c then
      local recipe = row[2]
      if type(recipe) == "table" then recipe = recipe[column] end
      if not recipe then break end
      return recipe, letter[c] or recipe:match("_IQU$") and column or 1
    end
  end
  galua.fail("sky: there is no synthetic template for %s; give a folder with it: sky{ templates = }", name)
end

-- Map of a synthetic template, made once a sky
function M.synthetic_map(s, name, column, nside)
  local recipe, component = synthetic(s, name, column)
  local key = recipe .. "@" .. (nside or s.nside)
  if recipe == "cmb_IQU" and not (s.synthetic or {})[key] then
    s.synthetic = s.synthetic or {}
    s.synthetic[key] = M.lensed(s, { spectra = "pysm_2/camb_lenspotentialCls.dat" }, s.seed)
  end
  s.synthetic = s.synthetic or {}
  s.synthetic[key] = s.synthetic[key] or sky_core.synthetic(recipe, nside or s.nside, s.seed)
  s.made_up = true
  return s.synthetic[key], component
end

local function unit_factor(where, from, to, at)
  if from == nil or from == "" then
    if to == "" then return 1 end
    galua.fail("sky: %s has no unit (TUNIT); say which: unit = \"uK_RJ\"", where)
  end
  local ok, factor = pcall(galua.band.convert, 1, from, to, at)
  if ok then return factor end
  if not at and pcall(galua.band.convert, 1, from, to, 100) then
    galua.fail("sky: %s is in %s, the law is of %s: at which frequency? unit_at = 353 [GHz]", where, from, to)
  end
  galua.fail("sky: %s: %s", where, (tostring(factor):gsub("^%S+:%d+: ", "")))
end

-- A map handle of the user's: (field, its unit)
local function of_map(m, column, scale) return sky_core.map(m, column, scale) end

-- Field of a template: a number, a file name, {file, column}, a map, a vec. `unit` of the law's amplitude, nil for parameters.
function M.field(s, row, ref, column, unit)
  if ref == nil then return nil end
  if type(ref) == "number" then return sky_core.number(ref) end
  column = column or 1
  if type(ref) == "table" and not core.vec_is(ref) then ref, column = ref[1], ref[2] end
  local function scale(from, where)
    return (unit and unit_factor(where, row.unit or from, unit, row.unit_at) or 1) * (unit and row.factor or 1)
  end
  if core.vec_is(ref) then return sky_core.vec(ref, scale(row.unit or "", "the vector")) end
  if core.class_name(ref) == "skymap" then
    s.made_up = s.made_up or ref.synthetic
    return of_map(ref, column, scale(ref.unit, "the map"))
  end
  if type(ref) ~= "string" then galua.fail("sky: a template is a number, a file name, a map or a vec, got %s", core.class_name(ref) or type(ref)) end
  local name = M.name(row, ref, s.nside)
  local path = M.find(s, name)
  if not path then
    local m, component = M.synthetic_map(s, name, column)
    local made = m.unit
    local u = unit and galua.band.convert(1, made, unit, row.unit_at or row.nu_at) or 1
    return of_map(m, component, u * (unit and row.factor or 1) * (unit and row.share or 1))
  end
  local key = path .. "#" .. column
  local info = s.files[path] or sky_core.inspect(path)
  if not s.files[path] then
    s.files[path] = info
    s.made_up = s.made_up or info.synthetic
    if info.nside < s.nside then -- said once for all files of this side
      s.coarse = s.coarse or {}
      if not s.coarse[info.nside] then io.stderr:write(("galua: sky: %s has nside %d: its pixels are repeated at nside %d\n"):format(name, info.nside, s.nside)) end
      s.coarse[info.nside] = true
    end
  end
  if column > info.fields then galua.fail("sky: %s has %d columns of pixels, number %d is asked for", path, info.fields, column) end
  local f = scale(info.unit[column] ~= "" and info.unit[column] or info.unit[1], path)
  key = ("%s*%.17g"):format(key, f)
  s.fields[key] = s.fields[key] or sky_core.file(path, column, s.nside, f, s.stream)
  return s.fields[key]
end

-- Numbers of a text file: list of rows
function M.numbers(path)
  local rows = {}
  for line in io.lines(path) do
    if not line:match("^%s*#") then
      local row = {}
      for x in line:gmatch("%S+") do row[#row + 1] = tonumber(x) or galua.fail("sky: %s: '%s' is no number", path, x) end
      if #row > 0 then rows[#rows + 1] = row end
    end
  end
  return rows
end

-- C_l from l = 0 of a file of CAMB: l, l(l+1)/2pi of TT EE BB TE, [l(l+1)]^2/2pi of the potential, [l(l+1)]^1.5/2pi of its correlations
local function spectra(s, row)
  local two_pi, cl = 2 * math.pi, { tt = {}, ee = {}, bb = {}, te = {}, pp = {}, pt = {}, pe = {} }
  local delens = {}
  if row.apply_delens then
    for _, r in ipairs(M.numbers(M.find(s, row.delens, true) or galua.fail("sky: %s is needed", row.delens))) do delens[r[1]] = r[2] end
  end
  for name in pairs(cl) do cl[name][1], cl[name][2] = 0, 0 end
  for _, r in ipairs(M.numbers(M.find(s, row.spectra, true))) do
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

-- The microwave background: Gaussian, displaced by the potential [uK_CMB]
function M.lensed(s, row, seed)
  local cl = spectra(s, row)
  cl.nside, cl.seed, cl.rotate = s.nside, seed, row.rotate
  return sky_core.lensed(cl)
end

function M.table(s, name)
  s.tables = s.tables or {}
  if not s.tables[name] then s.tables[name] = galua.mat(M.numbers(M.find(s, name, true))) end
  return s.tables[name]
end

return M
