-- galua ssp info|convert|make: tables of simple stellar populations.
local galua = require "galua"
local core = require "galua.core"
local cmd = require "galua.cmd"

local usage = [[
usage: galua ssp info FILE...                 what is in a table: axes, IMF, optional tables, provenance, hash
       galua ssp convert FROM TO [--to FORMAT] between formats; FORMAT galua, dsps, galapy, fits (default: suffix of TO)
       galua ssp make [OPTIONS] OUT            synthesise a table from published stellar physics
FROM may be Galua or DSPS HDF5, GalaPy binary, FITS, BC03 .ised_ASCII, or a folder or pattern of BPASS spectra-*.dat or
Maraston 2005 .rhb files (one metallicity each).
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

local function convert(args)
  local o, status = cmd.parse("ssp convert", args, { help = usage, files = true, kinds = { to = "text" }, needs = { to = "a value: galua, dsps, galapy, fits" } })
  if not o then return status end
  local files, format = o.files, o.to
  if #files ~= 2 then
    return cmd.usage("ssp convert: expected FROM and TO, got %d file name%s (galua ssp --help)", #files, #files == 1 and "" or "s")
  end
  local s = files[1] == "default" and galua.ssp.default() or galua.ssp.read(files[1])
  s:write(files[2], format)
  print(("%s: %d Z x %d ages x %d wavelengths"):format(files[2], #s.z, #s.age, #s.wave))
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
