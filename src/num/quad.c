/* Quadrature and roots. GSL does what is not hot; its own error handler is off and every status is checked here. */
#include "galua/num.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_integration.h>
#include <math.h>

double gal_trapz(const double *x, const double *y, size_t n)
{
    double s = 0;
    for (size_t i = 1; i < n; i++)
        s += 0.5 * (y[i] + y[i - 1]) * (x[i] - x[i - 1]);
    return s;
}

void gal_trapz_weights(const double *x, size_t n, double *w)
{
    for (size_t i = 0; i < n; i++)
        w[i] = 0.5 * ((i + 1 < n ? x[i + 1] : x[i]) - (i > 0 ? x[i - 1] : x[i]));
}

void gal_cumtrapz(const double *x, const double *y, size_t n, double *c)
{
    if (n > 0)
        c[0] = 0;
    for (size_t i = 1; i < n; i++)
        c[i] = c[i - 1] + 0.5 * (y[i] + y[i - 1]) * (x[i] - x[i - 1]);
}

/* Gauss-Legendre nodes and weights, Abramowitz & Stegun table 25.4, n = 1..8 */
// clang-format off
static const double gl_x[8][8] = {
    {0},
    {-0.57735026918962576451, 0.57735026918962576451},
    {-0.77459666924148337704, 0, 0.77459666924148337704},
    {-0.86113631159405257522, -0.33998104358485626480, 0.33998104358485626480, 0.86113631159405257522},
    {-0.90617984593866399280, -0.53846931010568309104, 0, 0.53846931010568309104, 0.90617984593866399280},
    {-0.93246951420315202781, -0.66120938646626451366, -0.23861918608319690863, 0.23861918608319690863,
      0.66120938646626451366, 0.93246951420315202781},
    {-0.94910791234275852453, -0.74153118559939443986, -0.40584515137739716691, 0, 0.40584515137739716691,
      0.74153118559939443986, 0.94910791234275852453},
    {-0.96028985649753623168, -0.79666647741362673959, -0.52553240991632898582, -0.18343464249564980494,
      0.18343464249564980494, 0.52553240991632898582, 0.79666647741362673959, 0.96028985649753623168}};
static const double gl_w[8][8] = {
    {2},
    {1, 1},
    {0.55555555555555555556, 0.88888888888888888889, 0.55555555555555555556},
    {0.34785484513745385737, 0.65214515486254614263, 0.65214515486254614263, 0.34785484513745385737},
    {0.23692688505618908751, 0.47862867049936646804, 0.56888888888888888889, 0.47862867049936646804, 0.23692688505618908751},
    {0.17132449237917034504, 0.36076157304813860757, 0.46791393457269104739, 0.46791393457269104739,
     0.36076157304813860757, 0.17132449237917034504},
    {0.12948496616886969327, 0.27970539148927666790, 0.38183005050511894495, 0.41795918367346938776,
     0.38183005050511894495, 0.27970539148927666790, 0.12948496616886969327},
    {0.10122853629037625915, 0.22238103445337447054, 0.31370664587788728734, 0.36268378337836198297,
     0.36268378337836198297, 0.31370664587788728734, 0.22238103445337447054, 0.10122853629037625915}};
// clang-format on

const double *gal_gauss_nodes(int n, const double **weights)
{
    if (n < 1 || n > 8)
        return NULL;
    *weights = gl_w[n - 1];
    return gl_x[n - 1];
}

gal_status gal_integrate(gal_fn1 f, void *ctx, double a, double b, double rel, double *out)
{
    enum { LIMIT = 2000 };
    gsl_set_error_handler_off();
    gsl_integration_workspace *ws = gsl_integration_workspace_alloc(LIMIT);
    if (!ws)
        return gal_fail(GAL_ENOMEM, "out of memory in adaptive quadrature");
    gsl_function g = {f, ctx};
    double err = 0;
    int rc = gsl_integration_qag(&g, a, b, 0, rel, LIMIT, GSL_INTEG_GAUSS61, ws, out, &err);
    gsl_integration_workspace_free(ws);
    /* GSL_EROUND: the asked accuracy is at the rounding limit; accept what is there when it is close */
    if (rc == GSL_EROUND && err <= 1e3 * rel * fabs(*out))
        rc = 0;
    if (rc || !isfinite(*out))
        return gal_fail(GAL_EMATH, "quadrature over [%g, %g] did not reach %g: %s", a, b, rel, gsl_strerror(rc));
    return GAL_OK;
}

gal_status gal_root(gal_fn1 f, void *ctx, double a, double b, double xrel, double *out)
{
    double fa = f(a, ctx), fb = f(b, ctx), c = a, fc = fa, d = b - a, e = d;
    if (!(fa * fb <= 0))
        return gal_fail(GAL_EMATH, "no sign change in [%g, %g]: f = %g and %g", a, b, fa, fb);
    for (int it = 0; it < 200; it++) { /* Brent 1973, chapter 4 */
        if ((fb > 0) == (fc > 0)) {
            c = a;
            fc = fa;
            d = e = b - a;
        }
        if (fabs(fc) < fabs(fb)) {
            a = b, b = c, c = a;
            fa = fb, fb = fc, fc = fa;
        }
        double tol = 0.5 * xrel * fabs(b) + 1e-300, m = 0.5 * (c - b);
        if (fabs(m) <= tol || fb == 0) {
            *out = b;
            return GAL_OK;
        }
        if (fabs(e) >= tol && fabs(fa) > fabs(fb)) {
            double s = fb / fa, p, q;
            if (a == c) {
                p = 2 * m * s;
                q = 1 - s;
            } else {
                double u = fa / fc, r = fb / fc;
                p = s * (2 * m * u * (u - r) - (b - a) * (r - 1));
                q = (u - 1) * (r - 1) * (s - 1);
            }
            if (p > 0)
                q = -q;
            p = fabs(p);
            if (2 * p < fmin(3 * m * q - fabs(tol * q), fabs(e * q))) {
                e = d;
                d = p / q;
            } else {
                d = e = m;
            }
        } else {
            d = e = m;
        }
        a = b;
        fa = fb;
        b += fabs(d) > tol ? d : copysign(tol, m);
        fb = f(b, ctx);
    }
    return gal_fail(GAL_EMATH, "root search did not converge near %g", b);
}
