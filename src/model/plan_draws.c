/* Points of a plan's box and what the galaxy looks like there on its whole grid. */
#include "model/plan_int.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

static double coordinate(const gal_param *par, double lo, double hi, double u)
{
    if (!(hi > lo))
        return lo;
    if (par->log && lo > 0)
        return fmin(fmax(lo * pow(hi / lo, u), lo), hi);
    return lo + u * (hi - lo);
}

gal_status plan_point(const gal_plan *p, uint64_t seed, uint64_t purpose, size_t i, double *theta)
{
    enum { TRIES = 400 };
    const gal_galaxy *g = p->whole;
    for (uint64_t attempt = 0; attempt < TRIES; attempt++) {
        gal_rng rng;
        gal_rng_init(&rng, seed, purpose, i, attempt, 0);
        bool edge = i % 3 == 0, corner = i % 3 == 1;
        for (size_t k = 0; k < g->npar; k++) {
            double u = gal_rng_uniform(&rng), v = edge ? gal_rng_uniform(&rng) : 1;
            if (corner) { /* or close to one: where 0 is an end, what is in proportion to it may be anything */
                double near = gal_rng_uniform(&rng) < 0.5 ? 0 : pow(10, -10 * gal_rng_uniform(&rng));
                u = u < 0.5 ? near : 1 - near;
            }
            theta[k] = coordinate(&g->par[k], p->lo[k], p->hi[k], v < 0.3 ? 0 : v < 0.6 ? 1 : u);
        }
        if (gal_galaxy_check(g, theta) == GAL_OK)
            return GAL_OK;
    }
    return gal_fail(GAL_EDOMAIN, "plan: the model refuses %d points of its box; the last because %s", TRIES,
                    gal_error_message());
}

void plan_training_clear(plan_training *t)
{
    gal_free(t->curve);
    gal_free(t->rest);
    gal_free(t->lost);
    gal_free(t->integrand);
    gal_free(t->light);
    gal_free(t->bare_lum);
    gal_free(t->total);
    gal_free(t->thetas);
    gal_free(t->scale);
    gal_free(t->relative);
    gal_free(t->w);
    gal_free(t->first);
    gal_free(t->count);
    gal_free(t->theta);
    gal_galaxy_ws_free(t->ws);
    gal_phot_free(t->phot);
    *t = (plan_training){0};
}

/* spectra that a part's `reemit` integrates over the nodes */
static size_t plan_integrands(const gal_part *part)
{
    if (!part->reemit || part->class->on_nodes != GAL_NODES_ANYWHERE)
        return 0;
    return part->class->nintegrand ? part->class->nintegrand : part->nlum;
}

static gal_status allocate(plan_training *t, const gal_plan *p, size_t nd)
{
    t->cap = nd;
    const gal_galaxy *g = p->whole;
    t->n = g->grid->n;
    t->nb = p->nfilter;
    t->ncomp = g->nlum - GAL_COMPS;
    for (size_t i = 0; i < g->npart; i++)
        t->nsource += g->part[i].class->source ? g->part[i].nlum : 0;
    for (size_t i = 0; i < g->npart; i++)
        t->nint += plan_integrands(&g->part[i]);
    t->curve = GAL_NEWN(double, nd *NCURVE * t->n);
    t->rest = GAL_NEWN(double, nd * t->ncomp * t->n + 1);
    t->lost = GAL_NEWN(double, nd * 2 * t->nsource * t->n + 1);
    t->integrand = GAL_NEWN(double, nd * t->nint * t->n + 1);
    t->light = GAL_NEWN(double, t->n);
    t->bare_lum = GAL_NEWN(double, p->span ? nd * t->n : 1);
    t->total = GAL_NEWN(double, p->span ? nd * t->n : 1);
    t->thetas = GAL_NEWN(double, nd * g->npar);
    t->scale = GAL_NEWN(double, nd * t->nb);
    t->relative = GAL_NEWN(double, nd * t->nb);
    t->w = GAL_NEWN(const double *, t->nb);
    t->theta = GAL_NEWN(double, g->npar + 3 * t->nb);
    t->flux = t->theta + g->npar;
    t->measure = t->flux + t->nb;
    t->bare = t->measure + t->nb;
    t->first = GAL_NEWN(size_t, t->nb);
    t->count = GAL_NEWN(size_t, t->nb);
    return t->curve && t->rest && t->lost && t->integrand && t->light && t->bare_lum && t->total && t->thetas &&
                   t->scale && t->relative && t->w && t->theta && t->first && t->count
               ? GAL_OK
               : GAL_ENOMEM;
}

