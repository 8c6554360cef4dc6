# Reference numbers for the parity tests: GalaPy (galapy-fit on PyPI) run on two SSP libraries of closed form, 200 random galaxies for
# each of its star formation histories, every component on.
#
# usage: python parity_galapy.py DATABASE FILTERS OUT
#   DATABASE  GalaPy's folder "galapy_database" (read only; a tree of links to it is made in a temporary folder, nothing is downloaded)
#   FILTERS   data/filters.h5 of this project: the transmission curves, given to GalaPy as custom filters
#   OUT       folder for parity_<sfh>.h5 and parity_bands.h5 (tests/ref)
#
# Library "a": the blackbodies of ssp.synthetic(). Library "b", defined here (library_b), evaluated again in tests/lua/test_parity.lua.
#
# Each file holds: attributes (versions, date of the reference code's package, counts); parameter names and values (all digits), the
# options of each set (library, AGN template or none, quenched); indices of wavelength nodes; sed [mJy, IGM transmission included] at
# `node`, component luminosities [Lsun/A] at `cnode`, transmission of the IGM at `node`, band fluxes by the rule of GalaPy 0.6.0 (nodes
# of the spectrum inside the band) and of 0.6.2 (log-log interpolation to the nodes of the filter), derived numbers.
# Numbers are rounded to 28 bits of mantissa (relative 2e-9) so that they compress.
#
# What the reference cannot do is drawn again and counted (attribute "redrawn", by reason). Three things it cannot do at all:
# - a quenched in-situ galaxy has no dust and GalaPy's AGN then is NaN (its reference luminosity is 0): computed without AGN;
# - 0.6.2 evaluates the rate also at the steps before t = 0 that overshoot the onset and multiplies it by 0: where the rate is NaN at
#   negative times (log-normal; delayed with a fractional slope) so is the whole spectrum, for the package's own defaults too, unless
#   the last step ends between the onset and the next SSP age. Those sets take such an age just below an SSP age;
# - dust that absorbs exactly nothing (clouds without young stars) shines with the temperature of an earlier call, in a new object with
#   whatever is in memory: here it is set to 0 first.
import os, sys, tempfile
from importlib.metadata import version

db, filters, out = (os.path.abspath(a) for a in sys.argv[1:4])
work = tempfile.mkdtemp()
root = os.path.join(work, "galapy_database")
os.makedirs(os.path.join(root, "SSP", "closed"))
os.makedirs(os.path.join(work, ".galapy"))
for name in os.listdir(db):
    if name != "SSP":
        os.symlink(os.path.join(db, name), os.path.join(root, name))
with open(os.path.join(work, ".galapy", "conf.ini"), "w") as f:
    f.write("[DATAPATHS]\nDEFAULT = %s\n[BOOLEANS]\nFORCE_DOWNLOADS = false\nVERBOSE_DOWNLOADS = false\n" % work)
os.environ["HOME"] = work
for v in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[v] = "1"
import numpy as np
import h5py

H, KB, C = 6.626196e-27, 1.380622e-16, 2.99792458e10


def library_a():
    lam = 10 ** (np.arange(1001) / 100)
    age = np.concatenate([[0.0], 10 ** (5 + 5.15 * np.arange(145) / 144)])
    met = np.array([1e-4, 5e-4, 1e-3, 4e-3, 8e-3, 2e-2, 4e-2])
    teff = 3e4 * (1 + age / 1e7) ** -0.3
    lbol = 1e3 * (1 + age / 3e6) ** -0.8
    l = lam[:, None] * 1e-8
    planck = 2e-8 * H * C * C / (l ** 5 * np.expm1(np.minimum(H * C / (KB * l * teff), 700)))
    lum = np.pi * planck / (5.670374e-5 * teff ** 4) * lbol
    return lam, age, met, lum[None] * ((met / 0.02) ** -0.1)[:, None, None]


