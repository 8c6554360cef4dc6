# The functions of galua/dsps.h, soft.h, diffmah.h, diffstar.h, diffstarpop.h, ssp_error.h, merging.h beside those of DSPS, Diffstar, Diffmah and (where it is there) diffsky
# on random inputs: values, and gradients
# against jax.grad, float64; what check_diff.py and check_population.py do not have. usage: python check_functions.py build/libgalua.so [N]
# Prints the largest difference over the largest value of each; check_functions.out holds the output with versions.
import ctypes as C
import sys
from importlib.metadata import version

import jax

jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
import numpy as np
from diffmah.diffmah_kernels import get_bounded_mah_params
from diffmah.diffmah_kernels import DiffmahUParams
from diffstar.defaults import DiffstarUParams, get_bounded_diffstar_params
from dsps.cosmology import flat_wcdm as W
from dsps.dust import att_curves as A
from dsps.em_lines.equivalent_width import _ew_kernel
from dsps.imf import remnant_mass, surviving_mstar
from dsps.metallicity import mzr, umzr
from dsps.photometry.photometry_kernels import _calc_obs_mag_no_dimming, calc_obs_mag, calc_rest_mag
from dsps.sed.metallicity_weights import calc_lgmet_weights_from_lognormal_mdf
from dsps.sed.stellar_age_weights import calc_age_weights_from_sfh_table
from dsps.sfh import diffburst
from dsps import utils as U
from jax import grad, jacfwd, jit, vmap

lib, D, SZ = C.CDLL(sys.argv[1]), C.c_double, C.c_size_t
N = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
lib.gal_error_message.restype = C.c_char_p
for f in ("gal_w0wa_comoving gal_w0wa_luminosity gal_w0wa_angular gal_w0wa_modulus gal_w0wa_lookback gal_w0wa_age gal_w0wa_rho_crit gal_w0wa_crossing_time gal_w0wa_volume gal_dust_k "
          "gal_dust_transmission gal_mzr gal_surviving gal_remnants gal_tw_sigmoid gal_tw_sigslope gal_sigmoid gal_sigslope gal_powerlaw_pdf "
          "gal_dsps_effective_wave gal_tw_cdf").split():
    getattr(lib, f).restype = D
for f in ("gal_diffmah_params", "gal_diffstar_params", "gal_mzr_params", "gal_burst_params"):
    getattr(lib, f).restype = C.c_void_p
r = np.random.default_rng(5)
q = lambda x: x.ctypes.data_as(C.POINTER(D))


def ok(st):
    if st:
        raise RuntimeError(lib.gal_error_message().decode())


def err(a, b):
    a, b = np.asarray(a, float), np.asarray(b, float)
    return float(np.max(np.abs(a - b)) / max(np.max(np.abs(b)), 1e-300))


def worst(a, b):  # by argument: the last axis
    a, b = np.asarray(a, float), np.asarray(b, float)
    return max(err(a[..., k], b[..., k]) for k in range(b.shape[-1]))


def say(name, value, gradient=None):
    print("%-34s value %.1e" % (name, value) + ("" if gradient is None else "   gradient %.1e" % gradient), flush=True)


print("dsps", version("dsps"), "diffstar", version("diffstar"), "diffmah", version("diffmah"), "jax", version("jax"), "N", N)

