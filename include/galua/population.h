/* galua/population.h - fluxes of many galaxies at one time of observation, and the reverse gradient with respect to everything of each galaxy.
 *
 * A plan holds the geometry (times of the histories, ages and metallicities of the SSP table, flux of each SSP cell in each band); a galaxy is a
 * table of star formation rates or the 13 parameters of Diffmah and Diffstar, with a triweight distribution of log10 Z. Rules of DSPS
 * (galua/dsps.h): flux_b = M_obs sum_z p_z sum_a w_a cell[b][z][a]; a table may have up to two more axes (log U, a slope of the initial mass
 * function), on which each galaxy has its place, and stars of a burst may stand on top of the history. Units: Gyr, Msun/yr, Msun formed; flux in the unit of the cells.
 * A plan is immutable; calls run in gal_threads() threads, with the same bits at any number of them. float32: the arithmetic in single
 * precision (relative error of fluxes about 1e-6), arrays stay double. */
#ifndef GAL_POPULATION_H
#define GAL_POPULATION_H
#include "galua/diffstar.h"
#include "galua/dsps.h"
#include "galua/filter.h"
#include "galua/ssp.h"
#include "galua/ssp_error.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef struct gal_pop gal_pop;
/* Another axis of the cells. Linear between the nodes, which hold all values; or, with a width, shares of a triweight distribution of that
 * width about the value, the outer cells without end, as DSPS has for log U. */
enum { GAL_POP_AXES = 2 };
typedef struct gal_pop_table_axis {
    size_t n;           /* 0: not there; at least 2, with a width 3 */
    const double *node; /* [n] ascending */
    double width;
} gal_pop_table_axis;
typedef struct gal_pop_spec {
    size_t nt, na, nz, nb;
    const double *t;     /* [nt] Gyr, ascending, above 0.001 */
    const double *lgage; /* [na] log10 age/Gyr */
    const double *lgmet; /* [nz] log10 absolute Z */
    const double *cell;  /* [nb][nz][na] per Msun formed, >= 0; [nred][nodes of axis 1][of axis 2][nb][nz][na] */
    double tobs;         /* Gyr, in t[0] .. t[nt - 1], not t[0]; of all galaxies where nred is 0 */
    double lt0, fb;      /* of Diffmah and Diffstar: log10 Gyr, baryon fraction */
    bool single;         /* float32 */
    size_t nred;         /* 0, or each galaxy has its own redshift and time of observation: */
    const double *
        red; /* [nred] ascending redshifts of the cells, between which flux is linear; with one, cells are those of every z */
    const double *
        wave; /* NULL, or [nb] wavelengths [micron] at z = 0 at which dust of galaxies (with nred only) and the error model act on a band */
    gal_dust_curve curve;
    gal_pop_table_axis axis[GAL_POP_AXES];
    bool rest; /* wavelengths of dust are of the rest frame: emission lines */
    bool sums; /* cells may be negative, and finite is all they must be: sums over spectra that have no magnitude */
    double z;  /* of all galaxies where nred is 0: for the error model */
} gal_pop_spec;
/* Copies everything. GAL_EDOMAIN, GAL_EFORMAT name what is wrong. */
GAL_API gal_status gal_pop_create(gal_pop **out, const gal_pop_spec *s);
GAL_API void gal_pop_free(gal_pop *p); /* NULL is fine */
/* Dust of a galaxy: transmission funo + (1 - funo) 10^(-0.4 A) of each band at its wavelength over 1 + z, galua/dsps.h. With `aged`, av and delta
 * are those of old stars and go over to those of young ones with age as gal_dsps_by_age does. */
enum { GAL_POP_AV, GAL_POP_DELTA, GAL_POP_BUMP, GAL_POP_FUNO, GAL_POP_AV_YOUNG, GAL_POP_DELTA_YOUNG, GAL_POP_DUST_N };
/* Satellites that merge into their hosts (galua/merging.h): fluxes and masses of all that follows are then those after it, while metallicity by mass and
 * the error model go by what a galaxy has formed itself. Arrays of n: probability, host (a galaxy itself: none), share of its light that the host gets (NULL: 1). */
