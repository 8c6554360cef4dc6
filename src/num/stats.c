/* Weighted statistics and small dense linear algebra. */
#include "galua/num.h"

#include <math.h>
#include <stdlib.h>

double gal_mean(const double *x, const double *w, size_t n)
{
    double s = 0, sw = 0;
    for (size_t i = 0; i < n; i++) {
        double wi = w ? w[i] : 1;
        s += wi * x[i];
        sw += wi;
    }
    return s / sw;
}

double gal_variance(const double *x, const double *w, size_t n)
{
    double m = gal_mean(x, w, n), s = 0, sw = 0;
    for (size_t i = 0; i < n; i++) {
        double wi = w ? w[i] : 1;
        s += wi * (x[i] - m) * (x[i] - m);
        sw += wi;
    }
    return s / (w ? sw : sw - 1);
}

typedef struct {
    double x, w;
} pair;

static int by_value(const void *a, const void *b)
{
    double x = ((const pair *)a)->x, y = ((const pair *)b)->x;
    return (x > y) - (x < y);
}

/* first i with p[i].w >= q */
static size_t first_at(const pair *p, size_t n, double q)
{
    size_t lo = 0, hi = n;
    while (hi > lo) {
        size_t mid = lo + (hi - lo) / 2;
        if (p[mid].w < q)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

gal_status gal_quantiles(const double *x, const double *w, size_t n, const double *q, size_t nq, double *out)
{
    if (n == 0)
        return gal_fail(GAL_EINVAL, "quantiles: no values");
    pair *p = GAL_NEWN(pair, n);
    if (!p)
        return GAL_ENOMEM;
    double sum = 0, cum = 0;
    for (size_t i = 0; i < n; i++) {
        p[i] = (pair){x[i], w ? w[i] : 1};
        sum += p[i].w;
    }
    qsort(p, n, sizeof *p, by_value);
    for (size_t i = 0; i < n; i++) { /* weight -> mid-point of the cumulative sum */
        cum += p[i].w;
        p[i].w = (cum - 0.5 * p[i].w) / sum;
    }
    for (size_t k = 0; k < nq; k++) {
        size_t i = first_at(p, n, q[k]);
        if (i == 0 || i == n) {
            out[k] = p[i == 0 ? 0 : n - 1].x;
        } else {
            double dc = p[i].w - p[i - 1].w, f = dc > 0 ? (q[k] - p[i - 1].w) / dc : 1, a = p[i - 1].x, b = p[i].x;
            out[k] = isinf(a) || isinf(b) ? (f < 0.5 ? a : b) : a + f * (b - a); /* nothing lies half-way to infinity */
        }
    }
    gal_free(p);
    return GAL_OK;
}

gal_status gal_cholesky(double *a, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        double s = a[j * n + j];
        for (size_t k = 0; k < j; k++)
            s -= a[j * n + k] * a[j * n + k];
        if (!(s > 0))
            return gal_fail(GAL_EMATH, "matrix is not positive definite (row %zu)", j + 1);
        double d = a[j * n + j] = sqrt(s);
        for (size_t i = j + 1; i < n; i++) {
            double t = a[i * n + j];
            for (size_t k = 0; k < j; k++)
                t -= a[i * n + k] * a[j * n + k];
            a[i * n + j] = t / d;
        }
        for (size_t i = 0; i < j; i++)
            a[i * n + j] = 0;
    }
    return GAL_OK;
}

void gal_chol_solve(const double *l, size_t n, double *b)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++)
            b[i] -= l[i * n + k] * b[k];
        b[i] /= l[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; k++)
            b[i] -= l[k * n + i] * b[k];
        b[i] /= l[i * n + i];
    }
}
