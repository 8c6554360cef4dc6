"""Landmarks of single-star evolution from an independent implementation of Hurley, Pols & Tout 2000: COSMIC (its stellar part
is descended from the authors' own Fortran), one star in a binary too wide to notice. Options: winds of the paper (windflag 0,
eta 0.5), remnants of Belczynski et al. 2002, white dwarfs of the paper, zsun 0.02.
usage: python3 scripts/peers/sse_landmarks.py > tests/ref/sse_landmarks.csv          pip install cosmic-popsynth"""
import importlib.metadata as meta
import math
import sys
import warnings

warnings.filterwarnings("ignore")
from cosmic.evolve import Evolve
from cosmic.sample.initialbinarytable import InitialBinaryTable

bse = {
    "xi": 1.0, "bhflag": 0, "neta": 0.5, "windflag": 0, "wdflag": 1, "alpha1": [1.0, 1.0], "pts1": 0.001, "pts3": 0.005, "pts2": 0.005,
    "epsnov": 0.001, "hewind": 1.0, "ck": 1000, "bwind": 0.0, "lambdaf": 0.0, "mxns": 3.0, "beta": 0.125, "tflag": 0, "acc2": 1.5,
    "grflag": 0, "remnantflag": 1, "ceflag": 0, "eddfac": 1.0, "ifflag": 0, "bconst": 3000, "sigma": 0.0, "gamma": -2.0,
    "pisn": 0, "natal_kick_array": [[-100.0] * 5, [-100.0] * 5], "bhsigmafrac": 1.0, "polar_kick_angle": 90,
    "qcrit_array": [0.0] * 16, "cekickflag": 2, "cehestarflag": 0, "cemergeflag": 0, "ecsn": 0.0, "ecsn_mlow": 0.0, "aic": 0,
    "ussn": 0, "sigmadiv": -20.0, "qcflag": 1, "eddlimflag": 0, "fprimc_array": [2.0 / 21.0] * 16, "bhspinflag": 0,
    "bhspinmag": 0.0, "rejuv_fac": 1.0, "rejuvflag": 0, "htpmb": 0, "ST_cr": 0, "ST_tide": 0, "bdecayfac": 1, "rembar_massloss": 0.5,
    "kickflag": 1, "zsun": 0.02, "bhms_coll_flag": 0, "don_lim": -1, "acc_lim": [-1, -1], "rtmsflag": 0, "wd_mass_lim": 1,
    "fryer_mass_limit": 0, "randomseed": 1, "maltsev_mode": 0, "maltsev_fallback": 0.5, "maltsev_pf_prob": 0.1,
    "mm_mu_ns": 400.0, "mm_mu_bh": 200.0, "LBV_flag": 1, "smt_periastron_check": 0, "eta_LBV": 1.5, "ce2stageflag": 0, "ppi_co_shift": 0.0, "ppi_extra_ml": 0.0, "fryer_fmix": 1.0, "fryer_mcrit_nsbh": 5.75,
}
masses = [0.6, 0.8, 1.0, 1.2, 1.5, 1.8, 2.0, 2.5, 3.0, 4.0, 5.0, 6.5, 8.5, 10.0, 12.0, 15.0, 20.0, 25.0]
print("# landmarks of stars of HPT00 by COSMIC", meta.version("cosmic-popsynth"), "(scripts/peers/sse_landmarks.py); times in Myr,")
print("# l_tip: log10 L [Lsun] at helium ignition on the giant branch; remnant: mass [Msun], type (10-12 white dwarfs, 13 neutron star,")
print("# 14 black hole). Empty: does not happen, or not within 60 Gyr.")
print("z,m,t_hg,t_gb,t_cheb,t_eagb,l_tip,m_rem,kind")
for z in (1e-4, 1e-3, 4e-3, 0.02, 0.03):
    for m in masses:
        star = InitialBinaryTable.InitialBinaries(m1=m, m2=0.09, porb=1e9, ecc=0.0, tphysf=60000.0, kstar1=1, kstar2=0, metallicity=z)
        bpp, bcm, _, _ = Evolve.evolve(initialbinarytable=star, BSEDict=bse, dtp=0.0)
        start = {}
        for k, t in zip(bpp["kstar_1"], bpp["tphys"]):
            start.setdefault(int(k), t)
        at = lambda k: "%.5f" % start[k] if k in start else ""
        rows = bcm[bcm["kstar_1"] == 3]
        tip = "%.4f" % math.log10(rows["lum_1"].iloc[-1]) if len(rows) and 4 in start else ""
        last = bcm.iloc[-1]
        done = last["kstar_1"] >= 10
        print("%g,%g,%s,%s,%s,%s,%s,%s,%s" % (z, m, at(2), at(3), at(4), at(5), tip, "%.4f" % last["mass_1"] if done else "",
                                            int(last["kstar_1"]) if done else ""))
        sys.stdout.flush()
