/* Star formation histories: the registry of models, their parameters and choices. Formulas in galua/sfh.h; evaluation in history.c. */
#include "galua/sfh.h"

#include "galua/num.h"
#include "sfh/sfh_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const names[GAL_SFH_KINDS] = {
    [GAL_SFH_INSITU] = "insitu",         [GAL_SFH_CONSTANT] = "constant", [GAL_SFH_DELAYED] = "delayed",
    [GAL_SFH_LOGNORMAL] = "lognormal",   [GAL_SFH_DPL] = "dpl",           [GAL_SFH_EXPONENTIAL] = "exponential",
    [GAL_SFH_PERIODIC] = "periodic",     [GAL_SFH_BURST] = "burst",       [GAL_SFH_CONTINUITY] = "continuity",
    [GAL_SFH_FLEXIBLE] = "flexible",     [GAL_SFH_PSB] = "psb",           [GAL_SFH_DIRICHLET] = "dirichlet",
    [GAL_SFH_STOCHASTIC] = "stochastic", [GAL_SFH_TABLE] = "table",       [GAL_SFH_CUSTOM] = "custom",
};
static const char *const docs[GAL_SFH_KINDS] = {
    [GAL_SFH_INSITU] = "in-situ galaxy: analytic gas, metal and dust evolution (Lapi+18,20; Pantoni+19)",
    [GAL_SFH_CONSTANT] = "constant star formation rate",
    [GAL_SFH_DELAYED] = "delayed exponential: norm (t/tau)^k exp(-t/tau)",
    [GAL_SFH_LOGNORMAL] = "log-normal in time (no 1/t factor): norm/sqrt(2 pi sigma^2) exp(-ln^2(t/tau)/(2 sigma^2))",
    [GAL_SFH_DPL] = "double power law: norm / [(t/tau)^alpha + (t/tau)^-beta] (Carnall+18)",
    [GAL_SFH_EXPONENTIAL] = "exponential: norm exp(-t/tau), or rising, norm exp((t - age)/tau)",
    [GAL_SFH_PERIODIC] = "bursts repeated with a period",
    [GAL_SFH_BURST] = "all stars at once, at the onset: a simple stellar population",
    [GAL_SFH_CONTINUITY] = "constant in fixed bins, ratios of neighbours with a Student t prior (Leja+19)",
    [GAL_SFH_FLEXIBLE] = "bins of equal mass whose edges move (Leja+19)",
    [GAL_SFH_PSB] = "post-starburst: flexible bins behind a youngest one of free length (Suess+22)",
    [GAL_SFH_DIRICHLET] = "constant in fixed bins, shares with a Dirichlet prior (Leja+17)",
    [GAL_SFH_STOCHASTIC] = "constant in fixed bins, log rate a Gaussian process (Iyer+24, Wan+24)",
    [GAL_SFH_TABLE] = "table of (t, psi), linear in between, zero outside",
    [GAL_SFH_CUSTOM] = "a function of time and parameters",
};

const char *gal_sfh_name(gal_sfh_kind k)
{
    return names[k];
}

const char *gal_sfh_doc(gal_sfh_kind k)
{
    return docs[k];
}

gal_status gal_sfh_find(const char *name, gal_sfh_kind *out)
{
    char known[200] = "", hint[80];
    size_t used = 0;
    for (int i = 0; i < GAL_SFH_KINDS; i++) {
        if (strcmp(name, names[i]) == 0) {
            *out = (gal_sfh_kind)i;
            return GAL_OK;
        }
        used += (size_t)snprintf(known + used, sizeof known - used, " %s", names[i]);
    }
    gal_did_you_mean(hint, sizeof hint, name, names, GAL_SFH_KINDS);
    return gal_fail(GAL_ENOTFOUND, "unknown star formation history '%s'%s (known:%s)", name, hint, known);
}

// clang-format off
/*   name          unit       doc                                                     value  lo     hi     plo   phi   log    free */
static const gal_param p_insitu[] = {
    {"psi_max",    "Msun/yr", "normalisation; also sets the outflow",                  100,  1e-4,  1e6,   1,    1e4,  true,  true},
    {"tau_star",   "yr",      "star formation (condensation) time-scale",              3e8,  1e5,   1e12,  1e6,  1e11, true,  true}};
