/* Dust emission from template libraries, built in (data/dust, cut by scripts/dev/cut_grids.py) or from files in their usual layouts:
 *
 * dust.dl07    Draine & Li 2007 (ApJ 657, 810), built in; files DL07_MW3.1_00.dat .. _60.dat: a column of wavelengths [micron], then for each
 *              of 22 U_min a pair of L_nu: dust heated by U = U_min alone, and by U_min < U < 1e6 (dM/dU ~ U^-2). Those of FSPS lack half of the 3.3 micron feature
 * dust.themis  Jones et al. 2017 (A&A 602, A46), built in; files THEMIS_MW3.1_00.dat .. _100.dat, the same with 37 U_min
 * dust.dale14  Dale et al. 2014 (ApJ 784, 83), one file: wavelengths [micron], then log10 nu L_nu for alpha = 0.0625 .. 4
 *
 * Spectra are normalised to unit power and interpolated linearly in q, ln U_min (or alpha); the mixture of the two heatings,
 * (1 - gamma) and gamma by dust mass as published, is taken before normalisation. A unit of dust mass at U = 1 emits P_0 (Draine & Li: power per H of the
 * models over the dust mass per H of their table 3), in the mixture P_0 <U>, so the power emitted weighs the dust: Mdust_em. Beyond the
 * library: log-log extrapolation towards long wavelengths, nothing below. All of the absorbed power is re-emitted. At z > 0 each template is
 * seen against the microwave background (contrast.c), with the same power. */
#include "dust/dust.h"
#include "dust/template.h"
#include "galua/num.h"
#include "num/dot.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

// clang-format off
static const int dl07_file[7] = {0, 10, 20, 30, 40, 50, 60};
static const double dl07_q[7] = {0.47, 1.12, 1.77, 2.50, 3.19, 3.90, 4.58};
static const double dl07_u[22] = {0.10, 0.15, 0.20, 0.30, 0.40, 0.50, 0.70, 0.80, 1.00, 1.20, 1.50, 2.00, 2.50, 3.00, 4.00, 5.00,
                                  7.00, 8.00, 12.0, 15.0, 20.0, 25.0};
static const int themis_file[11] = {0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100};
/* mass fraction of hydrocarbon solids smaller than 1.5 nm in units of the diffuse ISM's 17 %/2.2 */
static const double themis_q[11] = {0.02 / 2.2 * 100, 0.06 / 2.2 * 100, 0.10 / 2.2 * 100, 0.14 / 2.2 * 100, 0.17 / 2.2 * 100,
                                    0.20 / 2.2 * 100, 0.24 / 2.2 * 100, 0.28 / 2.2 * 100, 0.32 / 2.2 * 100, 0.36 / 2.2 * 100,
                                    0.40 / 2.2 * 100};
static const double themis_u[37] = {0.10, 0.12, 0.15, 0.17, 0.20, 0.25, 0.30, 0.35, 0.40, 0.50, 0.60, 0.70, 0.80, 1.00, 1.20, 1.50,
                                    1.70, 2.00, 2.50, 3.00, 3.50, 4.00, 5.00, 6.00, 7.00, 8.00, 10.0, 12.0, 15.0, 17.0, 20.0, 25.0,
                                    30.0, 35.0, 40.0, 50.0, 80.0};
/* erg/s per H at U = 1 over the dust mass per H: Draine & Li 2007, table 3, .0100 .. .0104; THEMIS .0074 */
static const double dl07_p0[7] = {138.7, 137.4, 136.6, 135.4, 136.5, 135.5, 136.0};
static const double themis_p0[11] = {195.8, 203.3, 210.8, 218.4, 224.0, 229.6, 237.1, 244.6, 252.1, 259.6, 267.1};
/* Temperatures: least squares over all U of ln L = ln kappa(lambda) + ln B(t1 U^(1/n)), 300 .. 1000 micron, any kappa: rms 0.004 (18.2 .. 18.5 K
 * and 5.83 .. 5.87; 20.5 K and 5.11 over all q). Mixtures reach umax by <U> = U_min ln(umax/U_min). */
static const gal_template_layout dl07 = {"dl07", "DL07_MW3.1_", 7, 22, dl07_file, dl07_q, dl07_u, dl07_p0, 1e6, 18.3, 5.85};
static const gal_template_layout themis = {"themis", "THEMIS_MW3.1_", 11, 37, themis_file, themis_q, themis_u, themis_p0, 1e7, 20.5, 5.11};

