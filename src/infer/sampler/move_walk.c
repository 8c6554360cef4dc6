/* Walk move (Goodman & Weare 2010): y = x + gamma sum_j xi_j (x_j - mean)/sqrt(s-1) over s walkers, xi ~ N(0,1). Written with the walkers
 * themselves, not with a Cholesky factor, so that sampling A x + b with the same random numbers gives A chain + b. */
#include <math.h>
#include <string.h>

#include "ensemble_int.h"

/* the first k of pick[nc] become distinct random members of c */
static void choose(gal_rng *r, const size_t *c, size_t nc, size_t k, size_t *pick)
{
    memcpy(pick, c, nc * sizeof *c);
    for (size_t i = 0; i < k; i++) {
        size_t j = i + (size_t)gal_rng_below(r, nc - i), t = pick[i];
        pick[i] = pick[j];
        pick[j] = t;
    }
}

static gal_status check(const gal_move *m, size_t d)
{
    (void)d;
    gal_status st = move_check_gamma(m);
    if (st == GAL_OK && m->subset == 1)
        return gal_fail(GAL_EINVAL, "move walk: a subset of 1 walker has no spread, expected 0 (all) or at least 2");
    return st;
}

static double propose(const gal_proposal *p, double *y)
{
    size_t n = p->nother, s = p->move->subset == 0 || p->move->subset > n ? n : p->move->subset;
    if (s < n)
        choose(p->rng, p->other, n, s, p->pick);
    memcpy(y, p->x, p->d * sizeof *y);
    move_spread(p->rng, p->d, p->move->gamma, p->all, s < n ? p->pick : p->other, s, y, p->scratch);
    return 0;
}

#define AT(m) offsetof(gal_move, m)
static const gal_move_par PAR[] = {
    {"gamma", "(1) factor", AT(gamma), .def = 1},
    {"subset", "(all) of so many others", AT(subset), .type = GAL_MOVE_COUNT},
    {0},
};

const gal_move_class gal_walk_move = {
    .name = "walk",
    .doc = "Walk move: N(0, covariance of others).",
    .par = PAR,
    .walkers = 2,
    .check = check,
    .propose = propose,
};