static const gal_param p_constant[] = {
    {"psi",        "Msun/yr", "star formation rate",                                   1,    0,     1e6,   1e-3, 1e4,  true,  true}};
static const gal_param p_delayed[] = {
    {"norm",       "Msun/yr", "normalisation",                                         1,    0,     1e8,   1e-3, 1e4,  true,  true},
    {"tau",        "yr",      "e-folding time",                                        1e9,  1e5,   1e12,  1e7,  1e11, true,  true},
    {"k",          "",        "early slope",                                           1,    0,     20,    0,    5,    false, false}};
static const gal_param p_lognormal[] = {
    {"norm",       "Msun/yr", "normalisation",                                         100,  0,     1e8,   1e-3, 1e4,  true,  true},
    {"tau",        "yr",      "peak time",                                             3e8,  1e5,   1e12,  1e7,  1e11, true,  true},
    {"sigma",      "",        "width in ln t",                                         2,    0.05,  20,    0.1,  5,    false, true}};
static const gal_param p_dpl[] = {
    {"norm",       "Msun/yr", "twice the rate at t = tau",                             10,   0,     1e8,   1e-3, 1e4,  true,  true},
    {"tau",        "yr",      "turn-over time",                                        3e9,  1e5,   1e12,  1e7,  1.4e10, true, true},
    {"alpha",      "",        "falling slope",                                         2,    0.1,   1000,  0.1,  100,  true,  true},
    {"beta",       "",        "rising slope",                                          2,    0.1,   1000,  0.1,  100,  true,  true}};
static const gal_param p_exponential[] = {
    {"norm",       "Msun/yr", "rate at the onset; rising: at the end",                 1,    0,     1e8,   1e-3, 1e4,  true,  true},
    {"tau",        "yr",      "e-folding time",                                        1e9,  1e5,   1e12,  1e8,  2e10, true,  true}};
static const gal_param p_periodic[] = {
    {"norm",       "Msun/yr", "highest rate of one burst",                             10,   0,     1e8,   1e-3, 1e4,  true,  true},
    {"period",     "yr",      "time from burst to burst",                              5e8,  2e7,   2e10,  5e7,  5e9,  true,  true},
    {"tau",        "yr",      "time-scale of a burst; rectangle: its duration",        5e7,  1e5,   1e10,  1e7,  1e9,  true,  true}};
static const gal_param p_table[] = {
    {"scale",      "",        "factor on the tabulated rate",                          1,    0,     1e12,  1e-3, 1e3,  true,  true}};
static const gal_param p_mass =
    {"mass",       "Msun",    "mass of all stars formed until the age",                1e10, 0,     1e15,  1e7,  1e13, true,  true};
static const gal_param p_tlast =
    {"tlast",      "yr",      "end of the youngest bin, lookback time",                2e8,  1e6,   2e9,   1e7,  1.5e9, false, true};
static const gal_param p_burst[] = {
    {"f_burst",    "",        "share of all stars formed that the burst formed",       0.1,  0,     0.99,  0,    0.9,  false, true},
    {"age_burst",  "yr",      "time since the burst began",                            1e8,  1e5,   2e10,  1e7,  5e9,  true,  true},
    {"tau_burst",  "yr",      "decay time of the burst; rectangle: its duration",      3e7,  1e5,   1e10,  1e6,  3e8,  true,  true}};
static const gal_param p_quench =
    {"tau_quench", "yr",      "star formation stops at this galaxy time",              1e20, 1e5,   1e21,  1e7,  1.4e10, true, false};
static const gal_param p_empirical[] = {
    {"Mdust",      "Msun",    "dust mass",                                             1e8,  0,     1e13,  1e5,  1e10, true,  true},
    {"Z",          "",        "metallicity (mass fraction) of gas and stars, now",     0.01, 1e-6,  0.2,   1e-4, 0.05, true,  true},
    {"Z_start",    "",        "metallicity (mass fraction) at the onset",              1e-4, 1e-6,  0.2,   1e-4, 0.05, true,  false},
    {"t_step",     "yr",      "galaxy time at which the metallicity becomes Z",        5e8,  0,     2e10,  1e7,  1.3e10, false, true}};
