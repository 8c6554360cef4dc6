/* Derivatives along a direction: the stages of stages.c with changes. See galua/tangent.h. */
#include "csp/csp_kern.h"
#include "galua/const.h"
#include "model/tangent_int.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bool gal_tangent_can(const gal_galaxy *g)
{
    const gal_compat *c = &g->o.compat;
    return !(c->csp_steps || c->stars_at_zstar || c->mstar_formula || c->dust_gas_sign || c->coarse_temperature ||
             c->band_loglog);
}

gal_status gal_tangent_create(gal_tangent **out, const gal_galaxy *g)
{
    gal_status st = GAL_OK;
    gal_tangent *t = NULL;
    *out = NULL;
    if (!gal_tangent_can(g))
        return gal_fail(GAL_EINVAL, "derivatives: stars, dust temperatures and bands of a parity mode have none");
    if (!(t = GAL_NEW(gal_tangent)))
        return GAL_ENOMEM;
    t->g = g;
    GAL_TRY(gal_galaxy_ws_create(&t->d, g));
    GAL_TRY(gal_galaxy_ws_create(&t->x, g));
    GAL_TRY(gal_csp_diff_init(&t->weights, &t->x->csp));
    const gal_model_grid *widest = g->grid->whole ? g->grid->whole : g->grid;
    t->keep = GAL_NEWN(double, MAXLUM * widest->n + 2 * g->o.ssp->nz * g->o.ssp->nage);
    t->theta = GAL_NEWN(double, 2 * g->npar);
    t->wanted = GAL_NEWN(bool, g->npar);
    if (!t->keep || !t->theta || !t->wanted)
        GAL_TRY(GAL_ENOMEM);
    gal_tangent_want(t, NULL);
    t->along = t->theta + g->npar;
    for (size_t i = 0; i < g->npart; i++)
        if (!tangent_has_jvp(&g->part[i]))
            snprintf(t->name[t->ndiff++], sizeof t->name[0], "%s.%s", g->part[i].class->group, g->part[i].class->kind);
    char lacks[80];
    const char *history = gal_sfh_lacks_slopes(&g->sfh, lacks, sizeof lacks);
    if (history)
        snprintf(t->name[t->ndiff++], sizeof t->name[0], "%s", history);
    *out = t;
    t = NULL;
out:
    gal_tangent_free(t);
    return st;
}

void gal_tangent_free(gal_tangent *t)
{
    if (!t)
        return;
    gal_galaxy_ws_free(t->d);
    gal_galaxy_ws_free(t->x);
    gal_csp_diff_clear(&t->weights);
    gal_free(t->keep);
    gal_free(t->theta);
    gal_free(t->wanted);
    gal_free(t);
}

void gal_tangent_want(gal_tangent *t, const bool *wanted)
{
    const gal_galaxy *g = t->g;
    const gal_part *s = g->screen;
    for (size_t i = 0; i < g->npar; i++)
        t->wanted[i] = !wanted || wanted[i];
    t->own_age = t->wanted[P_AGE];
    t->wanted[P_AGE] = t->own_age || (g->o.onset != GAL_ONSET_AGE &&
                                      (t->wanted[P_REDSHIFT] || adjoint_wants(t, g->cosmo_par, g->ncosmo)));
    t->weights.wanted = t->wanted + P_SFH;
    bool history = t->wanted[P_AGE] || adjoint_wants(t, P_SFH, g->sfh.npar);
    bool clouds = s && s->class->tau_esc && t->wanted[s->par + (size_t)s->class->tau_esc - 1];
    t->live = GAL_NEED_SCREEN | GAL_NEED_ABSORBED | GAL_NEED_DUST;
    t->live |= history || clouds ? GAL_NEED_HISTORY | GAL_NEED_STARS | GAL_NEED_SN : 0;
    t->live |= t->wanted[P_AGE] ? GAL_NEED_AGE : 0;
    t->live |= t->wanted[P_REDSHIFT] ? GAL_NEED_REDSHIFT : 0;
    t->d->view.idle = t->wanted[P_REDSHIFT] ? 0 : GAL_NEED_REDSHIFT;
}

size_t gal_tangent_differences(const gal_tangent *t)
{
    return t->ndiff;
}

