# Time of the fluxes of 16 bands of a galaxy at parameters drawn anew for every call: GalaPy's PhotoGXY (galapy-fit on PyPI) and, in the same
# run, ln L of a plan and of the whole grid of Galua (`galua bench photometry --json`). In-situ history, two-phase dust, one thread, processor time.
# GalaPy gets a made-up SSP library with as many wavelengths, ages and metallicities as Galua's default table (its time does not depend on
# the values), and the transmission curves of Galua; both draw the parameters that are free by default over the same ranges.
# usage: python bench_photometry.py DATABASE FILTERS GALUA
#   DATABASE  GalaPy's folder "galapy_database" (read only; a tree of links to it is made in a temporary folder, nothing is downloaded)
#   FILTERS   data/filters.h5 of this project
#   GALUA     the program
# Prints one JSON line. HOME is pointed at a temporary folder so that GalaPy's own configuration is left alone.
import json, os, subprocess, sys, tempfile, time
from importlib.metadata import version

db, filters, galua = (os.path.abspath(a) for a in sys.argv[1:4])
work = tempfile.mkdtemp()
root = os.path.join(work, "galapy_database")
os.makedirs(os.path.join(root, "SSP", "made"))
os.makedirs(os.path.join(work, ".galapy"))
for name in os.listdir(db):
    if name != "SSP":
        os.symlink(os.path.join(db, name), os.path.join(root, name))
with open(os.path.join(work, ".galapy", "conf.ini"), "w") as f:
    f.write("[DATAPATHS]\nDEFAULT = %s\n[BOOLEANS]\nFORCE_DOWNLOADS = false\nVERBOSE_DOWNLOADS = false\n" % work)
env = dict(os.environ, GALUA_CACHE="off")
os.environ["HOME"] = work
for v in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[v] = "1"
import numpy as np
import h5py

size = subprocess.run([galua, "--batch", "-e", "t = ssp.default() print(#t.wave, #t.age, #t.z)"], env=env, check=True, capture_output=True,
                      text=True).stdout.split()
nl, nt, nz = (int(x) for x in size)
lam = np.logspace(1.96, 6.2, nl)
age = np.concatenate([[0.], np.logspace(5, np.log10(1.4e10), nt - 1)])
met = np.geomspace(1e-4, 5e-2, nz)
T = 3e4 * (1 + age / 1e7) ** -0.3
B = 1 / (lam[:, None] ** 5 * np.expm1(np.minimum(1.4387769e8 / (lam[:, None] * T[None, :]), 700)))
L = (B / B.sum(axis=0))[None] * (met[:, None, None] / 0.02) ** -0.1
with open(os.path.join(root, "SSP", "made", "up.dat"), "wb") as f:
    for n, a in ((nl, lam), (nt, age), (nz, met), (L.size, L)):
        np.array([n], dtype=np.uint64).tofile(f)
        np.ascontiguousarray(a, dtype=np.float64).ravel().tofile(f)

from galapy.Galaxy import PhotoGXY
from galapy.PhotometricSystem import PMS

bands = (["GALEX.FUV", "GALEX.NUV"] + ["SDSS." + b for b in "ugriz"] + ["2MASS." + b for b in ("J", "H", "Ks")]
         + ["Herschel.PACS." + b for b in ("blue", "green", "red")] + ["Herschel.SPIRE." + b for b in ("PSW", "PMW", "PLW")])
curve = {}
with h5py.File(filters, "r") as f:
    names = [n.decode() for n in f["name"][:]]
    for b in bands:
        i = names.index(b)
        s = slice(f["offset"][i], f["offset"][i + 1])
        w, t = f["wave"][s], f["trans"][s]
        curve[b] = {"wavelengths": w, "photons": t / w * w.mean() if f["energy"][i] else t}
g = PhotoGXY(pms=PMS(**curve), age=1e9, redshift=0.05, csp=dict(ssp_lib="made.up"), sfh=dict(model="insitu"))
rng = np.random.default_rng(1)
uniform = rng.uniform
log = lambda a, b: float(np.exp(uniform(np.log(a), np.log(b))))


def draw():
    return dict(age=log(1e7, 1.2e10), sfh=dict(psi_max=log(1, 1e4), tau_star=log(1e6, 1e10)),
                ism=dict(f_MC=float(uniform(0, 1)), R_MC=log(1, 100), tau_esc=log(1e5, 1e8), Rdust=log(100, 1e5), f_PAH=float(uniform(0, 1))))


def measure(n):
    """The median of single calls: some draws take GalaPy's temperature search long."""
    t = []
    for p in [draw() for _ in range(n)]:
        start = time.process_time()
        g.set_parameters(**p)
        g.photoSED()
        t.append(time.process_time() - start)
    return t


measure(10)
before = measure(150)
rows = subprocess.run([galua, "bench", "photometry", "--json"], env=env, check=True, capture_output=True, text=True).stdout.splitlines()
after = measure(150)
ours = {r["name"]: r for r in map(json.loads, rows)}["photometry"]
mean, median = (float(f(before + after)) * 1e6 for f in (np.mean, np.median))
print(json.dumps({"name": "photometry.galapy", "unit": "us", "mean": mean, "median": median, "bands": len(bands), "table": [nl, nt, nz],
                  "plan_us": ours["value"], "whole_grid_us": ours["baseline_value"], "ratio_of_median": median / ours["value"],
                  "ratio_of_mean": mean / ours["value"], "version": version("galapy-fit"), "numpy": np.__version__}))
