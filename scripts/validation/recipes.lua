-- The published validation of the field's reference code, as recipes: two kinds of galaxies, ACTIVE (forming stars behind dust at z = 1,
-- ultraviolet to submillimetre) and PASSIVE (quenched, old, at z = 0.3, ultraviolet to mid-infrared), three histories each, 100 and 400 mocks
-- drawn from uninformative priors. `galua validate scripts/validation/active_insitu.lua` runs one.
local M = {}

local bands = {
  active = { "SDSS", "2MASS", "Spitzer.IRAC", "Spitzer.MIPS.24mu", "Herschel.PACS", "Herschel.SPIRE" },
  passive = { "GALEX", "SDSS", "2MASS", "WISE" },
}

-- histories: { component, { parameter = prior } }; passive ones were quenched between 1 and 3 Gyr after their onset
local function history(kind, name)
  local free = {}
  local s
  if name == "insitu" then
    s = sfh.insitu{}
    free["sfh.psi_max"] = prior.loguniform(1, 1000)
    free["sfh.tau_star"] = prior.loguniform(1e8, 1e10)
  elseif name == "delayed" then
    s = sfh.delayed{}
    free["sfh.norm"] = prior.loguniform(1, 1000)
    free["sfh.tau"] = prior.loguniform(1e8, 1e10)
  else
    s = sfh.constant{}
    free["sfh.psi"] = prior.loguniform(1, 1000)
  end
  if name ~= "insitu" then
    free["sfh.Z"] = prior.loguniform(1e-3, 0.04)
    free["sfh.Mdust"] = kind == "active" and prior.loguniform(1e7, 1e9) or prior.loguniform(1e5, 1e8)
  end
  if kind == "passive" then free["sfh.tau_quench"] = prior.loguniform(1e9, 3e9) end
  return s, free
end

function M.recipe(kind, name)
  local s, free = history(kind, name)
  free.age = kind == "active" and prior.loguniform(1e8, 5e9) or prior.uniform(4e9, 9e9)
  -- a quenched in-situ galaxy has lost its gas and dust
  local dusty = not (kind == "passive" and name == "insitu")
  if dusty then
    free["ism.f_MC"] = prior.uniform(0, 1)
    free["ism.Rdust"] = prior.loguniform(1e3, 2e4)
    free["ism.f_PAH"] = prior.uniform(0, 0.4)
  end
  if kind == "active" then free["ism.tau_esc"] = prior.loguniform(1e6, 1e8) end
  local derived = { "Mstar", "SFR100", "age_mw" }
  if dusty then
    derived[#derived + 1] = "LIR"
    derived[#derived + 1] = "A_V"
  end
  return validation{ name = kind:upper() .. ", " .. name, model = galaxy{ sfh = s, redshift = kind == "active" and 1 or 0.3 }, free = free,
    bands = filters(unpack(bands[kind])), snr = 10, noise = noise.calibration{ f_cal = 0.05 }, sampler = sampler.nested{ live = 300 },
    mocks = kind == "passive" and 400 or 100, derived = kind == "passive" and { "Mstar", "age_mw" } or derived, seed = 20240,
    text = ("Galaxies with sfh.%s, %s, errors of a tenth of the median galaxy's flux in each band and 5 %% calibration errors."):format(name,
      kind == "active" and "forming stars at z = 1" or "quenched 1-3 Gyr after their onset, seen at z = 0.3") }
end

return M
