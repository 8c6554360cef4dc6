/* galua/tangent.h - derivatives of a galaxy's spectra and band fluxes along a direction in its parameters.
 *
 * The stages of an evaluation are gone through with the change of everything that one hands to the next. History, metallicity, weights, sums,
 * attenuation of the light and energy balance have exact derivatives; a component has them where its class has (`*_jvp`), else central
 * differences of that component alone are taken, along the direction and in all that it reads, with a step of 1e-5: about 1e-9 of the
 * change. Redshift moves the bands over the spectrum: exactly, too.
 *
 * Where a function has a kink the derivative of one side is given: see docs/developer.md. Not for parity modes of the stars; on plans see
 * gal_plan_gradient. */
#ifndef GAL_TANGENT_H
#define GAL_TANGENT_H
#include "galua/galaxy.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef struct gal_tangent gal_tangent;            /* one per thread */
GAL_API bool gal_tangent_can(const gal_galaxy *g); /* not when its stars, dust or bands are those of a parity mode */
/* g must outlive it. GAL_EINVAL when it cannot. */
GAL_API gal_status gal_tangent_create(gal_tangent **out, const gal_galaxy *g);
GAL_API void gal_tangent_free(gal_tangent *t);
/* Components that differ instead (the class has no derivative): their number; the i-th as "agn.fritz". */
GAL_API size_t gal_tangent_differences(const gal_tangent *t);
GAL_API const char *gal_tangent_difference(const gal_tangent *t, size_t i);
/* Take differences of all of them, for tests. */
GAL_API void gal_tangent_force(gal_tangent *t, bool differences);
/* Along dtheta[npar], at theta, at which w is evaluated. */
GAL_API gal_status gal_tangent_along(gal_tangent *t, gal_galaxy_ws *w, const double *theta, const double *dtheta);
/* The same for band fluxes: dflux[bands]. Evaluates w at theta. */
GAL_API gal_status gal_tangent_photometry(gal_tangent *t, gal_galaxy_ws *w, gal_phot *p, const double *theta,
                                          const double *dtheta, double *dflux);
/* Only derivatives with respect to these are asked of gal_tangent_gradient, the others come out as 0: wanted[npar], copied; NULL: all. */
GAL_API void gal_tangent_want(gal_tangent *t, const bool *wanted);
/* Derivatives of sum_b gflux[b] F_b with respect to all parameters at once: gtheta[npar], backward through the model for some three
 * evaluations where every component can be transposed (gal_tangent_backward), else parameter by parameter. */
GAL_API gal_status gal_tangent_gradient(gal_tangent *t, gal_galaxy_ws *w, gal_phot *p, const double *theta,
                                        const double *gflux, double *gtheta);
/* The same of a function that sees the galaxy otherwise, too: its derivatives with respect to the total spectrum before transmission, the
 * transmission (both [nwave]) and the lines as they leave the galaxy [gal_galaxy_nlines]. p NULL: no bands. GAL_EUNSUP where it cannot be
 * done backward. */
typedef struct gal_light_slopes {
    const double *lum, *trans, *seen;
} gal_light_slopes;
GAL_API gal_status gal_tangent_gradient_light(gal_tangent *t, gal_galaxy_ws *w, gal_phot *p, const double *theta,
                                              const double *gflux, const gal_light_slopes *more, double *gtheta);
GAL_API bool gal_tangent_backward(const gal_tangent *t);
GAL_API bool gal_galaxy_backward(const gal_galaxy *g); /* the same, without one */
#ifdef __cplusplus
}
#endif
#endif
