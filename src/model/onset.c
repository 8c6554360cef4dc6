/* How the time since the onset of star formation is given, parameter 0 of a galaxy: in years, as a fraction of the age of the Universe at
 * the redshift, or by the redshift at which it began. With t(z) the age of the Universe
 *     age = f t(z),   df: t(z),      dz: f dt/dz
 *     age = t(z) - t(z_onset),       dz_onset: -dt/dz at z_onset,   dz: dt/dz
 * so that in the last two the age moves with a free redshift. Redshifts below 0 are peculiar motions: the Universe is as old as at 0. */
#include "model/model_int.h"

#include <math.h>
#include <string.h>

#define Z_EARLIEST 1000 /* of an onset */
#define AGE_LEAST  1e5  /* yr, of any galaxy */

// clang-format off
/*   name            unit  doc                                                                       value  lo    hi          plo   phi   log    free */
static const gal_param param[GAL_ONSETS] = {
    {"age",          "yr", "time since the onset of star formation",                                 1e9,   AGE_LEAST, 2e10,  1e8,  1.3e10, true, true},
    {"age_fraction", "",   "time since the onset of star formation over the age of the Universe at the redshift", 0.5, 1e-6, 1, 0.05, 1, false, true},
    {"z_onset",      "",   "redshift at which star formation began",                                 10,    0,    Z_EARLIEST, 0.5,  20,   false, true}};
// clang-format on

const gal_param *gal_onset_param(gal_onset k)
{
    return &param[k];
}

static double universe(const gal_galaxy *g, const double *theta, double z)
{
    return gal_model_universe(g, theta, fmax(z, 0));
}

double gal_galaxy_age(const gal_galaxy *g, const double *theta)
{
    double v = theta[P_AGE], z = theta[P_REDSHIFT];
    switch (g->o.onset) {
    case GAL_ONSET_FRACTION:
        return v * universe(g, theta, z);
    case GAL_ONSET_REDSHIFT:
        return universe(g, theta, z) - universe(g, theta, v);
    default:
        return v;
    }
}

/* dt/dz, and with the cosmology */
static double slope_of(const gal_galaxy *g, const double *theta, double z, double by[GAL_COSMO_FREE])
{
    gal_cosmo_point at;
    memset(by, 0, GAL_COSMO_FREE * sizeof *by);
    if (!g->ncosmo)
        return gal_cosmo_age_slope(g->o.cosmo, z);
    gal_model_cosmo(g, theta, z, &at);
    memcpy(by, at.age_by, g->ncosmo * sizeof *by);
    return at.age_z;
}

void gal_model_age_slopes(const gal_galaxy *g, const double *theta, double *by_own, double *by_redshift,
                          double by_cosmo[GAL_COSMO_FREE])
{
    memset(by_cosmo, 0, GAL_COSMO_FREE * sizeof *by_cosmo);
    if (g->o.onset == GAL_ONSET_AGE) {
        *by_own = 1;
        *by_redshift = 0;
        return;
    }
    double v = theta[P_AGE], z = theta[P_REDSHIFT], then[GAL_COSMO_FREE];
    double rate = slope_of(g, theta, fmax(z, 0), by_cosmo);
    rate = z >= 0 ? rate : 0;
    *by_own = 1;
    *by_redshift = 0;
    if (g->o.onset == GAL_ONSET_FRACTION) {
        *by_own = universe(g, theta, z);
        *by_redshift = v * rate;
        for (size_t i = 0; i < GAL_COSMO_FREE; i++)
            by_cosmo[i] *= v;
    } else if (g->o.onset == GAL_ONSET_REDSHIFT) {
        *by_own = -slope_of(g, theta, v, then);
        *by_redshift = rate;
        for (size_t i = 0; i < GAL_COSMO_FREE; i++)
            by_cosmo[i] -= then[i];
    }
}

