-- Spectra and indices as data: observation{}, o:spectrum{}, o:indices{}, and what a results file keeps of them.
local galua = require "galua"
local doc = require "galua.doc"
local C = galua.spectrum
local windows = require "galua.spectrum.windows"

local M = {}

-- options of a spectrum -> options of spectrum.attach: lines = { wave = {...}, sd = } flattened
local function attach(obs, given)
  local o = {}
  if type(given) == "string" then given = { file = given } end
  for k, v in pairs(given) do o[k] = v end
  local m = rawget(o, "mask")
  if type(m) == "table" then -- true masks, as 1 does
    local numbers = {}
    for i, v in ipairs(m) do numbers[i] = v == true and 1 or v == false and 0 or v end
    o.mask = numbers
  end
  local l = rawget(o, "lines")
  if l ~= nil then
    o.lines = nil
    l = galua.options("spectrum: lines", l, { wave = ":any", sd = ":any" })
    if not l.wave then galua.fail("spectrum: lines needs wave, the rest wavelengths [A, vacuum]") end
    local n, sd = #l.wave, {}
    for i = 1, n do
      sd[i] = math.huge
      if type(l.sd) == "number" then sd[i] = l.sd elseif l.sd ~= nil then sd[i] = l.sd[i] end
    end
    o.line_wave, o.line_sd = l.wave, sd
  end
  return C.attach(obs, o)
end

local function obs_spectrum(self, given)
  if given == nil then return C.data(self) end
  if type(given) ~= "table" and type(given) ~= "string" then
    galua.fail("observation:spectrum: expected a table of options or a file name, got a %s", type(given))
  end
  return attach(self, given)
end

