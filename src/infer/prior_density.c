/* Densities, probabilities and quantiles of the priors.
 *
 * Quantiles invert the probability from the side where it does not cancel (prior_int.h: upper). Pure functions of an immutable
 * prior: safe from any thread. */
#include "prior_int.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>

#define LN10 2.30258509299404568402

/* ------------------------------------------------------------------ tails of the standard distributions */
double prior_normal_p(double t, double unused)
{
    (void)unused;
    return t == -INFINITY ? 0 : t == INFINITY ? 1 : gsl_cdf_ugaussian_P(t);
}
double prior_normal_q(double t, double unused)
{
    (void)unused;
    return t == -INFINITY ? 1 : t == INFINITY ? 0 : gsl_cdf_ugaussian_Q(t);
}
double prior_student_p(double t, double dof)
{
    return t == -INFINITY ? 0 : t == INFINITY ? 1 : gsl_cdf_tdist_P(t, dof);
}
double prior_student_q(double t, double dof)
{
    return t == -INFINITY ? 1 : t == INFINITY ? 0 : gsl_cdf_tdist_Q(t, dof);
}

/* ------------------------------------------------------------------ densities */
static double logpdf(const gal_prior *p, double x)
{
    if (isnan(x))
        return x;
    if (x < p->lo || x > p->hi)
        return -INFINITY;
    double t = (x - p->loc) / p->scale;
    switch (p->kind) {
    case GAL_PRIOR_UNIFORM:
    case GAL_PRIOR_LOGUNIFORM:
        return p->lnnorm;
    case GAL_PRIOR_NORMAL:
    case GAL_PRIOR_TRUNCNORMAL:
    case GAL_PRIOR_LOGNORMAL:
        return p->lnnorm - 0.5 * t * t;
    case GAL_PRIOR_STUDENT:
        return p->lnnorm - 0.5 * (p->shape[0] + 1) * log1p(t * t / p->shape[0]);
    case GAL_PRIOR_BETA: { /* the ends are outside unless the density is finite and non-zero there */
        double a = p->shape[0] - 1, b = p->shape[1] - 1;
        if ((t <= 0 && a != 0) || (t >= 1 && b != 0))
            return -INFINITY;
        return p->lnnorm + (a != 0 ? a * log(t) : 0) + (b != 0 ? b * log1p(-t) : 0);
    }
    case GAL_PRIOR_GAMMA: {
        double a = p->shape[0] - 1;
        if ((t <= 0 && a != 0) || t == INFINITY)
            return -INFINITY;
        return p->lnnorm + (a != 0 ? a * log(t) : 0) - t;
    }
    default:
        return prior_table_logpdf(&p->table, x);
    }
}

double gal_prior_logpdf(const gal_prior *p, double x)
{
    return logpdf(p, x);
}

double gal_prior_logpdf_value(const gal_prior *p, double value)
{
    if (p->coord == GAL_COORD_LINEAR)
        return logpdf(p, value);
    return value > 0 ? logpdf(p, log10(value)) - log(value) - log(LN10) : -INFINITY;
}

double gal_prior_cdf(const gal_prior *p, double x)
{
    if (isnan(x))
        return x;
    if (x <= p->lo)
        return 0;
    if (x >= p->hi)
        return 1;
    double t = (x - p->loc) / p->scale, s;
    switch (p->kind) {
    case GAL_PRIOR_UNIFORM:
    case GAL_PRIOR_LOGUNIFORM:
        return (x - p->lo) / (p->hi - p->lo);
    case GAL_PRIOR_BETA:
        return gsl_cdf_beta_P(t, p->shape[0], p->shape[1]);
    case GAL_PRIOR_GAMMA:
        return gsl_cdf_gamma_P(t, p->shape[0], 1);
    case GAL_PRIOR_TABLE:
        return prior_table_cdf(&p->table, x);
    case GAL_PRIOR_STUDENT:
        s = p->upper ? prior_student_q(t, p->shape[0]) : prior_student_p(t, p->shape[0]);
        break;
    default:
        s = p->upper ? prior_normal_q(t, 0) : prior_normal_p(t, 0);
    }
    return (s - p->tail_lo) / (p->tail_hi - p->tail_lo);
}

