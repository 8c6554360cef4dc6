/* What the data say about each free parameter and each derived quantity, found by trying: points spread over the priors (Weyl sequence,
 * Roberts 2018), each parameter moved by a third of its prior, and a little.
 *
 * A parameter is tied to the data when the larger move changes a used band by more than a hundredth of its error (the spectrum, where
 * pixels, indices or lines are fitted, by more than 1e-4 somewhere) at any point. A derived quantity is a result when parameters that
 * are tied to the data change it more than those do which are not: free ones, and fixed ones that no light depends on at all (the dust
 * mass of a galaxy whose attenuation does not know it). Two parameters enter only as the product a b^r when their logarithmic derivatives of the whole
 * spectrum are parallel with the same ratio r at every point: then no data at all tell them apart. */
#include "fit/fit_int.h"

#include <math.h>
#include <string.h>

enum { POINTS = 6, TRIES = 192, MAXDIM = 64 };

typedef struct trial {
    gal_galaxy_ws *ws;
    gal_phot *phot;
    size_t n, nd;
    double *theta, *x;
    double *flux, *base_flux; /* [nband] */
    double *spec, *base;      /* [n] flux density up to a constant */
    double *derived, *base_derived;
    double *slope;  /* [ndim][n] d ln S/d ln p at the point */
    double *change; /* [npar + ndim][nd] largest |d ln quantity| of the moves of each fixed and each free parameter */
    bool *shines;   /* [npar] some light depends on the fixed parameter */
    double ratio[MAXDIM * MAXDIM];
    int seen[MAXDIM * MAXDIM]; /* points at which the pair was parallel; -1: it was not */
} trial;

static void trial_clear(trial *t)
{
    gal_galaxy_ws_free(t->ws);
    gal_phot_free(t->phot);
    gal_free(t->theta);
    gal_free(t->shines);
    gal_free(t);
}

static gal_status trial_create(trial **out, const gal_fit *f)
{
    gal_status st = GAL_OK;
    trial *t = GAL_NEW(trial);
    *out = t;
    if (!t)
        return GAL_ENOMEM;
    t->n = gal_galaxy_nwave(f->galaxy);
    t->nd = gal_galaxy_nderived(f->galaxy);
    GAL_TRY(gal_galaxy_ws_create(&t->ws, f->galaxy));
    if (f->nband > 0)
        GAL_TRY(gal_galaxy_phot_create(&t->phot, f->galaxy, f->obs->filter, f->nband));
    size_t one = f->npar + f->ndim + 2 * (f->nband + t->n + t->nd) + f->ndim * t->n + (f->npar + f->ndim) * t->nd;
    if (!(t->theta = GAL_NEWN(double, one)) || !(t->shines = GAL_NEWN(bool, f->npar)))
        GAL_TRY(GAL_ENOMEM);
    t->x = t->theta + f->npar;
    t->flux = t->x + f->ndim;
    t->base_flux = t->flux + f->nband;
    t->spec = t->base_flux + f->nband;
    t->base = t->spec + t->n;
    t->derived = t->base + t->n;
    t->base_derived = t->derived + t->nd;
    t->slope = t->base_derived + t->nd;
    t->change = t->slope + f->ndim * t->n;
out:
    return st;
}

/* Spectrum, bands and quantities at theta. */
static gal_status see_theta(const gal_fit *f, trial *t, double *flux, double *spec, double *derived)
{
    double factor;
    gal_status st = gal_galaxy_check(f->galaxy, t->theta);
    if (st == GAL_OK)
        st = gal_galaxy_flux_factor(f->galaxy, t->theta, &factor);
    if (st == GAL_OK)
        st = t->phot ? gal_galaxy_photometry(f->galaxy, t->ws, t->phot, t->theta, flux)
                     : gal_galaxy_eval(f->galaxy, t->ws, t->theta);
    if (st != GAL_OK)
        return st;
    const double *lum = gal_galaxy_lum(t->ws, GAL_COMP_TOTAL), *trans = gal_galaxy_transmission(t->ws);
    for (size_t k = 0; k < t->n; k++)
        spec[k] = factor * lum[k] * (trans ? trans[k] : 1);
    if (derived)
        memcpy(derived, gal_galaxy_derived(t->ws), t->nd * sizeof *derived);
    return GAL_OK;
}

