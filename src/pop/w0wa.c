/* Flat w0-wa universe without radiation by fixed trapezoids, and derivatives of the very sums. E2 = Om (1+z)^3 + (1 - Om) rho,
 * rho = (1+z)^(3 (1 + w0 + wa)) exp(-3 wa z/(1+z)). Rules and constants: galua/dsps.h. */
#include "galua/dsps.h"

#include <math.h>
#include <string.h>

#define LN10   2.302585092994046
#define C_H    2997.92458                              /* c in Mpc h^-1 */
#define HUBBLE (1e-16 * 3.08567758149e24 / 31556925.2) /* 1/H0 for h = 1 [Gyr] */
#define RHO0   277.536627                              /* Msun h^2/kpc^3 */
#define MY_PI  3.14159265358979323846

/* E2, and dE2 by z, Om0, w0, wa */
static double e2(double z, const double p[4], double *d)
{
    double a = 1 + z, w = p[GAL_W0WA_W0], wa = p[GAL_W0WA_WA], om = p[GAL_W0WA_OM0];
    double rho = pow(a, 3 * (1 + w + wa)) * exp(-3 * wa * z / a);
    if (d) {
        double q = 3 * (1 - om) * rho, la = log(a);
        d[0] = 3 * om * a * a + q * ((1 + w + wa) / a - wa / (a * a));
        d[1] = a * a * a - rho, d[2] = q * la, d[3] = q * (la - z / a);
    }
    return om * a * a * a + (1 - om) * rho;
}

/* trapezoid of E^-1 (1+z)^-m over 0 .. z with n even nodes; d[4] by z, Om0, w0, wa */
static double integral(double z, const double p[4], int n, int m, double *d)
{
    double sum = 0, g[4] = {0}, de[4] = {0};
    for (int i = 0; i < n; i++) {
        double u = (double)i / (n - 1), x = z * u, w = (i == 0 || i == n - 1 ? 0.5 : 1) / (n - 1);
        double e = e2(x, p, d ? de : NULL), f = w / (sqrt(e) * (m ? 1 + x : 1));
        sum += f;
        if (!d)
            continue;
        for (int j = 1; j < 4; j++)
            g[j] -= 0.5 * f * de[j] / e;
        g[0] -= u * f * (0.5 * de[0] / e + (m ? 1 / (1 + x) : 0));
    }
    if (d) {
        d[0] = sum + z * g[0];
        for (int j = 1; j < 4; j++)
            d[j] = z * g[j];
    }
    return z * sum;
}

static double scaled(double z, const double par[4], int n, int m, double unit, double *d)
{
    double h = par[GAL_W0WA_H], x = unit / h * integral(z, par, n, m, d);
    if (d) {
        for (int j = 0; j < 4; j++)
            d[j] *= unit / h;
        d[4] = -x / h;
    }
    return x;
}

double gal_w0wa_comoving(double z, const double par[4], double *d)
{
    return scaled(z, par, 256, 0, C_H, d);
}

double gal_w0wa_lookback(double z, const double par[4], double *d)
{
    return scaled(z, par, 512, 1, HUBBLE, d);
}

double gal_w0wa_modulus(double z, const double par[4], double *d)
{
    double x = gal_w0wa_comoving(z, par, d), c = 5 / LN10;
    if (d) {
        for (int j = 0; j < 5; j++)
            d[j] *= c / x;
        d[0] += c / (1 + z);
    }
    return c * log(1e5 * (1 + z) * x);
}

double gal_w0wa_dimming(double z, const double par[4], double *d)
{
    double mu = gal_w0wa_modulus(z, par, d);
    if (d)
        d[0] -= 2.5 / (LN10 * (1 + z));
    return mu - 2.5 * log10(1 + z);
}

double gal_w0wa_age(double z, const double par[4])
{
    double sum = 0, last = 0, zl = 0;
    for (int i = 0; i < 512; i++) {
        double a = pow(10, 3. * i / 511), x = a - 1, f = 1 / (a * sqrt(e2(x, par, NULL)));
        if (i)
            sum += 0.5 * (x - zl) * (f + last);
        last = f, zl = x;
    }
    return HUBBLE / par[GAL_W0WA_H] * sum - gal_w0wa_lookback(z, par, NULL);
}

double gal_w0wa_rho_crit(double z, const double par[4])
{
    return RHO0 * par[GAL_W0WA_H] * par[GAL_W0WA_H] * e2(z, par, NULL);
}

double gal_w0wa_crossing_time(double z, const double par[4])
{
    double e = e2(z, par, NULL), a = 1 + z, x = par[GAL_W0WA_OM0] * a * a * a / e - 1;
    double delta = 18 * MY_PI * MY_PI + 82 * x - 39 * x * x;
    return 2 * sqrt(2) * HUBBLE / par[GAL_W0WA_H] / sqrt(e) / sqrt(delta);
}

double gal_w0wa_volume(double z, const double par[4])
{
    double d = gal_w0wa_comoving(z, par, NULL);
    return C_H / par[GAL_W0WA_H] * d * d / sqrt(e2(z, par, NULL));
}
