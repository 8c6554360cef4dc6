/* Beta density scaled to a range. */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>

#include "prior_int.h"

static const char *make(gal_prior *p)
{
    if (p->narg == 2) {
        p->arg[2] = 0;
        p->arg[3] = 1;
        p->narg = 4;
    }
    double a = p->arg[0], b = p->arg[1], lo = p->arg[2], hi = p->arg[3];
    const char *why = isfinite(a) && a > 0 && isfinite(b) && b > 0 ? prior_check_range(lo, hi)
                                                                   : "a and b must be positive and finite";
    if (!why && (!isfinite(lo) || !isfinite(hi)))
        why = "bounds must be finite";
    if (why)
        return why;
    p->lo = p->loc = lo;
    p->hi = hi;
    p->scale = hi - lo;
    p->shape[0] = a;
    p->shape[1] = b;
    p->lnnorm = -gsl_sf_lnbeta(a, b) - log(p->scale);
    return NULL;
}

/* the ends are outside unless the density is finite and non-zero there */
static double logpdf(const gal_prior *p, double x)
{
    double t = (x - p->loc) / p->scale, a = p->shape[0] - 1, b = p->shape[1] - 1;
    if ((t <= 0 && a != 0) || (t >= 1 && b != 0))
        return -INFINITY;
    return p->lnnorm + (a != 0 ? a * log(t) : 0) + (b != 0 ? b * log1p(-t) : 0);
}

static double slope(const gal_prior *p, double x)
{
    double t = (x - p->loc) / p->scale, a = p->shape[0] - 1, b = p->shape[1] - 1;
    return ((a != 0 ? a / t : 0) - (b != 0 ? b / (1 - t) : 0)) / p->scale;
}

static double cdf(const gal_prior *p, double x)
{
    return gsl_cdf_beta_P((x - p->loc) / p->scale, p->shape[0], p->shape[1]);
}

static double beta_p(double t, const void *c)
{
    const gal_prior *p = c;
    return gsl_cdf_beta_P(t, p->shape[0], p->shape[1]);
}
static double beta_q(double t, const void *c)
{
    const gal_prior *p = c;
    return gsl_cdf_beta_Q(t, p->shape[0], p->shape[1]);
}

static double beta_quantile(const gal_prior *p, double u)
{
    double a = p->shape[0], b = p->shape[1];
    if (a == 1)
        return -expm1(log1p(-u) / b);
    if (b == 1)
        return pow(u, 1 / a);
    bool upper = u > 0.5;
    /* the leading term of the series at 0 is a good start there, the mean elsewhere */
    double guess = exp((log(u) + log(a) + gsl_sf_lnbeta(a, b)) / a);
    if (!(guess < 0.1 && guess > 0))
        guess = a / (a + b);
    return prior_invert(upper ? beta_q : beta_p, prior_std_pdf, p, upper, upper ? 1 - u : u, 0, 1, guess);
}

static double quantile(const gal_prior *p, double u)
{
    return p->loc + p->scale * beta_quantile(p, u);
}

const gal_prior_class gal_beta_prior = {
    .name = "beta",
    .args = "a, b, lower, upper",
    .doc = "Beta density scaled to lower .. upper (0 .. 1).",
    .counts = 1u << 2 | 1u << 4,
    .coord = GAL_COORD_LINEAR,
    .make = make,
    .logpdf = logpdf,
    .slope = slope,
    .cdf = cdf,
    .quantile = quantile,
};

gal_status gal_prior_beta(gal_prior **out, double a, double b, double lo, double hi)
{
    return gal_prior_make(out, "beta", (double[]){a, b, lo, hi}, 4);
}
