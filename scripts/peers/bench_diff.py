# Time of population photometry: Galua beside DSPS, Diffstar and Diffmah in one process, one thread each, processor time, the least of several.
# usage: OMP_NUM_THREADS=1 python bench_diff.py build/libgalua.so [N]
# B: rates -> six magnitudes; B': Diffmah and Diffstar parameters -> six magnitudes; C', C: and the gradient of a linear loss of the magnitudes by
# the parameters or rates, metallicity and scatter. The peer at its best batch, as its public functions read (vmap, jit, compilation excluded), and
# `lean`: its weights, then one matrix product for the batch. Ours computes fluxes for B and, for a gradient, the fluxes again in the same pass.
# bench_diff.out holds the output with versions and processor.
import ctypes as C
import os
import sys
import time
from importlib.metadata import version

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
import jax

jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
import numpy as np
from pop import Adjoint, Galaxies, Spec
from jax import jit, value_and_grad, vmap
from diffmah.defaults import DiffmahParams
from diffstar import calc_sfh_singlegal
from diffstar.defaults import DiffstarParams
from dsps.sed.metallicity_weights import calc_lgmet_weights_from_lognormal_mdf
from dsps.sed.stellar_age_weights import _calc_logsm_table_from_sfh_table, calc_age_weights_from_sfh_table
from dsps.sed.stellar_sed import calc_ssp_weights_sfh_table_lognormal_mdf

lib, D = C.CDLL(sys.argv[1]), C.c_double
N = int(sys.argv[2]) if len(sys.argv) > 2 else 100000
lib.gal_isa_name.restype = C.c_char_p
lib.gal_threads_set(1)
q = lambda x: None if x is None else x.ctypes.data_as(C.POINTER(D))
nt, na, nz, nb, tobs, lt0, fb = 100, 107, 12, 6, 9.0, np.log10(13.8), 0.156
t, lga, lgz = np.linspace(0.05, 13.0, nt), np.linspace(-3.5, 1.175, na), np.linspace(-4.5, -1.35, nz)
r0 = np.random.default_rng(1)
P = np.ascontiguousarray(abs(r0.normal(1, .1, (nb, nz, na))) * 10 ** (-.8 * (lga + 3.5))[None, None, :] * np.exp(-.3 * lgz)[None, :, None])
cot = np.array([1, -2, 0.5, 0.3, -0.7, 1.1])


def params(n, seed=2):
    r = np.random.default_rng(seed)
    g = lambda s: s * r.normal(size=n)
    p = np.array([12 + g(.6), .05 + g(.1), 2.6 + g(.3), .2 + abs(g(.15)), np.clip(9 + g(4), 2, 14), 12 + g(.3), -10 + g(.3), 1 + g(.3), -1 + g(.3),
                  1 + g(.2), -.5 + g(.15), -1 + g(.3), -.3 + g(.1)])
    return p, np.minimum(-2 + g(.3), -.8), np.full(n, .2)


sfr_of = lambda p: calc_sfh_singlegal(DiffstarParams(*p[5:]), DiffmahParams(*p[:5]), jnp.array(t), lgt0=lt0, fb=fb)
table = jit(vmap(sfr_of))


def mass(s):
    return 10 ** jnp.interp(jnp.log10(tobs), jnp.log10(t), _calc_logsm_table_from_sfh_table(jnp.array(t), s, 1e-14))


def api(s, x, y):
    w = calc_ssp_weights_sfh_table_lognormal_mdf(jnp.array(t), s, x, y, jnp.array(lgz), jnp.array(lga), tobs).weights
    return -2.5 * jnp.log10(mass(s) * jnp.einsum("bza,za->b", P, w))


def lean(s, x, y):
    aw = vmap(lambda v: calc_age_weights_from_sfh_table(t, v, lga, tobs))(s)
    zw = vmap(lambda u, v: calc_lgmet_weights_from_lognormal_mdf(u, v, lgz))(x, y)
    F = (aw @ jnp.array(P).reshape(-1, na).T).reshape(-1, nb, nz)
    return -2.5 * jnp.log10(vmap(mass)(s)[:, None] * jnp.einsum("nbz,nz->nb", F, zw))


