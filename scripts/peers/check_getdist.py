#!/usr/bin/env python3
"""GetDist reads the chain of a fit and finds the means that Galua has; astropy reads the one-row summaries.

    python3 scripts/peers/check_getdist.py build/galua > tests/ref/getdist_check.txt

Needs getdist, astropy, h5py, numpy. Exits 1 when a check fails.
"""
import os
import subprocess
import sys
import tempfile

import astropy
import getdist
import numpy as np
from astropy.table import Table

from checks import check, finish

galua = os.path.abspath(sys.argv[1])
FIT = """
local t = ssp.synthetic()
local g = galaxy{ ssp = t, sfh = sfh.delayed{ norm = 20, tau = 1e9, Mdust = 3e7 }, age = 4e9, redshift = 0.1 }
local bands = filters("SDSS.griz", "2MASS", "WISE.W3", "Herschel.PACS")
local o, flux = observation.new{ name = "mock", redshift = 0.1 }, g:band_flux(bands)
for i = 1, #bands do o:add(bands[i], flux[i], 0.05 * flux[i]) end
local f = fit{ data = o, model = g, seed = 1, sampler = sampler.ensemble{ walkers = 32, steps = 1000, thin = 1 },
  free = { age = prior.loguniform(1e9, 1.2e10), ["sfh.norm"] = prior.loguniform(1, 300) } }:run{ progress = false }
f:export(arg[1] .. "/chain"):export(arg[1] .. "/row.fits"):export(arg[1] .. "/row.ecsv")
local s = f:summary()
print("log10_age", ("%.17g"):format(f:samples().x:col(1):mean()), 0)
for _, list in ipairs { s.parameters, s.derived } do
  for _, r in ipairs(list) do print(r.name, ("%.17g %.17g"):format(r.mean, r.sd), ("%.17g"):format(r.median)) end
end
"""
print(f"# getdist {getdist.__version__}, astropy {astropy.__version__}, numpy {np.__version__}")
with tempfile.TemporaryDirectory() as d:
    script = os.path.join(d, "fit.lua")
    with open(script, "w") as s:
        s.write(FIT)
    run = subprocess.run([galua, script, d], capture_output=True, text=True)
    if run.returncode:
        sys.exit(run.stderr)
    ours = {line.split()[0]: [float(v) for v in line.split()[1:]] for line in run.stdout.splitlines()}
    c = getdist.loadMCSamples(os.path.join(d, "chain"), no_cache=True)
    names = c.getParamNames()
    check("parameters first, derived marked: " + " ".join(p.name + ("*" if p.isDerived else "") for p in names.names[:5]),
          [p.name for p in names.names if not p.isDerived] == ["log10_age", "log10_sfh.norm"])
    check("ranges of the priors", abs(c.ranges.getLower("log10_age") - 9) < 1e-9
          and abs(c.ranges.getUpper("log10_sfh.norm") - np.log10(300)) < 1e-9)
    worst = 0
    n = 0
    for name, v in ours.items():
        if name not in [p.name for p in names.names]:
            continue
        n += 1
        worst = max(worst, abs(c.mean(name) / v[0] - 1))
    check(f"means of {n} quantities agree to 1e-6 (worst {worst:.1e})", n > 30 and worst < 1e-6)
    sd = abs(c.std("age") / ours["age"][1] - 1)
    check(f"standard deviation of the age agrees to 1e-4 ({sd:.1e}: division by n or n-1)", sd < 1e-4)
    lo, hi = c.confidence("age", 0.16), c.confidence("age", 0.16, upper=True)
    check("a marginalised density can be made", c.get1DDensity("log10_age") is not None and lo < ours["age"][0] < hi)
    like = c.loglikes.min()
    check(f"column 2 is -ln posterior: smallest {like:.2f}", np.isfinite(like))
    for ext in ("fits", "ecsv"):
        t = Table.read(os.path.join(d, "row." + ext))
        same = all(abs(t[k + "_q50"][0] / v[2] - 1) < 1e-12 for k, v in ours.items() if len(v) > 2 and v[2] != 0)
        check(f"astropy reads row.{ext}: 1 row, {len(t.colnames)} columns, units, the same medians",
              len(t) == 1 and str(t["Mstar_q50"].unit) in ("solMass", "Msun") and same)
finish()
