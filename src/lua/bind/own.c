/* Lua: definitions of functions of the user's own, read and described; see own.h. */
#include "lua/bind/own.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ shipped texts */
gal_status gal_lua_shipped_open(void **local, const void *shipped)
{
    const gal_lua_shipped *s = shipped;
    gal_worker *w;
    gal_status st = gal_worker_open(&w, s->what, s->adapter, s->text, s->n);
    *local = w;
    return st;
}

void gal_lua_shipped_close(void *local)
{
    gal_worker_close(local);
}

gal_lua_shipped *gal_lua_opt_shipped(gal_lua_opts *o, const char *name, const char *key, const char *how,
                                     gal_hash *hash)
{
    lua_State *L = o->L;
    if (!gal_lua_opt_push(o, name))
        return NULL;
    if (lua_type(L, -1) != LUA_TSTRING)
        gal_lua_opt_typeerror(o, name, how, -1);
    const char *does = gal_lua_opt_str(o, key, "");
    *hash = gal_hash_bytes(does, strlen(does));
    lua_createtable(L, 2, 0);
    gal_lua_shipped *s = lua_newuserdata(L, sizeof *s);
    *s = (gal_lua_shipped){.what = name, .adapter = name};
    s->text = lua_tolstring(L, -3, &s->n);
    lua_rawseti(L, -2, 1);
    lua_insert(L, -2);
    lua_rawseti(L, -2, 2);
    return s;
}

/* ------------------------------------------------------------------ definitions */
void gal_lua_own_want(lua_State *L, int idx, const char *fn, const char *name, int type, const char *what)
{
    lua_getfield(L, idx, name);
    if (lua_type(L, -1) != type)
        gal_lua_error(L, GAL_EINVAL, "%s: its definition needs %s, %s; got %s", fn, name, what, luaL_typename(L, -1));
    lua_pop(L, 1);
}

static void check_parameter(lua_State *L, const char *fn, size_t i)
{
    static const char *const TEXT[] = {"name", "unit", "doc"}, *const NUMBER[] = {"value", "lo", "hi", "plo", "phi"};
    if (!lua_istable(L, -1))
        gal_lua_error(L, GAL_EINVAL, "%s: parameter %zu of its definition must be a table, got %s", fn, i,
                      luaL_typename(L, -1));
    int t = lua_gettop(L);
    for (int k = 0; k < 3; k++)
        gal_lua_own_want(L, t, fn, TEXT[k], LUA_TSTRING, "a text of each parameter");
    gal_lua_own_want(L, t, fn, "value", LUA_TNUMBER, "a number of each parameter");
    for (int k = 0; k < 5; k++) {
        lua_getfield(L, t, NUMBER[k]);
        if (!lua_isnil(L, -1) && !(lua_type(L, -1) == LUA_TNUMBER && !isnan(lua_tonumber(L, -1))))
            gal_lua_error(L, GAL_EINVAL, "%s: %s of parameter %zu must be a number", fn, NUMBER[k], i);
        lua_pop(L, 1);
    }
}

