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
#include "galua/sampler.h"
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
/* A run begins anew, always the same bits. GAL_EINTR: stopped by the user; the modes are then the points reached (not converged), without
 * draws. It ends converged when the best mode is, else at its limit. Shown fields: nmodes, lnz, lnz_err, khat, ess, stored, lnz_laplace. */
GAL_API extern const gal_sampler_class gal_optimum_class;
GAL_API const gal_mode *gal_optimum_modes(const gal_optimum *o, size_t *n); /* highest first */

/* Gaussian at z[d]: cov[d][d] = inverse of minus the Hessian there, eigenvalues that are not positive (or below 1e-12 of the largest)
 * replaced by their absolute value (or that floor), *repaired of them; lnz as above. scale as gal_space_scale gives. */
struct gal_space;
GAL_API gal_status gal_laplace(struct gal_space *s, const double *z, const double *scale, double lnp, double *cov,
                               double *lnz, size_t *repaired);
#ifdef __cplusplus
}
#endif
#endif
