-- What runs in the Lua states of workers: one state per thread's workspace, with the standard libraries and nothing of the user's but
-- the functions shipped to it (lua/galua/ship.lua). Loaded by src/lua/kit/worker.c; it must not require other galua modules.
local ffi = require "ffi"
local M = {}

-- Called once by a worker's state.
function M.close_globals()
  setmetatable(_G, { __index = function(_, name)
    error(("global '%s' does not exist where shipped functions run: make it a local of the script"):format(tostring(name)), 2)
  end })
end

local function unhex(s) return (s:gsub("%x%x", function(h) return string.char(tonumber(h, 16)) end)) end

local function library(path)
  local v = _G
  for name in path:gmatch("[^.]+") do
    local field = rawget(v, name)
    if field == nil then field = v ~= _G and v[name] or require(name) end
    v = field
  end
  return v
end

-- The function that ship.pack made text of.
function M.unpack(text)
  local packed = assert(loadstring(text, "=shipped"))()
  local fn = {}
  for i, f in ipairs(packed.functions) do fn[i] = assert(loadstring(unhex(f.code))) end
  for i, f in ipairs(packed.functions) do
    for k, up in ipairs(f.up) do
      local value = up.v
      if up.f then value = fn[up.f] elseif up.lib then value = library(up.lib) end
      debug.setupvalue(fn[i], k, value)
    end
  end
  return fn[1], packed
end

local doubles = ffi.typeof("double *")

local function named(names, what)
  local t, known = {}, {}
  for _, n in ipairs(names) do known[n], t[n] = true, 0 end
  return setmetatable(t, { __index = function(_, k)
    error(("no %s '%s' (known: %s)"):format(what, tostring(k), table.concat(names, " ")), 2)
  end })
end

-- f(lambda, p, v) over n wavelengths -> out[n]. p: parameters by name; v: the state of the galaxy by name.
function M.component(f, packed)
  local names, view = packed.names, packed.view
  local p, v = named(names, "parameter"), named(view, "quantity")
  return function(wave, par, state, out, n)
    wave, par, state, out = ffi.cast(doubles, wave), ffi.cast(doubles, par), ffi.cast(doubles, state), ffi.cast(doubles, out)
    for i = 1, #names do p[names[i]] = par[i - 1] end
    for i = 1, #view do v[view[i]] = state[i - 1] end
    for k = 0, n - 1 do out[k] = f(wave[k], p, v) end
  end
end

