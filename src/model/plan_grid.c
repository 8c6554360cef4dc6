/* The reduced galaxy of a plan: the nodes in the order of their wavelengths, an SSP table with one column per node that stands for
 * light of stars, and a galaxy of the same parts on them. */
#include "galua/const.h"
#include "model/plan_int.h"
#include "num/matrix_kern.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_wave(const void *a, const void *b)
{
    const plan_node *x = a, *y = b;
    if (x->k != y->k)
        return x->k < y->k ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return (x->band > y->band) - (x->band < y->band);
}

/* One spectrum of the SSP table on the whole grid. */
void plan_cell_spectrum(const gal_galaxy *g, const gal_csp *c, size_t cell, double *lum)
{
    const gal_model_grid *grid = g->grid;
    const gal_ssp *s = g->o.ssp;
    size_t cells = s->nz * s->nage;
    const float *a = s->lum + (c->iu * cells + cell) * s->nwave, *b = c->frac_u > 0 ? a + cells * s->nwave : a;
    double f = c->frac_u;
    for (size_t k = 0; k < grid->n; k++) {
        if (grid->same) {
            lum[k] = (1 - f) * (double)a[k] + f * (double)b[k];
            continue;
        }
        size_t j = grid->gj[k];
        lum[k] = (1 - f) * (grid->ga[k] * (double)a[j] + grid->gb[k] * (double)a[j + 1]) +
                 f * (grid->ga[k] * (double)b[j] + grid->gb[k] * (double)b[j + 1]);
    }
}

static double range(const double *w, const double *lum, size_t n)
{
    double s;
    GAL_KERN_PICK(matrix_kern)->dots(n, 1, w, lum, &s);
    return s;
}

size_t plan_stride(size_t ncol)
{
    return (ncol + 16) & ~(size_t)15;
}

/* Columns of the reduced table, and the sums over the whole spectrum of each cell. */
gal_status plan_make_columns(const plan_columns *to, const gal_galaxy *g, const plan_nodes *l)
{
    gal_status st = GAL_OK;
    const gal_model_grid *grid = g->grid;
    float *bol = to->cell, *qh = bol + to->cells, *qhei = qh + to->cells, *lyman = qhei + to->cells;
    gal_csp csp = {0};
    double *spectrum = GAL_NEWN(double, grid->n);
    if (!spectrum)
        return GAL_ENOMEM;
    GAL_TRY(gal_csp_init(&csp, g->o.ssp, g->o.logu, 0));
    for (size_t c = 0; c < g->o.ssp->nz * g->o.ssp->nage; c++) {
        plan_cell_spectrum(g, &csp, c, spectrum);
        bol[c] = (float)range(grid->tw, spectrum, grid->n);
        qh[c] = (float)(range(grid->photons, spectrum, grid->n_photons) / GAL_CELL_PHOTONS);
        qhei[c] = (float)(range(grid->photons_he, spectrum, grid->n_photons_he) / GAL_CELL_PHOTONS);
        lyman[c] = (float)range(grid->tw, spectrum, grid->n_lyman);
        float *lum = to->lum + c * to->stride;
        for (size_t i = 0, col = 0; i < l->n; i++)
            if (plan_has_column(&l->node[i]))
                lum[col++] = (float)range(l->node[i].column, spectrum + l->node[i].first, l->node[i].count);
    }
out:
    gal_free(spectrum);
    gal_csp_clear(&csp);
    return st;
}

static gal_status make_table(gal_ssp **out, gal_model_grid *r, const gal_galaxy *g, const plan_nodes *l, size_t ncol,
                             const plan_columns *made)
{
    gal_status st = GAL_OK;
    const gal_ssp *s = g->o.ssp;
    size_t cells = s->nz * s->nage;
    gal_ssp *t = NULL;
    r->cell_bol = GAL_NEWN(float, 4 * cells);
    r->sn = GAL_NEWN(float, cells);
    if (!r->cell_bol || !r->sn)
        GAL_TRY(GAL_ENOMEM);
    r->cell_qh = r->cell_bol + cells;
    r->cell_qhei = r->cell_qh + cells;
    r->cell_lyman = r->cell_qhei + cells;
    memcpy(r->sn, g->grid->sn, cells * sizeof *r->sn);
    GAL_TRY(gal_ssp_create(&t, 1, s->nz, s->nage, plan_stride(ncol)));
    memcpy(t->age, s->age, s->nage * sizeof *t->age);
    memcpy(t->z, s->z, s->nz * sizeof *t->z);
    for (size_t k = 0; k < t->nwave; k++)
        t->wave[k] = (double)(k + 1);
    t->hash = s->hash;
    if (s->mass) {
        if (!(t->mass = GAL_NEWN(float, cells)))
            GAL_TRY(GAL_ENOMEM);
        memcpy(t->mass, s->mass, cells * sizeof *t->mass);
    }
    if (made) {
        memcpy(r->cell_bol, made->cell, 4 * cells * sizeof *made->cell);
        memcpy(t->lum, made->lum, cells * t->nwave * sizeof *made->lum);
    } else {
        const plan_columns to = {.cells = cells, .stride = t->nwave, .cell = r->cell_bol, .lum = t->lum};
        GAL_TRY(plan_make_columns(&to, g, l));
    }
    *out = t;
    t = NULL;
out:
    gal_ssp_unref(t);
    return st;
}

