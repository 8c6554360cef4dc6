/* Small products of matrices whose rows are contiguous. */
#ifndef GAL_MATRIX_KERN_H
#define GAL_MATRIX_KERN_H
#include "num/isa.h"
struct matrix_kern {
    /* out[k] = f a[k] b[k], k < n; b NULL: 1 */
    void (*scaled)(size_t n, double f, const double *a, const double *b, double *out);
    /* out[i] = sum_k x[k] y[i n + k], i < m, k < n */
    void (*dots)(size_t n, size_t m, const double *x, const double *y, double *out);
    /* to[k] += sum_j f[j] x[j n + k], j < m, k < n */
    void (*spread)(size_t n, size_t m, const double *f, const double *x, double *to);
};
GAL_KERN_DECLARE(matrix_kern);
#endif
