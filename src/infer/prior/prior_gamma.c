/* Gamma density. */
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "prior_int.h"

static const char *make(gal_prior *p)
{
    double shape = p->arg[0], scale = p->arg[1];
    if (!(isfinite(shape) && shape > 0 && isfinite(scale) && scale > 0))
        return "shape and scale must be positive and finite";
    p->lo = 0;
    p->scale = scale;
    p->shape[0] = shape;
    p->lnnorm = -lgamma(shape) - log(scale);
    return NULL;
}

static double logpdf(const gal_prior *p, double x)
{
    double t = x / p->scale, a = p->shape[0] - 1;
    if ((t <= 0 && a != 0) || t == INFINITY)
        return -INFINITY;
    return p->lnnorm + (a != 0 ? a * log(t) : 0) - t;
}

static double slope(const gal_prior *p, double x)
{
    double a = p->shape[0] - 1;
    return (a != 0 ? a / x : 0) - 1 / p->scale;
}

static double cdf(const gal_prior *p, double x)
{
    return gsl_cdf_gamma_P(x / p->scale, p->shape[0], 1);
}

static double gamma_p(double t, const void *c)
{
    return gsl_cdf_gamma_P(t, ((const gal_prior *)c)->shape[0], 1);
}
static double gamma_q(double t, const void *c)
{
    return gsl_cdf_gamma_Q(t, ((const gal_prior *)c)->shape[0], 1);
}

static double gamma_quantile(const gal_prior *p, double u)
{
    double a = p->shape[0];
    if (a == 1)
        return -log1p(-u);
    bool upper = u > 0.5;
    double guess = exp((log(u) + lgamma(a + 1)) / a), hi = 2 * a + 40;
    if (!(guess < 0.1 * a && guess > 0)) { /* Wilson & Hilferty (1931) */
        double w = 1 - 1 / (9 * a) + gsl_cdf_ugaussian_Pinv(u) / (3 * sqrt(a));
        guess = a * w * w * w;
    }
    while (gamma_q(hi, p) > 1 - u)
        hi *= 2;
    return prior_invert(upper ? gamma_q : gamma_p, prior_std_pdf, p, upper, upper ? 1 - u : u, 0, hi, guess);
}

static double quantile(const gal_prior *p, double u)
{
    return p->scale * gamma_quantile(p, u);
}

const gal_prior_class gal_gamma_prior = {
    .name = "gamma",
    .args = "shape, scale",
    .doc = "Gamma density, value > 0.",
    .counts = 1u << 2,
    .coord = GAL_COORD_LINEAR,
    .tail_to_zero = true,
    .make = make,
    .logpdf = logpdf,
    .slope = slope,
    .cdf = cdf,
    .quantile = quantile,
};

gal_status gal_prior_gamma(gal_prior **out, double shape, double scale)
{
    return gal_prior_make(out, "gamma", (double[]){shape, scale}, 2);
}