/* The parameter k of a galaxy of that age at redshift z */
static double value_of(const gal_galaxy *g, const double *theta, gal_onset k, double age, double z)
{
    double t = universe(g, theta, z);
    if (k == GAL_ONSET_FRACTION)
        return age / t;
    return k == GAL_ONSET_REDSHIFT ? fmin(gal_model_redshift_at(g, theta, t - age), Z_EARLIEST) : age;
}

double gal_galaxy_onset(const gal_galaxy *g, const double *theta, gal_onset k)
{
    return k == g->o.onset ? theta[P_AGE] : value_of(g, theta, k, gal_galaxy_age(g, theta), theta[P_REDSHIFT]);
}

gal_status gal_galaxy_set_onset(const gal_galaxy *g, gal_onset k, double v, double *theta)
{
    double z = theta[P_REDSHIFT], t = universe(g, theta, z), own = v;
    gal_digits d;
    if (!(v >= param[k].lo && v <= param[k].hi)) {
        gal_digits_of(&d, v, param[k].lo, param[k].hi);
        return gal_fail(GAL_EDOMAIN, "%s = %s is not in %s .. %s%s%s", param[k].name, d.v, d.lo, d.hi,
                        *param[k].unit ? " " : "", param[k].unit);
    }
    if (k != g->o.onset)
        own = value_of(g, theta, g->o.onset,
                       k == GAL_ONSET_AGE        ? v
                       : k == GAL_ONSET_FRACTION ? v * t
                                                 : t - universe(g, theta, v),
                       z);
    const gal_param *p = &param[g->o.onset];
    if (!(own >= p->lo && own <= p->hi))
        return gal_fail(GAL_EDOMAIN,
                        "%s = %.6g: at redshift %g there is no such galaxy, the Universe is %.6g yr old (%s)",
                        param[k].name, v, z, t, gal_cosmo_name(g->o.cosmo));
    theta[P_AGE] = own;
    return GAL_OK;
}

void gal_galaxy_onset_range(const gal_galaxy *g, const double *theta, double *lo, double *hi)
{
    double z = fmax(theta[P_REDSHIFT], 0), t = universe(g, theta, z);
    const gal_param *p = &param[g->o.onset];
    *lo = p->plo;
    *hi = p->phi;
    if (g->o.onset == GAL_ONSET_AGE) { /* no star is older than the Universe at the source's redshift */
        *hi = fmin(*hi, t);
        *lo = fmin(*lo, 0.1 * *hi);
    } else if (g->o.onset == GAL_ONSET_REDSHIFT) { /* from 5 % of its age before */
        *lo = ceil(100 * gal_model_redshift_at(g, theta, 0.95 * t)) / 100;
        *hi = fmax(*hi, 2 * *lo);
    }
}

gal_status gal_model_check_age(const gal_galaxy *g, const double *theta)
{
    double age = gal_galaxy_age(g, theta), z = theta[P_REDSHIFT], t = universe(g, theta, z);
    gal_digits d;
    if (!(t > 0)) /* parameters that vary */
        return gal_fail(GAL_EDOMAIN, "cosmology: no big bang before redshift %g", z);
    if (g->o.onset == GAL_ONSET_AGE && age > t) {
        gal_digits_of(&d, age, t, t);
        return gal_fail(GAL_EDOMAIN, "age = %s yr is above the age of the Universe, %s yr, at redshift %g (%s)", d.v,
                        d.hi, z, gal_cosmo_name(g->o.cosmo));
    }
    if (age >= AGE_LEAST)
        return GAL_OK;
    if (g->o.onset == GAL_ONSET_REDSHIFT && theta[P_AGE] <= fmax(z, 0))
        return gal_fail(GAL_EDOMAIN,
                        "z_onset = %g: star formation begins after redshift %g, at which the galaxy is seen",
                        theta[P_AGE], z);
    return gal_fail(GAL_EDOMAIN, "%s = %.8g is an age of %.4g yr at redshift %g, below %g yr", param[g->o.onset].name,
                    theta[P_AGE], age, z, AGE_LEAST);
}
