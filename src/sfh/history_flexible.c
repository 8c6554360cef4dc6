/* Bins of equal mass, whose edges move, between a youngest and an oldest one that do not (Leja+19a, ApJ 876, 3, section 2). */
#include "sfh/bins.h"

#include <math.h>

static gal_status create(gal_sfh *s, const gal_sfh_opts *o)
{
    (void)o;
    gal_status st = gal_bins_create(s, 1, 7);
    if (st != GAL_OK)
        return st;
    gal_bins_add(s, NULL, NULL);
    gal_bins_add(s, gal_bins_ratio_name, &gal_bins_ratio);
    return GAL_OK;
}

static gal_status set(gal_history *h)
{
    double e[GAL_SFH_MAXBIN + 1], ls[GAL_SFH_MAXBIN];
    gal_bins_moving_edges(h->sfh->self, h->age, fmin(GAL_BINS_YOUNG, 0.1 * h->age), 0.85 * h->age, h->p + 1, e, ls);
    gal_bins_scale(h, h->p[0], e, ls);
    return GAL_OK;
}

static void jvp_set(gal_history_diff *d)
{
    const gal_history *h = d->h;
    double e[GAL_SFH_MAXBIN + 1], de[GAL_SFH_MAXBIN + 1], ls[GAL_SFH_MAXBIN], dls[GAL_SFH_MAXBIN];
    const double t[2] = {fmin(GAL_BINS_YOUNG, 0.1 * h->age), 0.85 * h->age};
    const double dt[2] = {GAL_BINS_YOUNG < 0.1 * h->age ? 0 : 0.1 * d->age, 0.85 * d->age};
    gal_bins_moving_diff(h->sfh->self, h->age, t, dt, d->age, h->p + 1, d->p + 1, e, de, ls, dls);
    gal_bins_scale_diff(d, d->p[0], e, de, ls, dls);
}

static const gal_option option[] = {GAL_BINS_N(7)};

const gal_sfh_class gal_sfh_flexible = {
    .name = "flexible",
    .args = "n =, mass =",
    .doc = "As sfh.continuity, but the bins between the youngest (30 Myr) and the oldest (from 0.85 age) form equal "
           "masses:\n"
           "their edges follow from the ratios r2 .. r(n-2) (Leja+19).",
    .option = option,
    .noption = 1,
    .create = create,
    .prior = gal_bins_student,
    .set = set,
    .jvp_set = jvp_set,
    GAL_BINS_CLASS,
};
