/* The spectral part of a fit: pixels and indices of the observation against the galaxy. ln L is added to that of the bands.
 *
 *     pixels: galua/spec.h, noise as spec.* say, calibration polynomial and line amplitudes as the spectrum says
 *     index:  -(v - i)^2/(2 err^2) - ln(2 pi err^2)/2
 *
 * fit.c calls fit_spectral_eval once per point; everything else here is set up by the master. */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "fit/spectral_int.h"

// clang-format off
#define COEF(k) {"c" #k, "", "calibration polynomial (mode sampled): coefficient of order " #k, 0, -10, 10, -0.3, 0.3, false, false}
static gal_param PAR[NPAR] = {
    {"sigma_v",   "km/s", "velocity dispersion of the stars and the continuum",            0,   0, 5000, 10, 500, false, false},
    {"sigma_gas", "km/s", "velocity dispersion of emission lines; not given: the nebular component's", 100, 0, 5000, 10, 1000, false, false},
    {"shift",     "km/s", "velocity of the spectrum on top of the redshift",               0, -3e4, 3e4, -500, 500, false, false},
    {"ln_scale",  "",     "", 0, 0, 0, 0, 0, false, false},
    COEF(0), COEF(1), COEF(2), COEF(3), COEF(4), COEF(5), COEF(6), COEF(7), COEF(8), COEF(9), COEF(10)};
// clang-format on
/* The order in which the noise's came before there were others: free parameters of stored runs are in it. */
static const char *const FIRST[] = {"ln_scale", "f_cal", "gp_amplitude", "gp_length", "f_out", "n_out"};
enum { NFIRST = sizeof FIRST / sizeof *FIRST };
static size_t noise_at[NPAR]; /* which of the noise; GAL_NOISE_NPAR: none */
static size_t npar;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void take_noise_params(void)
{
    size_t n;
    const gal_param *q = gal_noise_pixel_params(&n);
    for (npar = 0; npar < NOISE; npar++)
        noise_at[npar] = GAL_NOISE_NPAR;
    for (int pass = 0; pass <= NFIRST; pass++)
        for (size_t k = 0; k < n; k++) {
            int old = 0;
            while (old < NFIRST && strcmp(FIRST[old], q[k].name) != 0)
                old++;
            if (old != pass)
                continue;
            size_t at = old == 0 ? LN_SCALE : npar++;
            PAR[at] = q[k];
            noise_at[at] = k;
        }
}

const gal_param *gal_spectral_params(size_t *n)
{
    pthread_once(&once, take_noise_params);
    *n = npar;
    return PAR;
}

size_t fit_spectral_noise_at(size_t k)
{
    return k < npar ? noise_at[k] : GAL_NOISE_NPAR;
}

static void spectral_free(void *self)
{
    fit_spectral *p = self;
    gal_free(p->pixel);
    gal_free(p->y);
    gal_free(p->zero);
    gal_free(p->column);
    gal_free(p);
}

/* The setting or column that makes pixels correlated */
static const char *correlates(const fit_spectral *p)
{
    size_t column = 0, choice = 0;
    for (const gal_noise_class *const *c = gal_noise_classes(); *c; c++) {
        for (size_t j = 0; (*c)->covariance && j < (*c)->ncolumn; j++)
            if ((*c)->column[j].shared && p->of.column[column + j])
                return (*c)->column[j].name;
        if ((*c)->covariance && (*c)->choice && p->of.choice[choice] != 0)
            return (*c)->name;
        column += (*c)->ncolumn;
        choice += (*c)->choice != NULL;
    }
    return "noise";
}

/* What makes the matrix of the pixels' covariance full, and what to do about it: the setting or column beside which there is another way */
static void dense_way(const fit_spectral *p, char *way, size_t size)
{
    size_t column = 0, choice = 0;
    *way = 0;
    for (const gal_noise_class *const *c = gal_noise_classes(); *c; c++) {
        for (size_t j = 0; (*c)->covariance && j < (*c)->ncolumn && !*way; j++)
            if ((*c)->column[j].shared && p->of.column[column + j])
                snprintf(way, size,
                         "leave out %s (calibration = { first = 0, sd = %g } of the spectrum frees its level for any "
                         "number of "
                         "pixels)",
                         (*c)->column[j].name, p->of.column[column + j][0]);
        if ((*c)->covariance && (*c)->choice && p->of.choice[choice] != 0 && !*way)
            snprintf(way, size, "use %s = 'matern32'", (*c)->name);
        column += (*c)->ncolumn;
        choice += (*c)->choice != NULL;
    }
}