static const gal_param dl07_par[] = {
    {"q_PAH", "%", "mass fraction of the dust in PAH",                              2.5,  0.47, 4.58, 0.47, 4.58, false, true},
    {"U_min", "",  "weakest starlight intensity (1 = solar neighbourhood)",         1.0,  0.1,  25,   0.1,  25,   true,  true},
    {"gamma", "",  "share of the dust mass heated by U_min < U < 1e6",              0.01, 0,    1,    0,    0.15, false, true}};
static const gal_param themis_par[] = {
    {"q_hac", "%", "mass fraction of the dust in small hydrocarbon solids",         7.7,  0.91, 18.18, 0.91, 18.18, false, true},
    {"U_min", "",  "weakest starlight intensity (1 = solar neighbourhood)",         1.0,  0.1,  80,   0.1,  80,   true,  true},
    {"gamma", "",  "share of the dust mass heated by U_min < U",                    0.01, 0,    1,    0,    0.15, false, true}};
static const gal_param dale14_par[] = {
    {"alpha", "",  "exponent of the distribution of starlight intensity, dM/dU ~ U^-alpha", 2.0, 0.0625, 4, 1, 3, false, true}};
// clang-format on

static gal_status create_pairs(void **self, const char *folder, const gal_template_layout *y)
{
    gal_template_library *l = NULL;
    gal_status st = gal_template_read_pairs(&l, folder, y);
    if (st == GAL_OK) {
        l->umax = y->umax;
        l->t1 = y->t1;
        l->steepness = y->steepness;
        *self = l;
    }
    return st;
}

static gal_status create_dl07(void **self, const gal_option_value *v)
{
    return create_pairs(self, v[0].text, &dl07);
}

static gal_status create_themis(void **self, const gal_option_value *v)
{
    return create_pairs(self, v[0].text, &themis);
}

/* Starlight of 0.3 < U < 1e5 (Dale & Helou 2002, ApJ 576, 159); large grains as those of dl07, 18 K at U = 1 and n = 6. */
static gal_status create_dale14(void **self, const gal_option_value *v)
{
    gal_template_library *l = NULL;
    if (!v[0].text)
        return gal_fail(GAL_EINVAL,
                        "dust.dale14: needs path =, the file of templates (wavelength, 64 columns of log nu L_nu)");
    gal_status st = gal_template_read_dale14(&l, v[0].text);
    if (st == GAL_OK) {
        l->umin = 0.3;
        l->umax = 1e5;
        l->t1 = 18;
        l->steepness = 6;
        *self = l;
    }
    return st;
}

/* ------------------------------------------------------------------ on a galaxy's grid */
typedef struct grid_table {
    size_t n, first;        /* nothing below node `first` */
    double *lum;            /* as in the library, [..][n] */
    double *power;          /* int L dlambda of each */
    gal_contrast *contrast; /* NULL: there is no background */
} grid_table;

static void teardown(void *table)
{
    grid_table *t = table;
    if (!t)
        return;
    gal_free(t->lum);
    gal_free(t->power);
    gal_contrast_free(t->contrast);
    gal_free(t);
}

static grid_table *empty(const gal_template_library *l, size_t n, size_t *ns)
{
    grid_table *t = GAL_NEW(grid_table);
    *ns = l->nq * l->nu * l->npair;
    if (t && (t->lum = GAL_NEWN(double, *ns *n)) && (t->power = GAL_NEWN(double, *ns))) {
        t->n = n;
        return t;
    }
    return teardown(t), NULL;
}

/* Starlight below which the share f of the dust lies, dM/dU ~ U^-alpha */
static double quantile(double umin, double umax, double alpha, double f)
{
    double e = 1 - alpha;
    if (fabs(e) < 1e-6)
        return umin * pow(umax / umin, f);
    return umin * pow(1 + f * (pow(umax / umin, e) - 1), 1 / e);
}

/* t[ns][GAL_TEMPLATE_MIX] */
static void temperatures(const gal_template_library *l, double *t)
{
    size_t ns = l->nq * l->nu * l->npair;
    for (size_t s = 0; s < ns; s++) {
        double axis = l->lnu[s / l->npair % l->nu];
        bool pair = l->npair == 2, mixed = !pair || s % 2 == 1;
        for (int j = 0; j < (mixed ? GAL_TEMPLATE_MIX : 1); j++) {
            double u = !mixed
                           ? exp(axis)
                           : quantile(pair ? exp(axis) : l->umin, l->umax, pair ? 2 : axis, gal_contrast_quantile(j));
            t[s * GAL_TEMPLATE_MIX + (size_t)j] = l->t1 * pow(u, 1 / l->steepness);
        }
    }
}

