/* galua/pathfinder.h - Pathfinder: Gaussians along L-BFGS trajectories (Zhang, Carpenter, Gelman & Vehtari 2022, JMLR 23(306)).
 *
 * Each path starts at a draw of the prior and climbs by L-BFGS in the coordinates of galua/transform.h. At every iterate the inverse Hessian is
 * estimated from the last `history` steps - diagonal by the update of Gilbert & Lemarechal (1989), low rank by the compact
 * representation of Byrd, Nocedal & Schnabel (1994) - and N(z + S grad, S) is judged by its evidence lower bound from `elbo_draws`
 * draws (restricted to where p > 0; the bound less two standard errors counts). With `laplace` the Gaussian of the Hessian at the end of the path competes too. The best
 * Gaussian of each path goes into a mixture; its draws are weighted by p/q_mixture and Pareto-smoothed. */
#ifndef GAL_PATHFINDER_H
#define GAL_PATHFINDER_H
#include "galua/nuts.h"
#include "galua/sampler.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef struct gal_path {
    double *mean, *cov; /* [d], [d][d] of z: the chosen Gaussian */
    double elbo, lnp;   /* its bound; ln p at the end of the path */
    double weight;      /* in the mixture */
    size_t iterations;  /* of L-BFGS */
    size_t chosen;      /* iterate, or `iterations` + 1: the Gaussian of the Hessian */
    bool usable;        /* a Gaussian was found */
} gal_path;

typedef struct gal_pathfinder gal_pathfinder;
typedef struct gal_pathfinder_opt {
    size_t paths;          /* 0: 8 */
    size_t draws;          /* of the mixture; 0: 1000 */
    size_t elbo_draws;     /* 0: 25 */
    size_t history;        /* 0: 6 */
    size_t max_iterations; /* 0: 1000 */
    bool no_laplace;
    bool numerical;
    uint64_t seed, source;
} gal_pathfinder_opt;
/* A run begins anew, always the same bits. GAL_EINTR: stopped by the user, nothing kept. GAL_EMATH when no path gives a Gaussian. It ends
 * approximate with khat <= 0.7 (usable weights, which do not show what the Gaussians miss), at its limit above. Shown fields: npaths, lnz, lnz_err, khat, ess, stored. */
GAL_API extern const gal_sampler_class gal_pathfinder_class;
/* Starts NUTS at draws of the Gaussians of different paths, one per chain, those of a bound far below the best left out, with the covariance of the
 * best as the first metric; when khat > 0.7 the metric stays unit: the warm-up must then be a full one. */
GAL_API gal_status gal_nuts_start_pathfinder(gal_nuts *n, const gal_pathfinder *p);
#ifdef __cplusplus
}
#endif
#endif
