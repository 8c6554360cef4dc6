/* The spectral part of a fit: pixels and indices of the observation against the galaxy. ln L is added to that of the bands.
 *
 *     pixels: galua/spec.h, noise as spec.* say, calibration polynomial and line amplitudes as the spectrum says
 *     index:  -(v - i)^2/(2 err^2) - ln(2 pi err^2)/2
 *
 * fit.c calls fit_spectral_eval once per point; everything else here is set up by the master. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fit/spectral_int.h"

// clang-format off
#define COEF(k) {"c" #k, "", "calibration polynomial (mode sampled): coefficient of order " #k, 0, -10, 10, -0.3, 0.3, false, false}
static const gal_param PAR[NPAR] = {
    {"sigma_v",   "km/s", "velocity dispersion of the stars and the continuum",            0,   0, 5000, 10, 500, false, false},
    {"sigma_gas", "km/s", "velocity dispersion of emission lines; not given: the nebular component's", 100, 0, 5000, 10, 1000, false, false},
    {"shift",     "km/s", "velocity of the spectrum on top of the redshift",               0, -3e4, 3e4, -500, 500, false, false},
    {"ln_scale",  "",     "ln of a factor on the errors of all pixels",                    0,  -10,  10,   -1,   1, false, false},
    COEF(0), COEF(1), COEF(2), COEF(3), COEF(4), COEF(5), COEF(6), COEF(7), COEF(8), COEF(9), COEF(10),
    {"f_cal",        "", "pixels: error of the model as a fraction of its flux, independent in each",       0,    0,   10, 1e-3, 0.3, true,  false},
    {"gp_amplitude", "", "pixels, correlated noise: standard deviation as a fraction of the model flux",    0,    0,   10, 1e-3, 0.3, true,  false},
    {"gp_length",    "", "pixels, correlated noise: length in ln(wavelength)",                           0.01, 1e-6,  100, 1e-3, 0.3, true,  false},
    {"f_out",        "", "pixels: share of outliers (Hogg et al. 2010)",                                    0,    0,  0.5,    0, 0.5, false, false},
    {"n_out",        "", "pixels: error of outliers in units of the error of good data",       GAL_NOISE_NOUT,    1,  1e6,    5, 100, true,  false}};
// clang-format on

const gal_param *gal_spectral_params(size_t *n)
{
    *n = NPAR;
    return PAR;
}

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

/* Noise term k is on: does it go with the others? */
static gal_status check_noise(const gal_fit *f, size_t k, bool vary)
{
    fit_spectral *p = f->spectral;
    const gal_calib *c = &p->s->calib;
    bool gp = k == GP_AMPLITUDE || (k == GP_LENGTH && vary);
    if (gp && p->kernel == GAL_KERNEL_NONE)
        return gal_fail(GAL_EINVAL, "fit: spec.%s is given but there is no kernel: add spec = { gp = 'matern32' }",
                        PAR[k].name);
    if (k == N_OUT && vary && !p->outliers)
        return gal_fail(GAL_EINVAL, "fit: spec.n_out is free but there are no outliers: give spec.f_out too");
    if (k != F_OUT)
        return GAL_OK;
    p->outliers = true;
    const char *but = p->kernel != GAL_KERNEL_NONE ? "noise correlated over them (spec.gp): leave one of the two out"
                      : p->s->nline > 0 ? "lines of free flux: leave out lines of the spectrum, or spec.f_out"
                      : c->mode >= GAL_CALIB_PROFILED && c->order >= c->first
                          ? "a polynomial that is integrated out or profiled: give the spectrum calibration = { mode = "
                            "'sampled', ... }, or leave out spec.f_out"
                          : NULL;
    return but ? gal_fail(GAL_EINVAL, "fit: spec.f_out takes pixels one by one, which excludes %s", but) : GAL_OK;
}

static gal_status take_kernel(fit_spectral *p, const gal_fit *f, const gal_fit_opts *o)
{
    p->kernel = o->spectral_kernel;
    if (p->kernel == GAL_KERNEL_NONE)
        return GAL_OK;
    if (!p->s)
        return gal_fail(GAL_EINVAL, "fit: spec.gp is noise of pixels but observation '%s' has no spectrum",
                        f->obs->name);
    if (p->kernel != GAL_KERNEL_MATERN32 && p->s->nused > GAL_SPEC_DENSE_MAX)
        return gal_fail(
            GAL_EINVAL,
            "fit: spec.gp = '%s' factorises a matrix of %zu x %zu pixels in each evaluation, at most %d: use "
            "gp = 'matern32', or mask pixels",
            gal_kernel_name(p->kernel), p->s->nused, p->s->nused, GAL_SPEC_DENSE_MAX);
    return GAL_OK;
}

