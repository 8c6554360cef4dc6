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
#include "galua/draws.h"
#include "galua/target.h"
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
GAL_API gal_status gal_smc_create(gal_smc **out, const gal_target *t, const gal_smc_opt *opt);
GAL_API void gal_smc_free(gal_smc *s); /* NULL is fine */

typedef gal_status (*gal_smc_hook)(void *ctx, const gal_smc *s);
typedef struct gal_smc_goal {
    double ess; /* raise the wanted effective size to this; 0: as in the options */
    gal_progress_fn progress;
    void *progress_ctx;
    gal_smc_hook hook;
    void *hook_ctx;
    double hook_every;
} gal_smc_goal;
/* GAL_OK when converged or at the limit of evaluations; GAL_EINTR when stopped by the user; all whole steps before are kept and a later call
 * goes on. goal may be NULL. */
GAL_API gal_status gal_smc_run(gal_smc *s, const gal_smc_goal *goal);

typedef struct gal_smc_level {
    double beta, lnz, ess; /* ess: of the pool at this beta, when it was chosen */
    double acceptance, sigma, nu;
    size_t n, steps; /* particles; moves made */
} gal_smc_level;
GAL_API const gal_target *gal_smc_target(const gal_smc *s);
GAL_API gal_run_end gal_smc_end(const gal_smc *s);
GAL_API const char *gal_smc_end_text(const gal_smc *s);
GAL_API size_t gal_smc_particles(const gal_smc *s);
GAL_API size_t gal_smc_nlevels(const gal_smc *s);
GAL_API const gal_smc_level *gal_smc_levels(const gal_smc *s); /* [nlevels] complete ones, the first is the prior */
GAL_API double gal_smc_beta(const gal_smc *s);                 /* reached */
GAL_API size_t gal_smc_families(const gal_smc *s); /* draws of the prior that have weight in the posterior */
GAL_API const gal_importance *
gal_smc_importance(const gal_smc *s); /* NaNs before beta = 1; khat of the final weights */
/* The pool weighted for beta = 1 (whatever beta was reached); n = 0 before the prior is drawn. Borrowed until the next run. */
GAL_API const gal_draws *gal_smc_draws(const gal_smc *s);
GAL_API uint64_t gal_smc_seed(const gal_smc *s);
GAL_API double gal_smc_seconds(const gal_smc *s);
GAL_API size_t gal_smc_evaluations(const gal_smc *s);
GAL_API gal_status gal_smc_state(const gal_smc *s, unsigned char **bytes, size_t *n); /* everything, the pool too */
GAL_API gal_status gal_smc_restore(gal_smc **out, const gal_target *t, const unsigned char *bytes, size_t n);
/* ------------------------------------------------------------------ results file, galua/result.h */
struct gal_result;
struct gal_result_map;
GAL_API gal_status gal_result_put_smc(struct gal_result *r, const gal_smc *s, const struct gal_result_map *map);
GAL_API gal_status gal_result_restore_smc(gal_smc **out, const struct gal_result *r, const gal_target *t);
#ifdef __cplusplus
}
#endif
#endif
