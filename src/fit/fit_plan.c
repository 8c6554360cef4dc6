/* A plan for the bands of a fit (galua/plan.h): its box is that of the priors. The whole grid is evaluated wherever derived quantities are
 * wanted, that is for every sample that is kept: each of those compares the plan's fluxes with the exact ones. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fit/fit_int.h"

/* Where a prior has its mass, in the parameter's own unit and range; ends at infinity become quantiles of 1e-9. */
static void prior_range(const gal_prior *p, const gal_param *par, double *lo, double *hi)
{
    gal_prior_value_bounds(p, lo, hi);
    if (!isfinite(*lo))
        *lo = gal_prior_value(p, gal_prior_quantile(p, 1e-9));
    if (!isfinite(*hi))
        *hi = gal_prior_value(p, gal_prior_quantile(p, 1 - 1e-9));
    *lo = fmin(fmax(*lo, par->lo), par->hi);
    *hi = fmin(fmax(*hi, par->lo), par->hi);
}

gal_status fit_plan_take(gal_fit *f, const gal_fit_opts *o)
{
    if (!(o->plan >= 0 && o->plan <= 0.1))
        return gal_fail(GAL_EDOMAIN, "fit: plan: tolerance = %g must be in 0 .. 0.1 (0: the whole grid)", o->plan);
    f->plan_tolerance = o->plan;
    f->plan_pending = f->target.blob_apart = o->plan > 0;
    if (o->plan_cache && !(f->plan_cache = gal_strdup(o->plan_cache)))
        return GAL_ENOMEM;
    if (!(f->plan_band = GAL_NEWN(size_t, f->nused + 1)))
        return GAL_ENOMEM;
    if (!o->family)
        return GAL_OK;
    if (!(f->family = GAL_NEWN(gal_filter *, o->family->n + 1)))
        return GAL_ENOMEM;
    for (; f->nfamily < o->family->n; f->nfamily++)
        f->family[f->nfamily] = gal_filter_ref(o->family->filter[f->nfamily]);
    f->family_z[0] = o->family->z_lo;
    f->family_z[1] = o->family->z_hi;
    return GAL_OK;
}

void fit_plan_free(gal_fit *f)
{
    for (size_t k = 0; k < f->nfamily; k++)
        gal_filter_unref(f->family[k]);
    gal_free(f->family);
    gal_free(f->plan_band);
    gal_free(f->plan_cache);
}

static bool same_band(const gal_filter *a, const gal_filter *b)
{
    return a == b || (a->n == b->n && memcmp(a->wave, b->wave, a->n * sizeof *a->wave) == 0 &&
                      memcmp(a->trans, b->trans, a->n * sizeof *a->trans) == 0);
}

/* Is the fit one of its family? Then plan_band says where its bands are. */
static bool of_family(gal_fit *f, double z, bool span)
{
    bool in =
        f->nfamily > 0 && (span || f->family_z[0] == f->family_z[1] || (z >= f->family_z[0] && z <= f->family_z[1]));
    for (size_t k = 0; in && k < f->nused; k++) {
        size_t b = 0;
        while (b < f->nfamily && !same_band(f->obs->filter[f->band[k]], f->family[b]))
            b++;
        f->plan_band[k] = b;
        in = b < f->nfamily;
    }
    return in;
}

/* The plan, or why there is none: GAL_EUNSUP, GAL_EMATH, GAL_EDOMAIN. */
static gal_status make_with(gal_fit *f, gal_plan_opts *o, bool span)
{
    /* made to a quarter of what is promised: the largest error over 1e5 samples is up to four times that over the check points; to a tenth where
     * these are spread over redshifts */
    o->tolerance = f->plan_tolerance / (span ? 10 : 4);
    gal_status st = gal_plan_create(&f->plan, f->galaxy, o);
    f->nplan = o->nfilter;
    return st;
}

static gal_status make(gal_fit *f)
{
    gal_status st = GAL_OK;
    double *lo = GAL_NEWN(double, 2 * f->npar), *hi = lo ? lo + f->npar : NULL;
    gal_filter **filter = GAL_NEWN(gal_filter *, f->nused + 1);
    if (!lo || !filter)
        GAL_TRY(GAL_ENOMEM);
    memcpy(lo, f->theta, f->npar * sizeof *lo);
    memcpy(hi, f->theta, f->npar * sizeof *hi);
    for (size_t i = 0; i < f->ndim; i++)
        if (f->index[i] < f->npar)
            prior_range(f->prior[i], gal_galaxy_par(f->galaxy, f->index[i]), &lo[f->index[i]], &hi[f->index[i]]);
    GAL_TRY(fit_tie_range(f, lo, hi));
    double z = lo[GAL_P_REDSHIFT];
    bool span = z < hi[GAL_P_REDSHIFT], all = span;
    gal_plan_opts o = {.lo = lo, .hi = hi, .cache = f->plan_cache};
    if (of_family(f, z, span)) {
        o.filter = f->family;
        o.nfilter = f->nfamily;
        if (!span && f->family_z[0] < f->family_z[1]) {
            lo[GAL_P_REDSHIFT] = f->family_z[0];
            hi[GAL_P_REDSHIFT] = f->family_z[1];
            all = true;
        }
        st = make_with(f, &o, all);
        if (st == GAL_OK || st == GAL_ENOMEM || st == GAL_EINTR)
            goto out;
        lo[GAL_P_REDSHIFT] = span ? lo[GAL_P_REDSHIFT] : z;
        hi[GAL_P_REDSHIFT] = span ? hi[GAL_P_REDSHIFT] : z;
    }
    for (size_t k = 0; k < f->nused; k++) {
        filter[k] = f->obs->filter[f->band[k]];
        f->plan_band[k] = k;
    }
    o.filter = filter;
    o.nfilter = f->nused;
    st = make_with(f, &o, span);
    if (st == GAL_EUNSUP || st == GAL_EMATH || st == GAL_EDOMAIN) { /* then it is the whole grid, and why is said */
        snprintf(f->plan_why, sizeof f->plan_why, "%s", gal_error_message());
        st = GAL_OK;
    }
out:
    gal_free(lo);
    gal_free(filter);
    return st;
}

