/* A kind of prior as one file: half-Cauchy, p(value) = 2/(pi s (1 + (value/s)^2)), value > 0. In src/infer it would be prior_halfcauchy.c, and
 * its line in src/infer/prior/priors.c `X(halfcauchy)`: help, prior.halfcauchy(scale), fits and results files follow. */
#include <math.h>

#include "infer/prior/prior_int.h"

static const char *halfcauchy_make(gal_prior *p)
{
    p->lo = 0;
    p->scale = p->arg[0];
    p->lnnorm = log(2 / (M_PI * p->scale));
    return isfinite(p->scale) && p->scale > 0 ? NULL : "the scale must be positive and finite";
}

static double halfcauchy_logpdf(const gal_prior *p, double x)
{
    return p->lnnorm - log1p(x / p->scale * (x / p->scale));
}

static double halfcauchy_slope(const gal_prior *p, double x)
{
    return -2 * x / (p->scale * p->scale + x * x);
}

static double halfcauchy_cdf(const gal_prior *p, double x)
{
    return 2 / M_PI * atan(x / p->scale);
}

static double halfcauchy_quantile(const gal_prior *p, double u)
{
    return p->scale * tan(0.5 * M_PI * u);
}

static const gal_prior_class halfcauchy = {
    .name = "halfcauchy",
    .args = "scale",
    .doc = "Half of a Cauchy density, value > 0: a weak prior of a scale.",
    .counts = 1u << 1,
    .coord = GAL_COORD_LINEAR,
    .make = halfcauchy_make,
    .logpdf = halfcauchy_logpdf,
    .slope = halfcauchy_slope,
    .cdf = halfcauchy_cdf,
    .quantile = halfcauchy_quantile,
};
