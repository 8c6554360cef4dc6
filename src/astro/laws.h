/* Attenuation and extinction curves A(lambda)/A(5500 A), lambda in A. Beyond the ranges of the publications: constant towards shorter
 * wavelengths, lambda^-1.7 towards longer ones (continuous), so that every curve is finite and positive from 1 A to 1e10 A. */
#ifndef GAL_ASTRO_LAWS_H
#define GAL_ASTRO_LAWS_H
#include "galua/base.h"

/* Starbursts: Calzetti et al. 2000 (ApJ 533, 682) eq. 4 for 1500-22000 A, R_V = 4.05; Leitherer et al. 2002 (ApJS 140, 303) eq. 14
 * for 970-1500 A, scaled to join. k(lambda) = R_V A/A_V, not normalised. */
double gal_law_calzetti_k(double wave);
/* Cardelli, Clayton & Mathis 1989 (ApJ 345, 245): A/A_V = a + b/R_V for 1000 A - 3.3 micron; near UV to red after O'Donnell 1994. */
void gal_law_cardelli_ab(double wave, double *a, double *b);
/* Gordon et al. 2003 (ApJ 594, 279): tables 3 and 4, UV by the Fitzpatrick & Massa form. */
typedef enum gal_law_cloud { GAL_LAW_SMC_BAR, GAL_LAW_LMC, GAL_LAW_LMC2 } gal_law_cloud;
double gal_law_gordon03(gal_law_cloud cloud, double wave);
/* The 2175 A feature as a Drude profile of unit peak, width 350 A: Noll et al. 2009 (A&A 499, 69) eq. 8. */
double gal_law_bump(double wave);
#endif
