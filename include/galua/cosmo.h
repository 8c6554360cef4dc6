/* galua/cosmo.h - distances and ages in a Friedmann universe with photons and massive neutrinos.
 *
 *   E^2(z) = Om (1+z)^3 + Ok (1+z)^2 + OL + Og [1 + F(z)] (1+z)^4
 * with F the neutrino-to-photon density ratio, fitting form of Komatsu et al. 2011 (ApJS 192, 18), eq. 26. The integrals are
 * tabulated once per cosmology (Gauss-Legendre, relative error about 1e-13) and read back with cubic Hermite interpolation
 * whose slopes are the exact integrands: a look-up costs tens of nanoseconds and is as exact as the integral. */
#ifndef GAL_COSMO_H
#define GAL_COSMO_H
#include "galua/base.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef struct gal_cosmo_params {
    double h0;     /* Hubble constant [km/s/Mpc] */
    double om0;    /* matter density parameter today, neutrinos not included */
    double ol0;    /* dark energy; NaN = flat (closes the sum to 1) */
    double tcmb;   /* [K] */
    double neff;   /* effective number of neutrino species */
    double mnu[3]; /* neutrino masses [eV] */
} gal_cosmo_params;
typedef struct gal_cosmo gal_cosmo;
/* name is a label. GAL_EDOMAIN names the parameter and its range. */
GAL_API gal_status gal_cosmo_create(gal_cosmo **out, const char *name, const gal_cosmo_params *p);
/* "Planck18" (default everywhere), "Planck15", "WMAP9", "WMAP7"; values as in the papers' tables (base LCDM, flat). */
GAL_API gal_status gal_cosmo_named(gal_cosmo **out, const char *name);
GAL_API gal_cosmo *gal_cosmo_ref(gal_cosmo *c);
GAL_API void gal_cosmo_unref(gal_cosmo *c);
GAL_API const char *gal_cosmo_name(const gal_cosmo *c);
GAL_API const gal_cosmo_params *gal_cosmo_get(const gal_cosmo *c);
GAL_API const char *const *gal_cosmo_names(size_t *n);
/* z >= 0; NaN below 0 */
GAL_API double gal_cosmo_efunc(const gal_cosmo *c, double z);               /* H(z)/H0 */
GAL_API double gal_cosmo_comoving_distance(const gal_cosmo *c, double z);   /* line of sight [Mpc] */
GAL_API double gal_cosmo_luminosity_distance(const gal_cosmo *c, double z); /* [Mpc] */
GAL_API double gal_cosmo_luminosity_slope(const gal_cosmo *c, double z);    /* its derivative with z [Mpc] */
GAL_API double gal_cosmo_age(const gal_cosmo *c, double z);                 /* age of the Universe at z [yr] */
/* d(age)/dz [yr], z >= 0: -1/((1+z) H(z)), negative */
GAL_API double gal_cosmo_age_slope(const gal_cosmo *c, double z);
/* Redshift at which the Universe was `age` yr old, to rounding; INFINITY for 0 and below, NaN above its age today. */
GAL_API double gal_cosmo_redshift_at(const gal_cosmo *c, double age);
GAL_API double gal_cosmo_lookback(const gal_cosmo *c, double z); /* [yr] */
/* Luminosity distance [Mpc] and age of the Universe [yr] at z >= 0 of any parameters, without a table (some 30 us), with their derivatives by z and
 * by H0, Om0, OL0; OL0 NaN (flat): the dark energy follows the others, its own derivative is 0. NaN where there is no big bang. */
enum { GAL_COSMO_FREE = 3 };
typedef struct gal_cosmo_point {
    double distance, age, distance_z, age_z;
    double distance_by[GAL_COSMO_FREE], age_by[GAL_COSMO_FREE];
} gal_cosmo_point;
GAL_API void gal_cosmo_at(const gal_cosmo_params *p, double z, gal_cosmo_point *out);
#ifdef __cplusplus
}
#endif
#endif
