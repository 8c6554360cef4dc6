/* The galaxy object: options, parameter list, checks. The wavelength grid is in grid.c, evaluation in eval.c. */
#include "galua/galaxy.h"
#include "galua/const.h"
#include "galua/num.h"
#include "model/model_internal.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

gal_compat gal_compat_default(void)
{
    return (gal_compat){0};
}

gal_compat gal_compat_galapy(void)
{
    return (gal_compat){true, true, true, true, true, true, true, true, true, true, true, true, true, true};
}

void gal_galaxy_defaults(gal_galaxy_opts *o)
{
    *o = (gal_galaxy_opts){.sfh = GAL_SFH_INSITU, .dust = true, .logu = -2.5};
}

// clang-format off
/*   name         unit  doc                                                             value  lo     hi     plo   phi   log    free */
static const gal_param global[P_SFH] = {
    {"age",       "yr", "time since the onset of star formation",                       1e9,   1e5,   2e10,  1e8,  1.3e10, true, true},
    {"redshift",  "",   "redshift",                                                     0,     0,     30,    0,    10,   false, false},
    {"distance",  "Mpc", "luminosity distance; 0 = from the redshift",                  0,     0,     1e6,   0.1,  1e4,  true,  false}};
static const gal_param ism[I_COUNT] = {
    {"f_MC",      "",   "fraction of the ISM in molecular clouds",                      0.5,   0,     1,     0,    1,    false, true},
    {"norm_MC",   "",   "normalisation of the optical depth of clouds",                 100,   0,     1e6,   0.1,  1e4,  true,  false},
    {"N_MC",      "",   "number of molecular clouds",                                   1e3,   1e-3,  1e9,   1,    1e5,  true,  true},
    {"R_MC",      "pc", "radius of a cloud",                                            10,    1e-2,  1e5,   1,    100,  true,  true},
    {"tau_esc",   "yr", "time before stars start to leave their cloud",                 1e7,   1e3,   1e10,  1e5,  1e8,  true,  true},
    {"dMClow",    "",   "extinction slope of clouds below 100 micron",                  1.3,   0,     5,     0,    5,    false, false},
    {"dMCupp",    "",   "extinction slope of clouds above 100 micron",                  1.6,   0,     5,     0,    5,    false, false},
    {"norm_DD",   "",   "normalisation of the optical depth of diffuse dust",           1,     0,     1e6,   0.1,  1e4,  true,  false},
    {"Rdust",     "pc", "radius of the diffuse dust",                                   1e3,   1,     1e7,   100,  1e5,  true,  true},
    {"f_PAH",     "",   "fraction of the diffuse absorbed power re-emitted by PAH",     0.2,   0,     1,     0,    1,    false, true},
    {"dDDlow",    "",   "extinction slope of diffuse dust below 100 micron",            0.7,   0,     5,     0,    5,    false, false},
    {"dDDupp",    "",   "extinction slope of diffuse dust above 100 micron",            2.0,   0,     5,     0,    5,    false, false}};
// clang-format on

const gal_param *gal_ism_params(size_t *n)
{
    *n = I_COUNT;
    return ism;
}

static gal_status list_parameters(gal_galaxy *g)
{
    enum { LEN = 32 };
    if (!(g->names = GAL_NEWN(char, MAXPAR *LEN)))
        return GAL_ENOMEM;
    for (size_t i = 0; i < P_SFH; i++)
        g->par[g->npar++] = global[i];
    for (size_t i = 0; i < g->sfh.npar; i++)
        g->par[g->npar++] = g->sfh.par[i];
    g->ism = g->npar;
    for (size_t i = 0; g->o.dust && i < I_COUNT; i++)
        g->par[g->npar++] = ism[i];
    for (size_t i = P_SFH; i < g->npar; i++) {
        char *name = g->names + i * LEN;
        snprintf(name, LEN, "%s.%s", i < g->ism ? "sfh" : "ism", g->par[i].name);
        g->par[i].name = name;
    }
    return GAL_OK;
}

static void destroy(gal_galaxy *g)
{
    if (!g)
        return;
    gal_ssp_unref(g->o.ssp);
    gal_cosmo_unref(g->o.cosmo);
    gal_sfh_clear(&g->sfh);
    gal_model_grid_drop(g->grid);
    gal_free(g->names);
    gal_free(g);
}

gal_status gal_galaxy_create(gal_galaxy **out, const gal_galaxy_opts *o)
{
    gal_status st = GAL_OK;
    gal_galaxy *g = NULL;
    *out = NULL;
    if (!o->ssp || !o->cosmo)
        return gal_fail(GAL_EINVAL, "galaxy: needs an SSP table and a cosmology");
    if (o->ssp->nage < 2 || o->ssp->nwave < 2)
        return gal_fail(GAL_EINVAL, "galaxy: SSP table '%s' has %zu ages x %zu wavelengths, at least 2 x 2 are needed",
                        o->ssp->name ? o->ssp->name : "", o->ssp->nage, o->ssp->nwave);
    if (o->ssp->nu > 1 && !(o->logu >= o->ssp->logu[0] && o->logu <= o->ssp->logu[o->ssp->nu - 1]))
        return gal_fail(GAL_EDOMAIN, "galaxy: logU = %g is outside the table's %g .. %g", o->logu, o->ssp->logu[0],
                        o->ssp->logu[o->ssp->nu - 1]);
    if (!(g = GAL_NEW(gal_galaxy)))
        return GAL_ENOMEM;
    g->refs = 1;
    g->o = *o;
    g->o.ssp = gal_ssp_ref(o->ssp);
    g->o.cosmo = gal_cosmo_ref(o->cosmo);
    g->mpc_cm = o->compat.old_constants ? 3.086e24 : GAL_MPC_CM;
    GAL_TRY(gal_sfh_init(&g->sfh, o->sfh, o->evolving_z, o->table_t, o->table_psi, o->ntable));
    g->o.table_t = g->sfh.t; /* the caller's arrays are copied */
    g->o.table_psi = g->sfh.psi;
    GAL_TRY(list_parameters(g));
    GAL_TRY(gal_model_grid_get(&g->grid, o));
    g->o.pah_wave = g->o.pah = NULL; /* resampled into the grid */
    *out = g;
    g = NULL;
out:
    destroy(g);
    return st;
}

