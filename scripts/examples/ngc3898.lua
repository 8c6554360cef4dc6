-- The main job: from the photometry of NGC 3898 (DustPedia, Clark et al. 2018) to a posterior, a results file and figures.
-- usage: galua scripts/examples/ngc3898.lua [OUTPUT_FOLDER]      (make demo runs it into build/demo)
local folder = arg and arg[1] or "."
local t0 = os.time()

local obs = observation.read(data.path("photometry/ngc3898.ecsv"))
print(obs:__galua_show())

-- Stars of Bruzual & Charlot 2003 under the dust of Calzetti et al. 2000, which shines as THEMIS has it; ionised gas. Star formation began 12 Gyr ago: free, the age runs to its limit.
local model = galaxy{ sfh = sfh.delayed{}, attenuation = attenuation.calzetti{}, dust = dust.themis{}, nebular = nebular.cloudy{}, age = 1.2e10,
  redshift = obs.redshift, distance = obs.distance }

local f = fit{
  data  = obs,
  model = model,
  free  = {
    ["sfh.norm"]        = prior.loguniform(1, 1e3),
    ["sfh.tau"]         = prior.loguniform(1e8, 1e10),
    ["sfh.Z"]           = prior.loguniform(1e-3, 0.05),
    ["attenuation.A_V"] = prior.uniform(0, 2),
    ["dust.q_hac"]      = prior.uniform(0.91, 18.18),
    ["dust.U_min"]      = prior.loguniform(0.1, 50),
    ["dust.gamma"]      = prior.loguniform(1e-5, 0.3),
  },
  noise   = noise.calibration{ floor = 0.05 },   -- absolute calibration and model systematics
  sampler = sampler.importance{ ess = 5000 },
  plan = true, -- made in some 4 s of processor time; a model then costs 27 us instead of 560
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
line("Mdust_em", "dust mass (emission)")
line("LIR", "infrared luminosity")
line("A_V", "A_V")
print(("\n%s, figures ngc3898_sed, _corner, _sfh (.pdf .png .svg) in %s; %d s, %d models, %d threads"):format(out, folder,
  os.time() - t0, f.engine.evaluations, threads()))
