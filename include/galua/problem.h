/* galua/problem.h - targets of known evidence and posterior, for tests, validation and benchmarks of samplers.
 *
 * Uniform priors on a box, likelihoods as written; ln Z by quadrature (two dimensions: 25 digits; chain Rosenbrock: transfer operator
 * on 8001 points). No threads inside: evaluation costs less than starting them. */
#ifndef GAL_PROBLEM_H
#define GAL_PROBLEM_H
#include "galua/base.h"
#include "galua/target.h"
#ifdef __cplusplus
extern "C" {
#endif
/* gauss       prod N(x; 0, 1), box +-5
 * correlated  N(0, S), unit variances, all correlations 0.95, box +-8
 * scales      independent normals with s.d. 10^-k, k = 0 .. d-1, box +-5
 * eggbox      ln L = (2 + cos(x/2) cos(y/2))^5, [0, 10 pi]^2; d = 2
 * shells      two shells of radius 2, width 0.1, at +-3.5 on axis 1, box +-6
 * rosenbrock  ln L = -sum 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2, box +-5; rosenbrock10: box +-10
 * loggamma    four modes of log-gamma and normal densities in [0, 1]^d, even d (Beaujean & Caldwell 2013)
 * funnel      Neal's: y ~ N(0, 3^2), x_k ~ N(0, exp(y/2)), y in +-10, x in +-100
 * spike       100 prod N(x; 0, 0.01) + prod N(x; 0, 0.1), box +-1/2 (a phase change)
 * half        L = 1 for x_1 < 1/2, forbidden elsewhere, [0, 1]^d
 * vonmises    von Mises densities, kappa = 50, centred on the seam of periodic coordinates, [0, 1]^d
 * cake        ln L = -k where max |x_i - 1/2| is in [k, k+1)/20, k = 0 .. 9, [0, 1]^d
 * *lnz (may be NULL): ln Z, NaN where it is not known for this d. Caller frees with gal_problem_free. */
GAL_API gal_status gal_problem_create(gal_target **out, const char *name, size_t d, double *lnz);
GAL_API void gal_problem_free(gal_target *t);            /* NULL is fine */
GAL_API const char *const *gal_problem_names(size_t *n); /* in this order */
#ifdef __cplusplus
}
#endif
#endif
