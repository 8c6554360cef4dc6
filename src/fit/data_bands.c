/* Bands as data: ln L of galua/like.h, with an amplitude marginalised, or the caller's own. The arrays of those in use are the fit's. */
#include <math.h>

#include "fit/fit_int.h"

static size_t count(const gal_obs *o)
{
    return o->n > gal_obs_count(o, GAL_OBS_IGNORED);
}

static gal_status create(void **self, gal_fit *f, const gal_fit_opts *o, size_t i)
{
    (void)o;
    (void)i;
    *self = &f->like;
    return GAL_OK;
}

static gal_status lnlike(const gal_fit *f, const void *self, void *local, const gal_data_at *at, double *lnl)
{
    const worker *w = at->w;
    const gal_noise z = fit_noise(f, at->x);
    (void)local;
    if (f->custom.lnlike)
        return f->custom.lnlike(f->custom.ctx, w->custom, w->flux, lnl);
    *lnl += f->amplitude ? gal_like_amplitude(self, w->used, &z, f->amplitude, at->u, at->scale)
                         : gal_like_eval(self, w->used, &z, w->like);
    return GAL_OK;
}

/* Of the caller's likelihood, whose value here is lnl: five points around each flux, in steps of 1e-3 of its error, or of the flux where it
 * has none; one-sided at a cliff, where the other side is -inf. */
static gal_status custom_slopes(const gal_fit *f, worker *w, double lnl, double *gflux)
{
    static const double step[4] = {-2, -1, 1, 2};
    for (size_t b = 0; b < f->nband; b++) {
        double at = w->flux[b], h = 1e-3 * (f->obs->err[b] > 0 ? f->obs->err[b] : fabs(at)), l[4];
        gflux[b] = 0;
        if (!(h > 0) || !isfinite(h))
            continue;
        for (int i = 0; i < 4; i++) {
            w->flux[b] = at + step[i] * h;
            gal_status st = f->custom.lnlike(f->custom.ctx, w->custom, w->flux, &l[i]);
            if (st != GAL_OK)
                return st;
        }
        w->flux[b] = at;
        if (isfinite(l[1]) && isfinite(l[2]))
            gflux[b] = isfinite(l[0]) && isfinite(l[3]) ? (l[0] - 8 * l[1] + 8 * l[2] - l[3]) / (12 * h)
                                                        : (l[2] - l[1]) / (2 * h);
        else if (isfinite(l[1]) || isfinite(l[2]))
            gflux[b] = isfinite(l[2]) ? (l[2] - lnl) / h : (lnl - l[1]) / h;
    }
    return GAL_OK;
}

static gal_status slopes(const gal_fit *f, const void *self, void *local, const gal_data_at *at, double *lnl,
                         const gal_data_slopes *out)
{
    worker *w = at->w;
    const gal_noise z = fit_noise(f, at->x);
    (void)local;
    if (f->custom.lnlike) {
        gal_status st = f->custom.lnlike(f->custom.ctx, w->custom, w->flux, lnl);
        if (st == GAL_OK && isfinite(*lnl))
            st = custom_slopes(f, w, *lnl, out->flux);
        for (size_t k = 0; k < f->nused; k++)
            out->used[k] = out->flux[f->band[k]];
        return st;
    }
    double noise[GAL_NOISE_NPAR];
    size_t n;
    gal_noise_params(&n);
    *lnl += f->amplitude ? gal_like_amplitude_gradient(self, w->used, &z, f->amplitude, out->used, noise)
                         : gal_like_gradient(self, w->used, &z, w->like, out->used, noise);
    for (size_t k = 0; k < f->nused; k++)
        out->flux[f->band[k]] += out->used[k];
    for (size_t k = 0; k < n; k++)
        out->own[k] += noise[k];
    return GAL_OK;
}

extern const gal_data_class gal_bands_data;
const gal_data_class gal_bands_data = {
    .name = "bands", .count = count, .create = create, .lnlike = lnlike, .slopes = slopes};
