/* galua/optimum.h - the highest points of a posterior: L-BFGS from many draws of the prior, Gaussian approximations there.
 *
 * Works in the coordinates z of galua/transform.h: with a prior transform the optimum is that of L(z) N(z; 0, I), the posterior
 * density with respect to z. (A maximum of a density depends on the coordinates; medians and quantiles do not.) All starts advance
 * in lockstep: their gradients are one batch. Starts that arrive at the same place - no barrier of more than 0.1 in ln p on the
 * straight line between - are one mode. At each mode the Hessian gives a Gaussian (Laplace's method) and
 *     ln Z = ln p(mode) + (d/2) ln 2 pi - (1/2) ln det(-H);
 * the evidence is the sum over modes. Draws from the mixture of these Gaussians, weighted by p/q and Pareto-smoothed
 * (galua/draws.h), are a posterior whose trust is khat, and give the evidence without the Gaussian assumption. */
#ifndef GAL_OPTIMUM_H
#define GAL_OPTIMUM_H
#include "galua/base.h"
#include "galua/draws.h"
#include "galua/target.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef struct gal_mode {
    double *z, *theta, *blob;    /* [d], [d], [nblob] */
    double *cov;                 /* [d][d] of z: inverse of -H */
    double lnp, lnprior, lnlike; /* lnp: density of z */
    double lnz;                  /* Laplace */
    size_t starts;               /* that arrived here */
    size_t repaired;             /* eigenvalues of -H that were not positive, replaced */
    bool converged;
    const char *why; /* how the best start that arrived ended; static text */
} gal_mode;

typedef struct gal_optimum gal_optimum;
typedef struct gal_optimum_opt {
    size_t starts;       /* 0: 16 */
    const double *start; /* [nstart][d] sampled coordinates used before draws of the prior; NULL: none */
    size_t nstart;
    size_t history;        /* 0: 10 */
    size_t max_iterations; /* 0: 2000 */
    size_t draws;          /* of the Gaussian mixture; 0: 1000 */
    uint64_t seed, source;
    bool numerical;
} gal_optimum_opt;
GAL_API gal_status gal_optimum_create(gal_optimum **out, const gal_target *t, const gal_optimum_opt *opt);
GAL_API void gal_optimum_free(gal_optimum *o); /* NULL is fine */
/* From the beginning, always the same bits. GAL_EINTR: stopped by the user; the modes are then the points reached (not converged),
 * without draws. progress at most once a second. */
GAL_API gal_status gal_optimum_run(gal_optimum *o, gal_progress_fn progress, void *ctx);
GAL_API const gal_target *gal_optimum_target(const gal_optimum *o);
GAL_API gal_run_end gal_optimum_end(const gal_optimum *o); /* converged: the best mode is; limit: it is not */
GAL_API const char *gal_optimum_end_text(const gal_optimum *o);
GAL_API const char *gal_optimum_space_text(const gal_optimum *o);
GAL_API size_t gal_optimum_nmodes(const gal_optimum *o); /* highest first */
GAL_API const gal_mode *gal_optimum_mode(const gal_optimum *o, size_t i);
GAL_API double gal_optimum_lnz_laplace(const gal_optimum *o);               /* sum over modes */
GAL_API const gal_importance *gal_optimum_importance(const gal_optimum *o); /* NaNs before the draws */
GAL_API const gal_draws *gal_optimum_draws(const gal_optimum *o);           /* n = 0 before */
GAL_API uint64_t gal_optimum_seed(const gal_optimum *o);
GAL_API double gal_optimum_seconds(const gal_optimum *o);
GAL_API size_t gal_optimum_evaluations(const gal_optimum *o);
/* Bytes from which gal_optimum_restore makes the same object on the same target. Caller frees with gal_free. */
GAL_API gal_status gal_optimum_state(const gal_optimum *o, unsigned char **bytes, size_t *n);
GAL_API gal_status gal_optimum_restore(gal_optimum **out, const gal_target *t, const unsigned char *bytes, size_t n);

/* Gaussian at z[d]: cov[d][d] = inverse of minus the Hessian there, eigenvalues that are not positive (or below 1e-12 of the largest)
 * replaced by their absolute value (or that floor), *repaired of them; lnz as above. scale as gal_space_scale gives. */
struct gal_space;
GAL_API gal_status gal_laplace(struct gal_space *s, const double *z, const double *scale, double lnp, double *cov,
                               double *lnz, size_t *repaired);
/* ------------------------------------------------------------------ results file, galua/result.h */
struct gal_result;
struct gal_result_map;
GAL_API gal_status gal_result_put_optimum(struct gal_result *r, const gal_optimum *o, const struct gal_result_map *map);
GAL_API gal_status gal_result_restore_optimum(gal_optimum **out, const struct gal_result *r, const gal_target *t);
#ifdef __cplusplus
}
#endif
#endif
