/* Gradients of a fit: from ln L backward through the bands and the model to the free parameters, ties and sampled coordinates included.
 *
 * d ln L/d flux is exact (like_slopes.c), or differences of the caller's likelihood alone; the model's transposed derivatives are those of
 * galua/tangent.h, on the nodes of the plan where there is one; ties are differenced, as functions of a few numbers. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fit/fit_int.h"

/* ------------------------------------------------------------------ what one thread needs */
typedef struct parts {
    double *gtheta, *beside; /* [npar] */
    gal_data_slopes of;      /* of the sets of data */
    double *from, *to;       /* all of those */
} parts;

static size_t slopes_size(const gal_fit *f)
{
    return f->npar + f->nband + f->nused + f->nown +
           (f->light ? 2 * gal_galaxy_nwave(f->galaxy) + gal_galaxy_nlines(f->galaxy) : 0);
}

static parts parts_of(const gal_fit *f, const worker *w)
{
    parts p = {.gtheta = w->slopes};
    size_t n = gal_galaxy_nwave(f->galaxy);
    p.beside = p.gtheta + f->npar;
    p.from = p.of.flux = p.beside + f->npar;
    p.of.used = p.of.flux + f->nband;
    p.of.own = p.of.used + f->nused;
    p.of.theta = p.of.own + f->nown;
    p.of.room = p.of.theta + f->npar;
    if (f->light) {
        p.of.lum = p.of.room;
        p.of.trans = p.of.lum + n;
        p.of.seen = p.of.trans + n;
        p.of.room = p.of.seen + gal_galaxy_nlines(f->galaxy);
    }
    p.to = p.of.room;
    return p;
}

static gal_status prepare(gal_fit *f, int threads)
{
    gal_status st = fit_workers(f, threads);
    for (int i = 0; st == GAL_OK && i < threads; i++) {
        worker *w = &f->workers[i];
        if (w->slopes)
            continue;
        if (!(w->slopes = GAL_NEWN(double, 2 * f->npar + slopes_size(f) + fit_sets_room(f) + 1)))
            return GAL_ENOMEM;
        if ((st = gal_tangent_create(&w->tangent, f->galaxy)) == GAL_OK)
            gal_tangent_want(w->tangent, f->wanted);
    }
    return st;
}

void fit_gradient_clear(worker *w)
{
    gal_tangent_free(w->tangent);
    gal_free(w->slopes);
}

/* ------------------------------------------------------------------ to the free parameters */
/* What tied parameters do for free parameter k of the galaxy, by its value */
static gal_status through_tie(const gal_fit *f, const worker *w, const parts *p, size_t k, double *sum)
{
    size_t at = f->index[k];
    double v = w->theta[at], h = 1e-5 * (v != 0 ? fabs(v) : 1), up;
    *sum = 0;
    memcpy(p->beside, w->theta, f->npar * sizeof *p->beside);
    p->beside[at] = v + h;
    gal_status st = fit_tie(f, p->beside);
    for (size_t i = 0; st == GAL_OK && i < f->tie.n; i++)
        *sum += p->gtheta[f->tie_index[i]] * p->beside[f->tie_index[i]];
    up = *sum;
    *sum = 0;
    memcpy(p->beside, w->theta, f->npar * sizeof *p->beside);
    p->beside[at] = v - h;
    if (st == GAL_OK)
        st = fit_tie(f, p->beside);
    for (size_t i = 0; st == GAL_OK && i < f->tie.n; i++)
        *sum += p->gtheta[f->tie_index[i]] * p->beside[f->tie_index[i]];
    *sum = (up - *sum) / (2 * h);
    return st;
}

/* The gradient of ln L in sampled coordinates */
static gal_status to_coordinates(const gal_fit *f, const worker *w, const parts *p, const double *x, double *grad)
{
    for (size_t k = 0; k < f->ndim; k++) {
        size_t at = f->index[k];
        double slope = at < f->npar ? p->gtheta[at] : p->of.own[at - f->npar], tied;
        if (at < f->npar && f->tie.apply) {
            gal_status st = through_tie(f, w, p, k, &tied);
            if (st != GAL_OK)
                return st;
            slope += tied;
        }
        grad[k] = slope * gal_prior_value_slope(f->prior[k], x[k]);
    }
    return GAL_OK;
}

