#!/usr/bin/env python3
"""Transmission curves with which the magnitudes of ../shared/data/ssp_reference were made, found from 268 spectra of Maraston (2005) and
their tabulated magnitudes u g r i z: non-negative, linear between nodes, as smooth as reproduces the magnitudes to their rounding.

    python3 scripts/peers/reference_curves.py > tests/ref/ssp_reference_curves.csv

Prints band, wavelength [A], photon response (largest = 1). Pivots and errors go to the end, as comments; "left out" are the errors of
the 134 spectra of Z = 0.001 and 0.01 when the curve is found from those of Z = 0.02 and 0.04 alone. The curves are those of the primed
system (Fukugita et al. 1996, AJ 111, 1748: effective 3557, 4825, 6261, 7672, 9097 A), not the survey's of 2001 (g 100 A bluer).
Needs numpy, scipy.
"""
import csv

import numpy as np
import scipy
from scipy.optimize import nnls

FOLDER = "../shared/data/"
C, PC = 2.99792458e18, 3.0856775815e18  # A/s, cm
NODES = {"u": (2900, 4250, 25, 1), "g": (3700, 5900, 50, 3), "r": (5200, 7200, 50, 3), "i": (6500, 8900, 50, 3), "z": (7700, 11300, 100, 3)}


def spectra():
    rows = csv.DictReader(open(FOLDER + "ssp_reference/maraston05_mags.csv"))
    rows = {(float(r["Z"]), round(np.log10(float(r["age_Myr"])), 4)): r for r in rows if r["imf"] == "kroupa"}
    out = []
    for name, z in (("krz0001", 0.001), ("krz001", 0.01), ("krz002", 0.02), ("krz004", 0.04)):
        a = np.loadtxt(FOLDER + "ssp/sed.%s.rhb" % name)
        for age in np.unique(a[:, 0]):
            s = a[a[:, 0] == age]
            out.append((z, s[:, 2], np.maximum(s[:, 3], 1e-99) / (4 * np.pi * (10 * PC) ** 2), rows[(z, round(np.log10(age * 1e3), 4))]))
    return out


def curve(stars, band, lo, hi, step, smooth):
    """nodes, response; the magnitude of any spectrum is a ratio of sums linear in the response"""
    nodes = np.arange(lo, hi + 1, step)
    x = np.arange(lo, hi + 0.5, 2.0)
    tent = np.array([np.interp(x, nodes, e) for e in np.eye(len(nodes))])
    den = (tent / x).sum(1)
    rows = []
    for _, wave, flux, r in stars:
        f = np.exp(np.interp(np.log(x), np.log(wave), np.log(flux)))
        rows.append((tent * (f * x)).sum(1) / C / 10 ** (-0.4 * (float(r[band]) + 48.6)) - den)
    rows = np.array(rows) / den.sum() / 5e-5
    left = np.vstack([rows, smooth * np.diff(np.eye(len(nodes)), 2, axis=0), 20 * den / den.sum()])
    t, _ = nnls(left, np.r_[np.zeros(len(left) - 1), 20.0], maxiter=20000)
    return nodes, t / t.max()


def errors(stars, band, nodes, t):
    x = np.arange(nodes[0], nodes[-1] + 0.5, 2.0)
    y = np.interp(x, nodes, t)
    d = []
    for _, wave, flux, r in stars:
        f = np.exp(np.interp(np.log(x), np.log(wave), np.log(flux)))
        d.append(-2.5 * np.log10((f * x * y).sum() / C / (y / x).sum()) - 48.6 - float(r[band]))
    return np.sqrt((y * x).sum() / (y / x).sum()), np.sqrt(np.mean(np.square(d)))


def main():
    stars, notes = spectra(), []
    print("band,wave_A,response")
    for band, how in NODES.items():
        nodes, t = curve(stars, band, *how)
        for a, b in zip(nodes, t):
            print("%s,%d,%.4f" % (band, a, b))
        pivot, rms = errors(stars, band, nodes, np.round(t, 4))
        some = [s for s in stars if s[0] > 0.015]
        _, left_out = errors([s for s in stars if s[0] < 0.015], band, *curve(some, band, *how))
        notes.append("# %s: pivot %.1f A, rms error %.1e mag, left out %.1e" % (band, pivot, rms, left_out))
    print("\n".join(notes))
    print("# %d spectra; numpy %s, scipy %s" % (len(stars), np.__version__, scipy.__version__))


main()
