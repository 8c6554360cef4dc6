/* Internals of the diagnostics. */
#ifndef GAL_INFER_DIAG_INT_H
#define GAL_INFER_DIAG_INT_H
#include "galua/diag.h"
size_t acf_size(size_t n); /* work length for n draws: a power of two, at least 2 n */
/* f[n] -> f[0..n-1] = sum_i (x_i - mean)(x_{i+t} - mean); f has room for `size`. */
void acf_raw(double *f, size_t n, size_t size);
double logsumexp(const double *x, size_t n);
#endif
