/* The spectral part of a fit at samples: model, coefficients, noise, replicated data. See galua/fit.h. */
#include <math.h>
#include <string.h>

#include "fit/spectral_int.h"

/* The noise of the pixels; w->flux is the fitted spectrum. */
static void view_noise(const fit_spectral *p, const gal_spec_like *l, const gal_noise *z, const double *c, gal_rng *rng,
                       spectral_worker *w, size_t row, const gal_fit_view *out)
{
    const gal_spectrum *s = p->s;
    double *const to[] = {out->sigma, out->y, out->gp, out->p_out};
    for (int k = 0; k < 4; k++)
        for (size_t i = 0; to[k] && i < s->n; i++)
            to[k][row * s->n + i] = NAN;
    if (out->sigma) {
        gal_spec_like_sigma(l, w->used, z, w->sigma);
        for (size_t i = 0; i < s->nused; i++)
            out->sigma[row * s->n + p->pixel[i]] = w->sigma[i];
    }
    if (out->y && rng) {
        gal_spec_like_noise(l, w->used, z, rng, w->noise, w->like);
        for (size_t i = 0; i < s->nused; i++)
            out->y[row * s->n + p->pixel[i]] = w->flux[p->pixel[i]] + w->noise[i];
    }
    if (out->gp || out->p_out) {
        gal_spec_like_pointwise(l, w->used, z, c, &(gal_spec_points){.gp = w->noise, .p_out = w->sigma}, w->like);
        for (size_t i = 0; i < s->nused; i++) {
            if (out->gp)
                out->gp[row * s->n + p->pixel[i]] = w->noise[i];
            if (out->p_out)
                out->p_out[row * s->n + p->pixel[i]] = w->sigma[i];
        }
    }
}

/* Row `row` of *out. The pixels' likelihood is evaluated again, for the coefficients that it integrates out. */
static gal_status view_pixels(const fit_spectral *p, spectral_worker *w, const gal_galaxy_ws *ws, const double *theta,
                              const double *v, gal_rng *rng, size_t row, const gal_fit_view *out)
{
    const gal_spectrum *s = p->s;
    double c[GAL_POLY_MAX + 1] = {0}, amp[GAL_LINEAR_MAX + 1] = {0}, u[GAL_LINEAR_MAX + GAL_POLY_MAX + 1];
    const gal_noise z = fit_spectral_noise(p, v);
    gal_status st = fit_spectral_predict(p, ws, theta, v, w);
    if (st != GAL_OK)
        return st;
    gal_spec_like l = fit_spectral_like(p, w->profile);
    memcpy(c, v + C0, NC * sizeof *c);
    for (size_t i = 0; rng && i < sizeof u / sizeof *u; i++)
        u[i] = gal_rng_normal(rng);
    if (rng)
        gal_spec_like_draw(&l, w->used, &z, u, c, amp, w->like);
    else
        gal_spec_like_eval(&l, w->used, &z, c, amp, NULL, w->like);
    int order = s->calib.mode == GAL_CALIB_NONE ? -1 : s->calib.order;
    for (int k = 0; out->coef && k <= order; k++)
        out->coef[row * (size_t)(order + 1) + (size_t)k] = k >= s->calib.first ? c[k] : 0;
    if (out->amp)
        memcpy(out->amp + row * s->nline, amp, s->nline * sizeof *amp);
    if (out->model)
        memcpy(out->model + row * s->n, w->flux, s->n * sizeof *w->flux);
    for (size_t i = 0; i < s->n; i++) {
        double g = 1;
        for (int k = s->calib.first; k <= order; k++)
            g += c[k] * gal_poly_value(s->calib.poly, k, s->x[i]);
        w->flux[i] *= g;
    }
    for (size_t j = 0; j < s->nline; j++) {
        gal_viewer_line(w->view, s->line_wave[j], fit_spectral_line_sigma(p, w, v), w->line);
        for (size_t i = 0; i < s->n; i++)
            w->flux[i] += amp[j] * w->line[i];
    }
    if (out->fitted)
        memcpy(out->fitted + row * s->n, w->flux, s->n * sizeof *w->flux);
    view_noise(p, &l, &z, v + C0, rng, w, row, out);
    return GAL_OK;
}

static gal_status view_lines(const gal_fit *f, const gal_galaxy_ws *ws, const double *theta, double *out)
{
    gal_status st = GAL_OK;
    for (size_t l = 0; st == GAL_OK && l < gal_galaxy_nlines(f->galaxy); l++)
        st = gal_galaxy_line_flux(f->galaxy, ws, theta, &l, 1, &out[l]);
    return st;
}

gal_status gal_fit_spectrum(const gal_fit *f, size_t which, size_t m, const double *x, bool draw, uint64_t seed,
                            const gal_fit_view *out)
{
    gal_status st = GAL_OK;
    const fit_set *pixels = fit_set_of(f, "spectrum", which), *numbers = fit_set_of(f, "measures", 0);
    const fit_spectral *p = pixels ? pixels->self : NULL;
    size_t n = fit_measures_n(numbers ? numbers->self : NULL);
    gal_galaxy_ws *ws = NULL;
    void *w = NULL, *local = NULL;
    double v[NPAR], *theta = GAL_NEWN(double, f->npar);
    if (!p && !numbers && !out->line)
        GAL_THROW(GAL_EINVAL, "fit: observation '%s' has no spectrum, no indices and no lines", f->obs->name);
    if (!theta)
        GAL_TRY(GAL_ENOMEM);
    GAL_TRY(gal_galaxy_ws_create(&ws, f->galaxy));
    if (p)
        GAL_TRY(fit_set_open(f, pixels, &w));
    if (numbers)
        GAL_TRY(fit_set_open(f, numbers, &local));
    for (size_t row = 0; row < m; row++) {
        const double *x_row = x + row * f->ndim;
        const gal_data_at at = {.g = f->galaxy, .ws = ws, .theta = theta, .x = x_row};
        gal_rng rng;
        gal_rng_init(&rng, seed, RNG_FIT_SPECTRUM, row, which, 0);
        gal_fit_theta(f, x_row, theta);
        GAL_TRY(gal_galaxy_check(f->galaxy, theta));
        GAL_TRY(gal_galaxy_eval(f->galaxy, ws, theta));
        if (out->line)
            GAL_TRY(view_lines(f, ws, theta, out->line + row * gal_galaxy_nlines(f->galaxy)));
        if (numbers && out->measure) {
            double *values = out->measure + row * n;
            GAL_TRY(fit_measures_values(f, numbers->self, local, &at, values));
            if (draw && out->measured)
                fit_measures_noise(numbers->self, &rng, values, out->measured + row * n);
        }
        if (!p)
            continue;
        fit_spectral_values(f, p->block, p->fixed, p->own, x_row, v);
        if (out->model || out->fitted || out->coef || out->amp || out->y || out->sigma)
            GAL_TRY(view_pixels(p, w, ws, theta, v, draw ? &rng : NULL, row, out));
    }
out:
    if (p)
        fit_set_close(pixels, w);
    if (numbers)
        fit_set_close(numbers, local);
    gal_galaxy_ws_free(ws);
    gal_free(theta);
    return st;
}