const char *gal_tangent_difference(const gal_tangent *t, size_t i)
{
    return i < t->ndiff ? t->name[i] : NULL;
}

void gal_tangent_force(gal_tangent *t, bool differences)
{
    t->force = differences;
}

/* ------------------------------------------------------------------ stars */
/* History and weights beside the point, into x. Of t->along the change of age [yr] stands in t->d's view. */
static gal_status history_beside(gal_tangent *t, const double *theta, double step, double tau)
{
    const gal_galaxy *g = t->g;
    gal_galaxy_ws *x = t->x;
    for (size_t i = 0; i < g->npar; i++)
        t->theta[i] = theta[i] + step * t->along[i];
    gal_status st = gal_history_set(&x->history, t->theta + P_SFH, gal_galaxy_age(g, theta) + step * t->d->view.age);
    if (st != GAL_OK)
        return st;
    gal_history_content(&x->history, -0.85, &x->content);
    if (tau >= 0)
        gal_csp_weights(&x->csp, &x->history, tau, false);
    return GAL_OK;
}

static double returned(const gal_csp *c)
{
    return c->ssp->mass ? 0 : c->returned;
}

/* One number of the content along the direction, from its gradient; room[npar] */
static bool content_along(const gal_tangent *t, const gal_galaxy_ws *w, gal_sfh_content by, double *room, double *out)
{
    double age = 0;
    size_t n = t->g->sfh.npar;
    memset(room, 0, n * sizeof *room);
    if (t->force || !gal_history_content_vjp(&w->history, -0.85, &w->content, &by, room, &age))
        return false;
    *out = age * t->d->view.age;
    for (size_t i = 0; i < n; i++)
        *out += room[i] * t->along[P_SFH + i];
    return true;
}

/* Changes of gas and rate, exactly where the history has that, else by differences of it. Of the weights, where it has no slopes. */
static gal_status contents(gal_tangent *t, const gal_galaxy_ws *w, const double *theta, double tau, double dtau,
                           bool weights, double *dreturned)
{
    gal_status st = GAL_OK;
    gal_galaxy_ws *x = t->x;
    size_t nw = t->g->o.ssp->nz * t->g->o.ssp->nage;
    double *w0 = t->keep + MAXLUM * t->g->grid->n, *w1 = w0 + nw;
    bool both = weights || !t->g->o.ssp->mass;
    gal_sfh_content *c = &t->d->content;
    double room[MAXPAR];
    bool exact = content_along(t, w, (gal_sfh_content){.sfr = 1}, room, &c->sfr) &&
                 content_along(t, w, (gal_sfh_content){.mgas = 1}, room, &c->mgas) &&
                 content_along(t, w, (gal_sfh_content){.mdust = 1}, room, &c->mdust) &&
                 content_along(t, w, (gal_sfh_content){.zgas = 1}, room, &c->zgas);
    *dreturned = 0;
    if (exact && !both)
        return GAL_OK;
    GAL_TRY(history_beside(t, theta, TANGENT_STEP, both ? tau + TANGENT_STEP * dtau : -1));
    gal_sfh_content up = x->content;
    double formed = x->csp.formed, age = x->csp.age_mass, z = x->csp.z_mass, back = returned(&x->csp);
    memcpy(w0, x->csp.w0, nw * sizeof *w0);
    memcpy(w1, x->csp.w1, nw * sizeof *w1);
    GAL_TRY(history_beside(t, theta, -TANGENT_STEP, both ? tau - TANGENT_STEP * dtau : -1));
    if (!exact) {
        c->sfr = (up.sfr - x->content.sfr) / (2 * TANGENT_STEP);
        c->mgas = (up.mgas - x->content.mgas) / (2 * TANGENT_STEP);
        c->mdust = (up.mdust - x->content.mdust) / (2 * TANGENT_STEP);
        c->zgas = (up.zgas - x->content.zgas) / (2 * TANGENT_STEP);
    }
    *dreturned = (back - returned(&x->csp)) / (2 * TANGENT_STEP);
    if (!weights)
        return GAL_OK;
    for (size_t i = 0; i < nw; i++) {
        t->weights.w0[i] = (w0[i] - x->csp.w0[i]) / (2 * TANGENT_STEP);
        t->weights.w1[i] = (w1[i] - x->csp.w1[i]) / (2 * TANGENT_STEP);
    }
    t->weights.formed = (formed - x->csp.formed) / (2 * TANGENT_STEP);
    t->weights.age_mass = (age - x->csp.age_mass) / (2 * TANGENT_STEP);
    t->weights.z_mass = (z - x->csp.z_mass) / (2 * TANGENT_STEP);
out:
    return st;
}

