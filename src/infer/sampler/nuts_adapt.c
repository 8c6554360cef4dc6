/* Warm-up: windows, dual averaging of the step (Nesterov 2009; Hoffman & Gelman 2014, section 3.2), the metric from the draws of a
 * window (Welford 1962) shrunk towards 1e-3 I. */
#include <math.h>
#include <string.h>

#include "galua/num.h"
#include "nuts_int.h"
#include "infer/target/purpose.h"

#define GAMMA 0.05
/* In the last buffer steps are pulled half as hard: ln(step) then scatters less about its average, and acceptance, concave in ln(step), is
 * at that average closer to the mean acceptance that is aimed at. 100 dimensions, target 0.8, six seeds: 0.85 with 0.05, 0.81 with 0.1. */
#define GAMMA_LAST 0.1
#define T0         10.
#define KAPPA      0.75

size_t gal_nuts_schedule(size_t W, size_t *end, size_t room, size_t *init, size_t *term)
{
    size_t window = 25, n = 0, at;
    *init = *term = 0;
    if (W < 20)
        return 0;
    if (75 + 25 + 50 > W) {
        *init = (size_t)(0.15 * (double)W);
        *term = (size_t)(0.1 * (double)W);
        window = W - *init - *term;
    } else {
        *init = 75;
        *term = 50;
    }
    for (at = *init; at < W - *term; window *= 2) {
        at += window;
        if (at + 2 * window > W - *term) /* the one after would not fit */
            at = W - *term;
        if (n < room)
            end[n] = at;
        n++;
    }
    return n < room ? n : room;
}

bool nuts_window_end(const gal_nuts *n, size_t iteration)
{
    for (size_t i = 0; i < n->nwindow; i++)
        if (n->window[i] == iteration)
            return true;
    return false;
}

static bool last_buffer(const gal_nuts *n, size_t iteration)
{
    return iteration > n->warmup - n->term;
}

void adapt_restart(const gal_nuts *n, chain *c)
{
    c->mu = log((last_buffer(n, n->iteration + 1) ? 1 : 10) *
                c->step); /* towards large steps, but not those that will be used */
    c->count = c->s_bar = c->x_bar = 0;
}

static void learn_step(const gal_nuts *n, chain *c, double accept)
{
    c->count++;
    double eta = 1 / (c->count + T0), x, w;
    c->s_bar = (1 - eta) * c->s_bar + eta * (n->opt.target - fmin(accept, 1));
    x = c->mu - c->s_bar * sqrt(c->count) / (last_buffer(n, n->iteration) ? GAMMA_LAST : GAMMA);
    w = pow(c->count, -KAPPA);
    c->x_bar = (1 - w) * c->x_bar + w * x;
    c->step = exp(x);
}

static void add_draw(const gal_nuts *n, chain *c)
{
    size_t d = n->d;
    double delta[64], *dl = d <= 64 ? delta : c->rev_v;
    c->wn++;
    for (size_t k = 0; k < d; k++) {
        dl[k] = c->z[k] - c->wmean[k];
        c->wmean[k] += dl[k] / c->wn;
    }
    for (size_t k = 0; k < d; k++) {
        double after = c->z[k] - c->wmean[k];
        if (!nuts_dense(n)) {
            c->wm2[k] += dl[k] * after;
            continue;
        }
        for (size_t j = 0; j < d; j++)
            c->wm2[k * d + j] += dl[j] * after;
    }
}

/* Steps of numerical gradients follow the widths of the posterior that the metric has found. */
static void new_scale(const gal_nuts *n, chain *c)
{
    for (size_t k = 0; k < n->d; k++) {
        double s = sqrt(nuts_dense(n) ? c->minv[k * n->d + k] : c->minv[k]);
        c->scale[k] = gal_space_probit(n->space) ? fmin(s, 1) : s;
    }
}

gal_status adapt_set_metric(gal_nuts *n, chain *c, const double *cov)
{
    size_t d = n->d;
    gal_status st = GAL_OK;
    if (nuts_dense(n)) {
        memcpy(c->minv, cov, d * d * sizeof *cov);
        memcpy(c->lower, cov, d * d * sizeof *cov);
        st = gal_cholesky(c->lower, d);
    } else {
        for (size_t k = 0; k < d; k++)
            c->minv[k] = n->opt.metric == GAL_METRIC_UNIT ? 1 : cov[k * d + k];
    }
    if (st == GAL_OK)
        new_scale(n, c);
    return st;
}

