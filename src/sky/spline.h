/* spline.h - interpolating cubic splines with not-a-knot ends (de Boor 1978), as tensor-product splines of degree 3 have them. */
#ifndef GAL_SKY_SPLINE_H
#define GAL_SKY_SPLINE_H
#include "galua/base.h"
/* Second derivatives m[n] at ascending x[n], n >= 4; work[2 n] */
void gal_spline_prepare(size_t n, const double *x, const double *y, double *m, double *work);
double gal_spline_value(size_t n, const double *x, const double *y, const double *m,
                        double at); /* end cubics outside */
#endif
