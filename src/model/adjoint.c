/* Derivatives backward: from band fluxes to all parameters, the transpose of tangent.c. Light of components that shine themselves has no
 * transpose yet: their galaxies are done parameter by parameter. */
#include "csp/csp_kern.h"
#include "model/tangent_internal.h"

#include <math.h>
#include <string.h>

bool gal_tangent_backward(const gal_tangent *t)
{
    const gal_galaxy *g = t->g;
    char lacks[80];
    bool all = !gal_sfh_lacks_slopes(&g->sfh, lacks, sizeof lacks);
    for (size_t i = 0; i < g->npart; i++) {
        const gal_component_class *k = g->part[i].class;
        all = all && !k->source && !k->emit && !k->transmit && (!k->screen || k->screen_vjp) &&
              (!g->part[i].reemit || k->reemit_vjp);
    }
    return all;
}

/* A size that a parameter may change by: differences of it */
static double size_of(const gal_param *p, double v)
{
    double range = p->phi - p->plo;
    return fabs(v) > 0 && (p->log || !(0.1 * range > fabs(v))) ? fabs(v)
           : isfinite(range) && range > 0                      ? 0.1 * range
                                                               : 1;
}

static gal_status one_by_one(gal_tangent *t, gal_galaxy_ws *w, gal_phot *p, const double *theta, const double *gflux,
                             double *gtheta)
{
    gal_status st = GAL_OK;
    const gal_galaxy *g = t->g;
    size_t nb = gal_phot_nbands(p);
    double *change = GAL_NEWN(double, nb + 1), *along = GAL_NEWN(double, g->npar);
    if (!change || !along)
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < g->npar; i++) {
        double s = along[i] = size_of(&g->par[i], theta[i]);
        if (i == P_DISTANCE && theta[i] == 0)
            s = along[i] = 0; /* from the redshift */
        GAL_TRY(gal_tangent_photometry(t, w, p, theta, along, change));
        gtheta[i] = 0;
        for (size_t b = 0; s != 0 && b < nb; b++)
            gtheta[i] += gflux[b] * change[b] / s;
        along[i] = 0;
    }
out:
    gal_free(change);
    gal_free(along);
    return st;
}

/* gas and dust of the history: by differences of it, in each of its parameters and the age */
static gal_status contents_back(gal_tangent *t, const double *theta, const gal_view *gv, double *gtheta)
{
    gal_status st = GAL_OK;
    const gal_galaxy *g = t->g;
    gal_history *h = &t->x->history;
    if (gv->zgas == 0 && gv->mgas == 0 && gv->mdust == 0)
        return GAL_OK;
    memcpy(t->theta, theta, g->npar * sizeof *theta);
    for (size_t i = 0; i <= g->sfh.npar; i++) {
        size_t k = i < g->sfh.npar ? P_SFH + i : P_AGE;
        double step = TANGENT_STEP * size_of(&g->par[k], theta[k]);
        gal_sfh_content c[2];
        for (int q = 0; q < 2; q++) {
            t->theta[k] = theta[k] + (q ? -step : step);
            GAL_TRY(gal_history_set(h, t->theta + P_SFH, t->theta[P_AGE]));
            gal_history_content(h, -0.85, &c[q]);
        }
        t->theta[k] = theta[k];
        gtheta[k] += (gv->zgas * (c[0].zgas - c[1].zgas) + gv->mgas * (c[0].mgas - c[1].mgas) +
                      gv->mdust * (c[0].mdust - c[1].mdust)) /
                     (2 * step);
    }
out:
    return st;
}

/* Weights, from derivatives with respect to the spectra of stars gs0, gs1 */
static gal_status stars_back(gal_tangent *t, const gal_galaxy_ws *w, const double *theta, double tau, const double *gs0,
                             const double *gs1, double *gtheta, double *gtau)
{
    const gal_galaxy *g = t->g;
    const gal_model_grid *grid = g->grid;
    const gal_ssp *ssp = g->o.ssp;
    const gal_csp *c = &w->csp;
    const double *g0 = gs0, *g1 = gs1;
    if (!grid->same) {
        memset(t->d->t0, 0, ssp->nwave * sizeof *t->d->t0);
        memset(t->d->t1, 0, ssp->nwave * sizeof *t->d->t1);
        for (size_t k = 0; k < grid->n; k++) {
            size_t j = grid->gj[k];
            t->d->t0[j] += grid->ga[k] * gs0[k];
            t->d->t0[j + 1] += grid->gb[k] * gs0[k];
            t->d->t1[j] += grid->ga[k] * gs1[k];
            t->d->t1[j + 1] += grid->gb[k] * gs1[k];
        }
        g0 = t->d->t0;
        g1 = t->d->t1;
    }
    size_t nw = ssp->nz * ssp->nage;
    memset(t->weights.w0, 0, 2 * nw * sizeof *t->weights.w0);
    t->weights.formed = t->weights.age_mass = t->weights.z_mass = 0;
    for (int u = 0; u < (c->frac_u > 0 ? 2 : 1); u++) {
        double fu = u ? c->frac_u : 1 - c->frac_u;
        for (size_t iz = 0; iz < ssp->nz; iz++)
            for (size_t i = iz * ssp->nage + c->first[iz]; i < iz * ssp->nage + c->last[iz]; i++) {
                const float *l = ssp->lum + ((c->iu + (size_t)u) * nw + i) * ssp->nwave;
                t->weights.w0[i] += fu * GAL_KERN_PICK(csp_kern)->table(ssp->nwave, g0, l);
                if (c->w1[i] != 0)
                    t->weights.w1[i] += fu * GAL_KERN_PICK(csp_kern)->table(ssp->nwave, g1, l);
            }
    }
    gal_status st = gal_history_set(&t->x->history, theta + P_SFH, theta[P_AGE]);
    return st == GAL_OK
               ? gal_csp_weights_vjp(&t->x->csp, &t->x->history, tau, &t->weights, gtheta + P_SFH, &gtheta[P_AGE], gtau)
               : st;
}

