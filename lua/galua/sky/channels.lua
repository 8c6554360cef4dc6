-- sky.channels{...}: a list of channels as files. Each is finished by one rename and known by what it was made of, so a run that was stopped or
-- killed goes on where it was; channels that fit into memory together share one sweep over the pixels.
local galua = require "galua"
local core = require "galua.core"
local json = require "galua.json"
local observe = require "galua.sky.observe"
local M, methods = {}, {}
local mt = { __index = methods }

local known = { "name", "band", "unit", "fwhm", "beam", "coord", "nside", "lmax", "method", "iterations", "tolerance" }
local function check(channels, o)
  local seen = {}
  for i, c in ipairs(channels) do
    if type(c) ~= "table" then galua.fail("sky.channels: channel %d must be a table { name =, band =, fwhm = }, got %s", i, type(c)) end
    for k in pairs(c) do
      local ok = false
      for _, n in ipairs(known) do ok = ok or n == k end
      if not ok then galua.fail("sky.channels: channel %d has no option '%s'%s (known: %s)", i, tostring(k), core.did_you_mean(tostring(k), known), table.concat(known, " ")) end
    end
    if type(c.name) ~= "string" or not c.name:match("^[%w_%-%.%+]+$") then
      galua.fail("sky.channels: channel %d needs a name of letters, digits and _ - . + (it becomes a file name)", i)
    end
    if seen[c.name] then galua.fail("sky.channels: two channels are called '%s'", c.name) end
    seen[c.name] = true
    if type(c.band) == "number" then c.band = galua.band.delta(c.band) end
    if type(c.band) ~= "userdata" then galua.fail("sky.channels: channel '%s' needs a band: band.tophat(90, 110)", c.name) end
    c.unit = c.unit or o.unit
    galua.band.convert(1, c.unit, "K_RJ", 100)
    if c.fwhm and not (type(c.fwhm) == "number" and c.fwhm > 0) then galua.fail("sky.channels: fwhm of '%s' must be a positive number of arcmin", c.name) end
  end
end

function M.create(o)
  local fn = "sky.channels"
  o = galua.options(fn, o, { sky = ":any", channels = ":table", out = ":string", unit = "uK_CMB", coord = ":string", rotate = "all", memory = 2, exact = ":boolean",
    keys = ":table" })
  if type(o.sky) ~= "table" or not o.sky.items then galua.fail("%s: sky is required: sky{ nside =, models = }", fn) end
  if not o.channels or #o.channels == 0 then galua.fail("%s: channels is required, a list of { name =, band =, fwhm = }", fn) end
  if o.rotate ~= "all" and o.rotate ~= "galactic" then galua.fail("%s: rotate must be 'all' or 'galactic', got '%s'", fn, o.rotate) end
  if not (o.memory > 0) then galua.fail("%s: memory must be a positive number of GB, got %g", fn, o.memory) end
  check(o.channels, o)
  return setmetatable(o, mt)
end

-- Numbers of a list or vec, or of a list of them
local numbers
function numbers(t)
  local out = {}
  for i = 1, #t do out[i] = type(t[i]) == "number" and t[i] or numbers(t[i]) end
  return out
end

-- What a channel's map depends on, as text
function methods:describe(c)
  local s, b = self.sky, c.band
  local d = { version = core.versions().galua, channel = c.name, nside = s.nside, models = s:describe(), templates = s.folders and s.folders[1] or "synthetic",
    seed = s.seed, exact = self.exact ~= nil and self.exact or s.exact, tolerance = s.tolerance, compat = s.compat or "", unit = c.unit, fwhm = c.fwhm or 0,
    coord = c.coord or self.coord or "galactic", rotate = self.rotate, out = c.nside or s.nside, lmax = c.lmax or 0,
    analysis = ("%s %s %s"):format(c.method or "auto", tostring(c.iterations), tostring(c.tolerance)), nu = numbers(b.nu), power = numbers(b.power) }
  if c.beam then d.beam = numbers(c.beam) end
  if s:joint() then
    d.joint = {}
    for i, other in ipairs(self.channels) do d.joint[i] = numbers(other.band.nu) end
  end
  return json.encode(d)
end

local function exists(path)
  local f = io.open(path, "rb")
  if f then f:close() end
  return f ~= nil
end