static gal_status stars(gal_tangent *t, const gal_galaxy_ws *w, const double *theta, double tau, double dtau)
{
    gal_status st = GAL_OK;
    const gal_galaxy *g = t->g;
    const gal_model_grid *grid = g->grid;
    const struct csp_kern *kern = GAL_KERN_PICK(csp_kern);
    const gal_ssp *ssp = g->o.ssp;
    gal_galaxy_ws *d = t->d;
    gal_view *v = &d->view;
    const double *dp = t->along + P_SFH;
    char lacks[80];
    double dreturned;
    bool exact = !t->force && !gal_sfh_lacks_slopes(&g->sfh, lacks, sizeof lacks);
    GAL_TRY(contents(t, w, theta, tau, dtau, !exact, &dreturned));
    if (exact) {
        GAL_TRY(gal_history_set(&t->x->history, theta + P_SFH, gal_galaxy_age(g, theta)));
        GAL_TRY(gal_csp_weights_jvp(&t->x->csp, &t->x->history, tau, dp, t->d->view.age, dtau, &t->weights));
    }
    gal_csp *c = &d->csp; /* sums of changes of weights are those of weights */
    memcpy(c->w0, t->weights.w0, ssp->nz * ssp->nage * sizeof *c->w0);
    memcpy(c->w1, t->weights.w1, ssp->nz * ssp->nage * sizeof *c->w1);
    for (size_t iz = 0; iz < ssp->nz; iz++) {
        c->first[iz] = 0;
        c->last[iz] = (uint32_t)ssp->nage;
    }
    if (grid->same) {
        gal_csp_sum(c, d->s0, d->s1);
    } else {
        gal_csp_sum(c, d->t0, d->t1);
        for (size_t k = 0; k < grid->n; k++) {
            size_t j = grid->gj[k];
            d->s0[k] = grid->ga[k] * d->t0[j] + grid->gb[k] * d->t0[j + 1];
            d->s1[k] = grid->ga[k] * d->t1[j] + grid->gb[k] * d->t1[j + 1];
        }
    }
    double formed = w->csp.formed, dformed = t->weights.formed;
    v->tau_esc = dtau;
    v->sfr = d->content.sfr;
    v->mgas = d->content.mgas;
    v->mdust = d->content.mdust;
    v->zgas = d->content.zgas;
    v->mstar = ssp->mass ? gal_csp_table_sum(c, ssp->mass) : dformed - dreturned;
    v->zstar = formed > 0 ? (t->weights.z_mass - w->view.zstar * dformed) / formed : 0;
    v->age_mass = formed > 0 ? (t->weights.age_mass - w->view.age_mass * dformed) / formed : v->age;
    v->bol = kern->dot(grid->n, grid->tw, d->s0);
    v->qh = kern->dot(grid->n_photons, grid->photons, d->s0);
    v->qhei = kern->dot(grid->n_photons_he, grid->photons_he, d->s0);
    v->qh_clouds = tau > 0 ? kern->dot(grid->n_photons, grid->photons, d->s1) : 0;
    v->lyman = kern->dot(grid->n_lyman, grid->tw, d->s0);
    v->sn_rate = gal_csp_table_sum(c, grid->sn);
out:
    return st;
}

