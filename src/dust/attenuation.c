/* Attenuation laws as components: attenuation.calzetti{ A_V = 1 } and its kin. Each is a curve c(lambda) = A(lambda)/A(5500 A) for
 * the diffuse dust, A = A_V c, in front of all stars, and a power law for the birth clouds of young stars,
 * A_birth = A_V_birth (lambda/5500 A)^n_birth (Charlot & Fall 2000), none by default. What they absorb is re-emitted by the
 * galaxy's dust emission (group `dust`). The curves come from laws.c; their wavelength dependence is tabulated per grid. */
#include "dust/dust.h"
#include "dust/dust_kern.h"
#include "astro/laws.h"
#include "galua/component.h"

#include <math.h>
#include <string.h>

#define MAG_TO_TAU 0.921034037197618 /* 0.4 ln 10 */

/* On a grid: ln(lambda/5500 A) and up to three base curves. */
typedef struct law_table {
    size_t n;
    double *lnx, *a, *b, *c;
} law_table;

/* What tells laws apart: how many parameters of their own they have, the base curves, the curve and its change with these parameters (NULL: there
 * are none). */
typedef struct law {
    size_t own;
    void (*base)(double wave, double base[3]);
    void (*curve)(const law_table *t, const double *p, double *curve);
    void (*curve_jvp)(const law_table *t, const double *p, const double *dp, const double *curve, double *dcurve);
} law;

static void teardown(void *table)
{
    law_table *t = table;
    gal_free(t->lnx);
    gal_free(t);
}

static gal_status setup(void **table, const void *self, const gal_wavegrid *g)
{
    const law *l = self;
    law_table *t = GAL_NEW(law_table);
    if (!t || !(t->lnx = GAL_NEWN(double, 4 * g->n))) {
        gal_free(t);
        return GAL_ENOMEM;
    }
    t->n = g->n;
    t->a = t->lnx + g->n;
    t->b = t->a + g->n;
    t->c = t->b + g->n;
    for (size_t k = 0; k < g->n; k++) {
        double base[3] = {0};
        t->lnx[k] = log(g->wave[k] / 5500);
        if (l->base)
            l->base(g->wave[k], base);
        t->a[k] = base[0];
        t->b[k] = base[1];
        t->c[k] = base[2];
    }
    *table = t;
    return GAL_OK;
}

/* scratch: parameters of the curves now kept (8, then a flag), the two curves */
enum { KEPT = 16, FLAG = 8 };
static size_t scratch(const void *self, const gal_wavegrid *g)
{
    (void)self;
    return KEPT + 2 * g->n;
}

/* The last parameters of every law: A_V, A_V_birth, n_birth, tau_esc; `own` precede them. */
enum { T_AV, T_AV_BIRTH, T_N_BIRTH, T_TAU_ESC, NTAIL };

/* Attenuation from the curve; fills it when the law's own parameters changed. */
static gal_status screen(const gal_stage *s, gal_screen *out)
{
    const law *l = s->self;
    const law_table *t = s->table;
    size_t own = l->own;
    const double *p = s->p, *tail = s->p + own;
    double *kept = s->scratch, *diffuse = kept + KEPT, *birth = diffuse + t->n;
    const struct dust_kern *kern = GAL_KERN_PICK(dust_kern);
    if (kept[FLAG] == 0 || memcmp(kept, p, own * sizeof *p) != 0)
        l->curve(t, p, diffuse);
    if (kept[FLAG] == 0 || kept[FLAG + 1] != tail[T_N_BIRTH])
        kern->power_law(t->n, -tail[T_N_BIRTH], t->lnx, birth);
    if (own)
        memcpy(kept, p, own * sizeof *p);
    kept[FLAG] = 1;
    kept[FLAG + 1] = tail[T_N_BIRTH];
    out->av_dd = tail[T_AV];
    out->av_mc = tail[T_AV_BIRTH];
    kern->screen(t->n, MAG_TO_TAU * out->av_dd, diffuse, out->att_dd, out->abs_dd);
    kern->screen(t->n, MAG_TO_TAU * out->av_mc, birth, out->att_mc, out->abs_mc);
    return GAL_OK;
}

