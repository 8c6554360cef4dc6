/* LTE plane-parallel model atmospheres: structure on a Rosseland depth scale, and the emergent spectrum. */
#ifndef GAL_STARS_ATMOSPHERE_H
#define GAL_STARS_ATMOSPHERE_H
#include "stars/opacity.h"

enum { GAL_ATM_NDEPTH = 50 };

/* log10 of the Rosseland mean opacity [cm2/g] without metal lines, at one metallicity. */
typedef struct gal_rosseland gal_rosseland;
GAL_API gal_status gal_rosseland_create(gal_rosseland **out, double zrel); /* zrel relative to solar; GAL_ENOMEM */
GAL_API void gal_rosseland_free(gal_rosseland *r);
GAL_API double gal_rosseland_log10(const gal_rosseland *r, double log10t, double log10p); /* clamped to the table */

/* True absorption a[n] and scattering s[n] in the unit of the state, hydrogen lines included, metal lines not. */
GAL_API void gal_opgrid_opacity(const gal_opgrid *g, const gal_opstate *o, float *a, float *s);

typedef struct gal_atmosphere {
    double teff, logg, zrel;
    double tau[GAL_ATM_NDEPTH], t[GAL_ATM_NDEPTH], p[GAL_ATM_NDEPTH];
} gal_atmosphere;

/* Temperature and pressure; t0 is the temperature that stands for Teff in the T(tau) law. */
GAL_API void gal_atmosphere_structure(gal_atmosphere *m, double teff, double logg, double zrel, const gal_rosseland *r,
                                      double t0);
/* Lowest log g of a static atmosphere (the flux of hot stars lifts it). */
GAL_API double gal_atmosphere_logg_floor(double teff);

/* Emergent flux on grid g, as a fraction of sigma Teff^4 per A, before any normalisation. work: gal_atmosphere_work(g) floats. */
GAL_API size_t gal_atmosphere_work(const gal_opgrid *g);

/* Where the iteration of a star begins and what it learnt, for the next star that is much like it: {.slope = 4} knows nothing. */
typedef struct gal_atmosphere_start {
    double x, slope, offset; /* ln(T0/Teff); d ln L/d ln T0; ln L on the fine grid minus that on the coarse one */
} gal_atmosphere_start;

/* A star: T0 iterated on the coarse grid until the flux integrates to sigma Teff^4, then the spectrum on the fine grid (once more where
 * it integrates to something else by 5e-4), flux[fine->n] as a fraction of sigma Teff^4 per A, normalised. start: read and set, NULL: knows
 * nothing. *ratio (may be NULL) = integral before normalisation. */
GAL_API void gal_atmosphere_solve(double teff, double logg, double zrel, const gal_rosseland *r,
                                  const gal_opgrid *coarse, const gal_opgrid *fine, gal_atmosphere_start *start,
                                  float *work, float *flux, double *ratio);
#endif
