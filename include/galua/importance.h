/* galua/importance.h - adaptive importance sampling: a mixture of Student t learns the posterior through temperatures, then weights independent draws.
 *
 * In z = Phi^-1(u), where the prior is N(0, I) (galua/transform.h). A stage is one batch:
 *   1. draws of the prior;
 *   2. beta, the largest <= 1 at which the draws of the last stages, weighted by L^beta pi/sum_s n_s q_s (all proposals as one mixture: Veach &
 *      Guibas 1995; Cornuet et al. 2012), have the effective size `reach`; a mixture of Gaussians is fitted to them by EM;
 *   3. draws from it with Student tails, wide copies and a share of the prior (Hesterberg 1995): the next stage; back to 2 until beta = 1 and the
 *      efficiency (effective size of a stage over its draws) grows no more;
 *   4. every stage at beta = 1 since something new was learnt counts: each draw weighted by the density it was drawn from, which depends on earlier
 *      stages alone, and by the best efficiency seen before it. The mean of the weights is an unbiased estimate of the evidence, and its error that of
 *      independent draws (importance_weigh.c).
 * Where the target can integrate one parameter out exactly (gal_target.marginal) the others are sampled, and it is drawn given them.
 * The verdict: effective size reached, Pareto k of the weights at most 0.7 unless four draws in five count (Vehtari et al. 2024; above 0.4 it is asked again of twice the draws, above 0.6 once
 * more, and the error of ln Z is doubled where it stays above 0.5), ln Z of the earlier and of the later stages agree, and short Metropolis chains from the draws do not leave
 * what the mixture covers: where they do, their places are what the next mixture is fitted to, three times at most (k at most 0.5 then). The centres
 * of the mixture are looked at for peaks that draws cannot find. Nothing here sees a far mode that no draw found; how often runs on thin valleys
 * pass though they are wrong is in docs/samplers.md. Deterministic at any number of threads and after any resume; one thread per sampler, the
 * target's batches may use threads. */
#ifndef GAL_IMPORTANCE_H
#define GAL_IMPORTANCE_H
#include "galua/sampler.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef struct gal_importance_sampler gal_importance_sampler;
/* 0: the default in parentheses */
typedef struct gal_importance_opt {
    double ess;             /* effective number of draws (1000) */
    size_t batch;           /* draws of a stage (40 d, at least 200) */
    size_t components;      /* of the mixture, at most (24) */
    size_t max_evaluations; /* of one run (200000) */
    bool whole;             /* sample every parameter, also one that the target can integrate out exactly */
    uint64_t seed, source;
} gal_importance_opt;
typedef struct gal_importance_goal {
    GAL_IS_GOAL;
    double ess; /* raise the wanted effective size to this; 0: as in the options */
} gal_importance_goal;
typedef struct gal_importance_stage {
    double beta, efficiency,
        ess; /* ess: of the pool at beta when the proposal was fitted; efficiency: of its draws at beta = 1 */
    size_t n, components;
} gal_importance_stage;
/* Shown fields: lnz, lnz_err, khat, ess, efficiency, beta, nstages, components, stored. Draws: those of step 4; n = 0 before. */
GAL_API extern const gal_sampler_class gal_importance_class;
GAL_API const gal_importance_stage *gal_importance_stages(const gal_importance_sampler *s, size_t *n);
#ifdef __cplusplus
}
#endif
#endif
