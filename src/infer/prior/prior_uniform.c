/* Constant density between two values. */
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "prior_int.h"

const char *prior_make_uniform(gal_prior *p, double lo, double hi)
{
    p->lo = lo;
    p->hi = hi;
    p->lnnorm = -log(hi - lo);
    return NULL;
}

double prior_flat_logpdf(const gal_prior *p, double x)
{
    (void)x;
    return p->lnnorm;
}

double prior_flat_slope(const gal_prior *p, double x)
{
    (void)p;
    (void)x;
    return 0;
}

double prior_flat_cdf(const gal_prior *p, double x)
{
    return (x - p->lo) / (p->hi - p->lo);
}

double prior_flat_quantile(const gal_prior *p, double u)
{
    return p->lo + u * (p->hi - p->lo);
}

static const char *make(gal_prior *p)
{
    double lo = p->arg[0], hi = p->arg[1];
    const char *why = prior_check_range(lo, hi);
    if (!why && (!isfinite(lo) || !isfinite(hi) || !isfinite(hi - lo)))
        why = "bounds must be finite";
    return why ? why : prior_make_uniform(p, lo, hi);
}

const gal_prior_class gal_uniform_prior = {
    .name = "uniform",
    .args = "lower, upper",
    .doc = "Constant density between two values.",
    .counts = 1u << 2,
    .coord = GAL_COORD_LINEAR,
    .make = make,
    .logpdf = prior_flat_logpdf,
    .slope = prior_flat_slope,
    .cdf = prior_flat_cdf,
    .quantile = prior_flat_quantile,
};

gal_status gal_prior_uniform(gal_prior **out, double lo, double hi)
{
    return gal_prior_make(out, "uniform", (double[]){lo, hi}, 2);
}
