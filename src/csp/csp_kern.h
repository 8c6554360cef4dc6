/* Hot loops of the stellar sum, out[k] += sum_j w[j] col[j][k], and sums in eight fixed lanes. */
#ifndef GAL_CSP_KERN_H
#define GAL_CSP_KERN_H
#include "num/isa.h"
/* Pieces 1 .. n - 2 of a history as linear rate and parabolic metallicity, from differences between the edges; see smooth.c. */
struct csp_smooth {
    size_t n, cap;
    double steep, bent;        /* largest change of the rate over a piece, second difference of fz */
    const double *b, *mass;    /* [n + 1] edges, mass formed before them */
    const double *z, *iz, *fz; /* [n + 1] metallicity, node below, share of the next */
    const double *f0, *f1,
        *f2; /* [n] mean of the older node's hat, times u, times u^2, u = -1/2 .. 1/2 over the piece */
    const double *inv, *whole; /* [n] inverse step of the metallicity axis; 1: the piece is a cell of the table */
    double *ok, *b00;          /* [n] 1: it is, and smooth enough; [4][cap] as of `fold` */
    double *age, *metal;       /* [n] their mass times age, metallicity */
};
/* Rates [Msun/yr] below this share no mass out: the inverse of a denormal number is infinite. The shares are then those of the Gauss rule. */
#define CSP_NO_RATE 1e-290
struct csp_kern {
    void (*accumulate)(const float *const *col, const double *w, size_t ncol, size_t n, double *out);
    /* out[k] = base[k] + sum_j w[j] table[row[j] stride + k], base NULL: 0. For tables of few columns: eight rows are added in single
     * precision, their sums in double. n a multiple of 8, ncol of 16. */
    void (*few)(const float *table, size_t stride, const uint32_t *row, const float *w, size_t n, size_t ncol,
                const double *base, double *out);
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
    void (*smooth)(const struct csp_smooth *s, double sums[3]);
};
GAL_KERN_DECLARE(csp_kern);
#endif
