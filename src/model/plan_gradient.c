/* Derivatives of a plan's bands: those of the reduced galaxy, which is one as any other, from the sums that the bands are. */
#include "model/plan_int.h"

#include <string.h>

/* gflux times the sum's weights, to the nodes; through: what the transmission changes, or NULL */
static void sum_back(const plan_sum *s, const double *weight, double g, const double *lum, const double *trans,
                     double *glum, double *gtrans)
{
    for (size_t i = 0; i < s->n; i++) {
        size_t k = s->node[i];
        double x = g * weight[i];
        glum[k] += trans ? x * trans[k] : x;
        if (trans)
            gtrans[k] += x * lum[k];
    }
}

/* The redshift moves fluxes in proportion, and weights of `rest`; those of the stars: gal_mix_slope. */
static void redshift_back(const gal_plan *p, const gal_plan_ws *w, const double *theta, const double *gflux,
                          double factor, double *gtheta)
{
    const gal_galaxy_ws *ws = w->ws;
    const double *trans = ws->trans, *rest = ws->lum[GAL_COMP_TOTAL], *stars = ws->lum[GAL_COMP_EXTINCT];
    const double *weight = w->weight, *slope = w->weight + p->nrest;
    double growth = gal_galaxy_flux_slope(p->whole, theta), sum = 0;
    for (size_t b = 0; b < p->nfilter; b++) {
        const plan_sum *r = &p->rest[b], *s = &p->star[b];
        double y = 0;
        for (size_t i = 0; i < s->n; i++)
            y += growth * stars[s->node[i]] * (trans ? trans[s->node[i]] : 1);
        for (size_t i = 0; i < r->n; i++)
            y += (growth * weight[i] + slope[i]) * rest[r->node[i]] * (trans ? trans[r->node[i]] : 1);
        weight += r->n;
        slope += r->n;
        sum += gflux[b] * factor * y;
    }
    gtheta[P_REDSHIFT] += sum;
}

gal_status gal_plan_gradient(const gal_plan *p, gal_plan_ws *w, const double *theta, const bool *wanted,
                             const double *gflux, double *gtheta)
{
    gal_status st = GAL_OK;
    if (p->span) {
        gal_plan *panel;
        gal_plan_ws *at;
        st = plan_panel_ws(p, w, theta[P_REDSHIFT], &panel, &at);
        return st == GAL_OK ? gal_plan_gradient(panel, at, theta, wanted, gflux, gtheta) : st;
    }
    gal_galaxy_ws *ws = w->ws;
    double factor;
    if (!w->tangent)
        GAL_TRY(gal_tangent_create(&w->tangent, p->reduced));
    gal_tangent *t = w->tangent;
    if (!gal_tangent_backward(t))
        GAL_THROW(GAL_EUNSUP, "plan: a component of the galaxy has derivatives along directions only");
    GAL_TRY(gal_galaxy_flux_factor(p->whole, theta, &factor));
    GAL_TRY(gal_galaxy_eval(p->reduced, ws, theta));
    gal_tangent_want(t, wanted);
    adjoint_clear(t);
    memset(gtheta, 0, p->whole->npar * sizeof *gtheta);
    const double *stars = ws->lum[GAL_COMP_EXTINCT], *rest = ws->lum[GAL_COMP_TOTAL], *trans = ws->trans;
    double *gtrans = t->d->trans;
    if (p->nknot) {
        plan_rest_weights(p, theta[P_REDSHIFT], w->weight, w->weight + p->nrest);
        if (t->wanted[P_REDSHIFT])
            redshift_back(p, w, theta, gflux, factor, gtheta);
    }
    const double *weight = w->weight;
    double sum = 0;
    for (size_t b = 0; b < p->nfilter; b++) {
        double g = gflux[b] * factor;
        const plan_sum *s = &p->star[b], *r = &p->rest[b];
        const double *wr = p->nknot ? weight : r->weight;
        weight += p->nknot ? r->n : 0;
        if (g == 0)
            continue;
        sum_back(s, s->weight, g, stars, trans, t->d->lum[GAL_COMP_EXTINCT], gtrans);
        sum_back(r, wr, g, rest, trans, t->d->lum[GAL_COMP_TOTAL], gtrans);
    }
    for (size_t k = 0; k < p->reduced->grid->n; k++)
        sum += t->d->lum[GAL_COMP_EXTINCT][k] * stars[k] + t->d->lum[GAL_COMP_TOTAL][k] * rest[k];
    gal_galaxy_flux_back(p->whole, theta, t->wanted, sum, gtheta);
    GAL_TRY(adjoint_light(t, ws, theta, gtheta));
out:
    return st;
}
