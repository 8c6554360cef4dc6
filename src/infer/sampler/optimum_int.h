/* Internals of the optimiser. */
#ifndef GAL_INFER_OPTIMUM_INT_H
#define GAL_INFER_OPTIMUM_INT_H
#include "galua/optimum.h"
struct gal_optimum {
    GAL_IS_SAMPLER;
    gal_optimum_opt opt;
    double *start;
    size_t nmodes;
    gal_mode *mode; /* [nmodes] */
    double lnz;
    gal_importance imp;
    gal_draws draws;
};
#endif
