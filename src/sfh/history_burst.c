/* All stars at once, at the onset: a simple stellar population of the galaxy's age. */
#include "sfh/sfh_internal.h"

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

const gal_sfh_class gal_sfh_single_burst = {
    .name = "burst",
    .args = "mass =",
    .doc = "All stars at once, when the galaxy's age was 0: a simple stellar population of its age.",
    .is = GAL_SFH_AT_ONCE | GAL_SFH_HAS_MASS,
    .create = create,
    .rate = rate,
    .mass = mass,
};
