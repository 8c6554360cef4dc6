# Galua's differentiable populations beside Diffmah, Diffstar and DSPS: values and gradients (jax.grad) on random inputs, float64.
# usage: python check_diff.py build/libgalua.so [N] [tests/ref/dsps/population.txt]
# Prints the largest differences; check_diff.out holds the output with versions. The third argument writes what tests/c/test_pop_peer.c reads.
import ctypes as C
import sys
from importlib.metadata import version

import jax

jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
import numpy as np
from pop import Adjoint, Galaxies, Spec
from jax import grad, jit, vmap
from diffmah import mah_singlehalo
from diffmah.defaults import DiffmahParams
from diffstar import calc_sfh_singlegal
from diffstar.defaults import DiffstarParams
from dsps.dust.att_curves import leitherer02_k_lambda, noll09_k_lambda, sbl18_k_lambda
from dsps.imf.surviving_mstar import surviving_mstar
from dsps.metallicity import mzr, umzr
from dsps.sed.metallicity_weights import calc_lgmet_weights_from_lgmet_table, calc_lgmet_weights_from_lognormal_mdf
from dsps.sed.stellar_age_weights import _calc_logsm_table_from_sfh_table, calc_age_weights_from_sfh_table
from dsps.sed.stellar_sed import calc_ssp_weights_sfh_table_lognormal_mdf
from dsps.sfh.diffburst import BurstParams, calc_bursty_age_weights

lib = C.CDLL(sys.argv[1])
N = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
D = C.c_double
lib.gal_error_message.restype = C.c_char_p
for f in ("gal_dust_k", "gal_mzr", "gal_surviving"):
    getattr(lib, f).restype = D


def q(x):
    return x.ctypes.data_as(C.POINTER(D))


def ok(st):
    if st:
        raise RuntimeError(lib.gal_error_message().decode())


def err(a, b):  # largest difference over the largest value, per argument
    a, b = np.asarray(a), np.asarray(b)
    return float(np.max(np.abs(a - b)) / np.max(np.abs(b)))


def rel(a, b):
    a, b = np.asarray(a), np.asarray(b)
    return float(np.max(np.abs(a / b - 1)))


nt, na, nz, nb = 100, 107, 12, 6
t = np.linspace(0.05, 13.8, nt)
lga, lgz = np.linspace(-3.5, 1.175, na), np.linspace(-4.5, -1.35, nz)
tobs, lt0, fb, scatter = 9.0, np.log10(13.8), 0.156, 0.2
r = np.random.default_rng(1)
# closed form, with the contrast of real tables: test_pop_peer.c makes the same
P = 10 ** (-0.8 * (lga + 3.5)[None, None, :] + 0.2 * np.arange(nb)[:, None, None]) * np.exp(-0.3 * lgz)[None, :, None]
P = np.ascontiguousarray(P * (1 + 0.1 * np.sin(3 * lga[None, None, :] + np.arange(nb)[:, None, None] + lgz[None, :, None])))
n = r.normal
par = np.array([12 + .6 * n(size=N), .05 + .1 * n(size=N), 2.6 + .3 * n(size=N), .2 + .15 * abs(n(size=N)), np.clip(9 + 4 * n(size=N), 2, 14),
                12 + .3 * n(size=N), -10 + .3 * n(size=N), 1 + .3 * n(size=N), -1 + .3 * n(size=N), 1 + .2 * n(size=N), -.5 + .15 * n(size=N),
                -1 + .3 * n(size=N), -.3 + .1 * n(size=N)])
lgm, scat = np.minimum(n(-2, .3, N), -.8), np.full(N, scatter)
cot = np.array([1, -2, 0.5, 0.3, -0.7, 1.1])  # loss = sum_b cot_b mag_b
print("dsps", version("dsps"), "diffstar", version("diffstar"), "diffmah", version("diffmah"), "jax", version("jax"), "N", N)

