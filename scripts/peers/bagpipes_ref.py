#!/usr/bin/env python3
"""Band fluxes of Bagpipes 1.3.6 (Carnall et al. 2018) on its own grid, for tests/validate/bagpipes.lua.

    galua tests/validate/bagpipes.lua --filters FOLDER
    python3 scripts/peers/bagpipes_ref.py FOLDER tests/ref/libraries/bagpipes.txt

FOLDER holds the curves as files of two columns, wavelength [A] and photon response, and filters.txt, which names them. One line a model: history, its numbers, age [Gyr],
Z, redshift, distance [Mpc], A_V (Calzetti et al. 2000, with the templates of Draine & Li 2007 at q_PAH 2.5, U_min 1, gamma 0.01; 0: no dust), surviving mass
per mass formed (with dust: the power that its dust takes, before anything else does [3.826e33 erg/s]), fluxes [mJy], of 1e10 Msun formed. Histories in
cosmic time (dblplaw, lognormal) begin with the Universe: their age is that of the Universe there; those that it calls unphysical are left out.
"""
import sys

import numpy as np
import bagpipes as pipes
from bagpipes import utils

folder, out = sys.argv[1:]
names = open(folder + "/filters.txt").read().split()
filters = [folder + "/" + n + ".dat" for n in names]
rows = ["# bagpipes 1.3.6: " + " ".join(names)]
histories = [("exponential", {"tau": 1.0}), ("delayed", {"tau": 0.5}), ("constant", {}), ("dblplaw", {"alpha": 3.0, "beta": 2.0, "tau": 2.0}),
             ("lognormal", {"tmax": 2.0, "fwhm": 1.5})]
for z in (0.01, 0.5, 1.0, 2.0, 4.0, 6.0):
    universe = float(np.interp(z, utils.z_array, utils.age_at_z))
    distance = float(np.interp(z, utils.z_array, utils.ldist_at_z))
    for kind, numbers in histories:
        ages = [universe] if kind in ("dblplaw", "lognormal") else [a for a in (0.01, 0.05, 0.2, 0.7, 2.0, 8.0) if a < universe * 0.999]
        made = {}
        for age in ages:
            for zmet in (0.02, 0.2, 0.4, 1.0, 2.5):
                for av in (0.0, 1.0) if zmet in (0.2, 1.0) else (0.0,):
                    sfh = dict(numbers, massformed=10.0, metallicity=zmet)
                    if kind == "constant":
                        sfh.update(age_max=age, age_min=0.0)
                    elif kind in ("exponential", "delayed"):
                        sfh["age"] = age
                    components = {"redshift": z, kind: sfh}
                    if av:
                        components["dust"] = {"type": "Calzetti", "Av": av, "eta": 1.0, "qpah": 2.5, "umin": 1.0, "gamma": 0.01}
                    if av in made:
                        m = made[av]
                        m.update(components)
                    else:
                        m = made[av] = pipes.model_galaxy(components, filt_list=filters, phot_units="mujy")
                    if m.sfh.unphysical:
                        continue
                    if av:
                        light = sum(m.stellar.spectrum(m.sfh.ceh.grid, 0.01))
                        left = np.trapezoid(light * (1 - 10 ** (-0.4 * av * m.dust_atten.A_cont)), m.wavelengths)
                    else:
                        left = 10 ** (float(m.sfh.stellar_mass) - 10)
                    rows.append("%s %s %.6g %g %g %.8g %g %.6g %s" % (
                        kind, ",".join("%g" % numbers[k] for k in sorted(numbers)) or "-", age, zmet * 0.02, z, distance, av, left,
                        " ".join("%.5g" % (f / 1e3) for f in m.photometry)))
    print(z, len(rows), flush=True)
open(out, "w").write("\n".join(rows) + "\n")
