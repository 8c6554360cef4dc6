/* Power-law X-ray spectra shared by binaries and nuclei. */
#ifndef GAL_COMPONENT_XRAY_H
#define GAL_COMPONENT_XRAY_H
#include "galua/component.h"
/* f[n] [1/A]: L_lambda per unit 2-10 keV luminosity of photon index gamma with cut-off e_cut [keV]: ~ E^(3-gamma) exp(-E/e_cut),
 * E = 12.398516685506 keV/lambda[A], zero beyond 50 A (0.25 keV), where gas absorbs. Normalised to int f dlambda = 1 over 2-10 keV.
 * The parity choice xray_energy normalises over energy instead, on 256 log-spaced nodes of the grid's range, between which it
 * interpolates linearly (D4). */
void gal_xray_shape(const gal_wavegrid *g, double gamma, double e_cut, double *f);
#endif
