-- Tick positions and labels of linear and logarithmic axes.
--
-- Both functions return { major = {v...}, labels = {markup...}, minor = {v...}, exponent = e or nil }; with `exponent` the labels
-- are to be read times 10^e (written once at the end of the axis).
local M = {}
local floor, ceil, abs, log10, max, min = math.floor, math.ceil, math.abs, math.log10, math.max, math.min

local function minus(s) return (s:gsub("^%-", "−")) end

-- The shortest decimal form of v that keeps `digits` decimals, with a true minus sign.
local function fixed(v, digits)
  local s = ("%." .. max(0, digits) .. "f"):format(v)
  if tonumber(s) == 0 then s = s:gsub("^%-", "") end
  return minus(s)
end
M.fixed = fixed

-- A power of ten as markup, with an optional mantissa: "10^{3}", "2×10^{-4}".
function M.power(e, mantissa)
  local p = "10^{" .. minus(("%d"):format(e)) .. "}"
  if mantissa and mantissa ~= 1 then return ("%g×"):format(mantissa) .. p end
  return p
end

-- A number in plain decimal writing ("0.01", "1000"), in powers of ten where that would be long.
function M.plain(v)
  if v == 0 then return "0" end
  local a = abs(v)
  if a >= 0.999e-3 and a < 0.999e5 then return minus(("%.6g"):format(v)) end
  local e = floor(log10(a) + 1e-9)
  return M.power(e, tonumber(("%.3g"):format(v / 10 ^ e)))
end

-- Ticks of a linear axis from lo to hi, about n of them (at least two).
function M.linear(lo, hi, n)
  if lo > hi then lo, hi = hi, lo end
  n = max(2, n or 5)
  local span = hi - lo
  local raw = span / n
  local mag = 10 ^ floor(log10(raw))
  local steps = { { 0.5, 5 }, { 1, 5 }, { 2, 4 }, { 2.5, 5 }, { 5, 5 }, { 10, 5 } }
  local eps = span * 1e-9
  local at = 2
  while at < #steps and steps[at][1] * mag < raw * (1 - 1e-9) do at = at + 1 end
  while at > 1 do                                     -- one tick does not make a scale
    local s = steps[at][1] * mag
    if floor((hi + eps) / s) - ceil((lo - eps) / s) >= 1 then break end
    at = at - 1
  end
  local step, split = steps[at][1] * mag, steps[at][2]
  local out = { major = {}, labels = {}, minor = {} }
  for i = ceil((lo - eps) / step), floor((hi + eps) / step) do out.major[#out.major + 1] = i * step end
  local fine = step / split
  for i = ceil((lo - eps) / fine), floor((hi + eps) / fine) do
    if i % split ~= 0 then out.minor[#out.minor + 1] = i * fine end
  end
  local top = max(abs(lo), abs(hi))
  local e = floor(log10(top) + 1e-9)
  if e >= 5 or e <= -4 then out.exponent = e else e = 0 end
  local unit = step / 10 ^ e
  local digits = 0
  while digits < 12 and abs(unit * 10 ^ digits - floor(unit * 10 ^ digits + 0.5)) > 1e-6 * 10 ^ digits * unit do digits = digits + 1 end
  for i, v in ipairs(out.major) do out.labels[i] = fixed(v / 10 ^ e, digits) end
  return out
end

-- Ticks of a logarithmic axis, at most about n labels. style "plain" writes 0.1, 1, 10, 100; else powers of ten.
function M.log(lo, hi, n, style)
  if lo > hi then lo, hi = hi, lo end
  n = max(2, n or 6)
  local a, b = log10(lo), log10(hi)
  local eps = 1e-9 * max(1, abs(a), abs(b))
  local first, last = ceil(a - eps), floor(b + eps)
  local decades = last - first + 1
  local out = { major = {}, labels = {}, minor = {} }
  local function label(v, e, m)
    if style == "plain" then return M.plain(v) end
    if m then return M.power(e, m) end
    return M.power(e)
  end
  if decades >= 3 or (decades == 2 and b - a > 1.7) then
    local stride = max(1, ceil(decades / n))
    for e = first, last do
      if e % stride == 0 then
        out.major[#out.major + 1] = 10 ^ e
        out.labels[#out.labels + 1] = label(10 ^ e, e)
      elseif stride > 1 then
        out.minor[#out.minor + 1] = 10 ^ e
      end
    end
    if stride == 1 and decades <= 14 then
      for e = first - 1, last do
        for m = 2, 9 do
          local v = m * 10 ^ e
          if log10(v) >= a - eps and log10(v) <= b + eps then out.minor[#out.minor + 1] = v end
        end
      end
    end
    return out
  end
  if b - a > 0.55 then                               -- one or two decades: label some of 1 2 3 5 too
    local sets = { { 1, 2, 3, 5 }, { 1, 2, 5 }, { 1, 3 }, { 1 } }
    local pick
    for _, set in ipairs(sets) do
      local count, last, gap = 0, nil, b - a -- 2 and 3 are closer to one another than 1 and 2
      for e = floor(a), floor(b) do
        for _, m in ipairs(set) do
          local l = log10(m) + e
          if l >= a - eps and l <= b + eps then
            if last then gap = math.min(gap, l - last) end
            count, last = count + 1, l
          end
        end
      end
      if count <= n + 1 and gap >= 0.8 * (b - a) / n and (count >= 2 or not pick) then pick = set break end
    end
    pick = pick or sets[4]
    local is = {}
    for _, m in ipairs(pick) do is[m] = true end
    for e = floor(a), floor(b) do
      for m = 1, 9 do
        local v = m * 10 ^ e
        local l = log10(v)
        if l >= a - eps and l <= b + eps then
          if is[m] then
            out.major[#out.major + 1] = v
            out.labels[#out.labels + 1] = label(v, e, m)
          else
            out.minor[#out.minor + 1] = v
          end
        end
      end
    end
    if #out.major >= 2 then return out end
  end
  local lin = M.linear(lo, hi, n)                    -- less than that: linear ticks on the logarithmic scale
  if style == "plain" and lin.exponent then
    for i, v in ipairs(lin.major) do lin.labels[i] = M.plain(v) end
    lin.exponent = nil
  end
  return lin
end

return M
