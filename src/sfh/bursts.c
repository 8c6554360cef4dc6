/* Bursts: repeated with a period (sfh.periodic; after the module sfhperiodic of CIGALE, Boquien+19, A&A 622, A103), and one on top of
 * any history. All are functions y(t) of the time since a burst's start with closed integrals.
 *
 *     exponential  e^-y                 integral  1 - e^-y
 *     delayed      y e^(1-y)                      e [1 - (1 + y) e^-y]
 *     rectangle    1 for y < 1                    min(y, 1) */
#include "sfh/sfh_internal.h"

#include <math.h>

#define DELTA 1e4 /* yr: duration of a burst without one; no table of populations resolves it */

static double one_rate(gal_sfh_shape shape, double y, double decay)
{
    return shape == GAL_SHAPE_EXPONENTIAL ? decay : shape == GAL_SHAPE_DELAYED ? M_E * y * decay : y < 1 ? 1 : 0;
}

static double one_mass(gal_sfh_shape shape, double y, double decay)
{
    if (shape == GAL_SHAPE_EXPONENTIAL)
        return y < 1 ? -expm1(-y) : 1 - decay;
    if (shape == GAL_SHAPE_RECTANGLE)
        return fmin(y, 1);
    if (y < 0.1) { /* y^2/2 - y^3/3 + y^4/8 - ... = sum (-1)^j y^j (j-1)/j! */
        double s = 0, term = 1;
        for (int j = 1; j < 14; j++) {
            term *= -y / j;
            s += term * (j - 1);
        }
        return M_E * s;
    }
    return M_E * (1 - (1 + y) * decay);
}

/* Sum over the bursts that have begun, the last first: e^-y falls by e^(-period/tau) from one to the one before. */
static double sum(double (*f)(gal_sfh_shape, double, double), gal_sfh_shape shape, double period, double tau, double t)
{
    double j = floor(t / period), s = 0, step = period / tau, y = (t - j * period) / tau;
    double decay = exp(-y), ratio = exp(-step);
    for (; j >= 0; j--, y += step, decay *= ratio)
        s += f(shape, y, decay);
    return s;
}

double gal_periodic_rate(gal_sfh_shape shape, double norm, double period, double tau, double t)
{
    return t > 0 ? norm * sum(one_rate, shape, period, tau, t) : 0;
}

double gal_periodic_mass(gal_sfh_shape shape, double norm, double period, double tau, double t)
{
    return t > 0 ? norm * tau * sum(one_mass, shape, period, tau, t) : 0;
}

size_t gal_periodic_breaks(double period, double tau, double age, double *t)
{
    size_t n = 0;
    for (double j = floor(age / period); j >= 0 && n + 2 <= GAL_PERIODIC_BREAKS; j--) {
        t[n++] = j * period;
        t[n++] = j * period + tau;
    }
    return n;
}

/* ------------------------------------------------------------------ one on top */
void gal_burst_set(gal_history *h)
{
    const gal_sfh *s = h->sfh;
    const double *p = h->p + s->nown;
    double start = fmax(h->age - p[1], 0), mass, end = fmin(h->age, h->quench);
    h->burst_mass = 0;
    gal_history_mass(h, &end, 1, &mass);
    h->burst_mass = mass * p[0] / (1 - p[0]);
    h->burst_t = start;
    if (s->o.burst == GAL_BURST_DELTA)
        h->burst_span = fmin(DELTA, h->age - start);
    else if (s->o.burst == GAL_BURST_RECTANGLE)
        h->burst_span = fmin(p[2], h->age - start);
    else
        h->burst_span = p[2];
}

/* Share of an exponential burst formed until the age. */
static double exponential_until(const gal_history *h, double t)
{
    return -expm1(-(t - h->burst_t) / h->burst_span);
}

double gal_burst_rate(const gal_history *h, double t)
{
    double y = (t - h->burst_t) / h->burst_span;
    if (!(y > 0))
        return 0;
    if (h->sfh->o.burst == GAL_BURST_EXPONENTIAL)
        return h->burst_mass / h->burst_span * exp(-y) / exponential_until(h, h->age);
    return y <= 1 ? h->burst_mass / h->burst_span : 0;
}

double gal_burst_mass(const gal_history *h, double t)
{
    double y = (t - h->burst_t) / h->burst_span;
    if (!(y > 0))
        return 0;
    if (h->sfh->o.burst == GAL_BURST_EXPONENTIAL)
        return h->burst_mass * exponential_until(h, t) / exponential_until(h, h->age);
    return h->burst_mass * fmin(y, 1);
}

size_t gal_burst_breaks(const gal_history *h, double *t)
{
    static const double at[GAL_BURST_BREAKS] = {0, 1, 0.25, 0.5, 2, 4, 8, 16};
    size_t n = h->sfh->o.burst == GAL_BURST_EXPONENTIAL ? GAL_BURST_BREAKS : 2;
    for (size_t i = 0; i < n; i++)
        t[i] = h->burst_t + at[i] * h->burst_span;
    return n;
}
