/* Mixtures of Gaussians or Student t, as densities to draw from: in the unconstrained space, where the prior is N(0, I).
 *
 *   q(z) = (1 - a) sum_k w_k [ (1 - b) t_nu(z; m_k, f S_k) + b t_nu(z; m_k, f g S_k) ] + a N(z; 0, I)
 *
 * with S_k = L_k L_k^T. The tails (nu, f, b, g, a) are one for all components and 0 by default: plain Gaussians. The prior's share a bounds the weights
 * p/q by L/a, the wide copies (b, g) find what the components miss next to themselves. */
#ifndef GAL_INFER_GMIX_H
#define GAL_INFER_GMIX_H
#include "infer/diag/diag_int.h"
#include "galua/draws.h"
#include "galua/rng.h"
#include "galua/transform.h"

struct bytes;
enum { GMIX_MOST = 96, GMIX_PARTS = 2 * GMIX_MOST + 1 }; /* components that a mixture has at most */
typedef struct gmix_tails {
    double nu;        /* degrees of freedom; 0: Gaussians */
    double inflate;   /* f; 0: 1 */
    double wide, far; /* b, in [0, 1), and g */
    double prior;     /* a, in [0, 1) */
} gmix_tails;
/* Those of proposals that shall miss nothing beside them */
extern const gmix_tails GMIX_HEAVY;
typedef struct gmix {
    size_t d, n, room;
    double *mean, *chol, *lnw,
        *lndet; /* [n][d], [n][d][d] lower factors of the covariances, [n] sum exp = 1, [n] ln det L */
    gmix_tails tails;
} gmix;
gal_status gmix_init(gmix *g, size_t d, size_t room);
void gmix_clear(gmix *g);
gal_status gmix_copy(gmix *g, const gmix *from); /* g is overwritten: not to be cleared before */
/* GAL_EMATH when cov[d][d] is not positive definite */
gal_status gmix_add(gmix *g, const double *mean, const double *cov, double lnw);
void gmix_normalise(gmix *g);
/* Draw i: depends on (seed, source, who, i) alone. */
void gmix_draw_by(const gmix *g, gal_rng *r, double *z); /* one draw by the caller's numbers */
/* y: z seen from the part of the mixture that it belongs to (drawn by its share there), in the same place of another part (drawn by its weight); in any place of the same part:
 * reversible with respect to q. work[d + 2 GMIX_PARTS] */
void gmix_hop(const gmix *g, gal_rng *r, const double *z, double *y, double *work);
void gmix_draw(const gmix *g, uint64_t seed, uint64_t source, uint64_t who, uint64_t i, double *z);
/* n draws z[n][d] in which each part of the mixture has its share to within one draw (systematic): each still has the density q, and what
 * is averaged over them varies less. */
void gmix_draws(const gmix *g, uint64_t seed, uint64_t source, uint64_t who, size_t n, double *z);
/* In a state: made when it is read, of at most `most` components */
void gmix_keep(struct bytes *b, gmix *g, size_t d, size_t most);
double gmix_lnpdf(const gmix *g, const double *z, double *work); /* work[d] */
/* ln q of z[n][d], vectorised: the same to rounding */
gal_status gmix_lnpdfs(const gmix *g, size_t n, const double *z, double *lnq);
double gamma_draw(gal_rng *r, double shape); /* scale 1; Marsaglia & Tsang 2000 */
/* Squared Mahalanobis distance of z from mean, and ln N(z; mean, L L^T); work[d] */
double gauss_distance(size_t d, const double *z, const double *mean, const double *chol, double *work);
double gauss_lnpdf(size_t d, const double *z, const double *mean, const double *chol, double lndet, double *work);
/* n draws, weighted by p/q, smoothed; GAL_EINTR between batches */
gal_status gmix_importance(const gmix *g, gal_space *s, size_t n, uint64_t seed, uint64_t source, uint64_t who,
                           gal_draws *w, gal_importance *out);

/* ------------------------------------------------------------------ fit (gmix_fit.c) */
typedef struct gmix_fit_opt {
    size_t k;                   /* components, at most */
    double ess;                 /* how many independent points the weighted ones are worth */
    size_t iterations;          /* of EM, at most */
    const gmix *from;           /* components to begin with; NULL: k-means++ */
    uint64_t seed, source, who; /* key of the random numbers of k-means++ */
} gmix_fit_opt;
/* The maximum a posteriori mixture of at most k Gaussians of the points z[n][d] with weights w[n] (sum 1) by EM. Each covariance is drawn to the
 * mean of all with the weight of d + 2 independent points. Components that hold fewer than max(2, d/5)
 * points are dropped, but for the last: one is always left. *lnl: mean over the points of ln density. GAL_EMATH when the points are not
 * finite or are all one. g is made; its tails are 0. */
gal_status gmix_fit(gmix *g, size_t d, size_t n, const double *z, const double *w, const gmix_fit_opt *o, double *lnl);
/* The same, k chosen of 1 .. o->k by the density, with these tails, of one half of the points in the mixture fitted to the other. Points that
 * follow each other should be unlike: they go to different halves. g gets the tails. */
gal_status gmix_fit_best(gmix *g, size_t d, size_t n, const double *z, const double *w, const gmix_fit_opt *o,
                         const gmix_tails *tails);
#endif