/* Largest share of the power per A over the populations seen. */
static void take_light(plan_training *t, const double *tw, const double *s)
{
    double sum = 0;
    for (size_t k = 0; k < t->n; k++)
        sum += tw[k] * s[k];
    for (size_t k = 0; sum > 0 && k < t->n; k++)
        t->light[k] = fmax(t->light[k], s[k] / sum);
}

static void take_sources(plan_training *t, const gal_galaxy *g, const gal_galaxy_ws *w, size_t d)
{
    size_t n = t->n, c = 0;
    for (size_t i = 0; i < g->npart; i++) {
        const gal_part *part = &g->part[i];
        double eta = w->part[i].source.in_clouds;
        for (size_t k = 0; part->class->source && k < part->nlum; k++, c++) {
            double *mc = t->lost + (2 * (d * t->nsource + c)) * n, *dd = mc + n, sum = 0;
            const double *raw = w->part[i].raw[k], *out = w->lum[part->lum + k];
            for (size_t j = 0; j < n; j++) {
                mc[j] = eta * raw[j] * w->screen.abs_mc[j];
                dd[j] = raw[j] - mc[j] - out[j];
                if (part->class->emit) /* more than the source is in out */
                    dd[j] = (raw[j] - mc[j]) * w->screen.abs_dd[j];
                sum += g->grid->tw[j] * (mc[j] + dd[j]);
            }
            for (size_t j = 0; j < n; j++) {
                mc[j] = sum > 0 ? mc[j] / sum : 0;
                dd[j] = sum > 0 ? dd[j] / sum : 0;
            }
        }
    }
}

static void take_integrands(plan_training *t, const gal_galaxy *g, gal_galaxy_ws *w, size_t d)
{
    double *to = t->integrand + d * t->nint * t->n, *out[MAXLUM];
    for (size_t i = 0; i < g->npart; i++) {
        const gal_part *part = &g->part[i];
        size_t m = plan_integrands(part);
        for (size_t c = 0; c < m; c++, to += t->n) {
            memset(to, 0, t->n * sizeof *to);
            out[c] = to;
            if (!part->class->nintegrand)
                memcpy(to, w->lum[part->lum + c], t->n * sizeof *to);
        }
        if (m && part->class->nintegrand) {
            gal_stage s = gal_stage_of(g, w, i, w->last);
            part->class->integrand(&s, &w->emission, out);
        }
    }
}

gal_status plan_see(plan_training *t, const gal_plan *p, const double *theta)
{
    double factor;
    if (gal_interrupted())
        return gal_fail(GAL_EINTR, "plan: interrupted while it was made");
    gal_status st = gal_galaxy_flux_factor(p->whole, theta, &factor);
    if (st == GAL_OK)
        st = gal_galaxy_photometry(p->whole, t->ws, t->phot, theta, t->flux);
    for (size_t b = 0; st == GAL_OK && b < t->nb; b++) {
        double bare = 0;
        t->w[b] = gal_phot_window(t->phot, b, &t->first[b], &t->count[b]); /* of this redshift */
        for (size_t k = 0; k < t->count[b]; k++)
            bare += t->w[b][k] * t->ws->s0[t->first[b] + k];
        t->bare[b] = factor * bare;
        t->measure[b] = fmax(t->flux[b], 1e-3 * t->bare[b]);
        t->factor = factor;
    }
    return st;
}

