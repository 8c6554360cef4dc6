-- Random points of the plane 1e-4 <= Z <= 0.05, 0.1 Myr <= age <= 15 Gyr: finite, not negative, continuous.
--
-- What continuous means. Luminosities of populations change by orders of magnitude with age, so a bound on values says nothing; a jump is
-- what does not shrink with the step. In the table the model interpolates in straight lines between nodes: across a node, a step
-- of 1e-9 may change a spectrum by the rounding of float32 only. In synthesis nothing may step: 0.1 % in age or Z changes no band
-- from u to K by more than 0.02 mag. The steepest real changes (the first red supergiants near 6-12 Myr, the AGB near 1.5 Gyr) are
-- 10-15 mag per unit ln(age) in K, 0.01-0.015 mag for 0.1 %; a star that enters or leaves a bin of the isochrone adds less than 0.005.
return function(R, report, cache)
  local F = {}
  local log, exp = math.log, math.exp
  local rng = 12345
  local function uniform() -- Park & Miller: the same points everywhere
    rng = (rng * 16807) % 2147483647
    return rng / 2147483647
  end
  local function point()
    return exp(log(1e5) + log(1.5e10 / 1e5) * uniform()), exp(log(1e-4) + log(0.05 / 1e-4) * uniform())
  end

  -- n points through the interpolation of table t; every hundredth also for continuity across the nearest node.
  function F.interpolate(t, n)
    local bad, step = 0, 0
    for i = 1, n do
      local age, Z = point()
      local s = t:spectrum(age, Z)
      local total = s:sum()
      if not (total > 0 and total < 1e10 and s:min() >= 0) then bad = bad + 1 end
    end
    report.line("fuzz", ("%d random spectra of the table: not finite or negative"):format(n), bad, 0)
    for k = 2, #t.age - 1 do -- across every node in age and in Z
      local a = t.age[k]
      local l, r = t:spectrum(a * (1 - 1e-9), 0.01), t:spectrum(a * (1 + 1e-9), 0.01)
      local m = t:spectrum(a, 0.01)
      step = math.max(step, ((l - m):abs():sum() + (r - m):abs():sum()) / m:sum())
    end
    for k = 2, #t.z - 1 do
      for la = 5, 10, 0.25 do
        local l, r, m = t:spectrum(10 ^ la, t.z[k] * (1 - 1e-9)), t:spectrum(10 ^ la, t.z[k] * (1 + 1e-9)), t:spectrum(10 ^ la, t.z[k])
        step = math.max(step, ((l - m):abs():sum() + (r - m):abs():sum()) / m:sum())
      end
    end
    report.line("fuzz", "relative change across a node, steps of 1e-9", step, 1e-6)
  end

  -- nz metallicities x na ages at random, each with a neighbour 0.1 % away in age and one in Z.
  function F.synthesise(nz, na)
    local zs, ages = {}, {}
    for i = 1, nz do
      local _, Z = point()
      zs[#zs + 1], zs[#zs + 2] = Z * 0.9989, Z * 0.9999
    end
    for i = 1, na do
      local age = point()
      ages[#ages + 1], ages[#ages + 2] = age * 0.9989, age * 0.9999
    end
    table.sort(zs)
    table.sort(ages)
    for i = #zs, 2, -1 do
      if zs[i] <= zs[i - 1] then table.remove(zs, i) end
    end
    local t = ssp.synthesise { z = vec(zs), age = vec(ages), cache = cache }
    local photometer, bad, cells, jump, at = R.photometer(t.wave), 0, {}, 0, ""
    local close_pairs = 0
    for j, Z in ipairs(zs) do
      for i, age in ipairs(ages) do
        local s = t:spectrum(age, Z)
        if not (s:sum() > 0 and s:sum() < 1e10 and s:min() >= 0) then bad = bad + 1 end
        cells[j * 10000 + i] = photometer(s)
      end
    end
    local function compare(a, b, dln, what)
      if dln > 2e-3 then return end
      close_pairs = close_pairs + 1
      for _, band in ipairs { "u", "g", "r", "i", "z", "J", "H", "Ks" } do
        local d = math.abs(a[band] - b[band])
        if d > jump then jump, at = d, band .. " " .. what end
      end
    end
    for j, Z in ipairs(zs) do
      for i, age in ipairs(ages) do
        local c = cells[j * 10000 + i]
        if i > 1 then compare(c, cells[j * 10000 + i - 1], log(age / ages[i - 1]), ("at age %.4g Myr, Z %.4g, along age"):format(age / 1e6, Z)) end
        if j > 1 then compare(c, cells[(j - 1) * 10000 + i], log(Z / zs[j - 1]), ("at age %.4g Myr, Z %.4g, along Z"):format(age / 1e6, Z)) end
      end
    end
    report.line("fuzz", ("%d synthesised spectra: not finite or negative"):format(#zs * #ages), bad, 0)
    report.line("fuzz", ("largest step of a band u-K over 0.1 %% (%d pairs)"):format(close_pairs), jump, 0.02)
    print("     largest at: " .. at)
  end
  return F
end