typedef struct gal_pop_merging {
    const double *p;
    const size_t *host;
    const double *share;
} gal_pop_merging;
/* Dust of galaxies that emits what it absorbs: of their light in the bins of `power`, a plan of the same galaxies (gal_pop_power_bins; rest frame, sums), and
 * band[nred][nb], flux of the plan's bands where it emits 1 Lsun, at the redshifts of its cells, between which it is linear. */
typedef struct gal_pop_emission {
    const gal_pop *power;
    const double *band;
} gal_pop_emission;
typedef struct gal_pop_galaxies {
    size_t n;
    const double *sfr; /* [n][nt], or NULL */
    const double *par; /* [GAL_HISTORY_N][n]: the Diffmah parameters, then those of Diffstar; used when sfr is NULL */
    const double *lgmet, *scatter; /* [n] */
    const double *z, *tobs;        /* [n], where the plan has redshifts */
    const double *dust;            /* NULL, or [GAL_POP_DUST_N][n]; the last two rows are read with aged only */
    bool aged;
    const double *axis;  /* [axes of the plan][n] places on them, where it has some */
    const double *burst; /* NULL, or [3][n]: lgfburst, lgyr_peak, lgyr_max of gal_burst_weights */
    const double
        *young; /* NULL, or [n]: lgmet of young stars, to which it goes over with age as gal_dsps_by_age does */
    const double *bymass,
        *bytime; /* NULL, or [n]: what lgmet depends on, its slopes by ln M_obs and by t_obs [1/Gyr] (gal_pop_mzr) */
    const double
        *quench; /* NULL, or [n] log10 age/yr: rapid quenching of the history, before the burst (gal_quench_weights) */
    const double
        *error; /* NULL, or [GAL_SSP_ERROR_N] parameters of the error model of the spectra (galua/ssp_error.h) */
    const double *offset; /* NULL, or [GAL_SSP_ERROR_NODES][n] magnitudes added at its nodes; with error only */
    const gal_pop_merging *merging;   /* NULL: none */
    const gal_pop_emission *emission; /* NULL: none; with dust only */
} gal_pop_galaxies;
/* flux[nb][n], mass[n] formed by t_obs; each may be NULL. GAL_EDOMAIN names the first galaxy that is wrong (1-based) and why. Masses alone need
 * no lgmet, scatter, dust, axis. */
GAL_API gal_status gal_pop_flux(const gal_pop *p, const gal_pop_galaxies *g, double *flux, double *mass);
/* Derivatives of a loss by what galaxies are given as, shaped like it; NULL: not wanted. z: at fixed t_obs, through cells, dust and errors. node: by
 * offset, given or not (gal_pop_error_vjp makes those by `error` of it); merge: by the probabilities. */
typedef struct gal_pop_adjoint {
    double *sfr, *par, *lgmet, *scatter, *z, *tobs, *dust, *axis, *burst, *young, *quench, *node, *merge;
} gal_pop_adjoint;
/* Of gflux[nb][n] = dLoss/dflux and gmass[n] = dLoss/dmass (NULL: 0). flux[nb][n] too, if wanted: the forward pass runs anyway. Bands whose gflux is 0
 * throughout cost nothing. Histories and t_obs get what lgmet passes on to them (bymass, bytime) as well. */
GAL_API gal_status gal_pop_vjp(const gal_pop *p, const gal_pop_galaxies *g, const double *gflux, const double *gmass,
                               double *flux, const gal_pop_adjoint *out);
/* Metallicities of a mass-metallicity relation (galua/mzr.h; `fixed`: umzr) of the mass formed by t_obs, and their slopes, for lgmet, bymass and bytime:
 * each [n]. And the other way: gp[GAL_MZR_N] of glgmet[n] = dLoss/dlgmet. */
GAL_API gal_status gal_pop_mzr(const gal_pop *p, const gal_pop_galaxies *g, const double *par, bool fixed,
                               double *lgmet, double *bymass, double *bytime);
GAL_API gal_status gal_pop_mzr_vjp(const gal_pop *p, const gal_pop_galaxies *g, const double *par, bool fixed,
                                   const double *glgmet, double *gp);
