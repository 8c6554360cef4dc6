# Nested sampling of the same problems of known evidence by dynesty and by galua: user processor time of one thread, likelihoods used,
# ln Z, and the time a likelihood costs beyond the target itself. 500 live points, stop at dlogz = 0.509, each code's own choices else.
# usage: python bench_dynesty.py GALUA      (GALUA: the program, e.g. build/galua)
# Prints one JSON line per problem and code, and one with the ratios. Processor time grows by up to two on a busy machine; load is printed.
import json, os, subprocess, sys
for v in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[v] = "1"
import numpy as np
import dynesty
from importlib.metadata import version

galua = sys.argv[1]
NLIVE, MODEL = 500, 40e-6  # a model of 21 bands costs about 40 us
SCRIPT = """
threads(1)
local p = benchmark.problem('%s', %d)
local c, n = os.clock(), nested(p, { live = %d, seed = 1 })
n:run()
local total = os.clock() - c
print(('{"cpu_s": %%.6f, "calls": %%d, "lnz": %%.4f, "lnz_err": %%.4f, "how": "%%s"}'):format(total, n.evaluations, n.lnz, n.lnz_err,
  n.settings.sample))
"""


def gauss(x):
    return -0.5 * (x @ x + len(x) * 1.8378770664093454836)


def shells(x):
    rest = x[1:] @ x[1:]
    l = [-0.5 * ((np.sqrt((x[0] - a) ** 2 + rest) - 2) / 0.1) ** 2 for a in (-3.5, 3.5)]
    return np.logaddexp(*l) - 0.9189385332046727 - np.log(0.1)


def cost(f, d):  # of one call of the target, s
    x, t = np.full(d, 0.3), os.times().user
    for _ in range(100000):
        f(x)
    return (os.times().user - t) / 100000


for name, f, half, d, exact in (("gauss", gauss, 5, 5, -11.512928), ("gauss", gauss, 5, 10, -23.025857), ("shells", shells, 6, 10, -14.590491),
                                ("gauss", gauss, 5, 20, -46.051713)):
    rows = {}
    bare = cost(f, d)
    t = os.times().user
    s = dynesty.NestedSampler(f, lambda u: 2 * half * u - half, d, nlive=NLIVE, rstate=np.random.default_rng(1))
    s.run_nested(dlogz=0.509, print_progress=False)
    r = s.results
    cpu, calls = os.times().user - t, int(np.sum(r.ncall))
    rows["dynesty"] = dict(cpu_s=cpu, calls=calls, lnz=float(r.logz[-1]), lnz_err=float(r.logzerr[-1]), how=type(s.internal_sampler).__name__
                           if hasattr(s, "internal_sampler") else str(getattr(s, "sampling", "")), overhead_us=(cpu / calls - bare) * 1e6)
    out = json.loads(subprocess.check_output([galua, "--batch", "-e", " ".join(SCRIPT.split("\n")) % (name, d, NLIVE)]))
    out["overhead_us"] = out["cpu_s"] / out["calls"] * 1e6  # the target's 0.02 us included
    rows["galua"] = out
    for code, row in rows.items():
        row.update(problem=name, d=d, code=code, exact=exact)
        print(json.dumps({k: (float("%.4g" % v) if isinstance(v, float) else v) for k, v in row.items()}), flush=True)
    a, b = rows["dynesty"], rows["galua"]
    cheap = (a["overhead_us"] * 1e-6 + MODEL) * a["calls"] / ((b["overhead_us"] * 1e-6 + MODEL) * b["calls"])
    print(json.dumps(dict(problem=name, d=d, ratio_overhead=float("%.3g" % (a["overhead_us"] / b["overhead_us"])),
                          ratio_calls=float("%.3g" % (a["calls"] / b["calls"])), ratio_time_model_40us=float("%.3g" % cheap))), flush=True)
print(json.dumps(dict(dynesty=version("dynesty"), numpy=version("numpy"), python=sys.version.split()[0], load=os.getloadavg()[0],
                      galua=subprocess.check_output([galua, "--version"]).decode().split("\n")[0])))
