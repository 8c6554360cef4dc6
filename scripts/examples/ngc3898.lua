-- The main job: from the photometry of NGC 3898 (DustPedia, Clark et al. 2018) to a posterior, a results file and figures.
-- usage: galua scripts/examples/ngc3898.lua [OUTPUT_FOLDER]      (make demo runs it into build/demo)
local folder = arg and arg[1] or "."
local t0 = os.time()

local obs = observation.read(data.path("photometry/ngc3898.ecsv"))
print(obs:__galua_show())

local model = galaxy{ sfh = sfh.delayed{}, ism = ism.two_phase{}, redshift = obs.redshift, distance = obs.distance }

local f = fit{
  data  = obs,
  model = model,
  free  = {
    age             = prior.loguniform(1e9, 1.35e10),
    ["sfh.norm"]    = prior.loguniform(1e-2, 1e3),
    ["sfh.tau"]     = prior.loguniform(1e8, 1e10),
    ["sfh.Z"]       = prior.loguniform(1e-3, 0.04),
    ["sfh.Mdust"]   = prior.loguniform(1e5, 1e9),
    ["ism.f_MC"]    = prior.uniform(0, 1),
    ["ism.N_MC"]    = prior.loguniform(10, 1e5),
    ["ism.tau_esc"] = prior.loguniform(1e5, 1e8),
    ["ism.Rdust"]   = prior.loguniform(1e3, 1e5),   -- the dust disc is larger than a kiloparsec
    ["ism.f_PAH"]   = prior.uniform(0, 0.6),
  },
  noise   = noise.calibration{ floor = 0.05 },   -- absolute calibration and model systematics
  sampler = sampler.ensemble{ walkers = 128, until_tau = 50, max = 40000, thin = 50 },
  seed    = 3898,
}
print()
print(f)

local out = folder .. "/ngc3898.h5"
f:run{ out = out }
print()
print(f:summary())
print()
print("bands at the best point:")
for _, r in ipairs(f:residuals()) do
  print(("  %-22s %10.4g mJy   model %10.4g   %s"):format(r.band, r.flux, r.model,
    r.kind == "ignored" and "ignored: " .. r.note or ("%+.1f sigma"):format(r.pull)))
end

for _, suffix in ipairs { "pdf", "png", "svg" } do
  f:plot_sed():save(folder .. "/ngc3898_sed." .. suffix)
  f:corner():save(folder .. "/ngc3898_corner." .. suffix)
  f:plot_sfh():save(folder .. "/ngc3898_sfh." .. suffix)
end
print()
print(f:plot_sed{ components = false })
print()
local s = f:summary()
local function line(name, label)
  local r = s:get(name)
  print(("  %-22s %10.3g  -%.2g +%.2g  %s   (16-84 %%)"):format(label, r.median, r.median - r.q16, r.q84 - r.median, r.unit))
end
print("NGC 3898:")
line("Mstar", "stellar mass")
line("SFR100", "SFR (100 Myr)")
line("Mdust", "dust mass")
line("T_dust", "dust temperature")
line("A_V", "A_V")
print(("\n%s, figures ngc3898_sed, _corner, _sfh (.pdf .png .svg) in %s; %d s, %d models, %d threads"):format(out, folder,
  os.time() - t0, f.ensemble.evaluations, threads()))
