/* Derivatives backward: from light to all parameters, the transpose of tangent.c, stage by stage in the opposite order. t->d holds
 * derivatives with respect to what it is named for. A component that reads spectra and has no transpose of its own is done forward,
 * parameter by parameter, and the rest with it. */
#include "csp/csp_kern.h"
#include "model/tangent_int.h"

#include <math.h>
#include <string.h>

bool gal_galaxy_backward(const gal_galaxy *g)
{
    bool all = true;
    for (size_t i = 0; i < g->npart; i++)
        all = all && adjoint_able(&g->part[i]);
    return all;
}

bool gal_tangent_backward(const gal_tangent *t)
{
    return gal_galaxy_backward(t->g);
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
        double s = along[i] = tangent_size(&g->par[i], theta[i]);
        gtheta[i] = 0;
        if (!(i == P_AGE ? t->own_age : t->wanted[i]) || (i == P_DISTANCE && theta[i] == 0)) /* from the redshift */
            s = along[i] = 0;
        if (s != 0)
            GAL_TRY(gal_tangent_photometry(t, w, p, theta, along, change));
        for (size_t b = 0; s != 0 && b < nb; b++)
            gtheta[i] += gflux[b] * change[b] / s;
        along[i] = 0;
    }
out:
    gal_free(change);
    gal_free(along);
    return st;
}

void adjoint_clear(gal_tangent *t)
{
    gal_galaxy_ws *d = t->d;
    gal_screen *a = &d->screen;
    tangent_view_zero(&d->view);
    a->av_mc = a->av_dd = 0;
    tangent_zero((double *[8]){d->lum[GAL_COMP_EXTINCT], d->lum[GAL_COMP_TOTAL], a->att_mc, a->abs_mc, a->att_dd,
                               a->abs_dd, d->s0, d->s1},
                 8, t->g->grid->n);
    memset(d->line, 0, t->g->nlines * sizeof *d->line);
    memset(d->seen, 0, t->g->nlines * sizeof *d->seen);
    if (d->trans)
        memset(d->trans, 0, t->g->grid->n * sizeof *d->trans);
}

/* ------------------------------------------------------------------ the history and its numbers */
/* Until the end of adjoint_light gtheta[P_AGE] is by the age [yr], whatever parameter 0 is: so are steps beside the point. */
static void with_age(gal_tangent *t, const double *theta)
{
    memcpy(t->theta, theta, t->g->npar * sizeof *theta);
    t->theta[P_AGE] = gal_galaxy_age(t->g, theta);
}

static const gal_param *history_par(const gal_galaxy *g, size_t k)
{
    return k == P_AGE ? gal_onset_param(GAL_ONSET_AGE) : &g->par[k];
}

/* Gas, dust and rate of the history: exactly where it has that, else by differences of it, in each of its parameters and the age. Without a
 * table of surviving mass that is made of the history, too: by differences. */
static gal_status contents_back(gal_tangent *t, const gal_galaxy_ws *w, const double *theta, double tau, double *gtheta)
{
    gal_status st = GAL_OK;
    const gal_galaxy *g = t->g;
    const gal_view *v0 = &t->d->view;
    gal_history *h = &t->x->history;
    gal_sfh_content by = {.sfr = v0->sfr, .mgas = v0->mgas, .mdust = v0->mdust, .zgas = v0->zgas};
    bool left = !g->o.ssp->mass && v0->mstar != 0;
    if (by.zgas == 0 && by.mgas == 0 && by.mdust == 0 && by.sfr == 0 && !left)
        return GAL_OK;
    if (!t->force && gal_history_content_vjp(&w->history, -0.85, &w->content, &by, gtheta + P_SFH, &gtheta[P_AGE])) {
        by = (gal_sfh_content){0};
        if (!left)
            return GAL_OK;
    }
    with_age(t, theta);
    for (size_t i = 0; i <= g->sfh.npar; i++) {
        size_t k = i < g->sfh.npar ? P_SFH + i : P_AGE;
        double v = t->theta[k], step = TANGENT_STEP * tangent_size(history_par(g, k), v), returned[2] = {0, 0};
        gal_sfh_content c[2];
        if (!t->wanted[k])
            continue;
        for (int q = 0; q < 2; q++) {
            t->theta[k] = v + (q ? -step : step);
            GAL_TRY(gal_history_set(h, t->theta + P_SFH, t->theta[P_AGE]));
            gal_history_content(h, -0.85, &c[q]);
            if (left) {
                gal_csp_weights(&t->x->csp, h, tau, false);
                returned[q] = t->x->csp.returned;
            }
        }
        t->theta[k] = v;
        gtheta[k] += (by.zgas * (c[0].zgas - c[1].zgas) + by.mgas * (c[0].mgas - c[1].mgas) +
                      by.mdust * (c[0].mdust - c[1].mdust) + by.sfr * (c[0].sfr - c[1].sfr) -
                      v0->mstar * (returned[0] - returned[1])) /
                     (2 * step);
    }
out:
    return st;
}

