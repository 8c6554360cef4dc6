/* NUTS: creation, start, one iteration of all chains, stored draws. An iteration is atomic: when the target fails or the user stops it,
 * every chain is where it was, and the repeated iteration draws the same numbers. One thread per object. */
#include "galua/nuts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nuts_int.h"
#include "purpose.h"

const char *gal_nuts_metric_name(gal_metric m)
{
    return m == GAL_METRIC_DENSE ? "dense" : m == GAL_METRIC_UNIT ? "unit" : "diag";
}

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

gal_status nuts_alloc(gal_nuts *n)
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

gal_status gal_nuts_create(gal_nuts **out, const gal_target *t, const gal_nuts_opt *opt)
{
    static const gal_nuts_opt none;
    gal_status st = GAL_OK;
    gal_nuts *n;
    if (!opt)
        opt = &none;
    if (!(opt->target >= 0 && opt->target < 1))
        return gal_fail(GAL_EINVAL, "nuts: target acceptance is %g, it must lie between 0 and 1 (usual: 0.8)",
                        opt->target);
    if (!(opt->step >= 0 && opt->step < 1e7))
        return gal_fail(GAL_EINVAL, "nuts: first step size is %g, it must be positive", opt->step);
    if (opt->max_depth > DEPTH_TOP)
        return gal_fail(GAL_EINVAL, "nuts: max_depth is %zu, at most %d", opt->max_depth, DEPTH_TOP);
    if (!(n = GAL_NEW(gal_nuts)))
        return GAL_ENOMEM;
    n->t = t;
    n->d = t->ndim;
    n->nb = t->nblob;
    n->opt = *opt;
    n->C = n->opt.chains = opt->chains ? opt->chains : 4;
    n->warmup = opt->warmup == SIZE_MAX ? 0 : opt->warmup ? opt->warmup : 1000;
    n->opt.target = opt->target > 0 ? opt->target : 0.8;
    n->opt.step = opt->step > 0 ? opt->step : 1;
    n->opt.max_depth = opt->max_depth ? opt->max_depth : 10;
    GAL_TRY(gal_space_create(&n->space, t, opt->numerical));
    GAL_TRY(nuts_alloc(n));
    snprintf(n->why, sizeof n->why, "not started");
    *out = n;
    n = NULL;
out:
    gal_nuts_free(n);
    return st;
}

void gal_nuts_free(gal_nuts *n)
{
    if (!n)
        return;
    for (size_t i = 0; n->chain && i < n->C; i++)
        gal_free(n->chain[i].mem);
    void *all[] = {n->chain, n->who, n->bz, n->theta, n->lnprior, n->lnlike, n->blob, n->stat};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        gal_free(all[i]);
    gal_space_free(n->space);
    gal_free(n);
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
    n->evaluations += gal_space_evaluations(n->space) - n->base;
    n->base = gal_space_evaluations(n->space);
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
static gal_status grow(double **p, size_t n)
{
    double *q = gal_realloc(*p, n * sizeof **p);
    if (!q)
        return GAL_ENOMEM;
    *p = q;
    return GAL_OK;
}

gal_status nuts_make_room(gal_nuts *n, size_t more)
{
    gal_status st = GAL_OK;
    size_t C = n->C, want = n->ndraws + more;
    if (want <= n->room)
        return GAL_OK;
    want = want > 2 * n->room ? want : 2 * n->room;
    GAL_TRY(grow(&n->theta, want * C * n->d));
    GAL_TRY(grow(&n->lnprior, want * C));
    GAL_TRY(grow(&n->lnlike, want * C));
    GAL_TRY(grow(&n->blob, want * C * n->nb));
    GAL_TRY(grow(&n->stat, want * C * GAL_NUTS_NSTATS));
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
    n->evaluations += gal_space_evaluations(n->space) - n->base;
    n->base = gal_space_evaluations(n->space);
    return GAL_OK;
}

/* ------------------------------------------------------------------ accessors */
const gal_target *gal_nuts_target(const gal_nuts *n)
{
    return n->t;
}
const char *gal_nuts_space_text(const gal_nuts *n)
{
    return gal_space_text(n->space);
}
size_t gal_nuts_chains(const gal_nuts *n)
{
    return n->C;
}
size_t gal_nuts_warmup(const gal_nuts *n)
{
    return n->warmup;
}
size_t gal_nuts_iterations(const gal_nuts *n)
{
    return n->iteration;
}
size_t gal_nuts_draws(const gal_nuts *n)
{
    return n->ndraws;
}
gal_metric gal_nuts_metric_kind(const gal_nuts *n)
{
    return n->opt.metric;
}
double gal_nuts_target_accept(const gal_nuts *n)
{
    return n->opt.target;
}
uint64_t gal_nuts_seed(const gal_nuts *n)
{
    return n->opt.seed;
}
gal_run_end gal_nuts_end(const gal_nuts *n)
{
    return n->end;
}
const char *gal_nuts_end_text(const gal_nuts *n)
{
    return n->why;
}
double gal_nuts_seconds(const gal_nuts *n)
{
    return n->seconds;
}
size_t gal_nuts_evaluations(const gal_nuts *n)
{
    return n->evaluations;
}
const double *gal_nuts_theta(const gal_nuts *n)
{
    return n->theta;
}
const double *gal_nuts_lnprior(const gal_nuts *n)
{
    return n->lnprior;
}
const double *gal_nuts_lnlike(const gal_nuts *n)
{
    return n->lnlike;
}
const double *gal_nuts_blobs(const gal_nuts *n)
{
    return n->nb > 0 ? n->blob : NULL;
}
const double *gal_nuts_stats(const gal_nuts *n)
{
    return n->stat;
}
double gal_nuts_step_size(const gal_nuts *n, size_t i)
{
    return n->chain[i].step;
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
