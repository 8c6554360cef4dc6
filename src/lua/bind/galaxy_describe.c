/* Lua: the choices that a galaxy was made with, read and shown: the named choices of gal_compat, and the plain data from which
 * lua/galua/describe.lua builds the same galaxy. */
#include "lua/bind/l_classes.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* the named choices of gal_compat */
static const struct {
    const char *name;
    size_t offset;
} compat_choice[] = {
    {"csp_steps", offsetof(gal_compat, csp_steps)},
    {"stars_at_zstar", offsetof(gal_compat, stars_at_zstar)},
    {"coarse_temperature", offsetof(gal_compat, coarse_temperature)},
    {"dust_gas_sign", offsetof(gal_compat, dust_gas_sign)},
    {"mstar_formula", offsetof(gal_compat, mstar_formula)},
    {"old_constants", offsetof(gal_compat, old_constants)},
    {"band_rule", offsetof(gal_compat, band_rule)},
    {"band_loglog", offsetof(gal_compat, band_loglog)},
    {"ssp_grid", offsetof(gal_compat, ssp_grid)},
    {"sn_no_cut", offsetof(gal_compat, sn_no_cut)},
    {"xray_energy", offsetof(gal_compat, xray_energy)},
    {"agn_xray", offsetof(gal_compat, agn_xray)},
    {"hmxb_cubic", offsetof(gal_compat, hmxb_cubic)},
    {"igm_breaks", offsetof(gal_compat, igm_breaks)},
    {"flux_table", offsetof(gal_compat, flux_table)},
    {"lmxb_galaxy_age", offsetof(gal_compat, lmxb_galaxy_age)},
    {"radio_norm", offsetof(gal_compat, radio_norm)},
    {"nodes_lyman", offsetof(gal_compat, nodes_lyman)},
    {"freefree_norm", offsetof(gal_compat, freefree_norm)},
    {"pah_template", offsetof(gal_compat, pah_template)},
    {"cold_clouds", offsetof(gal_compat, cold_clouds)},
};
enum { NCOMPAT = sizeof compat_choice / sizeof *compat_choice };

static void push_compat(lua_State *L, const gal_compat *c)
{
    lua_createtable(L, 0, NCOMPAT);
    for (int i = 0; i < NCOMPAT; i++)
        gal_lua_set_flag(L, compat_choice[i].name, *(const bool *)((const char *)c + compat_choice[i].offset));
}

/* compat = "exact", "galapy", "galapy-0.6.0", or a table of named choices */
gal_compat gal_lua_galaxy_compat(gal_lua_opts *o)
{
    lua_State *L = o->L;
    gal_compat c = gal_compat_default();
    if (!gal_lua_opt_push(o, "compat"))
        return c;
    if (lua_type(L, -1) == LUA_TSTRING) {
        static const char *const modes[] = {"exact", "galapy", "galapy-0.6.0"};
        lua_pop(L, 1);
        int mode = gal_lua_opt_choice(o, "compat", modes, 3, 0);
        return mode == 1 ? gal_compat_galapy() : mode == 2 ? gal_compat_galapy_060() : c;
    }
    if (!lua_istable(L, -1))
        gal_lua_opt_typeerror(o, "compat", "'exact', 'galapy', 'galapy-0.6.0' or a table of choices", -1);
    int t = lua_gettop(L);
    lua_pushnil(L);
    while (lua_next(L, t)) {
        const char *names[NCOMPAT], *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        int i = 0;
        for (; i < NCOMPAT && strcmp(key, compat_choice[i].name) != 0; i++)
            ;
        for (int k = 0; k < NCOMPAT; k++)
            names[k] = compat_choice[k].name;
        if (i == NCOMPAT) {
            char hint[60];
            gal_did_you_mean(hint, sizeof hint, key, names, NCOMPAT);
            gal_lua_error(L, GAL_ENOTFOUND, "galaxy: compat has no choice '%s'%s", key, hint); /* does not return */
        }
        // cppcheck-suppress arrayIndexOutOfBoundsCond
        *(bool *)((char *)&c + compat_choice[i].offset) = lua_toboolean(L, -1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return c;
}

/* The choices a galaxy was made with, as plain data; lua/galua/describe.lua builds the same galaxy from them. */
int gal_lua_galaxy_describe(lua_State *L)
{
    const gal_lua_galaxy *m = gal_lua_check(L, 1, &gal_lua_galaxy_class);
    const gal_galaxy_opts *o = gal_galaxy_options(m->g);
    const gal_cosmo_params *c = gal_cosmo_get(o->cosmo);
    char hex[33];
    lua_newtable(L);
    lua_newtable(L);
    for (size_t i = 0; i < gal_galaxy_ncomponent(m->g); i++) {
        const gal_component *part = gal_galaxy_component(m->g, i);
        const gal_component_class *k = gal_component_class_of(part);
        lua_newtable(L);
        gal_lua_set_text(L, "group", k->group);
        gal_lua_set_text(L, "kind", k->kind);
        if (strcmp(k->kind, "custom") == 0)
            gal_lua_custom_describe(L, part);
        else
            gal_lua_component_options(L, part);
        lua_setfield(L, -2, "options");
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_setfield(L, -2, "components");
    gal_lua_set_flag(L, "clamp", o->clamp);
    gal_lua_set_num(L, "logU", o->logu);
    push_compat(L, &o->compat);
    lua_setfield(L, -2, "compat");
    gal_lua_sfh_describe(L, gal_galaxy_sfh(m->g));
    lua_setfield(L, -2, "sfh");
    lua_newtable(L);
    gal_lua_set_text(L, "name", o->ssp->name ? o->ssp->name : "");
    gal_hash_hex(o->ssp->hash, hex);
    gal_lua_set_text(L, "hash", hex);
    lua_setfield(L, -2, "ssp");
    lua_newtable(L);
    gal_lua_set_text(L, "name", gal_cosmo_name(o->cosmo));
    size_t known;
    const char *const *names = gal_cosmo_names(&known);
    bool user = true;
    for (size_t i = 0; i < known; i++)
        user = user && strcmp(names[i], gal_cosmo_name(o->cosmo)) != 0;
    gal_lua_set_flag(L, "user", user);
    gal_lua_set_num(L, "H0", c->h0);
    gal_lua_set_num(L, "Om0", c->om0);
    if (!isnan(c->ol0))
        gal_lua_set_num(L, "OL0", c->ol0);
    gal_lua_set_num(L, "Tcmb", c->tcmb);
    gal_lua_set_num(L, "Neff", c->neff);
    gal_lua_set_num(L, "m_nu", c->mnu[2]);
    lua_setfield(L, -2, "cosmology");
    return 1;
}
