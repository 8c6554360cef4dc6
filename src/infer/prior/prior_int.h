/* Internals of the priors: the object and the tabulated density. */
#ifndef GAL_INFER_PRIOR_INT_H
#define GAL_INFER_PRIOR_INT_H
#include <stdatomic.h>

#include "galua/prior.h"

typedef struct prior_table {
    size_t n;
    double *x;   /* [n] nodes */
    double *lnp; /* [n] normalised ln density */
    double *cum; /* [n] probability below node i; cum[n-1] = 1 */
    double
        *given; /* [n] ln density as given: what a results file stores, so that the same table comes back bit for bit */
} prior_table;

struct gal_prior {
    atomic_int refs;
    const gal_prior_class *cls;
    gal_coord coord;
    double arg[5]; /* as given */
    size_t narg;
    /* In x: standard variable t = (x - loc)/scale, support [lo, hi]. */
    double lo, hi, loc, scale;
    double shape[2];         /* beta a, b; gamma shape; student dof */
    double lnnorm;           /* ln p(x) = shape function of t + lnnorm */
    bool upper;              /* work with upper tails (support above the centre) */
    double tail_lo, tail_hi; /* P or Q of the standard distribution at the bounds */
    prior_table table;
    char *text;
};

/* Tail probabilities at the bounds of a symmetric distribution, ln of the mass between them; NULL or what is wrong. */
const char *prior_truncate(gal_prior *p, double (*tail_p)(double, double), double (*tail_q)(double, double),
                           double par);
const char *prior_check_range(double lo, double hi);
const char *prior_check_scale(double loc, double scale, const char *loc_text, const char *scale_text);
/* prior_normal.c: from loc, scale, lo, hi; densities of every law that is a normal one in x */
const char *prior_make_normal(gal_prior *p, double loc, double scale, double lo, double hi);
double prior_normal_logpdf(const gal_prior *p, double x);
double prior_normal_slope(const gal_prior *p, double x);
double prior_normal_cdf(const gal_prior *p, double x);
double prior_normal_quantile(const gal_prior *p, double u);
/* prior_uniform.c: the same of what is uniform in x */
const char *prior_make_uniform(gal_prior *p, double lo, double hi);
double prior_flat_logpdf(const gal_prior *p, double x);
double prior_flat_slope(const gal_prior *p, double x);
double prior_flat_cdf(const gal_prior *p, double x);
double prior_flat_quantile(const gal_prior *p, double u);
/* density of the standard variable, for prior_invert; ctx: the prior */
double prior_std_pdf(double t, const void *ctx);

gal_status prior_table_build(prior_table *t, const double *x, const double *lnp, size_t n);
void prior_table_free(prior_table *t);
extern const gal_prior_class gal_table_prior; /* has nodes instead of arguments */

/* Solves cdf(x) = u (or upper tail = q when upper) for monotone cdf on [lo, hi], Newton kept inside a bracket. */
typedef double (*prior_tail_fn)(double x, const void *ctx);
double prior_invert(prior_tail_fn tail, prior_tail_fn pdf, const void *ctx, bool upper, double target, double lo,
                    double hi, double guess);
#endif