size_t gal_lua_own_check(lua_State *L, int idx, const char *fn, size_t most)
{
    if (!lua_istable(L, idx))
        gal_lua_argerror(L, idx, "a definition, a table");
    gal_lua_own_want(L, idx, fn, "shipped", LUA_TSTRING, "the text of its function");
    gal_lua_own_want(L, idx, fn, "key", LUA_TSTRING, "the key of its function");
    gal_lua_own_want(L, idx, fn, "params", LUA_TTABLE, "a list of parameters");
    lua_getfield(L, idx, "params");
    size_t np = lua_objlen(L, -1);
    if (np > most)
        gal_lua_error(L, GAL_EINVAL, "%s: %zu parameters, at most %zu are possible", fn, np, most);
    for (size_t i = 1; i <= np; i++) {
        lua_rawgeti(L, -1, (int)i);
        check_parameter(L, fn, i);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return np;
}

/* Fields of the table at the top. A text goes to *at, which moves on; with *at NULL it is only counted. */
static const char *text(lua_State *L, const char *name, char **at, size_t *size)
{
    size_t n = 0;
    lua_getfield(L, -1, name);
    const char *s = lua_tolstring(L, -1, &n), *put = *at;
    *size += n + 1;
    if (*at) {
        memcpy(*at, s ? s : "", n + 1);
        *at += n + 1;
    }
    lua_pop(L, 1);
    return put;
}

static double number(lua_State *L, const char *name, double standard)
{
    lua_getfield(L, -1, name);
    double v = lua_isnumber(L, -1) ? lua_tonumber(L, -1) : standard;
    lua_pop(L, 1);
    return v;
}

static bool flag(lua_State *L, const char *name)
{
    lua_getfield(L, -1, name);
    bool v = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return v;
}

/* All of the definition at the top, its texts to `at` (NULL: none); their size */
static size_t fields(lua_State *L, gal_lua_own *o, char *at)
{
    size_t size = 0, before;
    o->key = text(L, "key", &at, &size);
    o->group = text(L, "group", &at, &size);
    o->name = text(L, "name", &at, &size);
    o->doc = text(L, "doc", &at, &size);
    before = size;
    o->ship.text = text(L, "shipped", &at, &size);
    o->ship.n = size - before - 1;
    lua_getfield(L, -1, "params");
    for (size_t i = 0; i < o->npar; i++) {
        lua_rawgeti(L, -1, (int)i + 1);
        const char *name = text(L, "name", &at, &size), *unit = text(L, "unit", &at, &size);
        o->par[i] = (gal_param){.name = name,
                                .unit = unit,
                                .doc = text(L, "doc", &at, &size),
                                .value = number(L, "value", 0),
                                .lo = number(L, "lo", -INFINITY),
                                .hi = number(L, "hi", INFINITY),
                                .plo = number(L, "plo", NAN),
                                .phi = number(L, "phi", NAN),
                                .log = flag(L, "log"),
                                .free = flag(L, "free")};
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return size;
}

gal_status gal_lua_own_read(lua_State *L, int idx, gal_lua_own *o, const char *what, const char *adapter)
{
    void *local;
    *o = (gal_lua_own){.ship = {.what = o->what, .adapter = adapter}};
    snprintf(o->what, sizeof o->what, "%s", what);
    lua_getfield(L, idx, "params");
    o->npar = lua_objlen(L, -1);
    lua_pop(L, 1);
    lua_pushvalue(L, idx);
    if ((o->texts = GAL_NEWN(char, fields(L, o, NULL))))
        fields(L, o, o->texts);
    lua_pop(L, 1);
    if (!o->texts)
        return GAL_ENOMEM;
    o->hash = gal_hash_bytes(o->key, strlen(o->key));
    gal_status st = gal_lua_shipped_open(&local, o);
    gal_worker_close(local);
    return st;
}

void gal_lua_own_clear(gal_lua_own *o)
{
    gal_free(o->texts);
    o->texts = NULL;
}

void gal_lua_own_describe(lua_State *L, const gal_lua_own *o)
{
    gal_lua_set_text(L, "shipped", o->ship.text);
    gal_lua_set_text(L, "key", o->key);
    lua_createtable(L, (int)o->npar, 0);
    for (size_t i = 0; i < o->npar; i++) {
        const gal_param *p = &o->par[i];
        const gal_lua_number num[] = {
            {"value", p->value}, {"lo", p->lo}, {"hi", p->hi}, {"plo", p->plo}, {"phi", p->phi}};
        gal_lua_push_named(L, p->name, p->unit, p->doc);
        for (size_t k = 0; k < sizeof num / sizeof *num; k++)
            if (isfinite(num[k].v))
                gal_lua_set_num(L, num[k].key, num[k].v);
        gal_lua_set_flag(L, "log", p->log);
        gal_lua_set_flag(L, "free", p->free);
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_setfield(L, -2, "params");
}
