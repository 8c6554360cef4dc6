/* The ensemble sampler: creation, start, one step, stored samples.
 *
 * A step draws a move and a random division of the walkers into two halves, then updates the halves in turn. It is atomic: when the
 * target fails or is interrupted between the halves, the walkers return to where they were, and the repeated step draws the
 * same numbers. Not thread-safe (one thread per ensemble); the target's batches may use threads. */
#include "ensemble_int.h"
#include "grow.h"

#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "galua/diag.h"
#include "infer/target/purpose.h"

#define MAX_DRAWS     1000
#define MAX_CONDITION 1e8

/* ------------------------------------------------------------------ creation */
static gal_status alloc(gal_ensemble *e)
{
    size_t W = e->W, d = e->d, nb = e->nb;
    e->x = GAL_NEWN(double, W *d);
    e->lnprior = GAL_NEWN(double, W);
    e->lnlike = GAL_NEWN(double, W);
    e->blob = GAL_NEWN(double, W *nb);
    e->total = GAL_NEWN(double, W);
    e->recent = GAL_NEWN(double, W);
    e->tau = GAL_NEWN(double, d);
    e->before = GAL_NEWN(double, W *(d + 2 + nb));
    e->y = GAL_NEWN(double, (W + 1) * d);
    e->ylnprior = GAL_NEWN(double, W + 1);
    e->ylnlike = GAL_NEWN(double, W + 1);
    e->yblob = GAL_NEWN(double, (W + 1) * nb);
    e->q = GAL_NEWN(double, W);
    e->scratch = GAL_NEWN(double, W + 3 * d + 2 * d * d);
    e->order = GAL_NEWN(size_t, W);
    e->pick = GAL_NEWN(size_t, W);
    e->flag = GAL_NEWN(bool, W);
    bool ok = e->x && e->lnprior && e->lnlike && e->blob && e->total && e->recent && e->tau && e->before && e->y &&
              e->ylnprior && e->ylnlike && e->yblob && e->q && e->scratch && e->order && e->pick && e->flag;
    return ok ? ensemble_alloc_moves(e) : GAL_ENOMEM;
}

gal_status ensemble_open(void *obj)
{
    gal_ensemble *e = obj;
    gal_ensemble_opt *o = &e->opt;
    gal_move first;
    size_t d = e->d;
    gal_status st = GAL_OK;
    e->W = o->nwalkers = o->nwalkers ? o->nwalkers : 4 * d > 32 ? 4 * d : 32;
    o->thin = o->thin ? o->thin : 1;
    if (e->W < 2 * d && !o->force)
        return gal_fail(GAL_EINVAL, "ensemble: %zu walkers are too few for %zu parameters, use at least %zu", e->W, d,
                        2 * d);
    if (e->restored) /* with its moves */
        return alloc(e);
    GAL_TRY(gal_move_named(&first, (*gal_move_classes())->name));
    GAL_TRY(o->nmoves ? ensemble_take_moves(e, o->moves, o->nmoves) : ensemble_take_moves(e, &first, 1));
    o->moves = NULL; /* copied */
    GAL_TRY(alloc(e));
out:
    return st;
}

void ensemble_close(void *obj)
{
    gal_ensemble *e = obj;
    void *all[] = {e->x,         e->lnprior,  e->lnlike, e->blob,  e->total,   e->recent, e->tau,   e->before, e->y,
                   e->ylnprior,  e->ylnlike,  e->yblob,  e->q,     e->scratch, e->order,  e->pick,  e->flag,   e->c_x,
                   e->c_lnprior, e->c_lnlike, e->c_blob, e->c_acc, e->slice,   e->rng,    e->gather};
    ensemble_drop_moves(e);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        gal_free(all[i]);
}

/* ------------------------------------------------------------------ start */
static gal_status ensemble_check_spread(const gal_ensemble *e, const double *x)
{
    size_t W = e->W, d = e->d;
    gal_status st = GAL_OK;
    gsl_matrix *a = gsl_matrix_calloc(W > d ? W : d, d), *v = gsl_matrix_alloc(d, d);
    gsl_vector *s = gsl_vector_alloc(d);
    if (!a || !v || !s)
        GAL_THROW(GAL_ENOMEM, "out of memory for %zu walkers", W);
    for (size_t k = 0; k < d; k++) {
        double mean = 0, top = 0, norm = 0;
        for (size_t i = 0; i < W; i++)
            mean += x[i * d + k] / (double)W;
        for (size_t i = 0; i < W; i++)
            top = fmax(top, fabs(x[i * d + k] - mean));
        if (!(top > 0))
            GAL_THROW(GAL_EINVAL, "start: %s is %g for all walkers; spread them, or fix the parameter",
                      e->t->names ? e->t->names[k] : "a parameter", x[k]);
        for (size_t i = 0; i < W; i++)
            norm += pow((x[i * d + k] - mean) / top, 2);
        for (size_t i = 0; i < W; i++)
            gsl_matrix_set(a, i, k, (x[i * d + k] - mean) / top / sqrt(norm));
    }
    if (gsl_linalg_SV_decomp_jacobi(a, v, s) != 0)
        GAL_THROW(GAL_EMATH, "start: singular values of the start positions did not converge");
    double hi = gsl_vector_get(s, 0), lo = gsl_vector_get(s, d - 1);
    if (!(hi <= MAX_CONDITION * lo))
        GAL_THROW(GAL_EINVAL,
                  "start: the walkers do not span all parameters (condition number %.2g, at most %.0g); spread them "
                  "independently",
                  hi / lo, MAX_CONDITION);
out:
    gsl_matrix_free(a);
    gsl_matrix_free(v);
    gsl_vector_free(s);
    return st;
}