static const char NO_POLYNOMIAL[] = "fit: %s%s is a coefficient of a sampled calibration polynomial: give the spectrum "
                                    "calibration = { mode = 'sampled', order = ... }";

/* Parameter k of a term of noise is on: does the term go with the others? */
static gal_status check_noise(fit_spectral *p, size_t k, bool vary)
{
    const gal_calib *cal = &p->s->calib;
    size_t own, par, column, choice;
    const gal_noise_class *c = gal_noise_of(noise_at[k], &own);
    gal_noise_first(c, &par, &column, &choice);
    if (c->choice && p->of.choice[choice] == 0) {
        size_t last = 0;
        while (c->choice[last + 1])
            last++;
        return gal_fail(GAL_EINVAL, "fit: %s%s is given but there is no %s: add spec = { %s = '%s' }", p->label,
                        PAR[k].name, c->setting, c->name, c->choice[last]);
    }
    if (own + 1 == (size_t)c->width && vary && !p->outliers)
        return gal_fail(GAL_EINVAL, "fit: %s%s is free but there are no outliers: give spec.%s too", p->label,
                        PAR[k].name, c->pixel[c->share - 1].name);
    if (own + 1 != (size_t)c->share)
        return GAL_OK;
    p->outliers = true;
    if (p->joint)
        return gal_fail(GAL_EINVAL,
                        "fit: %s%s takes pixels one by one, which excludes noise correlated over them (spec.%s): "
                        "leave one of the two out",
                        p->label, PAR[k].name, correlates(p));
    const char *but = p->s->nline > 0 ? "lines of free flux: leave out lines of the spectrum, or the outliers"
                      : cal->mode >= GAL_CALIB_PROFILED && cal->order >= cal->first
                          ? "a polynomial that is integrated out or profiled: give the spectrum calibration = { mode = "
                            "'sampled', ... }, or leave out the outliers"
                          : NULL;
    return but ? gal_fail(GAL_EINVAL, "fit: %s%s takes pixels one by one, which excludes %s", p->label, PAR[k].name,
                          but)
               : GAL_OK;
}

/* Choices and columns of the pixels' noise: one number for all, and all of one group where data share it */
static gal_status take_settings(fit_spectral *p, const gal_fit_opts *o)
{
    size_t column = 0, n = p->s->nused;
    bool markov;
    const gal_fit_own *own = o->of_spectrum ? &o->of_spectrum[p->block - 1] : NULL;
    const double *whole = own && own->whole ? own->whole : o->spectral_whole;
    memcpy(p->of.choice, own && own->choice ? own->choice : o->spectral_of.choice, sizeof p->of.choice);
    for (size_t k = 0; k < GAL_NOISE_CHOICES; k++)
        p->noisy |= p->of.choice[k] != 0;
    p->column = GAL_NEWN(double, GAL_NOISE_COLUMNS *n + 1);
    if (!p->column)
        return GAL_ENOMEM;
    for (const gal_noise_class *const *c = gal_noise_classes(); *c; column += (*c++)->ncolumn)
        for (size_t j = 0; whole && j < (*c)->ncolumn; j++) {
            const gal_noise_column *k = &(*c)->column[j];
            double v = whole[column + j], *to = p->column + (column + j) * n;
            if (!(v >= 0 && v <= k->hi))
                return gal_fail(GAL_EDOMAIN, "fit: spec: %s = %g must lie in 0 .. %g", k->name, v, k->hi);
            if (!(v > 0))
                continue;
            p->noisy = true;
            p->whole[column + j] = v;
            for (size_t i = 0; k->shared && i < n; i++)
                to[i] = v; /* and the group's is 0 for all */
            if (k->shared) {
                p->of.column[column + j] = to;
                p->of.column[column + j + 1] = to + n;
            }
        }
    p->joint = gal_noise_correlated(&p->of, &markov);
    if (p->joint && !markov && n > GAL_SPEC_DENSE_MAX) {
        char way[120];
        dense_way(p, way, sizeof way);
        return gal_fail(GAL_EINVAL,
                        "fit: noise correlated over the pixels factorises a matrix of %zu x %zu of them in each "
                        "evaluation, at most %d: %s, or mask pixels",
                        n, n, GAL_SPEC_DENSE_MAX, way);
    }
    return GAL_OK;
}

