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
    /* Batch of m positions theta[m][ndim] (SAMPLED coordinates) -> lnprior[m], lnlike[m], blob[m][nblob] (may be NULL).
     * lnprior = -inf forbids a point (lnlike is then not evaluated and set to -inf). NaN is an error (GAL_EMATH) whose message
     * holds theta. Threads are used inside; the result must not depend on their number nor on m. */
    gal_status (*eval)(const gal_target *t, size_t m, const double *theta, double *lnprior, double *lnlike,
                       double *blob);
    /* Unit cube u[m][ndim] -> theta[m][ndim]; NULL when the prior has no transform. */
    gal_status (*prior_transform)(const gal_target *t, size_t m, const double *u, double *theta);
    /* Optional gradient of lnprior + lnlike: grad[m][ndim]; NULL = take it numerically. */
    gal_status (*gradient)(const gal_target *t, size_t m, const double *theta, double *lnp, double *grad);
    void (*destroy)(gal_target *t); /* frees the target itself; NULL = static */
    void *self;
};
#ifdef __cplusplus
}
#endif
#endif
