/* One panel of a plan over redshifts: some 0.02 in ln(1 + z).
 *
 * A band is sum_q a(l_q) R_q(z), as at one redshift (galua/plan.h), with nodes l_q that serve all of the panel. R_q(z), one number per
 * cell of the SSP table, is a functional of the cells' spectra. All that a band has in the panel, over redshifts and nodes, resemble each
 * other: relative to the light of each cell in the band they are to 1e-6 combinations of some 25 of them. Those, chosen by an orthogonal
 * decomposition with pivots (interpolative decomposition: Cheng, Gimbutas, Martinsson & Rokhlin 2005, SIAM J. Sci. Comput. 26, 1389), are
 * the columns of the reduced table. The factors follow from a least-squares fit over cells. The fit is linear in the functional, so that it
 * is made for light at each wavelength, and the factors of any redshift are sums over its band: they are splines in ln(1 + z) with knots as
 * fine as the edges of bands ask for. */
#include "csp/csp_kern.h"
#include "model/plan_int.h"
#include "num/matrix_kern.h"

#include <math.h>
#include <string.h>

enum { KNOTS = 64, GHOSTS = 6, ALL = KNOTS + 2 * GHOSTS + 1, FIRST = GHOSTS - 1, KEPT = KNOTS + 3, SEEN_AT = 9 };
enum { MOST_NODES = 40, MOST_REST = 200, MOST_COLUMNS = 120 };
_Static_assert(KNOTS % (SEEN_AT - 1) == 0, "training redshifts are knots");

/* A band over the panel, on whole-grid nodes first .. first + n - 1 */
typedef struct window {
    size_t first, n;
    double *w;           /* [ALL][n] its weights at the knots */
    double *most;        /* [n] largest |weight| */
    num_eim star, rest;  /* nodes */
    size_t ncol;         /* columns of the table */
    double *column;      /* [ncol][n] their weights */
    double *factor;      /* [ALL][star.k][ncol] */
    double *rest_factor; /* [ALL][rest.k] */
} window;

typedef struct work {
    size_t n, rows;
    double *a, *weight, *x, *e, *q, *r, *light, *scaled, *project; /* r[ncol][m]: of the functionals along q */
} work;

static void window_clear(window *b)
{
    gal_free(b->w);
    gal_free(b->most);
    num_eim_clear(&b->star);
    num_eim_clear(&b->rest);
    gal_free(b->column);
    gal_free(b->factor);
    gal_free(b->rest_factor);
}

/* ------------------------------------------------------------------ weights of the bands at the knots */
static gal_status look(window *win, const gal_plan *p, double x)
{
    gal_status st = GAL_OK;
    const gal_galaxy *g = p->whole;
    gal_phot *phot = NULL;
    size_t *first = GAL_NEWN(size_t, p->nfilter * ALL * 2), *count = first ? first + p->nfilter * ALL : NULL;
    if (!first)
        return GAL_ENOMEM;
    GAL_TRY(gal_galaxy_phot_create(&phot, g, p->filter, p->nfilter));
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < ALL; i++) {
            double z = expm1(x + p->width * ((double)i - GHOSTS) / KNOTS);
            GAL_TRY(gal_phot_weights(phot, z, GAL_PHOT_EXACT));
            for (size_t b = 0; b < p->nfilter; b++) {
                window *v = &win[b];
                size_t j = b * ALL + i;
                GAL_TRY(gal_galaxy_check_band(g, phot, b, z));
                const double *w = gal_phot_window(phot, b, &first[j], &count[j]);
                if (pass == 0) {
                    size_t end = v->first + v->n;
                    v->first = i == 0 || first[j] < v->first ? first[j] : v->first;
                    end = i == 0 || first[j] + count[j] > end ? first[j] + count[j] : end;
                    v->n = end - v->first;
                    continue;
                }
                if (i == 0) {
                    v->w = GAL_NEWN(double, ALL * v->n);
                    v->most = GAL_NEWN(double, v->n);
                    if (!v->w || !v->most)
                        GAL_TRY(GAL_ENOMEM);
                }
                for (size_t k = 0; k < count[j]; k++) {
                    size_t to = first[j] - v->first + k;
                    v->w[i * v->n + to] = w[k];
                    v->most[to] = fmax(v->most[to], fabs(w[k]));
                }
            }
        }
out:
    gal_free(first);
    gal_phot_free(phot);
    return st;
}

/* ------------------------------------------------------------------ nodes */
static double dot(const double *a, const double *b, size_t n)
{
    return GAL_KERN_PICK(csp_kern)->dot(n, a, b);
}

