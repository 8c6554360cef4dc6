/* Fisher scoring from many starts, before L-BFGS: steps p = -(H + lambda diag H)^-1 g with H the information of the data and of the prior, lambda
 * by success (Levenberg 1944, Marquardt 1963). Of residuals that are nearly linear in the parameters a step is nearly the last. One batch of
 * gradients and one of informations per round. See multistart.h. */
#include <math.h>
#include <string.h>

#include "galua/num.h"
#include "multistart.h"

#define MAX_STEP 2.   /* largest change of z_k in one step */
#define ENOUGH   1e-6 /* of ln p: twice what the next step would gain */
#define FIRST    1e-2 /* lambda */
#define LEAST    1e-3 /* from which it grows when a step fails */
#define GROWS    5.
#define SHRINKS  0.2
enum { ROUNDS = 200, FAILS = 12 }; /* a start that fails so often in turn goes on by L-BFGS */

typedef struct start {
    double lambda;
    int fails;
    bool live, there;
} start;

typedef struct scoring {
    gal_space *s;
    size_t d, n;
    start *of;
    double *x, *f, *g, *h;     /* [n][d], -ln p, its gradient, information [n][d][d] */
    double *trial, *ft, *gt;   /* of a round, packed */
    double *a, *p, *z, *block; /* [d][d], [d]; packed points whose information is asked for */
    size_t *who;
} scoring;

/* p = -(H + lambda diag H)^-1 g of start i, lambda 0 for the step that there would be; what it gains, twice */
static double step(const scoring *c, size_t i, double lambda)
{
    size_t d = c->d;
    double gain = 0;
    memcpy(c->a, c->h + i * d * d, d * d * sizeof *c->a);
    for (size_t k = 0; k < d; k++) {
        c->a[k * d + k] *= 1 + lambda;
        c->p[k] = -c->g[i * d + k];
    }
    if (gal_cholesky(c->a, d) != GAL_OK)
        return NAN;
    gal_chol_solve(c->a, d, c->p);
    for (size_t k = 0; k < d; k++)
        gain -= c->p[k] * c->g[i * d + k];
    return gain;
}

static void place(const scoring *c, size_t i, double *z)
{
    double far = 0;
    for (size_t k = 0; k < c->d; k++)
        far = fmax(far, fabs(c->p[k]));
    double part = far > MAX_STEP ? MAX_STEP / far : 1;
    for (size_t k = 0; k < c->d; k++)
        z[k] = c->x[i * c->d + k] + part * c->p[k];
}

/* The information at the points of `who`, and whether they are where they were to go */
static gal_status look(scoring *c, size_t m)
{
    size_t d = c->d;
    double *h = c->block;
    for (size_t j = 0; j < m; j++)
        memcpy(c->z + j * d, c->x + c->who[j] * d, d * sizeof *c->z);
    gal_status st = gal_space_information(c->s, m, c->z, h);
    for (size_t j = 0; st == GAL_OK && j < m; j++) {
        size_t i = c->who[j];
        memcpy(c->h + i * d * d, h + j * d * d, d * d * sizeof *h);
        double gain = step(c, i, 0);
        c->of[i].there = gain >= 0 && gain < ENOUGH;
        c->of[i].live = gain >= ENOUGH;
    }
    return st;
}

static gal_status one_round(scoring *c, size_t *live)
{
    size_t d = c->d, m = 0, moved = 0;
    for (size_t i = 0; i < c->n; i++) {
        if (!c->of[i].live)
            continue;
        if (!(step(c, i, c->of[i].lambda) >= 0)) {
            c->of[i].live = false;
            continue;
        }
        place(c, i, c->trial + m * d);
        c->who[m++] = i;
    }
    *live = m;
    gal_status st = gal_space_gradient(c->s, m, c->trial, NULL, c->ft, c->gt);
    if (st != GAL_OK)
        return st;
    for (size_t j = 0; j < m; j++) {
        size_t i = c->who[j];
        start *o = &c->of[i];
        if (-c->ft[j] < c->f[i]) {
            o->lambda *= o->fails ? 1 : SHRINKS;
            o->fails = 0;
            memcpy(c->x + i * d, c->trial + j * d, d * sizeof *c->x);
            memcpy(c->g + i * d, c->gt + j * d, d * sizeof *c->g);
            for (size_t k = 0; k < d; k++)
                c->g[i * d + k] *= -1;
            c->f[i] = -c->ft[j];
            c->who[moved++] = i;
        } else {
            o->lambda = GROWS * fmax(o->lambda, LEAST);
            o->live = ++o->fails < FAILS;
        }
    }
    return look(c, moved);
}

static gal_status score(scoring *c, double *lnp)
{
    size_t d = c->d, live = c->n;
    gal_status st = gal_space_gradient(c->s, c->n, c->x, NULL, lnp, c->g);
    for (size_t i = 0; i < c->n * d; i++)
        c->g[i] *= -1;
    for (size_t i = 0; i < c->n; i++) {
        c->f[i] = -lnp[i];
        c->of[i].lambda = FIRST;
        c->who[i] = i;
    }
    if (st == GAL_OK)
        st = look(c, c->n);
    for (int r = 0; st == GAL_OK && live > 0 && r < ROUNDS && !gal_interrupted(); r++)
        st = one_round(c, &live);
    return st;
}

gal_status multistart_score(multistart *m, gal_space *s, size_t n, const double *z, const lbfgs_opt *opt)
{
    size_t d = gal_space_ndim(s);
    gal_status st = multistart_alloc(m, s, n);
    scoring c = {.s = s, .d = d, .n = n};
    double *all = NULL;
    GAL_TRY(st);
    c.of = GAL_NEWN(start, n);
    c.who = GAL_NEWN(size_t, n);
    all = GAL_NEWN(double, n *(2 * d * d + 5 * d + 2) + d * d + d);
    if (!c.of || !c.who || !all)
        GAL_TRY(GAL_ENOMEM);
    c.h = all;
    c.block = c.h + n * d * d;
    c.x = c.block + n * d * d;
    c.g = c.x + n * d;
    c.trial = c.g + n * d;
    c.gt = c.trial + n * d;
    c.z = c.gt + n * d;
    c.f = c.z + n * d;
    c.ft = c.f + n;
    c.a = c.ft + n;
    c.p = c.a + d * d;
    memcpy(c.x, z, n * d * sizeof *z);
    GAL_TRY(score(&c, m->lnp));
    for (size_t i = 0; i < n; i++) { /* L-BFGS goes on where this did not end */
        for (size_t k = 0; k < d; k++)
            m->scale[i * d + k] = 1 / sqrt(c.h[i * d * d + k * d + k]);
        GAL_TRY(multistart_begin(m, i, opt, c.x + i * d, c.f[i], c.g + i * d));
        if (c.of[i].there)
            m->run[i].end = LBFGS_GRADIENT;
    }
out:
    gal_free(c.of);
    gal_free(c.who);
    gal_free(all);
    if (st != GAL_OK)
        multistart_free(m);
    return st;
}
