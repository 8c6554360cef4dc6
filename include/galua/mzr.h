/* galua/mzr.h - the mass-metallicity relation of DSPS (Hearin et al. 2023, MNRAS 521, 1741), with its derivatives: log10 of the absolute metal mass
 * fraction of galaxies of log10 stellar mass logsm at cosmic time t [Gyr]. Pure: any thread. */
#ifndef GAL_MZR_H
#define GAL_MZR_H
#include "galua/soft.h"
#ifdef __cplusplus
extern "C" {
#endif
/* p[GAL_MZR_N]. `fixed`: the pivot stays
 * at 10.5 and tlook_c at 8.44 (umzr); else the pivot is x0 (mzr). dp[GAL_MZR_N], *dlogsm, *dt may be NULL. */
enum {
    GAL_MZR_Y0,
    GAL_MZR_X0,
    GAL_MZR_K,
    GAL_MZR_LO,
    GAL_MZR_HI,
    GAL_MZR_C0Y,
    GAL_MZR_C1Y,
    GAL_MZR_C0S,
    GAL_MZR_C1S,
    GAL_MZR_TC,
    GAL_MZR_N
};
/* [GAL_MZR_N]; the transform applies to the first GAL_MZR_N - 1 (umzr) */
GAL_API const gal_soft_param *gal_mzr_params(void);
GAL_API double gal_mzr(double logsm, double t, const double *p, bool fixed, double *dlogsm, double *dt, double *dp);
#ifdef __cplusplus
}
#endif
#endif
