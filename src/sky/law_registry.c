/* The emission laws of the sky: one line each, in the order in which they are listed. */
#include "sky/law.h"

#include <string.h>

extern const gal_sky_law gal_law_mbb, gal_law_mbb_decorrelated, gal_law_hd17, gal_law_power_law,
    gal_law_curved_power_law, gal_law_spdust, gal_law_cmb, gal_law_quadrupole, gal_law_tsz, gal_law_line, gal_law_node;

static const gal_sky_law *const list[] = {
    &gal_law_mbb,
    &gal_law_mbb_decorrelated,
    &gal_law_hd17,
    &gal_law_power_law,
    &gal_law_curved_power_law,
    &gal_law_spdust,
    &gal_law_cmb,
    &gal_law_quadrupole,
    &gal_law_tsz,
    &gal_law_line,
    &gal_law_node,
    NULL,
};

const gal_sky_law *const *gal_sky_laws(void)
{
    return list;
}

const gal_sky_law *gal_sky_law_find(const char *name)
{
    enum { MOST = sizeof list / sizeof *list };
    const char *names[MOST];
    size_t n = 0;
    for (; list[n]; n++) {
        if (strcmp(list[n]->name, name) == 0)
            return list[n];
        names[n] = list[n]->name;
    }
    char hint[80];
    gal_did_you_mean(hint, sizeof hint, name, names, n);
    gal_fail(GAL_ENOTFOUND, "no emission law '%s'%s", name, hint);
    return NULL;
}

const char *gal_sky_law_name(const gal_sky_law *law)
{
    return law->name;
}

const char *gal_sky_law_doc(const gal_sky_law *law)
{
    return law->doc;
}

size_t gal_sky_law_parameters(const gal_sky_law *law, const gal_sky_input **l)
{
    *l = law->par;
    return law->npar;
}

size_t gal_sky_law_options(const gal_sky_law *law, const gal_sky_input **l)
{
    *l = law->opt;
    return law->nopt;
}

size_t gal_sky_law_tables(const gal_sky_law *law, const char *const **l)
{
    *l = law->table;
    return law->ntable;
}

const char *gal_sky_law_unit(const gal_sky_law *law)
{
    return law->unit ? law->unit : "uK_RJ";
}

bool gal_sky_law_joint(const gal_sky_law *law)
{
    return law->factors != NULL;
}