/* Entries of the reduced grid: a column has one of its own, nodes without share one at their wavelength. entry[l->n]. */
static size_t place(const plan_nodes *l, uint32_t *entry, uint32_t *at)
{
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++) {
        const plan_node *a = &l->node[i];
        bool shared = !plan_has_column(a) && a->kind != NODE_MIX && n > 0 && at[n - 1] == a->k;
        if (!shared)
            at[n++] = a->k;
        entry[i] = (uint32_t)(n - 1);
    }
    return n;
}

static gal_status make_grid(gal_model_grid **out, const gal_galaxy *g, const plan_nodes *l, const uint32_t *entry,
                            const uint32_t *at, size_t n)
{
    gal_model_grid *r = GAL_NEW(gal_model_grid);
    *out = r;
    if (!r)
        return GAL_ENOMEM;
    r->refs = 1;
    r->whole = g->grid;
    r->n = n;
    r->wave = GAL_NEWN(double, n);
    r->tw = GAL_NEWN(double, n);
    r->gj = GAL_NEWN(uint32_t, n);
    r->at = GAL_NEWN(uint32_t, n);
    double *stars = GAL_NEWN(double, n), *sources = GAL_NEWN(double, n);
    r->tw_stars = stars;
    r->tw_sources = sources;
    if (!r->wave || !r->tw || !r->gj || !r->at || !stars || !sources)
        return GAL_ENOMEM;
    memcpy(r->at, at, n * sizeof *at);
    for (size_t k = 0; k < n; k++) {
        r->wave[k] = g->grid->wave[at[k]];
        r->n_lyman += at[k] < g->grid->n_lyman;
    }
    for (size_t i = 0; i < l->n; i++) {
        const plan_node *a = &l->node[i];
        uint32_t e = entry[i];
        if (plan_has_column(a))
            r->gj[r->ncol++] = e;
        if (a->kind == NODE_POWER_STAR)
            stars[e] = 1;
        else if (a->kind == NODE_SOURCE)
            sources[e] += a->weight;
        else if (a->kind == NODE_DUST)
            r->tw[e] += a->weight;
    }
    r->view = (gal_wavegrid){
        .n = n, .wave = r->wave, .tw = r->tw, .compat = g->grid->view.compat, .whole = &g->grid->view, .at = r->at};
    return GAL_OK;
}

static gal_status make_sums(plan_sum *s, const plan_nodes *l, const uint32_t *entry, plan_kind kind, size_t band)
{
    for (size_t i = 0; i < l->n; i++)
        s->n += l->node[i].kind == kind && l->node[i].band == band;
    s->node = GAL_NEWN(uint32_t, s->n + 1);
    s->weight = GAL_NEWN(double, s->n + 1);
    if (!s->node || !s->weight)
        return GAL_ENOMEM;
    for (size_t i = 0, m = 0; i < l->n; i++)
        if (l->node[i].kind == kind && l->node[i].band == band) {
            s->node[m] = entry[i];
            s->weight[m++] = kind == NODE_STAR || kind == NODE_MIX ? 1 : l->node[i].weight;
        }
    return GAL_OK;
}

gal_status plan_reduce(gal_plan *p, plan_nodes *l, const plan_columns *made)
{
    gal_status st = GAL_OK;
    const gal_galaxy *g = p->whole;
    gal_model_grid *r = NULL;
    gal_ssp *table = NULL;
    gal_component *parts[MAXCOMP];
    size_t n, ncol = 0;
    uint32_t *entry = GAL_NEWN(uint32_t, 2 * l->n + 1), *at = entry ? entry + l->n : NULL;
    if (!entry)
        return GAL_ENOMEM;
    qsort(l->node, l->n, sizeof *l->node, by_wave);
    n = place(l, entry, at);
    for (size_t i = 0; i < l->n; i++) {
        l->node[i].entry = entry[i];
        ncol += plan_has_column(&l->node[i]);
    }
    if (l->mixed) /* the others are in common */
        ncol = l->mixed;
    if (n < 2)
        GAL_THROW(GAL_EMATH, "plan: %zu nodes", n);
    GAL_TRY(make_grid(&r, g, l, entry, at, n));
    GAL_TRY(make_table(&table, r, g, l, ncol, made));
    for (size_t b = 0; b < p->nfilter; b++) {
        GAL_TRY(make_sums(&p->star[b], l, entry, l->mixed ? NODE_MIX : NODE_STAR, b));
        GAL_TRY(make_sums(&p->rest[b], l, entry, NODE_REST, b));
    }
    gal_galaxy_opts o = g->o;
    for (size_t i = 0; i < g->npart; i++)
        parts[i] = g->part[i].c;
    o.component = parts;
    o.ncomponent = g->npart;
    o.dust = g->screen != NULL;
    o.ssp = table;
    gal_model_grid *grid = r;
    r = NULL; /* the galaxy's from now on */
    GAL_TRY(gal_galaxy_create_on(&p->reduced, &o, grid));
    p->info.nodes = n;
    p->info.star_nodes = ncol;
    p->info.bytes = table->nz * table->nage * (table->nwave + 5) * sizeof(float) + n * 8 * sizeof(double);
out:
    gal_free(entry);
    gal_ssp_unref(table);
    gal_model_grid_drop(r);
    return st;
}

void plan_reduced_clear(gal_plan *p)
{
    gal_galaxy_unref(p->reduced);
    p->reduced = NULL;
    for (size_t b = 0; b < p->nfilter; b++) {
        gal_free(p->star[b].node);
        gal_free(p->star[b].weight);
        gal_free(p->rest[b].node);
        gal_free(p->rest[b].weight);
        p->star[b] = p->rest[b] = (plan_sum){0};
    }
}