# ---- cosmology, by z, Om0, w0, wa, h
c = np.ascontiguousarray(np.array([r.uniform(.01, 6, N), r.uniform(.15, .5, N), r.uniform(-1.5, -.6, N), r.uniform(-.5, .4, N), r.uniform(.55, .8, N)]).T)
args = tuple(range(5))
for name, mine, peer in (("comoving distance", lib.gal_w0wa_comoving, W.comoving_distance_to_z), ("luminosity distance", lib.gal_w0wa_luminosity, W.luminosity_distance_to_z),
                         ("angular diameter distance", lib.gal_w0wa_angular, W.angular_diameter_distance_to_z), ("distance modulus", lib.gal_w0wa_modulus, W.distance_modulus_to_z),
                         ("lookback time", lib.gal_w0wa_lookback, W.lookback_to_z), ("age", lib.gal_w0wa_age, W._age_at_z_kern), ("critical density", lib.gal_w0wa_rho_crit, W.rho_crit),
                         ("virial crossing time", lib.gal_w0wa_crossing_time, W.virial_dynamical_time), ("volume element", lib.gal_w0wa_volume, W.differential_comoving_volume_at_z)):
    d, v = np.zeros((N, 5)), np.zeros(N)
    for i in range(N):
        v[i] = mine(D(c[i, 0]), q(np.ascontiguousarray(c[i, 1:])), q(d[i]))
    one = lambda z, *a, peer=peer: jnp.ravel(peer(jnp.array([z]) if peer is W.virial_dynamical_time else z, *a))[0]
    say(name, np.max(np.abs(v / np.asarray(jit(vmap(one))(*c.T)) - 1)), worst(d, np.array(jit(vmap(grad(one, argnums=args)))(*c.T)).T))

# ---- bounded and unbounded parameters
for name, table, n, bound, u0, spread, pack in (
        ("Diffmah", lib.gal_diffmah_params(), 5, get_bounded_mah_params, [17.25, 1., -10.9, -49.4, 18.5], 8, lambda u: DiffmahUParams(*u)),
        ("Diffstar", lib.gal_diffstar_params(), 8, get_bounded_diffstar_params, [12, -10, .8, -.8, 1, -.3, -1, -.5], .5, lambda u: DiffstarUParams(*u)),
        ("umzr", lib.gal_mzr_params(), 9, umzr.get_bounded_mzr_params, [16.2, 10.5, -5.7, -6.4, -11, .3, -10.2, .64, -18.4], 5, lambda u: umzr.DEFAULT_MZR_U_PARAMS._replace(**dict(zip(umzr.DEFAULT_MZR_U_PARAMS._fields, u)))
         if hasattr(umzr, "DEFAULT_MZR_U_PARAMS") else u),
        ("diffburst", lib.gal_burst_params(), 3, diffburst._get_params_from_u_params, [7, -9, -6], 5, lambda u: diffburst.BurstUParams(*u))):
    u = np.array(u0) + spread * r.normal(size=(N, n))
    p, J = np.zeros((N, n)), np.zeros((N, n, n))
    for i in range(N):
        lib.gal_soft_bounded(C.c_void_p(table), SZ(n), q(u[i]), q(p[i]), q(J[i]))
    f = lambda x: jnp.array(tuple(bound(pack(x))))[:n]
    want, jac = np.asarray(jit(vmap(f))(u)), np.asarray(jit(vmap(jacfwd(f)))(u))
    say("bounded parameters of " + name, worst(p, want), max(err(J[:, k], jac[:, k]) for k in range(n)))

# ---- smooth steps, by x and every parameter
v = r.normal(size=(N, 7))
v[:, 4] = abs(v[:, 4]) + .3
for name, mine, peer, k in (("triweight sigmoid", lib.gal_tw_sigmoid, U._tw_sigmoid, 5), ("triweight slope", lib.gal_tw_sigslope, U._tw_sig_slope, 7),
                            ("logistic sigmoid", lib.gal_sigmoid, U._sigmoid, 5), ("logistic slope", lib.gal_sigslope, U._sig_slope, 7)):
    a = v[:, :k].copy()
    if k == 5:
        a[:, 2] = abs(a[:, 2]) + .3
    d, o = np.zeros((N, k)), np.zeros(N)
    for i in range(N):
        o[i] = mine(*[D(x) for x in a[i]], q(d[i]))
    say(name, err(o, jit(vmap(peer))(*a.T)), worst(d, np.array(jit(vmap(grad(peer, argnums=tuple(range(k)))))(*a.T)).T))

