/* A star formation history as one file: delayed exponential until t_trunc, then a ramp (Simha et al. 2014, arXiv:1404.0402):
 *     psi = norm t/tau e^(-t/tau),  t < t_trunc;   psi = psi(t_trunc) max(1 + ramp (t - t_trunc), 0) after.
 * In src/sfh it would be history_linexp.c, and its line in histories.c `X(linexp)`: help, sfh.linexp{}, `mass =`, bursts on top, metallicities,
 * sums, fits and results files follow. */
#include <math.h>

#include "sfh/sfh_int.h"

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

/* With respect to norm, tau, t_trunc, ramp, age, t */
static void linexp_slopes(const gal_history *h, double t, double *ps, double *ms)
{
    const double *p = h->p;
    double a = fmin(t, p[2]), x = a / p[1], u = x * exp(-x), u_a = (1 - x) * exp(-x) / p[1],
           mass = p[1] * (-expm1(-x) - u);
    double late = fmax(t - p[2], 0), rest = p[3] < 0 ? fmin(late, -1 / p[3]) : late, ramp = fmax(1 + p[3] * late, 0);
    bool on = ramp > 0, after = t > p[2];
    for (int i = 0; i < 6; i++)
        ps[i] = ms[i] = 0;
    ps[0] = u * ramp;
    ms[0] = mass + u * rest * (1 + 0.5 * p[3] * rest);
    ps[1] = -p[0] * a * u_a / p[1] * ramp;
    ms[1] = p[0] * ((mass - a * u) / p[1] - a * u_a / p[1] * rest * (1 + 0.5 * p[3] * rest));
    ps[5] = p[0] * (after ? u * p[3] * on : u_a);
    ms[5] = p[0] * u * ramp;
    if (!after)
        return;
    ps[2] = p[0] * (u_a * ramp - u * p[3] * on);
    ms[2] = p[0] * (u + u_a * rest * (1 + 0.5 * p[3] * rest) - u * ramp);
    ps[3] = p[0] * u * late * on;
    ms[3] = 0.5 * p[0] * u * rest * rest;
}
GAL_SLOPES_OF(linexp_slopes)

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

static void linexp_jvp_breaks(const gal_history_diff *d, double *dt)
{
    double ramp = d->h->p[3];
    dt[0] = d->p[2];
    dt[1] = ramp < 0 ? d->p[2] + d->p[3] / (ramp * ramp) : dt[0];
}

static void linexp_vjp_breaks(gal_history_diff *g, const double *gt)
{
    double ramp = g->h->p[3];
    g->p[2] += gt[0] + gt[1];
    g->p[3] += ramp < 0 ? gt[1] / (ramp * ramp) : 0;
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
    .jvp = jvp,
    .vjp = vjp,
    .jvp_breaks = linexp_jvp_breaks,
    .vjp_breaks = linexp_vjp_breaks,
    .nbreak = linexp_nbreak,
    .breaks = linexp_breaks,
};
