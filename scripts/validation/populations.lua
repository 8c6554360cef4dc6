-- The synthesised populations against published ones, as the Markdown tables of docs/stellar_populations.md.
-- usage: galua scripts/validation/populations.lua [CACHE]
-- Colours against Padova, BaSTI, PARSEC isochrones and Maraston 2005 (tables of the tests, where they are there), colours against Bruzual & Charlot
-- 2003 (build/bc03, fetched by scripts/validation/bc03.py), indices against E-MILES (tests/ref). Prints what it finds.
local ffi = require "ffi"
local cache = arg and arg[1] or "build/validate_stargrid.bin"
local R = dofile "tests/validate/lib/ssp.lua"
local L = dofile "tests/validate/lib/lick.lua"
local colours = { { "NUV", "u" }, { "u", "g" }, { "g", "r" }, { "r", "i" }, { "i", "z" }, { "z", "J" }, { "J", "Ks" }, { "V_B90", "Ks" } }
local function name(c) return ((c[1] .. "-" .. c[2]):gsub("V_B90", "V"):gsub("Ks", "K")) end
local function cell(x, plus)
  if not x or x ~= x then return "" end
  local s = (plus and "%+.2f" or "%.2f"):format(x):gsub("^([+-]?)0%.", "%1.")
  return (s:gsub("^[+-]%.00$", ".00"))
end
local function row(...) print("| " .. table.concat({ ... }, " | ") .. " |") end
local function head(first)
  local h, bar = { first, "V" }, { "---", "---" }
  for _, c in ipairs(colours) do h[#h + 1], bar[#bar + 1] = name(c), "---" end
  row(unpack(h))
  print("|" .. table.concat(bar, "|") .. "|")
end

if R.whole() then
  local t = ssp.synthesise{}
  local x = R.compare(t, 0.02)
  print("\nAgainst the mean of four published sets, Z = 0.02, Kroupa: rms by age [Myr]\n")
  head("ages")
  local ref = R.reference(0.02)
  local function among(range, a, b) -- the sets about their own mean
    local sum, n = 0, 0
    for _, age in ipairs(R.ages) do
      local mean, sd = ref(age, a, b)
      if mean and age >= range[1] * 0.999 and age <= range[2] * 1.001 then sum, n = sum + sd * sd, n + 1 end
    end
    return math.sqrt(sum / n)
  end
  for _, range in ipairs { { 3, 30 }, { 30, 300 }, { 300, 3000 }, { 3000, 13000 } } do
    local out = { ("%g-%g, built-in"):format(range[1], range[2]), cell((x.stat("V_B90", nil, range[1], range[2]))) }
    local sets = { "among the sets", cell(among(range, "V_B90")) }
    for _, c in ipairs(colours) do
      out[#out + 1] = cell((x.stat(c[1], c[2], range[1], range[2])))
      sets[#sets + 1] = cell(among(range, c[1], c[2]))
    end
    row(unpack(out))
    row(unpack(sets))
  end
  print("\nPer age, synthesised minus reference\n")
  head("age [Myr]")
  for k, age in ipairs(R.ages) do
    local out = { ("%.3g"):format(age), cell(x.deviation(k, "V_B90"), true) }
    for _, c in ipairs(colours) do out[#out + 1] = cell(x.deviation(k, c[1], c[2]), true) end
    row(unpack(out))
  end
end

local axes = io.open("build/bc03/bc03.txt")
if axes then
  local function list(line)
    local v = {}
    for n in line:gmatch("%S+") do v[#v + 1] = tonumber(n) end
    return v
  end
  local wave, age, z = vec(list(axes:read())), list(axes:read()), list(axes:read())
  axes:close()
  local data = assert(io.open("build/bc03/bc03.f4", "rb")):read("*a")
  local f4 = ffi.cast("const float *", data)
  local t = ssp.synthesise { z = { 4e-4, 4e-3, 8e-3, 0.02, 0.05 }, age = age, cache = cache }
  local theirs, mine = R.photometer(wave), R.photometer(t.wave)
  print("\nAgainst Bruzual & Charlot 2003 (2016 version, MILES, Kroupa): rms by metallicity and age\n")
  head("Z, ages")
  for iz, Z in ipairs(z) do
    if Z >= 4e-4 and Z <= 0.05 then
      for _, range in ipairs { { 1e7, 1e8 }, { 1e8, 1e9 }, { 1e9, 1.5e10 } } do
        local sum, n = {}, 0
        for ia, a in ipairs(age) do
          if a >= range[1] and a < range[2] then
            local f = vec(#wave)
            for i = 1, #wave do f[i] = f4[((iz - 1) * #age + ia - 1) * #wave + i - 1] end
            local p, q = theirs(f), mine(t:spectrum(a, Z))
            n = n + 1
            sum[1] = (sum[1] or 0) + (q.V_B90 - p.V_B90) ^ 2
            for k, c in ipairs(colours) do sum[k + 1] = (sum[k + 1] or 0) + (q[c[1]] - q[c[2]] - p[c[1]] + p[c[2]]) ^ 2 end
          end
        end
        local out = { ("%g, %g-%g Myr"):format(Z, range[1] / 1e6, range[2] / 1e6) }
        for k = 1, #colours + 1 do out[#out + 1] = cell(math.sqrt(sum[k] / n)) end
        row(unpack(out))
      end
    end
  end
else
  print("\nskipped: Bruzual & Charlot 2003; python3 scripts/validation/bc03.py build/bc03 fetches it")
end

local z, age = {}, {}
for _, v in pairs(L.z_of) do z[#z + 1] = v end
table.sort(z)
for i = 0, 24 do age[#age + 1] = 10 ^ (7.8 + 0.1 * i) end
local t, of = ssp.synthesise { imf = function(m) return m ^ -2.3 end, z = z, age = age, cache = cache }, L.measurer() -- their IMF: unimodal, slope 1.3
print("\nIndices at the Lick resolution against E-MILES: rms by [M/H] and age\n")
row("[M/H], Gyr", unpack(L.names))
print("|" .. ("---|"):rep(#L.names + 1))
for _, mh in ipairs { -1.71, -1.31, -0.71, -0.4, 0, 0.22 } do
  for _, range in ipairs { { 0.06, 0.5 }, { 0.5, 2 }, { 2, 13.5 } } do
    local sum, n = {}, 0
    for _, r in ipairs(L.reference()) do
      if r.mh == mh and r.age_gyr >= range[1] and r.age_gyr < range[2] then
        local m = of(t.wave, t:spectrum(1e9 * r.age_gyr, L.z_of[mh]))
        n = n + 1
        for _, k in ipairs(L.names) do sum[k] = (sum[k] or 0) + (m[k] - r[k]) ^ 2 end
      end
    end
    local out = { ("%+.2f, %g-%g"):format(mh, range[1], range[2]) }
    for _, k in ipairs(L.names) do out[#out + 1] = cell(math.sqrt(sum[k] / n)) end
    row(unpack(out))
  end
end
