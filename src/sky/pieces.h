/* pieces.h - piecewise polynomials of one variable, order 1 or 3, with a table that finds the segment without branches. */
#ifndef GAL_SKY_PIECES_H
#define GAL_SKY_PIECES_H
#include "galua/base.h"
typedef struct gal_pieces {
    size_t nseg;  /* segments; knot[nseg + 1] */
    int order;    /* 1 or 3 */
    double *knot; /* one block: knot, then coef rows */
    double *coef
        [4]; /* [nseg]: value = coef[0] + t (coef[1] + t (coef[2] + t coef[3])), t = x - knot; of order 1, after gal_pieces_index, coef[2] +
                      * x coef[1] as well: no knot to fetch */
    double lo, inv;  /* bins */
    int nbin, reach; /* most knots in a bin */
    int *start;      /* [nbin] segment at a bin's lower edge */
} gal_pieces;
/* knot[nseg + 1] strictly ascending; coefficients to be filled by the caller, then gal_pieces_index. x outside the knots uses the end segments. */
gal_status gal_pieces_create(gal_pieces **out, size_t nseg, int order, const double *knot);
gal_status gal_pieces_index(gal_pieces *p);
/* The same functions on the union of their knots, so that one search serves all of them: true when done; false, and nothing changed, when the
 * union has more than `most` segments or memory is lacking. All of one order. */
bool gal_pieces_share(gal_pieces **list, size_t n, size_t most);
void gal_pieces_free(gal_pieces *p);
#endif
