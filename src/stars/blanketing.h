/* Statistical metal-line blanketing: within each wavelength bin the line opacity is log-normally distributed,
 *   kappa_q = 1e-17 (1 - e^-x) e^{s z_q} [ sum_j n(Fe^j)/U_j e^{a_j - E_j/kT} + molecules e^{b - 0.3 eV/kT} ],
 * z_q the Gauss-Hermite points; the emergent flux is sum_q w_q F(kappa_continuum + kappa_q). */
#ifndef GAL_STARS_BLANKETING_H
#define GAL_STARS_BLANKETING_H
#include "stars/opacity.h"
extern const double gal_blank_weight[GAL_BLANK_NQ]; /* sum 1 */
void gal_blanketing_tables(gal_opgrid *g);          /* fills a, e, mol, spread */
double gal_blanketing_step(double wave); /* width of the bins of the law at a wavelength [A]; 0 where it has none */
gal_hash gal_blanketing_hash(void);      /* of the embedded law */
#endif
