#!/usr/bin/env python3
"""Extinction curves of the dust_extinction package: reference numbers for tests/c/test_laws.c.

  pip install dust_extinction;  python3 scripts/peers/dust_laws.py > tests/ref/dust_laws.txt
"""
import dust_extinction
import numpy as np
import astropy.units as u
from dust_extinction.averages import G03_LMC2, G03_LMCAvg, G03_SMCBar
from dust_extinction.parameter_averages import O94

x = np.array([1.2, 1.6, 1.9, 2.2, 2.6, 2.9, 3.2, 3.35, 3.5, 4.0, 4.6, 5.5, 6.5, 7.5, 8.5, 9.5])
print(f"# A/A_V by dust_extinction {dust_extinction.__version__}; inverse micron, then Gordon+03 SMC bar, LMC average, LMC2")
print("# (its form in the ultraviolet; below 3.9 the package joins the points by a spline and we by lines),")
print("# O'Donnell 94 with Cardelli+89 for R_V = 3.1 and 5")
for v in x:
    row = [m(v / u.micron) for m in (G03_SMCBar(), G03_LMCAvg(), G03_LMC2(), O94(3.1), O94(5.0))]
    print(f"{v:5.2f} " + " ".join(f"{r:.8f}" for r in row))
