/* A fit as a target: sampled coordinates -> parameters -> model photometry -> likelihood. See galua/fit.h. */
#include "fit/fit_int.h"
#include "galua/num.h"
#include "galua/rng.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void worker_clear(const gal_fit *f, worker *w)
{
    gal_galaxy_ws_free(w->ws);
    gal_phot_free(w->phot);
    gal_plan_ws_free(w->plan);
    gal_free(w->planned);
    fit_sets_close(f, w);
    fit_gradient_clear(w);
    gal_free(w->theta);
    if (w->close && w->custom)
        w->close(w->custom);
    *w = (worker){0};
}

static gal_status worker_init(const gal_fit *f, worker *w)
{
    gal_status st = GAL_OK;
    *w = (worker){0};
    GAL_TRY(gal_galaxy_ws_create(&w->ws, f->galaxy));
    GAL_TRY(fit_sets_open(f, w));
    GAL_TRY(fit_plan_worker(f, w));
    if (f->nband > 0)
        GAL_TRY(gal_galaxy_phot_create(&w->phot, f->galaxy, f->obs->filter, f->nband));
    if (!(w->theta = GAL_NEWN(double, f->npar + 2 * f->nband + f->nused + gal_like_work(&f->like))))
        GAL_TRY(GAL_ENOMEM);
    w->flux = w->theta + f->npar;
    w->used = w->flux + f->nband;
    w->bare = w->used + f->nused;
    w->like = w->bare + f->nband;
    if (f->custom.open) {
        GAL_TRY(f->custom.open(&w->custom, f->custom.ctx));
        w->close = f->custom.close;
    }
out:
    if (st != GAL_OK)
        worker_clear(f, w);
    return st;
}

