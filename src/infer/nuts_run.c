/* Running NUTS: goals, convergence, progress, interrupts, checkpoints, diagnostics. What is decided here depends only on the draws made,
 * so that a resumed run stops at the same draw. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "galua/diag.h"
#include "nuts_int.h"

#define FIRST_CHECK 100 /* draws before the first check of `ess` */
#define RHAT_GOOD   1.01

/* ------------------------------------------------------------------ diagnostics */
static double ebfmi(const gal_nuts *n, size_t i)
{
    double mean = 0, num = 0, den = 0, was = 0;
    for (size_t j = 0; j < n->ndraws; j++)
        mean += n->stat[(j * n->C + i) * GAL_NUTS_NSTATS + GAL_NUTS_ENERGY] / (double)n->ndraws;
    for (size_t j = 0; j < n->ndraws; j++) {
        double e = n->stat[(j * n->C + i) * GAL_NUTS_NSTATS + GAL_NUTS_ENERGY];
        den += (e - mean) * (e - mean);
        num += j > 0 ? (e - was) * (e - was) : 0;
        was = e;
    }
    return num / den;
}

static gal_status worst(const gal_nuts *n, gal_nuts_report *r)
{
    r->rhat = r->ess_bulk = r->ess_tail = NAN;
    for (size_t k = 0; n->ndraws >= 8 && k < n->d; k++) {
        gal_chains c = gal_chains_column(n->theta, n->ndraws, n->C, n->d, k, 0);
        double rhat, bulk, tail;
        gal_status st = gal_rhat(c, &rhat);
        if (st == GAL_OK)
            st = gal_ess_bulk(c, &bulk);
        if (st == GAL_OK)
            st = gal_ess_tail(c, &tail);
        if (st != GAL_OK)
            return st;
        r->rhat = k == 0 || isnan(rhat) || rhat > r->rhat ? rhat : r->rhat;
        r->ess_bulk = k == 0 ? bulk : fmin(r->ess_bulk, bulk);
        r->ess_tail = k == 0 ? tail : fmin(r->ess_tail, tail);
    }
    return GAL_OK;
}

gal_status gal_nuts_diagnose(const gal_nuts *n, gal_nuts_report *r)
{
    size_t all = n->ndraws * n->C;
    *r = (gal_nuts_report){.draws = all, .ebfmi = NAN};
    for (size_t i = 0; i < all; i++) {
        const double *s = n->stat + i * GAL_NUTS_NSTATS;
        r->divergent += s[GAL_NUTS_DIVERGING] > 0;
        r->deepest += s[GAL_NUTS_DEPTH] >= (double)n->opt.max_depth;
        r->accept += s[GAL_NUTS_ACCEPT] / (double)all;
        r->leapfrogs += s[GAL_NUTS_LEAPFROGS] / (double)all;
    }
    for (size_t i = 0; n->ndraws > 1 && i < n->C; i++) {
        double b = ebfmi(n, i);
        r->ebfmi = i == 0 || !(b >= r->ebfmi) ? b : r->ebfmi;
    }
    gal_status st = worst(n, r);
    size_t at = 0, size = sizeof r->warning;
#define WARN_IF(cond, ...)                                                                                             \
    if ((cond) && at < size) {                                                                                         \
        at += at ? (size_t)snprintf(r->warning + at, size - at, "; ") : 0;                                             \
        at += at < size ? (size_t)snprintf(r->warning + at, size - at, __VA_ARGS__) : 0;                               \
    }
    WARN_IF(r->divergent > 0,
            "%zu of %zu trajectories diverged: parts of the posterior were not reached; raise target, or use a nested "
            "sampler",
            r->divergent, all)
    WARN_IF(r->deepest > 0, "%zu trajectories stopped at depth %zu: slow, raise max_depth or use metric = \"dense\"",
            r->deepest, n->opt.max_depth)
    WARN_IF(r->ebfmi < 0.3, "E-BFMI %.2f: heavy tails are explored slowly", r->ebfmi)
    WARN_IF(r->rhat > RHAT_GOOD, "R-hat %.3f: the chains do not agree; run longer, or several modes", r->rhat)
    return st;
}

/* ------------------------------------------------------------------ run */
static gal_status check_goal(const gal_nuts *n, const gal_nuts_goal *g, size_t *limit)
{
    int goals = (g->more > 0) + (g->until > 0) + (g->ess > 0);
    if (!n->started)
        return gal_fail(GAL_EINVAL, "nuts: no start positions; start it from the prior or from given points");
    if (goals != 1)
        return gal_fail(GAL_EINVAL, "nuts: %s; give exactly one of more, until, ess",
                        goals ? "two goals at once" : "no goal");
    *limit = g->more > 0 ? n->ndraws + g->more : g->until > 0 ? g->until : g->max_draws ? g->max_draws : 100000;
    return GAL_OK;
}

