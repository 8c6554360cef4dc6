/* Exponential: psi = norm e^(-t/tau), or rising, norm e^((t - age)/tau). */
#include "sfh/history_kern.h"
#include "sfh/sfh_int.h"

#include <math.h>
#include <stdio.h>

static bool rising(const gal_history *h)
{
    return h->sfh->option[0].number != 0;
}

static void rate(const gal_history *h, const double *t, size_t n, double *psi)
{
    const double *p = h->p;
    bool up = rising(h);
    if (!up)
        GAL_KERN_PICK(history_kern)->decay(n, p[0], p[1], t, psi);
    for (size_t i = 0; up && i < n; i++)
        psi[i] = t[i] > 0 ? p[0] * exp((t[i] - h->age) / p[1]) : 0;
}

static void mass(const gal_history *h, const double *t, size_t n, double *m)
{
    const double *p = h->p;
    bool up = rising(h);
    if (!up)
        GAL_KERN_PICK(history_kern)->decay_mass(n, p[0] * p[1], p[1], t, m);
    for (size_t i = 0; up && i < n; i++)
        m[i] = t[i] > 0 ? -p[0] * p[1] * expm1(-t[i] / p[1]) * exp((t[i] - h->age) / p[1]) : 0;
}

static void slopes(const gal_history *h, double t, double *ps, double *ms)
{
    double norm = h->p[0], tau = h->p[1], x = t / tau, age = h->age;
    if (!rising(h)) {
        gal_slopes_scaled(h, t, exp(-x), -exp(-x) / tau, -tau * expm1(-x), ps, ms);
        return;
    }
    double late = exp((t - age) / tau), first = exp(-age / tau), mass = -tau * expm1(-x) * late;
    ps[0] = late;
    ms[0] = mass;
    ps[1] = norm * late * (age - t) / (tau * tau);
    ms[1] = norm * (mass + late * (age - t) - first * age) / tau;
    ps[2] = -norm * late / tau;
    ms[2] = -norm * mass / tau;
    ps[3] = norm * late / tau;
    ms[3] = norm * late;
}
GAL_SLOPES_OF(slopes)

static gal_hash hash(const gal_sfh *s)
{
    return gal_sfh_hash_of(s, s->option[0].number != 0 ? "1 0 0 0 0 0 0 0 0 0 0 0" : GAL_SFH_NO_CHOICES);
}

static const gal_option option[] = {{"rising", "", "rate grows with time", GAL_OPTION_BOOL, NULL, 0, NULL}};

// clang-format off
static const gal_param par[] = {
    {"norm",       "Msun/yr", "rate at the onset; rising: at the end",                 1,    0,     1e8,   1e-3, 1e4,  true,  true},
    {"tau",        "yr",      "e-folding time",                                        1e9,  1e5,   1e12,  1e8,  2e10, true,  true}};
// clang-format on

const gal_sfh_class gal_sfh_exponential = {
    .name = "exponential",
    .args = "norm =, tau =",
    .doc = "Exponential: psi(t) = norm exp(-t/tau), or rising, norm exp((t - age)/tau).",
    .par = par,
    .npar = 2,
    .option = option,
    .noption = 1,
    .hash = hash,
    .rate = rate,
    .mass = mass,
    .jvp = jvp,
    .vjp = vjp,
};
