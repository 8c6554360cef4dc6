/* Wavelengths in standard air and in vacuum. n - 1 as a function of s = 1e4 A / lambda_vac; the inverse by fixed-point
 * iteration, which gains five digits a step. Thread-safe. */
#include <string.h>

#include "galua/spec.h"

static const char *const NAME[GAL_AIR_N] = {"ciddor", "morton"};

gal_status gal_air_parse(gal_air *out, const char *name)
{
    char hint[96];
    for (int i = 0; i < GAL_AIR_N; i++)
        if (strcmp(name, NAME[i]) == 0) {
            *out = (gal_air)i;
            return GAL_OK;
        }
    gal_did_you_mean(hint, sizeof hint, name, NAME, GAL_AIR_N);
    return gal_fail(GAL_ENOTFOUND, "unknown refractive index '%s'%s (known: ciddor, morton)", name, hint);
}

double gal_air_index(gal_air a, double vacuum)
{
    if (!(vacuum >= 2000))
        return 1;
    double s = 1e4 / vacuum, s2 = s * s;
    if (a == GAL_AIR_MORTON)
        return 1 + 8.34254e-5 + 2.406147e-2 / (130 - s2) + 1.5998e-4 / (38.9 - s2);
    return 1 + 5.792105e-2 / (238.0185 - s2) + 1.67917e-3 / (57.362 - s2);
}

double gal_vac_to_air(gal_air a, double vacuum)
{
    return vacuum / gal_air_index(a, vacuum);
}

double gal_air_to_vac(gal_air a, double air)
{
    double v = air;
    if (air * 1.0004 < 2000)
        return air;
    for (int i = 0; i < 5; i++)
        v = air * gal_air_index(a, v < 2000 ? 2000 : v);
    return v < 2000 ? air : v;
}