static gal_status check_values(const gal_fit *f, const gal_fit_opts *o)
{
    fit_spectral *p = f->spectral;
    gal_status st;
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
        if (k >= F_CAL && (vary || (given && p->fixed[k] != PAR[k].value))) {
            p->noisy = true;
            if (!p->s)
                return gal_fail(GAL_EINVAL, "fit: spec.%s is noise of pixels but observation '%s' has no spectrum",
                                PAR[k].name, f->obs->name);
            if ((st = check_noise(f, k, vary)) != GAL_OK)
                return st;
        }
        if (k < C0 || k >= F_CAL)
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
        p->y = GAL_NEWN(double, 4 * s->nused);
        p->zero = GAL_NEWN(double, s->nline + 1);
        if (!p->pixel || !p->y || !p->zero)
            return GAL_ENOMEM;
        p->err = p->y + s->nused;
        p->x = p->err + s->nused;
        p->lw = p->x + s->nused;
        const double *lo = gal_spec_lo(s->spec), *hi = gal_spec_hi(s->spec);
        for (size_t i = 0, k = 0; i < s->n; i++)
            if (s->used[i]) {
                p->pixel[k] = i;
                p->y[k] = s->flux[i];
                p->err[k] = s->err[i];
                p->x[k] = s->x[i];
                p->lw[k++] = log(0.5 * (lo[i] + hi[i]));
            }
    }
    GAL_TRY(take_kernel(p, f, o));
    GAL_TRY(check_values(f, o));
out:
    return st;
}

gal_spec_like fit_spectral_like(const fit_spectral *p, const double *profile)
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
                           .sd = s->line_sd,
                           .kernel = p->kernel,
                           .lnwave = p->lw};
}

gal_spec_noise fit_spectral_noise(const double *v)
{
    return (gal_spec_noise){.lnscale = v[LN_SCALE],
                            .f_cal = v[F_CAL],
                            .f_out = v[F_OUT],
                            .n_out = v[N_OUT],
                            .gp_amp = v[GP_AMPLITUDE],
                            .gp_len = v[GP_LENGTH]};
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
        gal_spec_like l = fit_spectral_like(p, NULL);
        work = gal_spec_like_work(&l);
    }
    w->flux = GAL_NEWN(double, 2 * n + 3 * m + nl * m + work + fit_measures_n(p->measures) + 1);
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
    w->sigma = w->measure + fit_measures_n(p->measures);
    w->noise = w->sigma + m;
    *out = w;
    return GAL_OK;
}

void fit_spectral_values(const gal_fit *f, const double *x, double *v)
{
    memcpy(v, f->spectral->fixed, sizeof f->spectral->fixed);
    for (size_t i = 0; i < f->ndim; i++)
        if (f->index[i] >= fit_spectral_base(f))
            v[f->index[i] - fit_spectral_base(f)] = gal_prior_value(f->prior[i], x[i]);
}

gal_kinematics fit_spectral_kinematics(const fit_spectral *p, const double *v)
{
    return (gal_kinematics){v[SIGMA_V], p->blurred ? v[SIGMA_GAS] : NAN, v[SHIFT]};
}

/* dispersion of the free lines: as asked for, else as the nebular component has it, else the default */
double fit_spectral_line_sigma(const fit_spectral *p, const spectral_worker *w, const double *v)
{
    double own = gal_viewer_sigma_gas(w->view);
    return p->blurred ? v[SIGMA_GAS] : own > 0 ? own : PAR[SIGMA_GAS].value;
}

gal_status fit_spectral_predict(const fit_spectral *p, const gal_galaxy_ws *ws, const double *theta, const double *v,
                                spectral_worker *w)
{
    const gal_spectrum *s = p->s;
    const gal_kinematics k = fit_spectral_kinematics(p, v);
    gal_status st = gal_viewer_flux(w->view, ws, theta, GAL_COMP_TOTAL, &k, w->flux);
    if (st != GAL_OK)
        return st;
    for (size_t i = 0; i < s->nused; i++)
        w->used[i] = w->flux[p->pixel[i]];
    for (size_t l = 0; l < s->nline; l++) {
        gal_viewer_line(w->view, s->line_wave[l], fit_spectral_line_sigma(p, w, v), w->line);
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
    fit_spectral_values(f, x, v);
    if (p->measures) {
        const gal_kinematics k = fit_spectral_kinematics(p, v);
        gal_status st = fit_measures_values(p->measures, f->galaxy, w->meter, ws, theta, &k, w->measure);
        if (st != GAL_OK)
            return st;
        *lnlike += fit_measures_like(p->measures, w->measure, f->like.limits);
    }
    if (!p->s)
        return GAL_OK;
    gal_status st = fit_spectral_predict(p, ws, theta, v, w);
    if (st != GAL_OK)
        return st;
    gal_spec_like l = fit_spectral_like(p, w->profile);
    const gal_spec_noise z = fit_spectral_noise(v);
    *lnlike += gal_spec_like_eval(&l, w->used, &z, v + C0, NULL, NULL, w->like);
    return GAL_OK;
}

gal_status fit_spectral_dry(const gal_fit *f, spectral_worker *w, gal_galaxy_ws *ws, const double *theta)
{
    if (!f->spectral->s || gal_galaxy_check(f->galaxy, theta) != GAL_OK ||
        gal_galaxy_eval(f->galaxy, ws, theta) != GAL_OK)
        return GAL_OK;
    gal_status st = fit_spectral_predict(f->spectral, ws, theta, f->spectral->fixed, w);
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
    const fit_spectral *p = f->spectral;
    gal_hash h = gal_hash_bytes(p->fixed, F_CAL * sizeof *p->fixed);
    if (!p->noisy)
        return h;
    const double kernel = (double)p->kernel;
    h = gal_hash_combine(h, gal_hash_bytes(&kernel, sizeof kernel));
    return gal_hash_combine(h, gal_hash_bytes(p->fixed + F_CAL, (NPAR - F_CAL) * sizeof *p->fixed));
}
