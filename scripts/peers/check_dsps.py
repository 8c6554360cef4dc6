# Does DSPS read a table that Galua wrote in the DSPS layout, and see the same numbers?
# usage: galua ssp convert default table.dsps.h5 --to dsps;  python check_dsps.py table.dsps.h5
# The committed check_dsps.out holds its output with versions.
import sys
from importlib.metadata import version
import h5py
import numpy as np
from dsps import load_ssp_templates

path = sys.argv[1]
ssp = load_ssp_templates(fn=path)
with h5py.File(path, "r") as f:
    raw = {k: f[k][...] for k in ("ssp_lgmet", "ssp_lg_age_gyr", "ssp_wave", "ssp_flux")}
print("dsps", version("dsps"), "h5py", version("h5py"), "numpy", version("numpy"))
for k, v in raw.items():
    got = np.asarray(getattr(ssp, k))
    print("%-16s shape %-18s equal %s" % (k, got.shape, bool(np.array_equal(got, v))))
nu = 2.99792458e18 / raw["ssp_wave"]
i = np.argmin(abs(raw["ssp_lg_age_gyr"] - 1)), np.argmin(abs(raw["ssp_lgmet"] - np.log10(0.02)))
flux = np.asarray(ssp.ssp_flux)[i[1], i[0]]
print("Lbol of 10 Gyr, Z = 0.02: %.5f Lsun/Msun" % np.trapezoid(flux[::-1], nu[::-1]))
