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

/* Numbers at the middle t of a cell and series in the distances from it: s of its two points, h of its edges. With E = e^(-a t), e = e^(-u),
 * u = d t, V = 1 - e and q = e^(-+ d s) - 1 the rate at t +- s is E e^(-+ a s) (V - e q), and its integral over the cell
 * 2 h E [V S(b h) + S(a h) - S(b h)], S(y) = sinh(y)/y, b = a + d: nothing cancels where u is small. What depends on d s up to 1 has a factor e,
 * which is below 1e-7 where that is large, or the rate is no smooth one; e is taken as nothing beyond u = 40. */
static inline double shc(double y) /* S - 1, y = the argument squared */
{
    return y * (1. / 6 + y * (1. / 120 + y * (1. / 5040 + y * (1. / 362880 + y * (1. / 39916800)))));
}

static void growth_cells(size_t n, size_t step, size_t stride, double age, const double rate[5],
                         const double *restrict at, const double *restrict width, double *restrict psi,
                         double *restrict z, double *restrict mass)
{
    const double scale = rate[0], a = rate[1], d = rate[2], metal = rate[3], first = rate[4], b = a + d;
    const double *restrict a0 = at, *restrict a1 = at + step;
    double *restrict p0 = psi, *restrict p1 = psi + stride, *restrict z0 = z, *restrict z1 = z + stride;
#pragma GCC ivdep
    for (size_t k = 0; k < n; k++) {
        double t = age - 0.5 * (a0[k] + a1[k]), s = 0.5 * (a1[k] - a0[k]), h = 0.5 * width[k];
        double u = d * t, v = gal_vone_minus_exp(u), ex = gal_vexp(-u), e = u > 40 ? 0 : ex, ax = a * t,
               ea = gal_vexp(-ax);
        double big = scale * (ax > 690 ? 0 : ea), late = u < 40 ? 0 : 1, some = d * h > 1.7 ? late : 1;
        double as = a * s, y = as * as, ds = d * s < 1 ? d * s : 1, yd = ds * ds, ah = a * h, bh = b * h;
        double even = 1 + y * (1. / 2 + y * (1. / 24 + y * (1. / 720))),
               odd = as * (1 + y * (1. / 6 + y * (1. / 120 + y * (1. / 5040))));
        double one = yd * (1. / 2 + yd * (1. / 24 + yd * (1. / 720 + yd * (1. / 40320 + yd * (1. / 3628800)))));
        double tilt = ds * (1 + yd * (1. / 6 + yd * (1. / 120 + yd * (1. / 5040 + yd * (1. / 362880)))));
        double later = e * (one - tilt), sooner = e * (one + tilt); /* a0: younger, later by s */
        double v0 = v - later, v1 = v - sooner, u0 = u + ds, u1 = u - ds;
        bh = bh < 3 ? bh : 0;
        double sa = shc(ah * ah), sb = shc(bh * bh), whole = v * (1 + sb) + sa - sb, late_only = 1 + sa;
        p0[k] = some * big * (even - odd) * v0;
        p1[k] = some * big * (even + odd) * v1;
        mass[k] = 2 * h * big * (e * some > 0 ? whole : late_only);
        double small0 = u0 * (0.5 - u0 * (1. / 12) + u0 * u0 * u0 * (1. / 720)), f0 = 1 - u0 * (e + later) / v0;
        double small1 = u1 * (0.5 - u1 * (1. / 12) + u1 * u1 * u1 * (1. / 720)), f1 = 1 - u1 * (e + sooner) / v1;
        f0 = metal * (u0 < 1e-2 ? small0 : f0);
        f1 = metal * (u1 < 1e-2 ? small1 : f1);
        f0 = t + s >= first ? f0 : 0;
        f1 = t - s >= first ? f1 : 0;
        z0[k] = some > 0 ? f0 : 0;
        z1[k] = some > 0 ? f1 : 0;
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

const struct history_kern GAL_KERN(history_kern) = {growth,       growth_mass, metals,     growth_cells, delayed,
                                                    delayed_mass, decay,       decay_mass, lognormal,    two_powers};
