/* Hot loops of empirical interpolation. */
#ifndef GAL_EIM_KERN_H
#define GAL_EIM_KERN_H
#include "num/isa.h"
struct eim_kern {
    /* r -= c b; returns sum weight |r| */
    double (*eliminate)(size_t n, double c, const double *b, const double *weight, double *r);
};
GAL_KERN_DECLARE(eim_kern);
#endif
