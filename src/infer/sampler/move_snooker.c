/* Snooker move (ter Braak & Vrugt 2008): y = x + gamma e (e.z1 - e.z2), e along x - z, q = (d-1) ln(|y-z|/|x-z|). */
#include <math.h>
#include <string.h>

#include "ensemble_int.h"

static gal_status check(const gal_move *m, size_t d)
{
    (void)d;
    return move_check_gamma(m);
}

static double propose(const gal_proposal *p, double *y)
{
    size_t d = p->d;
    move_choose(p->rng, p->other, p->nother, 3, p->pick);
    const double *x = p->x, *z = p->all + p->pick[0] * d, *z1 = p->all + p->pick[1] * d, *z2 = p->all + p->pick[2] * d;
    double rx = 0, along = 0, ry = 0;
    for (size_t k = 0; k < d; k++) {
        rx += (x[k] - z[k]) * (x[k] - z[k]);
        along += (x[k] - z[k]) * (z1[k] - z2[k]);
    }
    if (!(rx > 0)) { /* no direction: stay, and be accepted without effect */
        memcpy(y, x, d * sizeof *y);
        return 0;
    }
    for (size_t k = 0; k < d; k++) {
        y[k] = x[k] + p->move->gamma * (x[k] - z[k]) * (along / rx);
        ry += (y[k] - z[k]) * (y[k] - z[k]);
    }
    return d == 1 ? 0 : 0.5 * (double)(d - 1) * (log(ry) - log(rx));
}

#define AT(m) offsetof(gal_move, m)
static const gal_move_par PAR[] = {
    {"gamma", "(1.7) factor", AT(gamma), .def = 1.7},
    {0},
};

const gal_move_class gal_snooker_move = {
    .name = "snooker",
    .doc = "Snooker move (ter Braak & Vrugt 2008): along the line to another walker.",
    .par = PAR,
    .mix = 0.2,
    .walkers = 3,
    .check = check,
    .propose = propose,
};