static void begin(gal_ensemble *e)
{
    memset(e->total, 0, e->W * sizeof *e->total);
    memset(e->recent, 0, e->W * sizeof *e->recent);
    memset(e->tried, 0, sizeof e->tried);
    memset(e->taken, 0, sizeof e->taken);
    memset(e->balanced, 0, sizeof e->balanced);
    memset(e->tuned, 0, sizeof e->tuned);
    e->step = e->nstored = e->tau_step = 0;
    e->started = true;
    e->end = GAL_RUN_NOT_STARTED;
    snprintf(e->why, sizeof e->why, "not started");
}

gal_status gal_ensemble_start(gal_ensemble *e, const double *x)
{
    size_t W = e->W, nbad = 0, first = 0;
    gal_status st = gal_target_eval(e->t, W, x, e->lnprior, e->lnlike, ensemble_blobs(e, e->blob));
    if (st != GAL_OK)
        return gal_fail_prefix(st, "start");
    e->evaluations += gal_target_evaluated(W, e->lnprior);
    for (size_t i = W; i-- > 0;)
        if (e->lnprior[i] + e->lnlike[i] == -INFINITY) {
            nbad++;
            first = i;
        }
    if (nbad > 0 && !e->opt.force) {
        char at[600];
        gal_target_point_text(e->t, x + first * e->d, at, sizeof at);
        return gal_fail(GAL_EINVAL, "start: %zu of %zu points have probability 0 (ln %s = -inf), the first is %s", nbad,
                        W, e->lnprior[first] == -INFINITY ? "prior" : "likelihood", at);
    }
    if (!e->opt.force && (st = ensemble_check_spread(e, x)) != GAL_OK)
        return st;
    memcpy(e->x, x, W * e->d * sizeof *x);
    begin(e);
    return GAL_OK;
}

/* Fills y[n] with prior draws number `attempt` of the walkers listed in order[0..n-1]. */
static gal_status draw_prior(gal_ensemble *e, uint64_t attempt, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        gal_rng r;
        gal_rng_init(&r, e->opt.seed, RNG_ENSEMBLE_START, e->opt.source, attempt, e->order[i]);
        for (size_t k = 0; k < e->d; k++)
            e->before[i * e->d + k] = gal_rng_uniform(&r);
    }
    gal_status st = e->t->prior_transform(e->t, n, e->before, e->y);
    if (st == GAL_OK)
        st = gal_target_eval(e->t, n, e->y, e->ylnprior, e->ylnlike, ensemble_blobs(e, e->yblob));
    if (st == GAL_OK)
        e->evaluations += gal_target_evaluated(n, e->ylnprior);
    return st;
}

gal_status gal_ensemble_start_prior(gal_ensemble *e)
{
    size_t left = e->W, d = e->d, nb = e->nb;
    gal_status st;
    if (!e->t->prior_transform)
        return gal_fail(GAL_EUNSUP, "start: the target cannot draw from its prior; give start positions");
    for (size_t i = 0; i < left; i++)
        e->order[i] = i;
    for (uint64_t attempt = 0; left > 0; attempt++) {
        size_t keep = 0;
        if (attempt == MAX_DRAWS)
            return gal_fail(
                GAL_EMATH,
                "start: %zu of %zu walkers found no point of finite probability in %d draws of the prior; check the "
                "data against the range of the model, or give start positions",
                left, e->W, MAX_DRAWS);
        if (gal_interrupted())
            return gal_fail(GAL_EINTR, "start: interrupted");
        if ((st = draw_prior(e, attempt, left)) != GAL_OK)
            return gal_fail_prefix(st, "start");
        for (size_t i = 0; i < left; i++) {
            size_t w = e->order[i];
            if (e->ylnprior[i] + e->ylnlike[i] == -INFINITY) {
                e->order[keep++] = w;
                continue;
            }
            memcpy(e->x + w * d, e->y + i * d, d * sizeof *e->x);
            e->lnprior[w] = e->ylnprior[i];
            e->lnlike[w] = e->ylnlike[i];
            memcpy(e->blob + w * nb, e->yblob + i * nb, nb * sizeof *e->blob);
        }
        left = keep;
    }
    if (!e->opt.force && (st = ensemble_check_spread(e, e->x)) != GAL_OK)
        return st;
    begin(e);
    return GAL_OK;
}