-- done, or not there; a file of something else is an error
function methods:state(c, fresh)
  local path = ("%s/%s.fits"):format(self.out, c.name)
  if fresh or not exists(path) then return false, path end
  local key = galua.sky_core.header(path, "GALHASH")
  if key == core.hash(self:describe(c)) then return true, path end
  galua.fail("sky: %s was made from something else; --fresh writes it again, or choose another folder", path)
end

local function write(self, c, m, path, plan)
  local s, b = self.sky, c.band
  local keys = { GALHASH = core.hash(self:describe(c)), CHANNEL = c.name, FREQ = b.center, BANDWID = b.width, BANDNAME = b.name, FWHM = c.fwhm or 0, MODELS = s:names(),
    GALSEED = s.seed, BANDERR = plan.error, CREATOR = "Galua " .. core.versions().galua,
    TEMPLATE = s.folders and s.folders[1] or "synthetic" }
  for k, v in pairs(self.keys or {}) do keys[k] = v end
  m:write(path, { keys = keys, history = ("made by galua sky\n%s"):format(self:describe(c):gsub("(" .. ("."):rep(70) .. ")", "%1\n")) })
end

-- Smooth work at hand: { list of channels that are swept together }
local function batches(self, todo, ngroups)
  local per = 12 * self.sky.nside ^ 2 * 3 * (self.sky.single and 4 or 8) * ngroups
  local n = math.max(1, math.floor(self.memory * 1e9 / per))
  local list = {}
  for i = 1, #todo, n do
    local b = {}
    for k = i, math.min(#todo, i + n - 1) do b[#b + 1] = todo[k] end
    list[#list + 1] = b
  end
  return list
end

function methods:run(o)
  o = galua.options("channels:run", o, { fresh = false, progress = true })
  if not self.out then galua.fail("sky.channels: out, a folder, is required") end
  os.execute(("mkdir -p '%s'"):format((self.out:gsub("'", "'\\''"))))
  local s, todo, bands, units, start = self.sky, {}, {}, {}, galua.clock()
  local count = { done = 0, made = 0 }
  for i, c in ipairs(self.channels) do
    local done = self:state(c, o.fresh)
    if done then count.done = count.done + 1 else todo[#todo + 1] = i end
    bands[i], units[i] = c.band, c.unit
  end
  local function say(format, ...) if o.progress then io.stderr:write(format:format(...), "\n") end end
  if count.done > 0 then say("%d of %d channels are there already", count.done, #self.channels) end
  if #todo == 0 then return count end
  -- all channels in one plan, whichever are left: draws of decorrelated dust are joint
  local groups, plans = observe.groups(s, self.rotate == "galactic"), {}
  for k, g in ipairs(groups) do plans[k] = s:plan(bands, units, { exact = self.exact ~= nil and self.exact or s.exact, group = g }) end
  for _, batch in ipairs(batches(self, todo, #groups)) do
    local maps = {}
    for k = 1, #groups do
      maps[k] = {}
      for i = 1, #self.channels do maps[k][i] = false end
      for _, i in ipairs(batch) do maps[k][i] = galua.sky_core.new_map(s.nside, 3, s.single, units[i]) end
      local last
      plans[k]:run{ maps = maps[k], progress = o.progress and function(f)
        local percent = math.floor(100 * f)
        if percent ~= last then io.stderr:write(("\r%d channels in one sweep: %d %%"):format(#batch, percent)) end
        last = percent
      end or nil }
      if last then io.stderr:write("\r", (" "):rep(60), "\r") end
    end
    for _, i in ipairs(batch) do
      local c, list = self.channels[i], {}
      for k = 1, #groups do list[k], maps[k][i] = maps[k][i], nil end
      local path = ("%s/%s.fits"):format(self.out, c.name)
      for _, x in ipairs(list) do x.synthetic = s.made_up or false end
      observe.remark(s, c)
      local m = observe.finish(groups, list, setmetatable({ coord = c.coord or self.coord }, { __index = c }))
      write(self, c, m, path, plans[1])
      count.made = count.made + 1
      local st = m:stats(1)
      say("%-12s %7.1f GHz  I rms %10.4g %-8s %s   %d of %d, %.1f s", c.name, c.band.center, st.rms, c.unit, path, count.done + count.made, #self.channels, galua.clock() - start)
      m, list = nil, nil
      collectgarbage()
    end
  end
  return count
end

mt.__tostring = function(self)
  return ("%s   %d channels -> %s"):format(tostring(self.sky), #self.channels, self.out or "?")
end

function M.is(x) return getmetatable(x) == mt end

return M
