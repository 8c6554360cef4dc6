/* Post-starburst galaxies: bins of equal mass, whose edges move, behind a youngest one of free length, and old bins of equal length behind
 * them (Suess+22, ApJ 935, 146). */
#include "sfh/bins.h"

#include <math.h>

// clang-format off
static const gal_param p_tlast =
    {"tlast",      "yr",      "end of the youngest bin, lookback time",                2e8,  1e6,   2e9,   1e7,  1.5e9, false, true};
// clang-format on

static gal_status create(gal_sfh *s, const gal_sfh_opts *o)
{
    gal_status st = GAL_OK;
    (void)o;
    const gal_option_value *old = gal_sfh_option(s, "n_old");
    double tflex;
    if (old->number != floor(old->number) || old->number < 1 || old->number > GAL_SFH_MAXBIN)
        return gal_fail(GAL_EINVAL, "sfh.psb: n_old = %g must be a whole number of bins above 0", old->number);
    GAL_TRY(gal_sfh_positive(s, "tflex", &tflex));
    GAL_TRY(gal_bins_create(s, (size_t)old->number, 1 + 5 + (size_t)old->number));
    ((gal_bins *)s->self)->tflex = tflex;
    gal_bins_add(s, NULL, NULL);
    gal_sfh_add(s, &p_tlast, 1);
    gal_bins_add(s, gal_bins_ratio_name, &gal_bins_ratio);
out:
    return st;
}

static gal_status set(gal_history *h)
{
    const gal_bins *b = h->sfh->self;
    double e[GAL_SFH_MAXBIN + 1], ls[GAL_SFH_MAXBIN], t2 = fmin(b->tflex, 0.6 * h->age);
    gal_bins_moving_edges(b, h->age, fmin(h->p[1], 0.9 * t2), t2, h->p + 2, e, ls);
    gal_bins_scale(h, h->p[0], e, ls);
    return GAL_OK;
}

static void jvp_set(gal_history_diff *d)
{
    const gal_history *h = d->h;
    const gal_bins *b = h->sfh->self;
    double e[GAL_SFH_MAXBIN + 1], de[GAL_SFH_MAXBIN + 1], ls[GAL_SFH_MAXBIN], dls[GAL_SFH_MAXBIN];
    double t2 = fmin(b->tflex, 0.6 * h->age), dt2 = b->tflex < 0.6 * h->age ? 0 : 0.6 * d->age;
    const double t[2] = {fmin(h->p[1], 0.9 * t2), t2}, dt[2] = {h->p[1] < 0.9 * t2 ? d->p[1] : 0.9 * dt2, dt2};
    gal_bins_moving_diff(b, h->age, t, dt, d->age, h->p + 2, d->p + 2, e, de, ls, dls);
    gal_bins_scale_diff(d, d->p[0], e, de, ls, dls);
}

static const gal_option option[] = {
    {"n", "", "number of all bins, up to 32", GAL_OPTION_NUMBER, NULL, 9, NULL},
    {"n_old", "", "number of old bins", GAL_OPTION_NUMBER, NULL, 3, NULL},
    {"tflex", "yr", "lookback time where they begin, at most 0.6 age", GAL_OPTION_NUMBER, NULL, 2e9, NULL}};

const gal_sfh_class gal_sfh_psb = {
    .name = "psb",
    .args = "n =, n_old =, mass =, tlast =",
    .doc = "For post-starburst galaxies (Suess+22): a youngest bin of free length tlast, bins of equal mass whose "
           "edges move\n"
           "from there to tflex, n_old bins of equal length behind it; ratios r1 .. r(n-1) as in sfh.continuity.",
    .option = option,
    .noption = 3,
    .create = create,
    .prior = gal_bins_student,
    .set = set,
    .jvp_set = jvp_set,
    GAL_BINS_CLASS,
};