/* Numbers of the stars that are sums over spectra: to gs0, gs1. On a plan's nodes they are sums over cells. */
static void numbers_back(gal_tangent *t, double tau)
{
    const gal_model_grid *grid = t->g->grid;
    gal_galaxy_ws *d = t->d;
    const gal_view *v = &d->view;
    if (grid->whole)
        return;
    for (size_t k = 0; v->bol != 0 && k < grid->n; k++)
        d->s0[k] += v->bol * grid->tw[k];
    for (size_t k = 0; v->qh != 0 && k < grid->n_photons; k++)
        d->s0[k] += v->qh * grid->photons[k];
    for (size_t k = 0; v->qhei != 0 && k < grid->n_photons_he; k++)
        d->s0[k] += v->qhei * grid->photons_he[k];
    for (size_t k = 0; v->qh_clouds != 0 && tau > 0 && k < grid->n_photons; k++)
        d->s1[k] += v->qh_clouds * grid->photons[k];
    for (size_t k = 0; v->lyman != 0 && k < grid->n_lyman; k++)
        d->s0[k] += v->lyman * grid->tw[k];
}

/* Derivatives with respect to the columns of the SSP table, from those with respect to the spectra of the stars. */
static void columns_back(gal_tangent *t, double z, const double **g0, const double **g1)
{
    const gal_model_grid *grid = t->g->grid;
    gal_galaxy_ws *d = t->d;
    *g0 = d->s0;
    *g1 = d->s1;
    if (grid->same)
        return;
    size_t nwave = t->g->o.ssp->nwave, own = grid->common ? nwave : 0;
    memset(d->t0, 0, (nwave + grid->common_stride) * sizeof *d->t0);
    memset(d->t1, 0, (nwave + grid->common_stride) * sizeof *d->t1);
    for (size_t j = 0; grid->whole && j < grid->ncol; j++) {
        d->t0[own + j] = d->s0[grid->gj[j]];
        d->t1[own + j] = d->s1[grid->gj[j]];
    }
    if (grid->mix)
        gal_mix_back(grid->mix, z, d->s0, d->s1, d->t0, d->t1);
    for (size_t k = 0; !grid->whole && k < grid->n; k++) {
        size_t j = grid->gj[k];
        d->t0[j] += grid->ga[k] * d->s0[k];
        d->t0[j + 1] += grid->gb[k] * d->s0[k];
        d->t1[j] += grid->ga[k] * d->s1[k];
        d->t1[j + 1] += grid->gb[k] * d->s1[k];
    }
    *g0 = d->t0;
    *g1 = d->t1;
}

