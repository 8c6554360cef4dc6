# Galua's populations beside DSPS, Diffstar and Diffmah: every ratio in one process, one thread each, runs in turn, processor time, the least of several.
# The peer's time is that of the process, this program's that of its one thread (see `duel`).
# usage: OMP_NUM_THREADS=1 python bench_population.py build/libgalua.so [N] [--only A,B,..] [--batches 200,..] [--json]; `galua bench population --peer PYTHON` runs it
# B: rates -> six magnitudes; B': Diffmah and Diffstar parameters -> six magnitudes; C, C': and the gradient of a linear loss; Z, Z': each galaxy its
# own redshift, time of observation and dust (aged: dust by age), from rates and from parameters, ZG, ZG': and the gradient; H: gradient of a
# nonlinear loss of a soft luminosity function of red galaxies by all parameters; A: every spectrum (5994 wavelengths) of N/100 galaxies, then
# six bands and the sum over wavelengths: all rows of the table, or those of metallicities in use.
# The peer: its public functions under vmap and jit, at its best batch; `lean`: its weights and one matrix product for the batch.
import ctypes as C
import json
import os
import sys
import time
from importlib.metadata import version

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
import jax

jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
import numpy as np
from diffmah.defaults import DiffmahParams
from diffstar import calc_sfh_singlegal
from diffstar.defaults import DiffstarParams
from dsps.dust.att_curves import sbl18_k_lambda
from dsps.sed.metallicity_weights import calc_lgmet_weights_from_lognormal_mdf
from dsps.sed.stellar_age_weights import _calc_logsm_table_from_sfh_table, calc_age_weights_from_sfh_table
from dsps.sed.stellar_sed import calc_rest_sed_sfh_table_lognormal_mdf, calc_ssp_weights_sfh_table_lognormal_mdf
from dsps.utils import _tw_cuml_kern
from jax import jit, value_and_grad, vmap
from pop import Adjoint, Axis, Count, Cut, Galaxies, Spec, q

args = [a for i, a in enumerate(sys.argv) if i and not a.startswith("--") and sys.argv[i - 1] not in ("--only", "--batches")]
lib, D = C.CDLL(args[0]), C.c_double
N = int(args[1]) if len(args) > 1 else 20000
only = next((sys.argv[i + 1].split(",") for i, a in enumerate(sys.argv) if a == "--only"), None)
lib.gal_isa_name.restype = lib.gal_error_message.restype = C.c_char_p
lib.gal_threads_set(1)
nt, na, nz, nb, nw, tobs, lt0, fb = 100, 107, 12, 6, 5994, 9.0, np.log10(13.8), 0.156
t, lga, lgz = np.linspace(0.05, 13.0, nt), np.linspace(-3.5, 1.175, na), np.linspace(-4.5, -1.35, nz)
r0 = np.random.default_rng(1)
P = np.ascontiguousarray(abs(r0.normal(1, .1, (nb, nz, na))) * 10 ** (-.8 * (lga + 3.5))[None, None, :] * np.exp(-.3 * lgz)[None, :, None])
cot = np.array([1, -2, 0.5, 0.3, -0.7, 1.1])
zg, wave = np.linspace(.05, 1.6, 60), np.array([.36, .48, .62, .75, .87, .99])
Pz = np.ascontiguousarray(P[None] * (1 + zg[:, None, None, None] * np.array([.3, .2, .1, 0, -.1, -.2])[None, :, None, None]))
edges, width = np.linspace(-31, -19, 25), 0.3
fy = 1 - np.asarray(_tw_cuml_kern(lga + 9, 8.0, 1.0))


def ok(st):
    if st:
        raise RuntimeError(lib.gal_error_message().decode())


def want(k):
    return only is None or k in only


def params(n, seed=2):
    r = np.random.default_rng(seed)
    g = lambda s: s * r.normal(size=n)
    p = np.array([12 + g(.6), .05 + g(.1), 2.6 + g(.3), .2 + abs(g(.15)), np.clip(9 + g(4), 2, 14), 12 + g(.3), -10 + g(.3), 1 + g(.3), -1 + g(.3),
                  1 + g(.2), -.5 + g(.15), -1 + g(.3), -.3 + g(.1)])
    return p, np.minimum(-2 + g(.3), -.8), np.full(n, .2)


def own(n):
    r = np.random.default_rng(7)
    z = r.uniform(.1, 1.5, n)
    return z, 13.0 / (1 + z) ** 1.1, np.array([abs(r.normal(.4, .2, n)), r.normal(-.2, .2, n), abs(r.normal(1, .3, n)), r.uniform(0, .1, n),
                                               abs(r.normal(1, .3, n)), r.normal(-.2, .2, n)])


