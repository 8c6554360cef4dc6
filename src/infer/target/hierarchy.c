/* Populations from the posteriors of their members; see galua/hierarchy.h. */
#include "galua/hierarchy.h"
#include "infer/target/hierarchy_kern.h"
#include "num/gauss.h"

#include <math.h>
#include <string.h>

/* One mean of weights: n values of f = ln w, `all` draws. */
typedef struct mean_weight {
    double ln, variance, effective, noise;
    double top, scale; /* share of a draw: scale exp(f - top) */
} mean_weight;

static const double FEWEST = 2; /* effective draws below which a source's noise cannot be told from its draws */

struct gal_hierarchy {
    size_t nsource, nq, ndraw, npoint; /* points: draws, then detected mocks */
    double nmock;
    size_t *start; /* [nsource + 1] */
    double *y;     /* [nq][npoint] */
    double *minus; /* [npoint] ln pi, ln q; +inf where the density of every population is 0 */
    double *f;     /* [npoint] ln weights of the last call */
    double *share; /* [npoint] normalised weights of the reference */
    bool marked;   /* there is one */
    size_t nterm;
    double *term;      /* [nterm][ndraw] */
    double *coef;      /* [nterm] */
    mean_weight *mean; /* [nsource + 1] of the last call, the last of the mocks */
};

void gal_hierarchy_free(gal_hierarchy *h)
{
    if (!h)
        return;
    gal_free(h->start);
    gal_free(h->y);
    gal_free(h->minus);
    gal_free(h->f);
    gal_free(h->share);
    gal_free(h->mean);
    gal_free(h->term);
    gal_free(h->coef);
    gal_free(h);
}

size_t gal_hierarchy_quantities(const gal_hierarchy *h)
{
    return h->nq;
}

size_t gal_hierarchy_draws(const gal_hierarchy *h)
{
    return h->ndraw;
}

size_t gal_hierarchy_points(const gal_hierarchy *h)
{
    return h->npoint;
}

/* n points of y[nq][n], lnpi[n] from point `at` on */
static gal_status take(gal_hierarchy *h, size_t at, size_t n, const double *y, const double *lnpi, const char *what)
{
    for (size_t i = 0; i < n; i++) {
        bool possible = true;
        if (isnan(lnpi[i]))
            return gal_fail(GAL_EDOMAIN, "hierarchy: %s %zu: the density that it was drawn from is not a number", what,
                            i + 1);
        for (size_t k = 0; k < h->nq; k++) {
            double v = y[k * n + i];
            if (isnan(v))
                return gal_fail(GAL_EDOMAIN, "hierarchy: %s %zu: quantity %zu is not a number", what, i + 1, k + 1);
            possible = possible && isfinite(v);
            h->y[k * h->npoint + at + i] = isfinite(v) ? v : 0;
        }
        if (possible && !isfinite(lnpi[i]))
            return gal_fail(GAL_EDOMAIN, "hierarchy: %s %zu: ln density that it was drawn from is %g", what, i + 1,
                            lnpi[i]);
        h->minus[at + i] = possible ? lnpi[i] : INFINITY;
    }
    return GAL_OK;
}

gal_status gal_hierarchy_create(gal_hierarchy **out, const gal_hierarchy_data *d)
{
    gal_status st = GAL_OK;
    gal_hierarchy *h = NULL;
    *out = NULL;
    if (d->nsource == 0 || d->nquantity == 0)
        return gal_fail(GAL_EINVAL, "hierarchy: %zu sources, %zu quantities", d->nsource, d->nquantity);
    for (size_t i = 0; i < d->nsource; i++)
        if (!(d->start[i + 1] > d->start[i]))
            return gal_fail(GAL_EINVAL, "hierarchy: source %zu has no draws", i + 1);
    if (d->ndetected > 0 ? !(d->nmock >= (double)d->ndetected) : d->nmock != 0)
        return gal_fail(GAL_EINVAL, "hierarchy: %zu detected of %g mocks", d->ndetected, d->nmock);
    if (!(h = GAL_NEW(gal_hierarchy)))
        return GAL_ENOMEM;
    h->nsource = d->nsource;
    h->nq = d->nquantity;
    h->ndraw = d->start[d->nsource];
    h->npoint = h->ndraw + d->ndetected;
    h->nmock = d->nmock;
    h->start = GAL_NEWN(size_t, h->nsource + 1);
    h->y = GAL_NEWN(double, h->nq * h->npoint);
    h->minus = GAL_NEWN(double, h->npoint);
    h->f = GAL_NEWN(double, h->npoint);
    h->share = GAL_NEWN(double, h->npoint);
    h->mean = GAL_NEWN(mean_weight, h->nsource + 1);
    if (!h->start || !h->y || !h->minus || !h->f || !h->share || !h->mean)
        GAL_TRY(GAL_ENOMEM);
    memcpy(h->start, d->start, (h->nsource + 1) * sizeof *h->start);
    GAL_TRY(take(h, 0, h->ndraw, d->y, d->lnpi, "draw"));
    if (d->ndetected > 0)
        GAL_TRY(take(h, h->ndraw, d->ndetected, d->y_mock, d->lnq, "mock"));
    *out = h;
    h = NULL;
out:
    gal_hierarchy_free(h);
    return st;
}

static void take_mean(const struct hierarchy_kern *kern, size_t n, const double *f, double all, const double *reference,
                      mean_weight *m)
{
    double top = -INFINITY, s1, s2;
    for (size_t i = 0; i < n; i++)
        top = f[i] > top ? f[i] : top;
    *m = (mean_weight){.ln = -INFINITY};
    if (!(top > -INFINITY))
        return;
    kern->sums(n, f, top, &s1, &s2);
    m->ln = top + log(s1 / all);
    m->effective = s1 * s1 / s2;
    m->variance = fmax(1 / m->effective - 1 / all, 0);
    m->top = top;
    m->scale = 1 / s1;
    m->noise = reference ? kern->apart(n, f, top, m->scale, reference) : 0;
}

