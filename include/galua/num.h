/* galua/num.h - numerics used everywhere: grids, search, interpolation, quadrature, roots, weighted statistics.
 * All arrays are contiguous double unless a stride is named; n in elements. Functions without gal_status cannot fail. */
#ifndef GAL_NUM_H
#define GAL_NUM_H
#include "galua/base.h"
#ifdef __cplusplus
extern "C" {
#endif
/* ---- grids */
GAL_API void gal_linspace(double a, double b, size_t n, double *x); /* both ends exact */
GAL_API void gal_logspace(double a, double b, size_t n, double *x); /* a, b > 0 are the end VALUES, exact */
/* Strictly ascending and finite? GAL_EFORMAT names the first bad index (1-based) and `what`. */
GAL_API gal_status gal_check_ascending(const char *what, const double *x, size_t n);
GAL_API gal_status gal_check_finite(const char *what, const double *x, size_t n);
/* Largest i in 0..n-2 with x[i] <= v; 0 below the grid, n-2 at or above the last node. n >= 2. */
GAL_API size_t gal_search(const double *x, size_t n, double v);
/* ---- interpolation; ascending x, n >= 2 */
typedef enum gal_outside { GAL_CLAMP, GAL_ZERO, GAL_EXTRAPOLATE } gal_outside;
GAL_API double gal_interp(const double *x, const double *y, size_t n, double v, gal_outside outside); /* linear */
GAL_API double gal_interp_loglog(const double *x, const double *y, size_t n, double v,
                                 gal_outside outside); /* x, y > 0 */
/* C1 monotone cubic (Fritsch & Carlson 1980): slopes d[n] once, then values (and derivative if dv != NULL). */
GAL_API void gal_pchip_slopes(const double *x, const double *y, size_t n, double *d);
GAL_API double gal_pchip(const double *x, const double *y, const double *d, size_t n, double v, double *dv);
/* Weights w[4] of y[i-1], y[i], y[i+1], y[i+2] in the C1 cubic through them at v, x[i] <= v <= x[i+1]: Hermite form, slopes are those of
 * the parabola through three nodes. Without a node before or after: the slope there between that of the interval and the parabola's
 * (0.55 of the way); without both: the straight line. They add up to 1; the weight of a node that is not there is 0. */
GAL_API void gal_cubic_weights(const double *x, size_t i, double v, bool before, bool after, double w[4]);
/* ---- quadrature */
GAL_API double gal_trapz(const double *x, const double *y, size_t n);
GAL_API void gal_trapz_weights(const double *x, size_t n, double *w);             /* sum w_i y_i = trapezoid */
GAL_API void gal_cumtrapz(const double *x, const double *y, size_t n, double *c); /* c[0] = 0 */
GAL_API const double *gal_gauss_nodes(int n,
                                      const double **weights); /* Gauss-Legendre on [-1,1], n = 1..8; static tables */
typedef double (*gal_fn1)(double x, void *ctx);
/* Adaptive (GSL QAG, Gauss-Kronrod 61): rel. error; GAL_EMATH when it does not converge. */
GAL_API gal_status gal_integrate(gal_fn1 f, void *ctx, double a, double b, double rel, double *out);
/* ---- roots: Brent in [a,b] with f(a) f(b) <= 0, |interval| <= xrel*|x|. GAL_EMATH if not bracketed. */
GAL_API gal_status gal_root(gal_fn1 f, void *ctx, double a, double b, double xrel, double *out);
/* ---- statistics; w may be NULL (equal weights) */
GAL_API double gal_mean(const double *x, const double *w, size_t n);
GAL_API double gal_variance(const double *x, const double *w,
                            size_t n); /* weighted population variance; ddof 1 when w == NULL */
/* Weighted quantiles: sort; c_i = (cumsum(w)_i - w_i/2)/sum(w); linear in c, clamped at the ends (inference: GalaPy 8.9). */
GAL_API gal_status gal_quantiles(const double *x, const double *w, size_t n, const double *q, size_t nq, double *out);
/* ---- small dense linear algebra, row-major */
GAL_API gal_status gal_cholesky(double *a, size_t n); /* lower triangle in place; GAL_EMATH if not positive definite */
GAL_API void gal_chol_solve(const double *l, size_t n, double *b);
#ifdef __cplusplus
}
#endif
#endif
