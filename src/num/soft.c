/* Triweight and logistic steps with their derivatives, the soft histogram, and bounded parameters. Formulas: galua/soft.h. */
#include "galua/soft.h"

#include <math.h>
#include <string.h>

double gal_tw_cdf(double z)
{
    if (z <= -3)
        return 0;
    if (z >= 3)
        return 1;
    double t = z * z;
    return 0.5 + z * (35. / 96 + t * (-35. / 864 + t * (7. / 2592 - t * (5. / 69984))));
}

double gal_tw_pdf(double z)
{
    double u = 1 - z * z / 9;
    return u > 0 ? 35. / 96 * u * u * u : 0;
}

double gal_tw_slope(double z)
{
    double u = 1 - z * z / 9;
    return u > 0 ? -35. / 144 * z * u * u : 0;
}

double gal_tw_sigmoid(double x, double x0, double h, double lo, double hi, double *d)
{
    double z = (x - x0) / h, F = gal_tw_cdf(z);
    if (d) {
        double s = (hi - lo) * gal_tw_pdf(z) / h;
        d[0] = s, d[1] = -s, d[2] = -s * z, d[3] = 1 - F, d[4] = F;
    }
    return lo + (hi - lo) * F;
}

/* slope (x - xtp) + ytp with the slope's own derivatives s[5] */
static double sloped(double x, double xtp, double ytp, double slope, const double s[5], double *d)
{
    double w = x - xtp;
    if (d) {
        d[0] = slope + w * s[0], d[1] = -slope, d[2] = 1;
        for (int i = 1; i < 5; i++)
            d[2 + i] = w * s[i];
    }
    return ytp + slope * w;
}

double gal_tw_sigslope(double x, double xtp, double ytp, double x0, double h, double lo, double hi, double *d)
{
    double s[5];
    double slope = gal_tw_sigmoid(x, x0, h, lo, hi, s);
    return sloped(x, xtp, ytp, slope, s, d);
}

double gal_logistic(double x)
{
    if (x >= 0)
        return 1 / (1 + exp(-x));
    double e = exp(x);
    return e / (1 + e);
}

double gal_sigmoid(double x, double x0, double k, double lo, double hi, double *d)
{
    double g = gal_logistic(k * (x - x0));
    if (d) {
        double s = (hi - lo) * g * (1 - g);
        d[0] = k * s, d[1] = -k * s, d[2] = (x - x0) * s, d[3] = 1 - g, d[4] = g;
    }
    return lo + (hi - lo) * g;
}

double gal_sigmoid_inverse(double y, double x0, double k, double lo, double hi)
{
    double r = (hi - y) / (y - lo);
    return r > 0 ? x0 - log(r) / k : NAN;
}

double gal_sigslope(double x, double xtp, double ytp, double x0, double k, double lo, double hi, double *d)
{
    double s[5];
    double slope = gal_sigmoid(x, x0, k, lo, hi, s);
    return sloped(x, xtp, ytp, slope, s, d);
}

static gal_status check_width(double s, size_t nbin)
{
    if (!(s > 0) || nbin < 1)
        return gal_fail(GAL_EINVAL,
                        "soft histogram: a width > 0 and at least one bin are needed, got width %g and %zu bins", s,
                        nbin);
    return GAL_OK;
}

gal_status gal_soft_histogram(size_t n, const double *x, const double *w, double s, size_t nbin, const double *edge,
                              double *count)
{
    gal_status st = check_width(s, nbin);
    if (st != GAL_OK)
        return st;
    memset(count, 0, nbin * sizeof *count);
    for (size_t i = 0; i < n; i++) {
        double last = gal_tw_cdf((x[i] - edge[0]) / s), wi = w ? w[i] : 1;
        for (size_t j = 0; j < nbin; j++) {
            double next = gal_tw_cdf((x[i] - edge[j + 1]) / s);
            count[j] += wi * (last - next);
            last = next;
        }
    }
    return GAL_OK;
}

gal_status gal_soft_histogram_vjp(size_t n, const double *x, const double *w, double s, size_t nbin, const double *edge,
                                  const double *g, double *gx, double *gw, double *gs)
{
    gal_status st = check_width(s, nbin);
    if (st != GAL_OK)
        return st;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double wi = w ? w[i] : 1, dx = 0, dw = 0, ds = 0;
        for (size_t j = 0; j < nbin; j++) {
            double a = (x[i] - edge[j]) / s, b = (x[i] - edge[j + 1]) / s, fa = gal_tw_pdf(a), fb = gal_tw_pdf(b);
            dx += g[j] * (fa - fb);
            ds -= g[j] * (a * fa - b * fb);
            dw += g[j] * (gal_tw_cdf(a) - gal_tw_cdf(b));
        }
        if (gx)
            gx[i] = wi * dx / s;
        if (gw)
            gw[i] = dw;
        sum += wi * ds / s;
    }
    if (gs)
        *gs = sum;
    return GAL_OK;
}

double gal_powerlaw_pdf(double x, double a, double b, double g)
{
    return x >= a && x <= b ? g * pow(x, g - 1) / (pow(b, g) - pow(a, g)) : 0;
}

double gal_powerlaw_quantile(double u, double a, double b, double g)
{
    double ag = pow(a, g);
    return pow(ag + (pow(b, g) - ag) * u, 1 / g);
}

static bool depends(const gal_soft_param *q)
{
    return q->lo_of >= 0 || q->hi_of >= 0;
}

static void limits(const gal_soft_param *q, const double *p, double *lo, double *hi, double *x0)
{
    *lo = q->lo_of >= 0 ? p[q->lo_of] + q->lo_add : q->lo;
    *hi = q->hi_of >= 0 ? p[q->hi_of] : q->hi;
    *x0 = q->centre ? (*lo + *hi) / 2 : q->x0;
}

void gal_soft_bounded(const gal_soft_param *table, size_t n, const double *u, double *p, double *jac)
{
    if (jac)
        memset(jac, 0, n * n * sizeof *jac);
    for (int pass = 0; pass < 2; pass++) /* parameters that are bounds of others come first */
        for (size_t i = 0; i < n; i++) {
            const gal_soft_param *q = table + i;
            if (depends(q) != (pass == 1))
                continue;
            double lo, hi, x0, d[5];
            limits(q, p, &lo, &hi, &x0);
            p[i] = gal_sigmoid(u[i], x0, q->k, lo, hi, d);
            if (!jac)
                continue;
            jac[i * n + i] = d[0];
            double mid = q->centre ? d[1] / 2 : 0;
            if (q->lo_of >= 0)
                jac[i * n + (size_t)q->lo_of] = (d[3] + mid) * jac[(size_t)q->lo_of * (n + 1)];
            if (q->hi_of >= 0)
                jac[i * n + (size_t)q->hi_of] = (d[4] + mid) * jac[(size_t)q->hi_of * (n + 1)];
        }
}

gal_status gal_soft_unbounded(const char *what, const gal_soft_param *table, size_t n, const double *p, double *u)
{
    for (size_t i = 0; i < n; i++) {
        double lo, hi, x0;
        limits(table + i, p, &lo, &hi, &x0);
        u[i] = gal_sigmoid_inverse(p[i], x0, table[i].k, lo, hi);
        if (!isfinite(u[i]))
            return gal_fail(GAL_EDOMAIN, "%s: %s = %.10g must lie between %.6g and %.6g", what, table[i].name, p[i], lo,
                            hi);
    }
    return GAL_OK;
}
