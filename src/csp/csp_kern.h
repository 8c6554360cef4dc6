/* Hot loops of the stellar sum, out[k] += sum_j w[j] col[j][k], and sums in eight fixed lanes. */
#ifndef GAL_CSP_KERN_H
#define GAL_CSP_KERN_H
#include "num/isa.h"
struct csp_kern {
    void (*accumulate)(const float *const *col, const double *w, size_t ncol, size_t n, double *out);
    double (*dot)(size_t n, const double *a, const double *b);
    double (*table)(size_t n, const double *w, const float *table); /* sum w table */
    /* f = (ln a - ln) inv: the older node's share at age a */
    void (*hats)(size_t n, const double *a, const double *ln, const double *inv, double *f);
    /* iz: largest node in 0 .. nz - 2 with node[iz] <= z, or 0; fz = (z - node[iz]) inv[iz] within 0 .. 1 */
    void (*bracket)(size_t n, size_t nz, const double *node, const double *inv, const double *z, double *iz,
                    double *fz);
    /* Of n pieces, point q of piece k at [q cap + k]: m = (mass[k] - mass[k + 1]) gw[q] psi/sum_q, by gw alone where psi is 0, nothing
     * where no mass formed. sums = of m, m a, m z; z may be NULL. */
    void (*shares)(size_t n, size_t cap, const double gw[3], const double *mass, const double *psi, const double *a,
                   const double *z, double *m, double sums[3]);
    /* out[4][cap]: sums over q of m times (1 - fa)(1 - fz), fa (1 - fz), (1 - fa) fz, fa fz; one_fz: fz[0] for all */
    void (*fold)(size_t n, size_t cap, bool one_fz, const double *m, const double *fa, const double *fz, double *out);
};
GAL_KERN_DECLARE(csp_kern);
#endif
