# Bulges, discs and knots of Galua's populations beside diffsky (its disk_bulge_kernels and get_dbk_weights_rq, no satellites), Diffstar and DSPS: magnitudes,
# masses and the gradient of a sum of magnitudes (jax.grad) by histories, split, burst and metallicity, float64, t_obs at a node of the histories.
# usage: python check_parts.py build/libgalua.so [N] [tests/ref/dsps/parts.txt]; check_parts.out holds the output with versions. The third argument writes what
# tests/c/test_pop_parts.c reads.
import ctypes as C
import sys
from importlib.metadata import version

import jax

jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
import numpy as np
from diffmah.defaults import DiffmahParams
from diffsky.experimental.disk_bulge_modeling.dbpop import DiskBulgeHistory
from diffsky.experimental.disk_bulge_modeling.disk_bulge_kernels import _bulge_sfh_vmap
from diffsky.experimental.kernels.dbk_kernels import get_dbk_weights_rq
from diffstar import calc_sfh_singlegal
from diffstar.defaults import DiffstarParams
from dsps.data_loaders import SSPData
from dsps.sed.metallicity_weights import calc_lgmet_weights_from_lognormal_mdf
from dsps.sed.stellar_age_weights import _calc_logsm_table_from_sfh_table, calc_age_weights_from_sfh_table
from dsps.sfh.diffburst import DEFAULT_BURST_PARAMS, calc_bursty_age_weights
from jax import vmap
from pop import Adjoint, Galaxies, Spec, q

lib = C.CDLL(sys.argv[1])
N = int(sys.argv[2]) if len(sys.argv) > 2 else 300
lib.gal_error_message.restype = C.c_char_p


def ok(st):
    if st:
        raise RuntimeError(lib.gal_error_message().decode())


r = np.random.default_rng(5)
g = lambda s: s * r.normal(size=N)
nt, na, nz, nb, lt0, fb = 100, 107, 12, 6, np.log10(13.8), 0.156
t, lga, lgz = np.linspace(0.05, 13.8, nt), np.linspace(-3.5, 1.175, na), np.linspace(-4.5, -1.35, nz)
tobs = t[65]
P = np.array([[[10 ** (-.8 * (a + 3.5) + .2 * b) * np.exp(-.3 * z) * (1 + .1 * np.sin(3 * a + b + z)) for a in lga] for z in lgz] for b in range(nb)])
par = np.array([12 + g(.6), .05 + g(.1), 2.6 + g(.3), .2 + abs(g(.15)), np.clip(9 + g(4), 2, 14), 12 + g(.3), -10 + g(.3), 1 + g(.3), -1 + g(.3),
                1 + g(.2), -.5 + g(.15), -1 + g(.3), -.3 + g(.1)])
lgm, scat = np.minimum(-2 + g(.3), -.8), np.full(N, .2)
split = np.array([r.uniform(3, 9, N), r.uniform(.3, .9, N), r.uniform(.05, .25, N), r.uniform(.02, .2, N)])  # tcrit, early, late, knots
burst = np.array([r.uniform(-4, -1.3, N), r.uniform(5.2, 6.5, N), r.uniform(7.6, 8.6, N)])  # heavier than the knots, too
cot = np.outer([1, -.6, .3], [1, -2, .5, .3, -.7, 1.1])  # of bulge, disc, knots
ssp = SSPData(jnp.array(lgz), jnp.array(lga), jnp.ones(3), jnp.ones((nz, na, 3)))


