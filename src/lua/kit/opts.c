/* opts.c - named options f{ a = 1 }: typed readers, and an error for every key that no reader knows. */
#include "lua/kit/util.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void gal_lua_opts_begin(lua_State *L, gal_lua_opts *o, int idx, const char *fn)
{
    *o = (gal_lua_opts){.L = L, .idx = idx, .fn = fn};
    if (lua_isnoneornil(L, idx))
        o->idx = 0;
    else if (!lua_istable(L, idx))
        gal_lua_error(L, GAL_EINVAL, "%s: expected a table of options {name = value}, got %s", fn,
                      luaL_typename(L, idx));
}

/* Push the value of `name` (nil when there is no table) and remember that the name is known */
static bool push_value(gal_lua_opts *o, const char *name)
{
    bool known = false;
    for (int i = 0; i < o->n; i++)
        known = known || o->name[i] == name;
    if (!known && o->n < GAL_LUA_MAX_OPTS)
        o->name[o->n++] = name;
    if (o->idx == 0)
        return false;
    lua_pushstring(o->L, name);
    lua_rawget(o->L, o->idx);
    if (!lua_isnil(o->L, -1))
        return true;
    lua_pop(o->L, 1);
    return false;
}

bool gal_lua_opt_push(gal_lua_opts *o, const char *name)
{
    return push_value(o, name);
}

bool gal_lua_opt_pushpos(gal_lua_opts *o, int i)
{
    if (i > o->npos)
        o->npos = i;
    if (o->idx == 0)
        return false;
    lua_rawgeti(o->L, o->idx, i);
    if (!lua_isnil(o->L, -1))
        return true;
    lua_pop(o->L, 1);
    return false;
}

bool gal_lua_opt_given(gal_lua_opts *o, const char *name)
{
    bool given = push_value(o, name);
    if (given)
        lua_pop(o->L, 1);
    return given;
}

int gal_lua_opt_typeerror(gal_lua_opts *o, const char *name, const char *expected, int value_idx)
{
    const gal_lua_class *cls = gal_lua_classof(o->L, value_idx, NULL);
    return gal_lua_error(o->L, GAL_EINVAL, "%s: %s must be %s, got %s", o->fn, name, expected,
                         cls                              ? cls->name
                         : gal_lua_isvec(o->L, value_idx) ? "vec"
                                                          : luaL_typename(o->L, value_idx));
}

/* A name that is nearly the lacking one is more likely misspelt than the option forgotten */
static int missing(gal_lua_opts *o, const char *name)
{
    lua_State *L = o->L;
    for (lua_pushnil(L); o->idx && lua_next(L, o->idx); lua_pop(L, 1)) {
        const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
        bool known = !key;
        for (int i = 0; i < o->n && !known; i++)
            known = strcmp(key, o->name[i]) == 0;
        if (!known && gal_nearest(key, &name, 1))
            return gal_lua_error(L, GAL_EINVAL, "%s: unknown option '%s', did you mean '%s'?", o->fn, key, name);
    }
    return gal_lua_error(o->L, GAL_EINVAL, "%s: %s is required", o->fn, name);
}

double gal_lua_opt_num(gal_lua_opts *o, const char *name, double def)
{
    if (!push_value(o, name))
        return def;
    if (lua_type(o->L, -1) != LUA_TNUMBER)
        gal_lua_opt_typeerror(o, name, "a number", -1);
    double x = lua_tonumber(o->L, -1);
    lua_pop(o->L, 1);
    return x;
}

double gal_lua_req_num(gal_lua_opts *o, const char *name)
{
    if (!gal_lua_opt_given(o, name))
        missing(o, name);
    return gal_lua_opt_num(o, name, NAN);
}

double gal_lua_opt_range(gal_lua_opts *o, const char *name, double def, double lo, double hi)
{
    double x = gal_lua_opt_num(o, name, def);
    if (gal_lua_opt_given(o, name) && !(x >= lo && x <= hi))
        gal_lua_error(o->L, GAL_EDOMAIN, "%s: %s = %.10g lies outside %.6g .. %.6g", o->fn, name, x, lo, hi);
    return x;
}

int gal_lua_opt_int(gal_lua_opts *o, const char *name, int def, int lo, int hi)
{
    if (!gal_lua_opt_given(o, name))
        return def;
    double x = gal_lua_opt_num(o, name, def);
    if (!(x >= lo && x <= hi) || x != (int)x)
        gal_lua_error(o->L, GAL_EINVAL, "%s: %s must be a whole number in %d .. %d, got %.10g", o->fn, name, lo, hi, x);
    return (int)x;
}