static gal_status screen_jvp(const gal_stage *s, const gal_stage *d, const gal_screen *out, gal_screen *change)
{
    const law *l = s->self;
    const law_table *t = s->table;
    const double *tail = s->p + l->own, *dtail = d->p + l->own, *diffuse = s->scratch + KEPT, *birth = diffuse + t->n;
    double *dcurve = d->scratch + KEPT;
    change->av_dd = dtail[T_AV];
    change->av_mc = dtail[T_AV_BIRTH];
    if (l->curve_jvp)
        l->curve_jvp(t, s->p, d->p, diffuse, dcurve);
    gal_dust_screen_jvp(t->n, tail[T_AV], dtail[T_AV], diffuse, l->curve_jvp ? dcurve : NULL, out->att_dd,
                        change->att_dd, change->abs_dd);
    for (size_t k = 0; k < t->n; k++)
        dcurve[k] = birth[k] * t->lnx[k] * dtail[T_N_BIRTH];
    gal_dust_screen_jvp(t->n, tail[T_AV_BIRTH], dtail[T_AV_BIRTH], birth, dcurve, out->att_mc, change->att_mc,
                        change->abs_mc);
    return GAL_OK;
}

/* Backward: of a law's own parameters (two at most) one after the other. */
static gal_status screen_vjp(const gal_stage *s, const gal_screen *out, const gal_screen *g, double *gp, gal_view *gv)
{
    const law *l = s->self;
    const law_table *t = s->table;
    size_t own = l->own;
    const double *tail = s->p + own, *diffuse = s->scratch + KEPT, *birth = diffuse + t->n;
    double *gcurve = g->att_mc, *change = g->abs_mc; /* both have been read when they are written */
    (void)gv;
    gp[own + T_AV_BIRTH] +=
        g->av_mc + gal_dust_screen_vjp(t->n, tail[T_AV_BIRTH], birth, out->att_mc, g->att_mc, g->abs_mc, gcurve);
    for (size_t k = 0; k < t->n; k++)
        gp[own + T_N_BIRTH] += gcurve[k] * birth[k] * t->lnx[k];
    gp[own + T_AV] +=
        g->av_dd + gal_dust_screen_vjp(t->n, tail[T_AV], diffuse, out->att_dd, g->att_dd, g->abs_dd, gcurve);
    for (size_t i = 0; i < own; i++) {
        const double unit[2] = {i == 0, i == 1};
        l->curve_jvp(t, s->p, unit, diffuse, change);
        for (size_t k = 0; k < t->n; k++)
            gp[i] += gcurve[k] * change[k];
    }
    return GAL_OK;
}

// clang-format off
/*   name         unit   doc                                                                 value  lo    hi    plo   phi  log    free */
#define TAIL \
    {"A_V",       "mag", "attenuation by diffuse dust at 5500 A",                            0.5,   0,    100,  0,    4,   false, true}, \
    {"A_V_birth", "mag", "further attenuation of stars in birth clouds at 5500 A",           0,     0,    1000, 0,    4,   false, false}, \
    {"n_birth",   "",    "its slope: A ~ lambda^n",                                          -1.3,  -5,   0,    -2,   0,   false, false}, \
    {"tau_esc",   "yr",  "time before stars start to leave their birth cloud",               1e7,   1e3,  1e10, 1e6,  1e8, true,  false}
// clang-format on

static const gal_option option[] = {GAL_CUT_OPTION};

/* What all classes share; behind it what is the law's own: base, curve, curve_jvp */
#define LAW(symbol, name, text, params, own_, ...)                                                                     \
    static const law symbol##_law = {own_, __VA_ARGS__};                                                               \
    const gal_component_class symbol = {                                                                               \
        .group = "attenuation",                                                                                        \
        .kind = name,                                                                                                  \
        .about = "Attenuation laws, instead of the ism.",                                                              \
        .doc = text "\nA(lambda) = A_V c(lambda); stars younger than tau_esc also meet A_V_birth (lambda/5500 "        \
                    "A)^n_birth.",                                                                                     \
        .par = params,                                                                                                 \
        .npar = (own_) + NTAIL,                                                                                        \
        .option = option,                                                                                              \
        .noption = 1,                                                                                                  \
        .nlater = 1,                                                                                                   \
        .tau_esc = 1 + (own_) + T_TAU_ESC,                                                                             \
        .on_nodes = GAL_NODES_ANYWHERE,                                                                                \
        .cut = 1,                                                                                                      \
        .law = &symbol##_law,                                                                                          \
        .setup = setup,                                                                                                \
        .teardown = teardown,                                                                                          \
        .scratch = scratch,                                                                                            \
        .screen = screen,                                                                                              \
        .screen_jvp = screen_jvp,                                                                                      \
        .screen_vjp = screen_vjp,                                                                                      \
    }

