/* Metropolis: y = x + gamma f N(0, cov), f = exp(U(-ln factor, ln factor)). */
#include <math.h>
#include <string.h>

#include "ensemble_int.h"

static gal_status check(const gal_move *m, size_t d)
{
    gal_status st = move_check_gamma(m);
    if (st != GAL_OK)
        return st;
    if (!(m->factor == 0 || (isfinite(m->factor) && m->factor >= 1)))
        return gal_fail(GAL_EINVAL, "move gaussian: factor = %g must be at least 1, or 0 for none", m->factor);
    if (!(m->mode >= GAL_MODE_VECTOR && m->mode <= GAL_MODE_SEQUENTIAL))
        return gal_fail(GAL_EINVAL, "move gaussian: mode %d is not in 0..%d", (int)m->mode, GAL_MODE_SEQUENTIAL);
    if (!m->cov)
        return GAL_OK;
    if (m->ncov != 1 && m->ncov != d && m->ncov != d * d)
        return gal_fail(GAL_EINVAL,
                        "move gaussian: cov has %zu numbers, expected 1, %zu variances or a %zu x %zu matrix", m->ncov,
                        d, d, d);
    if (m->ncov > d && m->mode != GAL_MODE_VECTOR)
        return gal_fail(GAL_EINVAL,
                        "move gaussian: a full matrix moves all coordinates at once: mode must be 'vector'");
    for (size_t i = 0; i < m->ncov; i++) {
        bool diagonal = m->ncov <= d || i % (d + 1) == 0;
        if (!isfinite(m->cov[i]) || (diagonal && !(m->cov[i] > 0)))
            return gal_fail(GAL_EINVAL, "move gaussian: cov[%zu] = %g must be %s", i + 1, m->cov[i],
                            diagonal ? "positive" : "finite");
    }
    return GAL_OK;
}

static double propose(const gal_proposal *p, double *y)
{
    const gal_move *m = p->move;
    size_t d = p->d;
    double f = m->gamma, *z = p->scratch;
    if (m->factor >= 1)
        f *= exp((2 * gal_rng_uniform(p->rng) - 1) * log(m->factor));
    memcpy(y, p->x, d * sizeof *y);
    if (m->mode != GAL_MODE_VECTOR) {
        size_t k = m->mode == GAL_MODE_RANDOM ? (size_t)gal_rng_below(p->rng, d) : p->step % d;
        y[k] += f * gal_rng_normal(p->rng) * (m->cov ? sqrt(m->cov[m->ncov == 1 ? 0 : k]) : 1);
        return 0;
    }
    for (size_t k = 0; k < d; k++)
        z[k] = gal_rng_normal(p->rng);
    for (size_t k = 0; k < d; k++) {
        double v = p->chol ? 0 : z[k] * (m->cov ? sqrt(m->cov[m->ncov == 1 ? 0 : k]) : 1);
        for (size_t j = 0; p->chol && j <= k; j++)
            v += p->chol[k * d + j] * z[j];
        y[k] += f * v;
    }
    return 0;
}

#define AT(m) offsetof(gal_move, m)
static const char *const MODE[] = {"vector", "random", "sequential", NULL};
static const gal_move_par PAR[] = {
    {"gamma", "(1) factor", AT(gamma), .def = 1},
    {"factor", "(none) random scale between 1/factor and factor", AT(factor), .def = 0},
    {"cov", "(1) a variance, a list of variances or a matrix, in sampled coordinates", AT(cov),
     .type = GAL_MOVE_MATRIX},
    {"mode", "(vector) all coordinates, one at random, or one after the other: 'vector', 'random', 'sequential'",
     AT(mode), .type = GAL_MOVE_CHOICE, .choice = MODE},
    {0},
};

const gal_move_class gal_gaussian_move = {
    .name = "gaussian",
    .doc = "Metropolis.",
    .par = PAR,
    .walkers = 1,
    .check = check,
    .propose = propose,
};
