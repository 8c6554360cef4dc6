/* What the active nuclei share. */
#ifndef GAL_COMPONENT_AGN_H
#define GAL_COMPONENT_AGN_H
#include "galua/component.h"
/* L_bol / L_(2-10 keV) of Duras et al. 2020 (A&A 636, A73), eq. 2 for all nuclei: 10.96 [1 + (log(L_bol/Lsun)/11.93)^17.79]. */
double gal_agn_bolometric_correction(double lum);
double gal_agn_corona_slope(double lum);         /* derivative of L/K(L), the corona's luminosity, with L */
extern const gal_quantity gal_agn_quantities[2]; /* L_AGN, L_AGN_X */
#endif
