/* What the files of this folder share: see galua/sfh.h. Times in yr, rates in Msun/yr, masses in Msun. */
#ifndef GAL_SFH_INTERNAL_H
#define GAL_SFH_INTERNAL_H
#include "galua/sfh.h"

/* insitu.c */
void gal_insitu_rate(double psi_max, double tau, const double *t, size_t n, double *psi);
void gal_insitu_masses(double psi_max, double tau, const double *t, size_t n, double *mass);
void gal_insitu_zgas(double psi_max, double tau, const double *t, size_t n, double *z);
void gal_insitu_zstar(double psi_max, double tau, const double *t, size_t n, double *z);
double gal_insitu_dust_to_gas(double psi_max, double tau, double t);

/* cumulative.c */
double gal_delayed_mass(double norm, double tau, double k, double t);
double gal_lognormal_mass(double norm, double tau, double sigma, double t);
double gal_dpl_mass(double norm, double tau, double alpha, double beta, double t);

/* bursts.c: bursts repeated with a period; one burst of a given mass */
double gal_periodic_rate(gal_sfh_shape shape, double norm, double period, double tau, double t);
double gal_periodic_mass(gal_sfh_shape shape, double norm, double period, double tau, double t);
enum { GAL_PERIODIC_BREAKS = 2 * 48 };
size_t gal_periodic_breaks(double period, double tau, double age, double *t); /* the last 48 bursts */
void gal_burst_set(gal_history *h); /* burst_t, burst_span, burst_mass; the rest of the history is ready */
double gal_burst_rate(const gal_history *h, double t);
double gal_burst_mass(const gal_history *h, double t);
enum { GAL_BURST_BREAKS = 8 };
size_t gal_burst_breaks(const gal_history *h, double *t);

/* bins.c: fills nbin, t, psi, cum of a binned model from its own parameters */
void gal_bins_set(gal_history *h);
bool gal_sfh_is_binned(gal_sfh_kind k);
#endif