-- all of them, in the order given and by name
local function obs_spectra(self, given)
  if given ~= nil then
    galua.expect("observation:spectra", 1, given, "table")
    local names = {}
    for name in pairs(given) do if type(name) == "string" then names[#names + 1] = name end end
    table.sort(names)
    if #names > 0 and #given > 0 then galua.fail("observation:spectra: expected spectra by name, { blue = {...}, red = {...} }, or a list of them") end
    for _, s in ipairs(given) do
      if #given > 1 and (type(s) ~= "table" or not s.name) then
        galua.fail("observation:spectra: of several spectra each needs a name: { blue = {...}, red = {...} }")
      end
      obs_spectrum(self, s)
    end
    for _, name in ipairs(names) do
      local o, s = { name = name }, given[name]
      if type(s) == "string" then s = { file = s } end
      if type(s) ~= "table" then galua.fail("observation:spectra: %s must be a table of options or a file name, got a %s", name, type(s)) end
      for k, v in pairs(s) do o[k] = v end
      obs_spectrum(self, o)
    end
    return self
  end
  local out = {}
  repeat
    local d = C.data(self, #out + 1)
    out[#out + 1] = d
    if d and d.name ~= "" then out[d.name] = d end
  until not d
  return out
end

local function sorted(given)
  galua.expect("observation:lines, :indices", 1, given, "table")
  local names = {}
  for name in pairs(given) do names[#names + 1] = name end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  return names
end

local function pair_of(fn, name, v, last)
  if type(v) ~= "table" or type(v[1]) ~= "number" or type(v[2]) ~= "number" then
    galua.fail("observation:%s: %s must be { value, err%s }", fn, tostring(name), last or "")
  end
  return v[1], v[2]
end

local function obs_indices(self, given, how)
  if given == nil then return C.index_data(self) end
  local o = galua.options("observation:indices", how, { lick = true })
  for _, name in ipairs(sorted(given)) do
    local v = given[name]
    local value, err = pair_of("indices", name, v)
    local index = name
    if v.blue then
      index = { name = name }
      for _, k in ipairs { "kind", "line", "blue", "red", "air" } do index[k] = v[k] end
    end
    C.add_index(self, index, value, err, o.lick)
  end
  return self
end

local function obs_ew(self, given)
  for _, name in ipairs(sorted(given)) do
    local v = given[name]
    local value, err = pair_of("ew", name, v)
    local what = v.line and { name = name, line = v.line, blue = v.blue, red = v.red } or name
    C.add_index(self, windows("observation:ew", what), value, err, false)
  end
  return self
end

local function obs_lines(self, given)
  if given == nil then return C.line_data(self) end
  for _, name in ipairs(sorted(given)) do
    local v = given[name]
    local value, err = pair_of("lines", name, v, " [, 'limit']")
    if v[3] ~= nil and v[3] ~= "limit" then galua.fail("observation:lines: %s: '%s' is not 'limit'", tostring(name), tostring(v[3])) end
    C.add_line(self, name, value, err, v[3] == "limit")
  end
  return self
end

local function obs_measure(self, kind, given)
  galua.expect("observation:measure", 1, kind, "string")
  galua.expect("observation:measure", 2, given, "table")
  C.add_measure(self, kind, given)
  return self
end
local function obs_measures(self) return C.measure_data(self) end

local function obs_data(self, kind, given)
  if kind == nil then return C.data_sets(self) end
  galua.expect("observation:data", 1, kind, "string")
  galua.expect("observation:data", 2, given, "table")
  C.add_data(self, kind, given)
  return self
end

-- what o:measure() and o:data() take, as text
local function kinds(classes, none)
  local lines = {}
  for _, c in ipairs(classes) do
    local args = {}
    for _, o in ipairs(c.options) do args[#args + 1] = ("%s (%s)"):format(o.name, o.doc) end
    lines[#lines + 1] = ("%s%s: %s Options: %s."):format(c.name, none and "" or (" [%s]"):format(c.unit), c.doc, table.concat(args, ", "))
  end
  return #lines > 0 and table.concat(lines, "\n") or none
end

function M.extend(class)
  class.spectrum, class.indices, class.ew, class.lines, class.spectra = obs_spectrum, obs_indices, obs_ew, obs_lines, obs_spectra
  class.measure, class.measures, class.data = obs_measure, obs_measures, obs_data
  doc.text("observation.measure", obs_measure, [[measure(kind, { value =, err =, ... }) -> observation
A measured number of another kind, fitted beside the bands; any number of each.
]] .. kinds(C.measure_classes()) .. [[

@param value what was measured
@param err its error, 1 sigma
@param limit (false) value is an upper limit
@param name (kind and options) what it is called; two need two names
@example o:measure("part", { band = "WISE.W1", component = "AGN", value = 0.3, err = 0.02 })]])
  doc.text("observation.data", obs_data, [[data(kind, { ... }) -> observation      data() -> list
A set of data of another kind, with a likelihood of its own, fitted beside the others; any number of each. Or those there are: class, name, options.
]] .. kinds(C.data_classes(), "There is none in this program: a class of galua/data.h adds one.") .. [[

@param name (the kind) what it is called; two need two names]])
  doc.text("observation.measures", obs_measures, [[measures() -> list
The numbers that measure() gave: class, name, value, err, limit, unit, options.]])
  doc.text("observation.spectrum", obs_spectrum, [[spectrum{ wave =, flux =, err =, ... } -> observation      spectrum(file)      spectrum() -> table or nil
Gives the observation a spectrum, or returns the first it has (fields name, wave, lo, hi, flux, err [mJy], mask, fwhm, calibration). Another one
needs a name, and so does the first then; one of the same name replaces it.
@param name ("") what it is called: its parameters are spec.NAME.shift ...
@param wave [A] pixel centres, or
@param edges [A] pixel edges
@param file a table with columns wave, flux, err (or ivar, var), mask, R or fwhm, in rows or as vectors of one row, or a one-dimensional
FITS image, instead of the arrays
@param flux mean flux density of the pixels
@param err errors, or
@param ivar inverse variances; 0 masks
@param unit (mJy) of flux and err: F_nu or F_lambda, "1e-17 erg/s/cm2/A"; of a file, where its column has none
@param mask 1 or true where a pixel is NOT used (NumPy's masked arrays; Prospector's is the opposite); of a file: the name of the column
@param bits number of a bit, or a list: only these bits of a file's integer mask count (JWST's DO_NOT_USE: 0); else any does
@param missing a number or list that means no value in a file, -99: such pixels are masked
@param R resolving power, a number or one per pixel
@param fwhm [A] instead of R, one per pixel
@param air (false) wavelengths are air
@param calibration { mode = 'marginalised' | 'profiled' | 'sampled', order = 3, first = 1, kind = 'chebyshev' | 'legendre', sd = 0.1 }
@param lines { wave = {...} [A, vacuum, rest], sd = [erg/s/cm2] }: lines of free flux N(0, sd), marginalised; no sd: flat
@param library (0) resolving power of the SSP spectra; 0: from their spacing; -1: perfect]])
  doc.text("observation.spectra", obs_spectra, [[spectra{ blue = {...}, red = {...} } -> observation      spectra() -> list
Gives the observation several spectra by name, each as for spectrum{} (or a list of them, each with its name), or returns all, a list
that has them by name too. Each has its own instrument, mask, calibration, free lines and noise.
@example o:spectra{ blue = { file = "blue.fits", R = 1500 }, red = { file = "red.fits", R = 2200 } }]])
  doc.text("observation.indices", obs_indices, [[indices{ Hdelta_A = {5.1, 0.3}, ... }[, { lick = true }] -> observation      indices() -> list
Measured spectral indices, { value, err }, fitted beside the bands. One of your own has its bands with it, as for galaxy:index():
{ value, err, kind = "width", line = {lo, hi}, blue = {lo, hi}, red = {lo, hi} }.
@param lick (true) they are on the resolution of the Lick system]])
  doc.text("observation.ew", obs_ew, [[ew{ Halpha = {40, 2}, ... } -> observation
Measured equivalent widths { value, err } [A, rest frame], positive in emission, absorption under the line included, fitted beside the
bands; windows as for galaxy:ew(), or with them: { value, err, line = {lo, hi}, blue = {lo, hi}, red = {lo, hi} }.]])
  doc.text("observation.lines", obs_lines, [[lines{ Halpha = {2e-16, 1e-17}, ["[OII]3727"] = {...} } -> observation      lines() -> list
Measured line fluxes { flux, err } [erg/s/cm2], corrected for the absorption of the stars, not for dust, fitted beside the bands. A
name is one of g:lines(), a blend "Halpha+[NII]", or a doublet "[OII]3727". An upper limit: { limit, err (1 sigma), 'limit' }.]])
end

function M.new(given)
  local o = galua.options("observation", given, { name = "", redshift = ":number", distance = ":number", citation = "", spectrum = ":any", spectra = ":table",
    photometry = ":any", indices = ":table", lick = true, ew = ":table", lines = ":table" })
  local obs
  local file = o.photometry
  if type(file) == "table" and rawget(file, "file") ~= nil then file = file.file end
  if type(file) == "string" then
    local how = {}
    for k, v in pairs(type(o.photometry) == "table" and o.photometry or {}) do if k ~= "file" then how[k] = v end end
    for _, k in ipairs { "redshift", "distance" } do if o[k] ~= nil then how[k] = o[k] end end
    for _, k in ipairs { "name", "citation" } do if o[k] ~= "" then how[k] = o[k] end end
    obs = galua.observation.read(file, how)
  else
    obs = galua.observation.new{ name = o.name, redshift = o.redshift, distance = o.distance, citation = o.citation }
    if o.photometry ~= nil then galua.expect("observation", "photometry", o.photometry, "table|string") end
    for i, r in ipairs(o.photometry or {}) do
      if type(r) ~= "table" or #r < 3 then galua.fail("observation: photometry[%d] must be { band, flux [mJy], err }", i) end
      obs:add(r[1], r[2], r[3], r[4], r[5])
    end
  end
  if o.spectrum and o.spectra then galua.fail("observation: give spectrum or spectra, not both") end
  if o.spectrum then obs_spectrum(obs, o.spectrum) end
  if o.spectra then obs_spectra(obs, o.spectra) end
  if o.indices then obs_indices(obs, o.indices, { lick = o.lick }) end
  if o.ew then obs_ew(obs, o.ew) end
  if o.lines then obs_lines(obs, o.lines) end
  return obs
end

-- what a results file keeps, and back
local arrays = { "raw", "flux", "err", "mask", "line_wave", "line_sd" }
local function store_spectrum(d)
  local out = { calibration = d.calibration, library = d.library, raw_R = d.raw_R, name = d.name ~= "" and d.name or nil }
  d.calibration.sd = d.calibration.sd:totable()
  if d.calibration.mode ~= "marginalised" then d.calibration.sd = nil end
  for _, k in ipairs(arrays) do
    out[k] = {}
    for i, v in ipairs(d[k]:totable()) do out[k][i] = v ~= v and "nan" or v == math.huge and "inf" or v == -math.huge and "-inf" or v end
  end
  return out
end

function M.store(obs)
  local out, list = {}, obs_spectra(obs)
  if #list == 1 then out.spectrum = store_spectrum(list[1]) end
  if #list > 1 then out.spectra = {} end
  for i, d in ipairs(#list > 1 and list or {}) do out.spectra[i] = store_spectrum(d) end
  if #C.index_data(obs) > 0 then out.indices = C.index_data(obs) end
  if #C.line_data(obs) > 0 then out.lines = C.line_data(obs) end
  if #C.measure_data(obs) > 0 then out.measures = C.measure_data(obs) end
  if #C.data_sets(obs) > 0 then out.data = C.data_sets(obs) end
  return next(out) and out or nil
end

local function restore_spectrum(obs, given)
  local o = {}
  for k, v in pairs(given) do o[k] = v end
  for _, k in ipairs(arrays) do
    o[k] = {}
    for i, v in ipairs(given[k]) do o[k][i] = v == "nan" and 0 / 0 or v == "inf" and math.huge or v == "-inf" and -math.huge or v end
  end
  if #o.line_wave == 0 then o.line_wave, o.line_sd = nil, nil end
  C.attach(obs, o)
end

function M.restore(obs, d)
  if d.spectrum then restore_spectrum(obs, d.spectrum) end
  for _, s in ipairs(d.spectra or {}) do restore_spectrum(obs, s) end
  for _, i in ipairs(d.indices or {}) do
    local own = i.kind and { name = i.name, kind = i.kind, line = i.line, blue = i.blue, red = i.red, air = i.air }
    C.add_index(obs, own or i.name, i.value, i.err, i.lick)
  end
  for _, l in ipairs(d.lines or {}) do C.add_line(obs, l.name, l.value, l.err, l.limit) end
  local function without(m)
    local o = {}
    for k, v in pairs(m) do o[k] = v end
    o.class, o.unit = nil, nil
    return o
  end
  for _, m in ipairs(d.measures or {}) do C.add_measure(obs, m.class, without(m)) end
  for _, m in ipairs(d.data or {}) do C.add_data(obs, m.class, without(m)) end
end

return M