/* Light of a training point in the band in the panel's middle, and of its stars without dust; u[n] is overwritten. */
static void measure(const window *v, const plan_shared *s, size_t d, double *u, double *bare, double *scale)
{
    const plan_training *t = s->train;
    const double *w = v->w + (ALL / 2) * v->n, *total = t->total + d * t->n + v->first;
    const double *trans = s->ntrans ? s->trans + (d % s->ntrans) * t->n + v->first : NULL;
    GAL_KERN_PICK(matrix_kern)->scaled(v->n, 1, total, trans, u);
    *bare = dot(w, t->bare_lum + d * t->n + v->first, v->n);
    *scale = fmax(dot(w, u, v->n), 1e-3 * *bare);
}

static gal_status nodes(window *v, const plan_shared *s, work *o, double tolerance)
{
    const struct matrix_kern *kern = GAL_KERN_PICK(matrix_kern);
    const plan_training *t = s->train;
    size_t n = v->n, rows = 0;
    double total = 0, bare, scale;
    for (size_t k = 0; k < n; k++)
        total += o->weight[k] = v->most[k] * t->light[v->first + k];
    for (size_t k = 0; k < n; k++)
        o->weight[k] = total > 0 ? o->weight[k] / total : 0;
    for (size_t d = 0; d < t->nd; d++) {
        const double *trans = s->ntrans ? s->trans + (d % s->ntrans) * t->n + v->first : NULL;
        measure(v, s, d, o->x, &bare, &scale);
        double f = scale > 0 && bare > 0 ? bare / scale : 0;
        for (int c = SEEN_DD; c <= SEEN_BOTH; c++, rows++) {
            const double *from = t->curve + (d * NCURVE + (size_t)c) * t->n + v->first;
            kern->scaled(n, f, from, trans, o->a + rows * n);
        }
    }
    gal_status st = num_eim_make(&v->star, n, rows, o->a, o->weight, tolerance / 4, MOST_NODES);
    if (st != GAL_OK)
        return st;
    rows = 0;
    for (size_t d = 0; d < t->nd; d++) {
        const double *trans = s->ntrans ? s->trans + (d % s->ntrans) * t->n + v->first : NULL;
        measure(v, s, d, o->x, &bare, &scale);
        for (size_t c = 0; c < t->ncomp; c++) {
            const double *from = t->rest + (d * t->ncomp + c) * t->n + v->first;
            kern->scaled(n, scale > 0 ? 1 / scale : 0, from, trans, o->a + rows * n);
            rows += dot(v->most, o->a + rows * n, n) > 0.01 * tolerance;
        }
    }
    return num_eim_make(&v->rest, n, rows, o->a, v->most, tolerance / 4, MOST_REST);
}

/* ------------------------------------------------------------------ columns and factors */
/* Spectra of the sampled cells in the window, relative to their light in the band: o->light[nsample][n]. */
static void sample_light(const window *v, const plan_shared *s, work *o)
{
    const double *w = v->w + (ALL / 2) * v->n;
    double top = 0;
    for (size_t c = 0; c < s->nsample; c++) {
        const float *from = s->spectrum + (size_t)s->sample[c] * s->train->n + v->first;
        double sum = 0;
        for (size_t k = 0; k < v->n; k++) {
            o->light[c * v->n + k] = (double)from[k];
            sum += w[k] * (double)from[k];
        }
        o->scaled[c] = sum;
        top = fmax(top, sum);
    }
    for (size_t c = 0; c < s->nsample; c++) {
        double f = o->scaled[c] > 1e-12 * top ? 1 / o->scaled[c] : 0;
        for (size_t k = 0; k < v->n; k++)
            o->light[c * v->n + k] *= f;
    }
}

/* Functionals of the band at SEEN_AT knots of the panel, o->a[m][n], and what they are of each sampled cell, o->e[m][nsample]. */
static size_t functionals(const window *v, const plan_shared *s, work *o)
{
    const struct matrix_kern *kern = GAL_KERN_PICK(matrix_kern);
    size_t m = 0, n = v->n;
    for (size_t i = 0; i < SEEN_AT; i++)
        for (size_t q = 0; q < v->star.k; q++, m++) {
            const double *w = v->w + (GHOSTS + i * (KNOTS / (SEEN_AT - 1))) * n, *c = v->star.cardinal + q * n;
            kern->scaled(n, 1, w, c, o->a + m * n);
        }
    for (size_t j = 0; j < s->nsample; j++) { /* the functionals stay in the cache */
        kern->dots(n, m, o->light + j * n, o->a, o->x);
        for (size_t i = 0; i < m; i++)
            o->e[i * s->nsample + j] = o->x[i];
    }
    return m;
}

