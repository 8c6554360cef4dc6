/* Hot loops of star formation histories; formulas in history_kern.h. No branches: both the closed form and its series at small
 * arguments are made, and one is taken. */
#include "sfh/history_kern.h"
#include "num/vexp.h"

/* e^-x, x >= 0, and nothing where that would be below 1e-299 */
static inline double fall(double x)
{
    double e = gal_vexp(-x);
    return x > 690 ? 0 : e;
}

static void growth(size_t n, double scale, double a, double d, const double *restrict t, double *restrict psi)
{
    for (size_t i = 0; i < n; i++) {
        double x = t[i] > 0 ? t[i] : 0, y = scale * fall(a * x) * gal_vone_minus_exp(d * x);
        psi[i] = t[i] > 0 ? y : 0;
    }
}

/* sum_{k=2}^{13} (-1)^k [s x^k - y^k/g]/k!: the first order cancels */
static inline double growth_series(double s, double g, double x, double y)
{
    static const double c[] = {1. / 2,        -1. / 6,         1. / 24,         -1. / 120,
                               1. / 720,      -1. / 5040,      1. / 40320.,     -1. / 362880.,
                               1. / 3628800., -1. / 39916800., 1. / 479001600., -1. / 6227020800.};
    double px = x, py = y, sum = 0;
    for (int k = 0; k < 12; k++) {
        px *= x;
        py *= y;
        sum += c[k] * (s * px - py * g);
    }
    return -sum;
}

static void growth_mass(size_t n, double scale, double s, double g, double tau, const double *restrict t,
                        double *restrict mass)
{
    double ax = 1 / (s * tau), ay = g / tau, ig = 1 / g;
    for (size_t i = 0; i < n; i++) {
        double u = t[i] > 0 ? t[i] : 0, x = u * ax, y = u * ay, ys = y < 0.05 ? y : 0.05, xs = y < 0.05 ? x : 0;
        double closed = s * gal_vone_minus_exp(x) - gal_vone_minus_exp(y) * ig;
        double m = scale * (y < 0.05 ? growth_series(s, ig, xs, ys) : closed);
        mass[i] = m;
    }
}

static void metals(size_t n, double scale, double rate, double first, const double *restrict t, double *restrict z)
{
    for (size_t i = 0; i < n; i++) {
        double u = rate * (t[i] > 0 ? t[i] : 0), small = u * (0.5 - u / 12 + u * u * u / 720);
        double e = gal_vone_minus_exp(u), f = 1 - u * gal_vexp(-u) / (e > 0 ? e : 1);
        double y = scale * (u < 1e-2 ? small : f);
        z[i] = t[i] >= first ? y : 0;
    }
}

static void delayed(size_t n, double norm, double tau, const double *restrict t, double *restrict psi)
{
    double it = 1 / tau;
    for (size_t i = 0; i < n; i++) {
        double x = (t[i] > 0 ? t[i] : 0) * it;
        psi[i] = norm * x * fall(x);
    }
}

/* sum_{j=2}^{13} (-x)^j (j - 1)/j! below x = 0.1 */
static void delayed_mass(size_t n, double scale, double tau, const double *restrict t, double *restrict mass)
{
    static const double c[] = {1. / 2,        -2. / 6,          3. / 24,          -4. / 120,
                               5. / 720,      -6. / 5040,       7. / 40320.,      -8. / 362880.,
                               9. / 3628800., -10. / 39916800., 11. / 479001600., -12. / 6227020800.};
    double it = 1 / tau;
    for (size_t i = 0; i < n; i++) {
        double x = (t[i] > 0 ? t[i] : 0) * it, xs = x < 0.1 ? x : 0.1, p = xs * xs, s = 0;
        for (int k = 0; k < 12; k++) {
            s += c[k] * p;
            p *= xs;
        }
        double closed = 1 - (1 + x) * gal_vexp(-x);
        mass[i] = scale * (x < 0.1 ? s : closed);
    }
}

static void decay(size_t n, double norm, double tau, const double *restrict t, double *restrict psi)
{
    double it = 1 / tau;
    for (size_t i = 0; i < n; i++) {
        double y = norm * fall((t[i] > 0 ? t[i] : 0) * it);
        psi[i] = t[i] > 0 ? y : 0;
    }
}

static void decay_mass(size_t n, double scale, double tau, const double *restrict t, double *restrict mass)
{
    double it = 1 / tau;
    for (size_t i = 0; i < n; i++)
        mass[i] = scale * gal_vone_minus_exp((t[i] > 0 ? t[i] : 0) * it);
}

static void lognormal(size_t n, double norm, double tau, double sigma, const double *restrict t, double *restrict psi)
{
    double it = 1 / tau, is = 1 / sigma;
    for (size_t i = 0; i < n; i++) {
        double y = gal_vlog(t[i] > 0 ? t[i] * it : 1) * is, p = norm * fall(0.5 * y * y);
        psi[i] = t[i] > 0 ? p : 0;
    }
}

static void two_powers(size_t n, double norm, double tau, double alpha, double beta, const double *restrict t,
                       double *restrict psi)
{
    double it = 1 / tau;
    for (size_t i = 0; i < n; i++) {
        double l = gal_vlog(t[i] > 0 ? t[i] * it : 1), sum = gal_vexp(alpha * l) + gal_vexp(-beta * l);
        double p = norm / sum;
        psi[i] = t[i] > 0 && sum < 1e299 ? p : 0;
    }
}

const struct history_kern GAL_KERN(history_kern) = {growth, growth_mass, metals,    delayed,   delayed_mass,
                                                    decay,  decay_mass,  lognormal, two_powers};