static const gal_param p_formed =
    {"mass",       "Msun",    "mass of all stars formed until the age, those of a burst on top included", 1e10, 0, 1e15, 1e7, 1e13, true, true};
static const struct { const gal_param *p; size_t n; } own[GAL_SFH_KINDS] = {
    [GAL_SFH_INSITU] = {p_insitu, 2}, [GAL_SFH_CONSTANT] = {p_constant, 1}, [GAL_SFH_DELAYED] = {p_delayed, 3},
    [GAL_SFH_LOGNORMAL] = {p_lognormal, 3}, [GAL_SFH_DPL] = {p_dpl, 4}, [GAL_SFH_EXPONENTIAL] = {p_exponential, 2},
    [GAL_SFH_PERIODIC] = {p_periodic, 3}, [GAL_SFH_BURST] = {&p_formed, 1},
    [GAL_SFH_TABLE] = {p_table, 1}};

#define NUMBERED(x) {x "1", x "2", x "3", x "4", x "5", x "6", x "7", x "8", x "9", x "10", x "11", x "12", x "13", x "14", x "15", \
    x "16", x "17", x "18", x "19", x "20", x "21", x "22", x "23", x "24", x "25", x "26", x "27", x "28", x "29", x "30", x "31"}
static const char *const ratio_name[GAL_SFH_MAXBIN - 1] = NUMBERED("r"), *const share_name[GAL_SFH_MAXBIN - 1] = NUMBERED("z"),
    *const normal_name[GAL_SFH_MAXBIN - 1] = NUMBERED("x");
// clang-format on

static gal_status take_table(gal_sfh *s, const double *t, const double *psi, size_t n)
{
    if (n < 2 || !t || !psi)
        return gal_fail(GAL_EINVAL, "sfh.table: %zu rows, at least 2 are needed", n);
    gal_status st = gal_check_ascending("sfh.table: time", t, n);
    if (st != GAL_OK)
        return st;
    if (t[0] < 0)
        return gal_fail(GAL_EDOMAIN, "sfh.table: time starts at %g yr, before the onset at 0", t[0]);
    for (size_t i = 0; i < n; i++)
        if (!(psi[i] >= 0) || isinf(psi[i]))
            return gal_fail(GAL_EDOMAIN, "sfh.table: rate %g in row %zu must be finite and >= 0", psi[i], i + 1);
    if (!(s->t = GAL_NEWN(double, 3 * n)))
        return GAL_ENOMEM;
    s->psi = s->t + n;
    s->cum = s->t + 2 * n;
    memcpy(s->t, t, n * sizeof *t);
    memcpy(s->psi, psi, n * sizeof *psi);
    gal_cumtrapz(t, psi, n, s->cum);
    s->ntable = n;
    s->o.table_t = s->t;
    s->o.table_psi = s->psi;
    return GAL_OK;
}

static gal_status positive(const char *kind, const char *what, double *v, double standard)
{
    if (*v == 0)
        *v = standard;
    return *v > 0 && isfinite(*v) ? GAL_OK
                                  : gal_fail(GAL_EDOMAIN, "sfh.%s: %s = %g must be a number above 0", kind, what, *v);
}

