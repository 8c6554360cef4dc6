# Pivot, norm and ends of the curves of tests/ref/parity_bands.h5, and the flux of one spectrum through them, by GalaPy (galapy-fit on PyPI);
# the four cosmologies by astropy.
#
# usage: python filters_galapy.py tests/ref        writes filters_galapy.csv and cosmology.csv there
#
# Spectrum: S_nu = 1 .. 1e5 mJy at 2000 wavelengths 1e3 .. 1e10 A, both equidistant in log.
import os, sys, tempfile
from importlib.metadata import version

out = os.path.abspath(sys.argv[1])
work = tempfile.mkdtemp()
os.makedirs(os.path.join(work, ".galapy"))
os.makedirs(os.path.join(work, "galapy_database"))
with open(os.path.join(work, "galapy_database", "version"), "w") as f:
    f.write("0.0.1\n")
with open(os.path.join(work, ".galapy", "conf.ini"), "w") as f:
    f.write("[DATAPATHS]\nDEFAULT = %s\n[BOOLEANS]\nFORCE_DOWNLOADS = false\nVERBOSE_DOWNLOADS = false\n" % work)
os.environ["HOME"] = work
import astropy.cosmology as cosmology
import h5py
import numpy as np
from galapy.PhotometricSystem import PMS
from galapy.BandpassTransmission import BPT

curves = h5py.File(os.path.join(out, "parity_bands.h5"))
offset = curves["offset"][:]
wave, flux = np.logspace(3, 10, 2000), np.logspace(0, 5, 2000)
with open(os.path.join(out, "filters_galapy.csv"), "w") as f:
    f.write("# Curves of parity_bands.h5 by GalaPy %s (scripts/peers/filters_galapy.py): pivot [A], norm, ends [A], flux of a spectrum [mJy]\n"
            % version("galapy-fit"))
    f.write("name,pivot,norm,lo,hi,flux\n")
    for i, name in enumerate(curves["name"][:]):
        w, t = (np.ascontiguousarray(curves[k][offset[i]:offset[i + 1]]) for k in ("wave", "trans"))
        fine = np.interp(np.arange(60 * len(w) - 59) / 60, np.arange(len(w)), w)  # 60 trapezia a piece of the curve
        b = BPT(fine, np.interp(fine, w, t))
        s = PMS(band={"wavelengths": w, "photons": t}).get_fluxes(wave, flux)[0]
        f.write("%s,%.9g,%.9g,%.9g,%.9g,%.12g\n" % (name.decode(), b.get_lpiv(), b.get_norm(), b.get_lmin(), b.get_lmax(), s))

with open(os.path.join(out, "cosmology.csv"), "w") as f:
    f.write("# Luminosity distance and age of the named cosmologies by astropy %s (scripts/peers/filters_galapy.py)\n" % version("astropy"))
    f.write("name,z,D_L[Mpc],age[yr]\n")
    for name in ("Planck15", "Planck18", "WMAP7", "WMAP9"):
        c = getattr(cosmology, name)
        for z in np.logspace(-5, 3, 33):
            f.write("%s,%.17g,%.12g,%.12g\n" % (name, z, c.luminosity_distance(z).to_value("Mpc"), c.age(z).to_value("yr")))
