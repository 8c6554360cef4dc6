/* Hot loops of mixtures of Gaussians: blocks of GMIX_BLOCK points, coordinate by coordinate: z[d][GMIX_BLOCK]. */
#ifndef GAL_INFER_GMIX_KERN_H
#define GAL_INFER_GMIX_KERN_H
#include "num/isa.h"
enum { GMIX_BLOCK = 64 };
struct gmix_kern {
    /* squared Mahalanobis distances q[BLOCK]; inv[d] = 1/L_kk, y[d][BLOCK] is scratch */
    void (*distance)(size_t d, const double *z, const double *mean, const double *chol, const double *inv, double *y,
                     double *q);
    /* f = c - q/(2 scale); or with nu > 0: c - half ln(1 + q/(nu scale)) */
    void (*shape)(const double *q, double c, double nu, double half, double scale, double *f);
    /* f[n][BLOCK] -> exp(f - out), out[BLOCK] = ln sum exp f */
    void (*softmax)(size_t n, double *f, double *out);
    /* sum[d] += sum_i r_i z_i over a block; returns sum r */
    double (*first)(size_t d, const double *z, const double *r, double *sum);
    /* cov (lower triangle) += sum_i r_i (z_i - mean)(z_i - mean)^T; c[2][d][BLOCK] is scratch */
    void (*second)(size_t d, const double *z, const double *r, const double *mean, double *c, double *cov);
};
GAL_KERN_DECLARE(gmix_kern);
#endif
