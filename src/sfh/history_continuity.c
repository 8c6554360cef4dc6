/* Constant in fixed bins; ratios of neighbours with a Student t prior, t(2) x 0.3 (Leja+19a, ApJ 876, 3). */
#include "sfh/bins.h"

static gal_status create(gal_sfh *s, const gal_sfh_opts *o)
{
    (void)o;
    gal_status st = gal_bins_create(s, 0, 7);
    if (st != GAL_OK)
        return st;
    gal_bins_add(s, NULL, NULL);
    gal_bins_add(s, gal_bins_ratio_name, &gal_bins_ratio);
    return GAL_OK;
}

static gal_status set(gal_history *h)
{
    const gal_bins *b = h->sfh->self;
    double e[GAL_SFH_MAXBIN + 1], ls[GAL_SFH_MAXBIN];
    gal_bins_fixed_edges(b, h->age, e);
    gal_bins_from_ratios(h->p + 1, b->nbin, ls);
    gal_bins_scale(h, h->p[0], e, ls);
    return GAL_OK;
}

static void jvp_set(gal_history_diff *d)
{
    const gal_history *h = d->h;
    const gal_bins *b = h->sfh->self;
    double e[GAL_SFH_MAXBIN + 1], de[GAL_SFH_MAXBIN + 1], ls[GAL_SFH_MAXBIN], dls[GAL_SFH_MAXBIN];
    gal_bins_fixed_diff(b, h->age, d->age, e, de);
    gal_bins_from_ratios(h->p + 1, b->nbin, ls);
    gal_bins_from_ratios(d->p + 1, b->nbin, dls);
    gal_bins_scale_diff(d, d->p[0], e, de, ls, dls);
}

static const gal_option option[] = {GAL_BINS_N(7), GAL_BINS_EDGES};

const gal_sfh_class gal_sfh_continuity = {
    .name = "continuity",
    .args = "n =, mass =",
    .doc =
        "Constant rates in bins of lookback time, youngest first; r1 .. r(n-1) are the log10 ratios of a bin's rate to "
        "the\n"
        "next older one's. Their usual prior, g:priors(\"sfh\"), is Student's t with 2 degrees of freedom, width 0.3 "
        "(Leja+19).",
    .option = option,
    .noption = 2,
    .create = create,
    .prior = gal_bins_student,
    .set = set,
    .jvp_set = jvp_set,
    GAL_BINS_CLASS,
};
