/* A density given as ln p at nodes: ln p linear between nodes, p linear next to a node with p = 0, zero outside.
 *
 * With s = slope of ln p over a step h, the probability of the step is p_max h (1 - e^{-|s| h})/(|s| h) where p_max belongs to
 * its higher end: no overflow whatever the slope. Immutable: thread-safe. */
#include "prior_int.h"

#include <math.h>
#include <string.h>

#include "galua/num.h"

/* probability of a part t in [0,h] of a step with end densities exp(l0), exp(l1) */
static double step_mass(double l0, double l1, double h, double t)
{
    if (l0 == -INFINITY || l1 == -INFINITY) { /* p linear */
        double p0 = exp(l0), p1 = exp(l1);
        return t * (p0 + 0.5 * (p1 - p0) * t / h);
    }
    double s = (l1 - l0) / h, st = s * t;
    double top = s > 0 ? exp(l0 + st) : exp(l0), a = fabs(st);
    return top * t * (a < 1e-12 ? 1 - 0.5 * a : -expm1(-a) / a);
}

/* t with step_mass(t) = m */
static double step_position(double l0, double l1, double h, double m)
{
    double t;
    if (l0 == -INFINITY || l1 == -INFINITY) {
        double p0 = exp(l0), p1 = exp(l1), c = (p1 - p0) / h; /* p0 t + c t^2/2 = m */
        double disc = p0 * p0 + 2 * c * m;
        t = 2 * m / (p0 + sqrt(disc > 0 ? disc : 0));
    } else {
        double s = (l1 - l0) / h, p0 = exp(l0), r = m * s / p0;
        if (fabs(s) * h < 1e-12)
            t = m / p0;
        else if (isfinite(r) && p0 > 0)
            t = r <= -1 ? h : log1p(r) / s;
        else /* the density at the low end underflows: only its logarithm is known */
            t = (log(m * s) - l0) / s;
    }
    return t > h || isnan(t) ? h : t < 0 ? 0 : t;
}

gal_status prior_table_build(prior_table *t, const double *x, const double *lnp, size_t n)
{
    double top = -INFINITY, total = 0;
    if (n < 2)
        return gal_fail(GAL_EINVAL, "%zu nodes, expected at least 2", n);
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i]))
            return gal_fail(GAL_EINVAL, "x[%zu] = %g is not finite", i + 1, x[i]);
        if (i > 0 && !(x[i] > x[i - 1]))
            return gal_fail(GAL_EINVAL, "x[%zu] = %g does not exceed x[%zu] = %g; sort the nodes", i + 1, x[i], i,
                            x[i - 1]);
        if (isnan(lnp[i]) || lnp[i] == INFINITY)
            return gal_fail(GAL_EINVAL, "ln density at x = %g is %g; it must be finite or -inf", x[i], lnp[i]);
        if (lnp[i] > top)
            top = lnp[i];
    }
    if (top == -INFINITY)
        return gal_fail(GAL_EINVAL, "the density is zero at all %zu nodes between %g and %g", n, x[0], x[n - 1]);
    double *mem = GAL_NEWN(double, 4 * n);
    if (!mem)
        return GAL_ENOMEM;
    t->n = n;
    t->x = mem;
    t->lnp = mem + n;
    t->cum = mem + 2 * n;
    t->given = mem + 3 * n;
    memcpy(t->given, lnp, n * sizeof *lnp);
    memcpy(t->x, x, n * sizeof *x);
    for (size_t i = 0; i < n; i++)
        t->lnp[i] = lnp[i] - top;
    for (size_t i = 1; i < n; i++) {
        double h = x[i] - x[i - 1];
        total += step_mass(t->lnp[i - 1], t->lnp[i], h, h);
        t->cum[i] = total;
    }
    for (size_t i = 0; i < n; i++) {
        t->lnp[i] -= log(total);
        t->cum[i] /= total;
    }
    t->cum[n - 1] = 1;
    return GAL_OK;
}

void prior_table_free(prior_table *t)
{
    gal_free(t->x);
}

static double prior_table_logpdf(const prior_table *t, double x)
{
    if (x < t->x[0] || x > t->x[t->n - 1])
        return -INFINITY;
    size_t i = gal_search(t->x, t->n, x);
    double l0 = t->lnp[i], l1 = t->lnp[i + 1], f = (x - t->x[i]) / (t->x[i + 1] - t->x[i]);
    if (l0 == -INFINITY || l1 == -INFINITY)
        return log((1 - f) * exp(l0) + f * exp(l1));
    return (1 - f) * l0 + f * l1;
}

static double prior_table_cdf(const prior_table *t, double x)
{
    size_t i = gal_search(t->x, t->n, x);
    double c = t->cum[i] + step_mass(t->lnp[i], t->lnp[i + 1], t->x[i + 1] - t->x[i], x - t->x[i]);
    return c > 1 ? 1 : c;
}

static double prior_table_quantile(const prior_table *t, double u)
{
    size_t lo = 0, hi = t->n - 1; /* cum[lo] < u <= cum[hi]: empty steps are never chosen */
    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;
        *(t->cum[mid] < u ? &lo : &hi) = mid;
    }
    return t->x[lo] + step_position(t->lnp[lo], t->lnp[lo + 1], t->x[lo + 1] - t->x[lo], u - t->cum[lo]);
}

static double prior_table_slope(const prior_table *t, double x)
{
    size_t i = gal_search(t->x, t->n, x);
    double l0 = t->lnp[i], l1 = t->lnp[i + 1], h = t->x[i + 1] - t->x[i], f = (x - t->x[i]) / h;
    if (l0 == -INFINITY || l1 == -INFINITY) {
        double p0 = exp(l0), p1 = exp(l1);
        return (p1 - p0) / h / ((1 - f) * p0 + f * p1);
    }
    return (l1 - l0) / h;
}

/* ------------------------------------------------------------------ the kind */
static double logpdf(const gal_prior *p, double x)
{
    return prior_table_logpdf(&p->table, x);
}
static double slope(const gal_prior *p, double x)
{
    return prior_table_slope(&p->table, x);
}
static double cdf(const gal_prior *p, double x)
{
    return prior_table_cdf(&p->table, x);
}
static double quantile(const gal_prior *p, double u)
{
    return prior_table_quantile(&p->table, u);
}

const gal_prior_class gal_table_prior = {
    .name = "table",
    .args = "x, lnp",
    .doc = "ln density up to a constant at ascending positions, in the value or its log10.",
    .logpdf = logpdf,
    .slope = slope,
    .cdf = cdf,
    .quantile = quantile,
};