/* ------------------------------------------------------------------ one step */
static void snapshot(gal_ensemble *e, bool back)
{
    size_t W = e->W, d = e->d, nb = e->nb;
    double *b = e->before, *part[] = {e->x, e->lnprior, e->lnlike, e->blob};
    size_t len[] = {W * d, W, W, W * nb};
    for (int i = 0; i < 4; b += len[i++])
        memcpy(back ? part[i] : b, back ? b : part[i], len[i] * sizeof *b);
}

void ensemble_take(gal_ensemble *e, size_t w, size_t i)
{
    size_t d = e->d, nb = e->nb;
    memcpy(e->x + w * d, e->y + i * d, d * sizeof *e->x);
    e->lnprior[w] = e->ylnprior[i];
    e->lnlike[w] = e->ylnlike[i];
    memcpy(e->blob + w * nb, e->yblob + i * nb, nb * sizeof *e->blob);
}

/* Moves the walkers a[na] with the help of c[nc]. */
static gal_status half_step(gal_ensemble *e, size_t move, const size_t *a, size_t na, const size_t *c, size_t nc)
{
    size_t d = e->d;
    const gal_move *m = &e->moves[move];
    gal_status st;
    if (m->cls->slices || m->cls->moves)
        return m->cls->half(e, move, a, na, c, nc);
    if (m->cls->half && (st = m->cls->half(e, move, a, na, c, nc)) != GAL_OK)
        return st;
    for (size_t i = 0; m->cls->propose && i < na; i++) {
        gal_rng r;
        gal_rng_init(&r, e->opt.seed, RNG_ENSEMBLE_MOVE, e->opt.source, e->step, a[i]);
        const gal_proposal p = {m, e->chol[move], d, e->step, &r, e->x + a[i] * d, e->x, c, nc, e->scratch, e->pick};
        double q = m->cls->propose(&p, e->y + i * d);
        e->q[i] = q - log(gal_rng_uniform(&r)); /* accepted when > ln p(x) - ln p(y) */
    }
    st = gal_target_eval(e->t, na, e->y, e->ylnprior, e->ylnlike, ensemble_blobs(e, e->yblob));
    if (st != GAL_OK)
        return st;
    e->evaluations += gal_target_evaluated(na, e->ylnprior);
    for (size_t i = 0; i < na; i++) {
        size_t w = a[i];
        double now = e->lnprior[w] + e->lnlike[w], next = e->ylnprior[i] + e->ylnlike[i];
        e->flag[w] = next > -INFINITY && next - now + e->q[i] > 0;
        if (e->flag[w])
            ensemble_take(e, w, i);
    }
    return GAL_OK;
}

gal_status ensemble_step(gal_ensemble *e)
{
    size_t W = e->W, h = W / 2, pick = 0;
    gal_rng r;
    double sum = 0, u;
    gal_rng_init(&r, e->opt.seed, RNG_ENSEMBLE_STEP, e->opt.source, e->step, 0);
    for (size_t i = 0; i < e->nmoves; i++)
        sum += e->moves[i].weight;
    u = gal_rng_uniform(&r) * sum;
    while (pick + 1 < e->nmoves && u >= e->moves[pick].weight)
        u -= e->moves[pick++].weight;
    for (size_t i = 0; i < W; i++)
        e->order[i] = i;
    gal_rng_shuffle(&r, e->order, W);
    snapshot(e, false);
    e->expanded = e->contracted = 0;
    gal_status st = half_step(e, pick, e->order, h, e->order + h, W - h);
    if (st == GAL_OK && gal_interrupted())
        st = gal_fail(GAL_EINTR, "interrupted");
    if (st == GAL_OK)
        st = half_step(e, pick, e->order + h, W - h, e->order, h);
    if (st != GAL_OK) {
        snapshot(e, true);
        return st;
    }
    for (size_t i = 0; i < W; i++) {
        e->total[i] += e->flag[i];
        e->recent[i] += e->flag[i];
        e->taken[pick] += e->flag[i];
    }
    e->tried[pick] += (double)W;
    e->step++;
    if (e->moves[pick].cls->slices)
        ensemble_tune(e, pick);
    return GAL_OK;
}

