#!/usr/bin/env python3
"""Adjusts the line law of src/stars/blanketing_table.h to the colours of Castelli & Kurucz 2004 stars of 4000-7000 K: smooth changes of
a0 and E0 at 9 wavelengths within 1700-6300 A and of b(CH) at 3, by Gauss-Newton steps. Needs numpy, build/galua and
build/fit_blanketing.so (fit_blanketing.c says how).

    fit_blanketing.py [STEPS] > changes         3 steps made the law of the table; run once on the law of 440 sampled wavelengths: a second run starts from its result

Broad bands say little about how a change is distributed within them; B and V beside g and r, and the priors, keep it smooth. Residuals:
AB magnitudes in NUV u B g V r relative to J, through the curves the reference was made with (tests/ref/ssp_reference_curves.csv); sigma
0.02 mag, B 0.03, u 0.05, NUV 0.2; robust beyond 3 sigma. Priors: the change of the opacity at 4500 and 6000 K 0.8 in ln, its difference
between neighbouring nodes 0.2, a0 0.6, E0 0.5 eV, b(CH) 0.1."""
import csv
import ctypes
import subprocess
import sys

import numpy as np

STARS = "../shared/data/ssp_reference/ck04_star_mags.csv"
GRIDS = {"ckp00": 1.0, "ckp05": 10**0.5, "ckm05": 10**-0.5, "ckm10": 0.1}
WEIGHT = {"ckp00": 1.0, "ckp05": 0.6, "ckm05": 0.8, "ckm10": 0.7}
BANDS = ["NUV", "u", "B_B90", "g", "V_B90", "r", "J"]
SIGMA = np.array([0.2, 0.05, 0.03, 0.02, 0.02, 0.02])
NODES = np.log([1700, 2200, 2700, 3200, 3600, 3900, 4200, 4700, 5200, 5800, 6300.0])
FREE = [1, 2, 3, 4, 5, 6, 7, 8, 9]
CH = np.log([3700, 4000, 4200, 4350, 4500.0])
M = len(FREE)
KT = 0.388, 0.517  # eV at 4500, 6000 K

LUA = """local R = dofile "tests/validate/lib/ssp.lua"
local w = ssp.star { cache = "build/fit_blanketing.grid" }
local weights = R.weights(w)
for _, b in ipairs { %s } do
  for i = 1, #w do io.write(("%%.9g "):format(weights[b][i])) end
end""" % ", ".join('"%s"' % b for b in BANDS)


def library():
    f8 = np.ctypeslib.ndpointer(float, flags="C")
    i4 = np.ctypeslib.ndpointer(np.int32, flags="C")
    lib = ctypes.CDLL("build/fit_blanketing.so")
    lib.fit_setup.argtypes = [ctypes.c_char_p, f8, ctypes.c_int]
    lib.fit_stars.argtypes = [f8, ctypes.c_int, f8, f8, f8, ctypes.c_int, f8, f8, f8, i4, ctypes.c_int, f8, ctypes.c_int, f8]
    z = np.array(list(GRIDS.values()))
    if lib.fit_setup(b"build/fit_blanketing.grid", z, len(z)):
        sys.exit("fit_blanketing: setup failed")
    return lib


def split(p):
    a, e, c = np.zeros(len(NODES)), np.zeros(len(NODES)), np.zeros(len(CH))
    a[FREE], e[FREE], c[1:-1] = p[:M], p[M : 2 * M], p[2 * M :]
    return a, e, c


class Sample:
    def __init__(self, lib, weights, rows):
        self.lib, self.weights = lib, weights
        self.teff = np.array([float(r["Teff"]) for r in rows])
        self.logg = np.array([float(r["logg"]) for r in rows])
        self.iz = np.array([list(GRIDS).index(r["grid"]) for r in rows], np.int32)
        self.ref = np.array([[float(r[b]) for b in BANDS] for r in rows])

    def deviations(self, p):
        """own minus reference, relative to J"""
        out = np.empty(self.ref.shape)
        a, e, c = split(p)
        if self.lib.fit_stars(NODES, len(NODES), a, e, CH, len(CH), c, self.teff, self.logg, self.iz, len(self.teff), self.weights,
                              len(BANDS), out):
            sys.exit("fit_blanketing: no memory")
        d = -2.5 * np.log10(out) - self.ref
        return (d - d[:, -1:])[:, :-1]


def main():
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    lib = library()
    weights = np.array(subprocess.run(["build/galua", "--batch", "-e", LUA], capture_output=True, check=True).stdout.split(), float)
    rows = [r for r in csv.DictReader(open(STARS)) if r["grid"] in GRIDS]
    cool = [r for r in rows if float(r["Teff"]) in (4000, 4250, 4500, 4750, 5000, 5500, 6000, 7000)
            and float(r["logg"]) in (1, 2, 2.5, 3, 4, 4.5) and not (float(r["Teff"]) >= 5500 and float(r["logg"]) < 2)]
    p = np.zeros(2 * M + len(CH) - 2)
    stars = Sample(lib, weights, cool)
    w = np.array([WEIGHT[r["grid"]] for r in cool]) * np.where(stars.teff < 4400, 0.7, 1.0)

    def residuals(p):
        d = stars.deviations(p)
        d[:, 0] *= np.where(stars.teff >= 4750, 1.0, 0.3)
        r = d / SIGMA * w[:, None]
        r = np.sign(r) * np.sqrt(2 * (np.sqrt(1 + r * r / 9) - 1)) * 3
        prior = [p[:M] / 0.6, p[M : 2 * M] / 0.5, p[2 * M :] / 0.1]
        for kt in KT:
            a, e, _ = split(p)
            q = a - e / kt
            prior += [q / 0.8, np.diff(q) / 0.2]
        return np.concatenate([r.ravel()] + prior)

    r = residuals(p)
    for step in range(steps):
        jac = np.array([(residuals(p + 0.05 * e) - r) / 0.05 for e in np.eye(len(p))]).T
        normal, damp = jac.T @ jac, 1e-2
        for _ in range(4):
            s = np.clip(np.linalg.solve(normal + damp * np.diag(np.diag(normal)), -jac.T @ r), -0.6, 0.6)
            new = residuals(p + s)
            if new @ new < r @ r:
                p, r = p + s, new
                break
            damp *= 10
        print("step %d: %.1f" % (step, r @ r / 2), file=sys.stderr)
    a, e, c = split(p)
    print("# wavelength [A], change of a0, of E0 [eV]")
    for x, u, v in zip(np.exp(NODES), a, e):
        print("%6.0f %7.3f %7.3f" % (x, u, v))
    print("# wavelength [A], change of b(CH)")
    for x, u in zip(np.exp(CH), c):
        print("%6.0f %7.3f" % (x, u))


main()
