/* A table on fewer wavelengths. Nodes that stay are nodes of the table, at most lambda/R apart where it has them closer; each holds the
 * coefficient of its hat in the least-squares fit to the spectrum, which is linear between nodes, so that what is integrated over more than two
 * steps keeps its value (point samples are several times worse). Ionisation edges stay sharp: the nodes on both sides of one are kept, and the
 * fit does not go over it. Coefficients below zero (next to deep lines) are set to zero and the others fitted again. */
#include "galua/const.h"
#include "ssp_int.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double edges[] = {GAL_HEII_AA, GAL_HEI_AA, GAL_LYMAN_AA};
enum { NEDGE = 3 };

typedef struct knots {
    size_t n, *at;                 /* indices of the nodes that stay */
    size_t stop[NEDGE + 1], nstop; /* fits end at these knots, the last being n - 1 */
} knots;

static void choose(knots *k, const gal_ssp *s, double resolution)
{
    bool must[2] = {false, false};
    k->n = k->nstop = 0;
    for (size_t i = 0; i < s->nwave; i++) {
        must[0] = must[1];
        must[1] = false;
        bool below = false;
        for (int e = 0; e < NEDGE && i + 1 < s->nwave; e++)
            below |= s->wave[i] <= edges[e] && edges[e] < s->wave[i + 1];
        must[1] = below;
        bool far = i == 0 || i + 1 >= s->nwave || s->wave[i + 1] > s->wave[k->at[k->n - 1]] * (1 + 1 / resolution);
        if (!far && !must[0] && !below)
            continue;
        k->at[k->n++] = i;
        if (below && k->nstop < NEDGE)
            k->stop[k->nstop++] = k->n - 1;
    }
    k->stop[k->nstop++] = k->n - 1;
}

/* Normal equations of hats on knots a .. b: diagonal and next to it, and the right-hand side of a spectrum. */
static void normal(const knots *k, const double *wave, const float *f, size_t a, size_t b, double *diag, double *next,
                   double *right)
{
    memset(diag, 0, (b - a + 1) * sizeof *diag);
    memset(next, 0, (b - a + 1) * sizeof *next);
    memset(right, 0, (b - a + 1) * sizeof *right);
    for (size_t c = a; c < b; c++) {
        double x0 = wave[k->at[c]], width = wave[k->at[c + 1]] - x0;
        for (size_t i = k->at[c]; i < k->at[c + 1]; i++) {
            double h = wave[i + 1] - wave[i], p = (wave[i] - x0) / width, q = (wave[i + 1] - x0) / width;
            double u = (double)f[i], v = (double)f[i + 1], m = 0.5 * (p + q), um = 0.5 * (u + v);
            double w[3] = {h / 6, 4 * h / 6, h / 6}, r[3] = {p, m, q},
                   y[3] = {u, um, v}; /* Simpson: exact for cubics */
            for (int j = 0; j < 3; j++) {
                diag[c - a] += w[j] * (1 - r[j]) * (1 - r[j]);
                diag[c - a + 1] += w[j] * r[j] * r[j];
                next[c - a] += w[j] * r[j] * (1 - r[j]);
                right[c - a] += w[j] * (1 - r[j]) * y[j];
                right[c - a + 1] += w[j] * r[j] * y[j];
            }
        }
    }
}

/* Thomas' algorithm; knots that are zero are taken out. Scratch: d, e of n. */
static void solve(size_t n, const double *diag, const double *next, const double *right, const bool *zero, double *d,
                  double *e, double *c)
{
    for (size_t i = 0; i < n; i++) {
        double low = i && !zero[i] && !zero[i - 1] ? next[i - 1] : 0;
        d[i] = (zero[i] ? 1 : diag[i]) - (i ? low * low / d[i - 1] : 0);
        e[i] = (zero[i] ? 0 : right[i]) - (i ? low / d[i - 1] * e[i - 1] : 0);
    }
    for (size_t i = n; i-- > 0;) {
        double up = i + 1 < n && !zero[i] && !zero[i + 1] ? next[i] : 0;
        c[i] = (e[i] - (i + 1 < n ? up * c[i + 1] : 0)) / d[i];
    }
}

static void fit(const knots *k, const double *wave, const float *f, double *work, bool *zero, float *out)
{
    double *diag = work, *next = diag + k->n, *right = next + k->n, *d = right + k->n, *e = d + k->n, *c = e + k->n;
    size_t a = 0;
    for (size_t part = 0; part < k->nstop; part++) {
        size_t b = k->stop[part], n = b - a + 1;
        normal(k, wave, f, a, b, diag, next, right);
        memset(zero, 0, n * sizeof *zero);
        for (bool again = n > 1; again;) {
            solve(n, diag, next, right, zero, d, e, c);
            again = false;
            for (size_t i = 0; i < n; i++)
                if (c[i] < 0 && !zero[i])
                    again = zero[i] = true;
        }
        for (size_t i = 0; i < n; i++)
            out[a + i] = n > 1 ? (zero[i] ? 0 : (float)c[i]) : f[k->at[a]];
        a = b + 1;
    }
}

