/* A plan over redshifts as bytes: what its panels have in common, then each of them: nodes, the reduced table, factors. One function says the
 * layout for both directions; what is read is held against what it must be before it is used. */
#include "model/plan_int.h"

#include <string.h>

typedef struct stream {
    int fd; /* writing, when from is NULL */
    const char *from;
    size_t left;
} stream;

/* n bytes of data out, or in */
static gal_status flow(stream *s, void *data, size_t n)
{
    if (!s->from)
        return plan_put_bytes(s->fd, data, n);
    if (n > s->left)
        return gal_fail(GAL_EFORMAT, "too short");
    memcpy(data, s->from, n);
    s->from += n;
    s->left -= n;
    return GAL_OK;
}

/* The same of m numbers, that must be finite. */
static gal_status flow_floats(stream *s, float *x, size_t m)
{
    gal_status st = flow(s, x, m * sizeof *x);
    for (size_t i = 0; st == GAL_OK && s->from && i < m; i++)
        if (!isfinite(x[i]))
            return gal_fail(GAL_EFORMAT, "it holds no numbers");
    return st;
}

static gal_status flow_doubles(stream *s, double *x, size_t m)
{
    gal_status st = flow(s, x, m * sizeof *x);
    for (size_t i = 0; st == GAL_OK && s->from && i < m; i++)
        if (!isfinite(x[i]))
            return gal_fail(GAL_EFORMAT, "it holds no numbers");
    return st;
}

/* A count that is to be at most `most` */
static gal_status flow_count(stream *s, size_t *n, size_t most)
{
    uint64_t x = *n;
    gal_status st = flow(s, &x, sizeof x);
    *n = (size_t)x;
    return st != GAL_OK || x <= most ? st : gal_fail(GAL_EFORMAT, "%zu of %zu at most", (size_t)x, most);
}

typedef struct entry { /* a node */
    uint32_t kind, k, band, q;
    double weight;
} entry;

/* Nodes, and how many of each band share columns: count[nfilter]. */
static gal_status flow_nodes(stream *s, gal_plan *p, uint32_t *count)
{
    enum { MOST = 100000 };
    gal_status st = GAL_OK;
    plan_nodes *l = &p->nodes;
    size_t n = l->n;
    GAL_TRY(flow_count(s, &n, MOST));
    GAL_TRY(flow_count(s, &l->mixed, MOST));
    for (size_t i = 0; i < n; i++) {
        entry e = {0};
        if (!s->from) {
            const plan_node *a = &l->node[i];
            e = (entry){(uint32_t)a->kind, a->k, (uint32_t)a->band, a->q, a->weight};
        }
        GAL_TRY(flow(s, &e, sizeof e));
        bool kind = e.kind <= NODE_MIX && e.kind != NODE_STAR;
        if (!kind || e.k >= p->whole->grid->n || e.band >= p->nfilter || !isfinite(e.weight))
            GAL_THROW(GAL_EFORMAT, "node %zu is none", i);
        count[e.band] += e.kind == NODE_MIX;
        if (s->from)
            GAL_TRY(plan_put(
                l, (plan_node){.kind = (plan_kind)e.kind, .k = e.k, .band = e.band, .q = e.q, .weight = e.weight}));
    }
    for (size_t i = 0; i < l->n; i++)
        if (l->node[i].kind == NODE_MIX && l->node[i].q >= count[l->node[i].band])
            GAL_THROW(GAL_EFORMAT, "node %zu is none of its band", i);
out:
    return st;
}

