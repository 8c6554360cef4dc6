-- Simulation-based calibration of the whole pipeline: is every step from the prior to the results file consistent? One galaxy with four
-- free parameters, 500 mocks with plain errors, 200 each with what may be wrong with data: a wrong band now and then, faint bands that
-- are only upper limits, errors that are larger than quoted, a redshift known by photometry alone, a spectrum of uncertain calibration.
-- `galua validate scripts/validation/sbc_plain.lua` runs one.
local M = {}

local variants = {
  plain = { text = "Detections with known Gaussian errors." },
  outliers = { noise = function() return noise.outliers{ f_out = prior.uniform(0, 0.3), n_out = 30 } end,
    text = "Each band is wrong with a probability of up to 30 %, then with a 30 times larger error; the share of wrong bands is free." },
  limits = { limits_below = 5, snr = 8,
    text = "Bands fainter than five errors are given as upper limits, treated as censored data." },
  scale = { noise = function() return noise.errors{ ln_scale = prior.normal(0, 0.5) } end, bands = { "GALEX", "SDSS", "2MASS", "WISE" },
    text = "Errors are wrong by a common factor, which is free." },
  spectrum = { bands = { "SDSS", "2MASS" }, spectrum = function()
      return { wave = linspace(5600, 7400, 120), R = 120, snr = 15, calibration = { mode = "marginalised", order = 3, sd = 0.1 } }
    end, text = "A spectrum from 5600 to 7400 A (R = 120) beside the bands, its calibration wrong by a polynomial of third order with "
      .. "coefficients of 10 %, marginalised." },
  photoz = { free = function(free) free.redshift = prior.truncnormal(0.5, 0.05, 0.1, 1) end,
    text = "The redshift is free, with the prior of a photometric redshift, 0.50 +- 0.05." },
}

-- seed: 36; another one gives mocks of its own
function M.recipe(kind, seed)
  local v = variants[kind]
  local free = { age = prior.loguniform(1e9, 8e9), ["sfh.norm"] = prior.loguniform(1, 1000), ["sfh.tau"] = prior.loguniform(3e8, 1e10),
    ["attenuation.A_V"] = prior.uniform(0, 2) }
  if v.free then v.free(free) end
  return validation{ name = "SBC, " .. kind, model = galaxy{ sfh = sfh.delayed{}, attenuation = attenuation.calzetti{}, redshift = 0.5 },
    free = free, bands = filters(unpack(v.bands or { "SDSS", "2MASS", "WISE" })), snr = v.snr or 15, noise = v.noise and v.noise(),
    limits_below = v.limits_below or 0, spectrum = v.spectrum and v.spectrum(), sampler = sampler.nested{ live = 80 },
    mocks = kind == "plain" and 500 or 200, derived = { "Mstar", "SFR100", "age_mw" }, seed = seed or 36,
    text = "A delayed history behind dust after Calzetti et al. (2000) at z = 0.5, ultraviolet to mid-infrared. " .. v.text }
end

return M
