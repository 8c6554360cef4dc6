/* Constant star formation rate: psi. */
#include "sfh/sfh_int.h"

static void rate(const gal_history *h, const double *t, size_t n, double *psi)
{
    for (size_t i = 0; i < n; i++)
        psi[i] = t[i] > 0 ? h->p[0] : 0;
}

static void mass(const gal_history *h, const double *t, size_t n, double *m)
{
    for (size_t i = 0; i < n; i++)
        m[i] = t[i] > 0 ? h->p[0] * t[i] : 0;
}

static void slopes(const gal_history *h, double t, double *ps, double *ms)
{
    ps[0] = 1;
    ms[0] = t;
    ps[1] = ps[2] = ms[1] = 0;
    ms[2] = h->p[0];
}
GAL_SLOPES_OF(slopes)

// clang-format off
static const gal_param par[] = {
    {"psi",        "Msun/yr", "star formation rate",                                   1,    0,     1e6,   1e-3, 1e4,  true,  true}};
// clang-format on

const gal_sfh_class gal_sfh_constant = {
    .name = "constant",
    .args = "psi =",
    .doc = "Constant star formation rate.",
    .par = par,
    .npar = 1,
    .rate = rate,
    .mass = mass,
    .jvp = jvp,
    .vjp = vjp,
};
