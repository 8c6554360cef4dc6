/* Plans over redshifts: what their panels share - training points in the rest frame, nodes of the powers that dust takes and gives, the
 * spectra of the table - and making the panels until the tolerance holds at check points of all redshifts. A panel where it is not reached,
 * or where a band is not covered, is left to the whole grid. */
#include "csp/csp.h"
#include "csp/csp_kern.h"
#include "model/plan_int.h"

#include <stdio.h>
#include <string.h>

enum { ROUNDS = 4, TRANSMISSIONS = 8, SAMPLES = 400 };
#define WIDTH 0.032 /* of a panel in ln(1 + z), at most */
#define MOST  (100u << 20)

static void shared_clear(plan_shared *s)
{
    plan_nodes_clear(&s->power);
    gal_free(s->column.cell);
    gal_free(s->spectrum);
    gal_free(s->sample);
}

/* The table on the whole grid, and which of its cells factors are fitted to: ages that are shifted from metallicity to metallicity. */
static gal_status spectra(plan_shared *s, const gal_galaxy *g)
{
    gal_status st = GAL_OK;
    const gal_ssp *t = g->o.ssp;
    size_t cells = t->nz * t->nage, n = g->grid->n, step = cells / SAMPLES + 1;
    gal_csp csp = {0};
    double *one = GAL_NEWN(double, n);
    s->spectrum = gal_alloc(cells * n * sizeof *s->spectrum);
    s->sample = GAL_NEWN(uint32_t, cells);
    if (!one || !s->spectrum || !s->sample)
        GAL_TRY(GAL_ENOMEM);
    GAL_TRY(gal_csp_init(&csp, t, g->o.logu, 0));
    for (size_t c = 0; c < cells; c++) {
        plan_cell_spectrum(g, &csp, c, one);
        for (size_t k = 0; k < n; k++)
            s->spectrum[c * n + k] = (float)one[k];
        size_t age = c % t->nage;
        if ((age + c / t->nage) % step == 0 || age == 0 || age + 1 == t->nage)
            s->sample[s->nsample++] = (uint32_t)c;
    }
out:
    gal_free(one);
    gal_csp_clear(&csp);
    return st;
}

/* A reduced galaxy that has the powers alone: states of the dust, and the columns of its table for all panels. */
static gal_status powers(gal_plan *p, plan_shared *s, const plan_training *t, double tolerance)
{
    gal_status st = GAL_OK;
    size_t cells = p->whole->o.ssp->nz * p->whole->o.ssp->nage;
    plan_nodes_clear(&s->power);
    plan_reduced_clear(p);
    gal_free(s->column.cell);
    gal_free(p->common);
    p->common = NULL;
    s->column = (plan_columns){.cells = cells};
    GAL_TRY(plan_choose(&s->power, p, t, tolerance));
    size_t ncol = 0;
    for (size_t i = 0; i < s->power.n; i++)
        ncol += plan_has_column(&s->power.node[i]);
    s->column.cell = GAL_NEWN(float, 4 * cells);
    s->column.stride = p->common_stride = plan_stride(ncol);
    s->column.lum = p->common = GAL_NEWN(float, cells * s->column.stride);
    if (!s->column.cell || !p->common)
        GAL_TRY(GAL_ENOMEM);
    if (s->power.n < 2) { /* no dust: sums over the cells alone */
        GAL_TRY(plan_make_columns(&s->column, p->whole, &s->power));
        goto out;
    }
    GAL_TRY(plan_reduce(p, &s->power, NULL));
    memcpy(s->column.cell, p->reduced->grid->cell_bol, 4 * cells * sizeof *s->column.cell);
    memcpy(p->common, p->reduced->o.ssp->lum, cells * s->column.stride * sizeof *p->common);
out:
    return st;
}