gal_status fit_workers(gal_fit *f, int n)
{
    gal_status made = gal_fit_compile(f);
    if (made != GAL_OK || n <= f->nworker)
        return made;
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

gal_noise fit_noise(const gal_fit *f, const double *x)
{
    gal_noise noise = f->noise;
    for (size_t i = 0; i < f->ndim; i++)
        if (f->index[i] >= f->npar && f->index[i] < fit_spectral_base(f))
            gal_noise_set(&noise, f->index[i] - f->npar, gal_prior_value(f->prior[i], x[i]));
    return noise;
}

void fit_theta(const gal_fit *f, const double *x, double *theta)
{
    memcpy(theta, f->theta, f->npar * sizeof *theta);
    for (size_t i = 0; i < f->ndim; i++)
        if (f->index[i] < f->npar)
            theta[f->index[i]] = gal_prior_value(f->prior[i], x[i]);
}

void gal_fit_theta(const gal_fit *f, const double *x, double *theta)
{
    fit_theta(f, x, theta);
    if (fit_tie(f, theta) != GAL_OK) /* the likelihood has told why */
        for (size_t i = 0; i < f->tie.n; i++)
            theta[f->tie_index[i]] = NAN;
}

/* Does a derived quantity grow in proportion to the light? */
static bool extensive(const char *unit)
{
    return strncmp(unit, "Msun", 4) == 0 || strncmp(unit, "Lsun", 4) == 0 || strncmp(unit, "erg/s", 5) == 0 ||
           strncmp(unit, "W", 1) == 0 || strcmp(unit, "1/s") == 0;
}

/* The amplitude's draw depends on the point alone. */
static double point_uniform(const gal_fit *f, const double *x)
{
    gal_hash h = gal_hash_bytes(x, f->ndim * sizeof *x);
    uint64_t key[2];
    gal_rng r;
    memcpy(key, &h, sizeof key);
    gal_rng_init(&r, key[0], RNG_FIT_AMPLITUDE, key[1], 0, 0);
    return gal_rng_uniform(&r);
}

gal_status fit_model_fluxes(const gal_fit *f, worker *w, bool all)
{
    bool planned = f->plan && gal_plan_covers(f->plan, w->theta);
    gal_status st = GAL_OK;
    if (planned)
        st = fit_plan_fluxes(f, w);
    if (st == GAL_OK && (all || !planned))
        st = w->phot ? gal_galaxy_photometry(f->galaxy, w->ws, w->phot, w->theta, w->flux)
                     : gal_galaxy_eval(f->galaxy, w->ws, w->theta);
    if (st == GAL_EDOMAIN || st == GAL_EMATH)
        return GAL_EDOMAIN;
    if (planned && all && st == GAL_OK)
        st = fit_plan_compare(f, w);
    for (size_t k = 0; k < f->nused; k++) /* the likelihood's fluxes are those that are kept */
        if (planned)
            w->flux[f->band[k]] = w->used[k];
        else if (!gal_phot_covered(w->phot)[f->band[k]]) { /* at this redshift the table does not reach it */
            gal_fit *count = (gal_fit *)(uintptr_t)f;
            __atomic_fetch_add(&count->uncovered, 1, __ATOMIC_RELAXED);
            __atomic_store_n(&count->uncovered_band, k, __ATOMIC_RELAXED);
            return GAL_EDOMAIN;
        } else
            w->used[k] = w->flux[f->band[k]];
    return st;
}

/* One point. A model that cannot be (a parameter out of range, older than the Universe, dust that no temperature balances) has
 * likelihood zero; a NaN is reported with the point. */
static gal_status evaluate(const gal_fit *f, worker *w, const double *x, double *lnlike, double *blob)
{
    fit_theta(f, x, w->theta);
    *lnlike = -INFINITY;
    for (size_t i = 0; blob && i < f->nblob; i++)
        blob[i] = NAN;
    gal_status st = fit_tie(f, w->theta);
    if (st != GAL_OK)
        return st;
    if (gal_galaxy_check(f->galaxy, w->theta) != GAL_OK)
        return GAL_OK;
    st = fit_model_fluxes(f, w, blob != NULL);
    if (st != GAL_OK)
        return st == GAL_EDOMAIN ? GAL_OK : st;
    double scale = 1;
    gal_data_at at = fit_at(f, w, x);
    at.scale = blob ? &scale : NULL;
    at.u = blob && f->amplitude ? point_uniform(f, x) : 0.5;
    if ((st = fit_sets_lnlike(f, &at, lnlike)) != GAL_OK)
        return st;
    if (blob) {
        const double *derived = gal_galaxy_derived(w->ws);
        for (size_t i = 0; i < f->nderived; i++)
            blob[i] = derived[i] * (f->amplitude && extensive(gal_galaxy_derived_info(f->galaxy, i)->unit) ? scale : 1);
        for (size_t i = 0; i < f->nband; i++)
            blob[f->nderived + i] = w->flux[i] * scale;
        if (f->amplitude)
            blob[f->nblob - 1] = scale;
    }
    return st;
}

int fit_threads(size_t m)
{
    int threads = gal_threads();
    return (size_t)threads <= m ? threads : m > 0 ? (int)m : 1;
}

gal_status fit_batch(gal_fit *f, int threads, size_t m, fit_point_fn *point, void *ctx)
{
    char message[512] = "";
    size_t failed = m;
    gal_status code = GAL_OK;
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
    for (size_t i = 0; i < m; i++) {
        if (__atomic_load_n(&failed, __ATOMIC_RELAXED) < i)
            continue;
        gal_status st = point(f, &f->workers[omp_get_thread_num()], i, ctx);
        if (st != GAL_OK) {
#pragma omp critical(gal_fit_error)
            if (i < failed) {
                failed = i;
                code = st;
                snprintf(message, sizeof message, "%s", gal_error_message());
            }
        }
    }
    return failed == m ? GAL_OK : gal_fail(code, "%s", message);
}

double fit_lnprior(const gal_fit *f, const double *x)
{
    double lnp = 0;
    for (size_t k = 0; k < f->ndim; k++)
        lnp += gal_prior_logpdf(f->prior[k], x[k]);
    return lnp;
}

typedef struct points {
    const double *theta;
    double *lnprior, *lnlike, *blob;
    const size_t *order; /* in which they are evaluated, NULL: as they come */
} points;

typedef struct keyed {
    double key;
    size_t i;
} keyed;

static int by_key(const void *a, const void *b)
{
    const keyed *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->i > y->i) - (x->i < y->i);
}

