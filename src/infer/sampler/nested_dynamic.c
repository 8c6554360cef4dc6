/* Dynamic nested sampling (Higson et al. 2019): batches of live points where they help most. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nested_int.h"
#include "infer/target/purpose.h"

#define PAD 1

/* Importance of each point: posterior p_i + (1 - posterior) e_i, e_i ~ (Z_total - Z_i)/n_i, both with sum 1. The batch reaches from the
 * first to the last point above maxfrac of the largest, widened by PAD. */
static gal_status choose_range(gal_nested *s, const gal_nested_record *r)
{
    size_t n = r->n, lo, hi;
    double *imp = GAL_NEWN(double, n), sum = 0, z = 0, top = 0, last = r->lnl[n - 1] + r->lnx[n - 1] - r->lnz;
    if (!imp)
        return GAL_ENOMEM;
    double total = 1 + exp(last);
    for (size_t i = 0; i < n; i++) {
        z += exp(r->lnw[i]);
        imp[i] = fmax(0, total - z) / r->nlive[i];
        sum += imp[i];
    }
    for (size_t i = 0; i < n; i++) {
        imp[i] = s->o.posterior * exp(r->lnw[i]) + (1 - s->o.posterior) * imp[i] / sum;
        top = fmax(top, imp[i]);
    }
    for (lo = 0; imp[lo] <= s->o.maxfrac * top && lo + 1 < n; lo++)
        ;
    for (hi = n - 1; imp[hi] <= s->o.maxfrac * top && hi > lo; hi--)
        ;
    s->range[0] = lo > PAD ? r->lnl[lo - 1 - PAD] : -INFINITY;
    s->range[1] = hi + PAD < n - 1 ? r->lnl[hi + PAD] : INFINITY;
    if (s->range[0] <= NESTED_FLOOR)
        s->range[0] = -INFINITY;
    gal_free(imp);
    return GAL_OK;
}

/* Live points of the batch from the whole prior: forbidden ones die at once. */
static gal_status batch_from_prior(gal_nested *s)
{
    gal_status st = GAL_OK;
    size_t n = s->o.batch, d = s->part.dim;
    for (size_t i = 0; i < n; i++) {
        gal_rng r;
        gal_rng_init(&r, s->o.seed, RNG_NESTED_START, s->o.source, (1ull << 32) + s->batches, i);
        for (size_t k = 0; k < d; k++)
            s->bu[i * d + k] = gal_rng_uniform(&r);
    }
    GAL_TRY(points_room(&s->dead, d, s->part.next, n));
    GAL_TRY(nested_live_room(s, n));
    GAL_TRY(nested_eval(s, n, s->bblob));
    memcpy(s->fu, s->bu, n * d * sizeof *s->fu);
    memcpy(s->fx, s->bx, n * d * sizeof *s->fx);
    memcpy(s->flp, s->blp, n * sizeof *s->flp);
    memcpy(s->fll, s->bll, n * sizeof *s->fll);
    if (s->part.next > 0)
        memcpy(s->fblob, s->bblob, n * s->part.next * sizeof *s->fblob);
out:
    return st;
}

/* Up to n of the points above range[0], without replacement, with weights X_i; into order. */
static gal_status pick_seeds(gal_nested *s, const gal_nested_record *r, size_t *list, size_t *nlist)
{
    size_t n = s->o.batch, m = 0;
    gal_rng g;
    double *k = GAL_NEWN(double, 2 * r->n); /* exponential race: the smallest -ln U/w win */
    if (!k)
        return GAL_ENOMEM;
    gal_rng_init(&g, s->o.seed, RNG_NESTED_BATCH, s->o.source, s->batches, 0);
    for (size_t i = 0; i < r->n; i++)
        k[i] = r->lnl[i] > s->range[0] ? log(-log(gal_rng_uniform(&g))) - r->lnx[i] + log(r->nlive[i]) : INFINITY;
    while (m < n && m < r->n) {
        size_t best = 0;
        for (size_t i = 1; i < r->n; i++)
            if (k[i] < k[best])
                best = i;
        if (k[best] == INFINITY)
            break;
        k[best] = INFINITY;
        list[m++] = best;
    }
    *nlist = m;
    gal_free(k);
    return GAL_OK;
}

