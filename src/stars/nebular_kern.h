/* Hot loops of the ionised gas. All arrays contiguous, not overlapping. */
#ifndef GAL_STARS_NEBULAR_KERN_H
#define GAL_STARS_NEBULAR_KERN_H
#include "num/isa.h"
struct nebular_kern {
    /* lum = a[0] c0 + a[1] c1 + a[2] c2 + two pair, [n] */
    void (*continuum)(size_t n, const double *a, const double *c0, const double *c1, const double *c2, double two,
                      const double *pair, double *lum);
    /* out[l] = exp(sum_t coef[t * n + l] term[t]), the sum within -30 .. 5 */
    void (*ratios)(size_t n, size_t nterm, const double *coef, const double *term, double *out);
    /* out[l] = e[l] exp(p[l] x + q[l] x^2) */
    void (*hydrogen)(size_t n, double x, const double *e, const double *p, const double *q, double *out);
};
GAL_KERN_DECLARE(nebular_kern);
#endif
