/* The components that galaxies can be made of: one line per class, in the order in which parameters are listed. It stands above the rooms that
 * define them. */
#include "galua/component.h"

#include <string.h>

extern const gal_component_class gal_ism_two_phase; /* src/dust/two_phase.c */
/* src/dust/attenuation.c */
extern const gal_component_class gal_attenuation_power_law, gal_attenuation_calzetti, gal_attenuation_salim18,
    gal_attenuation_cardelli, gal_attenuation_smc, gal_attenuation_lmc, gal_attenuation_gordon16;
extern const gal_component_class gal_dust_casey12, gal_dust_greybody_class;       /* src/dust/emission.c */
extern const gal_component_class gal_dust_dl07, gal_dust_themis, gal_dust_dale14; /* src/dust/template.c */
extern const gal_component_class gal_nebular_hii, gal_nebular_cloudy, gal_nebular_freefree, gal_synchrotron_supernova,
    gal_xrb_fragos13, gal_igm_inoue14, gal_igm_madau95, gal_igm_meiksin06;

extern const gal_component_class gal_dla_lya, gal_damping_neutral; /* src/component/damped.c */
extern const gal_component_class gal_agn_torus, gal_agn_embedded, gal_agn_fritz;

static const gal_component_class *const list[] = {
    &gal_ism_two_phase,
    &gal_attenuation_power_law,
    &gal_attenuation_calzetti,
    &gal_attenuation_salim18,
    &gal_attenuation_cardelli,
    &gal_attenuation_smc,
    &gal_attenuation_lmc,
    &gal_attenuation_gordon16,
    &gal_dust_casey12,
    &gal_dust_greybody_class,
    &gal_dust_dl07,
    &gal_dust_themis,
    &gal_dust_dale14,
    &gal_nebular_hii,
    &gal_nebular_cloudy,
    &gal_nebular_freefree,
    &gal_synchrotron_supernova,
    &gal_xrb_fragos13,
    &gal_agn_torus,
    &gal_agn_embedded,
    &gal_agn_fritz,
    &gal_igm_inoue14,
    &gal_igm_madau95,
    &gal_igm_meiksin06,
    &gal_dla_lya,
    &gal_damping_neutral,
    NULL,
};

const gal_component_class *const *gal_component_classes(void)
{
    return list;
}

const char *gal_component_about(const char *group)
{
    for (const gal_component_class *const *c = gal_component_classes(); *c; c++)
        if ((*c)->about && strcmp((*c)->group, group) == 0)
            return (*c)->about;
    return NULL;
}

unsigned gal_component_shines(const char *group)
{
    unsigned all = 0;
    for (const gal_component_class *const *c = gal_component_classes(); *c; c++)
        if (strcmp((*c)->group, group) == 0)
            all |= (*c)->shines;
    return all;
}

const gal_component_class *gal_component_standard(const char *group)
{
    for (const gal_component_class *const *c = gal_component_classes(); *c; c++)
        if ((*c)->standard && strcmp((*c)->group, group) == 0)
            return *c;
    return NULL;
}

gal_status gal_component_find(const gal_component_class **out, const char *group, const char *kind)
{
    const char *kinds[64];
    size_t n = 0;
    for (const gal_component_class *const *c = gal_component_classes(); *c; c++) {
        if (strcmp((*c)->group, group) != 0)
            continue;
        if (strcmp((*c)->kind, kind) == 0) {
            *out = *c;
            return GAL_OK;
        }
        if (n < sizeof kinds / sizeof *kinds)
            kinds[n++] = (*c)->kind;
    }
    char hint[80];
    gal_did_you_mean(hint, sizeof hint, kind, kinds, n);
    return gal_fail(GAL_ENOTFOUND, "there is no component '%s.%s'%s", group, kind, hint);
}