gal_status fit_by_redshift(const gal_fit *f, size_t m, const double *x, size_t **order)
{
    size_t at = 0;
    *order = NULL;
    while (at < f->ndim && f->index[at] != GAL_P_REDSHIFT)
        at++;
    if (at == f->ndim || m < 2 || !f->plan || gal_plan_describe(f->plan).panels == 0)
        return GAL_OK;
    keyed *k = GAL_NEWN(keyed, m);
    *order = GAL_NEWN(size_t, m);
    if (!k || !*order) {
        gal_free(k);
        return GAL_ENOMEM;
    }
    for (size_t i = 0; i < m; i++)
        k[i] = (keyed){x[i * f->ndim + at], i};
    qsort(k, m, sizeof *k, by_key);
    for (size_t i = 0; i < m; i++)
        (*order)[i] = k[i].i;
    gal_free(k);
    return GAL_OK;
}

static gal_status one_point(gal_fit *f, worker *w, size_t i, void *ctx)
{
    const points *p = ctx;
    i = p->order ? p->order[i] : i;
    const double *x = p->theta + i * f->ndim;
    double *b = p->blob ? p->blob + i * f->nblob : NULL;
    p->lnprior[i] = fit_lnprior(f, x);
    p->lnlike[i] = -INFINITY;
    for (size_t k = 0; b && k < f->nblob; k++)
        b[k] = NAN;
    return p->lnprior[i] > -INFINITY ? evaluate(f, w, x, &p->lnlike[i], b) : GAL_OK;
}

static gal_status many(gal_fit *f, size_t m, const double *theta, double *lnprior, double *lnlike, double *blob)
{
    int threads = fit_threads(m);
    size_t *order = NULL;
    gal_status st = fit_workers(f, threads);
    if (st == GAL_OK)
        st = fit_by_redshift(f, m, theta, &order);
    points p = {theta, lnprior, lnlike, blob, order};
    if (st == GAL_OK)
        st = fit_batch(f, threads, m, one_point, &p);
    gal_free(order);
    return st;
}

static gal_status eval(const gal_target *t, size_t m, const double *theta, double *lnprior, double *lnlike,
                       double *blob)
{
    return many(t->self, m, theta, lnprior, lnlike, t->nblob > 0 ? blob : NULL);
}

gal_status gal_fit_derive(gal_fit *f, size_t m, const double *x, double *lnprior, double *lnlike, double *blob)
{
    return many(f, m, x, lnprior, lnlike, blob);
}

size_t gal_fit_nblob(const gal_fit *f)
{
    return f->nblob;
}

const char *const *gal_fit_blob_names(const gal_fit *f)
{
    return f->blob_names;
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
        worker_clear(f, &f->workers[i]);
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
    gal_free(f->wanted);
    gal_free(f->band);
    gal_free(f->y);
    gal_free(f->err);
    gal_free(f->kind);
    gal_free(f->lnwave);
    gal_free(f->column[0]);
    gal_prior_unref(f->amplitude);
    fit_sets_free(f);
    gal_plan_unref(f->plan);
    fit_plan_free(f);
    fit_tie_free(f);
    gal_free(f->blob_names);
    gal_free(f->band_names);
    gal_galaxy_unref(f->galaxy);
    gal_free(f);
}

/* Parameters at probability u[k] of each prior */
static gal_status at_quantiles(const gal_fit *f, const double *u, double *theta)
{
    memcpy(theta, f->theta, f->npar * sizeof *theta);
    for (size_t i = 0; i < f->ndim; i++)
        if (f->index[i] < f->npar)
            theta[f->index[i]] = gal_prior_value(f->prior[i], gal_prior_quantile(f->prior[i], u[i]));
    return fit_tie(f, theta);
}

