/* Stretch move (Goodman & Weare 2010): y = x_j + z (x - x_j), density of z ~ z^-1/2 on [1/a, a], q = (d-1) ln z. */
#include <math.h>
#include <string.h>

#include "ensemble_int.h"

static gal_status check(const gal_move *m, size_t d)
{
    (void)d;
    return isfinite(m->a) && m->a > 1 ? GAL_OK
                                      : gal_fail(GAL_EINVAL, "move stretch: a = %g must exceed 1 (usual: 2)", m->a);
}

static double propose(const gal_proposal *p, double *y)
{
    double a = p->move->a;
    move_choose(p->rng, p->other, p->nother, 1, p->pick);
    const double *xj = p->all + p->pick[0] * p->d;
    double s = (a - 1) * gal_rng_uniform(p->rng) + 1, z = s * s / a;
    for (size_t k = 0; k < p->d; k++)
        y[k] = xj[k] + z * (p->x[k] - xj[k]);
    return (double)(p->d - 1) * log(z);
}

#define AT(m) offsetof(gal_move, m)
static const gal_move_par PAR[] = {
    {"a", "(2) largest factor", AT(a), .def = 2},
    {0},
};

const gal_move_class gal_stretch_move = {
    .name = "stretch",
    .doc = "Stretch move (Goodman & Weare 2010).",
    .par = PAR,
    .walkers = 1,
    .check = check,
    .propose = propose,
};
