/* Lua: star formation histories, sfh.NAME{...}: named, unit-bearing, bounded parameters as fields; choices of the model as options. */
#include "lua/l_classes.h"
#include "lua/worker.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const metals[] = {"constant", "evolving", "linear", "step"};
static const char *const bursts[] = {"none", "delta", "rectangle", "exponential"};
static const char *const shapes[] = {"exponential", "delayed", "rectangle"};
static const char *const shares[] = {"mass", "rate"};

/* Bins in lookback time and what their model may choose. */
static void read_bins(gal_lua_opts *o, gal_sfh_opts *m)
{
    double n = gal_lua_opt_num(o, "n", 0);
    if (n != floor(n) || n < 0)
        gal_lua_error(o->L, GAL_EINVAL, "sfh.%s: n = %g must be a whole number of bins", gal_sfh_name(m->kind), n);
    m->nbin = (size_t)n;
    if (m->kind == GAL_SFH_PSB) {
        double old = gal_lua_opt_num(o, "n_old", 3);
        if (old != floor(old) || old < 1)
            gal_lua_error(o->L, GAL_EINVAL, "sfh.psb: n_old = %g must be a whole number of bins above 0", old);
        m->nold = (size_t)old;
        m->tflex = gal_lua_opt_num(o, "tflex", 0);
    }
    if (m->kind == GAL_SFH_PSB || m->kind == GAL_SFH_FLEXIBLE)
        return;
    m->edge = gal_lua_opt_vec(o, "edges", &m->nedge);
    if (m->kind == GAL_SFH_DIRICHLET) {
        m->alpha = gal_lua_opt_num(o, "alpha", 0);
        m->of_rate = gal_lua_opt_choice(o, "of", shares, 2, 0) == 1;
    }
    if (m->kind == GAL_SFH_STOCHASTIC) {
        m->sigma_reg = gal_lua_opt_num(o, "sigma_reg", 0);
        m->tau_eq = gal_lua_opt_num(o, "tau_eq", 0);
        m->tau_in = gal_lua_opt_num(o, "tau_in", 0);
        m->sigma_dyn = gal_lua_opt_num(o, "sigma_dyn", 0);
        if (gal_lua_opt_given(o, "sigma_dyn") && m->sigma_dyn == 0)
            m->sigma_dyn = -1; /* none */
        m->tau_dyn = gal_lua_opt_num(o, "tau_dyn", 0);
    }
}

/* Metallicity history and burst, which every model can have. */
static void read_common(gal_lua_opts *o, gal_sfh_opts *m)
{
    if (m->kind != GAL_SFH_INSITU) {
        m->metals = (gal_sfh_metals)gal_lua_opt_choice(o, "metallicity", metals, 4, 0);
        if (!gal_lua_opt_given(o, "metallicity") && gal_lua_opt_given(o, "t_step"))
            m->metals = GAL_METALS_STEP;
        else if (!gal_lua_opt_given(o, "metallicity") && gal_lua_opt_given(o, "Z_start"))
            m->metals = GAL_METALS_EVOLVING;
    }
    m->by_mass = gal_lua_opt_given(o, "mass");
    m->burst = (gal_sfh_burst)gal_lua_opt_choice(o, "burst", bursts, 4, 0);
    static const char *const of_burst[] = {"f_burst", "age_burst", "tau_burst"};
    for (int i = 0; m->burst == GAL_BURST_NONE && i < 3; i++)
        if (gal_lua_opt_given(o, of_burst[i]))
            gal_lua_error(o->L, GAL_EINVAL, "sfh.%s: %s needs burst = 'delta', 'rectangle' or 'exponential'",
                          gal_sfh_name(m->kind), of_burst[i]);
}

/* The component of the choices at the top of the options; its parameters are read from them. */
static int push_history(lua_State *L, gal_lua_opts *o, const gal_sfh_opts *m)
{
    gal_lua_spec *s = GAL_NEW(gal_lua_spec);
    if (!s)
        return gal_lua_fail(L);
    gal_lua_push(L, &gal_lua_spec_class, s); /* freed with the handle from here on */
    if (gal_sfh_init(&s->sfh, m) != GAL_OK)
        return gal_lua_fail(L);
    gal_lua_spec_parameters(L, o, s, "sfh", gal_sfh_name(m->kind), s->sfh.par, s->sfh.npar);
    lua_pushvalue(L, -1);
    return 1;
}

