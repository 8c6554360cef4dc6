/* Running an ensemble: goals, convergence; its state, results, and the class. What is decided here depends only on the number of
 * steps made, so that a run resumed from a saved state stops at the same step. The stored samples are not in the state: they are in the
 * results file anyway, and only the walkers' present positions and counters decide what comes next. */
#include "ensemble_int.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fields.h"
#include "infer/result/result_int.h"

#define FIRST_CHECK 100 /* steps before the first convergence check and at least between two */

static gal_status begin(void *obj, const void *goal)
{
    gal_ensemble *e = obj;
    const gal_ensemble_goal *g = goal;
    int n = (g->more > 0) + (g->until > 0) + (g->tau > 0);
    if (!e->started)
        return gal_fail(GAL_EINVAL, "ensemble: no start positions; start it from the prior or from given points");
    if (n != 1)
        return gal_fail(GAL_EINVAL, "ensemble: %s; give exactly one of more, until, tau",
                        n ? "two goals at once" : "no goal");
    e->limit = g->more > 0 ? e->step + g->more : g->until > 0 ? g->until : g->max_steps ? g->max_steps : 1000000;
    e->first = e->step;
    return GAL_OK;
}

/* Rules of thumb of Foreman-Mackey et al. 2013: long in units of tau, and tau no longer changing. */
static gal_status check_tau(gal_ensemble *e, double tol, double dtol, bool *converged)
{
    double *tau = e->scratch + e->W, worst = 0; /* W + 3 d */
    size_t used = (e->nstored - e->nstored / 4) * e->opt.thin, at = 0;
    bool enough, steady = e->tau_step > 0;
    gal_status st = gal_ensemble_tau(e, tau, &enough);
    if (st != GAL_OK)
        return st;
    *converged = true;
    for (size_t k = 0; k < e->d; k++) {
        steady &= fabs(tau[k] - e->tau[k]) < dtol * tau[k];
        *converged &= (double)used > tol * tau[k];
        if (tau[k] > worst) {
            worst = tau[k];
            at = k;
        }
    }
    bool grows = *converged && !steady;
    *converged &= steady;
    memcpy(e->tau, tau, e->d * sizeof *tau);
    e->tau_step = e->step;
    snprintf(e->why, sizeof e->why, "%s: %zu steps are %.0f autocorrelation times of %s (%.3g%s)",
             *converged ? "converged" : "not converged", used, (double)used / worst,
             e->t->names ? e->t->names[at] : "theta", worst, grows ? ", still changing as the chain grows" : "");
    return GAL_OK;
}

/* Cost of a check grows with the chain, so the spacing does too: a tenth of the steps so far. */
static bool check_due(const gal_ensemble *e)
{
    size_t gap = e->tau_step / 10 > FIRST_CHECK ? e->tau_step / 10 : FIRST_CHECK;
    /* with fewer stored draws the estimate is noise: a thinned chain must not be called converged by it */
    return e->nstored >= 64 && e->step >= e->tau_step + gap;
}

static double report(void *obj, const void *goal, char *text, size_t size)
{
    const gal_ensemble *e = obj;
    const gal_ensemble_goal *g = goal;
    double taken = 0, rate = (double)(e->step - e->first) / (gal_clock() - e->t0),
           fraction = (double)e->step / (double)e->limit;
    size_t at = 0;
    for (size_t i = 0; i < e->W; i++)
        taken += e->total[i];
    at += (size_t)snprintf(text, size, "step %zu", e->step);
    if (g->tau > 0) {
        double worst = 0;
        for (size_t k = 0; e->tau_step > 0 && k < e->d; k++)
            worst = fmax(worst, e->tau[k]);
        fraction = worst > 0 ? fmin(1, (double)e->step / (g->tau * worst * 4 / 3)) : -1;
        if (worst > 0)
            at += (size_t)snprintf(text + at, size - at, "  tau %.1f", worst);
    } else {
        at += (size_t)snprintf(text + at, size - at, "/%zu", e->limit);
    }
    at += (size_t)snprintf(text + at, size - at, "  accepted %.2f", taken / (double)e->W / (double)e->step);
    if (fraction > 0 && rate > 0)
        snprintf(text + at, size - at, "  ETA %.0f s", (double)e->step * (1 / fraction - 1) / rate);
    return fraction;
}

