-- Populations along metallicity: colours at `n` log-spaced values of Z, and their second differences. Between the metallicities that the
-- tracks were fitted to nothing may swing: a population of 0.01 lies between those of 0.008 and 0.014. From u-g to J-K no colour may bend by more than
-- .03, V-K by .06. NUV-u may bend more where it runs one way: at 12.6 Gyr the horizontal branch turns red between the tracks of Z = 0.001 and 0.004,
-- and NUV-u climbs by 1.26 mag over .60 dex, between .75 mag/dex below and 1.0 above (in BaSTI's isochrones by 1.02 between 0.002 and 0.008). Whatever
-- the curve between, it must gather .73 mag beyond those slopes: 4 .73/.60^2 per dex^2 or .056 in the unit of report.line at least. Allowed: a
-- quarter more.
--   local S = dofile "tests/validate/lib/ssp_smooth.lua" (R, report, cache)
--   S.measure(40, ages)   reports the largest second difference of a colour and of V-K, in mag per 0.1 dex of Z
return function(R, report, cache)
  local S = {}
  local colours = { { "NUV", "u" }, { "u", "g" }, { "g", "r" }, { "r", "i" }, { "i", "z" }, { "z", "J" }, { "J", "Ks" }, { "V_B90", "Ks" } }

  -- rows of { colour =, age =, z =, second = } for interior metallicities; second difference scaled to steps of 0.1 dex
  function S.differences(n, ages)
    local z, step = {}, math.log10(500) / (n - 1)
    for i = 1, n do z[i] = math.min(1e-4 * 10 ^ (step * (i - 1)), 0.05) end
    local t = ssp.synthesise { z = z, age = ages, cache = cache }
    local phot, rows = R.photometer(t.wave), {}
    for _, age in ipairs(ages) do
      local m = {}
      for i = 1, n do m[i] = phot(t:spectrum(age, z[i])) end
      for _, c in ipairs(colours) do
        local function colour(i) return m[i][c[1]] - m[i][c[2]] end
        for i = 2, n - 1 do
          local before, after = colour(i) - colour(i - 1), colour(i + 1) - colour(i)
          rows[#rows + 1] = { colour = c[1] .. "-" .. c[2], age = age, z = z[i], value = colour(i), second = (after - before) * (0.1 / step),
            monotone = before * after > 0 }
        end
      end
    end
    return rows
  end

  function S.measure(n, ages)
    local worst = { colour = 0, red = 0, turns = 0, one_way = 0 }
    for _, r in ipairs(S.differences(n, ages)) do
      local k = r.colour == "V_B90-Ks" and "red" or r.colour ~= "NUV-u" and "colour" or r.monotone and "one_way" or "turns"
      worst[k] = math.max(worst[k], math.abs(r.second))
    end
    report.line("Z", "second difference along log Z [mag per 0.1 dex], u-g to J-K", worst.colour, 0.03)
    report.line("Z", "the same, V-K", worst.red, 0.06)
    report.line("Z", "the same, NUV-u where it turns", worst.turns, 0.03)
    report.line("Z", "the same, NUV-u where it runs one way", worst.one_way, 0.07)
  end
  return S
end
