/* Which wavelengths a plan keeps: one empirical interpolation per band for the light of stars, one for the power that dust takes from
 * them (the Lyman continuum apart where gas uses it), one per band for everything else that shines, one for the power taken from other
 * sources and one for the power that dust gives back. */
#include "model/plan_int.h"

#include <math.h>
#include <string.h>

/* Dust that is tabulated, and lines of gas, take as many nodes as they have spectra that differ. */
enum { MOST_BAND = 200, MOST_POWER = 800 };

void plan_nodes_clear(plan_nodes *l)
{
    for (size_t i = 0; i < l->n; i++)
        gal_free(l->node[i].column);
    gal_free(l->node);
    *l = (plan_nodes){0};
}

gal_status plan_put(plan_nodes *l, plan_node node)
{
    if (l->n == l->cap) {
        size_t cap = 2 * l->cap + 64;
        plan_node *more = gal_realloc(l->node, cap * sizeof *more);
        if (!more)
            return GAL_ENOMEM;
        l->node = more;
        l->cap = cap;
    }
    l->node[l->n++] = node;
    return GAL_OK;
}

/* The nodes of one interpolation over whole-grid nodes first .. first + n - 1; integral[n]: weights of the sum it is for. */
static gal_status put_all(plan_nodes *l, const num_eim *e, plan_kind kind, size_t band, size_t first, size_t n,
                          const double *integral)
{
    for (size_t q = 0; q < e->k; q++) {
        plan_node node = {.kind = kind, .k = (uint32_t)(first + e->node[q]), .band = band, .first = first, .count = n};
        const double *c = e->cardinal + q * n;
        if (kind == NODE_STAR || kind == NODE_POWER_STAR) {
            if (!(node.column = GAL_NEWN(double, n + 1)))
                return GAL_ENOMEM;
            for (size_t k = 0; k < n; k++)
                node.column[k] = integral[k] * c[k];
        } else {
            for (size_t k = 0; k < n; k++)
                node.weight += integral[k] * c[k];
        }
        gal_status st = plan_put(l, node);
        if (st != GAL_OK) {
            gal_free(node.column);
            return st;
        }
    }
    return GAL_OK;
}

static gal_status make(plan_nodes *l, plan_kind kind, size_t band, size_t first, size_t n, const double *integral,
                       double *a, size_t ns, const double *weight, double tolerance, size_t most)
{
    num_eim e;
    gal_status st = num_eim_make(&e, n, ns, a, weight, tolerance, most);
    if (st == GAL_OK)
        st = put_all(l, &e, kind, band, first, n, integral);
    num_eim_clear(&e);
    return st;
}

/* Light of stars in a band: what arrives of it, relative to all that does or 1e-3 of the light without dust. */
static gal_status star_nodes(plan_nodes *l, const plan_training *t, size_t b, double tolerance, double *a,
                             double *weight)
{
    size_t n = t->count[b], first = t->first[b];
    double total = 0;
    for (size_t k = 0; k < n; k++)
        total += weight[k] = fabs(t->w[b][k]) * t->light[first + k];
    for (size_t k = 0; k < n; k++)
        weight[k] = total > 0 ? weight[k] / total : 0;
    double *row = a;
    for (size_t d = 0; d < t->nd; d++)
        for (int c = SEEN_DD; c <= SEEN_BOTH; c++, row += n) {
            const double *from = t->curve + (d * NCURVE + (size_t)c) * t->n + first;
            double scale = t->relative[d * t->nb + b] > 0 ? 1 / t->relative[d * t->nb + b] : 0;
            for (size_t k = 0; k < n; k++)
                row[k] = scale * from[k];
        }
    return make(l, NODE_STAR, b, first, n, t->w[b], a, 2 * t->nd, weight, tolerance, MOST_BAND);
}

/* Everything else in a band. */
static gal_status rest_nodes(plan_nodes *l, const plan_training *t, size_t b, double tolerance, double *a,
                             double *weight)
{
    size_t n = t->count[b], first = t->first[b], rows = 0;
    for (size_t k = 0; k < n; k++)
        weight[k] = fabs(t->w[b][k]);
    for (size_t d = 0; d < t->nd; d++)
        for (size_t c = 0; c < t->ncomp; c++) {
            const double *from = t->rest + (d * t->ncomp + c) * t->n + first;
            double scale = t->scale[d * t->nb + b], *row = a + rows * n, sum = 0;
            for (size_t k = 0; k < n; k++) {
                row[k] = scale > 0 ? from[k] / scale : 0;
                sum += weight[k] * row[k];
            }
            rows += sum > 0.01 * tolerance;
        }
    return make(l, NODE_REST, b, first, n, t->w[b], a, rows, weight, tolerance, MOST_BAND);
}

