/* A star formation history as one file: delayed exponential until t_trunc, then a ramp (Simha et al. 2014, arXiv:1404.0402):
 *     psi = norm t/tau e^(-t/tau),  t < t_trunc;   psi = psi(t_trunc) max(1 + ramp (t - t_trunc), 0) after.
 * In src/sfh it would be history_linexp.c, and its line in histories.c `X(linexp)`: help, sfh.linexp{}, `mass =`, bursts on top, metallicities,
 * sums, fits and results files follow. */
#include <math.h>

#include "sfh/sfh_internal.h"

static double linexp_early(const double *p, double t)
{
    return t > 0 ? p[0] * t / p[1] * exp(-t / p[1]) : 0;
}

static void linexp_rate(const gal_history *h, const double *t, size_t n, double *psi)
{
    const double *p = h->p;
    for (size_t i = 0; i < n; i++)
        psi[i] = linexp_early(p, fmin(t[i], p[2])) * fmax(1 + p[3] * fmax(t[i] - p[2], 0), 0);
}

static void linexp_mass(const gal_history *h, const double *t, size_t n, double *m)
{
    const double *p = h->p;
    for (size_t i = 0; i < n; i++) {
        double x = fmax(fmin(t[i], p[2]), 0) / p[1], late = fmax(t[i] - p[2], 0);
        if (p[3] < 0)
            late = fmin(late, -1 / p[3]); /* where the ramp reaches 0 */
        m[i] = p[0] * p[1] * (-expm1(-x) - x * exp(-x)) + linexp_early(p, p[2]) * late * (1 + 0.5 * p[3] * late);
    }
}

static size_t linexp_nbreak(const gal_sfh *s)
{
    (void)s;
    return 2;
}

static size_t linexp_breaks(const gal_history *h, double *t)
{
    t[0] = h->p[2];
    t[1] = h->p[3] < 0 ? h->p[2] - 1 / h->p[3] : t[0];
    return 2;
}

static const gal_param linexp_par[] = {
    {"norm", "Msun/yr", "e times the highest rate", 1, 0, 1e8, 1e-3, 1e4, true, true},
    {"tau", "yr", "e-folding time", 1e9, 1e5, 1e12, 1e8, 2e10, true, true},
    {"t_trunc", "yr", "galaxy time at which the ramp begins", 5e9, 0, 2e10, 1e8, 1.3e10, false, true},
    {"ramp", "1/yr", "its slope, relative to the rate there", 0, -1e-6, 1e-8, -1e-8, 1e-9, false, true}};

static const gal_sfh_class linexp = {
    .name = "linexp",
    .args = "norm =, tau =, t_trunc =, ramp =",
    .doc = "Delayed exponential until t_trunc, then a ramp that rises or falls to 0 (Simha+14).",
    .par = linexp_par,
    .npar = 4,
    .rate = linexp_rate,
    .mass = linexp_mass,
    .nbreak = linexp_nbreak,
    .breaks = linexp_breaks,
};
