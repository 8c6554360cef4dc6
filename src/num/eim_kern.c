/* Hot loops of empirical interpolation: sums in eight fixed lanes. */
#include "num/eim_kern.h"

#include <math.h>

enum { LANES = 8 };

static double eliminate(size_t n, double c, const double *restrict b, const double *restrict weight, double *restrict r)
{
    double s[LANES] = {0};
    size_t k = 0;
    for (; k + LANES <= n; k += LANES)
        for (int l = 0; l < LANES; l++) {
            double x = r[k + l] - c * b[k + l];
            r[k + l] = x;
            s[l] += weight[k + l] * fabs(x);
        }
    for (int l = 0; k < n; k++, l++) {
        r[k] -= c * b[k];
        s[l] += weight[k] * fabs(r[k]);
    }
    return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

const struct eim_kern GAL_KERN(eim_kern) = {eliminate};