/* ------------------------------------------------------------------ light through dust */
static void through_dust(gal_tangent *t, const gal_galaxy_ws *w, double left, double dleft, double to_dust,
                         double dto_dust)
{
    const gal_galaxy *g = t->g;
    const double *tw = g->grid->tw_stars;
    gal_galaxy_ws *d = t->d;
    const gal_screen *a = &w->screen, *da = &d->screen;
    size_t m = left < 1 || dleft != 0 || dto_dust != 0 ? g->grid->n_lyman : 0;
    double *out = d->lum[GAL_COMP_EXTINCT], mc = 0, dd = 0;
    for (size_t k = 0; k < g->grid->n; k++) {
        double cloud = a->abs_mc[k] * w->s1[k], dcloud = da->abs_mc[k] * w->s1[k] + a->abs_mc[k] * d->s1[k];
        double rest = w->s0[k] - cloud, drest = d->s0[k] - dcloud;
        double e_dd = tw[k] * a->abs_dd[k] * rest, de_dd = tw[k] * (da->abs_dd[k] * rest + a->abs_dd[k] * drest);
        out[k] = da->att_dd[k] * rest + a->att_dd[k] * drest;
        if (k >= m) {
            mc += tw[k] * dcloud;
            dd += de_dd;
            continue;
        }
        out[k] = left * out[k] + dleft * a->att_dd[k] * rest;
        mc += left * tw[k] * dcloud + dleft * tw[k] * cloud + tw[k] * (to_dust * d->s1[k] + dto_dust * w->s1[k]);
        dd +=
            left * de_dd + dleft * e_dd + tw[k] * (to_dust * (d->s0[k] - d->s1[k]) + dto_dust * (w->s0[k] - w->s1[k]));
    }
    d->view.e_mc = mc;
    d->view.e_dd = dd;
}

static void source_through_dust(gal_tangent *t, const gal_galaxy_ws *w, size_t i)
{
    const gal_galaxy *g = t->g;
    const gal_part *p = &g->part[i];
    gal_galaxy_ws *d = t->d;
    const gal_source *s = &w->part[i].source, *ds = &d->part[i].source;
    const gal_screen *a = &w->screen, *da = &d->screen;
    const double *tw = g->grid->tw_sources;
    double eta = s->in_clouds, r = s->dust_ratio;
    for (size_t c = 0; c < p->nlum; c++) {
        const double *raw = w->part[i].raw[c], *draw = d->part[i].raw[c];
        double *out = d->lum[p->lum + c];
        for (size_t k = 0; k < g->grid->n; k++) {
            double att = a->att_dd[k], dark = a->abs_dd[k], datt = da->att_dd[k];
            if (r != 1 || ds->dust_ratio != 0) {
                double ln = att > 0 ? (dark < 0.5 ? log1p(-dark) : log(att)) : 0;
                datt = att > 0 ? exp(r * ln) *
                                     (ds->dust_ratio * ln + r * (dark < 0.5 ? -da->abs_dd[k] : da->att_dd[k]) / att)
                               : 0;
                dark = att > 0 ? -expm1(r * ln) : 1;
                att = att > 0 ? exp(r * ln) : 0;
            }
            double cloud = eta * raw[k] * a->abs_mc[k];
            double dcloud =
                ds->in_clouds * raw[k] * a->abs_mc[k] + eta * (draw[k] * a->abs_mc[k] + raw[k] * da->abs_mc[k]);
            double rest = raw[k] - cloud, drest = draw[k] - dcloud;
            double ddark = r == 1 && ds->dust_ratio == 0 ? da->abs_dd[k] : -datt;
            out[k] = drest * att + rest * datt;
            d->view.e_mc += tw[k] * dcloud;
            d->view.e_dd += tw[k] * (drest * dark + rest * ddark);
        }
    }
}

/* ------------------------------------------------------------------ all stages */
static gal_status before_dust(gal_tangent *t, gal_galaxy_ws *w, const double *theta, unsigned *changed)
{
    gal_status st = GAL_OK;
    const gal_galaxy *g = t->g;
    gal_galaxy_ws *d = t->d;
    size_t n = g->grid->n;
    for (size_t i = 0; i < g->npart; i++) {
        const gal_part *p = &g->part[i];
        if (!p->class->source)
            continue;
        tangent_result r = {0};
        tangent_zero(d->part[i].raw, p->nlum, n);
        if (tangent_touched(t, p, *changed)) {
            GAL_TRY(tangent_run(t, w, i, TANGENT_SOURCE, theta, d->part[i].raw, p->nlum, &r));
            *changed |= GAL_NEED_GAS;
        }
        d->part[i].source = r.source;
    }
    double *to[4] = {d->screen.att_mc, d->screen.abs_mc, d->screen.att_dd, d->screen.abs_dd};
    tangent_zero(to, 4, n);
    d->view.av_mc = d->view.av_dd = d->screen.av_mc = d->screen.av_dd = 0;
    if (g->screen && tangent_touched(t, g->screen, *changed)) {
        GAL_TRY(tangent_run(t, w, (size_t)(g->screen - g->part), TANGENT_SCREEN, theta, to, 4, NULL));
        *changed |= GAL_NEED_SCREEN;
    }
out:
    return st;
}

