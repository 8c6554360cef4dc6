/* galua/draws.h - weighted draws of a posterior, Pareto-smoothed importance sampling, and what importance sampling says about the
 * evidence. */
#ifndef GAL_DRAWS_H
#define GAL_DRAWS_H
#include "galua/base.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef struct gal_draws {
    size_t n, d, nb;
    double *theta;            /* [n][d] sampled coordinates */
    double *lnprior, *lnlike; /* [n] */
    double *blob;             /* [n][nb] */
    double *lnw;              /* [n] ln weights, normalised: sum exp = 1 */
} gal_draws;
GAL_API gal_status gal_draws_alloc(gal_draws *w, size_t n, size_t d, size_t nb); /* zeroed; weights equal */
GAL_API void gal_draws_clear(gal_draws *w);
/* Row numbers of n draws of equal weight: systematic resampling with the offset u in (0,1). */
GAL_API void gal_draws_pick(const gal_draws *w, double u, size_t n, size_t *row);

/* What importance sampling found. */
typedef struct gal_importance {
    double lnz, lnz_err; /* ln evidence and its standard error */
    double
        khat; /* Pareto shape of the weights: < 0.5 good, < 0.7 usable, above: neither weights nor error can be trusted */
    double ess; /* Kish size of the weighted draws */
} gal_importance;

/* Pareto-smoothed importance sampling (Vehtari, Simpson, Gelman, Yao & Gabry 2024, JMLR 25(72); generalised Pareto fit of Zhang &
 * Stephens 2009, Technometrics 51, 316, with the weak prior on k of the former). lnw[n]: raw ln weights, any constant; replaced by smoothed
 * ln weights normalised to sum exp = 1. The largest min(n/5, 3 sqrt(n/reff)) weights are replaced by the expected order
 * statistics of the fitted tail. reff: relative efficiency of dependent draws, 1 for independent ones. khat = +inf when the tail
 * has fewer than 5 weights. GAL_EMATH when no weight is finite or one is NaN or +inf. */
GAL_API gal_status gal_psis(double *lnw, size_t n, double reff, double *khat);
#ifdef __cplusplus
}
#endif
#endif
