/* Grids, search and interpolation. */
#include "galua/num.h"

#include <math.h>

void gal_linspace(double a, double b, size_t n, double *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = n > 1 ? a + (b - a) * (double)i / (double)(n - 1) : a;
    if (n > 1)
        x[n - 1] = b;
}

void gal_logspace(double a, double b, size_t n, double *x)
{
    gal_linspace(log(a), log(b), n, x);
    for (size_t i = 1; i + 1 < n; i++)
        x[i] = exp(x[i]);
    if (n > 0)
        x[0] = a;
    if (n > 1)
        x[n - 1] = b;
}

gal_status gal_check_finite(const char *what, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return gal_fail(GAL_EFORMAT, "%s: value %zu is %s", what, i + 1, isnan(x[i]) ? "NaN" : "infinite");
    return GAL_OK;
}

gal_status gal_check_ascending(const char *what, const double *x, size_t n)
{
    gal_status st = gal_check_finite(what, x, n);
    for (size_t i = 1; st == GAL_OK && i < n; i++)
        if (!(x[i] > x[i - 1]))
            st = gal_fail(GAL_EFORMAT, "%s: must ascend, but value %zu (%g) is not above value %zu (%g)", what, i + 1,
                          x[i], i, x[i - 1]);
    return st;
}

size_t gal_search(const double *x, size_t n, double v)
{
    size_t lo = 0, hi = n - 1; /* invariant: x[lo] <= v < x[hi] once inside */
    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;
        if (x[mid] <= v)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

static double linear(const double *x, const double *y, size_t i, double v)
{
    return y[i] + (y[i + 1] - y[i]) * ((v - x[i]) / (x[i + 1] - x[i]));
}

double gal_interp(const double *x, const double *y, size_t n, double v, gal_outside outside)
{
    if (outside != GAL_EXTRAPOLATE && (v < x[0] || v > x[n - 1]))
        return outside == GAL_ZERO ? 0 : v < x[0] ? y[0] : y[n - 1];
    return linear(x, y, gal_search(x, n, v), v);
}

double gal_interp_loglog(const double *x, const double *y, size_t n, double v, gal_outside outside)
{
    if (outside != GAL_EXTRAPOLATE && (v < x[0] || v > x[n - 1]))
        return outside == GAL_ZERO ? 0 : v < x[0] ? y[0] : y[n - 1];
    size_t i = gal_search(x, n, v);
    if (!(y[i] > 0) || !(y[i + 1] > 0))
        return linear(x, y, i, v);
    double f = log(v / x[i]) / log(x[i + 1] / x[i]);
    return y[i] * exp(f * log(y[i + 1] / y[i]));
}

/* One-sided three-point slope at an end, limited as in Fritsch & Carlson 1980. */
static double end_slope(double h0, double h1, double s0, double s1)
{
    double d = ((2 * h0 + h1) * s0 - h0 * s1) / (h0 + h1);
    if (d * s0 <= 0)
        return 0;
    if (s0 * s1 <= 0 && fabs(d) > 3 * fabs(s0))
        return 3 * s0;
    return d;
}

void gal_pchip_slopes(const double *x, const double *y, size_t n, double *d)
{
    if (n == 2) {
        d[0] = d[1] = (y[1] - y[0]) / (x[1] - x[0]);
        return;
    }
    for (size_t i = 1; i + 1 < n; i++) {
        double h0 = x[i] - x[i - 1], h1 = x[i + 1] - x[i], s0 = (y[i] - y[i - 1]) / h0, s1 = (y[i + 1] - y[i]) / h1;
        double w0 = 2 * h1 + h0, w1 = h1 + 2 * h0;
        d[i] = s0 * s1 > 0 ? (w0 + w1) / (w0 / s0 + w1 / s1) : 0;
    }
    d[0] = end_slope(x[1] - x[0], x[2] - x[1], (y[1] - y[0]) / (x[1] - x[0]), (y[2] - y[1]) / (x[2] - x[1]));
    d[n - 1] = end_slope(x[n - 1] - x[n - 2], x[n - 2] - x[n - 3], (y[n - 1] - y[n - 2]) / (x[n - 1] - x[n - 2]),
                         (y[n - 2] - y[n - 3]) / (x[n - 2] - x[n - 3]));
}

double gal_pchip(const double *x, const double *y, const double *d, size_t n, double v, double *dv)
{
    size_t i = gal_search(x, n, v);
    double h = x[i + 1] - x[i], t = (v - x[i]) / h;
    if (t < 0 || t > 1) { /* clamp: constant outside, slope 0 */
        if (dv)
            *dv = 0;
        return t < 0 ? y[0] : y[n - 1];
    }
    double a = y[i], b = h * d[i], s = y[i + 1] - y[i], e = h * d[i + 1];
    double c2 = 3 * s - 2 * b - e, c3 = b + e - 2 * s;
    if (dv)
        *dv = (b + t * (2 * c2 + 3 * t * c3)) / h;
    return a + t * (b + t * (c2 + t * c3));
}

/* Slope of an end without a node beyond it: this part of the way from the slope of the interval to that of the parabola through three
 * nodes. 1 bends most at the end, 0 at the other side. */
static const double end_bend = 0.55;

void gal_cubic_weights(const double *x, size_t i, double v, bool before, bool after, double w[4])
{
    double h = x[i + 1] - x[i], t = (v - x[i]) / h, u = 1.0 - t;
    double a = t * u * u, b = -t * t * u; /* of the deviations of h times the slopes at the ends from y[i+1] - y[i] */
    w[0] = w[3] = 0.0;
    w[1] = u;
    w[2] = t;
    if (before || after) { /* an end without a node beyond it: its slope deviates against the other's */
        double left = before ? a - (after ? 0.0 : end_bend * b) : 0.0,
               right = after ? b - (before ? 0.0 : end_bend * a) : 0.0;
        if (before) { /* slope of the parabola: r/(1 + r) of the interval's and the rest of the one before, r = their ratio */
            double r = (x[i] - x[i - 1]) / h, c = left / (1.0 + r);
            w[0] -= c / r;
            w[1] += c / r + c;
            w[2] -= c;
        }
        if (after) {
            double r = (x[i + 2] - x[i + 1]) / h, c = right / (1.0 + r);
            w[3] += c / r;
            w[2] -= c / r + c;
            w[1] += c;
        }
    }
}