/* A fixed value that the model refuses whatever the free ones are: 256 evenly spread points of the prior, the middle first (Weyl
 * sequence with the roots of x^(d+1) = x + 1, Roberts 2018). */
static gal_status refused(const gal_fit *f, double *theta)
{
    enum { TRIES = 256 };
    double u[64], root = 1.5;
    char first[400] = "";
    if (f->ndim > 64)
        return GAL_OK;
    for (int i = 0; i < 40; i++)
        root = pow(1 + root, 1 / (double)(f->ndim + 1));
    for (int n = 0; n < TRIES; n++) {
        double step = 1;
        for (size_t k = 0; k < f->ndim; k++) {
            step /= root;
            u[k] = fmod(0.5 + n * step, 1);
        }
        gal_status st = at_quantiles(f, u, theta);
        if (st != GAL_OK)
            return st;
        if (gal_galaxy_check(f->galaxy, theta) == GAL_OK)
            return GAL_OK;
        if (n == 0)
            snprintf(first, sizeof first, "%s", gal_error_message());
    }
    return gal_fail(GAL_EDOMAIN, "fit: the model refuses %d points spread over the priors; in their middle: %s", TRIES,
                    first);
}

/* Is every band that is used covered somewhere: in the middle of the prior, or at either end of it? u[ndim] is overwritten. */
static gal_status bands_covered(const gal_fit *f, worker *w, double *u)
{
    static const double try[] = {0.5, 0.01, 0.99};
    for (size_t k = 0; w->phot && k < f->nused; k++) {
        gal_status st = GAL_EDOMAIN;
        char first[400] = "";
        double at = 0;
        for (int i = 0; i < 3 && st == GAL_EDOMAIN; i++) {
            for (size_t d = 0; d < f->ndim; d++)
                u[d] = try[i];
            if ((st = at_quantiles(f, u, w->theta)) != GAL_OK ||
                (st = gal_phot_weights(w->phot, w->theta[GAL_P_REDSHIFT], gal_galaxy_phot_rule(f->galaxy))) != GAL_OK)
                return st;
            st = gal_galaxy_check_band(f->galaxy, w->phot, f->band[k], w->theta[GAL_P_REDSHIFT]);
            if (i == 0 && st != GAL_OK) {
                at = w->theta[GAL_P_REDSHIFT];
                snprintf(first, sizeof first, "%s", gal_error_message());
            }
        }
        if (st != GAL_OK)
            return gal_fail(st, "fit: at redshift %g %s: flag it 'ignored'", at, first);
    }
    return GAL_OK;
}

/* Whatever is wrong for every point shall be said before the run: look at the middle of the prior. */
static gal_status dry_run(gal_fit *f)
{
    gal_status st = GAL_OK;
    double *u = NULL;
    GAL_TRY(fit_workers(f, 1));
    worker *w = &f->workers[0];
    double factor;
    GAL_TRY(refused(f, w->theta));
    if (!(u = GAL_NEWN(double, f->ndim)))
        GAL_TRY(GAL_ENOMEM);
    for (size_t k = 0; k < f->ndim; k++)
        u[k] = 0.5;
    GAL_TRY(at_quantiles(f, u, w->theta));
    GAL_TRY(fit_sets_dry(f, w));
    GAL_TRY(gal_galaxy_flux_factor(f->galaxy, w->theta, &factor));
    GAL_TRY(bands_covered(f, w, u));
out:
    gal_free(u);
    return st;
}