/* ------------------------------------------------------------------ quantiles */
/* Halves a bracket; in decades when it spans many, so that quantiles near 0 are found to full relative precision. */
static double midpoint(double lo, double hi)
{
    if (lo == 0)
        return hi * 0.01;
    return lo > 0 && hi > 4 * lo ? sqrt(lo) * sqrt(hi) : lo + 0.5 * (hi - lo);
}

double prior_invert(prior_tail_fn tail, prior_tail_fn pdf, const void *ctx, bool upper, double target, double lo,
                    double hi, double guess)
{
    double x = guess > lo && guess < hi ? guess : lo + 0.5 * (hi - lo);
    for (int it = 0; it < 200; it++) {
        double f = tail(x, ctx) - target, df = pdf(x, ctx);
        if (f == 0)
            return x;
        bool right = upper ? f < 0 : f > 0; /* x lies right of the solution */
        *(right ? &hi : &lo) = x;
        double next = x - (upper ? -f : f) / df;
        if (!(next > lo && next < hi)) /* also NaN */
            next = midpoint(lo, hi);
        if (next == x || next == lo || next == hi || fabs(next - x) <= 1e-16 * fabs(x))
            return next;
        x = next;
    }
    return x;
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
static double gamma_p(double t, const void *c)
{
    return gsl_cdf_gamma_P(t, ((const gal_prior *)c)->shape[0], 1);
}
static double gamma_q(double t, const void *c)
{
    return gsl_cdf_gamma_Q(t, ((const gal_prior *)c)->shape[0], 1);
}
static double std_pdf(double t, const void *c)
{
    const gal_prior *p = c;
    return exp(logpdf(p, p->loc + p->scale * t)) * p->scale;
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
    return prior_invert(upper ? beta_q : beta_p, std_pdf, p, upper, upper ? 1 - u : u, 0, 1, guess);
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
    return prior_invert(upper ? gamma_q : gamma_p, std_pdf, p, upper, upper ? 1 - u : u, 0, hi, guess);
}

static double quantile(const gal_prior *p, double u)
{
    if (!(u > 0 && u < 1))
        return u <= 0 ? p->lo : u >= 1 ? p->hi : NAN;
    double x, s;
    switch (p->kind) {
    case GAL_PRIOR_UNIFORM:
    case GAL_PRIOR_LOGUNIFORM:
        x = p->lo + u * (p->hi - p->lo);
        break;
    case GAL_PRIOR_BETA:
        x = p->loc + p->scale * beta_quantile(p, u);
        break;
    case GAL_PRIOR_GAMMA:
        x = p->scale * gamma_quantile(p, u);
        break;
    case GAL_PRIOR_TABLE:
        x = prior_table_quantile(&p->table, u);
        break;
    case GAL_PRIOR_STUDENT:
        s = p->tail_lo + u * (p->tail_hi - p->tail_lo);
        x = p->loc + p->scale * (p->upper ? gsl_cdf_tdist_Qinv(s, p->shape[0]) : gsl_cdf_tdist_Pinv(s, p->shape[0]));
        break;
    default:
        s = p->tail_lo + u * (p->tail_hi - p->tail_lo);
        x = p->loc + p->scale * (p->upper ? gsl_cdf_ugaussian_Qinv(s) : gsl_cdf_ugaussian_Pinv(s));
    }
    return x < p->lo ? p->lo : x > p->hi ? p->hi : x;
}

double gal_prior_quantile(const gal_prior *p, double u)
{
    return quantile(p, u);
}

void gal_prior_add_logpdf(const gal_prior *p, size_t m, const double *x, size_t stride, double *lnp)
{
    for (size_t i = 0; i < m; i++)
        lnp[i] += logpdf(p, x[i * stride]);
}

void gal_prior_transform(const gal_prior *p, size_t m, const double *u, double *x, size_t stride)
{
    for (size_t i = 0; i < m; i++)
        x[i * stride] = quantile(p, u[i * stride]);
}
