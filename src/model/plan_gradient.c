/* Derivatives of a plan's bands: those of the reduced galaxy, which is one as any other, from the sums that the bands are. */
#include "model/plan_int.h"

#include <string.h>

/* gflux times the sum's weights, to the nodes; through: what the transmission changes, or NULL */
static void sum_back(const plan_sum *s, double g, const double *lum, const double *trans, double *glum, double *gtrans)
{
    for (size_t i = 0; i < s->n; i++) {
        size_t k = s->node[i];
        double x = g * s->weight[i];
        glum[k] += trans ? x * trans[k] : x;
        if (trans)
            gtrans[k] += x * lum[k];
    }
}

gal_status gal_plan_gradient(const gal_plan *p, gal_plan_ws *w, const double *theta, const bool *wanted,
                             const double *gflux, double *gtheta)
{
    gal_status st = GAL_OK;
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
    bool far = theta[P_DISTANCE] > 0 && t->wanted[P_DISTANCE];
    for (size_t b = 0; b < p->nfilter; b++) {
        double g = gflux[b] * factor;
        if (g == 0)
            continue;
        sum_back(&p->star[b], g, stars, trans, t->d->lum[GAL_COMP_EXTINCT], gtrans);
        sum_back(&p->rest[b], g, rest, trans, t->d->lum[GAL_COMP_TOTAL], gtrans);
    }
    for (size_t k = 0; far && k < p->reduced->grid->n; k++) /* every flux falls as distance^-2 */
        gtheta[P_DISTANCE] -= 2 / theta[P_DISTANCE] *
                              (t->d->lum[GAL_COMP_EXTINCT][k] * stars[k] + t->d->lum[GAL_COMP_TOTAL][k] * rest[k]);
    GAL_TRY(adjoint_light(t, ws, theta, gtheta));
out:
    return st;
}