static void light(gal_tangent *t, const gal_galaxy_ws *w)
{
    const gal_galaxy *g = t->g;
    double left = 1, dleft = 0, to_dust = 0, dto_dust = 0;
    for (size_t i = 0; i < g->npart; i++)
        if (g->part[i].class->source) {
            const gal_source *s = &w->part[i].source, *ds = &t->d->part[i].source;
            dleft = dleft * s->lyc_left + left * ds->lyc_left;
            left *= s->lyc_left;
            to_dust += s->lyc_dust;
            dto_dust += ds->lyc_dust;
        }
    through_dust(t, w, left, dleft, to_dust, dto_dust);
    for (size_t i = 0; i < g->npart; i++)
        if (g->part[i].class->source)
            source_through_dust(t, w, i);
}

static gal_status after_dust(gal_tangent *t, gal_galaxy_ws *w, const double *theta, unsigned changed)
{
    gal_status st = GAL_OK;
    const gal_galaxy *g = t->g;
    gal_galaxy_ws *d = t->d;
    size_t n = g->grid->n;
    d->view.t_mc = d->view.t_dd = 0;
    for (int dust = 1; dust >= 0; dust--)
        for (size_t i = 0; i < g->npart; i++) {
            const gal_part *p = &g->part[i];
            double *more[MAXLUM], **to = d->lum + p->lum;
            tangent_result r = {0};
            if (!(dust ? p->reemit : p->class->emit != NULL))
                continue;
            bool adds = !dust && p->class->source;
            for (size_t c = 0; adds && c < p->nlum; c++)
                more[c] = t->x->part[i].raw[c];
            tangent_zero(adds ? more : to, p->nlum, n);
            if (tangent_touched(t, p, changed))
                GAL_TRY(
                    tangent_run(t, w, i, dust ? TANGENT_REEMIT : TANGENT_EMIT, theta, adds ? more : to, p->nlum, &r));
            for (size_t c = 0; adds && c < p->nlum; c++)
                for (size_t k = 0; k < n; k++)
                    to[c][k] += more[c][k];
            if (dust) {
                d->view.t_mc = r.emission.t_mc;
                d->view.t_dd = r.emission.t_dd;
                changed |= GAL_NEED_DUST;
            }
        }
    double *total = d->lum[GAL_COMP_TOTAL];
    memcpy(total, d->lum[GAL_COMP_EXTINCT], n * sizeof *total);
    for (size_t i = GAL_COMPS; i < g->nlum; i++)
        for (size_t k = 0; k < n; k++)
            total[k] += d->lum[i][k];
    if (!d->trans)
        return GAL_OK;
    memset(d->trans, 0, n * sizeof *d->trans); /* of the product: of the logarithms, where it is not 0 */
    for (size_t i = 0; i < g->npart; i++) {
        const gal_part *p = &g->part[i];
        double *to[1] = {d->flux};
        if (!p->class->transmit || !tangent_touched(t, p, changed))
            continue;
        GAL_TRY(tangent_run(t, w, i, TANGENT_TRANSMIT, theta, to, 1, NULL));
        tangent_put_beside(t, w, theta, p, 0);
        gal_stage s = gal_stage_of(g, t->x, i, t->theta);
        GAL_TRY(p->class->transmit(&s, t->x->flux));
        for (size_t k = 0; k < n; k++)
            if (t->x->flux[k] > 0)
                d->trans[k] += w->trans[k] * d->flux[k] / t->x->flux[k];
    }
out:
    return st;
}