void plan_learn(plan_training *t, const gal_plan *p)
{
    const gal_galaxy *g = p->whole;
    gal_galaxy_ws *w = t->ws;
    const gal_screen *a = &w->screen;
    size_t n = t->n, d = t->nd;
    if (d == t->cap)
        return;
    t->nd++;
    int bin[PLAN_STATES];
    plan_state(w, bin);
    for (int i = 0; i < PLAN_STATES; i++)
        if (bin[i] >= 0)
            t->seen[i][bin[i]]++;
    double *curve = t->curve + d * NCURVE * n;
    const double *trans = p->span ? NULL : w->trans;
    if (p->span) {
        memcpy(t->bare_lum + d * n, w->s0, n * sizeof *w->s0);
        memcpy(t->total + d * n, w->lum[GAL_COMP_TOTAL], n * sizeof *w->s0);
    }
    memcpy(t->thetas + d * g->npar, w->last, g->npar * sizeof *w->last);
    for (size_t k = 0; k < n; k++) {
        double arrives = trans ? trans[k] : 1;
        curve[SEEN_DD * n + k] = a->att_dd[k] * arrives;
        curve[SEEN_BOTH * n + k] = a->att_dd[k] * a->att_mc[k] * arrives;
        curve[LOST_MC * n + k] = a->abs_mc[k];
        curve[LOST_DD * n + k] = a->abs_dd[k];
        curve[LOST_BOTH * n + k] = a->abs_dd[k] * a->att_mc[k];
    }
    for (size_t c = 0; c < t->ncomp; c++) {
        double *to = t->rest + (d * t->ncomp + c) * n;
        const double *from = w->lum[GAL_COMPS + c];
        for (size_t k = 0; k < n; k++)
            to[k] = from[k] * (trans ? trans[k] : 1);
    }
    take_sources(t, g, w, d);
    take_integrands(t, g, w, d);
    take_light(t, g->grid->tw, w->s0);
    take_light(t, g->grid->tw, w->s1);
    for (size_t b = 0; b < t->nb; b++) {
        t->scale[d * t->nb + b] = t->measure[b] / t->factor;
        t->relative[d * t->nb + b] = t->bare[b] > 0 ? t->measure[b] / t->bare[b] : 0;
    }
}

/* Room for cap training points, none yet. */
static gal_status open_training(plan_training *t, const gal_plan *p, size_t cap)
{
    gal_status st = GAL_OK;
    const gal_galaxy *g = p->whole;
    *t = (plan_training){0};
    GAL_TRY(allocate(t, p, cap));
    GAL_TRY(gal_galaxy_ws_create(&t->ws, g));
    GAL_TRY(gal_galaxy_phot_create(&t->phot, g, p->filter, p->nfilter));
    GAL_TRY(gal_phot_weights(t->phot, p->lo[P_REDSHIFT], GAL_PHOT_EXACT));
    for (size_t b = 0; b < p->nfilter; b++) {
        if (!p->span && gal_galaxy_check_band(g, t->phot, b, p->lo[P_REDSHIFT]) != GAL_OK)
            GAL_THROW(GAL_EDOMAIN, "plan: at redshift %g %s", p->lo[P_REDSHIFT], gal_error_message());
        t->w[b] = gal_phot_window(t->phot, b, &t->first[b], &t->count[b]);
    }
out:
    if (st != GAL_OK)
        plan_training_clear(t);
    return st;
}

gal_status plan_train(plan_training *t, const gal_plan *p, const gal_plan_opts *o)
{
    size_t nd = o->ntrain ? o->ntrain : 500;
    gal_status st = open_training(t, p, 2 * nd);
    if (st != GAL_OK)
        return st;
    for (size_t i = 0; t->nd < nd; i++) {
        GAL_TRY(plan_point(p, o->seed, PLAN_TRAIN, i, t->theta));
        st = plan_see(t, p, t->theta);
        if ((st == GAL_EMATH || st == GAL_EDOMAIN) && i < 3 * nd)
            continue; /* a point that has no model */
        GAL_TRY(st);
        plan_learn(t, p);
    }
out:
    if (st != GAL_OK)
        plan_training_clear(t);
    return st;
}

void plan_check_put(plan_checks *c, size_t i, const plan_training *t)
{
    memcpy(c->theta + i * c->npar, t->theta, c->npar * sizeof *c->theta);
    memcpy(c->flux + i * c->nb, t->flux, c->nb * sizeof *c->flux);
    memcpy(c->measure + i * c->nb, t->measure, c->nb * sizeof *c->measure);
}

