/* An instrument from the inside: shared by instrument.c and observe.c. */
#ifndef GAL_SPEC_INT_H
#define GAL_SPEC_INT_H
#include "galua/spec.h"

struct gal_spec {
    size_t n;
    int refs;
    bool blurred;
    double constant_r;
    double *lo, *hi; /* [n] vacuum A; lo owns the block of all arrays */
    double *wave;    /* [n] centres as given */
    double *at;      /* [n] the same in vacuum */
    double *sigma;   /* [n] line spread at the centres [A] */
};
#endif
