/* What a sampler moves through: the target, or what is left of it where the target integrates one coordinate itself (infer/target/marginal.h); and the
 * way back to draws of the whole target. One thread at a time. */
#ifndef GAL_INFER_REDUCED_H
#define GAL_INFER_REDUCED_H
#include "galua/draws.h"
#include "infer/target/marginal.h"

typedef struct reduced {
    const gal_target *t;    /* the whole one */
    const gal_target *work; /* what is sampled: dim coordinates, next blobs */
    gal_marginal *marginal; /* NULL: they are one */
    size_t which;           /* the coordinate that is integrated out; t->ndim: none */
    size_t dim, next;
} reduced;
/* known: `which` was read from a state, and the target is not asked. whole: nothing is integrated out. blobs: points bring those of t, too, at the
 * price of one more evaluation where blobs are asked for. */
gal_status reduced_open(reduced *r, const gal_target *t, bool known, bool whole, bool blobs);
void reduced_close(reduced *r);
/* n points as work has them -> rows 0 .. n-1 of w, as t has them: what was integrated out is drawn given the rest. Blobs of w are set where points
 * bring them. */
void reduced_back(const reduced *r, size_t n, const double *theta, const double *lnprior, const double *lnlike,
                  const double *blob, gal_draws *w);
/* Whether ln L of the n points of w is what the integral says: *off, the largest difference as a share of 1 + |ln L|, of n points evaluated. */
gal_status reduced_compare(const reduced *r, size_t n, const double *theta, const double *lnlike, double *off);
const char *reduced_name(const reduced *r); /* of what is integrated out; "": nothing */
#endif
