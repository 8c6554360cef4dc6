/* Gaussian between two values. */
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "prior_int.h"

static const char *make(gal_prior *p)
{
    const double *a = p->arg;
    const char *why =
        prior_check_scale(a[0], a[1], "the mean must be finite", "the standard deviation must be positive and finite");
    if (!why)
        why = prior_check_range(a[2], a[3]);
    return why ? why : prior_make_normal(p, a[0], a[1], a[2], a[3]);
}

const gal_prior_class gal_truncnormal_prior = {
    .name = "truncnormal",
    .args = "mean, sd, lower, upper",
    .doc = "Gaussian between two values.",
    .counts = 1u << 4,
    .coord = GAL_COORD_LINEAR,
    .make = make,
    .logpdf = prior_normal_logpdf,
    .slope = prior_normal_slope,
    .cdf = prior_normal_cdf,
    .quantile = prior_normal_quantile,
};

gal_status gal_prior_truncnormal(gal_prior **out, double mean, double sd, double lo, double hi)
{
    return gal_prior_make(out, "truncnormal", (double[]){mean, sd, lo, hi}, 4);
}
