/* All stars at once, at the onset: a simple stellar population of the galaxy's age. */
#include "sfh/sfh_int.h"

#include <string.h>

static gal_status create(gal_sfh *s, const gal_sfh_opts *o)
{
    gal_sfh_add(s, &gal_sfh_formed, 1);
    return o->burst ? gal_fail(GAL_EINVAL, "sfh.burst: is a burst already, leave 'burst' out") : GAL_OK;
}

static void rate(const gal_history *h, const double *t, size_t n, double *psi)
{
    (void)h;
    (void)t;
    memset(psi, 0, n * sizeof *psi);
}

static void mass(const gal_history *h, const double *t, size_t n, double *m)
{
    for (size_t i = 0; i < n; i++)
        m[i] = t[i] > 0 ? h->p[0] : 0;
}

static void jvp(const gal_history_diff *d, const double *t, const double *dt, size_t n, double *dpsi, double *dmass)
{
    (void)dt;
    for (size_t i = 0; dpsi && i < n; i++)
        dpsi[i] = 0;
    for (size_t i = 0; dmass && i < n; i++)
        dmass[i] = t[i] > 0 ? d->p[0] : 0;
}

static void vjp(gal_history_diff *g, const double *t, size_t n, const double *gpsi, const double *gmass, double *gt)
{
    (void)gpsi;
    (void)gt;
    for (size_t i = 0; gmass && i < n; i++)
        g->p[0] += t[i] > 0 ? gmass[i] : 0;
}

const gal_sfh_class gal_sfh_single_burst = {
    .name = "burst",
    .args = "mass =",
    .doc = "All stars at once, when the galaxy's age was 0: a simple stellar population of its age.",
    .is = GAL_SFH_AT_ONCE | GAL_SFH_HAS_MASS,
    .create = create,
    .rate = rate,
    .mass = mass,
    .jvp = jvp,
    .vjp = vjp,
};
