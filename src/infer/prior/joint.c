/* Joint priors: the Dirichlet over fractions, sampled as independent Beta stick fractions (Connor & Mosimann 1969).
 *
 * f[0] = z[0], f[j] = z[j] prod_{i<j} (1 - z[i]), f[k-1] = the rest; |df/dz| = prod_j (1 - sum_{i<j} f[i]). Immutable: thread-safe. */
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "prior_int.h"

struct gal_joint {
    atomic_int refs;
    size_t k;
    double *alpha;     /* [k] */
    gal_prior **stick; /* [k-1] */
    double lnnorm;     /* ln Gamma(sum alpha) - sum ln Gamma(alpha) */
    char *text;
};

static void destroy(gal_joint *j)
{
    for (size_t i = 0; j->stick && i + 1 < j->k; i++)
        gal_prior_unref(j->stick[i]);
    gal_free(j->stick);
    gal_free(j->alpha);
    gal_free(j->text);
    gal_free(j);
}

static char *describe(const double *alpha, size_t k)
{
    size_t size = 16 + 50 * k, at;
    char *s = gal_alloc(size);
    if (!s)
        return NULL;
    at = (size_t)snprintf(s, size, "dirichlet(");
    for (size_t i = 0; i < k; i++) {
        char num[48];
        gal_shortest_text(num, sizeof num, alpha[i]);
        at += (size_t)snprintf(s + at, size - at, "%s%s", i ? ", " : "", num);
    }
    snprintf(s + at, size - at, ")");
    return s;
}

gal_status gal_joint_dirichlet(gal_joint **out, const double *alpha, size_t k)
{
    gal_status st = GAL_OK;
    gal_joint *j = NULL;
    if (k < 2)
        return gal_fail(GAL_EINVAL, "prior dirichlet: %zu concentration%s, expected at least 2", k, k == 1 ? "" : "s");
    for (size_t i = 0; i < k; i++)
        if (!(isfinite(alpha[i]) && alpha[i] > 0))
            return gal_fail(GAL_EINVAL, "prior dirichlet: concentration %zu is %g, it must be positive and finite",
                            i + 1, alpha[i]);
    j = GAL_NEW(gal_joint);
    if (!j)
        return GAL_ENOMEM;
    atomic_init(&j->refs, 1);
    j->k = k;
    j->alpha = GAL_NEWN(double, k);
    j->stick = GAL_NEWN(gal_prior *, k);
    j->text = describe(alpha, k);
    if (!j->alpha || !j->stick || !j->text) {
        st = GAL_ENOMEM;
        goto out;
    }
    memcpy(j->alpha, alpha, k * sizeof *alpha);
    double rest = 0;
    for (size_t i = k; i-- > 0;) {
        j->lnnorm -= lgamma(alpha[i]);
        if (i + 1 < k)
            GAL_TRY(gal_prior_beta(&j->stick[i], alpha[i], rest, 0, 1));
        rest += alpha[i];
    }
    j->lnnorm += lgamma(rest);
    *out = j;
    j = NULL;
out:
    if (j)
        destroy(j);
    return st;
}

void gal_joint_unref(const gal_joint *j)
{
    gal_joint *q = (gal_joint *)j;
    if (q && atomic_fetch_sub(&q->refs, 1) == 1)
        destroy(q);
}

size_t gal_joint_ndim(const gal_joint *j)
{
    return j->k - 1;
}
size_t gal_joint_nvalues(const gal_joint *j)
{
    return j->k;
}
const char *gal_joint_text(const gal_joint *j)
{
    return j->text;
}
void gal_joint_values(const gal_joint *j, const double *x, double *f)
{
    double rest = 1;
    for (size_t i = 0; i + 1 < j->k; i++) {
        f[i] = x[i] * rest;
        rest *= 1 - x[i];
    }
    f[j->k - 1] = rest;
}

void gal_joint_x(const gal_joint *j, const double *f, double *x)
{
    double rest = 0; /* summed from the small end: 1 - f0 - f1 .. would cancel */
    for (size_t i = j->k; i-- > 0;) {
        rest += f[i];
        if (i + 1 < j->k)
            x[i] = rest > 0 ? f[i] / rest : 0;
    }
}

double gal_joint_logpdf(const gal_joint *j, const double *x)
{
    double s = 0;
    for (size_t i = 0; i + 1 < j->k; i++)
        s += gal_prior_logpdf(j->stick[i], x[i]);
    return s;
}

double gal_joint_logpdf_values(const gal_joint *j, const double *f)
{
    double s = j->lnnorm;
    for (size_t i = 0; i < j->k; i++) {
        if (f[i] < 0 || (f[i] == 0 && j->alpha[i] != 1))
            return -INFINITY;
        if (j->alpha[i] != 1)
            s += (j->alpha[i] - 1) * log(f[i]);
    }
    return s;
}

void gal_joint_add_logpdf(const gal_joint *j, size_t m, const double *x, size_t stride, double *lnp)
{
    for (size_t i = 0; i + 1 < j->k; i++)
        gal_prior_add_logpdf(j->stick[i], m, x + i, stride, lnp);
}

void gal_joint_transform(const gal_joint *j, size_t m, const double *u, double *x, size_t stride)
{
    for (size_t i = 0; i + 1 < j->k; i++)
        gal_prior_transform(j->stick[i], m, u + i, x + i, stride);
}