/* One panel; cell[4 cells]: sums over the whole spectra, that all have. */
static gal_status flow_panel(stream *s, gal_plan *p, double x, float *cell)
{
    gal_status st = GAL_OK;
    size_t nb = p->nfilter, cells = p->whole->o.ssp->nz * p->whole->o.ssp->nage, columns = 0;
    uint32_t *count = GAL_NEWN(uint32_t, 2 * nb);
    plan_columns made = {.cells = cells, .cell = cell};
    if (!count)
        return GAL_ENOMEM;
    GAL_TRY(flow_nodes(s, p, count));
    for (size_t b = 0; b < nb; b++) {
        size_t n = s->from ? 0 : p->reduced->grid->mix->band[b].ncol;
        GAL_TRY(flow_count(s, &n, p->nodes.mixed));
        count[nb + b] = (uint32_t)n;
        columns += n;
    }
    if (columns != p->nodes.mixed)
        GAL_THROW(GAL_EFORMAT, "%zu columns of %zu", columns, p->nodes.mixed);
    made.stride = plan_stride(columns);
    if (s->from) {
        if (made.stride * cells * sizeof(float) > s->left)
            GAL_THROW(GAL_EFORMAT, "too short");
        if (!(made.lum = GAL_NEWN(float, cells *made.stride)))
            GAL_TRY(GAL_ENOMEM);
    }
    GAL_TRY(flow_floats(s, s->from ? made.lum : p->reduced->o.ssp->lum, cells * made.stride));
    if (s->from) {
        GAL_TRY(plan_reduce(p, &p->nodes, &made));
        GAL_TRY(plan_mix_place(p, x, count, count + nb));
    }
    gal_mix *m = p->reduced->grid->mix;
    GAL_TRY(flow_floats(s, m->factor, m->nknot * m->size));
    GAL_TRY(flow_doubles(s, p->rest_factor, p->nknot * p->nrest));
out:
    gal_free(made.lum);
    gal_free(count);
    return st;
}

static gal_status flow_span(stream *s, gal_plan *p)
{
    gal_status st = GAL_OK;
    const gal_galaxy *g = p->whole;
    size_t cells = g->o.ssp->nz * g->o.ssp->nage;
    float *cell = GAL_NEWN(float, 4 * cells);
    gal_plan_opts o = {
        .filter = p->filter, .nfilter = p->nfilter, .lo = p->lo, .hi = p->hi, .tolerance = p->info.tolerance};
    if (!cell)
        return GAL_ENOMEM;
    for (size_t i = 0; !s->from && i < p->npanel; i++)
        if (p->panel[i])
            memcpy(cell, p->panel[i]->reduced->grid->cell_bol, 4 * cells * sizeof *cell);
    GAL_TRY(flow_doubles(s, p->error, p->nfilter));
    GAL_TRY(flow_floats(s, cell, 4 * cells));
    GAL_TRY(flow_count(s, &p->common_stride, 4096));
    if (s->from && !(p->common = GAL_NEWN(float, cells * p->common_stride)))
        GAL_TRY(GAL_ENOMEM);
    GAL_TRY(flow_floats(s, p->common, cells * p->common_stride));
    for (size_t i = 0; i < p->npanel; i++) {
        size_t there = p->panel[i] != NULL;
        GAL_TRY(flow_count(s, &there, 1));
        if (there && s->from) {
            GAL_TRY(plan_empty(&p->panel[i], p->whole, &o));
            p->panel[i]->span = false;
            p->panel[i]->width = p->width;
            p->panel[i]->common = p->common;
            p->panel[i]->common_stride = p->common_stride;
        }
        if (there)
            GAL_TRY(flow_panel(s, p->panel[i], p->x0 + p->width * (double)i, cell));
    }
    if (s->from && s->left != 0)
        GAL_THROW(GAL_EFORMAT, "%zu bytes too many", s->left);
out:
    gal_free(cell);
    return st;
}

gal_status plan_span_write(const gal_plan *p, int fd)
{
    stream s = {.fd = fd};
    return flow_span(&s, (gal_plan *)(uintptr_t)p); /* which is not changed */
}

gal_status plan_span_read(gal_plan *p, const char *text, size_t n)
{
    stream s = {.fd = -1, .from = text, .left = n};
    gal_status st = plan_span_open(p);
    if (st == GAL_OK)
        st = flow_span(&s, p);
    if (st == GAL_OK)
        plan_span_sum(p);
    return st;
}
