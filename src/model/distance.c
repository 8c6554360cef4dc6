/* From luminosities to fluxes: the factor of a galaxy at its redshift and distance, and its derivatives. The cosmology, where H0, Om0, OL0 are
 * parameters. See galua/galaxy.h. */
#include "galua/const.h"
#include "model/model_int.h"

#include <math.h>

// clang-format off
/*   name   unit         doc                                                              value lo     hi    plo   phi   log    free */
const gal_param gal_cosmo_par[GAL_COSMO_FREE] = {
    {"H0",  "km/s/Mpc", "Hubble constant",                                                70,   1,     1000, 60,   80,   false, false},
    {"Om0", "",         "matter density parameter today, neutrinos not included",         0.3,  0.001, 10,   0.1,  0.6,  false, false},
    {"OL0", "",         "dark energy density parameter today",                            0.7,  -5,    10,   0,    1,    false, false}};
// clang-format on

static gal_cosmo_params cosmo_of(const gal_galaxy *g, const double *theta)
{
    gal_cosmo_params p = *gal_cosmo_get(g->o.cosmo);
    p.h0 = theta[g->cosmo_par];
    p.om0 = theta[g->cosmo_par + 1];
    if (g->ncosmo > 2)
        p.ol0 = theta[g->cosmo_par + 2];
    return p;
}

void gal_model_cosmo(const gal_galaxy *g, const double *theta, double z, gal_cosmo_point *out)
{
    gal_cosmo_params p = cosmo_of(g, theta);
    gal_cosmo_at(&p, z, out);
}

double gal_model_universe(const gal_galaxy *g, const double *theta, double z)
{
    gal_cosmo_point at;
    if (!g->ncosmo)
        return gal_cosmo_age(g->o.cosmo, z);
    gal_model_cosmo(g, theta, z, &at);
    return at.age;
}

double gal_model_redshift_at(const gal_galaxy *g, const double *theta, double age)
{
    gal_cosmo_point at;
    if (!g->ncosmo)
        return gal_cosmo_redshift_at(g->o.cosmo, age);
    double x = 0; /* Newton steps in ln(1 + z): ln age falls by 1 to 2 of it */
    gal_model_cosmo(g, theta, 0, &at);
    if (!(age > 0) || !(age <= at.age))
        return age > 0 ? NAN : INFINITY;
    for (int i = 0; i < 60; i++) {
        double z = expm1(x), step = log(at.age / age) * at.age / (-at.age_z * (1 + z));
        x = fmax(x + step, 0);
        if (fabs(step) < 1e-14)
            break;
        gal_model_cosmo(g, theta, expm1(x), &at);
    }
    return expm1(x);
}

static double luminosity_distance(const gal_galaxy *g, const double *theta)
{
    gal_cosmo_point at;
    if (!g->ncosmo)
        return gal_cosmo_luminosity_distance(g->o.cosmo, theta[P_REDSHIFT]);
    gal_model_cosmo(g, theta, theta[P_REDSHIFT], &at);
    return at.distance;
}

static double factor_at(const gal_galaxy *g, double z, double mpc)
{
    double cm = mpc * g->mpc_cm;
    return 1e26 * (1 + z) * GAL_LSUN / (4 * M_PI * GAL_C_AA * cm * cm);
}

gal_status gal_galaxy_flux_factor(const gal_galaxy *g, const double *theta, double *factor)
{
    double z = theta[P_REDSHIFT], d = theta[P_DISTANCE];
    if (d > 0) {
        *factor = factor_at(g, z, d);
        return GAL_OK;
    }
    if (!(z > 0))
        return gal_fail(GAL_EDOMAIN, "redshift = %g has no distance: set 'redshift' > 0 or 'distance' [Mpc]", z);
    if (g->o.compat.flux_table && z >= 1e-5) {
        double k = floor(log10(z / 1e-5) * 111), a = 1e-5 * pow(10, k / 111), b = 1e-5 * pow(10, (k + 1) / 111);
        double f = factor_at(g, a, gal_cosmo_luminosity_distance(g->o.cosmo, a));
        *factor = f + (z - a) / (b - a) * (factor_at(g, b, gal_cosmo_luminosity_distance(g->o.cosmo, b)) - f);
        return GAL_OK;
    }
    *factor = factor_at(g, z, luminosity_distance(g, theta));
    return isfinite(*factor) ? GAL_OK
                             : gal_fail(GAL_EDOMAIN, "cosmology: no distance to redshift %g: no big bang before", z);
}

double gal_galaxy_flux_slope(const gal_galaxy *g, const double *theta)
{
    double z = theta[P_REDSHIFT], x = 1 + z, factor;
    if (theta[P_DISTANCE] > 0)
        return 1 / x;
    if (gal_galaxy_flux_factor(g, theta, &factor) != GAL_OK)
        return NAN;
    if (g->o.compat.flux_table && z >= 1e-5) {
        double k = floor(log10(z / 1e-5) * 111), a = 1e-5 * pow(10, k / 111), b = 1e-5 * pow(10, (k + 1) / 111);
        double fa = factor_at(g, a, gal_cosmo_luminosity_distance(g->o.cosmo, a));
        return (factor_at(g, b, gal_cosmo_luminosity_distance(g->o.cosmo, b)) - fa) / ((b - a) * factor);
    }
    if (g->ncosmo) {
        gal_cosmo_point at;
        gal_model_cosmo(g, theta, z, &at);
        return 1 / x - 2 * at.distance_z / at.distance;
    }
    return 1 / x - 2 * gal_cosmo_luminosity_slope(g->o.cosmo, z) / gal_cosmo_luminosity_distance(g->o.cosmo, z);
}

/* With the cosmology, of a distance from the redshift; returns whether they are not 0 */
static bool by_cosmology(const gal_galaxy *g, const double *theta, double by[GAL_COSMO_FREE])
{
    gal_cosmo_point at;
    if (!g->ncosmo || theta[P_DISTANCE] > 0)
        return false;
    gal_model_cosmo(g, theta, theta[P_REDSHIFT], &at);
    for (size_t i = 0; i < g->ncosmo; i++)
        by[i] = -2 * at.distance_by[i] / at.distance;
    return true;
}

double gal_galaxy_flux_along(const gal_galaxy *g, const double *theta, const double *dtheta)
{
    double by[GAL_COSMO_FREE], far = theta[P_DISTANCE];
    double sum = far > 0 ? -2 / far * dtheta[P_DISTANCE] : 0;
    if (dtheta[P_REDSHIFT] != 0)
        sum += dtheta[P_REDSHIFT] * gal_galaxy_flux_slope(g, theta);
    if (by_cosmology(g, theta, by))
        for (size_t i = 0; i < g->ncosmo; i++)
            sum += by[i] * dtheta[g->cosmo_par + i];
    return sum;
}

void gal_galaxy_flux_back(const gal_galaxy *g, const double *theta, const bool *wanted, double sum, double *gtheta)
{
    double by[GAL_COSMO_FREE], far = theta[P_DISTANCE];
    if (far > 0 && (!wanted || wanted[P_DISTANCE])) /* every flux falls as distance^-2 */
        gtheta[P_DISTANCE] -= 2 / far * sum;
    bool any = false;
    for (size_t i = 0; i < g->ncosmo; i++)
        any = any || !wanted || wanted[g->cosmo_par + i];
    if (any && by_cosmology(g, theta, by))
        for (size_t i = 0; i < g->ncosmo; i++)
            gtheta[g->cosmo_par + i] += by[i] * sum;
}
