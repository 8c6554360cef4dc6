/* An active nucleus of closed form, so that none has to be downloaded: accretion disc, dusty torus, polar dust, corona. Energy balance
 * holds between them: what torus and polar dust take from the disc over all directions, they re-emit.
 *
 * Disc: lambda L_lambda ~ lambda^1.2 (10-100 A), lambda^0 (100-1000 A), lambda^-0.5 (0.1-5 micron), lambda^-3 beyond (Schartmann et
 * al. 2005; Stalevski et al. 2016), brighter along its axis: L(mu) = L (6/7) mu (1 + 2 mu), mu = cos(inclination) (Netzer 1987).
 * Torus: of half-angle delta above the equator, optical depth tau_97 at 9.7 micron, 17 tau_97 in the V band with the Milky Way's
 * curve. Its upper edge is soft: a line of sight of elevation b meets it with probability h = erfc[(b - delta)/(4 deg sqrt 2)]/2, as
 * in clumpy tori (Nenkova et al. 2008). It takes int_0^1 (L(mu)/L) h dmu of the disc's light times what does not get through, and
 * re-emits it as black bodies with equal power per ln T from T_min to the sublimation temperature 1500 K (nu L_nu flat between 2
 * micron and 3000 micron K/T_min as in nearby nuclei: Mor & Netzer 2012), times e^(d S), S the profile of the silicate features at 9.7
 * and 18 micron, d = -h tau_97 + 0.3 (1 - h) (1 - e^-tau_97): in absorption where the torus hides the disc, weakly in emission where
 * it does not. The observer sees the disc through the mean h e^-tau + (1 - h) e^-polar.
 * Polar dust: E(B-V) of the SMC's curve over the rest of the sky; what it takes is re-emitted as a grey body of 100 K, beta = 1.6
 * (Yang et al. 2020). X-rays: L/K(L), photon index 1.8, cut off at 300 keV.
 *
 * agn.torus is added to the galaxy, its power set by fAGN; agn.embedded, its power given, shines through the galaxy's diffuse dust
 * and heats it; its X-rays, for which curves of dust attenuation are not made, pass. */
#include "component/agn.h"
#include "component/component_kern.h"
#include "component/xray.h"
#include "astro/laws.h"
#include "galua/const.h"
#include "galua/num.h"

#include <math.h>
#include <string.h>

const gal_quantity gal_agn_quantities[2] = {{"L_AGN", "Lsun", "bolometric luminosity of the active nucleus"},
                                            {"L_AGN_X", "Lsun", "2-10 keV luminosity of the active nucleus"}};

enum { POWER, INCLINATION, DELTA, TAU, EBV, T_MIN, NPAR };
enum { NT = 32 };
#define T_SUBLIMATION 1500.
#define COLDEST       50.
#define V_PER_97      17.
#define SMC_RV        2.74
#define EDGE          4. /* deg, dispersion of the torus's upper edge */

typedef struct shapes {
    size_t n;
    double *disc;  /* unit integral, 1/A */
    double *xray;  /* per 2-10 keV luminosity */
    double *tau;   /* torus: optical depth per tau_97 */
    double *smc;   /* polar dust: optical depth per E(B-V) */
    double *sil;   /* silicate profile, 1 at 9.7 micron */
    double *polar; /* grey body of 100 K, unit integral */
    double *black; /* [NT][n] black bodies of unit integral, COLDEST .. T_SUBLIMATION */
    const double *tw;
    /* On the nodes of a plan, what integrals over the whole grid follow from: Chebyshev coefficients of the disc's light that the torus
     * takes, of tau_97, and polar dust, of E(B-V); of black body i behind the silicates, of their depth. NULL: they are sums. */
    const double *taken[2], *behind; /* [NC], [NT][NC] */
    double
        *series; /* [2 + NT][NC] these; on the whole grid made when a plan first asks, under the lock of the tables */
} shapes;
enum { NC = 72 };
#define TAU_MOST 20. /* ends of the parameters' ranges */
#define EBV_MOST 3.

