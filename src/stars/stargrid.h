/* stargrid.h - the nodes of the star grid, for tests and for fits of its coefficients. Internal to src/stars. */
#ifndef GAL_STARS_STARGRID_H
#define GAL_STARS_STARGRID_H
#include "galua/stars.h"
/* ln(F_lambda / sigma Teff^4) [1/A] at all nodes, [8 Z][40 Teff][6 log g][nwave]; *lines: index of the first wavelength with lines. */
GAL_API const float *gal_stargrid_nodes(const gal_stargrid *g, size_t *lines);
/* One of many stars of a metallicity: log10 Teff [K], log10 g [cgs], luminosity times number [Lsun]. */
typedef struct gal_grid_star {
    double logteff, logg, lum;
} gal_grid_star;
/* What gal_stargrid_add does with each of n stars in turn, the same to the bit, faster. */
GAL_API void gal_stargrid_add_all(const gal_stargrid *g, double z, const gal_grid_star *s, size_t n, double *acc);
#endif
