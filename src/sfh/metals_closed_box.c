/* Metallicity of a closed box: Z = Z_start - y ln(gas fraction) with yield y (Talbot & Arnett 1971, ApJ 170, 409), where the gas fraction is
 * that at which Z is reached at the age (ProSpect, Robotham+2020, MNRAS 495, 905):
 *     Z(t) = Z_start - y ln(1 - a s),  s = M(t)/M(age),  a = 1 - e^(-(Z - Z_start)/y);
 * the mean of the stars formed until t is Z_start + y [1 + (1 - a s) ln(1 - a s)/(a s)]. */
#include "sfh/sfh_int.h"

#include <math.h>

enum { NOW, START, YIELD };

static double share_of(const gal_history *h, double mass)
{
    return h->formed > 0 ? fmin(fmax(mass / h->formed, 0), 1) : 1;
}

/* Gas fraction 1 - a s, and -ln of it; no digits are lost where hardly any, or nearly all of it is used. */
static double gas_left(const double *m, double s, double *ln)
{
    double x = (m[NOW] - m[START]) / m[YIELD], as = -expm1(-x) * s,
           left = fabs(as) < 0.5 ? 1 - as : 1 - s + s * exp(-x);
    *ln = fabs(as) < 0.5 ? -log1p(-as) : -log(left);
    return left;
}

static void zgas(const gal_history *h, const double *m, const double *t, size_t n, double *z)
{
    gal_history_mass(h, t, n, z);
    for (size_t i = 0; i < n; i++) {
        double ln;
        gas_left(m, share_of(h, z[i]), &ln);
        z[i] = m[START] + m[YIELD] * ln;
    }
}

static void zstar(const gal_history *h, const double *m, const double *t, size_t n, double *z)
{
    for (size_t i = 0; i < n; i++) {
        double end = fmin(t[i], h->quench), mass, ln, mean = 0;
        gal_history_mass(h, &end, 1, &mass);
        double left = gas_left(m, share_of(h, mass), &ln), as = 1 - left;
        if (mass > 0) /* 1 + (1 - x) ln(1 - x)/x = x/2 + x^2/6 + x^3/12 + ... */
            mean = fabs(as) < 1e-3 ? as * (0.5 + as * (1. / 6 + as * (1. / 12 + as / 20))) : 1 - left * ln / as;
        z[i] = m[START] + m[YIELD] * mean;
    }
}

/* Derivatives of Z at s with respect to s, Z now, Z_start, the yield */
static void slopes(const double *m, double s, double d[4])
{
    double ln, y = m[YIELD], x = (m[NOW] - m[START]) / y, e = exp(-x), left = gas_left(m, s, &ln), z_a = y * s / left;
    d[0] = y * -expm1(-x) / left;
    d[1] = z_a * e / y;
    d[2] = 1 - d[1];
    d[3] = ln - z_a * e * x / y;
}

static void jvp(const gal_history_diff *d, const double *dm, const double *t, const double *dt, size_t n, double *dz)
{
    const double *m = d->h->p + d->h->sfh->imetals;
    double formed = d->h->formed;
    gal_history_jvp(d, t, dt, n, NULL, dz);
    for (size_t i = 0; i < n; i++) {
        double mass, k[4];
        gal_history_mass(d->h, t + i, 1, &mass);
        double s = share_of(d->h, mass), ds = formed > 0 && mass < formed ? (dz[i] - s * d->formed) / formed : 0;
        slopes(m, s, k);
        dz[i] = k[0] * ds + k[1] * dm[NOW] + k[2] * dm[START] + k[3] * dm[YIELD];
    }
}

static void vjp(gal_history_diff *g, double *gm, const double *t, size_t n, const double *gz, double *gt)
{
    const double *m = g->h->p + g->h->sfh->imetals;
    double formed = g->h->formed;
    for (size_t i = 0; i < n; i++) {
        double mass, k[4];
        gal_history_mass(g->h, t + i, 1, &mass);
        double s = share_of(g->h, mass);
        slopes(m, s, k);
        if (formed > 0 && mass < formed) {
            double change = gz[i] * k[0] / formed;
            g->formed -= change * s;
            gal_history_vjp(g, t + i, 1, NULL, &change, gt + i);
        }
        gm[NOW] += gz[i] * k[1];
        gm[START] += gz[i] * k[2];
        gm[YIELD] += gz[i] * k[3];
    }
}

// clang-format off
static const gal_param par[] = {
    {"Z",          "",        "metallicity (mass fraction) of gas and stars, now",     0.01, 1e-6,  0.2,   1e-4, 0.05, true,  true},
    {"Z_start",    "",        "metallicity (mass fraction) at the onset",              1e-4, 1e-6,  0.2,   1e-4, 0.05, true,  false},
    {"yield",      "",        "mass of metals made per mass of stars that stay",       0.03, 1e-3,  0.2,   0.01, 0.06, true,  false}};
// clang-format on

const gal_metals_class gal_metals_closed_box = {
    .name = "closed_box",
    .doc = "from Z_start to Z as gas of that yield is used up",
    .par = par,
    .npar = 3,
    .now = 1,
    .zgas = zgas,
    .zstar = zstar,
    .jvp = jvp,
    .vjp = vjp,
};
