/* Dust emission of closed form, for galaxies whose dust screen has no sizes of its own: the absorbed power, all of it, is re-emitted
 * with a shape that is given by parameters; f_PAH of it as PAH features.
 *
 * dust.greybody   L_nu ~ (1 - exp(-(lambda_0/lambda)^beta)) B_nu(T)
 * dust.casey12    the same plus a power law of hot dust (Casey 2012, MNRAS 425, 3094, eqs 2-3):
 *                 L_nu ~ ... + N_pl lambda^alpha exp(-(lambda/lambda_c)^2), lambda_c = 3/4 L(alpha, T),
 *                 L = [(26.68 + 6.246 alpha)^-2 + (1.905e-4 + 7.243e-5 alpha) T]^-1 micron,
 *                 N_pl such that N_pl lambda_c^alpha is the grey body at lambda_c.
 *
 * T is what starlight alone heats dust to. The background of T_0 (1 + z) keeps it at T_e^(4 + beta) = T^(4 + beta) + T_0^(4 + beta) ((1 + z)^(4 + beta) - 1), and what is
 * seen of the grey body is B(T_e) - B(T_0 (1 + z)) (da Cunha et al. 2013, ApJ 766, 13, eqs 12, 18). */
#include "dust/dust.h"
#include "galua/component.h"
#include "galua/const.h"
#include "num/isa.h"

#include <math.h>
#include <string.h>

enum { G_T, G_BETA, G_LAMBDA0, G_PAH, NGREY, C_ALPHA = NGREY - 1, C_PAH, NCASEY };

// clang-format off
static const gal_param grey_par[NGREY] = {
    {"T",        "K",      "dust temperature",                                       35,    5,    500,  15,   80,   false, true},
    {"beta",     "",       "emissivity index",                                       1.8,   0,    5,    1,    2.5,  false, false},
    {"lambda_0", "micron", "wavelength at which the optical depth is 1; 0 = thin",   0,     0,    1000, 0,    300,  false, false},
    {"f_PAH",    "",       "share of the power in PAH features",                     0.1,   0,    1,    0,    0.3,  false, true}};
static const gal_param casey_par[NCASEY] = {
    {"T",        "K",      "dust temperature",                                       35,    5,    500,  15,   80,   false, true},
    {"beta",     "",       "emissivity index",                                       1.8,   0,    5,    1,    2.5,  false, false},
    {"lambda_0", "micron", "wavelength at which the optical depth is 1; 0 = thin",   200,   0,    1000, 0,    300,  false, false},
    {"alpha",    "",       "mid-infrared slope: L_nu ~ lambda^alpha",                2.0,   0.5,  5,    1,    3,    false, true},
    {"f_PAH",    "",       "share of the power in PAH features",                     0.05,  0,    1,    0,    0.3,  false, true}};
// clang-format on

static gal_status setup(void **table, const void *self, const gal_wavegrid *w)
{
    (void)self;
    gal_dust_grid *g = GAL_NEW(gal_dust_grid);
    if (!g)
        return GAL_ENOMEM;
    gal_status st = gal_dust_grid_on(g, w, gal_dust_modern, NULL, NULL, 0);
    if (st != GAL_OK)
        gal_free(g);
    else
        *table = g;
    return st;
}

static void teardown(void *table)
{
    gal_dust_grid_clear(table);
    gal_free(table);
}

/* What tells the shapes apart */
typedef struct law {
    bool casey; /* with the power law */
    size_t npar, pah;
} law;

/* scratch: the unit spectrum, and the parameters and background it was made with */
static size_t scratch(const void *self, const gal_wavegrid *w)
{
    (void)self;
    return w->n + NCASEY + 2;
}

/* Dust in the background: its temperature t, that of the background (0: none), and derivatives of t with T, beta and ln t0. */
typedef struct warmed {
    double t, t0, by_t, by_beta, by_lnt0;
} warmed;

static warmed warmed_by(double t, double beta, double t0)
{
    warmed w = {.t = t, .t0 = t0, .by_t = 1};
    if (!(t0 > 0))
        return w;
    double n = 4 + beta, own = pow(t, n), now = pow(t0, n), today = pow(GAL_TCMB, n), all = own + now - today;
    w.t = exp(log(all) / n);
    w.by_t = w.t * own / (all * t);
    w.by_beta = w.t / n * ((own * log(t) + now * log(t0) - today * log(GAL_TCMB)) / all - log(w.t));
    w.by_lnt0 = w.t * now / all;
    return w;
}

/* 1/(e^x - 1) over that of the background */
static double planck_over(double hck, const warmed *w)
{
    double x0 = w->t0 > 0 ? hck / w->t0 : 1e3;
    return 1 / expm1(hck / w->t) - (x0 < 80 ? 1 / expm1(x0) : 0);
}

