/* Metallicity that grows with the mass formed: Z_start + (Z - Z_start) M(t)/M(age) (ProSpect, Robotham+2020, MNRAS 495, 905). */
#include "sfh/sfh_internal.h"

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
};