/* Of a history without derivatives: differences of its weights, in each parameter. */
static gal_status weights_by_differences(gal_tangent *t, const double *theta, double tau, size_t at, double *gtheta)
{
    gal_status st = GAL_OK;
    const gal_galaxy *g = t->g;
    const gal_csp_diff *d = &t->weights;
    gal_galaxy_ws *x = t->x;
    size_t nw = g->o.ssp->nz * g->o.ssp->nage;
    with_age(t, theta);
    for (size_t i = 0; i < g->sfh.npar + 2; i++) {
        size_t k = i < g->sfh.npar ? P_SFH + i : i == g->sfh.npar ? P_AGE : at;
        if (!k && i > g->sfh.npar)
            continue; /* no clouds */
        double v = t->theta[k], step = TANGENT_STEP * tangent_size(history_par(g, k), v), sum[2] = {0, 0};
        for (int q = 0; t->wanted[k] && q < 2; q++) {
            t->theta[k] = v + (q ? -step : step);
            GAL_TRY(gal_history_set(&x->history, t->theta + P_SFH, t->theta[P_AGE]));
            gal_csp_weights(&x->csp, &x->history, k == at && at ? t->theta[k] : tau, false);
            sum[q] = d->formed * x->csp.formed + d->age_mass * x->csp.age_mass + d->z_mass * x->csp.z_mass;
            for (size_t j = 0; j < nw; j++)
                sum[q] += d->w0[j] * x->csp.w0[j] + d->w1[j] * x->csp.w1[j];
        }
        t->theta[k] = v;
        gtheta[k] += (sum[0] - sum[1]) / (2 * step);
    }
out:
    return st;
}

/* Weights, then the history; at: index of the escape time, 0 = no clouds */
static gal_status stars_back(gal_tangent *t, const gal_galaxy_ws *w, const double *theta, double tau, size_t at,
                             double *gtheta)
{
    const gal_galaxy *g = t->g;
    const gal_model_grid *grid = g->grid;
    const gal_ssp *ssp = g->o.ssp;
    const gal_csp *c = &w->csp;
    const gal_view *gv = &t->d->view;
    const struct csp_kern *kern = GAL_KERN_PICK(csp_kern);
    gal_csp_diff *d = &t->weights;
    const double *g0, *g1;
    size_t nw = ssp->nz * ssp->nage;
    char buf[80];
    bool exact = !t->force && !gal_sfh_lacks_slopes(&g->sfh, buf, sizeof buf);
    columns_back(t, theta[P_REDSHIFT], &g0, &g1);
    memset(d->w0, 0, 2 * nw * sizeof *d->w0);
    double formed = c->formed > 0 ? c->formed : 1; /* zstar = z_mass/formed, age_mass = age_mass/formed */
    d->z_mass = gv->zstar / formed;
    d->age_mass = gv->age_mass / formed;
    d->formed = -(gv->zstar * w->view.zstar + gv->age_mass * w->view.age_mass) / formed + (ssp->mass ? 0 : gv->mstar);
    for (size_t iz = 0; iz < ssp->nz;
         iz++) { /* what has no weight now may have some beside it where it is differenced */
        size_t first = iz * ssp->nage + (exact ? c->first[iz] : 0),
               count = exact ? c->last[iz] - c->first[iz] : ssp->nage, end = first + count;
        size_t nu = grid->common ? 2 : c->frac_u > 0 ? 2 : 1;
        for (size_t u = 0; u < nu; u++) {
            bool common = u && grid->common;
            size_t stride = common ? grid->common_stride : ssp->nwave, to = common ? ssp->nwave : 0;
            const float *l = common ? grid->common + first * stride : ssp->lum + ((c->iu + u) * nw + first) * stride;
            double fu = common ? 1 : u ? c->frac_u : 1 - c->frac_u, *all = t->keep, *clouds = all + ssp->nage;
            kern->back(count, stride, g0 + to, g1 + to, l, exact ? c->w1 + first : NULL, all, clouds);
            for (size_t i = 0; i < count; i++) {
                d->w0[first + i] += fu * all[i];
                d->w1[first + i] += fu * clouds[i];
            }
        }
        for (size_t i = first; i < end; i++) {
            d->w0[i] += gv->sn_rate * (double)grid->sn[i] + (ssp->mass ? gv->mstar * (double)ssp->mass[i] : 0);
            if (!grid->whole)
                continue;
            d->w0[i] += gv->bol * (double)grid->cell_bol[i] + gv->lyman * (double)grid->cell_lyman[i] +
                        GAL_CELL_PHOTONS * (gv->qh * (double)grid->cell_qh[i] + gv->qhei * (double)grid->cell_qhei[i]);
            d->w1[i] += GAL_CELL_PHOTONS * gv->qh_clouds * (double)grid->cell_qh[i];
        }
    }
    if (!exact)
        return weights_by_differences(t, theta, tau, at, gtheta);
    double gtau = 0;
    gal_status st = gal_history_set(&t->x->history, theta + P_SFH, gal_galaxy_age(t->g, theta));
    if (st == GAL_OK)
        st = gal_csp_weights_vjp(&t->x->csp, &t->x->history, tau, d, gtheta + P_SFH, &gtheta[P_AGE], &gtau);
    if (at)
        gtheta[at] += gtau;
    return st;
}

