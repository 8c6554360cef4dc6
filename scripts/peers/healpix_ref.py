"""Numbers of healpy that tests/c/test_healpix.c, test_alm.c and test_skymap.c compare with: python3 scripts/peers/healpix_ref.py
writes tests/ref/healpix.txt (one "name value ..." a line) and two small maps, tests/ref/healpix_*.fits.
Made with healpy 1.20.1, numpy 2.4.6, astropy 8.0.2 (pip install healpy==1.20.1). Maps and coefficients are closed formulas that the
tests evaluate themselves."""
import os
import sys

import healpy as hp
import numpy as np

REF = os.path.join(os.path.dirname(__file__), "..", "..", "tests", "ref")
out = open(os.path.join(REF, "healpix.txt"), "w")
print("# scripts/peers/healpix_ref.py: healpy", hp.__version__, "numpy", np.__version__, file=out)


def put(name, values):
    values = np.atleast_1d(values)
    if np.iscomplexobj(values):
        values = np.column_stack([values.real, values.imag]).ravel()
    text = " ".join("%d" % v if np.issubdtype(values.dtype, np.integer) else "%.17g" % v for v in values)
    print(name, text, file=out)


def alm(lmax, comp):
    l, m = hp.Alm.getlm(lmax)
    a = (np.cos(1.1 * l + 0.3 * m + comp) + 1j * np.sin(0.7 * l - 1.3 * m + comp)) / (l + 1.0) ** 1.5
    a[m == 0] = a[m == 0].real
    if comp:
        a[l < 2] = 0
    return a


def sky(nside, comp):
    p = np.arange(12 * nside * nside)
    return np.cos(0.37 * p + comp) + 0.5 * np.sin(1e-3 * p * p * (comp + 1))


# ---- pixels
for nside in (1, 8, 64, 4096, 1 << 20):
    k = np.arange(12)
    theta, phi = np.arccos(np.cos(1.7 * k + 0.1)), np.mod(2.3 * k, 2 * np.pi)
    for nest in (0, 1):
        put(f"ang2pix_{nside}_{nest}", hp.ang2pix(nside, theta, phi, nest=bool(nest)))
for nside in (1, 2, 8, 64, 1 << 20):
    pix = np.unique(np.concatenate([[0, 5, 11], (12 * nside * nside - 1) * np.arange(1, 9) // 9]))
    for nest in (0, 1):
        put(f"neighbours_{nside}_{nest}", np.column_stack([pix, hp.get_all_neighbours(nside, pix, nest=bool(nest)).T]).ravel())
        put(f"pix2vec_{nside}_{nest}", np.column_stack(hp.pix2vec(nside, pix, nest=bool(nest))).ravel())
for i, (vec, radius) in enumerate([((0, 0, 1), 0.2), ((1, 0.2, -0.4), 0.1), ((0, 0.1, -1), 0.5), ((-1, -1, 0.3), 3.0)]):
    for nest in (0, 1):
        d = hp.query_disc(32, vec, radius, nest=bool(nest))
        put(f"disc_{i}_{nest}", np.concatenate([[len(d)], d[:: max(1, len(d) // 10)]]))
theta, phi = np.array([0.001, 0.4, 0.8411, 1.2, 1.5707, 2.4, 3.1414]), np.array([0.3, 6.2, 1.57, 4.0, 0.0, 3.3, 5.0])
p, w = hp.get_interp_weights(16, theta, phi)
for i in range(len(theta)):
    o = np.argsort(p[:, i])
    put(f"interp_{i}", p[o, i])
    put(f"interp_w_{i}", w[o, i])
put("max_radius", [hp.max_pixrad(n) for n in (1, 2, 8, 64)])
put("ud_grade_down", hp.ud_grade(sky(16, 0), 4))
put("ud_grade_nest", hp.ud_grade(sky(16, 0), 8, order_in="NESTED", order_out="NESTED")[::7])

# ---- transforms
nside, lmax = 16, 40
teb = [alm(lmax, c) for c in range(3)]
iqu = hp.alm2map(teb, nside, lmax=lmax, pol=True)
for c in range(3):
    put(f"alm2map_{c}", iqu[c][::61])
m = [sky(nside, c) for c in range(3)]
for name, keys in (("iter0", dict(iter=0)), ("iter3", dict(iter=3)), ("weights", dict(iter=0, use_weights=True)),
                   ("weights2", dict(iter=2, use_weights=True))):
    a = hp.map2alm(m, lmax=32, pol=True, **keys)
    for c in range(3):
        put(f"map2alm_{name}_{c}", a[c][::17])
put("anafast", np.concatenate([c[:33:4] for c in hp.anafast(m, lmax=32, iter=3)]))
der = hp.alm2map_der1(teb[0], nside, lmax=lmax)
put("der_theta", der[1][::61])
put("der_phi", der[2][::61])
s = hp.smoothing(m, fwhm=np.radians(9), pol=True, iter=3, lmax=3 * nside - 1)
for c in range(3):
    put(f"smooth_{c}", s[c][::61])
for pair in ("GC", "GE", "EC", "CG", "EG"):
    r = hp.Rotator(coord=list(pair))
    put(f"matrix_{pair}", r.mat.ravel())
    t = r.rotate_alm([x.copy() for x in teb], inplace=False)
    for c in range(3):
        put(f"rotate_{pair}_{c}", t[c][::41])
for nside in (8, 32, 64, 128):
    from astropy.io import fits

    f = os.path.join(os.path.dirname(hp.__file__), "data", "weight_ring_n%05d.fits" % nside)
    put(f"ring_weights_{nside}", np.array(fits.open(f)[1].data.field(0), dtype=float).ravel()[:: nside // 8])

# ---- files
part = np.full((3, 12 * 256), hp.UNSEEN)
part[:, 430:450] = np.arange(60).reshape(3, 20) - 7.5
hp.write_map(os.path.join(REF, "healpix_partial.fits"), part, partial=True, coord="C", column_units="mK_CMB", dtype=np.float64,
             overwrite=True, extra_header=[("POLCCONV", "IAU")])
hp.write_map(os.path.join(REF, "healpix_nested.fits"), sky(8, 0), nest=True, coord="G", column_units="MJy/sr", dtype=np.float32,
             overwrite=True)
out.close()