double fit_spectral_given(const gal_fit_opts *o, size_t block, size_t k)
{
    const double *row = block == 0 ? o->spectral : o->of_spectrum ? o->of_spectrum[block - 1].fixed : NULL;
    return row ? row[k] : NAN;
}

bool fit_spectral_free_is(const gal_fit *f, size_t block, size_t k)
{
    for (size_t i = 0; i < f->ndim; i++)
        if (f->index[i] == fit_spectral_base(f) + block * npar + k)
            return true;
    return false;
}

bool fit_spectral_moves(size_t k)
{
    return k % npar <= SHIFT;
}

/* Is parameter k one of a term that is off here and on in another spectrum? */
static bool elsewhere(const fit_spectral *p, const gal_fit_opts *o, size_t k)
{
    size_t own, par, column, choice;
    if (k >= npar || noise_at[k] == GAL_NOISE_NPAR || !o->of_spectrum)
        return false;
    const gal_noise_class *c = gal_noise_of(noise_at[k], &own);
    gal_noise_first(c, &par, &column, &choice);
    bool on = false;
    for (size_t i = 0; c->choice && i < o->obs->nspectrum; i++)
        on |= o->of_spectrum[i].choice && o->of_spectrum[i].choice[choice] != 0;
    return on && p->of.choice[choice] == 0;
}

static gal_status check_values(fit_spectral *p, const gal_fit *f, const gal_fit_opts *o)
{
    const gal_calib *c = &p->s->calib;
    size_t n;
    gal_spectral_params(&n);
    for (size_t k = 0; k < n; k++) {
        double own = fit_spectral_given(o, p->block, k), all = fit_spectral_given(o, 0, k);
        bool mine = fit_spectral_free_is(f, p->block, k);
        p->own[k] = mine || !isnan(own) || elsewhere(p, o, k);
        p->fixed[k] = isnan(own) && !elsewhere(p, o, k) ? all : own;
        bool given = !isnan(p->fixed[k]), vary = mine || (!p->own[k] && fit_spectral_free_is(f, 0, k));
        if (given && !(p->fixed[k] >= PAR[k].lo && p->fixed[k] <= PAR[k].hi))
            return gal_fail(GAL_EDOMAIN, "fit: %s%s = %g must lie in %g .. %g", p->label, PAR[k].name, p->fixed[k],
                            PAR[k].lo, PAR[k].hi);
        if (k == SIGMA_GAS)
            p->blurred = vary || given;
        if (!given)
            p->fixed[k] = PAR[k].value;
        if (k >= NOISE && (vary || (given && p->fixed[k] != PAR[k].value))) {
            gal_status st = check_noise(p, k, vary);
            p->noisy = true;
            if (st != GAL_OK)
                return st;
        }
        int order = (int)k - C0;
        bool used = c->mode == GAL_CALIB_SAMPLED && order >= c->first && order <= c->order;
        if (k >= C0 && k < NOISE && !used && (vary || (given && p->fixed[k] != 0)))
            return gal_fail(GAL_EINVAL, NO_POLYNOMIAL, p->label, PAR[k].name);
    }
    return GAL_OK;
}

