/* One of several sources that are seen apart in some bands only: the flux [mJy] of one spectrum of the galaxy (a component, "extinct" stars) in a
 * band, as after the decomposition of an image into nucleus and host, beside bands that hold both. */
#include <math.h>

#include "galua/measure.h"

enum { BAND, COMPONENT };
typedef struct part {
    gal_phot *phot;
    size_t spectrum;
    double *lum; /* [nwave] */
} part;

static gal_status check(const gal_measure *m)
{
    gal_filter **list = NULL;
    size_t n = 0;
    if (!m->option[BAND].text || !m->option[COMPONENT].text)
        return gal_fail(GAL_EINVAL, "measure part: give band and component, the name of a spectrum of the galaxy");
    gal_status st = gal_filters_find(m->option[BAND].text, &list, &n);
    if (st == GAL_OK && n != 1)
        st = gal_fail(GAL_EINVAL, "measure part: '%s' are %zu bands, one is needed", m->option[BAND].text, n);
    for (size_t i = 0; i < n; i++)
        gal_filter_unref(list[i]);
    gal_free(list);
    return st;
}

static void part_close(void *local)
{
    part *p = local;
    gal_phot_free(p->phot);
    gal_free(p->lum);
    gal_free(p);
}

static gal_status part_open(void **local, const gal_measure *m, const gal_galaxy *g)
{
    gal_status st = GAL_OK;
    gal_filter **list = NULL;
    size_t n = 0;
    part *p = GAL_NEW(part);
    if (!p)
        return GAL_ENOMEM;
    *local = p;
    GAL_TRY(gal_galaxy_find_spectrum(g, m->option[COMPONENT].text, &p->spectrum));
    GAL_TRY(gal_filters_find(m->option[BAND].text, &list, &n));
    GAL_TRY(gal_galaxy_phot_create(&p->phot, g, list, 1));
    if (!(p->lum = GAL_NEWN(double, gal_galaxy_nwave(g))))
        GAL_TRY(GAL_ENOMEM);
out:
    for (size_t i = 0; i < n; i++)
        gal_filter_unref(list[i]);
    gal_free(list);
    return st;
}

static gal_status number(void *local, const gal_measure *m, const gal_measure_at *at, double *out)
{
    part *p = local;
    const double *lum = gal_galaxy_lum(at->ws, p->spectrum), *trans = gal_galaxy_transmission(at->ws);
    double factor, z = at->theta[GAL_P_REDSHIFT];
    gal_status st = gal_galaxy_flux_factor(at->g, at->theta, &factor);
    (void)m;
    if (st == GAL_OK)
        st = gal_phot_weights(p->phot, z, gal_galaxy_phot_rule(at->g));
    if (st == GAL_OK)
        st = gal_galaxy_check_band(at->g, p->phot, 0, z);
    if (st != GAL_OK)
        return st;
    for (size_t k = 0; k < gal_galaxy_nwave(at->g); k++)
        p->lum[k] = trans ? lum[k] * trans[k] : lum[k];
    gal_phot_apply(p->phot, p->lum, factor, out);
    return GAL_OK;
}

static const gal_option OPTION[] = {{"band", "", "name of a filter", GAL_OPTION_STRING, NULL, 0, NULL},
                                    {"component", "",
                                     "a spectrum of the galaxy: extinct (stars after dust), or that of a component",
                                     GAL_OPTION_STRING, NULL, 0, NULL}};

const gal_measure_class gal_part_measure = {
    .name = "part",
    .unit = "mJy",
    .doc = "The flux of one component in a band, where an image tells it from the others: nucleus and host apart in "
           "some bands, blended in the rest.",
    .option = OPTION,
    .noption = 2,
    .check = check,
    .open = part_open,
    .close = part_close,
    .number = number,
};
