/* A move as one file: y = 2 m - x, the walker reflected at the mean m of `subset` others (all), then moved by sigma times their difference
 * from another: symmetric, so q = 0. In src/infer it would be move_reflect.c, and its line in src/infer/sampler/moves.c `X(reflect)`:
 * move.reflect{}, help, mixes and saved states follow. */
#include <stddef.h>

#include "infer/sampler/ensemble_int.h"

static double reflect_propose(const gal_proposal *p, double *y)
{
    size_t d = p->d, n = p->nother;
    move_choose(p->rng, p->other, n, 2, p->pick);
    const double *a = p->all + p->pick[0] * d, *b = p->all + p->pick[1] * d;
    double g = p->move->sigma * gal_rng_normal(p->rng);
    for (size_t k = 0; k < d; k++) {
        double mean = 0;
        for (size_t j = 0; j < n; j++)
            mean += p->all[p->other[j] * d + k] / (double)n;
        y[k] = 2 * mean - p->x[k] + g * (a[k] - b[k]);
    }
    return 0;
}

static const gal_move_par reflect_par[] = {
    {"sigma", "(0.3) how far it is moved along a difference", offsetof(gal_move, sigma), .def = 0.3}, {0}};

static const gal_move_class reflect = {
    .name = "reflect",
    .doc = "Reflection at the mean of the others.",
    .par = reflect_par,
    .walkers = 2,
    .propose = reflect_propose,
};