def library_b():
    """Uneven nodes: sparse, dense from 631 A to 2.5 micron, sparse, very sparse; first age above 0; L = bol * shape with breaks:
    u = lambda/3000, l0 = 400 (1 + T/1e8)^0.5 (Z/0.02)^0.1,
    L = 0.25 (1 + T/3e6)^-0.9 (Z/0.02)^-0.15 exp(-l0/lambda) u^-1.5 / (1 + u^2/4)
        * [lambda < 912: 0.05 / (1 + T/5e6)] * [lambda < 3646: 1 / (1 + 0.6 q/(1 + q)), q = (T/3e8)^0.5]"""
    pieces = ((0, 112, 40), (2.8, 320, 200), (4.4, 130, 50), (7, 61, 20))  # from, nodes, nodes per decade
    x = np.concatenate([a + np.arange(n) / per for a, n, per in pieces])
    lam = 10 ** x
    age = 2e5 * 10 ** (4.9 * np.arange(90) / 89)
    met = np.array([2e-4, 1e-3, 5e-3, 0.02, 0.06])
    u = lam[:, None] / 3000
    q = (age / 3e8) ** 0.5
    lum = []
    for z in met:
        l0 = 400 * (1 + age / 1e8) ** 0.5 * (z / 0.02) ** 0.1
        y = 0.25 * (1 + age / 3e6) ** -0.9 * (z / 0.02) ** -0.15 * np.exp(-l0 / lam[:, None]) * u ** -1.5 / (1 + u * u / 4)
        y = np.where(lam[:, None] < 912, y * 0.05 / (1 + age / 5e6), y)
        lum.append(np.where(lam[:, None] < 3646, y / (1 + 0.6 * q / (1 + q)), y))
    return lam, age, met, np.array(lum)


libs = {"a": library_a(), "b": library_b()}
for name, (lam, age, met, lum) in libs.items():
    with open(os.path.join(root, "SSP", "closed", name + ".dat"), "wb") as f:  # [Z][lambda][age]
        for a in (lam, age, met, lum.ravel()):
            np.array([a.size], dtype="<u8").tofile(f)
            np.ascontiguousarray(a, dtype="<f8").tofile(f)

from galapy.Galaxy import GXY
from galapy.PhotometricSystem import PMS
from galapy.internal.interp import log_interp
from galapy.internal.utils import trap_int
from galapy.internal.constants import Lsun

# ---------------------------------------------------------------- bands: our curves as photon responses, trapezia for the VLA
bands = ["GALEX.FUV", "GALEX.NUV", "SDSS.u", "SDSS.g", "SDSS.r", "SDSS.i", "SDSS.z", "2MASS.J", "2MASS.Ks", "WISE.W1", "WISE.W2",
         "Spitzer.IRAC.I3", "Spitzer.IRAC.I4", "WISE.W3", "Spitzer.MIPS.24mu", "Herschel.PACS.blue", "Herschel.PACS.green",
         "Herschel.PACS.red", "Herschel.SPIRE.PSW", "Herschel.SPIRE.PLW", "ALMA.B7", "ALMA.B6", "ALMA.B3"]
curve = {}
with h5py.File(filters) as f:
    names = [n.decode() for n in f["name"][:]]
    for b in bands:
        i = names.index(b)
        s = slice(f["offset"][i], f["offset"][i + 1])
        w, t = f["wave"][s], f["trans"][s]
        curve[b] = (w, t / w * w.mean() if f["energy"][i] else t)
for b, lo, hi in (("VLA.X", 8, 12), ("VLA.L", 1, 2)):  # GHz
    w = 2.99792458e9 / np.array([1.02 * hi, hi, 0.5 * (lo + hi), lo, 0.98 * lo])
    curve[b] = (w, np.array([0.0, 1, 1, 1, 0]))
    bands.append(b)
pms = PMS(**{b: {"wavelengths": curve[b][0], "photons": curve[b][1]} for b in bands})

