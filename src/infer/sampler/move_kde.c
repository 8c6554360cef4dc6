/* y drawn from a Gaussian kernel density of the other half, q = ln kde(x) - ln kde(y): an independence sampler. */
#include <math.h>
#include <string.h>

#include "ensemble_int.h"
#include "galua/num.h"

/* ln of the kernel density at x, up to a constant: sum_j exp(-|L^-1 (x - x_j)|^2/(2 h^2)); z[d] is scratch */
static double kde_log(size_t d, const double *x, const double *pos, const size_t *c, size_t nc, const double *chol,
                      double h, double *z)
{
    double top = -INFINITY, sum = 0;
    for (size_t j = 0; j < nc; j++) {
        double r2 = 0, l;
        for (size_t k = 0; k < d; k++) {
            z[k] = x[k] - pos[c[j] * d + k];
            for (size_t i = 0; i < k; i++)
                z[k] -= chol[k * d + i] * z[i];
            z[k] /= chol[k * d + k];
            r2 += z[k] * z[k];
        }
        l = -0.5 * r2 / (h * h);
        if (l > top) {
            sum = sum * exp(top - l) + 1;
            top = l;
        } else {
            sum += exp(l - top);
        }
    }
    return sum > 0 ? top + log(sum) : top;
}

static gal_status check(const gal_move *m, size_t d)
{
    (void)d;
    return isfinite(m->bandwidth) && m->bandwidth >= 0
               ? GAL_OK
               : gal_fail(GAL_EINVAL, "move kde: bandwidth = %g must be positive, or 0 for Scott's rule", m->bandwidth);
}

static double propose(const gal_proposal *p, double *y)
{
    size_t d = p->d, nc = p->nother;
    const size_t *c = p->other;
    const double *pos = p->all;
    double *mean = p->scratch, *z = mean + d, *cov = z + d, h = p->move->bandwidth;
    if (h == 0)
        h = pow((double)nc, -1 / ((double)d + 4));
    memcpy(y, pos + c[gal_rng_below(p->rng, nc)] * d, d * sizeof *y);
    move_spread(p->rng, d, h, pos, c, nc, y, mean);
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j <= i; j++) {
            double s = 0;
            for (size_t k = 0; k < nc; k++)
                s += (pos[c[k] * d + i] - mean[i]) * (pos[c[k] * d + j] - mean[j]);
            cov[i * d + j] = cov[j * d + i] = s / (double)(nc - 1);
        }
    if (gal_cholesky(cov, d) != GAL_OK) { /* walkers in a plane: no density; stay */
        memcpy(y, p->x, d * sizeof *y);
        return 0;
    }
    return kde_log(d, p->x, pos, c, nc, cov, h, z) - kde_log(d, y, pos, c, nc, cov, h, z);
}

#define AT(m) offsetof(gal_move, m)
static const gal_move_par PAR[] = {
    {"bandwidth", "(Scott) of the kernel", AT(bandwidth), .def = 0},
    {0},
};

const gal_move_class gal_kde_move = {
    .name = "kde",
    .doc = "Proposals from a Gaussian kernel density of the others.",
    .par = PAR,
    .walkers = 2,
    .per_dimension = true,
    .check = check,
    .propose = propose,
};
