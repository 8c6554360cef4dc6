#!/usr/bin/env python3
"""The opacity of Milky Way dust in src/dust/draine03_table.h.

    python3 scripts/dev/cut_draine03.py kext_albedo_WD_MW_3.1_60_D03.dat > src/dust/draine03_table.h

The file is B. T. Draine's table of the R_V = 3.1 model of Draine (2003, ARA&A 41, 241; ApJ 598, 1017), as the package dust_extinction 1.7 carries it (BSD-3).
Extinction per mass of dust: C_ext/H over the dust mass per H of the model, 1.870e-26 g. Rows are left out where log-log interpolation between those that stay
is within 0.5 %.
"""
import sys

import numpy as np

MASS_PER_H = 1.870e-26  # g, from the header
rows = []
for line in open(sys.argv[1]):
    w = line.split()
    try:
        rows.append((float(w[0]), float(w[3]) / MASS_PER_H))
    except (ValueError, IndexError):
        pass
rows = sorted(set(r for r in rows if 1e-3 <= r[0] <= 1e4))
x, y = np.log(np.array(rows)).T
keep = [0]
while keep[-1] < len(x) - 1:
    a, b = keep[-1], keep[-1] + 1
    while b + 1 < len(x) and abs(np.interp(x[a:b + 2], (x[a], x[b + 1]), (y[a], y[b + 1])) - y[a:b + 2]).max() < 0.005:
        b += 1
    keep.append(b)
print("/* Wavelength [A] and extinction per mass of dust [cm2/g]: Draine 2003, Milky Way, R_V = 3.1; scripts/dev/cut_draine03.py */")
text, line = [], "   "
for i in keep:
    item = " {%.5g, %.4g}," % (1e4 * np.exp(x[i]), np.exp(y[i]))
    if len(line) + len(item) > 118:
        text.append(line)
        line = "   "
    line += item
text.append(line)
print("// clang-format off\nstatic const double draine03[%d][2] = {\n%s\n};\n// clang-format on" % (len(keep), "\n".join(text).rstrip(",")))
