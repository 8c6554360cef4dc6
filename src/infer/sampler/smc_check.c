/* SMC: does another method find the same evidence? Particles that all miss the same part of a posterior, such as the neck of a funnel, agree with each other:
 * families and halves of them see nothing. A mixture with heavy tails is fitted to the particles, and independent draws of it are weighted by p/q. Where the particles stand
 * for the posterior, either ln Z is the same; where Pareto k of the weights is above 0.7 the mixture says nothing, and nor does the run
 * claim anything. The means of its components lie deeper inside than any particle of many parameters: a weight far above all others there is a peak that
 * tempering passed by. */
#include <math.h>
#include <string.h>

#include "gmix.h"
#include "infer/target/purpose.h"
#include "smc_int.h"

enum { POINTS = 2000, DRAWS = 2000, COMPONENTS = 24, ROUNDS = 4 };
#define GOOD 0.5 /* Pareto k that needs no better mixture */

/* Points and weights -> systematically resampled rows, each with how often it was taken */
static size_t resample(const gal_draws *w, double u, size_t d, const double *from, double *z, double *weight)
{
    size_t row[POINTS], m = 0;
    gal_draws_pick(w, u, POINTS, row);
    for (size_t i = 0; i < POINTS; i++) {
        if (i > 0 && row[i] == row[i - 1]) {
            weight[m - 1] += 1. / POINTS;
            continue;
        }
        memcpy(z + m * d, from + row[i] * d, d * sizeof *z);
        weight[m++] = 1. / POINTS;
    }
    return m;
}

/* The largest ln of p/(q Z) at the means of the components */
static gal_status middle(gal_smc *s, const gmix *g)
{
    double *lnp = GAL_NEWN(double, 2 * g->n + 1), *lnq = lnp + g->n;
    gal_status st = lnp ? gal_space_eval(s->space, g->n, g->mean, lnp, NULL, NULL, NULL, NULL) : GAL_ENOMEM;
    if (st == GAL_OK)
        st = gmix_lnpdfs(g, g->n, g->mean, lnq);
    s->peak = -INFINITY;
    for (size_t i = 0; st == GAL_OK && i < g->n; i++)
        s->peak = fmax(s->peak, lnp[i] - lnq[i] - s->mix.lnz);
    gal_free(lnp);
    return st;
}

gal_status smc_check(gal_smc *s)
{
    gal_status st = GAL_OK;
    size_t d = s->d;
    gmix g = {0};
    gal_draws w = {0}, pool = {.n = s->n};
    gal_importance found = {NAN, NAN, NAN, NAN};
    double ess, *lnw = GAL_NEWN(double, s->n + POINTS * (d + 1)), *z = lnw + s->n, *weight = z + POINTS * d;
    gal_rng r;
    GAL_TRY(lnw ? GAL_OK : GAL_ENOMEM);
    double lnz = smc_weights(s, 1, lnw, &ess);
    for (size_t i = 0; i < s->n; i++)
        lnw[i] -= lnz;
    pool.lnw = lnw;
    gal_rng_init(&r, s->opt.seed, RNG_SMC_CHECK, s->opt.source, s->nlevel, 0);
    s->mix = found;
    for (uint64_t k = 0; k < ROUNDS && !(s->mix.khat <= GOOD);
         k++) { /* others of the particles, another start of the fit */
        size_t m = resample(&pool, gal_rng_uniform(&r), d, s->z, z, weight);
        gmix_fit_opt o = {.k = COMPONENTS,
                          .ess = fmin(ess, POINTS),
                          .iterations = 30,
                          .seed = s->opt.seed,
                          .source = s->opt.source,
                          .who = RNG_SMC_CHECK + k};
        gmix_clear(&g);
        GAL_TRY(gmix_fit_best(&g, d, m, z, weight, &o, &GMIX_HEAVY));
        gal_draws_clear(&w);
        GAL_TRY(gmix_importance(&g, s->space, DRAWS, s->opt.seed, s->opt.source, RNG_SMC_CHECK + k, &w, &found));
        if (!(s->mix.khat <= found.khat))
            s->mix = found;
    }
    GAL_TRY(middle(s, &g));
    s->checked = true;
out:
    gmix_clear(&g);
    gal_draws_clear(&w);
    gal_free(lnw);
    return st;
}
