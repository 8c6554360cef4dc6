/* Delayed exponential: psi = norm (t/tau)^k e^(-t/tau); its mass is an incomplete gamma function. */
#include "sfh/history_kern.h"
#include "sfh/sfh_int.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_sf_psi.h>
#include <math.h>

/* norm tau gamma(k+1, t/tau), lower incomplete gamma function */
static double delayed_mass(double norm, double tau, double k, double t)
{
    double x = t / tau;
    if (x < k + 2) { /* series x^a e^-x sum x^n / (a (a+1) ... (a+n)), Abramowitz & Stegun 6.5.29 */
        double a = k + 1, term = 1 / a, s = term;
        for (int j = 1; j < 400 && term > 1e-17 * s; j++) {
            term *= x / (a + j);
            s += term;
        }
        return norm * tau * s * exp(a * log(x) - x);
    }
    gsl_sf_result q;
    if (gsl_sf_gamma_inc_Q_e(k + 1, x, &q) != GSL_SUCCESS) /* underflow: everything has formed */
        q.val = 0;
    return norm * tau * tgamma(k + 1) * (1 - q.val);
}

static void rate(const gal_history *h, const double *t, size_t n, double *psi)
{
    const double *p = h->p;
    if (p[2] == 1)
        GAL_KERN_PICK(history_kern)->delayed(n, p[0], p[1], t, psi);
    for (size_t i = 0; p[2] != 1 && i < n; i++) {
        double x = t[i] / p[1];
        psi[i] = t[i] > 0 ? p[0] * pow(x, p[2]) * exp(-x) : 0;
    }
}

static void mass(const gal_history *h, const double *t, size_t n, double *m)
{
    const double *p = h->p;
    if (p[2] == 1)
        GAL_KERN_PICK(history_kern)->delayed_mass(n, p[0] * p[1], p[1], t, m);
    for (size_t i = 0; p[2] != 1 && i < n; i++)
        m[i] = t[i] > 0 ? delayed_mass(p[0], p[1], p[2], t[i]) : 0;
}

/* d ln gamma(a, x)/da by its series, whose terms are all positive; beyond x = a + 100 nothing is left: psi(a) */
static double gamma_slope(double a, double x)
{
    if (x > a + 100) {
        gsl_sf_result r;
        return gsl_sf_psi_e(a, &r) == GSL_SUCCESS ? r.val : 0;
    }
    double term = 1 / a, sum = term, below = 1 / a, slope = term * below;
    for (int j = 1; j < 600 && term > 1e-18 * sum; j++) {
        term *= x / (a + j);
        below += 1 / (a + j);
        sum += term;
        slope += term * below;
    }
    return log(x) - slope / sum;
}

static void slopes(const gal_history *h, double t, double *ps, double *ms)
{
    double norm = h->p[0], tau = h->p[1], k = h->p[2], x = t / tau, u = pow(x, k) * exp(-x), mass;
    if (k == 1)
        GAL_KERN_PICK(history_kern)->delayed_mass(1, tau, tau, &t, &mass);
    else
        mass = delayed_mass(1, tau, k, t);
    gal_slopes_scaled(h, t, u, u * (k / x - 1) / tau, mass, ps, ms);
    ps[2] = norm * u * log(x);
    ms[2] = norm * mass * gamma_slope(k + 1, x);
}
static void jvp(const gal_history_diff *d, const double *t, const double *dt, size_t n, double *dpsi, double *dmass)
{
    gal_slopes_jvp(slopes, d, t, dt, n, dpsi, dmass);
}

/* With k = 1, not asked for, many times at once: psi = norm u, mass = norm M, u = x e^-x */
static void vjp(gal_history_diff *g, const double *t, size_t n, const double *gpsi, const double *gmass, double *gt)
{
    enum { BLOCK = 64, K = 2 };
    const struct history_kern *kern = GAL_KERN_PICK(history_kern);
    double norm = g->h->p[0], tau = g->h->p[1], u[BLOCK], e[BLOCK], m[BLOCK], gnorm = 0, gtau = 0;
    if (g->h->p[K] != 1 || !(g->skip >> K & 1)) {
        gal_slopes_vjp(slopes, g, t, n, gpsi, gmass, gt);
        return;
    }
    for (size_t from = 0; from < n; from += BLOCK) {
        size_t count = n - from < BLOCK ? n - from : BLOCK;
        kern->delayed(count, 1, tau, t + from, u);
        kern->decay(count, 1, tau, t + from, e);
        if (gmass)
            kern->delayed_mass(count, tau, tau, t + from, m);
        for (size_t i = 0; i < count; i++) {
            double x = t[from + i], a = gpsi ? gpsi[from + i] : 0, b = gmass ? gmass[from + i] : 0;
            double slope = (e[i] - u[i]) / tau; /* du/dt */
            if (!(x > 0))
                continue;
            gnorm += a * u[i] + (gmass ? b * m[i] : 0);
            gtau += norm / tau * (gmass ? b * (m[i] - x * u[i]) : 0) - norm / tau * a * x * slope;
            gt[from + i] += norm * (a * slope + b * u[i]);
        }
    }
    g->p[0] += gnorm;
    g->p[1] += gtau;
}

// clang-format off
static const gal_param par[] = {
    {"norm",       "Msun/yr", "normalisation",                                         1,    0,     1e8,   1e-3, 1e4,  true,  true},
    {"tau",        "yr",      "e-folding time",                                        1e9,  1e5,   1e12,  1e7,  1e11, true,  true},
    {"k",          "",        "early slope",                                           1,    0,     20,    0,    5,    false, false}};
// clang-format on

const gal_sfh_class gal_sfh_delayed = {
    .name = "delayed",
    .args = "norm =, tau =, k =",
    .doc = "Delayed exponential: psi(t) = norm (t/tau)^k exp(-t/tau).",
    .par = par,
    .npar = 3,
    .rate = rate,
    .mass = mass,
    .jvp = jvp,
    .vjp = vjp,
};
