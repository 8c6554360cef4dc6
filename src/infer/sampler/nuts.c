/* NUTS: creation, start, one iteration of all chains, stored draws. An iteration is atomic: when the target fails or the user stops it,
 * every chain is where it was, and the repeated iteration draws the same numbers. One thread per object. */
#include "galua/nuts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nuts_int.h"
#include "grow.h"
#include "infer/target/purpose.h"

bool nuts_dense(const gal_nuts *n)
{
    return n->opt.metric == GAL_METRIC_DENSE;
}

/* ------------------------------------------------------------------ creation */
static double *cut(double **at, size_t n)
{
    double *p = *at;
    *at += n;
    return p;
}

static void cut_point(point *x, double **at, size_t d)
{
    x->z = cut(at, d);
    x->p = cut(at, d);
    x->v = cut(at, d);
    x->g = cut(at, d);
}

static void cut_piece(piece *t, double **at, size_t d)
{
    double **part[] = {&t->rho, &t->p_beg, &t->v_beg, &t->p_end, &t->v_end, &t->z, &t->g};
    for (size_t i = 0; i < 7; i++)
        *part[i] = cut(at, d);
}

static gal_status chain_alloc(const gal_nuts *n, chain *c)
{
    size_t d = n->d, mm = nuts_dense(n) ? d * d : d, stack = n->opt.max_depth + 2;
    size_t total = 3 * d + 3 * 4 * d + 7 * d * (1 + stack) + 2 * d + d + 3 * mm;
    double *at = c->mem = GAL_NEWN(double, total);
    if (!at)
        return GAL_ENOMEM;
    c->z = cut(&at, d);
    c->g = cut(&at, d);
    c->scale = cut(&at, d);
    cut_point(&c->now, &at, d);
    cut_point(&c->edge[0], &at, d);
    cut_point(&c->edge[1], &at, d);
    cut_piece(&c->whole, &at, d);
    for (size_t i = 0; i < stack; i++)
        cut_piece(&c->stack[i], &at, d);
    c->rev_p = cut(&at, d);
    c->rev_v = cut(&at, d);
    c->wmean = cut(&at, d);
    c->wm2 = cut(&at, mm);
    c->minv = cut(&at, mm);
    c->lower = cut(&at, mm);
    for (size_t k = 0; k < d; k++) {
        c->scale[k] = 1;
        c->minv[nuts_dense(n) ? k * d + k : k] = 1;
        c->lower[nuts_dense(n) ? k * d + k : k] = 1;
    }
    c->step = n->opt.step;
    return GAL_OK;
}

static gal_status alloc(gal_nuts *n)
{
    size_t d = n->d, C = n->C, nb = n->nb;
    n->chain = GAL_NEWN(chain, C);
    n->who = GAL_NEWN(size_t, C);
    n->bz = GAL_NEWN(double, C *(4 * d + nb + 3));
    if (!n->chain || !n->who || !n->bz)
        return GAL_ENOMEM;
    n->bg = n->bz + C * d;
    n->bscale = n->bg + C * d;
    n->btheta = n->bscale + C * d;
    n->bblob = n->btheta + C * d;
    n->blnp = n->bblob + C * nb;
    n->blp = n->blnp + C;
    n->bll = n->blp + C;
    for (size_t i = 0; i < C; i++) {
        gal_status st = chain_alloc(n, &n->chain[i]);
        if (st != GAL_OK)
            return st;
    }
    if (n->opt.metric != GAL_METRIC_UNIT)
        n->nwindow = gal_nuts_schedule(n->warmup, n->window, sizeof n->window / sizeof *n->window, &n->init, &n->term);
    return GAL_OK;
}

gal_status nuts_open(void *obj)
{
    gal_nuts *n = obj;
    gal_nuts_opt *o = &n->opt;
    gal_status st;
    if (!(o->target >= 0 && o->target < 1))
        return gal_fail(GAL_EINVAL, "nuts: target acceptance is %g, it must lie between 0 and 1 (usual: 0.8)",
                        o->target);
    if (!(o->step >= 0 && o->step < 1e7))
        return gal_fail(GAL_EINVAL, "nuts: first step size is %g, it must be positive", o->step);
    if (o->max_depth > DEPTH_TOP)
        return gal_fail(GAL_EINVAL, "nuts: max_depth is %zu, at most %d", o->max_depth, DEPTH_TOP);
    n->C = o->chains = o->chains ? o->chains : 4;
    if (!n->restored)
        n->warmup = o->warmup == SIZE_MAX ? 0 : o->warmup ? o->warmup : 1000;
    o->target = o->target > 0 ? o->target : 0.8;
    o->step = o->step > 0 ? o->step : 1;
    o->max_depth = o->max_depth ? o->max_depth : 10;
    if ((st = gal_space_create(&n->space, n->t, o->numerical)) != GAL_OK)
        return st;
    return alloc(n);
}

