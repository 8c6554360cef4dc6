/* The emission lines of a galaxy as they lie on its wavelength grid: to take them off and put them back with a width of one's own. */
#ifndef GAL_LINE_SET_H
#define GAL_LINE_SET_H
#include "galua/galaxy.h"
typedef struct line_profile {
    size_t first, count, at;
} line_profile;
typedef struct line_set {
    size_t n;         /* 0: none, or none that can be taken off */
    double sigma;     /* dispersion on the grid [km/s]; 0: no component with lines */
    double *wave;     /* [n] */
    line_profile *on; /* [n] nodes of the grid; count 0: outside */
    double *weight;
} line_set;
gal_status line_set_take(line_set *s, const gal_galaxy *g);
void line_set_clear(line_set *s);
/* lum[nwave] less the lines of the galaxy evaluated in w */
void line_set_subtract(const line_set *s, const gal_galaxy_ws *w, double *lum);
/* Line spread that the model's spectra have already at node k of the galaxy's wavelengths [A, FWHM]: what the table says, else
 * half a step as a standard deviation (a node is the mean of its cell, and lies on straight lines). *finest: FWHM below which its
 * features are not real [A]. (viewer.c) */
double model_fwhm(const gal_galaxy *g, size_t k, double *finest);
#endif