/* Redshift and distance move bands and fluxes of the same light. */
static gal_status bands_back(gal_tangent *t, gal_galaxy_ws *w, gal_phot *p, const double *theta, const double *gflux,
                             double *gtheta)
{
    gal_status st = GAL_OK;
    const gal_galaxy *g = t->g;
    size_t nb = gal_phot_nbands(p);
    double *flux = GAL_NEWN(double, 2 * nb + 1);
    if (!flux)
        return GAL_ENOMEM;
    memcpy(t->theta, theta, g->npar * sizeof *theta);
    for (size_t k = P_REDSHIFT; k <= P_DISTANCE; k++) {
        double step = TANGENT_STEP * size_of(&g->par[k], theta[k]), factor;
        if (k == P_DISTANCE && theta[k] == 0)
            continue;
        for (int q = 0; q < 2; q++) {
            t->theta[k] = theta[k] + (q ? -step : step);
            GAL_TRY(gal_galaxy_flux_factor(g, t->theta, &factor));
            GAL_TRY(gal_phot_weights(p, t->theta[P_REDSHIFT], gal_galaxy_phot_rule(g)));
            gal_phot_apply(p, w->lum[GAL_COMP_TOTAL], factor, flux + (size_t)q * nb);
        }
        t->theta[k] = theta[k];
        for (size_t b = 0; b < nb; b++)
            gtheta[k] += gflux[b] * (flux[b] - flux[nb + b]) / (2 * step);
    }
out:
    gal_free(flux);
    return st;
}

gal_status gal_tangent_gradient(gal_tangent *t, gal_galaxy_ws *w, gal_phot *p, const double *theta, const double *gflux,
                                double *gtheta)
{
    gal_status st = GAL_OK;
    const gal_galaxy *g = t->g;
    if (!gal_tangent_backward(t))
        return one_by_one(t, w, p, theta, gflux, gtheta);
    gal_galaxy_ws *d = t->d;
    size_t n = g->grid->n;
    const double *tw = g->grid->tw_stars;
    const gal_screen *a = &w->screen;
    gal_screen *ga = &d->screen;
    double *glum = d->lum[GAL_COMP_TOTAL], factor, gtau = 0, *gs0 = d->s0, *gs1 = d->s1;
    double *same[MAXLUM] = {glum, glum, glum, glum};
    memset(gtheta, 0, g->npar * sizeof *gtheta);
    GAL_TRY(gal_galaxy_eval(g, w, theta));
    tangent_view_zero(&d->view);
    tangent_zero((double *[5]){glum, ga->att_mc, ga->abs_mc, ga->att_dd, ga->abs_dd}, 5, n);
    GAL_TRY(bands_back(t, w, p, theta, gflux, gtheta));
    GAL_TRY(gal_galaxy_flux_factor(g, theta, &factor));
    GAL_TRY(gal_phot_weights(p, theta[P_REDSHIFT], gal_galaxy_phot_rule(g)));
    gal_phot_back(p, gflux, factor, glum);
    for (size_t i = 0; i < g->npart; i++)
        if (g->part[i].reemit) { /* each of its spectra is part of the total */
            gal_stage s = gal_stage_of(g, w, i, theta);
            GAL_TRY(g->part[i].class->reemit_vjp(&s, &w->emission, same, gtheta + g->part[i].par, &d->view, ga));
        }
    double e_mc = d->view.e_mc, e_dd = d->view.e_dd;
    for (size_t k = 0; k < n;
         k++) { /* cloud = abs_mc s1, out = att_dd (s0 - cloud), e_mc = tw cloud, e_dd = tw abs_dd (s0 - cloud) */
        double rest = w->s0[k] - a->abs_mc[k] * w->s1[k], grest = glum[k] * a->att_dd[k] + e_dd * tw[k] * a->abs_dd[k];
        double gcloud = e_mc * tw[k] - grest;
        gs0[k] = grest;
        gs1[k] = gcloud * a->abs_mc[k];
        ga->abs_mc[k] += gcloud * w->s1[k];
        ga->att_dd[k] += glum[k] * rest;
        ga->abs_dd[k] += e_dd * tw[k] * rest;
    }
    const gal_part *screen = g->screen;
    if (screen) {
        gal_stage s = gal_stage_of(g, w, (size_t)(screen - g->part), theta);
        GAL_TRY(screen->class->screen_vjp(&s, a, ga, gtheta + screen->par, &d->view));
    }
    GAL_TRY(contents_back(t, theta, &d->view, gtheta));
    size_t at = screen && screen->class->tau_esc ? screen->par + (size_t)screen->class->tau_esc - 1 : 0;
    GAL_TRY(stars_back(t, w, theta, at ? theta[at] : 0, gs0, gs1, gtheta, &gtau));
    if (at)
        gtheta[at] += gtau;
out:
    return st;
}