/* ... at x */
static gal_status see(const gal_fit *f, trial *t, double *flux, double *spec, double *derived)
{
    fit_theta(f, t->x, t->theta);
    return see_theta(f, t, flux, spec, derived);
}

static void take_change(const trial *t, double *change)
{
    for (size_t q = 0; q < t->nd; q++) {
        double a = t->derived[q], b = t->base_derived[q], top = fmax(fabs(a), fabs(b));
        if (a != b && top > 0 && fabs(a - b) > 1e-9 * top)
            change[q] = fmax(change[q], a * b > 0 ? fabs(log(a / b)) : 100);
    }
}

/* A fixed parameter moved inside its usual range. */
static void move_fixed(const gal_fit *f, trial *t, size_t k)
{
    const gal_param *p = gal_galaxy_par(f->galaxy, k);
    fit_theta(f, t->x, t->theta);
    double now = t->theta[k], middle = p->log && p->plo > 0 ? sqrt(p->plo * p->phi) : 0.5 * (p->plo + p->phi);
    if (!(p->plo < p->phi))
        return;
    t->theta[k] = fabs(middle / now - 1) < 0.01 ? 0.5 * (middle + p->phi) : middle;
    if (see_theta(f, t, t->flux, t->spec, t->derived) != GAL_OK) {
        t->shines[k] = true; /* what it does is not known: it counts as seen */
        return;
    }
    for (size_t i = 0; !t->shines[k] && i < t->n; i++)
        t->shines[k] = fabs(t->spec[i] - t->base[i]) > 1e-9 * fabs(t->base[i]);
    take_change(t, t->change + k * t->nd);
}

/* The larger move of free parameter k: does it change data, and which quantities? */
static void move_far(const gal_fit *f, trial *t, size_t k, double u, gal_fit_ties *out)
{
    double x = t->x[k];
    t->x[k] = gal_prior_quantile(f->prior[k], u < 0.5 ? u + 0.33 : u - 0.33);
    gal_status st = see(f, t, t->flux, t->spec, t->derived);
    t->x[k] = x;
    if (st != GAL_OK)
        return;
    for (size_t b = 0; b < f->nused; b++)
        out->data[k] |= fabs(t->flux[f->band[b]] - t->base_flux[f->band[b]]) > 0.01 * f->err[b];
    for (size_t i = 0; f->light && !out->data[k] && i < t->n; i++)
        out->data[k] |= fabs(t->spec[i] - t->base[i]) > 1e-4 * fabs(t->base[i]);
    take_change(t, t->change + (f->npar + k) * t->nd);
}

/* d ln S/d ln p of parameter k by central differences, zero where it cannot be had. */
static void slope_of(const gal_fit *f, trial *t, size_t k, double u)
{
    double *d = t->slope + k * t->n, x = t->x[k], value = gal_prior_value(f->prior[k], x);
    double h = 1e-4 * fabs(gal_prior_quantile(f->prior[k], 0.8) - gal_prior_quantile(f->prior[k], 0.2));
    memset(d, 0, t->n * sizeof *d);
    if (!(value > 0) || !(h > 0) || u < 0.01 || u > 0.99)
        return;
    t->x[k] = x + h;
    gal_status st = see(f, t, t->flux, d, NULL);
    double up = gal_prior_value(f->prior[k], t->x[k]);
    t->x[k] = x - h;
    if (st == GAL_OK)
        st = see(f, t, t->flux, t->spec, NULL);
    double down = gal_prior_value(f->prior[k], t->x[k]);
    t->x[k] = x;
    if (st != GAL_OK || !(down > 0) || !(up > down)) {
        memset(d, 0, t->n * sizeof *d);
        return;
    }
    double inv = 1 / log(up / down);
    for (size_t i = 0; i < t->n; i++)
        d[i] = t->base[i] > 0 ? (d[i] - t->spec[i]) / t->base[i] * inv : 0;
}