/* Number and edges of the bins, and the choices of their model. */
static gal_status take_bins(gal_sfh *s)
{
    gal_status st = GAL_OK;
    gal_sfh_opts *o = &s->o;
    const char *kind = names[s->kind];
    size_t least = 2;
    bool moving = s->kind == GAL_SFH_FLEXIBLE || s->kind == GAL_SFH_PSB;
    if (moving) {
        o->nold = s->kind == GAL_SFH_FLEXIBLE ? 1 : o->nold ? o->nold : 3;
        least = o->nold + 2;
        if (o->nedge)
            return gal_fail(GAL_EINVAL, "sfh.%s: its edges move, leave 'edges' out", kind);
        GAL_TRY(positive(kind, "tflex", &o->tflex, 2e9));
    }
    if (o->nedge) {
        if (o->nbin && o->nbin != o->nedge + 1)
            return gal_fail(GAL_EINVAL, "sfh.%s: n = %zu, but %zu inner edges make %zu bins", kind, o->nbin, o->nedge,
                            o->nedge + 1);
        o->nbin = o->nedge + 1;
        GAL_TRY(gal_check_ascending("sfh: edges", o->edge, o->nedge));
        if (!(o->edge[0] > 0))
            return gal_fail(GAL_EDOMAIN,
                            "sfh.%s: the first inner edge is %g yr: the youngest bin starts at 0 without it", kind,
                            o->edge[0]);
    }
    if (!o->nbin)
        o->nbin = s->kind == GAL_SFH_PSB ? 1 + 5 + o->nold : 7;
    if (o->nbin < least || o->nbin > GAL_SFH_MAXBIN)
        return gal_fail(GAL_EDOMAIN, "sfh.%s: %zu bins, %zu .. %d are possible", kind, o->nbin, least, GAL_SFH_MAXBIN);
    if (o->nedge) {
        if (!(s->edge = GAL_NEWN(double, o->nedge)))
            return GAL_ENOMEM;
        memcpy(s->edge, o->edge, o->nedge * sizeof *s->edge);
    }
    o->edge = s->edge;
    GAL_TRY(positive(kind, "alpha", &o->alpha, 1));
    GAL_TRY(positive(kind, "sigma_reg", &o->sigma_reg, 0.3));
    GAL_TRY(positive(kind, "tau_eq", &o->tau_eq, 2.5e9));
    GAL_TRY(positive(kind, "tau_in", &o->tau_in, 1.5e8));
    GAL_TRY(positive(kind, "tau_dyn", &o->tau_dyn, 2.5e7));
    if (o->sigma_dyn == 0)
        o->sigma_dyn = 0.03;
out:
    return st;
}

static void add(gal_sfh *s, const gal_param *p, size_t n)
{
    memcpy(s->par + s->npar, p, n * sizeof *p);
    s->npar += n;
}

static void add_bins(gal_sfh *s)
{
    size_t n = s->o.nbin;
    add(s, &p_mass, 1);
    if (s->kind == GAL_SFH_PSB)
        add(s, &p_tlast, 1);
    for (size_t i = 0; i + 1 < n; i++) {
        if (s->kind == GAL_SFH_DIRICHLET) /* the default: equal shares */
            add(s,
                &(gal_param){share_name[i], "", "share of what younger bins leave", 1. / (double)(n - i), 0, 1, 0, 1,
                             false, true},
                1);
        else if (s->kind == GAL_SFH_STOCHASTIC)
            add(s, &(gal_param){normal_name[i], "", "normal deviate of the rates", 0, -10, 10, -3, 3, false, true}, 1);
        else
            add(s,
                &(gal_param){ratio_name[i], "", "log10 ratio of the rates of a bin and the next older one", 0, -10, 10,
                             -1.5, 1.5, false, true},
                1);
    }
}

