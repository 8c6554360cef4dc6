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
#include "component/agn_torus.h"
#include "component/component_kern.h"
#include "galua/num.h"
#include "num/dot.h"
#include "num/vexp.h"

#include <math.h>
#include <string.h>

const gal_quantity gal_agn_quantities[2] = {{"L_AGN", "Lsun", "bolometric luminosity of the active nucleus"},
                                            {"L_AGN_X", "Lsun", "2-10 keV luminosity of the active nucleus"}};

enum { POWER, INCLINATION, DELTA, TAU, EBV, T_MIN, NPAR };
#define EDGE 4. /* deg, dispersion of the torus's upper edge */

/* scratch: spectrum of unit power without X-rays, the parameters it was made with and whether there are any, the torus's share of the disc,
 * the series of its black bodies, what torus and polar dust take and the integral of `warm`, these bodies for the last parameters, what is
 * seen of the disc and `warm` */
enum { LOST = NPAR + 2 + NC, KEPT = LOST + 3 };
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

static double hidden_slope(double mu, double delta) /* with delta, per deg */
{
    double t = (asin(mu) * 180 / M_PI - delta) / EDGE;
    return exp(-0.5 * t * t) / (EDGE * sqrt(2 * M_PI));
}

static double bright(double mu)
{
    return 6. / 7 * mu * (1 + 2 * mu);
}

/* Share of the disc's power that goes where the torus is: Gauss rules over the edge, +-24 deg, and below it. slope: with delta, or NULL. */
static double share(double delta, double *slope)
{
    enum { NG = 8, PIECES = 8 };
    const double *weight, *node = gal_gauss_nodes(NG, &weight);
    double lo = fmax(delta - 6 * EDGE, 0), hi = fmin(delta + 6 * EDGE, 90), step = (hi - lo) / PIECES, sum = 0,
           edge = 0;
    for (int p = 0; p < PIECES; p++)
        for (int i = 0; i < NG; i++) {
            double b = (lo + step * (p + 0.5 * (1 + node[i]))) * M_PI / 180, mu = sin(b);
            sum += weight[i] * bright(mu) * hidden(mu, delta) * cos(b);
            if (slope)
                edge += weight[i] * bright(mu) * hidden_slope(mu, delta) * cos(b);
        }
    if (slope)
        *slope = 0.5 * step * M_PI / 180 * edge;
    double s = sin(lo * M_PI / 180);
    return (4 * s * s * s + 3 * s * s) / 7 + 0.5 * step * M_PI / 180 * sum;
}

