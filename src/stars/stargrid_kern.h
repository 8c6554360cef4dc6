/* Inner loops of the star grid: interpolate, exponentiate, normalise, add. */
#ifndef GAL_STARS_STARGRID_KERN_H
#define GAL_STARS_STARGRID_KERN_H
#include "num/isa.h"

enum { STARGRID_GROUP = 4 }; /* stars added in one pass */

struct stargrid_kern {
    /* lnf[n] = (more ? lnf : 0) + sum of four spectra times their weights. */
    void (*mix)(size_t n, const float *const sp[4], const float w[4], bool more, float *lnf);
    /* f[n] = exp of the sum of four spectra times their weights; returns sum quad_i f_i. */
    double (*mix_exp)(size_t n, const float *const sp[4], const float w[4], const float *quad, float *f);
    /* f[n] = exp(lnf[n]), in place; returns sum quad_i f_i. */
    double (*exponentiate)(size_t n, const float *quad, float *f);
    /* xc[n] = x1/tc and sc[n] = 1 - exp(-xc), x1 = h c/(lambda k) [K]. */
    void (*edge)(size_t n, const float *x1, float tc, float *xc, float *sc);
    /* Multiplies f by the ratio of black bodies B(t)/B(tc), xc and sc of edge() at tc; returns sum quad_i f_i. */
    double (*rescale)(size_t n, const float *quad, const float *x1, const float *xc, const float *sc, float t,
                      float *f);
    /* acc += sum of s[k] f[k], k = 0 .. m - 1 in this order (m <= STARGRID_GROUP), f[k] of stride floats. */
    void (*add)(size_t n, size_t m, const double *s, const float *f, size_t stride, double *acc);
};
GAL_KERN_DECLARE(stargrid_kern);
#endif