# ---- metallicity weights by mean and scatter, age weights by time of observation
nz, nt, na = 12, 100, 107
lgz, t, lga = np.linspace(-4.5, -1.35, nz), np.linspace(.05, 13.8, nt), np.linspace(-3.5, 1.175, na)
x, s, cz, ca = r.uniform(-4.5, -1, N), r.uniform(.05, .6, N), r.normal(size=nz), r.normal(size=na)
p, dx, ds = np.zeros((N, nz)), np.zeros((N, nz)), np.zeros((N, nz))
for i in range(N):
    ok(lib.gal_dsps_met_weights(D(x[i]), D(s[i]), SZ(nz), q(lgz), q(p[i]), q(dx[i]), q(ds[i])))
f = lambda x, s: calc_lgmet_weights_from_lognormal_mdf(x, s, lgz)
g = np.array(jit(vmap(grad(lambda x, s: jnp.dot(cz, f(x, s)), argnums=(0, 1))))(x, s)).T
say("metallicity weights", err(p, jit(vmap(f))(x, s)), worst(np.array([dx @ cz, ds @ cz]).T, g))
sfr, to = 10 ** r.normal(0, .4, (N, nt)), r.uniform(2, 13.5, N)
w, gt, gs, one = np.zeros((N, na)), np.zeros(N), np.zeros(nt), np.zeros(1)
for i in range(N):
    ok(lib.gal_dsps_age_weights(SZ(nt), q(t), q(sfr[i]), SZ(na), q(lga), D(to[i]), q(w[i]), q(one)))
    ok(lib.gal_dsps_age_weights_vjp(SZ(nt), q(t), q(sfr[i]), SZ(na), q(lga), D(to[i]), q(ca), D(0), q(gs), q(gt[i:])))
f = lambda s, o: calc_age_weights_from_sfh_table(t, s, lga, o)
say("age weights, by t_obs", err(w, jit(vmap(f))(sfr, to)), err(gt, jit(vmap(grad(lambda o, s: jnp.dot(ca, f(s, o)))))(to, sfr)))

# ---- bursts by their parameters
b = np.ascontiguousarray(np.array([r.uniform(-5, -1.1, N), r.uniform(5.3, 7.5, N), np.zeros(N)]).T)
b[:, 2] = b[:, 1] + r.uniform(1, 1.5, N)
o, gb = np.zeros((N, na)), np.zeros((N, 3))
for i in range(N):
    ok(lib.gal_burst_weights(q(b[i]), SZ(na), q(lga), q(w[i]), q(o[i])))
    ok(lib.gal_burst_weights_vjp(q(b[i]), SZ(na), q(lga), q(w[i]), q(ca), q(gb[i]), None))
f = lambda b, w: diffburst.calc_bursty_age_weights(diffburst.BurstParams(*b), w, lga)
say("burst weights", err(o, jit(vmap(f))(b, w)), worst(gb, jit(vmap(grad(lambda b, w: jnp.dot(ca, f(b, w)))))(b, w)))

# ---- mass-metallicity relations by mass, time and parameters
lm, tt = r.uniform(7, 12, N), r.uniform(1, 13.7, N)
mp = np.array([.05, 10.5, 1, .4, .1, -1.455, .13, -.959, .067242, 8.44]) + 0.03 * r.normal(size=(N, 10))
for name, fixed, model, k in (("mzr", False, mzr.mzr_model, 10), ("umzr", True, umzr.mzr_model, 9)):
    o, d, dm, dt = np.zeros(N), np.zeros((N, 10)), np.zeros(N), np.zeros(N)
    for i in range(N):
        o[i] = lib.gal_mzr(D(lm[i]), D(tt[i]), q(mp[i]), fixed, q(dm[i:]), q(dt[i:]), q(d[i]))
    order = [0, 1, 2, 3, 4, 5, 6, 9, 7, 8] if k == 10 else list(range(9))
    a = [lm, tt, *mp.T[:k]]
    f = lambda *v: model(*v)
    want, gr = np.asarray(jit(vmap(f))(*a)), np.array(jit(vmap(grad(f, argnums=tuple(range(k + 2)))))(*a)).T
    if err(o, want) > 1e-6:  # another place of tlook_c
        a = [lm, tt, *mp.T[order]]
        want, gr = np.asarray(jit(vmap(f))(*a)), np.array(jit(vmap(grad(f, argnums=tuple(range(k + 2)))))(*a)).T
        gr = np.concatenate([gr[:, :2], gr[:, 2:][:, np.argsort(order)]], axis=1)
    say(name, err(o, want), worst(np.column_stack([dm, dt, d[:, :k]]), gr))

