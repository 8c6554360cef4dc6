/* Delayed exponential: psi = norm (t/tau)^k e^(-t/tau); its mass is an incomplete gamma function. */
#include "sfh/history_kern.h"
#include "sfh/sfh_internal.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_sf_gamma.h>
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
};
