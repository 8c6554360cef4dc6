/* Rate of core-collapse supernovae of a simple stellar population, for SSP tables that carry none:
 *     r(a, Z) = 1e-9 R0(Z) (a/Myr)^-R1(Z) [1/yr/Msun formed],
 * R0, R1 linear in Z between the published nodes (PARSEC, Chabrier IMF; as used in Ronconi+24). Stars of 8 Msun live about
 * 45 Myr: older ones do not explode. The reference code has no such limit (parity choice sn_no_cut, D2). */
#include "csp/csp.h"
#include "galua/num.h"

#include <math.h>

#define LAST_EXPLOSION 4.5e7 /* yr */

double gal_csp_ccsn_rate(double age, double z, bool no_cut)
{
    static const double node[6] = {1e-4, 5e-4, 1e-3, 4e-3, 8e-3, 2e-2};
    static const double r0[6] = {1.0425, 1.0692, 1.0924, 1.1820, 1.2679, 1.5141};
    static const double r1[6] = {0.3531, 0.3673, 0.3789, 0.4140, 0.4454, 0.5146};
    if (!(age > 0) || (!no_cut && age > LAST_EXPLOSION))
        return 0;
    double norm = gal_interp(node, r0, 6, z, GAL_EXTRAPOLATE), slope = gal_interp(node, r1, 6, z, GAL_EXTRAPOLATE);
    return 1e-9 * norm * pow(age / 1e6, -slope);
}
