# Galua's populations beside DSPS, Diffstar and DiffstarPop: fluxes with redshift and dust of each galaxy and their gradients (jax.grad), means, widths
# and quenched fractions of DiffstarPop and the gradient by its 88 parameters, float64.
# usage: python check_population.py build/libgalua.so [N]; check_population.out holds the output with versions.
import ctypes as C
import sys
from importlib.metadata import version

import jax

jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
import numpy as np
from diffmah.defaults import DiffmahParams
from diffstar import calc_sfh_singlegal
from diffstar.defaults import DiffstarParams, DiffstarUParams, get_bounded_diffstar_params
from diffstar.diffstarpop.defaults import DEFAULT_DIFFSTARPOP_PARAMS
from diffstar.diffstarpop.kernels.diffstarpop_mgash import _diffstarpop_means_covs
from dsps.dust.att_curves import sbl18_k_lambda
from dsps.sed.metallicity_weights import calc_lgmet_weights_from_lognormal_mdf
from dsps.sed.stellar_age_weights import _calc_logsm_table_from_sfh_table, calc_age_weights_from_sfh_table
from dsps.utils import _tw_cuml_kern
from jax import grad, jit, vmap
from pop import Adjoint, Galaxies, Halos, Spec, q

lib = C.CDLL(sys.argv[1])
N = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
lib.gal_error_message.restype = C.c_char_p


def ok(st):
    if st:
        raise RuntimeError(lib.gal_error_message().decode())


def err(a, b):  # largest difference over the largest value
    a, b = np.asarray(a), np.asarray(b)
    return float(np.max(np.abs(a - b)) / np.max(np.abs(b)))


print("dsps", version("dsps"), "diffstar", version("diffstar"), "diffmah", version("diffmah"), "jax", version("jax"), "N", N)
r = np.random.default_rng(3)
n = r.normal
nt, na, nz, nb, lt0, fb = 100, 107, 12, 6, np.log10(13.8), 0.156
t, lga, lgz = np.linspace(0.05, 13.8, nt), np.linspace(-3.5, 1.175, na), np.linspace(-4.5, -1.35, nz)
zg, wave = np.linspace(.05, 1.6, 30), np.array([.36, .48, .62, .75, .87, .99])
P = np.ascontiguousarray(abs(n(1, .1, (30, nb, nz, na))) * 10 ** (-.8 * (lga + 3.5)) * np.exp(-.3 * lgz)[:, None])
par = np.array([12 + .6 * n(size=N), .05 + .1 * n(size=N), 2.6 + .3 * n(size=N), .2 + .15 * abs(n(size=N)), np.clip(9 + 4 * n(size=N), 2, 14),
                12 + .3 * n(size=N), -10 + .3 * n(size=N), 1 + .3 * n(size=N), -1 + .3 * n(size=N), 1 + .2 * n(size=N), -.5 + .15 * n(size=N),
                -1 + .3 * n(size=N), -.3 + .1 * n(size=N)])
lgm, scat = np.minimum(n(-2, .3, N), -.8), np.full(N, .2)
z = r.uniform(.1, 1.5, N)
to = 13.0 / (1 + z) ** 1.1
dust = np.array([abs(n(.4, .2, N)), n(-.2, .2, N), abs(n(1, .3, N)), r.uniform(0, .1, N), abs(n(1, .3, N)), n(-.3, .2, N)])
cot = np.array([1, -2, 0.5, 0.3, -0.7, 1.1])
fy = 1 - np.asarray(_tw_cuml_kern(lga + 9, 8.0, 1.0))
sfr_of = lambda p: calc_sfh_singlegal(DiffstarParams(*p[5:]), DiffmahParams(*p[:5]), jnp.array(t), lgt0=lt0, fb=fb)


def mags(p, x, y, zz, tt, d, aged):
    s, Pj, zj = sfr_of(p), jnp.array(P), jnp.array(zg)
    aw, zw = calc_age_weights_from_sfh_table(t, s, lga, tt), calc_lgmet_weights_from_lognormal_mdf(x, y, lgz)
    M = 10 ** jnp.interp(jnp.log10(tt), jnp.log10(t), _calc_logsm_table_from_sfh_table(jnp.array(t), s, 1e-14))
    j = jnp.clip(jnp.searchsorted(zj, zz, side="right"), 1, len(zg) - 1)
    u = (zz - zj[j - 1]) / (zj[j] - zj[j - 1])
    cells = jnp.einsum("bza,z->ba", (1 - u) * Pj[j - 1] + u * Pj[j], zw)
    f = fy if aged else jnp.zeros(1)
    k = jnp.maximum(vmap(lambda e: sbl18_k_lambda(jnp.array(wave) / (1 + zz), d[2], e), out_axes=1)(d[1] + (d[5] - d[1]) * f), 0)
    T = d[3] + (1 - d[3]) * 10 ** (-.4 * (d[0] + (d[4] - d[0]) * f)[None, :] * k / 4.05)
    return -2.5 * jnp.log10(M * jnp.sum(cells * T * aw, axis=1))


