/* galua/dsps.h - from a star formation history to magnitudes by the rules of DSPS (Hearin et al. 2023, MNRAS 521, 1741), each step with its
 * exact reverse (suffix _vjp) or Jacobian.
 *
 * Units: times and ages in Gyr (ages as log10), SFR in Msun/yr, masses in Msun formed, metallicity log10 of the ABSOLUTE mass fraction,
 * spectra in Lsun/Hz, wavelengths in A unless "micron". Functions are pure and may be called from any thread. */
#ifndef GAL_DSPS_H
#define GAL_DSPS_H
#include "galua/mzr.h"
#include "galua/soft.h"
#ifdef __cplusplus
extern "C" {
#endif
#define GAL_DSPS_SFR_MIN 1e-14       /* Msun/yr: lower rates count as this */
#define GAL_DSPS_T_BIRTH 0.001       /* Gyr: nothing is born before */
#define GAL_DSPS_AB0     1.13492e-13 /* Lsun/Hz: 3631 Jy at 10 pc with Lsun = 3.828e33 erg/s */

/* ---- grids. Widths of the cells around n >= 3 nodes (of any values); edges are nodes minus half a cell, which is the midpoint only on even
 * grids. Outer edges of a metallicity grid are -10 and +10. edge[n + 1]. */
GAL_API void gal_dsps_cells(const double *x, size_t n, double *width);
GAL_API void gal_dsps_age_edges(const double *lgage, size_t n, double *edge);
GAL_API void gal_dsps_met_edges(const double *lgmet, size_t n, double *edge);
/* GAL_EDOMAIN, GAL_EFORMAT: fewer than 3 nodes, not ascending, or numbers that look like log10(Z/Zsun) */
GAL_API gal_status gal_dsps_check_ages(const double *lgage, size_t n);
GAL_API gal_status gal_dsps_check_met(const double *lgmet, size_t n);

/* ---- mass formed: mass[nt] by the trapezoid from (0.001 Gyr, 1e-14 Msun/yr) on; rates below floor count as floor. Ascending t,
 * t[0] > 0.001; GAL_EDOMAIN names a negative or infinite rate, and a history that forms nothing at all. */
GAL_API gal_status gal_dsps_mass(size_t nt, const double *t, const double *sfr, double floor, double *mass);
/* Gas of a Diffstar 1 history at the nt >= 3 times of a history: gas = fb (accreted) - formed, both summed as gal_dsps_mass does, and its
 * growth rate (cell differences of gas over those of time) [Msun/yr]. rate may be NULL. GAL_EDOMAIN: times. */
GAL_API gal_status gal_diffstar_gas(const double *mah, double lt0, double fb, size_t nt, const double *t,
                                    const double *sfr, double *gas, double *rate);
/* Age weights w[na] at t_obs (sum 1) and *mobs, the mass formed by then (may be NULL): log M is linear in log t between the nodes.
 * GAL_EDOMAIN when t_obs lies outside t[0] .. t[nt - 1]. */
GAL_API gal_status gal_dsps_age_weights(size_t nt, const double *t, const double *sfr, size_t na, const double *lgage,
                                        double tobs, double *w, double *mobs);
/* Reverse: gw[na] = dLoss/dw, gm = dLoss/dmobs; sets gsfr[nt] (0 for floored rates) and *gt = dLoss/dt_obs (may be NULL). */
GAL_API gal_status gal_dsps_age_weights_vjp(size_t nt, const double *t, const double *sfr, size_t na,
                                            const double *lgage, double tobs, const double *gw, double gm, double *gsfr,
                                            double *gt);

/* ---- metallicity weights p[nz] of a triweight distribution about x of width s > 0, and their derivatives (NULL to skip). GAL_EDOMAIN: s, or
 * x that looks like log10(Z/Zsun), or a distribution that reaches beyond -10. */
GAL_API gal_status gal_dsps_met_weights(double x, double s, size_t nz, const double *lgmet, double *p, double *dx,
                                        double *ds);
/* Of a metallicity history tab[nt]: x[na] = tab at the birth of each age node (linear in log10 t, ends held). gx NULL, or dLoss/dx[na], and
 * gtab[nt], *gt (may be NULL) are set. Weights by age are gal_dsps_met_weights(x[a]). */
GAL_API gal_status gal_dsps_met_at_birth(size_t nt, const double *t, const double *tab, size_t na, const double *lgage,
                                         double tobs, double *x, const double *gx, double *gtab, double *gt);
/* A quantity that goes from `young` to `old` with age: the triweight step of log10 age/yr about 8, width 1. *fold = its share of old. */
GAL_API double gal_dsps_by_age(double lgage_gyr, double young, double old, double *fold);

/* ---- bursts: w[na] = fb b + (1 - fb) smooth, b the triweight pdf of log10 age/yr about lgyr_peak that ends at lgyr_max, at the nodes.
 * q = lgfburst, lgyr_peak, lgyr_max. smooth[na] sums to 1. */
GAL_API const gal_soft_param *gal_burst_params(void); /* [3] */
GAL_API gal_status gal_burst_weights(const double q[3], size_t na, const double *lgage, const double *smooth,
                                     double *w);
/* Reverse: gw[na] -> gq[3], gsmooth[na] (may be NULL) */
GAL_API gal_status gal_burst_weights_vjp(const double q[3], size_t na, const double *lgage, const double *smooth,
                                         const double *gw, double gq[3], double *gsmooth);
/* ---- mass that survives, remnants included, and mass in remnants, per mass formed, at log10 age/yr. Fits of Hearin et al. to the FSPS tables,
 * better than 0.02 and 0.05. *d (may be NULL) is the slope by the first argument. */
typedef enum gal_survival_imf {
    GAL_SURVIVAL_SALPETER,
    GAL_SURVIVAL_CHABRIER,
    GAL_SURVIVAL_KROUPA,
    GAL_SURVIVAL_VANDOKKUM
} gal_survival_imf;
GAL_API double gal_surviving(double lgyr, gal_survival_imf imf, double *d);
GAL_API double gal_remnants(double lgyr, gal_survival_imf imf, double *d);

/* ---- dust curves k(x), x in micron, and attenuation A = max(av k/4.05, 0) with Rv fixed at 4.05 */
typedef enum gal_dust_curve {
    GAL_DUST_CALZETTI00,
    GAL_DUST_LEITHERER02,
    GAL_DUST_BASE,
    GAL_DUST_NOLL09,
    GAL_DUST_SALIM18,
    GAL_DUST_TRIWEIGHT
} gal_dust_curve;
typedef struct gal_dust_par {
    double av, delta, bump, funo; /* [mag] attenuation, slope, bump amplitude, share of light that meets no dust */
    double x0, width;             /* of the bump [micron]: 0.2175, 0.035 */
} gal_dust_par;
enum {
    GAL_DUST_AV,
    GAL_DUST_DELTA,
    GAL_DUST_BUMP,
    GAL_DUST_FUNO,
    GAL_DUST_BUMP_X0,
    GAL_DUST_BUMP_WIDTH,
    GAL_DUST_X,
    GAL_DUST_N
};
/* BASE is Calzetti above 0.15 micron, Leitherer below; NOLL09 = (base + Drude) (x/0.55)^delta; SALIM18 = base (x/0.55)^delta + Drude, neither
 * below 0; TRIWEIGHT is a smooth stand-in of BASE without parameters. d NULL or [GAL_DUST_N] (GAL_DUST_X: by wavelength). */
GAL_API double gal_dust_k(gal_dust_curve c, const gal_dust_par *p, double x, double *d);
/* Transmission funo + (1 - funo) 10^(-0.4 A) */
GAL_API double gal_dust_transmission(gal_dust_curve c, const gal_dust_par *p, double x, double *d);
GAL_API double gal_dust_bump_of_slope(double delta); /* Kriek & Conroy 2013: 0.85 - 1.9 delta */

/* Black bodies, per area and solid angle of the source: B_nu [Lsun/Hz/sr/m^2] at nu Hz, B_lambda [Lsun/A/sr/m^2] at wave A, T K > 0 */
GAL_API double gal_blackbody_nu(double nu, double T);
GAL_API double gal_blackbody_wave(double wave, double T);

/* ---- photometry. The weights of one band at redshift z on a spectrum's grid, as DSPS integrates: trapezoid over the FILTER's nodes, spectrum
 * linear between its own, 0 outside. b[nwave]: flux in units of AB zero = sum b L; db NULL or db/dz. mag = -2.5 log10(sum b L), at z > 0 without
 * distance and 1 + z (gal_w0wa_dimming adds them). GAL_EDOMAIN: a filter without response. */
GAL_API gal_status gal_dsps_band(size_t nf, const double *fwave, const double *trans, double z, size_t nwave,
                                 const double *wave, double *b, double *db);
/* A curve on n even wavelengths between its own ends, linear between its nodes: what rectangular tables of filters are made of. GAL_EDOMAIN: nodes. */
GAL_API gal_status gal_dsps_resample(size_t nf, const double *fwave, const double *trans, size_t n, double *wave,
                                     double *out);
/* int T lambda / int T / (1 + z) [A] */
GAL_API double gal_dsps_effective_wave(size_t nf, const double *fwave, const double *trans, double z);
/* Magnitudes of the cells of an SSP table: flux[cell] = sum_k b_k S[cell][k], cells of nwave values */
GAL_API void gal_dsps_cell_flux(size_t ncell, size_t nwave, const double *ssp, const double *b, double *flux);

/* ---- equivalent widths: continuum C = unweighted quadratic through the nodes in lo1 .. hi1 and lo2 .. hi2, line flux = trapezoid over the whole grid of
 * (flux - C) within lo .. hi, 0 outside (the cells at its ends count half), EW = line flux / C(mid). Both are linear in the flux: line[n] and
 * cont[n] are their weights, so that line flux = sum line f, C(mid) = sum cont f and dEW/df_i = (line_i - EW cont_i)/C(mid). All bounds
 * inclusive. GAL_EDOMAIN: windows; fewer than 3 wavelengths of continuum. */
typedef struct gal_ew_windows {
    double lo, hi, mid, lo1, hi1, lo2, hi2;
} gal_ew_windows;
GAL_API gal_status gal_dsps_ew_weights(const gal_ew_windows *w, size_t n, const double *wave, double *line,
                                       double *cont);

/* ---- flat w0-wa cosmology without radiation, by the fixed rules of DSPS (256 and 512 nodes; ages from z = 999 on): for parity. par = Om0, w0,
 * wa, h. galua/cosmo.h is the accurate one. d NULL or [5]: by z, Om0, w0, wa, h. */
enum { GAL_W0WA_OM0, GAL_W0WA_W0, GAL_W0WA_WA, GAL_W0WA_H, GAL_W0WA_N };
GAL_API double gal_w0wa_comoving(double z, const double par[4], double *d);   /* Mpc */
GAL_API double gal_w0wa_luminosity(double z, const double par[4], double *d); /* luminosity distance, Mpc */
GAL_API double gal_w0wa_angular(double z, const double par[4], double *d);    /* angular diameter distance, Mpc */
GAL_API double gal_w0wa_modulus(double z, const double par[4],
                                double *d); /* mag, luminosity distance in units of 10 pc */
GAL_API double gal_w0wa_dimming(double z, const double par[4], double *d);     /* modulus - 2.5 log10(1 + z) */
GAL_API double gal_w0wa_hubble_time(double z, const double par[4], double *d); /* 1/H(z), Gyr */
GAL_API double gal_w0wa_lookback(double z, const double par[4], double *d);    /* Gyr */
GAL_API double gal_w0wa_age(double z, const double par[4], double *d);         /* Gyr */
GAL_API double gal_w0wa_rho_crit(double z, const double par[4], double *d);    /* Msun/kpc^3 */
GAL_API double gal_w0wa_overdensity(double z, const double par[4],
                                    double *d); /* virial, over rho_crit (Bryan & Norman) */
GAL_API double gal_w0wa_crossing_time(double z, const double par[4], double *d); /* virial, Gyr */
GAL_API double gal_w0wa_volume(double z, const double par[4], double *d);        /* dV/dz/dOmega, comoving Mpc^3/sr */
#ifdef __cplusplus
}
#endif
#endif
