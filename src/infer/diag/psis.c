/* Weighted draws and Pareto-smoothed importance sampling: galua/draws.h. Thread-safe. */
#include "galua/draws.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "diag_int.h"

double logsumexp(const double *x, size_t n)
{
    double top = -INFINITY, s = 0;
    for (size_t i = 0; i < n; i++)
        top = fmax(top, x[i]);
    if (!(top > -INFINITY))
        return top;
    for (size_t i = 0; i < n; i++)
        s += exp(x[i] - top);
    return top + log(s);
}

gal_status gal_draws_alloc(gal_draws *w, size_t n, size_t d, size_t nb)
{
    *w = (gal_draws){.n = n, .d = d, .nb = nb};
    w->theta = GAL_NEWN(double, n *(d + nb + 3));
    if (!w->theta) {
        *w = (gal_draws){0};
        return GAL_ENOMEM;
    }
    w->lnprior = w->theta + n * d;
    w->lnlike = w->lnprior + n;
    w->lnw = w->lnlike + n;
    w->blob = w->lnw + n;
    for (size_t i = 0; i < n; i++)
        w->lnw[i] = -log((double)n);
    return GAL_OK;
}

void gal_draws_clear(gal_draws *w)
{
    gal_free(w->theta);
    *w = (gal_draws){0};
}

void gal_draws_pick(const gal_draws *w, double u, size_t n, size_t *row)
{
    size_t i = 0;
    double sum = w->n > 0 ? exp(w->lnw[0]) : 0;
    for (size_t j = 0; j < n; j++) {
        double at = ((double)j + u) / (double)n;
        while (sum < at && i + 1 < w->n)
            sum += exp(w->lnw[++i]);
        row[j] = i;
    }
}

/* ------------------------------------------------------------------ generalised Pareto */
/* Shape k and scale sigma of exceedances x[n] > 0, ascending. Zhang & Stephens 2009: posterior mean of b = -k/sigma over a grid of
 * m = 30 + sqrt(n) quasi-prior points; k then shrunk towards 0.5 with the weight of 10 observations (Vehtari et al. 2024, appendix). */
static void pareto_fit(const double *x, size_t n, double *k, double *sigma)
{
    enum { MAX = 30 + 4096 };
    double b[MAX], len[MAX], w[MAX], quart = x[(size_t)floor((double)n / 4 + 0.5) - 1], sum = 0, at = 0, mean = 0;
    size_t m = 30 + (size_t)sqrt((double)n);
    m = m < MAX ? m : MAX;
    for (size_t j = 0; j < m; j++) {
        b[j] = (1 - sqrt((double)m / ((double)j + 0.5))) / (3 * quart) + 1 / x[n - 1];
        double kj = 0;
        for (size_t i = 0; i < n; i++)
            kj += log1p(-b[j] * x[i]);
        kj /= (double)n;
        len[j] = (double)n * (log(-b[j] / kj) - kj - 1);
    }
    for (size_t j = 0; j < m; j++) {
        double s = 0;
        for (size_t i = 0; i < m; i++)
            s += exp(len[i] - len[j]);
        w[j] = 1 / s;
        if (!(w[j] >= 10 * DBL_EPSILON))
            w[j] = 0;
        sum += w[j];
    }
    for (size_t j = 0; j < m; j++)
        if (w[j] > 0)
            at += b[j] * w[j] / sum;
    for (size_t i = 0; i < n; i++)
        mean += log1p(-at * x[i]) / (double)n;
    *sigma = -mean / at;
    *k = ((double)n * mean + 5) / ((double)n + 10);
}

static double pareto_quantile(double p, double k, double sigma)
{
    return k == 0 ? -sigma * log1p(-p) : sigma * expm1(-k * log1p(-p)) / k;
}

typedef struct {
    double v;
    size_t i;
} item;

static int ascending(const void *a, const void *b)
{
    const item *p = a, *q = b;
    return p->v < q->v ? -1 : p->v > q->v ? 1 : p->i < q->i ? -1 : p->i > q->i;
}

gal_status gal_psis(double *lnw, size_t n, double reff, double *khat)
{
    gal_status st = GAL_OK;
    double top = -INFINITY, *x = NULL;
    item *s = GAL_NEWN(item, n ? n : 1);
    *khat = INFINITY;
    if (!s)
        return GAL_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        if (isnan(lnw[i]) || lnw[i] == INFINITY)
            GAL_THROW(GAL_EMATH, "importance sampling: ln weight %zu is %s", i + 1, isnan(lnw[i]) ? "NaN" : "+inf");
        top = fmax(top, lnw[i]);
        s[i] = (item){lnw[i], i};
    }
    if (!(top > -INFINITY))
        GAL_THROW(GAL_EMATH, "importance sampling: all %zu draws have weight 0", n);
    qsort(s, n, sizeof *s, ascending);
    size_t want = (size_t)ceil(fmin((double)n / 5, 3 * sqrt((double)n / reff)));
    /* ln of the largest weight that stays as it is; the tail is what lies strictly above */
    double cut = fmax(want < n ? s[n - want - 1].v - top : -INFINITY, log(DBL_MIN)), ecut = exp(cut);
    size_t first = n;
    while (first > 0 && s[first - 1].v - top > cut)
        first--;
    size_t tail = n - first;
    if (tail > 4) {
        if (!(x = GAL_NEWN(double, tail))) {
            st = GAL_ENOMEM;
            goto out;
        }
        for (size_t i = 0; i < tail; i++)
            x[i] = exp(s[first + i].v - top) - ecut;
        double k, sigma;
        pareto_fit(x, tail, &k, &sigma);
        if (isfinite(k)) {
            for (size_t i = 0; i < tail; i++) {
                double q = pareto_quantile(((double)i + 0.5) / (double)tail, k, sigma);
                s[first + i].v = top + fmin(0, log(q + ecut));
            }
            *khat = k;
        }
    }
    for (size_t i = 0; i < n; i++)
        lnw[s[i].i] = s[i].v;
    double sum = logsumexp(lnw, n);
    for (size_t i = 0; i < n; i++)
        lnw[i] -= sum;
out:
    gal_free(x);
    gal_free(s);
    return st;
}