static gal_status against_background(grid_table *t, const gal_template_library *l, const gal_wavegrid *g, size_t ns)
{
    if (g->compat.no_background)
        return GAL_OK;
    double *kelvin = GAL_NEWN(double, ns *GAL_TEMPLATE_MIX);
    gal_status st = GAL_ENOMEM;
    if (kelvin) {
        temperatures(l, kelvin);
        st = gal_contrast_create(&t->contrast, g, ns, t->lum, t->power, kelvin, l->steepness);
    }
    gal_free(kelvin);
    return st;
}

static gal_status setup(void **table, const void *self, const gal_wavegrid *g)
{
    const gal_template_library *l = self;
    size_t ns;
    grid_table *t = empty(l, g->n, &ns);
    if (!t)
        return GAL_ENOMEM;
    double last = l->wave[l->nwave - 1], before = l->wave[l->nwave - 2];
    for (size_t k = 0; k < g->n; k++) { /* every template has the same nodes */
        double w = g->wave[k];
        size_t i = gal_search(l->wave, l->nwave, w);
        double f = (w - l->wave[i]) / (l->wave[i + 1] - l->wave[i]);
        for (size_t s = 0; w >= l->wave[0] && w <= last && s < ns; s++) {
            const double *from = l->lum + s * l->nwave + i;
            t->lum[s * g->n + k] = from[0] + f * (from[1] - from[0]);
        }
    }
    for (size_t s = 0; s < ns; s++) {
        const double *from = l->lum + s * l->nwave;
        double *to = t->lum + s * g->n;
        double a = from[l->nwave - 1], b = from[l->nwave - 2],
               slope = a > 0 && b > 0 ? log(a / b) / log(last / before) : -6;
        slope = slope > -3 ? -3 : slope;
        for (size_t k = 0; k < g->n; k++) {
            if (g->wave[k] > last)
                to[k] = a * pow(g->wave[k] / last, slope);
            t->power[s] += g->tw[k] * to[k];
        }
        if (!(t->power[s] > 0)) {
            teardown(t);
            return gal_fail(GAL_EDOMAIN, "dust templates: nothing of them lies on the wavelength grid");
        }
    }
    while (t->first < g->n && g->wave[t->first] < l->wave[0])
        t->first++;
    gal_status st = against_background(t, l, g, ns);
    if (st == GAL_OK)
        *table = t;
    else
        teardown(t);
    return st;
}

static gal_status pick(void **table, const void *whole, const void *self, const gal_wavegrid *nodes)
{
    const grid_table *from = whole;
    size_t ns, n = nodes->n;
    grid_table *t = empty(self, n, &ns);
    if (!t)
        return GAL_ENOMEM;
    memcpy(t->power, from->power, ns * sizeof *t->power);
    for (size_t s = 0; s < ns; s++)
        for (size_t k = 0; k < n; k++)
            t->lum[s * n + k] = from->lum[s * from->n + nodes->at[k]];
    while (t->first < n && nodes->at[t->first] < from->first)
        t->first++;
    gal_status st = from->contrast ? gal_contrast_pick(&t->contrast, from->contrast, nodes) : GAL_OK;
    if (st == GAL_OK)
        *table = t;
    else
        teardown(t);
    return st;
}

/* scratch: templates as they are seen, of four nodes around and both heatings: whose, the background's temperature, scale, and the values;
 * one more for derivatives */
enum { WHOSE, WHEN, SCALE, TAGS, SLOTS = 8 };

/* The first node that the background may touch */
static size_t first_far(const grid_table *t)
{
    return t->contrast ? t->contrast->from : 0;
}

static size_t slot_size(const gal_contrast *c)
{
    return TAGS + (c ? c->n - c->from : 0);
}

static size_t scratch(const void *self, const gal_wavegrid *g)
{
    (void)self;
    return (SLOTS + 1) * (TAGS + g->n);
}