static void teardown(void *table)
{
    shapes *s = table;
    gal_free(s->disc);
    gal_free(s->series);
    gal_free(s);
}

static double disc_shape(double wave)
{
    if (wave < 10)
        return 0;
    double x = wave < 100    ? pow(wave / 100, 1.2)
               : wave < 1000 ? 1
               : wave < 5e4  ? pow(wave / 1000, -0.5)
                             : pow(50, -0.5) * pow(wave / 5e4, -3);
    return x / wave;
}

static double planck(double wave, double t)
{
    double x = GAL_H_CGS * GAL_C_AA / (GAL_KB_CGS * wave * t);
    return x > 300 ? 0 : pow(wave / 1e4, -5) / expm1(x);
}

static double silicate(double wave)
{
    double a = (wave * 1e-4 - 9.7) / 1.1, b = (wave * 1e-4 - 18) / 3;
    return exp(-0.5 * a * a) + 0.4 * exp(-0.5 * b * b);
}

static void to_unit(double *y, const double *tw, size_t n)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++)
        sum += tw[k] * y[k];
    for (size_t k = 0; sum > 0 && k < n; k++)
        y[k] /= sum;
}

static double temperature(int i)
{
    return COLDEST * pow(T_SUBLIMATION / COLDEST, (double)i / (NT - 1));
}

static gal_status setup(void **table, const void *self, const gal_wavegrid *g)
{
    (void)self;
    size_t n = g->n;
    shapes *s = GAL_NEW(shapes);
    if (!s || !(s->disc = GAL_NEWN(double, (6 + NT) * n))) {
        gal_free(s);
        return GAL_ENOMEM;
    }
    s->n = n;
    s->tw = g->tw;
    s->xray = s->disc + n;
    s->tau = s->xray + n;
    s->smc = s->tau + n;
    s->sil = s->smc + n;
    s->polar = s->sil + n;
    s->black = s->polar + n;
    double av, bv;
    gal_law_cardelli_ab(5500, &av, &bv);
    for (size_t k = 0; k < n; k++) {
        double w = g->wave[k], a, b;
        gal_law_cardelli_ab(w, &a, &b);
        s->disc[k] = disc_shape(w);
        s->sil[k] = silicate(w);
        /* the continuum opacity, and the feature that makes up the rest at 9.7 micron */
        s->tau[k] = V_PER_97 * (a + b / 3.1) / (av + bv / 3.1);
        s->smc[k] = 0.4 * M_LN10 * SMC_RV * gal_law_gordon03(GAL_LAW_SMC_BAR, w);
        s->polar[k] = planck(w, 100) * -expm1(-pow(2e6 / w, 1.6));
        for (int i = 0; i < NT; i++)
            s->black[(size_t)i * n + k] = planck(w, temperature(i));
    }
    gal_law_cardelli_ab(9.7e4, &av, &bv);
    double feature = 1 - V_PER_97 * (av + bv / 3.1); /* cardelli is 1 at V to 1e-4 */
    for (size_t k = 0; k < n; k++)
        s->tau[k] += feature * s->sil[k];
    to_unit(s->disc, g->tw, n);
    to_unit(s->polar, g->tw, n);
    for (int i = 0; i < NT; i++)
        to_unit(s->black + (size_t)i * n, g->tw, n);
    gal_xray_shape(g, 1.8, 300, s->xray);
    *table = s;
    return GAL_OK;
}

/* ------------------------------------------------------------------ on the nodes of a plan
 * Integrals are smooth functions of one number each. 1 - e^(-c x) is entire in ln(1 + kappa x), and so are its means over c: 72 terms hold
 * them to rounding, as they do e^(d S) over the 20 units of d. */
#define KAPPA 50. /* optical depth in the far ultraviolet per unit of tau_97 or E(B-V), about */

static double stretched(double x, double most)
{
    return 2 * log1p(KAPPA * x) / log1p(KAPPA * most) - 1;
}

static double depth_place(double d)
{
    return 2 * (d + TAU_MOST) / (TAU_MOST + 0.3) - 1;
}

