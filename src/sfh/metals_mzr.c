/* Metallicity by the mass-metallicity relation of DSPS (galua/mzr.h), the same at all times: that of the mass formed until the age (or quenching) and
 * of the age, which counts as the age of the Universe. */
#include "galua/mzr.h"
#include "sfh/sfh_int.h"

#include <math.h>

#define LN10 2.302585092994046

static double relation(const gal_history *h, const double *m, double *dmass, double *dage, double *dm)
{
    double dlog, dt, x = fmax(h->formed, 1), z = pow(10, gal_mzr(log10(x), 1e-9 * h->age, m, false, &dlog, &dt, dm));
    if (z > 1) { /* no more than everything: masses far beyond any galaxy */
        z = 1;
        dlog = dt = 0;
        for (int i = 0; dm && i < GAL_MZR_N; i++)
            dm[i] = 0;
    }
    if (dmass)
        *dmass = h->formed > 1 ? z * dlog / x : 0;
    if (dage)
        *dage = z * LN10 * dt * 1e-9;
    for (int i = 0; dm && i < GAL_MZR_N; i++)
        dm[i] *= z * LN10;
    return z;
}

static void zgas(const gal_history *h, const double *m, const double *t, size_t n, double *z)
{
    (void)t;
    double v = relation(h, m, NULL, NULL, NULL);
    for (size_t i = 0; i < n; i++)
        z[i] = v;
}

static void jvp(const gal_history_diff *d, const double *dm, const double *t, const double *dt, size_t n, double *dz)
{
    double by[GAL_MZR_N], dmass, dage;
    (void)t, (void)dt;
    relation(d->h, d->h->p + d->h->sfh->imetals, &dmass, &dage, by);
    double v = dmass * d->formed + dage * d->age;
    for (int i = 0; i < GAL_MZR_N; i++)
        v += by[i] * dm[i];
    for (size_t i = 0; i < n; i++)
        dz[i] = v;
}

static void vjp(gal_history_diff *g, double *gm, const double *t, size_t n, const double *gz, double *gt)
{
    double by[GAL_MZR_N], dmass, dage, sum = 0;
    (void)t, (void)gt;
    relation(g->h, g->h->p + g->h->sfh->imetals, &dmass, &dage, by);
    for (size_t i = 0; i < n; i++)
        sum += gz[i];
    g->formed += sum * dmass;
    g->age += sum * dage;
    for (int i = 0; i < GAL_MZR_N; i++)
        gm[i] += sum * by[i];
}

// clang-format off
static const gal_param par[GAL_MZR_N] = {
    {"mzr_y0",       "dex",         "log10 Z/0.012 at the turn, late times",              0.05,   -1,    0.25,  -0.5,  0.25,  false, false},
    {"mzr_x0",       "log10(Msun)", "mass formed where the slope of log10 Z turns",       10.5,   10.25, 10.75, 10.25, 10.75, false, false},
    {"mzr_k",        "",            "steepness of the turn",                              1,      0.5,   2,     0.5,   2,     false, false},
    {"mzr_slope_lo", "",            "slope at low mass",                                  0.4,    0.1,   1,     0.1,   1,     false, false},
    {"mzr_slope_hi", "",            "slope at high mass",                                 0.1,    0,     0.3,   0,     0.3,   false, false},
    {"mzr_c0_y",     "dex",         "change at lookback mzr_tlook_c",                     -1.455, -2,    -1,    -2,    -1,    false, false},
    {"mzr_c1_y",     "",            "its slope with mass",                                0.13,   0,     0.5,   0,     0.5,   false, false},
    {"mzr_c0_s",     "dex/Gyr",     "change at earlier times",                            -0.959, -1.5,  -0.5,  -1.5,  -0.5,  false, false},
    {"mzr_c1_s",     "",            "its slope with mass",                                0.067242, 0,   0.5,   0,     0.5,   false, false},
    {"mzr_tlook_c",  "Gyr",         "lookback before 12.5 Gyr where the evolution turns", 8.44,   1,     12.5,  5,     11,    false, false}};
// clang-format on

const gal_metals_class gal_metals_mzr = {
    .name = "mzr",
    .doc = "by the mass-metallicity relation of DSPS, at the mass formed until the age",
    .par = par,
    .npar = GAL_MZR_N,
    .zgas = zgas,
    .zstar = zgas,
    .jvp = jvp,
    .vjp = vjp,
};
