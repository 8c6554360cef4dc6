/* Lua: the three ways to give a galaxy's age. That which it was made with is a parameter as any other; the others are read and set through it. */
#include "lua/bind/l_classes.h"

#include <string.h>

int gal_lua_galaxy_onset(const char *name)
{
    for (int k = 0; k < GAL_ONSETS; k++)
        if (strcmp(gal_onset_param((gal_onset)k)->name, name) == 0)
            return k;
    return -1;
}

gal_onset gal_lua_galaxy_option_onset(gal_lua_opts *o)
{
    gal_onset onset = GAL_ONSET_AGE;
    const char *first = NULL;
    for (int k = 0; k < GAL_ONSETS; k++) {
        const char *name = gal_onset_param((gal_onset)k)->name;
        if (!gal_lua_opt_given(o, name))
            continue;
        if (first)
            gal_lua_error(o->L, GAL_EINVAL, "galaxy: %s and %s are two ways to give the age: give one of them", first,
                          name);
        first = name;
        onset = (gal_onset)k;
    }
    return onset;
}

static void set_one(lua_State *L, gal_lua_galaxy *m, const char *name, int idx)
{
    size_t i;
    if (!gal_lua_galaxy_set_value(L, m, name, idx) && gal_galaxy_find(m->g, name, &i) != GAL_OK)
        gal_lua_fail(L);
}

/* g:set("sfh.tau", 1e9) or g:set{ age = 1e9, ["sfh.tau"] = 2e9 } */
int gal_lua_galaxy_set_values(lua_State *L)
{
    gal_lua_galaxy *m = gal_lua_check(L, 1, &gal_lua_galaxy_class);
    if (lua_istable(L, 2)) {
        for (int last = 0; last < 2; last++) { /* an age that is no parameter is that at the redshift set with it */
            lua_pushnil(L);
            while (lua_next(L, 2)) {
                if (lua_type(L, -2) != LUA_TSTRING)
                    return gal_lua_argerror(L, 2, "a table of name = value");
                const char *name = lua_tostring(L, -2);
                bool other = gal_lua_galaxy_onset(name) >= 0 && strcmp(name, gal_galaxy_par(m->g, 0)->name) != 0;
                if (other == (last == 1))
                    set_one(L, m, name, lua_gettop(L));
                lua_pop(L, 1);
            }
        }
    } else {
        if (lua_type(L, 2) != LUA_TSTRING)
            return gal_lua_argerror(L, 2, "the name of a parameter or a table of name = value");
        set_one(L, m, lua_tostring(L, 2), 3);
    }
    lua_settop(L, 1);
    return 1;
}
