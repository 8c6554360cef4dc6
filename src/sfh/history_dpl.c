/* Double power law (Carnall+18, MNRAS 480, 4379): psi = norm / [(t/tau)^alpha + (t/tau)^-beta]. */
#include "sfh/history_kern.h"
#include "sfh/sfh_int.h"

#include <math.h>

/* int_0^y v^{b-1}/(1+v) dv, 0 <= y <= 1, b > 0, = y^b/b 2F1(1, b; 1+b; -y). With w = y/(1+y) <= 1/2 (Pfaff) the series
 * sum n! w^n / (1+b)_n converges like 2^-n. */
static double power_integral(double b, double ly) /* ly = ln y: y itself may underflow where y^b does not */
{
    double y = exp(ly), w = y / (1 + y), term = 1, s = 1;
    for (int j = 1; j < 80 && term > 1e-17 * s; j++) {
        term *= w * j / (b + j);
        s += term;
    }
    return exp(b * ly) / b * s / (1 + y);
}

/* y = (t/tau)^(alpha+beta). Below tau: tau/(alpha+beta) int_0^y v^{b-1}/(1+v) dv, b = (1+beta)/(alpha+beta).
 * Above, with v = 1/y and c = (alpha-1)/(alpha+beta): int_v^1 u^{c-1}/(1+u) du, where c may be negative: peel off
 * sum_k (-1)^k int u^{c-1+k} du until the exponent is positive. */
static double dpl_mass(double norm, double tau, double alpha, double beta, double t)
{
    double sum = alpha + beta, b = (1 + beta) / sum, scale = norm * tau / sum, ly = sum * log(t / tau);
    if (ly <= 0)
        return scale * power_integral(b, ly);
    double c = (alpha - 1) / sum, rest = 0, sign = 1, lv = -ly;
    while (c <= 0.5) {
        rest += sign * (fabs(c) > 1e-14 ? -expm1(c * lv) / c : -lv);
        sign = -sign;
        c += 1;
    }
    rest += sign * (power_integral(c, 0) - power_integral(c, lv));
    return scale * (power_integral(b, 0) + rest);
}

static void rate(const gal_history *h, const double *t, size_t n, double *psi)
{
    const double *p = h->p;
    GAL_KERN_PICK(history_kern)->two_powers(n, p[0], p[1], p[2], p[3], t, psi);
}

static void mass(const gal_history *h, const double *t, size_t n, double *m)
{
    for (size_t i = 0; i < n; i++)
        m[i] = t[i] > 0 ? dpl_mass(h->p[0], h->p[1], h->p[2], h->p[3], t[i]) : 0;
}

/* power_integral and its derivative with respect to b, ly fixed; that with respect to ly is v^b/(1 + v) */
static double power_slope(double b, double ly, double *value)
{
    double y = exp(ly), w = y / (1 + y), term = 1, s = 1, below = 0, slope = 0;
    for (int j = 1; j < 80 && term > 1e-17 * s; j++) {
        term *= w * j / (b + j);
        below += 1 / (b + j);
        s += term;
        slope -= term * below;
    }
    double head = exp(b * ly) / b / (1 + y);
    *value = head * s;
    return head * (s * (ly - 1 / b) + slope);
}

/* -expm1(c lv)/c and its derivative with respect to c */
static double peeled(double c, double lv, double *slope)
{
    double x = c * lv;
    if (fabs(x) < 1e-4) {
        *slope = -lv * lv * (0.5 + x * (1. / 3 + x * (0.125 + x / 30)));
        return -lv * (1 + x * (0.5 + x * (1. / 6 + x / 24)));
    }
    *slope = (expm1(x) - x * exp(x)) / (c * c);
    return -expm1(x) / c;
}

/* Mass in tau/(alpha + beta), for norm 1: J(b, ly), ly > 0: J = I(b, 0) + rest(c, -ly); its derivatives with respect to b and c */
static double dpl_slopes(double b, double c, double ly, double *db, double *dc)
{
    double value, rest = 0, sign = 1, lv = -ly, lo, hi;
    *dc = 0;
    if (ly <= 0) {
        *db = power_slope(b, ly, &value);
        return value;
    }
    *db = power_slope(b, 0, &value);
    while (c <= 0.5) {
        double s;
        rest += sign * peeled(c, lv, &s);
        *dc += sign * s;
        sign = -sign;
        c += 1;
    }
    *dc += sign * (power_slope(c, 0, &hi) - power_slope(c, lv, &lo));
    return value + rest + sign * (hi - lo);
}

static void slopes(const gal_history *h, double t, double *ps, double *ms)
{
    double norm = h->p[0], tau = h->p[1], alpha = h->p[2], beta = h->p[3], l = log(t / tau), sum = alpha + beta;
    double up = alpha * l, down = -beta * l, top = fmax(up, down), eu = exp(up - top), ed = exp(down - top);
    double u = exp(-top) / (eu + ed), su = eu / (eu + ed), sd = ed / (eu + ed); /* shares of the two powers */
    double b = (1 + beta) / sum, c = (alpha - 1) / sum, db, dc, j = dpl_slopes(b, c, sum * l, &db, &dc);
    gal_slopes_scaled(h, t, u, -u * (alpha * su - beta * sd) / t, tau / sum * j, ps, ms);
    ps[2] = -norm * u * l * su;
    ps[3] = norm * u * l * sd;
    double far = t * u * l; /* with the upper end of the integral, (t/tau)^(alpha + beta) */
    ms[2] = norm * (tau / (sum * sum) * (-j - db * b + dc * (1 - c)) + far / sum);
    ms[3] = norm * (tau / (sum * sum) * (-j + db * (1 - b) - dc * c) + far / sum);
}
GAL_SLOPES_OF(slopes)

// clang-format off
static const gal_param par[] = {
    {"norm",       "Msun/yr", "twice the rate at t = tau",                             10,   0,     1e8,   1e-3, 1e4,  true,  true},
    {"tau",        "yr",      "turn-over time",                                        3e9,  1e5,   1e12,  1e7,  1.4e10, true, true},
    {"alpha",      "",        "falling slope",                                         2,    0.1,   1000,  0.1,  100,  true,  true},
    {"beta",       "",        "rising slope",                                          2,    0.1,   1000,  0.1,  100,  true,  true}};
// clang-format on

const gal_sfh_class gal_sfh_dpl = {
    .name = "dpl",
    .args = "norm =, tau =, alpha =, beta =",
    .doc = "Double power law (Carnall+18): psi(t) = norm / [(t/tau)^alpha + (t/tau)^-beta].",
    .par = par,
    .npar = 4,
    .rate = rate,
    .mass = mass,
    .jvp = jvp,
    .vjp = vjp,
};