/* Line spread as it is; what is finer than two new steps is not real. */
static gal_status widths(gal_ssp *t, const gal_ssp *s, const knots *k)
{
    if (s->fwhm && !(t->fwhm = GAL_NEWN(float, k->n)))
        return GAL_ENOMEM;
    if (!(t->finest = GAL_NEWN(float, k->n)))
        return GAL_ENOMEM;
    for (size_t i = 0; i < k->n; i++) {
        double left = i ? t->wave[i] - t->wave[i - 1] : 0, right = i + 1 < k->n ? t->wave[i + 1] - t->wave[i] : 0;
        double finest = fmax(gal_ssp_finest(s, t->wave[i]), 2 * fmax(left, right));
        t->finest[i] = (float)fmin(finest, t->wave[i]);
        if (s->fwhm)
            t->fwhm[i] = s->fwhm[k->at[i]];
    }
    return GAL_OK;
}

static gal_status copy_rest(gal_ssp *t, const gal_ssp *s, const knots *k, double resolution)
{
    gal_status st = GAL_OK;
    char text[120];
    char *from = NULL;
    for (size_t i = 0; i < SSP_NOPTIONAL; i++) {
        const float *x = *ssp_optional_of(s, i);
        if (!x || ssp_optionals[i].per_wave)
            continue;
        float *y = GAL_NEWN(float, ssp_optional_len(s, i));
        if (!y)
            return GAL_ENOMEM;
        memcpy(y, x, ssp_optional_len(s, i) * sizeof *y);
        *ssp_optional_of(t, i) = y;
    }
    if (s->nline) {
        GAL_TRY(gal_ssp_add_lines(t, s->nline));
        memcpy(t->line_wave, s->line_wave, s->nline * sizeof *t->line_wave);
        memcpy(t->line_lum, s->line_lum, s->nu * s->nz * s->nage * s->nline * sizeof *t->line_lum);
        for (size_t i = 0; i < s->nline; i++)
            if (!(t->line_name[i] = gal_strdup(s->line_name[i])))
                GAL_TRY(GAL_ENOMEM);
    }
    GAL_TRY(widths(t, s, k));
    snprintf(text, sizeof text, "\nthinned to %zu of %zu wavelengths, R = %g, least-squares coefficients", k->n,
             s->nwave, resolution);
    if (!(from = gal_asprintf("%s%s", s->provenance, text)))
        GAL_TRY(GAL_ENOMEM);
    GAL_TRY(gal_ssp_set_text(t, s->name, s->imf, from));
out:
    gal_free(from);
    return st;
}

gal_status gal_ssp_thin(gal_ssp **out, const gal_ssp *s, double resolution)
{
    gal_status st = GAL_OK;
    gal_ssp *t = NULL;
    double *work = NULL;
    bool *zero = NULL;
    knots k = {0};
    *out = NULL;
    if (!(resolution >= 10 && resolution <= 1e6))
        return gal_fail(GAL_EINVAL, "ssp.thin: resolution is %g, expected 10 .. 1e6", resolution);
    if (!(k.at = GAL_NEWN(size_t, s->nwave)))
        return GAL_ENOMEM;
    choose(&k, s, resolution);
    GAL_TRY(gal_ssp_create(&t, s->nu, s->nz, s->nage, k.n));
    if (!(work = GAL_NEWN(double, 6 * k.n)) || !(zero = GAL_NEWN(bool, k.n)))
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < k.n; i++)
        t->wave[i] = s->wave[k.at[i]];
    memcpy(t->age, s->age, s->nage * sizeof *t->age);
    memcpy(t->z, s->z, s->nz * sizeof *t->z);
    if (s->logu && t->logu)
        memcpy(t->logu, s->logu, s->nu * sizeof *t->logu);
    for (size_t i = 0; i < s->nu * s->nz * s->nage; i++)
        fit(&k, s->wave, s->lum + i * s->nwave, work, zero, t->lum + i * k.n);
    GAL_TRY(copy_rest(t, s, &k, resolution));
    GAL_TRY(gal_ssp_finish(t));
    *out = t;
    t = NULL;
out:
    gal_ssp_unref(t);
    gal_free(k.at);
    gal_free(work);
    gal_free(zero);
    return st;
}
