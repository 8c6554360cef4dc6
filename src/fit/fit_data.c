/* Samples of a fit against its data, from the stored model fluxes: no model evaluation. See galua/fit.h. */
#include <math.h>
#include <omp.h>

#include "fit/fit_int.h"
#include "galua/draws.h"
#include "galua/rng.h"

gal_status gal_fit_pointwise(const gal_fit *f, size_t m, const double *x, const double *blob, double *term,
                             double *p_out)
{
    int threads = gal_threads();
    size_t each = 3 * f->nused + gal_like_work(&f->like);
    double *all = GAL_NEWN(double, (size_t)threads *each + 1);
    if (!all)
        return GAL_ENOMEM;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (size_t i = 0; i < m; i++) {
        double *work = all + (size_t)omp_get_thread_num() * each;
        double *used = work, *t = used + f->nused, *q = t + f->nused, *scratch = q + f->nused;
        gal_noise noise = fit_noise(f, x + i * f->ndim);
        const double *flux = blob + i * f->nblob + f->nderived;
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
    double *work = GAL_NEWN(double, 2 * f->nused + gal_like_work(&f->like) + 1);
    if (!work)
        return GAL_ENOMEM;
    double *used = work, *t = used + f->nused, *scratch = t + f->nused;
    for (size_t i = 0; i < m; i++) {
        gal_rng rng;
        gal_noise noise = fit_noise(f, x + i * f->ndim);
        const double *flux = blob + i * f->nblob + f->nderived;
        for (size_t k = 0; k < f->nused; k++)
            used[k] = flux[f->band[k]];
        gal_rng_init(&rng, seed, RNG_FIT_REPLICATE, i, 0, 0);
        gal_noise_terms terms;
        gal_noise_begin(&terms, &f->like.data, &noise);
        gal_like_simulate(&f->like, used, &noise, &rng, scratch, t);
        for (size_t b = 0; b < f->nband; b++) {
            y[i * f->nband + b] = NAN;
            if (sigma)
                sigma[i * f->nband + b] = NAN;
        }
        for (size_t k = 0; k < f->nused; k++) {
            size_t at = i * f->nband + f->band[k];
            y[at] = t[k];
            if (sigma)
                sigma[at] = sqrt(gal_noise_variance(&terms, &f->like.data, k, used[k]));
        }
    }
    gal_free(work);
    return GAL_OK;
}

gal_status fit_leave_out(size_t m, const double *term, const double *below, double reff, double *lnw, double *elpd,
                         double *khat, double *pit)
{
    *elpd = *khat = *pit = NAN;
    if (m == 0)
        return GAL_OK;
    for (size_t i = 0; i < m; i++)
        lnw[i] = -term[i];
    gal_status st = gal_psis(lnw, m, reff, khat);
    if (st != GAL_OK)
        return st;
    double w = exp(lnw[0]), sum = w * exp(term[0]), mean = w * below[0];
    for (size_t i = 1; i < m; i++) {
        w = exp(lnw[i]);
        sum += w * exp(term[i]);
        mean += w * below[i];
    }
    *elpd = log(sum);
    *pit = mean;
    return GAL_OK;
}

gal_status gal_fit_loo(const gal_fit *f, size_t m, const double *x, const double *blob, double reff, uint64_t seed,
                       double *elpd, double *khat, double *pit)
{
    gal_status st = GAL_OK;
    size_t nb = f->nband;
    double *term = GAL_NEWN(double, m *nb + 1), *y = GAL_NEWN(double, m *nb + 1), *lnw = GAL_NEWN(double, 3 * m + 1);
    if (!term || !y || !lnw)
        GAL_TRY(GAL_ENOMEM);
    double *l = lnw + m, *lower = l + m;
    if (f->custom.lnlike)
        GAL_THROW(GAL_EUNSUP, "loo: a custom likelihood does not say what each band contributes");
    GAL_TRY(gal_fit_pointwise(f, m, x, blob, term, NULL));
    GAL_TRY(gal_fit_replicate(f, m, x, blob, seed, y, NULL));
    for (size_t b = 0; b < nb; b++)
        elpd[b] = khat[b] = pit[b] = NAN;
    for (size_t k = 0; k < f->nused; k++) {
        size_t b = f->band[k];
        double below;
        for (size_t i = 0; i < m; i++) {
            l[i] = term[i * nb + b];
            lower[i] = y[i * nb + b] < f->y[k];
            if (l[i] == -INFINITY) /* a hard limit: the draw is impossible with the band, not without it */
                GAL_THROW(GAL_EMATH, "loo: band '%s' has probability 0 in some draw", f->obs->filter[b]->name);
        }
        GAL_TRY(fit_leave_out(m, l, lower, reff, lnw, &elpd[b], &khat[b], &below));
        if (f->kind[k] == GAL_DATUM_DETECTION || f->like.limits == GAL_LIMITS_MEASURED)
            pit[b] = below;
    }
out:
    gal_free(term);
    gal_free(y);
    gal_free(lnw);
    return st;
}