static gal_status slopes_at(const gal_fit *f, worker *w, const double *x, double *lnlike, double *grad)
{
    parts p = parts_of(f, w);
    fit_theta(f, x, w->theta);
    *lnlike = -INFINITY;
    gal_status st = fit_tie(f, w->theta);
    if (st != GAL_OK || gal_galaxy_check(f->galaxy, w->theta) != GAL_OK)
        return st;
    if ((st = fit_model_fluxes(f, w, false)) != GAL_OK)
        return st == GAL_EDOMAIN ? GAL_OK : st;
    const gal_data_at point = fit_at(f, w, x);
    memset(p.from, 0, (size_t)(p.to - p.from) * sizeof *p.from);
    st = fit_sets_slopes(f, &point, lnlike, &p.of);
    if (st == GAL_OK && !isfinite(*lnlike))
        return GAL_OK;
    bool planned = f->plan && gal_plan_covers(f->plan, w->theta);
    const gal_light_slopes light = {.lum = p.of.lum, .trans = p.of.trans, .seen = p.of.seen};
    if (st == GAL_OK)
        st = planned ? fit_plan_gradient(f, w, p.of.used, p.gtheta)
                     : gal_tangent_gradient_light(w->tangent, w->ws, w->phot, w->theta, p.of.flux,
                                                  f->light ? &light : NULL, p.gtheta);
    for (size_t i = 0; st == GAL_OK && i < f->npar; i++)
        p.gtheta[i] += p.of.theta[i];
    if (st == GAL_EDOMAIN || st == GAL_EMATH) { /* a step beside the point is out of range */
        *lnlike = -INFINITY;
        return GAL_OK;
    }
    return st == GAL_OK ? to_coordinates(f, w, &p, x, grad) : st;
}

typedef struct points {
    const double *theta;
    double *lnp, *grad;
} points;

static gal_status one_point(gal_fit *f, worker *w, size_t i, void *ctx)
{
    const points *p = ctx;
    const double *x = p->theta + i * f->ndim;
    double *g = p->grad + i * f->ndim, lnlike = -INFINITY;
    p->lnp[i] = fit_lnprior(f, x);
    memset(g, 0, f->ndim * sizeof *g);
    if (!(p->lnp[i] > -INFINITY))
        return GAL_OK;
    gal_status st = slopes_at(f, w, x, &lnlike, g);
    p->lnp[i] += lnlike;
    for (size_t k = 0; k < f->ndim; k++)
        g[k] = p->lnp[i] > -INFINITY ? g[k] + gal_prior_slope(f->prior[k], x[k]) : 0;
    return st;
}

static gal_status gradient(const gal_target *t, size_t m, const double *theta, double *lnp, double *grad)
{
    gal_fit *f = t->self;
    int threads = fit_threads(m);
    gal_status st = prepare(f, threads);
    points p = {theta, lnp, grad};
    return st == GAL_OK ? fit_batch(f, threads, m, one_point, &p) : st;
}

static gal_status density(const gal_target *t, size_t m, const double *theta, double *lnp, double *slope)
{
    const gal_fit *f = t->self;
    for (size_t i = 0; i < m * f->ndim; i++) {
        const gal_prior *p = f->prior[i % f->ndim];
        lnp[i] = gal_prior_logpdf(p, theta[i]);
        slope[i] = gal_prior_slope(p, theta[i]);
    }
    return GAL_OK;
}

static void differs(gal_fit_slopes *s, const char *what)
{
    if (s->n < GAL_FIT_SLOPES_MAX)
        snprintf(s->what[s->n++], sizeof s->what[0], "%s", what);
}

gal_status gal_fit_slopes_of(gal_fit *f, gal_fit_slopes *out)
{
    gal_status st = GAL_OK;
    gal_tangent *t = NULL;
    bool outliers = f->noise.f_out > 0;
    *out = (gal_fit_slopes){.exact = f->target.gradient != NULL};
    if (!out->exact) {
        differs(out, !gal_tangent_can(f->galaxy) ? "everything: the galaxy is in a parity mode"
                     : gal_galaxy_backward(f->galaxy)
                         ? "everything: indices, lines and correlated noise of pixels have no derivatives"
                         : "everything: a component of the galaxy has derivatives along directions only");
        return GAL_OK;
    }
    GAL_TRY(gal_tangent_create(&t, f->galaxy));
    for (size_t i = 0; i < gal_tangent_differences(t); i++)
        differs(out, gal_tangent_difference(t, i));
    if (f->wanted[GAL_P_REDSHIFT] && f->light)
        differs(out, "pixels over the redshift");
    for (size_t k = 0; k < f->ndim; k++)
        if (f->index[k] >= fit_spectral_base(f) && fit_spectral_moves(f->index[k] - fit_spectral_base(f)))
            differs(out, f->names[k]);
    if (f->tie.apply)
        differs(out, "ties");
    for (size_t k = 0; k < f->ndim; k++)
        outliers |= strcmp(f->names[k], "noise.f_out") == 0;
    if (f->custom.lnlike)
        differs(out, "the likelihood, by the fluxes");
    else if (!gal_like_exact(&f->like, outliers))
        differs(out, "correlated noise with outliers or limits, by the fluxes");
out:
    gal_tangent_free(t);
    return st;
}

