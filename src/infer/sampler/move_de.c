/* Differential evolution (ter Braak 2006): y = x + g (x_i - x_j), g = gamma (1 + sigma N(0,1)); g = 1 with probability `jump`, to hop between
 * modes. */
#include <math.h>
#include <string.h>

#include "ensemble_int.h"

static gal_status check(const gal_move *m, size_t d)
{
    (void)d;
    if (!(isfinite(m->sigma) && m->sigma >= 0 && m->jump >= 0 && m->jump <= 1))
        return gal_fail(GAL_EINVAL, "move de: sigma = %g must not be negative and jump = %g must be in 0..1", m->sigma,
                        m->jump);
    return m->gamma == 0 ? GAL_OK : move_check_gamma(m);
}

static double propose(const gal_proposal *p, double *y)
{
    const gal_move *m = p->move;
    size_t d = p->d;
    move_choose(p->rng, p->other, p->nother, 2, p->pick);
    double g = m->gamma > 0 ? m->gamma : 2.38 / sqrt(2. * (double)d);
    if (gal_rng_uniform(p->rng) < m->jump)
        g = 1;
    g *= 1 + m->sigma * gal_rng_normal(p->rng);
    for (size_t k = 0; k < d; k++)
        y[k] = p->x[k] + g * (p->all[p->pick[0] * d + k] - p->all[p->pick[1] * d + k]);
    return 0;
}

#define AT(m) offsetof(gal_move, m)
static const gal_move_par PAR[] = {
    {"gamma", "(2.38/sqrt(2 ndim)) factor on it", AT(gamma), .def = 0},
    {"sigma", "(1e-5) scatter of the factor", AT(sigma), .def = 1e-5},
    {"jump", "(0.1) share of steps with factor 1, between modes", AT(jump), .def = 0.1},
    {0},
};

const gal_move_class gal_de_move = {
    .name = "de",
    .doc = "Differential evolution (ter Braak 2006): along the difference of two others.",
    .par = PAR,
    .mix = 0.8,
    .walkers = 2,
    .check = check,
    .propose = propose,
};
