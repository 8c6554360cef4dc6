#!/usr/bin/env python3
"""Opens a results file with ArviZ, xarray (netCDF4 and h5netcdf engines) and h5py and says what they see.

    build/tests/test_result example.h5 && python3 scripts/peers/check_arviz.py example.h5 > tests/ref/arviz_check.txt

Needs: arviz, xarray, h5netcdf, netCDF4, h5py. Exits 1 when a check fails.
"""
import sys

import arviz as az
import h5netcdf
import h5py
import netCDF4
import numpy as np
import xarray as xr

from checks import check, finish

path = sys.argv[1]
print(f"# arviz {az.__version__}, xarray {xr.__version__}, netCDF4 {netCDF4.__version__}, h5netcdf {h5netcdf.__version__}, "
      f"h5py {h5py.__version__}")
idata = az.from_netcdf(path)
groups = list(idata.groups())
print("groups:", " ".join(sorted(groups)))
for g in ("posterior", "sample_stats", "log_likelihood", "log_prior", "observed_data", "constant_data", "posterior_predictive",
          "galua"):
    check(f"arviz sees group {g}", g in groups)
post = idata.posterior
check("posterior dimensions are (chain, draw)", post["age"].dims == ("chain", "draw"))
check("names with dots", "ism.f_MC" in post)
check("units attribute", post["age"].attrs.get("units") == "yr")
check("chain and draw count from 0", list(post.chain.values) == list(range(10)) and post.draw.values[-1] == post.sizes["draw"] - 1)
check("bands are text labels", list(idata.observed_data.band.values) == ["SDSS.u", "SDSS.g", "2MASS.Ks"])
check("flags are booleans", idata.constant_data["limit"].dtype == bool)
lp = idata.sample_stats["lp"]
check("lp = log_prior + log_likelihood",
      bool(np.array_equal(lp, idata.log_prior["total"] + idata.log_likelihood["total"])))
summary = az.summary(idata)
check("az.summary has every parameter", list(summary.index) == ["age", "ism.f_MC", "Mstar"])
for engine in ("netcdf4", "h5netcdf"):
    for g in groups:
        with xr.open_dataset(path, group=g, engine=engine) as ds:
            ds.load()
            check(f"xarray/{engine} loads {g}: {' '.join(sorted(ds.data_vars))}", len(ds.data_vars) > 0)
with h5py.File(path) as f:
    check("h5py reads the same numbers", bool(np.array_equal(f["posterior/age"][...], post["age"].values)))
    check("age = 10**x", bool(np.allclose(10 ** f["galua/x"][..., 0], f["posterior/age"][...], rtol=1e-14)))
finish()