static gal_status batch_from_threshold(gal_nested *s, const gal_nested_record *r)
{
    gal_status st = GAL_OK;
    size_t nlist = 0, *list = GAL_NEWN(size_t, s->o.batch), *label = GAL_NEWN(size_t, r->n);
    points from = {r->n, r->n, r->u, r->x, r->lnprior, r->lnl, r->birth, r->blob, r->strand};
    if (!list || !label) {
        st = GAL_ENOMEM;
        goto out;
    }
    GAL_TRY(nested_live_room(s, s->o.batch));
    GAL_TRY(pick_seeds(s, r, list, &nlist));
    s->in_cube = false;
    if (s->o.bound != GAL_BOUND_NONE && nlist > s->part.dim + 1)
        GAL_TRY(nested_update_bound(s, &from, list, nlist, label));
    GAL_TRY(nested_draw(s, s->range[0], s->o.batch, &from, list, nlist, label));
out:
    gal_free(list);
    gal_free(label);
    return st;
}

/* Are the targets met? Else the next batch is started. */
gal_status nested_next_batch(gal_nested *s, bool *more)
{
    gal_nested_record r = {0};
    gal_status st = record_make(s, &r);
    if (st != GAL_OK)
        return st;
    const gal_nested_opt *o = &s->o;
    uint64_t updates = s->updates;
    bool done = (!(o->ess > 0) || r.ess >= o->ess) && (!(o->lnz_err > 0) || r.lnz_err <= o->lnz_err);
    *more = !done;
    if (done) {
        snprintf(s->why, sizeof s->why, "converged: effective sample size %.0f, error of ln Z %.3f after %llu batches",
                 r.ess, r.lnz_err, (unsigned long long)s->batches);
        goto out;
    }
    GAL_TRY(choose_range(s, &r));
    s->calls_now = 0;
    bool prior = s->range[0] == -INFINITY;
    GAL_TRY(prior ? batch_from_prior(s) : batch_from_threshold(s, &r));
    size_t n = s->o.batch;
    s->lnz_total = r.lnz;
    s->lnz = s->last = -INFINITY;
    s->mean = 0;
    s->lnx = 0;
    for (size_t i = 0; i < r.n && r.lnl[i] <= s->range[0]; i++)
        s->lnx = r.lnx[i];
    s->live.n = 0;
    for (size_t i = 0; i < n; i++) {
        points *to = s->fll[i] > NESTED_FLOOR ? &s->live : &s->dead;
        size_t k = to->n++;
        memcpy(to->u + k * s->part.dim, s->fu + i * s->part.dim, s->part.dim * sizeof *to->u);
        memcpy(to->x + k * s->part.dim, s->fx + i * s->part.dim, s->part.dim * sizeof *to->x);
        if (s->part.next > 0)
            memcpy(to->blob + k * s->part.next, s->fblob + i * s->part.next, s->part.next * sizeof *to->blob);
        to->lnprior[k] = s->flp[i];
        to->lnl[k] = s->fll[i];
        to->birth[k] = s->range[0];
        to->strand[k] = s->strands++;
        if (to == &s->live)
            s->label[k] = prior ? 0 : s->flabel[i];
    }
    s->want = s->live.n; /* forbidden ones are not replaced */
    nested_sort(s);
    s->evaluations += s->calls_now;
    s->calls_now = 0;
    s->update_calls = s->evaluations;
    if (prior) {
        s->in_cube = true;
        s->bounded = false;
        s->efficiency = 1;
    }
    s->phase = s->live.n >= 2 ? PHASE_BATCH : PHASE_BETWEEN;
    s->batches++;
    s->iterations++;
out:
    if (st != GAL_OK) /* tried again, it draws the same numbers */
        s->updates = updates;
    gal_nested_record_free(&r);
    return st;
}
