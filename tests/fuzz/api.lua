-- api.lua SECONDS LOG [SEED]: random calls with hostile arguments of every public function and method that help() lists, for SECONDS and at
-- least CALLS calls. The call at work is written to LOG first: after a crash it is the last line there. Errors are fine; an error of Lua's
-- own, instead of one that names the argument, is listed, and one is too many.
local core = require "galua.core"
local ffi = require "ffi"
local seconds, log_name, seed = tonumber(arg[1]) or 10, arg[2] or os.tmpname(), tonumber(arg[3]) or os.time()
local CALLS = tonumber(os.getenv "GALUA_FUZZ_CALLS") or 100000
math.randomseed(seed)
local stderr, log = io.stderr, assert(io.open(log_name, "w"))
local folder = os.tmpname()
os.remove(folder)
core.mkdirs(folder)
ffi.cdef "int chdir(const char *); unsigned alarm(unsigned);"
local here = core.realpath(".")
local table_of = ssp.synthetic()
if ffi.C.chdir(folder) ~= 0 then error("no private folder") end -- whatever is written is written here

-- what waits for people, processes or minutes, and what is not ours to attack
local left_out = {}
for name in ([[catalogue catalogue:run queue.pool queue:forked queue.remove queue:renew ssp.synthesise ssp.make help apropos timeit threads seed
  validation validation.run part.run sampler.register healpix.ring_weights server explore]]):gmatch("%S+") do left_out[name] = true end

-- ---------------------------------------------------------------- things to call with
local o = observation.new{ name = "mock", redshift = 0.1 }
for i, f in ipairs(filters "SDSS") do o:add(f, i, 0.1 * i) end
local g = galaxy{ ssp = table_of, sfh = sfh.delayed{}, age = 4e9, redshift = 0.1 }
local f = fit{ data = o, model = g, seed = 1, free = { age = prior.loguniform(1e8, 1e10) },
  sampler = sampler.ensemble{ walkers = 8, steps = 20, thin = 1 } }:run{ progress = false }
local handles = { o, g, f, f.target, f.engine, f.sampler, table_of, prior.uniform(0, 1), prior.dirichlet(1, 1, 1), filters("SDSS.g")[1],
  cosmology{ H0 = 70, Om0 = 0.3 }, sfh.delayed{}, attenuation.calzetti{}, vec(3), vec(0), mat(2, 3), galua.noise.calibration{ floor = 0.1 }, f:summary(), g:sed(), g:photometry(filters("SDSS")) }