for aged in (False, True):
    one = lambda *a: mags(*a, aged)
    pm = np.asarray(jit(vmap(one))(par.T, lgm, scat, z, to, dust.T)).T
    pg = jit(vmap(grad(lambda *a: jnp.dot(cot, one(*a)), argnums=(0, 1, 2, 3, 4, 5))))(par.T, lgm, scat, z, to, dust.T)
    pg = [np.asarray(v) for v in pg]
    for single in (False, True):
        plan = C.c_void_p()
        spec = Spec(nt, na, nz, nb, q(t), q(lga), q(lgz), q(P), 0, lt0, fb, single, len(zg), q(zg), q(wave), 4)
        ok(lib.gal_pop_create(C.byref(plan), C.byref(spec)))
        gal = Galaxies(N, None, q(par), q(lgm), q(scat), q(z), q(to), q(dust), aged)
        flux, gp, gx, gc, gz, gt, gd = (np.zeros(v) for v in ((nb, N), (13, N), N, N, N, N, (6, N)))
        ok(lib.gal_pop_flux(plan, C.byref(gal), q(flux), None))
        gf = np.ascontiguousarray(-2.5 / np.log(10) * cot[:, None] / flux)
        ok(lib.gal_pop_vjp(plan, C.byref(gal), q(gf), None, None, C.byref(Adjoint(None, q(gp), q(gx), q(gc), q(gz), q(gt), q(gd)))))
        lib.gal_pop_free(plan)
        nd = 6 if aged else 4
        print("float%d dust %s: flux rel %.1e   gradient: 13 parameters %.1e, metallicity %.1e, scatter %.1e, redshift %.1e, t_obs %.1e, dust %.1e" % (
            32 if single else 64, "by age" if aged else "of one age", np.abs(flux / 10 ** (-.4 * pm) - 1).max(), max(err(gp[k], pg[0].T[k]) for k in range(13)),
            err(gx, pg[1]), err(gc, pg[2]), err(gz, pg[3]), err(gt, pg[4]), max(err(gd[k], pg[5].T[k]) for k in range(nd))))

# ---- DiffstarPop
Q = type(DEFAULT_DIFFSTARPOP_PARAMS)
x, tp, mu, host, since = r.uniform(10.5, 14.5, N), r.uniform(1, 14, N), r.uniform(-3, 0, N), r.uniform(12, 15, N), r.uniform(0, 4, N)
since[::2] = -100
eps = np.ascontiguousarray(n(size=(12, N)))
theta = np.array(DEFAULT_DIFFSTARPOP_PARAMS)


def laws(p, x, tp, mu, host, since):
    fc, fs, ms, qs, cm, cq, cqq = _diffstarpop_means_covs(Q(*p), x, tp, mu, host, since)
    sd = lambda c: jnp.sqrt(jnp.diag(c))
    return jnp.concatenate([jnp.array(ms), jnp.array(qs), sd(cm), sd(cq), sd(cqq), jnp.array([jnp.where(since < 0, fc, fs)])])


def draws(p, x, tp, mu, host, since, e):
    o = laws(p, x, tp, mu, host, since)
    um = jnp.concatenate([o[:4] + o[12:16] * e[:4], jnp.full(4, 5.0)])
    uq = o[4:12] + o[16:24] * e[4:]
    b = lambda u: jnp.array(get_bounded_diffstar_params(DiffstarUParams(*u)))
    return b(um), b(uq), o[24]


halos = Halos(N, q(x), q(tp), q(mu), q(host), q(since))
out, ms, qs, f, gth = np.zeros((N, 25)), np.zeros((8, N)), np.zeros((8, N)), np.zeros(N), np.zeros(88)
lib.gal_diffstarpop(q(theta), C.byref(halos), q(out))
want = np.asarray(jit(vmap(laws, in_axes=(None, 0, 0, 0, 0, 0)))(theta, x, tp, mu, host, since))
ok(lib.gal_diffstarpop_draw(q(theta), C.byref(halos), q(eps), q(ms), q(qs), q(f)))
pm, pq, pf = jit(vmap(draws, in_axes=(None, 0, 0, 0, 0, 0, 0)))(theta, x, tp, mu, host, since, eps.T)
print("DiffstarPop: means, widths, fraction %.1e   draws %.1e, %.1e" % (max(err(out[:, k], want[:, k]) for k in range(25)), err(ms, np.asarray(pm).T), err(qs, np.asarray(pq).T)))
gm, gq, gf = n(size=(8, N)), n(size=(8, N)), n(size=N)
pg = np.asarray(jit(grad(lambda p: sum(jnp.sum(a * b) for a, b in zip(vmap(draws, in_axes=(None, 0, 0, 0, 0, 0, 0))(p, x, tp, mu, host, since, eps.T),
                                                                   (gm.T, gq.T, gf)))))(theta))
ok(lib.gal_diffstarpop_draw_vjp(q(theta), C.byref(halos), q(eps), q(gm), q(gq), q(gf), q(gth)))
print("DiffstarPop: gradient by 88 parameters, largest relative difference %.1e" % np.max(np.abs(gth - pg) / (np.abs(pg) + 1e-6 * np.abs(pg).max())))
