/* Kernels of correlated noise. See galua/gp.h. Thread-safe. */
#include "galua/gp.h"

#include <math.h>
#include <string.h>

static const char *const KERNEL[GAL_KERNEL_N] = {"none", "sqexp", "matern32"};

const char *gal_kernel_name(gal_kernel k)
{
    return k >= 0 && k < GAL_KERNEL_N ? KERNEL[k] : "?";
}

gal_status gal_kernel_parse(gal_kernel *out, const char *name)
{
    char hint[96];
    for (int i = 0; i < GAL_KERNEL_N; i++)
        if (strcmp(name, KERNEL[i]) == 0) {
            *out = (gal_kernel)i;
            return GAL_OK;
        }
    gal_did_you_mean(hint, sizeof hint, name, KERNEL, GAL_KERNEL_N);
    return gal_fail(GAL_ENOTFOUND, "unknown kernel '%s'%s (known: sqexp, matern32)", name, hint);
}

double gal_kernel_value(gal_kernel k, double d)
{
    double a = fabs(d), b = sqrt(3) * a;
    return k == GAL_KERNEL_SQEXP ? exp(-0.5 * a * a) : k == GAL_KERNEL_MATERN32 ? (1 + b) * exp(-b) : 0;
}

double gal_kernel_slope(gal_kernel k, double d)
{
    double a = fabs(d);
    return k == GAL_KERNEL_SQEXP ? -a * exp(-0.5 * a * a) : k == GAL_KERNEL_MATERN32 ? -3 * a * exp(-sqrt(3) * a) : 0;
}
