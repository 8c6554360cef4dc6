/* What the machine can do at best: reading memory, multiplying and adding in registers. */
#ifndef GAL_LIMITS_KERN_H
#define GAL_LIMITS_KERN_H
#include "num/isa.h"
struct limits_kern {
    double (*read)(const float *x, size_t n); /* sum of n floats */
    double (*fma)(size_t n);                  /* n multiply-adds on doubles held in registers */
};
GAL_KERN_DECLARE(limits_kern);
#endif
