/* Ellipsoids around points of the unit cube: what nested sampling draws from and takes axes from. Internal. */
#ifndef GAL_INFER_BOUND_H
#define GAL_INFER_BOUND_H
#include "galua/base.h"
#include "galua/rng.h"

typedef struct bound {
    size_t d, n, room; /* ellipsoids */
    double *c;         /* [n][d] centres */
    double *axis;      /* [n][d][d] row j: semi-axis j */
    double *inv;       /* [n][d][d] row j: direction j divided by the length of axis j */
    double *len;       /* [n][d] lengths */
    double *lnvol;     /* [n] */
    double *cum;       /* [n] cumulative share of the volume, last 1 */
    double lntotal;    /* ln of the sum of the volumes */
} bound;

void bound_free(bound *b);
gal_status bound_room(bound *b, size_t d, size_t room); /* for so many ellipsoids; what was there is lost */
/* x[n][d] -> ellipsoids that hold all points; label[n] (may be NULL): which ellipsoid a point was put into.
 * multi: split by 2-means as long as the volume falls enough (see bound.c). GAL_EMATH when the points hold NaN. */
gal_status bound_build(bound *b, const double *x, size_t n, size_t d, bool multi, size_t *label);
/* Multiplies all axes by f; axes longer than sqrt(d)/2 hand the excess to the others. */
void bound_inflate(bound *b, double f);
/* Largest distance of points left out of `count` resamplings to the nearest ellipsoid built from the drawn ones, at least 1. */
gal_status bound_bootstrap(const double *x, size_t n, size_t d, bool multi, int count, uint64_t seed, uint64_t source,
                           uint64_t update, double *factor);
size_t bound_pick(const bound *b, gal_rng *r); /* an ellipsoid, with probability proportional to its volume */
/* Uniform draw from the union (may lie outside the cube). */
void bound_draw(const bound *b, gal_rng *r, double *x, double *scratch); /* scratch[d] */
/* Uniform in the unit ball. */
void ball_draw(gal_rng *r, size_t d, double *z);
#endif
