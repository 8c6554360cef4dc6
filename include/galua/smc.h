/* galua/smc.h - sequential Monte Carlo from the prior to the posterior, for evidence and several modes.
 *
 * In the coordinates z of galua/transform.h the targets are N(z; 0, I) L(z)^beta, beta from 0 to 1. All particles of all levels stay in a pool and
 * serve every later level by multiple importance sampling (persistent sampling, Karamanis & Seljak 2024):
 *     w_i(beta) = L_i^beta / [sum_s (n_s/n) L_i^beta_s/Z_s],   Z(beta) = (1/n) sum_i w_i(beta).
 * The next beta is where the effective size of the pool falls to `particles` (bisection); `active` particles are resampled from it and moved by
 * t-preconditioned Crank-Nicolson steps (Grumitt, Karamanis & Seljak 2024) with a multivariate t fitted to the weighted pool by expectation
 * maximisation, until they have forgotten where they came from: rank correlation of ln L with that at the start below 0.1, and `accept`
 * acceptances a particle; at most max_steps. Long curved valleys need more than the default. At beta = 1 levels go on until the pool's effective size is `ess`.
 * The error of ln Z is a bootstrap over families: descendants of one draw of the prior stay together, so that what resampling
 * and imperfect mixing leave correlated is counted (after Lee & Whiteley 2018).
 *
 * Random numbers are keyed by (seed, purpose, source, level and step, particle): the same bits for any number of threads, any
 * interruption and after a resume. */
#ifndef GAL_SMC_H
#define GAL_SMC_H
#include "galua/base.h"
#include "galua/sampler.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef struct gal_smc gal_smc;
typedef struct gal_smc_opt {
    size_t particles;       /* effective size of the pool that sets the next beta; 0: 1024, above 10 dimensions 2048 */
    size_t active;          /* particles moved per level; 0: particles/2 */
    double ess;             /* effective size of the posterior; 0: 4 particles */
    double accept;          /* moves accepted per particle and level, at least; 0: 6 */
    size_t max_steps;       /* per level; 0: 100 + 20 d */
    size_t max_evaluations; /* of one run; 0: no limit */
    uint64_t seed, source;
} gal_smc_opt;
typedef struct gal_smc_goal {
    GAL_IS_GOAL;
    double ess; /* raise the wanted effective size to this; 0: as in the options */
} gal_smc_goal;
typedef struct gal_smc_level {
    double beta, lnz, ess; /* ess: of the pool at this beta, when it was chosen */
    double acceptance, sigma, nu;
    size_t n, steps; /* particles; moves made */
} gal_smc_level;
/* Shown fields: beta, particles, nlevels, families (draws of the prior that have weight in the posterior), lnz, lnz_err, khat, ess (NaN before
 * beta = 1). Draws: the pool weighted for beta = 1, whatever beta was reached; n = 0 before the prior is drawn. */
GAL_API extern const gal_sampler_class gal_smc_class;
GAL_API const gal_smc_level *gal_smc_levels(const gal_smc *s, size_t *n); /* complete ones, the first is the prior */
#ifdef __cplusplus
}
#endif
#endif
