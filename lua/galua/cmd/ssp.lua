-- galua ssp info|convert|make: tables of simple stellar populations.
local galua = require "galua"
local core = require "galua.core"
local cmd = require "galua.cmd"

local usage = [[
usage: galua ssp info FILE...                 what is in a table: axes, IMF, optional tables, provenance, hash
       galua ssp convert FROM TO [--to FORMAT] [--thin R]
                                              between formats; FORMAT galua, dsps, galapy, fits (default: suffix of TO);
                                              --thin: wavelengths at most lambda/R apart, with the error that makes
       galua ssp make [OPTIONS] OUT            synthesise a table from published stellar physics
FROM may be Galua, DSPS or a script's HDF5, GalaPy binary, FITS, pPXF .npz, or a file, folder or pattern of FSPS .out.spec, BC03 .ised or
.ised_ASCII, BPASS spectra-*.dat, Starburst99 .spectrum1, MILES or E-MILES, Maraston 2005 .rhb (one metallicity each).
make: --imf kroupa|chabrier|salpeter|vandokkum   --mlo M  --mhi M  --zmin Z  --zmax Z  --nz N  --nage N  --cache FILE
      --nebular  --logu U or U1,U2,... (an axis)  --fesc F  --fdust F  --postagb]]

local function info(args)
  if #args == 0 then return cmd.usage("ssp info: no FILE given (galua ssp --help)") end
  for i, path in ipairs(args) do
    if i > 1 then print() end
    local s = path == "default" and galua.ssp.default() or galua.ssp.read(path)
    print(s:info())
  end
  return 0
end

-- Bands of the set that both tables cover at rest, as single populations shine through them: { name = flux }
local function measurer(t, bands)
  local g = galua.galaxy{ ssp = t, sfh = galua.sfh.burst{ mass = 1e10 }, ism = false, redshift = 0, distance = 10, logU = t.logu and t.logu[1] or nil }
  return function(Z, age)
    g.age, g.sfh.Z = age, Z
    return g:band_flux(bands), g:derived()
  end
end

-- Largest differences of a thinned table from the whole one: over all metallicities and some twenty ages.
local function judge(whole, thin)
  local first, last, list = whole.wave[1], whole.wave[#whole.wave], {}
  for _, name in ipairs(galua.filter.names()) do
    local f = galua.filters(name)[1]
    if f.wave[1] > math.max(first, 912) and (f.wave[#f.wave] < last or last > 2.4e4) and f.wave[1] < 1e5 then list[#list + 1] = f end
  end
  local worst = { band = { 0 }, Lbol = { 0 }, Q_H = { 0 } }
  local function note(what, d, where)
    if d > worst[what][1] then worst[what] = { d, where } end
  end
  local a, b = measurer(whole, list), measurer(thin, list)
  local step = math.max(1, math.floor(#whole.age / 20))
  for iz = 1, #whole.z do
    for ia = 1, #whole.age, step do
      local Z, age = whole.z[iz], whole.age[ia]
      if age >= 1e5 and age <= 1.3e10 then
        local x, dx = a(Z, age)
        local y, dy = b(Z, age)
        local where = ("Z %g, %.3g yr"):format(Z, age)
        for i, f in ipairs(list) do
          if x[i] > 0 then note("band", math.abs(y[i] / x[i] - 1), f.name .. ", " .. where) end
        end
        note("Lbol", math.abs(dy.Lbol / dx.Lbol - 1), where)
        if dx.Q_H and dx.Q_H > 0 and age < 1e7 then note("Q_H", math.abs(dy.Q_H / dx.Q_H - 1), where) end
      end
    end
  end
  return worst, #list
end

local function convert(args)
  local o, status = cmd.parse("ssp convert", args, { help = usage, files = true, kinds = { to = "text", thin = "number" },
    needs = { to = "a value: galua, dsps, galapy, fits", thin = "a resolution, such as 500" } })
  if not o then return status end
  local files, format = o.files, o.to
  if #files ~= 2 then
    return cmd.usage("ssp convert: expected FROM and TO, got %d file name%s (galua ssp --help)", #files, #files == 1 and "" or "s")
  end
  local s = files[1] == "default" and galua.ssp.default() or galua.ssp.read(files[1])
  local whole = s
  if o.thin then s = whole:thin(o.thin) end
  s:write(files[2], format)
  print(("%s: %d Z x %d ages x %d wavelengths"):format(files[2], #s.z, #s.age, #s.wave))
  if o.thin then
    local worst, n = judge(whole, s)
    print(("largest differences from the %d wavelengths of %s:"):format(#whole.wave, files[1]))
    for _, what in ipairs{ "band", "Lbol", "Q_H" } do
      local w = worst[what]
      print(("  %-12s %.1e%s"):format(what == "band" and ("%d bands"):format(n) or what, w[1], w[2] and "  (" .. w[2] .. ")" or ""))
    end
  end
  return 0
end

-- "-3,-2" -> { -3, -2 }; one number stays a number; nil when there is something else
local function list_of(text)
  local t = {}
  for word in (text or ""):gmatch("[^,]+") do
    local x = tonumber(word)
    if not x then return nil end
    t[#t + 1] = x
  end
  return #t == 1 and t[1] or #t > 1 and t or nil
end

local function make(args)
  local n = "number"
  local o, status = cmd.parse("ssp make", args, { file = "OUT", one = "OUT", help = usage, kinds = { nebular = "flag", postagb = "flag", mlo = n,
    mhi = n, zmin = n, zmax = n, nz = n, nage = n, fesc = n, fdust = n, imf = "text", cache = "text", logu = list_of } })
  if not o then return status end
  local out = o.file
  o.file, o.files, o.threads = nil, nil, nil
  o.progress = true
  local s = galua.ssp.synthesise(o)
  s:write(out)
  print(("%s: %s IMF, %s%d Z x %d ages x %d wavelengths"):format(out, s.imf, s.logu and ("%d logU x "):format(#s.logu) or "", #s.z,
    #s.age, #s.wave))
  return 0
end

local verbs = { info = info, convert = convert, make = make }

return {
  summary = "tables of stellar populations: info, convert, make",
  main = function(args)
    for _, a in ipairs(args) do
      if a == "--help" or a == "-h" then
        print(usage)
        return 0
      end
    end
    local verb = verbs[args[1] or ""]
    if not args[1] then return cmd.usage("ssp: expected info, convert or make (galua ssp --help)") end
    if not verb then return cmd.usage("ssp: no action '%s'%s", args[1], core.did_you_mean(args[1], { "info", "convert", "make" })) end
    return verb({ unpack(args, 2) })
  end,
}
