-- Spectral indices at the Lick resolution, of any spectrum: 2.5 A of E-MILES and the star grid widened to what Worthey & Ottaviani (1997) list.
--   local L = dofile "tests/validate/lib/lick.lua"
--   local of = L.measurer()          function of (wave [A, vacuum], flux per A) -> { Dn4000 =, Hbeta =, ... }
--   L.names                          the indices, in the order of tables
--   L.emiles(folder), L.mastar(folder)      the spectra that scripts/validation/NAME.py fetched: { { mh =, age = [yr], wave =, flux = }, ... }; nil when absent
local ffi = require "ffi"
local L = {}

L.names = { "Dn4000", "D4000", "Hbeta", "Mgb", "Fe5270", "Fe5335", "NaD", "C4668", "G4300", "Mg_2", "Hdelta_A" }

local from, step, n = 3500, 1.25, 2800 -- the wavelengths of the smoothed spectrum

local function lick_fwhm(w)
  local x, y = { 4000, 4400, 4900, 5400, 6000 }, { 11.5, 9.2, 8.4, 8.4, 9.8 }
  if w <= x[1] then return y[1] end
  for i = 2, #x do
    if w <= x[i] then return y[i - 1] + (y[i] - y[i - 1]) * (w - x[i - 1]) / (x[i] - x[i - 1]) end
  end
  return y[#y]
end

-- flux [n] -> the same, each wavelength widened by a Gaussian of sqrt(lick^2 - own^2) FWHM
local function widen(flux, own)
  local out = vec(n)
  for i = 1, n do
    local s = math.sqrt(math.max(lick_fwhm(from + step * (i - 1)) ^ 2 - own * own, 0.01)) / 2.3548 / step
    local sum, norm = 0, 0
    for k = math.max(1, math.floor(i - 5 * s)), math.min(n, math.ceil(i + 5 * s)) do
      local q = math.exp(-0.5 * ((k - i) / s) ^ 2)
      sum, norm = sum + q * flux[k], norm + q
    end
    out[i] = sum / norm
  end
  return out
end

function L.measurer(own, names)
  local wave = linspace(from, from + step * (n - 1), n)
  return function(w, f)
    local flux = w:interp(wave, f)
    local wide, out = widen(flux, own or 2.5), {}
    for _, name in ipairs(names or L.names) do out[name] = spectrum.measure(name, wave, (name == "Dn4000" or name == "D4000") and flux or wide) end
    return out
  end
end

-- The indices on spectra in bins of 20 A, which is what Maraston (2005) has: function of (wave [A, vacuum], flux per A) -> { name = }; the break in
-- magnitudes. L.bins(wave, flux) -> wave, flux of the bins, means of a spectrum that is straight between its points
L.imf_names = { "Mg_1", "Mg_2", "TiO_2", "NaD", "Mgb", "Hbeta", "Dn4000" }
function L.bins(w, f)
  local wave, flux, m = linspace(3810, 6490, 135), vec(135), 32
  for i = 1, 135 do
    local x, sum = w:interp(linspace(wave[i] - 10, wave[i] + 10, m + 1), f), 0
    for k = 1, m do sum = sum + 0.5 * (x[k] + x[k + 1]) end
    flux[i] = sum / m
  end
  return wave, flux
end
function L.of_bins(w, f)
  local wave, out = linspace(3820, 6480, 5321), {}
  local flux = w:interp(wave, f)
  for _, name in ipairs(L.imf_names) do out[name] = spectrum.measure(name, wave, flux) end
  out.Dn4000 = 2.5 * math.log10(out.Dn4000)
  return out
end

local function spectra(folder, wavelength)
  local index = io.open(folder .. "/spectra.txt")
  if not index then return nil end
  local data = assert(io.open(folder .. "/spectra.f4", "rb")):read("*a")
  local f4, at, list = ffi.cast("const float *", data), 0, {}
  for line in index:lines() do
    local mh, age, w0, dw, m = line:match("(%S+) (%S+) (%S+) (%S+) (%d+)")
    m = tonumber(m)
    local wave, flux = vec(m), vec(m)
    for i = 1, m do wave[i], flux[i] = wavelength(w0 + dw * (i - 1)), f4[at + i - 1] end
    at = at + m
    list[#list + 1] = { mh = tonumber(mh), age = 1e9 * tonumber(age), wave = wave, flux = flux }
  end
  index:close()
  return list
end
function L.emiles(folder) return spectra(folder, spectrum.air_to_vac) end
function L.mastar(folder) return spectra(folder, function(x) return 10 ^ x end) end

-- The references: rows of tests/ref/emiles_indices.csv, mastar_indices.csv by [M/H] and age; of maraston_indices.csv by age.
function L.reference(name)
  local rows, head = {}, nil
  for line in io.lines("tests/ref/" .. (name or "emiles") .. "_indices.csv") do
    if line:sub(1, 1) ~= "#" then
      local cells = {}
      for c in (line .. ","):gmatch("([^,]*),") do cells[#cells + 1] = c end
      if not head then
        head = cells
      else
        local row = {}
        for i, k in ipairs(head) do row[k] = tonumber(cells[i]) end
        rows[#rows + 1] = row
      end
    end
  end
  return rows
end

-- What the metallicities of the library are here: the grid's own Z nearest to [M/H], as the isochrones of Padova 2000 have them.
L.z_mastar = { [-0.7] = 4e-3, [-0.33] = 0.01, [0] = 0.02 }
L.z_of = { [-1.71] = 4e-4, [-1.31] = 1e-3, [-0.71] = 4e-3, [-0.4] = 8e-3, [0] = 0.019, [0.22] = 0.03 }
return L
