# Writes tests/ref/pah_galapy.txt: the PAH template of GalaPy 0.6 (Ronconi et al. 2024), used by the parity mode and its tests only.
# 146 tabulated nodes (read from stdin: "lambda[A] P[1/A]" pairs) between two analytic wings; integral 1.
import math, sys
v = [float(x) for x in sys.stdin.read().split()]
core = list(zip(v[0::2], v[1::2]))
short = [(15990 ** (k / 99.), 7.3377033388e-8 * (15990 ** (k / 99.) / 15990) ** 5.9095698) for k in range(99)]
pl = core[-1][1]
long_ = []
for k in range(1, 100):
    l = 847900 * (1e10 / 847900) ** (k / 99.)
    p = pl * (l / 847900) ** -3.318392 * math.erfc(math.log(l / 847900)) if l < 3.01e8 else 0.
    long_.append((l, p))
nodes = short + core + long_
s = sum(0.5 * (a[1] + b[1]) * (b[0] - a[0]) for a, b in zip(nodes, nodes[1:]))
print("# PAH template of GalaPy 0.6.0 (two analytic wings around 146 tabulated nodes); its source states no provenance. Parity only.")
print("# wavelength [A], P [1/A], integral %.10f over %d nodes (scripts/dev/make_pah_ref.py)" % (s, len(nodes)))
for l, p in nodes:
    print("%.10g %.10g" % (l, p))
