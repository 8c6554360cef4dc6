/* Log-normal in time, without the factor 1/t: psi = norm/sqrt(2 pi sigma^2) e^(-ln^2(t/tau)/(2 sigma^2)). */
#include "sfh/history_kern.h"
#include "sfh/sfh_int.h"

#include <math.h>

/* norm tau e^{sigma^2/2} / 2 erfc(-(ln(t/tau) - sigma^2)/(sqrt 2 sigma)) */
static double lognormal_mass(double norm, double tau, double sigma, double t)
{
    double u = (log(t / tau) - sigma * sigma) / (M_SQRT2 * sigma);
    if (u <
        -25) /* erfc underflows: leading asymptotic term e^{-u^2}/(sqrt(pi) |u|), with the prefactor inside the exponent */
        return norm * tau * exp(0.5 * sigma * sigma - u * u) / (2 * sqrt(M_PI) * -u);
    return norm * tau * exp(0.5 * sigma * sigma) * 0.5 * erfc(-u);
}

static void rate(const gal_history *h, const double *t, size_t n, double *psi)
{
    const double *p = h->p;
    GAL_KERN_PICK(history_kern)->lognormal(n, p[0] / (sqrt(2 * M_PI) * p[2]), p[1], p[2], t, psi);
}

static void mass(const gal_history *h, const double *t, size_t n, double *m)
{
    for (size_t i = 0; i < n; i++)
        m[i] = t[i] > 0 ? lognormal_mass(h->p[0], h->p[1], h->p[2], t[i]) : 0;
}

static void slopes(const gal_history *h, double t, double *ps, double *ms)
{
    double norm = h->p[0], tau = h->p[1], sigma = h->p[2], y = log(t / tau) / sigma;
    double u = exp(-0.5 * y * y) / (sqrt(2 * M_PI) * sigma), mass = lognormal_mass(1, tau, sigma, t);
    gal_slopes_scaled(h, t, u, -u * y / (sigma * t), mass, ps, ms);
    ps[2] = norm * u * (y * y - 1) / sigma;
    ms[2] = norm * (sigma * mass - t * u * (y + sigma));
}
GAL_SLOPES_OF(slopes)

// clang-format off
static const gal_param par[] = {
    {"norm",       "Msun/yr", "normalisation",                                         100,  0,     1e8,   1e-3, 1e4,  true,  true},
    {"tau",        "yr",      "peak time",                                             3e8,  1e5,   1e12,  1e7,  1e11, true,  true},
    {"sigma",      "",        "width in ln t",                                         2,    0.05,  20,    0.1,  5,    false, true}};
// clang-format on

const gal_sfh_class gal_sfh_lognormal = {
    .name = "lognormal",
    .args = "norm =, tau =, sigma =",
    .doc = "Log-normal in time: psi(t) = norm/sqrt(2 pi sigma^2) exp(-ln^2(t/tau)/(2 sigma^2)); note: no 1/t factor.",
    .par = par,
    .npar = 3,
    .rate = rate,
    .mass = mass,
    .jvp = jvp,
    .vjp = vjp,
};