static gal_status information(const gal_target *t, size_t m, const double *x, double *out);

/* Gaussian data of bands alone, whatever is free */
static bool informs(const gal_fit *f)
{
    bool all = f->nused > 0 && !f->custom.lnlike && !f->amplitude && !f->light && f->nset == 1 && !(f->noise.f_out > 0);
    for (size_t k = 0; k < f->ndim; k++)
        all = all && strcmp(f->names[k], "noise.f_out") != 0;
    for (size_t k = 0; k < f->nused; k++)
        all = all && !(f->kind[k] == GAL_DATUM_LIMIT && f->like.limits != GAL_LIMITS_MEASURED);
    return all;
}

gal_status fit_gradient_take(gal_fit *f)
{
    if (!(f->wanted = GAL_NEWN(bool, f->npar)))
        return GAL_ENOMEM;
    for (size_t k = 0; k < f->ndim; k++)
        if (f->index[k] < f->npar)
            f->wanted[f->index[k]] = true;
    for (size_t i = 0; i < f->tie.n; i++)
        f->wanted[f->tie_index[i]] = true;
    f->target.prior_density = density;
    if (gal_tangent_can(f->galaxy) && fit_sets_exact(f) && (!f->light || gal_galaxy_backward(f->galaxy)))
        f->target.gradient = gradient;
    if (f->target.gradient && informs(f))
        f->target.information = information;
    return GAL_OK;
}

/* ------------------------------------------------------------------ Fisher information */
/* The direction in theta of sampled coordinate k */
static gal_status direction(const gal_fit *f, const worker *w, const parts *p, size_t k, double slope, double *along)
{
    size_t at = f->index[k];
    memset(along, 0, f->npar * sizeof *along);
    if (at >= f->npar)
        return GAL_OK;
    along[at] = slope;
    double v = w->theta[at], h = 1e-5 * (v != 0 ? fabs(v) : 1);
    gal_status st = GAL_OK;
    for (int side = 0; f->tie.apply && st == GAL_OK && side < 2; side++) {
        memcpy(p->beside, w->theta, f->npar * sizeof *p->beside);
        p->beside[at] = v + (side ? -h : h);
        st = fit_tie(f, p->beside);
        for (size_t i = 0; st == GAL_OK && i < f->tie.n; i++)
            along[f->tie_index[i]] += (side ? -slope : slope) * p->beside[f->tie_index[i]] / (2 * h);
    }
    return st;
}

gal_status gal_fit_fisher(gal_fit *f, const double *x, double *F)
{
    gal_status st = GAL_OK;
    size_t d = f->ndim, n = f->nused;
    double *J = NULL;
    if (!f->target.gradient || f->custom.lnlike || f->amplitude || f->light || f->nset != 1)
        return gal_fail(GAL_EUNSUP, "fisher: of bands with Gaussian errors only, of galaxies with derivatives");
    GAL_TRY(prepare(f, 1));
    worker *w = &f->workers[0];
    parts p = parts_of(f, w);
    if (!(J = GAL_NEWN(double, n *d + GAL_NOISE_NPAR * d + f->npar + f->nband + 1)))
        GAL_TRY(GAL_ENOMEM);
    double *Z = J + n * d, *along = Z + GAL_NOISE_NPAR * d, *change = along + f->npar;
    const gal_noise noise = fit_noise(f, x);
    fit_theta(f, x, w->theta);
    GAL_TRY(fit_tie(f, w->theta));
    GAL_TRY(gal_galaxy_check(f->galaxy, w->theta));
    GAL_TRY(gal_galaxy_photometry(f->galaxy, w->ws, w->phot, w->theta, w->flux));
    for (size_t b = 0; b < n; b++)
        w->used[b] = w->flux[f->band[b]];
    for (size_t k = 0; k < d; k++) {
        double slope = gal_prior_value_slope(f->prior[k], x[k]);
        GAL_TRY(direction(f, w, &p, k, slope, along));
        if (f->index[k] < f->npar)
            GAL_TRY(gal_tangent_photometry(w->tangent, w->ws, w->phot, w->theta, along, change));
        else
            Z[(f->index[k] - f->npar) * d + k] = slope;
        for (size_t b = 0; f->index[k] < f->npar && b < n; b++)
            J[b * d + k] = change[f->band[b]];
    }
    GAL_TRY(gal_like_fisher(&f->like, w->used, &noise, d, J, Z, F));
out:
    gal_free(J);
    return st;
}

