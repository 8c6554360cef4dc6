/* Lua: what the data say about parameters and derived quantities of a fit target (method `ties`). */
#include "galua/fit.h"
#include "lua/bind/l_classes.h"

/* -> { parameters = {name = true where data depend on it}, derived = {name = "none" or "fixed", nil where it is a result},
 *      products = { { a, b, power }, ... } } */
int gal_lua_target_ties(lua_State *L)
{
    gal_fit *f = gal_lua_check(L, 1, &gal_lua_target);
    const gal_target *t = gal_fit_target(f);
    const gal_galaxy *g = gal_fit_galaxy(f);
    gal_fit_ties *r;
    gal_lua_checkstatus(L, gal_fit_ties_find(&r, f));
    lua_createtable(L, 0, 3);
    lua_createtable(L, 0, (int)t->ndim);
    for (size_t k = 0; k < t->ndim; k++) {
        lua_pushboolean(L, r->data[k]);
        lua_setfield(L, -2, t->names[k]);
    }
    lua_setfield(L, -2, "parameters");
    lua_newtable(L);
    for (size_t q = 0; q < gal_galaxy_nderived(g); q++) {
        if (r->derived[q] == GAL_TIE_DATA)
            continue;
        lua_pushstring(L, r->derived[q] == GAL_TIE_FIXED ? "fixed" : "none");
        lua_setfield(L, -2, gal_galaxy_derived_info(g, q)->name);
    }
    lua_setfield(L, -2, "derived");
    lua_createtable(L, (int)r->npair, 0);
    for (size_t i = 0; i < r->npair; i++) {
        lua_createtable(L, 3, 0);
        lua_pushstring(L, t->names[r->pair[i].a]);
        lua_rawseti(L, -2, 1);
        lua_pushstring(L, t->names[r->pair[i].b]);
        lua_rawseti(L, -2, 2);
        lua_pushnumber(L, r->pair[i].power);
        lua_rawseti(L, -2, 3);
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_setfield(L, -2, "products");
    gal_fit_ties_free(r);
    return 1;
}
