/* A mixture of Gaussians in the unconstrained space, and importance sampling of a target from it. */
#ifndef GAL_INFER_GMIX_H
#define GAL_INFER_GMIX_H
#include "infer/diag/diag_int.h"
#include "galua/draws.h"
#include "galua/transform.h"

typedef struct gmix {
    size_t d, n;
    double *mean, *chol, *lnw,
        *lndet; /* [n][d], [n][d][d] lower factors of the covariances, [n] sum exp = 1, [n] ln det L */
} gmix;
gal_status gmix_init(gmix *g, size_t d, size_t room);
void gmix_clear(gmix *g);
/* GAL_EMATH when cov[d][d] is not positive definite */
gal_status gmix_add(gmix *g, const double *mean, const double *cov, double lnw);
void gmix_normalise(gmix *g);
void gmix_draw(const gmix *g, uint64_t seed, uint64_t source, uint64_t who, uint64_t i, double *z);
double gmix_lnpdf(const gmix *g, const double *z, double *work); /* work[d] */
/* ln N(z; mean, L L^T); work[d] */
double gauss_lnpdf(size_t d, const double *z, const double *mean, const double *chol, double lndet, double *work);
/* n draws, weighted by p/q, smoothed; GAL_EINTR between batches */
gal_status gmix_importance(const gmix *g, gal_space *s, size_t n, uint64_t seed, uint64_t source, uint64_t who,
                           gal_draws *w, gal_importance *out);
#endif
