/* Pixels one by one: their density given the others at samples, leave-one-out over the posterior. See galua/fit.h. */
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

#include "fit/spectral_int.h"
#include "galua/draws.h"

gal_fit_pixel_terms gal_fit_pixels_have(const gal_fit *f, size_t which)
{
    const fit_spectral *p = gal_fit_set(f, "spectrum", which);
    if (!p)
        return (gal_fit_pixel_terms){0};
    const gal_calib *c = &p->s->calib;
    return (gal_fit_pixel_terms){
        .gp = p->joint, .outliers = p->outliers, .density = c->mode != GAL_CALIB_PROFILED || c->order < c->first};
}

typedef struct { /* of a thread */
    gal_galaxy_ws *ws;
    void *w;
    double *theta, *term, *cdf;
} bench;

static void bench_free(bench *b, const fit_set *set)
{
    gal_galaxy_ws_free(b->ws);
    fit_set_close(set, b->w);
    gal_free(b->theta);
}

static gal_status bench_init(bench *b, const gal_fit *f, const fit_set *set)
{
    const fit_spectral *p = set->self;
    size_t n = p->s->nused;
    gal_status st = gal_galaxy_ws_create(&b->ws, f->galaxy);
    if (st == GAL_OK)
        st = fit_set_open(f, set, &b->w);
    if (st != GAL_OK)
        return st;
    if (!(b->theta = GAL_NEWN(double, f->npar + 2 * n)))
        return GAL_ENOMEM;
    b->term = b->theta + f->npar;
    b->cdf = b->term + n;
    return GAL_OK;
}

/* b->term and b->cdf of the pixels in use; NaN at a point that the model refuses */
static gal_status at_point(const gal_fit *f, const fit_spectral *p, bench *b, const double *x)
{
    const spectral_worker *w = b->w;
    double v[NPAR];
    gal_fit_theta(f, x, b->theta);
    fit_spectral_values(f, p->block, p->fixed, p->own, x, v);
    gal_status st = gal_galaxy_check(f->galaxy, b->theta);
    if (st == GAL_OK)
        st = gal_galaxy_eval(f->galaxy, b->ws, b->theta);
    if (st == GAL_OK)
        st = fit_spectral_predict(p, b->ws, b->theta, v, b->w);
    if (st == GAL_OK) {
        const gal_spec_like l = fit_spectral_like(p, w->profile);
        const gal_noise z = fit_spectral_noise(p, v);
        gal_spec_like_pointwise(&l, w->used, &z, v + C0, &(gal_spec_points){.term = b->term, .cdf = b->cdf}, w->like);
        return GAL_OK;
    }
    for (size_t i = 0; i < p->s->nused; i++)
        b->term[i] = b->cdf[i] = NAN;
    return st == GAL_ENOMEM ? st : GAL_OK;
}

static gal_status need_pixels(const gal_fit *f, size_t which, const fit_set **set)
{
    *set = fit_set_of(f, "spectrum", which);
    return *set ? GAL_OK : gal_fail(GAL_EINVAL, "fit: observation '%s' has no spectrum", f->obs->name);
}

gal_status gal_fit_pixels(const gal_fit *f, size_t which, size_t m, const double *x, double *term, double *cdf)
{
    const fit_set *set;
    gal_status st = need_pixels(f, which, &set);
    if (st != GAL_OK)
        return st;
    const fit_spectral *p = set->self;
    size_t n = p->s->n, failed = m;
    int threads = (size_t)gal_threads() < m ? gal_threads() : m > 0 ? (int)m : 1;
    bench *all = GAL_NEWN(bench, (size_t)threads);
    if (!all)
        return GAL_ENOMEM;
    for (int t = 0; t < threads; t++)
        GAL_TRY(bench_init(&all[t], f, set));
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
    for (size_t i = 0; i < m; i++) {
        bench *b = &all[omp_get_thread_num()];
        if (at_point(f, p, b, x + i * f->ndim) != GAL_OK) {
#pragma omp atomic write
            failed = i;
            continue;
        }
        for (size_t k = 0; k < n; k++) {
            if (term)
                term[i * n + k] = NAN;
            if (cdf)
                cdf[i * n + k] = NAN;
        }
        for (size_t k = 0; k < p->s->nused; k++) {
            if (term)
                term[i * n + p->pixel[k]] = b->term[k];
            if (cdf)
                cdf[i * n + p->pixel[k]] = b->cdf[k];
        }
    }
    if (failed < m)
        st = GAL_ENOMEM;
out:
    for (int t = 0; t < threads; t++)
        bench_free(&all[t], set);
    gal_free(all);
    return st;
}

gal_status gal_fit_loo_pixels(const gal_fit *f, size_t which, size_t m, const double *x, double reff, double *elpd,
                              double *khat, double *pit)
{
    const fit_set *set;
    gal_status st = need_pixels(f, which, &set);
    if (st != GAL_OK)
        return st;
    size_t n = ((const fit_spectral *)set->self)->s->n;
    double *term = GAL_NEWN(double, m *n + 1), *cdf = GAL_NEWN(double, m *n + 1), *lnw = GAL_NEWN(double, 3 * m + 1);
    if (!term || !cdf || !lnw)
        GAL_TRY(GAL_ENOMEM);
    double *l = lnw + m, *c = l + m;
    GAL_TRY(gal_fit_pixels(f, which, m, x, term, cdf));
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        elpd[i] = khat[i] = pit[i] = NAN;
        for (size_t j = 0; j < m; j++) { /* the draws that have the density */
            l[k] = term[j * n + i];
            c[k] = cdf[j * n + i];
            k += !isnan(l[k]);
        }
        if (2 * k < m || k == 0)
            continue;
        GAL_TRY(fit_leave_out(k, l, c, reff, lnw, &elpd[i], &khat[i], &pit[i]));
    }
out:
    gal_free(term);
    gal_free(cdf);
    gal_free(lnw);
    return st;
}