# ---- the peer
sfr_of = lambda p: calc_sfh_singlegal(DiffstarParams(*p[5:]), DiffmahParams(*p[:5]), jnp.array(t), lgt0=lt0, fb=fb)
table = jit(vmap(sfr_of))
mass = lambda s, to: 10 ** jnp.interp(jnp.log10(to), jnp.log10(t), _calc_logsm_table_from_sfh_table(jnp.array(t), s, 1e-14))


def api(s, x, y):
    w = calc_ssp_weights_sfh_table_lognormal_mdf(jnp.array(t), s, x, y, jnp.array(lgz), jnp.array(lga), tobs).weights
    return -2.5 * jnp.log10(mass(s, tobs) * jnp.einsum("bza,za->b", P, w))


def lean(s, x, y):
    aw = vmap(lambda v: calc_age_weights_from_sfh_table(t, v, lga, tobs))(s)
    zw = vmap(lambda u, v: calc_lgmet_weights_from_lognormal_mdf(u, v, lgz))(x, y)
    F = (aw @ jnp.array(P).reshape(-1, na).T).reshape(-1, nb, nz)
    return -2.5 * jnp.log10(vmap(lambda v: mass(v, tobs))(s)[:, None] * jnp.einsum("nbz,nz->nb", F, zw))


def ownz(aged):
    Pj, zj = jnp.array(Pz), jnp.array(zg)

    def one(s, x, y, z, to, d):
        aw, zw = calc_age_weights_from_sfh_table(t, s, lga, to), calc_lgmet_weights_from_lognormal_mdf(x, y, lgz)
        j = jnp.clip(jnp.searchsorted(zj, z, side="right"), 1, len(zg) - 1)
        u = (z - zj[j - 1]) / (zj[j] - zj[j - 1])
        cells = jnp.einsum("bza,z->ba", (1 - u) * Pj[j - 1] + u * Pj[j], zw)
        lam = jnp.array(wave) / (1 + z)
        f = fy if aged else jnp.zeros(1)
        av, de = d[0] + (d[4] - d[0]) * f, d[1] + (d[5] - d[1]) * f
        k = jnp.maximum(vmap(lambda e: sbl18_k_lambda(lam, d[2], e), out_axes=1)(de), 0)
        T = d[3] + (1 - d[3]) * 10 ** (-.4 * av[None, :] * k / 4.05)
        return -2.5 * jnp.log10(mass(s, to) * jnp.sum(cells * T * aw, axis=1))
    return one


def soft(m):
    w = _tw_cuml_kern(m[:, 1] - m[:, 2], 0.05, 0.1)
    h = _tw_cuml_kern(m[:, 2][:, None], edges[None, :-1], width) - _tw_cuml_kern(m[:, 2][:, None], edges[None, 1:], width)
    return jnp.sum(w[:, None] * h, axis=0)


tot = lambda m: jnp.sum(m @ cot)
whole, G3 = vmap(api), dict(argnums=(0, 1, 2))
chain = lambda f: lambda p, *a: f(vmap(sfr_of)(p), *a)
F = {"B": jit(whole), "B lean": jit(lean), "B'": jit(chain(whole)), "B' lean": jit(chain(lean))}
for k, f in (("", whole), (" lean", lean)):
    F["C" + k] = jit(value_and_grad(lambda s, x, y, f=f: tot(f(s, x, y)), **G3))
    F["C'" + k] = jit(value_and_grad(lambda p, x, y, f=f: tot(chain(f)(p, x, y)), **G3))
for k, aged in (("", False), (" aged", True)):
    f = vmap(ownz(aged))
    g = dict(argnums=(0, 1, 2, 5))
    F["Z" + k], F["Z'" + k] = jit(f), jit(chain(f))
    F["ZG" + k] = jit(value_and_grad(lambda *a, f=f: tot(f(*a)), **g))
    F["ZG'" + k] = jit(value_and_grad(lambda *a, f=f: tot(chain(f)(*a)), **g))
F["H"] = jit(value_and_grad(lambda p, x, y: jnp.sum((jnp.log(1 + soft(chain(whole)(p, x, y))) - 3) ** 2), **G3))


def spent(f, clock=time.process_time):
    c = clock()
    f()
    return clock() - c


# In turn, the least of each. The peer is timed by the process, whose threads do its work; this program by its one thread: the peer's threads go
# on after a run, freeing memory and waiting, which is not this program's work. `alone` of the head, processor time of the process over that of
# the thread while the peer rests, shows that no other thread works for this program.
def duel(mine, theirs, rounds=5):
    mine(), theirs()
    a = b = 1e9
    for _ in range(rounds):
        b, a = min(b, spent(theirs)), min(a, *(spent(mine, time.thread_time) for _ in range(3)))
    return a, b


