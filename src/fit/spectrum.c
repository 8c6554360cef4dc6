/* The spectral part of a fit: pixels and indices of the observation against the galaxy. ln L is added to that of the bands.
 *
 *     pixels: galua/spec.h, errors err e^ln_scale, calibration polynomial and line amplitudes as the spectrum says
 *     index:  -(v - i)^2/(2 err^2) - ln(2 pi err^2)/2
 *
 * fit.c calls fit_spectral_eval once per point; everything else here is set up by the master. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fit/fit_int.h"
#include "galua/rng.h"
#include "galua/spectrum.h"

enum { SIGMA_V, SIGMA_GAS, SHIFT, LN_SCALE, C0, NC = 11, NPAR = C0 + NC };

// clang-format off
#define COEF(k) {"c" #k, "", "calibration polynomial (mode sampled): coefficient of order " #k, 0, -10, 10, -0.3, 0.3, false, false}
static const gal_param PAR[NPAR] = {
    {"sigma_v",   "km/s", "velocity dispersion of the stars and the continuum",            0,   0, 5000, 10, 500, false, false},
    {"sigma_gas", "km/s", "velocity dispersion of emission lines; not given: the nebular component's", 100, 0, 5000, 10, 1000, false, false},
    {"shift",     "km/s", "velocity of the spectrum on top of the redshift",               0, -3e4, 3e4, -500, 500, false, false},
    {"ln_scale",  "",     "ln of a factor on the errors of all pixels",                    0,  -10,  10,   -1,   1, false, false},
    COEF(0), COEF(1), COEF(2), COEF(3), COEF(4), COEF(5), COEF(6), COEF(7), COEF(8), COEF(9), COEF(10)};
// clang-format on

const gal_param *gal_spectral_params(size_t *n)
{
    *n = NPAR;
    return PAR;
}

struct fit_spectral {
    const gal_spectrum *s; /* NULL: indices only */
    fit_measures *measures;
    double fixed[NPAR];
    bool blurred;        /* sigma_gas is given or free */
    size_t *pixel;       /* [s->nused] */
    double *y, *err, *x; /* [s->nused] */
    double *zero;        /* [s->nline] */
};

struct spectral_worker {
    gal_viewer *view;
    gal_meter *meter;
    double *flux, *used, *profile, *line, *like, *measure;
};

void fit_spectral_free(fit_spectral *p)
{
    if (!p)
        return;
    fit_measures_free(p->measures);
    gal_free(p->pixel);
    gal_free(p->y);
    gal_free(p->zero);
    gal_free(p);
}

static gal_status check_values(const gal_fit *f, const gal_fit_opts *o)
{
    fit_spectral *p = f->spectral;
    for (size_t k = 0; k < NPAR; k++) {
        p->fixed[k] = o->spectral ? o->spectral[k] : NAN;
        bool given = !isnan(p->fixed[k]), vary = false;
        if (given && !(p->fixed[k] >= PAR[k].lo && p->fixed[k] <= PAR[k].hi))
            return gal_fail(GAL_EDOMAIN, "fit: spec.%s = %g must lie in %g .. %g", PAR[k].name, p->fixed[k], PAR[k].lo,
                            PAR[k].hi);
        for (size_t i = 0; i < f->ndim; i++)
            vary |= f->index[i] == fit_spectral_base(f) + k;
        if (k == SIGMA_GAS)
            p->blurred = vary || given;
        if (!given)
            p->fixed[k] = PAR[k].value;
        if (k < C0)
            continue;
        const gal_calib *c = p->s ? &p->s->calib : NULL;
        int order = (int)k - C0;
        bool used = c && c->mode == GAL_CALIB_SAMPLED && order >= c->first && order <= c->order;
        if ((vary || (given && p->fixed[k] != 0)) && !used)
            return gal_fail(GAL_EINVAL,
                            "fit: spec.%s is a coefficient of a sampled calibration polynomial: give the spectrum "
                            "calibration = { mode = 'sampled', order = ... }",
                            PAR[k].name);
    }
    return GAL_OK;
}

