-- galua catalogue FILE.lua: many sources, described by a Lua file that returns catalogue{...}.
local galua = require "galua"
local core = require "galua.core"
local cmd = require "galua.cmd"

local usage = [[
usage: galua catalogue FILE.lua [options]      FILE.lua ends with `return catalogue{ ... }`
  --out FILE.h5   results (default: FILE.h5); a table goes beside it as FILE.fits
  --fresh         start again instead of going on with what is there
  --dry-run       say what would be done: sources, bands, the first fit
  --lease S       seconds after which the source of a silent worker is given to another (600)
galua --threads N sets the worker processes. Under mpirun -n M, or started again on another machine with the same folder, all work on
the same queue; stopped or killed, the same command goes on.
  galua fit --template --catalogue     prints a file to start from]]

local function exists(path)
  local f = io.open(path, "r")
  if f then f:close() end
  return f ~= nil
end

local function load_file(file)
  if not exists(file) then galua.fail("catalogue: %s: no such file", file) end
  local chunk, err = loadfile(file)
  if not chunk then galua.fail("%s", err) end
  if rawget(_G, "arg") then arg[0] = file end
  local c = chunk()
  if not galua.catalogue.is(c) then galua.fail("%s: must end with `return catalogue{...}`", file) end
  return c
end

local function dry_run(c)
  print(c)
  local total, bands = 0, {}
  for i = 1, c.n do
    for _, r in ipairs(c.data[i]:rows()) do
      if r.kind ~= "ignored" then bands[r.band], total = (bands[r.band] or 0) + 1, total + 1 end
    end
  end
  local names = {}
  for name in pairs(bands) do names[#names + 1] = name end
  table.sort(names)
  print(("  %.1f bands per source; %d bands in all:"):format(total / c.n, #names))
  for _, name in ipairs(names) do print(("    %-24s %6d sources"):format(name, bands[name])) end
  print((c:fit(1)))
end

return {
  summary = "fit many sources: galua catalogue FILE.lua, --dry-run, --fresh; works under mpirun",
  main = function(args)
    local file, out
    local o = {}
    local i = 1
    while i <= #args do
      local a = args[i]
      if a == "--help" then
        print(usage)
        return 0
      elseif a == "--out" or a == "--lease" then
        i = i + 1
        if not args[i] then return cmd.usage("catalogue: %s needs a value", a) end
        if a == "--out" then out = args[i] else o.lease = tonumber(args[i]) end
        if a == "--lease" and not (o.lease and o.lease > 0) then
          return cmd.usage("catalogue: --lease must be a number of seconds, got '%s'", args[i])
        end
      elseif a == "--fresh" or a == "--dry-run" then
        o[a:sub(3)] = true
      elseif a:sub(1, 2) == "--" then
        return cmd.usage("catalogue: unknown option '%s'%s (galua catalogue --help)", a,
          core.did_you_mean(a, { "--out", "--fresh", "--dry-run", "--lease", "--help" }))
      elseif file then
        return cmd.usage("catalogue: one file at a time, got '%s' and '%s'", file, a)
      else
        file = a
      end
      i = i + 1
    end
    if not file then return cmd.usage("catalogue: no FILE.lua given (galua catalogue --help)") end
    local c = load_file(file)
    if o["dry-run"] then
      dry_run(c)
      return 0
    end
    out = out or file:gsub("%.lua$", "") .. ".h5"
    print(c)
    c:run{ out = out, fresh = o.fresh or false, lease = o.lease }
    if c.state ~= "done" then return 1 end
    if c.fits then print(("%d of %d fits accepted by their sampler, %d failed"):format(c.accepted, c.fits, c.count.failed)) end
    if c.path then print(("results: %s, %s"):format(out, (out:gsub("%.h5$", ".fits")))) end
    return c.count.failed > 0 and 1 or 0
  end,
}