gal_status gal_sfh_init(gal_sfh *s, const gal_sfh_opts *o)
{
    gal_status st = GAL_OK;
    gal_sfh_kind kind = o->kind;
    *s = (gal_sfh){.kind = kind, .o = *o};
    s->o.table_t = s->o.table_psi = s->o.edge = NULL;
    s->o.custom = NULL;
    if (kind == GAL_SFH_INSITU && o->metals != GAL_METALS_CONSTANT)
        return gal_fail(GAL_EINVAL, "sfh.insitu: has its own metal evolution, leave 'metallicity' out");
    s->o.by_mass = o->by_mass && kind != GAL_SFH_BURST && !gal_sfh_is_binned(kind);
    if (kind == GAL_SFH_BURST && o->burst)
        return gal_fail(GAL_EINVAL, "sfh.burst: is a burst already, leave 'burst' out");
    if (kind == GAL_SFH_TABLE)
        GAL_TRY(take_table(s, o->table_t, o->table_psi, o->ntable));
    if (kind == GAL_SFH_CUSTOM) {
        if (o->custom->npar + o->by_mass > GAL_SFH_MAXBIN)
            return gal_fail(GAL_EINVAL, "sfh.custom: %zu parameters, at most %d are possible", o->custom->npar,
                            GAL_SFH_MAXBIN);
        s->custom = *o->custom;
        s->custom.ref(s->custom.self);
        s->o.custom = &s->custom;
        add(s, o->custom->par, o->custom->npar);
        if (o->by_mass)
            add(s, &p_formed, 1);
    } else if (gal_sfh_is_binned(kind)) {
        s->o.edge = o->edge;
        GAL_TRY(take_bins(s));
        add_bins(s);
    } else {
        add(s, own[kind].p, own[kind].n);
        if (o->by_mass)
            s->par[0] = p_formed;
    }
    s->nown = s->npar;
    if (o->burst)
        add(s, p_burst, o->burst == GAL_BURST_DELTA ? 2 : 3);
    add(s, &p_quench, 1);
    if (kind != GAL_SFH_INSITU)
        add(s, p_empirical, o->metals == GAL_METALS_CONSTANT ? 2 : o->metals == GAL_METALS_STEP ? 4 : 3);
out:
    if (st != GAL_OK)
        gal_sfh_clear(s);
    return st;
}

void gal_sfh_clear(gal_sfh *s)
{
    gal_free(s->t);
    gal_free(s->edge);
    s->t = s->psi = s->cum = s->edge = NULL;
    s->o.edge = s->o.table_t = s->o.table_psi = NULL;
    s->ntable = 0;
    if (s->custom.self)
        s->custom.unref(s->custom.self);
    s->custom.self = NULL;
}

size_t gal_sfh_quench_index(const gal_sfh *s)
{
    return s->nown + (s->o.burst == GAL_BURST_NONE ? 0 : s->o.burst == GAL_BURST_DELTA ? 2 : 3);
}

gal_hash gal_sfh_hash(const gal_sfh *s)
{
    const gal_sfh_opts *o = &s->o;
    char text[400];
    int n = snprintf(text, sizeof text, "%s %d %d %d %d %zu %zu %.17g %.17g %d %.17g %.17g %.17g %.17g %.17g",
                     names[s->kind], (int)o->metals, (int)o->burst, o->rising, (int)o->shape, o->nbin, o->nold,
                     o->tflex, o->alpha, o->of_rate, o->sigma_reg, o->tau_eq, o->tau_in, o->sigma_dyn, o->tau_dyn);
    gal_hash h = gal_hash_bytes(text, (size_t)n);
    if (o->by_mass)
        h = gal_hash_combine(h, gal_hash_bytes("mass", 4));
    if (o->nedge)
        h = gal_hash_combine(h, gal_hash_bytes(s->edge, o->nedge * sizeof *s->edge));
    if (s->ntable)
        h = gal_hash_combine(h, gal_hash_bytes(s->t, 2 * s->ntable * sizeof *s->t));
    return s->kind == GAL_SFH_CUSTOM ? gal_hash_combine(h, s->custom.hash) : h;
}

const char *gal_sfh_prior(const gal_sfh *s, size_t i, char *buf, size_t size)
{
    size_t first = s->kind == GAL_SFH_PSB ? 2 : 1;
    buf[0] = '\0';
    if (!gal_sfh_is_binned(s->kind) || i < first || i >= s->nown)
        return buf;
    if (s->kind == GAL_SFH_DIRICHLET)
        snprintf(buf, size, "beta(%.15g, %.15g, 0, 1)", s->o.alpha, s->o.alpha * (double)(s->nown - i));
    else if (s->kind == GAL_SFH_STOCHASTIC)
        snprintf(buf, size, "normal(0, 1)");
    else
        snprintf(buf, size, "student(0, 0.3, 2, -10, 10)");
    return buf;
}

size_t gal_sfh_max_breaks(const gal_sfh *s)
{
    return s->ntable + s->o.nbin + (s->kind == GAL_SFH_PERIODIC ? GAL_PERIODIC_BREAKS : 0) +
           (s->o.burst ? GAL_BURST_BREAKS : 0) + 1;
}
