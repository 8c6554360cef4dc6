/* galua/gp.h - correlations of noise over ln(wavelength): one set of kernels for bands (galua/like.h) and pixels (galua/spec.h). */
#ifndef GAL_GP_H
#define GAL_GP_H
#include "galua/base.h"
#ifdef __cplusplus
extern "C" {
#endif
/* Correlation of two data as a function of d = |ln(lambda_i/lambda_j)|/length:
 *   sqexp    exp(-d^2/2)                             any n up to some hundreds: O(n^3)
 *   matern32 (1 + sqrt(3) d) exp(-sqrt(3) d)         O(n): a Markov process in two variables (Hartikainen & Sarkka 2010) */
typedef enum gal_kernel { GAL_KERNEL_NONE, GAL_KERNEL_SQEXP, GAL_KERNEL_MATERN32, GAL_KERNEL_N } gal_kernel;
GAL_API const char *gal_kernel_name(gal_kernel k);                      /* "none", "sqexp", "matern32" */
GAL_API gal_status gal_kernel_parse(gal_kernel *out, const char *name); /* GAL_ENOTFOUND suggests */
GAL_API double gal_kernel_value(gal_kernel k, double d);                /* d in units of the length */
GAL_API double gal_kernel_slope(gal_kernel k, double d);                /* its derivative with respect to |d| */
#ifdef __cplusplus
}
#endif
#endif
