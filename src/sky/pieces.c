/* pieces.c - piecewise polynomials; see pieces.h. */
#include "sky/pieces.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

gal_status gal_pieces_create(gal_pieces **out, size_t nseg, int order, const double *knot)
{
    *out = NULL;
    gal_pieces *p = GAL_NEW(gal_pieces);
    if (!p || !(p->knot = GAL_NEWN(double, (nseg + 1) + 4 * nseg))) {
        gal_free(p);
        return GAL_ENOMEM;
    }
    p->nseg = nseg;
    p->order = order;
    memcpy(p->knot, knot, (nseg + 1) * sizeof *knot);
    for (int i = 0; i < 4; i++)
        p->coef[i] = p->knot + nseg + 1 + (size_t)i * nseg;
    *out = p;
    return GAL_OK;
}

gal_status gal_pieces_index(gal_pieces *p)
{
    double a = p->knot[0], b = p->knot[p->nseg];
    size_t n = 8 * p->nseg + 1;
    if (n > 1 << 22)
        return gal_fail(GAL_EUNSUP, "pieces: %zu segments are too many", p->nseg);
    p->nbin = (int)n;
    p->lo = a;
    p->inv = (double)n / (b - a);
    if (!(p->start = GAL_NEWN(int, n)))
        return GAL_ENOMEM;
    /* The kernel computes the bin of x in floating point: an edge may fall on either side, so a bin starts one rounding early. */
    size_t s = 0;
    p->reach = 1;
    for (size_t k = 0; k < p->nseg && p->order == 1; k++)
        p->coef[2][k] = p->coef[0][k] - p->knot[k] * p->coef[1][k];
    for (size_t i = 0; i < n; i++) {
        double x = a + ((double)i - 1e-6) / p->inv, next = a + ((double)i + 1 + 1e-6) / p->inv;
        while (s + 1 < p->nseg && p->knot[s + 1] <= x)
            s++;
        p->start[i] = (int)s;
        size_t e = s;
        while (e + 1 < p->nseg && p->knot[e + 1] <= next)
            e++;
        if ((int)(e - s) > p->reach)
            p->reach = (int)(e - s);
    }
    return GAL_OK;
}

void gal_pieces_free(gal_pieces *p)
{
    if (!p)
        return;
    gal_free(p->knot);
    gal_free(p->start);
    gal_free(p);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* p on other knots, which contain its own: Taylor coefficients about each new knot */
static gal_pieces *moved(const gal_pieces *p, size_t nseg, const double *knot)
{
    gal_pieces *q;
    size_t s = 0;
    if (gal_pieces_create(&q, nseg, p->order, knot) != GAL_OK)
        return NULL;
    for (size_t k = 0; k < nseg; k++) {
        double mid = 0.5 * (knot[k] + knot[k + 1]);
        while (s + 1 < p->nseg && p->knot[s + 1] <= mid)
            s++;
        double t = knot[k] - p->knot[s], c[4] = {p->coef[0][s], p->coef[1][s]};
        if (p->order > 1) {
            c[2] = p->coef[2][s];
            c[3] = p->coef[3][s];
        }
        q->coef[0][k] = c[0] + t * (c[1] + t * (c[2] + t * c[3]));
        q->coef[1][k] = c[1] + t * (2 * c[2] + t * 3 * c[3]);
        q->coef[2][k] = c[2] + t * 3 * c[3]; /* of order 1: written by the index */
        q->coef[3][k] = c[3];
    }
    if (gal_pieces_index(q) != GAL_OK) {
        gal_pieces_free(q);
        q = NULL;
    }
    return q;
}

bool gal_pieces_share(gal_pieces **list, size_t n, size_t most)
{
    size_t total = 0, m = 1;
    for (size_t i = 0; i < n; i++)
        total += list[i]->nseg + 1;
    double *knot = GAL_NEWN(double, total);
    gal_pieces **q = GAL_NEWN(gal_pieces *, n);
    bool done = false;
    if (!knot || !q)
        goto out;
    total = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k <= list[i]->nseg; k++)
            knot[total++] = list[i]->knot[k];
    qsort(knot, total, sizeof *knot, ascending);
    double last = knot[total - 1], close = 1e-13 * (fabs(last) + fabs(knot[0]));
    for (size_t k = 1; k < total; k++)
        if (knot[k] - knot[m - 1] > close)
            knot[m++] = knot[k];
    knot[m - 1] = last;
    if (m < 2 || m - 1 > most)
        goto out;
    done = true;
    for (size_t i = 0; i < n && done; i++)
        done = (q[i] = moved(list[i], m - 1, knot)) != NULL;
    for (size_t i = 0; i < n; i++) {
        gal_pieces *gone = done ? list[i] : q[i];
        if (done)
            list[i] = q[i];
        gal_pieces_free(gone);
    }
out:
    gal_free(knot);
    gal_free(q);
    return done;
}
