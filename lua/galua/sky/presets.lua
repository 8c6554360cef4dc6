-- The presets of PySM 3.4.6, one row each: what a component is made of. Units and names of files are upstream's (docs/sky.md).
--
-- law: emission law (sky.laws()); I, Q, U: templates, or IQU: the first three columns of one; unit: theirs where the file has none;
-- par: parameters of the law, numbers or templates; opt: its numbers [GHz]. make: what builds the parts of a row that is not just that
-- (lua/galua/sky/make/NAME.lua). A list of rows is a sum. available: sides of the files named {nside}; max: the side they were made for;
-- share: of the synthetic template; far: extragalactic (stays where it is when Galactic parts are rotated).
local P = {}

local function p2(name) return "pysm_2/" .. name .. ".fits" end

local function dust(beta, T)
  return { law = "mbb", I = p2"dust_t_new", Q = p2"dust_q_new", U = p2"dust_u_new", unit = "uK_RJ", opt = { nu_I = 545, nu_P = 353 },
    par = { beta = beta, T = T }, max = 512 }
end
P.d0 = dust(1.54, 20)
P.d1 = dust(p2"dust_beta", p2"dust_temp")
P.d2 = dust(p2"beta_mean1p59_std0p2", p2"dust_temp")
P.d3 = dust(p2"beta_mean1p59_std0p3", p2"dust_temp")

local function layer(k)
  local function f(what) return p2("dust2comp_" .. what) end
  return { law = "mbb", I = f("I" .. k .. "_ns512_545"), Q = f("Q" .. k .. "_ns512_353"), U = f("U" .. k .. "_ns512_353"), unit = "uK_RJ",
    opt = { nu_I = 545, nu_P = 353 }, par = { beta = f("beta" .. k .. "_ns512"), T = f("temp" .. k .. "_ns512") }, max = 512 }
end
P.d4 = { layer(1), layer(2) }

local function hd17(f_fe, u)
  local r = dust()
  r.make, r.law, r.par, r.u, r.seed, r.nside_u = "hd17", "hd17", {}, u, 4632, 256
  r.opt = { nu_I = 545, nu_P = 353, f_car = 1, f_fe = f_fe }
  return r
end
P.d5, P.d7, P.d8 = hd17(0), hd17(0.44), hd17(0.44, 0.2)

P.d6 = dust(p2"dust_beta", p2"dust_temp")
P.d6.law, P.d6.opt = "mbb_decorrelated", { nu_I = 545, nu_P = 353, correlation_length = 5 }

local sides = { 2048, 4096, 8192 }
local function gnilc(beta, T)
  return { law = "mbb", IQU = "dust_gnilc/gnilc_dust_template_nside{nside}_2023.02.10.fits", opt = { nu_I = 353 },
    par = { beta = beta, T = T }, max = 8192, available = sides }
end
P.d9 = gnilc(1.48, 19.6)
P.d10 = gnilc("dust_gnilc/gnilc_dust_beta_nside{nside}_2023.06.06.fits", "dust_gnilc/gnilc_dust_Td_nside{nside}_2023.06.06.fits")
local raw = "dust_gnilc/raw/gnilc_dust_"
P.d11 = { make = "realisation", instead = "d10", law = "mbb", opt = { nu_I = 353 }, max = 8192, factor = 0.911, cut_templates = -1, synalm_lmax = 16384,
  large = raw .. "largescale_template_logpoltens_alm_nside2048_lmax1024_complex64.fits.gz",
  small = raw .. "small_scales_logpoltens_cl_lmax16384.fits.gz",
  modulation_T = raw .. "temperature_modulation_alms_lmax768.fits.gz",
  modulation_P = raw .. "polarization_modulation_alms_lmax768.fits.gz", galplane = raw .. "galplane.fits.gz",
  par = {
    beta = { large = raw .. "largescale_template_beta_alm_nside2048_lmax1024.fits.gz",
      small = raw .. "small_scales_beta_cl_lmax16384_2023.06.06.fits.gz", galplane = { raw .. "beta_Td_galplane.fits.gz", 1 }, seed = 2 },
    T = { large = raw .. "largescale_template_Td_alm_nside2048_lmax1024.fits.gz",
      small = raw .. "small_scales_Td_cl_lmax16384_2023.06.06.fits.gz", galplane = { raw .. "beta_Td_galplane.fits.gz", 2 }, seed = 3 },
  }, seeds = { 8192, 777, 888 } }
