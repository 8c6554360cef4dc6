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

/* ------------------------------------------------------------------ rank-normalised diagnostics (Vehtari et al. 2021, BA 16, 667)
 * Chains are split in two; NaN for NaN or infinite input, fewer than 4 draws, or (rhat) a single chain. */
GAL_API gal_status gal_rhat(gal_chains s, double *out);      /* max of bulk and folded; converged: < 1.01 */
GAL_API gal_status gal_ess_bulk(gal_chains s, double *out);  /* of the rank-normalised draws */
GAL_API gal_status gal_ess_tail(gal_chains s, double *out);  /* smaller of the 5 % and 95 % quantile indicators */
GAL_API gal_status gal_ess_mean(gal_chains s, double *out);  /* of the draws themselves */
GAL_API gal_status gal_mcse_mean(gal_chains s, double *out); /* sd/sqrt(ess_mean) */
GAL_API gal_status gal_mcse_sd(gal_chains s, double *out);
/* Effective number of weighted draws (Kish 1965): (sum w)^2/sum w^2; n for equal weights, 0 when all weights are 0. */
GAL_API double gal_ess_kish(const double *w, size_t n);

/* ------------------------------------------------------------------ prior edges
 * Share of the posterior within 1 % of the range next to each bound; infinite bounds have none. A posterior that follows a flat
 * prior has 0.01; GAL_EDGE_LIMIT marks one that leans on the bound. */
#define GAL_EDGE_LIMIT 0.03
enum { GAL_EDGE_LOWER = 1, GAL_EDGE_UPPER = 2 };
GAL_API unsigned gal_prior_edge(const double *x, const double *w, size_t n, double lo, double hi, double share[2]);

/* ------------------------------------------------------------------ summary */
typedef struct gal_summary_row {
    char *name, *unit;
    double median, q16, q84, q025, q975, mean, sd;
    double mcse_mean; /* NaN when not from chains, as ess_bulk .. tau */
    double ess;       /* bulk ESS of chains, n_draws/tau of ensembles, Kish ESS of weighted draws */
    double ess_tail, rhat;
    double tau;    /* ensembles: autocorrelation time in steps */
    unsigned edge; /* GAL_EDGE_* */
    bool
        trusted; /* ensembles: longer than 50 tau; chains: rhat < 1.01 and ess >= 100 per chain; weighted: ess >= 100 */
    size_t
        nonfinite; /* draws that are infinite or no number: then ess, tau, rhat, mean and sd are NaN, trusted is false, and the
                       * quantiles are those of the draws that are numbers or infinite, NaN when there are none */
} gal_summary_row;
typedef struct gal_summary {
    size_t n;
    gal_summary_row *row;
} gal_summary;
typedef enum gal_draws_kind { GAL_DRAWS_CHAINS, GAL_DRAWS_ENSEMBLE, GAL_DRAWS_WEIGHTED } gal_draws_kind;
typedef struct gal_summary_in {
    const char *name, *unit; /* unit NULL: none */
    gal_chains values;       /* parameter values */
    gal_chains coord;        /* sampled coordinates for the edge test; x == NULL: no test */
    double lo, hi;           /* bounds in the sampled coordinate */
    const double *weight;    /* GAL_DRAWS_WEIGHTED: [n], m = 1 */
    size_t thin;             /* GAL_DRAWS_ENSEMBLE: steps per draw */
} gal_summary_in;
GAL_API gal_status gal_summary_make(gal_summary *out, gal_draws_kind kind, const gal_summary_in *in, size_t n);
GAL_API void gal_summary_free(gal_summary *s);
/* A text table, one line per row, values rounded to their Monte Carlo error. Caller frees with gal_free. */
GAL_API char *gal_summary_text(const gal_summary *s);

#ifdef __cplusplus
}
#endif
#endif