/* ------------------------------------------------------------------ light through dust */
/* cloud = abs_mc s1, out = att_dd (s0 - cloud), e_mc = tw cloud, e_dd = tw abs_dd (s0 - cloud); of the Lyman continuum `left` of each, and
 * to_dust more for the powers: derivatives with respect to those. */
static void stars_through_dust(gal_tangent *t, const gal_galaxy_ws *w, double left, double to_dust, bool gas,
                               double *gleft, double *gto_dust)
{
    const gal_galaxy *g = t->g;
    gal_galaxy_ws *d = t->d;
    const double *tw = g->grid->tw_stars, *gout = d->lum[GAL_COMP_EXTINCT];
    const gal_screen *a = &w->screen;
    gal_screen *ga = &d->screen;
    double e_mc = d->view.e_mc, e_dd = d->view.e_dd;
    size_t m = left < 1 || gas ? g->grid->n_lyman : 0;
    *gleft = *gto_dust = 0;
    if (!(left < 1)) /* nothing of it is used, to_dust included */
        to_dust = 0;
    for (size_t k = 0; k < g->grid->n; k++) {
        double cloud = a->abs_mc[k] * w->s1[k], rest = w->s0[k] - cloud, share = k < m ? left : 1;
        double grest = gout[k] * a->att_dd[k] + e_dd * tw[k] * a->abs_dd[k], gcloud = e_mc * tw[k] - grest;
        if (k < m) {
            *gleft += grest * rest + e_mc * tw[k] * cloud;
            *gto_dust += tw[k] * (e_mc * w->s1[k] + e_dd * (w->s0[k] - w->s1[k]));
            d->s0[k] += to_dust * tw[k] * e_dd;
            d->s1[k] += to_dust * tw[k] * (e_mc - e_dd);
        }
        d->s0[k] += share * grest;
        d->s1[k] += share * gcloud * a->abs_mc[k];
        ga->abs_mc[k] += share * gcloud * w->s1[k];
        ga->att_dd[k] += share * gout[k] * rest;
        ga->abs_dd[k] += share * e_dd * tw[k] * rest;
    }
}

