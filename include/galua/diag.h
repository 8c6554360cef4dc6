/* galua/diag.h - convergence diagnostics and posterior summaries.
 *
 * A gal_chains is a view of one scalar quantity: n draws of m chains, draw i of chain j at x[i*draw_stride + j*chain_stride];
 * nothing is copied by the caller. All functions are pure and thread-safe. */
#ifndef GAL_DIAG_H
#define GAL_DIAG_H
#include "galua/base.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef struct gal_chains {
    const double *x;
    size_t n, m, draw_stride, chain_stride;
} gal_chains;
/* Column k of a block [n][m][d], from draw `first` on. */
GAL_API gal_chains gal_chains_column(const double *block, size_t n, size_t m, size_t d, size_t k, size_t first);

/* ------------------------------------------------------------------ autocorrelation time
 * tau = 2 sum_{t=0}^{M} rho_t - 1, rho = mean over chains of each chain's normalised autocorrelation function, M = smallest lag
 * with M >= c tau(M) (Sokal 1996; c = 5), the last lag if there is none. A chain that never moves counts as rho = 1. */
GAL_API gal_status gal_autocorr_time(gal_chains s, double c, double *tau);
/* The same, GAL_EMATH (with *tau set) when the chains are shorter than tol tau: the estimate cannot be trusted. Usual tol: 50. */
GAL_API gal_status gal_autocorr_time_checked(gal_chains s, double c, double tol, const char *name, double *tau);

#ifdef __cplusplus
}
#endif
#endif