static double black_weight(int i, double t_min)
{
    double x = log(agn_torus_temperature(i) / t_min) / log(agn_torus_temperature(1) / agn_torus_temperature(0)) + 0.5;
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
static void state_of(const double *p, double state[4])
{
    double h = hidden(cos(p[INCLINATION] * M_PI / 180), p[DELTA]), tau = p[TAU];
    state[0] = tau;
    state[1] = p[EBV];
    state[2] = h;
    state[3] = -h * tau + 0.3 * (1 - h) * (1 - exp(-tau));
}

static void unit_spectrum(const shapes *s, const double *p, double f, const double *c, const double *black,
                          double *direct, double *warm, double *lost, double *out)
{
    double mu = cos(p[INCLINATION] * M_PI / 180), tau = p[TAU], state[4];
    state_of(p, state);
    GAL_KERN_PICK(component_kern)
        ->nucleus(s->n, state, s->tw, s->disc, s->tau, s->smc, s->sil, black, direct, warm, lost);
    if (s->behind) {
        lost[0] = agn_torus_taken(s, 0, tau, NULL);
        lost[1] = agn_torus_taken(s, 1, p[EBV], NULL);
        lost[2] = agn_torus_behind(c, state[3], NULL);
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
            kept[NPAR + 1] = share(s->p[DELTA], NULL);
        unit_spectrum(t, s->p, kept[NPAR + 1], c, black, black + n, black + 2 * n, kept + LOST, unit);
        memcpy(kept, s->p, NPAR * sizeof *kept);
        kept[NPAR] = 1;
    }
    for (size_t k = 0; k < n; k++)
        s->lum[0][k] = lum * unit[k] + x * t->xray[k];
    s->derived[0] = lum;
    s->derived[1] = corona(lum);
}

/* ------------------------------------------------------------------ derivatives */
/* Changes of what the spectrum of unit power is made of, for a change of one of its parameters, 1 */
typedef struct motion {
    double h, tau, ebv, depth, weight; /* of the black body that T_min moves */
    double seen, torus, polar;
} motion;

typedef struct nuclear {
    double state[4], lost[3], seen, torus, polar;
    double sum[AGN_SUMS];
    const double *last; /* that black body, or NULL at a kink */
    motion by[NPAR];    /* of the parameters from INCLINATION on */
} nuclear;

/* After `nucleus`; g[n]: derivatives with respect to the spectrum, or NULL. T_min has a kink wherever it passes half way between two of the
 * temperatures: of it, 0. */
static void motions(const gal_stage *s, const double *g, nuclear *q)
{
    const shapes *t = s->table;
    size_t n = t->n;
    const double *p = s->p, *kept = s->scratch + n, *lost = kept + LOST, *c = kept + NPAR + 2, *black = kept + KEPT;
    double mu = cos(p[INCLINATION] * M_PI / 180), dmu = -sin(p[INCLINATION] * M_PI / 180) * M_PI / 180, df;
    double step = log(agn_torus_temperature(1) / agn_torus_temperature(0)), f = kept[NPAR + 1],
           edge = hidden_slope(mu, p[DELTA]);
    double tau = p[TAU];
    const double *behind = NULL;
    *q = (nuclear){.seen = bright(mu), .torus = f * lost[0] / lost[2], .polar = (1 - f) * lost[1]};
    state_of(p, q->state);
    memcpy(q->lost, lost, sizeof q->lost);
    share(p[DELTA], &df);
    for (int i = 0; i < NT; i++) {
        double w = black_weight(i, p[T_MIN]);
        if (!(w > 0 && w < 1))
            continue;
        q->last = t->black + (size_t)i * n;
        behind = t->behind ? t->behind + (size_t)i * NC : NULL;
        q->by[T_MIN].weight = -1 / (p[T_MIN] * step);
    }
    GAL_KERN_PICK(component_kern)
        ->nucleus_sums(n, q->state, g, t->tw, t->disc, t->tau, t->smc, t->sil, black, t->polar, q->last, q->sum);
    double taken[2] = {q->sum[AGN_TAKEN_T], q->sum[AGN_TAKEN_S]}, warm = q->sum[AGN_WARM], more = q->sum[AGN_LAST];
    if (t->behind) {
        agn_torus_taken(t, 0, tau, &taken[0]);
        agn_torus_taken(t, 1, p[EBV], &taken[1]);
        agn_torus_behind(c, q->state[3], &warm);
        more = behind ? agn_torus_behind(behind, q->state[3], NULL) : 0;
    }
    q->by[INCLINATION].h = q->by[DELTA].h = edge; /* the elevation is 90 deg less the inclination */
    q->by[INCLINATION].seen = 6. / 7 * (1 + 4 * mu) * dmu;
    q->by[TAU].tau = q->by[EBV].ebv = 1;
    for (int i = INCLINATION; i < NPAR; i++) {
        motion *m = &q->by[i];
        double share_by = i == DELTA ? df : 0, h = q->state[2];
        m->depth = -(tau + 0.3 * (1 - exp(-tau))) * m->h + (-h + 0.3 * (1 - h) * exp(-tau)) * m->tau;
        m->torus =
            (share_by * lost[0] + f * taken[0] * m->tau - q->torus * (warm * m->depth + more * m->weight)) / lost[2];
        m->polar = -share_by * lost[1] + (1 - f) * taken[1] * m->ebv;
    }
}

/* lum = power unit + x xray, with changes of power, x and the parameters */
static void nucleus_change(const gal_stage *s, const gal_stage *d, double lum, double dlum, double dx)
{
    const shapes *t = s->table;
    size_t n = t->n;
    const double *unit = s->scratch, *direct = unit + 2 * n + KEPT, *warm = direct + n;
    nuclear q;
    motion all = {0};
    motions(s, NULL, &q);
    for (int i = INCLINATION; i < NPAR; i++) {
        const motion *m = &q.by[i];
        double by = lum * d->p[i];
        all.h += by * m->h, all.tau += by * m->tau, all.ebv += by * m->ebv, all.depth += by * m->depth;
        all.weight += by * m->weight, all.seen += by * m->seen, all.torus += by * m->torus;
        all.polar += by * m->polar;
    }
    double h = q.state[2];
    for (size_t k = 0; k < n; k++) {
        double a = gal_vexp(-q.state[0] * t->tau[k]), b = gal_vexp(-q.state[1] * t->smc[k]);
        double last = q.last ? q.last[k] * gal_vexp(q.state[3] * t->sil[k]) : 0;
        double disc = (a - b) * all.h - h * t->tau[k] * a * all.tau - (1 - h) * t->smc[k] * b * all.ebv;
        d->lum[0][k] = dlum * unit[k] + dx * t->xray[k] + all.torus * warm[k] +
                       q.torus * (warm[k] * t->sil[k] * all.depth + last * all.weight) + all.polar * t->polar[k] +
                       all.seen * direct[k] + q.seen * t->disc[k] * disc;
    }
}

/* Its transpose: to gp from INCLINATION on; *unit, *x: with respect to power and corona */
static void nucleus_back(const gal_stage *s, const double *g, double lum, double *gp, double *unit, double *x)
{
    const shapes *t = s->table;
    nuclear q;
    motions(s, g, &q);
    const double *sum = q.sum, h = q.state[2];
    for (int i = INCLINATION; i < NPAR; i++) {
        const motion *m = &q.by[i];
        gp[i] +=
            lum * (m->torus * sum[AGN_G_W] + q.torus * (m->depth * sum[AGN_G_WARM] + m->weight * sum[AGN_G_LAST]) +
                   m->polar * sum[AGN_G_BODY] + m->seen * sum[AGN_G_DIRECT] +
                   q.seen * (m->h * sum[AGN_G_OPEN] - h * m->tau * sum[AGN_G_T] - (1 - h) * m->ebv * sum[AGN_G_S]));
    }
    *unit = q.torus * sum[AGN_G_W] + q.polar * sum[AGN_G_BODY] + q.seen * sum[AGN_G_DIRECT];
    *x = num_dot(g, t->xray, t->n);
}

/* ------------------------------------------------------------------ stages */
static gal_status emit(const gal_stage *s)
{
    double f = s->p[POWER];
    double lum = f / (1 - f) * (s->view->e_mc + s->view->e_dd);
    nucleus(s, lum, corona(lum));
    return GAL_OK;
}

static gal_status emit_jvp(const gal_stage *s, const gal_stage *d)
{
    double f = s->p[POWER], dust = s->view->e_mc + s->view->e_dd, lum = f / (1 - f) * dust;
    double dlum = f / (1 - f) * (d->view->e_mc + d->view->e_dd) + dust / ((1 - f) * (1 - f)) * d->p[POWER];
    nucleus_change(s, d, lum, dlum, gal_agn_corona_slope(lum) * dlum);
    return GAL_OK;
}

static gal_status emit_vjp(const gal_stage *s, double *const *glum, double *gp, gal_view *gv, double *gstars,
                           double *gattenuated)
{
    double f = s->p[POWER], dust = s->view->e_mc + s->view->e_dd, lum = f / (1 - f) * dust, unit, x;
    (void)gstars;
    (void)gattenuated;
    nucleus_back(s, glum[0], lum, gp, &unit, &x);
    unit += gal_agn_corona_slope(lum) * x;
    gp[POWER] += unit * dust / ((1 - f) * (1 - f));
    gv->e_mc += unit * f / (1 - f);
    gv->e_dd += unit * f / (1 - f);
    return GAL_OK;
}

static gal_status source_jvp(const gal_stage *s, const gal_stage *d, const gal_source *out, gal_source *change)
{
    (void)out;
    (void)change;
    nucleus_change(s, d, s->p[POWER], d->p[POWER], 0);
    return GAL_OK;
}

static gal_status source_vjp(const gal_stage *s, const gal_source *out, double *const *glum, const gal_source *g,
                             const double *gline, double *gp, gal_view *gv)
{
    double unit, x;
    (void)out;
    (void)g;
    (void)gline;
    (void)gv;
    nucleus_back(s, glum[0], s->p[POWER], gp, &unit, &x);
    gp[POWER] += unit;
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

static gal_status add_corona_jvp(const gal_stage *s, const gal_stage *d)
{
    const shapes *t = s->table;
    double x = gal_agn_corona_slope(s->p[POWER]) * d->p[POWER];
    for (size_t k = 0; k < t->n; k++)
        d->lum[0][k] = x * t->xray[k];
    return GAL_OK;
}

static gal_status add_corona_vjp(const gal_stage *s, double *const *glum, double *gp, gal_view *gv, double *gstars,
                                 double *gattenuated)
{
    const shapes *t = s->table;
    (void)gv;
    (void)gstars;
    (void)gattenuated;
    gp[POWER] += gal_agn_corona_slope(s->p[POWER]) * num_dot(glum[0], t->xray, t->n);
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
    .about = "Active nuclei.",
    .shines = GAL_SHINES_XRAY,
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
    .setup = agn_torus_setup,
    .pick = agn_torus_pick,
    .teardown = agn_torus_teardown,
    .scratch = scratch,
    .emit = emit,
    .emit_jvp = emit_jvp,
    .emit_vjp = emit_vjp,
};

const gal_component_class gal_agn_embedded = {
    .group = "agn",
    .kind = "embedded",
    .shines = GAL_SHINES_XRAY,
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
    .setup = agn_torus_setup,
    .pick = agn_torus_pick,
    .teardown = agn_torus_teardown,
    .scratch = scratch,
    .source = source,
    .emit = add_corona,
    .source_jvp = source_jvp,
    .source_vjp = source_vjp,
    .emit_jvp = add_corona_jvp,
    .emit_vjp = add_corona_vjp,
};
