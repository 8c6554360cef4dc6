/* Inner loops of the star grid: interpolate, exponentiate, normalise, add. */
#ifndef GAL_STARS_STARGRID_KERN_H
#define GAL_STARS_STARGRID_KERN_H
#include "num/isa.h"

struct stargrid_kern {
    /* lnf[n] = (more ? lnf : 0) + sum of four spectra times their weights. */
    void (*mix)(size_t n, const float *const sp[4], const float w[4], bool more, float *lnf);
    /* f[n] = exp of the sum of four spectra times their weights; returns sum quad_i f_i. */
    double (*mix_exp)(size_t n, const float *const sp[4], const float w[4], const float *quad, float *f);
    /* f[n] = exp(lnf[n]), in place; returns sum quad_i f_i. */
    double (*exponentiate)(size_t n, const float *quad, float *f);
    /* Multiplies f by the ratio of black bodies B(t)/B(tc), x1 = h c/(lambda k) [K]; returns sum quad_i f_i. */
    double (*rescale)(size_t n, const float *quad, const float *x1, float t, float tc, float *f);
    /* acc += s f */
    void (*add)(size_t n, double s, const float *f, double *acc);
};
GAL_KERN_DECLARE(stargrid_kern);
#endif