/* Pivots until what is left of every functional is at most `tolerance` for every cell: orthonormal rows o->q[ncol][nsample], and
 * r[i] = (pivot i, q i); o->r those of all functionals. */
static size_t pivots(size_t m, size_t n, work *o, double tolerance, size_t *pivot, double *r)
{
    size_t ncol = 0;
    for (; ncol < MOST_COLUMNS; ncol++) {
        double top = 0, *q = o->q + ncol * n;
        size_t at = 0;
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < n; j++)
                if (fabs(o->e[i * n + j]) > top) {
                    top = fabs(o->e[i * n + j]);
                    at = i;
                }
        if (!(top > tolerance))
            break;
        memcpy(q, o->e + at * n, n * sizeof *q);
        for (size_t i = 0; i < ncol; i++) { /* once more, for rounding */
            double c = dot(q, o->q + i * n, n);
            for (size_t j = 0; j < n; j++)
                q[j] -= c * o->q[i * n + j];
        }
        double norm = sqrt(dot(q, q, n));
        for (size_t j = 0; j < n; j++)
            q[j] /= norm;
        for (size_t i = 0; i < m; i++) {
            double c = dot(o->e + i * n, q, n);
            o->r[ncol * m + i] = c;
            for (size_t j = 0; j < n; j++)
                o->e[i * n + j] -= c * q[j];
        }
        pivot[ncol] = at;
        r[ncol] = o->r[ncol * m + at];
    }
    return ncol;
}

/* Factors of light at each wavelength: o->project[ncol][n], least squares over the sampled cells; pivots are o->a[pivot]. */
static void project(const window *v, const plan_shared *s, work *o, size_t ncol)
{
    size_t n = v->n, m = s->nsample;
    double r[MOST_COLUMNS];
    memset(o->project, 0, ncol * n * sizeof *o->project);
    for (size_t c = 0; c < ncol; c++) /* q . light */
        GAL_KERN_PICK(matrix_kern)->spread(n, m, o->q + c * m, o->light, o->project + c * n);
    /* pivot c = sum_(i <= c) r_i q_i: r_i = (q_i . light) summed over its weights; solve from the last on */
    for (size_t c = ncol; c-- > 0;) {
        for (size_t i = 0; i <= c; i++)
            r[i] = o->e[c * MOST_COLUMNS + i];
        double *x = o->project + c * n;
        for (size_t k = 0; k < n; k++)
            x[k] /= r[c];
        for (size_t i = 0; i < c; i++)
            for (size_t k = 0; k < n; k++)
                o->project[i * n + k] -= r[i] * x[k];
    }
}

static gal_status columns(window *v, const plan_shared *s, work *o, double tolerance)
{
    const struct matrix_kern *kern = GAL_KERN_PICK(matrix_kern);
    size_t n = v->n, pivot[MOST_COLUMNS];
    double diagonal[MOST_COLUMNS];
    sample_light(v, s, o);
    size_t m = functionals(v, s, o);
    v->ncol = pivots(m, s->nsample, o, tolerance, pivot, diagonal);
    v->column = GAL_NEWN(double, v->ncol *n + 1);
    v->factor = GAL_NEWN(double, ALL * v->star.k * v->ncol + 1);
    v->rest_factor = GAL_NEWN(double, ALL * v->rest.k + 1);
    if (!v->column || !v->factor || !v->rest_factor)
        return GAL_ENOMEM;
    for (size_t c = 0; c < v->ncol; c++)
        memcpy(v->column + c * n, o->a + pivot[c] * n, n * sizeof *v->column);
    for (size_t c = 0; c < v->ncol; c++)
        for (size_t i = 0; i <= c; i++) /* (pivot c, q i) */
            o->e[c * MOST_COLUMNS + i] = o->r[i * m + pivot[c]];
    project(v, s, o, v->ncol);
    for (size_t i = 0; i < ALL; i++) {
        const double *w = v->w + i * n;
        for (size_t q = 0; q < v->star.k; q++) {
            kern->scaled(n, 1, w, v->star.cardinal + q * n, o->x);
            kern->dots(n, v->ncol, o->x, o->project, v->factor + (i * v->star.k + q) * v->ncol);
        }
        for (size_t q = 0; q < v->rest.k; q++)
            v->rest_factor[i * v->rest.k + q] = dot(w, v->rest.cardinal + q * n, n);
    }
    return GAL_OK;
}

