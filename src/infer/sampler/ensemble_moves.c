/* The moves that an ensemble holds: taken, changed between runs, custom ones asked for proposals. */
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

#include "ensemble_int.h"
#include "infer/target/purpose.h"

gal_status ensemble_alloc_moves(gal_ensemble *e)
{
    size_t W = e->W, d = e->d;
    for (size_t i = 0; i < e->nmoves; i++) {
        if (e->moves[i].cls->slices && !(e->slice && e->rng)) {
            gal_free(e->slice);
            gal_free(e->rng);
            e->slice = GAL_NEWN(double, W *(d + 6));
            e->rng = GAL_NEWN(gal_rng, W);
            if (!e->slice || !e->rng)
                return GAL_ENOMEM;
        }
        if (e->moves[i].cls->half == ensemble_propose && !e->gather && !(e->gather = GAL_NEWN(double, W *d)))
            return GAL_ENOMEM;
    }
    return GAL_OK;
}

gal_status ensemble_take_moves(gal_ensemble *e, const gal_move *moves, size_t n)
{
    gal_status st = GAL_OK;
    if (n > GAL_MOVES_MAX)
        return gal_fail(GAL_EINVAL, "ensemble: %zu moves, at most %d", n, GAL_MOVES_MAX);
    for (size_t i = 0; i < n; i++) {
        GAL_TRY(move_check(&moves[i], e->d));
        e->moves[i] = moves[i];
        e->moves[i].cov = NULL;
    }
    e->nmoves = n;
    for (size_t i = 0; i < n; i++) {
        e->moves[i].cov = moves[i].cov;
        st = move_adopt(e, i);
        if (st != GAL_OK) { /* only our own copies may be freed */
            if (e->moves[i].cov == moves[i].cov)
                e->moves[i].cov = NULL;
            goto out;
        }
    }
    for (size_t i = 0; i < n; i++) {
        const gal_move_class *k = e->moves[i].cls;
        size_t need = k->walkers + (k->per_dimension ? e->d : 0);
        if (e->W / 2 < need)
            GAL_THROW(GAL_EINVAL, "ensemble: move %s needs %zu walkers, %zu given", k->name, 2 * need, e->W);
    }
out:
    return st;
}

static void close_local(const gal_move *m, void **local, int n)
{
    for (int k = 0; k < n; k++)
        if (m->custom.close && local[k])
            m->custom.close(local[k]);
    gal_free(local);
}

void ensemble_drop_moves(gal_ensemble *e)
{
    for (size_t i = 0; i < GAL_MOVES_MAX; i++) {
        close_local(&e->moves[i], e->local[i], e->nlocal[i]);
        e->local[i] = NULL;
        e->nlocal[i] = 0;
        gal_free((void *)e->moves[i].cov);
        gal_free(e->chol[i]);
        e->moves[i].cov = NULL;
        e->chol[i] = NULL;
        gmix_clear(&e->learnt[i]);
    }
}

static bool same_move(const gal_move *a, const gal_move *b)
{
    bool same = a->cls == b->cls && a->weight == b->weight && a->a == b->a && a->gamma == b->gamma &&
                a->sigma == b->sigma && a->jump == b->jump && a->subset == b->subset && a->bandwidth == b->bandwidth &&
                a->mode == b->mode && a->factor == b->factor && a->tune == b->tune && a->ncov == b->ncov &&
                !a->cov == !b->cov && (a->tune || a->mu == b->mu) && a->models == b->models &&
                a->custom.key.lo == b->custom.key.lo && a->custom.key.hi == b->custom.key.hi;
    return same && (!a->cov || memcmp(a->cov, b->cov, a->ncov * sizeof *a->cov) == 0);
}

gal_status gal_ensemble_set_moves(gal_ensemble *e, const gal_move *moves, size_t n)
{
    if (n == 0)
        return gal_fail(GAL_EINVAL, "ensemble: no moves");
    bool same = n == e->nmoves;
    for (size_t i = 0; same && i < n; i++)
        same = same_move(&moves[i], &e->moves[i]);
    if (same) { /* mu as tuned so far */
        for (size_t i = 0; i < n; i++) {
            close_local(&e->moves[i], e->local[i], e->nlocal[i]);
            e->local[i] = NULL;
            e->nlocal[i] = 0;
            e->moves[i].custom = moves[i].custom;
        }
        return ensemble_alloc_moves(e);
    }
    gal_move old[GAL_MOVES_MAX];
    double *chol[GAL_MOVES_MAX];
    gmix learnt[GAL_MOVES_MAX];
    void **local[GAL_MOVES_MAX];
    int nlocal[GAL_MOVES_MAX];
    size_t nold = e->nmoves;
    memcpy(old, e->moves, sizeof old);
    memcpy(chol, e->chol, sizeof chol);
    memcpy(learnt, e->learnt, sizeof learnt);
    memcpy(local, e->local, sizeof local);
    memcpy(nlocal, e->nlocal, sizeof nlocal);
    memset(e->moves, 0, sizeof e->moves);
    memset(e->chol, 0, sizeof e->chol);
    memset(e->learnt, 0, sizeof e->learnt);
    memset(e->local, 0, sizeof e->local);
    memset(e->nlocal, 0, sizeof e->nlocal);
    gal_status st = ensemble_take_moves(e, moves, n);
    if (st == GAL_OK)
        st = ensemble_alloc_moves(e);
    if (st != GAL_OK) {
        ensemble_drop_moves(e);
        memcpy(e->moves, old, sizeof old);
        memcpy(e->chol, chol, sizeof chol);
        memcpy(e->learnt, learnt, sizeof learnt);
        memcpy(e->local, local, sizeof local);
        memcpy(e->nlocal, nlocal, sizeof nlocal);
        e->nmoves = nold;
        return st;
    }
    e->changed = e->nstored;
    for (size_t i = 0; i < GAL_MOVES_MAX; i++) {
        close_local(&old[i], local[i], nlocal[i]);
        gal_free((void *)old[i].cov);
        gal_free(chol[i]);
        gmix_clear(&learnt[i]);
    }
    memset(e->tried, 0, sizeof e->tried);
    memset(e->taken, 0, sizeof e->taken);
    memset(e->balanced, 0, sizeof e->balanced);
    memset(e->tuned, 0, sizeof e->tuned);
    return GAL_OK;
}

