#!/usr/bin/env python3
"""Reference values of rank-normalised diagnostics from ArviZ for tests/c/test_diag.c.

    python3 scripts/peers/arviz_diag.py > tests/ref/arviz_diag.txt

The chains are made by integer arithmetic and single additions and products, so that C makes the same bits.
"""
import arviz
import numpy as np
from arviz.stats.diagnostics import _mcse_sd, ess, mcse, rhat


class Lcg:
    def __init__(self, seed):
        self.s = seed

    def u(self):
        self.s = (self.s * 6364136223846793005 + 1442695040888963407) % 2**64
        return ((self.s >> 12) + 0.5) * 2.0**-52


def chain(name, m, n):
    g = Lcg(20260101)
    x = np.zeros((m, n))
    for j in range(m):
        v = 0.0
        for i in range(n):
            u, w = g.u() - 0.5, g.u()
            if name == "white" or name == "single":
                x[j, i] = u
            elif name == "ar":
                v = 0.9 * v
                v = v + u
                x[j, i] = v
            elif name == "anti":  # more effective draws than draws
                v = -0.5 * v
                v = v + u
                x[j, i] = v
            elif name == "heavy":
                x[j, i] = u / (w * w + 1e-6)
            elif name == "ties":
                x[j, i] = np.floor(6 * w)
            elif name == "shifted":
                x[j, i] = u + (0.25 * j)
            elif name == "scaled":
                x[j, i] = u * (1.0 + j)
            elif name == "constant":
                x[j, i] = 2.5
            elif name == "short" or name == "odd":
                x[j, i] = u
    return x


CASES = [("white", 4, 500), ("ar", 4, 1000), ("anti", 4, 400), ("heavy", 4, 500), ("ties", 3, 200), ("shifted", 4, 250),
         ("scaled", 4, 250), ("single", 1, 300), ("short", 2, 5), ("short", 2, 8), ("odd", 3, 101), ("constant", 4, 100)]

print(f"# arviz {arviz.__version__}, numpy {np.__version__}; script scripts/peers/arviz_diag.py")
print("# case chains draws rhat ess_bulk ess_tail ess_mean mcse_mean mcse_sd")
for name, m, n in CASES:
    x = chain(name, m, n)
    with np.errstate(all="ignore"):
        v = [rhat(x), ess(x), ess(x, method="tail"), ess(x, method="mean"), mcse(x), _mcse_sd(x)]
    print(name, m, n, *("%.17g" % float(a) for a in v))
