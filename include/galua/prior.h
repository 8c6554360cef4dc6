/* galua/prior.h - prior densities of single parameters and of groups of parameters.
 *
 * A prior describes one parameter `value`. Samplers move in the sampled coordinate x: x = value (GAL_COORD_LINEAR) or
 * x = log10(value) (GAL_COORD_LOG10: loguniform, lognormal and tables that ask for it). All densities below are normalised in
 * x, so that ln p_x(x) = ln p_value(value) + ln|d value/d x|; gal_prior_logpdf_value gives the density of the value itself.
 * Priors are immutable and counted: they may be shared between threads; the last gal_prior_unref frees. */
#ifndef GAL_PRIOR_H
#define GAL_PRIOR_H
#include "galua/base.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef enum gal_coord { GAL_COORD_LINEAR, GAL_COORD_LOG10 } gal_coord;
typedef struct gal_prior gal_prior;

/* ------------------------------------------------------------------ kinds
 * A kind is one file, src/infer/prior/prior_NAME.c, and one line of src/infer/prior/priors.c. */
typedef struct gal_prior_class {
    const char *name, *args; /* "normal", "mean, sd": in messages and help */
    const char *doc;
    unsigned counts; /* numbers of arguments that it takes: bit n */
    gal_coord coord;
    bool tail_to_zero;                 /* its support begins at 0, where a parameter's range may not reach */
    const char *(*make)(gal_prior *p); /* from p->arg: support, shape, norm; or what is wrong */
    double (*logpdf)(const gal_prior *p, double x); /* ln density at x in the support, normalised */
    double (*slope)(const gal_prior *p, double x);  /* d ln density/dx there */
    double (*cdf)(const gal_prior *p, double x);
    double (*quantile)(const gal_prior *p, double u); /* u in (0, 1) */
} gal_prior_class;
GAL_API const gal_prior_class *const *gal_prior_classes(void); /* ended by NULL */
GAL_API const gal_prior_class *gal_prior_class_of(const gal_prior *p);

/* ------------------------------------------------------------------ constructors; GAL_EINVAL names the bad argument */
GAL_API gal_status gal_prior_uniform(gal_prior **out, double lo, double hi);    /* lo < hi */
GAL_API gal_status gal_prior_loguniform(gal_prior **out, double lo, double hi); /* 0 < lo < hi; p(value) ~ 1/value */
GAL_API gal_status gal_prior_normal(gal_prior **out, double mean, double sd);   /* sd > 0 */
/* Normal(mean, sd) restricted to [lo, hi] and renormalised; one bound may be infinite. */
GAL_API gal_status gal_prior_truncnormal(gal_prior **out, double mean, double sd, double lo, double hi);
/* log10(value) ~ Normal(log10(median), dex); median > 0 in the parameter's unit, dex > 0 the scatter in decades. */
GAL_API gal_status gal_prior_lognormal(gal_prior **out, double median, double dex);
/* (value - location)/scale ~ Student t with dof > 0 degrees of freedom, restricted to [lo, hi] (-INFINITY, INFINITY: none). */
GAL_API gal_status gal_prior_student(gal_prior **out, double location, double scale, double dof, double lo, double hi);
/* (value - lo)/(hi - lo) ~ Beta(a, b); a, b > 0. */
GAL_API gal_status gal_prior_beta(gal_prior **out, double a, double b, double lo, double hi);
/* p(value) ~ value^(shape-1) exp(-value/scale), value > 0; shape, scale > 0. */
GAL_API gal_status gal_prior_gamma(gal_prior **out, double shape, double scale);
/* ln density (up to a constant) lnp[n] at ascending coordinates x[n], n >= 2, x in the sampled coordinate `coord`. Between
 * nodes ln p is linear (p is linear next to a node with lnp = -inf); outside the table the density is 0. NaN, +inf and a
 * table without any finite lnp are errors. */
GAL_API gal_status gal_prior_table(gal_prior **out, gal_coord coord, const double *x, const double *lnp, size_t n);
/* By name: "uniform", "loguniform", ... with the arguments above in their order (student: 3 or 5; table has no short form).
 * An unknown name suggests the nearest; a wrong number of arguments shows the signature. */
GAL_API gal_status gal_prior_make(gal_prior **out, const char *kind, const double *args, size_t nargs);
/* The same of a class, the caller's own, too. */
GAL_API gal_status gal_prior_make_of(gal_prior **out, const gal_prior_class *c, const double *args, size_t nargs);
GAL_API gal_prior *gal_prior_ref(const gal_prior *p);
GAL_API void gal_prior_unref(const gal_prior *p); /* NULL is fine */

