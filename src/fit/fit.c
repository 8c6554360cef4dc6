/* A fit as a target: sampled coordinates -> parameters -> model photometry -> likelihood. See galua/fit.h. */
#include "galua/fit.h"
#include "galua/num.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOISE_FCAL "noise.f_cal"

typedef struct {
    gal_galaxy_ws *ws;
    gal_phot *phot;
    double *theta, *flux, *used;
} worker;

struct gal_fit {
    gal_target target;
    gal_galaxy *galaxy;
    const gal_obs *obs;
    size_t ndim, npar, nband, nused, nderived;
    const gal_prior **prior; /* [ndim] */
    size_t *index;           /* [ndim] parameter of the galaxy; npar = noise.f_cal */
    char **names;            /* [ndim] */
    double *theta;           /* [npar] fixed values */
    gal_limits limits;
    double floor, f_cal;
    /* the bands that are used, contiguous */
    size_t *band;
    double *y, *err;
    unsigned char *kind;
    const char **blob_names;
    char *band_names;
    worker *workers; /* [nworker], grown by the master only */
    int nworker;
};

static void worker_clear(worker *w)
{
    gal_galaxy_ws_free(w->ws);
    gal_phot_free(w->phot);
    gal_free(w->theta);
    *w = (worker){0};
}

static gal_status worker_init(const gal_fit *f, worker *w)
{
    gal_status st = GAL_OK;
    *w = (worker){0};
    GAL_TRY(gal_galaxy_ws_create(&w->ws, f->galaxy));
    GAL_TRY(
        gal_phot_create(&w->phot, f->obs->filter, f->nband, gal_galaxy_wave(f->galaxy), gal_galaxy_nwave(f->galaxy)));
    if (!(w->theta = GAL_NEWN(double, f->npar + f->nband + f->nused)))
        GAL_TRY(GAL_ENOMEM);
    w->flux = w->theta + f->npar;
    w->used = w->flux + f->nband;
out:
    if (st != GAL_OK)
        worker_clear(w);
    return st;
}

static gal_status grow_workers(gal_fit *f, int n)
{
    if (n <= f->nworker)
        return GAL_OK;
    worker *w = gal_realloc(f->workers, (size_t)n * sizeof *w);
    if (!w)
        return GAL_ENOMEM;
    f->workers = w;
    for (; f->nworker < n; f->nworker++) {
        gal_status st = worker_init(f, &w[f->nworker]);
        if (st != GAL_OK)
            return st;
    }
    return GAL_OK;
}

void gal_fit_values(const gal_fit *f, const double *x, double *value)
{
    for (size_t i = 0; i < f->ndim; i++)
        value[i] = gal_prior_value(f->prior[i], x[i]);
}

/* returns the fractional model error of this point */
static double fill_theta(const gal_fit *f, const double *x, double *theta)
{
    double f_cal = f->f_cal;
    memcpy(theta, f->theta, f->npar * sizeof *theta);
    for (size_t i = 0; i < f->ndim; i++) {
        double v = gal_prior_value(f->prior[i], x[i]);
        if (f->index[i] < f->npar)
            theta[f->index[i]] = v;
        else
            f_cal = v;
    }
    return f_cal;
}

void gal_fit_theta(const gal_fit *f, const double *x, double *theta)
{
    fill_theta(f, x, theta);
}

/* One point. A model that cannot be (a parameter out of range, older than the Universe, dust that no temperature balances) has
 * likelihood zero; a NaN is reported with the point. */
static gal_status evaluate(const gal_fit *f, worker *w, const double *x, double *lnlike, double *blob)
{
    double f_cal = fill_theta(f, x, w->theta);
    *lnlike = -INFINITY;
    for (size_t i = 0; blob && i < f->target.nblob; i++)
        blob[i] = NAN;
    if (gal_galaxy_check(f->galaxy, w->theta) != GAL_OK)
        return GAL_OK;
    gal_status st = gal_galaxy_photometry(f->galaxy, w->ws, w->phot, w->theta, w->flux);
    if (st == GAL_EDOMAIN || st == GAL_EMATH)
        return GAL_OK;
    if (st != GAL_OK)
        return st;
    for (size_t k = 0; k < f->nused; k++)
        w->used[k] = w->flux[f->band[k]];
    gal_noise noise = {.f_model = f_cal, .floor = f->floor};
    *lnlike = gal_like_gaussian(f->nused, f->y, f->err, f->kind, w->used, &noise, f->limits, NULL);
    if (blob) {
        memcpy(blob, gal_galaxy_derived(w->ws), f->nderived * sizeof *blob);
        memcpy(blob + f->nderived, w->flux, f->nband * sizeof *blob);
    }
    return st;
}