bool gal_lua_opt_bool(gal_lua_opts *o, const char *name, bool def)
{
    if (!push_value(o, name))
        return def;
    if (lua_type(o->L, -1) != LUA_TBOOLEAN)
        gal_lua_opt_typeerror(o, name, "true or false", -1);
    bool b = lua_toboolean(o->L, -1);
    lua_pop(o->L, 1);
    return b;
}

const char *gal_lua_opt_str(gal_lua_opts *o, const char *name, const char *def)
{
    if (!push_value(o, name))
        return def;
    if (lua_type(o->L, -1) != LUA_TSTRING)
        gal_lua_opt_typeerror(o, name, "a string", -1);
    size_t n;
    const char *s = lua_tolstring(o->L, -1, &n);
    if (strlen(s) != n) /* as gal_lua_checkstr */
        gal_lua_error(o->L, GAL_EINVAL, "%s: %s holds a zero byte after '%.80s': remove it", o->fn, name, s);
    lua_pop(o->L, 1); /* the table holds it */
    return s;
}

const char *gal_lua_req_str(gal_lua_opts *o, const char *name)
{
    if (!gal_lua_opt_given(o, name))
        missing(o, name);
    return gal_lua_opt_str(o, name, NULL);
}

int gal_lua_opt_choice(gal_lua_opts *o, const char *name, const char *const *choices, size_t n, int def)
{
    const char *s = gal_lua_opt_str(o, name, NULL);
    if (!s)
        return def;
    char list[256] = "";
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        const char *a = s, *b = choices[i];
        while (*a && *a == *b)
            a++, b++;
        if (*a == *b)
            return (int)i;
        if (used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", choices[i]);
    }
    char hint[128];
    gal_did_you_mean(hint, sizeof hint, s, choices, n);
    return gal_lua_error(o->L, GAL_EINVAL, "%s: %s = '%s' is not one of %s%s", o->fn, name, s, list, hint);
}

const double *gal_lua_opt_vec(gal_lua_opts *o, const char *name, size_t *n)
{
    *n = 0;
    if (!push_value(o, name))
        return NULL;
    if (!lua_istable(o->L, -1) && !gal_lua_isvec(o->L, -1))
        gal_lua_opt_typeerror(o, name, "a vec or a table of numbers", -1);
    for (int i = 1, len = lua_istable(o->L, -1) ? (int)lua_objlen(o->L, -1) : 0; i <= len; i++) {
        lua_rawgeti(o->L, -1, i);
        if (lua_type(o->L, -1) != LUA_TNUMBER)
            gal_lua_error(o->L, GAL_EINVAL, "%s: %s: element %d must be a number, got %s", o->fn, name, i,
                          luaL_typename(o->L, -1));
        lua_pop(o->L, 1);
    }
    return gal_lua_checkvec(o->L, lua_gettop(o->L), n);
}

void *gal_lua_opt_obj(gal_lua_opts *o, const char *name, const gal_lua_class *cls)
{
    if (!push_value(o, name))
        return NULL;
    void *obj = gal_lua_test(o->L, -1, cls);
    if (!obj) {
        char expected[80];
        snprintf(expected, sizeof expected, "a %s", cls->name);
        gal_lua_opt_typeerror(o, name, expected, -1);
    }
    lua_pop(o->L, 1); /* the table holds it */
    return obj;
}

/* " (known: tau, psi_norm)" */
static void list_known(const gal_lua_opts *o, char *buf, size_t n)
{
    size_t used = 0;
    for (int i = 0; i < o->n && used + 60 < n; i++)
        used += (size_t)snprintf(buf + used, n - used, "%s%.40s", i ? ", " : " (known: ", o->name[i]);
    if (used)
        snprintf(buf + used, n - used, ")");
}

void gal_lua_opts_end(gal_lua_opts *o)
{
    lua_State *L = o->L;
    if (o->idx == 0)
        return;
    for (lua_pushnil(L); lua_next(L, o->idx); lua_pop(L, 1)) {
        if (lua_type(L, -2) == LUA_TNUMBER) {
            double i = lua_tonumber(L, -2);
            if (i >= 1 && i <= o->npos)
                continue;
            gal_lua_error(L, GAL_EINVAL, "%s: options are given by name, found a value without one at position %.10g",
                          o->fn, i);
        }
        const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
        bool known = false;
        for (int i = 0; key && i < o->n && !known; i++) {
            const char *a = key, *b = o->name[i];
            while (*a && *a == *b)
                a++, b++;
            known = *a == *b;
        }
        if (known)
            continue;
        char hint[400] = "";
        if (key)
            gal_did_you_mean(hint, sizeof hint, key, o->name, (size_t)o->n);
        if (!*hint)
            list_known(o, hint, sizeof hint);
        gal_lua_error(L, GAL_EINVAL, "%s: unknown option '%s'%s", o->fn, key ? key : luaL_typename(L, -2), hint);
    }
}
