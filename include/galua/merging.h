/* galua/merging.h - what becomes of satellites in a mock catalogue, smoothly, with the exact reverse: they merge into their hosts, are quenched at once,
 * and galaxies have bulges (the forms of diffsky, Hearin et al., on top of DSPS).
 *
 * Masses, fluxes and line luminosities of a catalogue are merged alike: x -> x (1 - p) + sum over satellites of a host of w p x. */
#ifndef GAL_MERGING_H
#define GAL_MERGING_H
#include "galua/soft.h"
#ifdef __cplusplus
extern "C" {
#endif
/* Probability that a satellite has merged by t: |S| sigma(20 (S - 0.05)), S = sigmoid(t; t_infall + delay, k, -0.999999, most). Times in Gyr.
 * d NULL or [5]: by t, t_infall, delay, k, most. */
GAL_API double gal_merge_probability(double t, double infall, double delay, double k, double most, double *d);
/* Its three arguments by the masses of the satellite, lgm, and of its host, lgmhost [log10 Msun], when it fell in: smaller satellites merge faster for
 * longer, in larger hosts the delay is another. [GAL_MERGE_N] parameters with their bounds; defaults: the calibration of diffsky. d NULL or [GAL_MERGE_N],
 * dt NULL or the slope by t. */
enum { GAL_MERGE_N = 12 };
GAL_API const gal_soft_param *gal_merge_params(void);
GAL_API double gal_merge_infall(const double *par, double lgm, double lgmhost, double t, double infall, double *d,
                                double *dt);
/* out[n] of x[n], probabilities p[n], hosts host[n] (their own index: a central, which keeps its own) and shares w[n] of the merged light that
 * reach the host (NULL: 1). GAL_EDOMAIN: p outside 0 .. 1, a host that is not there or is a satellite itself. */
GAL_API gal_status gal_merge(size_t n, const double *x, const double *p, const size_t *host, const double *w,
                             double *out);
/* gout[n] -> gx[n], gp[n], gw[n]; each may be NULL */
GAL_API gal_status gal_merge_vjp(size_t n, const double *x, const double *p, const size_t *host, const double *w,
                                 const double *gout, double *gx, double *gp, double *gw);
/* Rapid quenching: age weights w[na] times 1e-4 + (1 - 1e-4) sigma(100 (log10 age/yr - cut)), to sum 1. And the reverse, gout[na] -> gw[na], *gcut. */
GAL_API void gal_quench_weights(size_t na, const double *lgyr, const double *w, double cut, double *out);
GAL_API void gal_quench_weights_vjp(size_t na, const double *lgyr, const double *w, double cut, const double *gout,
                                    double *gw, double *gcut);
/* What rapid quenching does at a merging probability p, as logistic steps about 0.2 (k = 100): the age cut [log10 yr] from a tenth of the youngest age of the
 * grid, lgyr0, to 1e8 yr, and the burst's log10 share of the mass from lgfburst to -7.99. *d by p, *df by lgfburst; NULL: not wanted. */
GAL_API double gal_quench_cut(double p, double lgyr0, double *d);
GAL_API double gal_quench_burst(double p, double lgfburst, double *d, double *df);
/* Rates of the bulge of a history sfr[nt] [Msun/yr] at t[nt] [Gyr]: sfr times a triweight step from early to late about t_crit whose width is
 * (t90 - t10)/6, the times when 90 and 10 % of the mass had formed; *mass (may be NULL) is its share of the mass. The rest is the disc. GAL_EDOMAIN as
 * gal_dsps_mass. */
GAL_API gal_status gal_bulge(size_t nt, const double *t, const double *sfr, double tcrit, double early, double late,
                             double *bulge, double *mass);
/* Of gbulge[nt]: adds to gsfr[nt] and to g[3], by tcrit, early and late; the times of 10 and 90 % follow the rates. */
GAL_API gal_status gal_bulge_vjp(size_t nt, const double *t, const double *sfr, double tcrit, double early, double late,
                                 const double *gbulge, double *gsfr, double *g);
#ifdef __cplusplus
}
#endif
#endif
