/* law_mbb.c - modified black body: T(nu) = A (nu/nu0)^(beta-2) B_nu(T)/B_nu0(T) = A (nu/nu0)^(beta+1) expm1(h nu0/kT)/expm1(h nu/kT)
 * (Planck Collaboration 2014 XI). shape and norm are relative to the reference of polarisation. Working variables: beta, 1/T. */
#include "galua/const.h"
#include "sky/law_mbb.h"
#include "sky/sky_kern.h"

#include <math.h>

static const double HK = GAL_H_CGS / GAL_KB_CGS * 1e9; /* K per GHz */

gal_status gal_mbb_create(void **out, const double *opt, const gal_sky_table *table)
{
    (void)table;
    gal_mbb *m = GAL_NEW(gal_mbb);
    *out = m;
    if (!m)
        return GAL_ENOMEM;
    m->nu_i = opt[0];
    m->nu_p = opt[1];
    return GAL_OK;
}

void gal_mbb_work(const void *self, size_t n, double *const *par)
{
    (void)self;
    GAL_KERN_PICK(sky_kern)->inverse(n, par[1]);
}

gal_status gal_mbb_shape(const void *self, void *local, int which, double nu, size_t n, const double *const *par,
                         double *out)
{
    const gal_mbb *m = self;
    (void)local;
    (void)which;
    GAL_KERN_PICK(sky_kern)->mbb(n, log(nu / m->nu_p), HK * nu, par[0], par[1], out);
    return GAL_OK;
}

void gal_mbb_normalise(const void *self, int which, size_t n, const double *const *par, double *out)
{
    const gal_mbb *m = self;
    double nu0 = which == LAW_I ? m->nu_i : m->nu_p;
    GAL_KERN_PICK(sky_kern)->mbb_norm(n, log(m->nu_p / nu0), HK * nu0, par[0], par[1], out);
}

const gal_sky_input gal_mbb_par[2] = {
    {"beta", "", "spectral index of the emissivity", NAN, -10, 10},
    {"T", "K", "temperature of the dust", NAN, 0.1, 1e4},
};

static const gal_sky_input opt[] = {
    {"nu_I", "GHz", "reference frequency of I", NAN, 1e-3, 1e6},
    {"nu_P", "GHz", "reference frequency of Q and U", INFINITY, 1e-3, 1e6},
};

const gal_sky_law gal_law_mbb = {
    .name = "mbb",
    .doc = "modified black body of temperature T and emissivity index beta",
    .par = gal_mbb_par,
    .npar = 2,
    .opt = opt,
    .nopt = 2,
    .create = gal_mbb_create,
    .destroy = gal_free,
    .work = gal_mbb_work,
    .shape = gal_mbb_shape,
    .norm = gal_mbb_normalise,
};
