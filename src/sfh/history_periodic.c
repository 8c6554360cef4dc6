/* Bursts repeated with a period (after the module sfhperiodic of CIGALE, Boquien+19, A&A 622, A103): psi = norm sum_j f((t - j period)/tau),
 * functions f(y) of the time since a burst's start with closed integrals:
 *
 *     exponential  e^-y                 integral  1 - e^-y
 *     delayed      y e^(1-y)                      e [1 - (1 + y) e^-y]
 *     rectangle    1 for y < 1                    min(y, 1) */
#include "sfh/sfh_int.h"

#include <math.h>
#include <stdio.h>

typedef enum shape { EXPONENTIAL, DELAYED, RECTANGLE } shape;
enum { BREAKS = 2 * 48 }; /* the last 48 bursts */

static double one_rate(shape s, double y, double decay)
{
    return s == EXPONENTIAL ? decay : s == DELAYED ? M_E * y * decay : y < 1 ? 1 : 0;
}

static double one_mass(shape s, double y, double decay)
{
    if (s == EXPONENTIAL)
        return y < 1 ? -expm1(-y) : 1 - decay;
    if (s == RECTANGLE)
        return fmin(y, 1);
    if (y < 0.1) { /* y^2/2 - y^3/3 + y^4/8 - ... = sum (-1)^j y^j (j-1)/j! */
        double sum = 0, term = 1;
        for (int j = 1; j < 14; j++) {
            term *= -y / j;
            sum += term * (j - 1);
        }
        return M_E * sum;
    }
    return M_E * (1 - (1 + y) * decay);
}

/* Sum over the bursts that have begun, the last first: e^-y falls by e^(-period/tau) from one to the one before. */
static double sum(double (*f)(shape, double, double), shape s, double period, double tau, double t)
{
    double j = floor(t / period), all = 0, step = period / tau, y = (t - j * period) / tau;
    double decay = exp(-y), ratio = exp(-step);
    for (; j >= 0; j--, y += step, decay *= ratio)
        all += f(s, y, decay);
    return all;
}

static double periodic_rate(shape s, double norm, double period, double tau, double t)
{
    return t > 0 ? norm * sum(one_rate, s, period, tau, t) : 0;
}

static double periodic_mass(shape s, double norm, double period, double tau, double t)
{
    return t > 0 ? norm * tau * sum(one_mass, s, period, tau, t) : 0;
}

static shape shape_of(const gal_history *h)
{
    return (shape)h->sfh->option[0].number;
}

static void rate(const gal_history *h, const double *t, size_t n, double *psi)
{
    for (size_t i = 0; i < n; i++)
        psi[i] = periodic_rate(shape_of(h), h->p[0], h->p[1], h->p[2], t[i]);
}

static void mass(const gal_history *h, const double *t, size_t n, double *m)
{
    for (size_t i = 0; i < n; i++)
        m[i] = periodic_mass(shape_of(h), h->p[0], h->p[1], h->p[2], t[i]);
}

/* Burst j at y = (t - j period)/tau: psi = norm sum f, M = norm tau sum F, f' */
static void slopes(const gal_history *h, double t, double *ps, double *ms)
{
    double norm = h->p[0], period = h->p[1], tau = h->p[2], f = 0, mass = 0, f_t = 0, f_p = 0, mass_p = 0;
    shape s = shape_of(h);
    for (double j = floor(t / period); j >= 0; j--) {
        double y = (t - j * period) / tau, e = exp(-y), one = one_rate(s, y, e);
        double slope = s == EXPONENTIAL ? -e : s == DELAYED ? M_E * (1 - y) * e : 0;
        f += one;
        mass += one_mass(s, y, e);
        f_t += slope / tau;
        f_p -= j * slope / tau;
        mass_p -= j * one;
    }
    ps[0] = f;
    ms[0] = tau * mass;
    ps[1] = norm * f_p;
    ms[1] = norm * mass_p;
    ps[2] = -norm * (t * f_t + period * f_p) / tau; /* psi has no scale of time of its own */
    ms[2] = norm * (tau * mass - t * f - period * mass_p) / tau;
    ps[3] = ms[3] = 0;
    ps[4] = norm * f_t;
    ms[4] = norm * f;
}
GAL_SLOPES_OF(slopes)

static void jvp_breaks(const gal_history_diff *d, double *dt)
{
    size_t n = 0;
    for (double j = floor(d->h->age / d->h->p[1]); j >= 0 && n + 2 <= BREAKS; j--) {
        dt[n++] = j * d->p[1];
        dt[n++] = j * d->p[1] + d->p[2];
    }
}

static void vjp_breaks(gal_history_diff *g, const double *gt)
{
    size_t n = 0;
    for (double j = floor(g->h->age / g->h->p[1]); j >= 0 && n + 2 <= BREAKS; j--, n += 2) {
        g->p[1] += j * (gt[n] + gt[n + 1]);
        g->p[2] += gt[n + 1];
    }
}

static size_t nbreak(const gal_sfh *s)
{
    (void)s;
    return BREAKS;
}

static size_t breaks(const gal_history *h, double *t)
{
    size_t n = 0;
    double period = h->p[1], tau = h->p[2];
    for (double j = floor(h->age / period); j >= 0 && n + 2 <= BREAKS; j--) {
        t[n++] = j * period;
        t[n++] = j * period + tau;
    }
    return n;
}

static gal_hash hash(const gal_sfh *s)
{
    char tail[60];
    snprintf(tail, sizeof tail, "0 %d 0 0 0 0 0 0 0 0 0 0", (int)s->option[0].number);
    return gal_sfh_hash_of(s, tail);
}

static const char *const shapes[] = {"exponential", "delayed", "rectangle", NULL};
static const gal_option option[] = {
    {"shape", "", "'exponential', 'delayed' (t exp(-t/tau)) or 'rectangle'", GAL_OPTION_CHOICE, shapes, 0, NULL}};
// clang-format off
static const gal_param par[] = {
    {"norm",       "Msun/yr", "highest rate of one burst",                             10,   0,     1e8,   1e-3, 1e4,  true,  true},
    {"period",     "yr",      "time from burst to burst",                              5e8,  2e7,   2e10,  5e7,  5e9,  true,  true},
    {"tau",        "yr",      "time-scale of a burst; rectangle: its duration",        5e7,  1e5,   1e10,  1e7,  1e9,  true,  true}};
// clang-format on

const gal_sfh_class gal_sfh_periodic = {
    .name = "periodic",
    .args = "norm =, period =, tau =",
    .doc = "Bursts that begin at t = 0, period, 2 period ... and add up (after CIGALE, Boquien+19).",
    .par = par,
    .npar = 3,
    .option = option,
    .noption = 1,
    .hash = hash,
    .rate = rate,
    .mass = mass,
    .jvp = jvp,
    .vjp = vjp,
    .jvp_breaks = jvp_breaks,
    .vjp_breaks = vjp_breaks,
    .nbreak = nbreak,
    .breaks = breaks,
};