/* gp[GAL_SSP_ERROR_N] of node[GAL_SSP_ERROR_NODES][n] as gal_pop_vjp gives it */
GAL_API gal_status gal_pop_error_vjp(const gal_pop *p, const gal_pop_galaxies *g, const double *node, double *gp);
/* Soft counts in the space of magnitudes: each axis and each cut is a linear combination x = sum_b coef_b mag_b, mag = -2.5 log10 flux + dim. A
 * galaxy counts weight prod_cuts F((x - at)/width) (below: 1 - F) in the bins its kernels reach. Fluxes are not kept, unless galaxies merge. */
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
/* Light of a galaxy by its parts: stars of its bulge (gal_bulge), of star-forming knots, a share of the disc's mass that holds the burst as far as it is not
 * heavier, and of the rest of the disc (the rules of diffsky). All have the galaxy's metallicities, dust and rapid quenching; galaxies with an error model
 * have none, and merging comes after. Memory: two histories of rates a galaxy. */
enum { GAL_POP_BULGE, GAL_POP_DISC, GAL_POP_KNOTS, GAL_POP_PARTS };
enum { GAL_POP_TCRIT, GAL_POP_EARLY, GAL_POP_LATE, GAL_POP_KNOT_SHARE, GAL_POP_SPLIT_N };
/* split[GAL_POP_SPLIT_N][n] -> flux[GAL_POP_PARTS][nb][n], mass[GAL_POP_PARTS][n] (may be NULL) */
GAL_API gal_status gal_pop_parts(const gal_pop *p, const gal_pop_galaxies *g, const double *split, double *flux,
                                 double *mass);
/* Of gflux, gmass (may be NULL) in the same shapes; gsplit as split, may be NULL */
GAL_API gal_status gal_pop_parts_vjp(const gal_pop *p, const gal_pop_galaxies *g, const double *split,
                                     const double *gflux, const double *gmass, const gal_pop_adjoint *out,
                                     double *gsplit);
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
/* The cells of a plan from an SSP table: cell[nb][nz][nage] in units of the AB zero point at 10 pc per Msun formed, band-shifted to redshift z but
 * without distance and 1 + z. `dsps`: the trapezoid of gal_dsps_band (0 outside the spectrum), else the exact rule of galua/filter.h, which
 * refuses a band that the spectrum does not cover. dust NULL, or one screen for all ages. What it absorbs comes back as `emission`, where given: its
 * bands may then lie beyond the table's long end, where stars give nothing. */
typedef struct gal_pop_light {
    const gal_ssp *ssp;
    size_t iu; /* node of the log U axis, if it has one */
    gal_filter *const *filters;
    size_t nb;
    double z;
    bool dsps;
    const gal_dust_par *dust;
    gal_dust_curve curve;
    const double
        *through; /* NULL, or [nwave of ssp] transmission before the observer (the intergalactic medium at z) */
    size_t nemit; /* 0, or the spectrum emit [Lsun/A] on ewave [A] of dust that has absorbed 1 Lsun */
    const double *ewave, *emit;
    bool beyond; /* bands beyond the table's long end have no stars, as with nemit: what galaxies emit comes later */
} gal_pop_light;
GAL_API gal_status gal_pop_cells(const gal_pop_light *l, double *cell);
/* For gal_pop_emission: band[nb] by ewave, emit at redshift z; and of GAL_POP_POWER_BINS bins of the light up to 3 micron, their wavelengths
 * [micron] (luminosity-weighted over the table) and cell[bin][nz][nage] [Lsun]. */
enum { GAL_POP_POWER_BINS = 48 };
GAL_API gal_status gal_pop_emission_bands(const gal_pop_light *l, double *band);
GAL_API gal_status gal_pop_power_bins(const gal_pop_light *l, double *wave, double *cell);
/* The same of luminosities [Lsun] of emission lines, line[nl] of the table: cell[nl][nz][nage]; and of equivalent widths [A] by the windows of
 * gal_dsps_ew_weights on L_lambda of the table: cell[2 nw][nz][nage], of each its line flux (of either sign), then its continuum. filters, z, dsps,
 * through and emit are not read. */
GAL_API gal_status gal_pop_line_cells(const gal_pop_light *l, size_t nl, const size_t *line, double *cell);
GAL_API gal_status gal_pop_ew_cells(const gal_pop_light *l, size_t nw, const gal_ew_windows *w, double *cell);
/* log10 age/Gyr [nage] and log10 Z [nz] of a table; GAL_EDOMAIN for an age of 0 */
GAL_API gal_status gal_pop_axes(const gal_ssp *s, double *lgage, double *lgmet);
#ifdef __cplusplus
}
#endif
#endif
