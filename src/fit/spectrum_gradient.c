/* Derivatives of the spectral part of ln L: by the light of the galaxy, its kinematics, calibration and noise. Pixels of independent noise;
 * dispersions, shift and redshift move the pixels over the same light: differences of the instrument alone. */
#include <math.h>
#include <string.h>

#include "fit/spectral_int.h"

bool fit_spectral_exact(const fit_spectral *p)
{
    if (!p->s || p->measures)
        return false;
    gal_spec_like l = fit_spectral_like(p, NULL);
    return gal_spec_like_exact(&l);
}

size_t fit_spectral_slopes_room(const gal_fit *f)
{
    const fit_spectral *p = f->spectral;
    if (!p || !p->s)
        return 0;
    gal_spec_like l = fit_spectral_like(p, NULL);
    return 2 * gal_galaxy_nwave(f->galaxy) + gal_galaxy_nlines(f->galaxy) + p->s->n + (1 + p->s->nline) * p->s->nused +
           gal_spec_gradient_work(&l) + 1;
}

/* What the derivatives by pixels and free lines are worth at other kinematics, or another redshift */
static gal_status seen(const gal_fit *f, const gal_galaxy_ws *ws, spectral_worker *w, const double *theta,
                       const double *v, const double *gmodel, const double *gprofile, double *sum)
{
    const gal_spectrum *s = f->spectral->s;
    gal_status st = fit_spectral_predict(f->spectral, ws, theta, v, w);
    *sum = 0;
    for (size_t i = 0; st == GAL_OK && i < s->nused; i++)
        *sum += gmodel[i] * w->used[i];
    for (size_t i = 0; st == GAL_OK && i < s->nline * s->nused; i++)
        *sum += gprofile[i] * w->profile[i];
    return st;
}

/* Of *x, a member of v or theta: five points, or two where the light's straight pieces make the derivative jump */
static gal_status move(const gal_fit *f, const gal_galaxy_ws *ws, spectral_worker *w, const double *theta,
                       const double *v, const double *gmodel, const double *gprofile, double *x, double h, bool five,
                       double *slope)
{
    static const double step[4] = {-2, -1, 1, 2};
    double at = *x, y[4] = {0};
    gal_status st = GAL_OK;
    for (int i = five ? 0 : 1; st == GAL_OK && i < (five ? 4 : 3); i++) {
        *x = at + step[i] * h;
        st = seen(f, ws, w, theta, v, gmodel, gprofile, &y[i]);
    }
    *x = at;
    *slope = five ? (y[0] - 8 * y[1] + 8 * y[2] - y[3]) / (12 * h) : (y[2] - y[1]) / (2 * h);
    return st;
}

static bool is_free(const gal_fit *f, size_t k)
{
    for (size_t i = 0; i < f->ndim; i++)
        if (f->index[i] == fit_spectral_base(f) + k)
            return true;
    return false;
}

gal_status fit_spectral_slopes(const gal_fit *f, spectral_worker *w, const gal_galaxy_ws *ws, const double *x,
                               double *theta, double *room, double *lnlike, gal_light_slopes *light, double *gspec,
                               double *gtheta)
{
    gal_status st = GAL_OK;
    const fit_spectral *p = f->spectral;
    const gal_spectrum *s = p->s;
    size_t n = gal_galaxy_nwave(f->galaxy), nlines = gal_galaxy_nlines(f->galaxy), m = s->nused;
    double *glum = room, *gtrans = glum + n, *gseen = gtrans + n, *gflux = gseen + nlines, *gmodel = gflux + s->n,
           *gprofile = gmodel + m, *work = gprofile + s->nline * m;
    double v[NPAR], noise[GAL_NOISE_NPAR], coef[GAL_POLY_MAX + 1], moved;
    fit_spectral_values(f, x, v);
    GAL_TRY(fit_spectral_predict(p, ws, theta, v, w));
    gal_spec_like l = fit_spectral_like(p, w->profile);
    const gal_noise z = fit_spectral_noise(p, v);
    const gal_spec_slopes out = {.model = gmodel, .profile = gprofile, .noise = noise, .coef = coef};
    *lnlike += gal_spec_like_gradient(&l, w->used, &z, v + C0, &out, work);
    if (!isfinite(*lnlike))
        return GAL_OK;
    memset(glum, 0, (2 * n + nlines + s->n) * sizeof *glum);
    for (size_t i = 0; i < m; i++)
        gflux[p->pixel[i]] = gmodel[i];
    const gal_kinematics k = fit_spectral_kinematics(p, v);
    GAL_TRY(gal_viewer_back(w->view, ws, theta, &k, gflux, glum, gtrans, gseen));
    *light = (gal_light_slopes){.lum = glum, .trans = gtrans, .seen = gseen};
    memset(gspec, 0, NPAR * sizeof *gspec);
    for (size_t i = 0; i < NPAR; i++)
        if (fit_spectral_noise_at(i) < GAL_NOISE_NPAR)
            gspec[i] = noise[fit_spectral_noise_at(i)];
    for (int c = 0; c < NC; c++)
        gspec[C0 + c] = s->calib.mode == GAL_CALIB_SAMPLED && c <= s->calib.order ? coef[c] : 0;
    double scaled = 0;
    for (size_t i = 0; i < m; i++)
        scaled += gmodel[i] * w->used[i];
    gal_galaxy_flux_back(f->galaxy, theta, f->wanted, scaled, gtheta);
    for (size_t i = SIGMA_V; i <= SHIFT; i++)
        if (is_free(f, i))
            GAL_TRY(move(f, ws, w, theta, v, gmodel, gprofile, &v[i], i == SHIFT ? 0.1 : 5e-3 * (v[i] + 1), i != SHIFT,
                         &gspec[i]));
    if (f->wanted[GAL_P_REDSHIFT]) {
        GAL_TRY(move(f, ws, w, theta, v, gmodel, gprofile, &theta[GAL_P_REDSHIFT], 3e-7 * (1 + theta[GAL_P_REDSHIFT]),
                     false, &moved));
        gtheta[GAL_P_REDSHIFT] += moved;
    }
out:
    return st;
}
