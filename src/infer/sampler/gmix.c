/* Mixtures of Gaussians as importance densities; see gmix.h. Draw i depends only on (seed, source, who, i). */
#include "gmix.h"

#include <math.h>
#include <string.h>

#include "galua/num.h"
#include "galua/rng.h"
#include "infer/target/purpose.h"
#include "infer/target/transform_int.h"

#define BATCH 512

gal_status gmix_init(gmix *g, size_t d, size_t room)
{
    *g = (gmix){.d = d};
    g->mean = GAL_NEWN(double, room *(d + d * d + 2));
    if (!g->mean)
        return GAL_ENOMEM;
    g->chol = g->mean + room * d;
    g->lnw = g->chol + room * d * d;
    g->lndet = g->lnw + room;
    return GAL_OK;
}

void gmix_clear(gmix *g)
{
    gal_free(g->mean);
    *g = (gmix){0};
}

gal_status gmix_add(gmix *g, const double *mean, const double *cov, double lnw)
{
    size_t d = g->d;
    double *l = g->chol + g->n * d * d;
    memcpy(l, cov, d * d * sizeof *l);
    gal_status st = gal_cholesky(l, d);
    if (st != GAL_OK)
        return st;
    memcpy(g->mean + g->n * d, mean, d * sizeof *mean);
    g->lnw[g->n] = lnw;
    g->lndet[g->n] = 0;
    for (size_t k = 0; k < d; k++)
        g->lndet[g->n] += log(l[k * d + k]);
    g->n++;
    return GAL_OK;
}

void gmix_normalise(gmix *g)
{
    double sum = logsumexp(g->lnw, g->n);
    for (size_t i = 0; i < g->n; i++)
        g->lnw[i] = sum > -INFINITY ? g->lnw[i] - sum : -log((double)g->n);
}

void gmix_draw(const gmix *g, uint64_t seed, uint64_t source, uint64_t who, uint64_t i, double *z)
{
    size_t d = g->d, c = 0;
    gal_rng r;
    gal_rng_init(&r, seed, RNG_GMIX_DRAW, source, who, i);
    double u = gal_rng_uniform(&r);
    while (c + 1 < g->n && u >= exp(g->lnw[c]))
        u -= exp(g->lnw[c++]);
    const double *l = g->chol + c * d * d;
    memcpy(z, g->mean + c * d, d * sizeof *z);
    for (size_t j = 0; j < d; j++) {
        double xi = gal_rng_normal(&r);
        for (size_t k = j; k < d; k++)
            z[k] += l[k * d + j] * xi;
    }
}

double gauss_lnpdf(size_t d, const double *z, const double *mean, const double *chol, double lndet, double *work)
{
    double q = 0;
    for (size_t k = 0; k < d; k++) {
        double v = z[k] - mean[k];
        for (size_t j = 0; j < k; j++)
            v -= chol[k * d + j] * work[j];
        work[k] = v / chol[k * d + k];
        q += work[k] * work[k];
    }
    return -0.5 * q - lndet - (double)d * LN_SQRT_2PI;
}

double gmix_lnpdf(const gmix *g, const double *z, double *work)
{
    size_t d = g->d;
    double top = -INFINITY, sum = 0;
    for (size_t i = 0; i < g->n; i++) {
        double f = g->lnw[i] + gauss_lnpdf(d, z, g->mean + i * d, g->chol + i * d * d, g->lndet[i], work);
        if (f > top) {
            sum = sum * exp(top - f) + 1;
            top = f;
        } else if (f > -INFINITY) {
            sum += exp(f - top);
        }
    }
    return top > -INFINITY ? top + log(sum) : top;
}

gal_status gmix_importance(const gmix *g, gal_space *s, size_t n, uint64_t seed, uint64_t source, uint64_t who,
                           gal_draws *w, gal_importance *out)
{
    size_t d = g->d, nb = gal_space_target(s)->nblob;
    gal_status st = GAL_OK;
    double *z = GAL_NEWN(double, n *(d + 1) + d);
    *out = (gal_importance){NAN, NAN, NAN, NAN};
    if (!z)
        return GAL_ENOMEM;
    double *lnp = z + n * d, *work = lnp + n;
    GAL_TRY(gal_draws_alloc(w, n, d, nb));
    for (size_t i = 0; i < n; i++)
        gmix_draw(g, seed, source, who, i, z + i * d);
    for (size_t i = 0; i < n; i += BATCH) {
        size_t m = n - i < BATCH ? n - i : BATCH;
        if (gal_interrupted())
            GAL_THROW(GAL_EINTR, "interrupted");
        GAL_TRY(gal_space_eval(s, m, z + i * d, lnp + i, w->theta + i * d, w->lnprior + i, w->lnlike + i,
                               nb ? w->blob + i * nb : NULL));
    }
    for (size_t i = 0; i < n; i++)
        w->lnw[i] = lnp[i] - gmix_lnpdf(g, z + i * d, work);
    double raw = logsumexp(w->lnw, n);
    GAL_TRY(gal_psis(w->lnw, n, 1, &out->khat));
    /* the evidence from the raw weights: the smoothing keeps their sum only in expectation */
    double sum2 = 0;
    for (size_t i = 0; i < n; i++)
        sum2 += exp(2 * w->lnw[i]);
    out->lnz = raw - log((double)n);
    out->ess = 1 / sum2;
    out->lnz_err = sqrt(fmax(0, 1 / out->ess - 1 / (double)n));
out:
    if (st != GAL_OK)
        gal_draws_clear(w);
    gal_free(z);
    return st;
}
