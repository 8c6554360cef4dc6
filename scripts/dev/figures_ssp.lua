-- The figures of docs/stellar_populations.md: built-in stellar populations beside published ones.
-- usage: galua scripts/dev/figures_ssp.lua [OUTPUT_FOLDER]     from the top folder of the source tree, with the published tables in
-- ../shared/data: Maraston 2005 spectra (ssp/sed.krz002.rhb) and the colours of four model sets (ssp_reference)
local plot = require "galua.plot"
local folder = arg and arg[1] or "docs/figures"
local reference = "../shared/data/ssp/sed.krz002.rhb"
local R = dofile "tests/validate/lib/ssp.lua"
local probe = io.open(reference)
if not (probe and R.whole()) then
  print("needs " .. reference .. " and ../shared/data/ssp_reference")
  os.exit(1)
end
probe:close()

local Z = 0.02
local ours, m05 = ssp.synthesise{}, ssp.read(reference)
local ages = { { 3e6, "3 Myr" }, { 1e7, "10 Myr" }, { 1e8, "100 Myr" }, { 5e8, "500 Myr" }, { 2e9, "2 Gyr" }, { 1e10, "10 Gyr" } }
local blue, orange = "#1f5fa8", "#d9822b"

-- x, y of a spectrum between two wavelengths, f(wavelength, L) on the axis
local function curve(t, age, lo, hi, f)
  local l, w, x, y = t:spectrum(age, Z), t.wave, {}, {}
  for i = 1, #w do
    if w[i] >= lo and w[i] <= hi then
      x[#x + 1] = w[i]
      y[#y + 1] = f(w[i], l[i])
    end
  end
  return x, y
end

-- ---- spectra from the ultraviolet to 10 um
local fig = plot.figure { rows = 3, cols = 2, sharex = true, width = 7.4, height = 7.6 }
for k, a in ipairs(ages) do
  local row, col = math.ceil(k / 2), 2 - k % 2
  local ax = fig:axes(row, col)
  local x, y = curve(m05, a[1], 912, 1e5, function(w, l) return w * l end)
  local top = 0
  for i = 1, #y do top = math.max(top, y[i]) end
  for i = 1, #x do x[i] = x[i] * 1e-4 end
  ax:line(x, y, { color = orange, width = 1.6, label = k == 1 and "Maraston (2005)" or nil })
  x, y = curve(ours, a[1], 912, 1e5, function(w, l) return w * l end)
  for i = 1, #y do top = math.max(top, y[i]) end
  for i = 1, #x do x[i] = x[i] * 1e-4 end
  ax:line(x, y, { color = blue, width = 0.7, label = k == 1 and "Galua" or nil })
  ax:set { xscale = "log", yscale = "log", xlim = { 0.09, 10 }, ylim = { top * 1.5e-3, top * 2 },
    xlabel = row == 3 and "\\lambda [\\um]" or nil, ylabel = col == 1 and "\\lambda L_{\\lambda} [\\Lsun/\\Msun]" or nil,
    legend = k == 1 and "lower left" or nil }
  ax:text(0.95, 0.9, a[2], { coords = "axes", anchor = "end" })
end
fig:save(folder .. "/ssp_spectra.png")

-- ---- the optical, normalised at 5500 A, both at the resolution of the coarser (20 A)
local function smooth(x, y) -- mean over 20 A
  local gx, gy = {}, {}
  for c = 3010, 9490, 20 do
    local sum, n = 0, 0
    for i = 1, #x do
      if math.abs(x[i] - c) <= 10 then sum, n = sum + y[i], n + 1 end
    end
    if n > 0 then gx[#gx + 1], gy[#gy + 1] = c, sum / n end
  end
  return gx, gy
end
fig = plot.figure { rows = 3, cols = 2, sharex = true, width = 7.4, height = 7.6 }
for k, a in ipairs(ages) do
  local row, col = math.ceil(k / 2), 2 - k % 2
  local ax = fig:axes(row, col)
  local top = 0
  for j, t in ipairs { m05, ours } do
    local x, y = curve(t, a[1], 3000, 9500, function(_, l) return l end)
    if j == 2 then x, y = smooth(x, y) end
    local n = 0
    local norm = 0
    for i = 1, #x do
      if math.abs(x[i] - 5500) < 100 then norm, n = norm + y[i], n + 1 end
    end
    for i = 1, #x do
      y[i] = y[i] / (norm / n)
      x[i] = x[i] * 1e-3
      top = math.max(top, y[i])
    end
    ax:line(x, y, { color = j == 1 and orange or blue, width = j == 1 and 1.6 or 0.9,
      label = k == 4 and (j == 1 and "Maraston (2005)" or "Galua") or nil })
  end
  ax:set { xlim = { 3, 9.5 }, ylim = { 0, top * 1.12 }, xlabel = row == 3 and "\\lambda [1000 \\AA]" or nil,
    ylabel = col == 1 and "L_{\\lambda} / L(5500 \\AA)" or nil, legend = k == 4 and "lower right" or nil }
  ax:text(0.95, 0.9, a[2], { coords = "axes", anchor = "end" })
end
fig:save(folder .. "/ssp_optical.png")

-- ---- colours over age: built-in against the range of the four sets
local photometer, ref = R.photometer(ours.wave), R.reference(Z)
local panels = { { "u", "g", "u - g" }, { "g", "r", "g - r" }, { "NUV", "u", "NUV - u" }, { "V_B90", "Ks", "V - K" }, { "V_B90", nil, "M_V per \\Msun" },
  { "logQ_HI", nil, "log Q_{H} [1/s per \\Msun]" } }
local xs, mags = {}, {}
for k, age in ipairs(R.ages) do
  xs[k] = age * 1e-3
  mags[k] = photometer(ours:spectrum(age * 1e6, Z))
end
fig = plot.figure { rows = 3, cols = 2, width = 7.4, height = 7.8 }
for p, c in ipairs(panels) do
  local row, col = math.ceil(p / 2), 2 - p % 2
  local ax = fig:axes(row, col)
  local x, lo, hi, y = {}, {}, {}, {}
  for k, age in ipairs(R.ages) do
    local mean, _, each = ref(age, c[1], c[2])
    local value = mags[k][c[1]] - (c[2] and mags[k][c[2]] or 0)
    if mean and (c[1] ~= "logQ_HI" or age <= 32) then
      local a, b = 1e9, -1e9
      for i = 1, 4 do
        if each[i] then a, b = math.min(a, each[i]), math.max(b, each[i]) end
      end
      x[#x + 1], lo[#lo + 1], hi[#hi + 1], y[#y + 1] = xs[k], a, b, value
    end
  end
  ax:band(x, lo, hi, { color = orange, alpha = 0.35, label = p == 1 and "four published sets" or nil })
  ax:line(x, y, { color = blue, width = 1.3, label = p == 1 and "Galua" or nil })
  ax:set { xscale = "log", xlim = { 3e-3, c[1] == "logQ_HI" and 0.035 or 13 }, xlabel = row == 3 and "age [Gyr]" or nil, ylabel = c[3] .. (c[2] and " [AB mag]" or ""),
    legend = p == 1 and "upper left" or nil }
end
fig:save(folder .. "/ssp_colours.png")
print(("%s/ssp_spectra.png, ssp_optical.png, ssp_colours.png"):format(folder))