# ---- dust: transmission by attenuation, slope, bump, unobscured share
wl, av, de, bu, fu = r.uniform(.1, 2.5, N), r.uniform(.01, 2, N), r.uniform(-1, .5, N), r.uniform(0, 3, N), r.uniform(0, .3, N)
for name, code, curve in (("transmission, Noll 2009", 3, A.noll09_k_lambda), ("transmission, Salim 2018", 4, A.sbl18_k_lambda)):
    o, d = np.zeros(N), np.zeros((N, 7))
    for i in range(N):
        o[i] = lib.gal_dust_transmission(C.c_int(code), q(np.array([av[i], de[i], bu[i], fu[i], .2175, .035])), D(wl[i]), q(d[i]))
    f = lambda av, de, bu, fu, wl: A._frac_transmission_from_k_lambda(curve(jnp.array([wl]), bu, de), av, ftrans_floor=fu)[0]
    say(name, err(o, jit(vmap(f))(av, de, bu, fu, wl)), worst(d[:, :4], np.array(jit(vmap(grad(f, argnums=(0, 1, 2, 3))))(av, de, bu, fu, wl)).T))
o = [lib.gal_dust_k(C.c_int(5), q(np.array([1, 0, 0, 0, .2175, .035])), D(x), None) for x in wl]
say("triweight curve", err(o, A.triweight_k_lambda(wl)))
o = [lib.gal_dust_k(C.c_int(0), q(np.array([1, 0, 0, 0, .2175, .035])), D(x), None) for x in wl]
say("Calzetti curve", err(o, A.calzetti00_k_lambda(wl)))

# ---- photometry: random spectra, a filter; by redshift and by the spectrum
nw, nf = 400, 150
wave, fw = np.geomspace(900, 20000, nw), np.linspace(5500, 7000, nf)
tr = np.exp(-.5 * ((fw - 6200) / 250) ** 2)
L = 10 ** (-4 + .2 * r.normal(size=(N, nw)))
z = r.uniform(.02, 2, N)
m, mz, gL, dz = np.zeros(N), np.zeros(N), np.zeros((N, nw)), np.zeros(N)
bb, db = np.zeros(nw), np.zeros(nw)
ok(lib.gal_dsps_band(SZ(nf), q(fw), q(tr), D(0), SZ(nw), q(wave), q(bb), None))
m = -2.5 * np.log10(L @ bb)
for i in range(N):
    b1 = np.zeros(nw)
    ok(lib.gal_dsps_band(SZ(nf), q(fw), q(tr), D(z[i]), SZ(nw), q(wave), q(b1), q(db)))
    n = L[i] @ b1
    mz[i], gL[i], dz[i] = -2.5 * np.log10(n), -2.5 / np.log(10) * b1 / n, -2.5 / np.log(10) * (L[i] @ db) / n
f = lambda L, z: _calc_obs_mag_no_dimming(wave, L, fw, tr, z)
say("rest magnitude", np.abs(m - jit(vmap(lambda L: calc_rest_mag(wave, L, fw, tr)))(L)).max())
gp = jit(vmap(grad(f, argnums=(0, 1))))(L, z)
say("band-shifted magnitude", np.abs(mz - jit(vmap(f))(L, z)).max(), max(err(gL, gp[0]), err(dz, gp[1])))
par = np.array([.3075, -1, 0, .6774])
lib.gal_w0wa_dimming.restype = D
ob = mz + [lib.gal_w0wa_dimming(D(v), q(par), None) for v in z]
say("observed magnitude", np.abs(ob - jit(vmap(lambda L, z: calc_obs_mag(wave, L, fw, tr, z, *par)))(L, z)).max())