/* Transmissions in the panel at some of the training points' own parameters. */
static gal_status transmissions(plan_shared *s, double *trans, const gal_plan *p, plan_training *t, double x)
{
    const gal_galaxy *g = p->whole;
    s->trans = trans;
    s->ntrans = 0;
    for (size_t i = 0; t->ws->trans && i < TRANSMISSIONS; i++) {
        memcpy(t->theta, t->thetas + (i * t->nd / TRANSMISSIONS) * g->npar, g->npar * sizeof *t->theta);
        t->theta[P_REDSHIFT] = expm1(x + p->width * (double)i / (TRANSMISSIONS - 1));
        gal_status st = gal_galaxy_eval(g, t->ws, t->theta);
        if (st == GAL_EMATH || st == GAL_EDOMAIN)
            continue;
        if (st != GAL_OK)
            return st;
        memcpy(s->trans + s->ntrans++ * t->n, t->ws->trans, t->n * sizeof *s->trans);
    }
    return GAL_OK;
}

/* What the panels are together. */
void plan_span_sum(gal_plan *p)
{
    p->info.nodes = p->info.star_nodes = p->info.left_out = 0;
    p->info.panels = p->npanel;
    p->info.bytes = p->whole->o.ssp->nz * p->whole->o.ssp->nage * p->common_stride * sizeof(float);
    for (size_t i = 0; i < p->npanel; i++) {
        const gal_plan *a = p->panel[i];
        p->info.left_out += !a;
        if (!a)
            continue;
        p->info.bytes += a->info.bytes;
        p->info.nodes = a->info.nodes > p->info.nodes ? a->info.nodes : p->info.nodes;
        p->info.star_nodes = a->info.star_nodes > p->info.star_nodes ? a->info.star_nodes : p->info.star_nodes;
    }
}

/* A panel in the making. */
typedef struct making {
    size_t i;
    plan_shared s;
    gal_plan *panel;
    gal_status st;
    char why[400];
} making;

static void make_panel(making *m, const gal_plan *p, const double *tolerance)
{
    m->st = plan_panel_make(&m->panel, p, &m->s, p->x0 + p->width * (double)m->i, tolerance + m->i * p->nfilter);
    if (m->st != GAL_OK)
        snprintf(m->why, sizeof m->why, "%s", gal_error_message());
}

/* The panels that are wanted, as many at once as there are threads: none knows of the others. */
static gal_status panels(gal_plan *p, plan_shared *s, plan_training *t, const double *tolerance, const bool *wanted)
{
    gal_status st = GAL_OK;
    int threads = gal_threads();
    size_t most = (size_t)threads < p->npanel ? (size_t)threads : p->npanel, room = TRANSMISSIONS * t->n;
    making *m = GAL_NEWN(making, most);
    double *trans = GAL_NEWN(double, most *room);
    if (!m || !trans)
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < p->npanel;) {
        size_t n = 0;
        if (gal_interrupted())
            GAL_THROW(GAL_EINTR, "plan: interrupted while it was made");
        for (; i < p->npanel && n < most; i++) {
            if (!wanted[i])
                continue;
            gal_plan_unref(p->panel[i]);
            p->panel[i] = NULL;
            m[n] = (making){.i = i, .s = *s};
            GAL_TRY(transmissions(&m[n].s, trans + n * room, p, t, p->x0 + p->width * (double)i));
            n++;
        }
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1) if (n > 1)
        for (size_t k = 0; k < n; k++)
            make_panel(&m[k], p, tolerance);
        for (size_t k = 0; k < n; k++) {
            p->panel[m[k].i] = m[k].panel;
            if (m[k].st != GAL_OK && m[k].st != GAL_EDOMAIN &&
                st == GAL_OK) /* GAL_EDOMAIN: a band is not covered there */
                st = gal_fail(m[k].st, "%s", m[k].why);
            plan_span_sum(p);
            if (st == GAL_OK && p->info.bytes > MOST)
                st =
                    gal_fail(GAL_EUNSUP,
                             "plan: %zu MB up to redshift %.3g of %g .. %g, %u are allowed: ask for a larger tolerance",
                             p->info.bytes >> 20, expm1(p->x0 + p->width * (double)(m[k].i + 1)), p->lo[P_REDSHIFT],
                             p->hi[P_REDSHIFT], MOST >> 20);
        }
        GAL_TRY(st);
    }
