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
    lua_createtable(L, 0, 14);
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
    if (i.made.panels > 0) {
        gal_lua_set_num(L, "panels", (double)i.made.panels);
        gal_lua_set_num(L, "left_out", (double)i.made.left_out);
    }
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

/* Options plan_bands (filters) and plan_redshift = { lo, hi }, which stay on the stack. false: not given */
bool gal_lua_take_family(lua_State *L, gal_lua_opts *o, gal_fit_family *out)
{
    if (!gal_lua_opt_push(o, "plan_bands"))
        return false;
    if (!lua_istable(L, -1))
        gal_lua_opt_typeerror(o, "plan_bands", "a list of filters", -1);
    int list = lua_gettop(L);
    size_t n = lua_objlen(L, list), m;
    gal_filter **filter = lua_newuserdata(L, (n + 1) * sizeof *filter);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, list, (int)i + 1);
        filter[i] = gal_lua_check(L, -1, &gal_lua_filter); /* the list keeps it */
        lua_pop(L, 1);
    }
    const double *z = gal_lua_opt_vec(o, "plan_redshift", &m);
    if (z && m != 2)
        gal_lua_error(L, GAL_EINVAL, "target: plan_redshift must be { lo, hi }");
    *out = (gal_fit_family){filter, n, z ? z[0] : 0, z ? z[1] : 0};
    return true;
}