static gal_status check_ess(gal_nuts *n, double want, bool *done)
{
    gal_nuts_report r;
    gal_status st = worst(n, &r);
    *done = st == GAL_OK && r.ess_bulk >= want && r.ess_tail >= want && (n->C == 1 || r.rhat < RHAT_GOOD);
    n->checked = n->ndraws;
    snprintf(n->why, sizeof n->why, "%s: %zu draws of %zu chains: effective %.0f (bulk), %.0f (tail), R-hat %.4f",
             *done ? "converged" : "not converged", n->ndraws, n->C, r.ess_bulk, r.ess_tail, r.rhat);
    return st;
}

static bool check_due(const gal_nuts *n)
{
    size_t gap = n->checked / 5;
    return n->ndraws >= n->checked + (gap > FIRST_CHECK ? gap : FIRST_CHECK);
}

static int report(const gal_nuts *n, const gal_nuts_goal *g, size_t limit, size_t first, double elapsed)
{
    char text[200];
    size_t total = n->warmup + limit, at = 0, divergent = 0;
    double rate = (double)(n->iteration - first) / elapsed, fraction = (double)n->iteration / (double)total, step = 0;
    for (size_t i = 0; i < n->C; i++)
        step += n->chain[i].step / (double)n->C;
    for (size_t i = 0; i < n->ndraws * n->C; i++)
        divergent += n->stat[i * GAL_NUTS_NSTATS + GAL_NUTS_DIVERGING] > 0;
    if (n->iteration < n->warmup)
        at += (size_t)snprintf(text, sizeof text, "warm-up %zu/%zu", n->iteration, n->warmup);
    else
        at += (size_t)snprintf(text, sizeof text, "draw %zu", n->ndraws);
    at += (size_t)snprintf(text + at, sizeof text - at, "  step %.3g  divergent %zu", step, divergent);
    if (g->ess > 0)
        fraction = -1;
    else if (rate > 0)
        snprintf(text + at, sizeof text - at, "  ETA %.0f s", (double)(total - n->iteration) / rate);
    return g->progress(g->progress_ctx, fraction, text);
}

static gal_status loop(gal_nuts *n, const gal_nuts_goal *g, size_t limit, double t0)
{
    double told = t0, hooked = t0;
    size_t first = n->iteration;
    gal_status st;
    while (n->ndraws < limit) {
        if (gal_interrupted())
            return gal_fail(GAL_EINTR, "interrupted");
        if ((st = nuts_iterate(n)) != GAL_OK)
            return st;
        if (g->ess > 0 && n->ndraws > 0 && check_due(n)) {
            bool done;
            if ((st = check_ess(n, g->ess, &done)) != GAL_OK)
                return st;
            if (done) {
                n->end = GAL_RUN_CONVERGED;
                return GAL_OK;
            }
        }
        double now = gal_clock();
        if (g->progress && now - told >= 1) {
            told = now;
            if (report(n, g, limit, first, now - t0))
                return gal_fail(GAL_EINTR, "interrupted");
        }
        if (g->hook && now - hooked >= g->hook_every) {
            if ((st = g->hook(g->hook_ctx, n)) != GAL_OK)
                return st;
            hooked = gal_clock();
        }
    }
    n->end = g->ess > 0 ? GAL_RUN_LIMIT : GAL_RUN_DONE;
    if (g->ess > 0 && n->checked == 0)
        snprintf(n->why, sizeof n->why, "not converged: stopped at %zu draws before the first check", n->ndraws);
    else if (!(g->ess > 0))
        snprintf(n->why, sizeof n->why, "done: %zu draws of %zu chains", n->ndraws, n->C);
    return GAL_OK;
}

gal_status gal_nuts_run(gal_nuts *n, const gal_nuts_goal *g)
{
    size_t limit = 0;
    gal_status st = check_goal(n, g, &limit);
    if (st != GAL_OK)
        return st;
    double t0 = gal_clock();
    st = loop(n, g, limit, t0);
    n->seconds += gal_clock() - t0;
    if (st != GAL_OK) {
        n->end = st == GAL_EINTR ? GAL_RUN_INTERRUPTED : GAL_RUN_FAILED;
        snprintf(n->why, sizeof n->why, "%s after %zu warm-up iterations and %zu draws%s%s",
                 st == GAL_EINTR ? "interrupted" : "failed", n->iteration < n->warmup ? n->iteration : n->warmup,
                 n->ndraws, st == GAL_EINTR ? "" : ": ", st == GAL_EINTR ? "" : gal_error_message());
    }
    return st;
}