void nuts_close(void *obj)
{
    gal_nuts *n = obj;
    for (size_t i = 0; n->chain && i < n->C; i++)
        gal_free(n->chain[i].mem);
    void *all[] = {n->chain, n->who, n->bz, n->theta, n->lnprior, n->lnlike, n->blob, n->stat};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        gal_free(all[i]);
}

/* ------------------------------------------------------------------ start */
static gal_status begin(gal_nuts *n, const double *z)
{
    size_t d = n->d;
    double *scale = GAL_NEWN(double, n->C *d);
    gal_status st = GAL_OK;
    if (!scale)
        return GAL_ENOMEM;
    GAL_TRY(gal_space_eval(n->space, n->C, z, n->blnp, n->btheta, NULL, NULL, NULL));
    for (size_t i = 0; i < n->C; i++)
        if (!(n->blnp[i] > -INFINITY)) {
            char at[600];
            gal_target_point_text(n->t, n->btheta + i * d, at, sizeof at);
            GAL_THROW(GAL_EINVAL, "start: the point of chain %zu has probability 0: %s", i + 1, at);
        }
    for (size_t k = 0; k < n->C * d; k++)
        scale[k] = 1;
    if (!gal_space_analytic(n->space))
        GAL_TRY(gal_space_scale(n->space, n->C, z, scale));
    n->iteration = n->ndraws = n->checked = 0;
    for (size_t i = 0; i < n->C; i++) {
        chain *c = &n->chain[i];
        memcpy(c->z, z + i * d, d * sizeof *z);
        memcpy(c->scale, scale + i * d, d * sizeof *scale);
        c->step = n->opt.step;
        c->wn = 0;
        memset(c->wmean, 0, d * sizeof(double));
        memset(c->wm2, 0, (nuts_dense(n) ? d * d : d) * sizeof(double));
        adapt_restart(n, c);
    }
    n->started = n->search = true;
    n->end = GAL_RUN_NOT_STARTED;
    n->evaluations += gal_space_evaluations(n->space) - n->counted;
    n->counted = gal_space_evaluations(n->space);
    snprintf(n->why, sizeof n->why, "not started");
out:
    gal_free(scale);
    return st;
}

gal_status gal_nuts_start(gal_nuts *n, const double *theta)
{
    size_t d = n->d;
    gal_status st = GAL_OK;
    double *z = GAL_NEWN(double, n->C *d);
    if (!z)
        return GAL_ENOMEM;
    for (size_t i = 0; i < n->C; i++)
        if ((st = gal_space_from_theta(n->space, theta + i * d, z + i * d)) != GAL_OK) {
            gal_fail_prefix(st, "start: chain %zu", i + 1);
            goto out;
        }
    GAL_TRY(begin(n, z));
out:
    gal_free(z);
    return st;
}

/* Uniform in (-2, 2), as without a prior to draw from; chains that find no point in 100 tries are an error. */
static gal_status start_uniform(gal_nuts *n, double *z)
{
    size_t d = n->d;
    for (size_t i = 0; i < n->C; i++) {
        double f = -INFINITY;
        for (uint64_t attempt = 0; attempt < 100 && !(f > -INFINITY); attempt++) {
            gal_rng r;
            gal_rng_init(&r, n->opt.seed, RNG_SPACE_START, n->opt.source, attempt, i);
            for (size_t k = 0; k < d; k++)
                z[i * d + k] = 4 * gal_rng_uniform(&r) - 2;
            gal_status st = gal_space_eval(n->space, 1, z + i * d, &f, NULL, NULL, NULL, NULL);
            if (st != GAL_OK)
                return st;
        }
        if (!(f > -INFINITY))
            return gal_fail(GAL_EMATH,
                            "start: chain %zu found no point of finite probability in 100 tries; give start positions",
                            i + 1);
    }
    return GAL_OK;
}

