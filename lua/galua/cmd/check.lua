-- galua check: is this installation whole? Libraries, data files, threads, optional programs; each problem with its fix.
local core = require "galua.core"
local galua = core.galua
local ffi = require "ffi"

local usage = "usage: galua check [--quiet]      libraries, data files, threads, optional parts; status 1 when a part is broken"

local function declare(text) pcall(ffi.cdef, text) end
declare "extern const char *gsl_version; extern const char *rl_library_version;"
declare "int H5get_libversion(unsigned *, unsigned *, unsigned *); float ffvers(float *); unsigned XXH_versionNumber(void);"

local function version_of(get)
  local ok, text = pcall(get)
  return ok and text or nil
end

local libraries = {
  { "LuaJIT", function() return core.versions().luajit:gsub("^LuaJIT ", "") .. (jit.status() and "" or " (compiler off)") end },
  { "GSL", function() return ffi.string(ffi.C.gsl_version) end },
  { "HDF5", function()
    local v = ffi.new("unsigned[3]")
    ffi.C.H5get_libversion(v, v + 1, v + 2)
    return ("%d.%d.%d"):format(v[0], v[1], v[2])
  end },
  { "cfitsio", function() return ("%.2f"):format(ffi.C.ffvers(ffi.new("float[1]"))) end },
  { "readline", function() return ffi.string(ffi.C.rl_library_version) end },
  { "xxhash", function()
    local n = ffi.C.XXH_versionNumber()
    return ("%d.%d.%d"):format(n / 10000, n / 100 % 100, n % 100)
  end },
}

-- Data files the program needs, and what makes them
local data_files = {
  { "ssp/bc03.h5", "make, or reinstall" },
  { "ssp/synthesised.h5", "make data" },
  { "filters.h5", "make, or reinstall" },
}

local function first_line(command)
  local pipe = io.popen(command .. " 2>/dev/null")
  local line = pipe and pipe:read("*l")
  if pipe then pipe:close() end
  return line
end

local function main(args)
  local quiet, broken = false, 0
  for _, a in ipairs(args) do
    if a == "--help" or a == "-h" then
      print(usage)
      return 0
    elseif a == "--quiet" then
      quiet = true
    else
      return require("galua.cmd").usage("check: unknown option '%s'%s", a, core.did_you_mean(a, { "--quiet", "--help" }))
    end
  end
  local function row(state, name, text, fix)
    if state == "BROKEN" then broken = broken + 1 end
    if not quiet or state == "BROKEN" then
      print(("%-7s %-16s %s%s"):format(state, name, text, fix and ("; fix: " .. fix) or ""))
    end
  end

  row("ok", "Galua", galua.version)
  local library = core.library()
  row("ok", "Lua library", library == "" and "compiled into the program" or core.realpath(library) or library)
  for _, l in ipairs(libraries) do
    local v = version_of(l[2])
    row(v and "ok" or "BROKEN", l[1], v or "not usable", not v and "make deps, then make" or nil)
  end

  -- vectors: the C layout and the one Lua sees are one text; a round trip proves the ABI
  local ok, sum = pcall(function() return galua.linspace(0, 1, 101):sum() end)
  row(ok and math.abs(sum - 50.5) < 1e-12 and "ok" or "BROKEN", "vectors", ok and "sum of 0 .. 1 in 101 steps = " .. sum or
    tostring(sum), not ok and "make clean; make" or nil)

  for _, d in ipairs(data_files) do
    local path = core.data_path(d[1])
    local opened, hash = pcall(core.hash_file, path or "")
    if not path then
      row("BROKEN", d[1], "not found", d[2] .. ", or set GALUA_DATA to its folder")
    elseif not opened then
      row("BROKEN", d[1], tostring(hash), d[2])
    else
      row("ok", d[1], ("%s (%s)"):format(core.realpath(path), hash:sub(1, 12)))
    end
  end

  local processors = tonumber(first_line("nproc")) or galua.threads()
  row("ok", "threads", ("%d of %d processors"):format(galua.threads(), processors))

  -- optional parts: absent is no fault
  local cairo = pcall(ffi.load, "libcairo.so.2")
  row(cairo and "ok" or "absent", "cairo", cairo and "figures as PDF and PNG" or "figures only as SVG and in the terminal",
    not cairo and "apt-get install libcairo2" or nil)
  local mpi = first_line("command -v mpirun")
  row(mpi and "ok" or "absent", "MPI", mpi or "no mpirun: catalogues run on one machine",
    not mpi and "apt-get install openmpi-bin libopenmpi-dev" or nil)
  local gpu = first_line("nvidia-smi --query-gpu=name --format=csv,noheader")
  row(gpu and "ok" or "absent", "GPU", gpu or "no NVIDIA device seen")

  if broken > 0 then
    io.stdout:flush()
    io.stderr:write(("galua: check: %d part%s broken\n"):format(broken, broken == 1 and " is" or "s are"))
    return 1
  end
  return 0
end

return { main = main, summary = "self-check of this installation: libraries, data files, threads, optional parts" }
