/* galua/export.h - samples in the files of other programs: emcee's HDF5 backend (both ways), GetDist's text chains.
 * Functions without state; one thread (HDF5). */
#ifndef GAL_EXPORT_H
#define GAL_EXPORT_H
#include "galua/ensemble.h"
#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ emcee 3 (Foreman-Mackey et al. 2013)
 * A group (default "mcmc") with attributes version, nwalkers, ndim, has_blobs, iteration, random_state_*; datasets accepted (W),
 * chain (N, W, d), log_prob (N, W), blobs (N, W). Rows from `iteration` on are room that emcee made ahead: ignored. */
typedef struct gal_emcee {
    size_t n, nwalkers, ndim;
    double *chain;    /* [n][nwalkers][ndim] sampled coordinates */
    double *log_prob; /* [n][nwalkers] ln prior + ln likelihood */
    double *accepted; /* [nwalkers] proposals accepted */
} gal_emcee;
/* The stored samples; an existing file is replaced, group NULL = "mcmc". emcee can go on from it. GAL_EINVAL without samples. */
GAL_API gal_status gal_emcee_write(const gal_ensemble *e, const char *path, const char *group);
GAL_API gal_status gal_emcee_read(gal_emcee *out, const char *path, const char *group);
GAL_API void gal_emcee_free(gal_emcee *f);
/* Starts an ensemble where the file ends. GAL_EINVAL when walkers or parameters differ in number, or when the target's ln
 * probability at these positions is not the stored one to 1e-8 (1 + |ln p|): the file belongs to another problem. */
GAL_API gal_status gal_emcee_start(gal_ensemble *e, const gal_emcee *f, const char *path);

/* ------------------------------------------------------------------ GetDist (Lewis 2019)
 * ROOT.txt: weight, -ln p, parameters, derived quantities; ROOT.paramnames, ROOT.ranges, ROOT.properties.ini. Each file is
 * replaced in one step. Columns that are NaN in some sample are left out. */
typedef struct gal_getdist_col {
    const char *name;  /* no spaces */
    const char *label; /* LaTeX without $; NULL: the name */
    bool derived;
    double lo, hi; /* hard prior bounds; infinite: none */
    const double *x;
    size_t stride; /* sample i at x[i * stride] */
} gal_getdist_col;
typedef struct gal_getdist {
    size_t n, ncol;
    const gal_getdist_col *col; /* parameters first, then derived */
    const double *weight;       /* [n], scaled to a maximum of 1, those below 1e-12 left out; NULL: equal */
    const double *lnp;          /* [n] ln posterior */
    const size_t *order;        /* [n] order of the rows; NULL: as they are */
    bool nested;                /* sampler = nested: GetDist must not look for a burn-in */
} gal_getdist;
GAL_API gal_status gal_getdist_write(const gal_getdist *g, const char *root);

#ifdef __cplusplus
}
#endif
#endif
