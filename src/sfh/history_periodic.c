/* Bursts repeated with a period (after the module sfhperiodic of CIGALE, Boquien+19, A&A 622, A103): psi = norm sum_j f((t - j period)/tau),
 * functions f(y) of the time since a burst's start with closed integrals:
 *
 *     exponential  e^-y                 integral  1 - e^-y
 *     delayed      y e^(1-y)                      e [1 - (1 + y) e^-y]
 *     rectangle    1 for y < 1                    min(y, 1) */
#include "sfh/sfh_internal.h"

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
    .nbreak = nbreak,
    .breaks = breaks,
};
