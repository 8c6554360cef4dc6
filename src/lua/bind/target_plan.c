/* Lua: the plan of a fit target: what it is (field `plan`), making it (method `compile`). */
#include "galua/fit.h"
#include "lua/bind/l_classes.h"

/* nil when none was asked for */
void gal_lua_target_push_plan(lua_State *L, const gal_fit *f)
{
    gal_fit_plan_info i = gal_fit_plan(f);
    if (!(i.tolerance > 0)) {
        lua_pushnil(L);
        return;
    }
    lua_createtable(L, 0, 12);
    gal_lua_set_num(L, "tolerance", i.tolerance);
    gal_lua_set_flag(L, "pending", i.pending);
    if (i.pending)
        return;
    gal_lua_set_flag(L, "used", i.used);
    if (!i.used) {
        gal_lua_set_text(L, "why", i.why);
        return;
    }
    gal_lua_set_num(L, "nodes", (double)i.made.nodes);
    gal_lua_set_num(L, "bytes", (double)i.made.bytes);
    gal_lua_set_num(L, "error", i.made.error);
    gal_lua_set_num(L, "checked", (double)i.made.checked);
    gal_lua_set_num(L, "seconds", i.made.seconds);
    gal_lua_set_flag(L, "cached", i.made.cached);
    gal_lua_set_num(L, "checks", (double)i.checks);
    gal_lua_set_num(L, "worst", i.worst);
    gal_lua_set_flag(L, "failed", i.failed);
}

int gal_lua_target_compile(lua_State *L)
{
    gal_lua_checkstatus(L, gal_fit_compile(gal_lua_check(L, 1, &gal_lua_target)));
    return lua_settop(L, 1), 1;
}