/* ------------------------------------------------------------------ the reduced galaxy */
static gal_status list_nodes(plan_nodes *l, const plan_shared *s, const window *win, size_t nb)
{
    gal_status st = GAL_OK;
    for (size_t i = 0; i < s->power.n; i++) {
        plan_node node = s->power.node[i];
        node.column = NULL; /* its column is made */
        GAL_TRY(plan_put(l, node));
    }
    for (size_t b = 0; b < nb; b++) {
        const window *v = &win[b];
        for (size_t q = 0; q < v->star.k; q++)
            GAL_TRY(plan_put(
                l, (plan_node){
                       .kind = NODE_MIX, .k = (uint32_t)(v->first + v->star.node[q]), .band = b, .q = (uint32_t)q}));
        for (size_t q = 0; q < v->rest.k; q++)
            GAL_TRY(plan_put(
                l, (plan_node){
                       .kind = NODE_REST, .k = (uint32_t)(v->first + v->rest.node[q]), .band = b, .q = (uint32_t)q}));
        l->mixed += v->ncol;
    }
out:
    return st;
}

/* Columns of the table: those of each band. */
static gal_status fill(plan_columns *made, const plan_shared *s, const window *win, size_t nb, size_t ncol, work *o)
{
    const struct matrix_kern *kern = GAL_KERN_PICK(matrix_kern);
    size_t cells = s->column.cells, n = s->train->n;
    double value[MOST_COLUMNS];
    *made = s->column;
    made->stride = plan_stride(ncol);
    if (!(made->lum = GAL_NEWN(float, cells * made->stride)))
        return GAL_ENOMEM;
    for (size_t c = 0; c < cells; c++) {
        float *to = made->lum + c * made->stride;
        for (size_t b = 0; b < nb; b++) {
            const window *v = &win[b];
            const float *from = s->spectrum + c * n + v->first;
            for (size_t k = 0; k < v->n; k++)
                o->x[k] = (double)from[k];
            kern->dots(v->n, v->ncol, o->x, v->column, value);
            for (size_t i = 0; i < v->ncol; i++)
                to[i] = (float)value[i];
            to += v->ncol;
        }
    }
    return GAL_OK;
}

gal_status plan_mix_place(gal_plan *p, double x, const uint32_t *nodes, const uint32_t *columns)
{
    const plan_nodes *l = &p->nodes;
    size_t nb = p->nfilter, entries = 0, column = 0, e = 0;
    gal_mix *m = p->reduced->grid->mix = GAL_NEW(gal_mix);
    if (!m)
        return GAL_ENOMEM;
    p->reduced->grid->common = p->common;
    p->reduced->grid->common_stride = p->common_stride;
    p->nknot = m->nknot = KEPT;
    p->knot_inv = m->inv = KNOTS / p->width;
    p->knot0 = m->x0 = x;
    m->nband = nb;
    for (size_t b = 0; b < nb; b++)
        entries += nodes[b];
    for (size_t i = 0; i < l->n; i++)
        p->nrest += l->node[i].kind == NODE_REST;
    m->band = GAL_NEWN(gal_mix_band, nb);
    m->entry = GAL_NEWN(uint32_t, entries + 1);
    if (!m->band || !m->entry)
        return GAL_ENOMEM;
    for (size_t b = 0; b < nb; b++) {
        m->band[b] = (gal_mix_band){
            .column = (uint32_t)column, .ncol = columns[b], .first = (uint32_t)e, .n = nodes[b], .at = m->size};
        for (size_t i = 0; i < l->n; i++)
            if (l->node[i].kind == NODE_MIX && l->node[i].band == b)
                m->entry[e + l->node[i].q] = l->node[i].entry;
        column += columns[b];
        m->size += (size_t)nodes[b] * columns[b];
        e += nodes[b];
    }
    m->factor = GAL_NEWN(float, KEPT * m->size + 1);
    p->rest_factor = GAL_NEWN(double, KEPT * p->nrest + 1);
    p->info.bytes += KEPT * (m->size * sizeof(float) + p->nrest * sizeof(double));
    return m->factor && p->rest_factor ? GAL_OK : GAL_ENOMEM;
}