# ---- equivalent width of random spectra by the spectrum
ew_wave = np.linspace(4850, 5150, 301)
F = 1e-3 * (1 + 1e-4 * (ew_wave - 5000)) * (1 + .05 * r.normal(size=(N, 301))) + r.uniform(0, .02, (N, 1)) * np.exp(-.5 * ((ew_wave - 5008) / 3) ** 2)
mid, lw, cw = 5008.24, np.zeros(301), np.zeros(301)
win = (D * 7)(mid - 15, mid + 15, mid, mid - 100, mid - 50, mid + 50, mid + 100)
ok(lib.gal_dsps_ew_weights(win, SZ(301), q(ew_wave), q(lw), q(cw)))
line, cont = F @ lw, F @ cw
ew, ge = line / cont, (lw[None] - (line / cont)[:, None] * cw[None]) / cont[:, None]
f = lambda y: _ew_kernel(ew_wave, y, mid - 15, mid, mid + 15, mid - 100, mid - 50, mid + 50, mid + 100)[0]
say("equivalent width", err(ew, jit(vmap(f))(F)), err(ge, jit(vmap(grad(f)))(F)))

# ---- surviving and remnant mass of four initial mass functions, soft histogram, power law, gas
ly = r.uniform(5.5, 10.2, N)
for code, k in enumerate(("SALPETER", "CHABRIER", "KROUPA", "VAN_DOKKUM")):
    sp, rp = getattr(surviving_mstar, k + "_PARAMS"), getattr(remnant_mass, k + "_PARAMS")
    rem = getattr(remnant_mass, "remnant_mass")
    d1, d2 = np.zeros(N), np.zeros(N)
    o1 = [lib.gal_surviving(D(v), C.c_int(code), q(d1[i:])) for i, v in enumerate(ly)]
    o2 = [lib.gal_remnants(D(v), C.c_int(code), q(d2[i:])) for i, v in enumerate(ly)]
    f1, f2 = lambda v: surviving_mstar.surviving_mstar(v, **sp), lambda v: rem(v, **rp)
    say("surviving mass, " + k.lower(), err(o1, jit(vmap(f1))(ly)), err(d1, jit(vmap(grad(f1)))(ly)))
    say("remnant mass, " + k.lower(), err(o2, jit(vmap(f2))(ly)), err(d2, jit(vmap(grad(f2)))(ly)))
edges, H = np.linspace(-3, 3, 13), np.zeros(12)
xs = r.normal(size=N)
ok(lib.gal_soft_histogram(SZ(N), q(xs), None, D(.2), SZ(12), q(edges), q(H)))
gh, gx, gsig = r.normal(size=12), np.zeros(N), np.zeros(1)
ok(lib.gal_soft_histogram_vjp(SZ(N), q(xs), None, D(.2), SZ(12), q(edges), q(gh), q(gx), None, q(gsig)))
f = lambda x, s: jnp.sum(vmap(lambda y: U.triweighted_histogram(y, s, edges))(x), axis=0).reshape(12)
g2 = lambda x, s: jnp.dot(gh, f(x, s))
gr = grad(g2, argnums=(0, 1))(xs, .2)
say("soft histogram", err(H, f(xs, .2)), max(err(gx, gr[0]), err(gsig, [gr[1]])))
o = [lib.gal_powerlaw_pdf(D(v), D(1), D(5), D(-1.3)) for v in abs(xs) + 1.0001]
say("power law", err(o, U.powerlaw_pdf(abs(xs) + 1.0001, 1., 5., -1.3)))

# ---- what diffsky has on top: errors of the spectra by mass, redshift, wavelength and parameters; merging and rapid quenching by theirs
try:
    from diffsky.experimental.kernels import rapid_quenching as RQ
    from diffsky.merging import merging_model as M
    from diffsky.ssp_err_model import ssp_err_model as S
except ImportError:
    sys.exit("no diffsky: its functions are left out")
print("diffsky", version("diffsky"))
for f in "gal_merge_infall gal_quench_cut gal_quench_burst".split():
    getattr(lib, f).restype = D
