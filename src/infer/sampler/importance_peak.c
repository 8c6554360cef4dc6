/* Adaptive importance sampling: peaks too narrow for its draws, such as a spike on a slab. The means of the components lie deeper inside a posterior than
 * any draw of many parameters; a weight there that is far above the mean is one that draws will not find. */
#include <math.h>
#include <string.h>

#include "galua/optimum.h"
#include "importance_int.h"
#include "infer/target/transform_int.h"
#include "multistart.h"

#define EXCESS 4.6 /* ln of 100 mean weights: a share of 1 % in a volume where one draw in 10^4 falls */
#define SHARE  0.2 /* of the mixture that a new peak gets */

/* The Gaussian at the top above z, if it has one */
static gal_status climb(gal_importance_sampler *s, double *z, double *cov, bool *found)
{
    size_t d = s->part.dim, repaired;
    multistart m = {0};
    lbfgs_opt o = lbfgs_default();
    double *scale = GAL_NEWN(double, d), lnp, lnz;
    gal_status st = scale ? GAL_OK : GAL_ENOMEM;
    *found = false;
    o.max_iterations = 100;
    if (st == GAL_OK)
        st = multistart_init(&m, s->space, 1, z, &o, NULL, NULL);
    if (st == GAL_OK)
        st = multistart_run(&m, NULL, NULL, NULL, NULL);
    if (st == GAL_OK) {
        multistart_point(&m, 0, z);
        lnp = -m.run[0].f;
        st = gal_space_scale(s->space, 1, z, scale);
    }
    if (st == GAL_OK) {
        st = gal_laplace(s->space, z, scale, lnp, cov, &lnz, &repaired);
        *found = st == GAL_OK;
        if (st == GAL_EDOMAIN || st == GAL_EMATH) { /* a corner or a plateau: no Gaussian */
            gal_error_clear();
            st = GAL_OK;
        }
    }
    multistart_free(&m);
    gal_free(scale);
    return st;
}

gal_status ais_peak(gal_importance_sampler *s, const gmix *q, gmix *g)
{
    size_t d = s->part.dim, n = q->n, from = s->first[s->nstage - 1], best = 0;
    double *lnp = GAL_NEWN(double, 2 * n + d + d * d), *lnq = lnp + n, *z = lnq + n, err,
           mean = ais_evidence(s->own + from, s->n - from, 1, &err);
    gal_status st = lnp ? GAL_OK : GAL_ENOMEM;
    bool found = false;
    *g = (gmix){0};
    if (st == GAL_OK)
        st = gal_space_eval(s->space, n, q->mean, lnp, NULL, NULL, NULL, NULL);
    if (st == GAL_OK)
        st = gmix_lnpdfs(q, n, q->mean, lnq);
    for (size_t i = 0; st == GAL_OK && i < n; i++)
        best = lnp[i] - lnq[i] > lnp[best] - lnq[best] ? i : best;
    if (st == GAL_OK && lnp[best] - lnq[best] > mean + EXCESS) {
        memcpy(z, q->mean + best * d, d * sizeof *z);
        st = climb(s, z, z + d, &found);
    }
    if (st == GAL_OK && found && (st = gmix_init(g, d, n + 1)) == GAL_OK) {
        memcpy(g->mean, q->mean, n * d * sizeof *z);
        memcpy(g->chol, q->chol, n * d * d * sizeof *z);
        memcpy(g->lndet, q->lndet, n * sizeof *z);
        g->n = n;
        for (size_t i = 0; i < n; i++)
            g->lnw[i] = q->lnw[i] + log1p(-SHARE);
        st = gmix_add(g, z, z + d, log(SHARE));
        g->tails = q->tails;
        if (st != GAL_OK)
            gmix_clear(g);
        if (st == GAL_EMATH) {
            gal_error_clear();
            st = GAL_OK;
        }
    }
    gal_free(lnp);
    return st;
}