/* What is asked of a spectrum where there is none */
static gal_status none(const gal_fit *f, const gal_fit_opts *o)
{
    bool any = false;
    size_t n;
    gal_spectral_params(&n);
    for (size_t k = 0; k < n; k++) {
        bool vary = fit_spectral_free_is(f, 0, k);
        double given = fit_spectral_given(o, 0, k);
        if (vary && gal_obs_nmeasured(f->obs) == 0)
            return gal_fail(GAL_EINVAL, "fit: 'spec.%s' is free but observation '%s' has no spectrum", PAR[k].name,
                            f->obs->name);
        if (k >= NOISE && (vary || (!isnan(given) && given != PAR[k].value)))
            return gal_fail(GAL_EINVAL, "fit: spec.%s is noise of pixels but observation '%s' has no spectrum",
                            PAR[k].name, f->obs->name);
        if (k >= C0 && k < NOISE && (vary || (!isnan(given) && given != 0)))
            return gal_fail(GAL_EINVAL, NO_POLYNOMIAL, "spec.", PAR[k].name);
    }
    for (size_t k = 0; k < GAL_NOISE_CHOICES; k++)
        any |= o->spectral_of.choice[k] != 0;
    for (size_t k = 0; k < GAL_NOISE_COLUMNS; k++)
        any |= o->spectral_whole && o->spectral_whole[k] != 0;
    return any && gal_obs_nmeasured(f->obs) > 0
               ? gal_fail(GAL_EINVAL, "fit: spec has noise of pixels but observation '%s' has no spectrum",
                          f->obs->name)
               : GAL_OK;
}

static size_t count(const gal_obs *o)
{
    return o->nspectrum;
}

static gal_status create(void **self, gal_fit *f, const gal_fit_opts *o, size_t which)
{
    const gal_spectrum *s = o->obs->spectrum[which];
    fit_spectral *p = *self = GAL_NEW(fit_spectral);
    if (!p)
        return GAL_ENOMEM;
    p->s = s;
    p->block = 1 + which;
    snprintf(p->label, sizeof p->label, *s->name ? "spec.%s." : "spec.", s->name);
    if (s->calib.mode == GAL_CALIB_SAMPLED && s->calib.order >= NC)
        return gal_fail(GAL_EINVAL,
                        "fit: a sampled calibration polynomial has at most order %d, not %d: marginalise it", NC - 1,
                        s->calib.order);
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
    gal_status st = take_settings(p, o);
    return st == GAL_OK ? check_values(p, f, o) : st;
}

gal_spec_like fit_spectral_like(const fit_spectral *p, const double *profile)
{
    const gal_spectrum *s = p->s;
    gal_spec_like l = {.data = p->of,
                       .x = p->x,
                       .calib = s->calib,
                       .nline = s->nline,
                       .profile = profile,
                       .mean = p->zero,
                       .sd = s->line_sd};
    l.n = s->nused;
    l.flux = p->y;
    l.err = p->err;
    l.lnwave = p->lw;
    return l;
}

gal_noise fit_spectral_noise(const fit_spectral *p, const double *v)
{
    gal_noise z = {0};
    memcpy(z.whole, p->whole, sizeof z.whole);
    for (size_t k = 0; k < npar; k++)
        if (noise_at[k] < GAL_NOISE_NPAR)
            z.par[noise_at[k]] = v[k];
    return z;
}

static void spectral_close(void *local)
{
    spectral_worker *w = local;
    gal_viewer_free(w->view);
    gal_free(w->flux);
    gal_free(w);
}

static gal_status spectral_open(void **local, const void *self, const gal_fit *f)
{
    const fit_spectral *p = self;
    const gal_spectrum *s = p->s;
    spectral_worker *w = *local = GAL_NEW(spectral_worker);
    if (!w)
        return GAL_ENOMEM;
    size_t n = s->n, m = s->nused, nl = s->nline;
    gal_spec_like l = fit_spectral_like(p, NULL);
    w->flux = GAL_NEWN(double, 2 * n + 3 * m + nl * m + gal_spec_like_work(&l) + 1);
    if (!w->flux)
        return GAL_ENOMEM;
    w->line = w->flux + n;
    w->used = w->line + n;
    w->profile = w->used + m;
    w->sigma = w->profile + nl * m;
    w->noise = w->sigma + m;
    w->like = w->noise + m;
    return gal_viewer_create(&w->view, f->galaxy, s->spec, s->library_r);
}

void fit_spectral_values(const gal_fit *f, size_t block, const double *fixed, const bool *own, const double *x,
                         double *v)
{
    memcpy(v, fixed, NPAR * sizeof *v);
    for (size_t i = 0; x && i < f->ndim; i++) {
        size_t k = f->index[i] - fit_spectral_base(f);
        if (f->index[i] >= fit_spectral_base(f) && k < f->nown &&
            (k / npar == block || (k / npar == 0 && !(own && own[k]))))
            v[k % npar] = gal_prior_value(f->prior[i], x[i]);
    }
}

