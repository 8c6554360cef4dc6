/* Directions of the chains of rslice that do not depend on where a chain is: turned axes of an ellipsoid, axes of the cube. See galua/nested.h. */
#include <math.h>
#include <string.h>

#include "infer/target/purpose.h"
#include "nested_int.h"

/* Rotations for the sweeps of this iteration: Gram-Schmidt of normal deviates. All chains of an iteration share them; given the
 * rotation each chain leaves the uniform distribution unchanged. */
void nested_turns(gal_nested *s)
{
    size_t d = s->part.dim, n = (nested_length(s, s->o.slices) + d - 1) / d;
    for (size_t k = 0; k < n && k < NESTED_TURNS; k++) {
        gal_rng r;
        double *q = s->turn + k * d * d;
        gal_rng_init(&r, s->o.seed, RNG_NESTED_TURN, s->o.source, s->iterations, k);
        for (size_t a = 0; a < d; a++) {
            double *v = q + a * d, norm = 0;
            for (size_t i = 0; i < d; i++)
                v[i] = gal_rng_normal(&r);
            for (size_t b = 0; b < a; b++) {
                const double *w = q + b * d;
                double p = 0;
                for (size_t i = 0; i < d; i++)
                    p += v[i] * w[i];
                for (size_t i = 0; i < d; i++)
                    v[i] -= p * w[i];
            }
            for (size_t i = 0; i < d; i++)
                norm += v[i] * v[i];
            norm = sqrt(norm);
            for (size_t i = 0; i < d; i++)
                v[i] /= norm;
        }
    }
}

/* Direction j of sweep k: the rotated axes of an ellipsoid drawn by volume, whatever the point. */
void nested_sweep_step(const gal_nested *s, gal_rng *r, size_t k, size_t j, double *step)
{
    size_t d = s->part.dim;
    const double *z = s->turn + (k % NESTED_TURNS * d + j) * d;
    if (s->b.n == 0) {
        memcpy(step, z, d * sizeof *step);
        return;
    }
    const double *a = s->b.axis + bound_pick(&s->b, r) * d * d;
    memset(step, 0, d * sizeof *step);
    for (size_t m = 0; m < d; m++, a += d)
        for (size_t i = 0; i < d; i++)
            step[i] += z[m] * a[i];
}

/* Along axis k of the cube, as far as an ellipsoid drawn by volume reaches: posteriors that end at an edge of the prior end along these. */
void nested_cube_step(const gal_nested *s, gal_rng *r, size_t k, double *step)
{
    size_t d = s->part.dim;
    double len = 0;
    memset(step, 0, d * sizeof *step);
    if (s->b.n > 0) {
        const double *a = s->b.axis + bound_pick(&s->b, r) * d * d;
        for (size_t m = 0; m < d; m++)
            len += a[m * d + k] * a[m * d + k];
    }
    step[k] = s->b.n > 0 ? sqrt(len) : 1;
}
