/* galua/soft.h - smooth steps and their exact derivatives: what differentiable population models are made of.
 *
 * Triweight kernel of unit variance: z = (x - m)/h, pdf f(z) = 35/96 (1 - z^2/9)^3 for |z| <= 3, else 0; its integral F(z) rises from 0 to
 * 1 over |z| <= 3 (F is C^3, f is C^2). Logistic step sigma(x) = 1/(1 + e^-x), evaluated by the branch that cannot overflow.
 * Hearin et al. 2023 (MNRAS 521, 1741) use both for DSPS. Arrays named d hold the partial derivatives in the order of the arguments and may
 * be NULL. Pure functions: any thread. */
#ifndef GAL_SOFT_H
#define GAL_SOFT_H
#include "galua/base.h"
#ifdef __cplusplus
extern "C" {
#endif
GAL_API double gal_tw_cdf(double z);   /* F */
GAL_API double gal_tw_pdf(double z);   /* f = F' */
GAL_API double gal_tw_slope(double z); /* f' */
/* lo + (hi - lo) F((x - x0)/h); d[5] = x, x0, h, lo, hi */
GAL_API double gal_tw_sigmoid(double x, double x0, double h, double lo, double hi, double *d);
/* ytp + tw_sigmoid(x; x0, h, lo, hi) (x - xtp); d[7] = x, xtp, ytp, x0, h, lo, hi */
GAL_API double gal_tw_sigslope(double x, double xtp, double ytp, double x0, double h, double lo, double hi, double *d);
GAL_API double gal_logistic(double x);
/* lo + (hi - lo) sigma(k (x - x0)); d[5] = x, x0, k, lo, hi */
GAL_API double gal_sigmoid(double x, double x0, double k, double lo, double hi, double *d);
/* x of sigmoid(x) = y; NaN when y is not between lo and hi */
GAL_API double gal_sigmoid_inverse(double y, double x0, double k, double lo, double hi);
/* ytp + sigmoid(x; x0, k, lo, hi) (x - xtp); d[7] = x, xtp, ytp, x0, k, lo, hi */
GAL_API double gal_sigslope(double x, double xtp, double ytp, double x0, double k, double lo, double hi, double *d);
/* Soft histogram: count[j] = sum_i w_i [F((x_i - e_j)/s) - F((x_i - e_{j+1})/s)] of n points on nbin + 1 ascending edges e; w NULL = 1.
 * GAL_EINVAL unless s > 0. */
GAL_API gal_status gal_soft_histogram(size_t n, const double *x, const double *w, double s, size_t nbin,
                                      const double *edge, double *count);
/* Its reverse: g[nbin] = dLoss/dcount; gx[n], gw[n] (each may be NULL) are set, *gs (may be NULL) is the derivative by the width. */
GAL_API gal_status gal_soft_histogram_vjp(size_t n, const double *x, const double *w, double s, size_t nbin,
                                          const double *edge, const double *g, double *gx, double *gw, double *gs);
/* In several dimensions: count[bin of axis 1][bin of axis 2].. (the last fastest) = sum_i w_i prod_d [F((x_di - lo)/s_d) - F((x_di - hi)/s_d)] of the
 * points x[d][n]. GAL_EINVAL: widths, bins. Cost: only the bins that a point reaches. */
enum { GAL_SOFT_MAXAXIS = 6 };
typedef struct gal_soft_axis {
    size_t nbin;
    const double *edge; /* [nbin + 1] ascending */
    double width;
} gal_soft_axis;
GAL_API gal_status gal_soft_count(size_t n, size_t naxis, const gal_soft_axis *axis, const double *const *x,
                                  const double *w, double *count);
/* Of gcount = dLoss/dcount: gx[d][n], gw[n], gwidth[naxis] (each may be NULL) are set. */
GAL_API gal_status gal_soft_count_vjp(size_t n, size_t naxis, const gal_soft_axis *axis, const double *const *x,
                                      const double *w, const double *gcount, double *const *gx, double *gw,
                                      double *gwidth);
/* Power law on a .. b: density g x^(g-1)/(b^g - a^g), and the value below which the fraction u lies. 0 < a < b, g != 0. */
GAL_API double gal_powerlaw_pdf(double x, double a, double b, double g);
GAL_API double gal_powerlaw_quantile(double u, double a, double b, double g);

/* ---- parameters between bounds and the unbounded numbers that optimisers move: p = lo + (hi - lo) sigma(k (u - x0)). A bound may be
 * another parameter of the table, which then must have fixed bounds. */
typedef struct gal_soft_param {
    const char *name, *doc; /* doc: "[unit] text" */
    double def, lo, hi, x0, k;
    int lo_of, hi_of; /* index of the parameter that is this bound, or -1 */
    double lo_add;    /* added to parameter lo_of */
    bool centre;      /* x0 is the middle of the bounds as they come out */
} gal_soft_param;
/* p[n] of u[n]; jac NULL or [n][n] row-major dp_i/du_j. */
GAL_API void gal_soft_bounded(const gal_soft_param *table, size_t n, const double *u, double *p, double *jac);
/* u[n] of p[n]; GAL_EDOMAIN names the first parameter that is not inside its bounds. `what` names the model. */
GAL_API gal_status gal_soft_unbounded(const char *what, const gal_soft_param *table, size_t n, const double *p,
                                      double *u);
#ifdef __cplusplus
}
#endif
#endif
