/* The made-up library of closed form, for tests and for the comparison with other codes: no file, same bits everywhere
 * the C library rounds the same.
 *
 *   lambda_i = 10^(i/100) A, i = 0..1000;  T_0 = 0, T_k = 10^(5 + 5.15 (k-1)/144) yr, k = 1..145;
 *   T_eff = 3e4 K (1 + T/1e7)^-0.3;  L_bol = 1e3 Lsun/Msun (1 + T/3e6)^-0.8;
 *   L(lambda, T, Z) = pi B_lambda(T_eff) / (sigma T_eff^4) L_bol (Z/0.02)^-0.1   [Lsun/A/Msun]
 *
 * h, k_B and sigma are those of the code it is compared with (not CODATA 2018), so that the numbers agree to rounding. */
#include "ssp_int.h"

#include <math.h>

#define OLD_H     6.626196e-27  /* erg s */
#define OLD_KB    1.380622e-16  /* erg/K */
#define OLD_C     2.99792458e10 /* cm/s */
#define OLD_SIGMA 5.670374e-5

static double planck_per_aa(double lambda_aa, double temperature)
{
    double l = lambda_aa * 1e-8, x = OLD_H * OLD_C / (OLD_KB * l * temperature);
    if (x > 700)
        x = 700;
    return 1e-8 * 2 * OLD_H * OLD_C * OLD_C / (l * l * l * l * l * expm1(x));
}

gal_status gal_ssp_synthetic(gal_ssp **out)
{
    static const double z[7] = {1e-4, 5e-4, 1e-3, 4e-3, 8e-3, 2e-2, 4e-2};
    gal_status st = GAL_OK;
    gal_ssp *s = NULL;
    *out = NULL;
    GAL_TRY(gal_ssp_create(&s, 1, 7, 146, 1001));
    for (size_t i = 0; i < s->nwave; i++)
        s->wave[i] = pow(10, (double)i / 100);
    for (size_t k = 1; k < s->nage; k++)
        s->age[k] = pow(10, 5 + 5.15 * (double)(k - 1) / 144);
    for (size_t iz = 0; iz < s->nz; iz++)
        s->z[iz] = z[iz];
    for (size_t ia = 0; ia < s->nage; ia++) {
        double t = s->age[ia], teff = 3e4 * pow(1 + t / 1e7, -0.3), lbol = 1e3 * pow(1 + t / 3e6, -0.8);
        double norm = M_PI / (OLD_SIGMA * teff * teff * teff * teff) * lbol;
        for (size_t i = 0; i < s->nwave; i++) {
            double l = norm * planck_per_aa(s->wave[i], teff);
            for (size_t iz = 0; iz < s->nz; iz++)
                s->lum[(iz * s->nage + ia) * s->nwave + i] = (float)(l * pow(z[iz] / 0.02, -0.1));
        }
    }
    GAL_TRY(gal_ssp_set_text(s, "synthetic", "", "closed form: blackbodies fading with age, for tests"));
    GAL_TRY(gal_ssp_finish(s));
    *out = s;
    s = NULL;
out:
    gal_ssp_unref(s);
    return st;
}
