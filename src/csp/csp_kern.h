/* Hot loops of the stellar sum, out[k] += sum_j w[j] col[j][k], and sums in eight fixed lanes. */
#ifndef GAL_CSP_KERN_H
#define GAL_CSP_KERN_H
#include "num/isa.h"
/* Whole cells of the table with two points of the history each, point q of cell k at [q stride + k]; see smooth.c. */
struct csp_pair {
    size_t n, stride, step; /* step: between both points in `a` */
    double agree, rounds;   /* of the mass of a cell, and of all: how far the points may be from the mass */
    double even;            /* the latter only where the rates differ by no more than this share */
    double first, last;     /* metallicities of the table: those outside are clamped */
    const double *mass;     /* [n] formed before the younger edges: what `rounds` is of */
    const double *formed;   /* [n] in the cells */
    const double *width;    /* [n] yr */
    const double *psi;      /* rates */
    const double *iz, *fz;  /* node of the metallicity below, share of the next */
    const double *a, *z;    /* ages, metallicities */
    const double *whole;    /* [n] 0: not to be taken */
    double *m, *ok;         /* masses of the points; [n] 1: the cell is taken, 0: it is not, and its masses are 0 */
};
/* Rates [Msun/yr] below this share no mass out: the inverse of a denormal number is infinite. The shares are then those of the Gauss rule. */
#define CSP_NO_RATE 1e-290
struct csp_kern {
    void (*accumulate)(const float *const *col, const double *w, size_t ncol, size_t n, double *out);
    /* out[k] = base[k] + sum_j w[j] table[row[j] stride + k], base NULL: 0. For tables of few columns: eight rows are added in single
     * precision, their sums in double. n a multiple of 8, ncol of 16. */
    void (*few)(const float *table, size_t stride, const uint32_t *row, const float *w, size_t n, size_t ncol,
                const double *base, double *out);
    /* row[k] = first + k, w[k] = scale (a[k] - b[k]), b NULL: 0, or 0 where that is negative */
    void (*rows)(size_t n, size_t first, double scale, const double *a, const double *b, uint32_t *row, float *w);
    double (*dot)(size_t n, const double *a, const double *b);
    double (*table)(size_t n, const double *w, const float *table); /* sum w table */
    /* out0[i] = sum_k w0[k] table[i n + k], k < n, for `rows` of a table; the same with w1 where on[i], or next to such (NULL: all) */
    void (*back)(size_t rows, size_t n, const double *w0, const double *w1, const float *table, const double *on,
                 double *out0, double *out1);
    /* f = (ln a - ln) inv: the older node's share at age a */
    void (*hats)(size_t n, const double *a, const double *ln, const double *inv, double *f);
    /* iz: largest node in 0 .. nz - 2 with node[iz] <= z, or 0; fz = (z - node[iz]) inv[iz] within 0 .. 1 */
    void (*bracket)(size_t n, size_t nz, const double *node, const double *inv, const double *z, double *iz,
                    double *fz);
    /* Of n pieces with mass dm, point q of piece k at [q cap + k]: m = dm gw[q] psi/sum_q, by gw alone where psi is 0, nothing where no
     * mass formed. sums = of m, m a, m z; z may be NULL. */
    void (*shares)(size_t n, size_t cap, const double gw[3], const double *dm, const double *psi, const double *a,
                   const double *z, double *m, double sums[3]);
    /* out[4][cap]: sums over q of m times (1 - fa)(1 - fz), fa (1 - fz), (1 - fa) fz, fa fz; one_fz: fz[0] for all */
    void (*fold)(size_t n, size_t cap, bool one_fz, const double *m, const double *fa, const double *fz, double *out);
    void (*pair)(const struct csp_pair *s, double sums[3]); /* sums of m, m a, m z */
    /* `fold` of two points; hats with `step` between both; bend[n]: see gal_csp */
    void (*pair_fold)(size_t n, size_t stride, size_t step, const double *m, const double *fa, const double *fz,
                      const double *bend, double *out);
    void (*pair_times)(size_t n, double age, const double *a, double *t); /* t = age - a */
    void (*pair_fill)(size_t n, double x, double *to);                    /* to = x */
    void (*pair_formed)(size_t n, const double *mass, double *formed);    /* formed[k] = mass[k] - mass[k + 1] */
    /* w[k] += young[k], w[k + 1] += old[k], k < n; n > 0 */
    void (*pair_add)(size_t n, const double *young, const double *old, double *w);
    /* out[0], out[1] = sum_j c_j t0[j], sum_j c_j t1[j], c_j = sum_i b[i] row[i stride + j], i < 4 */
    void (*mix)(size_t n, const float *row, size_t stride, const double b[4], const double *t0, const double *t1,
                double out[2]);
    /* t0[j] += g0 c_j, t1[j] += g1 c_j */
    void (*mix_back)(size_t n, const float *row, size_t stride, const double b[4], double g0, double g1, double *t0,
                     double *t1);
};
GAL_KERN_DECLARE(csp_kern);
#endif
