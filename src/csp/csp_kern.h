/* Hot loop of the stellar sum: out[k] += sum_j w[j] col[j][k]. */
#ifndef GAL_CSP_KERN_H
#define GAL_CSP_KERN_H
#include "num/isa.h"
struct csp_kern {
    void (*accumulate)(const float *const *col, const double *w, size_t ncol, size_t n, double *out);
};
GAL_KERN_DECLARE(csp_kern);
#endif