static gal_status step(void *obj, const void *goal, bool *done)
{
    gal_ensemble *e = obj;
    const gal_ensemble_goal *g = goal;
    gal_status st;
    /* gone on with where it converged: so it has, unless more is asked for */
    bool there = e->step == e->first && e->tau_step == e->step && e->end == GAL_RUN_CONVERGED;
    if (g->tau > 0 && there && e->changed < e->nstored &&
        ((st = check_tau(e, g->tau, g->dtau > 0 ? g->dtau : 0.01, done)) != GAL_OK || *done))
        return st;
    if (e->step >= e->limit) {
        e->end = g->tau > 0 ? GAL_RUN_LIMIT : GAL_RUN_DONE;
        if (g->tau > 0 && e->tau_step == 0)
            snprintf(e->why, sizeof e->why, "not converged: stopped at %zu steps before the first check", e->step);
        else if (g->tau == 0)
            snprintf(e->why, sizeof e->why, "done: %zu steps", e->step);
        *done = true;
        return GAL_OK;
    }
    if ((st = ensemble_make_room(e, 1)) != GAL_OK || (st = ensemble_step(e)) != GAL_OK)
        return st;
    if (e->step % e->opt.thin == 0 && (st = ensemble_store(e)) != GAL_OK)
        return st;
    if (g->tau > 0 && check_due(e)) {
        st = check_tau(e, g->tau, g->dtau > 0 ? g->dtau : 0.01, done);
        if (st == GAL_OK && *done)
            e->end = GAL_RUN_CONVERGED;
    }
    return st;
}

static void place(const void *obj, char *text, size_t size)
{
    snprintf(text, size, "after %zu steps", ((const gal_ensemble *)obj)->step);
}

static gal_status draws(const void *obj, gal_draw_set *out)
{
    const gal_ensemble *e = obj;
    *out = (gal_draw_set){e->nstored, e->W, e->c_x, e->c_lnprior, e->c_lnlike, e->c_blob, NULL, 0};
    return GAL_OK;
}

/* ------------------------------------------------------------------ results */
static gal_status put(gal_result *r, const void *obj, const gal_result_map *map)
{
    static const char *const DIM[] = {"coordinate"};
    const gal_ensemble *e = obj;
    gal_status st = GAL_OK;
    char moves[400] = "";
    double *tau = GAL_NEWN(double, e->d);
    bool enough;
    (void)map;
    if (!tau)
        return GAL_ENOMEM;
    for (size_t i = 0, at = 0; i < e->nmoves && at < sizeof moves; i++)
        at += (size_t)snprintf(moves + at, sizeof moves - at, "%s%g %s", i ? " + " : "", e->moves[i].weight,
                               e->moves[i].cls->name);
    GAL_TRY(gal_result_put_text(r, "galua", "moves", moves));
    GAL_TRY(result_put_column(r, "sample_stats", "acceptance_rate", GAL_VAR_F64, e->W, e->nstored, e->c_acc, 1, 0));
    if (e->nstored > 0)
        GAL_TRY(gal_ensemble_tau(e, tau, &enough));
    GAL_TRY(gal_result_put(r, "galua", "tau", GAL_VAR_F64, 1, DIM, &e->d, tau, "step",
                           "autocorrelation time without the first quarter"));
out:
    gal_free(tau);
    return st;
}

