"""PySM 3 in the benchmark of `galua bench sky`: processor seconds and peak memory of the sky d1 + s1 + f1 + a1 through top-hats of 10 points.

python sky_bench.py FOLDER NSIDE REPEATS SMOOTH OUT   (pysm3, h5py; one thread: NUMBA_NUM_THREADS=1 OMP_NUM_THREADS=1)
FOLDER: templates under upstream's names. Prints one line of JSON; OUT: the maps as HDF5, for the difference. SMOOTH 1: three beams as well."""
import json
import os
import resource
import sys
import time

folder, nside, repeats, smooth, out = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
os.environ["PYSM_LOCAL_DATA"] = folder
import h5py
import numpy as np
import pysm3
import pysm3.units as u


def seconds():
    r = resource.getrusage(resource.RUSAGE_SELF)
    return r.ru_utime + r.ru_stime


bands = [(90, 110), (140, 160), (30, 40)]
beams = [30, 20, 60]  # arcmin
start = seconds()
sky = pysm3.Sky(nside=nside, preset_strings=["d1", "s1", "f1", "a1"], output_unit="uK_CMB")
load = seconds() - start
for lo, hi in bands[:1]:  # compiles
    sky.get_emission(np.linspace(lo, hi, 2) * u.GHz)
best = [1e9] * len(bands)
for _ in range(repeats):
    for k, (lo, hi) in enumerate(bands):
        start = seconds()
        m = sky.get_emission(np.linspace(lo, hi, 10) * u.GHz)
        best[k] = min(best[k], seconds() - start)
        if out != "-":
            with h5py.File(out, "a") as f:
                if str(k) not in f:
                    f[str(k)] = m.value
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
row = {"integration": sum(best), "load": load, "memory": memory, "pysm": pysm3.__version__}
if smooth:
    start = seconds()
    for (lo, hi), fwhm in zip(bands, beams):
        m = sky.get_emission(np.linspace(lo, hi, 10) * u.GHz)
        m = pysm3.apply_smoothing_and_coord_transform(m, fwhm=fwhm * u.arcmin)
    row["with_beams"] = seconds() - start
    row["memory_beams"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(row))
