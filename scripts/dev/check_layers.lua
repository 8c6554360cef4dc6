-- check_layers.lua: no file of src/ includes what lies on a higher floor (docs/developer.md, "The house"). Run from the top
-- folder with luajit or galua; prints the offending lines and fails.
local floor = {
  base = 0, num = 1, io = 2, astro = 3, ssp = 3, sfh = 3, stars = 3, csp = 4, dust = 4, component = 4, spec = 4, sky = 4, model = 5, infer = 5, fit = 6,
  run = 7, lua = 8, repl = 9,
}
-- public headers belong to the floor of the folder that implements them
local header = {
  base = 0, rng = 0, num = 1, gp = 1, const = 1, table = 2, units = 2, h5 = 2, filter = 3, cosmo = 3, ssp = 3, sfh = 3, stars = 3, csp = 4,
  dust = 4, compat = 3, component = 4, spec = 4, sky = 4, spectrum = 6, param = 5, model = 5, target = 5, infer = 5, sampler = 5, prior = 5, fit = 6, observation = 6, queue = 7, ffi = 8,
}
local may_use = { infer = { base = true, num = true, io = true, infer = true } } -- the inference engine knows no galaxy
local bad = 0
local function complain(path, line, text)
  bad = bad + 1
  io.stderr:write(("%s:%d: %s\n"):format(path, line, text))
end

local list = io.popen("find src -name '*.c' -o -name '*.h' | sort")
for path in list:lines() do
  local folder = path:match("^src/([^/]+)/")
  local mine = floor[folder]
  if not mine then complain(path, 1, "folder src/" .. folder .. " has no floor in scripts/dev/check_layers.lua") end
  local n = 0
  for text in io.lines(path) do
    n = n + 1
    local inc = text:match('^%s*#%s*include%s*["<]([^">]+)[">]')
    if inc and mine then
      local public = inc:match("^galua/([%w_]+)%.h$")
      local other = inc:match("^([%w_]+)/[%w_]+%.h$")
      if public then
        local theirs = header[public]
        if theirs and theirs > mine then
          complain(path, n, ("floor %d includes galua/%s.h of floor %d"):format(mine, public, theirs))
        end
        if folder == "infer" and theirs and theirs > 2 and theirs < 5 then
          complain(path, n, ("infer knows no galaxy: galua/%s.h"):format(public))
        end
      elseif other and floor[other] and other ~= folder then
        if floor[other] >= mine then
          complain(path, n, ("src/%s (floor %d) includes %s (floor %d)"):format(folder, mine, inc, floor[other]))
        end
        if may_use[folder] and not may_use[folder][other] then
          complain(path, n, ("src/%s may not use src/%s"):format(folder, other))
        end
      elseif inc:match("^lua") and (inc:match("^luajit%.h$") or inc:match("^lua%.h$") or inc:match("^lauxlib")) and mine < 8 then
        complain(path, n, "lua.h below floor 8")
      end
    end
    if mine and mine < 8 and (text:match("[^%w_s]printf%s*%(") or text:match("[^%w_]puts%s*%(")) and not text:match("^%s*[/%*]") then
      complain(path, n, "the library prints nothing to stdout")
    end
  end
end
list:close()
if bad > 0 then
  io.stderr:write(("%d violations of the layers\n"):format(bad))
  os.exit(1)
end