static void copy_base(const law_table *t, const double *p, double *curve)
{
    (void)p;
    memcpy(curve, t->a, t->n * sizeof *curve);
}

/* ------------------------------------------------------------------ power law */
static void power_curve(const law_table *t, const double *p, double *curve)
{
    GAL_KERN_PICK(dust_kern)->power_law(t->n, -p[0], t->lnx, curve);
}
// clang-format off
static const gal_param power_par[] = {
    {"n",         "",    "slope of the diffuse dust: c = (lambda/5500 A)^n",                 -0.7,  -5,   0,    -2,   0,   false, false},
    TAIL};
// clang-format on
static void power_jvp(const law_table *t, const double *p, const double *dp, const double *curve, double *dcurve)
{
    (void)p;
    for (size_t k = 0; k < t->n; k++)
        dcurve[k] = curve[k] * t->lnx[k] * dp[0];
}
LAW(gal_attenuation_power_law, "power_law",
    "Two power laws (Charlot & Fall 2000, ApJ 539, 718): c = (lambda/5500 A)^n for diffuse dust.", power_par, 1, NULL,
    power_curve, power_jvp);

/* ------------------------------------------------------------------ Calzetti, and with slope and bump */
static void calzetti_base(double wave, double base[3])
{
    base[0] = gal_law_calzetti_k(wave) / gal_law_calzetti_k(5500);
    base[1] = gal_law_bump(wave);
}
static const gal_param tail_par[] = {TAIL};
LAW(gal_attenuation_calzetti, "calzetti",
    "Starburst galaxies (Calzetti et al. 2000, ApJ 533, 682; Leitherer et al. 2002 below 1500 A).", tail_par, 0,
    calzetti_base, copy_base, NULL);

/* Salim et al. 2018, eqs 3-5: c = [c_Calzetti x^delta + E_b D / R_V,mod] / (the same at 5500 A), where
 *     R_V,mod = R_V / [(R_V + 1) (4400/5500)^delta - R_V],  R_V = 4.05,
 * is the ratio of total to selective extinction of the curve with that slope: E_b is the strength of the feature in units of
 * A/E(B-V). Without limit, from delta = 0.99 on, there is no feature. */
static void salim_curve(const law_table *t, const double *p, double *curve)
{
    const double cal = 4.05;
    double inverse = fmax(((cal + 1) * pow(0.8, p[0]) - cal) / cal, 0), bump = p[1] * inverse;
    double v = 1 + bump * gal_law_bump(5500);
    GAL_KERN_PICK(dust_kern)->power_law(t->n, -p[0], t->lnx, curve);
    for (size_t k = 0; k < t->n; k++) {
        double c = (curve[k] * t->a[k] + bump * t->b[k]) / v;
        curve[k] = c > 0 ? c : 0;
    }
}
// clang-format off
static const gal_param salim_par[] = {
    {"delta",     "",    "slope added to the Calzetti law: x (lambda/5500 A)^delta",         0,     -2,   1.5,  -1.2, 0.4, false, true},
    {"E_b",       "",    "strength of the 2175 A feature (3.5 in the Milky Way)",            0,     -2,   8,    0,    6,   false, false},
    TAIL};
// clang-format on
static void salim_jvp(const law_table *t, const double *p, const double *dp, const double *curve, double *dcurve)
{
    const double cal = 4.05;
    double up = (cal + 1) * pow(0.8, p[0]), inverse = (up - cal) / cal, dinverse = up / cal * log(0.8) * dp[0];
    if (!(inverse > 0))
        inverse = dinverse = 0;
    double bump = p[1] * inverse, dbump = dp[1] * inverse + p[1] * dinverse;
    double v = 1 + bump * gal_law_bump(5500), dv = dbump * gal_law_bump(5500);
    for (size_t k = 0; k < t->n; k++) {
        double slope = exp(p[0] * t->lnx[k]) * t->a[k] * t->lnx[k] * dp[0];
        dcurve[k] = curve[k] > 0 ? (slope + dbump * t->b[k] - curve[k] * dv) / v : 0;
    }
}
LAW(gal_attenuation_salim18, "salim18",
    "The Calzetti law with a free slope and a 2175 A feature (Noll et al. 2009, A&A 507, 1793; Salim et al. 2018, ApJ "
    "859, 11):\n"
    "c ~ k_Calzetti (lambda/5500 A)^delta/4.05 + E_b D(lambda)/R_V,mod(delta), D a Drude profile of width 350 A.",
    salim_par, 2, calzetti_base, salim_curve, salim_jvp);