# ---- Diffmah, Diffstar
h = jit(vmap(lambda p: mah_singlehalo(DiffmahParams(*p), jnp.array(t), lt0)))(par[:5].T)
sfr_of = lambda p: calc_sfh_singlegal(DiffstarParams(*p[5:]), DiffmahParams(*p[:5]), jnp.array(t), lgt0=lt0, fb=fb)
s = np.asarray(jit(vmap(sfr_of))(par.T))
weights = r.normal(size=nt)
gs = np.asarray(jit(vmap(grad(lambda p: jnp.dot(weights, sfr_of(p)))))(par.T))
X, R, S, J = np.zeros((N, nt)), np.zeros((N, nt)), np.zeros((N, nt)), np.zeros((nt, 13))
g = np.zeros((N, 13))
for i in range(N):
    p = np.ascontiguousarray(par[:, i])
    lib.gal_diffmah(q(p), D(lt0), C.c_size_t(nt), q(t), q(X[i]), q(R[i]), None, None)
    lib.gal_diffstar(q(p), q(p[5:]), D(lt0), D(fb), C.c_size_t(nt), q(t), q(S[i]), q(J))
    g[i] = weights @ J
print("diffmah  log M rel %.1e   dM/dt %.1e" % (rel(X, h[1]), err(R, h[0])))
print("diffstar SFR rel %.1e   gradient by 13 parameters %.1e" % (rel(S, s), max(err(g[:, k], gs[:, k]) for k in range(13))))

# ---- weights
lib_na, lib_nt, lib_nz = C.c_size_t(na), C.c_size_t(nt), C.c_size_t(nz)
aw, zw, M = np.zeros((N, na)), np.zeros((N, nz)), np.zeros(N)
xa, ga, tab = np.zeros((N, na)), np.zeros((N, nt)), -2.5 + 0.05 * t
cw = r.normal(size=na)
one = np.zeros(1)
for i in range(N):
    ok(lib.gal_dsps_age_weights(lib_nt, q(t), q(s[i]), lib_na, q(lga), D(tobs), q(aw[i]), q(one)))
    M[i] = one[0]
    ok(lib.gal_dsps_met_weights(D(lgm[i]), D(scat[i]), lib_nz, q(lgz), q(zw[i]), None, None))
    ok(lib.gal_dsps_age_weights_vjp(lib_nt, q(t), q(s[i]), lib_na, q(lga), D(tobs), q(cw), D(0), q(ga[i]), None))
jw = jit(vmap(lambda x: calc_age_weights_from_sfh_table(t, x, lga, tobs)))(s)
jz = jit(vmap(lambda x, y: calc_lgmet_weights_from_lognormal_mdf(x, y, lgz)))(lgm, scat)
jg = np.asarray(jit(vmap(grad(lambda x: jnp.dot(cw, calc_age_weights_from_sfh_table(t, x, lga, tobs)))))(s))
print("age weights abs %.1e   metallicity weights abs %.1e   age gradient by rates %.1e"
      % (np.abs(aw - jw).max(), np.abs(zw - jz).max(), err(ga, jg)))
x1 = np.zeros(na)
ok(lib.gal_dsps_met_at_birth(lib_nt, q(t), q(tab), lib_na, q(lga), D(tobs), q(x1), None, None, None))
mt = np.zeros((nz, na))
for a in range(na):
    c = np.zeros(nz)
    ok(lib.gal_dsps_met_weights(D(x1[a]), D(scatter), lib_nz, q(lgz), q(c), None, None))
    mt[:, a] = c / na
print("metallicity history abs %.1e" % np.abs(mt - calc_lgmet_weights_from_lgmet_table(t, tab, scatter, lgz, lga, tobs)).max())

