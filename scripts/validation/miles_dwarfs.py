#!/usr/bin/env python3
"""NaD of the K and M dwarfs of MILES, for tests/validate/emiles.lua: makes tests/ref/miles_dwarfs.csv.

    pip download --no-deps sdss-mangadap==4.5.0     and unpack it (wheels are zip files) into PACKAGES
    python3 scripts/validation/miles_dwarfs.py PACKAGES > tests/ref/miles_dwarfs.csv

Every star below 4600 K with log g > 4 whose parameters are known, on 5 A nodes as the lines of src/stars/lines.c are fitted (least-squares
hat-function coefficients, straight lines between them). NaD as Worthey et al. (1994, ApJS 94, 687) define it, in vacuum: mean of the flux in
the two side bands, a straight line between their middles. Needs numpy and astropy.
"""
import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "dev"))
import fit_lines  # noqa: E402

AIR = 1.63  # A, of air wavelengths near 5900 A
LINE, BLUE, RED = ((lo + AIR, hi + AIR) for lo, hi in ((5876.875, 5909.375), (5860.625, 5875.675), (5922.125, 5948.125)))


def nad(wave, flux):
    """Equivalent width [A]; flux is straight between its points."""
    def mean(band):
        x = np.linspace(BLUE[0], RED[1], 400)
        x = x[(x >= band[0]) & (x <= band[1])]
        return np.interp(x, wave, flux).mean()

    x = np.linspace(*LINE, 200)
    blue, red, at = mean(BLUE), mean(RED), np.mean(BLUE)
    y = 1 - np.interp(x, wave, flux) / (blue + (red - blue) * (x - at) / (np.mean(RED) - at))
    return ((y[1:] + y[:-1]) / 2 * np.diff(x)).sum()


def main(packages):
    rows, wave, spectra = fit_lines.miles(packages)
    nodes = fit_lines.NODES[fit_lines.NODES <= fit_lines.STARS_TO]
    star = fit_lines.hat_coefficients(nodes, wave, spectra)
    print("# NaD [A] of the K and M dwarfs of the MILES library (Sanchez-Blazquez et al. 2006, MNRAS 371, 703; parameters: Cenarro et al. 2007, "
          "MNRAS 374, 664), measured\n# on its spectra at 2.5 A (5 A nodes) as the package sdss-mangadap 4.5.0 carries them, by "
          "scripts/validation/miles_dwarfs.py. Figures only; no spectrum is redistributed.\nteff,logg,feh,NaD")
    for i in np.argsort(rows[:, 0]):
        if rows[i, 0] < 4600 and rows[i, 1] > 4:
            print("%.0f,%.2f,%.2f,%.2f" % (*rows[i], nad(nodes, star[i])))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