/* Template `at` in slot i as it is seen; without a background as it is. */
static gal_seen seen(const gal_stage *s, size_t at, int i)
{
    const grid_table *t = s->table;
    double t0 = gal_dust_background(s->view);
    if (!(t0 > 0) || !t->contrast)
        return (gal_seen){1, t->lum + at * t->n + first_far(t)};
    double *slot = s->scratch + (size_t)i * slot_size(t->contrast);
    if (slot[WHOSE] != (double)at + 1 || slot[WHEN] != t0) {
        slot[SCALE] = gal_contrast_seen(t->contrast, at, t0, slot + TAGS);
        slot[WHOSE] = (double)at + 1;
        slot[WHEN] = t0;
    }
    return (gal_seen){slot[SCALE], slot + TAGS};
}

/* Position on an axis: index and fraction of the next. */
static size_t locate(const double *axis, size_t n, double v, double *f)
{
    if (n == 1)
        return *f = 0, 0;
    size_t i = gal_search(axis, n, v);
    double x = (v - axis[i]) / (axis[i + 1] - axis[i]);
    *f = x < 0 ? 0 : x > 1 ? 1 : x;
    return i;
}

typedef struct around {
    size_t at[4]; /* templates */
    double w[4], by_q[4], by_u[4];
} around;

static double step_slope(const double *axis, size_t n, size_t i, double v)
{
    return n > 1 && v >= axis[0] && v <= axis[n - 1] ? 1 / (axis[i + 1] - axis[i]) : 0; /* beyond: its edge */
}

static around around_of(const gal_template_library *l, double q, double u)
{
    around r;
    double fq, fu;
    size_t iq = locate(l->q, l->nq, q, &fq), iu = locate(l->lnu, l->nu, u, &fu);
    double sq = step_slope(l->q, l->nq, iq, q), su = step_slope(l->lnu, l->nu, iu, u);
    for (int c = 0; c < 4; c++) {
        bool q1 = c >> 1, u1 = c & 1;
        double wq = q1 ? fq : 1 - fq, wu = u1 ? fu : 1 - fu;
        r.w[c] = wq * wu;
        r.by_q[c] = (q1 ? sq : -sq) * wu;
        r.by_u[c] = (u1 ? su : -su) * wq;
        r.at[c] = r.w[c] != 0 || r.by_q[c] != 0 || r.by_u[c] != 0
                      ? ((iq + (size_t)q1) * l->nu + iu + (size_t)u1) * l->npair
                      : SIZE_MAX;
    }
    return r;
}

/* The mixture of heatings: shares of the two templates in a unit, and their derivatives with gamma. A unit of template c is T = [(1 - gamma) a + gamma b]/all, all
 * the power of that; lum = power sum w T over the four around. */
static void mixture(const gal_template_library *l, const grid_table *t, size_t at, double gamma, double share[2],
                    double slope[2])
{
    share[0] = 1 / t->power[at];
    share[1] = slope[0] = slope[1] = 0;
    if (l->npair == 1)
        return;
    double a = t->power[at], b = t->power[at + 1], all = (1 - gamma) * a + gamma * b, more = (b - a) / all;
    share[0] = (1 - gamma) / all;
    share[1] = gamma / all;
    slope[0] = -1 / all - share[0] * more;
    slope[1] = 1 / all - share[1] * more;
}

/* lum += x times a template that is seen as `as` */
static void add(const grid_table *t, size_t at, gal_seen as, double x, double *lum)
{
    const double *a = t->lum + at * t->n;
    size_t from = first_far(t);
    for (size_t k = t->first; k < from; k++)
        lum[k] += x * as.scale * a[k];
    for (size_t k = from; k < t->n; k++)
        lum[k] += x * as.far[k - from];
}

static double dot(const grid_table *t, size_t at, gal_seen as, const double *glum)
{
    size_t from = first_far(t);
    double near = t->first < from ? num_dot(glum + t->first, t->lum + at * t->n + t->first, from - t->first) : 0;
    return as.scale * near + num_dot(glum + from, as.far, t->n - from);
}