/* Emissivity: 1 - exp(-(lambda_0/lambda)^beta), or (1 mm/lambda)^beta when optically thin. */
static double emissivity(double micron, double lambda0, double beta)
{
    return lambda0 > 0 ? -expm1(-pow(lambda0 / micron, beta)) : pow(1000 / micron, beta);
}

/* L_lambda up to a factor, [n]: B_lambda e, then the power law in L_nu = lambda^alpha, as L_lambda = L_nu c/lambda^2. */
static void shape(const gal_dust_grid *g, const double *p, double t0, const law *which, double *lum)
{
    bool casey = which->casey;
    double t = p[G_T], beta = p[G_BETA], l0 = p[G_LAMBDA0];
    double alpha = casey ? p[C_ALPHA] : 0, lc = 0, npl = 0;
    warmed w = warmed_by(t, beta, t0);
    if (casey) {
        double b = 26.68 + 6.246 * alpha;
        lc = 0.75 / (1 / (b * b) + (1.905e-4 + 7.243e-5 * alpha) * t); /* micron */
        double um = lc * 1e4, x = g->hck[0] * g->wave[0] / (um * t);
        double b5 = g->b5[0] * pow(g->wave[0] / um, 5); /* B_lambda = b5/(e^x - 1), b5 ~ lambda^-5 */
        npl = emissivity(lc, l0, beta) * b5 / expm1(x);
    }
    double sum = 0;
    for (size_t k = 0; k < g->n; k++) {
        double um = g->wave[k] * 1e-4, l = 0;
        if (g->hck[k] < 80 * w.t)
            l = emissivity(um, l0, beta) * g->b5[k] * planck_over(g->hck[k], &w);
        if (casey && um < 30 * lc) { /* L_lambda ~ lambda^(alpha - 2) exp(-r^2) */
            double r = um / lc;
            l += npl * exp(-r * r + (alpha - 2) * log(r)) * (1 - exp(-pow(um / 2, 4)));
        }
        lum[k] = l;
        sum += g->tw[k] * l;
    }
    for (size_t k = 0; k < g->n; k++)
        lum[k] = (1 - p[which->pah]) * lum[k] / sum + p[which->pah] * g->pah[k];
}

/* The shape without features */
static void integrand(const gal_stage *s, const gal_emission *e, double *const *out)
{
    const law *l = s->self;
    double p[NCASEY];
    (void)e;
    memcpy(p, s->p, l->npar * sizeof *p);
    p[l->pah] = 0;
    shape(s->table, p, gal_dust_background(s->view), l, out[0]);
}

static gal_status reemit(const gal_stage *s, gal_emission *out)
{
    const gal_dust_grid *g = s->table;
    const law *l = s->self;
    size_t np = l->npar;
    double *unit = s->scratch, *kept = unit + g->n, *lum = s->lum[0], power = s->view->e_mc + s->view->e_dd;
    double t0 = gal_dust_background(s->view);
    if (kept[np] == 0 || kept[np + 1] != t0 || memcmp(kept, s->p, np * sizeof *kept) != 0) {
        shape(g, s->p, t0, l, unit);
        memcpy(kept, s->p, np * sizeof *kept);
        kept[np] = 1;
        kept[np + 1] = t0;
    }
    for (size_t k = 0; k < g->n; k++)
        lum[k] = power * unit[k];
    double t = warmed_by(s->p[G_T], s->p[G_BETA], t0).t;
    out->t_dd = power > 0 ? t : 0;
    out->t_mc = s->view->e_mc > 0 ? t : 0;
    return GAL_OK;
}

/* ------------------------------------------------------------------ derivatives */
enum {
    BACKGROUND = C_ALPHA + 1,
    SHAPES
}; /* numbers of the shape: T, beta, lambda_0, alpha; ln of the background's T */

/* ln of the emissivity: with beta and with ln(lambda_0/lambda) */
static void emissivity_slopes(double micron, double lambda0, double beta, double *with_beta, double *with_ln)
{
    *with_beta = log(1000 / micron);
    *with_ln = beta;
    if (!(lambda0 > 0))
        return;
    double tau = pow(lambda0 / micron, beta), f = tau > 700 ? 0 : tau / expm1(tau);
    *with_beta = f * log(lambda0 / micron);
    *with_ln = f * beta;
}

/* The power law: lambda_c [micron] and N_pl, and the derivatives of their logarithms. */
typedef struct hot {
    double lc, npl, c[SHAPES], n[SHAPES];
} hot;

