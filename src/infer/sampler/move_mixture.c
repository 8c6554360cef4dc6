/* Jumps by a mixture q that knows the posterior (independence Metropolis: Tierney 1994, Ann. Stat. 22, 1701, sect. 2.3.3).
 *
 * Before its first use sampler.importance learns a mixture of Student t with at most `models` models (Cappe et al. 2008); the walkers have no part in
 * it, and it is FROZEN then: a constant of the chain, which is exact from its first step. In z, where the prior is N(0, I) (galua/transform.h), y is
 * a draw of q for half of the walkers; for the others x seen from the part of the mixture that it belongs to, in the same place of another part
 * (gmix_hop): as p/q is similar there, three times as many are accepted along a curved ridge. Both are reversible with respect to q, and
 *     ln U < [ln L(y) + ln N(y; 0, I) - ln q(y)] - [ln L(x) + ln N(x; 0, I) - ln q(x)]
 * makes them so for the posterior. The mixture has wide copies of its components and a share of the prior, which bounds ln(p/q). Where p/q is much
 * above what proposals have, walkers wait: mix it with a move that goes step by step. */
#include <math.h>
#include <string.h>

#include "ensemble_int.h"
#include "galua/num.h"
#include "importance_int.h"
#include "infer/target/purpose.h"
#include "infer/target/transform_int.h"

#define HOPS 0.5

static gal_status check(const gal_move *m, size_t d)
{
    return m->models >= 100 * (double)d && m->models <= 1e9
               ? GAL_OK
               : gal_fail(
                     GAL_EINVAL,
                     "move mixture: models = %g must be 1e9 at most and %zu at least, 100 for each of %zu parameters",
                     m->models, 100 * d, d);
}

/* The same whenever it is done: it depends on the target and the seed alone. Derived quantities are not asked for. */
static gal_status learn(gal_ensemble *e, size_t move)
{
    gal_target t = *e->t;
    double models = e->moves[move].models; /* as many for each of some 80 stages */
    gal_importance_opt o = {.ess = 0.1 * models,
                            .batch = (size_t)fmax(models / 80, 40 * (double)e->d),
                            .components = 64,
                            .max_evaluations = (size_t)models,
                            .seed = e->opt.seed,
                            .source = e->opt.source};
    gal_sampler *s = NULL;
    gal_status st;
    t.nblob = 0;
    t.blob_apart = false;
    t.marginal = NULL; /* walkers live in all coordinates */
    GAL_TRY(gal_sampler_create(&s, &gal_importance_class, &t, &o));
    GAL_TRY(gal_sampler_run(s, NULL));
    GAL_TRY(ais_mixture((gal_importance_sampler *)s, &e->learnt[move]));
    e->evaluations += s->evaluations;
out:
    gal_sampler_free(s);
    return st == GAL_OK ? st : gal_fail_prefix(st, "move mixture");
}

/* z[na][d] of walkers a, their ln p in lnp; -inf in lnp: a place that proposals cannot come back to */
static gal_status places(gal_ensemble *e, const size_t *a, size_t na, double *z, double *lnp)
{
    size_t d = e->d;
    for (size_t i = 0; i < na; i++) {
        gal_status st = gal_space_from_theta(e->space, e->x + a[i] * d, z + i * d);
        if (st != GAL_OK && st != GAL_EDOMAIN)
            return st;
        lnp[i] = e->lnlike[a[i]] + space_lnprior(e->space, z + i * d);
        if (st == GAL_EDOMAIN) { /* within the last bits of a face of the prior */
            gal_error_clear();
            memset(z + i * d, 0, d * sizeof *z);
            lnp[i] = -INFINITY;
        }
    }
    return GAL_OK;
}

static gal_status half(gal_ensemble *e, size_t move, const size_t *a, size_t na, const size_t *c, size_t nc)
{
    size_t d = e->d;
    gal_status st = GAL_OK;
    gmix *g = &e->learnt[move];
    double *z = GAL_NEWN(double, na *(2 * d + 4) + d + 2 * GMIX_PARTS);
    (void)c;
    (void)nc;
    if (!z)
        return GAL_ENOMEM;
    double *y = z + na * d, *lnp = y + na * d, *lnq = lnp + 2 * na, *work = lnq + 2 * na;
    if (!e->space)
        GAL_TRY(gal_space_create(&e->space, e->t, true));
    if (g->n == 0)
        GAL_TRY(learn(e, move));
    GAL_TRY(places(e, a, na, z, lnp));
    for (size_t i = 0; i < na; i++) {
        gal_rng r;
        gal_rng_init(&r, e->opt.seed, RNG_ENSEMBLE_MOVE, e->opt.source, e->step, a[i]);
        if (gal_rng_uniform(&r) < HOPS && lnp[i] > -INFINITY)
            gmix_hop(g, &r, z + i * d, y + i * d, work);
        else
            gmix_draw_by(g, &r, y + i * d);
        e->q[i] = log(gal_rng_uniform(&r));
    }
    GAL_TRY(gmix_lnpdfs(g, 2 * na, z, lnq));
    GAL_TRY(gal_space_eval(e->space, na, y, lnp + na, e->y, e->ylnprior, e->ylnlike, ensemble_blobs(e, e->yblob)));
    e->evaluations += gal_target_evaluated(na, e->ylnprior);
    for (size_t i = 0; i < na; i++) {
        double now = lnp[i] - lnq[i], next = lnp[na + i] - lnq[na + i];
        e->flag[a[i]] = now > -INFINITY && e->q[i] < next - now;
        if (e->flag[a[i]])
            ensemble_take(e, a[i], i);
    }
out:
    gal_free(z);
    return st;
}

static const gal_move_par PAR[] = {
    {"models", "(200000) models, at most, that the mixture is learnt from before the first step",
     offsetof(gal_move, models), .def = 200000},
    {0},
};

const gal_move_class gal_mixture_move = {
    .name = "mixture",
    .doc = "Independent proposals from a mixture learnt before the first step; to be mixed with a local move.",
    .par = PAR,
    .walkers = 1,
    .moves = true,
    .check = check,
    .half = half,
};
