/* One burst on top of any history: a function y(t) of the time since its start with a closed integral, e^-y or 1 for y < 1. */
#include "sfh/sfh_internal.h"

#include <math.h>

#define DELTA 1e4 /* yr: duration of a burst without one; no table of populations resolves it */

static const char *const names[GAL_BURSTS] = {"none", "delta", "rectangle", "exponential"};

const char *const *gal_sfh_bursts(void)
{
    return names;
}

size_t gal_burst_npar(gal_sfh_burst b)
{
    return b == GAL_BURST_NONE ? 0 : b == GAL_BURST_DELTA ? 2 : 3;
}

// clang-format off
static const gal_param par[] = {
    {"f_burst",    "",        "share of all stars formed that the burst formed",       0.1,  0,     0.99,  0,    0.9,  false, true},
    {"age_burst",  "yr",      "time since the burst began",                            1e8,  1e5,   2e10,  1e7,  5e9,  true,  true},
    {"tau_burst",  "yr",      "decay time of the burst; rectangle: its duration",      3e7,  1e5,   1e10,  1e6,  3e8,  true,  true}};
// clang-format on

const gal_param *gal_burst_par(void)
{
    return par;
}

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
