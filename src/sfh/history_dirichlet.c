/* Constant in fixed bins; shares f_i = z_i prod_{j<i} (1 - z_j) of the mass, or of the rate, by stick breaking: a Dirichlet prior
 * (Leja+17, ApJ 837, 170). */
#include "sfh/bins.h"

#include <math.h>
#include <stdio.h>

static const char *const name[GAL_SFH_MAXBIN - 1] = GAL_NUMBERED("z");

static gal_status create(gal_sfh *s, const gal_sfh_opts *o)
{
    gal_status st = GAL_OK;
    (void)o;
    double alpha;
    GAL_TRY(gal_sfh_positive(s, "alpha", &alpha));
    GAL_TRY(gal_bins_create(s, 0, 7));
    gal_bins *b = s->self;
    b->alpha = alpha;
    b->of_rate = gal_sfh_option(s, "of")->number != 0;
    gal_bins_add(s, NULL, NULL);
    for (size_t i = 0; i + 1 < b->nbin; i++) /* the default: equal shares */
        gal_sfh_add(s,
                    &(gal_param){name[i], "", "share of what younger bins leave", 1. / (double)(b->nbin - i), 0, 1, 0,
                                 1, false, true},
                    1);
out:
    return st;
}

static gal_status set(gal_history *h)
{
    const gal_bins *b = h->sfh->self;
    double e[GAL_SFH_MAXBIN + 1], ls[GAL_SFH_MAXBIN], left = 1;
    gal_bins_fixed_edges(b, h->age, e);
    for (size_t i = 0; i < b->nbin; i++) {
        double f = i + 1 < b->nbin ? left * h->p[1 + i] : left;
        left -= f;
        ls[i] = log10(fmax(f, 0) / (b->of_rate ? 1 : e[i + 1] - e[i]));
    }
    gal_bins_scale(h, h->p[0], e, ls);
    return GAL_OK;
}

static void jvp_set(gal_history_diff *d)
{
    const gal_history *h = d->h;
    const gal_bins *b = h->sfh->self;
    double e[GAL_SFH_MAXBIN + 1], de[GAL_SFH_MAXBIN + 1], ls[GAL_SFH_MAXBIN], dls[GAL_SFH_MAXBIN], left = 1, dleft = 0;
    gal_bins_fixed_diff(b, h->age, d->age, e, de);
    for (size_t i = 0; i < b->nbin; i++) {
        bool last = i + 1 == b->nbin;
        double f = last ? left : left * h->p[1 + i], df = last ? dleft : dleft * h->p[1 + i] + left * d->p[1 + i];
        double width = b->of_rate ? 1 : e[i + 1] - e[i], dwidth = b->of_rate ? 0 : de[i + 1] - de[i];
        left -= f;
        dleft -= df;
        ls[i] = log10(fmax(f, 0) / width);
        dls[i] = f > 0 && width > 0 ? (df / f - dwidth / width) / M_LN10 : 0;
    }
    gal_bins_scale_diff(d, d->p[0], e, de, ls, dls);
}

static const char *prior(const gal_sfh *s, size_t i, char *buf, size_t size)
{
    double alpha = ((const gal_bins *)s->self)->alpha;
    if (i >= 1 && i < s->nown)
        snprintf(buf, size, "beta(%.15g, %.15g, 0, 1)", alpha, alpha * (double)(s->nown - i));
    return buf;
}

static const char *const shares[] = {"mass", "rate", NULL};
static const gal_option option[] = {
    {"alpha", "", "concentration of the prior: below 1 bursty, above 1 smooth", GAL_OPTION_NUMBER, NULL, 1, NULL},
    {"of", "", "shares of the 'mass' or of the 'rate'", GAL_OPTION_CHOICE, shares, 0, NULL},
    GAL_BINS_N(7),
    GAL_BINS_EDGES};

const gal_sfh_class gal_sfh_dirichlet = {
    .name = "dirichlet",
    .args = "n =, mass =, alpha =",
    .doc = "Constant rates in bins of lookback time; the shares of the bins have a Dirichlet prior (Leja+17), sampled "
           "by stick\n"
           "breaking: z1 is the share of the youngest bin, z2 that of the second in what is left, ... Prior: "
           "g:priors(\"sfh\").",
    .option = option,
    .noption = 4,
    .create = create,
    .prior = prior,
    .set = set,
    .jvp_set = jvp_set,
    GAL_BINS_CLASS,
};
