/* Gaussian. Its mass between bounds, where it has some, is a difference of tail probabilities, taken from the side where it does not cancel: lower
 * tails P when the support begins below the centre, upper tails Q otherwise, so that normal(0,1) on [30, 31] is still normalised. */
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "prior_int.h"
#include "num/gauss.h"

static double lower(double t, double unused)
{
    (void)unused;
    return t == -INFINITY ? 0 : t == INFINITY ? 1 : gsl_cdf_ugaussian_P(t);
}

static double upper(double t, double unused)
{
    (void)unused;
    return t == -INFINITY ? 1 : t == INFINITY ? 0 : gsl_cdf_ugaussian_Q(t);
}

const char *prior_make_normal(gal_prior *p, double loc, double scale, double lo, double hi)
{
    p->loc = loc;
    p->scale = scale;
    p->lo = lo;
    p->hi = hi;
    p->lnnorm = -LN_SQRT_2PI - log(scale);
    return prior_truncate(p, lower, upper, 0);
}

double prior_normal_logpdf(const gal_prior *p, double x)
{
    double t = (x - p->loc) / p->scale;
    return p->lnnorm - 0.5 * t * t;
}

double prior_normal_slope(const gal_prior *p, double x)
{
    return -(x - p->loc) / (p->scale * p->scale);
}

double prior_normal_cdf(const gal_prior *p, double x)
{
    double t = (x - p->loc) / p->scale, s = p->upper ? upper(t, 0) : lower(t, 0);
    return (s - p->tail_lo) / (p->tail_hi - p->tail_lo);
}

double prior_normal_quantile(const gal_prior *p, double u)
{
    double s = p->tail_lo + u * (p->tail_hi - p->tail_lo);
    return p->loc + p->scale * (p->upper ? gsl_cdf_ugaussian_Qinv(s) : gsl_cdf_ugaussian_Pinv(s));
}

static const char *make(gal_prior *p)
{
    const char *why = prior_check_scale(p->arg[0], p->arg[1], "the mean must be finite",
                                        "the standard deviation must be positive and finite");
    return why ? why : prior_make_normal(p, p->arg[0], p->arg[1], -INFINITY, INFINITY);
}

const gal_prior_class gal_normal_prior = {
    .name = "normal",
    .args = "mean, sd",
    .doc = "Gaussian.",
    .counts = 1u << 2,
    .coord = GAL_COORD_LINEAR,
    .make = make,
    .logpdf = prior_normal_logpdf,
    .slope = prior_normal_slope,
    .cdf = prior_normal_cdf,
    .quantile = prior_normal_quantile,
};

gal_status gal_prior_normal(gal_prior **out, double mean, double sd)
{
    return gal_prior_make(out, "normal", (double[]){mean, sd}, 2);
}