/* ------------------------------------------------------------------ stored samples */
gal_status ensemble_make_room(gal_ensemble *e, size_t more)
{
    gal_status st = GAL_OK;
    size_t W = e->W, n = e->nstored + more;
    if (n <= e->room)
        return GAL_OK;
    n = n > 2 * e->room ? n : 2 * e->room;
    GAL_TRY(GAL_GROW(e->c_x, n * W * e->d));
    GAL_TRY(GAL_GROW(e->c_lnprior, n * W));
    GAL_TRY(GAL_GROW(e->c_lnlike, n * W));
    GAL_TRY(GAL_GROW(e->c_acc, n * W));
    GAL_TRY(GAL_GROW(e->c_blob, n * W * e->nb));
    e->room = n;
out:
    return st;
}

/* Derived quantities are kept to 24 significant bits (6e-8), as a float has, but with the range of a double: three of eight bytes
 * are zero, which the results file does not pay for. Rounded here, so that a resumed run holds the same bits. */
static double rounded(double v)
{
    uint64_t u;
    if (!isfinite(v))
        return v;
    memcpy(&u, &v, sizeof u);
    u = (u + (1ull << 28)) & ~((1ull << 29) - 1);
    memcpy(&v, &u, sizeof v);
    return v;
}

double *ensemble_blobs(const gal_ensemble *e, double *blob)
{
    return e->t->blob_apart ? NULL : blob;
}

/* Blobs of the walkers that moved since they were stored last. */
static gal_status make_blobs(gal_ensemble *e)
{
    size_t W = e->W, d = e->d, nb = e->nb, n = 0;
    const double *last = e->nstored ? e->c_x + (e->nstored - 1) * W * d : NULL;
    const double *blob = e->nstored ? e->c_blob + (e->nstored - 1) * W * nb : NULL;
    for (size_t w = 0; w < W; w++)
        if (last && memcmp(last + w * d, e->x + w * d, d * sizeof *last) == 0) {
            memcpy(e->blob + w * nb, blob + w * nb, nb * sizeof *blob);
        } else {
            memcpy(e->y + n * d, e->x + w * d, d * sizeof *e->x);
            e->order[n++] = w;
        }
    gal_status st = gal_target_eval(e->t, n, e->y, e->ylnprior, e->ylnlike, e->yblob);
    for (size_t i = 0; st == GAL_OK && i < n; i++)
        memcpy(e->blob + e->order[i] * nb, e->yblob + i * nb, nb * sizeof *blob);
    return st;
}

gal_status ensemble_store(gal_ensemble *e)
{
    size_t W = e->W, n = e->nstored;
    gal_status st = ensemble_make_room(e, n == 0 ? 64 : 1);
    if (st == GAL_OK && e->t->blob_apart && e->nb > 0)
        st = make_blobs(e);
    if (st != GAL_OK)
        return st;
    memcpy(e->c_x + n * W * e->d, e->x, W * e->d * sizeof *e->x);
    memcpy(e->c_lnprior + n * W, e->lnprior, W * sizeof *e->x);
    memcpy(e->c_lnlike + n * W, e->lnlike, W * sizeof *e->x);
    for (size_t i = 0; i < W * e->nb; i++)
        e->c_blob[n * W * e->nb + i] = rounded(e->blob[i]);
    for (size_t i = 0; i < W; i++) {
        e->c_acc[n * W + i] = e->recent[i] / (double)e->opt.thin;
        e->recent[i] = 0;
    }
    e->nstored++;
    return GAL_OK;
}

const double *gal_ensemble_accepted(const gal_ensemble *e)
{
    return e->c_acc;
}

void gal_ensemble_acceptance(const gal_ensemble *e, double *frac)
{
    for (size_t i = 0; i < e->W; i++)
        frac[i] = e->step > 0 ? e->total[i] / (double)e->step : NAN;
}

double gal_ensemble_move_acceptance(const gal_ensemble *e, size_t move)
{
    return move < e->nmoves && e->tried[move] > 0 ? e->taken[move] / e->tried[move] : NAN;
}

size_t gal_ensemble_tuned(const gal_ensemble *e, size_t move, double *mu)
{
    bool slice = move < e->nmoves && e->moves[move].cls->slices;
    if (mu)
        *mu = slice ? e->moves[move].mu : NAN;
    return slice ? (size_t)e->tuned[move] : 0;
}

gal_status gal_ensemble_tau(const gal_ensemble *e, double *tau, bool *enough)
{
    size_t n = e->nstored, first = n / 4;
    *enough = n > 0;
    if (n == 0)
        return gal_fail(GAL_EINVAL, "ensemble: no samples yet");
    for (size_t k = 0; k < e->d; k++) {
        gal_status st = gal_autocorr_time(gal_chains_column(e->c_x, n, e->W, e->d, k, first), 5, &tau[k]);
        if (st != GAL_OK)
            return st;
        *enough &= (double)(n - first) > 50 * tau[k];
        tau[k] *= (double)e->opt.thin;
    }
    return GAL_OK;
}
