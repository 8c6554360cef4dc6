"""A cut of the PySM 2 reference maps (nside 64, MIT licence) for tests/lua/test_sky_real.lua, and the whole maps that transforms need.
python sky_cut.py FOLDER tests/ref/sky   (FOLDER: the maps of PySM_public/test_data, with beta_latvar.fits)"""
import os
import shutil
import sys

import h5py
import numpy as np
from astropy.io import fits

source, target = sys.argv[1], sys.argv[2]
pixels = np.arange(5, 49152, 16)


def read(name):
    with fits.open(os.path.join(source, name)) as f:
        return np.array([np.ravel(f[1].data.field(i)) for i in range(len(f[1].columns))], np.float32)


with h5py.File(os.path.join(target, "pysm2_cut.h5"), "w") as out:
    out.attrs["source"] = "PySM 2 reference simulations (github.com/bthorne93/PySM_public, MIT licence), nside 64, RING, uK_RJ; columns: pixels"
    out["pixels"] = pixels.astype("f8")
    for name in sorted(os.listdir(source)):
        if name.startswith("check") and "smoothed" not in name and "cmb" not in name:
            x = read(name)[:, pixels]
            n = 3 if np.any(x[1:]) else 1
            out.create_dataset(name.replace("p0_64.fits", "").replace("check", "c"), data=x[:n], compression="gzip", compression_opts=9, shuffle=True)
    for nu in (30, 100, 353):
        x = read(f"check5cmb_{nu}p0_64.fits")
        out.create_dataset(f"c5cmb_{nu}", data=x if nu == 30 else x[:, pixels], compression="gzip", compression_opts=9, shuffle=True)
    # smoothing: a whole map and what healpy made of it (1 degree, lmax 191, three iterations, no weights)
    out.create_dataset("c2synch_30_whole", data=read("check2synch_30p0_64.fits")[:1], compression="gzip", compression_opts=9, shuffle=True)
    out.create_dataset("c2synch_30_smoothed", data=read("check2synch_30p0_64_smoothed1deg.fits")[:1], compression="gzip", compression_opts=9, shuffle=True)
shutil.copy(os.path.join(source, "beta_latvar.fits"), target)
