/* galua/ssp_error.h - what spectra of stellar populations are wrong by, as a smooth change of magnitude with wavelength, mass and redshift that is
 * fitted with a population (the form of diffsky, Hearin et al., on top of DSPS), with its derivatives.
 *
 * At six rest wavelengths dm = dm_r + d(m - m_r), each a logistic step (k = 5) of log10 mass between ylo and yhi about logsm0, at the control
 * redshifts 0, 0.5 and 1.1 between which logistic steps (k = 5, about 0.5, 1 and 1.5) interpolate. Light is multiplied by what triweight steps make of
 * 10^(-0.4 dm) at the nodes. Pure functions: any thread. */
#ifndef GAL_SSP_ERROR_H
#define GAL_SSP_ERROR_H
#include "galua/soft.h"
#ifdef __cplusplus
extern "C" {
#endif
enum { GAL_SSP_ERROR_NODES = 6, GAL_SSP_ERROR_N = 54 };
GAL_API extern const double gal_ssp_error_wave[GAL_SSP_ERROR_NODES]; /* [A] */
/* [GAL_SSP_ERROR_N]: by redshift, node (r first, then differences to it) and logsm0, ylo, yhi. Defaults: the calibration of diffsky. */
GAL_API const gal_soft_param *gal_ssp_error_params(void);
/* dm[6] in magnitudes of a galaxy of log10 mass logsm [Msun formed] at z, and its slopes by both (each may be NULL) */
GAL_API void gal_ssp_error(const double *par, double logsm, double z, double *dm, double *bymass, double *byz);
/* Adds to gp[GAL_SSP_ERROR_N] the derivatives of a loss with g[6] = dLoss/ddm */
GAL_API void gal_ssp_error_vjp(const double *par, double logsm, double z, const double *g, double *gp);
/* Shares w[6] of the nodes' 10^(-0.4 dm) in the factor of light at a rest wavelength [A], and their slopes by it (may be NULL); they sum to 1 */
GAL_API void gal_ssp_error_shares(double wave, double *w, double *dw);
#ifdef __cplusplus
}
#endif
#endif