/* Sum of the (at most eight) templates around, each with its weight; unit power, then times what was absorbed. */
static gal_status add_templates(const gal_stage *s, double q, double u, double gamma)
{
    const gal_template_library *l = s->self;
    const grid_table *t = s->table;
    double *lum = s->lum[0], power = s->view->e_mc + s->view->e_dd;
    around r = around_of(l, q, u);
    double per_mass = 0; /* Lsun per Msun of dust */
    memset(lum, 0, t->n * sizeof *lum);
    for (int c = 0; c < 4; c++) {
        double share[2], slope[2];
        size_t at = r.at[c];
        if (!(r.w[c] > 0))
            continue;
        mixture(l, t, at, gamma, share, slope);
        for (size_t h = 0; h < l->npair; h++)
            if (share[h] > 0)
                add(t, at + h, seen(s, at + h, c * 2 + (int)h), r.w[c] * power * share[h], lum);
        if (l->npair == 2) { /* at unit starlight the first emits its power over U */
            double all = (1 - gamma) * t->power[at] + gamma * t->power[at + 1];
            per_mass += r.w[c] * l->p0[at / 2 / l->nu] * all * exp(l->lnu[at / 2 % l->nu]) / t->power[at];
        }
    }
    if (l->npair == 2)
        s->derived[0] = per_mass > 0 ? power / per_mass : 0;
    return GAL_OK;
}

static gal_status reemit_pairs(const gal_stage *s, gal_emission *out)
{
    (void)out; /* no single temperature */
    return add_templates(s, s->p[0], log(s->p[1]), s->p[2]);
}

static gal_status reemit_dale14(const gal_stage *s, gal_emission *out)
{
    (void)out;
    return add_templates(s, 0, s->p[0], 0);
}

/* ------------------------------------------------------------------ derivatives */
/* d/d ln T_0 of a template that is seen as `as` */
static gal_seen with_background(const gal_stage *s, size_t at, gal_seen as)
{
    const grid_table *t = s->table;
    double *change = s->scratch + SLOTS * slot_size(t->contrast);
    double scale = gal_contrast_slope(t->contrast, at, gal_dust_background(s->view), as.scale, as.far, change);
    return (gal_seen){scale, change};
}

static gal_status jvp(const gal_stage *s, const gal_stage *d, double q, double u, double gamma, double dq, double du,
                      double dgamma)
{
    const gal_template_library *l = s->self;
    const grid_table *t = s->table;
    double power = s->view->e_mc + s->view->e_dd, dpower = d->view->e_mc + d->view->e_dd, *dlum = d->lum[0];
    double dlnt0 = t->contrast && gal_dust_background(s->view) > 0 ? d->view->redshift / (1 + s->view->redshift) : 0;
    around r = around_of(l, q, u);
    memset(dlum, 0, t->n * sizeof *dlum);
    for (int c = 0; c < 4; c++) {
        double share[2], slope[2], dw = dpower * r.w[c] + power * (r.by_q[c] * dq + r.by_u[c] * du);
        if (r.at[c] == SIZE_MAX)
            continue;
        mixture(l, t, r.at[c], gamma, share, slope);
        for (size_t h = 0; h < l->npair; h++) {
            gal_seen as = seen(s, r.at[c] + h, c * 2 + (int)h);
            add(t, r.at[c] + h, as, dw * share[h] + power * r.w[c] * slope[h] * dgamma, dlum);
            if (dlnt0 != 0 && r.w[c] * share[h] > 0)
                add(t, r.at[c] + h, with_background(s, r.at[c] + h, as), power * r.w[c] * share[h] * dlnt0, dlum);
        }
    }
    return GAL_OK;
}

/* Derivatives with respect to q, u, gamma and, twice, the power; to the redshift */
static void vjp(const gal_stage *s, const double *glum, double q, double u, double gamma, double g[3], gal_view *gv)
{
    const gal_template_library *l = s->self;
    const grid_table *t = s->table;
    double power = s->view->e_mc + s->view->e_dd, gpower = 0;
    bool background = t->contrast && gal_dust_background(s->view) > 0 && !(gv->idle & GAL_NEED_REDSHIFT);
    around r = around_of(l, q, u);
    g[0] = g[1] = g[2] = 0;
    for (int c = 0; c < 4; c++) {
        double share[2], slope[2];
        if (r.at[c] == SIZE_MAX)
            continue;
        mixture(l, t, r.at[c], gamma, share, slope);
        for (size_t h = 0; h < l->npair; h++) {
            size_t at = r.at[c] + h;
            gal_seen as = seen(s, at, c * 2 + (int)h);
            double a = dot(t, at, as, glum), unit = share[h] * a;
            gpower += r.w[c] * unit;
            g[0] += power * r.by_q[c] * unit;
            g[1] += power * r.by_u[c] * unit;
            g[2] += power * r.w[c] * slope[h] * a;
            if (background && r.w[c] * share[h] > 0)
                gv->redshift +=
                    power * r.w[c] * share[h] * dot(t, at, with_background(s, at, as), glum) / (1 + s->view->redshift);
        }
    }
    gv->e_mc += gpower;
    gv->e_dd += gpower;
}

