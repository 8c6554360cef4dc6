-- Validation recipe: simulation-based calibration of sources as `galua catalogue` fits them, with the default ladder of samplers. The galaxies, priors and
-- bands are those of `galua bench catalogue` (lua/galua/catalogue/bench.lua); the error of a band is the same for all mocks, so that the likelihood is exact.
-- Every mock is ranked by its last rung, whether that was accepted or not. `galua --threads 1 validate scripts/validation/sbc_catalogue.lua` goes on where
-- it stopped.
return validation{ name = "SBC, catalogue",
  model = galaxy{ sfh = sfh.delayed{}, attenuation = attenuation.calzetti{}, dust = dust.greybody{}, redshift = 0.5 },
  free = { redshift = prior.uniform(0.2, 1.5), age = prior.loguniform(3e8, 1.2e10), ["sfh.norm"] = prior.loguniform(1, 1e3),
    ["sfh.tau"] = prior.loguniform(1e8, 1e10), ["sfh.Z"] = prior.loguniform(2e-3, 0.04), ["attenuation.A_V"] = prior.uniform(0, 2),
    ["dust.T"] = prior.uniform(20, 60), ["dust.beta"] = prior.uniform(1.2, 2.4) },
  bands = filters("SDSS.ugriz", "2MASS", "WISE"), snr = 10, escalate = require("galua.usual_samplers").rungs(), mocks = 500,
  derived = { "Mstar", "SFR100" }, seed = 36,
  text = "Sources of a catalogue as it fits them: stars of a delayed history, dust that absorbs and shines, twelve bands, a free redshift, the default ladder "
    .. "of samplers. Every mock is ranked by its last rung, accepted or not." }
