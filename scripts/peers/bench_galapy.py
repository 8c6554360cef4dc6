# Time of one SED of GalaPy (galapy-fit on PyPI) on a made-up SSP library of the size `galua bench sed` uses: 2050 wavelengths x 121
# ages x 6 metallicities, in-situ history, two-phase dust, the age changed at every call.
# usage: python bench_galapy.py DATABASE WORKDIR   (DATABASE: folder "galapy_database"; nothing is downloaded)
# Prints one JSON line. HOME is pointed at WORKDIR so that GalaPy's own configuration is left alone.
import json, os, shutil, sys, time
import numpy as np
from importlib.metadata import version

db, work = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
nl, nt, nz = 2050, 121, 6
root = os.path.join(work, "galapy_database")
if not os.path.isdir(root):
    shutil.copytree(db, root)
os.makedirs(os.path.join(root, "SSP", "made"), exist_ok=True)
os.makedirs(os.path.join(work, ".galapy"), exist_ok=True)
with open(os.path.join(work, ".galapy", "conf.ini"), "w") as f:
    f.write("[DATAPATHS]\nDEFAULT = %s\n[BOOLEANS]\nFORCE_DOWNLOADS = false\nVERBOSE_DOWNLOADS = false\n" % work)
os.environ["HOME"] = work
for v in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[v] = "1"
lam = np.logspace(0, 10, nl)
age = np.concatenate([[0.], np.logspace(5, np.log10(1.4e10), nt - 1)])
met = np.array([1e-4, 5e-4, 1e-3, 4e-3, 8e-3, 2e-2])
T = 3e4 * (1 + age / 1e7) ** -0.3
x = 1.4387769e8 / (lam[:, None] * T[None, :])
B = 2 * 6.626e-27 * 2.998e10 ** 2 / (lam[:, None] * 1e-8) ** 5 / np.expm1(np.minimum(x, 700)) * 1e-8
L = np.pi * B / (5.670374e-5 * T ** 4) * 1e3 * (1 + age / 3e6) ** -0.8
L = L[None] * (met[:, None, None] / 0.02) ** -0.1
with open(os.path.join(root, "SSP", "made", "up.dat"), "wb") as f:
    for n, a in ((nl, lam), (nt, age), (nz, met), (L.size, L)):
        np.array([n], dtype=np.uint64).tofile(f)
        np.ascontiguousarray(a, dtype=np.float64).ravel().tofile(f)
from galapy.Galaxy import GXY
g = GXY(age=1e9, redshift=1., csp=dict(ssp_lib="made.up"))
best = {}
for name, first in (("1 Gyr", 1e9), ("10 Gyr", 5e9)):
    t = []
    for r in range(7):
        t0 = time.perf_counter()
        for i in range(40):
            g.set_parameters(age=first * (1 + 1e-4 * (i + 40 * r)))
            g.get_SED()
        t.append((time.perf_counter() - t0) / 40)
    best[name] = sorted(t)[3]
print(json.dumps({"name": "sed.galapy", "value": best["1 Gyr"] * 1e6, "unit": "us", "at_5_Gyr_us": best["10 Gyr"] * 1e6,
                  "version": version("galapy-fit"), "numpy": np.__version__}))