P.d12 = {}
for k = 1, 6 do
  local function f(what) return ("mkd_dust/2048/thermaldust_%s%d.fits"):format(what, k) end
  P.d12[k] = { law = "mbb", IQU = f"ampl", unit = "MJy/sr", unit_at = 353, factor = 0.911, opt = { nu_I = 353 },
    par = { beta = f"specind", T = f"temp" }, max = 2048, share = 1 / 6 }
end

local function synch(beta)
  return { law = "power_law", I = p2"synch_t_new", Q = p2"synch_q_new", U = p2"synch_u_new", unit = "uK_RJ", opt = { nu_I = 0.408, nu_P = 23 },
    par = { beta = beta }, max = 512 }
end
P.s0, P.s1, P.s2 = synch(-3), synch(p2"synch_beta"), synch(p2"beta_latvar")
P.s3 = synch(p2"synch_beta")
P.s3.law, P.s3.par.curvature, P.s3.opt.nu_curve = "curved_power_law", -0.052, 23
local function synch23(beta)
  return { law = "power_law", IQU = "synch/synch_template_nside{nside}_2023.02.25.fits", opt = { nu_I = 23 }, par = { beta = beta }, max = 8192,
    available = sides }
end
P.s4 = synch23(-3.1)
P.s5 = synch23("synch/synch_beta_nside{nside}_2023.02.16.fits")
P.s7 = synch23("synch/synch_beta_nside{nside}_2023.02.16.fits")
P.s7.law, P.s7.par.curvature, P.s7.opt.nu_curve = "curved_power_law", "synch/synch_curvature_nside{nside}_2023.02.17.fits", 23
raw = "synch/raw/synch_"
P.s6 = { make = "realisation", instead = "s5", law = "power_law", opt = { nu_I = 23 }, max = 8192, synalm_lmax = 16384,
  large = raw .. "largescale_template_logpoltens_alm_lmax128_2023.02.24.fits.gz",
  small = raw .. "small_scales_cl_lmax16384_2023.02.24.fits.gz",
  modulation_T = raw .. "temperature_modulation_alms_lmax64_2023.02.24.fits.gz",
  modulation_P = raw .. "polarization_modulation_alms_lmax64_2023.02.24.fits.gz", galplane = raw .. "galplane.fits.gz",
  par = { beta = { large = raw .. "largescale_beta_alm_nside512_lmax768.fits.gz", small = raw .. "small_scales_beta_cl_lmax16384.fits.gz",
    modulation = raw .. "amplitude_modulation_alms_lmax768.fits.gz", add = -3.1, seed = 2 } }, seeds = { 555, 444 } }

P.f1 = { law = "power_law", I = p2"ff_t_new", unit = "uK_RJ", opt = { nu_I = 30 }, par = { beta = -2.14 }, max = 512 }

local function ame(template, nu, peak, polarised)
  return { make = polarised and "along" or nil, law = "spdust", I = p2(template), unit = "uK_RJ", opt = { nu_I = nu, peak_ref = 30 },
    par = { peak = peak }, tables = { emissivity = "pysm_2/emissivity.txt" }, fraction = 0.02, along = { p2"dust_q_new", p2"dust_u_new" },
    max = 512 }
end
P.a1 = { ame("ame_t_new", 22.8, p2"ame_nu_peak_0"), ame("ame2_t_new", 41, 33.35) }
P.a2 = { ame("ame_t_new", 22.8, p2"ame_nu_peak_0", true), ame("ame2_t_new", 41, 33.35, true) }

P.c1 = { make = "lensed", law = "cmb", spectra = "pysm_2/camb_lenspotentialCls.dat", delens = "pysm_2/delens_ells.txt", seed = 1111,
  max = 512, far = true }