/* Power that dust takes from the stars at nodes first .. first + n - 1: of clouds, of diffuse dust, of the latter behind clouds, and
 * the constant, each against its own mean: where all stars are in opaque clouds what little passes is all that diffuse dust gets. */
static gal_status power_nodes(plan_nodes *l, const plan_training *t, const double *tw, size_t first, size_t n,
                              double tolerance, double *a, double *weight)
{
    size_t rows = 0;
    while (n > 1 && tw[first + n - 1] * t->light[first + n - 1] < 1e-15) /* far infrared, X-rays: no light of stars */
        n--;
    for (; n > 1 && tw[first] * t->light[first] < 1e-15; n--)
        first++;
    for (size_t k = 0; k < n; k++) {
        weight[k] = tw[first + k] * t->light[first + k];
        a[rows * n + k] = 1;
    }
    rows++;
    for (size_t d = 0; d < t->nd; d++) {
        for (int c = LOST_MC; c <= LOST_BOTH; c++) {
            const double *from = t->curve + (d * NCURVE + (size_t)c) * t->n;
            double *row = a + rows * n, m = 0;
            for (size_t k = 0; k < t->n; k++)
                m += tw[k] * t->light[k] * from[k];
            for (size_t k = 0; k < n; k++)
                row[k] = m > 1e-12 ? from[first + k] / m : 0;
            rows += m > 1e-12;
        }
    }
    return make(l, NODE_POWER_STAR, 0, first, n, tw + first, a, rows, weight, tolerance, MOST_POWER);
}

static gal_status source_nodes(plan_nodes *l, const plan_training *t, const double *tw, double tolerance, double *a)
{
    size_t rows = 2 * t->nd * t->nsource;
    memcpy(a, t->lost, rows * t->n * sizeof *a);
    return make(l, NODE_SOURCE, 0, 0, t->n, tw, a, rows, tw, tolerance, MOST_POWER);
}

/* The integral of what dust emits. */
static gal_status dust_nodes(plan_nodes *l, const plan_training *t, const gal_galaxy *g, double tolerance, double *a)
{
    size_t rows = 0, first = 0, n = t->n;
    while (first + 2 < n && g->grid->wave[first] < 91.2) /* no dust is as hot */
        first++;
    n -= first;
    const double *tw = g->grid->tw + first;
    for (size_t r = 0; r < t->nd * t->nint; r++) {
        const double *from = t->integrand + r * t->n + first;
        double power = 0;
        for (size_t k = 0; k < n; k++)
            power += tw[k] * from[k];
        for (size_t k = 0; power > 0 && k < n; k++)
            a[rows * n + k] = from[k] / power;
        rows += power > 0;
    }
    return make(l, NODE_DUST, 0, first, n, tw, a, rows, tw, tolerance, MOST_POWER);
}

gal_status plan_choose(plan_nodes *out, const gal_plan *p, const plan_training *t, double tolerance)
{
    gal_status st = GAL_OK;
    const gal_galaxy *g = p->whole;
    size_t rows = 3 * t->nd + 1, n = t->n, lyman = t->nsource ? g->grid->n_lyman : 0;
    rows = rows > 2 * t->nd * t->nsource ? rows : 2 * t->nd * t->nsource;
    rows = rows > t->nd * t->ncomp ? rows : t->nd * t->ncomp;
    rows = rows > t->nd * t->nint ? rows : t->nd * t->nint;
    *out = (plan_nodes){0};
    double *a = gal_alloc(rows * n * sizeof *a), *weight = GAL_NEWN(double, n);
    if (!a || !weight)
        GAL_TRY(GAL_ENOMEM);
    for (size_t b = 0; !p->span && b < t->nb; b++) {
        GAL_TRY(star_nodes(out, t, b, tolerance / 4, a, weight));
        GAL_TRY(rest_nodes(out, t, b, tolerance / 4, a, weight));
    }
    if (g->screen) {
        const double *tw = g->grid->tw;
        if (lyman)
            GAL_TRY(power_nodes(out, t, tw, 0, lyman, tolerance / 8, a, weight));
        GAL_TRY(power_nodes(out, t, tw, lyman, n - lyman, tolerance / 8, a, weight));
        GAL_TRY(dust_nodes(out, t, g, tolerance / 8, a));
    }
    if (t->nsource)
        GAL_TRY(source_nodes(out, t, g->grid->tw, tolerance / 8, a));
out:
    gal_free(a);
    gal_free(weight);
    if (st != GAL_OK)
        plan_nodes_clear(out);
    return st;
}
