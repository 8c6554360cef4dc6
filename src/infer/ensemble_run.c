/* Running an ensemble: goals, convergence, progress, interrupts, checkpoints. What is decided here depends only on the number of
 * steps made, so that a run resumed from a saved state stops at the same step. */
#include "ensemble_int.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define FIRST_CHECK 100 /* steps before the first convergence check and at least between two */

static gal_status check_goal(const gal_ensemble *e, const gal_ensemble_goal *g, size_t *limit)
{
    int n = (g->more > 0) + (g->until > 0) + (g->tau > 0);
    if (!e->started)
        return gal_fail(GAL_EINVAL, "ensemble: no start positions; start it from the prior or from given points");
    if (n != 1)
        return gal_fail(GAL_EINVAL, "ensemble: %s; give exactly one of more, until, tau",
                        n ? "two goals at once" : "no goal");
    if (g->more > 0)
        *limit = e->step + g->more;
    else if (g->until > 0)
        *limit = g->until;
    else
        *limit = g->max_steps ? g->max_steps : 1000000;
    return GAL_OK;
}

/* Rules of thumb of Foreman-Mackey et al. 2013: long in units of tau, and tau no longer changing. */
static gal_status check_tau(gal_ensemble *e, double tol, double dtol, bool *converged)
{
    double *tau = e->scratch + e->W, worst = 0; /* W + 3 d */
    size_t used = (e->nstored - e->nstored / 4) * e->thin, at = 0;
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

static int report(const gal_ensemble *e, const gal_ensemble_goal *g, size_t limit, size_t first, double elapsed)
{
    char text[200];
    double taken = 0, rate = (double)(e->step - first) / elapsed, fraction = (double)e->step / (double)limit;
    size_t at = 0;
    for (size_t i = 0; i < e->W; i++)
        taken += e->total[i];
    at += (size_t)snprintf(text, sizeof text, "step %zu", e->step);
    if (g->tau > 0) {
        double worst = 0;
        for (size_t k = 0; e->tau_step > 0 && k < e->d; k++)
            worst = fmax(worst, e->tau[k]);
        fraction = worst > 0 ? fmin(1, (double)e->step / (g->tau * worst * 4 / 3)) : -1;
        if (worst > 0)
            at += (size_t)snprintf(text + at, sizeof text - at, "  tau %.1f", worst);
    } else {
        at += (size_t)snprintf(text + at, sizeof text - at, "/%zu", limit);
    }
    at += (size_t)snprintf(text + at, sizeof text - at, "  accepted %.2f", taken / (double)e->W / (double)e->step);
    if (fraction > 0 && rate > 0)
        snprintf(text + at, sizeof text - at, "  ETA %.0f s", (double)e->step * (1 / fraction - 1) / rate);
    return g->progress(g->progress_ctx, fraction, text);
}

static gal_status loop(gal_ensemble *e, const gal_ensemble_goal *g, size_t limit, double t0)
{
    double told = t0, hooked = t0;
    size_t first = e->step;
    gal_status st;
    while (e->step < limit) {
        if (gal_interrupted())
            return gal_fail(GAL_EINTR, "interrupted");
        if ((st = ensemble_make_room(e, 1)) != GAL_OK || (st = ensemble_step(e)) != GAL_OK)
            return st;
        if (e->step % e->thin == 0 && (st = ensemble_store(e)) != GAL_OK)
            return st;
        if (g->tau > 0 && check_due(e)) {
            bool converged;
            if ((st = check_tau(e, g->tau, g->dtau > 0 ? g->dtau : 0.01, &converged)) != GAL_OK)
                return st;
            if (converged) {
                e->end = GAL_RUN_CONVERGED;
                return GAL_OK;
            }
        }
        double now = gal_clock();
        if (g->progress && now - told >= 1) {
            told = now;
            if (report(e, g, limit, first, now - t0))
                return gal_fail(GAL_EINTR, "interrupted");
        }
        if (g->hook && now - hooked >= g->hook_every) {
            if ((st = g->hook(g->hook_ctx, e)) != GAL_OK)
                return st;
            hooked = gal_clock();
        }
    }
    e->end = g->tau > 0 ? GAL_RUN_LIMIT : GAL_RUN_DONE;
    if (g->tau > 0 && e->tau_step == 0)
        snprintf(e->why, sizeof e->why, "not converged: stopped at %zu steps before the first check", e->step);
    else if (g->tau == 0)
        snprintf(e->why, sizeof e->why, "done: %zu steps", e->step);
    return GAL_OK;
}

gal_status gal_ensemble_run(gal_ensemble *e, const gal_ensemble_goal *g)
{
    size_t limit = 0;
    gal_status st = check_goal(e, g, &limit);
    if (st != GAL_OK)
        return st;
    double t0 = gal_clock();
    st = loop(e, g, limit, t0);
    e->seconds += gal_clock() - t0;
    if (st != GAL_OK) {
        e->end = st == GAL_EINTR ? GAL_RUN_INTERRUPTED : GAL_RUN_FAILED;
        snprintf(e->why, sizeof e->why, "%s after %zu steps%s%s", st == GAL_EINTR ? "interrupted" : "failed", e->step,
                 st == GAL_EINTR ? "" : ": ", st == GAL_EINTR ? "" : gal_error_message());
    }
    return st;
}
