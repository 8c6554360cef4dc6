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

/* of a comoving distance x and its slopes d: x (1 + z)^power */
static double stretched(double z, double x, int power, double *d)
{
    double f = power > 0 ? 1 + z : 1 / (1 + z);
    if (d) {
        for (int j = 0; j < 5; j++)
            d[j] *= f;
        d[0] += power * x * f / (1 + z);
    }
    return x * f;
}

double gal_w0wa_luminosity(double z, const double par[4], double *d)
{
    return stretched(z, gal_w0wa_comoving(z, par, d), 1, d);
}

double gal_w0wa_angular(double z, const double par[4], double *d)
{
    return stretched(z, gal_w0wa_comoving(z, par, d), -1, d);
}

double gal_w0wa_hubble_time(double z, const double par[4], double *d)
{
    double de[4] = {0}, e = e2(z, par, d ? de : NULL), t = HUBBLE / par[GAL_W0WA_H] / sqrt(e);
    if (d) {
        for (int j = 0; j < 4; j++)
            d[j] = -0.5 * t * de[j] / e;
        d[4] = -t / par[GAL_W0WA_H];
    }
    return t;
}

double gal_w0wa_age(double z, const double par[4], double *d)
{
    double sum = 0, last = 0, zl = 0, g[4] = {0}, de[4] = {0}, dl[4] = {0}, back[5], unit = HUBBLE / par[GAL_W0WA_H];
    for (int i = 0; i < 512; i++) {
        double a = pow(10, 3. * i / 511), x = a - 1, e = e2(x, par, d ? de : NULL), f = 1 / (a * sqrt(e));
        if (i)
            sum += 0.5 * (x - zl) * (f + last);
        for (int j = 1; d && j < 4; j++) {
            double df = -0.5 * f * de[j] / e;
            g[j] += i ? 0.5 * (x - zl) * (df + dl[j]) : 0;
            dl[j] = df;
        }
        last = f, zl = x;
    }
    double age = unit * sum - gal_w0wa_lookback(z, par, d ? back : NULL);
    if (d) {
        for (int j = 0; j < 4; j++)
            d[j] = unit * g[j] - back[j];
        d[4] = -age / par[GAL_W0WA_H];
    }
    return age;
}

double gal_w0wa_rho_crit(double z, const double par[4], double *d)
{
    double de[4] = {0}, h = par[GAL_W0WA_H], e = e2(z, par, d ? de : NULL);
    if (d) {
        for (int j = 0; j < 4; j++)
            d[j] = RHO0 * h * h * de[j];
        d[4] = 2 * RHO0 * h * e;
    }
    return RHO0 * h * h * e;
}

double gal_w0wa_overdensity(double z, const double par[4], double *d)
{
    double de[4] = {0}, e = e2(z, par, d ? de : NULL), a = 1 + z, om = par[GAL_W0WA_OM0] * a * a * a / e, x = om - 1;
    if (d) {
        for (int j = 0; j < 4; j++)
            d[j] = (82 - 78 * x) * om * ((j == 0 ? 3 / a : j == 1 ? 1 / par[GAL_W0WA_OM0] : 0) - de[j] / e);
        d[4] = 0;
    }
    return 18 * MY_PI * MY_PI + 82 * x - 39 * x * x;
}

double gal_w0wa_crossing_time(double z, const double par[4], double *d)
{
    double dt[5], t = gal_w0wa_hubble_time(z, par, d ? dt : NULL), delta = gal_w0wa_overdensity(z, par, d),
                  f = 2 * sqrt(2) / sqrt(delta);
    for (int j = 0; d && j < 5; j++)
        d[j] = f * (dt[j] - 0.5 * t * d[j] / delta);
    return f * t;
}

double gal_w0wa_volume(double z, const double par[4], double *d)
{
    double de[4] = {0}, x = gal_w0wa_comoving(z, par, d), e = e2(z, par, d ? de : NULL),
           v = C_H / par[GAL_W0WA_H] * x * x / sqrt(e);
    if (d) {
        for (int j = 0; j < 5; j++)
            d[j] = v * ((x > 0 ? 2 * d[j] / x : 0) - (j < 4 ? 0.5 * de[j] / e : 1 / par[GAL_W0WA_H]));
    }
    return v;
}
