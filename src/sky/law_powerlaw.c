/* law_powerlaw.c - T(nu) = A (nu/nu0)^beta, and with curvature A (nu/nu0)^(beta + C ln(nu/nu_curve)) (Kogut 2012). */
#include "sky/law.h"
#include "sky/sky_kern.h"

#include <math.h>

typedef struct power_law {
    double nu_i, nu_p, nu_curve;
} power_law;

static gal_status create(void **out, const double *opt, const gal_sky_table *table)
{
    (void)table;
    power_law *s = GAL_NEW(power_law);
    *out = s;
    if (!s)
        return GAL_ENOMEM;
    s->nu_i = opt[0];
    s->nu_p = opt[1];
    return GAL_OK;
}

/* relative to the reference of polarisation */
static gal_status shape(const void *self, void *local, int which, double nu, size_t n, const double *const *par,
                        double *out)
{
    const power_law *s = self;
    (void)local;
    (void)which;
    GAL_KERN_PICK(sky_kern)->power(n, 0, log(nu / s->nu_p), par[0], out);
    return GAL_OK;
}

static void norm(const void *self, int which, size_t n, const double *const *par, double *out)
{
    const power_law *s = self;
    GAL_KERN_PICK(sky_kern)->power(n, 0, which == LAW_I ? log(s->nu_p / s->nu_i) : 0, par[0], out);
}

static const gal_sky_input par[] = {
    {"beta", "", "spectral index of brightness temperature", NAN, -20, 20},
    {"curvature", "", "change of the index per unit of ln nu", 0, -5, 5},
};
static const gal_sky_input opt[] = {
    {"nu_I", "GHz", "reference frequency of I", NAN, 1e-3, 1e6},
    {"nu_P", "GHz", "reference frequency of Q and U", INFINITY, 1e-3, 1e6},
    {"nu_curve", "GHz", "frequency where the index is beta", NAN, 1e-3, 1e6},
};

const gal_sky_law gal_law_power_law = {
    .name = "power_law",
    .doc = "power law of brightness temperature",
    .par = par,
    .npar = 1,
    .opt = opt,
    .nopt = 2,
    .create = create,
    .destroy = gal_free,
    .shape = shape,
    .norm = norm,
};

static gal_status create_curved(void **out, const double *o, const gal_sky_table *table)
{
    gal_status st = create(out, o, table);
    if (st == GAL_OK)
        ((power_law *)*out)->nu_curve = o[2];
    return st;
}

/* The curvature multiplies ln(nu/nu0): I and P, of other references, curve differently */
static gal_status shape_curved(const void *self, void *local, int which, double nu, size_t n, const double *const *p,
                               double *out)
{
    const power_law *s = self;
    (void)local;
    double a = log(nu / (which == LAW_I ? s->nu_i : s->nu_p));
    GAL_KERN_PICK(sky_kern)->curved(n, a, a * log(nu / s->nu_curve), p[0], p[1], out);
    return GAL_OK;
}

const gal_sky_law gal_law_curved_power_law = {
    .name = "curved_power_law",
    .doc = "power law of brightness temperature with curvature",
    .par = par,
    .npar = 2,
    .opt = opt,
    .nopt = 3,
    .split = true,
    .create = create_curved,
    .destroy = gal_free,
    .shape = shape_curved,
};
