/* Lua: the choices that a galaxy was made with, read, shown and documented: the named choices of gal_compat, and the plain data from which
 * lua/galua/describe.lua builds the same galaxy. */
#include "lua/bind/l_classes.h"

#include <lauxlib.h>
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
    {"no_background", offsetof(gal_compat, no_background)},
};
enum { NCOMPAT = sizeof compat_choice / sizeof *compat_choice };

static void push_compat(lua_State *L, const gal_compat *c)
{
    lua_createtable(L, 0, NCOMPAT);
    for (int i = 0; i < NCOMPAT; i++)
        gal_lua_set_flag(L, compat_choice[i].name, *(const bool *)((const char *)c + compat_choice[i].offset));
}

/* The choices of the galaxy alone that are not as by default, in words: pushed */
void gal_lua_galaxy_remarks(lua_State *L, const gal_lua_galaxy *m)
{
    const gal_galaxy_opts *o = gal_galaxy_options(m->g);
    gal_galaxy_opts usual;
    gal_galaxy_defaults(&usual);
    const gal_compat modes[] = {gal_compat_default(), gal_compat_galapy(), gal_compat_galapy_060()};
    static const char *const name[] = {"", "   compat galapy", "   compat galapy-0.6.0", "   compat"};
    int mode = 0;
    luaL_Buffer b;
    while (mode < 3 && memcmp(&modes[mode], &o->compat, sizeof o->compat) != 0)
        mode++;
    luaL_buffinit(L, &b);
    if (m->theta[GAL_P_DISTANCE] > 0) {
        luaL_addstring(&b, "   distance ");
        gal_lua_add_number(&b, m->theta[GAL_P_DISTANCE]);
        luaL_addstring(&b, " Mpc");
    }
    luaL_addstring(&b, name[mode]);
    for (int i = 0; mode == 3 && i < NCOMPAT; i++)
        if (*(const bool *)((const char *)&o->compat + compat_choice[i].offset)) {
            luaL_addchar(&b, ' ');
            luaL_addstring(&b, compat_choice[i].name);
        }
    if (o->clamp)
        luaL_addstring(&b, "   clamp");
    if (o->logu != usual.logu) {
        luaL_addstring(&b, "   logU ");
        gal_lua_add_number(&b, o->logu);
    }
    luaL_pushresult(&b);
}

int gal_lua_galaxy_m_remarks(lua_State *L)
{
    gal_lua_galaxy_remarks(L, gal_lua_check(L, 1, &gal_lua_galaxy_class));
    return 1;
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
    if (o->cosmo_free)
        gal_lua_set_flag(L, "cosmology_free", true);
    if (o->onset != GAL_ONSET_AGE)
        gal_lua_set_text(L, "onset", gal_onset_param(o->onset)->name);
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

/* Help of galaxy{}, pushed: what it takes of each list is what the list says. */
void gal_lua_galaxy_help(lua_State *L)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    luaL_addstring(&b, "galaxy{ sfh =, ism =, redshift =, ... } -> galaxy\n"
                       "A model galaxy: stars from the history and the SSP table, and what else it is made of: one "
                       "component per group.\n@param sfh star formation history (the first):");
    for (const gal_sfh_class *const *k = gal_sfh_classes(); *k; k++) {
        lua_pushfstring(L, " sfh.%s", (*k)->name);
        luaL_addvalue(&b);
    }
    for (const gal_component_class *const *k = gal_component_classes(), *const *all = k; *k; k++) {
        const gal_component_class *standard = gal_component_standard((*k)->group);
        const char *about = gal_component_about((*k)->group);
        if (k > all && strcmp(k[-1]->group, (*k)->group) == 0)
            continue;
        lua_pushfstring(L, "\n@param %s %s", (*k)->group, about ? about : "");
        luaL_addvalue(&b);
        if (standard && standard->screen) {
            lua_pushfstring(L, " %s.%s{} when nothing is said; false: none", standard->group, standard->kind);
            luaL_addvalue(&b);
        }
    }
    luaL_addstring(
        &b, "\n@param components a list of further components\n"
            "@param age [yr] (1e9) time since the onset of star formation\n@param age_fraction instead of age, as a "
            "parameter: that time over the age of the Universe at the redshift\n"
            "@param z_onset instead of age, as a parameter: the redshift at which star formation began\n@param "
            "redshift (0) redshift\n"
            "@param distance [Mpc] (0) luminosity distance; 0 = from the redshift\n"
            "@param ssp (built in) SSP table or file name\n@param cosmology (Planck18) name or cosmology\n"
            "@param cosmology_free (false) make its H0, Om0 and, where it is not flat, OL0 parameters: cosmo.H0, ...\n"
            "@param compat (exact) 'exact', 'galapy' for the numbers of GalaPy 0.6.2 as coded ('galapy-0.6.0': its "
            "older band rule), or a table of its choices\n"
            "@param clamp (false) use the nearest value of the parameter's range, and of the SSP table, instead of "
            "refusing one outside\n"
            "@param logU (-2.5) ionisation parameter, for tables with that axis\n"
            "@example g = galaxy{ sfh = sfh.delayed{ tau = 2e9 }, redshift = 0.1 }; print(g:derived().Mstar)");
    luaL_pushresult(&b);
}