/* one workspace per thread of a custom move */
static gal_status open_locals(gal_ensemble *e, size_t move, int n)
{
    const gal_move_custom *c = &e->moves[move].custom;
    if (e->nlocal[move] >= n)
        return GAL_OK;
    void **local = gal_realloc(e->local[move], (size_t)n * sizeof *local);
    if (!local)
        return GAL_ENOMEM;
    e->local[move] = local;
    while (e->nlocal[move] < n) {
        void **at = &local[e->nlocal[move]];
        *at = NULL;
        gal_status st = c->open ? c->open(at, c->ctx) : GAL_OK;
        if (st != GAL_OK)
            return st;
        e->nlocal[move]++;
    }
    return GAL_OK;
}

/* proposal i for walker w; the walker's stream also decides about its acceptance */
static gal_status propose_one(gal_ensemble *e, size_t move, void *local, size_t i, size_t w, size_t nc)
{
    const gal_move_custom *c = &e->moves[move].custom;
    size_t d = e->d;
    gal_rng r;
    gal_rng_init(&r, e->opt.seed, RNG_ENSEMBLE_MOVE, e->opt.source, e->step, w);
    e->q[i] = 0;
    gal_status st = c->propose(c->ctx, local, e->step, &r, d, e->x + w * d, nc, e->gather, e->y + i * d, &e->q[i]);
    if (st != GAL_OK)
        return st;
    if (isnan(e->q[i]) || e->q[i] == INFINITY)
        return gal_fail(GAL_EMATH, "custom move: ln of its factor is %g: it must be finite or -inf", e->q[i]);
    for (size_t k = 0; k < d; k++)
        if (!isfinite(e->y[i * d + k]))
            return gal_fail(GAL_EMATH, "custom move: it proposes %g for %s: proposals must be finite", e->y[i * d + k],
                            e->t->names[k]);
    e->q[i] -= log(gal_rng_uniform(&r));
    return GAL_OK;
}

gal_status ensemble_propose(gal_ensemble *e, size_t move, const size_t *a, size_t na, const size_t *c, size_t nc)
{
    int n = gal_threads();
    size_t d = e->d, failed = na; /* the first walker that failed, as with one thread */
    char message[1024] = "";
    gal_status code = GAL_OK, st = GAL_OK;
    if (!e->moves[move].custom.propose)
        return gal_fail(GAL_EINVAL,
                        "ensemble: the file does not hold its custom move: give it again, run{ move = ... }");
    if ((size_t)n > na)
        n = na > 0 ? (int)na : 1;
    if ((st = open_locals(e, move, n)) != GAL_OK)
        return st;
    for (size_t i = 0; i < nc; i++)
        memcpy(e->gather + i * d, e->x + c[i] * d, d * sizeof *e->x);
#pragma omp parallel for num_threads(n) schedule(static)
    for (size_t i = 0; i < na; i++) {
        gal_status s = propose_one(e, move, e->local[move][omp_get_thread_num()], i, a[i], nc);
        if (s != GAL_OK) {
#pragma omp critical(gal_ensemble_propose)
            if (i < failed) {
                failed = i;
                code = s;
                snprintf(message, sizeof message, "%s", gal_error_message());
            }
        }
    }
    return failed == na ? GAL_OK : gal_fail(code, "%s", message);
}

static gal_status check_custom(const gal_move *m, size_t d)
{
    (void)d;
    return m->custom.propose ? GAL_OK : gal_fail(GAL_EINVAL, "move custom: no function that proposes");
}

const gal_move_class gal_custom_move = {
    .name = "custom",
    .doc = "A move of the caller's.",
    .walkers = 1,
    .check = check_custom,
    .half = ensemble_propose,
};