/* ---- the same by differences, on the nodes of the plan where there is one: a metric for optimisers */
enum { AROUND = 10000 }; /* steps in the width of a prior: stars are summed in single precision in part */

/* Changes of the bands with sampled coordinate k at x, which is put back; base: the bands at x. A side without a model: the other; none: 0. */
static gal_status column(const gal_fit *f, worker *w, double *x, size_t k, const double *base, double *J)
{
    size_t d = f->ndim, n = f->nused;
    double at = x[k], width = gal_prior_quantile(f->prior[k], 0.84) - gal_prior_quantile(f->prior[k], 0.16);
    double h = width > 0 ? width / AROUND : 1. / AROUND;
    gal_status st = GAL_EDOMAIN;
    for (int side = 0; side < 2 && st == GAL_EDOMAIN; side++) {
        x[k] = at + (side ? -h : h);
        if (!(gal_prior_logpdf(f->prior[k], x[k]) > -INFINITY)) /* where the plan ends */
            continue;
        fit_theta(f, x, w->theta);
        if ((st = fit_tie(f, w->theta)) == GAL_OK &&
            (st = gal_galaxy_check(f->galaxy, w->theta) == GAL_OK ? GAL_OK : GAL_EDOMAIN) == GAL_OK)
            st = fit_model_fluxes(f, w, false);
        for (size_t b = 0; st == GAL_OK && b < n; b++)
            J[b * d + k] = (w->used[b] - base[b]) / (x[k] - at);
    }
    x[k] = at;
    return st == GAL_EDOMAIN ? GAL_OK : st;
}

typedef struct informed {
    const double *x;
    double *out;
} informed;

static gal_status information_at(gal_fit *f, worker *w, size_t i, void *ctx)
{
    const informed *p = ctx;
    gal_status st = GAL_OK;
    size_t d = f->ndim, n = f->nused;
    double *F = p->out + i * d * d, *J = GAL_NEWN(double, n *d + GAL_NOISE_NPAR * d + d + n);
    if (!J)
        return GAL_ENOMEM;
    double *Z = J + n * d, *x = Z + GAL_NOISE_NPAR * d, *base = x + d;
    memset(F, 0, d * d * sizeof *F);
    memcpy(x, p->x + i * d, d * sizeof *x);
    const gal_noise noise = fit_noise(f, x);
    fit_theta(f, x, w->theta);
    if (fit_tie(f, w->theta) != GAL_OK || gal_galaxy_check(f->galaxy, w->theta) != GAL_OK)
        goto out;
    if ((st = fit_model_fluxes(f, w, false)) != GAL_OK) {
        st = st == GAL_EDOMAIN ? GAL_OK : st;
        goto out;
    }
    memcpy(base, w->used, n * sizeof *base);
    for (size_t k = 0; k < d; k++)
        if (f->index[k] < f->npar)
            GAL_TRY(column(f, w, x, k, base, J));
        else
            Z[(f->index[k] - f->npar) * d + k] = gal_prior_value_slope(f->prior[k], x[k]);
    GAL_TRY(gal_like_fisher(&f->like, base, &noise, d, J, Z, F));
out:
    gal_free(J);
    return st;
}

static gal_status information(const gal_target *t, size_t m, const double *x, double *out)
{
    gal_fit *f = t->self;
    int threads = fit_threads(m);
    gal_status st = fit_workers(f, threads);
    informed p = {x, out};
    return st == GAL_OK ? fit_batch(f, threads, m, information_at, &p) : st;
}
