#!/usr/bin/env python3
"""Reference values of Pareto-smoothed importance sampling from ArviZ for tests/c/test_lbfgs.c.

    python3 scripts/peers/psis_ref.py > tests/ref/psis.txt

Raw ln weights are made from a linear congruential generator that the test repeats: -shape ln u, or u^2 when shape = 0.
"""
import math

import arviz
import numpy as np
from arviz.stats.stats import psislw

CASES = [("pareto0.1", 1000, 0.1, 1.0), ("pareto0.3", 1000, 0.3, 1.0), ("pareto0.5", 4000, 0.5, 1.0),
         ("pareto0.7", 4000, 0.7, 1.0), ("pareto1.2", 500, 1.2, 1.0), ("bounded", 2000, 0.0, 1.0),
         ("dependent", 1000, 0.4, 0.3), ("short", 30, 0.6, 1.0), ("tiny", 15, 0.6, 1.0), ("long", 100000, 0.6, 1.0)]

print(f"# arviz {arviz.__version__}, numpy {np.__version__}; script scripts/peers/psis_ref.py")
print("# case draws shape reff khat ess ln_w_max sum((i mod 7) w_i)")
for name, n, shape, reff in CASES:
    s = 12345 + n
    lw = np.empty(n)
    for i in range(n):
        s = (s * 6364136223846793005 + 1442695040888963407) % 2**64
        u = ((s >> 12) + 0.5) * 2.0**-52
        lw[i] = -shape * math.log(u) if shape > 0 else u * u
    out, k = psislw(lw.copy(), reff=reff)
    w = np.exp(out)
    print(name, n, shape, reff, f"{float(k):.17g}", f"{1 / np.sum(w**2):.17g}", f"{out.max():.17g}",
          f"{np.sum((np.arange(n) % 7) * w):.17g}")
