/* galua/population.h - fluxes of many galaxies at one time of observation, and the reverse gradient with respect to everything of each galaxy.
 *
 * A plan holds the geometry (times of the histories, ages and metallicities of the SSP table, flux of each SSP cell in each band); a galaxy is a
 * table of star formation rates or the 13 parameters of Diffmah and Diffstar, with a triweight distribution of log10 Z. Rules of DSPS
 * (galua/dsps.h): flux_b = M_obs sum_z p_z sum_a w_a cell[b][z][a]. Units: Gyr, Msun/yr, Msun formed; flux in the unit of the cells.
 * A plan is immutable; calls run in gal_threads() threads, with the same bits at any number of them. float32: the arithmetic in single
 * precision (relative error of fluxes about 1e-6), arrays stay double. */
#ifndef GAL_POPULATION_H
#define GAL_POPULATION_H
#include "galua/diffstar.h"
#include "galua/dsps.h"
#include "galua/filter.h"
#include "galua/ssp.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef struct gal_pop gal_pop;
typedef struct gal_pop_spec {
    size_t nt, na, nz, nb;
    const double *t;     /* [nt] Gyr, ascending, above 0.001 */
    const double *lgage; /* [na] log10 age/Gyr */
    const double *lgmet; /* [nz] log10 absolute Z */
    const double *cell;  /* [nb][nz][na] per Msun formed, >= 0; [nred][nb][nz][na] */
    double tobs;         /* Gyr, in t[0] .. t[nt - 1], not t[0]; of all galaxies where nred is 0 */
    double lt0, fb;      /* of Diffmah and Diffstar: log10 Gyr, baryon fraction */
    bool single;         /* float32 */
    size_t nred;         /* 0, or each galaxy has its own redshift and time of observation: */
    const double *
        red; /* [nred] ascending redshifts of the cells, between which flux is linear; with one, cells are those of every z */
    const double *
        wave; /* NULL, or [nb] wavelengths [micron] at z = 0 at which dust of galaxies acts on a band; with nred only */
    gal_dust_curve curve;
} gal_pop_spec;
/* Copies everything. GAL_EDOMAIN, GAL_EFORMAT name what is wrong. */
GAL_API gal_status gal_pop_create(gal_pop **out, const gal_pop_spec *s);
GAL_API void gal_pop_free(gal_pop *p); /* NULL is fine */
/* Dust of a galaxy: transmission funo + (1 - funo) 10^(-0.4 A) of each band at its wavelength over 1 + z, galua/dsps.h. With `aged`, av and delta
 * are those of old stars and go over to those of young ones with age as gal_dsps_by_age does. */
enum { GAL_POP_AV, GAL_POP_DELTA, GAL_POP_BUMP, GAL_POP_FUNO, GAL_POP_AV_YOUNG, GAL_POP_DELTA_YOUNG, GAL_POP_DUST_N };
typedef struct gal_pop_galaxies {
    size_t n;
    const double *sfr; /* [n][nt], or NULL */
    const double *par; /* [GAL_HISTORY_N][n]: the Diffmah parameters, then those of Diffstar; used when sfr is NULL */
    const double *lgmet, *scatter; /* [n] */
    const double *z, *tobs;        /* [n], where the plan has redshifts */
    const double *dust;            /* NULL, or [GAL_POP_DUST_N][n]; the last two rows are read with aged only */
    bool aged;
} gal_pop_galaxies;
/* flux[nb][n], mass[n] formed by t_obs; each may be NULL. GAL_EDOMAIN names the first galaxy that is wrong (1-based) and why. */
GAL_API gal_status gal_pop_flux(const gal_pop *p, const gal_pop_galaxies *g, double *flux, double *mass);
/* Derivatives of a loss by what galaxies are given as, shaped like it; NULL: not wanted. z: at fixed t_obs, through cells and dust. */
typedef struct gal_pop_adjoint {
    double *sfr, *par, *lgmet, *scatter, *z, *tobs, *dust;
} gal_pop_adjoint;
/* Of gflux[nb][n] = dLoss/dflux. flux[nb][n] too, if wanted: the forward pass runs anyway. Bands whose gflux is 0 throughout cost nothing. */
GAL_API gal_status gal_pop_vjp(const gal_pop *p, const gal_pop_galaxies *g, const double *gflux, double *flux,
                               const gal_pop_adjoint *out);
