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
    gal_prior_kind kind;
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

/* Shortest text that reads back as the same number, exponents without padding: "1e8", "0.25". */
void prior_number(char *buf, size_t size, double v);
void prior_make_text(gal_prior *p, char *buf, size_t size);

/* Lower (p) and upper (q) tails of the standard normal and Student distributions, infinite bounds included. */
double prior_normal_p(double t, double unused);
double prior_normal_q(double t, double unused);
double prior_student_p(double t, double dof);
double prior_student_q(double t, double dof);

gal_status prior_table_build(prior_table *t, const double *x, const double *lnp, size_t n);
void prior_table_free(prior_table *t);
double prior_table_logpdf(const prior_table *t, double x);
double prior_table_cdf(const prior_table *t, double x);
double prior_table_quantile(const prior_table *t, double u);

/* Solves cdf(x) = u (or upper tail = q when upper) for monotone cdf on [lo, hi], Newton kept inside a bracket. */
typedef double (*prior_tail_fn)(double x, const void *ctx);
double prior_invert(prior_tail_fn tail, prior_tail_fn pdf, const void *ctx, bool upper, double target, double lo,
                    double hi, double guess);
#endif
