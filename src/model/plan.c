/* Plans: making one until its tolerance holds on points that it was not made from, and evaluating it. See galua/plan.h. */
#include "model/plan_int.h"

#include <math.h>
#include <string.h>

static void destroy(gal_plan *p)
{
    if (p->star)
        plan_reduced_clear(p);
    plan_span_clear(p);
    gal_free(p->rest_factor);
    plan_nodes_clear(&p->nodes);
    for (size_t b = 0; b < p->nfilter; b++)
        gal_filter_unref(p->filter[b]);
    gal_free(p->filter);
    gal_free(p->lo);
    gal_free(p->error);
    gal_free(p->star);
    gal_galaxy_unref(p->whole);
    gal_free(p);
}

gal_plan *gal_plan_ref(gal_plan *p)
{
    __atomic_fetch_add(&p->refs, 1, __ATOMIC_RELAXED);
    return p;
}

void gal_plan_unref(gal_plan *p)
{
    if (p && __atomic_fetch_sub(&p->refs, 1, __ATOMIC_ACQ_REL) == 1)
        destroy(p);
}

gal_plan_info gal_plan_describe(const gal_plan *p)
{
    return p->info;
}

const double *gal_plan_error(const gal_plan *p)
{
    return p->error;
}

bool gal_plan_covers(const gal_plan *p, const double *theta)
{
    for (size_t k = 0; k < p->whole->npar; k++)
        if (k != P_DISTANCE && !(theta[k] >= p->lo[k] && theta[k] <= p->hi[k]))
            return false;
    return !p->span || p->panel[plan_panel_index(p, theta[P_REDSHIFT])];
}

/* ------------------------------------------------------------------ evaluation */
gal_status gal_plan_ws_create(gal_plan_ws **out, const gal_plan *p)
{
    gal_plan_ws *w = GAL_NEW(gal_plan_ws);
    *out = NULL;
    if (!w)
        return GAL_ENOMEM;
    gal_status st = GAL_OK;
    w->npanel = p->npanel;
    if (p->span)
        w->panel = GAL_NEWN(gal_plan_ws *, p->npanel);
    else
        st = gal_galaxy_ws_create(&w->ws, p->reduced);
    if (st == GAL_OK && p->nknot)
        w->weight = GAL_NEWN(double, 2 * p->nrest + 1);
    if ((p->span && !w->panel) || (p->nknot && st == GAL_OK && !w->weight))
        st = GAL_ENOMEM;
    if (st != GAL_OK)
        gal_plan_ws_free(w);
    else
        *out = w;
    return st;
}

void gal_plan_ws_free(gal_plan_ws *w)
{
    if (!w)
        return;
    for (size_t i = 0; w->panel && i < w->npanel; i++)
        gal_plan_ws_free(w->panel[i]);
    gal_free(w->panel);
    gal_free(w->weight);
    gal_tangent_free(w->tangent);
    gal_galaxy_ws_free(w->ws);
    gal_free(w);
}

static double sum(const plan_sum *s, const double *weight, const double *x)
{
    double y = 0;
    for (size_t i = 0; i < s->n; i++)
        y += weight[i] * x[s->node[i]];
    return y;
}

static double sum_through(const plan_sum *s, const double *weight, const double *x, const double *t)
{
    double y = 0;
    for (size_t i = 0; i < s->n; i++)
        y += weight[i] * x[s->node[i]] * t[s->node[i]];
    return y;
}

gal_status plan_panel_ws(const gal_plan *p, gal_plan_ws *w, double z, gal_plan **panel, gal_plan_ws **ws)
{
    size_t i = plan_panel_index(p, z);
    *ws = NULL;
    if (!(*panel = p->panel[i]))
        return gal_fail(GAL_EDOMAIN, "plan: not at redshift %g", z);
    if (!w->panel[i]) {
        gal_status st = gal_plan_ws_create(&w->panel[i], *panel);
        if (st != GAL_OK)
            return st;
    }
    *ws = w->panel[i];
    return GAL_OK;
}

void plan_rest_weights(const gal_plan *p, double z, double *weight, double *slope)
{
    size_t at, n = p->nrest;
    double b[4], db[4];
    gal_mix_splines(p->knot0, p->knot_inv, p->nknot, z, &at, b, slope ? db : NULL);
    const double *f = p->rest_factor + at * n;
    for (size_t i = 0; i < n; i++) {
        weight[i] = b[0] * f[i] + b[1] * f[n + i] + b[2] * f[2 * n + i] + b[3] * f[3 * n + i];
        if (slope)
            slope[i] = db[0] * f[i] + db[1] * f[n + i] + db[2] * f[2 * n + i] + db[3] * f[3 * n + i];
    }
}

