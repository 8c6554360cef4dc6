/* One point of a soft histogram at a time: what gal_soft_count and the counts of populations share. One grid per thread. */
#ifndef GAL_SOFT_ND_H
#define GAL_SOFT_ND_H
#include "galua/soft.h"

#define GAL_SOFT_MAXBINS 100000000
typedef struct gal_soft_reach { /* bins first .. first + n - 1, the point's shares, their slopes by place and width */
    size_t first, n;
    double *u, *du, *dw;
} gal_soft_reach;
typedef struct gal_soft_grid {
    size_t naxis, size, step[GAL_SOFT_MAXAXIS];
    gal_soft_axis axis[GAL_SOFT_MAXAXIS];
    gal_soft_reach reach[GAL_SOFT_MAXAXIS];
    double *memory;
} gal_soft_grid;
gal_status gal_soft_grid_open(gal_soft_grid *g, size_t naxis, const gal_soft_axis *axis); /* borrows the edges */
void gal_soft_grid_close(gal_soft_grid *g);                                               /* after a failed open, too */
/* the point x[naxis], and its slopes, if wanted; false: it reaches no bin */
bool gal_soft_grid_set(gal_soft_grid *g, const double *x, bool slopes);
void gal_soft_grid_add(const gal_soft_grid *g, double w, double *count);
/* sum of gcount times the point's shares; dx[naxis] and dw[naxis] (NULL: not wanted) its derivatives by place and widths */
double gal_soft_grid_back(const gal_soft_grid *g, const double *gcount, double *dx, double *dw);
#endif