/* Soft counts in the space of magnitudes: each axis and each cut is a linear combination x = sum_b coef_b mag_b, mag = -2.5 log10 flux + dim. A
 * galaxy counts weight prod_cuts F((x - at)/width) (below: 1 - F) in the bins its kernels reach. Fluxes are not kept. */
typedef struct gal_pop_axis {
    const double *coef; /* [nb] */
    gal_soft_axis bins;
} gal_pop_axis;
typedef struct gal_pop_cut {
    const double *coef; /* [nb] */
    double at, width;
    bool below;
} gal_pop_cut;
typedef struct gal_pop_count_spec {
    const gal_pop_axis *axis; /* [naxis] */
    size_t naxis;
    const gal_pop_cut *cut; /* [ncut] */
    size_t ncut;
    const double *weight, *dim; /* [n] or NULL: 1, 0 mag */
} gal_pop_count_spec;
/* count[nbin of axis 1][..]: the last axis fastest. The same bits at any number of threads. */
GAL_API gal_status gal_pop_count(const gal_pop *p, const gal_pop_galaxies *g, const gal_pop_count_spec *s,
                                 double *count);
/* Of gcount = dLoss/dcount, in one sweep; gweight[n], gdim[n] may be NULL. A loss that is not linear in the counts needs gal_pop_count before. */
GAL_API gal_status gal_pop_count_vjp(const gal_pop *p, const gal_pop_galaxies *g, const gal_pop_count_spec *s,
                                     const double *gcount, const gal_pop_adjoint *out, double *gweight, double *gdim);
/* Every spectrum: lum[nz][na][nw] of the SSP table per Msun formed on the ages and metallicities of the plan, which must outlive it (its bands have no
 * part); weight[nb][nw] of sums over wavelengths. */
typedef struct gal_pop_sed gal_pop_sed;
GAL_API gal_status gal_pop_sed_create(gal_pop_sed **out, const gal_pop *p, size_t nw, const float *lum, size_t nb,
                                      const double *weight);
GAL_API void gal_pop_sed_free(gal_pop_sed *s); /* NULL is fine */
/* spectra[n][nw], band[nb][n] = sum weight L, sum[n] = sum L over all wavelengths; each may be NULL. `dense`: by all rows of the table, not
 * only those of metallicities that a galaxy has: the same numbers, later. */
GAL_API gal_status gal_pop_spectra(const gal_pop_sed *s, const gal_pop_galaxies *g, bool dense, double *spectra,
                                   double *band, double *sum);
/* The cells of a plan from an SSP table without a log U axis: cell[nb][nz][nage] in units of the AB zero point at 10 pc per Msun formed, band-shifted to
 * redshift z but without distance and 1 + z. `dsps`: the trapezoid of gal_dsps_band (0 outside the spectrum), else the exact rule of
 * galua/filter.h, which refuses a band that the spectrum does not cover. dust NULL, or one screen for all ages. */
typedef struct gal_pop_light {
    const gal_ssp *ssp;
    gal_filter *const *filters;
    size_t nb;
    double z;
    bool dsps;
    const gal_dust_par *dust;
    gal_dust_curve curve;
} gal_pop_light;
GAL_API gal_status gal_pop_cells(const gal_pop_light *l, double *cell);
/* log10 age/Gyr [nage] and log10 Z [nz] of a table; GAL_EDOMAIN for an age of 0 or a log U axis */
GAL_API gal_status gal_pop_axes(const gal_ssp *s, double *lgage, double *lgmet);
#ifdef __cplusplus
}
#endif
#endif