static gal_status get(void *obj, const gal_result *r)
{
    gal_ensemble *e = obj;
    size_t n = e->nstored;
    gal_status st = GAL_OK;
    result_samples to;
    e->nstored = 0;
    if (!r || n == 0)
        return GAL_OK;
    GAL_TRY(ensemble_make_room(e, n));
    to = (result_samples){e->c_x, e->c_lnprior, e->c_lnlike, e->c_blob};
    GAL_TRY(result_get_samples(r, e->t, e->W, n, &to));
    GAL_TRY(result_get_column(r, "sample_stats", "acceptance_rate", GAL_VAR_F64, e->W, n, e->c_acc, 1, 0));
    e->nstored = n;
out:
    return st;
}

/* Custom moves are not in saved states: those of `from` that do the same serve again. */
static gal_status adopt(void *obj, const void *other)
{
    gal_ensemble *to = obj;
    const gal_ensemble *from = other;
    gal_move moves[GAL_MOVES_MAX];
    bool any = false;
    memcpy(moves, to->moves, sizeof moves);
    for (size_t i = 0; i < to->nmoves; i++)
        for (size_t k = 0; k < from->nmoves && moves[i].cls->half == ensemble_propose; k++) {
            const gal_move_custom *c = &from->moves[k].custom;
            if (c->propose && memcmp(&c->key, &moves[i].custom.key, sizeof c->key) == 0) {
                moves[i].custom = *c;
                any = true;
            }
        }
    return any ? gal_ensemble_set_moves(to, moves, to->nmoves) : GAL_OK;
}

/* ------------------------------------------------------------------ state */
/* Reading: the covariance is allocated here. */
static void keep_moves(bytes *b, void *obj)
{
    gal_ensemble *e = obj;
    if (e->nmoves > GAL_MOVES_MAX)
        b->st = gal_fail(GAL_EFORMAT, "state of the ensemble: %zu moves, at most %d", e->nmoves, GAL_MOVES_MAX);
    for (size_t i = 0; i < e->nmoves && b->st == GAL_OK; i++) {
        gal_move *m = &e->moves[i];
        int kind = b->reading ? 0 : move_number(m->cls), mode = m->mode;
        double *real[] = {&m->weight, &m->a, &m->gamma, &m->sigma, &m->jump, &m->bandwidth, &m->factor, &m->mu};
        size_t n = m->cov ? m->ncov : 0;
        bytes_int(b, &kind);
        bytes_size(b, &m->subset);
        bytes_int(b, &mode);
        bytes_flag(b, &m->tune);
        bytes_size(b, &n);
        for (size_t k = 0; k < sizeof real / sizeof *real; k++)
            bytes_f64(b, real[k]);
        bytes_words(b, &m->custom.key, 2);
        if (b->reading) {
            const gal_move_class *const *all = gal_move_classes();
            while (kind-- > 0 && all[1])
                all++;
            m->cls = *all;
            m->mode = (gal_move_mode)mode;
            m->ncov = n;
            double *cov = n > 0 && n <= e->d * e->d ? GAL_NEWN(double, n) : NULL;
            if (n > 0 && !cov)
                b->st = GAL_ENOMEM;
            m->cov = cov;
        }
        if (m->cov)
            bytes_words(b, (void *)m->cov, m->ncov);
        if (b->reading && m->cov && m->ncov > e->d) {
            const double *stored = m->cov;
            b->st = move_adopt(e, i);
            if (m->cov != stored)
                gal_free((void *)stored);
        }
    }
}

#define S    struct gal_ensemble
#define MANY 1000000000
#define W_   AT(W)
static void keep_counts(bytes *b, void *obj)
{
    gal_ensemble *e = obj;
    bytes_words(b, e->tried, GAL_MOVES_MAX);
    bytes_words(b, e->taken, GAL_MOVES_MAX);
    bytes_words(b, e->balanced, GAL_MOVES_MAX);
    bytes_words(b, e->tuned, GAL_MOVES_MAX);
}

/* Nothing for other moves: as files were before there was this one. */
static void keep_learnt(bytes *b, void *obj)
{
    gal_ensemble *e = obj;
    for (size_t i = 0; i < e->nmoves && b->st == GAL_OK; i++)
        if (e->moves[i].cls->moves) {
            bytes_f64(b, &e->moves[i].models);
            gmix_keep(b, &e->learnt[i], e->d, GMIX_MOST);
        }
}

