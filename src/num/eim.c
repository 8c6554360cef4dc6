/* Empirical interpolation; see eim.h. With full pivoting the residuals of all snapshots are kept up to date, so that a step costs one
 * pass over them and the loop ends at an error that was measured on every one. */
#include "num/eim.h"
#include "num/eim_kern.h"

#include <math.h>
#include <string.h>

void num_eim_clear(num_eim *e)
{
    gal_free(e->node);
    gal_free(e->cardinal);
    *e = (num_eim){0};
}

/* basis[j] is 1 at node[j] and 0 at the nodes before: cardinal functions by back substitution, in place. */
static void make_cardinal(num_eim *e, size_t n)
{
    double *b = e->cardinal;
    for (size_t q = e->k; q-- > 0;)
        for (size_t i = q + 1; i < e->k; i++) {
            /* rows below are cardinal already: take out what basis q has at their nodes */
            double at = b[q * n + e->node[i]];
            for (size_t k = 0; k < n; k++)
                b[q * n + k] -= at * b[i * n + k];
        }
}

gal_status num_eim_make(num_eim *out, size_t n, size_t ns, double *a, const double *weight, double tolerance,
                        size_t most)
{
    gal_status st = GAL_OK;
    *out = (num_eim){0};
    most = most < n ? most : n;
    out->node = GAL_NEWN(size_t, most + 1);
    out->cardinal = GAL_NEWN(double, (most + 1) * n);
    double *error = GAL_NEWN(double, ns + 1), *root = GAL_NEWN(double, n + 1);
    if (!out->node || !out->cardinal || !error || !root)
        GAL_TRY(GAL_ENOMEM);
    for (size_t k = 0; k < n; k++)
        root[k] = sqrt(weight[k]);
    const struct eim_kern *kern = GAL_KERN_PICK(eim_kern);
    int threads = gal_threads();
    for (size_t i = 0; i < ns; i++)
        error[i] = kern->eliminate(n, 0, root, weight, a + i * n);
    for (;;) {
        size_t worst = 0, at = 0;
        double top = 0;
        for (size_t i = 1; i < ns; i++)
            if (error[i] > error[worst])
                worst = i;
        out->worst = ns > 0 ? error[worst] : 0;
        if (!(out->worst > tolerance) || out->k == most)
            break;
        const double *r = a + worst * n;
        for (size_t k = 0; k < n; k++)
            if (root[k] * fabs(r[k]) > top) {
                top = root[k] * fabs(r[k]);
                at = k;
            }
        if (!(top > 0))
            break;
        double *b = out->cardinal + out->k * n, pivot = r[at];
        for (size_t k = 0; k < n; k++)
            b[k] = r[k] / pivot;
        b[at] = 1;
        for (size_t j = 0; j < out->k; j++)
            b[out->node[j]] = 0;
        out->node[out->k++] = at;
#pragma omp parallel for num_threads(threads) schedule(static) if (n * ns > 100000)
        for (size_t i = 0; i < ns; i++) {
            double c = a[i * n + at];
            if (c == 0)
                continue;
            error[i] = kern->eliminate(n, c, b, weight, a + i * n);
            a[i * n + at] = 0;
        }
    }
    make_cardinal(out, n);
out:
    gal_free(error);
    gal_free(root);
    if (st != GAL_OK)
        num_eim_clear(out);
    return st;
}
