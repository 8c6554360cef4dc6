/* Metallicity that grows with the mass formed: Z_start + (Z - Z_start) M(t)/M(age) (ProSpect, Robotham+2020, MNRAS 495, 905). */
#include "sfh/sfh_int.h"

#include <math.h>

static void zgas(const gal_history *h, const double *m, const double *t, size_t n, double *z)
{
    gal_history_mass(h, t, n, z);
    for (size_t i = 0; i < n; i++)
        z[i] = m[1] + (m[0] - m[1]) * (h->formed > 0 ? fmin(z[i] / h->formed, 1) : 1);
}

static void zstar(const gal_history *h, const double *m, const double *t, size_t n, double *z)
{
    for (size_t i = 0; i < n; i++) {
        double end = fmin(t[i], h->quench), mass;
        gal_history_mass(h, &end, 1, &mass);
        double share = mass > 0 ? 0.5 * fmin(mass / h->formed, 1) : 0; /* the mean has half the growth */
        z[i] = m[1] + (m[0] - m[1]) * share;
    }
}

static void jvp(const gal_history_diff *d, const double *dm, const double *t, const double *dt, size_t n, double *dz)
{
    const double *m = d->h->p + d->h->sfh->imetals;
    double formed = d->h->formed;
    gal_history_jvp(d, t, dt, n, NULL, dz);
    for (size_t i = 0; i < n; i++) {
        double mass, share = 1, change = 0;
        gal_history_mass(d->h, t + i, 1, &mass);
        if (formed > 0 && mass < formed) {
            share = mass / formed;
            change = (dz[i] - share * d->formed) / formed;
        }
        dz[i] = dm[1] + (dm[0] - dm[1]) * share + (m[0] - m[1]) * change;
    }
}

static void vjp(gal_history_diff *g, double *gm, const double *t, size_t n, const double *gz, double *gt)
{
    const double *m = g->h->p + g->h->sfh->imetals;
    double formed = g->h->formed;
    for (size_t i = 0; i < n; i++) {
        double mass, share = 1;
        gal_history_mass(g->h, t + i, 1, &mass);
        if (formed > 0 && mass < formed) {
            double change = gz[i] * (m[0] - m[1]) / formed;
            share = mass / formed;
            g->formed -= change * share;
            gal_history_vjp(g, t + i, 1, NULL, &change, gt + i);
        }
        gm[0] += gz[i] * share;
        gm[1] += gz[i] * (1 - share);
    }
}

// clang-format off
static const gal_param par[] = {
    {"Z",          "",        "metallicity (mass fraction) of gas and stars, now",     0.01, 1e-6,  0.2,   1e-4, 0.05, true,  true},
    {"Z_start",    "",        "metallicity (mass fraction) at the onset",              1e-4, 1e-6,  0.2,   1e-4, 0.05, true,  false}};
// clang-format on

const gal_metals_class gal_metals_evolving = {
    .name = "evolving",
    .doc = "from Z_start to Z in proportion to the mass formed",
    .par = par,
    .npar = 2,
    .now = 1,
    .zgas = zgas,
    .zstar = zstar,
    .jvp = jvp,
    .vjp = vjp,
};
