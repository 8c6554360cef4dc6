/* Metallicity linear in time: Z_start + (Z - Z_start) t/age. */
#include "galua/num.h"
#include "sfh/sfh_int.h"

#include <math.h>

/* int_0^t M dt' / (t M(t)): how much earlier than t the stars formed, by parts; 5 x 8-point Gauss in t'. */
static double earliness(const gal_history *h, double t, double mass)
{
    const double *w, *x = gal_gauss_nodes(8, &w);
    double sum = 0, a[8], m[8];
    for (int k = 0; k < 5; k++) {
        for (int q = 0; q < 8; q++)
            a[q] = t * (k + 0.5 + 0.5 * x[q]) / 5;
        gal_history_mass(h, a, 8, m);
        for (int q = 0; q < 8; q++)
            sum += 0.1 * w[q] * m[q];
    }
    return sum / mass;
}

static void zgas(const gal_history *h, const double *m, const double *t, size_t n, double *z)
{
    for (size_t i = 0; i < n; i++)
        z[i] = m[1] + (m[0] - m[1]) * fmin(fmax(t[i] / h->age, 0), 1);
}

static void zstar(const gal_history *h, const double *m, const double *t, size_t n, double *z)
{
    for (size_t i = 0; i < n; i++) {
        double end = fmin(t[i], h->quench), mass;
        gal_history_mass(h, &end, 1, &mass);
        z[i] = m[1] + (m[0] - m[1]) * (mass > 0 ? end / h->age * (1 - earliness(h, end, mass)) : 0);
    }
}

static void jvp(const gal_history_diff *d, const double *dm, const double *t, const double *dt, size_t n, double *dz)
{
    const double *m = d->h->p + d->h->sfh->imetals;
    double age = d->h->age;
    for (size_t i = 0; i < n; i++) {
        double share = fmin(fmax(t[i] / age, 0), 1), inside = t[i] > 0 && t[i] < age;
        dz[i] = dm[1] + (dm[0] - dm[1]) * share + (m[0] - m[1]) * inside * (dt[i] - share * d->age) / age;
    }
}

static void vjp(gal_history_diff *g, double *gm, const double *t, size_t n, const double *gz, double *gt)
{
    const double *m = g->h->p + g->h->sfh->imetals;
    double age = g->h->age;
    for (size_t i = 0; i < n; i++) {
        double share = fmin(fmax(t[i] / age, 0), 1), inside = t[i] > 0 && t[i] < age,
               change = gz[i] * (m[0] - m[1]) * inside / age;
        gm[0] += gz[i] * share;
        gm[1] += gz[i] * (1 - share);
        gt[i] += change;
        g->age -= change * share;
    }
}

// clang-format off
static const gal_param par[] = {
    {"Z",          "",        "metallicity (mass fraction) of gas and stars, now",     0.01, 1e-6,  0.2,   1e-4, 0.05, true,  true},
    {"Z_start",    "",        "metallicity (mass fraction) at the onset",              1e-4, 1e-6,  0.2,   1e-4, 0.05, true,  false}};
// clang-format on

const gal_metals_class gal_metals_linear = {
    .name = "linear",
    .doc = "from Z_start to Z linearly in time",
    .par = par,
    .npar = 2,
    .now = 1,
    .zgas = zgas,
    .zstar = zstar,
    .jvp = jvp,
    .vjp = vjp,
};
