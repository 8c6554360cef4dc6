/* Metallicity that is the same at all times: Z. */
#include "sfh/sfh_int.h"

static void zgas(const gal_history *h, const double *m, const double *t, size_t n, double *z)
{
    (void)h;
    (void)t;
    for (size_t i = 0; i < n; i++)
        z[i] = m[0];
}

static void zstar(const gal_history *h, const double *m, const double *t, size_t n, double *z)
{
    zgas(h, m, t, n, z);
}

static void jvp(const gal_history_diff *d, const double *dm, const double *t, const double *dt, size_t n, double *dz)
{
    (void)d;
    (void)t;
    (void)dt;
    for (size_t i = 0; i < n; i++)
        dz[i] = dm[0];
}

static void vjp(gal_history_diff *g, double *gm, const double *t, size_t n, const double *gz, double *gt)
{
    (void)g;
    (void)t;
    (void)gt;
    for (size_t i = 0; i < n; i++)
        gm[0] += gz[i];
}

// clang-format off
static const gal_param par[] = {
    {"Z",          "",        "metallicity (mass fraction) of gas and stars, now",     0.01, 1e-6,  0.2,   1e-4, 0.05, true,  true}};
// clang-format on

const gal_metals_class gal_metals_constant = {
    .name = "constant",
    .doc = "the same at all times",
    .par = par,
    .npar = 1,
    .now = 1,
    .one = true,
    .zgas = zgas,
    .zstar = zstar,
    .jvp = jvp,
    .vjp = vjp,
};