/* The same of a source's light, to t->d->part[i].raw, and to in_clouds and dust_ratio */
static void source_through_dust(gal_tangent *t, const gal_galaxy_ws *w, size_t i, gal_source *gs)
{
    const gal_galaxy *g = t->g;
    const gal_part *p = &g->part[i];
    gal_galaxy_ws *d = t->d;
    const gal_source *s = &w->part[i].source;
    const gal_screen *a = &w->screen;
    gal_screen *ga = &d->screen;
    const double *tw = g->grid->tw_sources, *gout = d->lum[GAL_COMP_TOTAL];
    double eta = s->in_clouds, r = s->dust_ratio, e_mc = d->view.e_mc, e_dd = d->view.e_dd;
    bool ratio = adjoint_wants(t, p->par, p->npar);
    for (size_t c = 0; c < p->nlum; c++) {
        const double *raw = w->part[i].raw[c];
        double *graw = d->part[i].raw[c];
        for (size_t k = 0; k < g->grid->n; k++) {
            double att = a->att_dd[k], dark = a->abs_dd[k], shade = eta * a->abs_mc[k], rest = raw[k] * (1 - shade);
            if (gout[k] == 0 && tw[k] == 0) { /* a plan's node of something else */
                graw[k] = 0;
                continue;
            }
            double gatt = gout[k] * rest, gdark = e_dd * tw[k] * rest;
            if (r != 1 || ratio) {
                double ln = att > 0 ? (dark < 0.5 ? log1p(-dark) : log(att)) : 0, now = att > 0 ? exp(r * ln) : 0;
                double gln = r != 1 ? (gatt - gdark) * now : gatt * att - gdark * (1 - dark);
                gs->dust_ratio += gln * ln;
                if (r != 1) { /* att^r: from its logarithm to what has the digits of it */
                    gatt = att > 0 && !(dark < 0.5) ? gln * r / att : 0;
                    gdark = att > 0 && dark < 0.5 ? -gln * r / att : 0;
                    dark = att > 0 ? -expm1(r * ln) : 1;
                    att = now;
                }
            }
            double grest = gout[k] * att + e_dd * tw[k] * dark, gcloud = e_mc * tw[k] - grest;
            graw[k] = grest + gcloud * shade;
            gs->in_clouds += gcloud * raw[k] * a->abs_mc[k];
            ga->abs_mc[k] += gcloud * eta * raw[k];
            ga->att_dd[k] += gatt;
            ga->abs_dd[k] += gdark;
        }
    }
}

/* Its lines as they are seen, between two nodes: seen = line (1 - in_clouds abs_mc) att_dd^ratio */
static void lines_through_dust(gal_tangent *t, const gal_galaxy_ws *w, size_t i, gal_source *gs)
{
    const gal_galaxy *g = t->g;
    const gal_part *p = &g->part[i];
    const gal_screen *a = &w->screen;
    gal_screen *ga = &t->d->screen;
    double eta = w->part[i].source.in_clouds, r = w->part[i].source.dust_ratio;
    for (size_t l = p->line; !g->grid->whole && l < p->line + p->class->nlines; l++) {
        size_t k = g->line_at[l].k;
        double f = g->line_at[l].f, gseen = t->d->seen[l], line = w->line[l];
        double mc = a->abs_mc[k] + f * (a->abs_mc[k + 1] - a->abs_mc[k]), left = 1 - eta * mc;
        double dd = a->att_dd[k] + f * (a->att_dd[k + 1] - a->att_dd[k]), att = r == 1 ? dd : pow(dd, r);
        if (gseen == 0)
            continue;
        double gmc = -gseen * line * eta * att, gdd = dd > 0 ? gseen * line * left * r * att / dd : 0;
        t->d->line[l] = gseen * left * att;
        gs->in_clouds -= gseen * line * mc * att;
        gs->dust_ratio += dd > 0 ? gseen * line * left * att * log(dd) : 0;
        ga->abs_mc[k] += (1 - f) * gmc;
        ga->abs_mc[k + 1] += f * gmc;
        ga->att_dd[k] += (1 - f) * gdd;
        ga->att_dd[k + 1] += f * gdd;
    }
}

static gal_status light_back(gal_tangent *t, gal_galaxy_ws *w, const double *theta, gal_source *gs, double *gtheta)
{
    gal_status st = GAL_OK;
    const gal_galaxy *g = t->g;
    double left = 1, to_dust = 0, gleft, gto_dust;
    bool gas = false;
    for (size_t i = 0; i < g->npart; i++)
        if (g->part[i].class->source) {
            left *= w->part[i].source.lyc_left;
            to_dust += w->part[i].source.lyc_dust;
            gas = gas || adjoint_wants(t, g->part[i].par, g->part[i].npar);
        }
    for (size_t i = 0; i < g->npart; i++) {
        gs[i] = (gal_source){0};
        if (!g->part[i].class->source)
            continue;
        lines_through_dust(t, w, i, &gs[i]);
        source_through_dust(t, w, i, &gs[i]);
    }
    stars_through_dust(t, w, left, to_dust, gas, &gleft, &gto_dust);
    for (size_t i = 0; i < g->npart; i++) {
        if (!g->part[i].class->source)
            continue;
        double others = 1;
        for (size_t j = 0; j < g->npart; j++)
            if (j != i && g->part[j].class->source)
                others *= w->part[j].source.lyc_left;
        gs[i].lyc_left = gleft * others;
        gs[i].lyc_dust = gto_dust;
    }
    if (g->screen)
        GAL_TRY(adjoint_screen(t, w, (size_t)(g->screen - g->part), theta, gtheta));
    for (size_t i = g->npart; i-- > 0;)
        if (g->part[i].class->source)
            GAL_TRY(adjoint_source(t, w, i, theta, &gs[i], gtheta));
out:
    return st;
}

