/* Metallicity in a step: Z_start before t_step, Z after. */
#include "sfh/sfh_int.h"

#include <math.h>

static void zgas(const gal_history *h, const double *m, const double *t, size_t n, double *z)
{
    (void)h;
    for (size_t i = 0; i < n; i++)
        z[i] = t[i] < m[2] ? m[1] : m[0];
}

static void zstar(const gal_history *h, const double *m, const double *t, size_t n, double *z)
{
    for (size_t i = 0; i < n; i++) {
        double end = fmin(t[i], h->quench), mass, before, step = fmin(m[2], end), share = 0;
        gal_history_mass(h, &end, 1, &mass);
        if (mass > 0) {
            gal_history_mass(h, &step, 1, &before);
            share = 1 - before / mass;
        }
        z[i] = m[1] + (m[0] - m[1]) * share;
    }
}

static size_t breaks(const gal_history *h, const double *m, double *t)
{
    (void)h;
    t[0] = m[2];
    return 1;
}

static void jvp(const gal_history_diff *d, const double *dm, const double *t, const double *dt, size_t n, double *dz)
{
    const double *m = d->h->p + d->h->sfh->imetals;
    (void)dt;
    for (size_t i = 0; i < n; i++)
        dz[i] = t[i] < m[2] ? dm[1] : dm[0];
}

static void vjp(gal_history_diff *g, double *gm, const double *t, size_t n, const double *gz, double *gt)
{
    const double *m = g->h->p + g->h->sfh->imetals;
    (void)gt;
    for (size_t i = 0; i < n; i++)
        gm[t[i] < m[2] ? 1 : 0] += gz[i];
}

// clang-format off
static const gal_param par[] = {
    {"Z",          "",        "metallicity (mass fraction) of gas and stars, now",     0.01, 1e-6,  0.2,   1e-4, 0.05, true,  true},
    {"Z_start",    "",        "metallicity (mass fraction) at the onset",              1e-4, 1e-6,  0.2,   1e-4, 0.05, true,  false},
    {"t_step",     "yr",      "galaxy time at which the metallicity becomes Z",        5e8,  0,     2e10,  1e7,  1.3e10, false, true}};
// clang-format on

const gal_metals_class gal_metals_step = {
    .name = "step",
    .doc = "from Z_start to Z in a step at t_step",
    .par = par,
    .npar = 3,
    .now = 1,
    .nbreak = 1,
    .breaks = breaks,
    .zgas = zgas,
    .zstar = zstar,
    .jvp = jvp,
    .vjp = vjp,
    .now_break = 3,
};