p0 = np.array([*S.DEFAULT_SSPERR_PARAMS])
par = p0 + np.where(abs(p0) > 2, .3, .1) * r.normal(size=(N, 54))
lm, z, wl = r.uniform(7.5, 12, N), r.uniform(0, 3, N), r.uniform(1200, 9000, N)
f = lambda q, m, z, w: S.frac_ssp_err_at_z_obs_singlegal(S.DEFAULT_SSPERR_PARAMS._make(q), m, z, w)
o, g = np.zeros(N), np.zeros((N, 57))
for i in range(N):
    dm, bm, bz, w, dw = (np.zeros(6) for _ in range(5))
    gp = np.zeros(54)
    lib.gal_ssp_error(q(par[i]), D(lm[i]), D(z[i]), q(dm), q(bm), q(bz))
    lib.gal_ssp_error_shares(D(wl[i]), q(w), q(dw))
    F = 10 ** (-.4 * dm)
    c = -.4 * np.log(10) * w * F
    lib.gal_ssp_error_vjp(q(par[i]), D(lm[i]), D(z[i]), q(c), q(gp))
    o[i], g[i] = w @ F, [*gp, c @ bm, c @ bz, dw @ F]
jp, *rest = jit(vmap(grad(f, argnums=(0, 1, 2, 3))))(par, lm, z, wl)
say("error of the spectra", err(o, jit(vmap(f))(par, lm, z, wl)), worst(g, np.column_stack([jp, *rest])))
p0 = np.array([*M.DEFAULT_MERGE_PARAMS])
par = np.clip(p0 + np.array([2, 2, 3, .5, 2, 1, 3, .5, 1, .05, .3, 0]) * r.normal(size=(N, 12)), .05, None)
a = [r.uniform(10, 13, N), r.uniform(11.5, 15, N), r.uniform(5, 13.7, N), r.uniform(1, 8, N)]
f = lambda q, lgm, lgh, t, ti: M.get_p_merge_from_merging_params(M.DEFAULT_MERGE_PARAMS._make(q), lgm, lgh, t, ti, 0)
o, g, gt = np.zeros(N), np.zeros((N, 12)), np.zeros(N)
for i in range(N):
    o[i] = lib.gal_merge_infall(q(par[i]), *[D(v[i]) for v in a], q(g[i]), q(gt[i:]))
jp, jt = jit(vmap(grad(f, argnums=(0, 3))))(par, *a)
say("merging by infall", err(o, jit(vmap(f))(par, *a)), worst(np.column_stack([g, gt]), np.column_stack([jp, jt])))
pm, lgy = r.uniform(0, 1, N) ** 3, lga + 9
w = r.uniform(0, 1, (N, na))
w /= w.sum(axis=1, keepdims=True)
o, ob, gw, gcut = np.zeros((N, na)), np.zeros(N), np.zeros((N, na)), np.zeros(N)
for i in range(N):
    d, c1 = np.zeros(1), np.zeros(1)
    cut = lib.gal_quench_cut(D(pm[i]), D(lgy[0]), q(d))
    lib.gal_quench_weights(SZ(na), q(lgy), q(w[i]), D(cut), q(o[i]))
    lib.gal_quench_weights_vjp(SZ(na), q(lgy), q(w[i]), D(cut), q(ca), q(gw[i]), q(c1))
    gcut[i] = c1[0] * d[0]
    ob[i] = lib.gal_quench_burst(D(pm[i]), D(-2.5), None, None)
f = lambda w, p: RQ._age_weights_rapid_q(w, p, lga, RQ.DEFAULT_RQ_PARAMS)[0]
jw, jp = jit(vmap(grad(lambda w, p: jnp.dot(ca, f(w, p)), argnums=(0, 1))))(w, pm)
say("rapid quenching", err(o, jit(vmap(f))(w, pm)), max(err(gw, jw), err(gcut, jp)))
say("rapid quenching of bursts", err(ob, jit(vmap(RQ.modify_lgfburst_with_rapid_quenching))(pm, np.full(N, -2.5))))
