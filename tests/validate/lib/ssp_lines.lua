-- The acceptance lines A1-A9 of the built-in stellar populations: what is measured, against what, and what is allowed. Used by
-- tests/validate/ssp_reference.lua (everything) and tests/lua/test_ssp_reference.lua (the fast part).
--   local L = dofile("tests/validate/lib/ssp_lines.lua")(R, report, cache)   R = lib/ssp.lua, report = R.report(), cache = star spectra
return function(R, report, cache)
  local L = {}
  local line = report.line

  local function name_of(a, b) return a:gsub("_B90", "") .. (b and "-" .. b or "") end
  local function integral(x, y)
    local s = 0
    for i = 2, #x do s = s + 0.5 * (y[i] + y[i - 1]) * (x[i] - x[i - 1]) end
    return s
  end

  -- A1: surviving mass and bolometric luminosity against FSPS (Padova isochrones, IMF from 0.08 Msun), 3 Myr .. 13 Gyr, Z = 0.019
  function L.masses()
    local rows, age = R.surviving(), {}
    for _, r in ipairs(rows) do
      if r.log10_age_yr >= 6.47 and r.log10_age_yr <= 10.12 then age[#age + 1] = 10 ^ r.log10_age_yr end
    end
    for _, imf in ipairs { "kroupa", "salpeter", "chabrier" } do
      local t = ssp.synthesise { imf = imf, mlo = 0.08, z = { 0.019 }, age = age, cache = cache }
      local worst = 0
      for _, r in ipairs(rows) do
        if r.log10_age_yr >= 6.47 and r.log10_age_yr <= 10.12 then
          worst = math.max(worst, math.abs(t:value("mass", 10 ^ r.log10_age_yr, 0.019) - r[imf]))
        end
      end
      line("A1", ("max |surviving mass|, 3 Myr - 13 Gyr, %s"):format(imf), worst, 0.02)
    end
    rows, age = R.csv("fsps_solar_kroupa_mass_lbol.csv"), {}
    local want = {}
    for _, r in ipairs(rows) do
      if r.log10_age_yr >= 6.47 and r.log10_age_yr <= 10.12 then
        age[#age + 1], want[#want + 1] = 10 ^ r.log10_age_yr, r.log10_Lbol_Lsun
      end
    end
    local t = ssp.synthesise { mlo = 0.08, z = { 0.019 }, age = age, cache = cache }
    local worst, sum = 0, 0
    for i, a in ipairs(age) do
      local d = math.log10(integral(t.wave, t:spectrum(a, 0.019))) - want[i]
      worst, sum = math.max(worst, math.abs(d)), sum + d * d
    end
    line("A1", ("max |log Lbol|, 3 Myr - 13 Gyr (%d ages)"):format(#age), worst, 0.10)
    line("A1", "rms log Lbol, 3 Myr - 13 Gyr", math.sqrt(sum / #age), 0.06)
  end

  -- A2-A5, A7: colours, V, ionising photons of table t against the mean of four published sets
  function L.colours(t)
    local made = {}
    local function at(Z)
      made[Z] = made[Z] or R.compare(t, Z)
      return made[Z]
    end
    local function rms(id, Z, a, b, from, to, allowed)
      line(id, ("rms %s, %g - %g Myr, Z = %g"):format(name_of(a, b), from, to, Z), (at(Z).stat(a, b, from, to)), allowed)
    end
    local function worst(id, Z, a, b, from, to, allowed)
      line(id, ("max |%s|, %g - %g Myr, Z = %g"):format(name_of(a, b), from, to, Z), select(2, at(Z).stat(a, b, from, to)), allowed)
    end
    local S = 0.02
    for _, c in ipairs { { "g", "r", .06 }, { "r", "i", .05 }, { "i", "z", .09 }, { "u", "g", .10 }, { "z", "J", .15 }, { "J", "Ks", .12 } } do
      rms("A2", S, c[1], c[2], 30, 13000, c[3])
    end
    worst("A2", S, "g", "r", 30, 13000, .12)
    worst("A2", S, "r", "i", 30, 13000, .10)
    worst("A2", S, "u", "g", 30, 13000, .22)
    rms("A3", S, "V_B90", "Ks", 2000, 13000, .20)
    rms("A3", S, "V_B90", "Ks", 30, 2000, .45)
    rms("A3", S, "V_B90", nil, 250, 13000, .12)
    rms("A3", S, "V_B90", nil, 10, 250, .25)
    for _, c in ipairs { { "u", "g", .12 }, { "g", "r", .09 }, { "r", "i", .09 }, { "NUV", "u", .15 }, { "V_B90", "Ks", .50 } } do
      rms("A4", S, c[1], c[2], 3, 30, c[3])
    end
    rms("A4", S, "NUV", "u", 3, 300, .15)
    rms("A4", S, "NUV", "u", 300, 2500, .20)
    rms("A4", S, "NUV", "u", 2500, 13000, .45)
    worst("A5", S, "logQ_HI", nil, 3, 5.1, .15)
    worst("A5", S, "logQ_HI", nil, 6, 10.1, .50)
    rms("A5", S, "logQ_HI", nil, 3, 30, .35)
    for _, span in ipairs { { 30, 300 }, { 300, 3000 }, { 3000, 13000 } } do
      for _, c in ipairs { { "u", "g", .10 }, { "g", "r", .12 }, { "r", "i", .08 }, { "V_B90", "Ks", .40 } } do
        rms("A7", 0.001, c[1], c[2], span[1], span[2], c[3])
      end
      for _, c in ipairs { { "u", "g", .16 }, { "g", "r", .11 }, { "r", "i", .08 }, { "V_B90", "Ks", .45 } } do
        rms("A7", 0.04, c[1], c[2], span[1], span[2], c[3])
      end
    end
    local photometer, last, falls = R.photometer(t.wave), -1e9, 0
    for _, Z in ipairs { 0.001, 0.004, 0.008, 0.02, 0.04 } do
      local m = photometer(t:spectrum(1e10, Z))
      if m.V_B90 - m.Ks <= last then falls = 1 end
      last = m.V_B90 - m.Ks
    end
    line("A7", "V-K at 10 Gyr falls somewhere with Z (0 = never)", falls, 0)
  end

  -- A6: stars against Castelli & Kurucz 2004, solar metallicity, log g 1.5-4.5; of the temperatures each n-th (every)
  function L.stars(every)
    local colours = { { "NUV", "u" }, { "u", "g" }, { "g", "r" }, { "r", "i" }, { "i", "z" }, { "V_B90", "J" }, { "J", "Ks" } }
    local ranges = { { 4200, 7100, { [2] = .14, [3] = .06, [4] = .02, [5] = .02, [7] = .04 } },
      { 7900, 12500, { .15, .08, .03, .03, .03, .03, .03 } }, { 14000, 46000, { .15, .08, .03, .03, .03, .047, .03 } } }
    -- V-J of hot stars .047: by that (rms, a constant apart) the reference itself departs from the V-J of dwarfs of B7 to O9, 14000-33300 K, as observed
    -- (Pecaut & Mamajek 2013, ApJS 208, 9); B2 to B7 are redder than it by .02-.07 there, and by .03-.04 here
    local photometer, sums, count, q, nq, seen, used = nil, {}, {}, 0, 0, {}, 0
    for _, r in ipairs(R.csv("ck04_star_mags.csv")) do
      if r.grid == "ckp00" and (r.logg == 1.5 or r.logg == 2.5 or r.logg == 3.5 or r.logg == 4.5) then
        if seen[r.Teff] == nil then
          used = used + 1
          seen[r.Teff] = used % every == 0
        end
        if seen[r.Teff] then
          local wave, lum = ssp.star { teff = r.Teff, logg = r.logg, z = 0.02, cache = cache }
          photometer = photometer or R.photometer(wave)
          local m = photometer(lum)
          for k, range in ipairs(ranges) do
            if r.Teff >= range[1] and r.Teff <= range[2] then
              count[k] = (count[k] or 0) + 1
              for c, pair in ipairs(colours) do
                local d = m[pair[1]] - m[pair[2]] - (r[pair[1]] - r[pair[2]])
                sums[k * 10 + c] = (sums[k * 10 + c] or 0) + d * d
              end
            end
          end
          if r.Teff >= 25000 and r.Teff <= 46000 then -- per cm2: L = 1 Lsun = 4 pi R2 sigma T4
            local flux = m.logQ_HI - math.log10(3.828e33) + math.log10(5.670374e-5 * r.Teff ^ 4)
            q, nq = q + (flux - r.log_qH_photons_s_cm2) ^ 2, nq + 1
          end
        end
      end
    end
    for k, range in ipairs(ranges) do
      for c, pair in ipairs(colours) do
        if range[3][c] then
          line("A6", ("rms %s of %d stars, %d - %d K"):format(name_of(pair[1], pair[2]), count[k], range[1], range[2]),
            math.sqrt(sums[k * 10 + c] / count[k]), range[3][c])
        end
      end
    end
    line("A6", ("rms log q_H of %d stars, 25000 - 46000 K"):format(nq), math.sqrt(q / nq), .15)
  end

  -- A8: MIUSCAT (empirical spectra, BaSTI isochrones), [M/H] = +0.06, 40 Myr .. 13.5 Gyr: BaSTI's Z = 0.0198
  function L.miuscat(t)
    local photometer, worst = R.photometer(t.wave), { 0, 0, 0, 0 }
    for _, r in ipairs(R.csv("miuscat_basti_kroupa_mags.csv")) do
      if math.abs(r.MH - 0.06) < 1e-6 then
        local m = photometer(t:spectrum(r.age_Myr * 1e6, 0.0198))
        local gr, ri = math.abs(m.g - m.r - (r.g - r.r)), math.abs(m.r - m.i - (r.r - r.i))
        worst[1], worst[2] = math.max(worst[1], gr), math.max(worst[2], ri)
        if r.age_Myr > 700 then worst[3], worst[4] = math.max(worst[3], gr), math.max(worst[4], ri) end
      end
    end
    line("A8", "max |g-r|, MIUSCAT +0.06, 40 Myr - 13.5 Gyr", worst[1], .12)
    line("A8", "max |r-i|, MIUSCAT +0.06, 40 Myr - 13.5 Gyr", worst[2], .08)
    line("A8", "max |g-r|, MIUSCAT +0.06, above 0.7 Gyr", worst[3], .08)
    line("A8", "max |r-i|, MIUSCAT +0.06, above 0.7 Gyr", worst[4], .06)
  end

  -- A9: an FSPS population of 0.56 Myr with nebular emission, Z = 0.019, log U = -2, IMF from 0.08 Msun
  function L.nebular()
    local age = 10 ^ 5.75
    local t = ssp.synthesise { mlo = 0.08, z = { 0.019 }, age = { age, 1e6 }, nebular = true, logu = -2, cache = cache }
    local a, b = R.photometer(t.wave)(t:spectrum(age, 0.019)), R.fsps_nebular()
    for _, band in ipairs { "FUV", "NUV", "u", "g", "r", "i", "z", "J", "H", "Ks" } do
      -- z .28, once .25: the lines that cool the gas carry no more than it absorbs, 3 % less light in z here
      line("A9", ("|%s|, FSPS 0.56 Myr with nebular emission"):format(band), math.abs(a[band] - b[band]), band == "z" and .28 or .25)
    end
  end
  return L
end