gal_status fit_spectral_create(gal_fit *f, const gal_fit_opts *o)
{
    const gal_spectrum *s = o->obs->spectrum;
    gal_status st = GAL_OK;
    for (size_t i = 0; i < f->ndim; i++)
        if (!s && f->index[i] >= fit_spectral_base(f) && !o->obs->nindex && !o->obs->nline)
            return gal_fail(GAL_EINVAL, "fit: '%s' is free but observation '%s' has no spectrum", f->names[i],
                            o->obs->name);
    if (!s && !o->obs->nindex && !o->obs->nline)
        return GAL_OK;
    if (f->amplitude || f->custom.lnlike)
        return gal_fail(GAL_EINVAL,
                        "fit: %s cannot be combined with a spectrum, indices or lines: leave one of them out",
                        f->amplitude ? "a marginalised amplitude" : "a custom likelihood");
    fit_spectral *p = f->spectral = GAL_NEW(fit_spectral);
    if (!p)
        return GAL_ENOMEM;
    p->s = s;
    GAL_TRY(fit_measures_create(&p->measures, f));
    if (s) {
        if (s->calib.mode == GAL_CALIB_SAMPLED && s->calib.order >= NC)
            return gal_fail(GAL_EINVAL,
                            "fit: a sampled calibration polynomial has at most order %d, not %d: marginalise it",
                            NC - 1, s->calib.order);
        p->pixel = GAL_NEWN(size_t, s->nused);
        p->y = GAL_NEWN(double, 3 * s->nused);
        p->zero = GAL_NEWN(double, s->nline + 1);
        if (!p->pixel || !p->y || !p->zero)
            return GAL_ENOMEM;
        p->err = p->y + s->nused;
        p->x = p->err + s->nused;
        for (size_t i = 0, k = 0; i < s->n; i++)
            if (s->used[i]) {
                p->pixel[k] = i;
                p->y[k] = s->flux[i];
                p->err[k] = s->err[i];
                p->x[k++] = s->x[i];
            }
    }
    GAL_TRY(check_values(f, o));
out:
    return st;
}

static gal_spec_like like_of(const fit_spectral *p, const double *profile)
{
    const gal_spectrum *s = p->s;
    return (gal_spec_like){.n = s->nused,
                           .flux = p->y,
                           .err = p->err,
                           .x = p->x,
                           .calib = s->calib,
                           .nline = s->nline,
                           .profile = profile,
                           .mean = p->zero,
                           .sd = s->line_sd};
}

void fit_spectral_worker_free(spectral_worker *w)
{
    if (!w)
        return;
    gal_viewer_free(w->view);
    gal_meter_free(w->meter);
    gal_free(w->flux);
    gal_free(w);
}

gal_status fit_spectral_worker(const gal_fit *f, spectral_worker **out)
{
    const fit_spectral *p = f->spectral;
    *out = NULL;
    if (!p)
        return GAL_OK;
    const gal_spectrum *s = p->s;
    spectral_worker *w = GAL_NEW(spectral_worker);
    if (!w)
        return GAL_ENOMEM;
    size_t n = s ? s->n : 0, m = s ? s->nused : 0, nl = s ? s->nline : 0, work = 0;
    if (s) {
        gal_spec_like l = like_of(p, NULL);
        work = gal_spec_like_work(&l);
    }
    w->flux = GAL_NEWN(double, 2 * n + m + nl * m + work + fit_measures_n(p->measures) + 1);
    gal_status st = w->flux ? GAL_OK : GAL_ENOMEM;
    if (st == GAL_OK && s)
        st = gal_viewer_create(&w->view, f->galaxy, s->spec, s->library_r);
    if (st == GAL_OK && p->measures)
        st = gal_meter_create(&w->meter, f->galaxy);
    if (st != GAL_OK) {
        fit_spectral_worker_free(w);
        return st;
    }
    w->line = w->flux + n;
    w->used = w->line + n;
    w->profile = w->used + m;
    w->like = w->profile + nl * m;
    w->measure = w->like + work;
    *out = w;
    return GAL_OK;
}

static void values_at(const gal_fit *f, const double *x, double *v)
{
    memcpy(v, f->spectral->fixed, sizeof f->spectral->fixed);
    for (size_t i = 0; i < f->ndim; i++)
        if (f->index[i] >= fit_spectral_base(f))
            v[f->index[i] - fit_spectral_base(f)] = gal_prior_value(f->prior[i], x[i]);
}

