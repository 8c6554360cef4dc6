/* In-situ galaxy evolution: the analytic solution of Lapi et al. 2018 (ApJ 857, 22), 2020 (ApJ 897, 81) and Pantoni et al. 2019
 * (ApJ 880, 129). Condensation with time-scale s tau, star formation with tau, outflow and recycling in gamma:
 *   psi(t)   = psi_max [exp(-x) - exp(-s gamma x)],  x = t/(s tau), s = 3, gamma = 1 - R + eps_out
 *   Z_gas    = (s y_Z/f) [1 - f x/(e^{f x} - 1)],     f = s gamma - 1
 *   Z_star   = (y_Z/gamma) {1 - (s gamma/f) [e^-x - e^{-s gamma x}(1 + f x)] / [f + e^{-s gamma x} - s gamma e^-x]}
 *   D        = dust-to-gas ratio, below.
 * R = 0.45 (instantaneous recycling, Chabrier), eps_out = 3 psi_max^-0.3, y_Z = 0.04, y_D = 3.8e-4, kappa_SN = 10, eps_acc = 1e6.
 * Every 0/0 at t -> 0 is taken by series. Metals are zero before 1e5 yr. */
#include "sfh/history_kern.h"
#include "sfh/sfh_internal.h"

#include <math.h>

#define S       3.0
#define Y_Z     0.04
#define Y_D     3.8e-4
#define KAPPA   10.0
#define EPS_ACC 1e6
#define T_METAL 1e5 /* yr: no metals before */

static double gamma_of(double psi_max)
{
    return 0.55 + 3 * pow(psi_max, -0.3);
}

void gal_insitu_rate(double psi_max, double tau, const double *t, size_t n, double *psi)
{
    double g = gamma_of(psi_max), a = 1 / (S * tau);
    GAL_KERN_PICK(history_kern)->growth(n, psi_max, a, g / tau - a, t, psi);
}

void gal_insitu_masses(double psi_max, double tau, const double *t, size_t n, double *mass)
{
    GAL_KERN_PICK(history_kern)->growth_mass(n, psi_max * tau, S, gamma_of(psi_max), tau, t, mass);
}

/* 1 - u/(e^u - 1), u >= 0: u/2 - u^2/12 + u^4/720 at small u */
static double metal_growth(double u)
{
    if (u < 1e-2)
        return u * (0.5 - u / 12 + u * u * u / 720);
    return u > 700 ? 1 : 1 - u / expm1(u);
}

void gal_insitu_zgas(double psi_max, double tau, const double *t, size_t n, double *z)
{
    double g = gamma_of(psi_max), f = S * g - 1;
    GAL_KERN_PICK(history_kern)->metals(n, S * Y_Z / f, f / (S * tau), T_METAL, t, z);
}

/* 1 - (sg/f) N/D with N = e^-x - e^{-sg x}(1 + f x), D = f + e^{-sg x} - sg e^-x, sg = s gamma = f + 1. Both start with x^2 and
 * their ratio with 1: below sg x = 0.5 the difference of the scaled series, N/f^2 = sum c_k x^k and D/(sg f) = sum d_k x^k. */
static double star_growth(double sg, double x)
{
    double f = sg - 1;
    if (sg * x > 0.5) {
        double ex = exp(-x), es = exp(-sg * x);
        return 1 - sg / f * (ex - es * (1 + f * x)) / (f + es - sg * ex);
    }
    double num = 0, den = 0, xk = 1, fact = 1, sgk = 1;
    for (int k = 1; k < 16; k++) {
        xk *= -x;
        fact *= k;
        double before = sgk; /* sg^(k-1) */
        sgk *= sg;
        if (k < 2)
            continue;
        double d = (sgk - sg) / (sg * f), c = (1 - sgk + k * f * before) / (f * f);
        den += xk / fact * d;
        if (k > 2)
            num += xk / fact * (d - c);
    }
    return num / den;
}

void gal_insitu_zstar(double psi_max, double tau, const double *t, size_t n, double *z)
{
    double g = gamma_of(psi_max);
    for (size_t i = 0; i < n; i++)
        z[i] = t[i] >= T_METAL ? Y_Z / g * star_growth(S * g, t[i] / (S * tau)) : 0;
}

/* D(t) = s^3 eps_acc y_D y_Z / [f (f + s kappa)(f + s e)] {1 - u/(e^u - 1) [1 + f/(s e) (1 - (1 - e^{-s e x})/(s e x))]},
 * u = f x, e = kappa + eps_acc s y_D / (f + s kappa). The bracket is O(x^2) at small x. */
double gal_insitu_dust_to_gas(double psi_max, double tau, double t)
{
    double g = gamma_of(psi_max), f = S * g - 1, x = t / (S * tau);
    double e = KAPPA + EPS_ACC * S * Y_D / (f + S * KAPPA), v = S * e * x, u = f * x;
    if (!(t > 0))
        return 0;
    double head = S * S * S * EPS_ACC * Y_D * Y_Z / (f * (f + S * KAPPA) * (f + S * e));
    double w = v < 1e-3 ? v * (0.5 - v * (1. / 6 - v / 24)) : 1 + expm1(-v) / v; /* 1 - (1 - e^-v)/v */
    /* 1 - (1 - G)(1 + q) = G - q + G q, G = metal_growth(u), q = f w/(s e) */
    double gr = metal_growth(u), q = f / (S * e) * w;
    if (v < 1e-2) { /* G - q cancels at first order: u/2 - f x/2 = 0; second order by hand */
        double second = -u * u / 12 + u * u * u * u / 720 - f / (S * e) * v * v * (-1. / 6 + v / 24 - v * v / 120);
        return head * (second + gr * q);
    }
    return head * (gr - q + gr * q);
}