def best(key, make, batches):  # the peer's best batch: (seconds a galaxy, batch, run)
    o = (1e9, 0, None)
    for n in batches:
        a = [jnp.array(v) for v in make(n)]
        k = max(1, 1000 // n)
        run = lambda a=a, k=k: [jax.block_until_ready(F[key](*a)) for _ in range(k)]
        run()
        s = min(spent(run), spent(run)) / (k * n)
        if s < o[0]:
            o = (s, n, run, k * n)
    return o


# ---- ours
p, x, y = params(N)
s = np.concatenate([np.asarray(table(p[:, i:i + 2000].T)) for i in range(0, N, 2000)])
z, to, dust = own(N)
flux, gs, gp, gx, gc, gd, dim = (np.zeros(v) for v in ((nb, N), (N, nt), (13, N), N, N, (6, N), N))
plans = {}
for single in (False, True):
    for mode in ("fixed", "own"):
        h = C.c_void_p()
        spec = Spec(nt, na, nz, nb, q(t), q(lga), q(lgz), q(P if mode == "fixed" else Pz), tobs, lt0, fb, single)
        if mode == "own":
            spec.nred, spec.red, spec.wave, spec.curve = len(zg), q(zg), q(wave), 4
        ok(lib.gal_pop_create(C.byref(h), C.byref(spec)))
        plans[single, mode] = h
out = []


def put(key, single, mine, n, peers, value=None):
    row = {"name": key, "float": 32 if single else 64, "us": None}
    for label, peer in peers.items():
        if peer:
            a, b = duel(mine, peer[2])
            a, b = a / n * 1e6, b / peer[3] * 1e6
            row["us"] = min(row["us"] or a, a)
            row[label or "api"] = {"us": b, "batch": peer[1], "ratio": b / a}
    if value:
        row["gradient_over_value"] = row["us"] / value
    out.append(row)
    if "--json" not in sys.argv:
        print("float%d %-9s %9.3f us" % (row["float"], key, row["us"]),
              "  ".join("%s %.2f us (batch %d) %.1fx" % (k, v["us"], v["batch"], v["ratio"]) for k, v in row.items() if isinstance(v, dict)),
              "  gradient/value %.2f" % row["gradient_over_value"] if value else "", flush=True)
    return row["us"]


time.sleep(1)
ok(lib.gal_pop_flux(plans[False, "fixed"], C.byref(Galaxies(N, q(s), None, q(x), q(y))), q(flux), None))
alone = time.process_time(), time.thread_time()
for _ in range(10):
    ok(lib.gal_pop_flux(plans[False, "fixed"], C.byref(Galaxies(N, q(s), None, q(x), q(y))), q(flux), None))
alone = (time.process_time() - alone[0]) / (time.thread_time() - alone[1])
head = {"alone": round(alone, 3), "machine": [v.split(":")[1].strip() for v in open("/proc/cpuinfo") if "model name" in v][0], "isa": lib.gal_isa_name().decode(), "galaxies": N,
        "versions": {k: version(k) for k in ("dsps", "diffstar", "diffmah", "jax", "numpy")}}
if "--json" not in sys.argv:
    print(head)


def inputs(key, n):
    pp, xx, yy = params(n)
    zz, tt, dd = own(n)
    first = pp.T if "'" in key or key == "H" else np.asarray(table(pp.T))
    return (first, xx, yy, zz, tt, dd.T) if key[0] == "Z" else (first, xx, yy)


batches = [int(v) for v in next((sys.argv[i + 1] for i, a in enumerate(sys.argv) if a == "--batches"), "200,1000,4000").split(",")]
for key in ("B", "B'", "Z", "Z'", "Z aged", "Z' aged"):
    grad = key.replace("B", "C").replace("Z", "ZG")
    if not want(key) and not want(grad):
        continue
    peers = {k: {lab: best(k + lab, lambda n: inputs(k, n), batches) if k + lab in F else None for lab in ("", " lean")} for k in (key, grad)}
    for single in (False, True):
        plan = plans[single, "own" if key[0] == "Z" else "fixed"]
        gal = Galaxies(N, None if "'" in key else q(s), q(p) if "'" in key else None, q(x), q(y))
        adj = Adjoint(None if "'" in key else q(gs), q(gp) if "'" in key else None, q(gx), q(gc))
        if key[0] == "Z":
            gal.z, gal.tobs, gal.dust, gal.aged, adj.dust = q(z), q(to), q(dust), "aged" in key, q(gd)
        ok(lib.gal_pop_flux(plan, C.byref(gal), q(flux), None))
        gf = np.ascontiguousarray(-2.5 / np.log(10) * cot[:, None] / flux)
        v = put(key, single, lambda: lib.gal_pop_flux(plan, C.byref(gal), q(flux), None), N, peers[key])
        put(grad, single, lambda: lib.gal_pop_vjp(plan, C.byref(gal), q(gf), None, q(flux), C.byref(adj)), N, peers[grad], v)

if want("H"):
    n = 10000
    pp, xx, yy = params(n)
    a = [jnp.array(v) for v in (pp.T, xx, yy)]
    run = lambda: jax.block_until_ready(F["H"](*a))
    value, grads = run()
    peer = (0, n, run, n)
    coef, colour, off = np.zeros(nb), np.zeros(nb), np.zeros(nb)
    coef[2] = 1
    colour[1], colour[2] = 1, -1
    axis = Axis(q(coef), 24, q(edges), width)
    cut = Cut(q(colour), 0.05, 0.1, False)
    count = Count(C.pointer(axis), 1, C.pointer(cut), 1, None, None)
    H, hp, hx, hc = np.zeros(24), np.zeros((13, n)), np.zeros(n), np.zeros(n)
    for single in (False, True):
        gal, adj = Galaxies(n, None, q(pp), q(xx), q(yy)), Adjoint(None, q(hp), q(hx), q(hc))

        def mine():
            ok(lib.gal_pop_count(plans[single, "fixed"], C.byref(gal), C.byref(count), q(H)))
            g = np.ascontiguousarray(2 * (np.log(1 + H) - 3) / (1 + H))
            ok(lib.gal_pop_count_vjp(plans[single, "fixed"], C.byref(gal), C.byref(count), q(g), C.byref(adj), None, None))
        mine()
        ours = hp
        e = abs(np.sum((np.log(1 + H) - 3) ** 2) / float(value) - 1), np.abs(ours - np.asarray(grads[0]).T).max() / np.abs(grads[0]).max()
        put("H", single, mine, n, {"": peer})
        out[-1]["difference"] = e
        if "--json" not in sys.argv:
            print("        value differs by %.1e, gradient by %.1e" % e)

if want("A"):
    n = max(1024, N // 100 // 1024 * 1024)
    S = (abs(r0.normal(1, .1, (nz, na, nw))) * 10 ** (-.8 * (lga + 3.5))[None, :, None]).astype(np.float32)
    S64, B = jnp.array(S, dtype=np.float64), np.ascontiguousarray(abs(r0.normal(1, .3, (nb, nw))) / nw)
    Bj = jnp.array(B)
    fin = lambda L: (L @ Bj.T, jnp.sum(L, axis=-1))

    def sed(v, u, w, S64):
        return fin(calc_rest_sed_sfh_table_lognormal_mdf(jnp.array(t), v, u, w, jnp.array(lgz), jnp.array(lga), S64, tobs).rest_sed)
    F["A"] = jit(vmap(sed, in_axes=(0, 0, 0, None)))

    def leanA(v, u, w, S64):
        aw, zw = vmap(lambda v: calc_age_weights_from_sfh_table(t, v, lga, tobs))(v), vmap(lambda u, w: calc_lgmet_weights_from_lognormal_mdf(u, w, lgz))(u, w)
        W = (zw[:, :, None] * aw[:, None, :]).reshape(len(v), -1)
        return fin(vmap(lambda v: mass(v, tobs))(v)[:, None] * (W @ S64.reshape(-1, nw)))
    F["A lean"] = jit(leanA)
    make = lambda m: (*inputs("A", m), S64)

    def at_best(key, sizes):
        o = (1e9, 0, None)
        for m in sizes:
            a = [jnp.array(v) if isinstance(v, np.ndarray) else v for v in make(m)]
            run = lambda a=a: jax.block_until_ready(F[key](*a))
            run()
            c = spent(run) / m
            if c < o[0]:
                o = (c, m, run, m)
        return o
    peers = {"": at_best("A", (1, 10)), " lean": at_best("A lean", (256, 1024))}
    band, total = np.zeros((nb, n)), np.zeros(n)
    gal = Galaxies(n, q(s), None, q(x), q(y))
    check = F["A lean"](*[jnp.array(v) if isinstance(v, np.ndarray) else v for v in (s[:256], x[:256], y[:256])], S64)
    for single in (False, True):
        h = C.c_void_p()
        ok(lib.gal_pop_sed_create(C.byref(h), plans[single, "fixed"], C.c_size_t(nw), S.ctypes.data_as(C.POINTER(C.c_float)), C.c_size_t(nb), q(B)))
        for dense in (True, False):
            run = lambda: ok(lib.gal_pop_spectra(h, C.byref(gal), dense, None, q(band), q(total)))
            put("A dense" if dense else "A rows", single, run, n, peers)
            out[-1]["difference"] = float(np.abs(total[:256] / np.asarray(check[1]) - 1).max())
            if "--json" not in sys.argv:
                print("        sum over wavelengths differs by %.1e" % out[-1]["difference"])
        lib.gal_pop_sed_free(h)
if "--json" in sys.argv:
    print(json.dumps({**head, "rows": out}))