-- f(nu, p, polarised) over n pixels -> out[n]. head: nu, polarised or not; then an array for each parameter.
function M.emission(f, packed)
  local names = packed.names
  local p = named(names, "parameter")
  local a, b, c, d = names[1], names[2], names[3], names[4]
  return function(head, out, ...)
    local par, n = { ... }, nil
    n = par[#par]
    head, out = ffi.cast(doubles, head), ffi.cast(doubles, out)
    local nu, polarised = head[0], head[1] ~= 0
    local pa, pb = ffi.cast(doubles, a and par[1] or out), ffi.cast(doubles, b and par[2] or out)
    local pc, pd = ffi.cast(doubles, c and par[3] or out), ffi.cast(doubles, d and par[4] or out)
    for k = 0, n - 1 do
      if a then p[a] = pa[k] end
      if b then p[b] = pb[k] end
      if c then p[c] = pc[k] end
      if d then p[d] = pd[k] end
      out[k] = f(nu, p, polarised)
    end
  end
end

-- f(model_flux, obs) -> ln L. model_flux: list of fluxes [mJy]; obs: the observation as plain data, rows() as of the handle.
function M.likelihood(f, packed)
  local given = packed.obs
  local rows, obs = given.rows, { flux = {}, err = {}, name = given.name, redshift = given.redshift, distance = given.distance }
  for i, r in ipairs(rows) do obs.flux[i], obs.err[i] = r.flux, r.err end
  function obs.rows() return rows end
  setmetatable(obs, { __index = function(_, k)
    if k == "redshift" or k == "distance" then return nil end
    error(("an observation has no '%s' in a likelihood (known: flux err rows() name redshift distance)"):format(tostring(k)), 2)
  end })
  local n, m = #rows, {}
  return function(flux, out)
    flux, out = ffi.cast(doubles, flux), ffi.cast(doubles, out)
    for i = 1, n do m[i] = flux[i - 1] end
    local v = f(m, obs)
    if type(v) ~= "number" then error(("the function must return ln L, a number, got %s"):format(type(v)), 0) end
    out[0] = v
  end
end

-- Tied parameters: f{} is a table name = function(p) or name of another parameter. p["ism.N_MC"] is the value of a parameter, of a tied one
-- too: those are worked out when they are asked for.
function M.tie(f, packed)
  local tied, index, known, busy, theta = f({}), {}, {}, {}, nil
  for i, name in ipairs(packed.names) do index[name] = i - 1 end
  local p = {}
  local function value(name)
    local i = index[name]
    if not i then error(("tie: this galaxy has no parameter '%s'"):format(tostring(name)), 0) end
    local rule = tied[name]
    if rule == nil or known[name] then return theta[i] end
    if busy[name] then error(("tie: '%s' follows from itself"):format(name), 0) end
    busy[name] = true
    local v
    if type(rule) == "string" then v = value(rule) else v = rule(p) end
    busy[name] = nil
    if type(v) ~= "number" then error(("tie: the function of '%s' must return a number, got %s"):format(name, type(v)), 0) end
    theta[i], known[name] = v, true
    return v
  end
  setmetatable(p, { __index = function(_, name) return value(name) end,
    __newindex = function(_, name) error(("tie: p['%s'] cannot be set: return the value"):format(tostring(name)), 2) end })
  local list = packed.tied
  return function(pointer)
    theta = ffi.cast(doubles, pointer)
    for i = 1, #list do known[list[i]], busy[list[i]] = nil, nil end
    for i = 1, #list do value(list[i]) end
  end
end

-- Positions as moves see them: x[1] .. x[#x], others[1] .. others[#others] of them; to be read only.
ffi.cdef [[
typedef struct { const double *p; int n; } galua_point;
typedef struct { const double *p; int n, d; } galua_points;
typedef struct { void *r; double (*uniform_)(void *), (*normal_)(void *); uint64_t (*below_)(void *, uint64_t); } galua_stream;
]]
local function outside(k, n) error(("index %s is not in 1 .. %d"):format(tostring(k), n), 3) end
local point = ffi.metatype("galua_point", {
  __len = function(s) return s.n end,
  __index = function(s, k)
    if not (type(k) == "number" and k >= 1 and k <= s.n and k == math.floor(k)) then outside(k, s.n) end
    return s.p[k - 1]
  end,
})
local points = ffi.metatype("galua_points", {
  __len = function(s) return s.n end,
  __index = function(s, j)
    if not (type(j) == "number" and j >= 1 and j <= s.n and j == math.floor(j)) then outside(j, s.n) end
    return point(s.p + (j - 1) * s.d, s.d)
  end,
})
local rng = {}
function rng:uniform() return self.uniform_(self.r) end
function rng:normal() return self.normal_(self.r) end
function rng:integer(n)
  if not (type(n) == "number" and n >= 1 and n <= 2 ^ 53 and n == math.floor(n)) then
    error("rng:integer(n): n must be a whole number, 1 or more, got " .. tostring(n), 2)
  end
  return 1 + tonumber(self.below_(self.r, n))
end
local stream = ffi.metatype("galua_stream", { __index = rng })
local functions = ffi.typeof "struct { double (*uniform)(void *), (*normal)(void *); uint64_t (*below)(void *, uint64_t); } *"

-- y[, ln q] = f(x, others, rng, step)
function M.move(f)
  return function(x, others, size, out, q, r, numbers)
    x, others, size, out, q = ffi.cast(doubles, x), ffi.cast(doubles, others), ffi.cast(doubles, size), ffi.cast(doubles, out),
      ffi.cast(doubles, q)
    numbers = ffi.cast(functions, numbers)
    local d = size[0]
    local y, lnq = f(point(x, d), points(others, size[1], d), stream(r, numbers.uniform, numbers.normal, numbers.below), size[2])
    if type(y) ~= "table" and not ffi.istype(point, y) or #y ~= d then
      error(("the function must return a list of %d coordinates, got %s"):format(d, type(y) == "table" and #y .. " of them" or type(y)), 0)
    end
    for k = 1, d do
      if type(y[k]) ~= "number" then error(("coordinate %d that the function returned is a %s"):format(k, type(y[k])), 0) end
      out[k - 1] = y[k]
    end
    if lnq ~= nil then
      if type(lnq) ~= "number" then error(("the function's second result, ln of the factor, is a %s"):format(type(lnq)), 0) end
      q[0] = lnq
    end
  end
end

return M
