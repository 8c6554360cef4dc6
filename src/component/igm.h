/* What the media between galaxies share: T = exp(-factor tau), parameter 0 the factor; scratch holds tau of the n nodes below Lyman alpha, then
 * its derivative with ln(1 + z). */
#ifndef GAL_COMPONENT_IGM_H
#define GAL_COMPONENT_IGM_H
#include "galua/component.h"
size_t igm_scratch(const void *self, const gal_wavegrid *g);
/* transmit_jvp and transmit_vjp, once both are there; n = 0: nothing is absorbed, at z <= 0 */
void igm_change(const gal_stage *s, const gal_stage *d, size_t n, double *change);
void igm_back(const gal_stage *s, size_t n, const double *t, const double *gt, double *gp, gal_view *gv);
#endif
