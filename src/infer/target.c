/* The contract between samplers and targets, checked in one place: finite or -inf, never NaN. Thread-safe. */
#include "galua/target.h"

#include <math.h>
#include <stdio.h>

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

const char *gal_run_end_name(gal_run_end end)
{
    static const char *const NAME[] = {"not started", "done", "converged", "limit", "interrupted", "failed"};
    return end >= GAL_RUN_NOT_STARTED && end <= GAL_RUN_FAILED ? NAME[end] : "?";
}