static gal_status eval(const gal_target *t, size_t m, const double *theta, double *lnprior, double *lnlike,
                       double *blob)
{
    gal_fit *f = t->self;
    int threads = gal_threads();
    if ((size_t)threads > m)
        threads = m > 0 ? (int)m : 1;
    gal_status st = grow_workers(f, threads);
    if (st != GAL_OK)
        return st;
    char message[512] = "";
    size_t failed = m;
    gal_status code = GAL_OK;
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
    for (size_t i = 0; i < m; i++) {
        const double *x = theta + i * f->ndim;
        double *b = blob ? blob + i * f->target.nblob : NULL;
        lnprior[i] = 0;
        for (size_t k = 0; k < f->ndim; k++)
            lnprior[i] += gal_prior_logpdf(f->prior[k], x[k]);
        lnlike[i] = -INFINITY;
        for (size_t k = 0; b && k < f->target.nblob; k++)
            b[k] = NAN;
        if (!(lnprior[i] > -INFINITY) || __atomic_load_n(&failed, __ATOMIC_RELAXED) < i)
            continue;
        gal_status s = evaluate(f, &f->workers[omp_get_thread_num()], x, &lnlike[i], b);
        if (s != GAL_OK) {
#pragma omp critical(gal_fit_error)
            if (i < failed) { /* the first of the batch, whatever thread saw it */
                failed = i;
                code = s;
                snprintf(message, sizeof message, "%s", gal_error_message());
            }
        }
    }
    return code == GAL_OK ? GAL_OK : gal_fail(code, "%s", message);
}

static gal_status transform(const gal_target *t, size_t m, const double *u, double *theta)
{
    const gal_fit *f = t->self;
    for (size_t i = 0; i < m; i++)
        for (size_t k = 0; k < f->ndim; k++)
            theta[i * f->ndim + k] = gal_prior_quantile(f->prior[k], u[i * f->ndim + k]);
    return GAL_OK;
}

void gal_fit_free(gal_fit *f)
{
    if (!f)
        return;
    for (int i = 0; i < f->nworker; i++)
        worker_clear(&f->workers[i]);
    for (size_t i = 0; i < f->ndim; i++) {
        if (f->prior)
            gal_prior_unref(f->prior[i]);
        if (f->names)
            gal_free(f->names[i]);
    }
    gal_free(f->workers);
    gal_free(f->prior);
    gal_free(f->names);
    gal_free(f->index);
    gal_free(f->theta);
    gal_free(f->band);
    gal_free(f->y);
    gal_free(f->err);
    gal_free(f->kind);
    gal_free(f->blob_names);
    gal_free(f->band_names);
    gal_galaxy_unref(f->galaxy);
    gal_free(f);
}

static gal_status take_free(gal_fit *f, const gal_fit_opts *o)
{
    const char *noise = NOISE_FCAL;
    for (size_t i = 0; i < o->nfree; i++) {
        const char *name = o->free[i].name;
        if (strcmp(name, noise) == 0) {
            f->index[i] = f->npar;
        } else {
            gal_status st = gal_galaxy_find(f->galaxy, name, &f->index[i]);
            if (st != GAL_OK)
                return gal_fail_prefix(st, "fit: free");
        }
        for (size_t k = 0; k < i; k++)
            if (f->index[k] == f->index[i])
                return gal_fail(GAL_EINVAL, "fit: parameter '%s' is given twice", name);
        f->prior[i] = gal_prior_ref(o->free[i].prior);
        if (!(f->names[i] = gal_strdup(name)))
            return GAL_ENOMEM;
    }
    return GAL_OK;
}

