/* A set of data as one file: photons counted in emission lines, as a detector that sees few of them has them. The counts are Poisson, which no Gaussian
 * error describes. In src/fit it would be data_counts.c, and its line in datas.c `X(counts)`: o:data("counts", { lines =, counts =, exposure =, background = }),
 * help, ln L, fingerprints and results files follow. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "galua/data.h"
#include "galua/spectrum.h"

enum { LINES, COUNTS, EXPOSURE, BACKGROUND, MOST = 16, BLEND = 8 };
typedef struct counts_lines {
    size_t list[MOST][BLEND], n[MOST];
} counts_lines;

static gal_status counts_check(const gal_data *d)
{
    const gal_option_value *c = &d->option[COUNTS];
    if (!d->option[LINES].text || c->nvec == 0 || c->nvec > MOST || !(d->option[EXPOSURE].number > 0) ||
        !(d->option[BACKGROUND].number >= 0))
        return gal_fail(
            GAL_EINVAL,
            "data counts '%s': give lines, names with commas between them, 1 .. %d counts, an exposure above 0, "
            "and a background that is not negative",
            d->name, MOST);
    for (size_t i = 0; i < c->nvec; i++)
        if (!(c->vec[i] >= 0) || c->vec[i] != floor(c->vec[i]))
            return gal_fail(GAL_EINVAL, "data counts '%s': %g is no number of photons", d->name, c->vec[i]);
    return GAL_OK;
}

static gal_status counts_open(void **local, const void *self, const gal_fit *f)
{
    const gal_data *d = self;
    counts_lines *l = *local = GAL_NEW(counts_lines);
    gal_status st = l ? GAL_OK : GAL_ENOMEM;
    const char *at = d->option[LINES].text;
    for (size_t i = 0; st == GAL_OK && i < d->option[COUNTS].nvec; i++) {
        char name[64];
        size_t n = strcspn(at, ",");
        snprintf(name, sizeof name, "%.*s", (int)n, at);
        at += n + (at[n] == ',');
        st = gal_galaxy_find_lines(gal_fit_galaxy(f), name, l->list[i], BLEND, &l->n[i]);
    }
    return st;
}

static gal_status counts_lnlike(const gal_fit *f, const void *self, void *local, const gal_data_at *at, double *lnl)
{
    const gal_data *d = self;
    const counts_lines *l = local;
    (void)f;
    for (size_t i = 0; i < d->option[COUNTS].nvec; i++) {
        double flux, n = d->option[COUNTS].vec[i];
        gal_status st = gal_galaxy_line_flux(at->g, at->ws, at->theta, l->list[i], l->n[i], &flux);
        if (st != GAL_OK)
            return st;
        double mu = d->option[EXPOSURE].number * flux + d->option[BACKGROUND].number;
        *lnl += (n > 0 ? n * log(mu) : 0) - mu - lgamma(n + 1);
    }
    return GAL_OK;
}

static const gal_option counts_option[] = {
    {"lines", "", "names of lines or blends, commas between them", GAL_OPTION_STRING, NULL, 0, NULL},
    {"counts", "", "photons seen in each", GAL_OPTION_VECTOR, NULL, 0, NULL},
    {"exposure", "photons/(erg/s/cm2)", "photons of a unit of flux", GAL_OPTION_NUMBER, NULL, 1e18, NULL},
    {"background", "", "photons of other light under each line", GAL_OPTION_NUMBER, NULL, 0, NULL}};

static const gal_data_class counts = {
    .name = "counts",
    .doc = "Photons counted in emission lines, Poisson.",
    .option = counts_option,
    .noption = 4,
    .check = counts_check,
    .light = true,
    .open = counts_open,
    .close = gal_free,
    .lnlike = counts_lnlike,
};
