/* Inner loops of the atmospheres. */
#ifndef GAL_STARS_ATMOS_KERN_H
#define GAL_STARS_ATMOS_KERN_H
#include "num/isa.h"
#include "stars/opacity.h"

struct atmos_kern {
    /* True absorption a[n] and scattering s[n] at one depth, hydrogen lines included, in units of the state's `unit`. */
    void (*opacity)(const gal_opgrid *g, const gal_opstate *o, float *a, float *s);
    /* Emergent flux f[n] [erg/s/cm2/A x scale] from nd depths: tau[nd] the depth scale in the unit extinction (log-equidistant),
     * a and s as above, row k at k*stride. */
    void (*transfer)(const gal_opgrid *g, int nd, const double *tau, const gal_opstate *o, size_t stride,
                     const float *a, const float *s, bool lines, float scale, float *f);
};
GAL_KERN_DECLARE(atmos_kern);
#endif
