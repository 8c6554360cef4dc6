/* spline.c - see spline.h. h_{i-1} m_{i-1} + 2 (h_{i-1} + h_i) m_i + h_i m_{i+1} = 6 (d_i - d_{i-1}); at the ends the third derivative is
 * continuous across the second and the last but one point. Thomas's algorithm on m_1 .. m_{n-2}. */
#include "sky/spline.h"
#include "galua/num.h"

void gal_spline_prepare(size_t n, const double *x, const double *y, double *m, double *work)
{
    double *diag = work, *up = work + n;
    size_t last = n - 2;
    for (size_t i = 1; i <= last; i++) {
        double h0 = x[i] - x[i - 1], h1 = x[i + 1] - x[i], lower = h0, d = 2 * (h0 + h1), u = h1;
        double r = 6 * ((y[i + 1] - y[i]) / h1 - (y[i] - y[i - 1]) / h0);
        if (i == 1) {
            d += h0 * (1 + h0 / h1);
            u -= h0 * h0 / h1;
            lower = 0;
        }
        if (i == last) {
            d += h1 * (1 + h1 / h0);
            lower -= h1 * h1 / h0;
            u = 0;
        }
        double f = i > 1 ? lower / diag[i - 1] : 0;
        diag[i] = d - (i > 1 ? f * up[i - 1] : 0);
        up[i] = u;
        m[i] = r - (i > 1 ? f * m[i - 1] : 0);
    }
    m[last] /= diag[last];
    for (size_t i = last; i-- > 1;)
        m[i] = (m[i] - up[i] * m[i + 1]) / diag[i];
    double a = (x[1] - x[0]) / (x[2] - x[1]), b = (x[n - 1] - x[n - 2]) / (x[n - 2] - x[n - 3]);
    m[0] = m[1] * (1 + a) - m[2] * a;
    m[n - 1] = m[n - 2] * (1 + b) - m[n - 3] * b;
}

double gal_spline_value(size_t n, const double *x, const double *y, const double *m, double at)
{
    size_t i = gal_search(x, n, at);
    double h = x[i + 1] - x[i], b = (at - x[i]) / h, a = 1 - b;
    return a * y[i] + b * y[i + 1] + ((a * a * a - a) * m[i] + (b * b * b - b) * m[i + 1]) * h * h / 6;
}