gal_kinematics fit_spectral_kinematics(bool blurred, const double *v)
{
    return (gal_kinematics){v[SIGMA_V], blurred ? v[SIGMA_GAS] : NAN, v[SHIFT]};
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
    const gal_kinematics k = fit_spectral_kinematics(p->blurred, v);
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

static gal_status lnlike(const gal_fit *f, const void *self, void *local, const gal_data_at *at, double *lnl)
{
    const fit_spectral *p = self;
    spectral_worker *w = local;
    double v[NPAR];
    fit_spectral_values(f, p->block, p->fixed, p->own, at->x, v);
    gal_status st = fit_spectral_predict(p, at->ws, at->theta, v, w);
    if (st != GAL_OK)
        return st;
    gal_spec_like l = fit_spectral_like(p, w->profile);
    const gal_noise z = fit_spectral_noise(p, v);
    *lnl += gal_spec_like_eval(&l, w->used, &z, v + C0, NULL, NULL, w->like);
    return GAL_OK;
}

static gal_status dry(const gal_fit *f, const void *self, void *local, const gal_data_at *at)
{
    const fit_spectral *p = self;
    spectral_worker *w = local;
    gal_status st = fit_spectral_predict(p, at->ws, at->theta, p->fixed, w);
    if (st != GAL_OK)
        return *p->s->name ? gal_fail_prefix(st, "spectrum '%s'", p->s->name) : st;
    if (gal_viewer_coarse(w->view) > 0.5)
        gal_log(GAL_LOG_WARN, "fit",
                "observation '%s'%s%s: the instrument resolves more than the model spectra do (%.0f %% of the pixels): "
                "lines of the "
                "stars come out too broad; use a table of higher resolution, or smooth the data",
                f->obs->name, *p->s->name ? ", spectrum " : "", p->s->name, 100 * gal_viewer_coarse(w->view));
    return GAL_OK;
}

static gal_hash spectral_hash(const gal_fit *f, const void *self, gal_hash before)
{
    const fit_spectral *p = self;
    (void)f;
    enum { OLD = NOISE + NFIRST - 1 };
    gal_hash h = gal_hash_bytes(p->fixed, NOISE * sizeof *p->fixed);
    if (!p->noisy)
        return gal_hash_combine(before, h);
    const double kernel = (double)p->of.kernel;
    h = gal_hash_combine(h, gal_hash_bytes(&kernel, sizeof kernel));
    h = gal_hash_combine(h, gal_hash_bytes(p->fixed + NOISE, (OLD - NOISE) * sizeof *p->fixed));
    /* what stored files do not have counts where it is not as it would be without it */
    for (size_t k = OLD; k < npar; k++)
        if (p->fixed[k] != PAR[k].value)
            h = gal_hash_combine(gal_hash_combine(h, gal_hash_bytes(PAR[k].name, strlen(PAR[k].name))),
                                 gal_hash_bytes(&p->fixed[k], sizeof p->fixed[k]));
    for (size_t k = 0; k < GAL_NOISE_COLUMNS; k++)
        if (p->whole[k] != 0) {
            const double later[2] = {(double)k, p->whole[k]};
            h = gal_hash_combine(h, gal_hash_bytes(later, sizeof later));
        }
    for (size_t k = 1; k < GAL_NOISE_CHOICES; k++)
        if (p->of.choice[k] != 0) {
            const double later[2] = {(double)k, (double)p->of.choice[k]};
            h = gal_hash_combine(h, gal_hash_bytes(later, sizeof later));
        }
    return gal_hash_combine(before, h);
}

extern const gal_data_class gal_spectrum_data;
const gal_data_class gal_spectrum_data = {
    .name = "spectrum",
    .light = true,
    .count = count,
    .none = none,
    .create = create,
    .free = spectral_free,
    .open = spectral_open,
    .close = spectral_close,
    .dry = dry,
    .lnlike = lnlike,
    .slopes = fit_spectral_slopes,
    .exact = fit_spectral_exact,
    .room = fit_spectral_room,
    .hash = spectral_hash,
};
