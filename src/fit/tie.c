/* Parameters of the galaxy that follow from others: applied to every point after the free parameters have their values. Each thread has
 * what it works with in a slot of its own. */
#include <math.h>
#include <omp.h>
#include <string.h>

#include "fit/fit_int.h"

enum { SLOTS = 1024 }; /* as many threads as gal_threads_set allows */

gal_status fit_tie_take(gal_fit *f, const gal_fit_tie *tie)
{
    if (!tie || tie->n == 0)
        return GAL_OK;
    f->tie = *tie;
    f->tie.name = NULL; /* the caller's */
    if (!(f->tie_index = GAL_NEWN(size_t, tie->n)) || !(f->tie_local = GAL_NEWN(void *, SLOTS)))
        return GAL_ENOMEM;
    for (size_t i = 0; i < tie->n; i++) {
        gal_status st = gal_galaxy_find(f->galaxy, tie->name[i], &f->tie_index[i]);
        if (st != GAL_OK)
            return gal_fail_prefix(st, "fit: tie");
        for (size_t k = 0; k < f->ndim; k++)
            if (f->index[k] == f->tie_index[i])
                return gal_fail(GAL_EINVAL, "fit: parameter '%s' is both free and tied", tie->name[i]);
    }
    return GAL_OK;
}

gal_status fit_tie(const gal_fit *f, double *theta)
{
    if (!f->tie.apply)
        return GAL_OK;
    void **local = &f->tie_local[omp_get_thread_num()];
    gal_status st = *local ? GAL_OK : f->tie.open(local, f->tie.ctx);
    return st == GAL_OK ? f->tie.apply(f->tie.ctx, *local, theta) : st;
}

void fit_tie_free(gal_fit *f)
{
    for (int i = 0; f->tie_local && i < SLOTS; i++)
        if (f->tie_local[i])
            f->tie.close(f->tie_local[i]);
    gal_free(f->tie_local);
    gal_free(f->tie_index);
}

gal_status fit_tie_range(const gal_fit *f, double *lo, double *hi)
{
    enum { POINTS = 4096 };
    gal_status st = GAL_OK;
    if (!f->tie.apply)
        return st;
    double *theta = GAL_NEWN(double, f->npar);
    if (!theta)
        return GAL_ENOMEM;
    for (size_t i = 0; i < f->tie.n; i++) {
        lo[f->tie_index[i]] = INFINITY;
        hi[f->tie_index[i]] = -INFINITY;
    }
    for (size_t d = 0; d < POINTS; d++) {
        gal_rng rng;
        gal_rng_init(&rng, 0, RNG_FIT_TIE, d, 0, 0);
        memcpy(theta, f->theta, f->npar * sizeof *theta);
        for (size_t k = 0; k < f->ndim; k++) {
            double u = gal_rng_uniform(&rng), v = gal_rng_uniform(&rng);
            u = d % 2 ? u : v < 0.4 ? 1e-9 : v < 0.8 ? 1 - 1e-9 : u; /* every second point near faces and corners */
            if (f->index[k] < f->npar)
                theta[f->index[k]] = gal_prior_value(f->prior[k], gal_prior_quantile(f->prior[k], u));
        }
        GAL_TRY(fit_tie(f, theta));
        for (size_t i = 0; i < f->tie.n; i++) {
            size_t j = f->tie_index[i];
            lo[j] = fmin(lo[j], theta[j]);
            hi[j] = fmax(hi[j], theta[j]);
        }
    }
    for (size_t i = 0; i < f->tie.n; i++) {
        size_t j = f->tie_index[i];
        const gal_param *p = gal_galaxy_par(f->galaxy, j);
        double margin = 0.01 * (hi[j] - lo[j]);
        lo[j] = fmin(fmax(lo[j] > 0 ? fmax(lo[j] - margin, 0.9 * lo[j]) : lo[j] - margin, p->lo), p->hi);
        hi[j] = fmin(fmax(hi[j] + margin, p->lo), p->hi);
    }
out:
    gal_free(theta);
    return st;
}
