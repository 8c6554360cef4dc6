# Samplers of others and Galua's on the same likelihood, in the same run: the targets of known answer of scripts/validation/sampler_targets.h, compiled once
# and called by all of them. Per sampler: evaluations, user processor time of one thread, ln Z and its error, effective draws as it counts them, and the largest
# distance of a median from the truth in standard deviations.
# usage: python bench_samplers.py [--only SAMPLER,...] [TARGET ...]      (gauss8 modes6 banana10) after `make`; nautilus, dynesty and emcee must be there
# Prints JSON lines: versions, then one per target and sampler. Each sampler has its own defaults, and stops where they say; emcee is stopped
# at 50 autocorrelation times, a quarter of it dropped, and gives no ln Z. Seconds of Galua are without those of the likelihood (0.2 us a call).
import ctypes, json, os, subprocess, sys, tempfile
for v in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[v] = "1"
import numpy as np
import dynesty, emcee, nautilus
from importlib.metadata import version

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.join(HERE, "..", "..")
SOURCE = """
#include <string.h>
#include "../../scripts/validation/sampler_targets.h"
static const truth *find(const char *name)
{
    for (size_t i = 0; i < NTRUTH; i++)
        if (strcmp(TRUTH[i].name, name) == 0)
            return &TRUTH[i];
    return NULL;
}
double target_lnlike(const char *name, const double *x) { const truth *t = find(name); return t->lnlike(t, x); }
void target_about(const char *name, double *out)
{
    const truth *t = find(name);
    out[0] = (double)t->d; out[1] = t->lo; out[2] = t->hi; out[3] = t->lnz;
}
void target_draws(const char *name, double *x, unsigned long n)
{
    const truth *t = find(name);
    gal_rng r;
    gal_rng_init(&r, 7, 1, 2, 3, 4);
    for (unsigned long i = 0; i < n; i++)
        t->draw(t, &r, x + i * t->d);
}
"""


def compiled():
    folder = tempfile.mkdtemp()
    src, lib = os.path.join(folder, "t.c"), os.path.join(folder, "t.so")
    open(src, "w").write(SOURCE.replace('"../../scripts', '"' + os.path.abspath(TOP) + "/scripts"))
    subprocess.check_call(["cc", "-O2", "-std=gnu11", "-w", "-shared", "-fPIC", "-I", TOP + "/include", "-I", TOP + "/src", src, "-o", lib,
                           "-L", TOP + "/build", "-lgalua", "-lm", "-Wl,-rpath," + os.path.abspath(TOP + "/build")])
    so = ctypes.CDLL(lib)
    so.target_lnlike.restype = ctypes.c_double
    return so


SO = compiled()
POINTER = ctypes.POINTER(ctypes.c_double)


class Target:
    def __init__(self, name):
        about = (ctypes.c_double * 4)()
        self.name, self.key, self.calls = name, ctypes.c_char_p(name.encode()), 0
        SO.target_about(self.key, about)
        self.d, self.lo, self.hi, self.lnz = int(about[0]), about[1], about[2], about[3]
        x = np.empty((200000, self.d))
        SO.target_draws(self.key, x.ctypes.data_as(POINTER), ctypes.c_ulong(len(x)))
        self.median, self.sd = np.median(x, axis=0), x.std(axis=0)

    def lnlike(self, x):
        self.calls += 1
        x = np.ascontiguousarray(x)
        return SO.target_lnlike(self.key, x.ctypes.data_as(POINTER))

    def cube(self, u):
        return self.lo + (self.hi - self.lo) * np.asarray(u)

    def lnp(self, x):
        return self.lnlike(x) if np.all((x >= self.lo) & (x <= self.hi)) else -np.inf


def medians(t, x, lnw):
    w, worst = np.exp(lnw - np.max(lnw)), 0
    for k in range(t.d):
        i = np.argsort(x[:, k])
        c = np.cumsum(w[i]) / w.sum()
        worst = max(worst, abs(x[i[np.searchsorted(c, 0.5)], k] - t.median[k]) / t.sd[k])
    return worst


def kish(lnw):
    w = np.exp(lnw - np.max(lnw))
    return w.sum() ** 2 / (w ** 2).sum()


def run_dynesty(t):
    s = dynesty.NestedSampler(t.lnlike, t.cube, t.d, rstate=np.random.default_rng(1))
    s.run_nested(print_progress=False)
    r = s.results
    return r.logz[-1], r.logzerr[-1], r.samples, r.logwt


def run_nautilus(t):
    s = nautilus.Sampler(t.cube, t.lnlike, n_dim=t.d, seed=1, pass_dict=False)
    s.run(verbose=False)
    x, lnw, _ = s.posterior()
    return s.log_z, 1 / np.sqrt(s.n_eff), x, lnw


def run_emcee(t):
    walkers = 4 * t.d
    rng = np.random.default_rng(1)
    np.random.seed(1)
    start = t.cube(rng.random((walkers, t.d)))
    while not all(np.isfinite([t.lnp(x) for x in start])):
        start = t.cube(rng.random((walkers, t.d)))
    s = emcee.EnsembleSampler(walkers, t.d, t.lnp)
    tau, state = np.inf, start
    while s.iteration < 20000 and not s.iteration > 50 * tau:
        state = s.run_mcmc(state, 500, progress=False)
        tau = np.max(s.get_autocorr_time(tol=0))
    x = s.get_chain(discard=s.iteration // 4, flat=True)
    return np.nan, np.nan, x, None, len(x) / tau


def run_galua(t, kind):
    out = subprocess.run([TOP + "/build/validation/samplers", kind, t.name, "1"], env=dict(os.environ, VERBOSE="1"), capture_output=True, text=True)
    row = out.stdout.strip().split(",")
    return dict(calls=int(float(row[5])), ess=float(row[7]), lnz=t.lnz + float(row[9]), lnz_err=float(row[11]), cpu_s=float(row[6]), right=int(row[4]) == 1,
                verdict=out.stderr.strip().split(": ", 1)[1].split(":")[0])


def user():
    u = os.times()
    return u.user + u.children_user


if __name__ == "__main__":
    subprocess.check_call(["sh", TOP + "/scripts/validation/samplers.sh"])
    print(json.dumps(dict({n: version(n) for n in ("nautilus-sampler", "dynesty", "emcee", "numpy")}, load=os.getloadavg()[0])), flush=True)
    args, kinds = sys.argv[1:], ("importance", "nested", "dynesty", "emcee", "nautilus")
    if args[:1] == ["--only"]:
        kinds, args = args[1].split(","), args[2:]
    for name in args or ("gauss8", "modes6", "banana10"):
        for kind in kinds:
            t, begin = Target(name), user()
            if kind in ("importance", "nested"):
                row = run_galua(t, kind)
            else:
                lnz, err, x, lnw, *ess = globals()["run_" + kind](t)
                lnw = np.zeros(len(x)) if lnw is None else lnw
                off = medians(t, x, lnw)
                row = dict(calls=t.calls, ess=float(ess[0] if ess else kish(lnw)), lnz=float(lnz), lnz_err=float(err), median_off=float(off))
                row["right"] = bool(off < 0.3 and (np.isnan(lnz) or abs(lnz - t.lnz) < 3 * err))
            row.update(target=name, sampler=kind, exact=t.lnz)
            row.setdefault("cpu_s", user() - begin)
            print(json.dumps({k: (None if isinstance(v, float) and np.isnan(v) else float("%.4g" % v) if isinstance(v, float) else v)
                              for k, v in row.items()}), flush=True)
