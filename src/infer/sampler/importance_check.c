/* Adaptive importance sampling: does the posterior go on where the mixture does not? Short Metropolis chains start from draws that stand for the posterior.
 * If they do, the ends of the chains stand for it as well, and ln(p/q) there is what it was at the starts. Where p goes on beyond q, as along a valley,
 * chains walk out, and the weights at their ends are larger than all that were seen: what Pareto's k of the draws alone cannot show. The places of the
 * chains are then what the next mixture is fitted to. Chains are the longer the heavier the tail of the weights is: a valley that the
 * mixture covers in part has Pareto k of 0.4 and more, a good fit seldom. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "importance_int.h"
#include "infer/target/purpose.h"

enum { CHAINS = AIS_CHAINS };
#define SHORT 8 /* steps of a chain */
#define LONG  80

static uint64_t steps_of(double khat)
{
    return (uint64_t)fmin(fmax(SHORT + 300 * (khat - 0.25), SHORT), LONG);
}

/* y = x + g (a - b) of two draws, g from 2.38/sqrt(2 d) to a thirtieth of it (ter Braak 2006); symmetric, as a and b do not depend on x */
static void propose(const gal_importance_sampler *s, const double *z, const size_t *row, size_t n, size_t c,
                    uint64_t step, double *y, double *u)
{
    size_t d = s->part.dim;
    gal_rng r;
    gal_rng_init(&r, s->opt.seed, RNG_AIS_CHECK, s->opt.source, (uint64_t)s->nstage << 32 | step, c);
    double g = 2.38 / sqrt(2 * (double)d) * pow(30, -gal_rng_uniform(&r));
    size_t a = row[gal_rng_below(&r, n)], b = row[gal_rng_below(&r, n)];
    for (size_t k = 0; k < d; k++)
        y[c * d + k] = z[c * d + k] + g * (s->z[a * d + k] - s->z[b * d + k]);
    u[c] = log(gal_rng_uniform(&r));
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Chains that came among the largest weights of the starts beside those that left them, in errors: as many where the draws stand for the posterior.
 * work[CHAINS] */
static double climbed(const double *w0, const double *w1, double *work)
{
    double most = 0;
    memcpy(work, w0, CHAINS * sizeof *work);
    qsort(work, CHAINS, sizeof *work, ascending);
    for (size_t share = 5; share <= 20; share *= 2) { /* the largest fifth, tenth, twentieth */
        double at = work[CHAINS - 1 - CHAINS / share], in = 0, out = 0;
        for (size_t c = 0; c < CHAINS; c++) {
            in += w0[c] <= at && w1[c] > at;
            out += w0[c] > at && w1[c] <= at;
        }
        most = fmax(most, in + out > 0 ? (in - out) / sqrt(in + out) : 0);
    }
    return most;
}

gal_status ais_check(gal_importance_sampler *s, double *place)
{
    enum { POOL = 1000 };
    uint64_t steps = SHORT, kept = 0;
    size_t d = s->part.dim, n = ais_counted(s), half, row[POOL], *which = GAL_NEWN(size_t, n + 1);
    double *z = GAL_NEWN(double, CHAINS *(2 * d + 6) + n + CHAINS), top = -INFINITY, sum = 0, sum2 = 0;
    gal_status st = z && which ? GAL_OK : GAL_ENOMEM;
    double *y = z + CHAINS * d, *lnp = y + CHAINS * d, *ylnp = lnp + CHAINS, *u = ylnp + CHAINS, *w0 = u + CHAINS,
           *w1 = w0 + CHAINS, *lnw = w1 + CHAINS + CHAINS;
    const gmix *q = &s->q[(s->nstage - 1) % WINDOW];
    size_t stray = 0;
    if (st == GAL_OK) {
        double khat;
        ais_counting(s, which, lnw, &half);
        GAL_TRY(gal_psis(lnw, n, 1, &khat));
        steps = steps_of(khat);
        gal_draws_pick(&(gal_draws){.n = n, .lnw = lnw}, 0.5, POOL, row);
        for (size_t i = 0; i < POOL; i++)
            row[i] = which[row[i]];
        for (size_t c = 0; c < CHAINS; c++) {
            size_t i = row[c * POOL / CHAINS];
            memcpy(z + c * d, s->z + i * d, d * sizeof *z);
            lnp[c] = s->lnlike[i] + s->lnpi[i];
        }
        st = gmix_lnpdfs(q, CHAINS, z, w0);
    }
    for (size_t c = 0; st == GAL_OK && c < CHAINS; c++)
        w0[c] = lnp[c] - w0[c];
    for (size_t i = 0; st == GAL_OK && i < n; i++)
        top = fmax(top, s->own[which[i]]);
    for (uint64_t t = 0; st == GAL_OK && t < steps; t++) {
        GAL_TRY(gal_sampler_tick(s));
        for (size_t c = 0; c < CHAINS; c++)
            propose(s, z, row, POOL, c, t, y, u);
        GAL_TRY(gal_space_eval(s->space, CHAINS, y, ylnp, NULL, NULL, NULL, NULL));
        for (size_t c = 0; c < CHAINS; c++)
            if (u[c] < ylnp[c] - lnp[c]) {
                memcpy(z + c * d, y + c * d, d * sizeof *z);
                lnp[c] = ylnp[c];
            }
        if ((t + 1) * 2 * AIS_PLACES >= steps * (AIS_PLACES + kept + 1)) /* evenly in the second half */
            memcpy(place + kept++ * CHAINS * d, z, CHAINS * d * sizeof *z);
    }
    GAL_TRY(st);
    GAL_TRY(gmix_lnpdfs(q, CHAINS, z, w1));
    for (size_t c = 0; c < CHAINS; c++) {
        double w = lnp[c] - w1[c], diff = w - w0[c];
        w1[c] = w;
        stray += w > top;
        sum += diff;
        sum2 += diff * diff;
    }
    sum /= CHAINS;
    sum2 = sqrt(fmax(0, sum2 / CHAINS - sum * sum) / CHAINS);
    s->drift = sum2 > 0 ? sum / sum2 : 0;
    s->stray = stray;
    s->climb = climbed(w0, w1, lnw);
out:
    gal_free(z);
    gal_free(which);
    return st;
}
