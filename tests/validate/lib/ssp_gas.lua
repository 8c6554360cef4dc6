-- The energy of the gas in synthesised populations: what it emits over what it absorbs below the Lyman limit, and bolometric luminosity.
--   local G = dofile "tests/validate/lib/ssp_gas.lua" (report, cache)
--   G.measure { z =, age =, logu = }      lists, or nothing: those of the default library; log U from -4 to -1
return function(report, cache)
  local G = {}
  local edge = 911.75

  -- energies [Lsun]: absorbed, emitted, all of the stars
  local function energies(wave, stars, gas)
    local absorbed, emitted, all = 0, 0, 0
    for i = 2, #wave do
      local h = 0.5 * (wave[i] - wave[i - 1])
      all = all + h * (stars[i] + stars[i - 1])
      if wave[i] < edge then
        absorbed = absorbed + h * (stars[i] + stars[i - 1])
      elseif wave[i - 1] < edge then
        absorbed = absorbed + (edge - wave[i - 1]) * stars[i - 1]
      else
        emitted = emitted + h * (gas[i] + gas[i - 1] - stars[i] - stars[i - 1])
      end
    end
    return absorbed, emitted, all
  end

  function G.measure(o)
    o = o or {}
    local most, least, gain, cells = 0, 1e9, 0, 0
    local bare = ssp.synthesise { z = o.z, age = o.age, cache = cache }
    local lit = ssp.synthesise { z = o.z, age = o.age, nebular = true, logu = o.logu or { -4, -2.5, -1 }, cache = cache }
    for _, u in ipairs(lit.logu:totable()) do
      for _, z in ipairs(bare.z:totable()) do
        for _, age in ipairs(bare.age:totable()) do
          local absorbed, emitted, all = energies(bare.wave, bare:spectrum(age, z), lit:spectrum(age, z, u))
          if absorbed > 1e-6 * all then -- single precision of the table holds the difference to 1e-7 of the light
            most, least, cells = math.max(most, emitted / absorbed), math.min(least, emitted / absorbed), cells + 1
          end
          gain = math.max(gain, (emitted - absorbed) / all)
        end
      end
    end
    report.line("gas", ("emitted over absorbed ionising energy, %d cells, largest"):format(cells), most, 1.001)
    report.line("gas", "absorbed over emitted, largest", 1 / least, 2)
    report.line("gas", "bolometric luminosity above that of the stars, share", gain, 1e-3)
  end
  return G
end
