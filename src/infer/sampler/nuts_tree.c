/* One trajectory of the no-U-turn sampler, by reverse communication so that the gradients of all chains are one batch.
 *
 * Recursive doubling (Hoffman & Gelman 2014) written as a binary counter: each leapfrog step puts a piece of depth 0 on a stack;
 * while the two topmost pieces have the same depth they are merged. Pieces are merged in the same order, with the same random
 * numbers, as recursion would. */
#include <math.h>
#include <string.h>

#include "nuts_int.h"
#include "infer/target/purpose.h"
#include "num/dot.h"

#define MAX_ERROR 1000. /* in H: divergence */

static double lse(double a, double b)
{
    double top = fmax(a, b);
    return top > -INFINITY ? top + log1p(exp(fmin(a, b) - top)) : top;
}

/* v = M^-1 p */
static void velocity(const gal_nuts *n, const chain *c, const double *p, double *v)
{
    size_t d = n->d;
    if (!nuts_dense(n)) {
        for (size_t k = 0; k < d; k++)
            v[k] = c->minv[k] * p[k];
        return;
    }
    memset(v, 0, d * sizeof *v);
    for (size_t j = 0; j < d;
         j++) { /* by columns (M^-1 is symmetric): independent sums, so that the compiler may vectorise */
        const double *restrict m = c->minv + j * d;
        double *restrict to = v, pj = p[j];
        for (size_t k = 0; k < d; k++)
            to[k] += m[k] * pj;
    }
}

/* p ~ N(0, M): M^-1 = L L^T, p = L^-T xi */
void tree_momentum(const gal_nuts *n, chain *c, gal_rng *r, double *p)
{
    size_t d = n->d;
    for (size_t k = 0; k < d; k++)
        p[k] = gal_rng_normal(r);
    if (!nuts_dense(n)) {
        for (size_t k = 0; k < d; k++)
            p[k] /= sqrt(c->minv[k]);
        return;
    }
    for (size_t k = d; k-- > 0;) {
        for (size_t j = k + 1; j < d; j++)
            p[k] -= c->lower[j * d + k] * p[j];
        p[k] /= c->lower[k * d + k];
    }
}

double tree_energy(const gal_nuts *n, const chain *c, const double *p, double *v, double lnp)
{
    velocity(n, c, p, v);
    double h = 0.5 * num_dot_short(p, v, n->d) - lnp;
    return isnan(h) ? INFINITY : h;
}

void leapfrog_first(const gal_nuts *n, const chain *c, point *x, double eps)
{
    for (size_t k = 0; k < n->d; k++)
        x->p[k] += 0.5 * eps * x->g[k];
    velocity(n, c, x->p, x->v);
    for (size_t k = 0; k < n->d; k++)
        x->z[k] += eps * x->v[k];
}

void leapfrog_second(const gal_nuts *n, const chain *c, point *x, double eps)
{
    (void)c;
    for (size_t k = 0; k < n->d; k++)
        x->p[k] += 0.5 * eps * x->g[k];
}

static void copy_point(size_t d, point *to, const point *from)
{
    memcpy(to->z, from->z, d * sizeof(double));
    memcpy(to->p, from->p, d * sizeof(double));
    memcpy(to->v, from->v, d * sizeof(double));
    memcpy(to->g, from->g, d * sizeof(double));
    to->lnp = from->lnp;
}

/* A piece of the single point x with energy h. */
static void single(size_t d, piece *t, const point *x, double h, double h0)
{
    t->depth = 0;
    t->lnw = h0 - h;
    memcpy(t->rho, x->p, d * sizeof(double));
    memcpy(t->p_beg, x->p, d * sizeof(double));
    memcpy(t->p_end, x->p, d * sizeof(double));
    memcpy(t->v_beg, x->v, d * sizeof(double));
    memcpy(t->v_end, x->v, d * sizeof(double));
    memcpy(t->z, x->z, d * sizeof(double));
    memcpy(t->g, x->g, d * sizeof(double));
    t->lnp = x->lnp;
    t->energy = h;
}

static void take_draw(size_t d, piece *to, const piece *from)
{
    memcpy(to->z, from->z, d * sizeof(double));
    memcpy(to->g, from->g, d * sizeof(double));
    to->lnp = from->lnp;
    to->energy = from->energy;
}

/* Both ends still move along rho (+ extra). */
static bool ahead(size_t d, const double *va, const double *vb, const double *rho, const double *extra)
{
    double a = 0, b = 0;
    for (size_t k = 0; k < d; k++) {
        double r = rho[k] + (extra ? extra[k] : 0);
        a += va[k] * r;
        b += vb[k] * r;
    }
    return a > 0 && b > 0;
}

/* No U-turn over a followed by b, nor across the joint; sum[d] = rho of both. */
static bool goes_on(size_t d, const piece *a, const piece *b, const double *sum)
{
    return ahead(d, a->v_beg, b->v_end, sum, NULL) && ahead(d, a->v_beg, b->v_beg, a->rho, b->p_beg) &&
           ahead(d, a->v_end, b->v_end, b->rho, a->p_end);
}