/* Values at the nodes cos(pi (i + 1/2)/NC) to coefficients, in place */
static void to_series(double *v)
{
    double c[NC];
    for (int k = 0; k < NC; k++) {
        c[k] = 0;
        for (int i = 0; i < NC; i++)
            c[k] += v[i] * cos(M_PI * k * (i + 0.5) / NC);
        c[k] *= (k > 0 ? 2. : 1.) / NC;
    }
    memcpy(v, c, sizeof c);
}

static double series(const double *c, double x)
{
    double a = 0, b = 0;
    for (int k = NC - 1; k > 0; k--) {
        double next = c[k] + 2 * x * a - b;
        b = a;
        a = next;
    }
    return c[0] + x * a - b;
}

static gal_status make_series(shapes *s)
{
    size_t n = s->n;
    if (s->series)
        return GAL_OK;
    if (!(s->series = GAL_NEWN(double, (2 + NT) * NC)))
        return GAL_ENOMEM;
    double *torus = s->series, *polar = torus + NC, *behind = polar + NC;
    for (int i = 0; i < NC; i++) {
        double x = cos(M_PI * (i + 0.5) / NC), d = 0.5 * (x + 1) * (TAU_MOST + 0.3) - TAU_MOST;
        double tau = expm1(0.5 * (x + 1) * log1p(KAPPA * TAU_MOST)) / KAPPA;
        double ebv = expm1(0.5 * (x + 1) * log1p(KAPPA * EBV_MOST)) / KAPPA;
        for (size_t k = 0; k < n; k++) {
            torus[i] -= s->tw[k] * s->disc[k] * expm1(-tau * s->tau[k]);
            polar[i] -= s->tw[k] * s->disc[k] * expm1(-ebv * s->smc[k]);
            double w = s->sil[k] > 0 ? s->tw[k] * exp(d * s->sil[k]) : s->tw[k];
            for (size_t j = 0; j < NT; j++)
                behind[j * NC + (size_t)i] += w * s->black[j * n + k];
        }
    }
    for (size_t j = 0; j < 2 + NT; j++)
        to_series(s->series + j * NC);
    return GAL_OK;
}

static gal_status pick(void **table, const void *whole, const void *self, const gal_wavegrid *nodes)
{
    shapes *from = (shapes *)(uintptr_t)whole, *s = GAL_NEW(shapes);
    size_t n = nodes->n;
    (void)self;
    if (!s || !(s->disc = GAL_NEWN(double, (6 + NT) * n)) || !(s->series = GAL_NEWN(double, (2 + NT) * NC)) ||
        make_series(from) != GAL_OK) {
        if (s)
            teardown(s);
        return GAL_ENOMEM;
    }
    memcpy(s->series, from->series, (2 + NT) * NC * sizeof *s->series);
    s->taken[0] = s->series;
    s->taken[1] = s->series + NC;
    s->behind = s->series + 2 * NC;
    s->n = n;
    s->xray = s->disc + n;
    s->tau = s->xray + n;
    s->smc = s->tau + n;
    s->sil = s->smc + n;
    s->polar = s->sil + n;
    s->black = s->polar + n;
    s->tw = s->disc; /* of sums that nobody reads */
    for (size_t j = 0; j < 6 + NT; j++)
        for (size_t k = 0; k < n; k++)
            s->disc[j * n + k] = from->disc[j * from->n + nodes->at[k]];
    *table = s;
    return GAL_OK;
}

/* scratch: spectrum of unit power without X-rays, the parameters it was made with and whether there are any, the torus's share of the disc,
 * the series of its black bodies, these for the last parameters, two spectra for the moment */
enum { KEPT = NPAR + 2 + NC };
static size_t scratch(const void *self, const gal_wavegrid *g)
{
    (void)self;
    return 4 * g->n + KEPT;
}

/* Probability that a line of sight of elevation asin(mu) meets the torus. */
static double hidden(double mu, double delta)
{
    return 0.5 * erfc((asin(mu) * 180 / M_PI - delta) / (EDGE * M_SQRT2));
}

