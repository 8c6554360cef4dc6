/* Student t, truncated as the normal law is (prior_normal.c). */
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "prior_int.h"

static double lower(double t, double dof)
{
    return t == -INFINITY ? 0 : t == INFINITY ? 1 : gsl_cdf_tdist_P(t, dof);
}

static double upper(double t, double dof)
{
    return t == -INFINITY ? 1 : t == INFINITY ? 0 : gsl_cdf_tdist_Q(t, dof);
}

static const char *make(gal_prior *p)
{
    double location = p->arg[0], scale = p->arg[1], dof = p->arg[2];
    double lo = p->narg == 5 ? p->arg[3] : -INFINITY, hi = p->narg == 5 ? p->arg[4] : INFINITY;
    if (lo == -INFINITY && hi == INFINITY)
        p->narg = 3;
    const char *why =
        prior_check_scale(location, scale, "the location must be finite", "the scale must be positive and finite");
    if (!why && !(isfinite(dof) && dof > 0))
        why = "the degrees of freedom must be positive and finite; use normal for infinitely many";
    if (!why)
        why = prior_check_range(lo, hi);
    if (why)
        return why;
    p->loc = location;
    p->scale = scale;
    p->lo = lo;
    p->hi = hi;
    p->shape[0] = dof;
    p->lnnorm = lgamma((dof + 1) / 2) - lgamma(dof / 2) - 0.5 * log(dof * M_PI) - log(scale);
    return prior_truncate(p, lower, upper, dof);
}

static double logpdf(const gal_prior *p, double x)
{
    double t = (x - p->loc) / p->scale;
    return p->lnnorm - 0.5 * (p->shape[0] + 1) * log1p(t * t / p->shape[0]);
}

static double slope(const gal_prior *p, double x)
{
    double t = (x - p->loc) / p->scale;
    return -(p->shape[0] + 1) * t / (p->shape[0] + t * t) / p->scale;
}

static double cdf(const gal_prior *p, double x)
{
    double t = (x - p->loc) / p->scale, s = p->upper ? upper(t, p->shape[0]) : lower(t, p->shape[0]);
    return (s - p->tail_lo) / (p->tail_hi - p->tail_lo);
}

static double quantile(const gal_prior *p, double u)
{
    double s = p->tail_lo + u * (p->tail_hi - p->tail_lo);
    return p->loc + p->scale * (p->upper ? gsl_cdf_tdist_Qinv(s, p->shape[0]) : gsl_cdf_tdist_Pinv(s, p->shape[0]));
}

const gal_prior_class gal_student_prior = {
    .name = "student",
    .args = "location, scale, dof [, lower, upper]",
    .doc = "Student t.",
    .counts = 1u << 3 | 1u << 5,
    .coord = GAL_COORD_LINEAR,
    .make = make,
    .logpdf = logpdf,
    .slope = slope,
    .cdf = cdf,
    .quantile = quantile,
};

gal_status gal_prior_student(gal_prior **out, double location, double scale, double dof, double lo, double hi)
{
    return gal_prior_make(out, "student", (double[]){location, scale, dof, lo, hi}, 5);
}