# ---------------------------------------------------------------- what is stored
templates = sorted(os.listdir(os.path.join(db, "AGN_templates")))
nodes, cnodes = {}, {}
for name, (lam, _, _, _) in libs.items():
    near = lambda targets: np.unique([np.abs(np.log(lam / t)).argmin() for t in targets])
    nodes[name] = near(np.concatenate([np.logspace(0, 10, 50), [905, 950, 1000, 1100, 1210, 3600, 3700, 5500, 7.7e4, 1.13e5]]))
    cnodes[name] = near([1, 3, 10, 40, 500, 900, 1500, 2500, 4000, 6000, 1e4, 2e4, 4e4, 7.7e4, 1.2e5, 2.5e5, 6e5, 1e6, 2e6, 5e6,
                         1e7, 1e8, 1e9, 1e10])
components = ["stellar", "extinct", "MC", "DD", "AGN", "XRB", "nebular", "synchrotron"]
derived = ["T_MC", "T_DD", "A_V_MC", "A_V_DD", "E_MC", "E_DD", "Q_H", "R_CCSN", "Mstar", "Mdust", "Mgas", "Zgas", "Zstar", "SFR",
           "T_e", "flux_factor", "age_universe"]
NT = 8  # rows of a tabulated history


def log(r, lo, hi):
    return 10 ** r.uniform(lo, hi)


def slope(r):
    return np.round(r.uniform(0, 5) * 64) / 64  # exact in single precision, which the reference uses for slopes


def snapped(age, nodes):
    """Largest age below `age` and an SSP age for which no step of 1e5 yr falls before the onset."""
    i = np.searchsorted(nodes, age, side="right") - 1
    return nodes[i] - np.fmod(nodes[i] - nodes[i - 1], 1e5) / 2


