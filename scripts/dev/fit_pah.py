# Strengths of the PAH Drude profiles in src/dust/pah.c: non-negative least squares of profiles plus grey bodies (40 .. 600 K) to the
# Draine & Li 2007 spectrum with q_PAH = 4.58 %, U = 1 (model file in the layout of FSPS, given as the argument; the 3.3 micron
# feature is halved in that file and is restored here). Only the profile strengths, normalised to a total of 1, are kept.
# Central wavelengths [micron] and fractional widths: Draine & Li 2007 table 1, Smith et al. 2007 table 3.
# numpy 2.x, scipy 1.x
import sys
import numpy as np
from scipy.optimize import nnls

LINES = [(3.30, .012), (5.27, .034), (5.70, .035), (6.22, .030), (6.69, .070), (7.42, .126), (7.60, .044), (7.85, .053), (8.33, .052),
         (8.61, .039), (10.68, .020), (11.23, .012), (11.33, .032), (11.99, .045), (12.62, .042), (12.69, .013), (13.48, .040),
         (14.19, .025), (15.90, .020), (16.45, .014), (17.04, .065), (17.375, .012), (17.87, .016), (18.92, .100)]
d = np.loadtxt(sys.argv[1], comments="#")
lam = d[:, 0]
umin = [0.10, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 0.8, 1.0]
nufnu = d[:, 1 + 2 * umin.index(1.0)] / lam
use = (lam > 2.6) & (lam < 30)
x, y = lam[use], nufnu[use].copy()

def drude(l, l0, g):  # L_lambda ~ (1/l^2) g^2/((l/l0-l0/l)^2+g^2): power per unit frequency is a Drude profile
    return (2 * g * l0 / np.pi) / ((l / l0 - l0 / l) ** 2 + g * g) / l ** 2

cols = [x * drude(x, *p) for p in LINES]
for T in np.geomspace(40, 700, 24):  # grey bodies, beta = 2
    z = 14387.8 / (x * T)
    cols.append(x ** -6. / np.expm1(np.minimum(z, 600)))
A = np.array(cols).T
scale = A.max(axis=0)
w = 1 / np.maximum(y, 0.02 * y.max()) ** 0.7
s, res = nnls(A / scale * w[:, None], y * w)
s = (s / scale)[:len(LINES)]
s[0] *= 2
s /= s.sum()
for (l, g), v in zip(LINES, s):
    print("    {%.3f, %.3f, %.5f}," % (l, g, v))
