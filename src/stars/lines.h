/* lines.h - lines of metals in the spectra of the star grid. Internal to src/stars. */
#ifndef GAL_STARS_LINES_H
#define GAL_STARS_LINES_H
#include "galua/base.h"

/* The grid of stars they are defined on, and the wavelengths: 3545, 3550 .. 8740 A (vacuum). */
enum { GAL_LINES_NZ = 8, GAL_LINES_NTEFF = 40, GAL_LINES_NLOGG = 6, GAL_LINES_NWAVE = 1040 };
#define GAL_LINES_FROM 3545.0
#define GAL_LINES_STEP 5.0
#define GAL_LINES_TO   (GAL_LINES_FROM + GAL_LINES_STEP * (GAL_LINES_NWAVE - 1))

/* Adds the correction of star (iz, it, ig) to ln F at the wavelengths above: lnf[GAL_LINES_NWAVE]. */
GAL_API void gal_lines_add(size_t iz, size_t it, size_t ig, float *lnf);
gal_hash gal_lines_hash(void); /* of all coefficients */
#endif
