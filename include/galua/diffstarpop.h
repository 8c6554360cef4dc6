/* galua/diffstarpop.h - DiffstarPop: the distribution of Diffstar parameters in halos, and the gradient by its own 88 parameters (A. Hearin et al.,
 * diffstar 1.0; Alarcon et al. 2023).
 *
 * A halo has two galaxies, one on the main sequence and one that quenches, with probabilities 1 - f and f; unbounded Diffstar parameters of each are
 * normal, u = mean + std eps, with means and widths that follow the halo's mass x = log10 M(t0) and t_peak; those of quenching on the main
 * sequence are (5, 5, 5, 5), never. Means turn, mc(x; xtp, ytp, lo, hi) = sigslope(x; xtp, ytp, xtp, 3, lo, hi), or are lines through y0 at
 * x = 12.5 that are clipped smoothly; f is a logistic step of x whose place and height go over with t_peak; of satellites it grows with the
 * time since infall. Any thread. */
#ifndef GAL_DIFFSTARPOP_H
#define GAL_DIFFSTARPOP_H
#include "galua/diffstar.h"
#ifdef __cplusplus
extern "C" {
#endif
enum {
    GAL_DSPOP_N = 88,
    GAL_DSPOP_EPS = 12, /* normals of a halo: main sequence 4, quenched 8 */
    GAL_DSPOP_OUT = 25  /* means 4 + 8, widths 4 + 8, f */
};
GAL_API const gal_soft_param *gal_diffstarpop_params(void); /* [GAL_DSPOP_N]: names, defaults, bounds, transforms */
/* Published sets of p[GAL_DSPOP_N], fits to simulations and semi-analytic models: the names smdpl_dr1_nomerging (the default), smdpl_dr1, tng,
 * galacticus_in_situ, galacticus_in_plus_ex_situ of diffstar 1.0.3. GAL_ENOTFOUND: another name. */
enum { GAL_DSPOP_FITS = 5 };
GAL_API const char *const *gal_diffstarpop_fit_names(void); /* [GAL_DSPOP_FITS] */
GAL_API gal_status gal_diffstarpop_fit(const char *name, double *p);
typedef struct gal_dspop_halos {
    size_t n;
    const double *logmp, *tpeak; /* [n] log10 M(t0) [Msun], Gyr */
    /* [n] of satellites: log10 of the mass ratio to the host and of the host's mass at infall, time since [Gyr]; a halo is a central where that time
     * is negative, all of them where it is NULL */
    const double *lgmu, *logmhost, *since;
} gal_dspop_halos;
/* out[n][GAL_DSPOP_OUT] by parameters p[GAL_DSPOP_N] */
GAL_API void gal_diffstarpop(const double *p, const gal_dspop_halos *h, double *out);
/* Diffstar parameters ms[GAL_DIFFSTAR_N][n], q[GAL_DIFFSTAR_N][n] (bounded) and f[n] of normals eps[GAL_DSPOP_EPS][n] */
GAL_API gal_status gal_diffstarpop_draw(const double *p, const gal_dspop_halos *h, const double *eps, double *ms,
                                        double *q, double *f);
/* Reverse: derivatives of a loss by ms, q, f -> gp[GAL_DSPOP_N], the same bits at any number of threads */
GAL_API gal_status gal_diffstarpop_draw_vjp(const double *p, const gal_dspop_halos *h, const double *eps,
                                            const double *gms, const double *gq, const double *gf, double *gp);
/* eps[GAL_DSPOP_EPS][n] of a seed: halo i has the same at any n */
GAL_API void gal_diffstarpop_normals(uint64_t seed, size_t n, double *eps);
#ifdef __cplusplus
}
#endif
#endif
