/* functional.c - band integrals as polynomials of a part's working variables.
 *
 * f is sampled at Chebyshev nodes of the box its maps span, turned into a Chebyshev series (a cosine transform), cut to the terms whose sum
 * exceeds the tolerance, and turned into powers for Horner's rule. What is certified: the largest relative difference to the sums over
 * frequencies on a grid of points that the construction has not seen, times 1.5, must be below the tolerance. Otherwise: exact. */
#include "sky/part.h"
#include "sky/sky_kern.h"

#include <math.h>
#include <string.h>

enum { NODES = 24, TEST = 37, MOST = 64 * 22 }; /* MOST >= TEST^2, NODES^2, a multiple of LAW_BLOCK */

void gal_functional_free(functional *f)
{
    gal_pieces_free(f->pieces);
    gal_free(f->poly.c);
    memset(f, 0, sizeof *f);
}

typedef struct points { /* of the box: u, v in -1 .. 1 and working variables */
    double u[MOST], v[MOST], w[GAL_SKY_MAXPAR][MOST], f[MOST], g[MOST]; /* first: the kernels want 64-byte alignment */
    size_t n, padded;
} points;

static void place(const gal_sky_part *p, points *x)
{
    x->padded = (x->n + LAW_BLOCK - 1) / LAW_BLOCK * LAW_BLOCK;
    for (size_t k = x->n; k < x->padded; k++)
        x->u[k] = x->v[k] = 0;
    for (size_t i = 0; i < p->law->npar; i++)
        for (size_t k = 0; k < x->padded; k++)
            x->w[i][k] = p->number[i];
    for (int d = 0; d < p->nmap; d++) {
        int i = p->map[d];
        double mid = 0.5 * (p->lo[i] + p->hi[i]), half = 0.5 * (p->hi[i] - p->lo[i]);
        for (size_t k = 0; k < x->padded; k++)
            x->w[i][k] = mid + half * (d ? x->v[k] : x->u[k]);
    }
}

static gal_status evaluate(const gal_sky_plan *p, const part_plan *q, int which, long c, void *local, points *x)
{
    const double *w[GAL_SKY_MAXPAR] = {x->w[0], x->w[1], x->w[2], x->w[3]};
    place(q->part, x);
    return c < 0 ? gal_plan_norm(q, which, x->padded, w, x->f)
                 : gal_plan_sum(p, q, which, (size_t)c, local, x->padded, w, x->f);
}

static double mode(int n, int k, int i) /* weight of node i in Chebyshev coefficient k */
{
    return (k ? 2. : 1.) / n * cos(k * (i + 0.5) * M_PI / n);
}

/* Series a[rows of v][columns of u] of values at nodes f[j][i] */
static void transform(int nv, const double *f, double *a)
{
    double t[NODES][NODES];
    for (int j = 0; j < nv; j++)
        for (int k = 0; k < NODES; k++) {
            t[j][k] = 0;
            for (int i = 0; i < NODES; i++)
                t[j][k] += mode(NODES, k, i) * f[j * NODES + i];
        }
    for (int r = 0; r < nv; r++)
        for (int k = 0; k < NODES; k++) {
            a[r * NODES + k] = 0;
            for (int j = 0; j < nv; j++)
                a[r * NODES + k] += (nv > 1 ? mode(nv, r, j) : 1) * t[j][k];
        }
}

/* Drop the smallest terms while their sum stays below `budget`; false when what is left exceeds POLY_MAX */
static bool cut(int nv, double *a, double budget, int *rows, int deg[POLY_MAX])
{
    bool kept[NODES * NODES];
    int n = nv * NODES;
    double sum = 0;
    for (int i = 0; i < n; i++)
        kept[i] = true;
    for (;;) { /* smallest remaining first */
        int best = -1;
        for (int i = 0; i < n; i++)
            if (kept[i] && (best < 0 || fabs(a[i]) < fabs(a[best])))
                best = i;
        if (best < 0 || (sum += fabs(a[best])) > budget)
            break;
        kept[best] = false;
    }
    *rows = 0;
    for (int r = 0; r < nv; r++)
        for (int k = 0; k < NODES; k++)
            if (kept[r * NODES + k] && r + 1 > *rows)
                *rows = r + 1;
    if (*rows > POLY_MAX)
        return false;
    *rows = *rows > 0 ? *rows : 1;
    for (int r = 0; r < *rows; r++) {
        deg[r] = 0;
        for (int k = 0; k < NODES; k++)
            if (kept[r * NODES + k])
                deg[r] = k;
        if (deg[r] >= POLY_MAX)
            return false;
    }
    return true;
}

