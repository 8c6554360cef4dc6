/* galua/diffstar.h - Diffstar: star formation in a Diffmah halo, with exact derivatives (Alarcon et al. 2023, MNRAS 518, 562).
 *
 * Form of Diffstar 1: stars form at a rate set by the halo's MASS,
 *   SFR = fb M 10^eff Q,  eff = lgy + slope (X - lgmcrit),  slope = indx_lo + (indx_hi - indx_lo) sigma(9 (X - lgmcrit)),
 *   log10 Q = lg_drop F(y + 3) for y < 0, lg_drop - (lg_drop - lg_rejuv) F(y - 3) for y >= 0,  y = (lt - lg_qt)/h,  h = 10^qlglgdt/12,
 * F the triweight step (galua/soft.h), X = log10 M; SFR is at least 1e-14 Msun/yr.
 * Published form (`lagged`): the efficiency, dimensionless, multiplies the accreted gas fb dM/dt, which becomes available over tau_dep:
 *   SFR = 10^eff Q sum_i fb dM/dt(ta_i) n [F((t + dt - m_i)/w) - F((t - m_i)/w)],  50 even times ta_i from max(0.001, t - tau) to t,
 *   m_i = ta_i + alpha, alpha = tau^2/40, w = (tau - alpha)/3, 1/n = max(F((tau - alpha)/w) - F(-alpha/w), 0.01).
 * Times in Gyr, masses in Msun, rates in Msun/yr. Any thread. */
#ifndef GAL_DIFFSTAR_H
#define GAL_DIFFSTAR_H
#include "galua/diffmah.h"
#ifdef __cplusplus
extern "C" {
#endif
enum {
    GAL_STAR_LGMCRIT,
    GAL_STAR_LGY,
    GAL_STAR_LO,
    GAL_STAR_HI,
    GAL_STAR_QT,
    GAL_STAR_QDT,
    GAL_STAR_DROP,
    GAL_STAR_REJUV,
    GAL_DIFFSTAR_N,
    GAL_HISTORY_N = GAL_DIFFMAH_N + GAL_DIFFSTAR_N, /* derivatives run over the Diffmah parameters, then these */
    GAL_LAG_N = GAL_HISTORY_N + 1                   /* then tau_dep */
};
#define GAL_DIFFSTAR_FLOOR 1e-14 /* Msun/yr */
#define GAL_DIFFSTAR_FB    0.156 /* baryon fraction */
#define GAL_DIFFSTAR_T0    13.8  /* Gyr */
/* [GAL_DIFFSTAR_N]: names, defaults, bounds, transforms */
GAL_API const gal_soft_param *gal_diffstar_params(void);
/* [GAL_DIFFSTAR_N + 1] of the lagged form: the same names, lgy_at_mcrit dimensionless, last tau_dep [Gyr]. Only names, defaults, bounds. */
GAL_API const gal_soft_param *gal_diffstar_lagged_params(void);
GAL_API gal_status gal_diffstar_check(const double *p); /* as gal_diffmah_check */
/* sfr[nt] at times t; d NULL or [nt][GAL_HISTORY_N]: dSFR by the Diffmah parameters mah and these. Derivatives are 0 where floored. */
GAL_API void gal_diffstar(const double *mah, const double *p, double lt0, double fb, size_t nt, const double *t,
                          double *sfr, double *d);
/* The lagged form; p[GAL_DIFFSTAR_N + 1], d NULL or [nt][GAL_LAG_N] */
GAL_API void gal_diffstar_lagged(const double *mah, const double *p, double lt0, double fb, size_t nt, const double *t,
                                 double *sfr, double *d);
/* log10 Q[nt], and dQ NULL or [nt][4] by lg_qt, qlglgdt, lg_drop, lg_rejuv */
GAL_API void gal_diffstar_quench(const double *p, size_t nt, const double *t, double *logq, double *dq);
#ifdef __cplusplus
}
#endif
#endif
