/* The choices of galua/compat.h: the default, those that reproduce GalaPy, and their fingerprint. */
#include "galua/compat.h"

#include <string.h>

gal_hash gal_compat_hash(const gal_compat *c)
{
    /* as stored files hold them; new choices go into `later` */
    const bool first[] = {
        c->csp_steps,  c->stars_at_zstar, c->coarse_temperature, c->dust_gas_sign, c->mstar_formula, c->old_constants,
        c->band_rule,  c->ssp_grid,       c->sn_no_cut,          c->xray_energy,   c->agn_xray,      c->hmxb_cubic,
        c->igm_breaks, c->flux_table,     c->lmxb_galaxy_age,    c->radio_norm,    c->nodes_lyman};
    const struct {
        const char *name;
        bool taken;
    } later[] = {{"band_loglog", c->band_loglog},
                 {"freefree_norm", c->freefree_norm},
                 {"pah_template", c->pah_template},
                 {"cold_clouds", c->cold_clouds},
                 {"no_background", c->no_background}};
    gal_hash h = gal_hash_bytes(first, sizeof first);
    for (size_t i = 0; i < sizeof later / sizeof *later; i++)
        if (later[i].taken)
            h = gal_hash_combine(h, gal_hash_bytes(later[i].name, strlen(later[i].name)));
    return h;
}

gal_compat gal_compat_default(void)
{
    return (gal_compat){0};
}

gal_compat gal_compat_galapy(void)
{
    gal_compat c;
    memset(&c, true, sizeof c); /* every choice */
    c.band_rule = false;
    return c;
}

gal_compat gal_compat_galapy_060(void)
{
    gal_compat c = gal_compat_galapy();
    c.band_rule = true;
    c.band_loglog = false;
    return c;
}
