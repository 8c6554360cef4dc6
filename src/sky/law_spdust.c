/* law_spdust.c - spinning dust: T = A (nu0/nu)^2 j(nu/f)/j(nu0/f), f = peak/reference peak, j a tabulated emissivity of the cold neutral medium
 * (Ali-Haimoud et al. 2009) joined by lines, its end values outside. Working variable: 1/f. In it the band integral is piecewise linear with
 * knots at table/nu_i, so it is exact at one look-up for any number of frequencies. */
#include "sky/law.h"
#include "galua/num.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct spdust {
    double nu0, peak_ref;
    size_t n;
    double *x, *j; /* one block */
} spdust;

static void destroy(void *self)
{
    spdust *s = self;
    if (s)
        gal_free(s->x);
    gal_free(s);
}

static gal_status create(void **out, const double *opt, const gal_sky_table *t)
{
    size_t n = t[0].rows;
    *out = NULL;
    if (t[0].cols != 2 || n < 2)
        return gal_fail(GAL_EFORMAT, "spdust: emissivity must have two columns (GHz, emissivity), got %zu x %zu", n,
                        t[0].cols);
    spdust *s = GAL_NEW(spdust);
    if (!s || !(s->x = GAL_NEWN(double, 2 * n))) {
        gal_free(s);
        return GAL_ENOMEM;
    }
    s->nu0 = opt[0];
    s->peak_ref = opt[1];
    s->n = n;
    s->j = s->x + n;
    for (size_t i = 0; i < n; i++) {
        s->x[i] = t[0].x[2 * i];
        s->j[i] = t[0].x[2 * i + 1];
    }
    gal_status st = gal_check_ascending("spdust: frequencies of the emissivity", s->x, n);
    for (size_t i = 0; i < n && st == GAL_OK; i++)
        if (!(s->j[i] > 0))
            st = gal_fail(GAL_EDOMAIN, "spdust: emissivity %g at %g GHz must be positive", s->j[i], s->x[i]);
    if (st != GAL_OK) {
        destroy(s);
        return st;
    }
    *out = s;
    return GAL_OK;
}

static void work(const void *self, size_t n, double *const *par)
{
    const spdust *s = self;
    for (size_t k = 0; k < n; k++)
        par[0][k] = s->peak_ref / par[0][k];
}

static double emissivity(const spdust *s, double x)
{
    return gal_interp(s->x, s->j, s->n, x, GAL_CLAMP);
}

static gal_status shape(const void *self, void *local, int which, double nu, size_t n, const double *const *par,
                        double *out)
{
    const spdust *s = self;
    (void)local, (void)which;
    for (size_t k = 0; k < n; k++)
        out[k] = s->nu0 * s->nu0 / (nu * nu) * emissivity(s, nu * par[0][k]);
    return GAL_OK;
}

static void norm(const void *self, int which, size_t n, const double *const *par, double *out)
{
    const spdust *s = self;
    (void)which;
    for (size_t k = 0; k < n; k++)
        out[k] = 1 / emissivity(s, s->nu0 * par[0][k]);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static gal_status pieces(const void *self, int which, size_t nnu, const double *nu, const double *coef, double lo,
                         double hi, gal_pieces **out)
{
    gal_status st = GAL_OK;
    const spdust *s = self;
    bool inverse = which == LAW_NORM_I || which == LAW_NORM_P;
    const double one = 1;
    if (inverse) {
        nu = &s->nu0;
        coef = &one;
        nnu = 1;
    }
    size_t n = 0;
    double *knot = GAL_NEWN(double, nnu * s->n + 2);
    *out = NULL;
    if (!knot)
        return GAL_ENOMEM;
    knot[n++] = lo;
    for (size_t i = 0; i < nnu; i++)
        for (size_t k = 0; k < s->n; k++)
            if (s->x[k] / nu[i] > lo && s->x[k] / nu[i] < hi)
                knot[n++] = s->x[k] / nu[i];
    knot[n++] = hi;
    qsort(knot, n, sizeof *knot, ascending);
    size_t m = 1;
    for (size_t k = 1; k < n; k++) /* equal to rounding: one knot */
        if (knot[k] - knot[m - 1] > 1e-13 * knot[k])
            knot[m++] = knot[k];
    knot[m - 1] = hi;
    GAL_TRY(gal_pieces_create(out, m - 1, 1, knot));
    for (size_t k = 0; k + 1 < m; k++) {
        double mid = 0.5 * (knot[k] + knot[k + 1]);
        for (size_t i = 0; i < nnu; i++) {
            double x = nu[i] * mid, c = inverse ? 1 : coef[i] * s->nu0 * s->nu0 / (nu[i] * nu[i]), slope = 0;
            if (x > s->x[0] && x < s->x[s->n - 1]) {
                size_t g = gal_search(s->x, s->n, x);
                slope = (s->j[g + 1] - s->j[g]) / (s->x[g + 1] - s->x[g]);
            }
            (*out)->coef[0][k] += c * (emissivity(s, x) - slope * nu[i] * (mid - knot[k]));
            (*out)->coef[1][k] += c * slope * nu[i];
        }
    }
    GAL_TRY(gal_pieces_index(*out));
out:
    gal_free(knot);
    if (st != GAL_OK) {
        gal_pieces_free(*out);
        *out = NULL;
    }
    return st;
}

static const gal_sky_input par[] = {{"peak", "GHz", "peak frequency of the emissivity", NAN, 1e-2, 1e5}};
static const gal_sky_input opt[] = {
    {"nu_I", "GHz", "reference frequency", NAN, 1e-3, 1e6},
    {"peak_ref", "GHz", "peak frequency of the table", NAN, 1e-2, 1e5},
};
static const char *const table[] = {"emissivity"};

const gal_sky_law gal_law_spdust = {
    .name = "spdust",
    .doc = "spinning dust: a tabulated emissivity shifted in frequency",
    .par = par,
    .npar = 1,
    .opt = opt,
    .nopt = 2,
    .table = table,
    .ntable = 1,
    .create = create,
    .destroy = destroy,
    .work = work,
    .shape = shape,
    .norm = norm,
    .pieces = pieces,
};
