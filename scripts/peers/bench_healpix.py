"""Transforms of Galua and healpy in one run, CPU seconds on one thread, least of `repeat`: python3 scripts/peers/bench_healpix.py [NSIDE]
(healpy 1.20.1). Both get the same map of I, Q, U with C_l ~ (l + 1)^-2.5 to l = 2 nside."""
import os
import subprocess
import sys
import tempfile
import time

os.environ["OMP_NUM_THREADS"] = "1"
import healpy as hp
import numpy as np

nside = int(sys.argv[1]) if len(sys.argv) > 1 else 256
repeat = 3
rng = np.random.default_rng(1)
l, m = hp.Alm.getlm(2 * nside)
alm = [(rng.normal(size=l.size) + 1j * (m > 0) * rng.normal(size=l.size)) * (l + 1.0) ** -1.25 * (l > 1) for _ in range(3)]
maps = hp.alm2map(alm, nside, lmax=2 * nside)
rotator = hp.Rotator(coord=["G", "C"])


def cpu(f):
    best = 1e30
    for _ in range(repeat):
        t = time.process_time()
        f()
        best = min(best, time.process_time() - t)
    return best


fwhm = np.radians(2 * 60 * 256 / nside / 60)
peer = {
    "smooth": cpu(lambda: hp.smoothing(maps, fwhm=fwhm, iter=3)),
    "alm": cpu(lambda: hp.map2alm(maps, lmax=2 * nside, iter=3)),
    "rotate": cpu(lambda: rotator.rotate_alm([x.copy() for x in alm], inplace=False)),
    "ud_grade": cpu(lambda: hp.ud_grade(maps, nside // 2)),
}
back = hp.map2alm(maps, lmax=2 * nside, iter=3)
error = {"alm": np.sqrt(sum(np.mean(abs(x - y) ** 2) for x, y in zip(back, alm)) / sum(np.mean(abs(y) ** 2) for y in alm))}

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "map.fits")
    hp.write_map(path, maps, coord="G", dtype=np.float64)
    script = os.path.join(folder, "bench.lua")
    with open(script, "w") as f:
        f.write(
            """
local m = healpix.read(%r)
local function cpu(f)
  local best = math.huge
  for _ = 1, %d do
    local t = os.clock()
    f()
    best = math.min(best, os.clock() - t)
  end
  return best
end
local a = m:alm{ lmax = %d }
print("smooth", cpu(function() m:smooth{ fwhm = %.17g } end))
print("alm", cpu(function() m:alm{ lmax = %d, tolerance = 1e-8 } end))
print("rotate", cpu(function() a:rotate("C") end))
print("ud_grade", cpu(function() m:ud_grade(%d) end))
"""
            % (path, repeat, 2 * nside, np.degrees(fwhm) * 60, 2 * nside, nside // 2)
        )
    out = subprocess.run(["build/galua", "--batch", script], capture_output=True, text=True, check=True).stdout
print("healpy %s, nside %d, lmax %d, CPU seconds of one thread" % (hp.__version__, nside, 2 * nside))
print("%-10s %10s %10s %8s" % ("", "healpy", "galua", "ratio"))
for line in out.splitlines():
    name, t = line.split()
    print("%-10s %10.3f %10.3f %8.1f" % (name, peer[name], float(t), peer[name] / float(t)))
print("relative error of healpy's coefficients with three iterations: %.1e; of galua's: below 1e-8" % error["alm"])
