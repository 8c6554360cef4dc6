-- The galaxy that tests of fits share: a disc of 4 Gyr, its fluxes with errors of 5 percent and, of themselves, no noise: the posterior
-- surrounds the truth. disc(bands) -> { bands =, truth(), data(change), fit(options) }.
local table_of = ssp.synthetic()
return function(...)
  local disc = { table = table_of, bands = filters(...) }

  function disc.truth()
    return galaxy{ ssp = table_of, sfh = sfh.delayed{ norm = 20, tau = 1e9, Mdust = 3e7 }, age = 4e9, redshift = 0.1 }
  end

  -- change(band, flux) -> flux[, kind]: what is observed instead; the error stays
  function disc.data(change, name)
    local o, flux = observation.new{ name = name or "mock", redshift = 0.1 }, disc.truth():band_flux(disc.bands)
    for i, band in ipairs(disc.bands) do
      local f, kind = flux[i]
      if change then f, kind = change(band.name, f) end
      o:add(band, f, 0.05 * flux[i], kind or "detection")
    end
    return o
  end

  -- age and norm free, the dust, too, where asked for; all other options are those of fit{}
  function disc.fit(options)
    local o = { data = disc.data(), model = disc.truth(), seed = 11,
      free = { age = prior.loguniform(1e9, 1.2e10), ["sfh.norm"] = prior.loguniform(1, 300) } }
    if options.dust then o.free["sfh.Mdust"] = prior.loguniform(1e6, 1e9) end
    for k, v in pairs(options) do if k ~= "dust" then o[k] = v end end
    return fit(o)
  end
  return disc
end