gal_status fit_plan_worker(const gal_fit *f, worker *w)
{
    if (!f->plan)
        return GAL_OK;
    if (!(w->planned = GAL_NEWN(double, f->nplan + 1)))
        return GAL_ENOMEM;
    return gal_plan_ws_create(&w->plan, f->plan);
}

gal_status fit_plan_fluxes(const gal_fit *f, const worker *w)
{
    gal_status st = gal_plan_photometry(f->plan, w->plan, w->theta, w->planned);
    for (size_t k = 0; k < f->nused; k++)
        w->used[k] = w->planned[f->plan_band[k]];
    return st;
}

gal_status fit_plan_gradient(const gal_fit *f, const worker *w, const double *gused, double *gtheta)
{
    memset(w->planned, 0, f->nplan * sizeof *w->planned);
    for (size_t k = 0; k < f->nused; k++)
        w->planned[f->plan_band[k]] += gused[k];
    return gal_plan_gradient(f->plan, w->plan, w->theta, f->wanted, w->planned, gtheta);
}

gal_status gal_fit_compile(gal_fit *f)
{
    gal_status st = GAL_OK;
    if (!f->plan_pending)
        return GAL_OK;
    if (f->nused == 0 || f->light || (f->custom.lnlike && f->nused < f->nband))
        snprintf(f->plan_why, sizeof f->plan_why, "%s",
                 f->custom.lnlike ? "the likelihood sees ignored bands too" : "the data are not bands alone");
    else
        st = make(f);
    for (int i = 0; i < f->nworker && st == GAL_OK && f->plan; i++)
        st = fit_plan_worker(f, &f->workers[i]);
    if (st != GAL_OK) { /* nothing of it is left */
        for (int i = 0; i < f->nworker; i++) {
            gal_plan_ws_free(f->workers[i].plan);
            gal_free(f->workers[i].planned);
            f->workers[i].plan = NULL;
            f->workers[i].planned = NULL;
        }
        gal_plan_unref(f->plan);
        f->plan = NULL;
        return st;
    }
    f->plan_pending = false;
    f->target.blob_apart = f->plan != NULL;
    return GAL_OK;
}

/* Of the standard error of a datum, or of its distance from the model where that is more: a larger error would move what is inferred, however small a share
 * of the light without dust it is (a band that dust hides) */
#define FELT 0.01

/* w->flux is exact, w->used the plan's. */
gal_status fit_plan_compare(const gal_fit *f, worker *w)
{
    gal_fit *out = (gal_fit *)(uintptr_t)f; /* the counts are atomic */
    double factor, worst = 0;
    gal_status st = gal_galaxy_flux_factor(f->galaxy, w->theta, &factor);
    if (st != GAL_OK)
        return st;
    gal_phot_apply(w->phot, gal_galaxy_lum(w->ws, GAL_COMP_STELLAR), factor, w->bare);
    for (size_t k = 0; k < f->nused; k++) {
        size_t b = f->band[k];
        double scale = fmax(w->flux[b], 1e-3 * w->bare[b]), e = fabs(w->used[k] - w->flux[b]);
        if (f->err[k] > 0 && !f->custom.lnlike)
            scale = fmin(scale, FELT / f->plan_tolerance * fmax(f->err[k], fabs(w->flux[b] - f->y[k])));
        if (e > 0 && scale > 0)
            worst = fmax(worst, e / scale);
    }
    __atomic_fetch_add(&out->plan_checks, 1, __ATOMIC_RELAXED);
    double seen = 0;
    __atomic_load(&out->plan_worst, &seen, __ATOMIC_RELAXED);
    while (worst > seen &&
           !__atomic_compare_exchange(&out->plan_worst, &seen, &worst, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
    return worst <= f->plan_tolerance
               ? GAL_OK
               : gal_fail(GAL_EMATH, "fit: plan: error %.2g at a sample, %.2g was promised: use the whole grid", worst,
                          f->plan_tolerance);
}

gal_fit_plan_info gal_fit_plan(const gal_fit *f)
{
    gal_fit_plan_info i = {.tolerance = f->plan_tolerance,
                           .pending = f->plan_pending,
                           .used = f->plan != NULL,
                           .checks = f->plan_checks,
                           .worst = f->plan_worst,
                           .failed = f->plan && f->plan_worst > f->plan_tolerance,
                           .why = f->plan_why};
    if (f->plan)
        i.made = gal_plan_describe(f->plan);
    return i;
}