def parts(p, x, s, b):
    sfr = vmap(lambda v: calc_sfh_singlegal(DiffstarParams(*v[5:]), DiffmahParams(*v[:5]), jnp.array(t), lgt0=lt0, fb=fb))(p.T)
    ages = vmap(lambda v: calc_age_weights_from_sfh_table(t, v, lga, tobs))(sfr)
    bursty = vmap(lambda a, v: calc_bursty_age_weights(DEFAULT_BURST_PARAMS._make(v), a, lga))(ages, tuple(b))
    logm = vmap(lambda v: jnp.interp(jnp.log10(tobs), jnp.log10(t), _calc_logsm_table_from_sfh_table(jnp.array(t), v, 1e-14)))(sfr)
    met = vmap(lambda u: calc_lgmet_weights_from_lognormal_mdf(u, .2, lgz))(x)
    smh, eff, sfh, smb, bth = _bulge_sfh_vmap(jnp.array(t), sfr, tuple(s[:3]))
    w = get_dbk_weights_rq(jnp.full(len(x), tobs), ssp, jnp.array(t), DEFAULT_BURST_PARAMS._make(tuple(b)), met,
                           DiskBulgeHistory(None, smh, eff, sfh, smb, bth), s[3], logm, bursty, jnp.zeros(len(x)))
    m = jnp.array([w.mstar_bulge, w.mstar_disk, w.mstar_knots])
    W = jnp.array([w.ssp_weights_bulge, w.ssp_weights_disk, w.ssp_weights_knots])
    return -2.5 * jnp.log10(m[:, None] * jnp.einsum("bza,knza->kbn", P, W)), m


loss = lambda *a: jnp.sum(jnp.sum(parts(*a)[0], axis=2) * cot)
args = tuple(map(jnp.array, (par, lgm, split, burst)))
mags, mass = map(np.asarray, parts(*args))
by = [np.asarray(v) for v in jax.grad(loss, argnums=(0, 1, 2, 3))(*args)]

flux, m, gp, gx, gc, gs, gb = (np.zeros(v) for v in ((3, nb, N), (3, N), (13, N), N, N, (4, N), (3, N)))
h = C.c_void_p()
spec = Spec(nt, na, nz, nb, q(t), q(lga), q(lgz), q(np.ascontiguousarray(P)), tobs, lt0, fb, False)
ok(lib.gal_pop_create(C.byref(h), C.byref(spec)))
gal = Galaxies(N, None, q(par), q(lgm), q(scat))
gal.burst = q(burst)
ok(lib.gal_pop_parts(h, C.byref(gal), q(split), q(flux), q(m)))
gf = np.ascontiguousarray(-2.5 / np.log(10) * cot[:, :, None] / flux)
adj = Adjoint(None, q(gp), q(gx), q(gc))
adj.burst = q(gb)
ok(lib.gal_pop_parts_vjp(h, C.byref(gal), q(split), q(gf), None, C.byref(adj), q(gs)))
err = lambda a, b: float(np.max(np.abs(a - b)) / np.max(np.abs(b)))
print("diffsky", version("diffsky"), "dsps", version("dsps"), "diffstar", version("diffstar"), "diffmah", version("diffmah"), "jax", version("jax"), "N", N)
print("magnitudes of bulge, disc, knots, largest difference:", " ".join("%.1e" % np.abs(-2.5 * np.log10(flux[k]) - mags[k]).max() for k in range(3)))
print("masses, relative:", " ".join("%.1e" % np.abs(m[k] / mass[k] - 1).max() for k in range(3)))
print("gradient, largest difference over largest value: history %.1e metallicity %.1e split %s burst %s" % (
    max(err(gp[k], by[0][k]) for k in range(13)), err(gx, by[1]), " ".join("%.1e" % err(gs[k], by[2][k]) for k in range(4)),
    " ".join("%.1e" % err(gb[k], by[3][k]) for k in range(3))))
if len(sys.argv) > 3:
    with open(sys.argv[3], "w") as f:
        f.write("# diffsky %s, DSPS %s, Diffstar %s: parameters (13), lgmet, tcrit, early, late, knots, burst (3); magnitudes of bulge, disc, knots (6 each), masses (3);\n"
                "# gradient of the sum of magnitudes times (1, -0.6, 0.3) x (1, -2, 0.5, 0.3, -0.7, 1.1), in the order of the arguments\n"
                % (version("diffsky"), version("dsps"), version("diffstar")))
        for i in range(20):
            row = [*par[:, i], lgm[i], *split[:, i], *burst[:, i], *mags[:, :, i].ravel(), *mass[:, i], *by[0][:, i], by[1][i], *by[2][:, i], *by[3][:, i]]
            f.write(" ".join("%.17g" % v for v in row) + "\n")
