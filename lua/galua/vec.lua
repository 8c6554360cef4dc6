-- Vectors: views of C memory with 1-based, bounds-checked, JIT-compiled access. See include/galua/ffi.h for the layout.
--
-- v[i] compiles to a compare and a load. Whole-vector work (arithmetic, sums, sorting) is done by leaf C functions. Memory
-- comes from gal_alloc; the collector is told when much of it has become garbage. A view (slice, a row of a matrix, a table
-- column) shares its memory with what it was taken from and keeps it alive; tables hand out read-only views.
local ffi = require "ffi"
local core = require "galua.core"
local doc = require "galua.doc"

do -- the declarations are the text of the C header itself
  local text = core.ffi_text:gsub("#ifdef __cplusplus\n.-#endif\n", ""):gsub("\n#[^\n]*", "\n"):gsub("GAL_API ", "")
  -- in scripts the fields of a vector are constants, as v.n = 5 would have let v[5] read beyond its memory, and begin with _: a field of that
  -- name would never come to __newindex, which says what can be set
  local raw = {}
  for name in text:gmatch("} (gal_%a+);") do
    if name == "gal_vec" or name == "gal_mat" then
      local body = text:match("typedef struct " .. name .. " ({.-})")
      raw[#raw + 1] = "typedef struct " .. body .. " galua_raw_" .. name:sub(5) .. ";"
      local const = body:gsub("/%*.-%*/", ""):gsub("double %*data", "double *const _data"):gsub("gal_buf %*buf", "gal_buf *const _buf")
        :gsub("(u?int32_t) ([^;]*)", function(t, list) return "const " .. t .. " " .. list:gsub("%a[%w]*", "_%0") end)
      local at = text:find(body, 1, true)
      text = text:sub(1, at - 1) .. const .. text:sub(at + #body)
    end
  end
  ffi.cdef(text .. table.concat(raw, "\n"))
end
local raw_vec = ffi.typeof "galua_raw_vec *"
local C = ffi.C
local floor, type, tonumber, select = math.floor, type, tonumber, select
local vec_t -- the ctype, below
local READONLY = 1
local byte = { ["+"] = 43, ["-"] = 45, ["*"] = 42, ["/"] = 47, ["^"] = 94 }
local FN = { copy = 0, neg = 1, abs = 2, sqrt = 3, exp = 4, log = 5, log10 = 6, reverse = 7 }

local function fail(format, ...)
  core.fail("GAL_EINVAL", format:format(...))
end

local function is_vec(x) return ffi.istype(vec_t, x) and not rawequal(x, vec_t) end -- istype takes the ctype itself for one

local function kind(x)
  return is_vec(x) and "vec" or type(x)
end

local function new(n)
  local v = vec_t()
  if C.gal_vec_init(v, n) ~= 0 then core.raise_last() end
  if C.gal_gc_pressure() ~= 0 then
    collectgarbage()
    C.gal_gc_settle()
  end
  return v
end

-- a view: the same block, one more reference
local function view(v, offset, n, stride)
  local w = vec_t()
  local raw = ffi.cast(raw_vec, w)
  raw.data, raw.n, raw.stride = v._data + offset, n, stride
  raw.flags = v._flags
  raw.buf = C.gal_buf_ref(v._buf)
  return w
end

local function from_table(t)
  local n = #t
  local v = new(n)
  for i = 1, n do
    local x = t[i]
    if type(x) ~= "number" then fail("vec: element %d must be a number, got %s", i, kind(x)) end
    v._data[i - 1] = x
  end
  return v
end

local function to_vec(x, fn, arg)
  if is_vec(x) then return x end
  if type(x) == "table" then return from_table(x) end
  fail("%s: argument %d must be a vec or a table of numbers, got %s", fn, arg, kind(x))
end

local function check_number(x, fn, arg)
  if type(x) ~= "number" then fail("%s: argument %d must be a number, got %s", fn, arg, kind(x)) end
  return x
end

local function self_of(v, fn)
  if not is_vec(v) then fail("vec:%s: call it with a colon on a vec, not on %s", fn, kind(v)) end
  return v
end

local methods = {}

local function out_of_range(v, i)
  if type(i) ~= "number" then fail("vec: index must be a number, got %s", kind(i)) end
  if i ~= floor(i) then fail("vec: index %.10g is not a whole number", i) end
  fail("vec: index %.10g outside 1 .. %d", i, v._n)
end

local function unknown(key)
  if type(key) ~= "string" then return fail("vec: index must be a number or a method name, got %s", kind(key)) end
  local names = {}
  for name in pairs(methods) do names[#names + 1] = name end
  core.fail("GAL_ENOTFOUND", ("vec has no method '%s'%s"):format(key, core.did_you_mean(key, names)))
end

local mt = {}

function mt.__index(v, i)
  if type(i) == "number" then
    local k = i - 1
    if k >= 0 and k < v._n and floor(k) == k then return v._data[k * v._stride] end
    return out_of_range(v, i)
  end
  return methods[i] or i == "n" and v._n or unknown(i)
end

function mt.__newindex(v, i, x)
  if type(i) == "number" then
    local k = i - 1
    if k >= 0 and k < v._n and floor(k) == k and v._flags == 0 then
      v._data[k * v._stride] = x
      return
    end
    if v._flags ~= 0 then fail("vec: read-only view of a table; use v:copy() for your own") end
    return out_of_range(v, i)
  end
  fail("vec: only elements can be set, not '%s'", tostring(i))
end

function mt.__len(v) return v._n end

local function arithmetic(op)
  local code = byte[op]
  return function(a, b)
    if type(b) == "number" then
      local out = new(a._n)
      C.gal_vec_scalar(code, out, a, b)
      return out
    elseif type(a) == "number" then
      local out = new(b._n)
      C.gal_scalar_vec(code, out, a, b)
      return out
    elseif is_vec(a) and is_vec(b) then
      if a._n ~= b._n then fail("vec: %d elements %s %d elements: lengths differ", a._n, op, b._n) end
      local out = new(a._n)
      C.gal_vec_binary(code, out, a, b)
      return out
    end
    fail("vec: cannot do %s %s %s", kind(a), op, kind(b))
  end
end
mt.__add, mt.__sub, mt.__mul, mt.__div, mt.__pow =
  arithmetic "+", arithmetic "-", arithmetic "*", arithmetic "/", arithmetic "^"

local function unary(name)
  local code = FN[name]
  return function(v)
    self_of(v, name)
    local out = new(v._n)
    C.gal_vec_unary(code, out, v)
    return out
  end
end
mt.__unm = unary "neg"

-- equal vecs hold equal numbers (NaN differs from everything)
function mt.__eq(a, b)
  if not (is_vec(a) and is_vec(b)) or a._n ~= b._n then return false end
  for k = 0, a._n - 1 do
    if a._data[k * a._stride] ~= b._data[k * b._stride] then return false end
  end
  return true
end
function mt.__lt() fail("vec: vectors have no order; compare elements or sums") end
mt.__le = mt.__lt

function mt.__tostring(v)
  local n, shown = v._n, {}
  for i = 1, n do
    if n > 6 and i == 4 then shown[#shown + 1] = "..." end
    if n <= 6 or i <= 3 or i == n then shown[#shown + 1] = ("%.6g"):format(v[i]) end
  end
  return ("vec(%d) {%s}"):format(n, table.concat(shown, ", "))
end

mt.__gc = C.gal_vec_release
vec_t = ffi.metatype("gal_vec", mt)

local function method(name, f, text)
  methods[name] = doc { "vec:" .. name, f, text }
end

for name, text in pairs {
  abs = "absolute values", sqrt = "square roots", exp = "exponentials", log = "natural logarithms", log10 = "logarithms to base 10",
  copy = "the same numbers in memory of their own, writable", reverse = "the last element first",
} do
  method(name, unary(name), ("%s() -> vec\nA new vec: %s."):format(name, text))
end

local function reduce(name, empty, f, text)
  method(name, function(v)
    self_of(v, name)
    if v._n == 0 and empty == nil then fail("vec:%s: the vec is empty", name) end
    return f(v)
  end, text)
end
reduce("sum", 0, function(v) return C.gal_vec_sum(v) end, [[sum() -> number
Sum of the elements, pairwise (rounding error grows as log n).]])
reduce("mean", nil, function(v) return C.gal_vec_sum(v) / v._n end, [[mean() -> number
Arithmetic mean.]])
reduce("std", nil, function(v) return math.sqrt(C.gal_vec_var(v)) end, [[std() -> number
Standard deviation with n - 1; NaN for one element.]])
local function extreme(v, largest) return C.gal_vec_extreme(v, largest) + 1 end
reduce("argmax", nil, function(v) return extreme(v, 1) end, [[argmax() -> number
Index of the largest element; NaN is skipped, 0 when all are NaN.]])
reduce("argmin", nil, function(v) return extreme(v, 0) end, [[argmin() -> number
Index of the smallest element; NaN is skipped, 0 when all are NaN.]])
reduce("max", nil, function(v) local i = extreme(v, 1) return i > 0 and v[i] or 0 / 0 end, [[max() -> number
Largest element; NaN is skipped.]])
reduce("min", nil, function(v) local i = extreme(v, 0) return i > 0 and v[i] or 0 / 0 end, [[min() -> number
Smallest element; NaN is skipped.]])

-- q at rank (n - 1) q of the sorted numbers, linear between neighbours (Hyndman & Fan 1996, type 7, as NumPy); NaN is left out
local function quantile_of(sorted, q)
  local n = sorted._n
  while n > 0 and sorted[n] ~= sorted[n] do n = n - 1 end
  if n == 0 then return 0 / 0 end
  local x = (n - 1) * q
  local k = math.min(floor(x), n - 2)
  if n == 1 or x == k then return sorted[math.max(k, 0) + 1] end
  local a, b = sorted[k + 1], sorted[k + 2]
  return a == b and a or a + (x - k) * (b - a)
end

method("quantile", function(v, q)
  self_of(v, "quantile")
  local list = type(q) == "table" or is_vec(q)
  for i = 1, list and #q or 1 do
    local one = list and q[i] or q
    if type(one) ~= "number" or not (one >= 0 and one <= 1) then
      fail("vec:quantile: argument 1 must be a number in 0 .. 1, or a list of them, got %s", type(one) == "number" and tostring(one) or type(one))
    end
  end
  if v._n == 0 then fail("vec:quantile: the vec is empty") end
  local sorted = v:sort()
  if not list then return quantile_of(sorted, q) end
  local out = new(#q)
  for i = 1, #q do out[i] = quantile_of(sorted, q[i]) end
  return out
end, [[quantile(q) -> number, or a vec for a list
Quantile of the elements at q in 0 .. 1, linear between neighbours (as NumPy); NaN is left out.
@example f:samples().values["age"]:quantile{ 0.16, 0.5, 0.84 }]])
reduce("median", nil, function(v) return quantile_of(v:sort(), 0.5) end, [[median() -> number
The middle element, or the mean of the two in the middle; NaN is left out.]])

method("cumsum", function(v)
  local out = new(self_of(v, "cumsum")._n)
  C.gal_vec_cumsum(out, v)
  return out
end, [[cumsum() -> vec
Running sums, compensated.]])

method("sort", function(v)
  local out = new(self_of(v, "sort")._n)
  C.gal_vec_sort(out, v)
  return out
end, [[sort() -> vec
A new vec in ascending order, NaN last. The vec itself keeps its order.]])

method("dot", function(v, w)
  self_of(v, "dot")
  w = to_vec(w, "vec:dot", 1)
  if v._n ~= w._n then fail("vec:dot: %d and %d elements: lengths differ", v._n, w._n) end
  return C.gal_vec_dot(v, w)
end, [[dot(w) -> number
Sum of products with another vec or table of the same length.]])

method("map", function(v, f)
  self_of(v, "map")
  if type(f) ~= "function" then fail("vec:map: argument 1 must be a function, got %s", kind(f)) end
  local out = new(v._n)
  local data, src, stride = out._data, v._data, v._stride
  for k = 0, v._n - 1 do
    local x = f(src[k * stride])
    if type(x) ~= "number" then fail("vec:map: the function returned %s for element %d; a number is needed", kind(x), k + 1) end
    data[k] = x
  end
  return out
end, [[map(f) -> vec
A new vec of f(x) for every element x; f is inlined by the JIT.]])

method("slice", function(v, from, to, step)
  self_of(v, "slice")
  from, to, step = from or 1, to or v._n, step or 1
  check_number(from, "vec:slice", 1)
  check_number(to, "vec:slice", 2)
  check_number(step, "vec:slice", 3)
  if from < 0 then from = v._n + 1 + from end
  if to < 0 then to = v._n + 1 + to end
  if step < 1 or step ~= floor(step) or from ~= floor(from) or to ~= floor(to) then
    fail("vec:slice: from, to and step must be whole numbers and step at least 1")
  end
  if to == from - 1 and from >= 1 and from <= v._n + 1 then return view(v, 0, 0, 1) end
  if from < 1 or from > v._n then out_of_range(v, from) end
  if to < 1 or to > v._n then out_of_range(v, to) end
  if to < from then fail("vec:slice: %d .. %d runs backwards; use reverse()", from, to) end
  return view(v, (from - 1) * v._stride, floor((to - from) / step) + 1, v._stride * step)
end, [==[slice(from[, to[, step]]) -> vec
A view (no copy) of the elements from .. to, both included; negative numbers count from the end.
Writing to it writes to the vec.]==])

method("interp", function(x, at, y)
  self_of(x, "interp")
  if y == nil then fail("vec:interp: expected x:interp(at, y)") end
  y = to_vec(y, "vec:interp", 2)
  if x._n ~= y._n then fail("vec:interp: %d abscissae but %d ordinates", x._n, y._n) end
  if x._n < 2 then fail("vec:interp: needs at least 2 nodes, got %d", x._n) end
  local bad = C.gal_vec_first_unordered(x)
  if bad >= 0 then fail("vec:interp: abscissae must ascend: x[%d] = %.6g, x[%d] = %.6g", bad + 1, x[bad + 1], bad + 2, x[bad + 2]) end
  if type(at) == "number" then
    local one = new(1)
    local where = new(1)
    where[1] = at
    C.gal_vec_interp(one, x, y, where)
    return one[1]
  end
  at = to_vec(at, "vec:interp", 1)
  local out = new(at._n)
  C.gal_vec_interp(out, x, y, at)
  return out
end, [[interp(at, y) -> number or vec
Linear interpolation of the table (x, y) at one number or a vec of them; x, the vec itself, ascends.
Constant outside the table.]])

method("totable", function(v)
  self_of(v, "totable")
  local t = {}
  for i = 1, v._n do t[i] = v[i] end
  return t
end, [[totable() -> table
A plain Lua table of the elements.]])

method("fill", function(v, x)
  self_of(v, "fill")
  if v._flags ~= 0 then fail("vec: read-only view of a table; use v:copy() for your own") end
  C.gal_vec_fill(v, check_number(x, "vec:fill", 1))
  return v
end, [[fill(x) -> vec
Sets every element to x; returns the vec itself.]])

method("readonly", function(v)
  self_of(v, "readonly")
  local w = view(v, 0, v._n, v._stride)
  ffi.cast(raw_vec, w).flags = READONLY
  return w
end, [[readonly() -> vec
A view of the same numbers that refuses writing.]])

-- ---- the module
local M = { methods = methods }
M.is = doc { "vec.is", is_vec, [[vec.is(x) -> boolean
Is x a vec?]] }

local function space(name, log)
  return function(a, b, n)
    check_number(a, name, 1)
    check_number(b, name, 2)
    check_number(n, name, 3)
    if n < 2 then fail("%s: needs at least 2 points, got %.10g", name, n) end
    if log and not (a > 0 and b > 0) then fail("%s: both ends must be positive, got %.6g and %.6g", name, a, b) end
    local v = new(n)
    C.gal_vec_space(v, a, b, log and 1 or 0)
    return v
  end
end
M.linspace = doc { "linspace", space("linspace", false), [[linspace(a, b, n) -> vec
n equally spaced values from a to b, both exact.]] }
M.logspace = doc { "logspace", space("logspace", true), [[logspace(a, b, n) -> vec
n values from a to b (the values themselves, both exact), equally spaced in the logarithm.]] }

M._new, M._view, M._to_vec, M._type, M._kind = new, view, to_vec, vec_t, kind

doc.text("vec", M, [[vec{1, 2, 3} -> vec      vec(n[, value]) -> vec      vec(v) -> vec
A vector of doubles: from a table, of n equal elements (0), or a copy of another vec.
v[i] counts from 1 and checks bounds; #v is the length; + - * / ^ work with numbers and vecs of the same
length. Loops over v[i] are compiled. Methods: help("vec:slice"), or v:<Tab>.]])

-- hooks of the C side (src/lua/kit/vec.c)
core.ffi_new, core.vec_type, core.vec_is = ffi.new, vec_t, is_vec

return setmetatable(M, {
  __call = function(_, x, value)
    if type(x) == "number" then
      local v = new(x)
      if value ~= nil then C.gal_vec_fill(v, check_number(value, "vec", 2)) end
      return v
    elseif is_vec(x) then
      return x:copy()
    elseif type(x) == "table" then
      return from_table(x)
    end
    fail("vec: expected a table of numbers, a length or a vec, got %s", kind(x))
  end,
  __index = function(_, key)
    local names = {}
    for name in pairs(M) do if name:sub(1, 1) ~= "_" then names[#names + 1] = name end end
    core.fail("GAL_ENOTFOUND", ("vec has no '%s'%s"):format(tostring(key), core.did_you_mean(tostring(key), names)))
  end,
})
