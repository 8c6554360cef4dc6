#!/usr/bin/env python3
"""ArviZ makes the same summary of a results file as Galua does, and ncdump (netCDF-C) reads the file.

    python3 scripts/peers/check_summary.py build/galua > tests/ref/summary_check.txt

Needs arviz, numpy, a netCDF4 reader of xarray, and the program ncdump. Exits 1 when a check fails.
"""
import os
import re
import subprocess
import sys
import tempfile

import arviz as az
import numpy as np

from checks import check, finish

galua = os.path.abspath(sys.argv[1])
FIT = """
local t = ssp.synthetic()
local g = galaxy{ ssp = t, sfh = sfh.delayed{ norm = 20, tau = 1e9, Mdust = 3e7 }, age = 4e9, redshift = 0.1 }
local bands = filters("SDSS.griz", "2MASS", "WISE.W3", "Herschel.PACS")
local o, flux = observation.new{ name = "mock", redshift = 0.1 }, g:band_flux(bands)
for i = 1, #bands do o:add(bands[i], flux[i], 0.05 * flux[i]) end
for _, s in ipairs { "nuts", "ensemble", "smc", "nested" } do
  local options = { nuts = { chains = 4, draws = 250 }, ensemble = { walkers = 32, steps = 600, thin = 1 }, smc = { particles = 128 },
    nested = { live = 100 } }
  local f = fit{ data = o, model = g, seed = 1, sampler = sampler[s](options[s]),
    free = { age = prior.loguniform(1e9, 1.2e10), ["sfh.norm"] = prior.loguniform(1, 300) } }:run{ progress = false }
  f:save(arg[1] .. "/" .. s .. ".h5")
  local y = f:summary()
  for _, list in ipairs { y.parameters, y.derived } do
    for _, r in ipairs(list) do
      print(s, r.name, ("%.17g %.17g %.17g %.17g %.17g %.17g"):format(r.mean, r.sd, r.ess, r.ess_tail, r.rhat, r.mcse))
    end
  end
end
"""
ncdump = subprocess.run(["ncdump"], capture_output=True, text=True).stderr
version = re.search(r"library version ([0-9.]+)", ncdump)
print(f"# arviz {az.__version__}, numpy {np.__version__}, ncdump {version.group(1) if version else '?'}")
with tempfile.TemporaryDirectory() as d:
    script = os.path.join(d, "fit.lua")
    with open(script, "w") as s:
        s.write(FIT)
    run = subprocess.run([galua, script, d], capture_output=True, text=True)
    if run.returncode:
        sys.exit(run.stderr)
    ours = {}
    for line in run.stdout.splitlines():
        word = line.split()
        ours.setdefault(word[0], {})[word[1]] = [float(v) for v in word[2:]]
    for sampler, rows in ours.items():
        path = os.path.join(d, sampler + ".h5")
        idata = az.from_netcdf(path)
        s = az.summary(idata, round_to="none")
        n = idata.posterior.sizes["chain"] * idata.posterior.sizes["draw"]
        names = [k for k in rows if k in s.index and np.isfinite(rows[k][1]) and rows[k][1] > 1e-6 * abs(rows[k][0])]
        check(f"{sampler}: ArviZ has {len(names)} of our {len(rows)} quantities, {n} draws", len(names) > 20)

        def worst(column, k):
            return max(abs(s[column][name] / rows[name][k] - 1) for name in names)

        if sampler == "nuts":  # the same draws in the same chains: the same numbers
            columns = (("mean", 0), ("sd", 1), ("ess_bulk", 2), ("ess_tail", 3), ("r_hat", 4), ("mcse_mean", 5))
            for column, k in columns:
                check(f"nuts: {column} agrees to 1e-6 (worst {worst(column, k):.1e})", worst(column, k) < 1e-6)
            text = [max(abs(float("%.3g" % s[c][i]) - float("%.3g" % rows[i][k])) for i in names) for c, k in columns]
            check("nuts: the same three printed digits in every column", max(text) == 0)
        else:
            note = " (the file keeps the burn-in)" if sampler == "ensemble" else ""
            print(f"     {sampler}: means differ by {worst('mean', 0):.1e}, standard deviations by {worst('sd', 1):.1e} of themselves{note}")
        out = subprocess.run(["ncdump", "-h", path], capture_output=True, text=True)
        groups = re.findall(r"^group: (\w+)", out.stdout, re.M)
        check(f"{sampler}: ncdump -h lists {' '.join(groups)}", out.returncode == 0 and "posterior" in groups)
        out = subprocess.run(["ncdump", "-v", "age", "-p", "9,17", path], capture_output=True, text=True)
        block = re.search(r"\n\s*age =\s*([^;]*);", out.stdout)
        got = [float(v) for v in re.findall(r"[0-9.eE+-]{3,}", block.group(1))] if block else []
        age = idata.posterior["age"].values.ravel()
        check(f"{sampler}: ncdump prints the {len(got)} ages that ArviZ has", len(got) == n and bool(np.array_equal(got, age)))
finish()