static void tree_begin(gal_nuts *n, chain *c, size_t who)
{
    size_t d = n->d;
    gal_rng_init(&c->rng, n->opt.seed, RNG_NUTS_ITER, n->opt.source, n->iteration, who);
    memcpy(c->now.z, c->z, d * sizeof(double));
    memcpy(c->now.g, c->g, d * sizeof(double));
    c->now.lnp = c->lnp;
    tree_momentum(n, c, &c->rng, c->now.p);
    c->h0 = tree_energy(n, c, c->now.p, c->now.v, c->lnp);
    single(d, &c->whole, &c->now, c->h0, c->h0);
    copy_point(d, &c->edge[0], &c->now);
    copy_point(d, &c->edge[1], &c->now);
    c->top = c->leaves = c->leapfrogs = 0;
    c->depth = 0;
    c->want = 1;
    c->accept = 0;
    c->diverging = false;
    c->busy = true;
    c->dir = gal_rng_uniform(&c->rng) > 0.5 ? 1 : -1;
    copy_point(d, &c->now, &c->edge[c->dir > 0]);
}

/* first half of a leapfrog step; where to go */
static void tree_ask(const gal_nuts *n, chain *c, double *z)
{
    leapfrog_first(n, c, &c->now, c->dir * c->step);
    memcpy(z, c->now.z, n->d * sizeof *z);
}

/* stack[top-2] := stack[top-2] then stack[top-1]; false at a U-turn */
static bool merge(gal_nuts *n, chain *c)
{
    size_t d = n->d;
    piece *a = &c->stack[c->top - 2], *b = &c->stack[c->top - 1];
    double lnw = lse(a->lnw, b->lnw);
    if (b->lnw > lnw || gal_rng_uniform(&c->rng) < exp(b->lnw - lnw))
        take_draw(d, a, b);
    double *sum = c->rev_p;
    for (size_t k = 0; k < d; k++)
        sum[k] = a->rho[k] + b->rho[k];
    bool ok = goes_on(d, a, b, sum);
    memcpy(a->rho, sum, d * sizeof *sum);
    memcpy(a->p_end, b->p_end, d * sizeof *sum);
    memcpy(a->v_end, b->v_end, d * sizeof *sum);
    a->lnw = lnw;
    a->depth++;
    c->top--;
    return ok;
}

/* The finished new half, stack[0], joins the whole; false at a U-turn. whole is kept in order of time: beg backwards. */
static bool join(gal_nuts *n, chain *c)
{
    size_t d = n->d;
    piece *w = &c->whole, *b = &c->stack[0];
    if (b->lnw > w->lnw || gal_rng_uniform(&c->rng) < exp(b->lnw - w->lnw))
        take_draw(d, w, b);
    piece a = *w; /* seen in the direction of growth */
    if (c->dir < 0) {
        a.p_beg = w->p_end;
        a.v_beg = w->v_end;
        a.p_end = w->p_beg;
        a.v_end = w->v_beg;
    }
    double *sum = c->rev_p;
    for (size_t k = 0; k < d; k++)
        sum[k] = a.rho[k] + b->rho[k];
    bool ok = goes_on(d, &a, b, sum);
    memcpy(w->rho, sum, d * sizeof *sum);
    memcpy(c->dir > 0 ? w->p_end : w->p_beg, b->p_end, d * sizeof *sum);
    memcpy(c->dir > 0 ? w->v_end : w->v_beg, b->v_end, d * sizeof *sum);
    w->lnw = lse(w->lnw, b->lnw);
    copy_point(d, &c->edge[c->dir > 0], &c->now);
    c->depth++;
    return ok;
}

/* second half */
static void tree_tell(gal_nuts *n, chain *c, double lnp, const double *g)
{
    size_t d = n->d;
    point *x = &c->now;
    memcpy(x->g, g, d * sizeof *g);
    x->lnp = lnp;
    leapfrog_second(n, c, x, c->dir * c->step);
    double h = tree_energy(n, c, x->p, x->v, lnp);
    c->leapfrogs++;
    c->leaves++;
    c->accept += h <= c->h0 ? 1 : exp(c->h0 - h);
    if (h - c->h0 > MAX_ERROR) {
        c->diverging = true;
        c->busy = false;
        return;
    }
    single(d, &c->stack[c->top++], x, h, c->h0);
    while (c->top > 1 && c->stack[c->top - 1].depth == c->stack[c->top - 2].depth)
        if (!merge(n, c)) {
            c->busy = false;
            return;
        }
    if (c->leaves < c->want)
        return;
    if (!join(n, c) || c->depth >= n->opt.max_depth) {
        c->busy = false;
        return;
    }
    c->top = c->leaves = 0;
    c->want *= 2;
    c->dir = gal_rng_uniform(&c->rng) > 0.5 ? 1 : -1;
    copy_point(d, x, &c->edge[c->dir > 0]);
}

gal_status nuts_trajectories(gal_nuts *n)
{
    size_t d = n->d;
    for (size_t i = 0; i < n->C; i++)
        tree_begin(n, &n->chain[i], i);
    for (;;) {
        size_t m = 0;
        for (size_t i = 0; i < n->C; i++) {
            chain *c = &n->chain[i];
            if (!c->busy)
                continue;
            tree_ask(n, c, n->bz + m * d);
            memcpy(n->bscale + m * d, c->scale, d * sizeof(double));
            n->who[m++] = i;
        }
        if (m == 0)
            return GAL_OK;
        if (gal_interrupted())
            return gal_fail(GAL_EINTR, "interrupted");
        gal_status st = gal_space_gradient(n->space, m, n->bz, n->bscale, n->blnp, n->bg);
        if (st != GAL_OK)
            return st;
        for (size_t j = 0; j < m; j++)
            tree_tell(n, &n->chain[n->who[j]], n->blnp[j], n->bg + j * d);
    }
}