static gal_status take_bands(gal_fit *f)
{
    const gal_obs *o = f->obs;
    for (size_t i = 0; i < o->n; i++) {
        if (o->kind[i] == GAL_OBS_IGNORED)
            continue;
        f->band[f->nused] = i;
        f->y[f->nused] = o->flux[i];
        f->err[f->nused] = o->err[i];
        f->kind[f->nused++] = o->kind[i] == GAL_OBS_LIMIT ? GAL_DATUM_LIMIT : GAL_DATUM_DETECTION;
    }
    if (f->nused == 0)
        return gal_fail(GAL_EINVAL, "fit: observation '%s' has no band to fit", o->name);
    gal_status st = gal_like_check(f->nused, NULL, f->y, f->err, f->kind, f->limits);
    return st == GAL_OK ? st : gal_fail_prefix(st, "fit: observation '%s'", o->name);
}

static gal_status name_blobs(gal_fit *f)
{
    enum { LEN = 72 };
    f->nderived = gal_galaxy_nderived(f->galaxy);
    f->target.nblob = f->nderived + f->nband;
    f->blob_names = GAL_NEWN(const char *, f->target.nblob);
    f->band_names = GAL_NEWN(char, LEN * f->nband + 1);
    if (!f->blob_names || !f->band_names)
        return GAL_ENOMEM;
    for (size_t i = 0; i < f->nderived; i++)
        f->blob_names[i] = gal_galaxy_derived_info(f->galaxy, i)->name;
    for (size_t i = 0; i < f->nband; i++) {
        snprintf(f->band_names + LEN * i, LEN, "flux.%.60s", f->obs->filter[i]->name);
        f->blob_names[f->nderived + i] = f->band_names + LEN * i;
    }
    return GAL_OK;
}

/* Whatever is wrong for every point shall be said before the run: evaluate the middle of the prior. */
static gal_status dry_run(gal_fit *f)
{
    gal_status st = GAL_OK;
    GAL_TRY(grow_workers(f, 1));
    worker *w = &f->workers[0];
    double factor;
    memcpy(w->theta, f->theta, f->npar * sizeof *w->theta);
    for (size_t i = 0; i < f->ndim; i++)
        if (f->index[i] < f->npar)
            w->theta[f->index[i]] = gal_prior_value(f->prior[i], gal_prior_quantile(f->prior[i], 0.5));
    double z = w->theta[1];
    GAL_TRY(gal_galaxy_flux_factor(f->galaxy, w->theta, &factor));
    GAL_TRY(gal_phot_weights(w->phot, z, GAL_PHOT_EXACT));
    for (size_t k = 0; k < f->nused; k++)
        if (!gal_phot_covered(w->phot)[f->band[k]])
            GAL_THROW(GAL_EDOMAIN,
                      "fit: band '%s' is outside the model's wavelengths at redshift %g: flag it 'ignored'",
                      f->obs->filter[f->band[k]]->name, z);
out:
    return st;
}

gal_status gal_fit_create(gal_fit **out, const gal_fit_opts *o)
{
    gal_status st = GAL_OK;
    gal_fit *f = NULL;
    *out = NULL;
    if (o->nfree == 0)
        return gal_fail(GAL_EINVAL, "fit: no free parameter: name at least one in 'free'");
    if (!(o->floor >= 0 && o->floor < 10) || !(o->f_cal >= 0 && o->f_cal < 10))
        return gal_fail(GAL_EDOMAIN, "fit: fractional errors floor = %g and f_cal = %g must lie in 0 .. 10", o->floor,
                        o->f_cal);
    if (!(f = GAL_NEW(gal_fit)))
        return GAL_ENOMEM;
    f->galaxy = gal_galaxy_ref(o->galaxy);
    f->obs = o->obs;
    f->ndim = o->nfree;
    f->npar = gal_galaxy_npar(o->galaxy);
    f->nband = o->obs->n;
    f->limits = o->limits;
    f->floor = o->floor;
    f->f_cal = o->f_cal;
    f->prior = GAL_NEWN(const gal_prior *, f->ndim);
    f->names = GAL_NEWN(char *, f->ndim);
    f->index = GAL_NEWN(size_t, f->ndim);
    f->theta = GAL_NEWN(double, f->npar);
    f->band = GAL_NEWN(size_t, f->nband + 1);
    f->y = GAL_NEWN(double, f->nband + 1);
    f->err = GAL_NEWN(double, f->nband + 1);
    f->kind = GAL_NEWN(unsigned char, f->nband + 1);
    if (!f->prior || !f->names || !f->index || !f->theta || !f->band || !f->y || !f->err || !f->kind)
        GAL_TRY(GAL_ENOMEM);
    memcpy(f->theta, o->theta, f->npar * sizeof *f->theta);
    GAL_TRY(take_free(f, o));
    GAL_TRY(take_bands(f));
    f->target = (gal_target){.ndim = f->ndim, .eval = eval, .prior_transform = transform, .self = f};
    GAL_TRY(name_blobs(f));
    f->target.names = (const char *const *)f->names;
    f->target.blob_names = f->blob_names;
    GAL_TRY(dry_run(f));
    *out = f;
    f = NULL;
out:
    gal_fit_free(f);
    return st;
}

