-- How Bagpipes 1.3.6 sums and samples (Carnall et al. 2018), in our own words, on a table of ours: what is left of a difference under the same rule is
-- not due to its age bins or its wavelengths. Shared by tests/validate/bagpipes.lua.
--   local B = dofile "tests/validate/lib/bagpipes_rule.lua"
--   local rule = B.new(ssp, filters, 100)                         100: its R of photometry
--   rule:stars(weights, iz) -> light at rule.x [Lsun/A]           rule:weights(g) -> mass formed [Msun] in its age bins, of 1e10 in all
--   rule:bands(light, z, Mpc) -> flux [mJy] of each filter        rule:left(weights, iz) -> living stars and remnants over what was formed
-- Wavelengths: x(1 + 0.5/R), R = 20 below and above the bands; spectra are read off there, sums are of rectangles; curves are interpolated twice. Those of
-- the grid are in air from 2000 A on and are taken as they stand. Ages: bins of 0.1 dex, of which each takes the mean of the grid's spectra by the widths
-- that these have between the midpoints of their ages; rates are those at the middle of steps of 0.0025 dex. Living masses at the middle of a bin.
local B = {}
B.__index = B

local function interp(x, y, at) -- ascending x; nil outside
  if at < x[1] or at > x[#x] then return nil end
  local lo, hi = 1, #x
  while hi - lo > 1 do
    local mid = math.floor((lo + hi) / 2)
    if x[mid] <= at then lo = mid else hi = mid end
  end
  return y[lo] + (y[hi] - y[lo]) * (at - x[lo]) / (x[hi] - x[lo])
end

-- Edges half way between, the first and the last as far out.
local function edges_of(x)
  local e = { x[1] - (x[2] - x[1]) / 2 }
  for i = 2, #x do e[i] = (x[i] + x[i - 1]) / 2 end
  e[#x + 1] = x[#x] + (x[#x] - x[#x - 1]) / 2
  return e
end

local function widths_of(x)
  local e, w = edges_of(x), {}
  for i = 1, #x - 1 do w[i] = e[i + 1] - e[i] end
  w[#x] = x[#x] - x[#x - 1]
  return w
end

local function curves_of(list)
  local out, first, last = {}, math.huge, 0
  for k, f in ipairs(list) do
    local w, t = {}, {}
    for i = 1, #f.wave do w[i], t[i] = tonumber(("%.8g"):format(f.wave[i])), tonumber(("%.6g"):format(f.trans[i])) end -- as it reads them
    while t[1] == 0 do table.remove(w, 1) table.remove(t, 1) end
    while t[#t] == 0 do w[#w], t[#t] = nil, nil end
    local width, a, b = widths_of(w), 0, 0
    for i = 1, #w do a, b = a + width[i] * t[i] * w[i], b + width[i] * t[i] / w[i] end
    out[k] = { wave = w, trans = t, pivot2 = a / b }
    first, last = math.min(first, w[1] - 2 * (w[2] - w[1])), math.max(last, w[#w] + 2 * (w[#w] - w[#w - 1]))
  end
  return out, first, last
end

local function wavelengths(first, last, r)
  local x = { 1 }
  while x[#x] * (1 + 0.5 / 20) < first / 11 do x[#x + 1] = x[#x] * (1 + 0.5 / 20) end
  while x[#x] < 1.01 * last do x[#x + 1] = x[#x] * (1 + 0.5 / r) end
  while x[#x] < 1e8 do x[#x + 1] = x[#x] * (1 + 0.5 / 20) end
  return x
end

-- Age bins [yr], their middles, and of each the spectra of the table that it takes with their shares.
local function age_bins(raw)
  local hubble = 977.7922216807891e9 / 70 * 2 / (3 * math.sqrt(0.7)) * math.log(math.sqrt(0.7 / 0.3) + math.sqrt(1 + 0.7 / 0.3)) -- H0 70, Omega 0.3, flat
  local middle, edge = {}, { 0 }
  for j = 0, 200 do
    if 6 + 0.1 * j >= math.log10(hubble) then break end
    middle[j + 1], edge[j + 2] = 10 ^ (6 + 0.1 * j), 10 ^ (6.05 + 0.1 * j)
  end
  edge[#edge] = hubble
  local step, of = edges_of(raw), {}
  step[1] = 0
  for j = 1, #middle do
    local a, b, list, sum = edge[j], edge[j + 1], {}, 0
    for i = 1, #raw do
      local share = math.min(b, step[i + 1]) - math.max(a, step[i])
      if share > 0 then
        list[#list + 1] = { i, share }
        sum = sum + share
      end
    end
    for _, s in ipairs(list) do s[2] = s[2] / sum end
    of[j] = list
  end
  local fine, fine_edge = {}, {}
  for i = 0, 4000 do
    local l = 6 + 0.0025 * i
    if l >= math.log10(hubble) + 0.005 then break end
    fine[i + 1], fine_edge[i + 1] = 10 ^ l, 10 ^ (l - 0.00125)
  end
  fine_edge[1], fine_edge[#fine + 1] = 0, hubble
  return middle, edge, of, fine, fine_edge
end

function B.new(t, list, r)
  local self = setmetatable({ curves = {}, grid = {}, live = {}, table = t }, B)
  local curves, first, last = curves_of(list)
  local x = wavelengths(first, last, r)
  self.x, self.width, self.curves = x, widths_of(x), curves
  self.at = {}
  for k, c in ipairs(curves) do
    local at = {}
    for i = 1, #x do at[i] = interp(c.wave, c.trans, x[i]) or 0 end
    self.at[k] = at
  end
  local raw = { 0 }
  for i = 1, #t.age do raw[i + 1] = t.age[i] end -- the grid's first spectrum is that of age 0, a copy of the next
  self.raw = raw
  self.middle, self.edge, self.of, self.fine, self.fine_edge = age_bins(raw)
  local own = {}
  for i = 1, #t.wave do own[i] = t.wave[i] > 2000.6 and spectrum.vac_to_air(t.wave[i], "ciddor") or t.wave[i] end
  self.low, self.share = {}, {}
  local i = 1
  for k = 1, #x do
    while i < #own - 1 and own[i + 1] <= x[k] do i = i + 1 end
    local f = (x[k] - own[i]) / (own[i + 1] - own[i])
    self.low[k], self.share[k] = i, f >= 0 and f <= 1 and f or false
  end
  return self
end

-- Spectra of metallicity iz in its age bins, at x.
local function binned(self, iz)
  if self.grid[iz] then return self.grid[iz] end
  local t, x, spectra, made = self.table, self.x, {}, {}
  for i = 1, #self.raw do
    local l, s = t:spectrum(t.age[math.max(i - 1, 1)], t.z[iz]), vec(#x)
    for k = 1, #x do
      local f, low = self.share[k], self.low[k]
      s[k] = f and l[low] + f * (l[low + 1] - l[low]) or 0
    end
    spectra[i] = s
  end
  for j, shares in ipairs(self.of) do
    local s = vec(#x)
    for _, p in ipairs(shares) do s = s + spectra[p[1]] * p[2] end
    made[j] = s
  end
  self.grid[iz] = made
  return made
end

function B:weights(g)
  local fine, edge, n, sum, out, j = self.fine, self.fine_edge, 0, 0, {}, 1
  while n < #fine and fine[n + 1] < g.age do n = n + 1 end
  local times = vec(n)
  for i = 1, n do times[i] = g.age - fine[i] end
  local rate = g:sfr(times)
  for k = 1, #self.middle do out[k] = 0 end
  for i = 1, n do
    while fine[i] >= self.edge[j + 1] do j = j + 1 end
    local m = rate[i] * (edge[i + 1] - edge[i])
    out[j], sum = out[j] + m, sum + m
  end
  for k = 1, #out do out[k] = out[k] * 1e10 / sum end
  return out
end

function B:stars(weights, iz)
  local grid, sum = binned(self, iz), vec(#self.x)
  for j, w in ipairs(weights) do
    if w > 0 then sum = sum + grid[j] * w end
  end
  return sum
end

function B:left(weights, iz)
  local t, sum = self.table, 0
  if not self.live[iz] then
    local m = { t:value("mass", t.age[1], t.z[iz]) }
    for i = 1, #t.age do m[i + 1] = t:value("mass", t.age[i], t.z[iz]) end
    self.live[iz] = m
  end
  for j, w in ipairs(weights) do sum = sum + w * interp(self.raw, self.live[iz], self.middle[j]) end
  return sum / 1e10
end

-- Calzetti et al. 2000 over R_V = 4.05: a power law below 1200 A, nothing beyond 3.1 micron.
function B:calzetti(av)
  local out = vec(#self.x)
  local function blue(m) return 4.05 + 2.659 * (-2.156 + 1.509 / m - 0.198 / m ^ 2 + 0.011 / m ^ 3) end
  for i, x in ipairs(self.x) do
    local m = x * 1e-4
    local k = x < 1200 and (m / 0.12) ^ -0.77 * blue(0.12) or x < 6300 and blue(m) or x < 31000 and 2.659 * (-1.857 + 1.040 / m) + 4.05 or 0
    out[i] = 10 ^ (-0.4 * av * k / 4.05)
  end
  return out
end

function B:trapezoid(y)
  local x, sum = self.x, 0
  for i = 2, #x do sum = sum + 0.5 * (x[i] - x[i - 1]) * (y[i] + y[i - 1]) end
  return sum
end

-- A spectrum on wavelengths of its own, at x, of unit power.
function B:unit(wave, lum)
  local out = vec(#self.x)
  for i, x in ipairs(self.x) do out[i] = x >= wave[1] and x <= wave[#wave] and wave:interp({ x }, lum)[1] or 0 end
  return out / self:trapezoid(out)
end

function B:bands(light, z, mpc)
  local x, out = self.x, {}
  local scale = 3.828e33 / (4 * math.pi * (3.086e24 * mpc) ^ 2 * (1 + z)) -- erg/s/cm2/A
  for k, c in ipairs(self.curves) do
    local at, sum, norm, j = self.at[k], 0, 0, 1
    for i = 1, #x do
      local seen = x[i] * (1 + z)
      if seen > x[#x] then break end
      while j < #x - 1 and x[j + 1] <= seen do j = j + 1 end
      local t = at[j] + (at[j + 1] - at[j]) * (seen - x[j]) / (x[j + 1] - x[j])
      if t > 0 then
        local w = t * self.width[i] * x[i]
        sum, norm = sum + w * light[i], norm + w
      end
    end
    out[k] = scale * sum / norm / (1e-29 * 2.9979e18 / c.pivot2) / 1e3
  end
  return out
end
return B
