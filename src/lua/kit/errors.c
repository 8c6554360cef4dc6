/* errors.c - errors, protected calls and checked arguments of the binding kit (util.h). */
#include "lua/kit/registry.h"

#include <stdio.h>
#include <string.h>

static char error_key; /* its address is the key in the Lua registry */

static int error_tostring(lua_State *L)
{
    lua_settop(L, 1);
    if (lua_istable(L, 1))
        lua_getfield(L, 1, "msg");
    return 1;
}

static int error_concat(lua_State *L)
{
    for (int i = 1; i <= 2; i++) {
        if (lua_istable(L, i))
            lua_getfield(L, i, "msg");
        else
            lua_pushvalue(L, i);
        if (!lua_isstring(L, -1))
            return luaL_error(L, "cannot join an error with a %s value", luaL_typename(L, i));
    }
    lua_concat(L, 2);
    return 1;
}

static void push_error_metatable(lua_State *L)
{
    lua_pushlightuserdata(L, &error_key);
    lua_rawget(L, LUA_REGISTRYINDEX);
    if (!lua_isnil(L, -1))
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushcfunction(L, error_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushcfunction(L, error_concat);
    lua_setfield(L, -2, "__concat");
    gal_lua_set_text(L, "__name", "galua.error");
    lua_pushlightuserdata(L, &error_key);
    lua_pushvalue(L, -2);
    lua_rawset(L, LUA_REGISTRYINDEX);
}

/* Push "script.lua:3" of the innermost line that is not Galua's own, or nil */
static void push_user_line(lua_State *L)
{
    lua_Debug ar;
    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline > 0 && strncmp(ar.source, "@galua/", 7) != 0) {
            lua_pushfstring(L, "%s:%d", ar.short_src, ar.currentline);
            return;
        }
    }
    lua_pushnil(L);
}

int gal_lua_fail(lua_State *L)
{
    lua_createtable(L, 0, 4);
    gal_lua_set_text(L, "code", gal_status_name(gal_error_code()));
    gal_lua_set_text(L, "msg", gal_error_message());
    gal_lua_set_text(L, "where", gal_error_where());
    push_user_line(L);
    lua_setfield(L, -2, "at");
    push_error_metatable(L);
    lua_setmetatable(L, -2);
    return lua_error(L);
}

const char *gal_lua_errtext(lua_State *L)
{
    const char *text = NULL;
    if (lua_istable(L, -1)) {
        lua_pushliteral(L, "msg");
        lua_rawget(L, -2);
        text = lua_tostring(L, -1); /* alive through the table */
        lua_pop(L, 1);
    } else if (lua_type(L, -1) == LUA_TSTRING) {
        text = lua_tostring(L, -1);
    }
    return text ? text : "error value is neither text nor an error object";
}

static gal_status code_of_error(lua_State *L)
{
    static const gal_status codes[] = {GAL_EINVAL,    GAL_ENOMEM, GAL_EIO,    GAL_EINTR, GAL_EFORMAT, GAL_EDOMAIN,
                                       GAL_ENOTFOUND, GAL_EUSER,  GAL_EUNSUP, GAL_EMATH, GAL_EBUG};
    gal_status code = GAL_EUSER;
    if (!lua_istable(L, -1))
        return code;
    lua_pushliteral(L, "code");
    lua_rawget(L, -2);
    const char *name = lua_tostring(L, -1);
    for (size_t i = 0; name && i < sizeof codes / sizeof *codes; i++)
        if (strcmp(name, gal_status_name(codes[i])) == 0)
            code = codes[i];
    lua_pop(L, 1);
    return code;
}

gal_status gal_lua_call(lua_State *L, int nargs, int nresults, const char *what)
{
    int st = lua_pcall(L, nargs, nresults, 0);
    if (st == 0)
        return GAL_OK;
    gal_status code = st == LUA_ERRMEM ? GAL_ENOMEM : code_of_error(L);
    if (what && *what)
        gal_fail(code, "%s: %s", what, gal_lua_errtext(L));
    else
        gal_fail(code, "%s", gal_lua_errtext(L));
    lua_pop(L, 1);
    return code;
}

/* Documented name of the running C function, "sfh.insitu" or "ssp:spectrum", else what the caller called it */
static const char *function_name(lua_State *L, lua_Debug *ar)
{
    if (!lua_getstack(L, 0, ar))
        return "?";
    lua_getinfo(L, "nf", ar);
    gal_lua_registry_part(L, "names");
    lua_insert(L, -2);
    lua_rawget(L, -2);
    const char *name = lua_tostring(L, -1); /* a key of docs: stays alive */
    lua_pop(L, 2);
    return name ? name : ar->name ? ar->name : "?";
}

static const char *type_name(lua_State *L, int idx)
{
    const gal_lua_class *cls = gal_lua_classof(L, idx, NULL);
    if (cls)
        return cls->name;
    if (gal_lua_isvec(L, idx))
        return "vec";
    return lua_type(L, idx) == LUA_TNONE ? "nothing" : luaL_typename(L, idx);
}

int gal_lua_argerror(lua_State *L, int idx, const char *expected)
{
    lua_Debug ar;
    const char *fn = function_name(L, &ar);
    int shown = strchr(fn, ':') ? idx - 1 : idx;
    if (shown == 0)
        return gal_lua_error(L, GAL_EINVAL, "%s: call it with a colon on %s, not on %s", fn, expected,
                             type_name(L, idx));
    return gal_lua_error(L, GAL_EINVAL, "%s: argument %d must be %s, got %s", fn, shown, expected, type_name(L, idx));
}

void gal_lua_checktype(lua_State *L, int idx, int type)
{
    if (lua_type(L, idx) == type)
        return;
    char text[40];
    snprintf(text, sizeof text, "a %s", lua_typename(L, type));
    gal_lua_argerror(L, idx, text);
}

double gal_lua_checknum(lua_State *L, int idx)
{
    if (lua_type(L, idx) != LUA_TNUMBER)
        gal_lua_argerror(L, idx, "a number");
    return lua_tonumber(L, idx);
}

int gal_lua_checkint(lua_State *L, int idx, int lo, int hi)
{
    double x = gal_lua_checknum(L, idx);
    if (!(x >= lo && x <= hi) || x != (int)x) {
        char text[80];
        lua_Debug ar;
        const char *fn = function_name(L, &ar);
        snprintf(text, sizeof text, "a whole number in %d .. %d", lo, hi);
        gal_lua_error(L, GAL_EINVAL, "%s: argument %d must be %s, got %.10g", fn, strchr(fn, ':') ? idx - 1 : idx, text,
                      x);
    }
    return (int)x;
}

const char *gal_lua_checkbytes(lua_State *L, int idx, size_t *n)
{
    if (lua_type(L, idx) != LUA_TSTRING)
        gal_lua_argerror(L, idx, "a string");
    return lua_tolstring(L, idx, n);
}

const char *gal_lua_checkstr(lua_State *L, int idx)
{
    size_t n;
    const char *s = gal_lua_checkbytes(L, idx, &n);
    if (strlen(s) != n) {
        lua_Debug ar;
        const char *fn = function_name(L, &ar);
        gal_lua_error(L, GAL_EINVAL, "%s: argument %d holds a zero byte after '%.80s': remove it", fn,
                      strchr(fn, ':') ? idx - 1 : idx, s);
    }
    return s;
}
