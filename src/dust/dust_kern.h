/* Hot loops of the dust model. All arrays [n], contiguous, not overlapping. */
#ifndef GAL_DUST_KERN_H
#define GAL_DUST_KERN_H
#include "num/isa.h"
struct dust_kern {
    /* curve = exp(-slope lnx) */
    void (*power_law)(size_t n, double slope, const double *lnx, double *curve);
    /* att = exp(-tau curve), absorbed = 1 - att */
    void (*screen)(size_t n, double tau, const double *curve, double *att, double *absorbed);
    /* sum tw b5 absorbed / (e^x - 1), x = hck/T; slope = sum of the same times x e^x/(e^x - 1) */
    void (*planck_sum)(size_t n, double inv_t, const double *tw, const double *b5, const double *hck,
                       const double *absorbed, double *sum, double *slope);
    double (*weigh)(size_t n, const float *planck, const double *absorbed); /* sum of the products */
    /* lum += scale b5 absorbed / (e^x - 1) */
    void (*planck_add)(size_t n, double inv_t, double scale, const double *b5, const double *hck,
                       const double *absorbed, double *lum);
    /* the same of what is above T0: 1/(e^x - 1) - 1/(e^x0 - 1), without cancellation, not negative */
    void (*planck_over)(size_t n, double inv_t, double inv_t0, double scale, const double *b5, const double *hck,
                        const double *absorbed, double *lum);
    /* extinct = att_dd (s0 - absorbed_mc s1); returns sum tw absorbed_mc s1 and sum tw absorbed_dd (s0 - absorbed_mc s1) */
    void (*two_phase)(size_t n, const double *s0, const double *s1, const double *absorbed_mc, const double *att_dd,
                      const double *absorbed_dd, const double *tw, double *extinct, double *e_mc, double *e_dd);
    /* The same for one source: `cloud` of its light raw starts in clouds, and the diffuse dust has `ratio` >= 0 times the optical
     * depth that att_dd tells (att_dd = 0: 709). */
    void (*source)(size_t n, const double *raw, double cloud, double ratio, const double *absorbed_mc,
                   const double *att_dd, const double *absorbed_dd, const double *tw, double *out, double *e_mc,
                   double *e_dd);
};
GAL_KERN_DECLARE(dust_kern);
#endif
