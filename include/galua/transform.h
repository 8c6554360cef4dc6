/* galua/transform.h - the unconstrained space in which optimisers, Gaussian approximations, HMC and SMC work.
 *
 * With a prior transform T of the target, z = Phi^-1(u) and theta = T(Phi(z)): the prior is N(0, I) whatever it was, and
 *     ln p(z) = ln L(theta(z)) - z.z/2 - (d/2) ln 2 pi,
 * so that the integral of p over z is the evidence. ln prior of the target only forbids points here (-inf). Without a transform z
 * is theta itself and p = prior x likelihood. Beyond |z| = 8.2 the upper tail of u cannot be told from 1 in double precision: theta
 * stays at its value there.
 *
 * Gradients are analytic when the target has `gradient` and its transform acts on each coordinate alone, by the chain rule: with the
 * densities of the coordinates, d theta/dz = N(z; 0, 1)/p(theta), where the target has them, else with derivatives of the transform taken
 * numerically (five points, 1e-9); otherwise central differences of ln p, all 2 d + 1
 * evaluations of all points in ONE batch. The differences use fixed steps h_k = 5e-4 x scale_k: the gradient is then a
 * deterministic function of the position, which is all that HMC needs to be exact.
 *
 * A gal_space has working memory: one thread at a time; the target's batches are threaded inside. */
#ifndef GAL_TRANSFORM_H
#define GAL_TRANSFORM_H
#include "galua/base.h"
#include "galua/target.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef struct gal_space gal_space;
/* The target is borrowed. numerical: differences even where the target has a gradient. */
GAL_API gal_status gal_space_create(gal_space **out, const gal_target *t, bool numerical);
GAL_API void gal_space_free(gal_space *s); /* NULL is fine */
GAL_API const gal_target *gal_space_target(const gal_space *s);
GAL_API size_t gal_space_ndim(const gal_space *s);
GAL_API bool gal_space_probit(const gal_space *s);      /* false: z is theta */
GAL_API bool gal_space_analytic(const gal_space *s);    /* gradients from the target */
GAL_API const char *gal_space_text(const gal_space *s); /* one line: coordinates and gradient */
GAL_API size_t
gal_space_evaluations(const gal_space *s); /* of the likelihood; a gradient call of the target counts one */

/* z[m][d] -> theta[m][d] */
GAL_API gal_status gal_space_theta(gal_space *s, size_t m, const double *z, double *theta);
/* theta[d] -> z[d] by bisection; GAL_EUNSUP when the transform mixes coordinates, GAL_EDOMAIN outside the prior. */
GAL_API gal_status gal_space_from_theta(gal_space *s, const double *theta, double *z);
/* Start points z[m][d] number first .. first+m-1: draws of the prior whose probability is finite, keyed by (seed, source,
 * number); GAL_EMATH when 1000 draws find none, GAL_EUNSUP without a prior transform. */
GAL_API gal_status gal_space_start(gal_space *s, size_t m, size_t first, uint64_t seed, uint64_t source, double *z);
/* lnp[m] as above; lnprior, lnlike [m] of the target, theta [m][d], blob [m][nblob]: each may be NULL. Points that are not finite
 * have probability 0. */
GAL_API gal_status gal_space_eval(gal_space *s, size_t m, const double *z, double *lnp, double *theta, double *lnprior,
                                  double *lnlike, double *blob);
/* lnp[m] and its gradient[m][d]; scale[m][d] sets the steps of the differences (NULL: 1). Where lnp = -inf the gradient is 0; where
 * one neighbour is forbidden the difference is one-sided. */
GAL_API gal_status gal_space_gradient(gal_space *s, size_t m, const double *z, const double *scale, double *lnp,
                                      double *grad);
/* h[m][d][d]: Fisher information of the data and of the prior at each point, positive definite: units and steps for optimisers, good to some
 * three digits. For spaces of which gal_space_informed says so: analytic ones with a prior, whose target has `information`. */
GAL_API bool gal_space_informed(const gal_space *s);
GAL_API gal_status gal_space_information(gal_space *s, size_t m, const double *z, double *h);
/* scale[m][d] = 1/sqrt|d2 lnp/dz_k2| at each point, the width that lnp has along each axis there (at most 1 with a prior
 * transform): the steps for gal_space_gradient and units for optimisers. */
GAL_API gal_status gal_space_scale(gal_space *s, size_t m, const double *z, double *scale);
/* Second derivatives h[d][d] of lnp at z, symmetric: central differences (step 1e-2 x scale; 1e-3 of analytic
 * gradients) of the gradient. GAL_EDOMAIN next to
 * a forbidden region. */
GAL_API gal_status gal_space_hessian(gal_space *s, const double *z, const double *scale, double *h);
#ifdef __cplusplus
}
#endif
#endif
