/* The scale of all that shines, integrated exactly. Where every band is proportional to one free parameter a - the norm of a history, as a rule - and the errors
 * are Gaussian and the data's own, ln of the integral of L(a) over the prior of a follows from two sums over the bands (like_amplitude.c), and so
 * does a's posterior given the others. That the light is proportional is not taken from names: it is measured, at points of the prior,
 * with the scale at its 5 and 95 % quantiles. */
#include <math.h>
#include <string.h>

#include "fit/fit_int.h"
#include "fit/like_int.h"

enum { POINTS = 3, TRIES = 40 };
#define EXACT                                                                                                          \
    1e-8 /* of a flux: sums over thousands of wavelengths, and dust whose temperature follows from a balance */

/* The bands at probabilities u of the priors; GAL_EDOMAIN where there is no model */
static gal_status bands(gal_fit *f, const double *u, double *flux)
{
    worker *w = &f->workers[0];
    double x[64];
    for (size_t k = 0; k < f->ndim; k++)
        x[k] = gal_prior_quantile(f->prior[k], u[k]);
    fit_theta(f, x, w->theta);
    if (gal_galaxy_check(f->galaxy, w->theta) != GAL_OK)
        return GAL_EDOMAIN;
    gal_status st = fit_model_fluxes(f, w, false);
    if (st == GAL_OK)
        memcpy(flux, w->used, f->nused * sizeof *flux);
    return st;
}

static double value_at(const gal_fit *f, size_t k, double u)
{
    return gal_prior_value(f->prior[k], gal_prior_quantile(f->prior[k], u));
}

/* Is the light proportional to parameter k at this point? */
static gal_status proportional(gal_fit *f, size_t k, const double *at, double *flux, bool *is)
{
    double u[64], want = value_at(f, k, 0.95) / value_at(f, k, 0.05), *a = flux, *b = flux + f->nused;
    gal_status st = GAL_OK;
    *is = false;
    memcpy(u, at, f->ndim * sizeof *u);
    u[k] = 0.05;
    GAL_TRY(bands(f, u, a));
    u[k] = 0.95;
    GAL_TRY(bands(f, u, b));
    *is = want > 1 + 1e-6;
    for (size_t i = 0; i < f->nused; i++)
        *is &= fabs(b[i] - want * a[i]) <= EXACT * fabs(want * a[i]);
out:
    return st;
}

static gal_status find(gal_fit *f)
{
    gal_status st = GAL_OK;
    double u[64], *flux = GAL_NEWN(double, 2 * f->nused + 1), lo, hi;
    bool may[64], is;
    int points = 0;
    if (!flux)
        return GAL_ENOMEM;
    GAL_TRY(fit_workers(f, 1));
    for (size_t k = 0; k < f->ndim; k++) {
        gal_prior_value_bounds(f->prior[k], &lo, &hi);
        may[k] = f->index[k] < f->npar && lo >= 0;
    }
    for (uint64_t t = 0; t < TRIES && points < POINTS; t++) {
        gal_rng r;
        gal_rng_init(&r, 1, RNG_FIT_MARGINAL, t, 0, 0);
        for (size_t k = 0; k < f->ndim; k++)
            u[k] = 0.02 + 0.96 * gal_rng_uniform(&r);
        st = bands(f, u, flux);
        for (size_t k = 0; st == GAL_OK && k < f->ndim; k++) {
            if (!may[k])
                continue;
            st = proportional(f, k, u, flux, &is);
            may[k] = is; /* a scale forbids nothing */
            st = st == GAL_EDOMAIN ? GAL_OK : st;
        }
        points += st == GAL_OK;
        if (st == GAL_EDOMAIN)
            gal_error_clear();
        else
            GAL_TRY(st);
    }
    st = GAL_OK;
    for (size_t k = 0; points == POINTS && k < f->ndim; k++)
        if (may[k] && f->marginal == f->ndim)
            f->marginal = k;
out:
    gal_free(flux);
    return st;
}

static gal_status marginal(const gal_target *t, size_t *which)
{
    gal_fit *f = t->self;
    gal_status st = f->marginal_known ? GAL_OK : find(f);
    f->marginal_known = st == GAL_OK;
    *which = f->marginal;
    return st;
}

typedef struct points {
    size_t which;
    const double *theta, *u;
    double *lnprior, *lnlike, *drawn, *density, *joint;
    const size_t *order;
} points;

static gal_status one_point(gal_fit *f, worker *w, size_t i, void *ctx)
{
    const points *p = ctx;
    double x[64], alpha, lo, hi;
    i = p->order ? p->order[i] : i;
    const gal_prior *prior = f->prior[p->which];
    memcpy(x, p->theta + i * f->ndim, f->ndim * sizeof *x);
    x[p->which] = gal_prior_quantile(prior, 0.5); /* inside the box of a plan */
    double scale = gal_prior_value(prior, x[p->which]);
    p->lnprior[i] = fit_lnprior(f, x) - gal_prior_logpdf(prior, x[p->which]);
    p->lnlike[i] = p->joint[i] = -INFINITY;
    p->density[i] = 0;
    p->drawn[i] = x[p->which];
    if (!(p->lnprior[i] > -INFINITY))
        return GAL_OK;
    const gal_noise noise = fit_noise(f, x);
    fit_theta(f, x, w->theta);
    if (gal_galaxy_check(f->galaxy, w->theta) != GAL_OK)
        return GAL_OK;
    gal_status st = fit_model_fluxes(f, w, false);
    if (st != GAL_OK)
        return st == GAL_EDOMAIN ? GAL_OK : st;
    for (size_t k = 0; k < f->nused; k++)
        w->used[k] /= scale;
    p->lnlike[i] = gal_like_amplitude(&f->like, w->used, &noise, prior, p->u[i], &alpha);
    if (!(p->lnlike[i] > -INFINITY))
        return GAL_OK;
    gal_prior_bounds(prior, &lo, &hi);
    p->drawn[i] = fmin(fmax(gal_prior_x(prior, alpha), lo), hi); /* to the last bit */
    p->density[i] = gal_prior_logpdf(prior, p->drawn[i]);
    for (size_t k = 0; k < f->nused; k++)
        w->used[k] *= alpha;
    p->joint[i] = gal_like_eval(&f->like, w->used, &noise, w->like);
    return GAL_OK;
}

static gal_status eval_marginal(const gal_target *t, size_t which, size_t m, const double *theta, const double *u,
                                double *lnprior, double *lnlike, double *drawn, double *density, double *joint)
{
    gal_fit *f = t->self;
    int threads = fit_threads(m);
    gal_status st = fit_workers(f, threads);
    size_t *order = NULL;
    if (st == GAL_OK)
        st = fit_by_redshift(f, m, theta, &order);
    points p = {which, theta, u, lnprior, lnlike, drawn, density, joint, order};
    if (st == GAL_OK)
        st = fit_batch(f, threads, m, one_point, &p);
    gal_free(order);
    return st;
}

void fit_marginal_take(gal_fit *f)
{
    char why[64];
    f->marginal = f->ndim;
    if (f->ndim < 2 || f->ndim > 64 || f->nused == 0 || f->custom.lnlike || f->amplitude || f->light || f->nset > 1 ||
        f->tie.apply || fit_not_gaussian(f, why, sizeof why))
        return;
    f->target.marginal = marginal;
    f->target.eval_marginal = eval_marginal;
}