tot = lambda m: jnp.sum(m @ cot)
whole = vmap(api)
G = dict(argnums=(0, 1, 2))
F = {"B": jit(whole), "B lean": jit(lean), "B'": jit(lambda p, x, y: whole(vmap(sfr_of)(p), x, y)), "B' lean": jit(lambda p, x, y: lean(vmap(sfr_of)(p), x, y)),
     "C": jit(value_and_grad(lambda s, x, y: tot(whole(s, x, y)), **G)), "C lean": jit(value_and_grad(lambda s, x, y: tot(lean(s, x, y)), **G)),
     "C'": jit(value_and_grad(lambda p, x, y: tot(whole(vmap(sfr_of)(p), x, y)), **G)),
     "C' lean": jit(value_and_grad(lambda p, x, y: tot(lean(vmap(sfr_of)(p), x, y)), **G))}


def least(f, k, n=5):
    f()
    best = 1e9
    for _ in range(n):
        c = time.process_time()
        for _ in range(k):
            f()
        best = min(best, (time.process_time() - c) / k)
    return best


print("dsps", version("dsps"), "diffstar", version("diffstar"), "diffmah", version("diffmah"), "jax", version("jax"), "numpy", version("numpy"))
print([x.split(":")[1].strip() for x in open("/proc/cpuinfo") if "model name" in x][0] + ",", lib.gal_isa_name().decode() + ", N", N)
peer = {}
for batch in (200, 1000, 4000):
    p, x, y = params(batch)
    s = np.asarray(table(p.T))
    for k, f in F.items():
        a = [jnp.array(v) for v in ((p.T if "'" in k else s), x, y)]
        us = least(lambda: jax.block_until_ready(f(*a)), max(1, 1000 // batch), 3) / batch * 1e6
        if us < peer.get(k, (1e9, 0))[0]:
            peer[k] = us, batch
p, x, y = params(N)
s = np.concatenate([np.asarray(table(p[:, i:i + 2000].T)) for i in range(0, N, 2000)])
flux, gs, gp, gx, gc = np.zeros((nb, N)), np.zeros((N, nt)), np.zeros((13, N)), np.zeros(N), np.zeros(N)
for single in (False, True):
    plan, spec = C.c_void_p(), Spec(nt, na, nz, nb, q(t), q(lga), q(lgz), q(P), tobs, lt0, fb, single)
    assert lib.gal_pop_create(C.byref(plan), C.byref(spec)) == 0
    tabs, pars = Galaxies(N, q(s), None, q(x), q(y)), Galaxies(N, None, q(p), q(x), q(y))
    own = {}
    for k, g in (("B", tabs), ("B'", pars)):
        assert lib.gal_pop_flux(plan, C.byref(g), q(flux), None) == 0
        own[k] = least(lambda: lib.gal_pop_flux(plan, C.byref(g), q(flux), None), max(1, 20000 // N))
        gf = np.ascontiguousarray(-2.5 / np.log(10) * cot[:, None] / flux)
        a = Adjoint(q(gs), None, q(gx), q(gc)) if k == "B" else Adjoint(None, q(gp), q(gx), q(gc))
        own[k.replace("B", "C")] = least(lambda: lib.gal_pop_vjp(plan, C.byref(g), q(gf), None, q(flux), C.byref(a)), max(1, 20000 // N))
    for k, v in own.items():
        us = v / N * 1e6
        print("float%d %-2s %7.3f us a galaxy   peer %6.2f (batch %d) %5.1fx   lean %6.2f (batch %d) %5.1fx"
              % (32 if single else 64, k, us, *peer[k], peer[k][0] / us, *peer[k + " lean"], peer[k + " lean"][0] / us)
              + ("   gradient/value %.2f" % (v / own[k.replace("C", "B")]) if "C" in k else ""))
    lib.gal_pop_free(plan)
