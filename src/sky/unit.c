/* unit.c - units of sky maps: Rayleigh-Jeans and thermodynamic temperature, intensity; see galua/band.h for the formulas. Thread safe. */
#include "galua/band.h"
#include "galua/const.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const double T_CMB =
    2.7255; /* Fixsen 2009 rounded as in Planck 2018; units of maps use this value whatever a component uses */

double gal_sky_g_rj(double nu)
{
    double n = nu * 1e9;
    return 2 * (GAL_KB_CGS * 1e-7) * n * n / (299792458. * 299792458.) * 1e26;
}

double gal_sky_g_cmb(double nu)
{
    double x = GAL_H_CGS * nu * 1e9 / (GAL_KB_CGS * T_CMB), e = expm1(x);
    return gal_sky_g_rj(nu) * (x / e) * (x / e) * (e + 1);
}

static const char *const KNOWN[] = {"K_RJ",   "uK_RJ",  "mK_RJ", "K_CMB",  "uK_CMB",
                                    "mK_CMB", "MJy/sr", "Jy/sr", "kJy/sr", "mJy/sr"};

static double prefix(char c)
{
    static const char letter[] = "numkMG";
    static const double size[] = {1e-9, 1e-6, 1e-3, 1e3, 1e6, 1e9};
    const char *p = c ? strchr(letter, c) : NULL;
    return p ? size[p - letter] : 0;
}

gal_status gal_sky_unit_parse(gal_sky_unit *out, const char *text)
{
    static const char *const base[] = {"K_RJ", "K_CMB", "Jy/sr"};
    char t[64];
    size_t n = 0;
    for (const char *p = text; *p && n + 1 < sizeof t; p++) { /* blanks, the micro sign and sr-1 in their spellings */
        if (isspace((unsigned char)*p) || *p == '*')
            continue;
        if ((unsigned char)*p == 0xc2 || (unsigned char)*p == 0xce) {
            t[n++] = 'u';
            p += p[1] != '\0';
            continue;
        }
        t[n++] = *p;
    }
    t[n] = '\0';
    if (n > 4 && strcmp(t + n - 4, "sr-1") == 0)
        memcpy(t + n - 4, "/sr", 4), n--;
    memset(out, 0, sizeof *out);
    snprintf(out->name, sizeof out->name, "%s", t);
    out->scale = 1;
    if (n == 0 || strcmp(t, "1") == 0) {
        out->quantity = GAL_SKY_PLAIN;
        return GAL_OK;
    }
    for (int i = 0; i < 3; i++) {
        size_t m = strlen(base[i]);
        if (n < m || n > m + 1 || strcmp(t + n - m, base[i]) != 0)
            continue;
        double p = n == m ? 1 : prefix(t[0]);
        if (p == 0)
            continue;
        out->quantity = (gal_sky_quantity)i;
        out->scale = p;
        return GAL_OK;
    }
    char hint[80];
    gal_did_you_mean(hint, sizeof hint, t, KNOWN, sizeof KNOWN / sizeof *KNOWN);
    return gal_fail(GAL_EINVAL, "unit '%s' is none of K_RJ, K_CMB, Jy/sr with a prefix n u m k M G%s", text, hint);
}

static double intensity(const gal_sky_unit *u, double nu) /* Jy/sr of one unit */
{
    double g = u->quantity == GAL_SKY_K_RJ ? gal_sky_g_rj(nu) : u->quantity == GAL_SKY_K_CMB ? gal_sky_g_cmb(nu) : 1;
    return g * u->scale;
}

gal_status gal_sky_unit_factor(const gal_sky_unit *from, const gal_sky_unit *to, double nu, double *factor)
{
    if ((from->quantity == GAL_SKY_PLAIN) != (to->quantity == GAL_SKY_PLAIN))
        return gal_fail(GAL_EINVAL, "unit '%s' cannot be turned into '%s'", from->name, to->name);
    if (from->quantity == to->quantity) {
        *factor = from->scale / to->scale;
        return GAL_OK;
    }
    if (!(nu > 0 && isfinite(nu)))
        return gal_fail(GAL_EDOMAIN, "units: frequency %g GHz must be positive", nu);
    *factor = intensity(from, nu) / intensity(to, nu);
    return GAL_OK;
}