local skies = sky{ nside = 4, models = { "d1", "s1" } }
for _, h in ipairs{ skies, skies:emission(100, "uK_CMB"), healpix.alm(4, 3), band.tophat(90, 110), skies:detectors({ band.tophat(90, 110), band.tophat(91, 111) }, "uK_CMB") } do
  handles[#handles + 1] = h
end
local ring = {}
ring[1], ring.x = ring, ring
local deep = {}
do
  local t = deep
  for _ = 1, 300 do t[1] = {} t = t[1] end
end
local hostile = setmetatable({}, { __index = function() error("from __index", 0) end, __tostring = function() return 5 end })
local plain = { function() return nil end, true, false, 0, 1, -1, 2, 3, 0.5, 0 / 0, math.huge, -math.huge, 2 ^ 31, -2 ^ 31, 2 ^ 53, 1e300, 1e-300, 5500, "",
  "x", "y/z", "a\0b", "\27[2J", ("long"):rep(3000), "%s%n", "SDSS.g", "age", ring, deep, hostile, print, function() error("mine") end,
  coroutine.create(function() end), io.stdout, 5LL, ffi.new("double[4]"), newproxy and newproxy(true) or false }
local nothing = plain[1]
local function pick(t) return t[math.random(#t)] end
local value
local function list(depth)
  local t = {}
  for i = 1, pick{ 0, 1, 2, 3, 8 } do t[i] = value(depth + 1) end
  return t
end
local function numbers()
  local t = {}
  for i = 1, pick{ 0, 1, 2, 3, 5, 40 } do t[i] = pick{ 0, 1, -1, 0.5, i, 1e300, 0 / 0, math.huge } end
  return t
end
value = function(depth)
  local k = math.random(10)
  if k <= 5 or depth > 2 then
    local v = pick(plain)
    if v == nothing then return nil end
    return v
  elseif k == 6 then return pick(handles)
  elseif k == 7 then return list(depth)
  elseif k == 8 then return numbers()
  elseif k == 9 then return vec(numbers())
  end
  return { [pick{ "x", "name", "values", "kind", "n", "path", "age" }] = value(depth + 1) }
end
local function options(doc)
  local t = {}
  for name in doc:gmatch("@param ([%w_]+)") do
    if math.random(3) == 1 then
      t[name] = value(1)
      -- what asks for long work gets it in small numbers
      if type(t[name]) == "number" and t[name] > 50 then t[name] = pick{ 0, 1, 3, 0.5, -1 } end
    end
  end
  return t
end

-- Arguments of sky{} that are mostly right: presets, rows of laws, bands; small maps
local laws, presets = sky.laws(), sky.presets()
local function some(v) return math.random(25) == 1 and value(1) or v end
local function band_of()
  return pick{ 100, 353, 1, 1e4, band.tophat(90, 110), band.tophat(25, 35, { points = 3 }), band.delta(143), band.table({ 10, 20, 40 }, { 1, 0, 2 }) }
end
local function row_of()
  local l, r = pick(laws), { par = {}, opt = {} }
  r.law = some(l.name)
  for _, p in ipairs(l.par) do r.par[p.name] = some(pick{ 1, 20, -3, 0, vec(12) + 20, healpix.map{ nside = 1, values = 20, unit = "K" } }) end
  for _, p in ipairs(l.opt) do r.opt[p.name] = some(pick{ 353, 23, 0.4, 5, 1 }) end
  r[pick{ "I", "Q", "IQU" }] = some(pick{ 1, vec(12) + 1, healpix.map{ nside = 1, ncomp = 3, unit = "uK_RJ" }, "none.fits" })
  r.I = r.I or some(1)
  r.unit, r.beam = some(pick{ "uK_RJ", "MJy/sr", "uK_CMB", "" }), math.random(4) == 1 and some(60) or nil
  local made = {
    nodes = { nu = { 10, 20 }, maps = { 1, healpix.map{ nside = 1, values = 2, unit = "uK_RJ" } }, spt = true },
    catalogue = { theta = { 1, 2 }, phi = { 0, 1 }, flux = mat{ { 1, 2 } }, polflux = mat{ { 1, 0 } }, angle = { 0, 1 }, fwhm = 60 },
    along = { along = { 1, 2 }, fraction = 0.1 }, co = { lines = { 115.271 }, template = "co/HFI_CompMap_CO.fits" }, hd17 = { u = 0.2 },
    dipole = { amplitude = 3e3, T = 2.7, lon = 10, lat = 20, quadrupole = true }, lensed = { spectra = "pysm_2/camb_lenspotentialCls.dat", seed = 3 },
  }
  if math.random(4) == 1 then
    r.make = pick{ "nodes", "catalogue", "along", "co", "dipole", "hd17", "lensed", "none" }
    r.law = ({ nodes = "node", co = "line", hd17 = "hd17", dipole = "cmb", lensed = "cmb" })[r.make] or r.law
    if r.make ~= "along" and r.make ~= "hd17" then r.par, r.opt = nil, nil end
    for k, v in pairs(made[r.make] or {}) do
      if math.random(12) > 1 then r[k] = some(v) end
    end
  end
  return r
end
local function try_sky()
  local o = { nside = some(pick{ 1, 1, 2, 4 }), models = {} }
  for i = 1, math.random(3) do
    o.models[i] = some(pick{ pick(presets), row_of(), { pick(presets), par = { beta = some(1.6) }, unit = some("uK_RJ") }, { row_of(), row_of() } })
  end
  for k, v in pairs{ seed = 3, tolerance = 1e-6, exact = true, stream = true, single = false, compat = "pysm", templates = "." } do
    if math.random(6) == 1 then o[k] = some(v) end
  end
  if type(o.nside) == "number" and o.nside > 8 then o.nside = 8 end
  local s = sky(o)
  handles[#handles > 30 and 30 or #handles + 1] = s
  local how = {}
  for k, v in pairs{ exact = true, single = false, polarised = false, fwhm = 600, coord = "C", rotate = "galactic", nside = 2, lmax = 3, beam = { 1, 0.5 } } do
    if math.random(5) == 1 then how[k] = some(v) end
  end
  local unit = some(pick{ "uK_CMB", "MJy/sr", "K_RJ" })
  local m = s:emission(some(math.random(2) == 1 and band_of() or { band_of(), band_of() }), unit, how)
  if math.random(3) == 1 then s:detectors({ band_of(), band_of(), band_of() }, unit) end
  if math.random(3) == 1 then
    sky.channels{ sky = some(s), out = "channels", channels = { { name = some("a"), band = some(band_of()), fwhm = some(300) } }, rotate = pick{ "all", "galactic" } }:run{ fresh = true, progress = false }
  end
  return tostring(s), tostring(m)
end

-- ---------------------------------------------------------------- what to call
local calls = {}
require("galua.help").load_all() -- lazy parts bring their texts along
for name, doc in pairs(core.docs) do
  if type(name) == "string" and not left_out[name] and not name:match("^benchmark") and not name:match("^test[.]") then
    local class, method = name:match("^([%w_]+):([%w_]+)$")
    if class then
      calls[#calls + 1] = { name = name, doc = type(doc) == "string" and doc or "", class = class, method = method }
    else
      local v = galua
      for part in name:gsub("^galua%.", ""):gmatch("[^.]+") do
        local ok, inner = pcall(function() return v[part] end)
        v = ok and inner or nil
        if v == nil then break end
      end
      if type(v) == "function" or type(v) == "table" and getmetatable(v) and getmetatable(v).__call then
        calls[#calls + 1] = { name = name, doc = type(doc) == "string" and doc or "", f = v }
      end
    end
  end
end
table.sort(calls, function(a, b) return a.name < b.name end)
for _ = 1, math.ceil(#calls / 25) do calls[#calls + 1] = { name = "sky (whole)", doc = "", f = function() return try_sky() end } end
local only = os.getenv "GALUA_FUZZ_ONLY" -- a pattern of names
if only then
  local list = {}
  for _, c in ipairs(calls) do
    if c.name:find(only) then list[#list + 1] = c end
  end
  calls = list
elseif #calls < 100 then error("only " .. #calls .. " public names: the list is not what it was")
end

local function shown(v)
  if type(v) == "string" then return ("%q"):format(#v > 60 and v:sub(1, 60) .. "..." or v):gsub("\n", "\\n") end
  if v == hostile or type(v) == "cdata" then return type(v) end
  if type(v) == "table" and v ~= ring and v ~= deep then
    local out = {}
    for k, x in pairs(v) do
      out[#out + 1] = tostring(k) .. "=" .. (type(x) == "table" and "{..}" or type(x) == "string" and ("%q"):format(x:sub(1, 20)) or type(x) == "number" and tostring(x) or type(x))
      if #out > 8 then break end
    end
    return "{" .. table.concat(out, ",") .. "}"
  end
  local ok, text = pcall(tostring, v)
  return ok and tostring(text):sub(1, 60):gsub("\n", " ") or type(v)
end

local function sink() end
local quiet = setmetatable({ write = function(s) return s end, flush = sink, close = sink, setvbuf = sink }, { __index = function() return sink end })
rawset(_G, "print", sink)
io.stderr = quiet
io.stdout = quiet

local raw, nraw = {}, 0
local function raw_error(e)
  if type(e) ~= "string" then return type(e) ~= "table" and type(e) ~= "userdata" end
  return e:find("attempt to", 1, true) or e:find("bad argument", 1, true) or e:find("expected near", 1, true) or e:find("invalid ", 1, true) and e:find("galua/", 1, true)
    or e:find("cannot convert", 1, true) or e:find("stack overflow", 1, true) or e:find("wrong number", 1, true)
end

local n, start = 0, galua.clock()
while n < CALLS or galua.clock() - start < seconds do
  if galua.clock() - start > 20 * seconds + 60 then break end
  local c = pick(calls)
  local args, count = {}, math.random(0, 4)
  for i = 1, count do args[i] = value(0) end
  if math.random(3) == 1 and c.doc:find("@param", 1, true) then
    args[1], count = options(c.doc), math.max(count, 1)
  end
  local fn, text = c.f, c.name
  if c.class then
    local object = pick(handles)
    local ok, m = pcall(function() return object[c.method] end)
    fn = ok and type(m) == "function" and m or nil
    if fn and math.random(4) > 1 then
      table.insert(args, 1, object)
      count = count + 1
    end
  end
  if fn then
    local words = {}
    for i = 1, count do words[i] = shown(args[i]) end
    log:seek("set", 0)
    log:write(("%d %s(%s)\n"):format(n, text, table.concat(words, ", ")), "----\n")
    log:flush()
    local ok, e = pcall(fn, unpack(args, 1, count))
    n = n + 1
    if not ok and raw_error(e) then
      nraw = nraw + 1
      local r = raw[text]
      raw[text] = r or { n = 0, e = tostring(e):sub(1, 160), call = ("%s(%s)"):format(text, table.concat(words, ", ")):sub(1, 200) }
      raw[text].n = raw[text].n + 1
    end
    if n % 500 == 0 then
      collectgarbage()
      galua.seed(n)
    end
  end
end
ffi.C.chdir(here)
os.execute(("rm -rf '%s'"):format(folder))
local names = {}
for name in pairs(raw) do names[#names + 1] = name end
table.sort(names)
for _, name in ipairs(names) do
  stderr:write(("raw  %-28s %5d  %s\n     %s\n"):format(name, raw[name].n, raw[name].e, raw[name].call))
end
stderr:write(("api: %d calls of %d public functions, seed %d, %d errors of Lua's own in %d functions, no crash\n"):format(n, #calls, seed, nraw, #names))
if nraw > 0 then os.exit(1) end
