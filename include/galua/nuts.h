/* galua/nuts.h - Hamiltonian Monte Carlo with the no-U-turn criterion (Hoffman & Gelman 2014; Betancourt 2017), as Stan does it.
 *
 * In the coordinates z of galua/transform.h, H = -ln p(z) + p.M^-1 p/2. A trajectory doubles in random directions until it turns back
 * on itself (generalised criterion, also across the joints of sub-trees), diverges (H grows by more than 1000) or reaches
 * max_depth; the draw is taken by multinomial weights exp(-H), biased to the later half at the top level. Warm-up adapts the step
 * by dual averaging to the acceptance `target` and the metric M^-1 in growing windows. Gradients may be numerical: a
 * leapfrog step with any deterministic gradient keeps volume and can be reversed, and H is exact.
 *
 * Chains advance in lockstep, one gradient batch per leapfrog step. Random numbers are keyed by (seed, purpose, source, iteration,
 * chain): the same bits for any number of threads, any split of a run and after a resume. */
#ifndef GAL_NUTS_H
#define GAL_NUTS_H
#include "galua/sampler.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef enum gal_metric { GAL_METRIC_DIAG, GAL_METRIC_DENSE, GAL_METRIC_UNIT } gal_metric;
typedef struct gal_nuts gal_nuts;
typedef struct gal_nuts_opt {
    size_t chains; /* 0: 4 */
    size_t warmup; /* iterations; SIZE_MAX: none; 0: 1000 */
    gal_metric metric;
    double target;    /* 0: 0.8 */
    double step;      /* first step size; 0: 1 */
    size_t max_depth; /* 0: 10, at most 20 */
    uint64_t seed, source;
    bool numerical; /* gradients, even where the target has them */
} gal_nuts_opt;
/* Shown fields: chains, warmup, iterations (warm-up included), stored (draws per chain), metric, space. */
GAL_API extern const gal_sampler_class gal_nuts_class;

/* Start positions theta[chains][d] in sampled coordinates; GAL_EINVAL when one has probability 0. */
GAL_API gal_status gal_nuts_start(gal_nuts *n, const double *theta);
/* Draws of the prior with finite probability; without a prior transform uniform in (-2, 2) (at most 100 tries). */
GAL_API gal_status gal_nuts_start_prior(gal_nuts *n);
/* Positions z[chains][d] of the unconstrained space, and the first metric: cov[d][d] of z (NULL: unit). */
GAL_API gal_status gal_nuts_start_gaussian(gal_nuts *n, const double *z, const double *cov);

typedef struct gal_nuts_goal {
    GAL_IS_GOAL;
    /* exactly one of the first three */
    size_t more;      /* this many more draws per chain (after the warm-up, which is completed first) */
    size_t until;     /* until this many draws per chain in all */
    double ess;       /* until the bulk and tail effective sizes of every coordinate reach this and R-hat < 1.01 */
    size_t max_draws; /* with ess: give up at this many per chain (GAL_RUN_LIMIT); 0: 100000 */
} gal_nuts_goal;

/* ------------------------------------------------------------------ what it holds; pointers are borrowed until the next run */
typedef enum gal_nuts_stat {
    GAL_NUTS_ACCEPT, /* mean acceptance of the trajectory */
    GAL_NUTS_STEP,
    GAL_NUTS_DEPTH,     /* doublings */
    GAL_NUTS_LEAPFROGS, /* steps */
    GAL_NUTS_DIVERGING, /* 0 or 1 */
    GAL_NUTS_ENERGY,    /* H of the draw */
    GAL_NUTS_LP,        /* ln p(z) of the draw */
    GAL_NUTS_NSTATS
} gal_nuts_stat;
GAL_API const double *gal_nuts_stats(const gal_nuts *n);                          /* [draws][chains][GAL_NUTS_NSTATS] */
GAL_API void gal_nuts_inverse_metric(const gal_nuts *n, size_t chain, double *m); /* [d][d], of z */

typedef struct gal_nuts_report {
    size_t draws, divergent, deepest; /* trajectories over all chains: all, divergent, stopped by max_depth */
    double accept, leapfrogs;         /* means */
    double ebfmi; /* smallest of the chains: sum (E_i - E_{i-1})^2/sum (E_i - mean)^2 (Betancourt 2016) */
    double rhat, ess_bulk, ess_tail; /* worst over the coordinates; NaN below 8 draws */
    char warning[400];               /* "" or one line: what is wrong and what to do */
} gal_nuts_report;
GAL_API gal_status gal_nuts_diagnose(const gal_nuts *n, gal_nuts_report *r);

/* Window ends of the warm-up (1-based iterations after which the metric is renewed) into end[room]; *init, *term: first and last
 * buffer, in which only the step adapts. Warm-up W >= 150: 75 | 25, 50, 100, ... | 50, the window before the last stretched; shorter: 15 %,
 * one window, 10 %; below 20 none. */
GAL_API size_t gal_nuts_schedule(size_t warmup, size_t *end, size_t room, size_t *init, size_t *term);

#ifdef __cplusplus
}
#endif
#endif
