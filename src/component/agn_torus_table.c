/* Tables of the nuclei of closed form: spectra of disc, torus, polar dust and corona on a grid, and what a plan's nodes need of its integrals.
 * Formulas and sources in agn_torus.c. */
#include "component/agn_torus.h"
#include "component/xray.h"
#include "astro/laws.h"
#include "galua/const.h"

#include <math.h>
#include <string.h>

#define V_PER_97 17.
#define SMC_RV   2.74

void agn_torus_teardown(void *table)
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

double agn_torus_temperature(int i)
{
    return COLDEST * pow(T_SUBLIMATION / COLDEST, (double)i / (NT - 1));
}

gal_status agn_torus_setup(void **table, const void *self, const gal_wavegrid *g)
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
            s->black[(size_t)i * n + k] = planck(w, agn_torus_temperature(i));
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

static double series_slope(const double *c, double x)
{
    double a = 0, b = 0, da = 0, db = 0;
    for (int k = NC - 1; k > 0; k--) {
        double next = c[k] + 2 * x * a - b, dnext = 2 * (a + x * da) - db;
        b = a;
        a = next;
        db = da;
        da = dnext;
    }
    return a + x * da - db;
}

double agn_torus_taken(const shapes *s, int which, double x, double *slope)
{
    double most = which ? EBV_MOST : TAU_MOST, at = stretched(x, most);
    if (slope)
        *slope = series_slope(s->taken[which], at) * 2 * KAPPA / ((1 + KAPPA * x) * log1p(KAPPA * most));
    return series(s->taken[which], at);
}

double agn_torus_behind(const double c[NC], double depth, double *slope)
{
    double at = depth_place(depth);
    if (slope)
        *slope = series_slope(c, at) * 2 / (TAU_MOST + 0.3);
    return series(c, at);
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

gal_status agn_torus_pick(void **table, const void *whole, const void *self, const gal_wavegrid *nodes)
{
    shapes *from = (shapes *)(uintptr_t)whole, *s = GAL_NEW(shapes);
    size_t n = nodes->n;
    (void)self;
    if (!s || !(s->disc = GAL_NEWN(double, (6 + NT) * n)) || !(s->series = GAL_NEWN(double, (2 + NT) * NC)) ||
        make_series(from) != GAL_OK) {
        if (s)
            agn_torus_teardown(s);
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