P.c2 = { law = "cmb", IQU = p2"lensed_cmb", unit = "uK_CMB", max = 512, far = true }
local function websky_cmb(kind)
  local function f(c) return ("websky/0.4/cmb/map_%s_%s_alm_seed1_nside{nside}.fits"):format(c, kind) end
  return { law = "cmb", I = f"I", Q = f"Q", U = f"U", available = { 512, 4096 }, up = true, max = 4096, far = true }
end
P.c3, P.c4 = websky_cmb"unlensed", websky_cmb"lensed"

local function co(polarised, clouds)
  return { make = "co", law = "line", lines = { 115.271, 230.538, 345.796 }, template = "co/HFI_CompMap_CO-Type1_{nside}_R2.00_ring.fits",
    angle = "co/psimap_dust90_{nside}.fits", depolarisation = "co/gmap_dust90_{nside}.fits", clouds = clouds and "co/mcmoleCO_HGL_{nside}.fits",
    fraction = polarised, available = { 512, 2048 }, up = true, max = 512 }
end
P.co1, P.co2, P.co3 = co(), co(0.001), co(0.001, true)

local websky = { 17, 18.7, 21.6, 24.5, 27.3, 30, 35.9, 41.7, 44, 47.4, 63.9, 67.8, 70, 73.7, 79.6, 90.2, 100, 111, 129, 143, 153, 164, 189, 210,
  217, 232, 256, 275, 294, 306, 314, 340, 353, 375, 409, 467, 525, 545, 584, 643, 729, 817, 857, 906, 994, 1080 }
P.cib1 = { make = "nodes", law = "node", template = "websky/0.4/cib/cib_%06.1f.fits", nu = websky, unit = "MJy/sr", spt = true, max = 4096,
  far = true }
P.rg1 = { make = "nodes", law = "node", template = "websky/0.4/radio/radio_%06.1f.fits", nu = websky, unit = "Jy/sr", max = 4096, far = true }
P.rg2 = { make = "catalogue", file = "websky/0.4/radio_catalog/websky_high_flux_catalog_1mJy_2025.09.09.h5", max = 8192, far = true }
P.rg3 = { make = "nodes", law = "node", template = "websky/0.4/radio_catalog/background/{nside}/%05.1f.fits", unit = "uK_RJ", columns = 3,
  nu = { 1, 10, 18.7, 24.5, 44, 70, 100, 143, 217, 353, 545, 643, 729, 857, 906, 1000 }, available = sides, max = 8192,
  beam = { [2048] = 5.1, [4096] = 2.6, [8192] = 0.9 }, far = true }

local function sz(law, file, max) return { law = law, I = file, unit = law == "cmb" and "uK_CMB" or "", max = max or 8192, far = true } end
local agora = "agora/agora_%sNG_bahamas80_bnd_unb_1.0e+12_1.0e+18%s.fits"
P.tsz1, P.ksz1 = sz("tsz", "websky/0.4/tsz_8192_hp.fits"), sz("cmb", "websky/0.4/ksz.fits", 4096)
P.tsz2, P.ksz2 = sz("tsz", agora:format("utsz", "")), sz("cmb", agora:format("uksz", ""))
P.tsz3, P.ksz3 = sz("tsz", agora:format("ltsz", "_lensed")), sz("cmb", agora:format("lksz", "_lensed"))
P.tsz4 = sz("tsz", "halfdome/0.1/tsz/y_b16_halo_res1_s100.fits")
P.ksz5 = sz("cmb", "flamingo/ksz/L1_m9_lensed_kSZ_uKCMB.fits", 4096)
P.ksz6 = sz("cmb", "flamingo/ksz/fgas-8sigma_lensed_kSZ_uKCMB.fits", 4096)

P.dip1 = { make = "dipole", law = "cmb", amplitude = 3366.6, lon = 263.986, lat = 48.247, T = 2.72548, far = true }
P.dip2 = { make = "dipole", law = "cmb", amplitude = 3366.6, lon = 263.986, lat = 48.247, T = 2.72548, quadrupole = true, far = true }

return P