# ---- relations, dust, bursts, survivors
lm, tt = r.uniform(7, 12, N), r.uniform(1, 13.8, N)
mp = np.array([.05, 10.5, 1, .4, .1, -1.455, .13, -.959, .067242, 8.44])
a = [lib.gal_mzr(D(x), D(y), q(mp), False, None, None, None) for x, y in zip(lm, tt)]
b = [lib.gal_mzr(D(x), D(y), q(mp), True, None, None, None) for x, y in zip(lm, tt)]
k = np.asarray(mzr.DEFAULT_MET_PARAMS)[:-1]
print("mzr %.1e   umzr %.1e" % (rel(a, vmap(lambda x, y: mzr.mzr_model(x, y, *k))(lm, tt)), rel(b, vmap(lambda x, y: umzr.mzr_model(x, y, *mp[:9]))(lm, tt))))
x, dl, bu = r.uniform(.1, 2.5, N), r.uniform(-1, .5, N), r.uniform(0, 3, N)
kk = np.array([[lib.gal_dust_k(C.c_int(c), q(np.array([1, dl[i], bu[i], 0, .2175, .035])), D(x[i]), None) for c in (1, 3, 4)] for i in range(N)])
pk = np.array([leitherer02_k_lambda(x), noll09_k_lambda(x, bu, dl), sbl18_k_lambda(x, bu, dl)]).T
print("dust curves L02 %.1e   N09 %.1e   S18 %.1e" % tuple(err(kk[:, c], pk[:, c]) for c in range(3)))
bp = np.array([-2.0, 6.0, 7.3])
w = np.zeros(na)
ok(lib.gal_burst_weights(q(bp), lib_na, q(lga), q(aw[0]), q(w)))
print("burst weights abs %.1e   surviving %.1e" % (np.abs(w - calc_bursty_age_weights(BurstParams(*bp), aw[0], lga)).max(),
      rel([lib.gal_surviving(D(v), C.c_int(1), None) for v in lga + 9], surviving_mstar(lga + 9))))


# ---- fluxes of the population and the gradient of a loss of magnitudes
def mags(p, x, y):
    sf = sfr_of(p)
    o = calc_ssp_weights_sfh_table_lognormal_mdf(jnp.array(t), sf, x, y, jnp.array(lgz), jnp.array(lga), tobs)
    m = 10 ** jnp.interp(jnp.log10(tobs), jnp.log10(t), _calc_logsm_table_from_sfh_table(jnp.array(t), sf, 1e-14))
    return -2.5 * jnp.log10(m * jnp.einsum("bza,za->b", P, o.weights))


pm = np.asarray(jit(vmap(mags))(par.T, lgm, scat)).T
pg = jit(vmap(grad(lambda p, x, y: jnp.dot(cot, mags(p, x, y)), argnums=(0, 1, 2))))(par.T, lgm, scat)
pg = np.concatenate([np.asarray(pg[0]).T, [pg[1]], [pg[2]]])
for single in (False, True):
    plan = C.c_void_p()
    ok(lib.gal_pop_create(C.byref(plan), C.byref(Spec(nt, na, nz, nb, q(t), q(lga), q(lgz), q(P), tobs, lt0, fb, single))))
    gal = Galaxies(N, None, q(par), q(lgm), q(scat))
    flux, gp, gx, gc = np.zeros((nb, N)), np.zeros((13, N)), np.zeros(N), np.zeros(N)
    ok(lib.gal_pop_flux(plan, C.byref(gal), q(flux), None))
    gf = np.ascontiguousarray(-2.5 / np.log(10) * cot[:, None] / flux)
    ok(lib.gal_pop_vjp(plan, C.byref(gal), q(gf), None, None, C.byref(Adjoint(None, q(gp), q(gx), q(gc)))))
    lib.gal_pop_free(plan)
    mine = np.concatenate([gp, [gx], [gc]])
    print("population %s: flux rel %.1e   gradient, worst of 15 arguments %.1e" %
          ("float32" if single else "float64", rel(flux, 10 ** (-.4 * pm)), max(err(mine[k], pg[k]) for k in range(15))))
if len(sys.argv) > 3:
    with open(sys.argv[3], "w") as f:
        f.write("# Magnitudes and gradients of 40 galaxies by dsps %s, diffstar %s, diffmah %s (jax %s, float64): scripts/peers/check_diff.py.\n"
                % tuple(version(k) for k in ("dsps", "diffstar", "diffmah", "jax")))
        f.write("# 13 parameters, lgmet | 6 magnitudes | gradient of 1 -2 0.5 0.3 -0.7 1.1 times the magnitudes by 13 parameters, lgmet, scatter\n")
        for i in range(40):
            f.write(" ".join("%.17g" % v for v in [*par[:, i], lgm[i], *pm[:, i], *pg[:, i]]) + "\n")