gal_status gal_plan_photometry(const gal_plan *p, gal_plan_ws *w, const double *theta, double *flux)
{
    double factor;
    if (p->span) {
        gal_plan *panel;
        gal_plan_ws *ws;
        gal_status st = plan_panel_ws(p, w, theta[P_REDSHIFT], &panel, &ws);
        return st == GAL_OK ? gal_plan_photometry(panel, ws, theta, flux) : st;
    }
    gal_status st = gal_galaxy_flux_factor(p->whole, theta, &factor);
    if (st == GAL_OK)
        st = gal_galaxy_eval(p->reduced, w->ws, theta);
    if (st != GAL_OK)
        return st;
    if (p->nknot)
        plan_rest_weights(p, theta[P_REDSHIFT], w->weight, NULL);
    const double *weight = w->weight;
    const double *stars = w->ws->lum[GAL_COMP_EXTINCT], *rest = w->ws->lum[GAL_COMP_TOTAL], *trans = w->ws->trans;
    for (size_t b = 0; b < p->nfilter; b++) {
        const plan_sum *s = &p->star[b], *r = &p->rest[b];
        const double *wr = p->nknot ? weight : r->weight;
        flux[b] = trans ? sum_through(s, s->weight, stars, trans) + sum_through(r, wr, rest, trans)
                        : sum(s, s->weight, stars) + sum(r, wr, rest);
        if (p->nknot)
            weight += r->n;
        flux[b] *= factor;
        if (!isfinite(flux[b]))
            return gal_fail(GAL_EMATH, "galaxy: the flux in band '%s' is %g", p->filter[b]->name, flux[b]);
    }
    return GAL_OK;
}

/* ------------------------------------------------------------------ making one */
/* Largest error of each band over the check points, c->worst that of each point over the bands. */
gal_status plan_measure(gal_plan *p, plan_checks *c, double *panel)
{
    gal_status st = GAL_OK;
    size_t nb = p->nfilter;
    gal_plan_ws *w = NULL;
    double *flux = GAL_NEWN(double, nb);
    if (!flux)
        return GAL_ENOMEM;
    GAL_TRY(gal_plan_ws_create(&w, p));
    memset(p->error, 0, nb * sizeof *p->error);
    p->info.checked = c->n;
    p->info.error = 0;
    for (size_t i = 0; panel && i < p->npanel * nb; i++)
        panel[i] = 0;
    for (size_t i = 0; i < c->n; i++) {
        size_t at = panel ? plan_panel_index(p, c->theta[i * c->npar + P_REDSHIFT]) : 0;
        c->worst[i] = 0;
        if (panel && !p->panel[at])
            continue;
        bool none = gal_plan_photometry(p, w, c->theta + i * c->npar, flux) != GAL_OK;
        for (size_t k = 0; k < nb; k++) {
            double e = none ? INFINITY : fabs(flux[k] - c->flux[i * nb + k]), scale = c->measure[i * nb + k];
            if (e > 0 && scale > 0) {
                p->error[k] = fmax(p->error[k], e / scale);
                c->worst[i] = fmax(c->worst[i], e / scale);
                if (panel)
                    panel[at * nb + k] = fmax(panel[at * nb + k], e / scale);
            }
        }
        p->info.error = fmax(p->info.error, c->worst[i]);
    }
out:
    gal_free(flux);
    gal_plan_ws_free(w);
    return st;
}

gal_status plan_learn_checks(gal_plan *p, plan_training *t, plan_checks *c)
{
    enum { MOST = 80 };
    size_t taken = 0;
    for (int pass = 0; pass < 2; pass++) {
        double above = p->info.tolerance * (pass == 0 ? 1 : 0.2);
        for (size_t i = 0; i < c->n && taken < MOST; i++) {
            if (!(c->worst[i] > above))
                continue;
            gal_status st = plan_see(t, p, c->theta + i * c->npar);
            if (st != GAL_OK)
                return st;
            plan_learn(t, p);
            if ((st = plan_check_renew(c, i, t, p)) != GAL_OK)
                return st;
            c->worst[i] = 0;
            taken++;
        }
    }
    return GAL_OK;
}