gal_status gal_tangent_along(gal_tangent *t, gal_galaxy_ws *w, const double *theta, const double *dtheta)
{
    gal_status st = GAL_OK;
    const gal_galaxy *g = t->g;
    const gal_part *s = g->screen;
    unsigned changed = 0;
    double by_own, by_redshift, by_cosmo[GAL_COSMO_FREE];
    gal_model_age_slopes(g, theta, &by_own, &by_redshift, by_cosmo);
    double dage = by_own * dtheta[P_AGE] + by_redshift * dtheta[P_REDSHIFT];
    for (size_t i = 0; i < g->ncosmo; i++)
        dage += by_cosmo[i] * dtheta[g->cosmo_par + i];
    bool history = dage != 0;
    if (g->grid->whole)
        GAL_THROW(GAL_EUNSUP, "derivatives: along a direction they are not on the nodes of a plan");
    memcpy(t->along, dtheta, g->npar * sizeof *dtheta);
    memcpy(t->theta, theta, g->npar * sizeof *theta);
    tangent_view_zero(&t->d->view);
    t->d->view.age = dage;
    t->d->view.redshift = dtheta[P_REDSHIFT];
    for (size_t i = 0; i < g->sfh.npar; i++)
        history = history || dtheta[P_SFH + i] != 0;
    double tau = s && s->class->tau_esc ? theta[s->par + (size_t)s->class->tau_esc - 1] : 0;
    double dtau = s && s->class->tau_esc ? dtheta[s->par + (size_t)s->class->tau_esc - 1] : 0;
    changed |= dtheta[P_REDSHIFT] != 0 ? GAL_NEED_REDSHIFT : 0;
    changed |= dage != 0 ? GAL_NEED_AGE : 0;
    changed |= history ? GAL_NEED_HISTORY | GAL_NEED_STARS | GAL_NEED_SN : dtau != 0 ? GAL_NEED_STARS : 0;
    tangent_zero((double *[2]){t->d->s0, t->d->s1}, 2, g->grid->n);
    if (changed & GAL_NEED_STARS)
        GAL_TRY(stars(t, w, theta, tau, dtau));
    GAL_TRY(before_dust(t, w, theta, &changed));
    light(t, w);
    if (changed & (GAL_NEED_STARS | GAL_NEED_GAS | GAL_NEED_SCREEN))
        changed |= GAL_NEED_ABSORBED;
    GAL_TRY(after_dust(t, w, theta, changed));
out:
    return st;
}

gal_status gal_tangent_photometry(gal_tangent *t, gal_galaxy_ws *w, gal_phot *p, const double *theta,
                                  const double *dtheta, double *dflux)
{
    gal_status st = GAL_OK;
    const gal_galaxy *g = t->g;
    size_t n = g->grid->n, nb = gal_phot_nbands(p);
    double *lum = t->keep, *flux = NULL, factor, dz = dtheta[P_REDSHIFT];
    GAL_TRY(gal_galaxy_eval(g, w, theta));
    GAL_TRY(gal_tangent_along(t, w, theta, dtheta));
    GAL_TRY(gal_galaxy_flux_factor(g, theta, &factor));
    GAL_TRY(gal_phot_weights(p, theta[P_REDSHIFT], gal_galaxy_phot_rule(g)));
    const double *total = w->lum[GAL_COMP_TOTAL], *dtotal = t->d->lum[GAL_COMP_TOTAL];
    for (size_t k = 0; k < n; k++)
        lum[k] = w->trans ? dtotal[k] * w->trans[k] + total[k] * t->d->trans[k] : dtotal[k];
    gal_phot_apply(p, lum, factor, dflux);
    double slope = gal_galaxy_flux_along(g, theta, dtheta);
    if (dz == 0 && slope == 0)
        goto out;
    if (!(flux = GAL_NEWN(double, 2 * nb)))
        GAL_TRY(GAL_ENOMEM);
    for (size_t k = 0; k < n; k++)
        lum[k] = w->trans ? total[k] * w->trans[k] : total[k];
    gal_phot_apply(p, lum, factor, flux);
    gal_phot_redshift(p, lum, factor, flux + nb);
    for (size_t b = 0; b < nb; b++)
        dflux[b] += slope * flux[b] + dz * flux[nb + b];
out:
    gal_free(flux);
    return st;
}