static gal_kinematics kinematics(const fit_spectral *p, const double *v)
{
    return (gal_kinematics){v[SIGMA_V], p->blurred ? v[SIGMA_GAS] : NAN, v[SHIFT]};
}

/* dispersion of the free lines: as asked for, else as the nebular component has it, else the default */
static double free_line_sigma(const fit_spectral *p, const spectral_worker *w, const double *v)
{
    double own = gal_viewer_sigma_gas(w->view);
    return p->blurred ? v[SIGMA_GAS] : own > 0 ? own : PAR[SIGMA_GAS].value;
}

/* Model flux of all pixels into w->flux, of those in use and of the free lines into w->used and w->profile. */
static gal_status predict(const fit_spectral *p, const gal_galaxy_ws *ws, const double *theta, const double *v,
                          spectral_worker *w)
{
    const gal_spectrum *s = p->s;
    const gal_kinematics k = kinematics(p, v);
    gal_status st = gal_viewer_flux(w->view, ws, theta, GAL_COMP_TOTAL, &k, w->flux);
    if (st != GAL_OK)
        return st;
    for (size_t i = 0; i < s->nused; i++)
        w->used[i] = w->flux[p->pixel[i]];
    for (size_t l = 0; l < s->nline; l++) {
        gal_viewer_line(w->view, s->line_wave[l], free_line_sigma(p, w, v), w->line);
        for (size_t i = 0; i < s->nused; i++)
            w->profile[l * s->nused + i] = w->line[p->pixel[i]];
    }
    return GAL_OK;
}

/* Adds to *lnlike. The galaxy has been evaluated in ws at theta. */
gal_status fit_spectral_eval(const gal_fit *f, spectral_worker *w, const gal_galaxy_ws *ws, const double *x,
                             const double *theta, double *lnlike)
{
    const fit_spectral *p = f->spectral;
    double v[NPAR];
    values_at(f, x, v);
    if (p->measures) {
        const gal_kinematics k = kinematics(p, v);
        gal_status st = fit_measures_values(p->measures, f->galaxy, w->meter, ws, theta, &k, w->measure);
        if (st != GAL_OK)
            return st;
        *lnlike += fit_measures_like(p->measures, w->measure, f->like.limits);
    }
    if (!p->s)
        return GAL_OK;
    gal_status st = predict(p, ws, theta, v, w);
    if (st != GAL_OK)
        return st;
    gal_spec_like l = like_of(p, w->profile);
    *lnlike += gal_spec_like_eval(&l, w->used, v[LN_SCALE], v + C0, NULL, NULL, w->like);
    return GAL_OK;
}

gal_status fit_spectral_dry(const gal_fit *f, spectral_worker *w, gal_galaxy_ws *ws, const double *theta)
{
    if (!f->spectral->s || gal_galaxy_check(f->galaxy, theta) != GAL_OK ||
        gal_galaxy_eval(f->galaxy, ws, theta) != GAL_OK)
        return GAL_OK;
    gal_status st = predict(f->spectral, ws, theta, f->spectral->fixed, w);
    if (st != GAL_OK)
        return gal_fail_prefix(st, "fit: observation '%s'", f->obs->name);
    if (gal_viewer_coarse(w->view) > 0.5)
        gal_log(GAL_LOG_WARN, "fit",
                "observation '%s': the instrument resolves more than the model spectra do (%.0f %% of the pixels): "
                "lines of the "
                "stars come out too broad; use a table of higher resolution, or smooth the data",
                f->obs->name, 100 * gal_viewer_coarse(w->view));
    return GAL_OK;
}

gal_hash fit_spectral_hash(const gal_fit *f)
{
    return gal_hash_bytes(f->spectral->fixed, sizeof f->spectral->fixed);
}

