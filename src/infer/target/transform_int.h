/* Internals of the unconstrained space. */
#ifndef GAL_INFER_TRANSFORM_INT_H
#define GAL_INFER_TRANSFORM_INT_H
#include "galua/transform.h"
#include "num/gauss.h"

enum { W_U, W_Z, W_THETA, W_LN, W_BLOB, W_BACK, W_STENCIL, W_VALUE, W_JAC, W_N };
struct gal_space {
    const gal_target *t;
    size_t d;
    bool probit, separable, analytic;
    char text[120];
    size_t evaluations;
    double *work[W_N];
    size_t room[W_N];
    size_t *index;
    size_t nindex;
};
/* Working memory number `which` of at least n doubles; contents are lost when it grows. NULL when out of memory. */
double *space_work(gal_space *s, int which, size_t n);
double space_lnprior(const gal_space *s, const double *z); /* ln N(z; 0, I) */
#endif