/* ------------------------------------------------------------------ what is added after the dust, and transmissions */
static gal_status transmissions_back(gal_tangent *t, gal_galaxy_ws *w, const double *theta, double *gtheta)
{
    gal_status st = GAL_OK;
    const gal_galaxy *g = t->g;
    size_t n = g->grid->n, count = 0;
    double *value = t->x->flux, *gt = t->d->flux;
    for (size_t i = 0; i < g->npart; i++)
        count += g->part[i].class->transmit != NULL;
    for (size_t i = 0; i < g->npart; i++) {
        const gal_part *p = &g->part[i];
        const double *here = w->trans;
        if (!p->class->transmit ||
            !(adjoint_wants(t, p->par, p->npar) || (p->class->needs & t->live & ~GAL_NEED_SCREEN)))
            continue;
        memcpy(gt, t->d->trans, n * sizeof *gt);
        if (count > 1) { /* of the product: the others as they are */
            gal_stage s = gal_stage_of(g, w, i, theta);
            GAL_TRY(p->class->transmit(&s, value));
            for (size_t k = 0; k < n; k++)
                gt[k] *= value[k] > 0 ? w->trans[k] / value[k] : 0;
            here = value;
        }
        GAL_TRY(adjoint_transmit(t, w, i, theta, here, gt, gtheta));
    }
out:
    return st;
}

gal_status adjoint_light(gal_tangent *t, gal_galaxy_ws *w, const double *theta, double *gtheta)
{
    gal_status st = GAL_OK;
    const gal_galaxy *g = t->g;
    const gal_part *screen = g->screen;
    gal_source gs[MAXCOMP];
    gal_galaxy_ws *d = t->d;
    size_t at = screen && screen->class->tau_esc ? screen->par + (size_t)screen->class->tau_esc - 1 : 0;
    double tau = at ? theta[at] : 0;
    if (w->trans)
        GAL_TRY(transmissions_back(t, w, theta, gtheta));
    for (int dust = 0; dust < 2; dust++)
        for (size_t i = g->npart; i-- > 0;)
            if (dust ? g->part[i].reemit : g->part[i].class->emit != NULL)
                GAL_TRY(adjoint_emission(t, w, i, dust, theta, d->lum[GAL_COMP_TOTAL], gtheta));
    GAL_TRY(light_back(t, w, theta, gs, gtheta));
    gtheta[P_REDSHIFT] += d->view.redshift;
    if (g->grid->mix && t->wanted[P_REDSHIFT])
        gtheta[P_REDSHIFT] += gal_mix_slope(g->grid->mix, theta[P_REDSHIFT], w->t0, w->t1, d->s0, d->s1);
    if (t->live & GAL_NEED_HISTORY) {
        numbers_back(t, tau);
        GAL_TRY(contents_back(t, w, theta, tau, gtheta));
        GAL_TRY(stars_back(t, w, theta, tau, at, gtheta));
        gtheta[P_AGE] += d->view.age;
        if (at)
            gtheta[at] += d->view.tau_esc;
    }
    double by_own, by_redshift, by_cosmo[GAL_COSMO_FREE];
    gal_model_age_slopes(g, theta, &by_own, &by_redshift, by_cosmo);
    for (size_t i = 0; i < g->ncosmo; i++)
        gtheta[g->cosmo_par + i] += by_cosmo[i] * gtheta[P_AGE];
    gtheta[P_REDSHIFT] += by_redshift * gtheta[P_AGE];
    gtheta[P_AGE] *= by_own;
    for (size_t i = 0; i < g->npar; i++)
        gtheta[i] = (i == P_AGE ? t->own_age : t->wanted[i]) ? gtheta[i] : 0;
out:
    return st;
}

