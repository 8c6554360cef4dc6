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
    const double *cell;  /* [nb][nz][na] per Msun formed, >= 0 */
    double tobs;         /* Gyr, in t[0] .. t[nt - 1], not t[0] */
    double lt0, fb;      /* of Diffmah and Diffstar: log10 Gyr, baryon fraction */
    bool single;         /* float32 */
} gal_pop_spec;
/* Copies everything. GAL_EDOMAIN, GAL_EFORMAT name what is wrong. */
GAL_API gal_status gal_pop_create(gal_pop **out, const gal_pop_spec *s);
GAL_API void gal_pop_free(gal_pop *p); /* NULL is fine */
typedef struct gal_pop_galaxies {
    size_t n;
    const double *sfr; /* [n][nt], or NULL */
    const double *par; /* [GAL_HISTORY_N][n]: the Diffmah parameters, then those of Diffstar; used when sfr is NULL */
    const double *lgmet, *scatter; /* [n] */
} gal_pop_galaxies;
/* flux[nb][n], mass[n] formed by t_obs; each may be NULL. GAL_EDOMAIN names the first galaxy that is wrong (1-based) and why. */
GAL_API gal_status gal_pop_flux(const gal_pop *p, const gal_pop_galaxies *g, double *flux, double *mass);
/* Of gflux[nb][n] = dLoss/dflux: gsfr[n][nt], gpar[GAL_HISTORY_N][n], glgmet[n], gscatter[n]; each may be NULL. flux[nb][n] too, if wanted:
 * the forward pass runs anyway. Bands whose gflux is 0 throughout cost nothing. */
GAL_API gal_status gal_pop_vjp(const gal_pop *p, const gal_pop_galaxies *g, const double *gflux, double *flux,
                               double *gsfr, double *gpar, double *glgmet, double *gscatter);
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
