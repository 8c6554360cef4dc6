/* Levenberg-Marquardt with the damping of Nielsen 1999 (IMM-REP-1999-05), for a handful of parameters. */
#include "galua/historyfit.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* a x = b with the symmetric positive definite a[n][n], which is overwritten; b becomes x. false: not definite */
static bool solve(size_t n, double *a, double *b)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double s = a[i * n + j];
            for (size_t k = 0; k < j; k++)
                s -= a[i * n + k] * a[j * n + k];
            if (i == j && !(s > 0))
                return false;
            a[i * n + j] = i == j ? sqrt(s) : s / a[j * n + j];
        }
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++)
            b[i] -= a[i * n + k] * b[k];
        b[i] /= a[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; k++)
            b[i] -= a[k * n + i] * b[k];
        b[i] /= a[i * n + i];
    }
    return true;
}

static double squares(size_t m, const double *r)
{
    double s = 0;
    for (size_t i = 0; i < m; i++)
        s += r[i] * r[i];
    return s;
}

/* H = J'J, g = J'r */
static void normal(size_t n, size_t m, const double *J, const double *r, double *H, double *g)
{
    memset(H, 0, n * n * sizeof *H);
    memset(g, 0, n * sizeof *g);
    for (size_t i = 0; i < m; i++)
        for (size_t a = 0; a < n; a++) {
            g[a] += J[i * n + a] * r[i];
            for (size_t b = 0; b <= a; b++)
                H[a * n + b] += J[i * n + a] * J[i * n + b];
        }
}

gal_status gal_least_squares(gal_residuals f, void *self, size_t n, size_t m, int steps, double *x, double *loss)
{
    gal_status st = GAL_OK;
    double *r = GAL_NEWN(double, 2 * m + m * n + 2 * n * n + 3 * n);
    if (!r)
        return GAL_ENOMEM;
    double *rn = r + m, *J = rn + m, *H = J + m * n, *A = H + n * n, *g = A + n * n, *d = g + n, *xn = d + n;
    double mu = 1e-3, grow = 2;
    if (!f(self, x, r, J) || !isfinite(squares(m, r))) {
        st = gal_fail(GAL_EMATH, "least squares: the residuals are not finite at the start");
        goto out;
    }
    *loss = squares(m, r);
    normal(n, m, J, r, H, g);
    for (int k = 1; k < steps && mu < 1e12;) {
        memcpy(A, H, n * n * sizeof *A);
        double gain = 0, size = 0;
        for (size_t a = 0; a < n; a++) {
            A[a * n + a] += mu * (H[a * n + a] + 1e-12);
            d[a] = -g[a];
        }
        bool better = solve(n, A, d);
        for (size_t a = 0; better && a < n; a++) {
            xn[a] = x[a] + d[a];
            gain += d[a] * (mu * (H[a * n + a] + 1e-12) * d[a] - g[a]);
            size = fmax(size, fabs(d[a]) / (1e-3 + fabs(x[a])));
        }
        better = better && f(self, xn, rn, NULL);
        double now = better ? squares(m, rn) : INFINITY, ratio = (*loss - now) / gain;
        if (now < *loss) {
            double drop = *loss - now;
            memcpy(x, xn, n * sizeof *x);
            *loss = now;
            if (size < 1e-12 || drop < 1e-14 * now || now < DBL_MIN)
                break;
            f(self, x, r, J);
            normal(n, m, J, r, H, g);
            k++;
            double s = 2 * ratio - 1;
            mu *= fmax(1. / 3, 1 - s * s * s);
            grow = 2;
        } else {
            mu *= grow;
            grow *= 2;
            if (size < 1e-14)
                break;
        }
    }
out:
    gal_free(r);
    return st;
}