out:
    gal_free(m);
    gal_free(trans);
    return st;
}

static gal_status improve(gal_plan *p, plan_shared *s, plan_training *t, plan_checks *c)
{
    gal_status st = GAL_OK;
    size_t n = p->npanel, nb = p->nfilter;
    double *error = GAL_NEWN(double, 2 * n * nb),
           *asked = error ? error + n * nb : NULL; /* of each band in each panel */
    bool *wanted = GAL_NEWN(bool, n);
    size_t left = 0;
    if (!error || !wanted)
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < n * nb; i++)
        asked[i] = p->info.tolerance;
    for (size_t i = 0; i < n; i++)
        wanted[i] = true;
    for (int round = 0; round < ROUNDS; round++) {
        GAL_TRY(panels(p, s, t, asked, wanted));
        GAL_TRY(plan_measure(p, c, error));
        bool last = round + 1 == ROUNDS;
        left = 0;
        for (size_t i = 0; i < n; i++) {
            wanted[i] = false;
            for (size_t b = i * nb; b < (i + 1) * nb; b++) {
                wanted[i] = wanted[i] || error[b] > p->info.tolerance;
                asked[b] *= error[b] > 0.7 * p->info.tolerance ? 0.5 : 1;
            }
            if (wanted[i] && last) {
                gal_plan_unref(p->panel[i]);
                p->panel[i] = NULL;
            }
            left += p->panel[i] != NULL;
        }
        if (last || p->info.error <= p->info.tolerance)
            break;
        GAL_TRY(plan_learn_checks(p, t, c));
    }
    GAL_TRY(plan_measure(p, c, error));
    plan_span_sum(p);
    if (left == 0)
        GAL_THROW(GAL_EMATH, "plan: tolerance %g is not reached, or a band not covered, at any redshift",
                  p->info.tolerance);
out:
    gal_free(error);
    gal_free(wanted);
    return st;
}

void plan_span_clear(gal_plan *p)
{
    for (size_t i = 0; i < p->npanel; i++)
        gal_plan_unref(p->panel[i]);
    gal_free(p->panel);
    gal_free(p->span ? p->common : NULL);
    p->panel = NULL;
    p->common = NULL;
    p->npanel = p->common_stride = 0;
}

gal_status plan_span_open(gal_plan *p)
{
    double lo = log1p(p->lo[P_REDSHIFT]), hi = log1p(p->hi[P_REDSHIFT]);
    p->npanel = (size_t)ceil((hi - lo) / WIDTH);
    p->x0 = lo;
    p->width = (hi - lo) / (double)p->npanel;
    return (p->panel = GAL_NEWN(gal_plan *, p->npanel)) ? GAL_OK : GAL_ENOMEM;
}

gal_status plan_span_make(gal_plan *p, const gal_plan_opts *o)
{
    gal_status st = GAL_OK;
    plan_training t = {0};
    plan_checks c = {0};
    plan_shared s = {.train = &t};
    GAL_TRY(plan_span_open(p));
    gal_plan_opts few = *o;
    few.ntrain = o->ntrain ? o->ntrain : 400;
    GAL_TRY(plan_train(&t, p, &few));
    GAL_TRY(plan_checks_make(&c, p, o));
    GAL_TRY(spectra(&s, p->whole));
    GAL_TRY(powers(p, &s, &t, p->info.tolerance));
    if (p->reduced) {
        size_t before = t.nd;
        GAL_TRY(plan_cover(p, &t, &c, o));
        if (t.nd > before)
            GAL_TRY(powers(p, &s, &t, p->info.tolerance));
    }
    GAL_TRY(improve(p, &s, &t, &c));
    if (o->cache)
        plan_cache_put(p, o, NULL);
out:
    plan_training_clear(&t);
    plan_checks_clear(&c);
    shared_clear(&s);
    return st;
}