static double bright(double mu)
{
    return 6. / 7 * mu * (1 + 2 * mu);
}

/* Share of the disc's power that goes where the torus is: Gauss rules over the edge, +-24 deg, and below it. */
static double share(double delta)
{
    enum { NG = 8, PIECES = 8 };
    const double *weight, *node = gal_gauss_nodes(NG, &weight);
    double lo = fmax(delta - 6 * EDGE, 0), hi = fmin(delta + 6 * EDGE, 90), step = (hi - lo) / PIECES, sum = 0;
    for (int p = 0; p < PIECES; p++)
        for (int i = 0; i < NG; i++) {
            double b = (lo + step * (p + 0.5 * (1 + node[i]))) * M_PI / 180, mu = sin(b);
            sum += weight[i] * bright(mu) * hidden(mu, delta) * cos(b);
        }
    double s = sin(lo * M_PI / 180);
    return (4 * s * s * s + 3 * s * s) / 7 + 0.5 * step * M_PI / 180 * sum;
}

static double black_weight(int i, double t_min)
{
    double x = log(temperature(i) / t_min) / log(temperature(1) / temperature(0)) + 0.5;
    return x <= 0 ? 0 : x >= 1 ? 1 : x;
}

/* Black bodies of equal power per ln T above t_min, with a smooth end so that t_min may vary. */
static void black_sum(const shapes *s, double t_min, double *out)
{
    memset(out, 0, s->n * sizeof *out);
    for (int i = 0; i < NT; i++) {
        double w = black_weight(i, t_min);
        const double *b = s->black + (size_t)i * s->n;
        for (size_t k = 0; w > 0 && k < s->n; k++)
            out[k] += w * b[k];
    }
}

/* The same of their integrals. */
static void black_series(const shapes *s, double t_min, double *out)
{
    memset(out, 0, NC * sizeof *out);
    for (int i = 0; i < NT; i++)
        for (size_t k = 0; k < NC; k++)
            out[k] += black_weight(i, t_min) * s->behind[(size_t)i * NC + k];
}

/* f: the torus's share of the disc's power; c[NC]: series of the black bodies, on the nodes of a plan */
static void unit_spectrum(const shapes *s, const double *p, double f, const double *c, const double *black,
                          double *direct, double *warm, double *out)
{
    double mu = cos(p[INCLINATION] * M_PI / 180), tau = p[TAU], h = hidden(mu, p[DELTA]), lost[3];
    double state[4] = {tau, p[EBV], h, -h * tau + 0.3 * (1 - h) * (1 - exp(-tau))};
    GAL_KERN_PICK(component_kern)
        ->nucleus(s->n, state, s->tw, s->disc, s->tau, s->smc, s->sil, black, direct, warm, lost);
    if (s->behind) {
        lost[0] = series(s->taken[0], stretched(tau, TAU_MOST));
        lost[1] = series(s->taken[1], stretched(p[EBV], EBV_MOST));
        lost[2] = series(c, depth_place(state[3]));
    }
    double torus = f * lost[0] / lost[2], polar = (1 - f) * lost[1], seen = bright(mu);
    for (size_t k = 0; k < s->n; k++)
        out[k] = torus * warm[k] + polar * s->polar[k] + seen * direct[k];
}

static double corona(double lum)
{
    return lum > 0 ? lum / gal_agn_bolometric_correction(lum) : 0;
}

static void nucleus(const gal_stage *s, double lum, double x)
{
    const shapes *t = s->table;
    size_t n = t->n;
    double *unit = s->scratch, *kept = unit + n, *c = kept + NPAR + 2, *black = kept + KEPT;
    if (kept[NPAR] == 0 || memcmp(kept + 1, s->p + 1, (NPAR - 1) * sizeof *kept) != 0) {
        if (kept[NPAR] == 0 || kept[T_MIN] != s->p[T_MIN]) {
            black_sum(t, s->p[T_MIN], black);
            if (t->behind)
                black_series(t, s->p[T_MIN], c);
        }
        if (kept[NPAR] == 0 || kept[DELTA] != s->p[DELTA])
            kept[NPAR + 1] = share(s->p[DELTA]);
        unit_spectrum(t, s->p, kept[NPAR + 1], c, black, black + n, black + 2 * n, unit);
        memcpy(kept, s->p, NPAR * sizeof *kept);
        kept[NPAR] = 1;
    }
    for (size_t k = 0; k < n; k++)
        s->lum[0][k] = lum * unit[k] + x * t->xray[k];
    s->derived[0] = lum;
    s->derived[1] = corona(lum);
}