gal_status gal_fit_create(gal_fit **out, const gal_fit_opts *o)
{
    gal_status st = GAL_OK;
    gal_fit *f = NULL;
    *out = NULL;
    if (o->nfree == 0)
        return gal_fail(GAL_EINVAL, "fit: no free parameter: name at least one in 'free'");
    if (!(f = GAL_NEW(gal_fit)))
        return GAL_ENOMEM;
    f->galaxy = gal_galaxy_ref(o->galaxy);
    f->obs = o->obs;
    f->ndim = o->nfree;
    f->npar = gal_galaxy_npar(o->galaxy);
    f->nband = o->obs->n;
    f->noise = o->noise;
    f->amplitude = o->amplitude ? gal_prior_ref(o->amplitude) : NULL;
    if (o->custom)
        f->custom = *o->custom;
    f->prior = GAL_NEWN(const gal_prior *, f->ndim);
    f->names = GAL_NEWN(char *, f->ndim);
    f->index = GAL_NEWN(size_t, f->ndim);
    f->theta = GAL_NEWN(double, f->npar);
    f->band = GAL_NEWN(size_t, f->nband + 1);
    f->y = GAL_NEWN(double, f->nband + 1);
    f->err = GAL_NEWN(double, f->nband + 1);
    f->kind = GAL_NEWN(unsigned char, f->nband + 1);
    f->lnwave = GAL_NEWN(double, f->nband + 1);
    f->column[0] = GAL_NEWN(double, GAL_NOISE_COLUMNS *(f->nband + 1));
    if (!f->prior || !f->names || !f->index || !f->theta || !f->band || !f->y || !f->err || !f->kind || !f->lnwave ||
        !f->column[0])
        GAL_TRY(GAL_ENOMEM);
    for (size_t c = 1; c < GAL_NOISE_COLUMNS; c++)
        f->column[c] = f->column[0] + c * (f->nband + 1);
    memcpy(f->theta, o->theta, f->npar * sizeof *f->theta);
    size_t noise, spectral;
    gal_noise_params(&noise);
    gal_spectral_params(&spectral);
    f->nown = noise + (1 + f->obs->nspectrum) * spectral;
    GAL_TRY(fit_take_free(f, o));
    GAL_TRY(fit_tie_take(f, o->tie));
    GAL_TRY(fit_take_bands(f, o));
    GAL_TRY(fit_check_noise(f));
    GAL_TRY(fit_sets_create(f, o));
    f->target = (gal_target){.ndim = f->ndim, .eval = eval, .prior_transform = transform, .self = f};
    GAL_TRY(fit_name_blobs(f));
    f->target.names = (const char *const *)f->names;
    f->target.nblob = o->derive_later ? 0 : f->nblob;
    f->target.blob_names = f->blob_names;
    GAL_TRY(dry_run(f));
    GAL_TRY(fit_unabsorbed(f));
    GAL_TRY(fit_gradient_take(f));
    GAL_TRY(fit_plan_take(f, o));
    fit_marginal_take(f);
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

const gal_galaxy *gal_fit_galaxy(const gal_fit *f)
{
    return f->galaxy;
}

size_t gal_fit_nused(const gal_fit *f)
{
    return f->nused;
}

const char *gal_fit_blob_unit(const gal_fit *f, size_t i)
{
    return i < f->nderived ? gal_galaxy_derived_info(f->galaxy, i)->unit : i < f->nderived + f->nband ? "mJy" : "";
}

const gal_prior *gal_fit_prior(const gal_fit *f, size_t i)
{
    return f->prior[i];
}

const char *gal_fit_unit(const gal_fit *f, size_t i)
{
    return fit_param(f, f->index[i])->unit;
}

const char *gal_fit_uncovered(gal_fit *f)
{
    uint64_t n = __atomic_load_n(&f->uncovered, __ATOMIC_RELAXED);
    size_t k = __atomic_load_n(&f->uncovered_band, __ATOMIC_RELAXED);
    if (n == 0)
        return NULL;
    snprintf(f->uncovered_text, sizeof f->uncovered_text,
             "band '%.80s' reached beyond the SSP table at %llu points: no model there, likelihood 0",
             f->obs->filter[f->band[k]]->name, (unsigned long long)n);
    return f->uncovered_text;
}
