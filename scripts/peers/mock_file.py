# A mock catalogue in the layout that the fitters of Diffmah and Diffstar write: flat datasets by the names of their parameters, fit diagnostics
# beside them. usage: python mock_file.py OUT.h5 [N]; tests/ref/dsps/mock.h5 is N = 30.
import sys

import h5py
import numpy as np

n = int(sys.argv[2]) if len(sys.argv) > 2 else 30
r = np.random.default_rng(11)
g = lambda m, s: m + s * r.normal(size=n)
col = dict(logm0=g(12.2, .6), logtc=g(.05, .1), early_index=g(2.6, .2), late_index=.15 + abs(g(0, .1)), t_peak=np.clip(g(9, 3), 3, 14),
           loss=abs(g(0, .01)), n_points_per_fit=r.integers(20, 90, n), fit_algo=np.zeros(n, int),
           lgmcrit=g(12, .2), lgy_at_mcrit=g(-10, .2), indx_lo=g(1, .2), indx_hi=g(-1, .2), lg_qt=g(1, .1), qlglgdt=g(-.5, .1), lg_drop=g(-1, .2),
           lg_rejuv=np.full(n, -.2), redshift=r.uniform(.1, .6, n))
with h5py.File(sys.argv[1], "w") as f:
    for k, v in col.items():
        f[k] = v
