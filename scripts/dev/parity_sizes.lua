-- Size of each choice in which the default differs from GalaPy 0.6, one switched at a time: the table of docs/parity.md.
-- usage: galua scripts/dev/parity_sizes.lua
local t = ssp.synthetic()
local bands = filters("GALEX.NUV", "SDSS.r", "2MASS.Ks", "WISE.W3", "Herschel.PACS.blue", "Herschel.SPIRE.PSW", "Herschel.SPIRE.PLW")
local choices = { "csp_steps", "stars_at_zstar", "coarse_temperature", "mstar_formula", "old_constants", "band_rule", "ssp_grid" }
local ages = { 1e7, 1e8, 1e9, 5e9 }

local function measure(age, compat, sfh_model)
  local g = galaxy{ ssp = t, sfh = sfh_model or sfh.insitu{}, redshift = 0.05, age = age, compat = compat }
  local d = g:derived_values()
  local out = { Lbol = d.Lstar, LIR = d.Ldust, Mstar = d.Mstar, T_MC = d.T_MC, T_DD = d.T_DD, Mgas = d.Mgas }
  local f = g:band_flux(bands)
  for i = 1, #bands do out[bands[i].name] = f[i] end
  return out
end

print("largest relative change [%] of the default when one choice is switched to GalaPy's (in-situ defaults, closed-form SSPs, z = 0.05)")
print(("%-20s %8s  %8s %8s %8s %8s %8s   %s"):format("choice", "age", "Lstar", "Ldust", "Mstar", "T_MC", "T_DD", "bands: largest"))
for _, c in ipairs(choices) do
  for _, age in ipairs(ages) do
    local a, b = measure(age, "exact"), measure(age, { [c] = true })
    local function pct(k) return a[k] ~= 0 and 100 * (b[k] / a[k] - 1) or 0 end
    local worst, name = 0, "-"
    for i = 1, #bands do
      local p = pct(bands[i].name)
      if math.abs(p) > math.abs(worst) then worst, name = p, bands[i].name end
    end
    print(("%-20s %8.0e  %8.3f %8.3f %8.3f %8.3f %8.3f   %+.3f %s"):format(c, age, pct("Lbol"), pct("LIR"), pct("Mstar"), pct("T_MC"),
      pct("T_DD"), worst, name))
  end
end
local s = sfh.constant{ Mdust = 1e7, Z = 0.004 }
local a, b = measure(1e9, "exact", s), measure(1e9, { dust_gas_sign = true }, s)
print(("%-20s %8.0e  %8.3f %8.3f %8.3f %8.3f %8.3f   Mgas x %.3g (constant history, Z = 0.004)"):format("dust_gas_sign", 1e9,
  100 * (b.Lbol / a.Lbol - 1), 100 * (b.LIR / a.LIR - 1), 0, 100 * (b.T_MC / a.T_MC - 1), 100 * (b.T_DD / a.T_DD - 1), b.Mgas / a.Mgas))

-- Gas, radio, X-rays, nucleus, intergalactic medium: the quantity that the choice is about.
local folder = "../shared/data/galapy_database/AGN_templates"
local probe = io.open(folder .. "/ct40al0.0be-0.50ta6.0rm60ia0.001")
if probe then probe:close() end
print("\nchange [%] of what the choice is about when it is switched to GalaPy's (the same galaxies; the intergalactic medium at z = 3)")
print(("%-18s %-34s age%s"):format("choice", "quantity", (" %9.0e"):rep(3):format(1e7, 1e8, 1e9)))
local uband = filters("SDSS.u", "SDSS.g")
local about = {
  { "sn_no_cut", "supernova rate R_CCSN", function(g) return g:derived().R_CCSN end },
  { "sn_no_cut", "synchrotron at 1.4 GHz", function(g) return g:derived().L_1400MHz end },
  { "radio_norm", "synchrotron at 1.4 GHz", function(g) return g:derived().L_1400MHz end },
  { "xray_energy", "2-10 keV of X-ray binaries", function(g) return g:derived().L_X end },
  { "hmxb_cubic", "2-10 keV of X-ray binaries", function(g) return g:derived().L_X end },
  { "lmxb_galaxy_age", "2-10 keV of X-ray binaries", function(g) return g:derived().L_X end },
  { "agn_xray", "2-10 keV of the nucleus, fAGN = 0.1", function(g) return g:derived().L_X end, nucleus = true },
  { "nodes_lyman", "ionising photons Q_H", function(g) return g:derived().Q_H end },
  { "igm_breaks", "SDSS u at z = 3", function(g) return g:band_flux(uband)[1] end, z = 3 },
  { "igm_breaks", "SDSS g at z = 3", function(g) return g:band_flux(uband)[2] end, z = 3 },
  { "flux_table", "every flux", function(g) return g:band_flux(uband)[2] end },
}
for _, c in ipairs(about) do
  local row = {}
  for _, age in ipairs{ 1e7, 1e8, 1e9 } do
    local function value(compat)
      local o = { ssp = t, sfh = sfh.insitu{}, redshift = c.z or 0.05, age = age, compat = compat }
      if c.nucleus then
        if not probe then return 0 / 0 end
        o.agn = agn.fritz{ path = folder, fAGN = 0.1 }
      else
        o.synchrotron, o.xrb, o.igm = true, true, true
      end
      return c[3](galaxy(o))
    end
    row[#row + 1] = (" %+9.4g"):format(100 * (value{ [c[1]] = true } / value("exact") - 1))
  end
  print(("%-18s %-34s    %s"):format(c[1], c[2], table.concat(row)))
end

-- D15: an energy-like curve R read as a photon response T. Here T = R / wavelength, so R is T * wavelength.
print("\nD15: change [%] of the flux of the default galaxy when the energy-like curve is read as a photon response")
local infrared = filters("2MASS", "WISE", "Spitzer.MIPS", "Herschel")
local misread = {}
for i, f in ipairs(infrared) do misread[i] = filter.curve(f.name, f.wave, f.trans * f.wave) end
local change = {}
for j, age in ipairs(ages) do
  local g = galaxy{ ssp = t, redshift = 0.05, age = age }
  local right, wrong = g:band_flux(infrared), g:band_flux(misread)
  change[j] = {}
  for i = 1, #infrared do change[j][i] = 100 * (wrong[i] / right[i] - 1) end
end
print(("%-22s %12s   age%s"):format("band", "pivot [%]", (" %8.0e"):rep(#ages):format(unpack(ages))))
for i, f in ipairs(infrared) do
  local row = {}
  for j = 1, #ages do row[j] = ("%+9.3f"):format(change[j][i]) end
  print(("%-22s %+12.3f      %s"):format(f.name, 100 * (misread[i].pivot / f.pivot - 1), table.concat(row)))
end