gal_status gal_hierarchy_terms(gal_hierarchy *h, size_t nterm, const double *term)
{
    size_t n = nterm * h->ndraw;
    for (size_t i = 0; i < n; i++)
        if (!isfinite(term[i]))
            return gal_fail(GAL_EDOMAIN, "hierarchy: draw %zu: term %zu is %g", i % h->ndraw + 1, i / h->ndraw + 1,
                            term[i]);
    double *copy = GAL_NEWN(double, n + 1), *coef = GAL_NEWN(double, nterm + 1);
    if (!copy || !coef) {
        gal_free(copy);
        gal_free(coef);
        return GAL_ENOMEM;
    }
    if (n)
        memcpy(copy, term, n * sizeof *copy);
    gal_free(h->term);
    gal_free(h->coef);
    h->term = copy;
    h->coef = coef;
    h->nterm = nterm;
    return GAL_OK;
}

size_t gal_hierarchy_term_count(const gal_hierarchy *h)
{
    return h->nterm;
}

void gal_hierarchy_tilt(gal_hierarchy *h, const double *coefficient)
{
    memcpy(h->coef, coefficient, h->nterm * sizeof *coefficient);
}

/* From h->f of every point, before the terms. */
static void collect(gal_hierarchy *h, gal_hierarchy_value *out)
{
    const struct hierarchy_kern *kern = GAL_KERN_PICK(hierarchy_kern);
    for (size_t k = 0; k < h->nterm; k++)
        if (h->coef[k] != 0)
            kern->add(h->ndraw, h->coef[k], h->term + k * h->ndraw, h->f);
    mean_weight *m = h->mean, *mock = m + h->nsource;
    const double *p = h->marked ? h->share : NULL;
    int threads = gal_threads();
#pragma omp parallel for num_threads(threads) schedule(static) if (h->ndraw > 20000)
    for (size_t i = 0; i < h->nsource; i++) {
        size_t at = h->start[i], n = h->start[i + 1] - at;
        take_mean(kern, n, h->f + at, (double)n, p ? p + at : NULL, &m[i]);
    }
    *out = (gal_hierarchy_value){.least = INFINITY, .alpha = 1};
    for (size_t i = 0; i < h->nsource; i++) {
        out->lnl += m[i].ln;
        out->variance += m[i].variance;
        out->noise += p && m[i].effective < FEWEST ? fmax(m[i].noise, 1 / m[i].effective) : m[i].noise;
        if (m[i].effective < out->least) {
            out->least = m[i].effective;
            out->source = i;
        }
    }
    if (h->nmock > 0) {
        double n = (double)h->nsource;
        take_mean(kern, h->npoint - h->ndraw, h->f + h->ndraw, h->nmock, p ? p + h->ndraw : NULL, mock);
        out->alpha = exp(mock->ln);
        out->variance += n * n * mock->variance;
        out->noise += n * n * mock->noise;
        out->lnl = mock->ln > -INFINITY ? out->lnl - n * mock->ln : -INFINITY; /* a population that is never found */
    }
}

void gal_hierarchy_mark(gal_hierarchy *h)
{
    const struct hierarchy_kern *kern = GAL_KERN_PICK(hierarchy_kern);
    for (size_t i = 0; i < h->nsource + (h->nmock > 0); i++) {
        size_t at = h->start[i], n = (i < h->nsource ? h->start[i + 1] : h->npoint) - at;
        kern->shares(n, h->f + at, h->mean[i].top, h->mean[i].scale, h->share + at);
    }
    h->marked = true;
}

gal_status gal_hierarchy_normal(gal_hierarchy *h, const gal_hierarchy_law *law, gal_hierarchy_value *out)
{
    enum { MOST = 32 };
    const struct hierarchy_kern *kern = GAL_KERN_PICK(hierarchy_kern);
    double inv[MOST], c = 0;
    if (h->nq > MOST)
        return gal_fail(GAL_EINVAL, "hierarchy: %zu quantities, at most %d", h->nq, MOST);
    for (size_t k = 0; k < h->nq; k++) {
        if (!(law->sd[k] > 0 && isfinite(law->sd[k])))
            return gal_fail(GAL_EDOMAIN, "hierarchy: the standard deviation of quantity %zu is %g, it must be positive",
                            k + 1, law->sd[k]);
        inv[k] = 1 / law->sd[k];
        c -= log(law->sd[k]) + LN_SQRT_2PI;
    }
    int threads = gal_threads();
    long blocks = (long)((h->npoint + 4095) / 4096);
#pragma omp parallel for num_threads(threads) schedule(static) if (h->npoint > 20000)
    for (long b = 0; b < blocks; b++) {
        size_t at = 4096 * (size_t)b, n = h->npoint - at < 4096 ? h->npoint - at : 4096;
        kern->normal(n, h->npoint, h->nq, h->y + at, h->minus + at, law->mean, inv, law->pivot, law->slope, c,
                     h->f + at);
    }
    collect(h, out);
    return GAL_OK;
}

gal_status gal_hierarchy_lnlike(gal_hierarchy *h, const double *lnp, gal_hierarchy_value *out)
{
    for (size_t i = 0; i < h->npoint; i++) {
        if (isnan(lnp[i]) || lnp[i] == INFINITY)
            return gal_fail(GAL_EDOMAIN, "hierarchy: ln p of point %zu is %g", i + 1, lnp[i]);
        h->f[i] = lnp[i] - h->minus[i];
    }
    collect(h, out);
    return GAL_OK;
}
