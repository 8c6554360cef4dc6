/* src/num/gauss.h - numbers of the normal distribution. */
#ifndef GAL_NUM_GAUSS_H
#define GAL_NUM_GAUSS_H
#define LN_SQRT_2PI   0.91893853320467274178 /* ln sqrt(2 pi) */
#define FWHM_OF_SIGMA 2.3548200450309493     /* full width at half maximum in standard deviations, sqrt(8 ln 2) */
#endif