static int make_sfh(lua_State *L, gal_sfh_kind kind)
{
    char fn[40];
    gal_sfh_opts m = {.kind = kind};
    gal_lua_opts o;
    snprintf(fn, sizeof fn, "sfh.%s", gal_sfh_name(kind));
    gal_lua_opts_begin(L, &o, 1, fn);
    if (kind == GAL_SFH_TABLE) {
        size_t np = 0;
        m.table_t = gal_lua_opt_vec(&o, "t", &m.ntable);
        m.table_psi = gal_lua_opt_vec(&o, "psi", &np);
        if (!m.table_t || !m.table_psi || m.ntable != np)
            return gal_lua_error(L, GAL_EINVAL,
                                 "sfh.table: needs t [yr] and psi [Msun/yr] of the same length (got %zu and %zu)",
                                 m.ntable, np);
    }
    if (kind >= GAL_SFH_CONTINUITY && kind <= GAL_SFH_STOCHASTIC)
        read_bins(&o, &m);
    if (kind == GAL_SFH_EXPONENTIAL)
        m.rising = gal_lua_opt_bool(&o, "rising", false);
    if (kind == GAL_SFH_PERIODIC)
        m.shape = (gal_sfh_shape)gal_lua_opt_choice(&o, "shape", shapes, 3, 0);
    read_common(&o, &m);
    return push_history(L, &o, &m);
}

static void put_str(lua_State *L, const char *key, const char *v)
{
    gal_lua_set_text(L, key, v);
}

