/* The in-situ model and the cumulative masses with special functions; see sfh.c. Times in yr, rates in Msun/yr, masses in Msun. */
#ifndef GAL_SFH_INTERNAL_H
#define GAL_SFH_INTERNAL_H
#include <stddef.h>
void gal_insitu_rate(double psi_max, double tau, const double *t, size_t n, double *psi);
double gal_insitu_mass(double psi_max, double tau, double t);
void gal_insitu_zgas(double psi_max, double tau, const double *t, size_t n, double *z);
void gal_insitu_zstar(double psi_max, double tau, const double *t, size_t n, double *z);
double gal_insitu_dust_to_gas(double psi_max, double tau, double t);
double gal_delayed_mass(double norm, double tau, double k, double t);
double gal_lognormal_mass(double norm, double tau, double sigma, double t);
double gal_dpl_mass(double norm, double tau, double alpha, double beta, double t);
#endif
