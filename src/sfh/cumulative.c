/* Cumulative masses M(t) = int_0^t psi dt' [Msun] in closed form. */
#include "sfh/sfh_internal.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>

/* norm tau gamma(k+1, t/tau), lower incomplete gamma function */
double gal_delayed_mass(double norm, double tau, double k, double t)
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

/* norm tau e^{sigma^2/2} / 2 erfc(-(ln(t/tau) - sigma^2)/(sqrt 2 sigma)) */
double gal_lognormal_mass(double norm, double tau, double sigma, double t)
{
    double u = (log(t / tau) - sigma * sigma) / (M_SQRT2 * sigma);
    if (u <
        -25) /* erfc underflows: leading asymptotic term e^{-u^2}/(sqrt(pi) |u|), with the prefactor inside the exponent */
        return norm * tau * exp(0.5 * sigma * sigma - u * u) / (2 * sqrt(M_PI) * -u);
    return norm * tau * exp(0.5 * sigma * sigma) * 0.5 * erfc(-u);
}

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
double gal_dpl_mass(double norm, double tau, double alpha, double beta, double t)
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
