/* galua/hierarchy.h - populations from the posteriors of their members.
 *
 * Source i was fitted alone under an interim prior pi_i; draws y_is of quantities of its posterior are all that is kept. For a population
 * p(y | h) with hyperparameters h the likelihood of all data is (Hogg, Myers & Bovy 2010, ApJ 725, 2166; Mandel, Farr & Gair 2019, MNRAS 486,
 * 1086, eq. 7 for the selection)
 *     ln L(h) = sum_i ln [ 1/S_i sum_s p(y_is | h)/pi_i(y_is) ] - N ln alpha(h),
 *     alpha(h) = 1/M sum over detected mocks m of p(y_m | h)/q(y_m),   M mocks drawn from q, detected or not; 1 without selection.
 * Both are sums over draws and have a variance of their own (Talbot & Golomb 2023, MNRAS 526, 3495):
 *     var ln L = sum_i [ sum p^2 - 1/S_i ] + N^2 [ sum p_m^2 - 1/M ],   p = w/sum w.
 * What a posterior of h suffers from is less: the noise of differences of ln L between hyperparameters that share the draws,
 *     var [ln L(h) - ln L(h0)] = sum_i sum_s (p_is - p0_is)^2 + N^2 sum_m (p_m - p0_m)^2                     (Essick & Farr 2022, arXiv:2204.00461).
 * Where one draw has all the weight that says nothing: a source with fewer than two effective draws counts 1/their number at least.
 *
 * One caller at a time; sources over threads, with the same bits at any number of them. */
#ifndef GAL_HIERARCHY_H
#define GAL_HIERARCHY_H
#include "galua/base.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef struct gal_hierarchy_data {
    size_t nsource, nquantity;
    const size_t *start;  /* [nsource + 1] first draw of each source, from 0 */
    const double *y;      /* [nquantity][ndraw], ndraw = start[nsource] */
    const double *lnpi;   /* [ndraw] ln pi_i at the draw, up to a constant of the source */
    size_t ndetected;     /* mocks that a survey like this one finds; 0 and nmock 0: it finds everything */
    double nmock;         /* mocks drawn, M */
    const double *y_mock; /* [nquantity][ndetected] */
    const double *lnq;    /* [ndetected] ln q, normalised */
} gal_hierarchy_data;
typedef struct gal_hierarchy gal_hierarchy;
/* Copies what it is given. A draw with an infinite quantity (log SFR of no star formation) has density 0 under every population and still
 * counts in S_i. GAL_EINVAL: a source without draws; GAL_EDOMAIN: a NaN, or a draw where its own density is 0. */
GAL_API gal_status gal_hierarchy_create(gal_hierarchy **out, const gal_hierarchy_data *d);
GAL_API void gal_hierarchy_free(gal_hierarchy *h); /* NULL is fine */
GAL_API size_t gal_hierarchy_quantities(const gal_hierarchy *h);
GAL_API size_t gal_hierarchy_draws(const gal_hierarchy *h);
GAL_API size_t gal_hierarchy_points(const gal_hierarchy *h); /* ndraw + ndetected */

/* Gaussians, each quantity given those before it:
 *     y_k ~ N( mean_k + sum_{j < k} slope_kj (y_j - pivot_j), sd_k ) */
typedef struct gal_hierarchy_law {
    const double *mean, *sd, *pivot; /* [nquantity] */
    const double *slope;             /* [nquantity][nquantity], of row k the first k */
} gal_hierarchy_law;
typedef struct gal_hierarchy_value {
    double lnl;      /* -inf: a source that the population excludes */
    double variance; /* of lnl, as above */
    double noise;    /* variance of the difference to the reference; 0 without one */
    double least;    /* effective draws of the source that has fewest, (sum w)^2/sum w^2 */
    size_t source;   /* ... which, from 0 */
    double alpha;    /* share of the population that is found */
} gal_hierarchy_value;
/* GAL_EDOMAIN: a standard deviation that is not positive. */
GAL_API gal_status gal_hierarchy_normal(gal_hierarchy *h, const gal_hierarchy_law *law, gal_hierarchy_value *out);
/* Any population: lnp[gal_hierarchy_points], ln p(y | h) of the draws, then of the detected mocks. GAL_EDOMAIN: a NaN. */
GAL_API gal_status gal_hierarchy_lnlike(gal_hierarchy *h, const double *lnp, gal_hierarchy_value *out);
/* What else depends on hyperparameters, the data's own calibration say: sum_k c_k term[k][s] is added to the ln weight of every draw, in all
 * calls from here on; of mocks nothing. term[nterm][ndraw] is copied, the coefficients start at 0. For a zero point of z mag in band b, data
 * d +- e and the flux F of the model at the draw: terms d F/e^2 and F^2/(2 e^2) with 10^(-0.4 z) - 1 and 1 - 10^(-0.8 z), which turn
 * N(d; F, e) into N(d; 10^(-0.4 z) F, e). GAL_EDOMAIN: a term that is not finite. */
GAL_API gal_status gal_hierarchy_terms(gal_hierarchy *h, size_t nterm, const double *term);
GAL_API size_t gal_hierarchy_term_count(const gal_hierarchy *h);
GAL_API void gal_hierarchy_tilt(gal_hierarchy *h, const double *coefficient); /* [nterm] */
/* The last call's hyperparameters become the reference h0. */
GAL_API void gal_hierarchy_mark(gal_hierarchy *h);
#ifdef __cplusplus
}
#endif
#endif
