/* law_cmb.c - spectra that are the same everywhere, of maps in uK_CMB: primary and kinetic SZ anisotropies, the kinematic quadrupole, thermal SZ
 * of Compton y (Zeldovich & Sunyaev 1969, Carlstrom et al. 2002). */
#include "galua/const.h"
#include "sky/law.h"

#include <math.h>

static gal_status fill(size_t n, double v, double *out)
{
    for (size_t k = 0; k < n; k++)
        out[k] = v;
    return GAL_OK;
}

static double to_rj(double nu)
{
    return gal_sky_g_cmb(nu) / gal_sky_g_rj(nu);
}

static gal_status create(void **out, const double *opt, const gal_sky_table *table)
{
    (void)table;
    double *t = GAL_NEW(double);
    *out = t;
    if (!t)
        return GAL_ENOMEM;
    *t = opt ? opt[0] : 0;
    return GAL_OK;
}

static gal_status cmb(const void *self, void *local, int which, double nu, size_t n, const double *const *par,
                      double *out)
{
    (void)self, (void)local, (void)which, (void)par;
    return fill(n, to_rj(nu), out);
}

const gal_sky_law gal_law_cmb = {
    .name = "cmb",
    .unit = "uK_CMB",
    .doc = "thermodynamic temperature [uK_CMB], the same at all frequencies",
    .shape = cmb,
};

/* x/2 coth(x/2): second order of a boosted black body (Kamionkowski & Knox 2003) */
static gal_status quadrupole(const void *self, void *local, int which, double nu, size_t n, const double *const *par,
                             double *out)
{
    (void)local, (void)which, (void)par;
    double x = GAL_H_CGS * nu * 1e9 / (GAL_KB_CGS * *(const double *)self);
    return fill(n, to_rj(nu) * 0.5 * x / tanh(0.5 * x), out);
}

static const gal_sky_input temperature[] = {{"T", "K", "temperature of the microwave background", 2.7255, 1, 10}};
const gal_sky_law gal_law_quadrupole = {
    .name = "quadrupole",
    .unit = "uK_CMB",
    .doc = "kinematic quadrupole: T beta^2 cos^2 [uK_CMB] times x/2 coth(x/2)",
    .opt = temperature,
    .nopt = 1,
    .create = create,
    .destroy = gal_free,
    .shape = quadrupole,
};

/* Upstream's constants here are older ones (h, k of 2014 and 1973, 2.725 K); kept, they matter at 1e-5 near the null. */
static gal_status tsz(const void *self, void *local, int which, double nu, size_t n, const double *const *par,
                      double *out)
{
    (void)self, (void)local, (void)which, (void)par;
    const double t = 2.725;
    double x = 6.62607004e-27 * nu * 1e9 / (1.380622e-16 * t), e = exp(x);
    return fill(n, to_rj(nu) * 1e6 * t * (x * (e + 1) / (e - 1) - 4), out);
}

const gal_sky_law gal_law_tsz = {
    .name = "tsz",
    .unit = "",
    .doc = "thermal Sunyaev-Zeldovich effect of a map of Compton y",
    .shape = tsz,
};
