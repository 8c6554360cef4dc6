/* slope(f, ctx, x, i): df/dx_i by central differences, two steps extrapolated (error h^4). Only tests differentiate so. */
#ifndef TEST_SLOPES_H
#define TEST_SLOPES_H
#include <math.h>
#include <stdio.h>
typedef double (*slope_fn)(const double *x, void *ctx);
static inline double slope(slope_fn f, void *ctx, double *x, int i)
{
    double x0 = x[i], h = 2e-3 * (fabs(x0) > 0.1 ? fabs(x0) : 0.1), d[2];
    for (int q = 0; q < 2; q++, h /= 2) {
        x[i] = x0 + h;
        double a = f(x, ctx);
        x[i] = x0 - h;
        d[q] = (a - f(x, ctx)) / (2 * h);
    }
    x[i] = x0;
    return (4 * d[1] - d[0]) / 3;
}
/* every derivative of f within tol of the largest of them */
static inline int slopes_agree(slope_fn f, void *ctx, double *x, int n, const double *want, double tol)
{
    double big = 0;
    int ok = 1;
    for (int i = 0; i < n; i++)
        big = fabs(want[i]) > big ? fabs(want[i]) : big;
    for (int i = 0; i < n; i++) {
        double s = slope(f, ctx, x, i);
        if (!(fabs(s - want[i]) <= tol * big)) {
            printf("derivative %d: analytic %.12g, differences %.12g (largest %.3g)\n", i, want[i], s, big);
            ok = 0;
        }
    }
    return ok;
}
#endif