static void learn_metric(gal_nuts *n, chain *c)
{
    size_t d = n->d;
    double w = c->wn / (c->wn + 5), floor = 1e-3 * 5 / (c->wn + 5);
    if (c->wn > 1 && n->opt.metric == GAL_METRIC_DENSE) {
        for (size_t k = 0; k < d * d; k++)
            c->minv[k] = w * c->wm2[k] / (c->wn - 1);
        for (size_t k = 0; k < d; k++)
            c->minv[k * d + k] += floor;
        for (size_t k = 0; k < d; k++) /* symmetric to the last bit */
            for (size_t j = 0; j < k; j++)
                c->minv[j * d + k] = c->minv[k * d + j];
        memcpy(c->lower, c->minv, d * d * sizeof(double));
        if (gal_cholesky(c->lower, d) != GAL_OK) { /* cannot be with the floor, unless draws are not finite */
            memset(c->minv, 0, d * d * sizeof(double));
            memset(c->lower, 0, d * d * sizeof(double));
            for (size_t k = 0; k < d; k++)
                c->minv[k * d + k] = c->lower[k * d + k] = 1;
        }
    } else if (c->wn > 1 && n->opt.metric == GAL_METRIC_DIAG) {
        for (size_t k = 0; k < d; k++)
            c->minv[k] = w * c->wm2[k] / (c->wn - 1) + floor;
    }
    if (n->opt.metric != GAL_METRIC_UNIT)
        new_scale(n, c);
    c->wn = 0;
    memset(c->wmean, 0, d * sizeof(double));
    memset(c->wm2, 0, (nuts_dense(n) ? d * d : d) * sizeof(double));
}

void adapt_iteration(gal_nuts *n, chain *c, double accept)
{
    size_t it = n->iteration;
    if (it > n->warmup)
        return;
    learn_step(n, c, accept);
    if (n->nwindow > 0 && it > n->init && it <= n->warmup - n->term)
        add_draw(n, c);
    if (nuts_window_end(n, it))
        learn_metric(n, c); /* the step is searched and restarted before the next iteration */
    if (it == n->warmup)
        c->step = exp(c->x_bar);
}

/* ------------------------------------------------------------------ first step size
 * Doubled or halved, with fresh momenta, until the acceptance of one leapfrog step crosses 0.8. */
static gal_status judge(chain *c, size_t who, double dh)
{
    bool good = dh > log(0.8);
    if (c->up == 0)
        c->up = good ? 1 : -1;
    else if ((c->up > 0) != good) {
        c->busy = false;
        return GAL_OK;
    }
    c->try_step *= c->up > 0 ? 2 : 0.5;
    if (c->try_step > 1e7)
        return gal_fail(GAL_EMATH,
                        "nuts: chain %zu: ln p is flat over steps of 1e7: the posterior is improper; check the priors",
                        who + 1);
    if (!(c->try_step > 1e-300))
        return gal_fail(
            GAL_EMATH,
            "nuts: chain %zu: no step size is small enough: ln p jumps at the start point; check its gradient",
            who + 1);
    return GAL_OK;
}

gal_status nuts_search(gal_nuts *n)
{
    size_t d = n->d;
    gal_status st;
    for (size_t i = 0; i < n->C; i++) {
        memcpy(n->bz + i * d, n->chain[i].z, d * sizeof(double));
        memcpy(n->bscale + i * d, n->chain[i].scale, d * sizeof(double));
    }
    /* with the present steps of the differences: within a trajectory the gradient must be one function of the position */
    if ((st = gal_space_gradient(n->space, n->C, n->bz, n->bscale, n->blnp, n->bg)) != GAL_OK)
        return st;
    for (size_t i = 0; i < n->C; i++) {
        chain *c = &n->chain[i];
        memcpy(c->g, n->bg + i * d, d * sizeof(double));
        c->lnp = n->blnp[i];
        c->up = 0;
        c->try_step = c->step;
        c->busy = true;
        gal_rng_init(&c->rng, n->opt.seed, RNG_NUTS_STEP, n->opt.source, n->iteration, i);
    }
    for (;;) {
        size_t m = 0;
        for (size_t i = 0; i < n->C; i++) {
            chain *c = &n->chain[i];
            if (!c->busy)
                continue;
            memcpy(c->now.z, c->z, d * sizeof(double));
            memcpy(c->now.g, c->g, d * sizeof(double));
            tree_momentum(n, c, &c->rng, c->now.p);
            c->h0 = tree_energy(n, c, c->now.p, c->now.v, c->lnp);
            leapfrog_first(n, c, &c->now, c->try_step);
            memcpy(n->bz + m * d, c->now.z, d * sizeof(double));
            memcpy(n->bscale + m * d, c->scale, d * sizeof(double));
            n->who[m++] = i;
        }
        if (m == 0)
            break;
        if (gal_interrupted())
            return gal_fail(GAL_EINTR, "interrupted");
        if ((st = gal_space_gradient(n->space, m, n->bz, n->bscale, n->blnp, n->bg)) != GAL_OK)
            return st;
        for (size_t j = 0; j < m; j++) {
            chain *c = &n->chain[n->who[j]];
            memcpy(c->now.g, n->bg + j * d, d * sizeof(double));
            leapfrog_second(n, c, &c->now, c->try_step);
            double h = tree_energy(n, c, c->now.p, c->now.v, n->blnp[j]);
            if ((st = judge(c, n->who[j], c->h0 - h)) != GAL_OK)
                return st;
        }
    }
    for (size_t i = 0; i < n->C; i++) {
        n->chain[i].step = n->chain[i].try_step;
        adapt_restart(n, &n->chain[i]);
    }
    n->search = false;
    return GAL_OK;
}