gal_target *gal_fit_target(gal_fit *f)
{
    return &f->target;
}

size_t gal_fit_nused(const gal_fit *f)
{
    return f->nused;
}

size_t gal_fit_nblob(const gal_fit *f)
{
    return f->target.nblob;
}

const char *gal_fit_blob_unit(const gal_fit *f, size_t i)
{
    return i < f->nderived ? gal_galaxy_derived_info(f->galaxy, i)->unit : "mJy";
}

const gal_prior *gal_fit_prior(const gal_fit *f, size_t i)
{
    return f->prior[i];
}

const char *gal_fit_unit(const gal_fit *f, size_t i)
{
    return f->index[i] < f->npar ? gal_galaxy_par(f->galaxy, f->index[i])->unit : "";
}

void gal_fit_fingerprint(const gal_fit *f, const char *names[GAL_FIT_NFINGER], gal_hash hashes[GAL_FIT_NFINGER])
{
    static const char *const labels[GAL_FIT_NFINGER] = {"data", "ssp", "model", "priors", "fixed values", "likelihood"};
    const gal_galaxy_opts *o = gal_galaxy_options(f->galaxy);
    const gal_cosmo_params *cp = gal_cosmo_get(o->cosmo);
    const gal_sfh *sfh = gal_galaxy_sfh(f->galaxy);
    for (int i = 0; i < GAL_FIT_NFINGER; i++)
        names[i] = labels[i];
    hashes[0] = gal_obs_hash(f->obs);
    hashes[1] = o->ssp->hash;
    char text[400];
    int n = snprintf(text, sizeof text, "%s %s %d %d %.17g %.17g %.17g", GAL_VERSION, gal_sfh_name(sfh->kind),
                     sfh->evolving_z, o->clamp, o->logu, cp->h0, cp->om0);
    hashes[2] = gal_hash_combine(gal_hash_bytes(text, (size_t)n), gal_hash_bytes(&o->compat, sizeof o->compat));
    if (sfh->ntable)
        hashes[2] = gal_hash_combine(hashes[2], gal_hash_bytes(sfh->t, 2 * sfh->ntable * sizeof *sfh->t));
    for (size_t i = 0; i < gal_galaxy_ncomponent(f->galaxy); i++)
        hashes[2] = gal_hash_combine(hashes[2], gal_component_hash(gal_galaxy_component(f->galaxy, i)));
    hashes[3] = hashes[4] = gal_hash_bytes("", 0);
    for (size_t i = 0; i < f->ndim; i++) {
        hashes[3] = gal_hash_combine(hashes[3], gal_hash_bytes(f->names[i], strlen(f->names[i])));
        hashes[3] = gal_hash_combine(hashes[3], gal_prior_hash(f->prior[i]));
    }
    for (size_t k = 0; k < f->npar; k++) {
        bool is_free = false;
        for (size_t i = 0; i < f->ndim; i++)
            is_free |= f->index[i] == k;
        if (!is_free)
            hashes[4] = gal_hash_combine(hashes[4], gal_hash_bytes(&f->theta[k], sizeof f->theta[k]));
    }
    double like[3] = {(double)f->limits, f->floor, f->f_cal};
    hashes[5] = gal_hash_bytes(like, sizeof like);
}