def draw(r, sfh, lib, row):
    """Dictionaries for GXY: age and redshift, history (and its table), ISM, AGN, synchrotron, free-free."""
    z = np.exp(r.uniform(np.log(1.01), np.log(7))) - 1
    universe = clock.cosmo.age(z)
    age = 10 ** r.uniform(6.5, np.log10(0.999 * universe))
    if sfh == "lognormal" or (sfh == "delayedexp" and row // 2 % 2):
        age = snapped(age, libs[lib][1])
    quench = 2e20 if r.uniform() < 0.75 else age * log(r, -1, 0.2)
    s = {"tau_quench": quench}
    norm, tau = log(r, -1, 4), log(r, 7, 11)
    if sfh == "insitu":
        s.update(psi_max=log(r, 0, 4), tau_star=tau)
    else:
        s.update(Mdust=log(r, 5, 10), Zgxy=log(r, -4, np.log10(0.05)))
    if sfh == "constant":
        s.update(psi=norm)
    elif sfh == "delayedexp":
        kk = r.uniform(0, 5) if row // 2 % 2 else float(r.integers(6))
        s.update(psi_norm=norm * tau ** -kk, k_shape=kk, tau_star=tau)
    elif sfh == "lognormal":
        s.update(psi_norm=norm, sigma_star=r.uniform(0.1, 5), tau_star=tau)
    extra = {}
    if sfh == "interpolated":
        t = np.sort(r.uniform(0, 1.4e10, NT))
        t[0], t[-1] = 0, 1.4e10
        extra = {"tau": t, "sfr": norm * 10 ** r.uniform(-1, 1, NT)}
    ism = dict(f_MC=r.uniform(0, 1), norm_MC=log(r, -1, 4), N_MC=log(r, 0, 5), R_MC=log(r, 0, 2), tau_esc=log(r, 4, 8),
               dMClow=slope(r), dMCupp=slope(r), norm_DD=log(r, -1, 2), Rdust=log(r, 2, 5), f_PAH=r.uniform(0, 1),
               dDDlow=slope(r), dDDupp=slope(r))
    agn = dict(fAGN=log(r, -3, np.log10(0.9)))
    name = templates[r.integers(len(templates))]
    keys = ("ct", "al", "be", "ta", "rm", "ia")
    for a, b in zip(keys, keys[1:] + (None,)):
        rest = name.split(a, 1)[1]
        agn[a] = float(rest.split(b, 1)[0] if b else rest)
        name = name[name.index(a) + 2:]
    syn = dict(alpha_syn=r.uniform(0.2, 1.5), nu_self_syn=log(r, -2, 0))
    nff = dict(Zi=r.uniform(0.5, 3))
    return dict(age=age, redshift=z), s, extra, ism, agn, syn, nff


def evaluate(lib, g, s, extra, ism, agn, syn, nff, sfh, dark):
    gxy = GXY(**g, sfh=dict(model=sfh, **s, **extra), csp=dict(ssp_lib="closed." + lib), ism=dict(ism), do_Xray=True, do_Radio=True,
              do_AGN=not dark, do_IGM=True, agn=None if dark else dict(agn), syn=dict(syn), nff=dict(nff))
    gxy.ism.mc.set_temperature(0.0)
    gxy.ism.dd.set_temperature(0.0)
    gxy.set_parameters(**g)  # free-free takes the metallicity of the gas only from the second time on
    wl = gxy.wl()
    lum = gxy.get_emission()
    sed = gxy.get_SED()
    obs = gxy.wl(obs=True)
    with np.errstate(all="ignore"):
        f60 = dict(zip(pms.keys, pms.get_fluxes(obs, sed)))
        f62 = dict(zip(pms.keys, pms.get_fluxes(obs, sed, interp=log_interp(obs, sed))))
    mc, tot = gxy.ism.total_attenuation(wl, gxy.csp.t)
    lu, lm, lt = gxy.csp.core._kernel_emission(gxy.lgrid, mc, tot)
    e_mc, e_dd = trap_int(wl, lu - lm), trap_int(wl, lm - lt)  # Lsun
    t_mc, t_dd = gxy.ism.mc.temperature(e_mc * Lsun), gxy.ism.dd.temperature(e_dd * Lsun)
    uv = wl <= 912.0
    qh = trap_int(wl[uv], lu[uv] * wl[uv] * gxy.Q_H_fact) * Lsun
    age, c = g["age"], gxy.sfh
    d = [t_mc, t_dd, gxy.ism.mc.A_V(), gxy.ism.dd.A_V(), e_mc, e_dd, qh, gxy.csp.core.RCCSN(), c.Mstar(age), c.Mdust(age),
         c.Mgas(age), c.Zgas(age), c.Zstar(age), c(age), gxy.nff.Te(), gxy.cosmo._TF(g["redshift"]), gxy.UA]
    n, cn = nodes[lib], cnodes[lib]
    zero = np.zeros(len(cn))
    have = gxy.components
    comp = np.array([have[k][cn] if have.get(k) is not None else zero for k in components], dtype=float)
    res = dict(sed=sed[n].astype(float), total=np.asarray(lum, float)[n], igm=gxy.igm_trans[n], comp=comp,
               band=np.array([f60[b] for b in bands]), band62=np.array([f62[b] for b in bands]), derived=np.array(d, float))
    why = None
    if not all(np.isfinite(v).all() for v in res.values()):
        why = "not finite: " + " ".join(k for k, v in res.items() if not np.isfinite(v).all())
    elif e_mc < 0 or e_dd < 0:
        why = "absorbed power lost in rounding"
    return res, why


def rounded(x):
    m, e = np.frexp(np.asarray(x, float))
    return np.ldexp(np.round(m * 2.0 ** 28) / 2.0 ** 28, e)


def store(f, name, data, **attrs):
    data = np.asarray(data)
    packed = dict(compression="gzip", compression_opts=9, shuffle=True) if data.size > 32 and data.dtype.kind != "S" else {}
    d = f.create_dataset(name, data=data, **packed)
    for k, v in attrs.items():
        d.attrs[k] = v


def strings(x):
    return np.array([s.encode() for s in x])


clock = GXY(age=1e6, redshift=1.0, csp=dict(ssp_lib="closed.b"))
stamp = dict(generator="scripts/peers/parity_galapy.py", galapy=version("galapy-fit"), python=sys.version.split()[0], numpy=np.__version__,
             h5py=h5py.__version__, date=str(np.datetime64("today")))
NSET = 200
for isfh, sfh in enumerate(("insitu", "constant", "delayedexp", "lognormal", "interpolated")):
    rng = np.random.Generator(np.random.PCG64([20260, isfh]))
    rows, redrawn = [], {}
    while len(rows) < NSET:
        if sum(redrawn.values()) > 2 * NSET:
            sys.exit("%s: the reference fails too often: %s" % (sfh, redrawn))
        lib = "ab"[len(rows) % 2]
        g, s, extra, ism, agn, syn, nff = draw(rng, sfh, lib, len(rows))
        dark = sfh == "insitu" and s["tau_quench"] <= g["age"]
        try:
            res, why = evaluate(lib, g, s, extra, ism, agn, syn, nff, sfh, dark)
        except Exception as e:
            res, why = None, "%s: %s" % (type(e).__name__, e)
        if why:
            redrawn[why] = redrawn.get(why, 0) + 1
            continue
        par = {**g, **{"sfh." + k: v for k, v in s.items()}, **{"ism." + k: v for k, v in ism.items()},
               **{"agn." + k: v for k, v in agn.items()}, **{"syn." + k: v for k, v in syn.items()},
               **{"nff." + k: v for k, v in nff.items()}}
        rows.append((lib, dark, par, extra, res))
    with h5py.File(os.path.join(out, "parity_%s.h5" % sfh), "w", libver=("earliest", "v110")) as f:
        for k, v in stamp.items():
            f.attrs[k] = v
        f.attrs["redrawn"] = "; ".join("%d x %s" % (n, w) for w, n in redrawn.items()) or "none"
        store(f, "parameter_name", strings(rows[0][2]))
        store(f, "parameter", [list(r[2].values()) for r in rows])
        store(f, "library", np.array(["ab".index(r[0]) for r in rows], dtype=np.int64))
        store(f, "agn_on", np.array([not r[1] for r in rows], dtype=np.int64))
        if sfh == "interpolated":
            store(f, "table_t", [r[3]["tau"] for r in rows], units="yr")
            store(f, "table_sfr", [r[3]["sfr"] for r in rows], units="Msun/yr")
        for key, idx in (("node", nodes), ("cnode", cnodes)):
            m = max(len(v) for v in idx.values())
            store(f, key, np.array([np.pad(idx[l], (0, m - len(idx[l])), constant_values=-1) for l in "ab"], dtype=np.int64))
        m = f["node"].shape[1]
        mc = f["cnode"].shape[1]
        pad = lambda x, m: np.concatenate([x, np.zeros(x.shape[:-1] + (m - x.shape[-1],))], axis=-1)
        store(f, "component_name", strings(components))
        store(f, "derived_name", strings(derived))
        store(f, "band_name", strings(bands))
        for key, units in (("sed", "mJy"), ("total", "Lsun/A"), ("igm", "")):
            store(f, key, rounded([pad(r[4][key], m) for r in rows]), units=units)
        store(f, "comp", rounded([pad(r[4]["comp"], mc) for r in rows]), units="Lsun/A")
        for key, units in (("band", "mJy"), ("band62", "mJy"), ("derived", "")):
            store(f, key, rounded([r[4][key] for r in rows]), units=units)
    print(sfh, "redrawn:", redrawn or "none", "quenched:", sum(r[2]["sfh.tau_quench"] < r[2]["age"] for r in rows))
with h5py.File(os.path.join(out, "parity_bands.h5"), "w", libver=("earliest", "v110")) as f:
    for k, v in stamp.items():
        f.attrs[k] = v
    f.attrs["about"] = "the curves given to the reference: those of data/filters.h5 as photon responses, trapezia for the VLA"
    store(f, "name", strings(bands))
    store(f, "offset", np.cumsum([0] + [len(curve[b][0]) for b in bands]).astype(np.int64))
    store(f, "wave", np.concatenate([curve[b][0] for b in bands]), units="A")
    store(f, "trans", np.concatenate([curve[b][1] for b in bands]))
print(stamp)
