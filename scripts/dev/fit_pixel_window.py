"""Writes src/sky/pixel_window_table.h: the published pixel windows of HEALPix (pixel_window_n*.fits of Debian's healpy-data 1.16.1, exact
averages over all pixels up to nside 128) as Chebyshev series of degree 10 in x = (l(l+1) - spin^2) / (10 nside^2) - 1, to 2e-13.
python3 scripts/dev/fit_pixel_window.py FOLDER_OF_THE_TABLES"""
import sys

import numpy as np
from astropy.io import fits

with open("src/sky/pixel_window_table.h", "w") as out:
    print("/* Made by scripts/dev/fit_pixel_window.py from the published tables. [nside 2 .. 128][T, P][Chebyshev coefficients] */", file=out)
    print("#ifndef GAL_SKY_PIXEL_WINDOW_TABLE_H\n#define GAL_SKY_PIXEL_WINDOW_TABLE_H", file=out)
    print("// clang-format off\nenum { WINDOW_ROWS = 7, WINDOW_TERMS = 11 };", file=out)
    print("static const double window_table[WINDOW_ROWS][2][WINDOW_TERMS] = {", file=out)
    for n in (2, 4, 8, 16, 32, 64, 128):
        data = fits.open("%s/pixel_window_n%04d.fits" % (sys.argv[1], n))[1].data
        print("    {", file=out)
        for spin in (0, 2):
            w = np.array(data.field(spin // 2), float)
            l = np.arange(len(w))
            k = l >= spin
            v = np.polynomial.chebyshev.chebvander((l * (l + 1.0) - spin * spin)[k] / (10.0 * n * n) - 1, 10)
            c = np.linalg.lstsq(v, w[k], rcond=1e-15)[0]
            assert abs(v @ c - w[k]).max() < 2e-13
            print("        {" + ", ".join("%.16e" % x for x in c[:6]) + ",\n         " + ", ".join("%.16e" % x for x in c[6:]) + "},", file=out)
        print("    },", file=out)
    print("};\n// clang-format on\n#endif", file=out)