/* Coefficients of powers from those of Chebyshev polynomials, n of them, stride s, in place */
static void powers(int n, int s, double *a)
{
    double prev[NODES] = {1}, cur[NODES] = {0, 1}, next[NODES], out[NODES] = {0};
    for (int k = 0; k < n; k++) {
        const double *t = k == 0 ? prev : cur;
        for (int i = 0; i <= k; i++)
            out[i] += a[k * s] * t[i];
        if (k > 0) { /* T_{k+1} = 2 x T_k - T_{k-1} */
            for (int i = 0; i <= k + 1 && i < NODES; i++)
                next[i] = (i ? 2 * cur[i - 1] : 0) - (i < NODES ? prev[i] : 0);
            memcpy(prev, cur, sizeof prev);
            memset(cur, 0, sizeof cur);
            memcpy(cur, next, (size_t)(k + 2 < NODES ? k + 2 : NODES) * sizeof *cur);
        }
    }
    for (int i = 0; i < n; i++)
        a[i * s] = out[i];
}

static gal_status pack(int rows, const int *deg, double *a, gal_poly *out)
{
    int most = 0, terms = 0;
    for (int r = 0; r < rows; r++)
        most = deg[r] > most ? deg[r] : most;
    /* powers of v mix rows r, r-2, ...: a row needs the degree of the rows above it */
    int d[POLY_MAX] = {0};
    for (int r = rows - 1; r >= 0; r--)
        d[r] = r + 2 < rows && d[r + 2] > deg[r] ? d[r + 2] : deg[r];
    for (int r = 0; r < rows; r++)
        for (int k = 0; k < NODES; k++)
            if (k > deg[r])
                a[r * NODES + k] = 0;
    for (int r = 0; r < rows; r++)
        powers(most + 1, 1, a + r * NODES);
    for (int k = 0; k <= most; k++)
        powers(rows, NODES, a + k);
    for (int r = 0; r < rows; r++)
        terms += d[r] + 1;
    if (!(out->c = GAL_NEWN(double, (size_t)terms)))
        return GAL_ENOMEM;
    out->rows = rows;
    out->terms = 0;
    for (int r = rows - 1; r >= 0; r--) {
        out->deg[r] = d[r];
        for (int k = d[r]; k >= 0; k--)
            out->c[out->terms++] = a[r * NODES + k];
    }
    return GAL_OK;
}

/* The extremes and a grid that is not the nodes' */
static void test_points(const gal_sky_part *p, points *x)
{
    x->n = 0;
    for (int j = 0; j < (p->nmap > 1 ? TEST : 1); j++)
        for (int i = 0; i < TEST; i++, x->n++) {
            x->u[x->n] = -1 + 2. * i / (TEST - 1);
            x->v[x->n] = p->nmap > 1 ? -1 + 2. * j / (TEST - 1) : 0;
        }
}

gal_status gal_functional_poly(const gal_sky_plan *p, const part_plan *q, int which, long c, void *local,
                               double tolerance, functional *out)
{
    gal_status st = GAL_OK;
    const gal_sky_part *part = q->part;
    const struct sky_kern *kern = GAL_KERN_PICK(sky_kern);
    int nv = part->nmap > 1 ? NODES : 1, rows, deg[POLY_MAX];
    double a[NODES * NODES], smallest = INFINITY, worst = 0;
    points *x = GAL_NEW(points);
    memset(out, 0, sizeof *out);
    out->kind = F_EXACT;
    if (!x)
        return GAL_ENOMEM;
    if (part->nmap > 2)
        goto out;
    for (int j = 0; j < nv; j++)
        for (int i = 0; i < NODES; i++, x->n++) {
            x->u[x->n] = cos((i + 0.5) * M_PI / NODES);
            x->v[x->n] = nv > 1 ? cos((j + 0.5) * M_PI / NODES) : 0;
        }
    GAL_TRY(evaluate(p, q, which, c, local, x));
    for (size_t k = 0; k < x->n; k++)
        smallest = fabs(x->f[k]) < smallest ? fabs(x->f[k]) : smallest;
    transform(nv, x->f, a);
    test_points(part, x);
    GAL_TRY(evaluate(p, q, which, c, local, x));
    for (size_t k = 0; k < x->n; k++)
        smallest = fabs(x->f[k]) < smallest ? fabs(x->f[k]) : smallest;
    if (!(smallest > 0) || !cut(nv, a, 0.3 * tolerance * smallest, &rows, deg))
        goto out;
    GAL_TRY(pack(rows, deg, a, &out->poly));
    kern->poly(x->padded, out->poly.rows, out->poly.deg, out->poly.c, x->u, x->v, x->g);
    for (size_t k = 0; k < x->n; k++)
        worst = fmax(worst, fabs(x->g[k] / x->f[k] - 1));
    out->error = 1.5 * worst;
    if (out->error < tolerance) {
        out->kind = F_POLY;
    } else {
        gal_free(out->poly.c);
        out->poly.c = NULL;
    }
out:
    gal_free(x);
    return st;
}
