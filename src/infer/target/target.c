/* The contract between samplers and targets, checked in one place: finite or -inf, never NaN. Thread-safe. */
#include "galua/target.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void gal_target_point_text(const gal_target *t, const double *theta, char *buf, size_t size)
{
    size_t at = 0;
    if (size > 0)
        buf[0] = '\0';
    for (size_t i = 0; i < t->ndim; i++) {
        char one[200];
        int n = snprintf(one, sizeof one, "%s%s = %.10g", i ? ", " : "", t->names ? t->names[i] : "theta", theta[i]);
        if (at + (size_t)n + 6 > size) {
            snprintf(buf + at, size - at, ", ...");
            return;
        }
        at += (size_t)snprintf(buf + at, size - at, "%s", one);
    }
}

static gal_status bad_value(const gal_target *t, const double *theta, const char *what, double value)
{
    char at[1200];
    gal_target_point_text(t, theta, at, sizeof at);
    return gal_fail(GAL_EMATH, "ln %s is %s at %s", what, isnan(value) ? "NaN" : "+inf", at);
}

gal_status gal_target_eval(const gal_target *t, size_t m, const double *theta, double *lnprior, double *lnlike,
                           double *blob)
{
    if (m == 0)
        return GAL_OK;
    for (size_t i = 0; i < m * t->ndim; i++)
        if (!isfinite(theta[i])) {
            char at[1200];
            gal_target_point_text(t, theta + i / t->ndim * t->ndim, at, sizeof at);
            return gal_fail(GAL_EMATH, "the sampler proposed a point that is not finite: %s", at);
        }
    gal_status st = t->eval(t, m, theta, lnprior, lnlike, blob);
    if (st != GAL_OK)
        return st;
    for (size_t i = 0; i < m; i++) {
        const double *at = theta + i * t->ndim;
        if (isnan(lnprior[i]) || lnprior[i] == INFINITY)
            return bad_value(t, at, "prior", lnprior[i]);
        if (lnprior[i] == -INFINITY)
            lnlike[i] = -INFINITY;
        else if (isnan(lnlike[i]) || lnlike[i] == INFINITY)
            return bad_value(t, at, "likelihood", lnlike[i]);
    }
    return GAL_OK;
}

gal_status gal_target_gradient(const gal_target *t, size_t m, const double *theta, const double *h, bool numerical,
                               double *lnp, double *grad)
{
    size_t d = t->ndim, per = 2 * d + 1, n = m * per;
    if (t->gradient && !numerical)
        return t->gradient(t, m, theta, lnp, grad);
    double *x = GAL_NEWN(double, n *(d + 2) + 1);
    if (!x)
        return GAL_ENOMEM;
    double *lp = x + n * d, *ll = lp + n;
    for (size_t i = 0; i < n; i++) {
        size_t k = i % per;
        memcpy(x + i * d, theta + i / per * d, d * sizeof *x);
        if (k > 0)
            x[i * d + (k - 1) / 2] += k % 2 ? h[(k - 1) / 2] : -h[(k - 1) / 2];
    }
    gal_status st = gal_target_eval(t, n, x, lp, ll, NULL);
    for (size_t i = 0; st == GAL_OK && i < m; i++) {
        const double *p = lp + i * per, *l = ll + i * per, f = p[0] + l[0];
        lnp[i] = f;
        for (size_t k = 0; k < d; k++) {
            double up = p[2 * k + 1] + l[2 * k + 1], down = p[2 * k + 2] + l[2 * k + 2];
            bool a = up > -INFINITY, b = down > -INFINITY, here = f > -INFINITY;
            grad[i * d + k] = !here    ? 0
                              : a && b ? (up - down) / (2 * h[k])
                              : a      ? (up - f) / h[k]
                              : b      ? (f - down) / h[k]
                                       : 0;
        }
    }
    gal_free(x);
    return st;
}

gal_status gal_target_hessian_vector(const gal_target *t, const double *theta, const double *v, double h, double *hv)
{
    static const double step[4] = {-2, -1, 1, 2}, weight[4] = {1. / 12, -8. / 12, 8. / 12, -1. / 12};
    size_t d = t->ndim;
    if (!t->gradient)
        return gal_fail(GAL_EUNSUP, "second derivatives: the target has no gradient");
    double *x = GAL_NEWN(double, 8 * d + 4);
    if (!x)
        return GAL_ENOMEM;
    double *g = x + 4 * d, *lnp = g + 4 * d;
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < d; k++)
            x[i * d + k] = theta[k] + step[i] * h * v[k];
    gal_status st = t->gradient(t, 4, x, lnp, g);
    memset(hv, 0, d * sizeof *hv);
    for (size_t i = 0; st == GAL_OK && i < 4; i++) {
        if (!(lnp[i] > -INFINITY))
            st = gal_fail(GAL_EDOMAIN, "second derivatives: a point beside is forbidden");
        for (size_t k = 0; k < d; k++)
            hv[k] += weight[i] * g[i * d + k] / h;
    }
    gal_free(x);
    return st;
}

size_t gal_target_evaluated(size_t m, const double *lnprior)
{
    size_t n = 0;
    for (size_t i = 0; i < m; i++)
        n += lnprior[i] > -INFINITY;
    return n;
}

const char *gal_run_end_name(gal_run_end end)
{
    static const char *const NAME[] = {"not started", "done",   "converged",  "limit",
                                       "interrupted", "failed", "approximate"};
    return end >= GAL_RUN_NOT_STARTED && end <= GAL_RUN_APPROXIMATE ? NAME[end] : "?";
}
