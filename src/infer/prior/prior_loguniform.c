/* Constant in the logarithm. */
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "prior_int.h"

static const char *make(gal_prior *p)
{
    double lo = p->arg[0], hi = p->arg[1];
    const char *why = prior_check_range(lo, hi);
    if (!why && !(lo > 0))
        why = "the lower bound must be positive; use uniform for a range that includes 0";
    if (!why && !isfinite(hi))
        why = "bounds must be finite";
    return why ? why : prior_make_uniform(p, log10(lo), log10(hi));
}

const gal_prior_class gal_loguniform_prior = {
    .name = "loguniform",
    .args = "lower, upper",
    .doc = "Constant in the logarithm; 0 < lower < upper.",
    .counts = 1u << 2,
    .coord = GAL_COORD_LOG10,
    .make = make,
    .logpdf = prior_flat_logpdf,
    .slope = prior_flat_slope,
    .cdf = prior_flat_cdf,
    .quantile = prior_flat_quantile,
};

gal_status gal_prior_loguniform(gal_prior **out, double lo, double hi)
{
    return gal_prior_make(out, "loguniform", (double[]){lo, hi}, 2);
}