/* ------------------------------------------------------------------ extinction curves of the Milky Way and the Clouds */
static void cardelli_base(double wave, double base[3])
{
    gal_law_cardelli_ab(wave, &base[0], &base[1]);
}
static void cardelli_curve(const law_table *t, const double *p, double *curve)
{
    double a, b;
    gal_law_cardelli_ab(5500, &a, &b);
    double v = a + b / p[0];
    for (size_t k = 0; k < t->n; k++) {
        double c = (t->a[k] + t->b[k] / p[0]) / v;
        curve[k] = c > 0 ? c : 0; /* the infrared part turns negative for R_V < 0.92 */
    }
}
// clang-format off
static const gal_param cardelli_par[] = {
    {"R_V",       "",    "ratio of total to selective extinction",                           3.1,   2,    6,    2,    6,   false, false},
    TAIL};
// clang-format on
static void cardelli_jvp(const law_table *t, const double *p, const double *dp, const double *curve, double *dcurve)
{
    double a, b, inverse = -dp[0] / (p[0] * p[0]);
    gal_law_cardelli_ab(5500, &a, &b);
    for (size_t k = 0; k < t->n; k++)
        dcurve[k] = curve[k] > 0 ? inverse * (t->b[k] - curve[k] * b) / (a + b / p[0]) : 0;
}
LAW(gal_attenuation_cardelli, "cardelli",
    "The Milky Way (Cardelli, Clayton & Mathis 1989, ApJ 345, 245; O'Donnell 1994 in the optical).", cardelli_par, 1,
    cardelli_base, cardelli_curve, cardelli_jvp);

static void smc_base(double wave, double base[3])
{
    base[0] = gal_law_gordon03(GAL_LAW_SMC_BAR, wave) / gal_law_gordon03(GAL_LAW_SMC_BAR, 5500);
}
LAW(gal_attenuation_smc, "smc", "The bar of the Small Magellanic Cloud (Gordon et al. 2003, ApJ 594, 279).", tail_par,
    0, smc_base, copy_base, NULL);

static void lmc_base(double wave, double base[3])
{
    base[0] = gal_law_gordon03(GAL_LAW_LMC, wave) / gal_law_gordon03(GAL_LAW_LMC, 5500);
}
LAW(gal_attenuation_lmc, "lmc", "The Large Magellanic Cloud, average (Gordon et al. 2003, ApJ 594, 279).", tail_par, 0,
    lmc_base, copy_base, NULL);

/* Gordon et al. 2016 (ApJ 826, 104) eqs 4-5: c = f c_MW(R_V,A) + (1 - f) c_SMC; here the Milky Way part is that of Cardelli. */
static void mixture_base(double wave, double base[3])
{
    smc_base(wave, base);
    base[2] = base[0];
    cardelli_base(wave, base);
}
static void mixture_curve(const law_table *t, const double *p, double *curve)
{
    cardelli_curve(t, p + 1, curve);
    for (size_t k = 0; k < t->n; k++)
        curve[k] = p[0] * curve[k] + (1 - p[0]) * t->c[k];
}
static void mixture_jvp(const law_table *t, const double *p, const double *dp, const double *curve, double *dcurve)
{
    double a, b, inverse = -dp[1] / (p[1] * p[1]);
    gal_law_cardelli_ab(5500, &a, &b);
    double v = a + b / p[1];
    (void)curve;
    for (size_t k = 0; k < t->n; k++) {
        double c = fmax((t->a[k] + t->b[k] / p[1]) / v, 0);
        dcurve[k] = dp[0] * (c - t->c[k]) + (c > 0 ? p[0] * inverse * (t->b[k] - c * b) / v : 0);
    }
}
// clang-format off
static const gal_param mixture_par[] = {
    {"f_A",       "",    "share of the Milky Way curve, the rest is the SMC bar",            0.5,   0,    1,    0,    1,   false, true},
    {"R_V",       "",    "R_V of the Milky Way part",                                        3.1,   2,    6,    2,    6,   false, false},
    TAIL};
// clang-format on
LAW(gal_attenuation_gordon16, "gordon16",
    "Mixture of Milky Way and Small Magellanic Cloud dust in the manner of Gordon et al. 2016 (ApJ 826, 104):\n"
    "c = f_A c_MW(R_V) + (1 - f_A) c_SMC, with the Milky Way curve of Cardelli et al. 1989.",
    mixture_par, 2, mixture_base, mixture_curve, mixture_jvp);
