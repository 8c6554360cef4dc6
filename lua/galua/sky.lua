-- sky{...}: the microwave sky. Presets are rows of sky/presets.lua, templates come from sky/templates.lua, the sums are in C (galua/sky.h).
local galua = require "galua"
local core = require "galua.core"
local doc = require "galua.doc"
require "galua.vec" -- core.vec_is
local presets = require "galua.sky.presets"
local templates = require "galua.sky.templates"
local own = require "galua.own_methods"
local observe = require "galua.sky.observe"
local check_row = require("galua.sky.row").check
local M, methods = {}, {}
local mt = { __index = function(_, key)
  local method = methods[key]
  if method == nil and not M.internal[key] then
    local list = {}
    for k in pairs(methods) do list[#list + 1] = k end
    galua.fail("a sky has no field or method '%s'%s", tostring(key), core.did_you_mean(tostring(key), list))
  end
  return method
end }
-- what a sky may lack
M.internal = {}
for _, k in ipairs{ "folders", "compat", "stream", "made_up", "coarse", "tables", "grains", "synthetic", "items" } do M.internal[k] = true end
local parts_of = galua.sky_core

local law = {}
for _, l in ipairs(parts_of.laws()) do law[l.name] = l end

local function names(t)
  local list = {}
  for k in pairs(t) do list[#list + 1] = k end
  table.sort(list)
  return list
end

-- Parameters of a law as fields; tables as matrices
local function inputs(s, row, l)
  local par, tables = {}, nil
  for name, ref in pairs(row.par or {}) do
    local known
    for _, p in ipairs(l.par) do known = known or p.name == name end
    if not known then
      local list = {}
      for i, p in ipairs(l.par) do list[i] = p.name end
      galua.fail("sky: law '%s' has no parameter '%s'%s (it has: %s)", l.name, name, core.did_you_mean(name, list), table.concat(list, ", "))
    end
    par[name] = parts_of.is_field(ref) and ref or templates.field(s, row, ref)
  end
  for name, ref in pairs(row.tables or {}) do
    tables = tables or {}
    tables[name] = type(ref) == "string" and templates.table(s, ref) or ref
  end
  return par, tables
end

-- One part of a row that names a law and templates
local function part(s, row, name)
  local l = law[row.law]
  if not l then galua.fail("sky: no emission law '%s'%s (known: %s)", tostring(row.law), core.did_you_mean(tostring(row.law), names(law)), table.concat(names(law), ", ")) end
  local a = row.fields or {}
  if row.IQU then
    for i, c in ipairs{ "I", "Q", "U" } do a[c] = templates.field(s, row, row.IQU, i, l.unit) end
  else
    for _, c in ipairs{ "I", "Q", "U" } do a[c] = a[c] or templates.field(s, row, row[c], 1, l.unit) end
  end
  local par, tables = inputs(s, row, l)
  for o in pairs(row.opt or {}) do
    local known, list = false, {}
    for i, p in ipairs(l.opt) do known, list[i] = known or p.name == o, p.name end
    if not known then galua.fail("sky: law '%s' has no option '%s'%s", l.name, o, core.did_you_mean(o, list)) end
  end
  return parts_of.part{ name = name, law = row.law, I = a.I, Q = a.Q, U = a.U, par = par, opt = row.opt, tables = tables }
end

-- Parts of a row are made when a band first needs them
local function add_row(s, name, row)
  if row[1] then
    for i, r in ipairs(row) do add_row(s, #row > 1 and ("%s.%d"):format(name, i) or name, r) end
    return
  end
  local maker = row.make and require("galua.sky.make." .. row.make)
  local item = { name = name, far = row.far or false, row = row, count = 0, beam = templates.beam(s, row) }
  function item.build()
    if item.parts then return item.parts end
    item.parts = {}
    local function add(r)
      item.count = item.count + 1
      local label = item.count > 1 and ("%s.%d"):format(name, item.count) or name
      item.parts[#item.parts + 1] = { lazy = r.lazy, make = function(self)
        self.part = self.part or r.part or part(s, r, label)
        return self.part
      end }
    end
    if maker then maker(s, setmetatable({ name = name }, { __index = row }), add) else add(row) end
    return item.parts
  end
  s.items[#s.items + 1] = item
end

local function merged(row, change)
  local r = {}
  for k, v in pairs(row) do r[k] = v end
  for k, v in pairs(change) do
    if k ~= 1 then
      if type(v) == "table" and type(r[k]) == "table" and (k == "par" or k == "opt") then
        local t = {}
        for a, b in pairs(r[k]) do t[a] = b end
        for a, b in pairs(v) do t[a] = b end
        v = t
      end
      r[k] = v
    end
  end
  return r
end

local function add_model(s, m)
  if type(m) == "string" then
    local row = presets[m]
    if not row then galua.fail("sky: no preset '%s'%s (known: %s)", m, core.did_you_mean(m, names(presets)), table.concat(names(presets), " ")) end
    return add_row(s, m, row)
  end
  if type(m) ~= "table" then galua.fail("sky: a model is a preset's name or a table, got %s", type(m)) end
  if m.custom then
    s.items[#s.items + 1] = m.custom(s)
  elseif type(m[1]) == "string" then -- { "d1", par = { beta = 1.6 } }: a preset with changes
    local row = presets[m[1]]
    if not row then galua.fail("sky: no preset '%s'%s", m[1], core.did_you_mean(m[1], names(presets))) end
    local rows = merged(row, m)
    if row[1] then
      rows = {}
      for i, r in ipairs(row) do rows[i] = merged(r, m) end
    end
    check_row(rows, m[1])
    add_row(s, m.name or m[1], rows)
  else
    if core.vec_is(m) or not (m.law or m.make or m[1]) then
      galua.fail("sky: a model is a preset's name, { preset, changes }, or { law =, I =, par =, opt = }")
    end
    local name = m.name or m.law or m.make or "model"
    check_row(m, name)
    add_row(s, name, m)
  end
end

local function create(_, o)
  local fn = "sky"
  o = galua.options(fn, o, { nside = ":number", models = ":table", templates = ":any", seed = ":number", tolerance = 1e-8, exact = false, stream = ":boolean",
    compat = ":string", single = true })
  if not o.nside then galua.fail("sky: nside is required: sky{ nside = 64, models = { \"d1\", \"s1\" } }") end
  if not (o.nside >= 1 and o.nside <= 8192 and o.nside == math.floor(o.nside)) then galua.fail("sky: nside must be a whole number in 1 .. 8192, got %.10g", o.nside) end
  if not o.models then galua.fail("sky: models is required, a list: { \"d1\", \"s1\", \"f1\", \"a1\" }") end
  if o.compat and o.compat ~= "pysm" then galua.fail("sky: compat must be \"pysm\", got '%s'", o.compat) end
  if not (o.tolerance > 0 and o.tolerance < 1) then galua.fail("sky: tolerance must lie in 0 .. 1, got %g", o.tolerance) end
  if o.seed and not (o.seed >= 0 and o.seed <= 2 ^ 53 and o.seed == math.floor(o.seed)) then galua.fail("sky: seed must be a whole number from 0, got %.10g", o.seed) end
  local s = { nside = o.nside, npix = 12 * o.nside ^ 2, folders = templates.folders(o.templates), seed = o.seed or 1, exact = o.exact,
    tolerance = o.tolerance, compat = o.compat, single = o.single, items = {}, files = {}, fields = {} }
  s.stream = o.stream
  if s.stream == nil then s.stream = o.nside >= 2048 end
  s.models = {}
  for i, m in ipairs(o.models) do
    add_model(s, m)
    s.models[i] = type(m) == "string" and m or s.items[#s.items].name
  end
  if #s.items == 0 then galua.fail("sky: models is empty") end
  return setmetatable(s, mt)
end

local function is_band(b) return core.class_name(b) == "band" end

local function bands_of(fn, b)
  if is_band(b) then return { b }, true end
  if type(b) == "number" then return { galua.band.delta(b) }, true end
  if type(b) ~= "table" or #b == 0 then galua.fail("%s: a band, a frequency [GHz] or a list of bands is expected", fn) end
  local list = {}
  for i, x in ipairs(b) do
    list[i] = is_band(x) and x or type(x) == "number" and galua.band.delta(x) or galua.fail("%s: element %d of the list is no band", fn, i)
  end
  return list, false
end

-- Does any band look at frequencies between before and after?
local function seen(lazy, bands)
  if not lazy then return true end
  local at, before, after = lazy[1], lazy[2], lazy[3]
  for _, b in ipairs(bands) do
    local nu = b.nu
    for i = 1, #nu do
      local x = nu[i]
      if x > before and x < after or x == at or (before == at and x <= at) or (after == at and x >= at) then return true end
    end
  end
  return false
end

-- Parts that these bands need, of all items or of those of a group (sky/observe.lua)
function methods:parts(bands, group)
  galua.expect("sky:parts", 1, bands, "table")
  if group ~= nil and group ~= false then galua.expect("sky:parts", "2.items", galua.expect("sky:parts", 2, group, "table").items, "table") end
  local list = {}
  for _, item in ipairs(self.items) do
    if not group or group.items[item] then
      for _, p in ipairs(item.build()) do
        if seen(p.lazy, bands) then list[#list + 1] = p:make() end
      end
    end
  end
  return list
end

function methods:plan(bands, unit, o)
  bands = bands_of("sky:plan", bands)
  o = galua.options("sky:plan", o, { exact = self.exact, tolerance = self.tolerance, rank = 0, group = ":table" })
  local units = {}
  for i = 1, #bands do units[i] = type(unit) == "table" and unit[i] or unit end
  return parts_of.plan{ npix = self.npix, parts = self:parts(bands, o.group), bands = bands, units = units, tolerance = o.exact and 0 or o.tolerance,
    rank = o.rank > 0 and o.rank or nil }
end

function methods:emission(band, unit, o)
  local fn = "sky:emission"
  local bands, one = bands_of(fn, band)
  o = galua.options(fn, o, { exact = self.exact, tolerance = self.tolerance, threads = 0, single = self.single, progress = ":function", polarised = true,
    into = ":table", fwhm = ":number", beam = ":any", coord = ":string", rotate = "all", nside = ":number", lmax = ":number" })
  if type(unit) ~= "string" and type(unit) ~= "table" then galua.fail("%s: a unit is required: sky:emission(band, \"uK_CMB\")", fn) end
  if o.rotate ~= "all" and o.rotate ~= "galactic" then galua.fail("%s: rotate must be 'all' or 'galactic', got '%s'", fn, o.rotate) end
  local seen = o.fwhm or o.beam or o.coord or o.nside
  if seen and o.into then galua.fail("%s: into takes maps of the sky's own grid, before beams and rotations", fn) end
  observe.remark(self, o)
  local groups, made = seen and observe.groups(self, o.coord and o.rotate == "galactic") or { false }, {}
  for k, g in ipairs(groups) do
    local plan = self:plan(bands, unit, { exact = o.exact, tolerance = o.tolerance, group = g or nil })
    made[k] = o.into or {}
    for i = 1, #bands do
      made[k][i] = made[k][i] or parts_of.new_map(self.nside, o.polarised and 3 or 1, o.single, type(unit) == "table" and unit[i] or unit)
    end
    plan:run{ maps = made[k], threads = o.threads > 0 and o.threads or nil, progress = o.progress }
  end
  local maps = made[1]
  for i = 1, #bands do
    if seen then
      local list = {}
      for k = 1, #groups do list[k], made[k][i] = made[k][i], false end
      maps[i] = observe.finish(groups, list, o)
    end
    maps[i].synthetic = self.made_up or false
  end
  if one then return maps[1] end
  return maps
end

-- ---------------------------------------------------------------- many detectors
local set = {}
local set_mt = { __index = set, __tostring = function(d) return ("detectors: %d from %d maps, error %.1e of the rms"):format(d.n, d.basis, d.error) end }

function methods:detectors(bands, unit, o)
  local fn = "sky:detectors"
  bands = bands_of(fn, bands)
  o = galua.options(fn, o, { exact = self.exact, tolerance = self.tolerance, rank = 1e-7, threads = 0, single = false, progress = ":function" })
  if type(unit) ~= "string" then galua.fail("%s: a unit is required: sky:detectors(bands, \"uK_CMB\")", fn) end
  local plan = self:plan(bands, unit, { exact = o.exact, tolerance = o.tolerance, rank = o.rank })
  local maps = {}
  for k = 1, plan.basis do maps[k] = parts_of.new_map(self.nside, 3, o.single, unit) end
  plan:run{ maps = maps, basis = true, threads = o.threads > 0 and o.threads or nil, progress = o.progress }
  for k = 1, plan.basis do maps[k].synthetic = self.made_up or false end
  local c, which = plan:coefficients()
  return setmetatable({ n = #bands, basis = plan.basis, error = plan.error, maps = maps, coefficients = c, which = which, unit = unit, nside = self.nside }, set_mt)
end

function set:map(i, o)
  o = galua.options("detectors:map", o, { single = true })
  if not (type(i) == "number" and i >= 1 and i <= self.n and i == math.floor(i)) then galua.fail("detectors:map: detector must be 1 .. %d, got %s", self.n, tostring(i)) end
  local m = parts_of.new_map(self.nside, 3, o.single, self.unit)
  local c = {}
  for k = 1, self.basis do c[k] = self.coefficients:get(i, k) end
  parts_of.combine(m, self.maps, c)
  m.synthetic = self.maps[1].synthetic
  return m
end
own("detectors", set, function(x) return type(x) == "table" and getmetatable(x) == set_mt end)

-- ---------------------------------------------------------------- components of the user's own
function M.component(o)
  local fn = "sky.component"
  if type(o) ~= "table" then galua.fail("%s: expected { name =, I =, params =, function(nu, p) ... end }, got %s", fn, type(o)) end
  local f = o[1]
  if type(f) ~= "function" then galua.fail("%s: a function(nu, p) of the emission is required", fn) end
  for k in pairs(o) do
    if not ({ [1] = 1, name = 1, I = 1, Q = 1, U = 1, IQU = 1, unit = 1, params = 1, far = 1, doc = 1 })[k] then
      galua.fail("%s: unknown option '%s' (known: name I Q U IQU unit params far doc, and the function)", fn, tostring(k))
    end
  end
  local name = o.name or "component"
  return { custom = function(s)
    local item = { name = name, far = o.far or false, beam = 0, row = { code = require("galua.ship").pack(f, fn, {}, true), params = o.params, I = o.I, Q = o.Q, U = o.U, IQU = o.IQU } }
    function item.build()
      if item.parts then return item.parts end
      local row = { unit = o.unit }
      local d = { name = name, params = {}, par = {}, split = debug.getinfo(f, "u").nparams >= 3 }
      for i, c in ipairs{ "I", "Q", "U" } do
        d[c] = o.IQU and templates.field(s, row, o.IQU, i, "uK_RJ") or templates.field(s, row, o[c], 1, "uK_RJ")
      end
      for _, k in ipairs(names(o.params or {})) do
        local p = o.params[k]
        if type(p) ~= "table" then p = { p } end
        for q in pairs(p) do
          if q ~= 1 and q ~= "unit" and q ~= "lo" and q ~= "hi" then galua.fail("%s: parameter '%s' has an unknown field '%s' (known: unit lo hi)", fn, k, tostring(q)) end
        end
        d.params[#d.params + 1] = { name = k, unit = p.unit or "", lo = p.lo, hi = p.hi }
        d.par[k] = templates.field(s, row, p[1]) or galua.fail("%s: parameter '%s' needs a value, a number or a map", fn, k)
      end
      local list = {}
      for i, p in ipairs(d.params) do list[i] = p.name end
      d.shipped = require("galua.ship").pack(f, fn, { names = list })
      local p = parts_of.custom(d)
      item.parts = { { make = function() return p end } }
      return item.parts
    end
    return item
  end }
end

-- ---------------------------------------------------------------- many channels
function M.channels(o) return require("galua.sky.channels").create(o) end

-- Models as plain data, for headers and fingerprints; maps by their size alone
local function plain(v, depth)
  local t = type(v)
  if t == "number" or t == "string" or t == "boolean" then return v end
  if t == "table" and depth < 6 and not core.vec_is(v) then
    local out = {}
    for k, x in pairs(v) do out[tostring(k)] = plain(x, depth + 1) end
    return out
  end
  if t == "userdata" and v.stats then return ("map %.17g %.17g"):format(v:stats(1).mean, v:stats(1).rms) end
  return core.vec_is(v) and ("vec %d"):format(#v) or t
end
function methods:describe()
  local list = {}
  for i, item in ipairs(self.items) do list[i] = { name = item.name, row = plain(item.row or {}, 0) } end
  return list
end
-- Does a channel depend on which others there are?
function methods:joint()
  for _, item in ipairs(self.items) do
    local l = item.row and law[item.row.law]
    if l and l.joint then return true end
  end
  return false
end
function methods:names() return table.concat(self.models, " ") end

-- ---------------------------------------------------------------- lists
function M.presets() return names(presets) end
function M.preset(name, row)
  if row == nil then return presets[name] or galua.fail("sky: no preset '%s'%s", tostring(name), core.did_you_mean(tostring(name), names(presets))) end
  if type(name) ~= "string" then galua.fail("sky.preset: expected a name and a row { law =, I =, par =, opt = }") end
  check_row(row, name)
  presets[name] = row
end
function M.laws() return parts_of.laws() end

local function from_files(v, depth)
  if type(v) == "string" then return v:match("%.fits") or v:match("%.h5$") end
  if type(v) ~= "table" or depth > 6 or core.vec_is(v) then return false end
  for _, x in pairs(v) do
    if from_files(x, depth + 1) then return true end
  end
end
mt.__tostring = function(s)
  local synthetic = s.made_up
  for _, item in ipairs(s.items) do synthetic = synthetic or not s.folders and from_files(item.row, 0) end
  return ("sky   nside %d   %s%s"):format(s.nside, table.concat(s.models, " + "), synthetic and "   SYNTHETIC templates" or "")
end

doc.text("sky", M, [[sky{ nside =, models = } -> sky
The microwave sky: components summed, seen through bands. Models are presets of PySM by name (sky.presets()), presets with changes
{ "d1", par = { beta = 1.6 } }, rows { law = "mbb", I = map, par = {...}, opt = {...} } (sky.laws()), or sky.component{...}.
@param nside of all maps
@param models list
@param templates folder with upstream's files (that of $PYSM_LOCAL_DATA; without one a SYNTHETIC sky, seeded and nobody's)
@param seed (1) of the synthetic sky
@param tolerance (1e-8) certified relative error of band integrals that are polynomials
@param exact (false) sums over all frequencies of a band instead
@param stream (true from nside 2048) read files in blocks instead of holding them
@param single (true) maps in single precision; arithmetic is always double
@param compat "pysm": fluxes of catalogues averaged as upstream does (docs/sky.md)
@example s = sky{ nside = 64, models = { "d1", "s1" } }
@example m = s:emission(band.tophat(90, 110), "uK_CMB")]])
doc.text("sky.component", M.component, [[sky.component{ name =, I =, params =, function(nu, p) ... end } -> model
An emission law of your own over parameters of pixels: brightness temperature at nu [GHz] of a template of 1. It runs compiled, in every thread;
what it uses must be local. A third argument tells whether Q and U are asked for, when they differ from I.
@param name label
@param I template [uK_RJ]: a map, a vec, a file, a number; Q, U or IQU as well
@param params ({}) name = map or number, or { map, unit =, lo =, hi = }: up to four
@param unit of templates without one
@example c = sky.component{ name = "grey", I = 10, params = { T = { 20, unit = "K" } }, function(nu, p) return nu / p.T end }]])
doc.text("sky:emission", methods.emission, [[sky:emission(band | list, unit, options) -> map or list of maps
The sum of all components through a band, several bands, or at a frequency [GHz], in K_RJ, K_CMB or Jy/sr with prefixes. One sweep over the pixels.
@param exact sums over the frequencies of a band instead of polynomials (as the sky)
@param tolerance certified relative error of polynomials (as the sky)
@param threads (all) threads
@param single (as the sky) maps in single precision
@param polarised (true) I, Q, U; else I alone
@param fwhm [arcmin] through this beam, as m:smooth; parts whose maps hold a beam already (rg3) through what it lacks
@param beam b_l instead, or { T, E, B }
@param coord coordinates of the result: galactic, ecliptic, equatorial
@param rotate (all) 'all', or 'galactic': extragalactic parts stay where they are
@param nside of the result, by way of the harmonics
@param lmax as in smooth
@param progress function(fraction)
@param into ({}) maps to fill instead of new ones]])
doc.text("sky:detectors", methods.detectors, [[sky:detectors(bands, unit, options) -> detectors
Many bands of one kind: the few maps of which all are linear combinations, d.maps and d.coefficients; d:map(i) is a detector's.
@param rank (1e-7) error of a detector's map over its rms
@param exact as in emission
@param tolerance as in emission
@param threads as in emission
@param progress as in emission
@param single (false) maps in single precision]])
doc.text("sky:plan", methods.plan, [[sky:plan(bands, unit, options) -> plan
How every part is integrated over every band: terms of polynomials and their error. plan:run{ maps = } fills maps.]])
doc.text("sky.channels", M.channels, [[sky.channels{ sky =, channels = { { name =, band =, fwhm = }, ... }, out = } -> channels
Maps of many channels as FITS files in a folder; `galua sky FILE.lua` runs what a file returns, c:run() does it here. Channels that fit into memory
together are made in one sweep; finished ones are kept when a run is stopped, killed or started again.
@param sky sky{...}
@param channels list of { name =, band =, unit =, fwhm = [arcmin], beam = b_l, coord =, nside =, lmax =, method =, iterations =, tolerance = }, the last five as in smooth
@param out folder
@param unit (uK_CMB) of channels without one
@param coord coordinates of the output: galactic, ecliptic, equatorial (as the templates)
@param rotate (all) 'all', or 'galactic': extragalactic parts stay where they are
@param memory [GB] (2) for the maps of a sweep
@param exact sums over frequencies (as the sky)
@param keys more keywords of the headers]])
doc.text("sky.presets", M.presets, "sky.presets() -> list\nNames of all presets.")
doc.text("sky.preset", M.preset, "sky.preset(name[, row]) -> row\nThe row of a preset; with a row: a new one.")
doc.text("sky.laws", M.laws, "sky.laws() -> list\nEmission laws with their parameters and options.")
own("sky", methods, function(x) return type(x) == "table" and getmetatable(x) == mt end)
M.methods = methods
return setmetatable(M, { __call = create })