static gal_status usable(const gal_galaxy *g, const gal_plan_opts *o)
{
    gal_compat none = {0};
    if (memcmp(&g->o.compat, &none, sizeof none) != 0)
        return gal_fail(GAL_EUNSUP, "plan: not with a parity choice");
    for (size_t i = 0; i < g->npart; i++)
        if (g->part[i].class->on_nodes == GAL_NODES_WHOLE)
            return gal_fail(GAL_EUNSUP, "plan: %s.%s needs the spectra of the stars", g->part[i].class->group,
                            g->part[i].class->kind);
    if (o->nfilter == 0)
        return gal_fail(GAL_EINVAL, "plan: no bands");
    for (size_t k = 0; k < g->npar; k++)
        if (!(o->lo[k] <= o->hi[k]))
            return gal_fail(GAL_EDOMAIN, "plan: %s spans %g .. %g", g->par[k].name, o->lo[k], o->hi[k]);
    return GAL_OK;
}

/* The object without nodes. */
gal_status plan_empty(gal_plan **out, gal_galaxy *g, const gal_plan_opts *o)
{
    gal_plan *p = *out = GAL_NEW(gal_plan);
    if (!p)
        return GAL_ENOMEM;
    p->refs = 1;
    p->whole = gal_galaxy_ref(g);
    p->filter = GAL_NEWN(gal_filter *, o->nfilter);
    p->lo = GAL_NEWN(double, 2 * g->npar);
    p->error = GAL_NEWN(double, o->nfilter);
    p->star = GAL_NEWN(plan_sum, 2 * o->nfilter);
    if (!p->filter || !p->lo || !p->error || !p->star)
        return GAL_ENOMEM;
    p->hi = p->lo + g->npar;
    p->rest = p->star + o->nfilter;
    for (; p->nfilter < o->nfilter; p->nfilter++)
        p->filter[p->nfilter] = gal_filter_ref(o->filter[p->nfilter]);
    memcpy(p->lo, o->lo, g->npar * sizeof *p->lo);
    memcpy(p->hi, o->hi, g->npar * sizeof *p->hi);
    p->span = o->lo[P_REDSHIFT] < o->hi[P_REDSHIFT];
    p->info.tolerance = o->tolerance > 0 ? o->tolerance : 1e-6;
    return GAL_OK;
}

static gal_status make(gal_plan *p, const gal_plan_opts *o)
{
    enum { ROUNDS = 16 };
    gal_status st = GAL_OK;
    plan_training train = {0};
    plan_nodes nodes = {0};
    plan_checks checks = {0};
    double asked = p->info.tolerance;
    GAL_TRY(plan_train(&train, p, o));
    GAL_TRY(plan_checks_make(&checks, p, o));
    for (int round = 0; round < ROUNDS; round++) {
        plan_reduced_clear(p);
        plan_nodes_clear(&nodes);
        GAL_TRY(plan_choose(&nodes, p, &train, asked));
        GAL_TRY(plan_reduce(p, &nodes, NULL));
        if (round == 0) {
            size_t before = train.nd;
            GAL_TRY(plan_cover(p, &train, &checks, o));
            if (train.nd > before)
                continue;
        }
        GAL_TRY(plan_measure(p, &checks, NULL));
        if (p->info.error <= p->info.tolerance)
            break;
        GAL_TRY(plan_learn_checks(p, &train, &checks));
        asked *= 0.8;
    }
    if (!(p->info.error <= p->info.tolerance))
        GAL_THROW(GAL_EMATH, "plan: tolerance %g is not reached, only %.2g on %zu points", p->info.tolerance,
                  p->info.error, p->info.checked);
    if (o->cache)
        plan_cache_put(p, o, &nodes);
out:
    plan_training_clear(&train);
    plan_checks_clear(&checks);
    plan_nodes_clear(&nodes);
    return st;
}

gal_status gal_plan_create(gal_plan **out, gal_galaxy *g, const gal_plan_opts *o)
{
    gal_status st = GAL_OK;
    gal_plan *p = NULL;
    double start = gal_clock();
    *out = NULL;
    GAL_TRY(usable(g, o));
    GAL_TRY(plan_empty(&p, g, o));
    if (o->cache && p->span && (*out = plan_living(p, o)))
        goto out;
    if (o->cache)
        GAL_TRY(plan_cache_get(p, o, &p->info.cached));
    if (!p->info.cached)
        GAL_TRY(p->span ? plan_span_make(p, o) : make(p, o));
    p->info.seconds = gal_clock() - start;
    if (o->cache && p->span)
        plan_keep(p, o);
    *out = p;
    p = NULL;
out:
    gal_plan_unref(p);
    return st;
}
