/* Adaptive importance sampling: does the posterior go on where the mixture does not? Short Metropolis chains start from draws that stand for the posterior.
 * If they do, the ends of the chains stand for it as well, and ln(p/q) there is what it was at the starts. Where p goes on beyond q, as along a valley,
 * chains walk out, and the weights at their ends are larger than all that were seen: what Pareto's k of the draws alone cannot show. */
#include <math.h>
#include <string.h>

#include "importance_int.h"
#include "infer/target/purpose.h"

enum { CHAINS = 128, STEPS = 12 };

/* y = x + g (a - b) of two draws, g from 2.38/sqrt(2 d) to a thirtieth of it (ter Braak 2006); symmetric, as a and b do not depend on x */
static void propose(const gal_importance_sampler *s, const double *z, const size_t *row, size_t n, size_t c,
                    uint64_t step, double *y, double *u)
{
    size_t d = s->d;
    gal_rng r;
    gal_rng_init(&r, s->opt.seed, RNG_AIS_CHECK, s->opt.source, (uint64_t)s->nstage << 32 | step, c);
    double g = 2.38 / sqrt(2 * (double)d) * pow(30, -gal_rng_uniform(&r));
    size_t a = row[gal_rng_below(&r, n)], b = row[gal_rng_below(&r, n)];
    for (size_t k = 0; k < d; k++)
        y[c * d + k] = z[c * d + k] + g * (s->z[a * d + k] - s->z[b * d + k]);
    u[c] = log(gal_rng_uniform(&r));
}

gal_status ais_check(gal_importance_sampler *s, size_t from)
{
    enum { POOL = 1000 };
    size_t d = s->d, n = s->n - from, row[POOL];
    double *z = GAL_NEWN(double, CHAINS *(2 * d + 6) + n), top = -INFINITY, sum = 0, sum2 = 0;
    gal_status st = z ? GAL_OK : GAL_ENOMEM;
    double *y = z + CHAINS * d, *lnp = y + CHAINS * d, *ylnp = lnp + CHAINS, *u = ylnp + CHAINS, *w0 = u + CHAINS,
           *w1 = w0 + CHAINS, *lnw = w1 + CHAINS + CHAINS;
    const gmix *q = &s->q[(s->nstage - 1) % WINDOW];
    size_t stray = 0;
    if (st == GAL_OK) {
        double khat;
        memcpy(lnw, s->own + from, n * sizeof *lnw);
        GAL_TRY(gal_psis(lnw, n, 1, &khat));
        gal_draws_pick(&(gal_draws){.n = n, .lnw = lnw}, 0.5, POOL, row);
        for (size_t i = 0; i < POOL; i++)
            row[i] += from;
        for (size_t c = 0; c < CHAINS; c++) {
            size_t i = row[c * POOL / CHAINS];
            memcpy(z + c * d, s->z + i * d, d * sizeof *z);
            lnp[c] = s->lnlike[i] + s->lnpi[i];
        }
        st = gmix_lnpdfs(q, CHAINS, z, w0);
    }
    for (size_t c = 0; st == GAL_OK && c < CHAINS; c++)
        w0[c] = lnp[c] - w0[c];
    for (size_t i = from; st == GAL_OK && i < s->n; i++)
        top = fmax(top, s->own[i]);
    for (uint64_t t = 0; st == GAL_OK && t < STEPS; t++) {
        GAL_TRY(gal_sampler_tick(s));
        for (size_t c = 0; c < CHAINS; c++)
            propose(s, z, row, POOL, c, t, y, u);
        GAL_TRY(gal_space_eval(s->space, CHAINS, y, ylnp, NULL, NULL, NULL, NULL));
        for (size_t c = 0; c < CHAINS; c++)
            if (u[c] < ylnp[c] - lnp[c]) {
                memcpy(z + c * d, y + c * d, d * sizeof *z);
                lnp[c] = ylnp[c];
            }
    }
    GAL_TRY(st);
    GAL_TRY(gmix_lnpdfs(q, CHAINS, z, w1));
    for (size_t c = 0; c < CHAINS; c++) {
        double w = lnp[c] - w1[c], diff = w - w0[c];
        stray += w > top;
        sum += diff;
        sum2 += diff * diff;
    }
    sum /= CHAINS;
    sum2 = sqrt(fmax(0, sum2 / CHAINS - sum * sum) / CHAINS);
    s->drift = sum2 > 0 ? sum / sum2 : 0;
    s->stray = stray;
    s->checked = true;
out:
    gal_free(z);
    return st;
}