static void put_list(lua_State *L, const char *key, const double *x, size_t n)
{
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        lua_pushnumber(L, x[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_setfield(L, -2, key);
}

/* ------------------------------------------------------------------ sfh.custom: a function of the user's */
typedef struct custom {
    int refs;
    char *names, *shipped, *key; /* names, units and descriptions of the parameters */
    size_t nshipped, npar;
    gal_param par[GAL_SFH_MAXBIN];
} custom;

static void custom_ref(void *self)
{
    __atomic_fetch_add(&((custom *)self)->refs, 1, __ATOMIC_RELAXED);
}

static void custom_unref(void *self)
{
    custom *c = self;
    if (__atomic_fetch_sub(&c->refs, 1, __ATOMIC_ACQ_REL) != 1)
        return;
    gal_free(c->names);
    gal_free(c->shipped);
    gal_free(c->key);
    gal_free(c);
}

static gal_status custom_open(void **local, const void *self)
{
    const custom *c = self;
    gal_worker *w;
    gal_status st = gal_worker_open(&w, "sfh.custom", "component", c->shipped, c->nshipped);
    *local = w;
    return st;
}

static void custom_close(void *local)
{
    gal_worker_close(local);
}

static gal_status custom_rate(void *local, const double *p, const double *t, size_t n, double *psi)
{
    double age = t[n - 1]; /* the quantities that the function may look at */
    const void *ptr[4] = {t, p, &age, psi};
    return gal_worker_run(local, ptr, 4, n);
}

static const char *keep(lua_State *L, char **at, const char *name)
{
    char *p = *at;
    lua_getfield(L, -1, name);
    size_t n;
    const char *s = lua_tolstring(L, -1, &n);
    if (s)
        memcpy(p, s, n + 1);
    else
        p[n = 0] = '\0';
    lua_pop(L, 1);
    *at += n + 1;
    return p;
}

static size_t text_length(lua_State *L, const char *name)
{
    lua_getfield(L, -1, name);
    size_t n = lua_isstring(L, -1) ? lua_objlen(L, -1) : 0;
    lua_pop(L, 1);
    return n + 1;
}

static double number_of(lua_State *L, const char *name, double standard)
{
    lua_getfield(L, -1, name);
    double v = lua_isnumber(L, -1) ? lua_tonumber(L, -1) : standard;
    lua_pop(L, 1);
    return v;
}

static bool flag_of(lua_State *L, const char *name)
{
    lua_getfield(L, -1, name);
    bool v = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return v;
}

static const gal_sfh_custom custom_functions = {
    .ref = custom_ref, .unref = custom_unref, .open = custom_open, .close = custom_close, .rate = custom_rate};

/* core_custom({ shipped, key, params = { {name, unit, doc, value, lo, hi, plo, phi, log, free}, ... } }, options) -> component.
 * The words of its errors are in Lua, which checks first. */
static int make_custom(lua_State *L)
{
    lua_settop(L, 2);
    size_t np = gal_lua_check_definition(L, 1, "sfh.custom", GAL_SFH_MAXBIN), text = 0;
    lua_getfield(L, 1, "params"); /* index 3 */
    for (size_t i = 1; i <= np; i++) {
        lua_rawgeti(L, 3, (int)i);
        text += text_length(L, "name") + text_length(L, "unit") + text_length(L, "doc");
        lua_pop(L, 1);
    }
    custom *c = GAL_NEW(custom);
    if (!c)
        return gal_lua_fail(L);
    c->refs = 1;
    c->npar = np;
    c->names = GAL_NEWN(char, text + 1);
    lua_getfield(L, 1, "shipped");
    lua_getfield(L, 1, "key");
    c->shipped = gal_strdup(lua_tostring(L, 4));
    c->key = gal_strdup(lua_tostring(L, 5));
    lua_settop(L, 3);
    if (!c->names || !c->shipped || !c->key) {
        custom_unref(c);
        return gal_lua_fail(L);
    }
    c->nshipped = strlen(c->shipped);
    char *at = c->names;
    for (size_t i = 0; i < np; i++) {
        lua_rawgeti(L, 3, (int)i + 1);
        gal_param *p = &c->par[i];
        p->name = keep(L, &at, "name");
        p->unit = keep(L, &at, "unit");
        p->doc = keep(L, &at, "doc");
        p->value = number_of(L, "value", 0);
        p->lo = number_of(L, "lo", -INFINITY);
        p->hi = number_of(L, "hi", INFINITY);
        p->plo = number_of(L, "plo", NAN);
        p->phi = number_of(L, "phi", NAN);
        p->log = flag_of(L, "log");
        p->free = flag_of(L, "free");
        lua_pop(L, 1);
    }
    gal_sfh_custom f = custom_functions;
    f.self = c;
    f.par = c->par;
    f.npar = np;
    f.hash = gal_hash_bytes(c->key, strlen(c->key));
    gal_lua_spec *s = GAL_NEW(gal_lua_spec);
    if (s)
        gal_lua_push(L, &gal_lua_spec_class, s);
    gal_sfh_opts m = {.kind = GAL_SFH_CUSTOM, .custom = &f};
    gal_lua_opts o;
    lua_pushvalue(L, 2);
    int options = lua_gettop(L);
    gal_status st = s ? GAL_OK : GAL_ENOMEM;
    void *local = NULL;
    if (st == GAL_OK)
        st = custom_open(&local, c); /* a bad function is refused here, not in a fit */
    custom_close(local);
    if (st != GAL_OK) {
        custom_unref(c);
        return gal_lua_fail(L);
    }
    /* the handle owns the function before anything below may raise */
    s->sfh.custom = f;
    gal_lua_opts_begin(L, &o, options, "sfh.custom");
    read_common(&o, &m);
    custom_ref(c); /* gal_sfh_init overwrites s->sfh and takes its own reference */
    st = gal_sfh_init(&s->sfh, &m);
    custom_unref(c);
    custom_unref(c);
    gal_lua_checkstatus(L, st);
    lua_pushvalue(L, options - 1); /* the handle on top */
    gal_lua_spec_parameters(L, &o, s, "sfh", "custom", s->sfh.par, s->sfh.npar);
    lua_pushvalue(L, options - 1);
    return 1;
}

static void put_custom(lua_State *L, const custom *c)
{
    lua_newtable(L);
    put_str(L, "shipped", c->shipped);
    put_str(L, "key", c->key);
    lua_newtable(L);
    for (size_t i = 0; i < c->npar; i++) {
        const gal_param *p = &c->par[i];
        const struct {
            const char *name;
            double v;
        } num[] = {{"value", p->value}, {"lo", p->lo}, {"hi", p->hi}, {"plo", p->plo}, {"phi", p->phi}};
        lua_newtable(L);
        put_str(L, "name", p->name);
        put_str(L, "unit", p->unit);
        put_str(L, "doc", p->doc);
        for (size_t k = 0; k < sizeof num / sizeof *num; k++)
            if (isfinite(num[k].v))
                gal_lua_set_num(L, num[k].name, num[k].v);
        gal_lua_set_flag(L, "log", p->log);
        gal_lua_set_flag(L, "free", p->free);
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_setfield(L, -2, "params");
    lua_setfield(L, -2, "custom");
}

void gal_lua_sfh_describe(lua_State *L, const gal_sfh *s)
{
    const gal_sfh_opts *m = &s->o;
    lua_newtable(L);
    put_str(L, "kind", gal_sfh_name(s->kind));
    if (s->kind == GAL_SFH_CUSTOM)
        put_custom(L, s->custom.self);
    lua_newtable(L); /* what the constructor takes */
    if (m->metals)
        put_str(L, "metallicity", metals[m->metals]);
    if (m->burst)
        put_str(L, "burst", bursts[m->burst]);
    if (m->by_mass) /* the model's value follows */
        gal_lua_set_num(L, "mass", 1e10);
    if (m->rising)
        gal_lua_set_flag(L, "rising", 1);
    if (s->kind == GAL_SFH_PERIODIC)
        put_str(L, "shape", shapes[m->shape]);
    if (m->nbin)
        gal_lua_set_num(L, "n", (double)m->nbin);
    if (m->nedge)
        put_list(L, "edges", m->edge, m->nedge);
    if (s->kind == GAL_SFH_PSB) {
        gal_lua_set_num(L, "n_old", (double)m->nold);
        gal_lua_set_num(L, "tflex", m->tflex);
    }
    if (s->kind == GAL_SFH_DIRICHLET) {
        gal_lua_set_num(L, "alpha", m->alpha);
        put_str(L, "of", shares[m->of_rate]);
    }
    if (s->kind == GAL_SFH_STOCHASTIC) {
        gal_lua_set_num(L, "sigma_reg", m->sigma_reg);
        gal_lua_set_num(L, "tau_eq", m->tau_eq);
        gal_lua_set_num(L, "tau_in", m->tau_in);
        gal_lua_set_num(L, "sigma_dyn", fmax(m->sigma_dyn, 0));
        gal_lua_set_num(L, "tau_dyn", m->tau_dyn);
    }
    if (s->ntable) {
        put_list(L, "t", s->t, s->ntable);
        put_list(L, "psi", s->psi, s->ntable);
    }
    lua_setfield(L, -2, "options");
}

#define SFH_CONSTRUCTOR(name, kind)                                                                                    \
    static int name(lua_State *L)                                                                                      \
    {                                                                                                                  \
        return make_sfh(L, kind);                                                                                      \
    }
SFH_CONSTRUCTOR(sfh_insitu, GAL_SFH_INSITU)
SFH_CONSTRUCTOR(sfh_constant, GAL_SFH_CONSTANT)
SFH_CONSTRUCTOR(sfh_delayed, GAL_SFH_DELAYED)
SFH_CONSTRUCTOR(sfh_lognormal, GAL_SFH_LOGNORMAL)
SFH_CONSTRUCTOR(sfh_dpl, GAL_SFH_DPL)
SFH_CONSTRUCTOR(sfh_exponential, GAL_SFH_EXPONENTIAL)
SFH_CONSTRUCTOR(sfh_periodic, GAL_SFH_PERIODIC)
SFH_CONSTRUCTOR(sfh_burst, GAL_SFH_BURST)
SFH_CONSTRUCTOR(sfh_continuity, GAL_SFH_CONTINUITY)
SFH_CONSTRUCTOR(sfh_flexible, GAL_SFH_FLEXIBLE)
SFH_CONSTRUCTOR(sfh_psb, GAL_SFH_PSB)
SFH_CONSTRUCTOR(sfh_dirichlet, GAL_SFH_DIRICHLET)
SFH_CONSTRUCTOR(sfh_stochastic, GAL_SFH_STOCHASTIC)
SFH_CONSTRUCTOR(sfh_table, GAL_SFH_TABLE)

#define COMMON                                                                                                         \
    "@param burst (none) a burst on top: 'delta', 'rectangle' or 'exponential'\n"                                      \
    "@param f_burst (0.1) share of all stars formed that the burst formed\n"                                           \
    "@param age_burst [yr] (1e8) time since the burst began\n"                                                         \
    "@param tau_burst [yr] (3e7) its decay time; rectangle: its duration\n"                                            \
    "@param tau_quench [yr] (1e20) star formation stops at this galaxy time\n"
#define BY_MASS                                                                                                        \
    "@param mass [Msun] instead of the normalisation: mass of all stars formed until the age, a parameter of its "     \
    "own\n"
#define EMPIRICAL                                                                                                      \
    COMMON                                                                                                             \
    "@param Mdust [Msun] (1e8) dust mass\n@param Z (0.01) metallicity (mass fraction) of gas and stars, now\n"         \
    "@param metallicity (constant) 'constant'; from Z_start to Z 'evolving': in proportion to the mass formed,\n"      \
    "  'linear' in time, or in a 'step' at t_step\n"                                                                   \
    "@param Z_start (1e-4) metallicity at the onset\n@param t_step [yr] (5e8) galaxy time of the step\n"
#define BINS "@param n (7) number of bins, 2 .. 32\n"
#define EDGES                                                                                                          \
    BINS "@param edges [yr] inner edges of the bins, lookback time; default: 30 Myr, 100 Myr, log-spaced to 0.85 "     \
         "age\n"
#define MASS "@param mass [Msun] (1e10) mass of all stars formed until the age\n"

void gal_luaopen_sfh(lua_State *L);
void gal_luaopen_sfh(lua_State *L)
{
    static const gal_lua_row sfh[] = {
        {"insitu", sfh_insitu,
         "sfh.insitu{ psi_max =, tau_star = } -> component\n"
         "In-situ galaxy evolution with gas, metals and dust (Lapi+18, 20; Pantoni+19):\n"
         "psi(t) = psi_max [exp(-t/(3 tau)) - exp(-gamma t/tau)], gamma = 0.55 + 3 psi_max^-0.3.\n"
         "@param psi_max [Msun/yr] (100) normalisation\n@param tau_star [yr] (3e8) star formation time-scale\n" BY_MASS
             COMMON},
        {"constant", sfh_constant,
         "sfh.constant{ psi = } -> component\nConstant star formation rate.\n"
         "@param psi [Msun/yr] (1) star formation rate\n" BY_MASS EMPIRICAL},
        {"delayed", sfh_delayed,
         "sfh.delayed{ norm =, tau =, k = } -> component\nDelayed exponential: psi(t) = norm (t/tau)^k exp(-t/tau).\n"
         "@param norm [Msun/yr] (1) normalisation\n@param tau [yr] (1e9) e-folding time\n@param k (1) early "
         "slope\n" BY_MASS EMPIRICAL},
        {"lognormal", sfh_lognormal,
         "sfh.lognormal{ norm =, tau =, sigma = } -> component\n"
         "psi(t) = norm/sqrt(2 pi sigma^2) exp(-ln^2(t/tau)/(2 sigma^2)); note: no 1/t factor.\n"
         "@param norm [Msun/yr] (100) normalisation\n@param tau [yr] (3e8) peak time\n@param sigma (2) width in ln "
         "t\n" BY_MASS EMPIRICAL},
        {"dpl", sfh_dpl,
         "sfh.dpl{ norm =, tau =, alpha =, beta = } -> component\n"
         "Double power law (Carnall+18): psi(t) = norm / [(t/tau)^alpha + (t/tau)^-beta].\n"
         "@param norm [Msun/yr] (10) twice the rate at t = tau\n@param tau [yr] (3e9) turn-over time\n"
         "@param alpha (2) falling slope\n@param beta (2) rising slope\n" BY_MASS EMPIRICAL},
        {"exponential", sfh_exponential,
         "sfh.exponential{ norm =, tau = } -> component\n"
         "Exponential: psi(t) = norm exp(-t/tau), or rising, norm exp((t - age)/tau).\n"
         "@param norm [Msun/yr] (1) rate at the onset; rising: at the end\n@param tau [yr] (1e9) e-folding time\n"
         "@param rising (false) rate grows with time\n" BY_MASS EMPIRICAL},
        {"periodic", sfh_periodic,
         "sfh.periodic{ norm =, period =, tau = } -> component\n"
         "Bursts that begin at t = 0, period, 2 period ... and add up (after CIGALE, Boquien+19).\n"
         "@param norm [Msun/yr] (10) highest rate of one burst\n@param period [yr] (5e8) time from burst to burst\n"
         "@param tau [yr] (5e7) time-scale of a burst; rectangle: its duration\n"
         "@param shape (exponential) 'exponential', 'delayed' (t exp(-t/tau)) or 'rectangle'\n" BY_MASS EMPIRICAL},
        {"burst", sfh_burst,
         "sfh.burst{ mass = } -> component\nAll stars at once, when the galaxy's age was 0: a simple stellar "
         "population of its age.\n" MASS EMPIRICAL},
        {"continuity", sfh_continuity,
         "sfh.continuity{ n =, mass = } -> component\n"
         "Constant rates in bins of lookback time, youngest first; r1 .. r(n-1) are the log10 ratios of a bin's rate "
         "to "
         "the\nnext older one's. Their usual prior, g:priors(\"sfh\"), is Student's t with 2 degrees of freedom, width "
         "0.3 (Leja+19).\n" EDGES MASS EMPIRICAL},
        {"flexible", sfh_flexible,
         "sfh.flexible{ n =, mass = } -> component\n"
         "As sfh.continuity, but the bins between the youngest (30 Myr) and the oldest (from 0.85 age) form equal "
         "masses:\ntheir edges follow from the ratios r2 .. r(n-2) (Leja+19).\n" BINS MASS EMPIRICAL},
        {"psb", sfh_psb,
         "sfh.psb{ n =, n_old =, mass =, tlast = } -> component\n"
         "For post-starburst galaxies (Suess+22): a youngest bin of free length tlast, bins of equal mass whose edges "
         "move\nfrom there to tflex, n_old bins of equal length behind it; ratios r1 .. r(n-1) as in sfh.continuity.\n"
         "@param n (9) number of all bins, up to 32\n@param n_old (3) number of old bins\n"
         "@param tflex [yr] (2e9) lookback time where they begin, at most 0.6 age\n"
         "@param tlast [yr] (2e8) end of the youngest bin\n" MASS EMPIRICAL},
        {"dirichlet", sfh_dirichlet,
         "sfh.dirichlet{ n =, mass =, alpha = } -> component\n"
         "Constant rates in bins of lookback time; the shares of the bins have a Dirichlet prior (Leja+17), sampled "
         "by stick\nbreaking: z1 is the share of the youngest bin, z2 that of the second in what is left, ... Prior: "
         "g:priors(\"sfh\").\n@param alpha (1) concentration of the prior: below 1 bursty, above 1 smooth\n"
         "@param of (mass) shares of the 'mass' or of the 'rate'\n" EDGES MASS EMPIRICAL},
        {"stochastic", sfh_stochastic,
         "sfh.stochastic{ n =, mass =, sigma_reg =, tau_eq =, tau_in =, sigma_dyn =, tau_dyn = } -> component\n"
         "Constant rates in bins of lookback time; log10 of the rate is a Gaussian process with the covariance of the\n"
         "extended regulator model (Tacchella+20, Iyer+24, Wan+24). x1 .. x(n-1) are independent normal deviates that "
         "its\nCholesky factor turns into correlated ratios of neighbours; prior normal(0, 1): g:priors(\"sfh\").\n"
         "@param sigma_reg (0.3) scatter by gas flows [dex]\n@param tau_eq [yr] (2.5e9) equilibrium time\n"
         "@param tau_in [yr] (1.5e8) time-scale of the inflow\n"
         "@param sigma_dyn (0.03) scatter by giant clouds [dex]\n@param tau_dyn [yr] (2.5e7) their lifetime\n" EDGES
             MASS EMPIRICAL},
        {"table", sfh_table,
         "sfh.table{ t =, psi = } -> component\nTabulated history, linear between rows, zero outside.\n"
         "@param t [yr] times since the onset, ascending\n@param psi [Msun/yr] rates\n@param scale (1) factor on the "
         "rates\n" BY_MASS EMPIRICAL},
        {NULL, NULL, NULL},
    };
    static const gal_lua_row inner[] = {
        {"history", make_custom,
         "history(definition, options) -> component\nInternal: a history from its checked definition; see sfh.custom."},
        {NULL, NULL, NULL},
    };
    gal_lua_module(L, "sfh", sfh, "Star formation histories.");
    gal_lua_module(L, "custom_component", inner, NULL);
}
