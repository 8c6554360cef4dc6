/* Samples of a fit against its data, from the stored model fluxes: no model evaluation. See galua/fit.h. */
#include <math.h>
#include <omp.h>

#include "fit/fit_int.h"
#include "galua/rng.h"

gal_status gal_fit_pointwise(const gal_fit *f, size_t m, const double *x, const double *blob, double *term,
                             double *p_out)
{
    int threads = gal_threads();
    size_t each = f->npar + 3 * f->nused + gal_like_work(&f->like);
    double *all = GAL_NEWN(double, (size_t)threads *each);
    if (!all)
        return GAL_ENOMEM;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (size_t i = 0; i < m; i++) {
        double *work = all + (size_t)omp_get_thread_num() * each;
        double *used = work + f->npar, *t = used + f->nused, *q = t + f->nused, *scratch = q + f->nused;
        gal_noise noise = fit_theta(f, x + i * f->ndim, work);
        const double *flux = blob + i * f->target.nblob + f->nderived;
        for (size_t k = 0; k < f->nused; k++)
            used[k] = flux[f->band[k]];
        gal_like_pointwise(&f->like, used, &noise, scratch, t, q);
        for (size_t b = 0; b < f->nband; b++) {
            if (term)
                term[i * f->nband + b] = NAN;
            if (p_out)
                p_out[i * f->nband + b] = NAN;
        }
        for (size_t k = 0; k < f->nused && !f->custom.lnlike; k++) {
            if (term)
                term[i * f->nband + f->band[k]] = t[k];
            if (p_out)
                p_out[i * f->nband + f->band[k]] = q[k];
        }
    }
    gal_free(all);
    return GAL_OK;
}

gal_status gal_fit_replicate(const gal_fit *f, size_t m, const double *x, const double *blob, uint64_t seed, double *y,
                             double *sigma)
{
    double *work = GAL_NEWN(double, f->npar + 2 * f->nused + gal_like_work(&f->like));
    if (!work)
        return GAL_ENOMEM;
    double *used = work + f->npar, *t = used + f->nused, *scratch = t + f->nused;
    for (size_t i = 0; i < m; i++) {
        gal_rng rng;
        gal_noise noise = fit_theta(f, x + i * f->ndim, work);
        const double *flux = blob + i * f->target.nblob + f->nderived;
        for (size_t k = 0; k < f->nused; k++)
            used[k] = flux[f->band[k]];
        gal_rng_init(&rng, seed, RNG_FIT_REPLICATE, i, 0, 0);
        gal_like_simulate(&f->like, used, &noise, &rng, scratch, t);
        for (size_t b = 0; b < f->nband; b++) {
            y[i * f->nband + b] = NAN;
            if (sigma)
                sigma[i * f->nband + b] = NAN;
        }
        for (size_t k = 0; k < f->nused; k++) {
            size_t at = i * f->nband + f->band[k];
            gal_noise one = noise;
            one.floor = f->floor[k];
            y[at] = t[k];
            if (sigma)
                gal_like_sigma(1, &f->y[k], &f->err[k], &used[k], &one, &sigma[at]);
        }
    }
    gal_free(work);
    return GAL_OK;
}
