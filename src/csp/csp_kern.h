/* Hot loops of the stellar sum, out[k] += sum_j w[j] col[j][k], and sums in eight fixed lanes. */
#ifndef GAL_CSP_KERN_H
#define GAL_CSP_KERN_H
#include "num/isa.h"
struct csp_kern {
    void (*accumulate)(const float *const *col, const double *w, size_t ncol, size_t n, double *out);
    double (*dot)(size_t n, const double *a, const double *b);
    double (*table)(size_t n, const double *w, const float *table); /* sum w table */
};
GAL_KERN_DECLARE(csp_kern);
#endif