/* Are the derivatives of two parameters parallel here, and with the ratio that they had before? */
static void compare(const gal_fit *f, trial *t)
{
    for (size_t a = 0; a < f->ndim; a++)
        for (size_t b = a + 1; b < f->ndim; b++) {
            const double *x = t->slope + a * t->n, *y = t->slope + b * t->n;
            double xx = 0, yy = 0, xy = 0;
            for (size_t i = 0; i < t->n; i++) {
                xx += x[i] * x[i];
                yy += y[i] * y[i];
                xy += x[i] * y[i];
            }
            int *seen = &t->seen[a * f->ndim + b];
            double *ratio = &t->ratio[a * f->ndim + b], tiny = 1e-6 * (double)t->n;
            if (*seen < 0 || !(xx > tiny * 1e-6) || !(yy > tiny * 1e-6))
                continue; /* at this point they do nothing */
            double r = xy / xx;
            bool same = xx * yy - xy * xy < 1e-7 * xx * yy && (*seen == 0 || fabs(r / *ratio - 1) < 1e-3);
            *ratio = *seen ? *ratio : r;
            *seen = same ? *seen + 1 : -1;
        }
}

static bool is_free(const gal_fit *f, size_t par)
{
    for (size_t k = 0; k < f->ndim; k++)
        if (f->index[k] == par)
            return true;
    return false;
}

void gal_fit_ties_free(gal_fit_ties *t)
{
    if (!t)
        return;
    gal_free(t->data);
    gal_free(t->derived);
    gal_free(t);
}

gal_status gal_fit_ties_find(gal_fit_ties **out, const gal_fit *f)
{
    gal_status st = GAL_OK;
    trial *t = NULL;
    gal_fit_ties *r = GAL_NEW(gal_fit_ties);
    double root = 1.5, u[MAXDIM];
    int points = 0;
    *out = NULL;
    if (!r)
        return GAL_ENOMEM;
    size_t nd = gal_galaxy_nderived(f->galaxy);
    r->data = GAL_NEWN(bool, f->ndim);
    r->derived = GAL_NEWN(gal_tie, nd + 1);
    if (!r->data || !r->derived)
        GAL_TRY(GAL_ENOMEM);
    GAL_TRY(trial_create(&t, f));
    for (int i = 0; i < 40; i++)
        root = pow(1 + root, 1 / (double)(f->ndim + 1));
    for (int n = 0; n < TRIES && points < POINTS && f->ndim <= MAXDIM; n++) {
        double step = 1;
        for (size_t k = 0; k < f->ndim; k++) {
            step /= root;
            u[k] = fmod(0.5 + n * step, 1);
            t->x[k] = gal_prior_quantile(f->prior[k], u[k]);
        }
        if (see(f, t, t->base_flux, t->base, t->base_derived) != GAL_OK)
            continue;
        points++;
        for (size_t k = 0; k < f->npar; k++)
            if (!is_free(f, k) && !t->shines[k])
                move_fixed(f, t, k);
        for (size_t k = 0; k < f->ndim; k++) {
            bool own = f->index[k] < f->npar; /* others are of the noise or the spectrum: no light depends on them */
            if (own)
                move_far(f, t, k, u[k], r);
            memset(t->slope + k * t->n, 0, t->n * sizeof *t->slope);
            if (own)
                slope_of(f, t, k, u[k]);
        }
        compare(f, t);
    }
    for (size_t k = 0; k < f->ndim; k++)
        r->data[k] |= f->index[k] >= f->npar || points == 0;
    for (size_t q = 0; q < nd && points > 0; q++) {
        double tied = 0, loose = 0;
        for (size_t k = 0; k < f->npar + f->ndim; k++) {
            double c = t->change[k * nd + q];
            bool seen = k < f->npar ? t->shines[k] : r->data[k - f->npar];
            if (k >= f->npar && seen)
                tied = fmax(tied, c);
            else if (!seen)
                loose = fmax(loose, c);
        }
        r->derived[q] = tied > loose ? GAL_TIE_DATA : loose > 0 ? GAL_TIE_NONE : GAL_TIE_FIXED;
    }
    for (size_t a = 0; a < f->ndim && f->ndim <= MAXDIM; a++)
        for (size_t b = a + 1; b < f->ndim && r->npair < GAL_TIES_MAX; b++)
            if (t->seen[a * f->ndim + b] >= 3)
                r->pair[r->npair++] = (gal_tie_pair){a, b, t->ratio[a * f->ndim + b]};
    *out = r;
    r = NULL;
out:
    if (t)
        trial_clear(t);
    gal_fit_ties_free(r);
    return st;
}
