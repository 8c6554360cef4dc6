/* galua/diffmah.h - Diffmah: the mass of a halo as a smooth function of time (Hearin et al. 2021, OJA 4, 7), with exact derivatives.
 *
 *   a(lt) = early + (late - early) sigma(3.5 (lt - logtc)),  lt = log10 t;   X = log10 M = logm0 + a(lt) (lt - lt0) for t < t_peak, frozen
 *   after; dM/dt = 1e-9 (M/t) [a + a' (lt - lt0)] Msun/yr up to t_peak, 0 after.
 * Times in Gyr, M in Msun, lt0 = log10 of the age of the Universe that logm0 refers to. Any thread. */
#ifndef GAL_DIFFMAH_H
#define GAL_DIFFMAH_H
#include "galua/soft.h"
#ifdef __cplusplus
extern "C" {
#endif
enum { GAL_MAH_LOGM0, GAL_MAH_LOGTC, GAL_MAH_EARLY, GAL_MAH_LATE, GAL_MAH_TPEAK, GAL_DIFFMAH_N };
/* [GAL_DIFFMAH_N]: names, defaults, bounds and transforms */
GAL_API const gal_soft_param *gal_diffmah_params(void);
/* GAL_EDOMAIN names a parameter outside its bounds, and early_index below late_index. */
GAL_API gal_status gal_diffmah_check(const double *p);
/* At nt times t > 0: logm[nt], rate[nt] [Msun/yr], and their derivatives by the parameters [nt][GAL_DIFFMAH_N]; outputs may be NULL. */
GAL_API void gal_diffmah(const double *p, double lt0, size_t nt, const double *t, double *logm, double *rate,
                         double *dlogm, double *drate);
/* d(dM/dt)/dt [Msun/yr/Gyr] at one time; 0 after t_peak */
GAL_API double gal_diffmah_rate_slope(const double *p, double lt0, double t);
#ifdef __cplusplus
}
#endif
#endif
