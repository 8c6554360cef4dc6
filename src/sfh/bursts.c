/* One burst on top of any history: a function y(t) of the time since its start with a closed integral, e^-y or 1 for y < 1. */
#include "sfh/sfh_int.h"

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

/* ------------------------------------------------------------------ derivatives */
enum { B_MASS, B_T, B_SPAN, B_AGE, B_TIME, B_VARS };

/* Of rate and mass at t with respect to burst_mass, burst_t, burst_span, the age and t */
static void slopes(const gal_history *h, double t, double ps[B_VARS], double ms[B_VARS])
{
    double s = h->burst_span, y = (t - h->burst_t) / s, m = h->burst_mass;
    for (int i = 0; i < B_VARS; i++)
        ps[i] = ms[i] = 0;
    if (!(y > 0))
        return;
    if (h->sfh->o.burst != GAL_BURST_EXPONENTIAL) {
        ms[B_MASS] = fmin(y, 1);
        if (y > 1)
            return;
        ps[B_MASS] = ms[B_TIME] = 1 / s;
        ps[B_SPAN] = -m / (s * s);
        ms[B_TIME] *= m;
        ms[B_T] = -m / s;
        ms[B_SPAN] = -m * y / s;
        return;
    }
    double all = exponential_until(h, h->age), e = exp(-y), q = e / (s * all), w = -expm1(-y) / all;
    double lost = exp(-(h->age - h->burst_t) / s) / (s * all); /* d ln(all)/d age */
    ps[B_MASS] = q;
    ms[B_MASS] = w;
    ps[B_TIME] = -m * q / s;
    ms[B_TIME] = m * q;
    ps[B_AGE] = -m * q * lost;
    ms[B_AGE] = -m * w * lost;
    ps[B_T] = m * q * (1 / s + lost);
    ms[B_T] = m * (w * lost - q);
    double span = (h->age - h->burst_t) / s;
    ps[B_SPAN] = m * q * (y - 1 + span * s * lost) / s; /* q ~ 1/s f(y, span), w = f(y, span) */
    ms[B_SPAN] = m * (w * span * lost - q * y);
}

void gal_burst_jvp_begin(gal_history_diff *d, double base, double dbase)
{
    const gal_history *h = d->h;
    const gal_sfh *s = h->sfh;
    const double *p = h->p + s->nown, *dp = d->p + s->nown;
    double left = 1 - p[0];
    d->burst_mass = dbase * p[0] / left + base * dp[0] / (left * left);
    d->burst_t = h->age > p[1] ? d->age - dp[1] : 0;
    double length = h->age - h->burst_t;
    if (s->o.burst == GAL_BURST_DELTA)
        d->burst_span = DELTA < length ? 0 : d->age - d->burst_t;
    else if (s->o.burst == GAL_BURST_RECTANGLE)
        d->burst_span = p[2] < length ? dp[2] : d->age - d->burst_t;
    else
        d->burst_span = dp[2];
}

double gal_burst_vjp_end(gal_history_diff *g, double base)
{
    const gal_history *h = g->h;
    const gal_sfh *s = h->sfh;
    const double *p = h->p + s->nown;
    double *gp = g->p + s->nown, left = 1 - p[0], length = h->age - h->burst_t;
    bool whole =
        s->o.burst == GAL_BURST_DELTA ? !(DELTA < length) : s->o.burst == GAL_BURST_RECTANGLE && !(p[2] < length);
    if (whole) {
        g->age += g->burst_span;
        g->burst_t -= g->burst_span;
    } else if (s->o.burst != GAL_BURST_DELTA) {
        gp[2] += g->burst_span;
    }
    if (h->age > p[1]) {
        g->age += g->burst_t;
        gp[1] -= g->burst_t;
    }
    gp[0] += g->burst_mass * base / (left * left);
    return g->burst_mass * p[0] / left;
}

void gal_burst_jvp(const gal_history_diff *d, const double *t, const double *dt, size_t n, double *dpsi, double *dmass)
{
    for (size_t i = 0; i < n; i++) {
        double ps[B_VARS], ms[B_VARS];
        const double v[B_VARS] = {d->burst_mass, d->burst_t, d->burst_span, d->age, dt[i]};
        slopes(d->h, t[i], ps, ms);
        for (int k = 0; k < B_VARS; k++) {
            if (dpsi)
                dpsi[i] += ps[k] * v[k];
            if (dmass)
                dmass[i] += ms[k] * v[k];
        }
    }
}

void gal_burst_vjp(gal_history_diff *g, const double *t, size_t n, const double *gpsi, const double *gmass, double *gt)
{
    for (size_t i = 0; i < n; i++) {
        double ps[B_VARS], ms[B_VARS], v[B_VARS], a = gpsi ? gpsi[i] : 0, b = gmass ? gmass[i] : 0;
        slopes(g->h, t[i], ps, ms);
        for (int k = 0; k < B_VARS; k++)
            v[k] = a * ps[k] + b * ms[k];
        g->burst_mass += v[B_MASS];
        g->burst_t += v[B_T];
        g->burst_span += v[B_SPAN];
        g->age += v[B_AGE];
        gt[i] += v[B_TIME];
    }
}

static const double at[GAL_BURST_BREAKS] = {0, 1, 0.25, 0.5, 2, 4, 8, 16}; /* breaks, in burst_span from its start */

size_t gal_burst_breaks(const gal_history *h, double *t)
{
    size_t n = h->sfh->o.burst == GAL_BURST_EXPONENTIAL ? GAL_BURST_BREAKS : 2;
    for (size_t i = 0; i < n; i++)
        t[i] = h->burst_t + at[i] * h->burst_span;
    return n;
}

void gal_burst_jvp_breaks(const gal_history_diff *d, double *dt)
{
    size_t n = d->h->sfh->o.burst == GAL_BURST_EXPONENTIAL ? GAL_BURST_BREAKS : 2;
    for (size_t i = 0; i < n; i++)
        dt[i] = d->burst_t + at[i] * d->burst_span;
}

void gal_burst_vjp_breaks(gal_history_diff *g, const double *gt)
{
    size_t n = g->h->sfh->o.burst == GAL_BURST_EXPONENTIAL ? GAL_BURST_BREAKS : 2;
    for (size_t i = 0; i < n; i++) {
        g->burst_t += gt[i];
        g->burst_span += at[i] * gt[i];
    }
}
