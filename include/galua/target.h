/* galua/target.h - what a sampler sees: a log-density over R^d. The inference engine knows no galaxy. */
#ifndef GAL_TARGET_H
#define GAL_TARGET_H
#include "galua/base.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef struct gal_target gal_target;
struct gal_target {
    size_t ndim;
    size_t nblob;             /* derived quantities stored with each sample, 0 if none */
    const char *const *names; /* [ndim] dotted parameter names */
    const char *const *blob_names;
    bool
        blob_apart; /* blobs cost an evaluation of their own: samplers ask for those of the points they keep, not of every proposal */
    /* Batch of m positions theta[m][ndim] (SAMPLED coordinates) -> lnprior[m], lnlike[m], blob[m][nblob] (may be NULL).
     * lnprior = -inf forbids a point (lnlike is then not evaluated and set to -inf). NaN is an error (GAL_EMATH) whose message
     * holds theta. Threads are used inside; the result must not depend on their number nor on m. */
    gal_status (*eval)(const gal_target *t, size_t m, const double *theta, double *lnprior, double *lnlike,
                       double *blob);
    /* Unit cube u[m][ndim] -> theta[m][ndim]; NULL when the prior has no transform. */
    gal_status (*prior_transform)(const gal_target *t, size_t m, const double *u, double *theta);
    /* Optional gradient of lnprior + lnlike: grad[m][ndim], 0 where lnp = -inf; NULL = take it numerically. */
    gal_status (*gradient)(const gal_target *t, size_t m, const double *theta, double *lnp, double *grad);
    /* Optional: where the prior is a product, ln of the density of each coordinate and its slope, [m][ndim]. Then derivatives of
     * prior_transform follow from them; NULL = they are taken numerically. */
    gal_status (*prior_density)(const gal_target *t, size_t m, const double *theta, double *lnp, double *slope);
    /* Optional: Fisher information of ln L, [m][ndim][ndim] in sampled coordinates, to some three digits; 0 along what is not there. */
    gal_status (*information)(const gal_target *t, size_t m, const double *theta, double *out);
    void (*destroy)(gal_target *t); /* frees the target itself; NULL = static */
    void *self;
    /* Optional: a coordinate over which the likelihood can be integrated exactly, such as the scale of all that shines. marginal: which, ndim when
     * there is none here (it may evaluate the target to find out). eval_marginal: theta[m][ndim], whose coordinate `which` is not read -> ln prior of
     * the others; lnlike[m] = ln of the integral of L over the prior of that one; drawn[m]: it at probability u[m] of its posterior
     * given the others, density[m]: ln of its prior there, joint[m]: ln L there. */
    gal_status (*marginal)(const gal_target *t, size_t *which);
    gal_status (*eval_marginal)(const gal_target *t, size_t which, size_t m, const double *theta, const double *u,
                                double *lnprior, double *lnlike, double *drawn, double *density, double *joint);
};
/* What samplers call: t->eval in one batch, then the contract is enforced on every point: NaN anywhere, or +inf, is GAL_EMATH
 * with the point in the message; lnlike is set to -inf where lnprior is -inf. blob may be NULL when nblob is 0. */
GAL_API gal_status gal_target_eval(const gal_target *t, size_t m, const double *theta, double *lnprior, double *lnlike,
                                   double *blob);
/* lnp[m] = ln prior + ln likelihood and its gradient[m][ndim] in sampled coordinates: the target's own when it has one and not
 * `numerical`; else central differences with steps h[ndim], one-sided next to a forbidden point, 0 where lnp = -inf; all
 * m (2 ndim + 1) points in one batch. */
GAL_API gal_status gal_target_gradient(const gal_target *t, size_t m, const double *theta, const double *h,
                                       bool numerical, double *lnp, double *grad);
/* Second derivatives of ln p along v: hv[ndim] = H v, from gradients of the target at four points on the line through theta (h v apart: the
 * error is of fourth order in h). GAL_EUNSUP without a gradient, GAL_EDOMAIN next to a forbidden point. */
GAL_API gal_status gal_target_hessian_vector(const gal_target *t, const double *theta, const double *v, double h,
                                             double *hv);
/* "age = 9.5, sfh.tau = 8.1": at most size-1 bytes, long lists end in ", ...". */
GAL_API void gal_target_point_text(const gal_target *t, const double *theta, char *buf, size_t size);

/* How many of m points had a model to evaluate: those inside the prior. Samplers count these. */
GAL_API size_t gal_target_evaluated(size_t m, const double *lnprior);

/* How a run of any sampler ended; stored in the results. */
typedef enum gal_run_end {
    GAL_RUN_NOT_STARTED, /* no samples */
    GAL_RUN_DONE,        /* the requested number of steps */
    GAL_RUN_CONVERGED,   /* the requested precision */
    GAL_RUN_LIMIT,       /* a limit was hit before convergence */
    GAL_RUN_INTERRUPTED, /* by the user: everything so far is valid, the run can go on */
    GAL_RUN_FAILED,      /* an error: everything before it is valid */
    GAL_RUN_APPROXIMATE  /* all that the method can do, which does not show whether it is right */
} gal_run_end;
GAL_API const char *gal_run_end_name(gal_run_end end); /* "not started", "done", "converged", "limit", ... */

#ifdef __cplusplus
}
#endif
#endif
