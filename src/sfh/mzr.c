/* Mass-metallicity relation and its derivatives (DSPS). With sigslope of galua/soft.h:
 *   log10 Z = sigslope(logsm; xtp, y0, x0, k, lo, hi) + log10 0.012 + min(r, 0),  xtp = x0 (mzr) or 10.5 (umzr),
 *   r = sigslope(tl; tc, y, tc, 1.6, y/tc, s),  tl = max(12.5 - t, 0),  y = c0y + c1y logsm,  s = c0s + c1s logsm. */
#include "galua/mzr.h"

#include <math.h>
#include <string.h>

#define LGMET_SOLAR  -1.9208187539523751 /* log10 0.012 */
#define EVOLUTION_T0 12.5
#define EVOLUTION_K  1.6
#define PIVOT        10.5
#define TLOOK        8.44

const gal_soft_param *gal_mzr_params(void)
{
    static const gal_soft_param table[GAL_MZR_N] = {
        {"y0", "[dex] log10 Z relative to 0.012 at the pivot, late times", 0.05, -1, 0.25, -0.375, 0.1, -1, -1, 0,
         false},
        {"x0", "[log10 Msun] where the slope turns", 10.5, 10.25, 10.75, 10.5, 0.1, -1, -1, 0, false},
        {"k", "steepness of the turn", 1, 0.5, 2, 1.25, 0.1, -1, -1, 0, false},
        {"slope_lo", "slope at low mass", 0.4, 0.1, 1, 0.55, 0.1, -1, -1, 0, false},
        {"slope_hi", "slope at high mass", 0.1, 0, 0.3, 0, 0.1, -1, GAL_MZR_LO, 0, false},
        {"c0_y", "[dex] change at lookback tlook_c", -1.455, -2, -1, -1.5, 0.1, -1, -1, 0, false},
        {"c1_y", "its slope with mass", 0.13, 0, 0.5, 0.25, 0.1, -1, -1, 0, false},
        {"c0_s", "[dex/Gyr] change at earlier times", -0.959, -1.5, -0.5, -1, 0.1, -1, -1, 0, false},
        {"c1_s", "its slope with mass", 0.067242, 0, 0.5, 0.25, 0.1, -1, -1, 0, false},
        {"tlook_c", "[Gyr] lookback before 12.5 Gyr where the evolution turns", TLOOK, 0, 12.5, 6.25, 0.1, -1, -1, 0,
         false},
    };
    return table;
}

double gal_mzr(double logsm, double t, const double *p, bool fixed, double *dlogsm, double *dt, double *dp)
{
    double d0[7], d1[7], g[GAL_MZR_N] = {0};
    double xtp = fixed ? PIVOT : p[GAL_MZR_X0], tc = fixed ? TLOOK : p[GAL_MZR_TC];
    double z = gal_sigslope(logsm, xtp, p[GAL_MZR_Y0], p[GAL_MZR_X0], p[GAL_MZR_K], p[GAL_MZR_LO], p[GAL_MZR_HI], d0) +
               LGMET_SOLAR;
    double slope = d0[0], dtime = 0;
    g[GAL_MZR_Y0] = d0[2], g[GAL_MZR_X0] = d0[3] + (fixed ? 0 : d0[1]), g[GAL_MZR_K] = d0[4], g[GAL_MZR_LO] = d0[5],
    g[GAL_MZR_HI] = d0[6];
    double tl = t < EVOLUTION_T0 ? EVOLUTION_T0 - t : 0;
    double y = p[GAL_MZR_C0Y] + p[GAL_MZR_C1Y] * logsm, s = p[GAL_MZR_C0S] + p[GAL_MZR_C1S] * logsm;
    double r = gal_sigslope(tl, tc, y, tc, EVOLUTION_K, y / tc, s, d1);
    if (r < 0) {
        z += r;
        double dy = d1[2] + d1[5] / tc, ds = d1[6];
        slope += dy * p[GAL_MZR_C1Y] + ds * p[GAL_MZR_C1S];
        dtime = t < EVOLUTION_T0 ? -d1[0] : 0;
        g[GAL_MZR_C0Y] = dy, g[GAL_MZR_C1Y] = dy * logsm, g[GAL_MZR_C0S] = ds, g[GAL_MZR_C1S] = ds * logsm;
        g[GAL_MZR_TC] = fixed ? 0 : d1[1] + d1[3] - d1[5] * y / (tc * tc);
    }
    if (dlogsm)
        *dlogsm = slope;
    if (dt)
        *dt = dtime;
    if (dp)
        memcpy(dp, g, sizeof g);
    return z;
}