static gal_status reemit_pairs_jvp(const gal_stage *s, const gal_stage *d, const gal_emission *out,
                                   gal_emission *change)
{
    const double *p = s->p, *dp = d->p;
    (void)out;
    (void)change;
    return jvp(s, d, p[0], log(p[1]), p[2], dp[0], dp[1] / p[1], dp[2]);
}

static gal_status reemit_dale14_jvp(const gal_stage *s, const gal_stage *d, const gal_emission *out,
                                    gal_emission *change)
{
    (void)out;
    (void)change;
    return jvp(s, d, 0, s->p[0], 0, 0, d->p[0], 0);
}

static gal_status reemit_pairs_vjp(const gal_stage *s, const gal_emission *out, double *const *glum, double *gp,
                                   gal_view *gv, gal_screen *gscreen)
{
    double g[3];
    (void)out;
    (void)gscreen;
    vjp(s, glum[0], s->p[0], log(s->p[1]), s->p[2], g, gv);
    gp[0] += g[0];
    gp[1] += g[1] / s->p[1];
    gp[2] += g[2];
    return GAL_OK;
}

static gal_status reemit_dale14_vjp(const gal_stage *s, const gal_emission *out, double *const *glum, double *gp,
                                    gal_view *gv, gal_screen *gscreen)
{
    double g[3];
    (void)out;
    (void)gscreen;
    vjp(s, glum[0], 0, s->p[0], 0, g, gv);
    gp[0] += g[1];
    return GAL_OK;
}

static const char *const spectra[] = {"dust"};
static const gal_quantity weighed[] = {
    {"Mdust_em", "Msun", "mass of the dust that emits, by the templates: power over that of a unit of mass"}};
static const gal_option folder[] = {
    {"path", "", "folder with the library's files; none: built in", GAL_OPTION_STRING, NULL, 0, NULL}};
static const gal_option file[] = {{"path", "", "file of the library", GAL_OPTION_STRING, NULL, 0, NULL}};

#define TEMPLATE(symbol, name, text, params, n, options, reader, function, quantities)                                 \
    const gal_component_class symbol = {                                                                               \
        .group = "dust",                                                                                               \
        .kind = name,                                                                                                  \
        .doc = text,                                                                                                   \
        .par = params,                                                                                                 \
        .npar = n,                                                                                                     \
        .option = options,                                                                                             \
        .noption = 1,                                                                                                  \
        .spectra = spectra,                                                                                            \
        .nspectra = 1,                                                                                                 \
        .derived = weighed,                                                                                            \
        .nderived = quantities,                                                                                        \
        .needs = GAL_NEED_ABSORBED | GAL_NEED_REDSHIFT,                                                                \
        .on_nodes = GAL_NODES_TABLED,                                                                                  \
        .create = reader,                                                                                              \
        .destroy = gal_template_library_free,                                                                          \
        .setup = setup,                                                                                                \
        .pick = pick,                                                                                                  \
        .teardown = teardown,                                                                                          \
        .scratch = scratch,                                                                                            \
        .reemit = function,                                                                                            \
        .reemit_jvp = function##_jvp,                                                                                  \
        .reemit_vjp = function##_vjp,                                                                                  \
    }
TEMPLATE(
    gal_dust_dl07, "dl07",
    "Templates of Draine & Li 2007 (ApJ 657, 810), Milky Way dust, built in or from files DL07_MW3.1_*.dat; energy as "
    "absorbed. Mdust_em: what that dust weighs.",
    dl07_par, 3, folder, create_dl07, reemit_pairs, 1);
TEMPLATE(gal_dust_themis, "themis",
         "THEMIS templates (Jones et al. 2017, A&A 602, A46), built in or from files THEMIS_MW3.1_*.dat; energy as "
         "absorbed. Mdust_em: what that dust weighs.",
         themis_par, 3, folder, create_themis, reemit_pairs, 1);
TEMPLATE(gal_dust_dale14, "dale14",
         "Templates of Dale et al. 2014 (ApJ 784, 83) from one file of 64 log nu L_nu; energy as absorbed.", dale14_par,
         1, file, create_dale14, reemit_dale14, 0);