gal_status plan_check_renew(plan_checks *c, size_t i, plan_training *t, const gal_plan *p)
{
    for (size_t most = c->last + 1000; c->last < most;) {
        gal_status st = plan_point(p, c->seed, PLAN_CHECK, c->last++, t->theta);
        if (st != GAL_OK)
            return st;
        st = plan_see(t, p, t->theta);
        if (st == GAL_EMATH || st == GAL_EDOMAIN)
            continue; /* no model there */
        plan_check_put(c, i, t);
        return st;
    }
    return gal_fail(GAL_EDOMAIN, "plan: 1000 points of its box have no model; the last because %s",
                    gal_error_message());
}

/* What a draw came to. */
typedef struct drawn {
    gal_status st;
    bool none; /* there is no model */
    char why[200];
} drawn;

/* Draw c->last + j, at place i. */
static void draw_at(plan_checks *c, size_t i, size_t j, plan_training *t, const gal_plan *p, drawn *d)
{
    *d = (drawn){.st = plan_point(p, c->seed, PLAN_CHECK, c->last + j, t->theta)};
    if (d->st == GAL_OK) {
        d->st = plan_see(t, p, t->theta);
        d->none = d->st == GAL_EMATH || d->st == GAL_EDOMAIN;
    }
    if (d->st == GAL_OK)
        plan_check_put(c, i, t);
    else
        snprintf(d->why, sizeof d->why, "%s", gal_error_message());
}

/* Draws in their order, those without a model left out: the same as one after the other, whatever the number of threads. */
static gal_status draw_all(plan_checks *c, plan_training *own, int threads, const gal_plan *p, drawn *d)
{
    size_t done = 0, failed = 0;
    while (done < c->n) {
        size_t m = c->n - done;
#pragma omp parallel for num_threads(threads) schedule(dynamic, 8)
        for (size_t j = 0; j < m; j++)
            draw_at(c, done + j, j, &own[omp_get_thread_num()], p, &d[j]);
        c->last += m;
        for (size_t j = 0, from = done; j < m; j++) {
            failed = d[j].none ? failed + 1 : 0;
            if (failed == 1000)
                return gal_fail(GAL_EDOMAIN, "plan: 1000 points of its box have no model; the last because %s",
                                d[j].why);
            if (d[j].none)
                continue;
            if (d[j].st != GAL_OK)
                return gal_fail(d[j].st, "%s", d[j].why);
            memmove(c->theta + done * c->npar, c->theta + (from + j) * c->npar, c->npar * sizeof *c->theta);
            memmove(c->flux + done * c->nb, c->flux + (from + j) * c->nb, c->nb * sizeof *c->flux);
            memmove(c->measure + done * c->nb, c->measure + (from + j) * c->nb, c->nb * sizeof *c->measure);
            done++;
        }
    }
    return GAL_OK;
}

gal_status plan_checks_make(plan_checks *c, const gal_plan *p, const gal_plan_opts *o)
{
    gal_status st = GAL_OK;
    int threads = gal_threads();
    *c = (plan_checks){.n = o->ncheck ? o->ncheck : 4000, .nb = p->nfilter, .npar = p->whole->npar, .seed = o->seed};
    plan_training *own = GAL_NEWN(plan_training, (size_t)threads);
    drawn *d = GAL_NEWN(drawn, c->n);
    c->theta = GAL_NEWN(double, c->n *(c->npar + 2 * c->nb + 1));
    if (!own || !d || !c->theta)
        GAL_TRY(GAL_ENOMEM);
    c->flux = c->theta + c->n * c->npar;
    c->measure = c->flux + c->n * c->nb;
    c->worst = c->measure + c->n * c->nb;
    for (int k = 0; k < threads; k++)
        GAL_TRY(open_training(&own[k], p, 1));
    st = draw_all(c, own, threads, p, d);
out:
    for (int k = 0; own && k < threads; k++)
        plan_training_clear(&own[k]);
    gal_free(own);
    gal_free(d);
    return st;
}

void plan_checks_clear(plan_checks *c)
{
    gal_free(c->theta);
    *c = (plan_checks){0};
}