static hot hot_of(const gal_dust_grid *g, const double *p)
{
    hot h = {0};
    double t = p[G_T], beta = p[G_BETA], l0 = p[G_LAMBDA0], alpha = p[C_ALPHA], b = 26.68 + 6.246 * alpha,
           c = 1.905e-4 + 7.243e-5 * alpha;
    double inv = 1 / (b * b) + c * t, with_beta, with_ln;
    h.lc = 0.75 / inv;
    h.c[G_T] = -c / inv;
    h.c[C_ALPHA] = (2 * 6.246 / (b * b * b) - 7.243e-5 * t) / inv;
    double um = h.lc * 1e4, x = g->hck[0] * g->wave[0] / (um * t), planck = x / -expm1(-x);
    h.npl = emissivity(h.lc, l0, beta) * g->b5[0] * pow(g->wave[0] / um, 5) / expm1(x);
    emissivity_slopes(h.lc, l0, beta, &with_beta, &with_ln);
    for (int i = 0; i < SHAPES; i++)
        h.n[i] = (planck - 5 - with_ln) * h.c[i];
    h.n[G_T] += planck / t;
    h.n[G_BETA] += with_beta;
    h.n[G_LAMBDA0] += l0 > 0 ? with_ln / l0 : 0;
    return h;
}

/* L at node k as shape() has it before its sum is divided out, and its derivatives */
static double node_slopes(const gal_dust_grid *g, size_t k, const double *p, const warmed *w, const hot *pl,
                          double d[SHAPES])
{
    double l0 = p[G_LAMBDA0], um = g->wave[k] * 1e-4, x = g->hck[k] / w->t, l = 0, with_beta, with_ln;
    for (int i = 0; i < SHAPES; i++)
        d[i] = 0;
    if (x < 80) {
        double e = emissivity(um, l0, p[G_BETA]) * g->b5[k], x0 = w->t0 > 0 ? g->hck[k] / w->t0 : 1e3;
        double by_t = e / expm1(x) * x / -expm1(-x) / w->t;
        l = e * planck_over(g->hck[k], w);
        emissivity_slopes(um, l0, p[G_BETA], &with_beta, &with_ln);
        d[G_T] = by_t * w->by_t;
        d[BACKGROUND] = by_t * w->by_lnt0 - (x0 < 80 ? e / expm1(x0) * x0 / -expm1(-x0) : 0);
        d[G_BETA] = l * with_beta + by_t * w->by_beta;
        d[G_LAMBDA0] = l0 > 0 ? l * with_ln / l0 : 0;
    }
    if (!pl || !(um < 30 * pl->lc))
        return l;
    double r = um / pl->lc, alpha = p[C_ALPHA],
           h = pl->npl * exp(-r * r + (alpha - 2) * log(r)) * (1 - exp(-pow(um / 2, 4)));
    for (int i = 0; i < SHAPES; i++)
        d[i] += h * (pl->n[i] + (2 * r * r - (alpha - 2)) * pl->c[i]);
    d[C_ALPHA] += h * log(r);
    return l + h;
}

/* The change of the unit spectrum: (1 - f_PAH) L/sum + f_PAH PAH. */
static void shape_jvp(const gal_dust_grid *g, const double *p, const double *dp, double t0, double dlnt0,
                      const law *which, double *dlum)
{
    bool casey = which->casey;
    hot h = casey ? hot_of(g, p) : (hot){0};
    warmed w = warmed_by(p[G_T], p[G_BETA], t0);
    double f = p[which->pah], df = dp[which->pah], sum = 0, dsum = 0, d[SHAPES];
    for (int pass = 0; pass < 2; pass++)
        for (size_t k = 0; k < g->n; k++) {
            double l = node_slopes(g, k, p, &w, casey ? &h : NULL, d), change = d[BACKGROUND] * dlnt0;
            for (int i = 0; i < (casey ? (int)BACKGROUND : (int)G_PAH); i++)
                change += d[i] * dp[i];
            if (pass == 0) {
                sum += g->tw[k] * l;
                dsum += g->tw[k] * change;
            } else {
                dlum[k] = (1 - f) * (change - l * dsum / sum) / sum + df * (g->pah[k] - l / sum);
            }
        }
}

/* Its transpose: scale times the derivatives with respect to p, added to gp. */
static void shape_vjp(const gal_dust_grid *g, const double *p, double t0, const double *glum, double scale,
                      const law *which, double *gp, double *glnt0)
{
    bool casey = which->casey;
    hot h = casey ? hot_of(g, p) : (hot){0};
    warmed w = warmed_by(p[G_T], p[G_BETA], t0);
    double f = p[which->pah], sum = 0, seen = 0, features = 0, d[SHAPES];
    for (int pass = 0; pass < 2; pass++)
        for (size_t k = 0; k < g->n; k++) {
            double l = node_slopes(g, k, p, &w, casey ? &h : NULL, d);
            if (pass == 0) {
                sum += g->tw[k] * l;
                seen += glum[k] * l;
                features += glum[k] * g->pah[k];
                continue;
            }
            double x = scale * (1 - f) / sum * (glum[k] - g->tw[k] * seen / sum);
            for (int i = 0; i < (casey ? (int)BACKGROUND : (int)G_PAH); i++)
                gp[i] += x * d[i];
            *glnt0 += x * d[BACKGROUND];
        }
    gp[which->pah] += scale * (features - seen / sum);
}