gal_galaxy *gal_galaxy_ref(gal_galaxy *g)
{
    __atomic_fetch_add(&g->refs, 1, __ATOMIC_RELAXED);
    return g;
}

void gal_galaxy_unref(gal_galaxy *g)
{
    if (g && __atomic_fetch_sub(&g->refs, 1, __ATOMIC_ACQ_REL) == 1)
        destroy(g);
}

size_t gal_galaxy_npar(const gal_galaxy *g)
{
    return g->npar;
}

const gal_param *gal_galaxy_par(const gal_galaxy *g, size_t i)
{
    return i < g->npar ? &g->par[i] : NULL;
}

gal_status gal_galaxy_find(const gal_galaxy *g, const char *name, size_t *out)
{
    const char *names[MAXPAR];
    for (size_t i = 0; i < g->npar; i++) {
        names[i] = g->par[i].name;
        if (strcmp(name, names[i]) == 0) {
            *out = i;
            return GAL_OK;
        }
    }
    char hint[80];
    gal_did_you_mean(hint, sizeof hint, name, names, g->npar);
    return gal_fail(GAL_ENOTFOUND, "this galaxy has no parameter '%s'%s", name, hint);
}

size_t gal_galaxy_nwave(const gal_galaxy *g)
{
    return g->grid->n;
}

const double *gal_galaxy_wave(const gal_galaxy *g)
{
    return g->grid->wave;
}

const gal_ssp *gal_galaxy_ssp(const gal_galaxy *g)
{
    return g->o.ssp;
}

const gal_cosmo *gal_galaxy_cosmo(const gal_galaxy *g)
{
    return g->o.cosmo;
}

const gal_sfh *gal_galaxy_sfh(const gal_galaxy *g)
{
    return &g->sfh;
}

const gal_galaxy_opts *gal_galaxy_options(const gal_galaxy *g)
{
    return &g->o;
}

gal_status gal_galaxy_check(const gal_galaxy *g, const double *theta)
{
    const gal_ssp *s = g->o.ssp;
    for (size_t i = 0; i < g->npar; i++)
        if (!(theta[i] >= g->par[i].lo && theta[i] <= g->par[i].hi))
            return gal_fail(GAL_EDOMAIN, "%s = %g is not in %g .. %g%s%s", g->par[i].name, theta[i], g->par[i].lo,
                            g->par[i].hi, *g->par[i].unit ? " " : "", g->par[i].unit);
    double universe = gal_cosmo_age(g->o.cosmo, theta[P_REDSHIFT]);
    if (theta[P_AGE] > universe)
        return gal_fail(GAL_EDOMAIN, "age = %g yr is above the age of the Universe, %.6g yr, at redshift %g (%s)",
                        theta[P_AGE], universe, theta[P_REDSHIFT], gal_cosmo_name(g->o.cosmo));
    if (g->o.clamp || g->o.compat.csp_steps)
        return GAL_OK;
    if (theta[P_AGE] > s->age[s->nage - 1])
        return gal_fail(GAL_EDOMAIN,
                        "age = %g yr is above the last age of SSP table '%s', %g yr (clamp = true uses the last)",
                        theta[P_AGE], s->name ? s->name : "", s->age[s->nage - 1]);
    if (!gal_sfh_is_insitu(&g->sfh)) {
        double z = theta[P_SFH + gal_sfh_quench_index(&g->sfh) + 2];
        if (z < s->z[0] || z > s->z[s->nz - 1])
            return gal_fail(GAL_EDOMAIN,
                            "sfh.Z = %g is outside SSP table '%s', %g .. %g (clamp = true uses the nearest)", z,
                            s->name ? s->name : "", s->z[0], s->z[s->nz - 1]);
    }
    return GAL_OK;
}

gal_status gal_galaxy_flux_factor(const gal_galaxy *g, const double *theta, double *factor)
{
    double z = theta[P_REDSHIFT], d = theta[P_DISTANCE];
    if (!(d > 0)) {
        if (!(z > 0))
            return gal_fail(GAL_EDOMAIN, "redshift = 0 has no distance: set 'redshift' > 0 or 'distance' [Mpc]");
        d = gal_cosmo_luminosity_distance(g->o.cosmo, z);
    }
    double cm = d * g->mpc_cm;
    *factor = 1e26 * (1 + z) * GAL_LSUN / (4 * M_PI * GAL_C_AA * cm * cm);
    return GAL_OK;
}

void gal_galaxy_sfr(const gal_galaxy *g, const double *theta, const double *t, size_t n, double *psi)
{
    double tq = theta[P_SFH + gal_sfh_quench_index(&g->sfh)];
    gal_sfh_rate(&g->sfh, theta + P_SFH, t, n, psi);
    for (size_t i = 0; i < n; i++)
        psi[i] *= t[i] < tq ? 1 : t[i] == tq ? 0.5 : 0;
}