static gal_status emit(const gal_stage *s)
{
    double f = s->p[POWER];
    double lum = f / (1 - f) * (s->view->e_mc + s->view->e_dd);
    nucleus(s, lum, corona(lum));
    return GAL_OK;
}

static gal_status source(const gal_stage *s, gal_source *out)
{
    (void)out; /* not in clouds, the same diffuse dust */
    nucleus(s, s->p[POWER], 0);
    return GAL_OK;
}

/* After the dust: what is in lum has passed it. */
static gal_status add_corona(const gal_stage *s)
{
    const shapes *t = s->table;
    double x = corona(s->p[POWER]);
    for (size_t k = 0; k < t->n; k++)
        s->lum[0][k] += x * t->xray[k];
    return GAL_OK;
}

// clang-format off
#define SHAPE \
    {"inclination", "deg", "angle between the line of sight and the disc's axis",               60,   0,    90,  0,    90,  false, true}, \
    {"delta",       "deg", "half-angle of the torus above the equator",                         40,   5,    85,  10,   80,  false, false}, \
    {"tau_97",      "",    "optical depth of the torus at 9.7 micron",                          3,    0,    20,  0.1,  10,  false, true}, \
    {"E_BV",        "mag", "reddening by polar dust",                                           0.03, 0,    3,   0,    0.5, false, false}, \
    {"T_min",       "K",   "temperature of the coldest dust of the torus",                      120,  60,   800, 80,   300, false, false}
static const gal_param torus_par[NPAR] = {
    {"fAGN",        "",    "share of the nucleus in the power of nucleus and dust",             1e-3, 0,    0.999, 1e-3, 0.99, true, true},
    SHAPE};
static const gal_param embedded_par[NPAR] = {
    {"L",           "Lsun", "bolometric luminosity of the nucleus",                             1e10, 0,    1e16, 1e8,  1e13, true, true},
    SHAPE};
// clang-format on
static const char *const spectra[] = {"AGN"};

const gal_component_class gal_agn_torus = {
    .group = "agn",
    .kind = "torus",
    .doc = "Accretion disc, dusty torus, polar dust and corona in closed form, with energy balance between them.\n"
           "L = fAGN/(1 - fAGN) x power absorbed by the galaxy's dust (Schartmann+05; Netzer 87; Mor & Netzer 12; "
           "Duras+20).",
    .par = torus_par,
    .npar = NPAR,
    .spectra = spectra,
    .nspectra = 1,
    .derived = gal_agn_quantities,
    .nderived = 2,
    .needs = GAL_NEED_ABSORBED,
    .on_nodes = GAL_NODES_TABLED,
    .setup = setup,
    .pick = pick,
    .teardown = teardown,
    .scratch = scratch,
    .emit = emit,
};

const gal_component_class gal_agn_embedded = {
    .group = "agn",
    .kind = "embedded",
    .doc =
        "The nucleus of agn.torus with its luminosity given, seen through the galaxy's diffuse dust, which it heats.",
    .par = embedded_par,
    .npar = NPAR,
    .spectra = spectra,
    .nspectra = 1,
    .derived = gal_agn_quantities,
    .nderived = 2,
    .needs = GAL_NEED_ABSORBED, /* the corona follows each time the attenuated light is made again */
    .on_nodes = GAL_NODES_TABLED,
    .setup = setup,
    .pick = pick,
    .teardown = teardown,
    .scratch = scratch,
    .source = source,
    .emit = add_corona,
};
