-- Numbers behind the figures: weighted quantiles, histograms in one and two dimensions, smoothing, contours that enclose a given
-- share of the samples. Plain loops over FFI arrays, compiled by the JIT.
local galua = require "galua"
local ffi = require "ffi"
local M = {}
local floor, exp, max, min, sqrt, huge = math.floor, math.exp, math.max, math.min, math.sqrt, math.huge

-- Anything that can be indexed from 1 and has a length, as a plain Lua array of numbers (nil and false become NaN).
function M.array(x, what)
  if type(x) == "number" then return { x } end
  if type(x) ~= "table" and type(x) ~= "cdata" and type(x) ~= "userdata" then
    galua.fail("%s: an array of numbers is needed, got %s", what or "plot", type(x))
  end
  local ok, n = pcall(function() return #x end)
  if not ok or type(n) ~= "number" then
    galua.fail("%s: the value has no length (#), so it cannot be drawn; pass an array or a vector", what or "plot")
  end
  local out = {}
  for i = 1, n do
    local v = x[i]
    if not v then
      v = 0 / 0
    elseif type(v) ~= "number" then
      local num = tonumber(v)
      if not num then galua.fail("%s: element %d is %s, not a number", what or "plot", i, type(v)) end
      v = num
    end
    out[i] = v
  end
  return out
end

-- Ascending order of the keys k[0..n-1], carrying w along (median-of-three quicksort, insertion sort for short runs).
local function sort2(k, w, lo, hi)
  while hi - lo > 16 do
    local mid = floor((lo + hi) / 2)
    if k[mid] < k[lo] then k[mid], k[lo] = k[lo], k[mid] w[mid], w[lo] = w[lo], w[mid] end
    if k[hi] < k[lo] then k[hi], k[lo] = k[lo], k[hi] w[hi], w[lo] = w[lo], w[hi] end
    if k[hi] < k[mid] then k[hi], k[mid] = k[mid], k[hi] w[hi], w[mid] = w[mid], w[hi] end
    local p = k[mid]
    local i, j = lo, hi
    while i <= j do
      while k[i] < p do i = i + 1 end
      while k[j] > p do j = j - 1 end
      if i <= j then
        k[i], k[j] = k[j], k[i]
        w[i], w[j] = w[j], w[i]
        i, j = i + 1, j - 1
      end
    end
    if j - lo < hi - i then
      sort2(k, w, lo, j)
      lo = i
    else
      sort2(k, w, i, hi)
      hi = j
    end
  end
  for i = lo + 1, hi do
    local kv, wv, j = k[i], w[i], i - 1
    while j >= lo and k[j] > kv do
      k[j + 1], w[j + 1] = k[j], w[j]
      j = j - 1
    end
    k[j + 1], w[j + 1] = kv, wv
  end
end

-- Sorted finite samples with the mid-point cumulative weight of each, for M.quantile. Samples with weight <= 0 are left out.
function M.sorted(x, weights)
  if type(x) ~= "table" then galua.expect("plot.quantiles", 1, x, "table|vec") end
  if weights ~= nil and type(weights) ~= "table" then galua.expect("plot.quantiles", 3, weights, "table|vec") end
  local n = #x
  local k, w, m = ffi.new("double[?]", max(n, 1)), ffi.new("double[?]", max(n, 1)), 0
  for i = 1, n do
    local v, q = x[i], weights and weights[i] or 1
    if type(v) ~= "number" or type(q) ~= "number" then
      galua.fail("plot.quantiles: sample %d is a %s with weight of type %s; both are numbers", i, type(v), type(q))
    end
    if v > -huge and v < huge and q > 0 then
      k[m], w[m] = v, q
      m = m + 1
    end
  end
  if m > 1 then sort2(k, w, 0, m - 1) end
  local total, acc = 0, 0
  for i = 0, m - 1 do total = total + w[i] end
  for i = 0, m - 1 do
    local q = w[i]
    w[i] = (acc + 0.5 * q) / total
    acc = acc + q
  end
  return { k = k, c = w, n = m }
end

-- Quantile q of sorted samples: linear between the mid-points of the cumulative weight (Hazen's rule when unweighted).
function M.sorted_quantile(s, q)
  if s.n == 0 then return 0 / 0 end
  local k, c = s.k, s.c
  if q <= c[0] then return k[0] end
  if q >= c[s.n - 1] then return k[s.n - 1] end
  local a, b = 0, s.n - 1
  while b - a > 1 do
    local m = floor((a + b) / 2)
    if c[m] <= q then a = m else b = m end
  end
  local d = c[b] - c[a]
  return k[a] + (d > 0 and (q - c[a]) / d or 0) * (k[b] - k[a])
end

-- Quantiles qs = {q...} of samples x with optional weights.
function M.quantiles(x, qs, weights)
  galua.expect("plot.quantiles", 2, qs, "table|vec")
  local s, out = M.sorted(x, weights), {}
  for i, q in ipairs(M.array(qs, "plot.quantiles")) do out[i] = M.sorted_quantile(s, q) end
  return out
end

-- Counts (summed weights) of x in `bins` equal bins over [lo, hi]; returns a 0-based double array.
function M.hist1(x, lo, hi, bins, weights)
  local h, f = ffi.new("double[?]", bins), bins / (hi - lo)
  if weights then
    for i = 1, #x do
      local p = (x[i] - lo) * f
      if p >= 0 and p <= bins then
        local b = min(floor(p), bins - 1)
        h[b] = h[b] + weights[i]
      end
    end
  else
    for i = 1, #x do
      local p = (x[i] - lo) * f
      if p >= 0 and p <= bins then
        local b = min(floor(p), bins - 1)
        h[b] = h[b] + 1
      end
    end
  end
  return h
end

-- Bin number (0-based, -1 outside) of every sample: shared by all pairs of a corner figure.
function M.bin(x, lo, hi, bins)
  local n = #x
  local out, f = ffi.new("int32_t[?]", n), bins / (hi - lo)
  for i = 1, n do
    local p = (x[i] - lo) * f
    out[i - 1] = p >= 0 and p <= bins and min(floor(p), bins - 1) or -1
  end
  return out
end

-- Counts on the grid of two bin-number arrays; h[iy * bins + ix].
function M.hist2(bx, by, n, bins, weights)
  local h = ffi.new("double[?]", bins * bins)
  if weights then
    for i = 0, n - 1 do
      local a, b = bx[i], by[i]
      if a >= 0 and b >= 0 then h[b * bins + a] = h[b * bins + a] + weights[i + 1] end
    end
  else
    for i = 0, n - 1 do
      local a, b = bx[i], by[i]
      if a >= 0 and b >= 0 then h[b * bins + a] = h[b * bins + a] + 1 end
    end
  end
  return h
end

-- Smooths the rows of h (ny rows of nx, stride sx between neighbours, sy between rows) with a Gaussian of sigma bins. Near the
-- ends the kernel is renormalised, so that a posterior cut by its prior keeps its edge.
local function smooth_rows(h, nx, ny, sx, sy, sigma)
  local r = math.ceil(4 * sigma)
  local g, out = ffi.new("double[?]", r + 1), ffi.new("double[?]", nx)
  for i = 0, r do g[i] = exp(-0.5 * (i / sigma) ^ 2) end
  for y = 0, ny - 1 do
    local row = y * sy
    for x = 0, nx - 1 do
      local sum, norm = 0, 0
      for d = -min(r, x), min(r, nx - 1 - x) do
        local q = g[d < 0 and -d or d]
        sum, norm = sum + q * h[row + (x + d) * sx], norm + q
      end
      out[x] = sum / norm
    end
    for x = 0, nx - 1 do h[row + x * sx] = out[x] end
  end
end

-- Gaussian smoothing, in place, of a grid of bins x bins (or of a histogram when rows == 1).
function M.smooth(h, bins, sigma, rows)
  if sigma <= 0 then return h end
  smooth_rows(h, bins, rows or bins, 1, bins, sigma)
  if rows ~= 1 then smooth_rows(h, bins, rows or bins, bins, 1, sigma) end
  return h
end

-- Levels of `density` such that the bins above hold the shares fractions = {f...} of the mass in `counts`. The mass is that of the
-- raw counts, so that smoothing the density does not bias the enclosed share.
function M.levels(density, counts, n, fractions)
  local k, w = ffi.new("double[?]", n), ffi.new("double[?]", n)
  local total = 0
  for i = 0, n - 1 do
    k[i], w[i] = -density[i], counts[i]
    total = total + counts[i]
  end
  sort2(k, w, 0, n - 1)
  local out = {}
  for j, f in ipairs(fractions) do
    local acc, level = 0, 0
    for i = 0, n - 1 do
      local nxt = acc + w[i] / total
      if nxt >= f then
        local before = i > 0 and k[i - 1] or k[i]
        local frac = nxt > acc and (f - acc) / (nxt - acc) or 1
        level = -(before + (k[i] - before) * frac)
        break
      end
      acc = nxt
    end
    out[j] = level
  end
  return out
end

-- Marching squares. h: bins x bins densities at the centres of cells over [x0, x1] x [y0, y1], zero outside. Returns closed loops,
-- each { x1, y1, x2, y2, ... } in data coordinates. Saddles are resolved by the mean of the four corners.
function M.contour(h, bins, level, x0, x1, y0, y1)
  local n = bins + 2                                  -- with a rim of zeros every line closes
  local dx, dy = (x1 - x0) / bins, (y1 - y0) / bins
  local function at(i, j)
    if i < 1 or j < 1 or i > bins or j > bins then return 0 end
    return h[(j - 1) * bins + i - 1]
  end
  -- Points live on grid edges: key 2*(j*n+i) is the edge from node (i,j) to the right, +1 the edge upwards.
  local function px(i) return i < 1 and x0 or i > bins and x1 or x0 + (i - 0.5) * dx end
  local function py(j) return j < 1 and y0 or j > bins and y1 or y0 + (j - 0.5) * dy end
  local nextp, keys = {}, {}
  local function edge(i, j, side)                     -- 0 bottom, 1 right, 2 top, 3 left of the cell (i, j)
    if side == 0 then return 2 * (j * n + i) end
    if side == 1 then return 2 * (j * n + i + 1) + 1 end
    if side == 2 then return 2 * ((j + 1) * n + i) end
    return 2 * (j * n + i) + 1
  end
  local segs = {                                      -- from side, to side, the inside on the right
    [1] = { 3, 0 }, [2] = { 0, 1 }, [3] = { 3, 1 }, [4] = { 1, 2 }, [6] = { 0, 2 }, [7] = { 3, 2 }, [8] = { 2, 3 }, [9] = { 2, 0 },
    [11] = { 2, 1 }, [12] = { 1, 3 }, [13] = { 1, 0 }, [14] = { 0, 3 },
  }
  for j = 0, bins do
    for i = 0, bins do
      local a, b, c, d = at(i, j), at(i + 1, j), at(i + 1, j + 1), at(i, j + 1)
      local case = (a > level and 1 or 0) + (b > level and 2 or 0) + (c > level and 4 or 0) + (d > level and 8 or 0)
      if case ~= 0 and case ~= 15 then
        local s = segs[case]
        if not s then
          local joined = (a + b + c + d) / 4 > level
          s = case == 5 and (joined and { 1, 0, 3, 2 } or { 3, 0, 1, 2 }) or (joined and { 0, 3, 2, 1 } or { 0, 1, 2, 3 })
        end
        for p = 1, #s, 2 do
          local from = edge(i, j, s[p])
          nextp[from] = edge(i, j, s[p + 1])
          keys[#keys + 1] = from
        end
      end
    end
  end
  local function point(key)
    local e = floor(key / 2)
    local i, j = e % n, floor(e / n)
    local i2, j2 = i, j
    if key % 2 == 0 then i2 = i + 1 else j2 = j + 1 end
    local u, v = at(i, j), at(i2, j2)
    local f = (level - u) / (v - u)
    return px(i) + f * (px(i2) - px(i)), py(j) + f * (py(j2) - py(j))
  end
  local loops = {}
  for _, start in ipairs(keys) do
    if nextp[start] then
      local loop, k = {}, start
      while k and nextp[k] do
        local x, y = point(k)
        loop[#loop + 1], loop[#loop + 2] = x, y
        local nk = nextp[k]
        nextp[k] = nil
        k = nk
      end
      if #loop >= 6 then loops[#loops + 1] = loop end
    end
  end
  return loops
end

return M
