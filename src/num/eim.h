/* Empirical interpolation (Barrault, Maday, Nguyen & Patera 2004, C. R. Math. 339, 667): functions that resemble given ones, known
 * everywhere from their values at a few nodes,
 *     f(k) ~ sum_q cardinal[q][k] f(node[q]),   cardinal[q][node[p]] = 1 (p = q), 0 (p != q).
 * Greedy: the snapshot that is worst so far gives the next basis function, the place where it is worst the next node. */
#ifndef GAL_NUM_EIM_H
#define GAL_NUM_EIM_H
#include "galua/base.h"

typedef struct num_eim {
    size_t k;         /* nodes */
    size_t *node;     /* [k] indices in 0 .. n-1 */
    double *cardinal; /* [k][n] */
    double worst;     /* largest sum_k weight |residual| of a snapshot that is left */
} num_eim;
/* a[ns][n]: the snapshots, each scaled by what its error is measured against; residuals afterwards. weight[n] >= 0: the error of a
 * snapshot is sum_k weight[k] |residual[k]|, nodes without weight are never taken. Adds nodes until every error is at most `tolerance`
 * or there are `most`. GAL_ENOMEM. */
gal_status num_eim_make(num_eim *out, size_t n, size_t ns, double *a, const double *weight, double tolerance,
                        size_t most);
void num_eim_clear(num_eim *e);
#endif
