/* pieces.c - piecewise polynomials; see pieces.h. */
#include "sky/pieces.h"

#include <math.h>
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
    size_t n = 4 * p->nseg + 1;
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
