/* Derivatives of the spectral part of ln L: by the light of the galaxy, its kinematics, calibration and noise. Pixels of independent noise;
 * dispersions, shift and redshift move the pixels over the same light: differences of the instrument alone. */
#include <math.h>
#include <string.h>

#include "fit/spectral_int.h"

bool fit_spectral_exact(const void *self)
{
    gal_spec_like l = fit_spectral_like(self, NULL);
    return gal_spec_like_exact(&l);
}

size_t fit_spectral_room(const gal_fit *f, const void *self)
{
    const fit_spectral *p = self;
    gal_spec_like l = fit_spectral_like(p, NULL);
    (void)f;
    return p->s->n + (1 + p->s->nline) * p->s->nused + gal_spec_gradient_work(&l) + 1;
}

/* What the derivatives by pixels and free lines are worth at other kinematics, or another redshift */
static gal_status seen(const fit_spectral *p, const gal_galaxy_ws *ws, spectral_worker *w, const double *theta,
                       const double *v, const double *gmodel, const double *gprofile, double *sum)
{
    const gal_spectrum *s = p->s;
    gal_status st = fit_spectral_predict(p, ws, theta, v, w);
    *sum = 0;
    for (size_t i = 0; st == GAL_OK && i < s->nused; i++)
        *sum += gmodel[i] * w->used[i];
    for (size_t i = 0; st == GAL_OK && i < s->nline * s->nused; i++)
        *sum += gprofile[i] * w->profile[i];
    return st;
}

/* Of *x, a member of v or theta: five points, or two where the light's straight pieces make the derivative jump */
static gal_status move(const fit_spectral *p, const gal_galaxy_ws *ws, spectral_worker *w, const double *theta,
                       const double *v, const double *gmodel, const double *gprofile, double *x, double h, bool five,
                       double *slope)
{
    static const double step[4] = {-2, -1, 1, 2};
    double at = *x, y[4] = {0};
    gal_status st = GAL_OK;
    for (int i = five ? 0 : 1; st == GAL_OK && i < (five ? 4 : 3); i++) {
        *x = at + step[i] * h;
        st = seen(p, ws, w, theta, v, gmodel, gprofile, &y[i]);
    }
    *x = at;
    *slope = five ? (y[0] - 8 * y[1] + 8 * y[2] - y[3]) / (12 * h) : (y[2] - y[1]) / (2 * h);
    return st;
}

gal_status fit_spectral_slopes(const gal_fit *f, const void *self, void *local, const gal_data_at *at, double *lnl,
                               const gal_data_slopes *by)
{
    gal_status st = GAL_OK;
    const fit_spectral *p = self;
    const gal_spectrum *s = p->s;
    spectral_worker *w = local;
    const gal_galaxy_ws *ws = at->ws;
    double *theta = at->theta, *own[NPAR];
    size_t m = s->nused, n;
    double *gflux = by->room, *gmodel = gflux + s->n, *gprofile = gmodel + m, *work = gprofile + s->nline * m;
    double v[NPAR], noise[GAL_NOISE_NPAR], coef[GAL_POLY_MAX + 1], moved;
    gal_spectral_params(&n);
    for (size_t k = 0; k < n; k++) /* of this one alone, or of all */
        own[k] = by->own + (fit_spectral_base(f) - f->npar) + (p->own[k] ? p->block * n : 0) + k;
    fit_spectral_values(f, p->block, p->fixed, p->own, at->x, v);
    GAL_TRY(fit_spectral_predict(p, ws, theta, v, w));
    gal_spec_like l = fit_spectral_like(p, w->profile);
    const gal_noise z = fit_spectral_noise(p, v);
    const gal_spec_slopes out = {.model = gmodel, .profile = gprofile, .noise = noise, .coef = coef};
    *lnl += gal_spec_like_gradient(&l, w->used, &z, v + C0, &out, work);
    if (!isfinite(*lnl))
        return GAL_OK;
    memset(gflux, 0, s->n * sizeof *gflux);
    for (size_t i = 0; i < m; i++)
        gflux[p->pixel[i]] = gmodel[i];
    const gal_kinematics k = fit_spectral_kinematics(p->blurred, v);
    GAL_TRY(gal_viewer_back(w->view, ws, theta, &k, gflux, by->lum, by->trans, by->seen));
    for (size_t i = 0; i < n; i++)
        if (fit_spectral_noise_at(i) < GAL_NOISE_NPAR)
            *own[i] += noise[fit_spectral_noise_at(i)];
    for (int c = 0; c < NC && c <= s->calib.order && s->calib.mode == GAL_CALIB_SAMPLED; c++)
        *own[C0 + c] += coef[c];
    double scaled = 0;
    for (size_t i = 0; i < m; i++)
        scaled += gmodel[i] * w->used[i];
    gal_galaxy_flux_back(f->galaxy, theta, f->wanted, scaled, by->theta);
    for (size_t i = SIGMA_V; i <= SHIFT; i++) {
        if (!fit_spectral_free_is(f, p->own[i] ? p->block : 0, i))
            continue;
        GAL_TRY(move(p, ws, w, theta, v, gmodel, gprofile, &v[i], i == SHIFT ? 0.1 : 5e-3 * (v[i] + 1), i != SHIFT,
                     &moved));
        *own[i] += moved;
    }
    if (f->wanted[GAL_P_REDSHIFT]) {
        GAL_TRY(move(p, ws, w, theta, v, gmodel, gprofile, &theta[GAL_P_REDSHIFT], 3e-7 * (1 + theta[GAL_P_REDSHIFT]),
                     false, &moved));
        by->theta[GAL_P_REDSHIFT] += moved;
    }
out:
    return st;
}
