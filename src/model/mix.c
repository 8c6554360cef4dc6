/* The light of stars at the nodes of a plan over redshifts (plan_panel.c): columns of the table times factors that are cubic splines in
 * ln(1 + z), with a continuous second derivative. Read-only, any number of threads. */
#include "csp/csp_kern.h"
#include "model/model_int.h"

#include <math.h>

void gal_mix_free(gal_mix *m)
{
    if (!m)
        return;
    gal_free(m->band);
    gal_free(m->entry);
    gal_free(m->factor);
    gal_free(m);
}

void gal_mix_splines(double x0, double inv, size_t nknot, double z, size_t *at, double b[4], double *db)
{
    double x = (log1p(z) - x0) * inv, i = floor(x), last = (double)nknot - 4;
    i = i < 0 ? 0 : i > last ? last : i;
    double u = x - i, v = 1 - u;
    *at = (size_t)i;
    b[0] = v * v * v / 6;
    b[1] = (4 + u * u * (3 * u - 6)) / 6;
    b[2] = (4 + v * v * (3 * v - 6)) / 6;
    b[3] = u * u * u / 6;
    if (!db)
        return;
    double d = inv / (1 + z);
    db[0] = -0.5 * v * v * d;
    db[1] = (1.5 * u * u - 2 * u) * d;
    db[2] = (2 * v - 1.5 * v * v) * d;
    db[3] = 0.5 * u * u * d;
}

void gal_mix_fit(double *y, size_t n, size_t stride, double *work)
{
    /* c[i-1] + 4 c[i] + c[i+1] = 6 y[i]; c = y at the ends, where the second derivative is 0 */
    work[0] = 0;
    for (size_t i = 1; i + 1 < n; i++) {
        double p = 1 / (4 - work[i - 1]);
        work[i] = p;
        y[i * stride] = (6 * y[i * stride] - y[(i - 1) * stride]) * p;
    }
    for (size_t i = n - 1; i-- > 1;)
        y[i * stride] -= work[i] * y[(i + 1) * stride];
}

void gal_mix_stars(const gal_mix *m, double z, const double *t0, const double *t1, double *s0, double *s1)
{
    const struct csp_kern *kern = GAL_KERN_PICK(csp_kern);
    size_t at;
    double b[4], sum[2];
    gal_mix_splines(m->x0, m->inv, m->nknot, z, &at, b, NULL);
    for (size_t i = 0; i < m->nband; i++) {
        const gal_mix_band *a = &m->band[i];
        for (size_t q = 0; q < a->n; q++) {
            kern->mix(a->ncol, m->factor + at * m->size + a->at + q * a->ncol, m->size, b, t0 + a->column,
                      t1 + a->column, sum);
            s0[m->entry[a->first + q]] = sum[0];
            s1[m->entry[a->first + q]] = sum[1];
        }
    }
}

void gal_mix_back(const gal_mix *m, double z, const double *g0, const double *g1, double *gt0, double *gt1)
{
    const struct csp_kern *kern = GAL_KERN_PICK(csp_kern);
    size_t at;
    double b[4];
    gal_mix_splines(m->x0, m->inv, m->nknot, z, &at, b, NULL);
    for (size_t i = 0; i < m->nband; i++) {
        const gal_mix_band *a = &m->band[i];
        for (size_t q = 0; q < a->n; q++) {
            size_t e = m->entry[a->first + q];
            kern->mix_back(a->ncol, m->factor + at * m->size + a->at + q * a->ncol, m->size, b, g0[e], g1[e],
                           gt0 + a->column, gt1 + a->column);
        }
    }
}

double gal_mix_slope(const gal_mix *m, double z, const double *t0, const double *t1, const double *g0, const double *g1)
{
    const struct csp_kern *kern = GAL_KERN_PICK(csp_kern);
    size_t at;
    double b[4], db[4], sum[2], slope = 0;
    gal_mix_splines(m->x0, m->inv, m->nknot, z, &at, b, db);
    for (size_t i = 0; i < m->nband; i++) {
        const gal_mix_band *a = &m->band[i];
        for (size_t q = 0; q < a->n; q++) {
            size_t e = m->entry[a->first + q];
            kern->mix(a->ncol, m->factor + at * m->size + a->at + q * a->ncol, m->size, db, t0 + a->column,
                      t1 + a->column, sum);
            slope += g0[e] * sum[0] + g1[e] * sum[1];
        }
    }
    return slope;
}