gal_status gal_nuts_start_prior(gal_nuts *n)
{
    gal_status st = GAL_OK;
    double *z = GAL_NEWN(double, n->C * n->d);
    if (!z)
        return GAL_ENOMEM;
    if (gal_space_probit(n->space))
        GAL_TRY(gal_space_start(n->space, n->C, 0, n->opt.seed, n->opt.source, z));
    else
        GAL_TRY(start_uniform(n, z));
    GAL_TRY(begin(n, z));
out:
    gal_free(z);
    return st;
}

gal_status gal_nuts_start_gaussian(gal_nuts *n, const double *z, const double *cov)
{
    gal_status st = begin(n, z);
    for (size_t i = 0; st == GAL_OK && cov && i < n->C; i++)
        st = adapt_set_metric(n, &n->chain[i], cov);
    return st == GAL_OK ? st : gal_fail_prefix(st, "start");
}

/* ------------------------------------------------------------------ one iteration */
gal_status nuts_make_room(gal_nuts *n, size_t more)
{
    gal_status st = GAL_OK;
    size_t C = n->C, want = n->ndraws + more;
    if (want <= n->room)
        return GAL_OK;
    want = want > 2 * n->room ? want : 2 * n->room;
    GAL_TRY(GAL_GROW(n->theta, want * C * n->d));
    GAL_TRY(GAL_GROW(n->lnprior, want * C));
    GAL_TRY(GAL_GROW(n->lnlike, want * C));
    GAL_TRY(GAL_GROW(n->blob, want * C * n->nb));
    GAL_TRY(GAL_GROW(n->stat, want * C * GAL_NUTS_NSTATS));
    n->room = want;
out:
    return st;
}

static void store(gal_nuts *n)
{
    size_t C = n->C, at = n->ndraws++;
    memcpy(n->theta + at * C * n->d, n->btheta, C * n->d * sizeof(double));
    memcpy(n->lnprior + at * C, n->blp, C * sizeof(double));
    memcpy(n->lnlike + at * C, n->bll, C * sizeof(double));
    memcpy(n->blob + at * C * n->nb, n->bblob, C * n->nb * sizeof(double));
    for (size_t i = 0; i < C; i++) {
        const chain *c = &n->chain[i];
        double *s = n->stat + (at * C + i) * GAL_NUTS_NSTATS;
        s[GAL_NUTS_ACCEPT] = c->accept / (double)c->leapfrogs;
        s[GAL_NUTS_STEP] = c->step;
        s[GAL_NUTS_DEPTH] = (double)c->depth;
        s[GAL_NUTS_LEAPFROGS] = (double)c->leapfrogs;
        s[GAL_NUTS_DIVERGING] = c->diverging;
        s[GAL_NUTS_ENERGY] = c->whole.energy;
        s[GAL_NUTS_LP] = c->whole.lnp;
    }
}

gal_status nuts_iterate(gal_nuts *n)
{
    size_t d = n->d;
    gal_status st;
    bool sampling = n->iteration >= n->warmup;
    if (sampling && (st = nuts_make_room(n, 1)) != GAL_OK)
        return st;
    if (n->search && (st = nuts_search(n)) != GAL_OK)
        return st;
    if ((st = nuts_trajectories(n)) != GAL_OK)
        return st;
    if (sampling) {
        for (size_t i = 0; i < n->C; i++)
            memcpy(n->bz + i * d, n->chain[i].whole.z, d * sizeof(double));
        if ((st = gal_space_eval(n->space, n->C, n->bz, n->blnp, n->btheta, n->blp, n->bll, n->nb ? n->bblob : NULL)) !=
            GAL_OK)
            return st;
    }
    n->iteration++;
    for (size_t i = 0; i < n->C; i++) {
        chain *c = &n->chain[i];
        memcpy(c->z, c->whole.z, d * sizeof(double));
        memcpy(c->g, c->whole.g, d * sizeof(double));
        c->lnp = c->whole.lnp;
        adapt_iteration(n, c, c->accept / (double)c->leapfrogs);
    }
    if (sampling)
        store(n);
    else if (nuts_window_end(n, n->iteration))
        n->search = true;
    n->evaluations += gal_space_evaluations(n->space) - n->counted;
    n->counted = gal_space_evaluations(n->space);
    return GAL_OK;
}

void gal_nuts_inverse_metric(const gal_nuts *n, size_t i, double *m)
{
    size_t d = n->d;
    memset(m, 0, d * d * sizeof *m);
    for (size_t k = 0; k < d; k++)
        if (nuts_dense(n))
            memcpy(m + k * d, n->chain[i].minv + k * d, d * sizeof *m);
        else
            m[k * d + k] = n->chain[i].minv[k];
}
