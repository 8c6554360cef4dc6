/* galua/plan.h - what is wanted of a galaxy, compiled: band fluxes from a few wavelengths instead of all.
 *
 * The light of stars in a band is sum_j w_j int W(l) L_j(l) a(l; theta) dl, w_j the mass in cell j of the SSP table, W the band, a the
 * transmission of dust and of the intergalactic medium. All a(l) that the parameters allow are nearly combinations of a few: empirical
 * interpolation (src/num/eim.h) finds wavelengths l_q and functions c_q with a(l) = sum_q c_q(l) a(l_q), and the band is
 *     sum_q a(l_q) sum_j w_j R_qj,   R_qj = int W L_j c_q dl:
 * an SSP table of few columns, evaluated by the same code on a grid of few nodes. The power that dust absorbs is the same with W = 1;
 * what dust, gas and nuclei emit is taken at nodes of its own, with weights. Nodes are added until the tolerance holds on training
 * points, then it is measured on other points; the tolerance is tightened and more nodes are added until those pass.
 *
 * A plan is for a box of parameters and a list of bands, at one redshift or over a range of them: then there are panels of some 0.03 in
 * ln(1 + z), in each of which a band's R_qj at all redshifts are combinations of some 25 columns, with factors that are splines of z
 * (src/model/plan_panel.c). It is immutable once made and shared by threads. */
#ifndef GAL_PLAN_H
#define GAL_PLAN_H
#include "galua/galaxy.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef struct gal_plan_opts {
    gal_filter *const *filter; /* [nfilter] referenced */
    size_t nfilter;
    const double *lo, *hi; /* [npar] box of the parameters, lo = hi: fixed; copied. `distance` may be anything */
    double tolerance;      /* of max(F, 1e-3 F of the stars without dust), per band; 0 = 1e-6 */
    size_t ntrain, ncheck; /* points; 0 = 500, 4000 */
    uint64_t seed;         /* of both, different streams */
    const char *cache;     /* folder of plans that were made before (src/model/plan_cache.c), NULL: none */
} gal_plan_opts;
typedef struct gal_plan gal_plan;
/* GAL_EUNSUP: a component of the galaxy needs the whole grid, a parity choice is on, or a range of redshifts takes more than 100 MB: evaluate
 * it as it is. Over redshifts the panels where the tolerance is not reached or a band not covered are left out. GAL_EMATH: the tolerance is not reached. GAL_EDOMAIN: the box holds no galaxy, a band is outside the grid. GAL_EINTR: by the user. What
 * comes from the cache has the bits of what would be made; trouble with it is logged and costs time alone. */
GAL_API gal_status gal_plan_create(gal_plan **out, gal_galaxy *g, const gal_plan_opts *o);
GAL_API gal_plan *gal_plan_ref(gal_plan *p);
GAL_API void gal_plan_unref(gal_plan *p); /* NULL is fine */
/* The last four plans over redshifts that were made with a cache are kept for the next galaxy like them, of a catalogue; this lets them go. */
GAL_API void gal_plan_forget(void);
typedef struct gal_plan_info {
    size_t nodes, star_nodes; /* of all kinds; columns of the reduced table; over redshifts the largest of a panel */
    size_t panels, left_out;  /* over redshifts; those among them where the whole grid is to be evaluated */
    size_t bytes;
    double tolerance, error; /* asked; largest over the bands that was found at the check points */
    size_t checked;          /* their number */
    double seconds;          /* that it took to make, or to read */
    bool cached;             /* it was read, not made */
} gal_plan_info;
GAL_API gal_plan_info gal_plan_describe(const gal_plan *p);
GAL_API const double *gal_plan_error(const gal_plan *p); /* [nfilter] largest error of each band at the check points */
/* Is theta inside the plan's box, and no redshift that was left out? Elsewhere nothing is promised. */
GAL_API bool gal_plan_covers(const gal_plan *p, const double *theta);

typedef struct gal_plan_ws gal_plan_ws; /* one per thread */
GAL_API gal_status gal_plan_ws_create(gal_plan_ws **out, const gal_plan *p);
GAL_API void gal_plan_ws_free(gal_plan_ws *w);
/* flux[nfilter] mJy, of theta[npar] in range (gal_galaxy_check) and covered. Errors as gal_galaxy_photometry. No
 * allocation, but for the first point of a workspace in a panel. */
GAL_API gal_status gal_plan_photometry(const gal_plan *p, gal_plan_ws *w, const double *theta, double *flux);
/* Derivatives of sum_b gflux[b] F_b: gtheta[npar], of the parameters that are wanted[npar] (NULL: all), 0 of the others; backward through the
 * same nodes, see galua/tangent.h; the redshift's is continuous within a panel. They are those of the fluxes on the whole grid to about the plan's tolerance. The first call of a
 * workspace allocates. */
GAL_API gal_status gal_plan_gradient(const gal_plan *p, gal_plan_ws *w, const double *theta, const bool *wanted,
                                     const double *gflux, double *gtheta);
#ifdef __cplusplus
}
#endif
#endif