/* ------------------------------------------------------------------ what it is */
GAL_API gal_coord gal_prior_coord(const gal_prior *p);
GAL_API const char *gal_prior_text(const gal_prior *p); /* "loguniform(1e8, 1.3e10)": what a script would write */
GAL_API gal_hash gal_prior_hash(const gal_prior *p);    /* of kind, arguments and tabulated numbers */
/* Support in the sampled coordinate; may be infinite. */
GAL_API void gal_prior_bounds(const gal_prior *p, double *lo, double *hi);
/* Support in the parameter's own unit. */
GAL_API void gal_prior_value_bounds(const gal_prior *p, double *lo, double *hi);

/* The arguments it was made with (0 for a table), and the nodes and ln density given for a table (0 for
 * the others); borrowed. */
GAL_API size_t gal_prior_args(const gal_prior *p, const double **args);
GAL_API size_t gal_prior_nodes(const gal_prior *p, const double **x, const double **lnp);

/* ------------------------------------------------------------------ coordinates */
GAL_API double gal_prior_value(const gal_prior *p, double x);       /* sampled coordinate -> parameter value */
GAL_API double gal_prior_value_slope(const gal_prior *p, double x); /* d value/dx */
GAL_API double gal_prior_x(const gal_prior *p, double value); /* parameter value -> sampled coordinate (NaN if none) */

/* ------------------------------------------------------------------ densities in the sampled coordinate */
GAL_API double gal_prior_logpdf(const gal_prior *p, double x);           /* -inf outside the support; NaN for NaN */
GAL_API double gal_prior_logpdf_value(const gal_prior *p, double value); /* density of the value */
GAL_API double gal_prior_slope(const gal_prior *p, double x);            /* d ln p/dx; 0 outside the support */
GAL_API double gal_prior_cdf(const gal_prior *p, double x);
GAL_API double gal_prior_quantile(const gal_prior *p, double u); /* u in [0,1]; the ends give the bounds */
/* dx/du of the quantile at u in (0,1): what the unit cube is stretched by. */
GAL_API double gal_prior_quantile_slope(const gal_prior *p, double u);
/* Batch: lnp[i] += ln p(x[i*stride]), i < m. */
GAL_API void gal_prior_add_logpdf(const gal_prior *p, size_t m, const double *x, size_t stride, double *lnp);
/* Batch: x[i*stride] = quantile(u[i*stride]). */
GAL_API void gal_prior_transform(const gal_prior *p, size_t m, const double *u, double *x, size_t stride);

/* ------------------------------------------------------------------ joint priors
 * Dirichlet(alpha[k]) over fractions f[k] >= 0, sum f = 1. It is sampled in k-1 stick fractions z[j] = f[j]/(1 - sum_{i<j} f[i]),
 * which are independent Beta(alpha[j], sum_{i>j} alpha[i]) on (0,1): densities, bounds and the unit-cube transform factorise. */
typedef struct gal_joint gal_joint;
GAL_API gal_status gal_joint_dirichlet(gal_joint **out, const double *alpha, size_t k); /* alpha > 0, k >= 2 */
GAL_API void gal_joint_unref(const gal_joint *j);
GAL_API size_t gal_joint_ndim(const gal_joint *j);                             /* sampled coordinates: k-1 */
GAL_API size_t gal_joint_nvalues(const gal_joint *j);                          /* values: k */
GAL_API const char *gal_joint_text(const gal_joint *j);                        /* "dirichlet(1, 1, 1)" */
GAL_API void gal_joint_values(const gal_joint *j, const double *x, double *f); /* x[k-1] -> f[k] */
GAL_API void gal_joint_x(const gal_joint *j, const double *f, double *x);      /* f[k] -> x[k-1] */
GAL_API double gal_joint_logpdf(const gal_joint *j, const double *x);          /* normalised in x */
/* Density of the values: ln Dir(f; alpha), normalised over f[0..k-2]. */
GAL_API double gal_joint_logpdf_values(const gal_joint *j, const double *f);
/* Batches over rows of `stride` numbers whose first k-1 belong to this prior. */
GAL_API void gal_joint_add_logpdf(const gal_joint *j, size_t m, const double *x, size_t stride, double *lnp);
GAL_API void gal_joint_transform(const gal_joint *j, size_t m, const double *u, double *x, size_t stride);

#ifdef __cplusplus
}
#endif
#endif