/* clang-format off */
static const gal_field FIELD[] = {
    GAL_STATE_D, GAL_STATE_NB,
    OPTION(SIZE, GAL_STATE | GAL_SHOWN, "walkers", opt.nwalkers, 0, 0, 100000, "(4 ndim, at least 32) number of walkers"),
    KEEP(SIZE, nmoves), OPTION_SEED(GAL_STATE, opt.seed), OPTION_SOURCE(GAL_STATE, opt.source),
    OPTION(SIZE, GAL_STATE | SHOW_ALL, "thin", opt.thin, 1, 1, 1e6, "(1) keep every so many steps"),
    OPTION(FLAG, GAL_STATE, "force", opt.force, 0, 0, 1, "(false) accept few walkers or poor start positions"),
    SHOW(SIZE, GAL_STATE | SHOW_ALL, "steps", NULL, step, "steps made"),
    SHOW(SIZE, GAL_STATE | GAL_SHOWN, "stored", NULL, nstored, "samples kept per walker"),
    KEEP(SIZE, tau_step), KEEP(SIZE, evaluations), KEEP(INT, end), KEEP(FLAG, started),
    SHOW(SIZE, GAL_STATE | GAL_SHOWN, "changed", NULL, changed, "samples stored per walker when run{ move = } last changed the moves"),
    KEEP_BY(keep_moves), READY,
    KEEP_WORDS(x, W_, AT(d)), KEEP_WORDS(lnprior, W_), KEEP_WORDS(lnlike, W_), KEEP_WORDS(blob, W_, AT(nb)), KEEP_WORDS(total, W_),
    KEEP_WORDS(recent, W_), KEEP_WORDS(tau, AT(d)), KEEP_BY(keep_counts), KEEP(REAL, seconds), KEEP_BY(keep_learnt),
    GOAL(SIZE, gal_ensemble_goal, "more", more, 0, MANY, "this many more steps"),
    GOAL(SIZE, gal_ensemble_goal, "until", until, 0, MANY, "until this many steps in all"),
    GOAL(SIZE, gal_ensemble_goal, "steps", more, 0, MANY, "the same as more"),
    GOAL(REAL, gal_ensemble_goal, "until_tau", tau, -HUGE_VAL, HUGE_VAL, "until this many autocorrelation times (usual: 50)"),
    GOAL(REAL, gal_ensemble_goal, "dtau", dtau, -HUGE_VAL, HUGE_VAL, "(0.01) and they change by less than this fraction"),
    GOAL(SIZE, gal_ensemble_goal, "max", max_steps, 0, MANY, "with until_tau: at most so many steps"),
    {0},
};
/* clang-format on */

const gal_sampler_class gal_ensemble_class = {
    .name = "ensemble",
    .title = "the ensemble",
    .doc = "Affine-invariant ensemble of walkers on a target.",
    .make = "Walkers on a target (Goodman & Weare 2010); ensemble(target, walkers) is short.",
    .run_doc = "Moves the walkers; Ctrl-C stops between batches and keeps all samples. Not started yet: from draws of "
               "the prior.",
    .magic = 0x334154535f4c4147ull, /* "GAL_STA3" */
    .field = FIELD,
    .size = sizeof(struct gal_ensemble),
    .opt_at = AT(opt),
    .opt_size = sizeof(gal_ensemble_opt),
    .goal_size = sizeof(gal_ensemble_goal),
    .kind = GAL_DRAWS_ENSEMBLE,
    .chains = "walkers",
    .counts = "steps",
    .open = ensemble_open,
    .close = ensemble_close,
    .begin = begin,
    .step = step,
    .report = report,
    .place = place,
    .draws = draws,
    .put = put,
    .get = get,
    .adopt = adopt,
};