static gal_status reemit_jvp(const gal_stage *s, const gal_stage *d, const gal_emission *out, gal_emission *change)
{
    const law *l = s->self;
    const gal_dust_grid *g = s->table;
    const double *unit = s->scratch;
    double power = s->view->e_mc + s->view->e_dd, dpower = d->view->e_mc + d->view->e_dd, *dlum = d->lum[0];
    double t0 = gal_dust_background(s->view), dlnt0 = t0 > 0 ? d->view->redshift / (1 + s->view->redshift) : 0;
    bool own = dlnt0 != 0;
    (void)out;
    for (size_t i = 0; i < l->npar; i++)
        own = own || d->p[i] != 0;
    if (own)
        shape_jvp(g, s->p, d->p, t0, dlnt0, l, dlum);
    for (size_t k = 0; k < g->n; k++)
        dlum[k] = dpower * unit[k] + (own ? power * dlum[k] : 0);
    warmed w = warmed_by(s->p[G_T], s->p[G_BETA], t0);
    double dt = w.by_t * d->p[G_T] + w.by_beta * d->p[G_BETA] + w.by_lnt0 * dlnt0;
    change->t_dd = power > 0 ? dt : 0;
    change->t_mc = s->view->e_mc > 0 ? dt : 0;
    return GAL_OK;
}

static gal_status reemit_vjp(const gal_stage *s, const gal_emission *out, double *const *glum, double *gp, gal_view *gv,
                             gal_screen *gscreen)
{
    const gal_dust_grid *g = s->table;
    const double *unit = s->scratch;
    double sum = 0;
    (void)out;
    (void)gscreen;
    for (size_t k = 0; k < g->n; k++)
        sum += glum[0][k] * unit[k];
    gv->e_mc += sum;
    gv->e_dd += sum;
    double power = s->view->e_mc + s->view->e_dd;
    double t0 = gal_dust_background(s->view), glnt0 = 0;
    shape_vjp(g, s->p, t0, glum[0], power, s->self, gp, &glnt0);
    gv->redshift += t0 > 0 ? glnt0 / (1 + s->view->redshift) : 0;
    warmed w = warmed_by(s->p[G_T], s->p[G_BETA], t0);
    double gt = (power > 0 ? gv->t_dd : 0) + (s->view->e_mc > 0 ? gv->t_mc : 0);
    gp[G_T] += gt * w.by_t;
    gp[G_BETA] += gt * w.by_beta;
    gv->redshift += t0 > 0 ? gt * w.by_lnt0 / (1 + s->view->redshift) : 0;
    return GAL_OK;
}

static const law grey = {false, NGREY, G_PAH}, casey12 = {true, NCASEY, C_PAH};
static const char *const spectra[] = {"dust"};

const gal_component_class gal_dust_greybody_class = {
    .group = "dust",
    .kind = "greybody",
    .about = "Dust emission, instead of the ism's own.",
    .doc = "One grey body and PAH features: L_nu ~ (1 - exp(-(lambda_0/lambda)^beta)) B_nu(T), energy as absorbed.",
    .par = grey_par,
    .npar = NGREY,
    .spectra = spectra,
    .nspectra = 1,
    .needs = GAL_NEED_ABSORBED | GAL_NEED_REDSHIFT,
    .on_nodes = GAL_NODES_ANYWHERE,
    .law = &grey,
    .setup = setup,
    .teardown = teardown,
    .scratch = scratch,
    .reemit = reemit,
    .nintegrand = 1,
    .integrand = integrand,
    .reemit_jvp = reemit_jvp,
    .reemit_vjp = reemit_vjp,
};

const gal_component_class gal_dust_casey12 = {
    .group = "dust",
    .kind = "casey12",
    .standard = true,
    .doc =
        "Grey body and a mid-infrared power law (Casey 2012, MNRAS 425, 3094), with PAH features; energy as absorbed.\n"
        "The power law, L_nu ~ lambda^alpha exp(-(lambda/lambda_c)^2), takes over shortward of lambda_c and ends at 2 "
        "micron.",
    .par = casey_par,
    .npar = NCASEY,
    .spectra = spectra,
    .nspectra = 1,
    .needs = GAL_NEED_ABSORBED | GAL_NEED_REDSHIFT,
    .on_nodes = GAL_NODES_ANYWHERE,
    .law = &casey12,
    .setup = setup,
    .teardown = teardown,
    .scratch = scratch,
    .reemit = reemit,
    .nintegrand = 1,
    .integrand = integrand,
    .reemit_jvp = reemit_jvp,
    .reemit_vjp = reemit_vjp,
};
