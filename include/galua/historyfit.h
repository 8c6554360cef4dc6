/* galua/historyfit.h - Diffmah and Diffstar parameters of tabulated histories, as simulations give them: least squares with exact derivatives.
 *
 * Levenberg-Marquardt in the unbounded parameters. Targets, ranges and weights are those of the peers' fitters (diffmah 0.7, diffstar 1.0). */
#ifndef GAL_HISTORYFIT_H
#define GAL_HISTORYFIT_H
#include "galua/diffstar.h"
#ifdef __cplusplus
extern "C" {
#endif
/* r[m] and, where J is not NULL, J[m][n] = dr/dx of the parameters x[n]; false: no residuals there (the step is taken back) */
typedef bool (*gal_residuals)(void *self, const double *x, double *r, double *J);
/* Least of sum r^2 from x[n] on, at most `steps` evaluations of J; x is the place found, *loss the sum. GAL_EMATH: no residuals at the start. */
GAL_API gal_status gal_least_squares(gal_residuals f, void *self, size_t n, size_t m, int steps, double *x,
                                     double *loss);

typedef struct gal_history_fit {
    double loss;   /* mean of squares of log10 M (Diffmah); sum of the terms below (Diffstar) */
    size_t npoint; /* times that count */
    int tries;     /* starts */
} gal_history_fit;
/* Diffmah parameters p[GAL_DIFFMAH_N] of log10 halo masses logm[nt] at ascending t[nt] [Gyr]. The target is the largest mass so far; t_peak is when
 * the last one is reached; times from 1 Gyr on with masses within 2.5 dex of the last and above `least` count. GAL_EDOMAIN: fewer than 3. */
GAL_API gal_status gal_diffmah_fit(size_t nt, const double *t, const double *logm, double least, double lt0, double *p,
                                   gal_history_fit *info);
/* Diffstar parameters p[GAL_DIFFSTAR_N] of rates sfr[nt] [Msun/yr] at t[nt] in the halo mah. With M the mass formed, f(t) = [M(t) - M(t - 1 Gyr)]/1 Gyr:
 *   30 <(d log M/w)^2> + <(d log f/v)^2> + <(clip(1e8 dSFR/M, -1, 1)/w)^2> + (d log f)^2/2 at the end + 100 sigma(-50 (lg_qt - log t_max)),
 * over times from 1 Gyr on with M above 1e7 Msun and within 3.5 dex of the last; w is 0.5 within 0.1 dex of the last mass, v of the largest f,
 * else 1; log f is floored at 1e-12 of the mass a year, and at a thousandth of the largest. Up to 10 starts, until the loss is below 0.1. */
GAL_API gal_status gal_diffstar_fit(const double *mah, size_t nt, const double *t, const double *sfr, double lt0,
                                    double fb, uint64_t seed, double *p, gal_history_fit *info);
/* fstar[nt]: mean rate over the last `span` Gyr of the mass formed [nt] at t[nt], mass linear between the times, that at the first one before */
GAL_API void gal_fstar(size_t nt, const double *t, const double *mass, double span, double *fstar);
#ifdef __cplusplus
}
#endif
#endif
