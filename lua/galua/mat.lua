-- Matrices: rows x cols of doubles, row after row. m[i] is a vec that views row i, so m[i][j] reads and writes; in hot loops
-- take the row once, or use m:get(i, j) and m:set(i, j, x), which make no view.
local ffi = require "ffi"
local core = require "galua.core"
local doc = require "galua.doc"
local vec = require "galua.vec"
local C = ffi.C
local raw_vec = ffi.typeof "galua_raw_vec *"
local floor, type = math.floor, type
local mat_t

local function fail(format, ...)
  core.fail("GAL_EINVAL", format:format(...))
end

local function is_mat(x) return ffi.istype(mat_t, x) and not rawequal(x, mat_t) end -- istype takes the ctype itself for one
local function kind(x) return is_mat(x) and "mat" or vec._kind(x) end

local function new(rows, cols)
  local m = mat_t()
  if C.gal_mat_init(m, rows, cols) ~= 0 then core.raise_last() end
  if C.gal_gc_pressure() ~= 0 then
    collectgarbage()
    C.gal_gc_settle()
  end
  return m
end

local function check(m, what, i, n)
  if type(i) ~= "number" then fail("mat: %s must be a number, got %s", what, kind(i)) end
  if not (i >= 1 and i <= n and floor(i) == i) then fail("mat: %s %.10g outside 1 .. %d", what, i, n) end
end

local function line(m, offset, n, stride)
  local v = vec._type()
  local raw = ffi.cast(raw_vec, v)
  raw.data, raw.n, raw.stride = m._data + offset, n, stride
  raw.flags = m._flags
  raw.buf = C.gal_buf_ref(m._buf)
  return v
end

local methods = {}
local mt = {}

function mt.__index(m, i)
  if type(i) == "number" then
    check(m, "row", i, m._rows)
    return line(m, (i - 1) * m._ld, m._cols, 1)
  end
  if i == "rows" then return m._rows elseif i == "cols" then return m._cols end
  local f = methods[i]
  if f then return f end
  local names = {}
  for name in pairs(methods) do names[#names + 1] = name end
  core.fail("GAL_ENOTFOUND", ("mat has no method '%s'%s"):format(tostring(i), core.did_you_mean(tostring(i), names)))
end

function mt.__newindex(m, i, row)
  check(m, "row", i, m._rows)
  if m._flags ~= 0 then fail("mat: read-only view of a table; use m:copy() for your own") end
  row = vec._to_vec(row, "mat", 1)
  if #row ~= m._cols then fail("mat: row %d has %d columns, got %d numbers", i, m._cols, #row) end
  for j = 1, m._cols do m._data[(i - 1) * m._ld + j - 1] = row[j] end
end

function mt.__len(m) return m._rows end
function mt.__tostring(m) return ("mat(%d x %d)"):format(m._rows, m._cols) end
mt.__gc = C.gal_mat_release
mat_t = ffi.metatype("gal_mat", mt)

local function method(name, f, text)
  methods[name] = doc { "mat:" .. name, function(m, ...)
    if not is_mat(m) then fail("mat:%s: call it with a colon on a mat, not on %s", name, kind(m)) end
    return f(m, ...)
  end, text }
end

method("get", function(m, i, j)
  if type(i) ~= "number" or type(j) ~= "number" then fail("mat:get: row and column must be numbers, got %s and %s", kind(i), kind(j)) end
  if i >= 1 and i <= m._rows and j >= 1 and j <= m._cols and floor(i) == i and floor(j) == j then
    return m._data[(i - 1) * m._ld + j - 1]
  end
  check(m, "row", i, m._rows)
  check(m, "column", j, m._cols)
end, [[get(i, j) -> number
Element in row i, column j.]])
method("set", function(m, i, j, x)
  check(m, "row", i, m._rows)
  check(m, "column", j, m._cols)
  if m._flags ~= 0 then fail("mat: read-only view of a table; use m:copy() for your own") end
  m._data[(i - 1) * m._ld + j - 1] = x
end, [[set(i, j, x)
Sets the element in row i, column j.]])
method("row", function(m, i)
  check(m, "row", i, m._rows)
  return line(m, (i - 1) * m._ld, m._cols, 1)
end, [[row(i) -> vec
Row i as a view: writing to it writes to the matrix.]])
method("col", function(m, j)
  check(m, "column", j, m._cols)
  return line(m, j - 1, m._rows, m._ld)
end, [[col(j) -> vec
Column j as a view: writing to it writes to the matrix.]])
method("shape", function(m) return m._rows, m._cols end, [[shape() -> number, number
Numbers of rows and columns.]])
method("copy", function(m)
  local out = new(m._rows, m._cols)
  for i = 0, m._rows - 1 do
    for j = 0, m._cols - 1 do out._data[i * out._ld + j] = m._data[i * m._ld + j] end
  end
  return out
end, [[copy() -> mat
The same numbers in memory of their own.]])
method("transpose", function(m)
  local out = new(m._cols, m._rows)
  for i = 0, m._rows - 1 do
    for j = 0, m._cols - 1 do out._data[j * out._ld + i] = m._data[i * m._ld + j] end
  end
  return out
end, [[transpose() -> mat
A new matrix with rows and columns exchanged.]])
method("map", function(m, f)
  if type(f) ~= "function" then fail("mat:map: argument 1 must be a function, got %s", kind(f)) end
  local out = new(m._rows, m._cols)
  for i = 0, m._rows - 1 do
    for j = 0, m._cols - 1 do
      local x = f(m._data[i * m._ld + j])
      if type(x) ~= "number" then fail("mat:map: the function returned %s for element %d, %d; a number is needed", kind(x), i + 1, j + 1) end
      out._data[i * out._ld + j] = x
    end
  end
  return out
end, [[map(f) -> mat
A new matrix of f(x) for every element x.]])
method("totable", function(m)
  local t = {}
  for i = 1, m._rows do t[i] = m[i]:totable() end
  return t
end, [[totable() -> table
A plain Lua table of rows.]])

local M = { methods = methods }
M.is = doc { "mat.is", is_mat, [[mat.is(x) -> boolean
Is x a matrix?]] }
M._type = mat_t

doc.text("mat", M, [[mat(rows, cols) -> mat      mat{{1, 2}, {3, 4}} -> mat
A matrix of doubles: of zeros, or from a table of rows (tables or vecs). m[i] is row i as a vec, m[i][j] an element,
#m the number of rows.]])

core.mat_type, core.mat_is = mat_t, is_mat

return setmetatable(M, {
  __call = function(_, a, b)
    if type(a) == "number" and type(b) == "number" then return new(a, b) end
    if type(a) ~= "table" then fail("mat: expected rows and columns or a table of rows, got %s", kind(a)) end
    for i = 1, #a do
      if type(a[i]) ~= "table" and kind(a[i]) ~= "vec" then fail("mat: row %d must be a table or vec of numbers, got %s", i, kind(a[i])) end
    end
    local cols = a[1] and #a[1] or 0
    local m = new(#a, cols)
    for i = 1, #a do
      local row = vec._to_vec(a[i], "mat", i)
      if #row ~= cols then fail("mat: row %d has %d numbers, row 1 has %d", i, #row, cols) end
      m[i] = row
    end
    return m
  end,
  __index = function(_, key)
    core.fail("GAL_ENOTFOUND", ("mat has no '%s'%s"):format(tostring(key), core.did_you_mean(tostring(key), { "is" })))
  end,
})
