/* Hot loops of populations from posteriors. Sums run in eight fixed lanes. */
#ifndef GAL_INFER_HIERARCHY_KERN_H
#define GAL_INFER_HIERARCHY_KERN_H
#include "num/isa.h"
struct hierarchy_kern {
    /* lnp[n] of Gaussians in sequence (galua/hierarchy.h) less minus[n]; y[k * stride + i]; inv[nq] = 1/sd, c = - sum ln sd - nq/2 ln 2 pi */
    void (*normal)(size_t n, size_t stride, size_t nq, const double *y, const double *minus, const double *mean,
                   const double *inv, const double *pivot, const double *slope, double c, double *lnp);
    /* sum exp(f - top) and sum exp(2 (f - top)); f = -inf adds nothing */
    void (*sums)(size_t n, const double *f, double top, double *s1, double *s2);
    /* p = exp(f - top) scale */
    void (*shares)(size_t n, const double *f, double top, double scale, double *p);
    /* sum (exp(f - top) scale - p)^2 */
    double (*apart)(size_t n, const double *f, double top, double scale, const double *p);
    void (*add)(size_t n, double c, const double *x, double *f); /* f += c x */
};
GAL_KERN_DECLARE(hierarchy_kern);
#endif