/* ------------------------------------------------------------------ bands */
/* Redshift and distance move bands and fluxes of the same light. */
static gal_status bands_back(gal_tangent *t, gal_phot *p, const double *theta, const double *gflux, const double *lum,
                             double *gtheta)
{
    gal_status st = GAL_OK;
    const gal_galaxy *g = t->g;
    size_t nb = gal_phot_nbands(p);
    double *flux = GAL_NEWN(double, 2 * nb + 1), factor;
    double sum = 0;
    if (!flux)
        return GAL_ENOMEM;
    GAL_TRY(gal_galaxy_flux_factor(g, theta, &factor));
    GAL_TRY(gal_phot_weights(p, theta[P_REDSHIFT], gal_galaxy_phot_rule(g)));
    gal_phot_apply(p, lum, factor, flux);
    for (size_t b = 0; b < nb; b++)
        sum += gflux[b] * flux[b];
    gal_galaxy_flux_back(g, theta, t->wanted, sum, gtheta);
    if (t->wanted[P_REDSHIFT]) {
        gal_phot_redshift(p, lum, factor, flux + nb);
        gtheta[P_REDSHIFT] += gal_galaxy_flux_slope(g, theta) * sum;
        for (size_t b = 0; b < nb; b++)
            gtheta[P_REDSHIFT] += gflux[b] * flux[nb + b];
    }
    memset(t->d->lum[GAL_COMP_TOTAL], 0, g->grid->n * sizeof(double));
    gal_phot_back(p, gflux, factor, t->d->lum[GAL_COMP_TOTAL]);
out:
    gal_free(flux);
    return st;
}

gal_status gal_tangent_gradient_light(gal_tangent *t, gal_galaxy_ws *w, gal_phot *p, const double *theta,
                                      const double *gflux, const gal_light_slopes *more, double *gtheta)
{
    gal_status st = GAL_OK;
    const gal_galaxy *g = t->g;
    if (!gal_tangent_backward(t) && more)
        return gal_fail(GAL_EUNSUP, "derivatives: a component of the galaxy has them along directions only");
    if (!gal_tangent_backward(t))
        return one_by_one(t, w, p, theta, gflux, gtheta);
    gal_galaxy_ws *d = t->d;
    size_t n = g->grid->n;
    double *glum = d->lum[GAL_COMP_TOTAL];
    const double *total = w->lum[GAL_COMP_TOTAL];
    memset(gtheta, 0, g->npar * sizeof *gtheta);
    GAL_TRY(gal_galaxy_eval(g, w, theta));
    adjoint_clear(t);
    for (size_t k = 0; w->trans && k < n; k++)
        w->flux[k] = total[k] * w->trans[k];
    if (p)
        GAL_TRY(bands_back(t, p, theta, gflux, w->trans ? w->flux : total, gtheta));
    for (size_t k = 0; w->trans && k < n; k++) {
        d->trans[k] = glum[k] * total[k];
        glum[k] *= w->trans[k];
    }
    for (size_t k = 0; more && k < n; k++) {
        glum[k] += more->lum[k];
        if (w->trans)
            d->trans[k] += more->trans[k];
    }
    if (more)
        memcpy(d->seen, more->seen, g->nlines * sizeof *d->seen);
    memcpy(d->lum[GAL_COMP_EXTINCT], glum, n * sizeof *glum);
    GAL_TRY(adjoint_light(t, w, theta, gtheta));
out:
    return st;
}

gal_status gal_tangent_gradient(gal_tangent *t, gal_galaxy_ws *w, gal_phot *p, const double *theta, const double *gflux,
                                double *gtheta)
{
    return gal_tangent_gradient_light(t, w, p, theta, gflux, NULL, gtheta);
}