/* Factors as splines, of the panel's nodes in the order of its sums. */
static gal_status mix(gal_plan *p, const window *win, double x)
{
    gal_status st = GAL_OK;
    const plan_nodes *l = &p->nodes;
    size_t nb = p->nfilter, rest = 0;
    double ratio[ALL];
    uint32_t *count = GAL_NEWN(uint32_t, 2 * nb + 1);
    if (!count)
        return GAL_ENOMEM;
    for (size_t b = 0; b < nb; b++) {
        count[b] = (uint32_t)win[b].star.k;
        count[nb + b] = (uint32_t)win[b].ncol;
    }
    GAL_TRY(plan_mix_place(p, x, count, count + nb));
    gal_mix *m = p->reduced->grid->mix;
    for (size_t b = 0; b < nb; b++) {
        const window *v = &win[b];
        size_t f = v->star.k * v->ncol;
        for (size_t j = 0; j < f; j++) {
            gal_mix_fit(v->factor + j, ALL, f, ratio);
            for (size_t i = 0; i < KEPT; i++)
                m->factor[i * m->size + m->band[b].at + j] = (float)v->factor[(FIRST + i) * f + j];
        }
        for (size_t j = 0; j < v->rest.k; j++)
            gal_mix_fit(v->rest_factor + j, ALL, v->rest.k, ratio);
        for (size_t i = 0; i < l->n; i++)
            if (l->node[i].kind == NODE_REST && l->node[i].band == b) {
                for (size_t k = 0; k < KEPT; k++)
                    p->rest_factor[k * p->nrest + rest] = v->rest_factor[(FIRST + k) * v->rest.k + l->node[i].q];
                rest++;
            }
    }
out:
    gal_free(count);
    return st;
}

static void work_clear(work *o)
{
    gal_free(o->a);
    gal_free(o->weight);
    gal_free(o->e);
    gal_free(o->q);
    gal_free(o->r);
    gal_free(o->light);
    gal_free(o->project);
}

static gal_status work_open(work *o, const window *win, size_t nb, const plan_shared *s)
{
    const plan_training *t = s->train;
    size_t n = 0, rows = (t->ncomp > 2 ? t->ncomp : 2) * t->nd, m = SEEN_AT * MOST_NODES;
    rows = rows > m ? rows : m;
    for (size_t b = 0; b < nb; b++)
        n = win[b].n > n ? win[b].n : n;
    size_t e = m * s->nsample > MOST_COLUMNS * MOST_COLUMNS ? m * s->nsample : MOST_COLUMNS * MOST_COLUMNS;
    o->a = gal_alloc(rows * n * sizeof *o->a);
    o->weight = GAL_NEWN(double, 2 * n + 2 * s->nsample + m);
    o->x = o->weight + n;
    o->e = gal_alloc(e * sizeof *o->e);
    o->q = gal_alloc(MOST_COLUMNS * s->nsample * sizeof *o->q);
    o->r = gal_alloc(MOST_COLUMNS * m * sizeof *o->r);
    o->light = gal_alloc(s->nsample * n * sizeof *o->light);
    o->scaled = o->weight + 2 * n + s->nsample + m;
    o->project = gal_alloc(MOST_COLUMNS * n * sizeof *o->project);
    return o->a && o->weight && o->e && o->q && o->r && o->light && o->project ? GAL_OK : GAL_ENOMEM;
}

gal_status plan_panel_make(gal_plan **out, const gal_plan *p, const plan_shared *s, double x, const double *tolerance)
{
    gal_status st = GAL_OK;
    gal_plan *panel = NULL;
    plan_columns made = {0};
    work o = {0};
    size_t nb = p->nfilter;
    window *win = GAL_NEWN(window, nb);
    gal_plan_opts opts = {.filter = p->filter, .nfilter = nb, .lo = p->lo, .hi = p->hi, .tolerance = p->info.tolerance};
    *out = NULL;
    if (!win)
        return GAL_ENOMEM;
    GAL_TRY(look(win, p, x));
    GAL_TRY(plan_empty(&panel, p->whole, &opts));
    panel->span = false;
    panel->common = p->common;
    panel->common_stride = p->common_stride;
    panel->width = p->width;
    GAL_TRY(work_open(&o, win, nb, s));
    for (size_t b = 0; b < nb; b++) {
        GAL_TRY(nodes(&win[b], s, &o, tolerance[b]));
        GAL_TRY(columns(&win[b], s, &o, tolerance[b]));
    }
    GAL_TRY(list_nodes(&panel->nodes, s, win, nb));
    GAL_TRY(fill(&made, s, win, nb, panel->nodes.mixed, &o));
    GAL_TRY(plan_reduce(panel, &panel->nodes, &made));
    GAL_TRY(mix(panel, win, x));
    *out = panel;
    panel = NULL;
out:
    for (size_t b = 0; b < nb; b++)
        window_clear(&win[b]);
    gal_free(win);
    gal_free(made.lum);
    work_clear(&o);
    gal_plan_unref(panel);
    return st;
}
