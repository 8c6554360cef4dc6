/* remnant.c - what is left: white dwarfs (HPT00 section 6.2.1), neutron stars and black holes.
 *
 * White dwarfs cool as L = 635 M Z^0.4 [A (t + 0.1)]^-1.4 (t in Myr; eq. 90; A = 4, 15, 17 for He, CO, ONe) at the radius of
 * eq. 91. Core collapse leaves the mass of Belczynski, Kalogera & Bulik 2002 (ApJ 572, 407): an iron-nickel core from the CO
 * core mass, partial fallback for 5 < M_CO < 7.6, direct collapse above. Pure functions: thread safe. */
#include "stars/sse.h"
#include <math.h>

double gal_wd_radius(double m)
{
    double x = pow(GAL_MCH / m, 2.0 / 3.0);
    return fmin(0.1, 0.0115 * sqrt(fmax(1.48204e-6, x - 1.0 / x)));
}

void gal_wd_state(double m, gal_remnant kind, double zwd, double t, double *lum, double *rad)
{
    double a = kind == GAL_REM_HEWD ? 4.0 : kind == GAL_REM_ONEWD ? 17.0 : 15.0;
    *lum = 635.0 * m * zwd / pow(a * (t + 0.1), 1.4);
    *rad = gal_wd_radius(m);
}

double gal_collapse_mass(double mcco, double mt, gal_remnant *kind)
{
    double iron = mcco < 2.5 ? 0.161767 * mcco + 1.067055 : 0.314154 * mcco + 0.686088;
    double m = mcco <= 5.0 ? iron : mcco < 7.6 ? iron + (mcco - 5.0) / 2.6 * (mt - iron) : mt;
    m = fmin(m, mt);
    *kind = m <= 3.0 ? GAL_REM_NS : GAL_REM_BH; /* largest neutron star: 3 Msun */
    return m;
}