/* ------------------------------------------------------------------ what a fit has to say about its data */
/* Row `row` of *out. The pixels' likelihood is evaluated again, for the coefficients that it integrates out. */
static gal_status view_pixels(const gal_fit *f, spectral_worker *w, const gal_galaxy_ws *ws, const double *theta,
                              const double *v, gal_rng *rng, size_t row, const gal_fit_view *out)
{
    const fit_spectral *p = f->spectral;
    const gal_spectrum *s = p->s;
    double c[GAL_POLY_MAX + 1] = {0}, amp[GAL_LINEAR_MAX + 1] = {0}, z[GAL_LINEAR_MAX + GAL_POLY_MAX + 1];
    gal_status st = predict(p, ws, theta, v, w);
    if (st != GAL_OK)
        return st;
    gal_spec_like l = like_of(p, w->profile);
    memcpy(c, v + C0, NC * sizeof *c);
    for (size_t i = 0; rng && i < sizeof z / sizeof *z; i++)
        z[i] = gal_rng_normal(rng);
    if (rng)
        gal_spec_like_draw(&l, w->used, v[LN_SCALE], z, c, amp, w->like);
    else
        gal_spec_like_eval(&l, w->used, v[LN_SCALE], c, amp, NULL, w->like);
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
        gal_viewer_line(w->view, s->line_wave[j], free_line_sigma(p, w, v), w->line);
        for (size_t i = 0; i < s->n; i++)
            w->flux[i] += amp[j] * w->line[i];
    }
    if (out->fitted)
        memcpy(out->fitted + row * s->n, w->flux, s->n * sizeof *w->flux);
    for (size_t i = 0; i < s->n; i++) {
        double sigma = s->used[i] ? s->err[i] * exp(v[LN_SCALE]) : NAN;
        if (out->sigma)
            out->sigma[row * s->n + i] = sigma;
        if (out->y && rng)
            out->y[row * s->n + i] = s->used[i] ? w->flux[i] + sigma * gal_rng_normal(rng) : NAN;
    }
    return GAL_OK;
}

static gal_status view_lines(const gal_fit *f, const gal_galaxy_ws *ws, const double *theta, double *out)
{
    gal_status st = GAL_OK;
    for (size_t l = 0; st == GAL_OK && l < gal_galaxy_nlines(f->galaxy); l++)
        st = gal_galaxy_line_flux(f->galaxy, ws, theta, &l, 1, &out[l]);
    return st;
}

gal_status gal_fit_spectrum(const gal_fit *f, size_t m, const double *x, bool draw, uint64_t seed,
                            const gal_fit_view *out)
{
    gal_status st = GAL_OK;
    const fit_spectral *p = f->spectral;
    gal_galaxy_ws *ws = NULL;
    spectral_worker *w = NULL;
    double v[NPAR], *theta = GAL_NEWN(double, f->npar);
    if (!p && !out->line)
        GAL_THROW(GAL_EINVAL, "fit: observation '%s' has no spectrum, no indices and no lines", f->obs->name);
    if (!theta)
        GAL_TRY(GAL_ENOMEM);
    GAL_TRY(gal_galaxy_ws_create(&ws, f->galaxy));
    GAL_TRY(fit_spectral_worker(f, &w));
    for (size_t row = 0; row < m; row++) {
        const double *at = x + row * f->ndim;
        gal_rng rng;
        gal_rng_init(&rng, seed, RNG_FIT_SPECTRUM, row, 0, 0);
        gal_fit_theta(f, at, theta);
        GAL_TRY(gal_galaxy_check(f->galaxy, theta));
        GAL_TRY(gal_galaxy_eval(f->galaxy, ws, theta));
        if (out->line)
            GAL_TRY(view_lines(f, ws, theta, out->line + row * gal_galaxy_nlines(f->galaxy)));
        if (!p)
            continue;
        values_at(f, at, v);
        if (out->measure && p->measures) {
            const gal_kinematics k = kinematics(p, v);
            GAL_TRY(fit_measures_values(p->measures, f->galaxy, w->meter, ws, theta, &k,
                                        out->measure + row * fit_measures_n(p->measures)));
        }
        if (draw && out->measure && out->measured)
            fit_measures_noise(p->measures, &rng, out->measure + row * fit_measures_n(p->measures),
                               out->measured + row * fit_measures_n(p->measures));
        if (p->s && (out->model || out->fitted || out->coef || out->amp || out->y || out->sigma))
            GAL_TRY(view_pixels(f, w, ws, theta, v, draw ? &rng : NULL, row, out));
    }
out:
    fit_spectral_worker_free(w);
    gal_galaxy_ws_free(ws);
    gal_free(theta);
    return st;
}
