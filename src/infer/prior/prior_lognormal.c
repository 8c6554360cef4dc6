/* log10(value) is Gaussian. */
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "prior_int.h"

static const char *make(gal_prior *p)
{
    double median = p->arg[0], dex = p->arg[1];
    const char *why = prior_check_scale(median, dex, "the median must be positive and finite",
                                        "the scatter (dex) must be positive and finite");
    if (!why && !(median > 0))
        why = "the median must be positive and finite";
    return why ? why : prior_make_normal(p, log10(median), dex, -INFINITY, INFINITY);
}

const gal_prior_class gal_lognormal_prior = {
    .name = "lognormal",
    .args = "median, dex",
    .doc = "log10(value) is Gaussian around log10(median), with scatter in decades.",
    .counts = 1u << 2,
    .coord = GAL_COORD_LOG10,
    .make = make,
    .logpdf = prior_normal_logpdf,
    .slope = prior_normal_slope,
    .cdf = prior_normal_cdf,
    .quantile = prior_normal_quantile,
};

gal_status gal_prior_lognormal(gal_prior **out, double median, double dex)
{
    return gal_prior_make(out, "lognormal", (double[]){median, dex}, 2);
}
